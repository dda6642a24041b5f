"""Tables over many positions: made block by block, into arrays that may lie in files."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.blocks import Index, chunks
from refpos.spec.places import COMPLEX, Kind, check_places
from refpos.spec.positions import as_positions, named, shaped
from refpos.spec.precise import Floats

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


def pair_into(
    out: tuple[Array, Array] | None, shape: tuple[int, ...], dtype: Kind, positions: npt.ArrayLike, joined: bool = False
) -> tuple[Array, Array]:
    """Return the two arrays that are to be filled, with cosines and with sines: new ones are parts of one if joined."""
    if out is None and joined:
        turns = np.empty(shape, COMPLEX[dtype])
        return turns.real, turns.imag
    if out is None:
        return into(None, shape, dtype, positions), into(None, shape, dtype, positions)
    require(isinstance(out, tuple) and len(out) == 2, "out must be two arrays, of cosines and of sines", out)
    cos, sin = (into(one, shape, dtype, positions) for one in out)
    require(not np.shares_memory(cos, sin), "the two arrays of out must share no memory", "overlapping arrays")
    return cos, sin
