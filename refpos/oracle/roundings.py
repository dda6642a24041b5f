"""How many roundings are in an angle, for each way in which frequencies are made."""

from dataclasses import replace
from functools import lru_cache
from typing import assert_never

import numpy as np

from refpos.oracle.names import Idiom
from refpos.oracle.roundoff import inexact
from refpos.spec.frequencies import omega
from refpos.spec.precise import Floats, digits
from refpos.spec.scaling import correction_range
from refpos.variants.frequencies import AnyFrequencies, Bands, Dense, Frequencies, PerHead
from refpos.variants.length import require_static
from refpos.variants.scaling import (
    NTK,
    ByIndex,
    ByParts,
    DynamicNTK,
    Linear,
    LongRope,
    MixedRadix,
    PartNTK,
    PerPlane,
    Scaling,
)


@lru_cache(maxsize=1024)
def kappa(frequencies: AnyFrequencies, idiom: Idiom) -> Floats:
    r"""Return κ_k, how many roundings are in the angle of plane k, the product with the position included.

    The relative error of the angle is at most γ_κ, see `refpos.oracle.roundoff`. With λ_k = e_k ln b, and δ_k = 0 where
    the size of the ladder is a power of two, else 1; the derivations are where each line is counted:

    power           4 + 2δ_k λ_k
    log             4 + 2(1 + δ_k) λ_k
    recurrence      1 + 3k + δ_k λ_k
    base            e_k more where float32 has to round it
    unit π or 2π    2 more
    Linear, PerPlane    2 more
    NTK             3 + |ln m_k| more       (λ counts the new base); 1 more where float32 has to round s
    MixedRadix      4 + (7 + μ)|ln m_k| more, μ = q ln K where float32 does not hold q, else 0
    position        1 more where float32 has to round it, and from 2^24 on: in `bound`
    ByParts         3 more, and ((κ + 2) r/(high − low) + 2) ν more on blended planes, r = Lω/2π, ν = max(ω, ω/s)/ω'
                    (where float32 has to round low or high, or L, 1 more each with κ; high − low, 1 more with 2)
    ByIndex         3 more, and (2 + ρ) ν more on blended planes; ρ = 2(low + high)/(high − low) where not truncated
                    (2 more with 2 where s < 1)
    PartNTK         9 + |ln m_n| more, m_n that of NTK, whose base λ counts, and 2 ν more on each of its ramps, ν the
                    greater of what is blended by it, times its weight, over ω' (4 where s < 1)
    Bands           power 5 + t(1 + 2δΔ), log 4 + 3(1 − t)|ln low| + 3t|ln high| + 3tΔ + |ln ω|, Δ = |ln(high/low)|;
                    linear 3 + 3 max(1, t|high − low|/ω)
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
    """Count by kind.

    Dense: ω is given, and rounded once to float32; Σ_a p_a ω_a has a product and at most A − 1 sums on each term, whose
    errors add up to at most as much of Θ = Σ_a |p_a ω_a|. Where a plane has one axis, other axes add exact zeros.
    """
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
    """Return κ of the ladder before scaling; NTK counts as a ladder of another base, and for PartNTK the greater one.

    An error of n roundings in the exponent e is one of n λ in b^−e: b^(−e(1 + nu)) = b^−e exp(−nuλ). One of n roundings
    in the base is one of n e.

    power           the power 2, its reciprocal 1, the product with the position 1; the exponent is made by at most two
                    roundings, k times the rounded 1/K, which is 2λ, and by none where K is a power of two: δ
    log             exp 2, its reciprocal 1, the product with the position 1; its argument e ln b has the two of the
                    exponent, one for the constant ln b and one for the product: 2λ more. ln b is taken to be rounded
                    once, as from float64; float32 logarithms of the bases in use are (a test holds libraries to it)
    recurrence      step b^(−1/K): power 2, exponent 1/K rounded once. After k steps k powers 2k, exponent k λ_1 = λ_k;
                    k − 1 products of steps and one with the position are at most k + 1

    A base that float32 has to round is off by one rounding: e.
    """
    sizes = np.array([rung.size - frequencies.endpoint if rung else 1 for rung in frequencies.rungs])
    divided = sizes & (sizes - 1) != 0
    steps = np.array([rung.index if rung else 0 for rung in frequencies.rungs])
    powers = tuple(
        NTK(max(one.factor, 1)) if isinstance(one, PartNTK) else one
        for one in frequencies.scalings
        if isinstance(one, NTK | PartNTK)
    )
    size = np.abs(np.log(_per_plane(replace(frequencies, scaling=powers, unit="radian"))))
    base = _base_roundings(frequencies)
    match idiom:
        case "power" | "tables":
            return np.asarray(4 + 2 * size * divided + base)
        case "log":
            return np.asarray(4 + (2 + 2 * divided) * size + base)
        case "recurrence":
            return np.asarray(1 + 3.0 * steps + size * divided + base)
        case _:
            assert_never(idiom)


def _base_roundings(frequencies: Frequencies) -> Floats:
    """Return e_k for the planes whose base float32 has to round."""
    bases = frequencies.base if isinstance(frequencies.base, tuple) else (frequencies.base,) * len(frequencies.axes)
    exponents = [float(one.exponent(frequencies.endpoint)) if one else 0.0 for one in frequencies.rungs]
    rounded = [inexact(bases[one.axis]) if one else 0 for one in frequencies.rungs]
    return np.multiply(exponents, rounded)


def _band_roundings(bands: Bands, idiom: Idiom) -> Floats:
    """Return κ of bands before their unit.

    Every ω lies between the ends, as low^(1−t) high^t or (1 − t) low + t high: where both ends are rounded, the one
    error weighs 1 − t and the other t, 1 together. t = j/(n − 1) is made by at most two roundings, as `linspace` of
    torch does, and by none where n − 1 is a power of two: δ.

    power           low (high/low)^t: power 2, ends 1, products with low and with the position 2; the ratio t; t 2δtΔ
    log             exp of the line from ln low to ln high: exp 2, ends 1, product with the position 1; each logarithm
                    2, and 1 for another base, which weigh (1 − t)|ln low| and t|ln high|; the difference, its division
                    by n − 1 and the product 3tΔ; the sum |ln ω|
    linear          the ends 1, the sum 1, the product with the position 1; the difference, its division and the product
                    3t|high − low|, in parts of ω: less than 1 where bands rise
    """
    t = np.array([float(rung.fraction) if rung and rung.size > 1 else 0.0 for rung in bands.rungs])
    if bands.spacing == "linear":
        rise = bands.high - bands.low
        return np.asarray(3 + 3 * np.maximum(1, t * abs(rise) / (bands.low + t * rise)))
    low, high = np.log(bands.low), np.log(bands.high)
    spread = abs(high - low)
    if idiom in ("power", "tables"):
        sizes = np.array([rung.size - 1 if rung else 1 for rung in bands.rungs])
        return np.asarray(5 + t * (1 + 2 * (sizes & (sizes - 1) != 0) * spread))
    ends = 3 * (1 - t) * abs(low) + 3 * t * abs(high)
    return np.asarray(4 + ends + 3 * t * spread + np.abs((1 - t) * low + t * high))


def _unit_roundings(frequencies: Frequencies | Bands | Dense) -> float:
    """Return what π or 2π adds: the constant 1, the product 1."""
    return 0.0 if frequencies.unit == "radian" else 2.0


def _scaled(found: Floats, scaling: Scaling, at: int, frequencies: Frequencies) -> Floats:
    """Return κ after one scaling, given κ before it.

    Linear, PerPlane    the number 1, the division 1.
    NTK             b' = b s^(K/(K−1)): power 2, product 1, exponent (K/(K−1)) ln s, all times e, and e times the last
                    is |ln m|; s, where it is rounded, K/(K−1) e <= 1.
    blend           ω' = γω + (1 − γ)ω/s. Products, sum, 1 − γ, division and s are at most 2 on the first term and 5 on
                    the second; an error of n roundings in γ is nγ|ω − ω/s|. Together they are at most
                    3ω' + 2 max(ω, ω/s), for the two roundings of γ itself (difference, division): 3 and 2ν. That is an
                    inequality in γ and t = 1/s on 0 <= γ <= 1, t > 0, linear in γ, so held by its ends.
    ByParts         γ = (r − low)/(high − low), and an error of r is that over high − low: r has the κ of ω, less the
                    position, and three more for 2π and the divisions of L/(2π/ω): κ + 2. The rounded low and high weigh
                    1 − γ and γ, r together: 1 more where float32 has to round them; so does L. high − low, where it is
                    rounded, is 1 more ν.
    ByIndex         γ = 1 − (k − low)/(high − low) of integers: one division, and 1 − twice: for s >= 1 within the same
                    3 and 2ν, below they need 2ν more. ρ: `_bounds_roundings`.
    PartNTK         two blends of that kind, one inside the other: `_part_roundings`.

    Cutting γ off at 0 and 1 brings no error and enlarges none: planes near the ends are within both counts.
    """
    before = _per_plane(replace(frequencies, scaling=frequencies.scalings[:at]))
    after = _per_plane(replace(frequencies, scaling=frequencies.scalings[: at + 1]))
    match scaling:
        case Linear() | PerPlane():
            return found + 2
        case NTK(factor=factor):
            rounded = inexact(*factor) if isinstance(factor, tuple) else inexact(factor)
            return np.asarray(found + 3 + np.abs(np.log(before / after)) + min(rounded, 1))
        case MixedRadix(exponent=exponent):
            return np.asarray(found + _radix_roundings(exponent, before / after, frequencies))
        case ByParts(factor=factor, original=length, low=low, high=high):
            turns = length * before / (2 * np.pi)
            blended = (low * 0.999 < turns) & (turns < high * 1.001)
            share = np.maximum(before, before / factor) / after
            of_turns = found + 2 + min(inexact(low, high), 1) + inexact(length)
            of_ramp = of_turns * turns / (high - low) + 2 + min(inexact(low, high, high - low), 1)
            return found + 3 + blended * of_ramp * share
        case ByIndex(factor=factor):
            blended = ~np.isclose(after, before, rtol=1e-12) & ~np.isclose(after, before / factor, rtol=1e-12)
            share = np.maximum(before, before / factor) / after
            return found + 3 + blended * (2 + 2 * (factor < 1) + _bounds_roundings(scaling, frequencies)) * share
        case PartNTK():
            return np.asarray(found + _part_roundings(scaling, before, after, at, frequencies))
        case DynamicNTK() | LongRope():
            raise AssertionError("checked by require_static")
        case _:
            assert_never(scaling)


def _part_roundings(scaling: PartNTK, before: Floats, after: Floats, at: int, frequencies: Frequencies) -> Floats:
    """Return what PartNTK adds: its frequencies by NTK 3 + |ln m|, and each of its blends 3 and, on its ramp, 2ν.

    The inner blend, ω_i = ηω_n + (1 − η)ω/s of NTK's ω_n, has the weight 1 − γ in the outer one, γω + (1 − γ)ω_i: so
    that ν is (1 − γ) max(ω_n, ω/s)/ω' for it, and max(ω, ω_i)/ω' for the outer one.
    """
    s = scaling.factor
    ntk = _per_plane(replace(frequencies, scaling=(*frequencies.scalings[:at], NTK(s))))
    gamma, eta = (_heights(ramp, frequencies) for ramp in scaling.ramps)
    inner = eta * ntk + (1 - eta) * before / s
    of_inner = ((eta > 0) & (eta < 1)) * (1 - gamma) * np.maximum(ntk, before / s)
    of_outer = ((gamma > 0) & (gamma < 1)) * np.maximum(before, inner)
    found = 9 + np.abs(np.log(ntk / before)) + inexact(s)
    return np.asarray(found + (2 + 2 * (s < 1)) * (of_inner + of_outer) / after)


def _heights(scaling: ByIndex, frequencies: Frequencies) -> Floats:
    """Return how high each plane stands on a ramp over the index, which falls from 1 to 0."""
    with digits():
        low, high = (one.astype(np.float64) for one in correction_range(scaling, frequencies))
    turning = [k for k, rung in enumerate(frequencies.rungs) if rung is not None]
    index = np.array([rung.index for rung in frequencies.rungs if rung is not None])
    found = np.zeros(len(frequencies.rungs))
    found[turning] = 1 - np.clip((index - low) / (high - low), 0, 1)
    return found


def _bounds_roundings(scaling: ByIndex, frequencies: Frequencies) -> Floats | float:
    """Return ρ, what the bounds of the ramp add where they are no integers.

    They are rounded once, low weighing 1 − R and high R at the height R of the ramp: k/(high − low) together; the two
    differences are rounded, 2R more. All this exceeds ρ = 2(low + high)/(high − low) by at most 3R − 2, which the
    inequality of the blend has left.
    """
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


def _radix_roundings(exponent: float, divisors: Floats, frequencies: Frequencies) -> Floats:
    """Return 4 + (7 + μ)|ln m_k|: s 1, exponential 2, product 1; in the exponent ln s 1, powers 4, quotient, product 1.

    Where float32 has to round q, (k + 1)/K to the power of it is off by ln K of that rounding besides.
    """
    sizes = np.array([rung.size if rung else 1 for rung in frequencies.rungs])
    off = exponent * np.log(sizes) * inexact(exponent)
    return np.asarray(4 + (7 + off) * np.abs(np.log(divisors)))
