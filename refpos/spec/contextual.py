"""Attention to positions that content or learned numbers have a say in: counted, mixed, drawn as angles, forgotten."""

from functools import partial
from typing import assert_never

import numpy as np
import numpy.typing as npt

from refpos.spec.blocks import chunks
from refpos.spec.logits import dot, headed, scale, spread, turned
from refpos.spec.precise import Floats, digits, powers, rounded
from refpos.spec.relative import Given, wide
from refpos.variants.attention import Fope
from refpos.variants.relative import Contextual, Cope, Fox, Pope

Shown = npt.NDArray[np.bool_]
"""Where a query sees a key, (*lead, nq, nk)."""

BLOCK = 2**20
"""How many products of a query and a key one block has at most, where each feature turns by its own angle."""


def contextual(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: Contextual, learned: Given, shown: Shown | None
) -> Floats:
    """Return the logits of queries and keys, given their positions as (..., n, 1)."""
    match attention:
        case Cope():
            return cope(q, k, i, j, attention, learned, shown)
        case Pope():
            return pope(q, k, i, j, attention, learned)
        case Fox():
            return fox(q, k, i, j, attention, learned)
        case _:
            assert_never(attention)


def cope(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: Cope, learned: Given, shown: Shown | None = None
) -> Floats:
    """Return l_ij + q_i·e[p_ij], p_ij the sum of the gates σ(l_il) of keys from j to the query that are not masked."""
    wide(q, attention.width)
    found = scale(None, q.shape[-1]) * dot(q, k)
    gates = np.exp(-np.logaddexp(0.0, -found)) * (1.0 if shown is None else shown)
    places = (spread(p[..., 0], q.shape[:-2], 1) for p in (i, j))
    count = np.minimum(_between(gates, *places, itself=True), attention.positions - 1)
    low = np.floor(count).astype(np.int64)
    w = count - low
    words = q @ learned["table"].T
    below, above = (np.take_along_axis(words, one, axis=-1) for one in (low, np.ceil(count).astype(np.int64)))
    return np.asarray(found + (1 - w) * below + w * above)


def pope(q: Floats, k: Floats, i: Floats, j: Floats, attention: Pope, learned: Given) -> Floats:
    """Return Σ_c μ(q_ic) μ(k_jc) cos((p_i − p_j) base^(−c/d) − δ_hc)/√d, μ(x) = ln(1 + e^x)."""
    headed(q, i, attention.heads)
    d = attention.width
    wide(q, d)
    with digits():
        omega = rounded(powers([attention.base] * d, [-c for c in attention.exponents]))
    delta = np.clip(learned["angles"], -2 * np.pi, 0.0)[:, None, None, :]
    q, k = np.logaddexp(0.0, q), np.logaddexp(0.0, k)
    found = np.empty((*q.shape[:-1], k.shape[-2]))
    for (rows,) in chunks(q.shape[-2:-1], BLOCK // max(1, k.size)):
        offset = (i[..., rows, None, 0] - j[..., None, :, 0])[..., None, :, :, None]
        waves = spread(np.cos(offset * omega - delta), q.shape[:-3], 4)
        found[..., rows, :] = (q[..., rows, None, :] * k[..., None, :, :] * waves).sum(axis=-1)
    return np.asarray(scale(None, d) * found)


def fope(q: Floats, k: Floats, i: Floats, j: Floats, attention: Fope, learned: Given) -> Floats:
    """Return (L_i q_i)·(L_j k_j)/√d, L the learned sums of waves."""
    headed(q, i, attention.heads)
    wide(q, attention.width)
    q, k = (_waved(x, p[..., 0], attention, learned) for x, p in ((q, i), (k, j)))
    return np.asarray(scale(None, attention.width) * dot(q, k))


def fox(q: Floats, k: Floats, i: Floats, j: Floats, attention: Fox, learned: Given) -> Floats:
    """Return (R_i q_i)·(R_j k_j)/√d + Σ_l ln σ(g_hl) over p_j < p_l <= p_i."""
    headed(q, i, attention.heads)
    logs = -np.logaddexp(0.0, -learned["gates"])
    forgotten = _between(logs[:, None, :], i[..., None, :, 0], j[..., None, :, 0], itself=False)
    content = scale(None, q.shape[-1]) * dot(*turned(q, k, i, j, attention.rotary, learned))
    return np.asarray(content + spread(forgotten, q.shape[:-3], 3))


def _waved(x: Floats, p: Floats, attention: Fope, learned: Given) -> Floats:
    """Return x_a C − x_b S and x_b C + x_a S of the pairs (d, d + width/2), d below kept."""
    with digits():
        omega = rounded(powers([attention.base] * attention.kept, [-e for e in attention.exponents]))
    phi = p[..., None, :, None] * omega
    cos, sin = (
        spread(wave @ learned[name], x.shape[:-3], 3) for wave, name in ((np.cos(phi), "cos"), (np.sin(phi), "sin"))
    )
    a, b = np.arange(attention.kept), np.arange(attention.kept) + attention.width // 2
    y = x.copy()
    y[..., a], y[..., b] = x[..., a] * cos - x[..., b] * sin, x[..., b] * cos + x[..., a] * sin
    return y


def _between(x: Floats, p_i: Floats, p_j: Floats, *, itself: bool) -> Floats:
    """Return Σ_l x_l over the keys with p_j <= p_l <= p_i, or p_j < p_l where key j itself does not count.

    The keys, by their positions, are added up from the query back, so that nothing cancels and nothing is as large as
    queries by keys by keys.
    """
    order = np.argsort(p_j, axis=-1)[..., None, :]
    ordered = np.take_along_axis(p_j[..., None, :], order, axis=-1)
    reached = ordered <= p_i[..., :, None]
    *lead, nk = np.broadcast_shapes(x.shape, reached.shape)
    sums = np.zeros((*lead, nk + 1))
    np.copyto(sums[..., :-1], np.take_along_axis(np.broadcast_to(x, (*lead, nk)), order, axis=-1), where=reached)
    np.cumsum(sums[..., ::-1], axis=-1, out=sums[..., ::-1])
    found = partial(np.searchsorted, side="left" if itself else "right")
    start = np.vectorize(found, signature="(n),(n)->(n)", otypes=[np.intp])(ordered, p_j[..., None, :])
    return np.take_along_axis(sums, start, axis=-1)
