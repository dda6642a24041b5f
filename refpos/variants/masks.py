"""Rules that read positions off a padding mask: 1 where a token or a pixel is, 0 where there is padding."""

from dataclasses import dataclass

from refpos.errors import require
from refpos.variants import rules


@dataclass(frozen=True)
class DecoderMask:
    """The number of tokens before, as decoders count: tokens of a row from 0, on whichever side its padding is.

    Parameters
    ----------
    fill : int
        The position of padding.
    """

    fill: int = 1

    def __post_init__(self) -> None:
        rules.whole(self, "fill", 0)
        require(self.fill <= 2**53, "fill must not exceed 2^53", self.fill)


@dataclass(frozen=True)
class FairseqMask:
    """The number of tokens so far, beyond the position of padding.

    Parameters
    ----------
    padding : int
        The position of padding: `padding_idx` where positions are rows of a table, −1 where tokens count from 0.
    """

    padding: int = 1

    def __post_init__(self) -> None:
        rules.whole(self, "padding", -1)
        require(self.padding <= 2**52, "padding must not exceed 2^52", self.padding)


@dataclass(frozen=True)
class DetrMask:
    """Rows and columns (y, x) of an image inside a padded one, each counted from 1 along the pixels that are there.

    Parameters
    ----------
    normalise : bool
        Whether a count is divided by the last of its column or row, plus `epsilon`: positions in turns.
    shift : float
        What is first added to a count; Deformable DETR's −½ makes them centres.
    epsilon : float
        What keeps the divisor from zero.
    """

    normalise: bool = False
    shift: float = 0.0
    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        rules.flag(self, "normalise")
        for field in ("shift", "epsilon"):
            rules.real(self, field)
        require(abs(self.shift) <= 1, "shift must be from −1 to 1", self.shift)
        rules.greater(self, "epsilon", 0)
        require(2**-100 <= self.epsilon <= 1, "epsilon must be from 2^-100 to 1", self.epsilon)


MaskRule = DecoderMask | FairseqMask | DetrMask
"""Rules that need a mask; `Index` takes one too, and does not look at it."""
