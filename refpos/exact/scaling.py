"""Context extension, certified: the multipliers m_k in θ'_k = m_k θ_k, and the magnitudes that go with them.

L is the original length, s the factor, θ_k a frequency, d = 2K the rotated width, k a plane's index on its ladder.
"""

from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import NamedTuple, assert_never

from refpos.errors import require
from refpos.exact.ball import (
    Ball,
    Real,
    UndecidedError,
    add,
    clamp,
    compare,
    divide,
    floor,
    multiply,
    negative,
    subtract,
)
from refpos.exact.constants import pi
from refpos.exact.elementary import exp, integer_root, ln, sqrt
from refpos.exact.roots import Number, primitive, raised, real
from refpos.variants.frequencies import Frequencies
from refpos.variants.ladder import Rung
from refpos.variants.rotary import Magnitude, Mscale, RootLog, XPos
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

ZERO, ONE = Fraction(0), Fraction(1)

MOST = 1 << 16
"""Bits of the greatest powers of fractions that are written out."""


class Frequency(NamedTuple):
    """The angle of a plane per unit step: `value` in radians, or in half turns, where it is times π."""

    value: Number
    half_turns: bool = False


def multiplier(scaling: Scaling, theta: Frequency, plane: int, frequencies: Frequencies, scale: int) -> Number:
    r"""Return m_k, by which a scaling multiplies the frequency of a turning plane.

    Linear      m_k = 1/s
    NTK         m_k = s^(−k/(K−1))
    MixedRadix  m_k = s^(−((k+1)/K)^q)
    ByParts     m_k = γ_k + (1 − γ_k)/s,  γ_k = ramp(Lθ_k/2π; low, high)
    ByIndex     m_k = γ_k + (1 − γ_k)/s,  γ_k = 1 − ramp(k; c(fast), c(slow)),  c(r) = d ln(L/2πr) / (2 ln b)
    PartNTK     m_k = γ_k + (1 − γ_k)(η_k s^(−k/(K−1)) + (1 − η_k)/s),  γ_k and η_k as for ByIndex, of fast and of slow
    PerPlane    m_k = 1/d_k

    with ramp(x; a, b) = (x − a)/(b − a), cut off at 0 and 1. Linear, NTK and PerPlane are exact, ByIndex too where it
    truncates, MixedRadix where ((k+1)/K)^q is rational, PartNTK but where NTK is blended with another, and a plane that
    is known to be beyond the ramp. Otherwise the bounds are those of the operations.

    Parameters
    ----------
    scaling : Scaling
        One that does not depend on the length.
    theta : Frequency
        The frequency as it is before this scaling.
    plane : int
    frequencies : Frequencies
        Whose base and number of planes count.
    scale : int
        That of balls, where there are any.

    Raises
    ------
    UndecidedError
        If a ball of that scale does not tell on which side of an integer c(r) lies.

    References
    ----------
    As for `refpos.spec.scaling.multipliers`, which has the Deviations too.

    Examples
    --------
    >>> four = Frequencies((0,) * 4, scaling=ByIndex(4, 4096))
    >>> [multiplier(four.scalings[0], Frequency(ONE), k, four, 64) for k in range(4)]
    [Fraction(1, 1), Fraction(1, 1), Fraction(5, 8), Fraction(1, 4)]
    """
    rung = frequencies.rungs[plane]
    assert rung is not None
    match scaling:
        case Linear(factor=factor):
            return 1 / per_axis(factor, rung)
        case NTK(factor=factor):
            return raised(per_axis(factor, rung), -rung.fraction)
        case MixedRadix(factor=factor, exponent=exponent):
            return _mixed_radix(per_axis(factor, rung), rung, Fraction(exponent), scale)
        case ByParts() | ByIndex() | PartNTK():
            return _ramped(scaling, theta, rung, frequencies, scale)
        case PerPlane(divisors=divisors):
            return 1 / Fraction(divisors[plane])
        case DynamicNTK() | LongRope():
            raise AssertionError("checked by require_static")
        case _:
            assert_never(scaling)


@lru_cache(maxsize=1024)
def magnitude(factor: Magnitude, scale: int) -> Number:
    r"""Return the number by which cosine and sine are multiplied.

    Mscale      0.1·c·ln s + 1
    RootLog     √(1 + ln s / ln L)

    and 1 where s does not exceed 1. ln s / ln L is rational exactly where s and L are powers of one number, and then
    the root is exact.

    References
    ----------
    YaRN, arXiv:2309.00071v2, eq. 22; LongRoPE as configured by Phi-3, transformers 5.23.0,
    `modeling_rope_utils.py`, `_compute_longrope_parameters`.

    Examples
    --------
    >>> magnitude(RootLog(32, 4096), 64)  # √(17/12)
    Root(coefficient=Fraction(1, 12), powers=((12, Fraction(1, 2)), (17, Fraction(1, 2))))
    """
    match factor:
        case Mscale(factor=s) | RootLog(factor=s) if s <= 1:
            return ONE
        case Mscale(factor=s, coefficient=c):
            return add(multiply(ln(Fraction(s), scale), Fraction(c) / 10), ONE)
        case RootLog(factor=s, original=length):
            ratio = quotient_of_logs(Fraction(s), Fraction(length), scale)
            return sqrt(add(ratio, ONE), scale) if isinstance(ratio, Ball) else raised(1 + ratio, Fraction(1, 2))
        case float():
            return Fraction(factor)
        case _:
            assert_never(factor)


def growth(given: XPos, position: Fraction, plane: int, planes: int, scale: int) -> Number:
    r"""Return what queries grow by, or, at the position mirrored in the centre, keys.

    ζ_k^((p − centre)/scale_base) = exp((p − centre)/scale_base · ln ζ_k),  ζ_k = (k/K + 2/5)/(7/5)

    Exactly, but where it is below 2^−4096 or so, far below what any format holds: there a ball of that scale, to the
    bounds of `ln`, `multiply` and `exp`.

    Raises
    ------
    SpecError
        If it is as far above.

    References
    ----------
    xPos, arXiv:2212.10554v1, §3.2 and Algorithm 1.

    Examples
    --------
    >>> growth(XPos(scale_base=2), Fraction(4), 0, 2, 64)
    Fraction(4, 49)
    """
    zeta = (Fraction(plane, planes) + Fraction(2, 5)) / Fraction(7, 5)
    exponent = (position - Fraction(given.centre)) / Fraction(given.scale_base)
    if abs(exponent) * (zeta.numerator * zeta.denominator).bit_length() <= MOST:
        return raised(zeta, exponent)
    require(exponent > 0, "growth must stay below 2^4096 or so", f"ζ = {zeta} to the power of {float(exponent)}")
    return exp(multiply(ln(zeta, scale + int(exponent).bit_length()), exponent), scale)


def per_axis(value: float | tuple[float, ...], rung: Rung) -> Fraction:
    """Return the value of the axis of a rung, a double as it stands."""
    return Fraction(value[rung.axis] if isinstance(value, tuple) else value)


def _ramped(scaling: Ramped, theta: Frequency, rung: Rung, frequencies: Frequencies, scale: int) -> Number:
    match scaling:
        case ByParts(factor=factor, original=length, low=low, high=high):
            return _blend(_ramp(_turns(length, theta, scale), Fraction(low), Fraction(high)), Fraction(factor))
        case ByIndex(factor=factor):
            return _blend(_kept(scaling, rung, frequencies, scale), Fraction(factor))
        case PartNTK(factor=factor, ramps=ramps):
            gamma, eta = (_kept(one, rung, frequencies, scale) for one in ramps)
            return _part_ntk(gamma, eta, raised(Fraction(factor), -rung.fraction), Fraction(factor), scale)
        case _:
            assert_never(scaling)


def _part_ntk(gamma: Real, eta: Real, ntk: Number, s: Fraction, scale: int) -> Number:
    """Return γ + (1 − γ)(η·ntk + (1 − η)/s), in which nothing is reckoned with what has no share."""
    if gamma == ONE:
        return ONE
    if gamma == ZERO and eta == ONE:
        return ntk
    inner = add(multiply(eta, real(ntk, scale)), divide(subtract(ONE, eta), s)) if eta != ZERO else 1 / s
    return add(gamma, multiply(subtract(ONE, gamma), inner))


def _mixed_radix(s: Fraction, rung: Rung, q: Fraction, scale: int) -> Number:
    """Return s^(−t), t = ((k+1)/K)^q: exactly where t is rational, and otherwise e^(−t ln s), transcendental."""
    share = raised(Fraction(rung.index + 1, rung.size), q)
    if isinstance(share, Fraction) or s == 1:
        return raised(s, -share) if isinstance(share, Fraction) else ONE
    return exp(multiply(ln(s, scale), negative(real(share, scale))), scale)


def _turns(length: int, theta: Frequency, scale: int) -> Real:
    """Return Lθ/2π, the turns within the original length: L·value/2 where the value counts half turns."""
    turns = multiply(real(theta.value, scale), Fraction(length, 2))
    return turns if theta.half_turns else divide(turns, pi(scale))


@lru_cache(maxsize=1024)
def _correction_range(scaling: ByIndex, base: Fraction, planes: int, scale: int) -> tuple[Real, Real]:
    """Return the indices between which a ladder is blended, as the YaRN code finds them.

    L/2πr is transcendental, so c(r) is no rational number, and enough bits decide its floor and ceiling and on which
    side of 0 and 2K − 1 it lies. So both ends are equal only where they are one crossing, or both are whole.
    """
    last = Fraction(2 * planes - 1)

    def crossing(turns: float) -> Real:
        ratio = divide(Fraction(scaling.original) / (2 * Fraction(turns)), pi(scale))
        return multiply(divide(ln(ratio, scale), ln(base, scale)), Fraction(planes))

    low, high = crossing(scaling.fast), crossing(scaling.slow)
    if scaling.truncate:
        low, high = Fraction(floor(low)), Fraction(floor(high) + 1)
    low, high = (ZERO if _less(low, ZERO) else low), (last if _less(last, high) else high)
    balls = isinstance(low, Ball) and isinstance(high, Ball)
    same = scaling.fast == scaling.slow if balls else low == high
    return low, add(high, Fraction(1, 1000)) if same else high


def quotient_of_logs(x: Fraction, y: Fraction, scale: int) -> Real:
    """Return ln x / ln y, x >= 1 and y > 1: a/b exactly where x = c^a and y = c^b, else 0 or irrational."""
    (c, a), (d, b) = _primitive(x), _primitive(y)
    return Fraction(a, b) if c == d else divide(ln(x, scale), ln(y, scale))


def _primitive(x: Fraction) -> tuple[Fraction, int]:
    """Return c and the greatest g with x = c^g, of a fraction above 1; 1 and 1 of 1."""
    n, m = x.numerator, x.denominator
    g = gcd(primitive(n)[1], primitive(m)[1] if m > 1 else 0)
    return Fraction(integer_root(n, g), integer_root(m, g)), g


def _less(a: Real, b: Real) -> bool:
    """Return whether a < b, of two numbers that are not equal but perhaps exactly."""
    found = compare(a, b)
    if found is None:
        raise UndecidedError("a crossing must lie on one side of the end of a ladder")
    return found < 0


def _kept(scaling: ByIndex, rung: Rung, frequencies: Frequencies, scale: int) -> Real:
    """Return γ_k, which falls over the index from 1 to 0."""
    low, high = _correction_range(scaling, per_axis(frequencies.base, rung), rung.size, scale)
    return subtract(ONE, _ramp(Fraction(rung.index), low, high))


def _ramp(x: Real, a: Real, b: Real) -> Real:
    """Rise from 0 at a to 1 at b."""
    return clamp(divide(subtract(x, a), subtract(b, a)), ZERO, ONE)


def _blend(gamma: Real, factor: Fraction) -> Real:
    """Return γ + (1 − γ)/s."""
    return add(multiply(gamma, 1 - 1 / factor), 1 / factor)
