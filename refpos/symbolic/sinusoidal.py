"""Sinusoidal encodings in symbols: where the sine and cosine of every angle are written."""

import sympy

from refpos.symbolic.frequencies import Matrix, Position, angles
from refpos.symbolic.symbols import (
    AXIS_WIDTH,
    PHI,
    RANK,
    Equations,
    Expr,
    Values,
    equation,
    exact,
    primed,
    substituted,
)
from refpos.variants.planes import blocks, width
from refpos.variants.sinusoidal import Sinusoidal

START = primed("o", sub="_a", integer=True, nonnegative=True)
"""The feature at which a block begins; d_a is its width, j the rank of a plane in it."""

SCALE = primed("c", positive=True)
PLACES = {
    "interleaved": (START + 2 * RANK, START + 2 * RANK + 1),
    "interleaved-cos": (START + 2 * RANK + 1, START + 2 * RANK),
    "sin-cos": (START + RANK, START + RANK + AXIS_WIDTH / 2),
    "cos-sin": (START + RANK + AXIS_WIDTH / 2, START + RANK),
}
"""Where the sine and the cosine of a plane are written, by order."""

PE = sympy.Function("PE")


def embed(position: Position, variant: Sinusoidal) -> Matrix | list[Matrix]:
    r"""Return the row that is added to the features of a token.

    PE(p, o + 2j) = c sin φ_k,  PE(p, o + 2j + 1) = c cos φ_k

    in the order "interleaved", the reverse in "interleaved-cos", with o the start of the block of plane k and j its
    rank in it; otherwise at o + j and o + j + d/2, with d the width of the block, or the reverse.

    Parameters
    ----------
    position : an exact number or an expression; where there are several axes a sequence of them
    variant : Sinusoidal
        Its prefix, rows of zeros before those of positions, is no matter here.

    Returns
    -------
    (1, width) matrix, or a list of one per head where heads differ

    Raises
    ------
    SpecError
        As for `angles`.

    References
    ----------
    Attention Is All You Need, arXiv:1706.03762v7, §3.5.

    Deviations
    ----------
    The paper says that wavelengths run from 2π to 10000·2π; with its formula the longest is
    2π·10000^(1 − 2/d).

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> embed(sympy.Symbol("p"), Sinusoidal(Frequencies((0, 0), base=100)))
    Matrix([[sin(p), cos(p), sin(p/10), cos(p/10)]])
    """
    phi = angles([position], variant.frequencies)
    return [_row(one, variant) for one in phi] if isinstance(phi, list) else _row(phi, variant)


def waves(variant: Sinusoidal) -> Equations:
    """Return the equations of the sine and the cosine of a plane, at their places in the row."""
    c = sympy.Integer(1) if variant.scale == 1.0 else SCALE
    p = primed("p")
    sine, cosine = PLACES[variant.order]
    return equation(PE(p, sine), c * sympy.sin(PHI)), equation(PE(p, cosine), c * sympy.cos(PHI))


def numbers(variant: Sinusoidal) -> dict[int, Values]:
    """Return for each plane the numbers that the symbols of those equations have, but for the angle."""
    found: dict[int, Values] = {}
    start = 0
    for block in blocks(variant):
        for j, k in enumerate(block):
            where = {START: start, RANK: j, AXIS_WIDTH: 2 * len(block), SCALE: variant.scale}
            found[k] = {symbol: exact(value) for symbol, value in where.items()}
        start += 2 * len(block)
    return found


def _row(phi: Matrix, variant: Sinusoidal) -> Matrix:
    found: list[Expr] = [sympy.Integer(0)] * width(variant)
    for k, values in numbers(variant).items():
        for one in waves(variant):
            place = substituted(one.lhs.args[1], values)
            found[int(place)] = substituted(one.rhs, {**values, PHI: phi[k]})
    return sympy.ImmutableMatrix([found])
