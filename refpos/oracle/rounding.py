"""Rounding to narrow formats, to nearest even, in NumPy."""

from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.spec.precise import Floats


def round_to(values: npt.ArrayLike, dtype: str) -> Floats:
    """Return float64 values rounded once to float64, float32, float16 or bfloat16.

    Examples
    --------
    >>> round_to([257.0, 3.140625], "bfloat16")
    array([256.      ,   3.140625])
    """
    given = np.asarray(values, dtype=np.float64)
    if dtype != "bfloat16":
        return given.astype(dtype).astype(np.float64)
    # bfloat16 has 8 significant bits: scale them to integers, round those, scale back. Exact above 2^-126.
    fraction, exponent = np.frexp(given)
    return np.asarray(np.ldexp(np.rint(np.ldexp(fraction, 8)), exponent - 8))


def travelling(values: npt.ArrayLike, dtype: str) -> npt.NDArray[Any]:
    """Return values as they travel to an implementation: bfloat16 in float32 arrays, the others as they are."""
    rounded = round_to(values, dtype)
    return rounded.astype(np.float32 if dtype == "bfloat16" else dtype)
