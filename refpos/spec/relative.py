"""Attention to vectors that stand for the offset between two positions."""

from bisect import bisect_left
from typing import assert_never

import numpy as np

from refpos.errors import require
from refpos.spec.logits import dot, headed, scale, spread
from refpos.spec.offsets import Ints
from refpos.spec.precise import Floats
from refpos.spec.sinusoidal import embed
from refpos.variants.relative import Deberta, Decomposed, Relative, Shaw, TransformerXL
from refpos.variants.temperature import InverseRoot

Given = dict[str, Floats]


def relative(q: Floats, k: Floats, i: Floats, j: Floats, attention: Relative, learned: Given) -> Floats:
    """Return the logits of queries and keys, given their positions as (..., n, A)."""
    wide(q, attention.width)
    match attention:
        case Shaw():
            return shaw(q, k, i, j, attention, learned)
        case TransformerXL():
            return transformer_xl(q, k, i, j, attention, learned)
        case Deberta():
            return deberta(q, k, i, j, attention, learned)
        case Decomposed():
            return decomposed(q, k, i, j, attention, learned)
        case _:
            assert_never(attention)


def shaw(q: Floats, k: Floats, i: Floats, j: Floats, attention: Shaw, learned: Given) -> Floats:
    """Return q_i·(k_j + A[clip(p_j − p_i, −k, k) + k])/√d."""
    content = dot(q, k) + _read(q, learned["keys"], clipped(i, j, attention))
    return np.asarray(scale(None, q.shape[-1]) * content)


def shaw_values(weights: Floats, i: Floats, j: Floats, attention: Shaw, learned: Given) -> Floats:
    """Return Σ_j a_ij V[clip(p_j − p_i, −k, k) + k] as Σ_r (Σ_j a_ij [ι_ij = r]) V[r]."""
    index = spread(clipped(i, j, attention), weights.shape[:-2], 2)
    return np.asarray(_gathered(weights, index, len(learned["values"])) @ learned["values"])


def clipped(i: Floats, j: Floats, attention: Shaw) -> Ints:
    """Return clip(p_j − p_i, −k, k) + k.

    Examples
    --------
    >>> clipped(np.array([[4.0]]), np.array([[0.0], [3.0], [9.0]]), Shaw(distance=2, width=1))
    array([[0, 1, 4]])
    """
    return np.asarray(np.clip(-offsets(i, j)[..., 0], -attention.distance, attention.distance) + attention.distance)


def transformer_xl(q: Floats, k: Floats, i: Floats, j: Floats, attention: TransformerXL, learned: Given) -> Floats:
    """Return ((q_i + u_h)·k_j + (q_i + v_h)·W_h r(p_i − p_j))/√d."""
    headed(q, i, attention.heads)
    u, v, weight = (learned[name] for name in ("u", "v", "weight"))
    found = dot(q + u[:, None], k)
    reading = (q + v[:, None]) @ weight
    for rows in _alike(i, j):
        offset, place = np.unique(_offset(i[..., rows, :], j), return_inverse=True)
        index = place.reshape(*i[..., rows, 0].shape, j.shape[-2])
        found[..., rows, :] += _read(reading[..., rows, :], embed(offset, attention.rows), index)
    return np.asarray(scale(None, q.shape[-1]) * found)


def deberta(q: Floats, k: Floats, i: Floats, j: Floats, attention: Deberta, learned: Given) -> Floats:
    """Return (q_i·k_j + q_i·K[δ(p_i − p_j)] + k_j·Q[δ(p_i − p_j)])/√(n d)."""
    headed(q, i, attention.heads)
    found = dot(q, k)
    if "c2p" in attention.terms:
        found = found + _read(q, learned["keys"], rows(i, j, attention)[..., None, :, :])
    if "p2c" in attention.terms:
        places = rows(j, i, attention) if attention.mirrored else np.swapaxes(rows(i, j, attention), -1, -2)
        found = found + np.swapaxes(_read(k, learned["queries"], places[..., None, :, :]), -1, -2)
    return np.asarray(scale(InverseRoot(1 + len(attention.terms)), q.shape[-1]) * found)


def rows(i: Floats, j: Floats, attention: Deberta) -> Ints:
    """Return δ(p_i − p_j) = clip(β(p_i − p_j) + s, 0, 2s − 1)."""
    return np.clip(buckets(offsets(i, j)[..., 0], attention) + attention.span, 0, 2 * attention.span - 1)


def buckets(offset: Ints, attention: Deberta) -> Ints:
    """Return β(r) of each offset query − key: an integer, not yet clipped to the table.

    Beyond m = ⌊buckets/2⌋ it is ±(m + t) with the least t for which (|r|/m)^(m − 1) <= ((distance − 1)/m)^t.

    Examples
    --------
    >>> buckets(np.array([130, 300, 511, 600, -600]), Deberta(1, 1, distance=512, buckets=256))
    array([ 130,  207,  255,  270, -270])
    """
    if attention.buckets is None:
        return offset
    sizes, inverse = np.unique(np.abs(offset), return_inverse=True)
    found = np.array([_bucket(int(r), attention.buckets // 2, attention.distance - 1) for r in sizes], dtype=np.int64)
    return np.asarray(np.sign(offset) * found[inverse].reshape(offset.shape))


def decomposed(q: Floats, k: Floats, i: Floats, j: Floats, attention: Decomposed, learned: Given) -> Floats:
    """Return q_i·k_j/√d + q_i·H[y_i − y_j + h − 1] + q_i·W[x_i − x_j + w − 1]."""
    h, w = attention.window
    offset = offsets(i, j)
    fine = (np.abs(offset) < (h, w)).all(axis=-1)
    require(fine.all(), f"cells must lie within one window of {h} by {w}", offset[~fine][:1].tolist())
    found = scale(None, q.shape[-1]) * dot(q, k)
    for axis, name in enumerate(("rows", "columns")):
        found = found + _read(q, learned[name], offset[..., axis] + attention.window[axis] - 1)
    return found


def offsets(i: Floats, j: Floats) -> Ints:
    """Return p_i − p_j of integers, (..., nq, nk, A)."""
    for p in (i, j):
        fine = (p == np.floor(p)) & (np.abs(p) <= 2**53)
        require(fine.all(), "positions must be integers up to 2^53", p[~fine][:1])
    return i.astype(np.int64)[..., :, None, :] - j.astype(np.int64)[..., None, :, :]


def wide(q: Floats, width: int) -> None:
    """Check the width of queries."""
    require(q.shape[-1] == width, f"q must have the width {width}", q.shape)


def _offset(i: Floats, j: Floats) -> Floats:
    """Return p_i − p_j."""
    return np.asarray(i[..., :, None, 0] - j[..., None, :, 0])


def _alike(i: Floats, j: Floats) -> list[slice]:
    """Return which queries are taken together: all where most offsets repeat, as of integers, else one by one."""
    queries = i.shape[-2]
    few = np.unique(_offset(i, j)).size <= queries + j.shape[-2]
    return [slice(None)] if few else [slice(one, one + 1) for one in range(queries)]


def _gathered(weights: Floats, index: Ints, count: int) -> Floats:
    """Return Σ_j a_ij [ι_ij = r] for r = 0 ... count − 1."""
    rows = np.arange(weights[..., 0].size).reshape(*weights.shape[:-1], 1)
    sums = np.bincount((rows * count + index).ravel(), weights.ravel(), rows.size * count)
    return np.asarray(sums.reshape(*weights.shape[:-1], count))


def _read(x: Floats, table: Floats, index: Ints) -> Floats:
    """Return x_i·T[ι_ij]; the table may have heads, the last axis but one of the lead of x."""
    products = x @ np.swapaxes(table, -1, -2)
    lead = x.shape[:-2]
    places = spread(index, lead, 2) if table.ndim == 2 else spread(index, lead[:-1], 3)
    return np.take_along_axis(products, np.broadcast_to(places, (*x.shape[:-1], index.shape[-1])), axis=-1)


def _bucket(r: int, m: int, last: int) -> int:
    """Return β(r) of r >= 0; the powers are those of integers, whatever their logarithms round to."""
    if r <= m:
        return r

    def far_enough(t: int) -> bool:
        return bool(r ** (m - 1) * m**t <= last**t * m ** (m - 1))

    bound = 1
    while not far_enough(bound):
        bound *= 2
    return m + bisect_left(range(bound + 1), True, key=far_enough)
