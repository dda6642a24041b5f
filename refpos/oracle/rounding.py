"""Rounding to narrow formats, to nearest even, in NumPy."""

from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.exact.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64
from refpos.spec.precise import Floats

FORMATS = {one.name: one for one in (FLOAT64, FLOAT32, FLOAT16, BFLOAT16)}


def round_to(values: npt.ArrayLike, dtype: str) -> Floats:
    """Return float64 values rounded once to float64, float32, float16 or bfloat16.

    With v = f 2^e and 1/2 <= |f| < 1, the result is the multiple of 2^q next to v, where q = max(e − precision, least):
    below the normal numbers the spacing stays 2^least, as in `refpos.exact.formats.rounded`. What comes out above the
    largest number is infinite. Every step but the one rounding is exact in float64.

    Examples
    --------
    >>> round_to([257.0, 3.140625, 2.0**-134, 3 * 2.0**-134, 2.0**128], "bfloat16").tolist()
    [256.0, 3.140625, 0.0, 1.8367099231598242e-40, inf]
    """
    require(dtype in FORMATS, f"dtype must be one of {', '.join(FORMATS)}", dtype)
    target, given = FORMATS[dtype], np.asarray(values, dtype=np.float64)
    quantum = np.maximum(np.frexp(given)[1] - target.precision, target.least)
    with np.errstate(over="ignore"):
        found = np.asarray(np.ldexp(np.rint(np.ldexp(given, -quantum)), quantum))
    return np.where(np.abs(found) > target.largest, np.copysign(np.inf, found), found)


def travelling(values: npt.ArrayLike, dtype: str) -> npt.NDArray[Any]:
    """Return values as they travel to an implementation: bfloat16 in float32 arrays, the others as they are."""
    rounded = round_to(values, dtype)
    return rounded.astype(np.float32 if dtype == "bfloat16" else dtype)
