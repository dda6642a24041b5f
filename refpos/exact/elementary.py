"""Roots, logarithms, exponentials, cosines and sines in fixed point, each with its bound.

Every function takes a number and a scale, and reckons with at least as many bits. What comes of a ball is the value at
its mid, to the bound of the series, widened by how much the function can differ over the ball.
"""

from fractions import Fraction
from functools import lru_cache
from math import isqrt

from refpos.exact.ball import (
    Ball,
    Real,
    UndecidedError,
    add,
    ball,
    divide,
    exact,
    multiply,
    shift,
    sign,
    subtract,
)
from refpos.exact.constants import ln2, pi

GUARD = 16
ONE = Fraction(1)


def integer_root(n: int, k: int) -> int:
    """Return ⌊n^(1/k)⌋ of n >= 0, k >= 1.

    Newton's method for x^k − n from above: with x >= ⌊n^(1/k)⌋ the next, ⌊((k − 1)x + ⌊n/x^(k−1)⌋)/k⌋, is no less than
    that floor either, by the inequality of the means, and less than x while x^k > n. So it stops at the floor.

    Examples
    --------
    >>> integer_root(80, 4), integer_root(81, 4)
    (2, 3)
    """
    if k == 2:
        return isqrt(n)
    x = 1 << -(-n.bit_length() // k)
    while x**k > n:
        x = ((k - 1) * x + n // x ** (k - 1)) // k
    return x


def root(value: Fraction, k: int) -> Fraction | None:
    """Return the k-th root of a positive fraction, None where it is irrational.

    In lowest terms n/m is a k-th power exactly when n and m are.

    Examples
    --------
    >>> root(Fraction(16, 81), 4), root(Fraction(1, 2), 2)
    (Fraction(2, 3), None)
    """
    found = Fraction(integer_root(value.numerator, k), integer_root(value.denominator, k))
    return found if found**k == value else None


def sqrt(x: Real, scale: int) -> Real:
    """Return √x: exactly where it is rational and x is known exactly.

    √ grows, so √x lies from ⌊√low⌋ to ⌊√high⌋ + 1 in units of 2^−scale, low and high the ends of x at scale 2·scale;
    the ball spans both.

    Raises
    ------
    UndecidedError
        If x is not known not to be negative.

    Examples
    --------
    >>> sqrt(Fraction(9, 4), 8), sqrt(Fraction(2), 8)
    (Fraction(3, 2), Ball(mid=362, rad=1, scale=8))
    """
    f = exact(x)
    rational = f if not f else root(f, 2) if f > 0 else None
    if rational is not None:
        return rational
    if sign(x) != 1:
        raise UndecidedError("a radicand is known not to be negative")
    wide = ball(x, 2 * scale)
    low, high = isqrt(max(wide.mid - wide.rad, 0)), isqrt(wide.mid + wide.rad) + 1
    return Ball((low + high) // 2, (high - low + 1) // 2, scale)


def ln(x: Real, scale: int) -> Real:
    r"""Return ln x of a positive number; 0 exactly for 1.

    ln x = e ln 2 + 2 artanh y,  y = (m − 1)/(m + 1),  x = m 2^e with m about 1

    For |y| <= 1/2 the derivative of 2 artanh is at most 8/3, so that a radius of y counts three times. The error of
    e ln 2 is that of `multiply`.

    Raises
    ------
    UndecidedError
        If x is not known to be positive, or the ball is so wide that |y| may exceed 1/2.

    Examples
    --------
    >>> found = ln(Fraction(10), 64)
    >>> found.mid / 2**64, found.rad
    (2.302585092994046, 2)
    """
    if exact(x) == 1:
        return Fraction(0)
    if sign(x) != 1:
        raise UndecidedError("a logarithm is of what is known to be positive")
    e = _exponent(x)
    w = scale + abs(e).bit_length() + GUARD
    m = shift(x, -e)
    y = ball(divide(subtract(m, ONE), add(m, ONE)), w)
    if abs(y.mid) + y.rad > 1 << (w - 1):
        raise UndecidedError("a ball must be narrow beside its mid")
    total, rad = _artanh(abs(y.mid), w)
    artanh = Ball(2 * total if y.mid > 0 else -2 * total, 2 * rad + 3 * y.rad, w)
    return ball(add(artanh, multiply(ln2(w), Fraction(e))), scale)


def exp(x: Real, scale: int) -> Real:
    r"""Return e^x; 1 exactly for 0.

    e^x = 2^n e^r,  r = x − n ln 2

    For a ball of mid c and radius ρ <= 1, |e^r − e^c| <= e^c (e^ρ − 1) <= 2ρ e^c, and e^c < 4 as |c| <= 1; so a radius
    counts eight times.

    Raises
    ------
    UndecidedError
        If the ball is wider than 1.

    Examples
    --------
    >>> found = exp(Fraction(-1), 64)
    >>> found.mid / 2**64, found.rad
    (0.36787944117144233, 2)
    """
    if exact(x) == 0:
        return ONE
    n = _nearest(x, ln2(GUARD + _exponent(x, least=0)))
    w = scale + max(n, 0) + GUARD
    r = ball(subtract(x, multiply(ln2(w + abs(n).bit_length()), Fraction(n))), w)
    if abs(r.mid) + r.rad > 1 << w or r.rad > 1 << w:
        raise UndecidedError("a ball must be narrower than 1")
    terms = _terms(abs(r.mid), w)
    total = sum(terms) if r.mid >= 0 else sum(terms[::2]) - sum(terms[1::2])
    return ball(Ball(total, 2 * len(terms) + 4 + 8 * r.rad, w - n), scale)


def cos_sin(x: Real, scale: int) -> tuple[Real, Real]:
    r"""Return cos x and sin x; 1 and 0 exactly for 0.

    x = q π/2 + r, and e^{ix} = i^q e^{ir}

    The reduction is sound at any size: q is any integer (chosen so that r is at most about π/4, for the speed of the
    series), and r is known to the bounds of π, at so many bits more as q has, and of the subtraction. Cosine and sine
    are 1-Lipschitz, so the radius of r counts once.

    Raises
    ------
    UndecidedError
        If x is known to less than a quarter turn.

    Examples
    --------
    >>> cos, sin = cos_sin(Fraction(2**63 - 1), 64)
    >>> cos.mid / 2**64, sin.mid / 2**64, cos.rad
    (0.8477880073480187, 0.5303352662202238, 2)
    """
    if exact(x) == 0:
        return ONE, Fraction(0)
    extra = _exponent(x, least=0)
    q = _nearest(x, shift(pi(GUARD + extra), -1))
    w = scale + GUARD
    r = ball(subtract(x, multiply(pi(w + extra), Fraction(q, 2))), w)
    if abs(r.mid) + r.rad > 1 << w:
        raise UndecidedError("an angle must be known to a fraction of a turn")
    terms = _terms(abs(r.mid), w)
    rad = 2 * len(terms) + 4 + r.rad
    cos, sin = sum(terms[::4]) - sum(terms[2::4]), sum(terms[1::4]) - sum(terms[3::4])
    return _quarters(q, ball(Ball(cos, rad, w), scale), ball(Ball(sin if r.mid >= 0 else -sin, rad, w), scale))


def _quarters(q: int, cos: Ball, sin: Ball) -> tuple[Ball, Ball]:
    """Return i^q (cos + i sin)."""
    for _ in range(q % 4):
        cos, sin = Ball(-sin.mid, sin.rad, sin.scale), cos
    return cos, sin


def _terms(r: int, w: int) -> list[int]:
    r"""Return ⌊r^k/k!⌋ for k = 0, 1, ... in units of 2^−w, 0 <= r <= 1, until it is 0, each short by less than 2 units.

    t_k = ⌊t_{k−1} r/k⌋ is short by e_k < e_{k−1}/k + 1 with e_0 = 0: less than 1, 3/2, 3/2, 11/8, ... < 2. Where
    t_N = 0 the true term is below 2 units, and as each later one is at most 1/(N + 1) of that before it, with N >= 1
    those after it add to less than 2 (1/2 + 1/4 + ...) = 2. So a sum of these with any signs is less than 2N + 4 from
    that of the whole series.
    """
    terms, t, k = [], 1 << w, 0
    while t:
        terms.append(t)
        k += 1
        t = (t * r) // (k << w)
    return terms


def _artanh(y: int, w: int) -> tuple[int, int]:
    r"""Return artanh y = Σ_k y^(2k+1)/(2k + 1) and its bound, in units of 2^−w, 0 <= y <= 1/2.

    z = ⌊y²⌋ is short by less than 1 unit, so p_k = ⌊p_{k−1} z⌋ by e_k < e_{k−1}/4 + y + 1 <= e_{k−1}/4 + 3/2, with
    e_0 = 0: at most 2. Each term ⌊p_k/(2k+1)⌋ is short by less than 3. After N terms p_N = 0, so the true power is
    below 2, and the rest below 2 (1 + 1/4 + ...) < 3. The bound is 3N + 3.
    """
    z, total, p, k = (y * y) >> w, 0, y, 0
    while p:
        total += p // (2 * k + 1)
        p = (p * z) >> w
        k += 1
    return total, 3 * k + 3


def _exponent(x: Real, least: int | None = None) -> int:
    """Return about log2 |x|, and no less than `least`. It steers precision and reduction; no bound rests on it."""
    if not isinstance(x, Ball):
        found = x.numerator.bit_length() - x.denominator.bit_length()
    else:
        found = x.mid.bit_length() - x.scale
    return found if least is None else max(found, least) + 2


def _nearest(x: Real, unit: Real) -> int:
    """Return an integer near x/unit: any serves, the nearest best."""
    assert isinstance(unit, Ball)
    return (2 * ball(x, unit.scale).mid + unit.mid) // (2 * unit.mid)


@lru_cache(maxsize=4096)
def ln_integer(n: int, scale: int) -> Real:
    """Return ln n of an integer, kept: ladders ask for few of them, at every rung."""
    return ln(Fraction(n), scale)
