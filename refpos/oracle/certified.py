"""Certified tables of cosines and sines as files, for as many positions as a disk holds."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from refpos.catalogue.entry import Angle
from refpos.errors import require
from refpos.exact.ball import Ball, Real
from refpos.exact.decide import decide
from refpos.exact.formats import FORMATS, direct, rounded, to_odd
from refpos.exact.rotary import cos_sin
from refpos.exact.tables import Table, tables
from refpos.oracle.shards import Sharded, shards
from refpos.variants.described import describe
from refpos.variants.frequencies import axis_count, plane_count
from refpos.variants.length import require_static
from refpos.variants.rotary import Rotary, Side
from refpos.variants.sinusoidal import Sinusoidal

BITS = 128
ROWS = 1 << 16
"""The positions of a shard."""
BLOCK = 1 << 10
"""The positions of which the integers are held at a time."""
STORED = {"master": "<f8", "float64": "<f8", "float32": "<f4", "float16": "<f2"}
CODED = {"bfloat16": "<u2", "float8_e4m3": "|u1", "float8_e5m2": "|u1"}
"""Formats that NumPy does not have: their bits are stored."""
DTYPES = (*STORED, *CODED)


class Rows(NamedTuple):
    """The rows of a table that make a shard: of which variant, at which positions, in which dtype."""

    variant: Angle
    positions: range
    dtype: str
    side: Side
    head: int


def certify(
    variant: Angle,
    positions: range,
    out: str | Path,
    *,
    dtype: str = "master",
    side: Side = "query",
    head: int = 0,
    rows: int = ROWS,
    executor: Executor | None = None,
    jobs: int | None = None,
) -> Sharded:
    r"""Write the table of cosines and sines of a range of positions, each correctly rounded, in shards of rows.

    T[n, 0, k] = g cos φ_k,  T[n, 1, k] = ±g sin φ_k  at the n-th position, with magnitude and growth as in `cos_sin`

    Shards are .npy files of shape (rows, 2, K), named after their first row, with SHA256SUMS and job.json beside them.
    A cell is rounded once from an integer with a proved bound, so its bytes are those of the real number: no executor,
    no cut into shards, no machine changes them. Rows are made by angle addition, of which 1,024 are held at a time, so
    that a worker needs the same memory however long the table, and however far off. If a call is stopped, the same call
    goes on; shards that are damaged are made again.

    Parameters
    ----------
    variant : Rotary or Sinusoidal
        Without learned frequencies. Where there are several axes p stands for (p, ..., p): each plane has the column of
        its own axis.
    positions : range
    out : path
        A folder, see `refpos.oracle.shards.shards`.
    dtype : {"master", "float64", "float32", "float16", "bfloat16", "float8_e4m3", "float8_e5m2"}
        A master is float64 rounded to odd, which gives every narrower format if it is rounded to it directly. The last
        three are stored as their bits, in unsigned integers.
    side : {"query", "key", "output"}
    head : int
        Of frequencies that differ by head.
    rows : int
        The positions of a shard.
    executor : concurrent.futures.Executor, optional
        What makes the shards, as `client.get_executor()` of Dask's distributed (the extra `cluster`).
    jobs : int, optional
        Where there is no executor: in how many processes they are made.

    Returns
    -------
    Sharded
        The folder, the SHA-256 of each shard, and which were made by this call.

    Raises
    ------
    SpecError
        If the variant depends on the length or has learned frequencies, the range is empty, rows or jobs are no int of
        at least 1, the dtype or the side is unknown, or the folder is of another job.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 34.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from refpos import Frequencies
    >>> with TemporaryDirectory() as out:
    ...     done = certify(Rotary(Frequencies((0,))), range(5), out, dtype="float32", rows=3, jobs=1)
    ...     np.load(done.folder / "3.npy").shape, list(done.sha256)
    ((2, 2, 1), ['0.npy', '3.npy'])
    """
    require(isinstance(variant, Rotary | Sinusoidal), "variant must be Rotary or Sinusoidal", variant)
    require_static(variant)
    require(dtype in DTYPES, f"dtype must be one of {', '.join(DTYPES)}", dtype)
    require(type(rows) is int and rows > 0, "rows must be an int of at least 1", rows)
    tables(positions[:1] if isinstance(positions, range) else positions, variant, BITS, side, head=head)  # refuses more
    job = {"table": describe(variant), "positions": [positions.start, positions.stop, positions.step]}
    job |= {"dtype": dtype, "side": side, "head": head, "rows": rows}
    digits = len(str(len(positions) - 1))
    cuts = range(0, len(positions), rows)
    tasks = {f"{at:0{digits}}.npy": Rows(variant, positions[at : at + rows], dtype, side, head) for at in cuts}
    return shards(out, job, written, tasks, executor=executor, jobs=jobs)


def written(shard: Rows) -> Iterator[bytes]:
    """Yield the bytes of the .npy file of some rows: its header, then block by block."""
    shape = (len(shard.positions), 2, plane_count(shard.variant.frequencies))
    header, stored = BytesIO(), (STORED | CODED)[shard.dtype]
    np.lib.format.write_array_header_1_0(header, {"descr": stored, "fortran_order": False, "shape": shape})
    yield header.getvalue()
    for at in range(0, len(shard.positions), BLOCK):
        yield _block(shard._replace(positions=shard.positions[at : at + BLOCK])).astype(stored).tobytes()


def _block(shard: Rows) -> npt.NDArray[Any]:
    """Return cosines and sines of a few positions, (rows, 2, K)."""
    rounding = _rounding(shard.dtype)
    made = tables(shard.positions, shard.variant, BITS, shard.side, head=shard.head)
    columns = [[_rounded(shard, made, k, part, rounding) for k in range(len(made.columns))] for part in (0, 1)]
    return np.moveaxis(np.array(columns), -1, 0)


def _rounded(shard: Rows, table: Table, plane: int, part: int, rounding: Callable[[Real], Any]) -> list[Any]:
    """Return the cosines or the sines of a plane; where a rounding is not decided, from a position's own angle."""
    column = table.columns[plane]
    cells = zip((column.cos, column.sin)[part], column.rad, strict=True)
    found = [rounding(Ball(mid, rad, table.scale)) for mid, rad in cells]
    for row in [row for row, one in enumerate(found) if one is None]:
        found[row] = decide(partial(_alone, shard, shard.positions[row], plane, part), rounding)
    return found


def _alone(shard: Rows, position: int, plane: int, part: int, bits: int) -> Real:
    """Return a cell from the angle of its position, where what is rational is known to be."""
    variant, axes = shard.variant, axis_count(shard.variant.frequencies)
    if isinstance(variant, Sinusoidal):
        variant = Rotary(variant.frequencies, attention_factor=variant.scale)
    place = position if axes == 1 else (position,) * axes
    return cos_sin(place, variant, bits, shard.side, head=shard.head)[part][plane]


@cache
def _rounding(dtype: str) -> Callable[[Real], Any]:
    """Return what rounds a value to a dtype: a float, or bits where NumPy has no such dtype; None where undecided."""
    if dtype == "master":
        return to_odd
    target = next(one for one in FORMATS if one.name == dtype)
    if dtype in STORED:
        return partial(rounded, target=target)

    def bits(value: Real) -> int | None:
        master = to_odd(value)
        return None if master is None else direct(master, target)

    return bits
