"""The symbols of the field, and equations between them: each formula is written once, in these.

A formula is a list of equations, each of which defines the symbol on its left from those before it. People
are shown the list, and a value is what comes out when the numbers of a description are put in and the list is
worked through: so what is proved of a formula is true of the values.
"""

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from numbers import Integral, Real
from typing import TypeAlias

import sympy

from refpos.errors import require

Expr: TypeAlias = sympy.Expr
Equations: TypeAlias = tuple[sympy.Eq, ...]
Values: TypeAlias = Mapping[sympy.Basic, Expr]

PLANE = sympy.Symbol("k", integer=True, nonnegative=True)
RANK = sympy.Symbol("j", integer=True, nonnegative=True)
AXIS = sympy.Symbol("a", integer=True, nonnegative=True)
HEAD = sympy.Symbol("h", integer=True, nonnegative=True)
COUNTERS = (PLANE, RANK, AXIS, HEAD)
"""k, j, a, h: a plane, its rank among the planes of its axis, that axis, a head."""

AXES = sympy.Symbol("A", integer=True, positive=True)
WIDTH = sympy.Symbol("d", integer=True, positive=True)
AXIS_WIDTH = sympy.Symbol("d_a", integer=True, positive=True)
"""d = 2K and d_a = 2K_a: two features for each plane, for each plane of an axis."""

POSITION = sympy.Symbol("p", real=True)
POSITIONS = sympy.IndexedBase(POSITION)
OMEGA = sympy.Symbol("omega_k", real=True)
LEARNED = sympy.IndexedBase(sympy.Symbol("omega", real=True))
PHI = sympy.Symbol("phi_k", real=True)


def primed(name: str, primes: int = 0, sub: str = "", **assumptions: bool) -> sympy.Symbol:
    """Return the symbol of a quantity that occurs once for each scaling: s, s′, s″."""
    return sympy.Symbol(name + "prime" * primes + sub, **(assumptions or {"real": True}))


def equation(left: Expr, right: Expr) -> sympy.Eq:
    """Return an equation that is kept as it is written."""
    return sympy.Eq(left, right, evaluate=False)


def exact(value: object) -> Expr:
    """Return a number or an expression as an expression without floats: a float is exactly its double.

    Raises
    ------
    SpecError
        If it is neither, is not finite, or is an expression that holds floating-point numbers.

    Examples
    --------
    >>> exact(10_000.0), exact(0.375)
    (10000, 3/8)
    """
    if isinstance(value, sympy.Expr):
        require(not value.atoms(sympy.Float), "expressions must hold exact numbers, not floats", str(value))
        return value
    number = isinstance(value, Real) and not isinstance(value, bool)
    require(number, "a number or a SymPy expression is needed", value)
    assert isinstance(value, Real)
    if isinstance(value, Integral):
        return sympy.Integer(int(value))
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    require(math.isfinite(value), "numbers must be finite", value)
    return sympy.Rational(float(value))


def worked(equations: Iterable[sympy.Eq], values: Values) -> dict[sympy.Basic, Expr]:
    """Work through equations from values, and return these with those of the symbols defined.

    Examples
    --------
    >>> worked([equation(PHI, 2 * PLANE)], {PLANE: sympy.Integer(3)})[PHI]
    6
    """
    known = dict(values)
    for one in equations:
        known[one.lhs] = substituted(one.rhs, known)
    return known


def substituted(expression: Expr, values: Values) -> Expr:
    """Put values in the place of symbols; what depends on no plane is reckoned once for all of them."""
    return _substituted(expression, frozenset((one, values[one]) for one in _free(expression) if one in values))


@lru_cache(maxsize=4096)
def _substituted(expression: Expr, values: frozenset[tuple[sympy.Basic, Expr]]) -> Expr:
    return expression.xreplace(dict(values))


@lru_cache(maxsize=1024)
def _free(expression: Expr) -> frozenset[sympy.Basic]:
    return frozenset(expression.free_symbols)
