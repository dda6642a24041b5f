"""Which features a plane pairs, in symbols: what `refpos.variants.planes` counts, as people write it."""

import sympy

from refpos.symbolic import magnitude
from refpos.symbolic.rotary import TURN, T, table
from refpos.symbolic.symbols import (
    AXIS_WIDTH,
    PHI,
    PLANE,
    RANK,
    WIDTH,
    Equations,
    Values,
    equation,
    exact,
    primed,
)
from refpos.variants.frequencies import Bands, Frequencies, plane_count
from refpos.variants.rotary import Rotary, Side

OFFSET = primed("o", integer=True)
"""The first rotated feature."""

VECTOR = primed("D", integer=True, positive=True)
"""The width of the vectors, from whose end a negative offset counts."""

PAIRS = {
    "half": (OFFSET + PLANE, OFFSET + PLANE + WIDTH / 2),
    "interleaved": (OFFSET + 2 * PLANE, OFFSET + 2 * PLANE + 1),
    "blocked": (OFFSET + 2 * PLANE - RANK, OFFSET + 2 * PLANE - RANK + AXIS_WIDTH / 2),
}
COLUMNS = {
    "paired": (PLANE, PLANE),
    "repeated": (sympy.floor(PLANE / 2), sympy.floor((PLANE + WIDTH / 2) / 2)),
    "tiled": tuple(PLANE - RANK + sympy.Mod(2 * RANK + i, AXIS_WIDTH / 2) for i in (0, 1)),
}
"""The planes whose cosine and sine the two features of plane k take."""


def turned(variant: Rotary, side: Side) -> Equations:
    r"""Return the equations from the angle φ_k to the two features that a plane writes.

    y_c = x_a cos φ_k − x_b sin φ_k,  y_d = x_b cos φ_k + x_a sin φ_k

    with the features (a, b) and (c, d) of plane k written out, and the magnitude where it is not 1.

    Examples
    --------
    >>> turned(Rotary(Frequencies((0, 0)), sign=-1), "query")[0].rhs
    sin(phi_k)*x[d/2 + k] + cos(phi_k)*x[k]
    """
    plain = {OFFSET: sympy.Integer(0)} if variant.offset == 0 else {}
    if variant.attention_factor == 1.0:
        plain[magnitude.G] = sympy.Integer(1)
    *grown, cos, sin = table(variant, side)
    first, second = (_at(place) for place in COLUMNS[variant.columns])
    values = {T.cos_c: cos.rhs.xreplace(first), T.sin_c: sin.rhs.xreplace(first)}
    values |= {T.cos_d: cos.rhs.xreplace(second), T.sin_d: sin.rhs.xreplace(second)}
    values |= _named("x", (T.x_a, T.x_b), variant.pairing)
    values |= _named("y", (T.y_c, T.y_d), variant.write or variant.pairing)
    pairs = (equation(*(part.xreplace(values) for part in one.args)) for one in TURN)
    return tuple(equation(*(part.xreplace(plain) for part in one.args)) for one in (*grown, *pairs))


def numbers(variant: Rotary, k: int) -> Values:
    """Return the numbers that the symbols of those equations have at plane k."""
    width = sympy.Integer(2 * plane_count(variant.frequencies))
    start = exact(variant.offset) + (0 if variant.offset >= 0 else VECTOR)
    found = {
        PLANE: sympy.Integer(k),
        WIDTH: width,
        OFFSET: start,
        **magnitude.numbers(variant.attention_factor),
    }
    if variant.growth is not None:
        found |= magnitude.growth_numbers(variant, variant.growth, k)
    if isinstance(variant.frequencies, Frequencies | Bands):
        axes = variant.frequencies.axes
        found |= {RANK: exact(axes[:k].count(axes[k])), AXIS_WIDTH: exact(2 * axes.count(axes[k]))}
    return found


def _named(name: str, pair: tuple[sympy.Symbol, sympy.Symbol], pairing: str) -> dict[sympy.Symbol, sympy.Indexed]:
    vector = sympy.IndexedBase(primed(name))
    return {symbol: vector[place] for symbol, place in zip(pair, PAIRS[pairing], strict=True)}


def _at(place: sympy.Expr) -> dict[sympy.Symbol, sympy.Indexed]:
    """Name the plane of an angle and of a magnitude where it is not k."""
    if place == PLANE:
        return {}
    return {
        PHI: sympy.IndexedBase(primed("phi"))[place],
        magnitude.GROWN: sympy.IndexedBase(primed("g", positive=True))[place],
    }
