"""What is one choice away from a description: the variants that are computed where one choice is made wrongly."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from refpos.catalogue.entry import Angle
from refpos.errors import SpecError
from refpos.oracle.frequency_choices import frequency_choices
from refpos.spec.frequencies import omega
from refpos.spec.precise import power
from refpos.spec.scaling import magnitude
from refpos.variants.frequencies import Frequencies, plane_count
from refpos.variants.planes import feature_places, planes
from refpos.variants.rotary import PAIRINGS, Mscale, Rotary
from refpos.variants.scaling import ByIndex, ByParts
from refpos.variants.sinusoidal import Sinusoidal

Change = tuple[str, str, Angle]
"""A name for machines, kind/choice; a name for people; and the variant that is computed instead."""


def choices(variant: Angle, features: int) -> list[Change]:
    """Return the variants that are one choice away, each function once, under its likeliest name.

    Parameters
    ----------
    variant : Rotary or Sinusoidal
    features : int
        The width of the vectors that are rotated.

    Examples
    --------
    >>> from refpos import Linear
    >>> [name for name, _, _ in choices(Rotary(Frequencies((0, 0), scaling=Linear(4))), 4)][:3]
    ['pairing/interleaved', 'write/interleaved', 'columns/tiled']
    """
    own = variant.frequencies
    rules = _ROTARY if isinstance(variant, Rotary) else (_orders,)
    every = [change for rule in rules for change in rule(variant, features)]
    for name, words, other in frequency_choices(own, 2 * plane_count(own), features):
        every += _changed(variant, name, words, frequencies=other)
    found: dict[tuple[Any, ...], Change] = {}
    for change in every:
        found.setdefault(_shape(change[2], features), change)
    found.pop(_shape(variant, features), None)
    return list(found.values())


def _pairings(variant: Rotary, _: int) -> Iterator[Change]:
    own = variant.pairing
    for other in PAIRINGS:
        if other == own:
            continue
        words = f"pairing swapped: {other} where {own} is meant"
        yield from _changed(variant, f"pairing/{other}", words, pairing=other, write=None, columns="paired")
    for other in PAIRINGS:
        words = f"output written {other} where {variant.write or own} is meant"
        yield from _changed(variant, f"write/{other}", words, write=None if other == own else other)


def _columns(variant: Rotary, _: int) -> Iterator[Change]:
    """Take the table of one pairing for that of another: pairs turn by unequal angles, which is no rotation."""
    words = "table paired where the variant mixes columns"
    yield from _changed(variant, "columns/paired", words, columns="paired")
    for columns, pairing in (("tiled", "interleaved"), ("repeated", "half")):
        words = f"pairs {pairing}, table {columns}: they do not fit, and it is no rotation"
        yield from _changed(variant, f"columns/{columns}", words, pairing=pairing, columns=columns, write=None)


def _signs(variant: Rotary, _: int) -> Iterator[Change]:
    yield from _changed(variant, "sign/flipped", "turned the other way: sign flipped", sign=-variant.sign)


def _slices(variant: Rotary, features: int) -> Iterator[Change]:
    """Take another part of the vector for the rotated one, or pairs across the whole of it."""
    frequencies, rotated = variant.frequencies, 2 * plane_count(variant.frequencies)
    if features <= rotated:
        return
    start = variant.offset % features
    if start:
        yield from _changed(variant, "offset/first", "first features rotated, not the last", offset=0)
    if start != features - rotated:
        yield from _changed(variant, "offset/last", "last features rotated, not the first", offset=-rotated)
    if not isinstance(frequencies, Frequencies) or set(frequencies.axes) != {0} or isinstance(frequencies.base, tuple):
        return
    if frequencies.scalings or features % 2:
        return
    whole = replace(frequencies, axes=(0,) * (features // 2))
    words = "all features rotated, not a part"
    yield from _changed(variant, "offset/none", words, frequencies=whole, offset=0)
    across = (0,) * len(frequencies.axes) + (None,) * ((features - rotated) // 2)
    words = "pairs half of the whole head apart, not half of the rotated part"
    stretched = replace(frequencies, axes=across, base=power(frequencies.base, features, rotated))
    yield from _changed(variant, "pairing/head", words, frequencies=stretched, offset=0)
    words += ", and exponents over the whole head"
    yield from _changed(
        variant, "pairing/head-and-exponents", words, frequencies=replace(frequencies, axes=across), offset=0
    )


def _magnitudes(variant: Rotary, _: int) -> Iterator[Change]:
    g = magnitude(variant.attention_factor)
    if g != 1:
        yield from _changed(variant, "attention-factor/omitted", "attention factor omitted", attention_factor=1.0)
        yield from _changed(variant, "attention-factor/twice", "attention factor applied twice", attention_factor=g * g)
        return
    scalings = variant.frequencies.scalings if isinstance(variant.frequencies, Frequencies) else ()
    for scaling in scalings:
        if isinstance(scaling, ByIndex | ByParts) and scaling.factor > 1:
            words = "attention factor applied where none is meant"
            own = magnitude(Mscale(scaling.factor))
            yield from _changed(variant, "attention-factor/applied", words, attention_factor=own)
            words = "square of the attention factor applied where none is meant"
            yield from _changed(variant, "attention-factor/squared", words, attention_factor=own * own)


def _growths(variant: Rotary, _: int) -> Iterator[Change]:
    yield from _changed(variant, "growth/omitted", "growth omitted", growth=None)


def _orders(variant: Sinusoidal, _: int) -> Iterator[Change]:
    for order in ("interleaved", "sin-cos", "cos-sin"):
        yield from _changed(variant, f"order/{order}", f"written {order} where {variant.order} is meant", order=order)
    for blocks in ("axis", "function"):
        words = f"blocks by {blocks} where {variant.blocks} is meant"
        yield from _changed(variant, f"blocks/{blocks}", words, blocks=blocks)
    yield from _changed(variant, "scale/omitted", "scale omitted", scale=1.0)


_ROTARY: tuple[Any, ...] = (_pairings, _columns, _signs, _slices, _magnitudes, _growths)


def _changed(variant: Any, name: str, words: str, **fields: Any) -> Iterator[Change]:
    """Yield the variant with some fields changed, where that is a variant at all."""
    try:
        yield name, words, replace(variant, **fields)
    except SpecError:
        return


def _shape(variant: Angle, features: int) -> tuple[Any, ...]:
    """Return what a variant's function depends on: two that differ in words alone have one shape.

    Frequencies are correctly rounded, so that those of one function are the same floats.
    """
    count = plane_count(variant.frequencies)
    per_step = None if variant.learned else omega(variant.frequencies).reshape(-1, count)
    columns: list[tuple[float, ...]] = [
        (float(k),) if per_step is None else tuple(per_step[:, k].tolist()) for k in range(count)
    ]
    if isinstance(variant, Sinusoidal):
        places = {(sine, cosine, columns[k]) for sine, cosine, k in zip(*feature_places(variant), strict=True)}
        return frozenset(places), variant.width, variant.prefix, variant.scale
    g = magnitude(variant.attention_factor)
    pairs = zip(*planes(variant, features), strict=True)
    turned = {(read, write, columns[a], columns[b]) for read, write, (a, b) in pairs}
    moved = {one for one in turned if g != 1 or one[0] != one[1] or per_step is None or any((*one[2], *one[3]))}
    return frozenset(moved), variant.sign, g, variant.growth
