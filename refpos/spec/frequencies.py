"""Positions times frequencies: Ω, and the angles Φ = P Ω."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.positions import as_reals
from refpos.spec.precise import PI, Decimals, Floats, decimal, decimals, digits, powers, rounded
from refpos.spec.scaling import multipliers
from refpos.spec.tables import blocks, into, tokens
from refpos.variants.frequencies import (
    AnyFrequencies,
    Bands,
    Dense,
    Frequencies,
    PerHead,
    axis_count,
    halved,
    learned_shapes,
    plane_count,
)
from refpos.variants.ladder import Rung
from refpos.variants.length import require_static

Learned = Mapping[str, npt.ArrayLike]
"""Arrays that a model learned, by the names and shapes that `frequencies.learned` declares."""


def omega(frequencies: AnyFrequencies, *, learned: Learned | None = None) -> Floats:
    r"""Return Ω, the angle by which each axis turns each plane per unit step.

    Frequencies     ω_ak = [axes_k = a] · m_k · base_a^(−e_k)
    Bands           ω_ak = [axes_k = a] · low (high/low)^(j/(n−1)),  or  low + (high − low) j/(n−1)
    Dense           ω_ak = learned

    times 1, π or 2π by the unit. e_k = k/K on a shared ladder, j/K_a per axis, (A·j + a)/(A·K_a) alternating, and
    with an end point the denominator is one less; j is the rank of plane k among the n = K_a of its axis a.

    Parameters
    ----------
    frequencies : Frequencies, Bands, Dense or PerHead
    learned : mapping, optional
        For Dense: {"omega": (A, K) or (heads, A, K)}.

    Returns
    -------
    (A, K) float64, or (heads, A, K) where heads differ
        Radians per unit step, correctly rounded; read-only.

    Raises
    ------
    SpecError
        If a scaling depends on the length, or learned arrays are missing, superfluous or of another shape.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 15 (θ_i); the other ladders are those of the models that use them, see the catalogue.

    Deviations
    ----------
    Eq. 15 of RoPE counts i from 1 with exponent −2(i − 1)/d; here k = i − 1 and K = d/2.
    RoPE-ViT has t from 0 to d/4, both included, one frequency too many for each axis; its code stops at d/4 − 1.

    Examples
    --------
    >>> omega(Frequencies((0, 0), base=100.0))
    array([[1. , 0.1]])
    """
    require(
        isinstance(frequencies, AnyFrequencies), "frequencies must be Frequencies, Bands, Dense or PerHead", frequencies
    )
    require_static(frequencies)
    require(learned is None or isinstance(learned, Mapping), "learned must be a mapping of names to arrays", learned)
    match frequencies:
        case Dense():
            return _learned(frequencies, learned or {})
        case Frequencies() | Bands() | PerHead():
            require(not learned, "learned arrays are only for variants that learn", learned)
            return _given(frequencies)
        case _:
            assert_never(frequencies)


def angles(
    positions: npt.ArrayLike,
    frequencies: AnyFrequencies,
    *,
    learned: Learned | None = None,
    out: Floats | None = None,
) -> Floats:
    r"""Return the angle of every plane at every position.

    φ_nk = Σ_a p_na ω_ak

    Parameters
    ----------
    positions : (..., n) where there is one axis, else (..., n, A)
        Integers or floats, finite.
    frequencies : Frequencies, Bands, Dense or PerHead
    learned : mapping, optional
        As for `omega`.
    out : array of the shape and dtype of the result, optional
        Where it is written, a memory map too. Angles are made in blocks: beside positions and result hardly anything
        is held, however many they are. After an error it may be written in part.

    Returns
    -------
    (..., n, K) float64, or (..., heads, n, K) where heads differ
        Radians.

    Raises
    ------
    SpecError
        If positions have the wrong shape or are not finite numbers, or `out` does not fit.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 15; several axes: naver-ai/rope-vit, `models/vit_rope.py`.

    Examples
    --------
    >>> angles([0, 1, 2], Frequencies((0, 0), base=100.0))
    array([[0. , 0. ],
           [1. , 0.1],
           [2. , 0.2]])
    """
    per_step = omega(frequencies, learned=learned)
    *lead, n = tokens(positions, axis_count(frequencies))
    found = into(out, (*lead, *per_step.shape[:-2], n, per_step.shape[-1]), np.float64, positions)
    for place, p in blocks(positions, per_step):
        found[place] = turned(p, per_step, positions)
    return found


def turned(p: Floats, per_step: Floats, positions: npt.ArrayLike) -> Floats:
    """Return Σ_a p_na ω_ak of some of the positions."""
    if per_step.ndim == 3:
        p = p[..., None, :, :]
    with np.errstate(over="ignore", invalid="ignore"):
        phi = p[..., 0, None] * per_step[..., 0, None, :]
        for a in range(1, per_step.shape[-2]):
            phi = phi + p[..., a, None] * per_step[..., a, None, :]
    require(np.isfinite(phi).all(), "angles must be finite", positions)
    return np.asarray(phi)


def mixed(angles: npt.ArrayLike, planes: int, base: float = 10.0) -> Floats:
    r"""Return the Ω from which RoPE-Mixed learns, given the angle a of each head: for `learned=`, y before x.

    ω_x = [m cos a, m cos(a + π/2)],  ω_y = [m sin a, m sin(a + π/2)],  m_j = base^(−2j/K),  j = 0..K/2 − 1

    so that a head is axial, in coordinates turned by a.

    Parameters
    ----------
    angles : (heads,)
        Radians; drawn from 0 to 2π in the code, 0 for axial frequencies.
    planes : int
        K, even.
    base : float

    Returns
    -------
    (heads, 2, K) float64

    Raises
    ------
    SpecError
        If angles are no finite numbers in one dimension, or planes or base are out of range.

    References
    ----------
    RoPE-ViT, arXiv:2403.13298v2; naver-ai/rope-vit, `models/vit_rope.py`, `init_random_2d_freqs`.

    Deviations
    ----------
    cos(a + π/2) is −sin a here. Computed in float32, cos(π/2) is −4.37e-8, so that rows leak into the columns of the
    code's axial frequencies.

    Examples
    --------
    >>> mixed([0.0], 4, base=100.0)[0]
    array([[0. , 0. , 1. , 0.1],
           [1. , 0.1, 0. , 0. ]])
    """
    a = as_reals(angles, "angles").astype(np.float64)
    require(a.ndim == 1 and np.isfinite(a).all(), "angles must be finite numbers, one for each head", angles)
    half = Frequencies((0,) * halved(planes), base=base)
    m, cos, sin = omega(half)[0], np.cos(a)[:, None], np.sin(a)[:, None]
    y, x = np.hstack([m * sin, m * cos]), np.hstack([m * cos, 0 - m * sin])
    return np.stack([y, x], axis=1)


def _learned(frequencies: Dense, learned: Learned) -> Floats:
    """Return Ω that a model has learned, in radians."""
    require(list(learned) == ["omega"], "learned must bring exactly omega", list(learned))
    omega = as_reals(learned["omega"], "omega")
    shape = learned_shapes(frequencies)["omega"]
    require(omega.shape == shape, f"omega must have shape {shape}", omega.shape)
    require(np.isfinite(omega).all(), "omega must be finite", omega[~np.isfinite(omega)][:1])
    with digits():
        turned = rounded(_unit(frequencies) * decimals(omega.ravel().tolist())).reshape(shape)
    require(np.isfinite(turned).all(), "frequencies must be finite", turned[~np.isfinite(turned)][:1])
    turned.flags.writeable = False
    return turned


@lru_cache(maxsize=512)
def _given(frequencies: Frequencies | Bands | PerHead) -> Floats:
    """Return Ω of a description that learns nothing."""
    match frequencies:
        case PerHead(frequencies=heads, reads=reads):
            omega = np.zeros((len(heads), axis_count(frequencies), plane_count(frequencies)))
            for h, one in enumerate(heads):
                rows = range(axis_count(one)) if reads is None else reads[h]
                omega[h, list(rows)] = _given(one)
        case Frequencies() | Bands():
            turning = [(k, rung) for k, rung in enumerate(frequencies.rungs) if rung is not None]
            with digits():
                theta = rounded(_theta(frequencies, [rung for _, rung in turning]))
            omega = np.zeros((axis_count(frequencies), plane_count(frequencies)))
            for (k, rung), one in zip(turning, theta, strict=True):
                omega[rung.axis, k] = one
        case _:
            assert_never(frequencies)
    require(np.isfinite(omega).all(), "frequencies must be finite", frequencies)
    omega.flags.writeable = False
    return omega


def _theta(frequencies: Frequencies | Bands, rungs: list[Rung]) -> Decimals:
    """Return the frequencies of the turning planes, which stand on these rungs."""
    match frequencies:
        case Frequencies(base=base, endpoint=endpoint):
            bases = [base[rung.axis] if isinstance(base, tuple) else base for rung in rungs]
            theta = _unit(frequencies) * powers(bases, [-rung.exponent(endpoint) for rung in rungs])
            for scaling in frequencies.scalings:
                theta = theta * multipliers(scaling, theta, rungs, frequencies)
            return np.asarray(theta)
        case Bands(low=first, high=last, spacing=spacing):
            low, high = decimal(first), decimal(last)
            t = [rung.fraction if rung.size > 1 else Fraction(0) for rung in rungs]
            log = spacing == "log"
            spread = low * powers([high / low] * len(t), t) if log else low + (high - low) * decimals(t)
            return np.asarray(_unit(frequencies) * spread)
        case _:
            assert_never(frequencies)


def _unit(frequencies: Frequencies | Bands | Dense) -> Decimal:
    """Return the radians in one unit of frequency: 1, π or 2π."""
    return {"radian": Decimal(1), "half-turn": PI, "turn": 2 * PI}[frequencies.unit]
