"""Formulas as SymPy typesets them, the planes that angles are taken from named where they are not the feature's own."""

from collections.abc import Sequence
from typing import Any

import sympy

PLANES = "mn"
"""What the plane is called whose angle a feature takes."""


def typeset(equations: Sequence[sympy.Eq], *, unicode: bool) -> list[str]:
    """Return formulas in two dimensions, in Unicode or in ASCII.

    Examples
    --------
    >>> x = sympy.IndexedBase("x")
    >>> print(typeset([sympy.Eq(x[sympy.Symbol("k")], 1)], unicode=True)[0])
    x[k] = 1
    """
    names = _named(equations)
    angles = {taken: sympy.Symbol(f"phi_{name}") for name, taken in names}
    planes = [sympy.Eq(sympy.Symbol(name), taken.indices[0], evaluate=False) for name, taken in names]
    plain = [one for one in equations if not one.atoms(sympy.Indexed) & angles.keys()]
    reckoned = [one.xreplace(angles) for one in equations if one not in plain]
    return [_pretty(one, unicode=unicode) for one in (*plain, *planes, *reckoned)]


def _named(equations: Sequence[sympy.Eq]) -> list[tuple[str, Any]]:
    """Return the angles that are taken from a plane which is reckoned, and a name for each of these planes."""
    taken = [one for equation in equations for one in sorted(equation.atoms(sympy.Indexed), key=str)]
    angles = dict.fromkeys(one for one in taken if str(one.base) == "phi" and not one.indices[0].is_Symbol)
    return list(zip(PLANES, angles, strict=False))


def _pretty(equation: sympy.Eq, *, unicode: bool) -> str:
    letters = {base: sympy.IndexedBase(_letter(base, unicode=unicode)) for base in equation.atoms(sympy.IndexedBase)}
    return str(sympy.pretty(equation.xreplace(letters), use_unicode=unicode, num_columns=110))


def _letter(base: sympy.IndexedBase, *, unicode: bool) -> str:
    return str(sympy.pretty(sympy.Symbol(str(base)), use_unicode=unicode))
