"""Who stands where: the segments of an input, and the rules that give their tokens positions."""

import math
from dataclasses import dataclass
from typing import Literal

from refpos.errors import require
from refpos.variants import rules
from refpos.variants.multimodal import MRope, Multimodal

__all__ = ["Audio", "Centres", "Grid", "GridBuckets", "Image", "Index", "MRope", "Rule", "Segment", "Text", "Video"]


@dataclass(frozen=True)
class Text:
    """A run of `n` text tokens."""

    n: int

    def __post_init__(self) -> None:
        rules.whole(self, "n", 1)


@dataclass(frozen=True)
class Image:
    """An image of `h` by `w` patches, before any merging."""

    h: int
    w: int

    def __post_init__(self) -> None:
        for field in ("h", "w"):
            rules.whole(self, field, 1)


@dataclass(frozen=True)
class Video:
    """A video of `t` by `h` by `w` patches, before any merging; `fps` temporal patches a second."""

    t: int
    h: int
    w: int
    fps: float = 1.0

    def __post_init__(self) -> None:
        for field in ("t", "h", "w"):
            rules.whole(self, field, 1)
        rules.real(self, "fps")
        rules.greater(self, "fps", 0)


@dataclass(frozen=True)
class Audio:
    """A run of `n` tokens of sound, `rate` of them a second."""

    n: int
    rate: float = 25.0

    def __post_init__(self) -> None:
        rules.whole(self, "n", 1)
        rules.real(self, "rate")
        rules.greater(self, "rate", 0)


Segment = Text | Image | Video | Audio


@dataclass(frozen=True)
class Index:
    """Every token, of whatever segment, one further than the last: start, start + 1 and so on."""

    start: int = 0

    def __post_init__(self) -> None:
        rules.whole(self, "start")
        require(abs(self.start) <= 2**53, "start must not exceed 2^53", self.start)


@dataclass(frozen=True)
class Grid:
    """Row and column of each patch, counted from `start`, row by row; frame, row and column in a video.

    Parameters
    ----------
    start : int
        The first row, and the first column (and frame).
    reference : tuple of int or None
        Sides of the grid of training: where given, positions on a grid of n are stretched by reference/n.
    before, after : int
        Tokens that have no place on a grid and stand at 0 before or after its patches: classes, registers.
    exchanged : bool
        Whether patches are counted as if sides were exchanged, h by w as w by h: the same where both are equal.
    block : int
        Patches come in blocks of so many by so many, those that a model merges side by side: blocks row by row, and
        the patches of each row by row.
    """

    start: int = 0
    reference: tuple[int, ...] | None = None
    before: int = 0
    after: int = 0
    exchanged: bool = False
    block: int = 1

    def __post_init__(self) -> None:
        rules.whole(self, "start")
        require(abs(self.start) <= 2**53, "start must not exceed 2^53", self.start)
        if self.reference is not None:
            whole = isinstance(self.reference, tuple) and all(type(n) is int and n >= 1 for n in self.reference)
            require(whole and self.reference, "reference must be a tuple of positive ints", self.reference)
        for field in ("before", "after"):
            rules.whole(self, field, 0)
            require(getattr(self, field) <= 2**20, f"{field} must not exceed 2^20", getattr(self, field))
        rules.flag(self, "exchanged")
        rules.whole(self, "block", 1)


Normalise = Literal["separate", "max", "min"]


@dataclass(frozen=True)
class Centres:
    """The centre of each patch on an image, rows and columns each from `low` to `high`: low + (high − low)(i + ½)/n.

    Parameters
    ----------
    low, high : float
        Where an axis of n patches begins and ends.
    normalise : {"separate", "max", "min"}
        Whether n is each axis's own, or the longer or the shorter one's for both.
    """

    low: float = -1.0
    high: float = 1.0
    normalise: Normalise = "separate"

    def __post_init__(self) -> None:
        for field in ("low", "high"):
            rules.real(self, field)
        require(self.low < self.high, "low must be less than high", (self.low, self.high))
        require(math.isfinite(self.high - self.low), "high less low must be finite", (self.low, self.high))
        rules.one_of(self, "normalise", ("separate", "max", "min"))


@dataclass(frozen=True)
class GridBuckets:
    """The row of a learned table of `side` by `side` patches in which each patch of another grid lies.

    Parameters
    ----------
    side : int
        Rows, and columns, of the table's grid.
    """

    side: int

    def __post_init__(self) -> None:
        rules.whole(self, "side", 1)
        require(self.side <= 2**26, "side must not exceed 2^26", self.side)


Rule = Index | Grid | Centres | GridBuckets | Multimodal
