"""Rotary encodings in symbols: the operator that turns pairs of features by the angles of their planes."""

from collections.abc import Iterable
from typing import NamedTuple

import sympy

from refpos.symbolic import magnitude
from refpos.symbolic.frequencies import Matrix, Position, angles, coordinates
from refpos.symbolic.symbols import (
    PHI,
    POSITION,
    Equations,
    Expr,
    Values,
    equation,
    primed,
    substituted,
    worked,
)
from refpos.variants.planes import planes
from refpos.variants.rotary import Rotary, Side, check_side

COS, SIN = primed("C", sub="_k"), primed("S", sub="_k")


class Turn(NamedTuple):
    """The symbols of one plane: the features it reads, those it writes, and their cosines and sines."""

    x_a: sympy.Symbol = primed("x", sub="_a")
    x_b: sympy.Symbol = primed("x", sub="_b")
    y_c: sympy.Symbol = primed("y", sub="_c")
    y_d: sympy.Symbol = primed("y", sub="_d")
    cos_c: sympy.Symbol = primed("C", sub="_c")
    sin_c: sympy.Symbol = primed("S", sub="_c")
    cos_d: sympy.Symbol = primed("C", sub="_d")
    sin_d: sympy.Symbol = primed("S", sub="_d")


T = Turn()
TURN = (
    equation(T.y_c, T.x_a * T.cos_c - T.x_b * T.sin_c),
    equation(T.y_d, T.x_b * T.cos_d + T.x_a * T.sin_d),
)
"""y_c = x_a cos − x_b sin and y_d = x_b cos + x_a sin: RoPE, arXiv:2104.09864v5, eq. 34."""


def cos_sin(
    positions: Iterable[Position], variant: Rotary, side: Side = "query"
) -> tuple[Matrix, Matrix] | list[tuple[Matrix, Matrix]]:
    r"""Return the table of cosines and sines, in closed form.

    g cos φ_nk  and  ±g sin φ_nk

    with g the attention factor, times ζ_k^(±(p_n − centre)/scale_base) where there is growth.

    Parameters
    ----------
    positions : iterable
        For each token an exact number or an expression; where there are several axes a sequence of them.
    variant : Rotary
    side : {"query", "key", "output"}
        Which of the three is to be turned.

    Returns
    -------
    two (n, K) matrices, or a list of such pairs, one per head, where heads differ

    Raises
    ------
    SpecError
        As for `angles`, and if the variant has no such side.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 34; growth: microsoft/torchscale, `xpos_relative_position.py`.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> cos_sin([sympy.Symbol("p")], Rotary(Frequencies((0, 0), base=100), sign=-1))
    (Matrix([[cos(p), cos(p/10)]]), Matrix([[-sin(p), -sin(p/10)]]))
    """
    given = list(positions)
    phi = angles(given, variant.frequencies)
    if isinstance(phi, list):
        return [_tables(given, one, variant, side) for one in phi]
    return _tables(given, phi, variant, side)


def rotation(variant: Rotary, features: int, position: Position, side: Side = "query") -> Matrix | list[Matrix]:
    r"""Return the matrix R_p of the operator at a position: y = R_p x.

    y_c = x_a cos φ_k − x_b sin φ_k
    y_d = x_b cos φ_k + x_a sin φ_k

    where plane k reads features (a, b) and writes (c, d); cosine and sine carry the magnitude. Features
    outside the planes pass through.

    Parameters
    ----------
    variant : Rotary
    features : int
        d, the width of the vectors.
    position : an exact number or an expression; where there are several axes a sequence of them
    side : {"query", "key", "output"}

    Returns
    -------
    (d, d) matrix, or a list of one per head where heads differ

    Raises
    ------
    SpecError
        As for `cos_sin`, and if the vectors are narrower than the variant.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eqs. 13-15 and 34.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> rotation(Rotary(Frequencies((0,))), 3, sympy.Symbol("p"))
    Matrix([
    [cos(p), -sin(p), 0],
    [sin(p),  cos(p), 0],
    [     0,       0, 1]])
    """
    tables = cos_sin([position], variant, side)
    if isinstance(tables, list):
        return [_operator(variant, features, *one) for one in tables]
    return _operator(variant, features, *tables)


def table(variant: Rotary, side: Side) -> Equations:
    """Return the equations from the angle φ_k and the attention factor g to a plane's cosine and sine."""
    check_side(variant, side)
    sense = -variant.sign if side == "output" else variant.sign
    if variant.growth is None:
        g, grown = magnitude.G if variant.attention_factor != 1.0 else sympy.Integer(1), ()
    else:
        g, grown = magnitude.GROWN, magnitude.growth(1 if side == "query" else -1)
    return *grown, equation(COS, g * sympy.cos(PHI)), equation(SIN, sense * g * sympy.sin(PHI))


def _tables(positions: list[Position], phi: Matrix, variant: Rotary, side: Side) -> tuple[Matrix, Matrix]:
    steps, g = table(variant, side), magnitude.magnitude(variant.attention_factor)
    cells = []
    for n, position in enumerate(positions):
        for k in range(phi.cols):
            grown = {} if variant.growth is None else _grown(variant, position, k)
            cells.append(worked(steps, {PHI: phi[n, k], magnitude.G: g, **grown}))
    cos, sin = ([one[part] for one in cells] for part in (COS, SIN))
    return sympy.ImmutableMatrix(*phi.shape, cos), sympy.ImmutableMatrix(*phi.shape, sin)


def _grown(variant: Rotary, position: Position, k: int) -> Values:
    assert variant.growth is not None
    return {POSITION: coordinates(position, 1)[0], **magnitude.growth_numbers(variant, variant.growth, k)}


def _operator(variant: Rotary, features: int, cos: Matrix, sin: Matrix) -> Matrix:
    """Return the matrix whose rows are the coefficients of features in the two equations of each plane."""
    found = {(i, i): sympy.Integer(1) for i in range(features)}
    for (a, b), (c, d), (first, second) in zip(*planes(variant, features), strict=True):
        values = {T.cos_c: cos[first], T.sin_c: sin[first], T.cos_d: cos[second], T.sin_d: sin[second]}
        for row, one in zip((c, d), TURN, strict=True):
            found.pop((row, row), None)
            found |= {(row, at): _coefficient(one, x, values) for at, x in ((a, T.x_a), (b, T.x_b))}
    return sympy.ImmutableMatrix(sympy.SparseMatrix(features, features, found))


def _coefficient(one: sympy.Eq, x: sympy.Symbol, values: Values) -> Expr:
    return substituted(one.rhs.coeff(x), values)
