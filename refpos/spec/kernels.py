"""Resizing along one axis: the weight of every old sample in every new one, exact and then rounded once."""

from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

import numpy as np

from refpos.errors import require
from refpos.spec.precise import Floats
from refpos.variants.table import Resize

HALF = Fraction(1, 2)
LONGEST = 2**14


def weights(old: int, new: int, rule: Resize) -> Floats:
    r"""Return W, by which n samples along an axis become n': T' = W T.

    s = n/(n' + offset), or (n − 1)/(n' − 1) where corners are shared
    x = s(i + ½) − ½, or s i where corners are shared

    nearest     W_ij = [j = ⌊s(i + ½)⌋], or [j = ⌊s i⌋] from the origin
    otherwise   W_ij = Σ_m k(m − x) over the integers m that, brought to the nearest of 0 ... n − 1, are j
    antialias   W_ij = k((j − x)/r) / Σ_m k((m − x)/r) over m = 0 ... n − 1, with r = max(s, 1)

    linear      k(x) = 1 − |x| up to 1
    cubic       k(x) = (a + 2)|x|³ − (a + 3)|x|² + 1 up to 1, a|x|³ − 5a|x|² + 8a|x| − 4a from 1 to 2

    Every row sums to one, up to the rounding of its entries. At equal size W is the identity, unless there is an
    offset. A new axis of one sample takes the first of the old where corners are shared.

    Parameters
    ----------
    old, new : int
        n and n'.
    rule : Resize

    Returns
    -------
    (n', n) float64
        Each the double nearest to the weight.

    Raises
    ------
    SpecError
        If old or new is not an int from 1 to 16,384.

    References
    ----------
    Keys, Cubic Convolution Interpolation for Digital Image Processing, IEEE TASSP 29 (1981), eq. 15, where a = −1/2.
    PyTorch, `aten/src/ATen/native/cpu/UpSampleKernel.cpp`: a = −3/4, but −1/2 with antialias, as in Pillow. Shared
    corners: `scipy.ndimage.zoom`, order 1.

    Deviations
    ----------
    SciPy reckons the last coordinate in floating point and, where it falls beyond the corner by a rounding, returns
    zero there: so from 16 samples to 30, from 24 to 22, from 28 to 14. Here it is the last sample.
    An offset is the double that is written, 0.1 in DINO; PyTorch rounds n' + 0.1, its quotient by n and the reciprocal.

    Examples
    --------
    >>> weights(4, 2, Resize("linear"))
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0.5, 0.5]])
    >>> weights(2, 3, Resize("linear", align="corners"))
    array([[1. , 0. ],
           [0.5, 0.5],
           [0. , 1. ]])
    """
    for name, one in (("old", old), ("new", new)):
        require(type(one) is int and 1 <= one <= LONGEST, f"{name} must be an int from 1 to {LONGEST:,}", one)
    require(isinstance(rule, Resize), "rule must be Resize", rule)
    return _weights(old, new, rule).copy()


@lru_cache(maxsize=128)
def _weights(old: int, new: int, rule: Resize) -> Floats:
    made = np.zeros((new, old))
    for i in range(new):
        for j, weight in _row(i, old, new, rule).items():
            made[i, j] = float(weight)
    return made


def _row(i: int, old: int, new: int, rule: Resize) -> dict[int, Fraction]:
    """Return the weights of one new sample that are not zero, by the old sample's index."""
    step = _step(old, new, rule)
    if rule.kernel == "nearest":
        return {floor(step * (i if rule.align == "origin" else i + HALF)): Fraction(1)}
    x = step * i if rule.align == "corners" else step * (i + HALF) - HALF
    stretch = max(step, Fraction(1)) if rule.antialias else Fraction(1)
    row: dict[int, Fraction] = {}
    for m in range(ceil(x - 2 * stretch), floor(x + 2 * stretch) + 1):
        j = min(max(m, 0), old - 1)
        if j == m or not rule.antialias:
            row[j] = row.get(j, Fraction(0)) + _kernel((m - x) / stretch, rule)
    total = sum(row.values())
    return {j: weight / total for j, weight in row.items()}


def _step(old: int, new: int, rule: Resize) -> Fraction:
    """Return how far new samples stand apart, in old ones."""
    if rule.align == "corners":
        return Fraction(old - 1, max(new - 1, 1))
    return old / (new + Fraction(rule.offset))


def _kernel(x: Fraction, rule: Resize) -> Fraction:
    x = abs(x)
    if rule.a is None:
        return max(1 - x, Fraction(0))
    a = Fraction(rule.a)
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x <= 2 else Fraction(0)
