"""Closed forms to as many digits as asked for."""

from typing import TypeAlias

import sympy

from refpos.errors import require

Evaluated: TypeAlias = sympy.Basic | list["Evaluated"] | tuple["Evaluated", ...]


def evaluate(expressions: Evaluated, digits: int = 40) -> Evaluated:
    """Return the decimal value of closed forms, correct to so many digits.

    Parameters
    ----------
    expressions : an expression, a matrix, or a list or tuple of them
        Without free symbols.
    digits : int
        Significant digits of each number.

    Returns
    -------
    the same, each expression a `sympy.Float` (or an exact zero)

    Raises
    ------
    SpecError
        If digits is not a positive int, or an expression holds a free symbol.
    sympy.core.evalf.PrecisionExhausted
        If an expression seems to be zero without being known to be.

    Examples
    --------
    >>> evaluate(sympy.sqrt(2), 20)
    1.4142135623730950488
    >>> evaluate([sympy.Matrix([[sympy.pi]])], 5)
    [Matrix([[3.1416]])]
    """
    require(type(digits) is int and digits >= 1, "digits must be a positive int", digits)
    if isinstance(expressions, list | tuple):
        return type(expressions)(evaluate(one, digits) for one in expressions)
    free = expressions.free_symbols
    require(not free, "expressions must hold no free symbols", sorted(map(str, free)))
    if isinstance(expressions, sympy.MatrixBase):
        return expressions.applyfunc(lambda one: evaluate(one, digits))
    return sympy.sympify(expressions).evalf(digits, maxn=10 * digits + 400, strict=True)
