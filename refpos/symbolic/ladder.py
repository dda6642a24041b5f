"""The ladder of frequencies and its bands, in symbols, and the numbers that stand for these at each plane."""

from typing import NamedTuple, assert_never

import sympy

from refpos.symbolic.symbols import (
    AXES,
    AXIS,
    AXIS_WIDTH,
    PLANE,
    RANK,
    WIDTH,
    Equations,
    Expr,
    Values,
    equation,
    exact,
    primed,
)
from refpos.variants.frequencies import Bands, Dense, Frequencies, axis_count
from refpos.variants.ladder import Rung


class Ladder(NamedTuple):
    """A place on a ladder: the index of the rung, and two features for each of the rungs."""

    index: Expr
    width: Expr


LADDERS = {
    "shared": Ladder(PLANE, WIDTH),
    "per-axis": Ladder(RANK, AXIS_WIDTH),
    "alternating": Ladder(AXES * RANK + AXIS, AXES * AXIS_WIDTH),
}
UNITS = {"radian": sympy.Integer(1), "half-turn": sympy.pi, "turn": 2 * sympy.pi}

LOW, HIGH = primed("omega_low", positive=True), primed("omega_high", positive=True)
SPREAD = primed("t", sub="_k")


def base(frequencies: Frequencies) -> sympy.Symbol:
    """Return b, or b_a where each axis has its own."""
    return primed("b", sub="_a" if isinstance(frequencies.base, tuple) else "", positive=True)


def ladder(frequencies: Frequencies, theta: sympy.Symbol) -> Equations:
    r"""Return the frequency of a plane before scaling.

    θ_k = b^(−2k/d),  b^(−2j/d_a)  or  b^(−2(A·j + a)/(A·d_a))

    times 1, π or 2π by the unit; with an end point the denominator is two less.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 15, with k = i − 1.

    Examples
    --------
    >>> ladder(Frequencies((0, 0)), primed("theta", sub="_k"))[0].rhs
    b**(-2*k/d)
    """
    index, width = LADDERS[frequencies.ladder]
    exponent = 2 * index / (width - 2 * int(frequencies.endpoint))
    return (equation(theta, UNITS[frequencies.unit] * base(frequencies) ** -exponent),)


def bands(frequencies: Bands, omega: sympy.Symbol) -> Equations:
    r"""Return the frequency of a plane between two ends.

    t_k = 2j/(d_a − 2),  0 for a single plane
    ω_k = low (high/low)^t_k,  or  low + (high − low) t_k,  times 1, π or 2π

    Examples
    --------
    >>> bands(Bands((0, 0), 1, 8, spacing="linear"), primed("omega", sub="_k"))[1].rhs
    omega_low + t_k*(omega_high - omega_low)
    """
    spread = sympy.Piecewise((0, sympy.Eq(AXIS_WIDTH, 2)), (2 * RANK / (AXIS_WIDTH - 2), True))
    log = frequencies.spacing == "log"
    between = LOW * (HIGH / LOW) ** SPREAD if log else LOW + (HIGH - LOW) * SPREAD
    return equation(SPREAD, spread), equation(omega, UNITS[frequencies.unit] * between)


def numbers(frequencies: Frequencies | Bands, k: int, rung: Rung) -> Values:
    """Return the numbers that plane k gives to the symbols of its ladder."""
    match frequencies:
        case Frequencies(base=given):
            one = given[rung.axis] if isinstance(given, tuple) else given
            return {base(frequencies): exact(one), **_place(frequencies.ladder, frequencies, k, rung)}
        case Bands(low=low, high=high):
            return {LOW: exact(low), HIGH: exact(high), **_place("per-axis", frequencies, k, rung)}
        case _:
            assert_never(frequencies)


def unit(frequencies: Frequencies | Bands | Dense) -> Expr:
    """Return the radians in one unit of frequency."""
    return UNITS[frequencies.unit]


def _place(ladder: str, frequencies: Frequencies | Bands, k: int, rung: Rung) -> Values:
    """Return where plane k stands: what is counted in `refpos.variants.ladder`, by symbol."""
    rungs, axes = 2 * sympy.Integer(rung.size), axis_count(frequencies)
    where = {PLANE: sympy.Integer(k), AXIS: sympy.Integer(rung.axis)}
    match ladder:
        case "shared":
            return {**where, WIDTH: rungs}
        case "per-axis":
            return {**where, RANK: sympy.Integer(rung.index), AXIS_WIDTH: rungs}
        case _:
            rank = sympy.Integer((rung.index - rung.axis) // axes)
            return {**where, AXES: sympy.Integer(axes), RANK: rank, AXIS_WIDTH: rungs / axes}
