"""Attention: the logits of queries and keys that have positions, and what is made of values with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.bias import Learned
from refpos.spec.blocks import chunks
from refpos.spec.contextual import Shown, contextual, fope
from refpos.spec.logits import kernel, logits, spread, turn
from refpos.spec.positions import as_array, as_positions, as_reals
from refpos.spec.precise import Floats
from refpos.spec.relative import Given, relative, shaw_values
from refpos.variants.attention import AnyAttention, Attention, Fope, LinearAttention, axis_count
from refpos.variants.relative import KEYS, Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL

BLOCK = 2**23
"""How many logits `attend` holds at most: it asks for the outputs of so many queries at once, of all keys."""


def scores(
    q: npt.ArrayLike,
    k: npt.ArrayLike,
    query_positions: npt.ArrayLike,
    key_positions: npt.ArrayLike,
    attention: AnyAttention,
    *,
    learned: Learned | None = None,
) -> Floats:
    r"""Return the logits of every query and key, before any mask and softmax.

    Attention        s τ_i (R_i q_i)·(R_j k_j) + b_ij,  s = 1/√d unless it is given
      bias_scaled    s (τ_i (R_i q_i)·(R_j k_j) + b_ij)
      rectify        R_i, R_j where p_i − p_j < w, else R_(w + (i − w)/k), R_(j/k)
    LinearAttention  (R_i φ(q_i))·(R_j φ(k_j)),  or 1 + cos(R_i q_i, R_j k_j): weights, for there is no softmax
    Fope             (L_i q_i)·(L_j k_j)/√d,  L of learned sums of cosines and of sines
    Shaw             q_i·(k_j + A[clip(p_j − p_i)])/√d
    TransformerXL    ((q_i + u)·k_j + (q_i + v)·W r(p_i − p_j))/√d
    Deberta          (q_i·k_j + q_i·K[δ(p_i − p_j)] + k_j·Q[δ(p_i − p_j)])/√(n d),  n one more than `terms`
    Decomposed       q_i·k_j/√d + q_i·H[y_i − y_j] + q_i·W[x_i − x_j]
    Cope             q_i·k_j/√d + q_i·e[Σ_l σ(q_i·k_l/√d)]
    Pope             Σ_c μ(q_ic) μ(k_jc) cos((p_i − p_j) ω_c − δ_c)/√d
    Fox              (R_i q_i)·(R_j k_j)/√d + Σ_l ln σ(g_l)

    Parameters
    ----------
    q, k : (*lead, nq, d), (*lead, nk, d) float16, float32 or float64
        Where heads differ the last of lead is the heads.
    query_positions, key_positions : (*lead', nq), (*lead', nk), or (*lead', n, A) where there are A > 1 axes
        lead' is a prefix of lead, and leaves the heads where these differ. Nothing else broadcasts.
    attention : Attention, LinearAttention, Fope, Shaw, TransformerXL, Deberta, Decomposed, Cope, Pope or Fox
    learned : mapping, optional
        The arrays that `attention.learned` names.

    Returns
    -------
    (*lead, nq, nk) float64
        −∞ where a key is beyond the reach.

    Raises
    ------
    SpecError
        If a shape or dtype does not fit, positions are not finite, learned arrays are missing or superfluous, or a
        logit is not finite.

    References
    ----------
    RoPE and linear attention, arXiv:2104.09864v5, eqs. 16-19. ReRoPE, kexue.fm/archives/9708, and bojone/rerope,
    `rerope_patch.py`. Log n, kexue.fm/archives/8823. KeyNorm, kexue.fm/archives/9859. Shaw, arXiv:1803.02155, eqs. 3-5.
    Transformer-XL, arXiv:1901.02860, §3.3. DeBERTa, arXiv:2006.03654, eqs. 3-4, and microsoft/DeBERTa,
    `disentangled_attention.py`. Decomposed, arXiv:2112.01526, eq. 4. CoPE, arXiv:2405.18719. PoPE, arXiv:2509.10534.
    FoX, arXiv:2503.02130. FoPE, arXiv:2412.17739, and vllm-project/vllm, `rotary_embedding/fope.py`.

    Deviations
    ----------
    The post on ReRoPE prints the second logit as (R_w q)·k = qᵀ R_w k; it is qᵀ R_−w k, as its code has it. It takes
    the first where i − j < w, its code where |i − j| < w; these differ for keys after the query alone. The larger of
    its two exponents while generating is right for a factor of at least 1; below 1 it is the smaller. The equation of
    DeBERTa reads its second table at δ(p_j − p_i), its code at δ(p_i − p_j): see `Deberta.mirrored`. A post on RoPE
    (kexue.fm/archives/8265) says that logits decay with the distance: a bound on them does, not steadily, but with k
    = R_−r q they are greatest at the distance r. It calls RoPE the only encoding of offsets for linear attention;
    xPos is another, whose logits decay towards 0, and for keys before the query alone. Earlier versions of vLLM's
    code for FoPE fill the sines of pairs without a frequency with 1, so that they are mixed.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> from refpos.variants.rotary import Rotary
    >>> turned = Attention(Rotary(Frequencies((0,))), scale=1.0)
    >>> scores([[1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]], [3], [3, 2], turned)
    array([[1.        , 0.54030231]])
    """
    one = _asked(q, k, query_positions, key_positions, attention, learned)
    return _logits(*one[:4], attention, one[4], None)


def attend(
    q: npt.ArrayLike,
    k: npt.ArrayLike,
    v: npt.ArrayLike,
    query_positions: npt.ArrayLike,
    key_positions: npt.ArrayLike,
    attention: AnyAttention,
    *,
    mask: npt.ArrayLike | None = None,
    learned: Learned | None = None,
) -> Floats:
    r"""Return what each query makes of the values.

    o_i = Σ_j a_ij v_j,  a_i the softmax of its logits over the keys it sees
    o_i = R_iᵀ Σ_j a_ij R_j v_j    where values are turned, and outputs turned back
    o_i = Σ_j a_ij (v_j + V[clip(p_j − p_i)])    where offsets have values (Shaw)
    o_i = Σ_j w_ij v_j / Σ_j φ(q_i)·φ(k_j)    without softmax; rotations are left out of the divisor

    Parameters
    ----------
    q, k, query_positions, key_positions, attention, learned
        As for `scores`.
    v : (*lead, nk, dv) float16, float32 or float64
        As wide as its vectors where offsets have values.
    mask : (*lead', nq, nk) bool, optional
        Where a query sees a key; lead' is a prefix of lead. It sees all of them where left out. Cope counts no key
        that is hidden; LogCount counts such keys, and Fox forgets by their gates.

    Returns
    -------
    (*lead, nq, dv) float64

    Raises
    ------
    SpecError
        As for `scores`, and if a query sees no key, or an output is not finite.

    References
    ----------
    As for `scores`. VO-RoPE, kexue.fm/archives/10862.

    Deviations
    ----------
    The post on VO-RoPE prints s = exp(qᵀc) inside an exponential; it is taken once here.

    Examples
    --------
    >>> attend([[0.0]], [[0.0], [0.0]], [[1.0], [3.0]], [1], [0, 1], Attention())
    array([[2.]])
    """
    q, k, i, j, given = _asked(q, k, query_positions, key_positions, attention, learned)
    v = _values(v, k, attention)
    shown = _mask(mask, (*q.shape[:-1], k.shape[-2]))
    o = np.empty((*q.shape[:-1], v.shape[-1]))
    for (rows,) in chunks(q.shape[-2:-1], BLOCK // max(1, shown[..., 0, :].size)):
        block = q[..., rows, :], k, v, i[..., rows, :], j
        o[..., rows, :] = _attended(*block, attention, given, shown[..., rows, :])
    return o


def _attended(
    q: Floats, k: Floats, v: Floats, i: Floats, j: Floats, attention: AnyAttention, learned: Given, shown: Shown
) -> Floats:
    """Return what some of the queries make of the values."""
    found = _logits(q, k, i, j, attention, learned, shown)
    seen = shown & (found > -np.inf)
    require(seen.any(axis=-1).all(), "a query must see a key", "one that sees none")
    with np.errstate(over="ignore", invalid="ignore"):
        if isinstance(attention, LinearAttention):
            o = _divided(np.where(seen, found, 0.0) @ v, seen, kernel(q, k, i, j, attention, learned)[1])
        else:
            o = _output(_softmax(np.where(seen, found, -np.inf)), v, i, j, attention, learned)
    require(np.isfinite(o).all(), "outputs must be finite", o[~np.isfinite(o)][:1])
    return o


def _asked(
    q: npt.ArrayLike,
    k: npt.ArrayLike,
    query_positions: npt.ArrayLike,
    key_positions: npt.ArrayLike,
    attention: AnyAttention,
    learned: Learned | None,
) -> tuple[Floats, Floats, Floats, Floats, Given]:
    """Return queries and keys, their positions as (..., n, A), and the learned arrays, or say what is wrong."""
    require(isinstance(attention, AnyAttention), "attention must be one of those that are described", attention)
    q, k = _features(q, "q"), _features(k, "k")
    i, j = as_positions(query_positions, axis_count(attention)), as_positions(key_positions, axis_count(attention))
    _check_shapes(q, k, i, j)
    return q, k, i, j, _arrays(attention, learned, k.shape[-2])


def _logits(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: AnyAttention, learned: Given, shown: Shown | None
) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        found = _scores(q, k, i, j, attention, learned, shown)
    bad = np.isnan(found) | (found == np.inf)
    require(not bad.any(), "logits must be finite", found[bad][:1])
    return found


def _scores(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: AnyAttention, learned: Given, shown: Shown | None
) -> Floats:
    match attention:
        case Attention():
            return logits(q, k, i, j, attention, learned)
        case LinearAttention():
            return kernel(q, k, i, j, attention, learned)[0]
        case Fope():
            return fope(q, k, i, j, attention, learned)
        case Shaw() | TransformerXL() | Deberta() | Decomposed():
            return relative(q, k, i, j, attention, learned)
        case Cope() | Pope() | Fox():
            return contextual(q, k, i, j, attention, learned, shown)
        case _:
            assert_never(attention)


def _divided(o: Floats, seen: Shown, shares: Floats) -> Floats:
    """Return what is made of values without softmax, over the sum of the shares of the keys that are seen."""
    divisor = np.where(seen, shares, 0.0).sum(axis=-1, keepdims=True)
    require((divisor > 0).all(), "weights must not add up to 0", divisor[divisor <= 0][:1])
    return np.asarray(o / divisor)


def _output(weights: Floats, v: Floats, i: Floats, j: Floats, attention: AnyAttention, learned: Given) -> Floats:
    match attention:
        case Attention(rotary=rotary, rotate=sides):
            o = weights @ turn(v, j, rotary if "value" in sides else None, learned, "key")
            return turn(o, i, rotary if "output" in sides else None, learned, "output")
        case Shaw(values=True):
            return np.asarray(weights @ v + shaw_values(weights, i, j, attention, learned))
        case _:
            return np.asarray(weights @ v)


def _softmax(x: Floats) -> Floats:
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _features(x: npt.ArrayLike, name: str) -> Floats:
    given = as_reals(x, name)
    require(given.dtype.kind == "f" and given.dtype.itemsize > 1, f"{name} must be floats", str(given.dtype))
    require(given.ndim >= 2, f"{name} must have shape (..., n, d)", given.shape)
    require(np.isfinite(given).all(), f"{name} must be finite", given[~np.isfinite(given)][:1])
    return given.astype(np.float64)


def _values(v: npt.ArrayLike, k: Floats, attention: AnyAttention) -> Floats:
    found = _features(v, "v")
    own = attention.width if isinstance(attention, Shaw) and attention.values else None
    shape = (*map(str, k.shape[:-1]), str(own or "dv"))
    fits = found.shape[:-1] == k.shape[:-1] and own in (None, found.shape[-1])
    require(fits, f"v must have shape ({', '.join(shape)})", found.shape)
    return found


def _check_shapes(q: Floats, k: Floats, i: Floats, j: Floats) -> None:
    *lead, _, d = q.shape
    fits = k.shape[:-2] == tuple(lead) and k.shape[-1] == d and d > 0 and k.shape[-2] > 0
    require(fits, f"k must have the lead {tuple(lead)} and the width {d} of q, and a key", k.shape)
    for x, p in ((q, i), (k, j)):
        n, own = x.shape[-2], p.shape[:-2]
        fine = p.shape[-2] == n and own == tuple(lead[: len(own)])
        require(fine, f"positions must be those of {n} tokens, their lead a prefix of {tuple(lead)}", p.shape[:-1])
    require(i.shape[:-2] == j.shape[:-2], "queries and keys must have one lead", (i.shape[:-2], j.shape[:-2]))


def _arrays(attention: AnyAttention, learned: Learned | None, keys: int) -> Given:
    """Return the learned arrays as float64, or say what is wrong with them."""
    require(learned is None or isinstance(learned, Mapping), "learned must be a mapping of names to arrays", learned)
    given = learned or {}
    shapes = {name: tuple(keys if n == KEYS else n for n in shape) for name, shape in attention.learned.items()}
    require(set(given) == set(shapes), f"learned must bring exactly {', '.join(shapes) or 'nothing'}", list(given))
    found = {name: as_reals(given[name], name).astype(np.float64) for name in shapes}
    for name, shape in shapes.items():
        require(found[name].shape == shape, f"{name} must have shape {shape}", found[name].shape)
        require(np.isfinite(found[name]).all(), f"{name} must be finite", found[name][~np.isfinite(found[name])][:1])
    return found


def _mask(mask: npt.ArrayLike | None, shape: tuple[int, ...]) -> Shown:
    """Return where a query sees a key, for all of the lead."""
    if mask is None:
        return np.ones(shape, dtype=bool)
    given = as_array(mask, "mask must be booleans")
    require(given.dtype == bool, "mask must be booleans", str(given.dtype))
    *lead, nq, nk = shape
    own = given.shape[:-2]
    fits = given.ndim >= 2 and given.shape[-2:] == (nq, nk) and own == tuple(lead[: len(own)])
    require(fits, f"mask must have shape (..., {nq}, {nk}), its lead a prefix of {tuple(lead)}", given.shape)
    return np.broadcast_to(spread(given, tuple(lead), 2), shape)
