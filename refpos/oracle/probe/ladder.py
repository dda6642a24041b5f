"""Frequencies in words: the ladder on which they stand, and where they leave it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from refpos.spec.precise import Floats
from refpos.variants.ladder import Ladder, rungs

ROUGH, FINE = 5e-3, 1e-5
"""How far a ladder may be off at any plane, in parts: of 16-bit frequencies; and of the first planes, if not all."""
FEWEST = 4
"""Of so many planes at least it is said that they stand on a ladder."""
KINDS: tuple[Ladder, ...] = get_args(Ladder)
UNITS = {"": 1.0, ", times π": np.pi, ", times 2π": 2 * np.pi}


EXACT = 1e-12
"""How far frequencies may be off of which nothing is said, in parts."""


class Fit(NamedTuple):
    """Frequencies factor·base^(−e), how far off the worst is, and how far base and factor may be, all in parts."""

    base: float
    factor: float
    worst: float
    of_base: float
    of_factor: float


def spelled(axes: tuple[int, ...], frequencies: Floats, off: Floats | float = 0.0) -> str:
    """Return the ladder of some planes, of axes, frequencies along them, and how far off, in words.

    Examples
    --------
    >>> spelled((0,) * 8, 10_000 ** (-np.arange(8) / 8))
    'base 10,000 over 8 planes'
    >>> spelled((0,) * 8, 10_000 ** (-np.arange(8) / 8) / np.repeat([1, 4], [5, 3]))
    'base 10,000 over 8 planes, planes 5 to 7 over 4'
    """
    if len(axes) < FEWEST or not (frequencies > 0).all():
        return _ends(frequencies)
    off = np.broadcast_to(off, frequencies.shape)
    fits = [(kind, _fit(_exponents(axes, kind), frequencies, off)) for kind in KINDS]
    good = [one for one in fits if one[1].worst <= ROUGH]
    if good:
        kind, fit = min(good, key=lambda one: (not _unit(one[1]), KINDS.index(one[0])))
        return _told(fit, _counted(axes, kind), frequencies)
    if len(set(axes)) > 1:
        return "; ".join(f"axis {axis}: {_alone(axes, axis, frequencies, off)}" for axis in sorted(set(axes)))
    return _first(_exponents(axes, "shared"), frequencies, off)


def paces(ratios: Floats) -> str:
    """Return by how much planes are divided, those of one number together; nothing of those that are not.

    Examples
    --------
    >>> paces(np.array([1, 1, 1.5, 3, 8, 8]))
    'plane 2 over 1.5, plane 3 over 3, planes 4 to 5 over 8'
    """
    return ", ".join(_paces(ratios))


def counted(planes: int) -> str:
    """Return how many planes there are.

    Examples
    --------
    >>> counted(1), counted(64)
    ('1 plane', '64 planes')
    """
    return f"{planes} plane{'s' * (planes != 1)}"


def _paces(ratios: Floats) -> Iterator[str]:
    for start, stop in _runs(ratios):
        low, middle, high = np.quantile(ratios[start:stop], (0, 0.5, 1))
        if max(abs(np.log(low)), abs(np.log(high))) < ROUGH:
            continue
        planes = f"plane {start}" if stop == start + 1 else f"planes {start} to {stop - 1}"
        one = stop == start + 1 or high < low * (1 + ROUGH)
        yield f"{planes} over {middle:.4g}" if one else f"{planes} over {low:.4g} to {high:.4g}"


def _runs(ratios: Floats) -> Iterator[tuple[int, int]]:
    """Yield the ends of runs of one number, and of several numbers beside each other, if they are more than two."""
    even = [0, *(np.flatnonzero(np.abs(np.diff(np.log(ratios))) > ROUGH) + 1).tolist(), len(ratios)]
    sizes = np.diff(even)
    at = 0
    while at < len(sizes):
        several = at
        while several < len(sizes) and sizes[several] == 1:
            several += 1
        last = several if several - at > 2 else at + 1
        yield even[at], even[last]
        at = last


def _alone(axes: tuple[int, ...], axis: int, frequencies: Floats, off: Floats) -> str:
    own = np.array(axes) == axis
    return spelled((0,) * int(own.sum()), frequencies[own], off[own])


def _exponents(axes: tuple[int, ...], kind: Ladder) -> Floats:
    ranks = sorted(set(axes))
    found = rungs(tuple(map(ranks.index, axes)), kind)
    return np.array([float(rung.exponent(endpoint=False)) for rung in found if rung is not None])


def _fit(exponents: Floats, frequencies: Floats, off: Floats) -> Fit:
    """Return the ladder that is nearest to the logarithms of frequencies."""
    columns = np.stack([-exponents, np.ones(len(exponents))], axis=1)
    inverse = np.linalg.pinv(columns)
    slope, height = inverse @ np.log(frequencies)
    rest = np.abs(np.log(frequencies) - columns @ [slope, height])
    of_base, of_factor = np.abs(inverse) @ (rest + off / frequencies) + EXACT
    return Fit(float(np.exp(slope)), float(np.exp(height)), float(rest.max()), float(of_base), float(of_factor))


def _first(exponents: Floats, frequencies: Floats, off: Floats) -> str:
    """Return the ladder of the first planes, as many as stand on one, and what the others are divided by."""
    fits = [_fit(exponents[:n], frequencies[:n], off[:n]) for n in range(FEWEST, len(frequencies))]
    if not any(fit.worst <= FINE for fit in fits):
        return f"on no ladder, {_ends(frequencies)}"
    fit = [fit for fit in fits if fit.worst <= FINE][-1]
    due = fit.factor * fit.base**-exponents
    return f"{_told(fit, _counted((0,) * len(due), 'shared'), frequencies)}, {paces(due / frequencies)}"


def _unit(fit: Fit) -> str | None:
    """Return the unit of a ladder that is not scaled, None of one that is."""
    return next((name for name, size in UNITS.items() if abs(np.log(fit.factor / size)) <= fit.of_factor), None)


def _counted(axes: tuple[int, ...], kind: Ladder) -> str:
    """Return how many planes are on a ladder."""
    sizes = [axes.count(axis) for axis in sorted(set(axes))]
    if kind == "shared" or len(sizes) == 1:
        return counted(len(axes))
    turns = ", rungs of the axes in turn" if kind == "alternating" else ""
    several = f"{sizes[0]}" if len(set(sizes)) == 1 else f"{', '.join(map(str, sizes[:-1]))} and {sizes[-1]}"
    return f"{several} planes of each axis{turns}"


def _told(fit: Fit, planes: str, frequencies: Floats) -> str:
    off = f", each to {fit.worst:.1g}" if fit.worst > FINE else ""
    if fit.base <= 1:
        return f"{_ends(frequencies)} in equal ratios over {planes}{off}"
    base, scale, unit = rounded(fit.base, fit.of_base), rounded(1 / fit.factor, fit.of_factor), _unit(fit)
    return f"base {base:,.12g} over {planes}{f', all over {scale:,.12g}' if unit is None else unit}{off}"


def rounded(number: float, off: float) -> float:
    """Return a number of the fewest digits that is as near as the one given may be off, in parts.

    Examples
    --------
    >>> rounded(9999.97, 1e-5), rounded(9999.97, 1e-7)
    (10000.0, 9999.97)
    """
    digits = (float(f"{number:.{count}g}") for count in range(1, 17))
    return next((one for one in digits if abs(one / number - 1) <= off), number)


def _ends(frequencies: npt.NDArray[np.float64] | Sequence[float]) -> str:
    """Return the first and the last."""
    numbers = [f"{one:.6g}" for one in frequencies]
    return numbers[0] if len(numbers) == 1 else f"from {numbers[0]} to {numbers[-1]}" if numbers else "none"
