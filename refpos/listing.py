"""The encodings of the catalogue, each in a few words: nothing here reckons, so that no NumPy is imported."""

from typing import Any, cast

from refpos.catalogue import CATALOGUE
from refpos.catalogue.entry import Angle, Entry, Variant
from refpos.show_fields import brief
from refpos.variants.frequencies import Dense, Frequencies, PerHead, axis_count, plane_count
from refpos.variants.rotary import Rotary


def listing() -> list[dict[str, Any]]:
    """Return for each entry its name, family, what it says in a few words, and the work it comes from."""
    return [
        {"name": name, "family": entry.family, "says": says(entry), "work": entry.source.work}
        for name, entry in CATALOGUE.items()
    ]


def says(entry: Entry[Variant]) -> str:
    """Return an entry in a few words: of what is no angle, the fields that are not what they are by default."""
    turning = angle(entry)
    return brief(entry.variant) if turning is None else _words(turning)


def angle(entry: Entry[Variant]) -> Entry[Angle] | None:
    """Return an entry that is rotary or sinusoidal, None for others."""
    return cast(Entry[Angle], entry) if isinstance(entry.variant, Angle) else None


def _words(entry: Entry[Angle]) -> str:
    """Return the width, the axes, the layout and the base in a few words."""
    variant, frequencies = entry.variant, entry.variant.frequencies
    axes = axis_count(frequencies)
    words = [f"{2 * plane_count(frequencies)} of {entry.width}" if _partial(entry) else str(entry.width)]
    words.append("1 axis" if axes == 1 else f"{axes} axes")
    words.append(variant.pairing if isinstance(variant, Rotary) else variant.order)
    if isinstance(frequencies, Frequencies):
        words.append(f"base {base(frequencies)}")
        words += ["end point"] if frequencies.endpoint else []
        words += [type(scaling).__name__ for scaling in frequencies.scalings]
    else:
        words.append({Dense: "learned", PerHead: "per head"}.get(type(frequencies), "bands"))
    return ", ".join(words)


def _partial(entry: Entry[Angle]) -> bool:
    return isinstance(entry.variant, Rotary) and 2 * plane_count(entry.variant.frequencies) < entry.width


def base(given: Frequencies) -> str:
    """Return the base, or that of each axis."""
    bases = given.base if isinstance(given.base, tuple) else (given.base,)
    return " / ".join(f"{one:,.15g}" for one in bases)
