"""Positions times frequencies, certified: Φ = P Ω, and the cosine and sine of one angle."""

from collections.abc import Sequence
from fractions import Fraction

from refpos.errors import require
from refpos.exact.ball import Real
from refpos.exact.elementary import cos_sin
from refpos.exact.frequencies import GUARD, Learned, Turning, radians, turning
from refpos.exact.given import listed, number, plain
from refpos.exact.refined import refined
from refpos.exact.roots import Number, plus, raised, real, times
from refpos.exact.scaling import Frequency
from refpos.variants.frequencies import AnyFrequencies, Frequencies, axis_count, halved

Coordinate = int | float | Fraction
Position = Coordinate | Sequence[Coordinate]
"""A number, exactly what it stands for; where there are several axes, one for each."""

Head = tuple[tuple[Real, ...], tuple[Real, ...]]
"""Ω of one head that two axes turn: a row for y, one for x."""

HALF = Fraction(1, 2)
SQUARES = {Fraction(0): 0, Fraction(1, 6): 1, Fraction(1, 4): 2, Fraction(1, 3): 3, Fraction(1, 2): 4}
"""4 sin² of the angles, in half turns, at which it is 0, 1, 2, 3 or 4."""


def angles(
    position: Position, frequencies: AnyFrequencies, bits: int, *, learned: Learned | None = None, head: int = 0
) -> tuple[Real, ...]:
    r"""Return the angle of every plane at a position to 2^−bits, in radians.

    φ_k = Σ_a p_a ω_ak

    Fractions are exact; every ball has rad·2^−scale <= 2^−bits.

    Parameters
    ----------
    position : a number, or one for each of A > 1 axes
        Of any size.
    frequencies : Frequencies, Bands, Dense or PerHead
    bits : int
    learned, head
        As for `refpos.exact.frequencies.omega`.

    Raises
    ------
    SpecError
        As for `omega`, and if the position has not a finite number for each axis.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 15; several axes: RoPE-ViT, arXiv:2403.13298v2, eqs. 9 and 12.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> angles(7, Frequencies((0, 0), base=100.0), 64)
    (Fraction(7, 1), Fraction(7, 10))
    """
    require(isinstance(frequencies, AnyFrequencies), "frequencies must be a description of frequencies", frequencies)
    p = coordinates(position, axis_count(frequencies))

    def made(scale: int) -> tuple[Real, ...]:
        planes = turning(frequencies, scale, learned=learned, head=head)
        return tuple(radians(angle(p, one, scale), scale) for one in planes)

    return refined(made, lambda found: found, bits, reach(p) + GUARD)


def mixed(angles: Sequence[float | Fraction], planes: int, bits: int, base: float = 10.0) -> tuple[Head, ...]:
    r"""Return the Ω from which RoPE-Mixed learns to 2^−bits, given the angle a of each head: a row for y, one for x.

    ω_x = [m cos a, −m sin a],  ω_y = [m sin a, m cos a],  m_j = base^(−2j/K),  j = 0..K/2 − 1

    Parameters
    ----------
    angles : sequence
        Radians; a double is exactly what it stands for.
    planes : int
        K, even.
    bits : int
    base : float

    Raises
    ------
    SpecError
        If planes or base are out of range.

    References
    ----------
    As for `refpos.spec.frequencies.mixed`, which has the Deviations too.

    Examples
    --------
    >>> [[float(one) for one in row] for row in mixed([0], 4, 64, base=100.0)[0]]
    [[0.0, 0.0, 1.0, 0.1], [1.0, 0.1, 0.0, 0.0]]
    """
    half = Frequencies((0,) * halved(planes), base=base)
    turned = [
        number(a, "angles must be finite numbers") for a in listed(angles, "angles must be a sequence of numbers")
    ]

    def heads(scale: int) -> tuple[Head, ...]:
        m = [one.value for ((_, one),) in turning(half, scale)]
        circles = [circle(Frequency(a), scale) for a in turned]
        return tuple(
            (_row(m, (sin, cos), scale), _row(m, (cos, times(Fraction(-1), sin, scale)), scale)) for cos, sin in circles
        )

    return refined(heads, lambda found: [x for head in found for row in head for x in row], bits, GUARD)


def _row(m: Sequence[Number], factors: tuple[Number, Number], scale: int) -> tuple[Real, ...]:
    return tuple(real(times(one, factor, scale), scale) for factor in factors for one in m)


def coordinates(position: Position, axes: int) -> tuple[Fraction, ...]:
    """Return a position as fractions, or say what is wrong with it.

    Examples
    --------
    >>> coordinates((1, 0.5), 2)
    (Fraction(1, 1), Fraction(1, 2))
    """
    rule, found = f"a position must have {axes} coordinates", plain(position)
    p = (found,) if isinstance(found, int | float | Fraction) else listed(found, rule)
    require(len(p) == axes, rule, position)
    return tuple(number(one, "a position must have finite numbers") for one in p)


def reach(p: Sequence[Fraction]) -> int:
    """Return how many bits the greatest coordinate has before the point."""
    return max(int(abs(one)).bit_length() for one in p)


def angle(p: Sequence[Fraction], plane: Turning, scale: int) -> Frequency:
    """Return Σ_a p_a ω_a, in radians or half turns; the bounds are those of `times` and `plus`."""
    total: Number = Fraction(0)
    for axis, one in plane:
        total = plus(total, times(p[axis], one.value, scale), scale)
    return Frequency(total, any(one.half_turns for _, one in plane))


def circle(phi: Frequency, scale: int) -> tuple[Number, Number]:
    r"""Return cos φ and sin φ, about to 2^−scale.

    Exactly at 0, and at the multiples of π/6 and π/4, where 4 cos² is an integer (Niven); a fraction of half turns is
    first reduced modulo 2, exactly. Else the bounds are those of `cos_sin`, and nothing is rational that is not known
    to be: at an algebraic φ, and at π times an irrational algebraic number, e^{iφ} is transcendental (Lindemann;
    Gelfond and Schneider), so that x_a cos φ − x_b sin φ, a polynomial in it over 2 e^{iφ}, is irrational for rational
    x_a, x_b not both zero. At other fractions of π e^{iφ} is a root of unity, and that were a quadratic equation for it
    over Q(i): its order m would have lcm(4, m) in {4, 8, 12}, which are the multiples of π/6 and π/4.

    References
    ----------
    Niven, Irrational Numbers, 1956, chapters 2, 9 and 10.

    Examples
    --------
    >>> circle(Frequency(Fraction(7, 4), half_turns=True), 64)[1]
    Root(coefficient=Fraction(-1, 2), powers=((2, Fraction(1, 2)),))
    """
    if phi.half_turns and isinstance(phi.value, Fraction):
        turned = phi.value % 2
        if _folded(turned) in SQUARES:
            return _sine(turned + HALF), _sine(turned)
        phi = Frequency(turned, half_turns=True)
    return cos_sin(radians(phi, scale), scale)


def _sine(q: Fraction) -> Number:
    """Return sin πq where it is the root of a quarter of an integer."""
    size = raised_or_zero(Fraction(SQUARES[_folded(q)], 4))
    return size if q % 2 <= 1 else times(Fraction(-1), size, 0)


def raised_or_zero(square: Fraction) -> Number:
    """Return √square, exactly."""
    return raised(square, HALF) if square else square


def _folded(q: Fraction) -> Fraction:
    """Return the angle from 0 to a quarter turn whose sine has the size of that of q half turns."""
    return min(q % 1, 1 - q % 1)
