r"""How far logits may be off that have vectors for offsets, or positions that content has a say in.

Where nothing but products and sums is made, the formula itself, of absolute values, is what the roundings are of:

Shaw          γ_(d+7) of it: d products summed, the sum with the vector, √d and its product
Deberta       γ_(d+7): three dot products, and two sums
Decomposed    γ_(d+7)
TransformerXL γ_(d+m+8) Σ|q + v||W||r| and Σ|q + v||W| ρ, ρ the bound of a row of m; the content as Deberta's
Fope          waves off by γ_κ Θ + γ_3, sums of as many as are kept; then as products of what is off
Cope          gates σ(l) off by δ/4 + γ_5, n of them summed; that times the largest |q·(e_(m+1) − e_m)|; interpolation 4
Pope          ln(1 + e^x) off by γ_4 of itself and γ_2, for the sum; angles γ_κ(|p_i| + |p_j|)ω + u|δ|, waves γ_8
Fox           ln σ(g) as Pope's, n of them summed from the first key on, and a difference of two such sums
"""

from collections.abc import Mapping
from typing import assert_never

import numpy as np

from refpos.oracle.roundings import kappa
from refpos.oracle.roundoff import UNIT_ROUNDOFF, gamma
from refpos.oracle.sums import REFERENCE, product
from refpos.oracle.tolerance import Recipe, bound
from refpos.oracle.turns import Vectors, plain, turned
from refpos.spec.attention import scores
from refpos.spec.precise import Floats
from refpos.spec.sinusoidal import embed
from refpos.variants.attention import Fope
from refpos.variants.frequencies import Frequencies
from refpos.variants.relative import Contextual, Cope, Fox, Pope, Relative, TransformerXL

Given = Mapping[str, Floats]


def relative_bound(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: Relative, dtype: str, learned: Given
) -> Floats:
    """Return how far each logit may be off, in the dtype of the arithmetic."""
    if isinstance(attention, TransformerXL):
        return _transformer_xl(q, k, i, j, attention, dtype, learned)
    sizes = {name: np.abs(one) for name, one in learned.items()}
    whole = scores(np.abs(q), np.abs(k), i, j, attention, learned=sizes)
    return np.asarray(_count(q.shape[-1] + 7, dtype) * whole)


def contextual_bound(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: Contextual | Fope, dtype: str, learned: Given
) -> Floats:
    """Return how far each logit may be off, in the dtype of the arithmetic."""
    match attention:
        case Fope():
            (y, off_y), (z, off_z) = (_waved(x, p, attention, dtype, learned) for x, p in ((q, i), (k, j)))
            return product(y, z, dtype, off_q=off_y, off_k=off_z, roundings=4)
        case Cope():
            return _cope(q, k, i, j, learned["table"], dtype)
        case Pope():
            return _pope(q, k, i, j, attention, dtype)
        case Fox():
            return _fox(q, k, i, j, attention, dtype, learned)
        case _:
            assert_never(attention)


def _count(roundings: int, dtype: str) -> float:
    return float(gamma(roundings, UNIT_ROUNDOFF[dtype]) + gamma(roundings, REFERENCE))


def _transformer_xl(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: TransformerXL, dtype: str, learned: Given
) -> Floats:
    offset = (i[:, None] - j).reshape(-1)
    rows, d = np.abs(embed(offset, attention.rows)), q.shape[-1]
    off = np.maximum(*(bound(attention.rows, Recipe(dtype, one), offset) for one in ("power", "log")))
    many = _count(d + rows.shape[-1] + 8, dtype)
    u, v, weight = (np.abs(learned[name]) for name in ("u", "v", "weight"))
    lines = (many * (rows + off) + off).reshape(len(i), len(j), -1)
    away = np.einsum("hid,hdm,ijm->hij", np.abs(q) + v[:, None], weight, lines)
    content = np.einsum("hid,hjd->hij", np.abs(q) + u[:, None], np.abs(k))
    return np.asarray((away + many * content) / np.sqrt(d))


def _waved(x: Floats, p: Floats, attention: Fope, dtype: str, learned: Given) -> Vectors:
    """Return x_a C − x_b S and x_b C + x_a S, and how far they may be off."""
    u, half, kept = UNIT_ROUNDOFF[dtype], attention.width // 2, attention.kept
    omega = attention.base ** -np.array([float(e) for e in attention.exponents])
    count = kappa(Frequencies((0,) * half, base=attention.base), "log")[:kept]
    phi = p[:, None] * omega
    off_wave = gamma(count, u) * np.abs(phi) + gamma(3, u)
    waves = [(np.cos(phi), learned["cos"]), (np.sin(phi), learned["sin"])]
    c, s = (wave @ table for wave, table in waves)
    off_c, off_s = (
        off_wave @ np.abs(table) + _count(kept, dtype) * ((np.abs(wave) + off_wave) @ np.abs(table))
        for wave, table in waves
    )
    a, b = x[..., :kept], x[..., half : half + kept]
    off_a, off_b = (
        np.abs(y) * off_c
        + np.abs(z) * off_s
        + gamma(2, u) * (np.abs(y) * (np.abs(c) + off_c) + np.abs(z) * (np.abs(s) + off_s))
        for y, z in ((a, b), (b, a))
    )
    found, off = plain(x.copy())
    found[..., :kept], found[..., half : half + kept] = a * c - b * s, b * c + a * s
    off[..., :kept], off[..., half : half + kept] = off_a, off_b
    return found, off


def _cope(q: Floats, k: Floats, i: Floats, j: Floats, table: Floats, dtype: str) -> Floats:
    u, n = UNIT_ROUNDOFF[dtype], k.shape[-2]
    off = product(q, k, dtype, roundings=4)
    gates = 1 / (1 + np.exp(-(q @ k.T) / np.sqrt(q.shape[-1])))
    off_gates = off / 4 + gamma(5, u) * (gates + off / 4)
    between = ((j[:, None] <= j) & (j <= i[:, None, None])).astype(np.float64)
    counted = np.einsum("ijl,il->ij", between, off_gates) + gamma(n, u) * (gates + off_gates).sum(-1, keepdims=True)
    words = np.abs(q @ table.T).max(axis=-1, keepdims=True)
    steep = np.abs(q @ np.diff(table, axis=0).T).max(axis=-1, keepdims=True, initial=0.0)
    off_words = product(q, table, dtype, scale=1.0, roundings=0).max(axis=-1, keepdims=True)
    total = np.abs(q @ k.T) / np.sqrt(q.shape[-1]) + words
    return np.asarray(off + counted * steep + 2 * off_words + _count(6, dtype) * (total + off + 2 * off_words))


def _softplus(x: Floats, u: float) -> Vectors:
    """Return ln(1 + e^x), and its bound."""
    y = np.logaddexp(0.0, x)
    return y, gamma(4, u) * y + gamma(2, u)


def _pope(q: Floats, k: Floats, i: Floats, j: Floats, attention: Pope, dtype: str) -> Floats:
    u, d = UNIT_ROUNDOFF[dtype], attention.width
    omega = attention.base ** -np.array([float(e) for e in attention.exponents])
    count = kappa(Frequencies((0,) * d, base=attention.base), "log")
    theta = (np.abs(i)[:, None, None] + np.abs(j)[:, None]) * omega
    angle = gamma(count + 1, u) * theta + gamma(2, u) * 2 * np.pi + gamma(8, u)
    (a, off_a), (b, off_b) = (_softplus(x, u) for x in (q, k))
    a, off_a, b, off_b = a[..., :, None, :], off_a[..., :, None, :], b[..., None, :, :], off_b[..., None, :, :]
    inherited = off_a * (b + off_b) + a * off_b
    sizes = (a + off_a) * (b + off_b)
    terms = inherited + sizes * (angle + _count(2 * d + 6, dtype))
    return np.asarray(terms.sum(axis=-1) / np.sqrt(d))


def _fox(q: Floats, k: Floats, i: Floats, j: Floats, attention: Fox, dtype: str, learned: Given) -> Floats:
    u, n = UNIT_ROUNDOFF[dtype], k.shape[-2]
    y, off_y = turned(*plain(q), i, attention.rotary, dtype, "query", learned)
    z, off_z = turned(*plain(k), j, attention.rotary, dtype, "key", learned)
    content = product(y, z, dtype, off_q=off_y, off_k=off_z, roundings=4)
    logs, off = (one.sum(axis=-1)[:, None, None] for one in _softplus(-learned["gates"], u))
    forgotten = 2 * (off + _count(n + 1, dtype) * (logs + off))
    x = np.abs(scores(q, k, i, j, attention, learned=learned))
    return np.asarray(content + forgotten + gamma(1, u) * (x + content + forgotten))
