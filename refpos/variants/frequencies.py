"""Frequencies: how far each plane turns for a step along each axis.

A column of Ω per plane (a pair of features, or a sine and its cosine), a row per axis (a coordinate of position).
"""

from dataclasses import dataclass
from typing import Literal

from refpos.errors import require
from refpos.variants import rules
from refpos.variants.ladder import Axes, Ladder, Rung, check_axes, rungs
from refpos.variants.scaling import NTK, DynamicNTK, LongRope, PartNTK, PerPlane, Scaling

Unit = Literal["radian", "half-turn", "turn"]
"""What a frequency of one means per unit step: 1, π or 2π radians. π itself is never written as a float."""

UNITS = ("radian", "half-turn", "turn")
LADDERS = ("shared", "per-axis", "alternating")


@dataclass(frozen=True)
class Frequencies:
    """Frequencies on a geometric ladder, ω_k = m_k base^(−e_k).

    Parameters
    ----------
    axes : tuple of int or None
        The axis of each plane.
    base : float or tuple of float
        One, or one per axis; greater than 1.
    ladder : {"shared", "per-axis", "alternating"}
        Where a plane stands on its ladder: among all planes; among those of its axis; or on the rung
        A·j + a of the shared one (A axes, j-th plane of axis a).
    endpoint : bool
        Whether the last rung has exponent 1 exactly.
    unit : {"radian", "half-turn", "turn"}
        What a frequency of one means.
    scaling : Scaling or tuple of Scaling
        Applied from left to right.
    """

    axes: Axes
    base: float | tuple[float, ...] = 10_000.0
    ladder: Ladder = "shared"
    endpoint: bool = False
    unit: Unit = "radian"
    scaling: Scaling | tuple[Scaling, ...] = ()

    def __post_init__(self) -> None:
        check_axes(self.axes)
        rules.real_or_tuple(self, "base")
        rules.greater(self, "base", 1)
        rules.one_of(self, "ladder", LADDERS)
        rules.flag(self, "endpoint")
        rules.one_of(self, "unit", UNITS)
        if not isinstance(self.scaling, tuple):
            object.__setattr__(self, "scaling", (self.scaling,))
        for scaling in self.scalings:
            _check_scaling(scaling, self)
        _check_per_axis("base", self.base, self)
        _check_ladders(self)

    @property
    def rungs(self) -> tuple[Rung | None, ...]:
        """The rung of each plane, None for those that stand still."""
        return rungs(self.axes, self.ladder)

    @property
    def scalings(self) -> tuple[Scaling, ...]:
        """The scalings as a tuple, which is how they are kept."""
        assert isinstance(self.scaling, tuple)
        return self.scaling


@dataclass(frozen=True)
class Bands:
    """Frequencies spread between two ends, both included, over the planes of each axis.

    Parameters
    ----------
    axes : tuple of int or None
        The axis of each plane.
    low, high : float
        The frequency of an axis's first and last plane; positive. A single plane has `low`.
    spacing : {"log", "linear"}
        Equal ratios or equal differences.
    unit : {"radian", "half-turn", "turn"}
        What a frequency of one means.
    """

    axes: Axes
    low: float
    high: float
    spacing: Literal["log", "linear"] = "log"
    unit: Unit = "radian"

    def __post_init__(self) -> None:
        check_axes(self.axes)
        for field in ("low", "high"):
            rules.real(self, field)
            rules.greater(self, field, 0)
        rules.one_of(self, "spacing", ("log", "linear"))
        rules.one_of(self, "unit", UNITS)

    @property
    def rungs(self) -> tuple[Rung | None, ...]:
        """The rung of each plane among those of its axis, None for those that stand still."""
        return rungs(self.axes, "per-axis")


@dataclass(frozen=True)
class Dense:
    """Frequencies that are learned or given: every axis may turn every plane.

    Parameters
    ----------
    axes, planes : int
        The shape of Ω.
    heads : int or None
        One Ω per head, or one for all.
    unit : {"radian", "half-turn", "turn"}
        What a frequency of one means.
    """

    axes: int
    planes: int
    heads: int | None = None
    unit: Unit = "radian"

    def __post_init__(self) -> None:
        rules.whole(self, "axes", 1)
        rules.whole(self, "planes", 1)
        if self.heads is not None:
            rules.whole(self, "heads", 1)
        require(self.axes <= 256, "axes must not exceed 256", self.axes)
        rules.few("planes", (self.heads or 1) * self.planes, "planes of all heads")
        rules.one_of(self, "unit", UNITS)


@dataclass(frozen=True)
class PerHead:
    """A set of frequencies for each head.

    Parameters
    ----------
    frequencies : tuple of Frequencies or Bands
        One per head, each with as many planes.
    reads : tuple of tuple of int, or None
        For each head the coordinates of position that its axes stand for; None where each head reads them all.
    """

    frequencies: tuple[Frequencies | Bands, ...]
    reads: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        heads = self.frequencies
        require(
            isinstance(heads, tuple) and heads and all(isinstance(one, Frequencies | Bands) for one in heads),
            "frequencies must be a tuple of Frequencies or Bands, one per head",
            heads,
        )
        widths = {len(one.axes) for one in heads}
        require(len(widths) == 1, "every head must have as many planes", sorted(widths))
        rules.few("frequencies", len(heads) * len(heads[0].axes), "planes of all heads")
        if self.reads is None:
            counts = {axis_count(one) for one in heads}
            require(len(counts) == 1, "without reads, every head must have as many axes", sorted(counts))
            return
        require(
            isinstance(self.reads, tuple) and all(_is_reading(one) for one in self.reads),
            "reads must be a tuple of tuples of coordinates, none of them twice",
            self.reads,
        )
        require(len(self.reads) == len(heads), "reads must have an entry per head", self.reads)
        for one, reads in zip(heads, self.reads, strict=True):
            require(len(reads) == axis_count(one), "a head must read a coordinate for each axis", reads)
        used = {coordinate for reads in self.reads for coordinate in reads}
        require(
            used == set(range(len(used))),
            f"reads must use every coordinate from 0 to {max(used, default=0)}",
            self.reads,
        )


AnyFrequencies = Frequencies | Bands | Dense | PerHead


def axis_count(frequencies: AnyFrequencies) -> int:
    """Return A, the number of coordinates a position has."""
    match frequencies:
        case Dense(axes=axes):
            return axes
        case PerHead(frequencies=heads, reads=reads):
            return axis_count(heads[0]) if reads is None else 1 + max(max(one) for one in reads)
        case _:
            return 1 + max(axis for axis in set(frequencies.axes) if axis is not None)


def plane_count(frequencies: AnyFrequencies) -> int:
    """Return K, the number of planes."""
    match frequencies:
        case Dense(planes=planes):
            return planes
        case PerHead(frequencies=heads):
            return len(heads[0].axes)
        case _:
            return len(frequencies.axes)


def head_count(frequencies: AnyFrequencies) -> int | None:
    """Return the number of heads that have frequencies of their own, or None where all share one set."""
    match frequencies:
        case Dense(heads=heads):
            return heads
        case PerHead(frequencies=heads):
            return len(heads)
        case _:
            return None


def learned_shapes(frequencies: AnyFrequencies) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the arrays that a model learns: Ω where it is dense, else nothing."""
    if not isinstance(frequencies, Dense):
        return {}
    heads = () if frequencies.heads is None else (frequencies.heads,)
    return {"omega": (*heads, frequencies.axes, frequencies.planes)}


def halved(planes: object) -> int:
    """Return half the number of planes, or say that they cannot be halved."""
    require(type(planes) is int and planes > 0 and planes % 2 == 0, "planes must be a positive even int", planes)
    assert isinstance(planes, int)
    return planes // 2


def _is_reading(reads: object) -> bool:
    if not isinstance(reads, tuple) or not all(type(one) is int and one >= 0 for one in reads):
        return False
    return len(set(reads)) == len(reads)


def _check_scaling(scaling: object, frequencies: Frequencies) -> None:
    require(isinstance(scaling, Scaling), "scaling must be a scaling or a tuple of scalings", scaling)
    planes = len(frequencies.axes)
    match scaling:
        case PerPlane(divisors=divisors) | LongRope(short=divisors):
            require(len(divisors) == planes, f"there must be a divisor for each of the {planes} planes", len(divisors))
        case _:
            _check_per_axis("factor", getattr(scaling, "factor", 1.0), frequencies)


def _check_ladders(frequencies: Frequencies) -> None:
    smallest = min(rung.size for rung in frequencies.rungs if rung is not None)
    if frequencies.endpoint:
        require(smallest > 1, "a ladder with an end point needs at least two planes", smallest)
    if any(isinstance(scaling, NTK | PartNTK | DynamicNTK) for scaling in frequencies.scalings):
        require(smallest > 1, "NTK scaling needs at least two planes on a ladder", smallest)


def _check_per_axis(name: str, value: float | tuple[float, ...], frequencies: Frequencies) -> None:
    axes = axis_count(frequencies)
    if isinstance(value, tuple):
        require(len(value) == axes, f"{name} must be one number, or one for each of the {axes} axes", value)
