r"""Operators of position as sums of characters, L(p) = Σ_λ M_λ e^{λ·p}: how they are added up, each λ once.

L is real, so M at the conjugate of λ is the conjugate of M_λ: of each two only one is kept.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

from refpos.exact.ball import floor
from refpos.exact.closed import PI, ZERO, Closed, atom, closed
from refpos.exact.decide import decide
from refpos.exact.enclosures import enclosure, sign, whole


class Complex(NamedTuple):
    """A complex number in closed form."""

    re: Closed = ZERO
    im: Closed = ZERO

    @property
    def conjugate(self) -> Complex:
        """The number with the opposite imaginary part."""
        return Complex(self.re, -self.im)

    def plus(self, other: Complex) -> Complex:
        """Return the sum."""
        return Complex(self.re + other.re, self.im + other.im)

    def times(self, other: Complex) -> Complex:
        """Return the product."""
        return Complex(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def __bool__(self) -> bool:
        return bool(self.re) or bool(self.im)


Exponent = tuple[Complex, ...]
"""λ, a complex number for each axis: its real part is growth, its imaginary part radians per unit step."""

Place = tuple[int, int]
"""The row and the column of an entry of M_λ."""


class Term(NamedTuple):
    """A character and its matrix, e^{λ·p} M_λ; for λ that is not real it stands for its conjugate too."""

    exponent: Exponent
    matrix: tuple[tuple[Place, Complex], ...]


Operator = tuple[Term, ...]


class Sum:
    """An operator that is being added up.

    Parameters
    ----------
    lattice : bool
        Whether positions are integers, so that e^{iωp} depends on ω modulo 2π alone.

    Examples
    --------
    >>> from refpos.exact.closed import ONE
    >>> turning = Sum(lattice=False)
    >>> turning.add((Complex(ZERO, -ONE),), (0, 0), Complex(im=closed(Fraction(1, 2))))
    >>> turning.add((Complex(),), (1, 1), Complex(closed(Fraction(1, 2))))
    >>> [(place, number.re == ONE, float(number.im.terms[0][1]) if number.im else 0.0)
    ...  for _, matrix in turning.operator() for place, number in matrix]
    [((1, 1), True, 0.0), ((0, 0), False, -0.5)]
    """

    def __init__(self, *, lattice: bool) -> None:
        self._lattice = lattice
        self._seen: dict[Exponent, tuple[Exponent, int]] = {}
        self._terms: dict[Exponent, dict[Place, Complex]] = defaultdict(lambda: defaultdict(Complex))

    def add(self, exponent: Exponent, place: Place, number: Complex) -> None:
        """Add c e^{λ·p} and its conjugate at one place."""
        if exponent not in self._seen:
            self._seen[exponent] = canonical(exponent, lattice=self._lattice)
        kept, way = self._seen[exponent]
        matrix = self._terms[kept]
        if way >= 0:
            matrix[place] = matrix[place].plus(number)
        if way <= 0:
            matrix[place] = matrix[place].plus(number.conjugate)

    def operator(self) -> Operator:
        """Return the sum, its characters and entries in one order, and none of them zero."""
        found = []
        for exponent, matrix in self._terms.items():
            entries = tuple((place, matrix[place]) for place in sorted(matrix) if matrix[place])
            if entries:
                found.append(Term(exponent, entries))
        return tuple(sorted(found, key=lambda term: [(one.re.terms, one.im.terms) for one in term.exponent]))


def canonical(exponent: Exponent, *, lattice: bool) -> tuple[Exponent, int]:
    """Return the one of λ and its conjugate that is kept, and which: 1, −1, or 0 where they are the same.

    The first frequency that is not its own opposite is positive. On integers each is first taken into (−π, π], where 0
    and π are their own opposites.
    """
    if lattice:
        exponent = tuple(Complex(one.re, reduced(one.im)) for one in exponent)
    turning = [one.im for one in exponent if one.im and not (lattice and one.im == PI)]
    way = sign(turning[0]) if turning else 0
    if way >= 0:
        return exponent, way
    return tuple(one if lattice and one.im == PI else one.conjugate for one in exponent), way


def reduced(omega: Closed) -> Closed:
    """Return a frequency modulo 2π, in (−π, π]: exactly where it is a rational multiple of π.

    Raises
    ------
    UndecidedError
        If 2000 bits do not tell an irrational multiple from an odd one.

    Examples
    --------
    >>> reduced(closed(3) * PI) == PI, reduced(closed(4)) == closed(4) - closed(2) * PI
    (True, True)
    """
    turns = omega * atom("pi", power=-1) * closed(Fraction(1, 2))  # ω/2π
    if set(dict(turns.terms)) <= {()}:
        up = -floor(Fraction(1, 2) - dict(turns.terms).get((), Fraction(0)))
    else:
        up = decide(lambda scale: enclosure(turns + closed(Fraction(1, 2)), scale), whole)
    return omega - closed(2 * up) * PI if up else omega


def scores(queries: Operator, keys: Operator, *, lattice: bool) -> Operator:
    r"""Return the operator between a query at p and a key at p', as one of the position (p, p').

    L(p)^T L'(p') = Σ_λ Σ_μ M_λ^T M'_μ e^{λ·p + μ·p'}, over every λ and μ and their conjugates
    """
    found = Sum(lattice=lattice)
    read, half = _rows(keys, lattice), Complex(closed(Fraction(1, 2)))  # a product is met again as its conjugate
    for row, entries in _rows(queries, lattice).items():
        for one, i, number in entries:
            for other, j, another in read.get(row, []):
                found.add(one + other, (i, j), number.times(another).times(half))
    return found.operator()


def _rows(operator: Operator, lattice: bool) -> dict[int, list[tuple[Exponent, int, Complex]]]:
    """Return the entries of each row: exponent, column and number, those of the conjugates too."""
    found: dict[int, list[tuple[Exponent, int, Complex]]] = defaultdict(list)
    for exponent, matrix in operator:
        turns = any(one.im and not (lattice and one.im == PI) for one in exponent)
        other = tuple(one.conjugate for one in exponent)
        for (row, column), number in matrix:
            found[row].append((exponent, column, number))
            if turns:
                found[row].append((other, column, number.conjugate))
    return found
