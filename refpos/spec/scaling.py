"""Context extension: the multipliers m_k in θ'_k = m_k θ_k, and the magnitudes that go with them.

L is the original length, s the factor, θ_k a frequency, d = 2K the rotated width, k a plane's index on its ladder.
Everything here is an array of decimals, see `refpos.spec.precise`.
"""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, assert_never

import numpy as np

from refpos.spec.precise import PI, Decimals, decimal, decimals, digits, ln, powers
from refpos.variants.frequencies import Frequencies
from refpos.variants.ladder import Rung
from refpos.variants.rotary import Magnitude, Mscale, RootLog
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
    Ramped,
    Scaling,
)


def multipliers(scaling: Scaling, theta: Decimals, rungs: list[Rung], frequencies: Frequencies) -> Decimals:
    r"""Return m_k, by which a scaling multiplies the frequencies of the turning planes.

    Linear      m_k = 1/s
    NTK         m_k = s^(−k/(K−1)),  which is the ladder of base b·s^(d/(d−2))
    MixedRadix  m_k = s^(−((k+1)/K)^q),  which is exp(−a m^q) with a (d/2)^q = ln s, counting m = k + 1 from 1
    ByParts     m_k = γ_k + (1 − γ_k)/s,  γ_k = ramp(Lθ_k/2π; low, high)
    ByIndex     m_k = γ_k + (1 − γ_k)/s,  γ_k = 1 − ramp(k; c(fast), c(slow)),  c(r) = d ln(L/2πr) / (2 ln b)
    PartNTK     m_k = γ_k + (1 − γ_k)(η_k s^(−k/(K−1)) + (1 − η_k)/s),  γ_k and η_k as for ByIndex, of fast and of slow
    PerPlane    m_k = 1/d_k

    with ramp(x; a, b) = (x − a)/(b − a), cut off at 0 and 1.

    Parameters
    ----------
    scaling : Scaling
        One that does not depend on the length.
    theta : (K,) decimals
        The frequencies of the turning planes as they are before this scaling, in radians per step.
    rungs : list of Rung
        Where those planes stand.
    frequencies : Frequencies
        Whose base and number of planes count.

    Returns
    -------
    (K,) decimals

    References
    ----------
    Linear, NTK, ByParts: YaRN, arXiv:2309.00071v2, eqs. 10-11, 14-16 and 17-20; ByParts with
    (low, high) = (1, 4) is Llama 3's `apply_scaling`. MixedRadix: kexue.fm/archives/9706, NTK-RoPE-mixed.
    ByIndex: jquesnelle/yarn, `LlamaYaRNScaledRotaryEmbedding`; PartNTK: `LlamaPartNTKScaledRotaryEmbedding` there.
    LongRoPE's divisors: transformers 5.23.0, `modeling_rope_utils.py`, `_compute_longrope_parameters`.

    Deviations
    ----------
    For MixedRadix the post asks for q <= 1 alone, but below 0 some steps would be below 1: so 0 <= q <= 1, from Linear
    (q = 0) to one step for every digit (q = 1, NTK-RoPE-fixed). A base of b·s, its NTK-RoPE-old, is not b·s^(d/(d−2)).
    9675 says that NTK changes the fastest frequency a little: it leaves the first of its own list, n/β^0, as it is.
    The YaRN paper ramps over turns and its code over the plane's index: `ByParts` and `ByIndex`, two functions.
    Eq. 17 of the paper prints the scaled base where the original one is meant. The code clamps c(slow) to d − 1
    although there are d/2 planes, and adds 0.001 to it where both bounds coincide; so does `ByIndex`.
    Older versions of transformers took max_position_embeddings for L; `original` is always given here.
    c(r) takes the ladder for one in radians without an end point, whatever the unit: `ByParts` counts true turns.
    Where clamping leaves the first bound above the second, the ramp falls and, cut off, stretches every plane or none.
    """
    match scaling:
        case Linear(factor=factor):
            return 1 / _per_axis(factor, rungs)
        case NTK(factor=factor):
            factors = [factor[rung.axis] if isinstance(factor, tuple) else factor for rung in rungs]
            return powers(factors, [-rung.fraction for rung in rungs])
        case MixedRadix(factor=factor, exponent=exponent):
            shares = powers(
                (decimal(Fraction(rung.index + 1, rung.size)) for rung in rungs), [Fraction(exponent)] * len(rungs)
            )
            return powers(_per_axis(factor, rungs), -shares)
        case ByParts() | ByIndex() | PartNTK():
            return _ramped(scaling, theta, rungs, frequencies)
        case PerPlane(divisors=divisors):
            return 1 / decimals(d for d, rung in zip(divisors, frequencies.rungs, strict=True) if rung is not None)
        case DynamicNTK() | LongRope():
            raise AssertionError("checked by require_static")
        case _:
            assert_never(scaling)


@lru_cache(maxsize=256, typed=True)
def magnitude(factor: Magnitude) -> float:
    r"""Return the number by which cosine and sine are multiplied, correctly rounded.

    Mscale      0.1·c·ln s + 1
    RootLog     √(1 + ln s / ln L)

    and 1 where s does not exceed 1.

    References
    ----------
    YaRN, arXiv:2309.00071v2, eq. 22; LongRoPE as configured by Phi-3, transformers 5.23.0,
    `modeling_rope_utils.py`, `_compute_longrope_parameters`.

    Examples
    --------
    >>> magnitude(Mscale(32))
    1.3465735902799727
    """
    with digits():
        match factor:
            case Mscale(factor=s, coefficient=c):
                return 1.0 if s <= 1 else float(decimal(c) * decimal(s).ln() / 10 + 1)
            case RootLog(factor=s, original=length):
                return 1.0 if s <= 1 else float((1 + decimal(s).ln() / decimal(length).ln()).sqrt())
            case _:
                return factor


def correction_range(scaling: ByIndex, frequencies: Frequencies) -> tuple[Decimals, Decimals]:
    """Return for each turning plane the indices between which its ladder is blended, as the YaRN code finds them."""
    rungs = [rung for rung in frequencies.rungs if rung is not None]
    bases = _per_axis(frequencies.base, rungs)
    width = 2 * decimals(rung.size for rung in rungs)

    def crossing(turns: float) -> Decimals:
        return np.asarray(width * _ln(scaling.original / (2 * PI * decimal(turns))) / (2 * _ln(bases)))

    zero: Decimals = Decimal(0)
    low, high = crossing(scaling.fast), crossing(scaling.slow)
    if scaling.truncate:
        low, high = np.floor(low), np.ceil(high)
    low, high = np.maximum(low, zero), np.minimum(high, width - 1)
    return low, np.where(low == high, high + Decimal("0.001"), high)


def _ramped(scaling: Ramped, theta: Decimals, rungs: list[Rung], frequencies: Frequencies) -> Decimals:
    match scaling:
        case ByParts(factor=factor, original=length, low=low, high=high):
            turns = length * theta / (2 * PI)
            return _blend(_ramp(turns, decimal(low), decimal(high)), factor)
        case ByIndex(factor=factor):
            return _blend(_kept(scaling, rungs, frequencies), factor)
        case PartNTK(factor=factor, ramps=ramps):
            gamma, eta = (_kept(one, rungs, frequencies) for one in ramps)
            ntk = multipliers(NTK(factor), theta, rungs, frequencies)
            return np.asarray(gamma + (1 - gamma) * (eta * ntk + (1 - eta) / decimal(factor)))
        case _:
            assert_never(scaling)


def _kept(scaling: ByIndex, rungs: list[Rung], frequencies: Frequencies) -> Decimals:
    """Return γ_k, which falls over the index from 1 to 0."""
    return 1 - _ramp(decimals(rung.index for rung in rungs), *correction_range(scaling, frequencies))


def _ramp(x: Decimals, a: Decimals, b: Decimals) -> Decimals:
    """Rise from 0 at a to 1 at b."""
    zero: Decimals = Decimal(0)
    one: Decimals = Decimal(1)
    return np.minimum(np.maximum((x - a) / (b - a), zero), one)


def _blend(gamma: Decimals, factor: float) -> Decimals:
    """Return γ + (1 − γ)/s."""
    return np.asarray(gamma + (1 - gamma) / decimal(factor))


def _per_axis(value: float | tuple[float, ...], rungs: list[Rung]) -> Decimals:
    """Return for each plane the value of its axis."""
    return decimals(value[rung.axis] if isinstance(value, tuple) else value for rung in rungs)


_ln: Any = np.frompyfunc(ln, 1, 1)
