"""Rules that place text, sound, images and videos in one sequence: text on the diagonal, grids beside it.

Each holds the choices of one method; the numbers of a model that uses it are an entry of the catalogue.
"""

from dataclasses import dataclass
from typing import Literal

from refpos.errors import require
from refpos.variants import rules


@dataclass(frozen=True)
class MRope:
    """Multimodal positions (t, y, x): text on the diagonal, every segment one beyond the highest coordinate before it.

    Parameters
    ----------
    merge : int
        Patches that the model merges along each side.
    tokens_per_second : float or None
        Where given, a temporal patch (or a token of sound) stands at its time in seconds times this, truncated to an
        integer; otherwise at its index.
    split : bool
        Whether each frame of a video is placed as an image of its own (times are then said in text between them).
    """

    merge: int = 2
    tokens_per_second: float | None = None
    split: bool = False

    def __post_init__(self) -> None:
        rules.whole(self, "merge", 1)
        rules.flag(self, "split")
        if self.tokens_per_second is not None:
            rules.real(self, "tokens_per_second")
            rules.greater(self, "tokens_per_second", 0)
            require(not self.split, "tokens_per_second must be None where frames are split", self.tokens_per_second)


@dataclass(frozen=True)
class VideoRope:
    """Positions (t, y, x) on the diagonal of time: a frame is centred on it, and text goes on from the last frame.

    Parameters
    ----------
    merge : int
        Patches that the model merges along each side.
    stride : float
        The step from one temporal patch to the next.
    """

    merge: int = 2
    stride: float = 2.0

    def __post_init__(self) -> None:
        _merge_and_stride(self)


@dataclass(frozen=True)
class OmniRope:
    """Positions (t, y, x) of which only time goes on: rows and columns of each grid are counted from 0.

    Parameters
    ----------
    merge : int
        Patches that the model merges along each side.
    stride : float
        The step from one temporal patch to the next.
    split : bool
        Whether each frame of a video is placed as an image of its own.
    """

    merge: int = 2
    stride: float = 1.0
    split: bool = False

    def __post_init__(self) -> None:
        _merge_and_stride(self)
        rules.flag(self, "split")
        require(not self.split or self.stride == 1, "stride must be 1 where frames are split", self.stride)


@dataclass(frozen=True)
class MSRope:
    """Positions (t, y, x) of images beside text: t the number of the image (and frame), rows and columns of its grid.

    Parameters
    ----------
    centred : bool
        Whether rows and columns are counted from −⌈n/2⌉, and text from half the longest side; else from 0, and from
        the longest side.
    """

    centred: bool = True

    def __post_init__(self) -> None:
        rules.flag(self, "centred")


TieForm = Literal["integer", "smallest", "equivalent", "unit"]


@dataclass(frozen=True)
class RopeTie:
    """Positions (y, x): the last token before an image is as far from its first patch as its last from the next token.

    Parameters
    ----------
    form : {"integer", "smallest", "equivalent", "unit"}
        The steps along columns and rows: w + 1 and h + 1; those divided by their greatest common divisor; such that an
        image is as long as its tokens; or 1 and 1, likewise as long, with equal gaps before and after.
    merge : int
        Patches that the model merges along each side.
    """

    form: TieForm = "integer"
    merge: int = 1

    def __post_init__(self) -> None:
        rules.one_of(self, "form", ("integer", "smallest", "equivalent", "unit"))
        rules.whole(self, "merge", 1)


@dataclass(frozen=True)
class V2PE:
    """One position a token, of which those of images come in smaller steps: stride/tokens.

    Parameters
    ----------
    stride : float
        How far a tile reaches.
    tokens : int or None
        Tokens of a tile; None where a whole image or video is one tile.
    merge : int
        Patches that the model merges along each side.
    split : bool
        Whether each frame of a video is placed as an image of its own.
    """

    stride: float = 64.0
    tokens: int | None = 256
    merge: int = 2
    split: bool = False

    def __post_init__(self) -> None:
        _merge_and_stride(self)
        rules.flag(self, "split")
        if self.tokens is not None:
            rules.whole(self, "tokens", 1)


@dataclass(frozen=True)
class CircleRope:
    """Positions (t, y, x) of an image on a circle about the diagonal of text, or on the way to it.

    Parameters
    ----------
    radius : float
        Of the circle, in tokens; where `relative`, in units of the greatest coordinate of the grid.
    alpha : float
        How much of a patch's angle is that at which it is seen, stretched to the whole turn; the rest is its index.
    dff_rate : float
        How much of a position is the patch's own in the grid, turned into the plane of the circle.
    merge : int
        Patches that the model merges along each side.
    centred : bool
        Whether the middle of the grid is its origin, or the first patch.
    relative : bool
        The unit of the radius.
    """

    radius: float = 10.0
    alpha: float = 0.5
    dff_rate: float = 0.0
    merge: int = 2
    centred: bool = True
    relative: bool = False

    def __post_init__(self) -> None:
        for field in ("radius", "alpha", "dff_rate"):
            rules.real(self, field)
        rules.greater(self, "radius", 0)
        for field in ("alpha", "dff_rate"):
            require(0 <= getattr(self, field) <= 1, f"{field} must be from 0 to 1", getattr(self, field))
        rules.whole(self, "merge", 1)
        rules.flag(self, "centred")
        rules.flag(self, "relative")


Multimodal = MRope | VideoRope | OmniRope | MSRope | RopeTie | V2PE | CircleRope


def _merge_and_stride(rule: VideoRope | OmniRope | V2PE) -> None:
    rules.whole(rule, "merge", 1)
    rules.real(rule, "stride")
    rules.greater(rule, "stride", 0)
