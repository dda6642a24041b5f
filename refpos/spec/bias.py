"""Biases: offsets between positions, and the terms that they add to the logits."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.blocks import chunks
from refpos.spec.lengths import length
from refpos.spec.offsets import pair, rows
from refpos.spec.positions import as_reals
from refpos.spec.precise import Floats, digits, powers, rounded
from refpos.variants.bias import Alibi, Bias, Fire, Kerple, Sandwich, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow

Learned = Mapping[str, npt.ArrayLike]
"""Arrays that a model learned, by the names and shapes that `variant.learned` declares."""

POSITIVE = ("r1", "r2", "c", "threshold")
"""What is learned and must be greater than 0."""

BLOCK = 2**18
"""How many numbers the hidden layer of a network has at most, of all the offsets that pass it at once."""


def bias(
    query_positions: npt.ArrayLike,
    key_positions: npt.ArrayLike,
    variant: Bias,
    *,
    learned: Learned | None = None,
) -> Floats:
    r"""Return what is added to the logits of every query and key.

    Alibi            −m_h ‖p_i − p_j‖,  m_h p_j  or  m_h (p_j − max p),   m_h = 2^(−maximum·e_h)
    T5Buckets        T[ι(p_j − p_i), h]
    SwinWindow       T[ι(p_i − p_j), h]
    SwinContinuous   gain · sigmoid(f_h(c)),  c the coordinates of p_i − p_j,  or f_h(c)
    Kerple           −r1_h ln(1 + r2_h |p_i − p_j|)  or  −r1_h |p_i − p_j|^r2_h
    Sandwich         (Σ_i cos((p_i − p_j)/base^(2i/width)) − width/2) / (maximum·h/heads)
    Fire             f_h(ψ(|p_i − p_j|) / (ψ(max(p_i, L)) + epsilon)),  ψ(x) = ln(1 + c x)

    i is the query, j the key; nothing is masked. Added after the logits are scaled by 1/√d, except where the
    attention says otherwise (Falcon adds before; T5 does not scale at all).

    Parameters
    ----------
    query_positions, key_positions : (..., nq), (..., nk) where there is one axis, else (..., nq, A), (..., nk, A)
        Integers for buckets and windows.
    variant : Alibi, T5Buckets, SwinWindow, SwinContinuous, Kerple, Sandwich or Fire
    learned : mapping, optional
        The arrays that `variant.learned` names; weights are (out, in).

    Returns
    -------
    (..., heads, nq, nk) float64
        With a class token one row and one column more, before the others.

    Raises
    ------
    SpecError
        If positions have the wrong shape, are not finite, or no integers where these are meant; if two cells are
        farther apart than their window is wide; if learned arrays are missing, superfluous, of another shape or not
        in the range of their method.

    References
    ----------
    ALiBi, arXiv:2108.12409, §3. T5, arXiv:1910.10683, §2.1. Swin, arXiv:2103.14030, eq. 4, and microsoft/unilm,
    `beit/modeling_finetune.py`, for the class token. Swin V2, microsoft/Swin-Transformer, `swin_transformer_v2.py`.
    KERPLE, arXiv:2205.09921, and chijames/KERPLE, `megatron/mpu/layers.py`. Sandwich, arXiv:2212.10356. FIRE,
    arXiv:2310.04418v2, §3.

    Deviations
    ----------
    A post on local attention (kexue.fm/archives/9431) says that the inner product of two sinusoidal rows increases
    with the distance on average; it decreases. FIRE is written for keys that are not after the query; here, as in
    public code, |p_i − p_j| takes the place of p_i − p_j. The text of Swin V2 has plain coordinates, its code scaled
    ones. The rows of the transformer count waves from i = 0; a code for Sandwich (NeMo) counts from 1.

    Examples
    --------
    >>> bias([2], [0, 1, 2], Alibi(heads=2))
    array([[[-0.125     , -0.0625    ,  0.        ]],
    <BLANKLINE>
           [[-0.0078125 , -0.00390625,  0.        ]]])
    """
    names = "Alibi, T5Buckets, SwinWindow, SwinContinuous, Kerple, Sandwich or Fire"
    require(isinstance(variant, Bias), f"variant must be {names}", variant)
    given = _arrays(variant, learned)
    q, k = pair(query_positions, key_positions, axis_count(variant))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = _added(q, k, given, variant)
    require(np.isfinite(found).all(), "biases must be finite", found[~np.isfinite(found)][:1])
    return np.asarray(found)


def _added(q: Floats, k: Floats, given: dict[str, Floats], variant: Bias) -> Floats:
    match variant:
        case Alibi():
            found = _alibi(q, k, variant)
        case T5Buckets() | SwinWindow():
            found = np.moveaxis(given["table"][rows(q, k, variant)], -1, -3)
        case SwinContinuous():
            found = np.moveaxis(_continuous(given, variant)[rows(q, k, variant)], -1, -3)
        case Kerple():
            found = _kerple(_distance(q, k), given, variant)
        case Sandwich():
            found = _sandwich(_distance(q, k), variant)
        case Fire():
            found = _fire(q, k, given, variant)
        case _:
            assert_never(variant)
    return found


def _arrays(variant: Bias, learned: Learned | None) -> dict[str, Floats]:
    """Return the learned arrays as float64, or say what is wrong with them."""
    require(learned is None or isinstance(learned, Mapping), "learned must be a mapping of names to arrays", learned)
    given, shapes = learned or {}, variant.learned
    require(set(given) == set(shapes), f"learned must bring exactly {', '.join(shapes) or 'nothing'}", list(given))
    found = {name: as_reals(given[name], name).astype(np.float64) for name in shapes}
    for name, shape in shapes.items():
        require(found[name].shape == shape, f"{name} must have shape {shape}", found[name].shape)
        require(np.isfinite(found[name]).all(), f"{name} must be finite", found[name][~np.isfinite(found[name])][:1])
    for name in (one for one in POSITIVE if one in found):
        require((found[name] > 0).all(), f"{name} must be greater than 0", found[name][~(found[name] > 0)][:1])
    if isinstance(variant, Kerple) and variant.kernel == "power":
        require((found["r2"] <= 2).all(), "r2 must be at most 2", found["r2"][found["r2"] > 2])
    return found


def _distance(q: Floats, k: Floats) -> Floats:
    """Return ‖p_i − p_j‖."""
    offset = q[..., :, None, :] - k[..., None, :, :]
    return np.abs(offset[..., 0]) if offset.shape[-1] == 1 else length(offset)


def _alibi(q: Floats, k: Floats, variant: Alibi) -> Floats:
    with digits():
        exponents = [-Fraction(variant.maximum) * e for e in variant.steepness]
        slopes = rounded(powers([2.0] * variant.heads, exponents))[:, None, None]
    match variant.reference:
        case "query":
            place = 0.0 - _distance(q, k)
        case "origin":
            place = np.repeat(k[..., None, :, 0], q.shape[-2], axis=-2)
        case "last-key":
            last = k[..., 0].max(axis=-1, keepdims=True, initial=-np.inf)
            place = np.repeat((k[..., 0] - last)[..., None, :], q.shape[-2], axis=-2)
        case _:
            assert_never(variant.reference)
    return np.asarray(slopes * place[..., None, :, :])


def _kerple(distance: Floats, given: dict[str, Floats], variant: Kerple) -> Floats:
    r1, r2 = (given[name][:, None, None] for name in ("r1", "r2"))
    d = distance[..., None, :, :]
    if variant.kernel == "logarithmic":
        kernel = r2 * d
        np.log1p(kernel, out=kernel)
    else:
        kernel = d**r2
    kernel *= r1
    return np.subtract(0.0, kernel, out=kernel)


def _sandwich(distance: Floats, variant: Sandwich) -> Floats:
    """Σ (cos φ_i − 1) as −2 Σ sin²(φ_i/2), which loses no digits at small distances."""
    with digits():
        omega = rounded(powers([variant.base] * len(variant.exponents), [-e for e in variant.exponents]))
    total = np.zeros(distance.shape)
    for w in omega:
        total -= 2 * np.sin(distance * w / 2) ** 2
    divisors = variant.maximum * np.arange(1, variant.heads + 1) / variant.heads
    return np.asarray(total[..., None, :, :] / divisors[:, None, None])


def _fire(q: Floats, k: Floats, given: dict[str, Floats], variant: Fire) -> Floats:
    c, threshold = given["c"], given["threshold"]
    normaliser = np.log1p(c * np.maximum(q, threshold)) + variant.epsilon
    ratio = np.log1p(c * _distance(q, k)) / normaliser
    return np.moveaxis(_network(ratio[..., None], given), -1, -3)


def _continuous(given: dict[str, Floats], variant: SwinContinuous) -> Floats:
    """Return the table that the network makes, (differences, heads)."""
    h, w = variant.window
    y, x = np.mgrid[1 - h : h, 1 - w : w].reshape(2, -1).astype(np.float64)
    offset = np.stack([y, x], axis=-1)
    size = np.abs(offset)
    if variant.coordinates == "scaled":
        sides = np.array(variant.pretrained or variant.window)
        size = np.log2(1 + 8 * size / (sides - 1)) / 3
    else:
        size = np.log1p(size)
    found = _network(np.sign(offset) * size, given)
    return found if variant.gain is None else variant.gain * np.exp(-np.logaddexp(0.0, -found))


def _network(x: Floats, given: dict[str, Floats]) -> Floats:
    """Return what one hidden layer of ReLU makes of the last axis, block by block: the layer may be wide."""
    into, out = given["hidden_weight"].T, given["output_weight"].T
    made = np.empty((*x.shape[:-1], out.shape[-1]))
    for place in chunks(x.shape[:-1], max(1, BLOCK // into.shape[-1])):
        hidden = np.maximum(x[place] @ into + given["hidden_bias"], 0.0)
        made[place] = hidden @ out + given.get("output_bias", 0.0)
    return made
