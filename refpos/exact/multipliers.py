"""The multipliers of context extension in closed form: those of `refpos.spec.scaling.multipliers`."""

from fractions import Fraction
from functools import reduce
from operator import mul
from typing import assert_never

from refpos.exact.ball import Real, add, divide, multiply, subtract
from refpos.exact.ball import sign as known_sign
from refpos.exact.closed import ONE, ZERO, Closed, atom, closed, root
from refpos.exact.decide import decide
from refpos.exact.enclosures import crossing, sign, whole
from refpos.exact.primes import factors
from refpos.variants.frequencies import Frequencies
from refpos.variants.ladder import Rung
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

Crossing = tuple[Fraction, Fraction]
"""x and b of ln(x/π)/ln b, or x and 1 of x itself: see `crossing`."""


def multiplier(scaling: Scaling, theta: Closed, k: int, rung: Rung, frequencies: Frequencies) -> Closed:
    """Return m_k, by which a scaling multiplies the frequency θ of plane k.

    Examples
    --------
    >>> one = Frequencies((0, 0), scaling=Linear(4))
    >>> multiplier(one.scalings[0], ONE, 1, one.rungs[1], one) == closed(0.25)
    True
    """
    match scaling:
        case Linear(factor=factor):
            return closed(1 / of_axis(factor, rung))
        case NTK(factor=factor):
            return root(of_axis(factor, rung), -rung.fraction)
        case MixedRadix(factor=factor, exponent=exponent):
            return _mixed_radix(of_axis(factor, rung), root(Fraction(rung.index + 1, rung.size), Fraction(exponent)))
        case ByParts() | ByIndex() | PartNTK():
            return _ramped(scaling, theta, rung, frequencies)
        case PerPlane(divisors=divisors):
            return closed(1 / Fraction(divisors[k]))
        case DynamicNTK() | LongRope():
            raise AssertionError("checked by require_static")
        case _:
            assert_never(scaling)


def of_axis(value: float | tuple[float, ...], rung: Rung) -> Fraction:
    """Return the value of a plane's axis."""
    return Fraction(value[rung.axis] if isinstance(value, tuple) else value)


def _ramped(scaling: Ramped, theta: Closed, rung: Rung, frequencies: Frequencies) -> Closed:
    match scaling:
        case ByParts(factor=s, original=length, low=low, high=high):
            turns = theta * closed(Fraction(length, 2)) * atom("pi", power=-1)
            rise = closed(1 / (Fraction(high) - Fraction(low)))
            return _blend(_cut((turns - closed(low)) * rise), s)
        case ByIndex(factor=s):
            return _blend(ONE - _ramp(scaling, rung, frequencies), s)
        case PartNTK(factor=s, ramps=ramps):
            gamma, eta = (ONE - _ramp(one, rung, frequencies) for one in ramps)
            ntk, divided = root(Fraction(s), -rung.fraction), closed(1 / Fraction(s))
            return gamma + (ONE - gamma) * (eta * ntk + (ONE - eta) * divided)
        case _:
            assert_never(scaling)


def _mixed_radix(s: Fraction, share: Closed) -> Closed:
    """Return s^−(c r), of c rational and r a root of primes: over the primes of s, so that it is written in one way."""
    ((powers, c),) = share.terms
    if not powers:
        return root(s, -c)
    inner = [number for one, r in powers for number in (one.data[0], r)]
    towers = (atom("tower", p, *inner, power=-n * c) for p, n in factors(s))
    return reduce(mul, towers, ONE)


def _blend(gamma: Closed, factor: float) -> Closed:
    """Return γ + (1 − γ)/s."""
    return gamma + (ONE - gamma) * closed(1 / Fraction(factor))


def _cut(x: Closed) -> Closed:
    """Cut a number off at 0 and 1."""
    if sign(x) <= 0:
        return ZERO
    return ONE if sign(x - ONE) >= 0 else x


def _ramp(scaling: ByIndex, rung: Rung, frequencies: Frequencies) -> Closed:
    """Return how far a rung stands between those at which its ladder makes `fast` and `slow` turns, cut off.

    c(r) = K ln(L/2πr)/ln b is never rational, so that it is decided on which side of an integer it stands. Cut down
    to integers the ramp is rational. Where it is not it is an atom, in units of K, so that it depends on the function
    alone.
    """
    size, base = rung.size, of_axis(frequencies.base, rung)
    fast, slow = ((Fraction(scaling.original) / (2 * Fraction(turns)), base) for turns in (scaling.fast, scaling.slow))
    last = Fraction(2 * size - 1, size)
    if scaling.truncate:
        low = Fraction(_below(fast, size), size), Fraction(1)
        high = Fraction(-_below(slow, -size), size), Fraction(1)
    else:
        low, high = fast, slow
    low = low if _less((Fraction(0), Fraction(1)), low) else (Fraction(0), Fraction(1))
    high = high if _less(high, (last, Fraction(1))) else (last, Fraction(1))
    apart = Fraction(1, 1000 * size) if low == high else Fraction(0)
    return _rise(Fraction(rung.index, size), low, high, apart)


def _rise(x: Fraction, low: Crossing, high: Crossing, apart: Fraction) -> Closed:
    if low[1] == high[1] == 1:
        return _cut(closed((x - low[0]) / (high[0] + apart - low[0])))

    def value(scale: int) -> Real:
        a, b = crossing(*low, scale), crossing(*high, scale)
        return divide(subtract(x, a), add(apart, subtract(b, a)))

    if decide(value, known_sign) <= 0:
        return ZERO
    if decide(lambda scale: subtract(value(scale), Fraction(1)), known_sign) > 0:
        return ONE
    return atom("ramp", x, *low, *high, apart)


def _less(a: Crossing, b: Crossing) -> bool:
    """Return whether one crossing comes before another."""
    return a != b and decide(lambda scale: subtract(crossing(*b, scale), crossing(*a, scale)), known_sign) > 0


def _below(at: Crossing, size: int) -> int:
    """Return the whole part of a crossing times a number of rungs."""
    return decide(lambda scale: multiply(crossing(*at, scale), Fraction(size)), whole)
