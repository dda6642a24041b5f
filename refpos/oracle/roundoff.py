r"""What one rounding is, in each dtype, and what several amount to.

The standard model: what + − × ÷ √ return is the exact result times 1 + δ with |δ| <= u, the unit roundoff, as long as
it is normal; below, it is off by at most η, half the smallest subnormal (sums and differences are exact there). A
product and a sum fused into one operation (FMA) are rounded once instead of twice: the same with a δ that is 0, so
every bound that counts both holds for the fused one too. What a library returns for a power, an exponential, a cosine
is taken to be within one unit in the last place, which is 2u of it.

Lemma. n factors 1 + δ, upward or in a denominator, are together 1 + θ with |θ| <= γ_n = nu/(1 − nu). With n >= 1 a
sum of real weights it holds as well. An error of weight a multiplies by something from (1 − u)^a to (1 − u)^−a, so all
together by at least (1 − u)^n >= 1 − nu, which is Bernoulli's inequality for n >= 1, and by at most the reciprocal,
1/(1 − nu) = 1 + γ_n. So roundings are counted, to first order, and γ turns the count into a bound to all orders.

Where subnormal numbers are flushed, in results and in what is read, η is the smallest normal number: a zero is off by
less than that. A sum may be flushed too; but then neither of its terms was, for a sum with a zero is the other term.

References
----------
Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002: 2.2 (model), lemmas 3.1 and 3.3 (γ).
"""

from typing import Any

import numpy as np

from refpos.errors import require
from refpos.spec.precise import Floats

UNIT_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
LARGEST = {"float64": 2.0**1023, "float32": 2.0**127, "float16": 2.0**15, "bfloat16": 2.0**127}
SMALLEST = {"float64": 2.0**-1074, "float32": 2.0**-149, "float16": 2.0**-24, "bfloat16": 2.0**-133}


def gamma(roundings: Any, u: float) -> Any:
    """Return γ_n = nu/(1 − nu), what n roundings, one after the other, amount to.

    Raises
    ------
    SpecError
        If there are so many that nothing is left to be said, or a part of one, for which the lemma does not hold.

    Examples
    --------
    >>> gamma(1, 0.25)
    0.3333333333333333
    """
    require(
        np.all(np.equal(roundings, 0) | np.greater_equal(roundings, 1)), "roundings must be 0 or from 1 on", roundings
    )
    require(np.all(np.multiply(roundings, u) < 1), "roundings must be fewer than 1/u", roundings)
    return roundings * u / (1 - roundings * u)


def unit_roundoff(dtype: str) -> float:
    """Return u of a dtype.

    Raises
    ------
    SpecError
        If the dtype is none of those known.

    Examples
    --------
    >>> unit_roundoff("float16") == 2**-11
    True
    """
    require(dtype in UNIT_ROUNDOFF, f"dtype must be one of {', '.join(UNIT_ROUNDOFF)}", dtype)
    return UNIT_ROUNDOFF[dtype]


def underflow(dtype: str, *, flushes: bool = False) -> float:
    """Return η of a dtype: half the smallest subnormal number, or the smallest normal one where those are flushed.

    That of float64 is no float64: twice as much is returned.

    Examples
    --------
    >>> underflow("float32") == 2**-150, underflow("float32", flushes=True) == 2**-126
    (True, True)
    """
    u, least = unit_roundoff(dtype), SMALLEST[dtype]
    return least / (2 * u) if flushes else max(least / 2, SMALLEST["float64"])


def working(dtype: str) -> str:
    """Return the dtype in which sums over features of a dtype are reckoned: float32 for those of 16 bits."""
    unit_roundoff(dtype)
    return dtype if dtype == "float64" else "float32"


def once_more(due: Floats, off: Floats, dtype: str, *, flushes: bool = False) -> Floats:
    """Return E + u(|y| + E) + η: how far one rounding to a dtype takes what is off by at most E already.

    Examples
    --------
    >>> once_more(np.array(-3.0), np.array(0.0), "bfloat16")
    array(0.01171875)
    """
    return np.asarray(off + unit_roundoff(dtype) * (np.abs(due) + off) + underflow(dtype, flushes=flushes))


def inexact(*numbers: float) -> int:
    """Return how many of some numbers float32 has to round.

    Examples
    --------
    >>> inexact(0.5, 10_000.0, 0.1)
    1
    """
    with np.errstate(over="ignore"):
        return sum(float(np.float32(one)) != one for one in numbers)
