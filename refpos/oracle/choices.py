"""What is one choice away from a description: the variants that are computed where one choice is made wrongly."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from refpos.errors import SpecError
from refpos.spec.frequencies import omega
from refpos.spec.scaling import magnitude
from refpos.variants.frequencies import Frequencies, axis_count, plane_count
from refpos.variants.ladder import sections
from refpos.variants.planes import feature_places, planes
from refpos.variants.rotary import PAIRINGS, Mscale, Rotary
from refpos.variants.scaling import NTK, ByIndex, ByParts, Linear
from refpos.variants.sinusoidal import Sinusoidal

Variant = Rotary | Sinusoidal
Change = tuple[str, str, Variant]
"""A name for machines, kind/choice; a name for people; and the variant that is computed instead."""


def choices(variant: Variant, features: int) -> list[Change]:
    """Return the variants that are one choice away, where they are not the same function under another name.

    Parameters
    ----------
    variant : Rotary or Sinusoidal
    features : int
        The width of the vectors that are rotated.

    Examples
    --------
    >>> [name for name, _, _ in choices(Rotary(Frequencies((0, 0), scaling=Linear(4))), 4)][:2]
    ['scaling/no-Linear', 'ladder/endpoint']
    """
    rules = (*_FREQUENCIES, *(_ROTARY if isinstance(variant, Rotary) else _SINUSOIDAL))
    found: dict[tuple[Any, ...], Change] = {}
    for change in (change for rule in rules for change in rule(variant, features)):
        found.setdefault(_shape(change[2], features), change)
    found.pop(_shape(variant, features), None)
    return list(found.values())


def _pairings(variant: Rotary, _: int) -> Iterator[Change]:
    own = variant.pairing
    for other in PAIRINGS:
        words = f"pairing swapped: {other} where {own} is meant"
        yield from _changed(variant, f"pairing/{other}", words, pairing=other, write=None, columns="paired")
    for other in PAIRINGS:
        words = f"output written {other} where {variant.write or own} is meant"
        yield from _changed(variant, f"write/{other}", words, write=None if other == own else other)


def _columns(variant: Rotary, _: int) -> Iterator[Change]:
    yield from _changed(
        variant, "columns/tiled", "table tiled while pairs are interleaved: no rotation", columns="tiled"
    )
    words = "table repeated while pairs are halves: no rotation"
    yield from _changed(variant, "columns/repeated", words, columns="repeated")
    yield from _changed(variant, "columns/paired", "table paired where the variant mixes columns", columns="paired")


def _signs(variant: Rotary, _: int) -> Iterator[Change]:
    yield from _changed(variant, "sign/flipped", "turned the other way: sign flipped", sign=-variant.sign)


def _slices(variant: Rotary, features: int) -> Iterator[Change]:
    rotated = 2 * plane_count(variant.frequencies)
    first, last = "first features rotated, not the last", "last features rotated, not the first"
    if features > rotated:
        start = variant.offset % features
        if start:
            yield from _changed(variant, "offset/first", first, offset=0)
        if start != features - rotated:
            yield from _changed(variant, "offset/last", last, offset=-rotated)
    if isinstance(variant.frequencies, Frequencies) and set(variant.frequencies.axes) == {0} and features % 2 == 0:
        whole = replace(variant.frequencies, axes=(0,) * (features // 2)) if not variant.frequencies.scalings else None
        if whole and features > rotated:
            yield from _changed(variant, "offset/none", "all features rotated, not a part", frequencies=whole, offset=0)


def _magnitudes(variant: Rotary, _: int) -> Iterator[Change]:
    g = magnitude(variant.attention_factor)
    if g != 1:
        yield from _changed(variant, "attention-factor/omitted", "attention factor omitted", attention_factor=1.0)
        yield from _changed(variant, "attention-factor/twice", "attention factor applied twice", attention_factor=g * g)
        return
    for scaling in _scalings(variant):
        if isinstance(scaling, ByIndex | ByParts) and scaling.factor > 1:
            words = "an attention factor applied that is not meant, 0.1 ln s + 1"
            yield from _changed(variant, "attention-factor/applied", words, attention_factor=Mscale(scaling.factor))


def _growths(variant: Rotary, _: int) -> Iterator[Change]:
    yield from _changed(variant, "growth/omitted", "growth omitted", growth=None)


def _orders(variant: Sinusoidal, _: int) -> Iterator[Change]:
    for order in ("interleaved", "sin-cos", "cos-sin"):
        yield from _changed(variant, f"order/{order}", f"written {order} where {variant.order} is meant", order=order)
    for blocks in ("axis", "function"):
        words = f"blocks by {blocks} where {variant.blocks} is meant"
        yield from _changed(variant, f"blocks/{blocks}", words, blocks=blocks)
    yield from _changed(variant, "scale/omitted", "scale omitted", scale=1.0)


def _axes(variant: Variant, _: int) -> Iterator[Change]:
    frequencies = variant.frequencies
    if not isinstance(frequencies, Frequencies) or axis_count(frequencies) == 1:
        return
    counts = [frequencies.axes.count(axis) for axis in range(axis_count(frequencies))]
    for interleaved, word in ((False, "chunked"), (True, "interleaved")):
        words = f"axes reordered: sections {word} where they are meant otherwise"
        yield from _refrequent(
            variant, f"axes/{word}", words, lambda inter=interleaved: sections(counts, sum(counts), interleaved=inter)
        )


def _ladders(variant: Variant, _: int) -> Iterator[Change]:
    frequencies = variant.frequencies
    if not isinstance(frequencies, Frequencies):
        return
    for ladder in ("shared", "per-axis", "alternating"):
        words = f"ladder {ladder} where {frequencies.ladder} is meant"
        yield from _refrequent(variant, f"ladder/{ladder}", words, ladder=ladder)
    meant = "the last exponent is 1" if frequencies.endpoint else "it is not meant"
    words = f"end point {'left out where' if frequencies.endpoint else 'included where'} {meant}"
    yield from _refrequent(variant, "ladder/endpoint", words, endpoint=not frequencies.endpoint)


def _stopped(variant: Variant, _: int) -> Iterator[Change]:
    """Take stopped planes for features left out, or their ladder for a shorter one."""
    frequencies = variant.frequencies
    if not isinstance(frequencies, Frequencies) or None not in frequencies.axes or isinstance(frequencies.base, tuple):
        return
    live = tuple(axis for axis in frequencies.axes if axis is not None)
    share = len(live) / len(frequencies.axes)
    words = "stopped planes left out, so that pairs stand too close"
    yield from _refrequent(variant, "stopped/left-out", words, axes=live, base=frequencies.base**share)
    words = "exponents over the turning planes alone"
    yield from _refrequent(variant, "stopped/exponents", words, base=frequencies.base ** (1 / share))


def _bases(variant: Variant, features: int) -> Iterator[Change]:
    frequencies = variant.frequencies
    if not isinstance(frequencies, Frequencies) or isinstance(frequencies.base, tuple):
        return
    for base in (10_000.0, 100.0, 500_000.0, 1_000_000.0):
        words = f"base {base:,.0f} where {frequencies.base:,.0f} is meant"
        yield from _refrequent(variant, f"base/{base:.0f}", words, base=base)
    if isinstance(variant, Rotary) and features > 2 * len(frequencies.axes):
        base = frequencies.base ** (2 * len(frequencies.axes) / features)
        yield from _refrequent(variant, "base/head", "exponents over the whole head, not the rotated part", base=base)


def _scales(variant: Variant, _: int) -> Iterator[Change]:
    scalings = _scalings(variant)
    for at, scaling in enumerate(scalings):
        without = scalings[:at] + scalings[at + 1 :]
        name = type(scaling).__name__
        yield from _refrequent(variant, f"scaling/no-{name}", "scaling omitted", scaling=without)
        for word, other in _rescaled(scaling, variant.frequencies):
            exchanged = (*scalings[:at], other, *scalings[at + 1 :])
            yield from _refrequent(variant, f"scaling/{word}", f"scaling changed: {word}", scaling=exchanged)


def _rescaled(scaling: Any, frequencies: Any) -> Iterator[tuple[str, Any]]:
    match scaling:
        case ByIndex(factor=s, original=length, fast=fast, slow=slow, truncate=truncate):
            yield (
                "bounds-truncated" if not truncate else "bounds-not-truncated",
                replace(scaling, truncate=not truncate),
            )
            if slow < fast:
                yield "ramp-over-turns", ByParts(s, length, slow, fast)
        case ByParts(factor=s, original=length, low=low, high=high) if low > 0:
            yield "ramp-over-index", ByIndex(s, length, high, low)
        case NTK(factor=float(s)):
            size = max(rung.size for rung in frequencies.rungs if rung)
            yield "base-factor-on-every-plane", Linear(s ** (size / (size - 1)))
            yield "on-every-plane", Linear(s)
    if isinstance(scaling, ByIndex | ByParts):
        yield "on-every-plane", Linear(scaling.factor)
        yield "factor-8", replace(scaling, factor=8.0)


_FREQUENCIES: tuple[Any, ...] = (_scales, _axes, _ladders, _stopped, _bases)
_ROTARY: tuple[Any, ...] = (_pairings, _columns, _signs, _slices, _magnitudes, _growths)
_SINUSOIDAL: tuple[Any, ...] = (_orders,)


def _scalings(variant: Variant) -> tuple[Any, ...]:
    return variant.frequencies.scalings if isinstance(variant.frequencies, Frequencies) else ()


def _changed(variant: Any, name: str, words: str, **fields: Any) -> Iterator[Change]:
    """Yield the variant with some fields changed, where that is a variant at all."""
    try:
        yield name, words, replace(variant, **fields)
    except SpecError:
        return


def _refrequent(variant: Variant, name: str, words: str, axes: Any = None, **fields: Any) -> Iterator[Change]:
    """Yield the variant with some fields of its frequencies changed, where that is a variant at all."""
    try:
        if axes is not None:
            fields["axes"] = axes() if callable(axes) else axes
        frequencies = replace(variant.frequencies, **fields)
    except SpecError:
        return
    yield from _changed(variant, name, words, frequencies=frequencies)


def _shape(variant: Variant, features: int) -> tuple[Any, ...]:
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
