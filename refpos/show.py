"""What is to be known of an entry of the catalogue, for people and as data."""

import textwrap
from dataclasses import fields
from typing import Any

import numpy as np

from refpos.catalogue import CATALOGUE
from refpos.catalogue.entry import Entry, Variant
from refpos.catalogue.find import find
from refpos.oracle.neighbours import neighbours
from refpos.report import columns
from refpos.spec.frequencies import omega
from refpos.variants.described import describe
from refpos.variants.frequencies import Dense, Frequencies, PerHead, axis_count, plane_count
from refpos.variants.length import at_length
from refpos.variants.rotary import Rotary
from refpos.variants.scaling import OfLength


def listing() -> list[dict[str, Any]]:
    """Return for each entry its name, family, what it says in a few words, and the work it comes from."""
    return [
        {"name": name, "family": _family(entry), "says": _says(entry), "work": entry.source.work}
        for name, entry in CATALOGUE.items()
    ]


def as_data(name: str) -> dict[str, Any]:
    """Return an entry as plain data: the description, its source, its frequencies and the mistakes that are known."""
    entry = find(name)
    return {
        "name": name,
        "family": _family(entry),
        "variant": describe(entry.variant),
        "features": entry.width,
        "source": {field.name: getattr(entry.source, field.name) for field in fields(entry.source)},
        "note": entry.note,
        "frequencies": None if entry.variant.learned else omega(_static(entry.variant).frequencies).tolist(),
        "mistakes": {one.id: one.what for one in _mistakes(entry)},
    }


def page(name: str, *, unicode: bool = True) -> str:
    """Return an entry as a page of text, its formula in Unicode or in ASCII."""
    entry = find(name)
    formula = _formula(entry.variant, unicode=unicode)
    parts = [f"{name}: {_family(entry)}, {_says(entry)}", *formula, _parameters(entry), _sources(entry)]
    parts += [_frequencies(entry), _known(entry)]
    return "\n\n".join(part for part in parts if part)


def _family(entry: Entry) -> str:
    return type(entry.variant).__name__.lower()


def _says(entry: Entry) -> str:
    variant, frequencies = entry.variant, entry.variant.frequencies
    axes = axis_count(frequencies)
    words = [f"{2 * plane_count(frequencies)} of {entry.width}" if _partial(entry) else str(entry.width)]
    words.append("1 axis" if axes == 1 else f"{axes} axes")
    words.append(variant.pairing if isinstance(variant, Rotary) else variant.order)
    if isinstance(frequencies, Frequencies):
        words.append(f"base {_base(frequencies)}")
        words += ["end point"] if frequencies.endpoint else []
        words += [type(scaling).__name__ for scaling in frequencies.scalings]
    else:
        words.append({Dense: "learned", PerHead: "per head"}.get(type(frequencies), "bands"))
    return ", ".join(words)


def _partial(entry: Entry) -> bool:
    return isinstance(entry.variant, Rotary) and 2 * plane_count(entry.variant.frequencies) < entry.width


def _base(frequencies: Frequencies) -> str:
    bases = frequencies.base if isinstance(frequencies.base, tuple) else (frequencies.base,)
    return " / ".join(f"{base:,.0f}" if base == int(base) else f"{base}" for base in bases)


def _formula(variant: Variant, *, unicode: bool) -> list[str]:
    """Return the formulas, typeset by SymPy where it is installed."""
    try:
        from refpos.symbolic import formula, parameters
    except ImportError:
        return ["(`pip install '.[proofs]'` brings SymPy, which typesets the formula here)"]
    from sympy import pretty

    static = _static(variant)
    typeset = [pretty(equation, use_unicode=unicode, num_columns=110) for equation in formula(static)]
    values = [(pretty(symbol, use_unicode=unicode), str(value)) for symbol, value in parameters(static)]
    where = ", ".join(f"{symbol} = {value if len(value) < 24 else 'one for each plane'}" for symbol, value in values)
    return [*map(_indented, typeset), _indented(f"where {where}")]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def _parameters(entry: Entry) -> str:
    lines = [f"  {field.name:<17} {_written(getattr(entry.variant, field.name))}" for field in fields(entry.variant)]
    return "\n".join(["parameters", *lines])


def _written(value: Any, width: int = 86) -> str:
    if isinstance(value, Frequencies) and len(value.axes) > 8:
        text = repr(value).replace(repr(value.axes), _runs(value.axes))
    else:
        text = repr(value)
    return text if len(text) <= 4 * width else text[: 4 * width] + " …"


def _runs(axes: tuple[int | None, ...]) -> str:
    """Write a tuple of axes as its shortest repeating parts: (0,)*16 + (1,)*24.

    Examples
    --------
    >>> _runs((0, 0, 1, 1, 1))
    '(0,)*2 + (1,)*3'
    """
    for period in range(1, 5):
        repeats, rest = divmod(len(axes), period)
        if (
            period > 1
            and len(set(axes[:period])) > 1
            and repeats > 2
            and axes[: period * (repeats - 1)] == axes[:period] * (repeats - 1)
        ):
            tail = axes[period * (repeats - 1) :]
            head = f"{axes[:period]}*{repeats - 1}"
            return f"{axes[:period]}*{repeats}" if tail == axes[:period] and not rest else f"{head} + {tail}"
    runs: list[list[Any]] = []
    for axis in axes:
        if runs and runs[-1][0] == axis:
            runs[-1][1] += 1
        else:
            runs.append([axis, 1])
    return " + ".join(f"({axis},)*{count}" for axis, count in runs) if len(runs) <= 8 else repr(axes)


def _sources(entry: Entry) -> str:
    source = entry.source
    lines = [f"source\n  {source.work}, {source.version}\n  {source.place}\n  {source.url}"]
    return "\n\n".join([*lines, f"note\n  {entry.note}"] if entry.note else lines)


def _frequencies(entry: Entry) -> str:
    """Return a few frequencies, spread over the planes."""
    if entry.variant.learned:
        shapes = ", ".join(f"{name} {shape}" for name, shape in entry.variant.learned.items())
        return f"frequencies\n  learned: {shapes}"
    static = _static(entry.variant)
    per_step = omega(static.frequencies)
    count = per_step.shape[-1]
    shown = sorted(
        {*range(min(3, count)), count // 4, count // 2, 3 * count // 4, count - 2, count - 1} & set(range(count))
    )
    rows = [["plane", "axis", "radians per step", "wavelength"]]
    for k in shown:
        column = per_step[..., k].reshape(-1, per_step.shape[-2])[0]
        axis = int(np.abs(column).argmax())
        turning = column[axis] != 0
        rows.append(
            [
                str(k),
                str(axis) if turning else "none",
                repr(float(column[axis])),
                f"{2 * np.pi / column[axis]:.6g}" if turning else "∞",
            ]
        )
    length = _length(entry.variant)
    title = "frequencies" if length is None else f"frequencies at length {length:,}"
    return "\n".join([title, *columns(rows, indent="  ")])


def _static(variant: Variant) -> Variant:
    """Return a variant as it is, or at twice the length from which it depends on the length."""
    length = _length(variant)
    return variant if length is None else at_length(variant, length)


def _length(variant: Variant) -> int | None:
    frequencies = variant.frequencies
    scalings = frequencies.scalings if isinstance(frequencies, Frequencies) else ()
    return next((2 * scaling.original for scaling in scalings if isinstance(scaling, OfLength)), None)


def _mistakes(entry: Entry) -> list[Any]:
    if entry.variant.learned:
        return []
    return list(neighbours(_static(entry.variant), entry.width))


def _known(entry: Entry) -> str:
    """Return the mistakes that are named, those of a kind together."""
    kinds: dict[str, list[str]] = {}
    for one in _mistakes(entry):
        kind, _, choice = one.id.partition("/")
        kinds.setdefault(kind, []).append(choice)
    rows = [[kind, line] for kind, found in kinds.items() for line in _wrapped(found)]
    return "\n".join(["mistakes that `refpos check` names", *columns(rows, indent="  ")]) if rows else ""


def _wrapped(words: list[str]) -> list[str]:
    return textwrap.wrap(", ".join(words), 90, break_long_words=False, break_on_hyphens=False)
