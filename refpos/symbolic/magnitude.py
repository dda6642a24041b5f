"""Magnitudes in symbols: what multiplies cosine and sine."""

from typing import assert_never

import sympy

from refpos.symbolic.symbols import (
    PLANE,
    POSITION,
    WIDTH,
    Equations,
    Expr,
    Values,
    equation,
    exact,
    primed,
    worked,
)
from refpos.variants.frequencies import plane_count
from refpos.variants.rotary import Magnitude, Mscale, RootLog, Rotary, XPos

G = primed("g", positive=True)
FACTOR = primed("s", sub="_g", positive=True)
COEFFICIENT = primed("c", sub="_g")
LENGTH = primed("L", sub="_g", integer=True, positive=True)

GROWN = primed("g", sub="_k", positive=True)
ZETA = primed("zeta", sub="_k", positive=True)
CENTRE = primed("p", sub="_0")
SCALE_BASE = primed("B", positive=True)


def magnitude(factor: Magnitude) -> Expr:
    r"""Return the number by which cosine and sine are multiplied, in closed form.

    Mscale      0.1·c·ln s + 1
    RootLog     √(1 + ln s / ln L)

    and 1 where s does not exceed 1.

    Parameters
    ----------
    factor : float, Mscale or RootLog

    References
    ----------
    YaRN, arXiv:2309.00071v2, eq. 22; LongRoPE as configured by Phi-3, transformers 5.23.0,
    `modeling_rope_utils.py`, `_compute_longrope_parameters`.

    Examples
    --------
    >>> magnitude(Mscale(40))
    log(40)/10 + 1
    >>> magnitude(RootLog(32, 4096))
    sqrt(51)/6
    """
    return sympy.expand_log(worked(equations(factor), numbers(factor))[G], force=False)


def equations(factor: Magnitude) -> Equations:
    """Return the equation of g; none where g is a number."""
    match factor:
        case Mscale():
            found = COEFFICIENT * sympy.log(FACTOR) / 10 + 1
        case RootLog():
            found = sympy.sqrt(1 + sympy.log(FACTOR) / sympy.log(LENGTH))
        case float():
            return ()
        case _:
            assert_never(factor)
    return (equation(G, sympy.Piecewise((1, FACTOR <= 1), (found, True))),)


def numbers(factor: Magnitude) -> Values:
    """Return the numbers that the symbols of that equation have."""
    match factor:
        case Mscale(factor=s, coefficient=c):
            return {FACTOR: exact(s), COEFFICIENT: exact(c)}
        case RootLog(factor=s, original=length):
            return {FACTOR: exact(s), LENGTH: exact(length)}
        case float():
            return {G: exact(factor)}
        case _:
            assert_never(factor)


def growth(way: int) -> Equations:
    r"""Return the equations of xPos growth.

    ζ_k = (2k/d + 2/5)/(7/5),  g_k = g ζ_k^(±(p − p_0)/B),  + for queries and − for keys

    References
    ----------
    microsoft/torchscale, `xpos_relative_position.py`.
    """
    zeta = (2 * PLANE / WIDTH + sympy.Rational(2, 5)) / sympy.Rational(7, 5)
    return equation(ZETA, zeta), equation(GROWN, G * ZETA ** (way * (POSITION - CENTRE) / SCALE_BASE))


def growth_numbers(variant: Rotary, given: XPos, k: int) -> Values:
    """Return the numbers that the symbols of those equations have at plane k, but for g and p."""
    return {
        PLANE: sympy.Integer(k),
        WIDTH: sympy.Integer(2 * plane_count(variant.frequencies)),
        CENTRE: exact(given.centre),
        SCALE_BASE: exact(given.scale_base),
    }
