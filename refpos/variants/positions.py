"""Who stands where: the segments of an input, and the rules that give their tokens positions."""

import math
from dataclasses import dataclass

from refpos.errors import require
from refpos.variants import rules


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


Segment = Text | Image | Video


@dataclass(frozen=True)
class Index:
    """Every token, of whatever segment, one further than the last: start, start + 1, ..."""

    start: int = 0

    def __post_init__(self) -> None:
        rules.whole(self, "start")
        require(abs(self.start) <= 2**53, "start must not exceed 2^53", self.start)


@dataclass(frozen=True)
class Grid:
    """Row and column of each patch, counted from `start`, row by row; frame, row and column in a video."""

    start: int = 0

    def __post_init__(self) -> None:
        rules.whole(self, "start")
        require(abs(self.start) <= 2**53, "start must not exceed 2^53", self.start)


@dataclass(frozen=True)
class Centres:
    """The centre of each patch on an image, rows and columns each from `low` to `high`: low + (high − low)(i + ½)/n."""

    low: float = -1.0
    high: float = 1.0

    def __post_init__(self) -> None:
        for field in ("low", "high"):
            rules.real(self, field)
        require(self.low < self.high, "low must be less than high", (self.low, self.high))
        require(math.isfinite(self.high - self.low), "high less low must be finite", (self.low, self.high))


@dataclass(frozen=True)
class MRope:
    """Multimodal positions (t, y, x): text on the diagonal, every segment one beyond the highest coordinate before it.

    Parameters
    ----------
    merge : int
        Patches that the model merges along each side.
    tokens_per_second : float or None
        Where given, a temporal patch stands at its time in seconds times this, truncated to an integer;
        otherwise at its index.
    """

    merge: int = 2
    tokens_per_second: float | None = None

    def __post_init__(self) -> None:
        rules.whole(self, "merge", 1)
        if self.tokens_per_second is not None:
            rules.real(self, "tokens_per_second")
            rules.greater(self, "tokens_per_second", 0)


Rule = Index | Grid | Centres | MRope
