"""How many roundings are in an angle, for each way in which frequencies are made."""

from dataclasses import replace
from functools import lru_cache
from typing import Literal, assert_never

import numpy as np

from refpos.spec.frequencies import omega
from refpos.spec.precise import Floats, digits
from refpos.spec.scaling import correction_range
from refpos.variants.frequencies import AnyFrequencies, Bands, Dense, Frequencies, PerHead
from refpos.variants.length import require_static
from refpos.variants.scaling import NTK, ByIndex, ByParts, DynamicNTK, Linear, LongRope, MixedRadix, PerPlane, Scaling

Idiom = Literal["tables", "power", "log", "recurrence"]
IDIOMS: tuple[Idiom, ...] = ("tables", "power", "log", "recurrence")


@lru_cache(maxsize=1024)
def kappa(frequencies: AnyFrequencies, idiom: Idiom) -> Floats:
    r"""Return κ_k, the relative error of the angle of plane k in units of u_θ, the product with the position included.

    With λ_k = e_k ln b, and δ_k = 0 where the size of the ladder is a power of two, else 1 (an e_k that is exact may be
    made inexactly: compilers turn k/K into k times the rounded 1/K):

    power           4 + 2δ_k λ_k            (e: 2λδ;  power 2, reciprocal 1, product with the position 1)
    log             4 + 2(1 + δ_k) λ_k      (ln b and its product with e: 2λ more)
    recurrence      1 + 3k + δ_k λ_k        (the exponent of the step: λδ)
    unit π or 2π    2 more                  (π, product)
    Linear, PerPlane    2 more              (the number, division)
    NTK             3 + |ln m_k| more       (the new base: its exponent, power and product; λ counts the new base)
    MixedRadix      4 + (7 + μ)|ln m_k| more, μ = q ln K where float32 does not hold q, else 0
                    (s 1, exponential 2, product 1; in the exponent: ln s 1, two powers 4, quotient 1, product 1)
    position        1 more from 2^24 on     (in `bound`: float32 has to round it)
    ByParts         3 more, and ((κ + 2) r/(high − low) + 2) ν more on blended planes, r = Lω/2π, ν = max(ω, ω/s)/ω'
    ByIndex         3 more, and (2 + ρ) ν more on blended planes; ρ = 2(low + high)/(high − low) where not truncated
    Bands           power 5 + t(1 + Δ), log 4 + 3(1 − t)|ln low| + 3t|ln high| + 3tΔ + |ln ω|, Δ = |ln(high/low)|;
                    linear 6
    Dense           A + 1

    Parameters
    ----------
    frequencies : Frequencies, Bands, Dense or PerHead
        Which must not depend on the length.
    idiom : {"tables", "power", "log", "recurrence"}

    Returns
    -------
    (K,) float64, or (heads, 1, K) for PerHead

    Examples
    --------
    >>> kappa(Frequencies((0, 0), base=100.0), "power")
    array([4., 4.])
    """
    require_static(frequencies)
    found = _kappa(frequencies, idiom)
    found.flags.writeable = False
    return found


def _kappa(frequencies: AnyFrequencies, idiom: Idiom) -> Floats:
    match frequencies:
        case PerHead(frequencies=heads):
            return np.stack([kappa(one, idiom) for one in heads])[:, None, :]
        case Dense(axes=axes, planes=count):
            return np.full(count, axes + 1.0) + _unit_roundings(frequencies)
        case Bands():
            return _band_roundings(frequencies, idiom) + _unit_roundings(frequencies)
        case Frequencies():
            found = _ladder_roundings(frequencies, idiom) + _unit_roundings(frequencies)
            for at, scaling in enumerate(frequencies.scalings):
                found = _scaled(found, scaling, at, frequencies)
            return found
        case _:
            assert_never(frequencies)


def _ladder_roundings(frequencies: Frequencies, idiom: Idiom) -> Floats:
    """Return κ of the ladder before scaling; NTK counts as a ladder of another base."""
    sizes = np.array([rung.size - frequencies.endpoint if rung else 1 for rung in frequencies.rungs])
    inexact = sizes & (sizes - 1) != 0
    steps = np.array([rung.index if rung else 0 for rung in frequencies.rungs])
    powers = tuple(one for one in frequencies.scalings if isinstance(one, NTK))
    size = np.abs(np.log(_per_plane(replace(frequencies, scaling=powers, unit="radian"))))
    match idiom:
        case "power" | "tables":
            return np.asarray(4 + 2 * size * inexact)
        case "log":
            return np.asarray(4 + (2 + 2 * inexact) * size)
        case "recurrence":
            return np.asarray(1 + 3.0 * steps + size * inexact)
        case _:
            assert_never(idiom)


def _band_roundings(bands: Bands, idiom: Idiom) -> Floats:
    """Return κ of bands before their unit."""
    t = np.array([float(rung.fraction) if rung and rung.size > 1 else 0.0 for rung in bands.rungs])
    if bands.spacing == "linear":
        return np.full(len(t), 6.0)
    low, high = np.log(bands.low), np.log(bands.high)
    spread = abs(high - low)
    if idiom in ("power", "tables"):
        return np.asarray(5 + t * (1 + spread))
    ends = 3 * (1 - t) * abs(low) + 3 * t * abs(high)
    return np.asarray(4 + ends + 3 * t * spread + np.abs((1 - t) * low + t * high))


def _unit_roundings(frequencies: Frequencies | Bands | Dense) -> float:
    return 0.0 if frequencies.unit == "radian" else 2.0


def _scaled(found: Floats, scaling: Scaling, at: int, frequencies: Frequencies) -> Floats:
    """Return κ after one scaling, given κ before it."""
    before = _per_plane(replace(frequencies, scaling=frequencies.scalings[:at]))
    after = _per_plane(replace(frequencies, scaling=frequencies.scalings[: at + 1]))
    match scaling:
        case Linear() | PerPlane():
            return found + 2
        case NTK():
            return np.asarray(found + 3 + np.abs(np.log(before / after)))
        case MixedRadix(exponent=exponent):
            sizes = np.array([rung.size if rung else 1 for rung in frequencies.rungs])
            off = 0.0 if float(np.float32(exponent)) == exponent else exponent * np.log(sizes)
            return np.asarray(found + 4 + (7 + off) * np.abs(np.log(before / after)))
        case ByParts(factor=factor, original=length, low=low, high=high):
            turns = length * before / (2 * np.pi)
            blended = (low * 0.999 < turns) & (turns < high * 1.001)
            share = np.maximum(before, before / factor) / after
            return found + 3 + blended * ((found + 2) * turns / (high - low) + 2) * share
        case ByIndex(factor=factor):
            blended = ~np.isclose(after, before, rtol=1e-12) & ~np.isclose(after, before / factor, rtol=1e-12)
            share = np.maximum(before, before / factor) / after
            return found + 3 + blended * (2 + _bounds_roundings(scaling, frequencies)) * share
        case DynamicNTK() | LongRope():
            raise AssertionError("checked by require_static")
        case _:
            assert_never(scaling)


def _bounds_roundings(scaling: ByIndex, frequencies: Frequencies) -> Floats | float:
    """Return ρ, what the bounds of the ramp add where they are no integers."""
    if scaling.truncate:
        return 0.0
    with digits():
        low, high = (one.astype(np.float64) for one in correction_range(scaling, frequencies))
    turning = [k for k, rung in enumerate(frequencies.rungs) if rung is not None]
    found = np.zeros(len(frequencies.rungs))
    found[turning] = 2 * (low + high) / np.abs(high - low)
    return found


def _per_plane(frequencies: Frequencies) -> Floats:
    """Return the frequency of each plane along its own axis; 1 where it stands still."""
    found = omega(frequencies).sum(axis=0)
    return np.where(found == 0, 1.0, found)
