"""Offsets between positions: which row of a table serves a query and a key, in exact integers."""

from __future__ import annotations

from decimal import Decimal
from math import ceil
from typing import assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.positions import as_positions
from refpos.spec.precise import Floats, digits
from refpos.variants.bias import Indexed, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow, differences

Ints = npt.NDArray[np.int64]

CLOSE = Decimal("1e-15")
"""Far more than 40 digits of a number up to 2^53 are off."""


def index(query_positions: npt.ArrayLike, key_positions: npt.ArrayLike, variant: Indexed) -> Ints:
    r"""Return ι: which row of a table serves a query and a key.

    T5Buckets   r = |p_j − p_i|:  r where r < e,  else e + t for the greatest t < n − e with r^(n−e) >= D^t e^(n−e−t)
    windows     (δ_y + h − 1)(2w − 1) + δ_x + w − 1,  δ = p_i − p_j

    n is the number of buckets of a side, e = ⌊n/2⌋, D the distance. Keys after the query are n buckets further where
    the table is bidirectional, otherwise they have r = 0. The inequality is that of the source, r/e >= (D/e)^(t/(n−e)),
    in integers. With a class token, three indices follow those of the window: for it to a cell, a cell to it, and
    it to itself.

    Parameters
    ----------
    query_positions, key_positions : as for `bias`
        Integers.
    variant : T5Buckets, SwinWindow or SwinContinuous

    Returns
    -------
    (..., nq, nk) int64
        With a class token one row and one column more, before the others.

    Raises
    ------
    SpecError
        As for `bias`.

    References
    ----------
    tensorflow/mesh, `transformer_layers.py`, `_relative_position_bucket`; microsoft/Swin-Transformer,
    `swin_transformer.py`, `WindowAttention`; microsoft/unilm, `beit/modeling_finetune.py`, `RelativePositionBias`.

    Deviations
    ----------
    The code of T5 truncates a quotient of logarithms in float32. By default ±16, ±32 and ±64 lie exactly on a bound
    of two buckets, so that the last place of a logarithm decides there; here they open the upper one.

    Examples
    --------
    >>> index([100], [36, 37, 99, 100, 101], T5Buckets(heads=1))
    array([[14, 13,  1,  0, 17]])
    """
    require(isinstance(variant, Indexed), "variant must be T5Buckets, SwinWindow or SwinContinuous", variant)
    return rows(*pair(query_positions, key_positions, axis_count(variant)), variant)


def pair(query_positions: npt.ArrayLike, key_positions: npt.ArrayLike, axes: int) -> tuple[Floats, Floats]:
    """Return the positions of queries and keys as (..., n, A)."""
    q, k = as_positions(query_positions, axes), as_positions(key_positions, axes)
    require(q.shape[:-2] == k.shape[:-2], "queries and keys must have one lead", (q.shape[:-2], k.shape[:-2]))
    return q, k


def rows(q: Floats, k: Floats, variant: Indexed) -> Ints:
    """Return the index of every query and key, given their positions as (..., n, A)."""
    offset = _integers(q)[..., :, None, :] - _integers(k)[..., None, :, :]
    match variant:
        case T5Buckets():
            return _buckets(-offset[..., 0], variant)
        case SwinWindow(window=window, cls=cls):
            found = _cells(offset, window)
            return _with_cls(found, differences(window)) if cls else found
        case SwinContinuous(window=window):
            return _cells(offset, window)
        case _:
            assert_never(variant)


def _integers(p: Floats) -> Ints:
    fine = (p == np.floor(p)) & (np.abs(p) <= 2**53)
    require(fine.all(), "positions must be integers up to 2^53", p[~fine][:1])
    return p.astype(np.int64)


def _buckets(relative: Ints, variant: T5Buckets) -> Ints:
    """Return the bucket of each key − query."""
    e, size = variant.near, np.abs(relative) if variant.bidirectional else np.maximum(-relative, 0)
    found = np.where(size < e, size, e + np.searchsorted(_bounds(variant), size, side="right"))
    return found + variant.side * (relative > 0) if variant.bidirectional else found


def _bounds(variant: T5Buckets) -> Ints:
    """Return the least distance of each far bucket but the first, ⌈e (D/e)^(t/(n − e))⌉.

    A root that 40 digits do not tell from an integer is compared with it in integers.
    """
    e, far, most = variant.near, variant.side - variant.near, variant.distance
    with digits():
        start, step = Decimal(e).ln(), (Decimal(most) / e).ln() / far
        roots = [(start + t * step).exp() for t in range(1, far)]
    found = [ceil(root - CLOSE) for root in roots]
    for at, root in enumerate(roots):
        if found[at] < root + CLOSE:
            t = at + 1
            found[at] += found[at] ** far < most**t * e ** (far - t)
    return np.array(found, dtype=np.int64)


def _cells(offset: Ints, window: tuple[int, int]) -> Ints:
    h, w = window
    fine = (np.abs(offset) < (h, w)).all(axis=-1)
    require(fine.all(), f"cells must lie within one window of {h} by {w}", offset[~fine][:1].tolist())
    return np.asarray((offset[..., 0] + h - 1) * (2 * w - 1) + offset[..., 1] + w - 1)


def _with_cls(cells: Ints, rows: int) -> Ints:
    """Return the indices with those of a class token before them: it to a cell, a cell to it, it to itself."""
    *lead, nq, nk = cells.shape
    found = np.full((*lead, nq + 1, nk + 1), rows)
    found[..., 1:, 1:] = cells
    found[..., 1:, 0] = rows + 1
    found[..., 0, 0] = rows + 2
    return found
