"""Tables over many positions: made block by block, into arrays that may lie in files."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.positions import as_positions, named, shaped
from refpos.spec.precise import Floats
from refpos.spec.turning import COMPLEX, Index, Kind, chunks

Array = npt.NDArray[Any]

BLOCK = 2**16
"""How many numbers of a table are made at once."""


def tokens(positions: npt.ArrayLike, axes: int) -> tuple[int, ...]:
    """Return the shape of positions without that of their coordinates, or say what is wrong with it."""
    given = shaped(positions, axes)
    return given.shape if axes == 1 else given.shape[:-1]


def blocks(positions: npt.ArrayLike, omega: Floats) -> Iterator[tuple[Index, Floats]]:
    """Yield where in the table of Ω a block stands, and its positions as (..., n, A)."""
    axes, planes = omega.shape[-2:]
    given = shaped(positions, axes)
    heads = (slice(None),) * (omega.ndim - 2)
    for place in chunks(tokens(given, axes), max(1, BLOCK // max(1, prod(omega.shape[:-2]) * planes))):
        yield (*place[:-1], *heads, place[-1]), as_positions(given[place], axes)


def into(out: Array | None, shape: tuple[int, ...], dtype: npt.DTypeLike, positions: npt.ArrayLike) -> Array:
    """Return the array that is to be filled: `out` where it is given and fits, else a new one."""
    if out is None:
        return np.empty(shape, dtype)
    kind = np.dtype(dtype)
    check_places(out)
    got = (named(out.dtype), out.shape)
    require((out.shape, out.dtype) == (shape, kind), f"out must be {named(kind)} of shape {shape}", got)
    apart = not (isinstance(positions, np.ndarray) and np.shares_memory(out, positions))
    require(apart, "out must share no memory with positions", "overlapping arrays")
    return out


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


def pair_into(
    out: tuple[Array, Array] | None, shape: tuple[int, ...], dtype: Kind, positions: npt.ArrayLike, joined: bool = False
) -> tuple[Array, Array]:
    """Return the two arrays that are to be filled, with cosines and with sines: new ones are parts of one if joined."""
    if out is None and joined:
        turns = np.empty(shape, COMPLEX[dtype])
        return turns.real, turns.imag
    if out is None:
        return np.empty(shape, dtype), np.empty(shape, dtype)
    require(isinstance(out, tuple) and len(out) == 2, "out must be two arrays, of cosines and of sines", out)
    cos, sin = (into(one, shape, dtype, positions) for one in out)
    require(not np.shares_memory(cos, sin), "the two arrays of out must share no memory", "overlapping arrays")
    return cos, sin
