"""Numbers that are known to a bound: a fraction where they are exact, else a ball of integers.

The arithmetic is sound: whatever real numbers the operands stand for, the result stands for theirs. What is exact
stays exact: fractions and balls of radius zero among themselves, and a product with zero.
"""

from fractions import Fraction
from typing import NamedTuple


class Ball(NamedTuple):
    """A real number known to lie in [mid − rad, mid + rad] · 2^−scale.

    A radius of zero is the dyadic number itself, exactly.

    Examples
    --------
    >>> Ball(3, 1, 1)  # between 1 and 2
    Ball(mid=3, rad=1, scale=1)
    """

    mid: int
    rad: int
    scale: int


Real = Fraction | Ball
"""A real number: exactly, or to a bound."""


class UndecidedError(ArithmeticError):
    """A ball is too wide for the question asked of it; a narrower one may answer."""


def ball(x: Real, scale: int) -> Ball:
    """Return a number as a ball of that scale.

    A fraction f is rounded to the nearest n, |f·2^scale − n| <= 1/2, so the radius is 1, or 0 where n is exact. A
    ball of greater scale loses t bits: |mid/2^t − n| <= 1/2 and the radius becomes ⌈rad/2^t⌉ + 1, the 1 only where
    bits are lost.

    Examples
    --------
    >>> ball(Fraction(1, 3), 4), ball(Fraction(1, 2), 4), ball(Ball(7, 1, 2), 1)
    (Ball(mid=5, rad=1, scale=4), Ball(mid=8, rad=0, scale=4), Ball(mid=4, rad=2, scale=1))
    """
    if not isinstance(x, Ball):
        mid, inexact = _quotient(x.numerator, x.denominator, scale)
        return Ball(mid, inexact, scale)
    if scale >= x.scale:
        return Ball(x.mid << (scale - x.scale), x.rad << (scale - x.scale), scale)
    mid, inexact = _quotient(x.mid, 1, scale - x.scale)
    return Ball(mid, -(-x.rad >> (x.scale - scale)) + inexact, scale)


def exact(x: Real) -> Fraction | None:
    """Return a number that is known exactly as a fraction, None for others.

    Examples
    --------
    >>> exact(Ball(3, 0, 1)), exact(Ball(3, 1, 1))
    (Fraction(3, 2), None)
    """
    if not isinstance(x, Ball):
        return x
    return None if x.rad else Fraction(x.mid) / Fraction(2) ** x.scale


def negative(x: Real) -> Real:
    """Return −x, exactly as wide as x."""
    return -x if not isinstance(x, Ball) else Ball(-x.mid, x.rad, x.scale)


def add(a: Real, b: Real) -> Real:
    """Return a + b.

    Balls are brought to the greater scale, which is exact, and |a + b − (mid_a + mid_b)| <= rad_a + rad_b. A
    fraction is first rounded to the scale of the ball.

    Examples
    --------
    >>> add(Ball(3, 1, 1), Ball(1, 1, 2)), add(Fraction(1, 2), Fraction(1, 3))
    (Ball(mid=7, rad=3, scale=2), Fraction(5, 6))
    """
    f, g = exact(a), exact(b)
    if f is not None and g is not None:
        return f + g
    scale = max(x.scale for x in (a, b) if isinstance(x, Ball))
    p, q = ball(a, scale), ball(b, scale)
    return Ball(p.mid + q.mid, p.rad + q.rad, scale)


def subtract(a: Real, b: Real) -> Real:
    """Return a − b, as `add` does.

    Examples
    --------
    >>> subtract(Fraction(1), Ball(1, 1, 2))
    Ball(mid=3, rad=1, scale=2)
    """
    return add(a, negative(b))


def multiply(a: Real, b: Real) -> Real:
    """Return a·b, at the greater scale.

    Balls: |ab − mid_a mid_b| = |mid_a (b − mid_b) + mid_b (a − mid_a) + (a − mid_a)(b − mid_b)| and so at most
    |mid_a| rad_b + |mid_b| rad_a + rad_a rad_b, in units of 2^−(scale_a + scale_b); `ball` then rounds. With a fraction
    f = n/m the mid is the integer nearest to mid·n/m, at most 1/2 from it (0 where it is exact), and the radius
    ⌈rad·|n|/m⌉ (+ 1). Times zero is zero exactly.

    Examples
    --------
    >>> multiply(Ball(3, 1, 1), Ball(5, 0, 1)), multiply(Ball(3, 1, 1), Fraction(0))
    (Ball(mid=8, rad=4, scale=1), Fraction(0, 1))
    """
    f, g = exact(a), exact(b)
    if f is not None and g is not None:
        return f * g
    if f is not None:
        return _scaled(b, f)
    if g is not None:
        return _scaled(a, g)
    assert isinstance(a, Ball)
    assert isinstance(b, Ball)
    rad = abs(a.mid) * b.rad + abs(b.mid) * a.rad + a.rad * b.rad
    return ball(Ball(a.mid * b.mid, rad, a.scale + b.scale), max(a.scale, b.scale))


def divide(a: Real, b: Real) -> Real:
    """Return a/b, at the greater scale.

    With A, B the mids, a/b − A/B = (a − A)/b + A(B − b)/(bB), and |b| >= |B| − rad_b, so it is at most
    (rad_a |B| + |A| rad_b) / (|B| (|B| − rad_b)), rounded up, and 1 more for the rounding of A/B.

    Raises
    ------
    ZeroDivisionError
        If b is zero.
    UndecidedError
        If b is not known to differ from zero.

    Examples
    --------
    >>> divide(Ball(6, 1, 4), Ball(3, 0, 0)), divide(Fraction(1), Ball(8, 1, 4))
    (Ball(mid=2, rad=1, scale=4), Ball(mid=32, rad=5, scale=4))
    """
    f = exact(b)
    if f is not None:
        return multiply(a, 1 / f)
    assert isinstance(b, Ball)
    scale = b.scale if not isinstance(a, Ball) else max(a.scale, b.scale)
    p, q = ball(a, scale), ball(b, scale)
    size = abs(q.mid)
    if size <= q.rad:
        raise UndecidedError("a divisor must be known not to be zero")
    mid, inexact = _quotient(p.mid if q.mid > 0 else -p.mid, size, scale)
    spread = (p.rad * size + abs(p.mid) * q.rad) << max(scale, 0)
    return Ball(mid, -(-spread // ((size * (size - q.rad)) << max(-scale, 0))) + inexact, scale)


def power(x: Real, n: int) -> Real:
    """Return x^n for an integer n, by squaring, each product as `multiply`.

    Examples
    --------
    >>> power(Fraction(2, 3), -2), power(Ball(3, 1, 1), 2)
    (Fraction(9, 4), Ball(mid=5, rad=5, scale=1))
    """
    if not isinstance(x, Ball):
        return x**n
    if n < 0:
        return divide(Fraction(1), power(x, -n))
    found: Real = Fraction(1)
    for bit in bin(n)[2:]:
        found = multiply(found, found)
        if bit == "1":
            found = multiply(found, x)
    return found


def shift(x: Real, n: int) -> Real:
    """Return x·2^n, exactly as wide: of a ball only the scale changes.

    Examples
    --------
    >>> shift(Ball(3, 1, 1), 2), shift(Fraction(3), -1)
    (Ball(mid=3, rad=1, scale=-1), Fraction(3, 2))
    """
    return x * Fraction(2) ** n if not isinstance(x, Ball) else Ball(x.mid, x.rad, x.scale - n)


def sign(x: Real) -> int | None:
    """Return 1, 0 or −1, None where it is not known.

    Examples
    --------
    >>> sign(Fraction(-2)), sign(Ball(2, 1, 0)), sign(Ball(0, 1, 0))
    (-1, 1, None)
    """
    mid, rad = (x.numerator, 0) if not isinstance(x, Ball) else (x.mid, x.rad)
    if abs(mid) <= rad and rad:
        return None
    return (mid > 0) - (mid < 0)


def compare(a: Real, b: Real) -> int | None:
    """Return the sign of a − b: 1, 0 or −1, None where it is not known."""
    return sign(subtract(a, b))


def clamp(x: Real, low: Fraction, high: Fraction) -> Real:
    """Return x cut off at low and high: exactly one of them where x is known to be beyond.

    Cutting off is 1-Lipschitz: |cut(x) − cut(mid)| <= |x − mid| <= rad; the cut mid is rounded as `add` does.

    Examples
    --------
    >>> clamp(Ball(9, 1, 2), Fraction(0), Fraction(1)), clamp(Ball(3, 2, 2), Fraction(0), Fraction(1))
    (Fraction(1, 1), Ball(mid=3, rad=2, scale=2))
    """
    if compare(x, low) in (-1, 0):
        return low
    if compare(x, high) in (1, 0):
        return high
    if not isinstance(x, Ball):
        return x
    mid = min(max(Fraction(x.mid) / Fraction(2) ** x.scale, low), high)
    return add(mid, Ball(0, x.rad, x.scale))


def floor(x: Real) -> int:
    """Return ⌊x⌋.

    Raises
    ------
    UndecidedError
        If the ends of the ball have different ones.

    Examples
    --------
    >>> floor(Ball(-3, 0, 1)), floor(Ball(6, 1, 2))
    (-2, 1)
    """
    if not isinstance(x, Ball):
        return x.numerator // x.denominator
    low, high = (Fraction(end) / Fraction(2) ** x.scale for end in (x.mid - x.rad, x.mid + x.rad))
    if low // 1 != high // 1:
        raise UndecidedError("a ball must lie between two integers")
    return low // 1


def within(x: Real, bits: int) -> bool:
    """Return whether a number is known to 2^−bits: rad·2^−scale <= 2^−bits.

    Examples
    --------
    >>> within(Ball(5, 2, 10), 9), within(Ball(5, 3, 10), 9), within(Fraction(1, 3), 9)
    (True, False, True)
    """
    if not isinstance(x, Ball):
        return True
    return x.rad << max(bits - x.scale, 0) <= 1 << max(x.scale - bits, 0)


def _quotient(a: int, b: int, scale: int) -> tuple[int, int]:
    """Return the integer nearest to a·2^scale/b, b > 0, and 0 where that is exact, else 1."""
    a, b = (a << scale, b) if scale >= 0 else (a, b << -scale)
    mid, rest = divmod(2 * a + b, 2 * b)
    return mid, int(rest != b)


def _scaled(x: Real, f: Fraction) -> Real:
    """Return the product of a ball and a fraction."""
    assert isinstance(x, Ball)
    if not f:
        return f
    mid, inexact = _quotient(x.mid * f.numerator, f.denominator, 0)
    return Ball(mid, -(-x.rad * abs(f.numerator) // f.denominator) + inexact, x.scale)
