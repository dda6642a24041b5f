r"""How far the terms that a bias adds to the logits may be off, an honest implementation in some dtype.

Features of 16 bits have biases made in float32 and rounded once. Tables that are looked up are rounded once at most.
"""

from collections.abc import Mapping
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from refpos.oracle.networks import fire_fraction, gained, network, swin_coordinates
from refpos.oracle.roundoff import UNIT_ROUNDOFF, gamma, once_more, working
from refpos.oracle.sums import logarithmic, looked_up, powered, sloped
from refpos.spec.bias import bias
from refpos.spec.offsets import pair
from refpos.spec.precise import Floats
from refpos.variants.bias import Alibi, Bias, Fire, Kerple, Sandwich, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow


def bias_bound(
    variant: Bias,
    dtype: str,
    query_positions: npt.ArrayLike,
    key_positions: npt.ArrayLike,
    *,
    learned: Mapping[str, Any] | None = None,
) -> Floats:
    """Return the largest error that is allowed, for every element of `bias`.

    Parameters
    ----------
    variant : Alibi, T5Buckets, SwinWindow, SwinContinuous, Kerple, Sandwich or Fire
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the logits.
    query_positions, key_positions, learned
        As for `bias`, without leading axes.

    Returns
    -------
    (heads, nq, nk) float64

    Examples
    --------
    >>> (bias_bound(Alibi(heads=1), "float32", [3], [0, 3]) * 2**24).round(3)
    array([[[0.047, 0.   ]]])
    """
    due = bias(query_positions, key_positions, variant, learned=learned)
    given = {name: np.asarray(one, dtype=np.float64) for name, one in (learned or {}).items()}
    q, k = pair(query_positions, key_positions, axis_count(variant))
    offset = q[:, None, :] - k[None, :, :]
    distance = np.abs(offset[..., 0])
    match variant:
        case Alibi():
            return _alibi(due, variant, dtype)
        case T5Buckets() | SwinWindow():
            return looked_up(due, dtype)
        case SwinContinuous():
            return _continuous(due, offset, given, variant, dtype)
        case Kerple():
            return _kerple(distance, given, variant, dtype)
        case Sandwich():
            return _sandwich(due, distance, variant, dtype)
        case Fire():
            return _fire(due, distance, q, given, variant, dtype)
        case _:
            assert_never(variant)


def _alibi(due: Floats, variant: Alibi, dtype: str) -> Floats:
    """Return the bound of slopes that are powers of a rounded base, and of distances; a root of squares has 3 more."""
    steps = np.array([float(e) * variant.heads for e in variant.steepness]) + 2
    roundings = steps[:, None, None] + (3 if variant.axes > 1 else 0)
    return sloped(1.0, due, dtype, roundings=roundings)


def _continuous(due: Floats, offset: Floats, learned: Mapping[str, Any], variant: SwinContinuous, dtype: str) -> Floats:
    x, off = swin_coordinates(offset, variant, working(dtype))
    value, error = network(x, off, learned, working(dtype))
    if variant.gain is not None:
        error = gained(value, error, variant.gain, working(dtype))
    return _finished(due, np.moveaxis(error, -1, 0), dtype)


def _kerple(distance: Floats, learned: Mapping[str, Any], variant: Kerple, dtype: str) -> Floats:
    kernel = logarithmic if variant.kernel == "logarithmic" else powered
    r1, r2 = (learned[name][:, None, None] for name in ("r1", "r2"))
    return kernel(r1, r2, distance, dtype)


def _fire(due: Floats, distance: Floats, q: Floats, learned: Mapping[str, Any], variant: Fire, dtype: str) -> Floats:
    fraction, off = fire_fraction(distance, q, variant, learned, working(dtype))
    _, error = network(fraction[..., None], off[..., None], learned, working(dtype))
    return _finished(due, np.moveaxis(error, -1, 0), dtype)


def _sandwich(due: Floats, distance: Floats, variant: Sandwich, dtype: str) -> Floats:
    """Return (Σ_i (u κ_i φ_i + 4u) + γ_n Σ 1) / divisor and three roundings: n waves summed, less half the width.

    κ_i = 4 + 4 λ_i of `refpos.oracle.roundings`, λ_i = (2i/width) ln base; a cosine is off by 2u and a rounding.
    """
    u, half = UNIT_ROUNDOFF[working(dtype)], variant.width // 2
    waves = np.arange(variant.first, variant.first + half)
    size = 2 * waves / variant.width * np.log(variant.base)
    angles = distance[..., None] * np.exp(-size)
    total = (gamma(4 + 4 * size, u) * angles).sum(axis=-1) + 4 * u * half + gamma(half + 1, u) * 2 * half
    divisor = variant.maximum * np.arange(1, variant.heads + 1) / variant.heads
    off = total / divisor[:, None, None]
    return _finished(due, off + gamma(3, u) * (np.abs(due) + off), dtype)


def _finished(due: Floats, off: Floats, dtype: str) -> Floats:
    """Return what is off after a rounding to 16 bits, where there is one."""
    return off if working(dtype) == dtype else once_more(due, off, dtype)
