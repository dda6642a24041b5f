"""Products of rational powers of integers: what ladders are made of, kept exact for as long as they are.

base^(−a/b), 1/s, s^(−k/(K−1)), a divisor and cos(π/4) are such products. Written over integers that are coprime and
no perfect powers, one is rational exactly when all its exponents are integers: if Π b^(f_b/n) = r then for each prime
p of b v_p(b) f_b = n v_p(r), and the v_p(b) of one b have no common divisor, so n divides f_b.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from refpos.exact.ball import Ball, Real, add, multiply, shift
from refpos.exact.elementary import exp, integer_root, ln_integer

GUARD = 8


class Root(NamedTuple):
    """An irrational number c Π b^e, with c a fraction, 0 < e < 1, and the b coprime integers, no perfect powers.

    Examples
    --------
    >>> raised(Fraction(1000), Fraction(-1, 2))
    Root(coefficient=Fraction(1, 100), powers=((10, Fraction(1, 2)),))
    """

    coefficient: Fraction
    powers: tuple[tuple[int, Fraction], ...]


Number = Fraction | Root | Ball
"""A real number: a fraction, an irrational root, or what is known to a bound."""

Sum = tuple[Number, ...]
"""Terms of a sum, no two of them exact with a rational quotient, and at most one a ball."""


@lru_cache(maxsize=4096)
def raised(base: Fraction, exponent: Fraction) -> Fraction | Root:
    """Return base^exponent of a positive fraction, exactly.

    Examples
    --------
    >>> raised(Fraction(65536), Fraction(-1, 4)), raised(Fraction(1, 10000), Fraction(3, 4))
    (Fraction(1, 16), Fraction(1, 1000))
    """
    return _product(Fraction(1), [(base.numerator, exponent), (base.denominator, -exponent)])


def times(a: Number, b: Number, scale: int) -> Number:
    """Return a·b: exactly where neither is a ball; a root times a ball is reckoned at that scale.

    A ball times a fraction below 1 stays as narrow beside its size: its sign, where it is known, is not lost.

    Examples
    --------
    >>> times(raised(Fraction(2), Fraction(1, 2)), raised(Fraction(8), Fraction(-1, 2)), 8)
    Fraction(1, 2)
    """
    if 0 in (a, b):
        return Fraction(0)
    if isinstance(a, Ball):
        return _narrowly(a, b) if isinstance(b, Fraction) else multiply(a, real(b, scale))
    if isinstance(b, Ball):
        return times(b, a, scale)
    (c, p), (d, q) = _parts(a), _parts(b)
    return _product(c * d, [*p, *q]) if p and q else _made(c * d, (*p, *q))


def plus(a: Number, b: Number, scale: int) -> Number:
    """Return a + b: exactly where both are fractions, one is zero, or their quotient is rational; else at that scale.

    Examples
    --------
    >>> half = raised(Fraction(2), Fraction(-1, 2))
    >>> plus(half, times(Fraction(-1), half, 8), 8)
    Fraction(0, 1)
    """
    if a == 0 or b == 0:
        return b if a == 0 else a
    joined = _joined(a, b)
    return add(real(a, scale), real(b, scale)) if joined is None else joined


def _joined(a: Number, b: Number) -> Number | None:
    """Return a + b of two balls, or where the quotient is rational, else None."""
    if isinstance(a, Ball) or isinstance(b, Ball):
        return add(a, b) if isinstance(a, Ball) and isinstance(b, Ball) else None
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a + b
    ratio = times(a, inverse(b), 0)
    return times(ratio + 1, b, 0) if isinstance(ratio, Fraction) else None


def summed(terms: Iterable[Number]) -> Sum:
    """Return a sum of which terms that can be are added up: what cancels is gone, in any order.

    Examples
    --------
    >>> half = raised(Fraction(2), Fraction(-1, 2))
    >>> summed([half, Fraction(3), times(Fraction(-1), half, 8), Fraction(1)])
    (Fraction(4, 1),)
    """
    found: list[Number] = []
    for one in (one for one in terms if one != 0):
        for n, other in enumerate(found):
            joined = _joined(other, one)
            if joined is not None:
                found[n : n + 1] = [joined] if joined != 0 else []  # what cancelled is gone
                break
        else:
            found.append(one)
    return tuple(found)


def total(terms: Iterable[Number], scale: int) -> Number:
    """Return a sum: exactly where what is left of it is one number that is exact, else at that scale."""
    found: Number = Fraction(0)
    for one in summed(terms):
        found = plus(found, one, scale)
    return found


def less(a: Number, b: Number, scale: int) -> Number:
    """Return a − b, as `plus` does."""
    return plus(a, times(Fraction(-1), b, scale), scale)


def inverse(x: Fraction | Root) -> Fraction | Root:
    """Return 1/x, exactly, of what is not zero."""
    c, powers = _parts(x)
    return _product(1 / c, [(b, -e) for b, e in powers])


def real(x: Number, scale: int) -> Real:
    r"""Return a number as a fraction or a ball.

    c Π b^e = c exp(Σ e ln b)

    with the logarithms at 16 bits more than the scale, and so many more as c and b have before the point; the bounds
    are those of `multiply`, `add` and `exp`, which widens by the radius of its argument, and below 1 as narrow beside
    the size.

    Examples
    --------
    >>> real(raised(Fraction(2), Fraction(1, 2)), 8)
    Ball(mid=92682, rad=2, scale=16)
    """
    if not isinstance(x, Root):
        return x
    size = x.coefficient.numerator.bit_length() - x.coefficient.denominator.bit_length()
    return _narrowly(_irrational(x.powers, scale + GUARD + -(-max(size, 0) // 64) * 64), x.coefficient)


def _narrowly(x: Real, f: Fraction) -> Real:
    """Return x·f, where f is below 1 to as many bits after its leading one."""
    size = min(f.numerator.bit_length() - f.denominator.bit_length(), 0)
    return shift(multiply(x, f / Fraction(2) ** size), size)


@lru_cache(maxsize=8192)
def _irrational(powers: tuple[tuple[int, Fraction], ...], scale: int) -> Real:
    """Return Π b^e at that scale."""
    total: Real = Fraction(0)
    for b, e in powers:
        total = add(total, multiply(ln_integer(b, scale + GUARD + b.bit_length()), e))
    return exp(total, scale)


@lru_cache(maxsize=4096)
def primitive(n: int) -> tuple[int, int]:
    """Return c and the greatest g with n = c^g, of an integer above 1.

    Examples
    --------
    >>> primitive(10_000), primitive(65536), primitive(12)
    ((10, 4), (2, 16), (12, 1))
    """
    for g in range(n.bit_length() - 1, 1, -1):
        c = integer_root(n, g)
        if c**g == n:
            return c, g
    return n, 1


def _product(coefficient: Fraction, powers: Iterable[tuple[int, Fraction]]) -> Fraction | Root:
    """Return the product in its normal form: over primitive coprime integers, whole powers in the coefficient."""
    left: list[tuple[int, Fraction]] = []
    for b, e in _coprime([(b, e) for b, e in powers if b != 1 and e]):
        c, g = primitive(b)
        whole = (e * g).__floor__()
        coefficient *= Fraction(c) ** whole
        if e * g != whole:
            left.append((c, e * g - whole))
    return _made(coefficient, tuple(sorted(left)))


def _coprime(powers: list[tuple[int, Fraction]]) -> list[tuple[int, Fraction]]:
    """Return the same product over coprime integers: x^e y^f = (x/g)^e (y/g)^f g^(e+f), until no g is above 1.

    Each step makes the product of the integers smaller, so there is a last one.
    """
    done: list[tuple[int, Fraction]] = []
    while powers:
        b, e = powers.pop()
        if b == 1 or not e:
            continue
        for i, (c, f) in enumerate(done):
            g = gcd(b, c)
            if g > 1:
                del done[i]
                powers += [(b // g, e), (c // g, f), (g, e + f)]
                break
        else:
            done.append((b, e))
    return done


def _parts(x: Fraction | Root) -> tuple[Fraction, tuple[tuple[int, Fraction], ...]]:
    return (x.coefficient, x.powers) if isinstance(x, Root) else (x, ())


def _made(coefficient: Fraction, powers: tuple[tuple[int, Fraction], ...]) -> Fraction | Root:
    return Root(coefficient, powers) if powers else coefficient
