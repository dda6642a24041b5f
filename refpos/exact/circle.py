"""The grid of an image on a circle about the diagonal, certified, and what that needs: bearings and the greatest."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import count
from math import atan2

from refpos.exact.angles import HALF, circle
from refpos.exact.ball import Ball, Real, UndecidedError, add, ball, divide, multiply, negative, subtract
from refpos.exact.constants import pi
from refpos.exact.elementary import cos_sin
from refpos.exact.roots import Number, Sum, raised, real, summed, times, total
from refpos.exact.scaling import Frequency
from refpos.variants.multimodal import CircleRope

GUARD = 16
EIGHTH = Fraction(1, 8)
EIGHTHS = {
    **{(0, 0): 0, (0, 1): 0, (1, 1): 1, (1, 0): 2, (1, -1): 3},
    **{(0, -1): 4, (-1, -1): -3, (-1, 0): -2, (-1, 1): -1},
}
"""Eighths of a turn, by the signs of y and x, at which one is zero or both are as large."""

PHASES = (Fraction(1, 4), Fraction(11, 12), Fraction(7, 12))
"""Turns at which t, y and x are greatest: a third of a turn apart."""

OWN = ((2, 0), (-1, 1), (-1, -1))
"""What t, y and x have of y/√6 and of x/√2."""


def around(h: int, w: int, rule: CircleRope, scale: int) -> tuple[tuple[Sum, ...], ...]:
    r"""Return (t, y, x) of every patch of a grid, row by row, as seen from the diagonal of text.

    √(2/3) (1 − dff_rate) r cos 2π(τ − s) with s = 1/4, 11/12 and 7/12 for t, y and x, and
    dff_rate (2y/√6, x/√2 − y/√6, −x/√2 − y/√6)

    which is (a, b) in the plane across (1, 1, 1), written out. τ is a fraction where the bearings of a patch and of the
    first and last one are eighths of a turn, and a coordinate a sum of roots where it is in 24ths; other coincidences
    are not looked for.

    Examples
    --------
    >>> around(1, 1, CircleRope(radius=3.0, relative=False), 64)[0][1]
    (Root(coefficient=Fraction(3, 2), powers=((2, Fraction(1, 2)),)),)
    """
    seen = _grid(h, w, rule)
    unit = max(max(point) for point in seen) if rule.relative else Fraction(1)
    size = times(Fraction(rule.radius) * unit * (1 - Fraction(rule.dff_rate)), raised(Fraction(2, 3), HALF), 0)
    return tuple(
        tuple(_row(size, turn, point, Fraction(rule.dff_rate), scale))
        for turn, point in zip(_turns(seen, Fraction(rule.alpha), scale), seen, strict=True)
    )


def bearing(y: Fraction, x: Fraction, scale: int) -> Real:
    r"""Return atan2(y, x) in turns, from −1/2 (excluded) to 1/2; 0 for the origin.

    g + arctan(b/a) with (x + iy) e^{−ig} = a + ib, over 2π

    for any g with b/a < 1/2 in size and a > 0: the float nearest to the angle, which has the sign of y, so that the
    sum is the principal value. Exactly an eighth of a turn, or none, where it is one.

    Raises
    ------
    UndecidedError
        If the scale does not show that b/a is small.

    Examples
    --------
    >>> bearing(Fraction(-2), Fraction(-2), 64), bearing(Fraction(1), Fraction(2), 64).mid / 2**80
    (Fraction(-3, 8), 0.07379180882521663)
    """
    if not x or not y or abs(x) == abs(y):
        return Fraction(EIGHTHS[_sign(y), _sign(x)], 8)
    w = scale + GUARD
    guess = Fraction(atan2(y, x))
    cos, sin = cos_sin(guess, w)
    a = add(multiply(cos, x), multiply(sin, y))
    b = subtract(multiply(cos, y), multiply(sin, x))
    return divide(add(guess, _arctangent(divide(b, a), w)), multiply(pi(w), Fraction(2)))


def greatest(sums: Iterable[Sum], scale: int) -> Sum:
    """Return the greatest sum where one is known to be; else a ball from the greatest lower end up.

    Examples
    --------
    >>> greatest([(Fraction(1),), (Ball(3, 1, 1),)], 1), greatest([(Fraction(1),), (Ball(5, 1, 1),)], 1)
    ((Ball(mid=6, rad=2, scale=2),), (Ball(mid=5, rad=1, scale=1),))
    """
    distinct = {frozenset(one): one for one in sums}.values()
    values = [real(total(one, scale), scale) for one in distinct]
    if not any(isinstance(one, Ball) for one in values):
        return (max(one for one in values if not isinstance(one, Ball)),)
    width = max(one.scale for one in values if isinstance(one, Ball))
    balls = [ball(one, width) for one in values]
    low, high = max(one.mid - one.rad for one in balls), max(one.mid + one.rad for one in balls)
    may_be = [one for one, value in zip(distinct, balls, strict=True) if value.mid + value.rad >= low]
    return may_be[0] if len(may_be) == 1 else (Ball(low + high, high - low, width + 1),)


def _grid(h: int, w: int, rule: CircleRope) -> tuple[tuple[Fraction, Fraction], ...]:
    """Return (y, x) of every patch, from the middle of the grid or from its first patch."""
    down, right = (Fraction(n - 1, 2) if rule.centred else Fraction(0) for n in (h, w))
    return tuple((i - down, j - right) for i in range(h) for j in range(w))


def _turns(seen: Sequence[tuple[Fraction, Fraction]], alpha: Fraction, scale: int) -> Iterable[Real]:
    """Yield τ = alpha (α − min α)/(max α − min α) + (1 − alpha) i/(hw) of every patch."""
    keys = [_key(*point) for point in seen]
    low, high = min(keys), max(keys)
    first, last = (bearing(*seen[keys.index(end)], scale) for end in (low, high))
    for i, (key, point) in enumerate(zip(keys, seen, strict=True)):
        share: Real = Fraction(int(key == high != low))
        if low < key < high:
            share = divide(subtract(bearing(*point, scale), first), subtract(last, first))
        yield add(multiply(share, alpha), (1 - alpha) * Fraction(i, len(seen)))


def _row(size: Number, turn: Real, point: Sequence[Fraction], rate: Fraction, scale: int) -> Iterator[Sum]:
    """Yield t, y and x of one patch."""
    y, x = (times(rate * c, raised(Fraction(1, n), HALF), scale) for c, n in zip(point, (6, 2), strict=True))
    for phase, (p, q) in zip(PHASES, OWN, strict=True):
        own = times(Fraction(p), y, scale), times(Fraction(q), x, scale)
        yield summed((*_turned(size, subtract(turn, phase), scale), *own))


def _turned(size: Number, turn: Real, scale: int) -> Sum:
    """Return size · cos 2π turn: of 24ths of a turn, cos(a + b) with a an eighth and b in twelfths, a sum of roots."""
    a = EIGHTH if isinstance(turn, Fraction) and 24 * turn % 2 == 1 else Fraction(0)
    parts = (circle(Frequency(multiply(one, Fraction(2)), True), scale) for one in (a, subtract(turn, a)))
    (cos_a, sin_a), (cos_b, sin_b) = parts
    first, second = times(cos_a, cos_b, scale), times(times(Fraction(-1), sin_a, scale), sin_b, scale)
    return times(size, first, scale), times(size, second, scale)


def _key(y: Fraction, x: Fraction) -> tuple[int, Fraction]:
    """Return what orders points by their bearing, exactly: −x/y grows with it below the axis, and above."""
    if y:
        return (1 if y > 0 else -1), -x / y
    return (2 if x < 0 else 0), Fraction(0)


def _sign(x: Fraction) -> int:
    return (x > 0) - (x < 0)


@lru_cache(maxsize=4096)
def _arctangent(q: Real, w: int) -> Real:
    """Return arctan q = q − q³/3 + q⁵/5 − ... of a small ball; what follows a term is less than the term."""
    assert isinstance(q, Ball)
    if 2 * (abs(q.mid) + q.rad) >= 1 << q.scale:
        raise UndecidedError("a tangent must be known to be less than a half")
    total: Real = q
    term: Real = q
    for n in count(3, 2):
        term = negative(multiply(term, multiply(q, q)))
        total = add(total, multiply(term, Fraction(1, n)))
        if isinstance(term, Ball) and abs(term.mid) <= term.rad:
            break
    rest = ball(term, w)
    return add(total, Ball(0, abs(rest.mid) + rest.rad, w))
