"""The usual mistakes: what is one choice away from a variant, and what each would return.

A neighbour is another variant, or the same one with a number made in too few bits, or at positions that are not those
given. Each is tried when an implementation differs, so that the difference has a name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np

from refpos.errors import SpecError
from refpos.oracle.rounding import round_to
from refpos.spec.frequencies import Learned, omega
from refpos.spec.positions import as_positions
from refpos.spec.precise import Floats
from refpos.spec.rotary import rotate, turn
from refpos.spec.scaling import magnitude
from refpos.spec.sinusoidal import embed, write
from refpos.variants.frequencies import Frequencies, PerHead, axis_count, head_count, plane_count
from refpos.variants.ladder import sections
from refpos.variants.planes import feature_places, planes
from refpos.variants.rotary import PAIRINGS, Mscale, Rotary
from refpos.variants.scaling import ByIndex, ByParts, Linear
from refpos.variants.sinusoidal import Sinusoidal

Variant = Rotary | Sinusoidal
Predict = Callable[[Floats, Floats | None], Floats]
Change = tuple[str, str, Variant]


@dataclass(frozen=True)
class Neighbour:
    """A mistake that can be made with a variant.

    Parameters
    ----------
    id : str
        Its name for machines, kind/choice: "pairing/interleaved".
    what : str
        Its name for people: "pairing swapped: interleaved where half is meant".
    variant : Rotary or Sinusoidal
        What is computed instead; the variant itself where it is computed at other positions or in fewer bits.
    predict : callable
        (positions, x) -> what an implementation with this mistake returns, in float64; x is None for an additive one.
    exact : bool
        False where a rounding is reproduced, which another order of operations can move in rare places.
    """

    id: str
    what: str
    variant: Variant
    predict: Predict
    exact: bool = True


def neighbours(variant: Variant, features: int, *, learned: Learned | None = None) -> tuple[Neighbour, ...]:
    """Return every mistake that is one choice away from a variant.

    Parameters
    ----------
    variant : Rotary or Sinusoidal
    features : int
        The width of the vectors that are rotated.
    learned : mapping, optional
        As for `omega`.

    Examples
    --------
    >>> [one.id for one in neighbours(Rotary(Frequencies((0, 0))), 4)][:4]
    ['pairing/interleaved', 'pairing/blocked', 'write/interleaved', 'write/blocked']
    """
    rules = (*_FREQUENCIES, *(_ROTARY if isinstance(variant, Rotary) else _SINUSOIDAL))
    changes = [change for rule in rules for change in rule(variant, features)]
    changes = [change for change in changes if _shape(change[2], features) != _shape(variant, features)]
    changed = [Neighbour(name, what, other, computing(other, learned)) for name, what, other in changes]
    return (*changed, *_misplaced(variant, learned), *_too_few_bits(variant, learned))


def _shape(variant: Variant, features: int) -> tuple[Any, ...]:
    """Return what of a variant its function depends on: two that differ in words alone have one shape."""
    frequencies: Any = variant.frequencies
    if isinstance(frequencies, Frequencies):
        frequencies = frequencies.rungs, replace(frequencies, ladder="shared")
    if isinstance(variant, Rotary):
        return planes(variant, features), frequencies, variant.sign, variant.attention_factor, variant.growth
    return feature_places(variant), frequencies, variant.width, variant.prefix, variant.scale


# What each rule below yields: the id, the words, and the variant that is computed instead.


def _pairings(variant: Rotary, _: int) -> Iterator[Change]:
    own = variant.pairing
    for other in PAIRINGS:
        words = f"pairing swapped: {other} where {own} is meant"
        yield from _changed(variant, f"pairing/{other}", words, pairing=other, write=None, columns="paired")
    for other in PAIRINGS:
        words = f"output written {other} where {variant.write or own} is meant"
        yield from _changed(variant, f"write/{other}", words, write=None if other == own else other)


def _columns(variant: Rotary, _: int) -> Iterator[Change]:
    yield from _changed(variant, "columns/tiled", "table tiled while pairs are interleaved: no rotation", columns="tiled")
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
        words = f"sections {word} where they are meant otherwise"
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
    """Partial rotation by stopped planes, taken for partial rotation by slicing, or its exponents for a shorter ladder's."""
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
        for word, other in _rescaled(scaling):
            exchanged = (*scalings[:at], other, *scalings[at + 1 :])
            yield from _refrequent(variant, f"scaling/{word}", f"scaling changed: {word}", scaling=exchanged)


def _rescaled(scaling: Any) -> Iterator[tuple[str, Any]]:
    match scaling:
        case ByIndex(factor=s, original=length, fast=fast, slow=slow, truncate=truncate):
            yield "bounds-truncated" if not truncate else "bounds-not-truncated", replace(scaling, truncate=not truncate)
            if slow < fast:
                yield "ramp-over-turns", ByParts(s, length, slow, fast)
        case ByParts(factor=s, original=length, low=low, high=high) if low > 0:
            yield "ramp-over-index", ByIndex(s, length, high, low)
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


def computing(variant: Variant, learned: Learned | None = None) -> Predict:
    """Return what computes a variant: (positions, x) -> the result in float64."""
    if isinstance(variant, Sinusoidal):
        return lambda positions, _: embed(positions, variant, learned=learned)
    return lambda positions, x: rotate(x, positions, variant, learned=learned)  # type: ignore[arg-type]


def _misplaced(variant: Variant, learned: Learned | None) -> Iterator[Neighbour]:
    """Yield what comes of positions that are not those given."""
    axes = axis_count(variant.frequencies)
    compute = computing(variant, learned)

    def at(name: str, words: str, place: Callable[[Floats], Floats]) -> Neighbour:
        return Neighbour(f"positions/{name}", words, variant, lambda positions, x: compute(place(positions), x))

    yield at("plus-one", "positions off by one: p + 1 where p is meant", lambda p: p + 1)
    yield at("minus-one", "positions off by one: p − 1 where p is meant", lambda p: p - 1)
    yield at("ignored", "positions ignored: 0, 1, 2, ... instead", lambda p: _counted(p, axes))
    yield at("zero", "not applied: as if every position were 0", np.zeros_like)
    if axes == 1:
        return
    for order in permutations(range(axes)):
        if order != tuple(range(axes)):
            words = f"axes reordered: coordinates taken as {order}"
            yield at(f"axes-{''.join(map(str, order))}", words, lambda p, order=order: p[..., list(order)])
    for axis in range(axes):
        words = f"coordinate {axis} taken for every axis"
        yield at(f"only-{axis}", words, lambda p, axis=axis: p[..., [axis] * axes])


def _counted(positions: Floats, axes: int) -> Floats:
    n = positions.shape[-1] if axes == 1 else positions.shape[-2]
    count = np.arange(float(n))
    return np.broadcast_to(count if axes == 1 else count[:, None], positions.shape)


def _too_few_bits(variant: Variant, learned: Learned | None) -> Iterator[Neighbour]:
    """Yield what comes of making positions, frequencies, angles or tables in 16 bits."""
    if isinstance(variant, Rotary) and (variant.growth is not None or isinstance(variant.frequencies, PerHead)):
        return
    places = {
        "positions": ("positions",),
        "frequencies": ("frequencies",),
        "positions-and-frequencies": ("positions", "frequencies"),
        "angles": ("angles",),
        "all-of-angles": ("positions", "frequencies", "angles"),
        "tables": ("tables",),
    }
    for dtype in ("bfloat16", "float16"):
        for name, stages in places.items():
            words = f"{' and '.join(stages)} in {dtype}"
            predict = _rounding(variant, learned, dtype, stages)
            yield Neighbour(f"{dtype}/{name}", words, variant, predict, exact=False)


def _rounding(variant: Variant, learned: Learned | None, dtype: str, stages: tuple[str, ...]) -> Predict:
    def to(stage: str, values: Floats) -> Floats:
        return round_to(values, dtype) if stage in stages else values

    def predict(positions: Floats, x: Floats | None) -> Floats:
        p = to("positions", as_positions(positions, axis_count(variant.frequencies)))
        per_step = to("frequencies", omega(variant.frequencies, learned=learned))
        if head_count(variant.frequencies) is not None:
            p = p[..., None, :, :]
        phi = to("angles", np.einsum("...na,...ak->...nk", p, per_step))
        if isinstance(variant, Sinusoidal):
            return to("tables", write(phi, variant))
        g = magnitude(variant.attention_factor)
        cos, sin = to("tables", g * np.cos(phi)), to("tables", variant.sign * g * np.sin(phi))
        assert x is not None
        return np.asarray(turn(x, cos, sin, variant))

    return predict


