"""Logits of a query that is turned, certified: normalised, scaled, sharpened, biased."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple, assert_never

from refpos.errors import require
from refpos.exact.ball import Real, UndecidedError, add, compare, divide, multiply, negative
from refpos.exact.bias import bias
from refpos.exact.elementary import exp, ln, sqrt
from refpos.exact.roots import Number, plus, raised, real, times
from refpos.exact.rotary import table, turned
from refpos.exact.scaling import magnitude, quotient_of_logs
from refpos.variants.attention import Attention, Chunks, LinearAttention, Local, ReRope, RmsNorm
from refpos.variants.frequencies import head_count, learned_shapes
from refpos.variants.planes import planes
from refpos.variants.rotary import Rotary, Side
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor

ONE, ZERO = Fraction(1), Fraction(0)
Point = tuple[Fraction, ...]
Vector = Sequence[Real]


class Asked(NamedTuple):
    """A query of one head and its keys, where they stand, and what the model learned."""

    q: tuple[Fraction, ...]
    keys: tuple[tuple[Fraction, ...], ...]
    i: Point
    places: tuple[Point, ...]
    learned: Mapping[str, Any]
    head: int


def logits(asked: Asked, attention: Attention, scale: int) -> list[Real | None]:
    """Return s τ q̂·k̂ + b, or s (τ q̂·k̂ + b), of each key, about to 2^−scale; None for one beyond the reach."""
    s, tau = factor(attention.scale, len(asked.q), scale), _temperature(asked, attention, scale)
    rotary = attention.rotary if "query" in attention.rotate else None

    @cache
    def query(i: Point) -> tuple[Real, ...]:
        return turn(asked.q, i, rotary, scale, "query", asked.learned, asked.head)

    found: list[Real | None] = []
    for key, j, b in zip(asked.keys, asked.places, _bias(asked, attention, scale), strict=True):
        x = times(tau, _content(asked, query, key, j, attention, scale), scale)
        total = times(s, plus(x, b, scale), scale) if attention.bias_scaled else plus(times(s, x, scale), b, scale)
        found.append(real(total, scale) if _seen(asked.i[0], j[0], attention.reach) else None)
    return found


def factor(given: InverseRoot | float | None, width: int, scale: int) -> Number:
    """Return what all logits are multiplied by."""
    match given:
        case None:
            return raised(Fraction(width), Fraction(-1, 2))
        case InverseRoot(terms=terms, magnitude=g):
            size = magnitude(g, scale)
            return times(times(size, size, scale), raised(Fraction(terms * width), Fraction(-1, 2)), scale)
        case _:
            return Fraction(given)


def kernel(asked: Asked, attention: LinearAttention, scale: int) -> list[tuple[Real, Real]]:
    """Return of each key its weight in linear attention and its share of the divisor."""
    return [_kernel(asked, key, j, attention, scale) for key, j in zip(asked.keys, asked.places, strict=True)]


def turn(
    x: Vector, p: Point, rotary: Rotary | None, scale: int, side: Side, learned: Mapping[str, Any], head: int
) -> tuple[Real, ...]:
    """Return features turned by a position, as `refpos.exact.rotary.rotate`, but of balls too."""
    if rotary is None:
        return tuple(x)
    own = {name: learned[name] for name in learned_shapes(rotary.frequencies)} or None
    head = 0 if head_count(rotary.frequencies) is None else head
    circles = table(p, rotary, scale, side, learned=own, head=head)
    y: list[Number] = list(x)
    for (a, b), (c, d), (first, second) in zip(*planes(rotary, len(x)), strict=True):
        y[c] = turned(x[a], negative(x[b]), circles[first], scale)
        y[d] = turned(x[b], x[a], circles[second], scale)
    return tuple(real(one, scale) for one in y)


def dot(q: Vector, k: Vector) -> Real:
    """Return q·k.

    Examples
    --------
    >>> dot((ONE, Fraction(1, 2)), (Fraction(3), Fraction(4)))
    Fraction(5, 1)
    """
    total: Real = ZERO
    for a, b in zip(q, k, strict=True):
        total = add(total, multiply(a, b))
    return total


def distance(offset: Fraction, given: ReRope) -> Fraction:
    """Return ρ(D): D where D < w, else w + (D − w)/k.

    Examples
    --------
    >>> [str(distance(Fraction(d), ReRope(4, 2))) for d in range(8)]
    ['0', '1', '2', '3', '4', '9/2', '5', '11/2']
    """
    w, pace = _map(given)
    return offset if offset < w else w + (offset - w) * pace


def _map(given: ReRope) -> tuple[Fraction, Fraction]:
    """Return w and 1/k."""
    return Fraction(given.window), ZERO if given.factor is None else 1 / Fraction(given.factor)


def _content(
    asked: Asked, query: Callable[[Point], Vector], key: Vector, j: Point, attention: Attention, scale: int
) -> Real:
    """Return q̂·k̂ of a query that is turned by each of its positions once, and of one key."""
    i, rotary = asked.i, attention.rotary if "key" in attention.rotate else None
    if attention.rectify is not None:
        w, pace = _map(attention.rectify)
        if i[0] - j[0] >= w:
            i, j = (w + (i[0] - w) * pace,), (j[0] * pace,)
    k = turn(key, j, rotary, scale, "key", asked.learned, asked.head)
    return dot(*_normalised(query(i), k, attention, scale))


def _normalised(q: Vector, k: Vector, attention: Attention, scale: int) -> tuple[Vector, Vector]:
    match attention.normalise:
        case None:
            return q, k
        case "key":
            return q, _over(k, dot(k, k), scale)
        case "cosine":
            return _over(q, dot(q, q), scale), _over(k, dot(k, k), scale)
        case RmsNorm(epsilon=epsilon):
            n, e = Fraction(len(q)), Fraction(epsilon)
            return _over(q, add(divide(dot(q, q), n), e), scale), _over(k, add(divide(dot(k, k), n), e), scale)
        case _:
            assert_never(attention.normalise)


def _over(x: Vector, square: Real, scale: int) -> Vector:
    require(square != 0, "what is divided by its length must not be zero", x)
    size = sqrt(square, scale)
    return [divide(one, size) for one in x]


def _temperature(asked: Asked, attention: Attention, scale: int) -> Number:
    p = asked.i[0]
    match attention.temperature:
        case None:
            return ONE
        case LogFloor(coefficient=coefficient, interval=interval, offset=offset):
            require(p + offset >= 0, "temperatures must have positions from 0", p)
            return add(ONE, multiply(Fraction(coefficient), ln(Fraction(1 + (p + offset) // interval), scale)))
        case LogCount(coefficient=coefficient) as given:
            n = {"position": p + 1, "keys": Fraction(len(asked.keys))}.get(str(given.counted))
            return multiply(Fraction(coefficient), _count(Fraction(given.counted) if n is None else n, given, scale))
        case _:
            assert_never(attention.temperature)


def _count(n: Fraction, given: LogCount, scale: int) -> Real:
    """Return ln n / ln base, exactly where both are powers of one number."""
    require(n >= 1, "temperatures must count from 1", n)
    ratio = ln(n, scale) if given.base is None or n == 1 else quotient_of_logs(n, given.base, scale)
    if not given.clip:
        return ratio
    way = compare(ratio, ONE)
    if way is None:
        raise UndecidedError("a quotient must be known to be above 1 or below")
    return ratio if way > 0 else ONE


def _bias(asked: Asked, attention: Attention, scale: int) -> tuple[Real, ...]:
    if attention.bias is None:
        return (ZERO,) * len(asked.keys)
    own = {name: asked.learned[name] for name in attention.bias.learned} or None
    return bias(asked.i, asked.places, attention.bias, scale, learned=own)[asked.head]


def _seen(i: Fraction, j: Fraction, reach: Local | Chunks | None) -> bool:
    match reach:
        case None:
            return True
        case Local(width=width):
            return abs(i - j) < width
        case Chunks(length=length):
            return i // length == j // length
        case _:
            assert_never(reach)


def _kernel(asked: Asked, key: Vector, j: Point, attention: LinearAttention, scale: int) -> tuple[Real, Real]:
    elu = attention.kernel == "elu"
    q, k = ([_elu(x, scale) for x in one] if elu else one for one in (asked.q, key))
    given = (attention.rotary, scale)
    turned = turn(q, asked.i, *given, "query", asked.learned, asked.head)
    other = turn(k, j, *given, "key", asked.learned, asked.head)
    if elu:
        return dot(turned, other), dot(q, k)
    found = add(ONE, dot(_over(turned, dot(turned, turned), scale), _over(other, dot(other, other), scale)))
    return found, found


def _elu(x: Real, scale: int) -> Real:
    """Return 1 + elu(x) of a fraction: 1 + x, or e^x below 0."""
    assert isinstance(x, Fraction)
    return 1 + x if x > 0 else exp(x, scale)
