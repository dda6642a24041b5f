"""Logits of turned queries and keys: normalised, scaled, sharpened, biased."""

from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.bias import Learned, bias
from refpos.spec.lengths import rms, unit
from refpos.spec.precise import Floats
from refpos.spec.rotary import rotate
from refpos.spec.scaling import magnitude
from refpos.variants.attention import Attention, Chunks, LinearAttention, Local, ReRope, RmsNorm
from refpos.variants.bias import axis_count
from refpos.variants.frequencies import learned_shapes
from refpos.variants.rotary import Rotary, Side
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor


def logits(q: Floats, k: Floats, i: Floats, j: Floats, attention: Attention, learned: Learned) -> Floats:
    """Return s τ_i q̂_i·k̂_j + b_ij, or s (τ_i q̂_i·k̂_j + b_ij) where the bias is scaled too."""
    found = _content(q, k, i, j, attention, learned)
    lead = q.shape[:-2]
    added = _bias(q, i, j, attention, learned)
    if attention.temperature is not None:
        found = found * spread(_temperature(i, k.shape[-2], attention.temperature)[..., None], lead, 2)
    s = scale(attention.scale, q.shape[-1])
    found = s * (found + added) if attention.bias_scaled else s * found + added
    if attention.reach is not None:
        found = np.where(spread(_seen(i, j, attention.reach), lead, 2), found, -np.inf)
    return np.asarray(found)


def scale(given: InverseRoot | float | None, width: int) -> float:
    """Return what all logits are multiplied by."""
    match given:
        case None:
            return float(1 / np.sqrt(width))
        case InverseRoot(terms=terms, magnitude=g):
            return float(magnitude(g) ** 2 / np.sqrt(terms * width))
        case _:
            return given


def kernel(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: LinearAttention, learned: Learned
) -> tuple[Floats, Floats]:
    """Return the weights of linear attention before they are divided, and what adds up to their divisor."""
    match attention.kernel:
        case "elu":
            q, k = _elu(q), _elu(k)
            return dot(*turned(q, k, i, j, attention.rotary, learned)), dot(q, k)
        case "cosine":
            found = 1 + dot(*(unit(one) for one in turned(q, k, i, j, attention.rotary, learned)))
            return found, found
        case _:
            assert_never(attention.kernel)


def turned(
    q: Floats, k: Floats, i: Floats, j: Floats, rotary: Rotary | None, learned: Learned
) -> tuple[Floats, Floats]:
    """Return queries and keys turned by their positions; growth is inverse for keys."""
    return turn(q, i, rotary, learned, "query"), turn(k, j, rotary, learned, "key")


def turn(x: Floats, p: Floats, rotary: Rotary | None, learned: Learned, side: Side) -> Floats:
    """Return features turned by their positions, (..., n, A)."""
    if rotary is None:
        return x
    own = {name: learned[name] for name in learned_shapes(rotary.frequencies)}
    return rotate(x, p[..., 0] if p.shape[-1] == 1 else p, rotary, side=side, learned=own or None)


def dot(q: Floats, k: Floats) -> Floats:
    """Return q_i·k_j."""
    return np.asarray(q @ np.swapaxes(k, -1, -2))


def spread(x: npt.NDArray[Any], lead: tuple[int, ...], tail: int) -> npt.NDArray[Any]:
    """Return x, whose lead is a prefix of that lead, with axes of length 1 before its last `tail` axes."""
    at = x.ndim - tail
    return np.expand_dims(x, tuple(range(at, len(lead))))


def headed(q: Floats, i: Floats, heads: int) -> None:
    """Check that the last of the lead is the heads, and that positions are those of all of them."""
    require(q.ndim >= 3 and q.shape[-3] == heads, f"q must have shape (..., {heads} heads, n, d)", q.shape)
    own, lead = i.shape[:-2], q.shape[:-3]
    require(len(own) <= len(lead), f"positions must leave the heads, their lead a prefix of {lead}", own)


def _content(q: Floats, k: Floats, i: Floats, j: Floats, attention: Attention, learned: Learned) -> Floats:
    if attention.rectify is not None:
        return _rectified(q, k, i, j, attention, attention.rectify, learned)
    sides = attention.rotate
    q = turn(q, i, attention.rotary if "query" in sides else None, learned, "query")
    k = turn(k, j, attention.rotary if "key" in sides else None, learned, "key")
    return dot(*_normalised(q, k, attention))


def _rectified(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: Attention, given: ReRope, learned: Learned
) -> Floats:
    """Return (R_i q)·(R_j k) for keys nearer than the window, else (R_(w + (i − w)/k) q)·(R_(j/k) k)."""
    w, pace = given.window, 0.0 if given.factor is None else 1 / given.factor
    pairs = (i, j), (w + (i - w) * pace, j * pace)
    near, far = (dot(*_normalised(*turned(q, k, *pair, attention.rotary, learned), attention)) for pair in pairs)
    return np.where(spread(_offset(i, j) < w, q.shape[:-2], 2), near, far)


def _normalised(q: Floats, k: Floats, attention: Attention) -> tuple[Floats, Floats]:
    match attention.normalise:
        case None:
            return q, k
        case "key":
            return q, unit(k)
        case "cosine":
            return unit(q), unit(k)
        case RmsNorm(epsilon=epsilon):
            return rms(q, epsilon), rms(k, epsilon)
        case _:
            assert_never(attention.normalise)


def _elu(x: Floats) -> Floats:
    """Return 1 + elu(x), which is positive: 1 + x, or e^x below 0."""
    return np.where(x > 0, 1 + x, np.exp(np.minimum(x, 0)))


def _temperature(i: Floats, keys: int, given: LogFloor | LogCount) -> Floats:
    p = i[..., 0]
    match given:
        case LogFloor(coefficient=coefficient, interval=interval, offset=offset):
            require((p + offset >= 0).all(), "temperatures must have positions from 0", p)
            return np.asarray(1 + coefficient * np.log1p((p + offset) // interval))
        case LogCount(base=base, counted=counted, coefficient=coefficient, clip=clip):
            n = {"position": p + 1, "keys": np.full(p.shape, float(keys))}.get(str(counted), np.full(p.shape, counted))
            require((n >= 1).all(), "temperatures must count from 1", n)
            ratio = np.log(n) / (1 if base is None else np.log(base))
            return np.asarray(coefficient * (np.maximum(ratio, 1) if clip else ratio))
        case _:
            assert_never(given)


def _bias(q: Floats, i: Floats, j: Floats, attention: Attention, learned: Learned) -> Floats | float:
    """Return b_ij of each head, the last of the lead."""
    if attention.bias is None:
        return 0.0
    variant = attention.bias
    headed(q, i, variant.heads)
    own = {name: learned[name] for name in variant.learned}
    p_i, p_j = (one[..., 0] if axis_count(variant) == 1 else one for one in (i, j))
    return spread(bias(p_i, p_j, variant, learned=own or None), q.shape[:-3], 3)


def _offset(i: Floats, j: Floats) -> Floats:
    """Return p_i − p_j."""
    return np.asarray(i[..., :, None, 0] - j[..., None, :, 0])


def _seen(i: Floats, j: Floats, reach: Local | Chunks) -> Floats:
    match reach:
        case Local(width=width):
            return np.asarray(np.abs(_offset(i, j)) < width)
        case Chunks(length=length):
            return np.asarray(_offset(i // length, j // length) == 0)
        case _:
            assert_never(reach)
