"""Positions times frequencies in symbols: Ω, and the angles Φ = P Ω."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias, assert_never

import sympy

from refpos.errors import require
from refpos.symbolic import ladder, scaling
from refpos.symbolic.symbols import (
    LEARNED,
    OMEGA,
    PLANE,
    Equations,
    Expr,
    Values,
    equation,
    exact,
    primed,
    worked,
)
from refpos.variants.frequencies import (
    AnyFrequencies,
    Bands,
    Dense,
    Frequencies,
    PerHead,
    axis_count,
    halved,
    plane_count,
)
from refpos.variants.ladder import Rung
from refpos.variants.length import require_static

Matrix: TypeAlias = sympy.ImmutableMatrix
Position: TypeAlias = Expr | Sequence[Expr]
"""A number or an expression where there is one axis, else one for each axis."""


def omega(frequencies: AnyFrequencies) -> Matrix | list[Matrix]:
    r"""Return Ω, the angle by which each axis turns each plane per unit step, in closed form.

    Frequencies     ω_ak = [axes_k = a] · m_k · base_a^(−e_k)
    Bands           ω_ak = [axes_k = a] · low (high/low)^(j/(n−1)),  or  low + (high − low) j/(n−1)
    Dense           ω_ak, real symbols

    times 1, π or 2π by the unit. It is the formula of `refpos.symbolic.formula` with numbers put in.

    Parameters
    ----------
    frequencies : Frequencies, Bands, Dense or PerHead

    Returns
    -------
    (A, K) matrix, or a list of one per head where heads differ
        Radians per unit step, exact; a float of the description is exactly its double.

    Raises
    ------
    SpecError
        If a scaling depends on the length.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 15 (θ_i); scalings: see `refpos.symbolic.scaling.multiplier`.

    Deviations
    ----------
    Eq. 15 of RoPE counts i from 1; here k = i − 1.

    Examples
    --------
    >>> omega(Frequencies((0, 0, 0, 0)))
    Matrix([[1, 1/10, 1/100, 1/1000]])
    >>> omega(Dense(axes=1, planes=2))
    Matrix([[omega[0, 0], omega[0, 1]]])
    """
    require_static(frequencies)
    match frequencies:
        case Frequencies() | Bands():
            return _given(frequencies)
        case Dense(heads=heads):
            return _learned(frequencies, ()) if heads is None else [_learned(frequencies, (h,)) for h in range(heads)]
        case PerHead(frequencies=several):
            return [_placed(frequencies, h) for h in range(len(several))]
        case _:
            assert_never(frequencies)


def angles(positions: Iterable[Position], frequencies: AnyFrequencies) -> Matrix | list[Matrix]:
    r"""Return the angle of every plane at every position.

    φ_nk = Σ_a p_na ω_ak

    Parameters
    ----------
    positions : iterable
        For each token an exact number or an expression; where there are several axes a sequence of them.
    frequencies : Frequencies, Bands, Dense or PerHead

    Returns
    -------
    (n, K) matrix, or a list of one per head where heads differ
        Radians.

    Raises
    ------
    SpecError
        If a position has not a coordinate for each axis, or is no exact number or expression, or the
        frequencies depend on the length.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 15; several axes: naver-ai/rope-vit, `models/vit_rope.py`.

    Examples
    --------
    >>> angles([sympy.Symbol("p")], Frequencies((0, 0), base=100.0))
    Matrix([[p, p/10]])
    """
    rows = [coordinates(one, axis_count(frequencies)) for one in positions]
    p = sympy.ImmutableMatrix(len(rows), axis_count(frequencies), [one for row in rows for one in row])
    per_step = omega(frequencies)
    return [p * one for one in per_step] if isinstance(per_step, list) else p * per_step


def mixed(heads: Iterable[Expr], planes: int, base: Expr) -> list[Matrix]:
    r"""Return the Ω from which RoPE-Mixed learns, given the angle a of each head: y before x.

    ω_x = [m cos a, −m sin a],  ω_y = [m sin a, m cos a],  m_j = base^(−2j/K),  j = 0..K/2 − 1

    Raises
    ------
    SpecError
        If planes are no positive even int, or an angle or the base is no exact number or expression.

    References
    ----------
    RoPE-ViT, arXiv:2403.13298v2; naver-ai/rope-vit, `models/vit_rope.py`, `init_random_2d_freqs`.

    Examples
    --------
    >>> mixed([sympy.Symbol("a")], 2, 10)
    [Matrix([
    [sin(a),  cos(a)],
    [cos(a), -sin(a)]])]
    """
    m = [exact(base) ** -sympy.Rational(2 * j, planes) for j in range(halved(planes))]
    found = []
    for a in map(exact, heads):
        sin, cos = sympy.sin(a), sympy.cos(a)
        rows = [[one * first for one in m] + [one * second for one in m] for first, second in ((sin, cos), (cos, -sin))]
        found.append(sympy.ImmutableMatrix(rows))
    return found


def coordinates(position: Position, axes: int) -> tuple[Expr, ...]:
    """Return the coordinates of a position, exact, or say what is wrong with them."""
    if axes == 1:
        return (exact(position),)
    several = isinstance(position, Iterable) and not isinstance(position, str)
    given = tuple(position) if several else (position,)
    require(len(given) == axes, f"a position must have {axes} coordinates", position)
    return tuple(exact(one) for one in given)


def equations(frequencies: Frequencies | Bands) -> Equations:
    """Return the equations that end in ω_k, for any plane k."""
    match frequencies:
        case Frequencies():
            found = _scaled(frequencies)
        case Bands():
            found = ladder.bands(frequencies, OMEGA)
        case _:
            assert_never(frequencies)
    turning = [k for k, rung in enumerate(frequencies.rungs) if rung is not None]
    if len(turning) == plane_count(frequencies):
        return found
    still = sympy.Piecewise((found[-1].rhs, sympy.Contains(PLANE, _whole(turning))), (0, True))
    return *found[:-1], equation(OMEGA, still)


def numbers(frequencies: Frequencies | Bands, k: int, rung: Rung) -> Values:
    """Return the numbers that the symbols of those equations have at a turning plane."""
    found = dict(ladder.numbers(frequencies, k, rung))
    if isinstance(frequencies, Frequencies):
        for primes, one in enumerate(frequencies.scalings):
            found.update(scaling.numbers(one, k, rung.axis, primes))
    return found


def _scaled(frequencies: Frequencies) -> Equations:
    """Return the ladder, then each multiplier and the frequencies that it leaves, the last of them ω_k."""
    count = len(frequencies.scalings)
    theta = [*(primed("theta", i, "_k", positive=True) for i in range(count)), OMEGA]
    found = ladder.ladder(frequencies, theta[0])
    base, place = ladder.base(frequencies), ladder.LADDERS[frequencies.ladder]
    for i, one in enumerate(frequencies.scalings):
        found += scaling.multiplier(one, theta[i], base, place, i)
        found += (equation(theta[i + 1], found[-1].lhs * theta[i]),)
    return found


def _whole(turning: list[int]) -> sympy.Set:
    """Return the set of the planes that turn."""
    run = turning == list(range(turning[0], turning[-1] + 1))
    return sympy.Range(turning[0], turning[-1] + 1) if run else sympy.FiniteSet(*turning)


@lru_cache(maxsize=512)
def _given(frequencies: Frequencies | Bands) -> Matrix:
    steps = equations(frequencies)
    found = sympy.zeros(axis_count(frequencies), plane_count(frequencies))
    for k, rung in enumerate(frequencies.rungs):
        if rung is not None:
            found[rung.axis, k] = worked(steps, numbers(frequencies, k, rung))[OMEGA]
    return sympy.ImmutableMatrix(found)


def _learned(frequencies: Dense, head: tuple[int, ...]) -> Matrix:
    def entry(a: int, k: int) -> Expr:
        return ladder.unit(frequencies) * LEARNED[(*head, a, k)]

    return sympy.ImmutableMatrix(frequencies.axes, frequencies.planes, lambda a, k: entry(int(a), int(k)))


def _placed(frequencies: PerHead, head: int) -> Matrix:
    """Return Ω of one head, each row at the coordinate that the head reads there."""
    own = _given(frequencies.frequencies[head])
    reads = range(own.rows) if frequencies.reads is None else frequencies.reads[head]
    found = sympy.zeros(axis_count(frequencies), own.cols)
    for row, coordinate in enumerate(reads):
        found[coordinate, :] = own[row, :]
    return sympy.ImmutableMatrix(found)
