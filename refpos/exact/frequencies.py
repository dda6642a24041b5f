"""Ω, certified: the angle by which each axis turns each plane per unit step."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import Any, assert_never

from refpos.errors import require
from refpos.exact.ball import Real, ball, multiply
from refpos.exact.constants import pi
from refpos.exact.refined import refined
from refpos.exact.roots import Number, raised, real, times
from refpos.exact.scaling import Frequency, multiplier, per_axis
from refpos.variants.frequencies import (
    AnyFrequencies,
    Bands,
    Dense,
    Frequencies,
    PerHead,
    axis_count,
    head_count,
    learned_shapes,
)
from refpos.variants.ladder import Rung
from refpos.variants.length import require_static

Learned = Mapping[str, Sequence[Any]]
"""What a model learned, as nested sequences of doubles, each exactly what it stands for."""

Turning = tuple[tuple[int, Frequency], ...]
"""What turns a plane: the axes, each with its frequency; none where the plane stands still."""

GUARD = 32


def omega(
    frequencies: AnyFrequencies, bits: int, *, learned: Learned | None = None, head: int = 0
) -> tuple[tuple[Real, ...], ...]:
    r"""Return Ω to 2^−bits: a row of K frequencies per axis, in radians per unit step.

    Frequencies     ω_ak = [axes_k = a] · m_k · base_a^(−e_k)
    Bands           ω_ak = [axes_k = a] · low (high/low)^(j/(n−1)),  or  low + (high − low) j/(n−1)
    Dense           ω_ak = learned

    times 1, π or 2π by the unit. Rational frequencies in radians are fractions, exactly; every ball has
    rad·2^−scale <= 2^−bits.

    Parameters
    ----------
    frequencies : Frequencies, Bands, Dense or PerHead
    bits : int
    learned : mapping, optional
        For Dense: {"omega": (A, K) or (heads, A, K)}, nested sequences or an array.
    head : int
        Which head's, where they differ.

    Raises
    ------
    SpecError
        If a scaling depends on the length, learned numbers are missing, superfluous, not finite or of another shape, or
        there is no such head.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 15.

    Examples
    --------
    >>> omega(Frequencies((0, 0, 0, 0), base=10_000.0), 64)
    ((Fraction(1, 1), Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000)),)
    """
    require(isinstance(frequencies, AnyFrequencies), "frequencies must be a description of frequencies", frequencies)

    def rows(scale: int) -> tuple[tuple[Real, ...], ...]:
        planes = turning(frequencies, scale, learned=learned, head=head)
        return tuple(tuple(_on(axis, one, scale) for one in planes) for axis in range(axis_count(frequencies)))

    return refined(rows, lambda found: [x for row in found for x in row], bits, GUARD)


def turning(
    frequencies: AnyFrequencies, scale: int, *, learned: Learned | None = None, head: int = 0
) -> tuple[Turning, ...]:
    """Return for each plane what turns it: exactly where it is a product of powers, else as a ball of that scale.

    Raises
    ------
    SpecError
        As for `omega`.

    Examples
    --------
    >>> turning(Frequencies((1, 0), unit="turn"), 64)[0]
    ((1, Frequency(value=Fraction(2, 1), half_turns=True)),)
    """
    require_static(frequencies)
    _check_head(head, head_count(frequencies))
    match frequencies:
        case Dense():
            return _learned(frequencies, learned, head)
        case PerHead(frequencies=heads, reads=reads):
            require(not learned, "learned arrays are only for variants that learn", learned and sorted(learned))
            planes = turning(heads[head], scale)
            if reads is None:
                return planes
            return tuple(tuple((reads[head][axis], one) for axis, one in plane) for plane in planes)
        case Frequencies() | Bands():
            require(not learned, "learned arrays are only for variants that learn", learned and sorted(learned))
            return _given(frequencies, scale)
        case _:
            assert_never(frequencies)


@lru_cache(maxsize=256)
def _given(frequencies: Frequencies | Bands, scale: int) -> tuple[Turning, ...]:
    """Return what turns the planes of a description that learns nothing."""
    found = []
    for k, rung in enumerate(frequencies.rungs):
        found.append(() if rung is None else ((rung.axis, _theta(frequencies, rung, k, scale)),))
    return tuple(found)


def _theta(frequencies: Frequencies | Bands, rung: Rung, plane: int, scale: int) -> Frequency:
    """Return the frequency of a plane on its rung; scalings are applied from left to right, each to the last."""
    match frequencies:
        case Frequencies(base=base, endpoint=endpoint, unit=unit):
            theta = _in_unit(raised(per_axis(base, rung), -rung.exponent(endpoint)), unit, scale)
            for scaling in frequencies.scalings:
                m = multiplier(scaling, theta, plane, frequencies, scale)
                theta = Frequency(times(theta.value, m, scale), theta.half_turns)
            return theta
        case Bands(low=first, high=last, spacing=spacing, unit=unit):
            low, high = Fraction(first), Fraction(last)
            t = rung.fraction if rung.size > 1 else Fraction(0)
            spread = times(low, raised(high / low, t), scale) if spacing == "log" else low + (high - low) * t
            return _in_unit(spread, unit, scale)
        case _:
            assert_never(frequencies)


def _in_unit(value: Number, unit: str, scale: int) -> Frequency:
    """Return a frequency given in radians, half turns or turns, of which each is two half turns."""
    return Frequency(times(Fraction(2), value, scale) if unit == "turn" else value, half_turns=unit != "radian")


def radians(frequency: Frequency, scale: int) -> Real:
    """Return a frequency, or an angle, in radians: times π where it counts half turns.

    π is taken at so many bits more as the number has before the point.
    """
    value = real(frequency.value, scale)
    if not frequency.half_turns or value == 0:
        return value
    size = ball(value, 0).mid
    return multiply(value, pi(scale + size.bit_length()))


def _on(axis: int, plane: Turning, scale: int) -> Real:
    """Return by how many radians an axis turns a plane."""
    return next((radians(one, scale) for a, one in plane if a == axis), Fraction(0))


def _learned(frequencies: Dense, learned: Learned | None, head: int) -> tuple[Turning, ...]:
    """Return what turns the planes of a dense Ω: doubles, exactly."""
    require(learned and set(learned) == {"omega"}, "learned must bring exactly omega", learned and sorted(learned))
    assert learned is not None
    given = learned["omega"]
    rows = given.tolist() if hasattr(given, "tolist") else given
    shape = learned_shapes(frequencies)["omega"]
    require(_has_shape(rows, shape), f"omega must have shape {shape}, of finite numbers", rows)
    if frequencies.heads is not None:
        rows = rows[head]
    columns = zip(*rows, strict=True)
    return tuple(
        tuple((axis, _in_unit(Fraction(w), frequencies.unit, 0)) for axis, w in enumerate(column) if w)
        for column in columns
    )


def _has_shape(given: Any, shape: tuple[int, ...]) -> bool:
    """Return whether nested sequences have a shape and hold finite numbers."""
    if not shape:
        return isinstance(given, int | float | Fraction) and not isinstance(given, bool) and isfinite(given)
    return (
        isinstance(given, list | tuple) and len(given) == shape[0] and all(_has_shape(one, shape[1:]) for one in given)
    )


def _check_head(head: int, heads: int | None) -> None:
    require(type(head) is int and 0 <= head < (heads or 1), f"head must be an int from 0 to {(heads or 1) - 1}", head)
