"""Frequencies, growth and magnitudes in closed form: what stands in the exponents and the matrices of a normal form."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, isfinite
from operator import mul
from typing import Any, assert_never

from refpos.errors import require
from refpos.exact.ball import Real, add, divide, multiply, subtract
from refpos.exact.ball import sign as known_sign
from refpos.exact.closed import ONE, PI, ZERO, Closed, atom, closed, logarithm, root
from refpos.exact.decide import decide
from refpos.exact.enclosures import crossing, sign, whole
from refpos.exact.primes import factors
from refpos.variants.frequencies import (
    AnyFrequencies,
    Bands,
    Dense,
    Frequencies,
    PerHead,
    axis_count,
    learned_shapes,
)
from refpos.variants.ladder import Rung
from refpos.variants.rotary import Magnitude, Mscale, RootLog, XPos
from refpos.variants.scaling import NTK, ByIndex, ByParts, DynamicNTK, Linear, LongRope, MixedRadix, PerPlane, Scaling

Column = tuple[Closed, ...]
"""The frequencies of one plane, one for each axis, in radians per unit step."""

Learned = Mapping[str, Any]
"""Arrays that a model learned, as nested sequences of numbers or anything with `tolist`."""


def columns(frequencies: AnyFrequencies, learned: Learned | None = None) -> tuple[tuple[Column, ...], ...]:
    """Return for each head, or once where heads do not differ, the column of Ω of each plane.

    The formulas are those of `refpos.spec.frequencies.omega` and `refpos.spec.scaling.multipliers`.

    Raises
    ------
    SpecError
        If learned arrays are missing, superfluous, of another shape, or not finite.

    Examples
    --------
    >>> columns(Frequencies((0, 0), base=100.0))[0] == ((ONE,), (closed(Fraction(1, 10)),))
    True
    """
    if not isinstance(frequencies, Dense):
        require(not learned, "learned arrays are only for variants that learn", learned and sorted(learned))
    match frequencies:
        case Dense(heads=heads):
            given = _learned(frequencies, learned)
            unit = _unit(frequencies)
            return tuple(
                tuple(tuple(closed(one) * unit for one in column) for column in zip(*rows, strict=True))
                for rows in (given if heads is not None else [given])
            )
        case PerHead(frequencies=heads_of, reads=reads):
            axes = axis_count(frequencies)
            return tuple(
                tuple(_placed(column, reads[h] if reads else None, axes) for column in _given(one))
                for h, one in enumerate(heads_of)
            )
        case Frequencies() | Bands():
            return (_given(frequencies),)
        case _:
            assert_never(frequencies)


def magnitude(factor: Magnitude) -> Closed:
    """Return by what cosine and sine are multiplied.

    Where ln s/ln L is rational the root is one of a rational: RootLog(32, 4096) is √(17/12).

    Examples
    --------
    >>> magnitude(RootLog(32, 4096)) == root(Fraction(17, 12), Fraction(1, 2))
    True
    """
    match factor:
        case Mscale(factor=s, coefficient=c):
            return ONE if s <= 1 else ONE + closed(Fraction(c) / 10) * logarithm(Fraction(s))
        case RootLog(factor=s, original=length):
            return ONE if s <= 1 else _root_log(Fraction(s), Fraction(length))
        case _:
            return closed(factor)


def growth(xpos: XPos | None, planes: int, *, key: bool = False) -> tuple[tuple[Closed, Closed], ...]:
    """Return for each plane the real part of its exponent and its magnitude at position 0: inverse for keys.

    ζ_k^((p − c)/b) = ζ_k^(−c/b) e^(p ln ζ_k/b),  ζ_k = (k/K + 2/5)/(7/5)

    Examples
    --------
    >>> growth(None, 1) == ((ZERO, ONE),)
    True
    """
    if xpos is None:
        return ((ZERO, ONE),) * planes
    rate = Fraction(-1 if key else 1) / Fraction(xpos.scale_base)
    zetas = [Fraction(5 * k + 2 * planes, 7 * planes) for k in range(planes)]
    return tuple((logarithm(one) * closed(rate), root(one, -Fraction(xpos.centre) * rate)) for one in zetas)


@lru_cache(maxsize=64)
def _given(frequencies: Frequencies | Bands) -> tuple[Column, ...]:
    axes, found = axis_count(frequencies), []
    for k, rung in enumerate(frequencies.rungs):
        value = ZERO if rung is None else _theta(frequencies, k, rung)
        found.append(tuple(value if rung and rung.axis == a else ZERO for a in range(axes)))
    return tuple(found)


def _theta(frequencies: Frequencies | Bands, k: int, rung: Rung) -> Closed:
    unit = _unit(frequencies)
    match frequencies:
        case Frequencies(base=base, endpoint=endpoint, scalings=scalings):
            theta = unit * root(_of(base, rung), -rung.exponent(endpoint))
            for scaling in scalings:
                theta = theta * _multiplier(scaling, theta, k, rung, frequencies)
            return theta
        case Bands(low=low, high=high, spacing=spacing):
            first, last = Fraction(low), Fraction(high)
            t = rung.fraction if rung.size > 1 else Fraction(0)
            if spacing == "log":
                return unit * root(first, 1 - t) * root(last, t)
            return unit * closed(first + (last - first) * t)
        case _:
            assert_never(frequencies)


def _multiplier(scaling: Scaling, theta: Closed, k: int, rung: Rung, frequencies: Frequencies) -> Closed:
    match scaling:
        case Linear(factor=factor):
            return closed(1 / _of(factor, rung))
        case NTK(factor=factor):
            return root(_of(factor, rung), -rung.fraction)
        case MixedRadix(factor=factor, exponent=exponent):
            return _mixed_radix(_of(factor, rung), root(Fraction(rung.index + 1, rung.size), Fraction(exponent)))
        case ByParts(factor=s, original=length, low=low, high=high):
            turns = theta * closed(Fraction(length, 2)) * atom("pi", power=-1)
            rise = closed(1 / (Fraction(high) - Fraction(low)))
            return _blend(_cut((turns - closed(low)) * rise), s)
        case ByIndex(factor=s):
            return _blend(ONE - _ramp(scaling, rung, frequencies), s)
        case PerPlane(divisors=divisors):
            return closed(1 / Fraction(divisors[k]))
        case DynamicNTK() | LongRope():
            raise AssertionError("checked by require_static")
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
    size, base = rung.size, _of(frequencies.base, rung)
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


Crossing = tuple[Fraction, Fraction]
"""x and b of ln(x/π)/ln b, or x and 1 of x itself: see `crossing`."""


def _rise(x: Fraction, low: Crossing, high: Crossing, apart: Fraction) -> Closed:
    if low[1] == high[1] == 1:
        return _cut(closed((x - low[0]) / (high[0] + apart - low[0])))

    def value(scale: int) -> Real:
        a, b = crossing(*low, scale), crossing(*high, scale)
        return divide(subtract(x, a), add(apart, subtract(b, a)))

    if decide(value, known_sign) < 0:
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


def _root_log(s: Fraction, length: Fraction) -> Closed:
    """Return √(1 + ln s/ln L), with s and L the smallest whose logarithms have this ratio."""
    over, under = dict(factors(s)), dict(factors(length))
    common = gcd(*over.values(), *under.values())
    if over.keys() == under.keys():
        ratios = {Fraction(over[p], under[p]) for p in over}
        if len(ratios) == 1:
            return root(1 + ratios.pop(), Fraction(1, 2))
    return atom("root-log", _rooted(over, common), _rooted(under, common))


def _rooted(powers: Mapping[int, int], k: int) -> Fraction:
    """Return the k-th root of a number, given its prime factors."""
    return reduce(mul, (Fraction(p) ** (n // k) for p, n in powers.items()), Fraction(1))


def _placed(column: Column, reads: tuple[int, ...] | None, axes: int) -> Column:
    """Return a head's column with each entry at the coordinate that the head reads there."""
    if reads is None:
        return column
    return tuple(column[reads.index(a)] if a in reads else ZERO for a in range(axes))


def _learned(frequencies: Dense, learned: Learned | None) -> Any:
    """Return Ω as nested lists of its shape: (A, K), or (heads, A, K)."""
    require(learned and set(learned) == {"omega"}, "learned must bring exactly omega", learned and sorted(learned))
    assert learned is not None
    given = learned["omega"]
    given = given.tolist() if hasattr(given, "tolist") else given
    shape = learned_shapes(frequencies)["omega"]
    require(_fits(given, shape), f"omega must be finite numbers of shape {shape}", given)
    return given


def _fits(given: Any, shape: tuple[int, ...]) -> bool:
    if not shape:
        return isinstance(given, Fraction | int | float) and not isinstance(given, bool) and isfinite(given)
    return isinstance(given, list | tuple) and len(given) == shape[0] and all(_fits(one, shape[1:]) for one in given)


def _of(value: float | tuple[float, ...], rung: Rung) -> Fraction:
    """Return the value of a plane's axis."""
    return Fraction(value[rung.axis] if isinstance(value, tuple) else value)


def _unit(frequencies: Frequencies | Bands | Dense) -> Closed:
    """Return the radians in one unit of frequency: 1, π or 2π."""
    return {"radian": ONE, "half-turn": PI, "turn": PI + PI}[frequencies.unit]
