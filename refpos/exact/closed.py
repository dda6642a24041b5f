r"""Numbers in closed form: sums of products of roots of primes, powers of π and logarithms, compared exactly.

A term is q Π_p p^(r_p) π^j Π ln p ..., with q rational and 0 <= r_p < 1. Each number of a description is a sum of such
terms, written in one way, so that equal forms are equal numbers. The converse is a theorem for most:

- Roots Π_p p^(r_p) of different exponents in [0, 1) are linearly independent over the rationals (Besicovitch), and π is
  transcendental (Lindemann): so a sum without logarithms is zero only where it has no terms.
- 1, π and the logarithms of primes are linearly independent over the algebraic numbers (Baker): so is a sum that has at
  most one of π and the logarithms in each term, to the first power.

All others are told apart by enclosures (`refpos.exact.enclosures`), or are indistinguishable.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import NamedTuple

from refpos.errors import require
from refpos.exact.primes import factors


class Atom(NamedTuple):
    """A number of which terms are made, by its kind and what that is of.

    "prime" p is p, "ln" p its logarithm, "pi" is π. "tower" p, b, r, ... is p^(Π b^r), with primes b. "ramp" and
    "root-log" are numbers of descriptions of which no more is known than how to enclose them, see
    `refpos.exact.enclosures`. All are positive.
    """

    kind: str
    data: tuple[Fraction, ...] = ()


Monomial = tuple[tuple[Atom, Fraction], ...]
"""Atoms and their exponents, in order; those of primes between 0 and 1."""


@dataclass(frozen=True)
class Closed:
    """A sum of terms, monomial and coefficient, in order, no coefficient zero: made by `closed` and arithmetic."""

    terms: tuple[tuple[Monomial, Fraction], ...] = ()

    def __add__(self, other: Closed) -> Closed:
        if not (self and other):
            return self or other
        return _sum((*self.terms, *other.terms))

    def __neg__(self) -> Closed:
        return self._opposite

    def __sub__(self, other: Closed) -> Closed:
        return self + -other

    def __mul__(self, other: Closed) -> Closed:
        if self is ONE or other is ONE:
            return other if self is ONE else self
        return _sum(tuple(_product(a, b, q * r) for a, q in self.terms for b, r in other.terms))

    def __hash__(self) -> int:
        return self._hash

    def __bool__(self) -> bool:
        return bool(self.terms)

    @cached_property
    def _hash(self) -> int:
        return hash(self.terms)

    @cached_property
    def _opposite(self) -> Closed:
        return Closed(tuple((monomial, -q) for monomial, q in self.terms)) if self else self

    @cached_property
    def algebraic(self) -> bool:
        """Whether every term is of primes and π alone: of two such numbers, different forms are different numbers."""
        return all(one.kind in ("prime", "pi") for monomial, _ in self.terms for one, _ in monomial)

    @cached_property
    def provable(self) -> bool:
        """Whether it is a theorem that this is zero only where it has no terms."""
        others = [[(one.kind, n) for one, n in monomial if one.kind != "prime"] for monomial, _ in self.terms]
        linear = {(("pi", Fraction(1)),), (("ln", Fraction(1)),), ()}
        return self.algebraic or all(tuple(one) in linear for one in others)


ZERO = Closed()
ONE = Closed((((), Fraction(1)),))


def closed(value: Fraction | int | float) -> Closed:
    """Return a rational number, or exactly a double, in closed form.

    Examples
    --------
    >>> closed(0.5).terms, closed(0) == ZERO
    ((((), Fraction(1, 2)),), True)
    """
    return _sum((((), Fraction(value)),))


def atom(kind: str, *data: Fraction | int, power: Fraction | int = 1) -> Closed:
    """Return a power of an atom.

    Examples
    --------
    >>> atom("pi") * atom("pi", power=-1) == ONE
    True
    """
    return Closed(((((Atom(kind, tuple(map(Fraction, data))), Fraction(power)),), Fraction(1)),))


PI = atom("pi")


@lru_cache(maxsize=4096)
def root(value: Fraction, exponent: Fraction) -> Closed:
    r"""Return value^exponent, for a positive value.

    Π_p p^(k_p e) = Π_p p^⌊k_p e⌋ · Π_p p^(k_p e − ⌊k_p e⌋), the first factor rational.

    Raises
    ------
    SpecError
        If the exponent is so large that the rational factor would have thousands of digits, or a factor is too large.

    Examples
    --------
    >>> root(Fraction(16), Fraction(-1, 4)) == closed(0.5)
    True
    >>> root(Fraction(8), Fraction(1, 2)) == root(Fraction(2), Fraction(3, 2))
    True
    """
    require(abs(exponent) <= 1 << 12, "an exponent must be at most 4096 to be compared exactly", float(exponent))
    powers = tuple((_prime(p), k * exponent) for p, k in factors(value) if k)
    return _sum((_normal(powers, Fraction(1)),)) if exponent else ONE


def logarithm(value: Fraction) -> Closed:
    """Return ln of a positive fraction, Σ k_p ln p.

    Examples
    --------
    >>> logarithm(Fraction(9, 3)) * closed(2) == logarithm(Fraction(9))
    True
    """
    return _sum(tuple((((Atom("ln", (Fraction(p),)), Fraction(1)),), Fraction(k)) for p, k in factors(value)))


@lru_cache(maxsize=256)
def _prime(p: int) -> Atom:
    """Return the atom of a prime, one for all its roots: what is one object need not be compared."""
    return Atom("prime", (Fraction(p),))


def _sum(terms: tuple[tuple[Monomial, Fraction], ...]) -> Closed:
    if len(terms) == 1:
        return Closed(terms if terms[0][1] else ())
    found: dict[Monomial, Fraction] = defaultdict(Fraction)
    for monomial, q in terms:
        found[monomial] += q
    return Closed(tuple(sorted((monomial, q) for monomial, q in found.items() if q)))


def _product(a: Monomial, b: Monomial, q: Fraction) -> tuple[Monomial, Fraction]:
    found: dict[Atom, Fraction] = defaultdict(Fraction)
    for one, power in (*a, *b):
        found[one] += power
    return _normal(tuple(found.items()), q)


def _normal(powers: Monomial, q: Fraction) -> tuple[Monomial, Fraction]:
    """Return a term in its one way of writing: whole powers of primes go to the coefficient."""
    kept = []
    for one, power in powers:
        rest = power
        if one.kind == "prime":
            rest = power % 1
            q *= one.data[0] ** int(power - rest)
        if rest:
            kept.append((one, rest))
    return tuple(sorted(kept)), q
