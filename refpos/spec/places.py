"""Where arrays lie in memory, and what they share of it."""

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.errors import require

Array = npt.NDArray[Any]
Kind = np.dtype[Any]

COMPLEX: dict[Kind, Kind] = {
    np.dtype(np.float32): np.dtype(np.complex64),
    np.dtype(np.float64): np.dtype(np.complex128),
}
LINE = 64
"""Bytes in a line of most caches."""


def address(array: Array) -> int:
    """Return where the first element of an array lies."""
    return int(array.__array_interface__["data"][0])


def room(shape: tuple[int, ...], dtype: Kind) -> Array:
    """Return a new array that begins where a line of the caches does: read across two, numbers take longer."""
    size = prod(shape) * dtype.itemsize
    wider = np.empty(size + LINE, np.uint8)
    start = -address(wider) % LINE
    return wider[start : start + size].view(dtype).reshape(shape)


def joined(real: Array, imaginary: Array) -> Array | None:
    """Return the complex array of which two arrays are the real and the imaginary parts, or a view of it.

    Examples
    --------
    >>> turns = np.exp(1j * np.arange(3))
    >>> joined(turns.real[1:], turns.imag[1:])
    array([ 0.54030231+0.84147098j, -0.41614684+0.90929743j])
    >>> joined(turns.imag, turns.real) is None
    True
    """
    both = real.base
    if not isinstance(both, np.ndarray) or both is not imaginary.base or both.dtype != COMPLEX.get(real.dtype):
        return None
    if real.shape != imaginary.shape or real.strides != imaginary.strides or not both.flags.c_contiguous:
        return None
    start, first, second = map(address, (both, real, imaginary))
    if (first - start) % both.itemsize or second - first != real.itemsize:
        return None
    return np.ndarray(real.shape, both.dtype, both, first - start, real.strides)


def one_place(out: Array, x: Array) -> bool:
    """Whether two arrays of one shape and dtype have each element in the same place, as a memory map and its array."""
    steps = zip(out.shape, out.strides, x.strides, strict=True)
    return address(out) == address(x) and all(own == other for n, own, other in steps if n > 1)


def check_places(out: Array) -> None:
    """Check that it is an array that can be filled: writeable, and no two of its elements share memory."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        require(False, "out must be an array", type(out).__name__)
    flags = out.flags
    if not flags.writeable:
        require(False, "out must be writeable", "a read-only array")
    if not flags.c_contiguous and not _apart(out):
        require(False, "the elements of out must share no memory", f"strides {out.strides} for shape {out.shape}")


def _apart(out: Array) -> bool:
    """Whether each stride passes all that smaller ones reach, as in any view by slices; if not, look at every place."""
    reach = out.itemsize
    for step, n in sorted((abs(step), n) for step, n in zip(out.strides, out.shape, strict=True) if n > 1):
        if step < reach:
            places = sum(np.ix_(*map(np.multiply, out.strides, map(np.arange, out.shape))), np.array(0))
            return bool((np.diff(np.sort(places, axis=None)) >= out.itemsize).all())
        reach += step * (n - 1)
    return True
