"""Enclosures of numbers in closed form, and what they decide: signs, and which numbers are told apart."""

from fractions import Fraction
from functools import lru_cache
from typing import Literal

from refpos.exact import elementary
from refpos.exact.ball import Real, UndecidedError, add, divide, floor, multiply, power, subtract
from refpos.exact.ball import sign as known_sign
from refpos.exact.closed import Atom, Closed, Monomial
from refpos.exact.constants import pi
from refpos.exact.decide import MOST

BITS = 200
"""Numbers that no theorem tells apart are told apart where they differ by more than 2^−200."""

GUARD = 56


def enclosure(x: Closed, scale: int) -> Real:
    """Return a number exactly or as a ball, of about that scale.

    Examples
    --------
    >>> from refpos.exact.closed import PI
    >>> found = enclosure(PI, 64)
    >>> found.mid / 2**64
    3.141592653589793
    """
    found: Real = Fraction(0)
    for monomial, q in x.terms:
        found = add(found, multiply(_enclosed(monomial, scale), q))
    return found


def sign(x: Closed) -> Literal[-1, 0, 1]:
    """Return the sign of a number, with as many bits as it takes.

    Raises
    ------
    UndecidedError
        If the form is not empty, and 2000 bits do not tell it from zero.

    Examples
    --------
    >>> from refpos.exact.closed import PI, closed
    >>> sign(PI - closed(3)), sign(closed(0))
    (1, 0)
    """
    ways = {q > 0 for _, q in x.terms}
    if len(ways) < 2:  # all atoms are positive
        return 0 if not ways else 1 if ways == {True} else -1
    scale = 64
    while scale <= MOST:
        found = known_sign(enclosure(x, scale))
        if found is not None:
            return 1 if found > 0 else -1 if found < 0 else 0
        scale *= 2
    raise UndecidedError(f"a number must be told from zero; {MOST} bits do not suffice")


def may_be_zero(x: Closed) -> bool:
    """Return whether a number is zero or cannot be told from it: by theorem, or as more than 2^−200.

    Examples
    --------
    >>> from refpos.exact.closed import closed, root
    >>> may_be_zero(root(Fraction(2), Fraction(1, 2)) - closed(1.4142135623730951))
    False
    """
    if not x or x.provable:
        return not x
    return known_sign(enclosure(x, BITS + GUARD)) is None


def whole(value: Real) -> int | None:
    """Return the whole part of a number, None where it is not decided: a rounding for `decide`.

    Examples
    --------
    >>> whole(Fraction(-1, 2))
    -1
    """
    try:
        return floor(value)
    except UndecidedError:
        return None


@lru_cache(maxsize=1 << 14)
def _enclosed(monomial: Monomial, scale: int) -> Real:
    """Return a product of atoms: the roots of primes, and towers, together, as e^(Σ r ln p), the others one by one."""
    found: Real = Fraction(1)
    exponent: Real = Fraction(0)
    for atom, n in monomial:
        if atom.kind in ("prime", "tower"):
            exponent = add(exponent, multiply(_logarithm(atom, scale), n))
        else:
            found = multiply(found, power(_number(atom, scale), int(n)))
    return multiply(found, elementary.exp(exponent, scale))


@lru_cache(maxsize=1 << 12)
def _logarithm(atom: Atom, scale: int) -> Real:
    """Return ln p of a prime p, and Π b^r ln p of the tower p^(Π b^r)."""
    p, *inner = atom.data
    exponent: Real = Fraction(0)
    for b, r in zip(inner[::2], inner[1::2], strict=True):
        exponent = add(exponent, multiply(elementary.ln(b, scale), r))
    return multiply(elementary.exp(exponent, scale), elementary.ln(p, scale))


@lru_cache(maxsize=1 << 12)
def _number(atom: Atom, scale: int) -> Real:
    """Return one atom.

    root-log of s, L        √(1 + ln s/ln L)
    ramp of x, a, b, δ      (x − a)/(b + δ − a), each of a and b one that `crossing` returns
    """
    match atom.kind, atom.data:
        case "pi", _:
            return pi(scale)
        case "ln", (p,):
            return elementary.ln(p, scale)
        case "root-log", (s, length):
            ratio = divide(elementary.ln(s, scale), elementary.ln(length, scale))
            return elementary.sqrt(add(Fraction(1), ratio), scale)
        case "ramp", (x, a, a_base, b, b_base, apart):
            low, high = crossing(a, a_base, scale), crossing(b, b_base, scale)
            return divide(subtract(x, low), add(apart, subtract(high, low)))
        case _:
            raise AssertionError(atom)


def crossing(x: Fraction, base: Fraction, scale: int) -> Real:
    """Return ln(x/π)/ln base, where a ladder makes so many turns; x itself for base 1, where that was cut off.

    Examples
    --------
    >>> crossing(Fraction(3), Fraction(1), 64)
    Fraction(3, 1)
    """
    if base == 1:
        return x
    return divide(subtract(elementary.ln(x, scale), elementary.ln(pi(scale), scale)), elementary.ln(base, scale))
