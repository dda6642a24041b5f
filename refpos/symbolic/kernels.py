"""Resizing along one axis, as formulas: the kernels, from the conditions that define them, and the weights."""

from functools import cache

import sympy
from sympy import Integer, Rational

from refpos.symbolic.symbols import Expr, exact
from refpos.variants.table import Resize

x, a = sympy.symbols("x a", real=True)
"""The distance from a sample, and the slope of Keys' cubic at 1."""


@cache
def keys() -> tuple[Expr, Expr]:
    r"""Return Keys' cubic from 0 to 1 and from 1 to 2 as polynomials in x, with its slope a at 1.

    The two cubics k, l with k(0) = 1, k'(0) = 0, k(1) = l(1) = l(2) = 0, k'(1) = l'(1) = a, l'(2) = 0: interpolating,
    even, smooth, and nothing beyond 2.

    References
    ----------
    Keys, Cubic Convolution Interpolation for Digital Image Processing, IEEE TASSP 29 (1981), eqs. 5 to 9.

    Examples
    --------
    >>> keys()[1]
    a*x**3 - 5*a*x**2 + 8*a*x - 4*a
    """
    c = sympy.symbols("c0:8")
    near, far = (sum(one * x**power for power, one in enumerate(part)) for part in (c[:4], c[4:]))
    at = [(near, 0, 1), (near, 1, 0), (far, 1, 0), (far, 2, 0)]
    slopes = [(near, 0, 0), (near, 1, a), (far, 1, a), (far, 2, 0)]
    conditions = [one.subs(x, point) - value for one, point, value in at]
    conditions += [sympy.diff(one, x).subs(x, point) - value for one, point, value in slopes]
    (found,) = sympy.linsolve(conditions, c)
    first, second = (one.subs(dict(zip(c, found, strict=True))) for one in (near, far))
    return sympy.expand(first), sympy.expand(second)


def kernel(at: Expr, rule: Resize) -> Expr:
    """Return the kernel of a rule, linear or cubic, at a rational number."""
    distance = abs(at)
    if rule.a is None:
        return sympy.Max(1 - distance, 0)
    if distance >= 2:
        return Integer(0)
    near, far = keys()
    return (near if distance <= 1 else far).subs({x: distance, a: exact(rule.a)})


def weights(old: int, new: int, rule: Resize) -> sympy.Matrix:
    r"""Return W, by which n samples along an axis become n', for a linear or a cubic rule.

    W_ij = Σ_m E_mj k(m − x_i), E_mj = 1 where m, brought to 0 ... n − 1, is j;
    W_ij = k((j − x_i)/r) / Σ_m k((m − x_i)/r) with antialias

    References
    ----------
    As for `refpos.spec.kernels.weights`.

    Examples
    --------
    >>> weights(2, 3, Resize("linear"))
    Matrix([
    [  1,   0],
    [1/2, 1/2],
    [  0,   1]])
    """
    points = [_point(Integer(i), old, new, rule) for i in range(new)]
    if rule.antialias:
        r = sympy.Max(_step(old, new, rule), 1)
        rows = sympy.Matrix(new, old, lambda i, j: kernel((j - points[i]) / r, rule))
        return sympy.Matrix(new, old, lambda i, j: rows[i, j] / sum(rows[i, :]))
    beyond = 2 + max(new, old)
    extended = sympy.Matrix(new, old + 2 * beyond, lambda i, m: kernel(m - beyond - points[i], rule))
    edges = sympy.Matrix(old + 2 * beyond, old, lambda m, j: int(min(max(m - beyond, 0), old - 1) == j))
    return extended * edges


def _step(old: int, new: int, rule: Resize) -> Expr:
    return Integer(old) / (new + exact(rule.offset))


def _point(i: Expr, old: int, new: int, rule: Resize) -> Expr:
    if rule.align == "corners":
        return i * (old - 1) / (new - 1) if new > 1 else Integer(0)
    return (i + Rational(1, 2)) * _step(old, new, rule) - Rational(1, 2)
