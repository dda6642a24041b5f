"""Frequencies, growth and magnitudes in closed form: what stands in the exponents and the matrices of a normal form."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, isfinite
from operator import mul
from typing import Any, assert_never

from refpos.errors import require
from refpos.exact.closed import ONE, PI, ZERO, Closed, atom, closed, logarithm, root
from refpos.exact.multipliers import multiplier, of_axis
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
            theta = unit * root(of_axis(base, rung), -rung.exponent(endpoint))
            for scaling in scalings:
                theta = theta * multiplier(scaling, theta, k, rung, frequencies)
            return theta
        case Bands(low=low, high=high, spacing=spacing):
            first, last = Fraction(low), Fraction(high)
            t = rung.fraction if rung.size > 1 else Fraction(0)
            if spacing == "log":
                return unit * root(first, 1 - t) * root(last, t)
            return unit * closed(first + (last - first) * t)
        case _:
            assert_never(frequencies)


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


def _unit(frequencies: Frequencies | Bands | Dense) -> Closed:
    """Return the radians in one unit of frequency: 1, π or 2π."""
    return {"radian": ONE, "half-turn": PI, "turn": PI + PI}[frequencies.unit]
