r"""How far rows of learned tables may be off that are picked, brought together or resized, in some dtype.

A row that is picked is rounded once. With A tables, rows t_a that are off by τ_a, and S_a = |t_a| + τ_a,

    sum      |error| <= Σ τ_a + γ_(A−1) Σ S_a
    product  |error| <= Σ_a τ_a Π_(b<a) |t_b| Π_(b>a) S_b + γ_(A−1) Π S_a + (A − 1)η Π max(1, S_a)

Features of 16 bits are reckoned in float32 and rounded once.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.oracle.resizing import resized, weights
from refpos.oracle.roundoff import SMALLEST, UNIT_ROUNDOFF, gamma, once_more, working
from refpos.oracle.sums import looked_up
from refpos.spec.precise import Floats
from refpos.spec.table import lookup
from refpos.variants.table import Factorised, Lookup, Resize, Table

Sides = tuple[int, ...]
Part = tuple[Floats, Floats]


def lookup_bound(
    variant: Lookup,
    dtype: str,
    positions: npt.ArrayLike,
    *,
    learned: Mapping[str, Any] | None = None,
    grid: Sides | None = None,
) -> Floats:
    """Return the largest error that is allowed, for every element of `lookup`.

    Parameters
    ----------
    variant : Table or Factorised
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the features.
    positions : (n,) or (n, A)
    learned, grid
        As for `lookup`.

    Returns
    -------
    (n, width) float64

    Examples
    --------
    >>> table = {"table": [[1.0, -0.5], [0.25, 2.0]]}
    >>> lookup_bound(Table((2,), 2), "float32", [1], learned=table) * 2**24
    array([[0.25, 2.  ]])
    """
    due = lookup(positions, variant, learned=learned, grid=grid)
    if isinstance(variant, Table):
        return _picked(np.asarray((learned or {})["table"], dtype=np.float64), variant, dtype, positions, grid)
    if variant.combine == "stack":
        return np.concatenate([off for _, off in _parts(variant, dtype, positions, learned or {}, grid)], axis=-1)
    arithmetic = working(dtype)
    parts = list(_parts(variant, arithmetic, positions, learned or {}, grid))
    off = (_summed if variant.combine == "sum" else _multiplied)(parts, arithmetic)
    return off if dtype == arithmetic else once_more(due, off, dtype)


def resize_bound(table: npt.ArrayLike, dtype: str, old: Sides, new: Sides, rule: Resize, *, prefix: int = 0) -> Floats:
    """Return the largest error that is allowed, for every element of `resize`.

    Parameters
    ----------
    table, old, new, rule, prefix
        As for `resize`.
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the table.

    Returns
    -------
    (prefix + h'·w', d) float64

    Examples
    --------
    >>> resize_bound([[1.0], [2.0]], "float32", (1, 1), (1, 1), Resize("linear"), prefix=1) * 2**24
    array([[1.],
           [2.]])
    """
    given = np.asarray(table, dtype=np.float64)
    kept, cells = given[:prefix], given[prefix:].reshape(*old, -1)
    off = _brought(cells, new, rule, dtype)
    return np.concatenate([looked_up(kept, dtype), off.reshape(prod(new), -1)])


def _picked(table: Floats, variant: Table, dtype: str, positions: npt.ArrayLike, grid: Sides | None) -> Floats:
    """Return what rows of one table may be off."""
    off = looked_up(table, dtype) if grid is None else _brought(table, grid, variant.resample, dtype)
    cells = np.asarray(positions, dtype=np.int64).reshape(-1, len(variant.rows)) + variant.offset
    return off[tuple(cells.T)]


def _brought(table: Floats, to: Sides, rule: Resize | None, dtype: str) -> Floats:
    """Return what a table may be off that is brought to some sides, or kept where they are its own."""
    if rule is None or table.shape[: len(to)] == to:
        return looked_up(table, dtype)
    axes = [weights(old, new, rule, dtype=working(dtype)) for old, new in zip(table.shape, to, strict=False)]
    return resized(table, axes, dtype)


def _parts(
    variant: Factorised, dtype: str, positions: npt.ArrayLike, learned: Mapping[str, Any], grid: Sides | None
) -> Iterator[Part]:
    """Yield the rows t_a of each axis, and how far they may be off."""
    width = next(iter(variant.learned.values()))[-1]
    for axis, rows in enumerate(variant.rows):
        one = Table((rows,), width, variant.offset, variant.resample)
        given, p = {"table": learned[f"table_{axis}"]}, np.asarray(positions)[..., axis]
        side = None if grid is None else (grid[axis],)
        due = lookup(p, one, learned=given, grid=side)
        yield due, lookup_bound(one, dtype, p, learned=given, grid=side)


def _summed(parts: Sequence[Part], dtype: str) -> Floats:
    off = sum(error for _, error in parts)
    return np.asarray(off + _rounded(len(parts) - 1, dtype) * sum(np.abs(due) + error for due, error in parts))


def _multiplied(parts: Sequence[Part], dtype: str) -> Floats:
    size = [np.abs(due) for due, _ in parts]
    whole = [np.abs(due) + error for due, error in parts]
    off = sum(prod(size[:at]) * error * prod(whole[at + 1 :]) for at, (_, error) in enumerate(parts))
    small = (len(parts) - 1) * SMALLEST[dtype] / 2 * prod(np.maximum(1, one) for one in whole)
    return np.asarray(off + _rounded(len(parts) - 1, dtype) * prod(whole) + small)


def _rounded(roundings: int, dtype: str) -> float:
    """Return γ_n, and γ_n of float64 for what is compared with."""
    return float(gamma(roundings, UNIT_ROUNDOFF[dtype]) + gamma(roundings, UNIT_ROUNDOFF["float64"]))
