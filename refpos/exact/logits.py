"""Logits of a query that is turned, certified: normalised, scaled, sharpened, biased."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import Any, NamedTuple, assert_never

from refpos.errors import require
from refpos.exact.ball import Real, UndecidedError, add, compare, divide, multiply
from refpos.exact.bias import added
from refpos.exact.elementary import exp, ln, sqrt
from refpos.exact.network import read
from refpos.exact.roots import Number, plus, raised, real, times, total
from refpos.exact.rotary import table, turned
from refpos.exact.scaling import magnitude, quotient_of_logs
from refpos.variants.attention import Attention, Chunks, LinearAttention, Local, ReRope, RmsNorm
from refpos.variants.frequencies import head_count, learned_shapes, plane_count
from refpos.variants.planes import planes
from refpos.variants.rotary import Rotary, Side
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor

ONE, ZERO, HALF = Fraction(1), Fraction(0), Fraction(1, 2)
Point = tuple[Fraction, ...]
Vector = Sequence[Number]


class Asked(NamedTuple):
    """A query of one head and its keys, where they stand, and what the model learned."""

    q: tuple[Fraction, ...]
    keys: tuple[tuple[Fraction, ...], ...]
    i: Point
    places: tuple[Point, ...]
    learned: Mapping[str, Any]
    head: int


class Placed(NamedTuple):
    """A vector, where it stands, and what turns it."""

    x: Vector
    p: Point
    rotary: Rotary | None
    side: Side


def logits(asked: Asked, attention: Attention, scale: int) -> list[Number | None]:
    """Return s τ q̂·k̂ + b, or s (τ q̂·k̂ + b), of each key, about to 2^−scale; None for one beyond the reach."""
    s, tau = factor(attention.scale, len(asked.q), scale), _temperature(asked, attention, scale)
    found: list[Number | None] = []
    for key, j, b in zip(asked.keys, asked.places, _bias(asked, attention, scale), strict=True):
        x = times(tau, _content(asked, key, j, attention, scale), scale)
        one = times(s, plus(x, b, scale), scale) if attention.bias_scaled else plus(times(s, x, scale), b, scale)
        found.append(one if _seen(asked.i[0], j[0], attention.reach) else None)
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


def turn(placed: Placed, asked: Asked, scale: int) -> Vector:
    """Return a vector turned, as `refpos.exact.rotary.rotate`, but of roots and balls too."""
    x, p, rotary, side = placed
    if rotary is None:
        return x
    own = {name: asked.learned[name] for name in learned_shapes(rotary.frequencies)} or None
    head = 0 if head_count(rotary.frequencies) is None else asked.head
    circles = table(p, rotary, scale, side, learned=own, head=head)
    y: list[Number] = list(x)
    for (a, b), (c, d), (first, second) in zip(*planes(rotary, len(x)), strict=True):
        y[c] = turned(x[a], times(-ONE, x[b], scale), circles[first], scale)
        y[d] = turned(x[b], x[a], circles[second], scale)
    return y


def product(a: Placed, b: Placed, asked: Asked, scale: int) -> Number:
    """Return (R_i a)·(R_j b): where `by_difference` it is a·R_(j−i) b, with g² for what is turned.

    So what stands in one place is not turned, and what is rational is a fraction, or zero whatever g is.
    """
    rotary = a.rotary
    if rotary is None or not by_difference(a, b):
        return dot(turn(a, asked, scale), turn(b, asked, scale), scale)
    plain, written = replace(rotary, attention_factor=1.0), {*chain(*planes(rotary, len(a.x)).write)}
    x = turn(a._replace(p=(ZERO,) * len(a.p), rotary=plain), asked, scale)
    y = turn(b._replace(p=apart(b.p, a.p), rotary=plain), asked, scale)
    terms = [times(c, d, scale) for c, d in zip(x, y, strict=True)]
    loud, kept = (total((one for n, one in enumerate(terms) if (n in written) == own), scale) for own in (True, False))
    g = magnitude(rotary.attention_factor, scale)
    return plus(times(times(g, g, scale), loud, scale), kept, scale)


def by_difference(a: Placed, b: Placed) -> bool:
    """Whether only the difference of places counts: planes turn by one angle, and what one grows by the other loses."""
    if a.rotary is None or b.rotary is None:
        return False
    return a.rotary.columns == "paired" and (a.rotary.growth is None or a.side != b.side)


def apart(j: Point, i: Point) -> Point:
    """Return p_j − p_i."""
    return tuple(b - a for a, b in zip(i, j, strict=True))


def dot(q: Vector, k: Vector, scale: int) -> Number:
    """Return q·k, to the bounds of `times` and `total`.

    Examples
    --------
    >>> dot((ONE, Fraction(1, 2)), (Fraction(3), Fraction(4)), 64)
    Fraction(5, 1)
    """
    return total((times(a, b, scale) for a, b in zip(q, k, strict=True)), scale)


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


def _content(asked: Asked, key: Vector, j: Point, attention: Attention, scale: int) -> Number:
    """Return q̂·k̂ of the query and of one key: their product over their lengths, which is rational more often."""
    i = asked.i
    if attention.rectify is not None:
        w, pace = _map(attention.rectify)
        if i[0] - j[0] >= w:
            i, j = (w + (i[0] - w) * pace,), (j[0] * pace,)
    rotary = _unscaled(attention.rotary, len(key)) if _by_length(attention.normalise) else attention.rotary
    query, other = (rotary if side in attention.rotate else None for side in ("query", "key"))
    q, k = Placed(asked.q, i, query, "query"), Placed(key, j, other, "key")
    return times(product(q, k, asked, scale), _over_lengths(q, k, asked, attention, scale), scale)


def _over_lengths(q: Placed, k: Placed, asked: Asked, attention: Attention, scale: int) -> Number:
    """Return what a product is multiplied by where its vectors are divided by their lengths."""
    match attention.normalise:
        case None:
            return ONE
        case "key":
            return _over_length(k, asked, scale)
        case "cosine":
            return times(_over_length(q, asked, scale), _over_length(k, asked, scale), scale)
        case RmsNorm(epsilon=epsilon):
            first, second = (
                _over_length(one, asked, scale, Fraction(1, len(one.x)), Fraction(epsilon)) for one in (q, k)
            )
            return times(first, second, scale)
        case _:
            assert_never(attention.normalise)


def _over_length(one: Placed, asked: Asked, scale: int, share: Fraction = ONE, epsilon: Fraction = ZERO) -> Number:
    """Return 1/√(share |R x|² + epsilon), a root where that is a fraction."""
    square = plus(times(share, product(one, one, asked, scale), scale), epsilon, scale)
    require(square != 0, "what is divided by its length must not be zero", one.x)
    if isinstance(square, Fraction):
        return raised(square, -HALF)
    return divide(ONE, sqrt(real(square, scale), scale))


def _by_length(normalise: RmsNorm | str | None) -> bool:
    """Whether queries and keys are both divided by their lengths alone."""
    return normalise == "cosine" or (isinstance(normalise, RmsNorm) and normalise.epsilon == 0)


def _unscaled(rotary: Rotary | None, width: int) -> Rotary | None:
    """Return it without the magnitude, which lengths divide out, where it turns all features."""
    if rotary is None or 2 * plane_count(rotary.frequencies) < width:
        return rotary
    return replace(rotary, attention_factor=1.0)


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
    ratio = ln(n, scale) if given.base is None or n == 1 else quotient_of_logs(n, Fraction(given.base), scale)
    if not given.clip:
        return ratio
    way = compare(ratio, ONE)
    if way is None:
        raise UndecidedError("a quotient must be known to be above 1 or below")
    return ratio if way > 0 else ONE


def _bias(asked: Asked, attention: Attention, scale: int) -> Vector:
    if attention.bias is None:
        return (ZERO,) * len(asked.keys)
    own = read(attention.bias, {name: asked.learned[name] for name in attention.bias.learned})
    return [heads[asked.head] for heads in added(asked.i, asked.places, attention.bias, own, scale)]


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
    x, y = ([_elu(one, scale) for one in vector] if elu else vector for vector in (asked.q, key))
    rotary = attention.rotary if elu else _unscaled(attention.rotary, len(key))
    q, k = Placed(x, asked.i, rotary, "query"), Placed(y, j, rotary, "key")
    found = product(q, k, asked, scale)
    if elu:
        return real(found, scale), real(dot(x, y, scale), scale)
    lengths = times(_over_length(q, asked, scale), _over_length(k, asked, scale), scale)
    weight = real(plus(ONE, times(found, lengths, scale), scale), scale)
    return weight, weight


def _elu(x: Number, scale: int) -> Number:
    """Return 1 + elu(x) of a fraction: 1 + x, or e^x below 0."""
    assert isinstance(x, Fraction)
    return 1 + x if x > 0 else exp(x, scale)
