"""What is given to the certified rendering: numbers, each exactly what it stands for, and sequences of them."""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import Any

from refpos.errors import require


def plain(given: Any) -> Any:
    """Return what an array or a number of NumPy holds, as Python has it; anything else as it is."""
    return given.tolist() if hasattr(given, "tolist") else given


def listed(given: Any, rule: str) -> Sequence[Any]:
    """Return a sequence or an array as a sequence, or raise `SpecError` with the rule.

    Examples
    --------
    >>> listed((1, 2), "keys must be a sequence")
    (1, 2)
    """
    found = plain(given)
    require(isinstance(found, Sequence) and not isinstance(found, str | bytes), rule, given)
    assert isinstance(found, Sequence)
    return found


def number(given: Any, rule: str) -> Fraction:
    """Return a finite number as a fraction, or raise `SpecError` with the rule.

    Examples
    --------
    >>> number(0.1, "x must be a number")
    Fraction(3602879701896397, 36028797018963968)
    """
    found = plain(given)
    real = isinstance(found, int | float | Fraction) and not isinstance(found, bool)
    require(real and (not isinstance(found, float) or isfinite(found)), rule, given)
    return Fraction(found)


def fractions(given: Any, shape: tuple[int, ...], rule: str) -> Any:
    """Return nested sequences of finite numbers as nested tuples of fractions; a row of plain floats all at once."""
    if not shape:
        return number(given, f"{rule}, of finite numbers")
    found = listed(given, rule)
    require(len(found) == shape[0], rule, given)
    if len(shape) == 1 and all(type(one) is float and isfinite(one) for one in found):
        return tuple(map(fraction, found))
    return tuple(fractions(one, shape[1:], rule) for one in found)


fraction = lru_cache(maxsize=4096)(Fraction)
"""What a number is exactly: those that are learned are few, again and again."""
