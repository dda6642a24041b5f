"""Numbers made once: arrays of decimals of 40 digits, rounded to float64 at the end.

Frequencies are few and everything follows from them, and `np.power`, `np.exp` and `np.log` change in the last
place with the machine. So the formulas for frequencies are evaluated on NumPy arrays that hold `decimal.Decimal`,
whose arithmetic is the same everywhere: their float64 values are correctly rounded and never move.
"""

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Decimals = Any
"""An object array of `decimal.Decimal`: + − * / and ** work on it as on any array, though its type cannot be told."""

PI = Decimal("3.1415926535897932384626433832795028841971693993751058209749445923")


def digits() -> Any:
    """Return the context in which decimals are reckoned: 44 digits, so that 40 are right."""
    return localcontext(Context(prec=44))


def decimals(values: Iterable[float | Fraction | Decimal]) -> Decimals:
    """Return an array of the exact decimal values of floats, and of fractions to as many digits as are reckoned."""
    return np.array([decimal(value) for value in values], dtype=object)


def decimal(value: float | Fraction | Decimal) -> Decimal:
    """Return one number as a decimal."""
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(value)


def powers(bases: Iterable[float | Decimal], exponents: Iterable[Fraction | Decimal]) -> Decimals:
    """Return base^exponent, element by element, as exp(e ln b)."""
    return np.array([_power(base, e) for base, e in zip(bases, exponents, strict=True)], dtype=object)


@lru_cache(maxsize=1 << 16)
def _power(base: float | Decimal, exponent: Fraction | Decimal) -> Decimal:
    with digits():
        return (ln(decimal(base)) * decimal(exponent)).exp()


@lru_cache(maxsize=1 << 12)
def ln(x: Decimal) -> Decimal:
    """Return ln x."""
    with digits():
        return x.ln()


def power(base: float, over: int, under: int) -> float:
    """Return base^(over/under), rounded once: what Python's own power is on some machines, and not on others.

    Examples
    --------
    >>> power(10_000.0, 1, 4)
    10.0
    """
    with digits():
        return float(powers([base], [Fraction(over, under)])[0])


def rounded(values: Decimals) -> Floats:
    """Return decimals rounded once to float64."""
    return np.asarray(values, dtype=np.float64)
