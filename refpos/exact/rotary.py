"""Rotary encodings, certified: pairs of features turned by the angles of their planes."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from refpos.errors import require
from refpos.exact.angles import Coordinate, Position, angle, circle, coordinates, reach
from refpos.exact.ball import Real
from refpos.exact.frequencies import Learned, turning
from refpos.exact.given import listed, number
from refpos.exact.refined import refined
from refpos.exact.roots import Number, plus, real, times
from refpos.exact.scaling import growth, magnitude
from refpos.variants.frequencies import axis_count, plane_count
from refpos.variants.planes import planes
from refpos.variants.rotary import Rotary, Side, check_side

GUARD = 40


class Turn(NamedTuple):
    """How a plane turns: a magnitude g, and cos φ and ±sin φ, apart so that what cancels cancels before it."""

    size: Number
    cos: Number
    sin: Number


def cos_sin(
    position: Position,
    variant: Rotary,
    bits: int,
    side: Side = "query",
    *,
    learned: Learned | None = None,
    head: int = 0,
) -> tuple[tuple[Real, ...], tuple[Real, ...]]:
    r"""Return the cosines and the sines of all planes at a position to 2^−bits.

    g cos φ_k  and  ±g sin φ_k,  g the attention factor times ζ_k^(±(p − centre)/scale_base) where there is growth

    Fractions are exact; every ball has rad·2^−scale <= 2^−bits.

    Parameters
    ----------
    position : a number, or one for each of A > 1 axes
    variant : Rotary
    bits : int
    side : {"query", "key", "output"}
    learned, head
        As for `refpos.exact.frequencies.omega`.

    Raises
    ------
    SpecError
        As for `refpos.exact.angles.angles`, and if the variant has no such side.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 34; growth: xPos, arXiv:2212.10554v1, §3.2 and Algorithm 1.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> cos_sin(0, Rotary(Frequencies((0,)), attention_factor=1.5), 64)
    ((Fraction(3, 2),), (Fraction(0, 1),))
    """
    require(isinstance(variant, Rotary), "variant must be Rotary", variant)

    def made(scale: int) -> tuple[tuple[Real, ...], tuple[Real, ...]]:
        found = table(position, variant, scale, side, learned=learned, head=head).values()
        cosines = tuple(real(times(one.size, one.cos, scale), scale) for one in found)
        return cosines, tuple(real(times(one.size, one.sin, scale), scale) for one in found)

    more = reach(coordinates(position, axis_count(variant.frequencies))) + GUARD
    return refined(made, chain.from_iterable, bits, more)


def rotate(
    x: Sequence[Coordinate],
    position: Position,
    variant: Rotary,
    bits: int,
    side: Side = "query",
    *,
    learned: Learned | None = None,
    head: int = 0,
    elements: Sequence[int] | None = None,
) -> tuple[Real, ...]:
    r"""Rotate a vector by its position, to 2^−bits.

    y_c = g (x_a cos φ_k − x_b sin φ_k)
    y_d = g (x_b cos φ_k + x_a sin φ_k)

    where plane k reads features (a, b) and writes (c, d), φ_k is its angle, and g the magnitude of cosine and sine.
    Features outside the planes pass through, exactly. Fractions are exact; every ball has rad·2^−scale <= 2^−bits.
    What is zero is a fraction, whatever the magnitude, and what is rational where that is 1 or rational; see
    `refpos.exact.angles.circle`.

    Parameters
    ----------
    x : sequence of d ints, floats or fractions
        Each exactly what it stands for.
    position : a number, or one for each of A > 1 axes
    variant : Rotary
    bits : int
    side : {"query", "key", "output"}
        Growth inverts for keys; outputs are turned back.
    learned, head
        As for `refpos.exact.frequencies.omega`.
    elements : sequence of int, optional
        The features that are wanted, in their order; all of them where left out.

    Raises
    ------
    SpecError
        As for `cos_sin`, if x is narrower than the variant, or holds what is no finite number.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 34.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> rotate([3, 4, 0.5], 1, Rotary(Frequencies((0,), unit="half-turn")), 64)
    (Fraction(-3, 1), Fraction(-4, 1), Fraction(1, 2))
    """
    require(isinstance(variant, Rotary), "variant must be Rotary", variant)
    features = _features(x)
    wanted = range(len(features)) if elements is None else elements
    needed = frozenset(wanted)
    layout = [one for one in zip(*planes(variant, len(features)), strict=True) if needed & {*one[1]}]
    columns = frozenset(k for *_, pair in layout for k in pair)

    def made(scale: int) -> tuple[Real, ...]:
        found = table(position, variant, scale, side, learned=learned, head=head, wanted=columns)
        y: list[Number] = list(features)
        for (a, b), (c, d), (first, second) in layout:
            y[c] = turned(features[a], -features[b], found[first], scale)
            y[d] = turned(features[b], features[a], found[second], scale)
        return tuple(real(y[one], scale) for one in wanted)

    more = reach(coordinates(position, axis_count(variant.frequencies))) + reach(features) + GUARD
    return refined(made, lambda found: found, bits, more)


def turned(kept: Number, crossed: Number, turn: Turn, scale: int) -> Number:
    """Return g (kept · cos + crossed · sin), to the bounds of `times` and `plus`."""
    g, cos, sin = turn
    return times(g, plus(times(kept, cos, scale), times(crossed, sin, scale), scale), scale)


def table(
    position: Position,
    variant: Rotary,
    scale: int,
    side: Side,
    *,
    learned: Learned | None = None,
    head: int = 0,
    wanted: frozenset[int] | None = None,
) -> Mapping[int, Turn]:
    """Return how every plane turns that is wanted, its sine with the sense, about to 2^−scale."""
    check_side(variant, side)
    p = coordinates(position, axis_count(variant.frequencies))
    if learned is None:
        return _table(p, variant, scale, side, head, wanted)
    return _reckoned(p, variant, scale, side, head, wanted, learned)


def _reckoned(
    p: tuple[Fraction, ...],
    variant: Rotary,
    scale: int,
    side: Side,
    head: int,
    wanted: frozenset[int] | None,
    learned: Learned | None = None,
) -> Mapping[int, Turn]:
    factor, way = magnitude(variant.attention_factor, scale), sense(variant, side)
    found = {}
    for k, plane in enumerate(turning(variant.frequencies, scale, learned=learned, head=head)):
        if wanted is None or k in wanted:
            g = times(factor, grown(variant, p[0], k, scale, side), scale)
            cos, sin = circle(angle(p, plane, scale), scale)
            found[k] = Turn(g, cos, times(way, sin, scale))
    return found


_table = lru_cache(maxsize=256)(_reckoned)


def grown(variant: Rotary, position: Fraction, plane: int, scale: int, side: Side) -> Number:
    """Return what growth makes of a plane: 1 where there is none; for keys the inverse, that of −(p − centre)."""
    if variant.growth is None:
        return Fraction(1)
    if side == "key":
        position = 2 * Fraction(variant.growth.centre) - position
    return growth(variant.growth, position, plane, plane_count(variant.frequencies), scale)


def sense(variant: Rotary, side: Side) -> Fraction:
    """Return 1 or −1, by which sines are multiplied."""
    return Fraction(-variant.sign if side == "output" else variant.sign)


def _features(x: Sequence[Coordinate]) -> tuple[Fraction, ...]:
    rule = "x must be finite numbers, at least one"
    given = listed(x, rule)
    require(len(given) > 0, rule, given)
    return tuple(number(one, rule) for one in given)
