r"""How far a standardised table may be off: made, summed, centred, squared, summed and divided in some dtype.

With T off by τ, sums of N entries have at most s roundings on each term: 2⌈√N⌉, as in blocks of √N, or 24 + ⌈log2 N⌉
where that is less, as in pairs of blocks; one after the other they would have more, but not all the same way,

    |Δμ|  <= Σ τ/N + γ_(s+1) Σ (|T| + τ)/N                  the sum and the division by N
    δ     =  τ + |Δμ| + u (|T − μ| + τ + |Δμ|)              of T − μ
    ρ     =  √(Σ δ²/(N − 1))/σ, and γ_(s+4) of (1 + ρ)      of σ, relative: |‖a‖ − ‖b‖| <= ‖a − b‖; squares, sum, root
    |error| <= (δ + |T − μ| ρ)/((1 − ρ) deviations σ), and γ_3 of that and the value

A ramp has t = i/(n − 1) with 3 roundings, taken from either end, x ln t with that of x, and the power 2: relatively
γ_(3x + x |ln t| + 2) each, and two products more; the ramps of the code go from −1 to 1, a rounding of u besides.
"""

from math import ceil, sqrt
from typing import assert_never

import numpy as np

from refpos.oracle.roundoff import UNIT_ROUNDOFF, gamma, once_more, working
from refpos.oracle.tolerance import Recipe, bound
from refpos.spec.precise import Floats
from refpos.spec.standardised import content, tabulate
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Ramp, Standardised

REFERENCE = UNIT_ROUNDOFF["float64"]


def tabulate_bound(variant: Standardised, dtype: str) -> Floats:
    """Return the largest error that is allowed, for every element of `tabulate`.

    Parameters
    ----------
    variant : Standardised
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the table; those of 16 bits are made in float32 and rounded once.

    Returns
    -------
    (rows, width) float64

    Examples
    --------
    >>> float(tabulate_bound(Standardised(3, Ramp(1, 1.0)), "float32").max()) < 2**-17
    True
    """
    arithmetic = working(dtype)
    off = _off(variant, arithmetic) + _off(variant, "float64")
    return off if dtype == arithmetic else once_more(tabulate(variant), off, dtype)


def _off(variant: Standardised, dtype: str) -> Floats:
    """Return what one implementation may be off in a dtype; the reference is another, in float64."""
    table, u = content(variant), UNIT_ROUNDOFF[dtype]
    made = _made(variant, dtype)
    sums = min(2 * ceil(sqrt(table.size)), 24 + table.size.bit_length())
    mean = made.mean() + gamma(sums + 1, u) * (np.abs(table) + made).mean()
    centred, deviation = np.abs(table - table.mean()), table.std(ddof=1)
    delta = made + mean + u * (centred + made + mean)
    apart = np.sqrt((delta**2).sum() / (table.size - 1)) / deviation
    rho = apart + gamma(sums + 4, u) * (1 + apart)
    divisor = variant.deviations * deviation
    quotient = (delta + centred * rho) / ((1 - rho) * divisor)
    return np.asarray(quotient + gamma(3, u) * (quotient + centred / divisor))


def _made(variant: Standardised, dtype: str) -> Floats:
    """Return what the entries of T may be off."""
    match variant.content:
        case Sinusoidal():
            return bound(variant.content, Recipe(dtype), range(variant.rows))
        case Ramp(width=width, exponent=x):
            u, counts = UNIT_ROUNDOFF[dtype], [_roundings(n, x) for n in (variant.rows, width)]
            return np.asarray(gamma(np.add.outer(*counts) + 2, u) * content(variant) + u)
        case _:
            assert_never(variant.content)


def _roundings(n: int, x: float) -> Floats:
    """Return how many roundings (i/(n − 1))^x has."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.arange(n) / max(n - 1, 1))
    return np.asarray(np.where(np.isfinite(logs), x * (3 - logs) + 2, 0.0))
