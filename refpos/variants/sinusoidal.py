"""Sinusoidal encodings: the sine and cosine of every angle, and where they are written."""

from dataclasses import dataclass
from typing import Literal

from refpos.errors import require
from refpos.variants import rules
from refpos.variants.frequencies import (
    AnyFrequencies,
    Bands,
    Frequencies,
    PerHead,
    axis_count,
    learned_shapes,
    plane_count,
)

Order = Literal["interleaved", "interleaved-cos", "sin-cos", "cos-sin"]
ORDERS: tuple[Order, ...] = ("interleaved", "interleaved-cos", "sin-cos", "cos-sin")
BLOCKS = ("axis", "function", "band")


@dataclass(frozen=True)
class Sinusoidal:
    """An additive encoding made of sines and cosines.

    Parameters
    ----------
    frequencies : Frequencies, Bands or Dense
        Ω; the order of its planes is the order in which they are written.
    order : {"interleaved", "interleaved-cos", "sin-cos", "cos-sin"}
        Sine and cosine of a plane side by side, or cosine and sine; or all sines of a block, then all its cosines; or
        the reverse.
    blocks : {"axis", "function", "band"}
        A block is the planes of one axis, in the order in which axes first appear; or all planes; or, where planes are
        dealt to the axes in turn, one plane of each axis.
    width : int or None
        The width of the result, filled up with zeros; None where it is twice the number of planes.
    prefix : int
        Rows of zeros before those of the positions.
    scale : float
        Multiplies every sine and cosine.
    """

    frequencies: AnyFrequencies
    order: Order = "interleaved"
    blocks: Literal["axis", "function", "band"] = "axis"
    width: int | None = None
    prefix: int = 0
    scale: float = 1.0

    def __post_init__(self) -> None:
        require(
            isinstance(self.frequencies, AnyFrequencies) and not isinstance(self.frequencies, PerHead),
            "frequencies must be Frequencies, Bands or Dense",
            self.frequencies,
        )
        rules.one_of(self, "order", ORDERS)
        rules.one_of(self, "blocks", BLOCKS)
        require(
            self.blocks != "band" or _dealt(self.frequencies),
            "bands need planes that are dealt to the axes in turn",
            self.frequencies,
        )
        if self.width is not None:
            rules.whole(self, "width", 2 * plane_count(self.frequencies))
        rules.whole(self, "prefix", 0)
        rules.real(self, "scale")
        rules.greater(self, "scale", 0)

    @property
    def learned(self) -> dict[str, tuple[int, ...]]:
        """What `learned=` must bring, by name, and its shape."""
        return learned_shapes(self.frequencies)


def _dealt(frequencies: AnyFrequencies) -> bool:
    """Return whether planes belong to the axes in turn: 0, 1, ..., A − 1, and again, to the end."""
    if not isinstance(frequencies, Frequencies | Bands):
        return False
    axes = axis_count(frequencies)
    return frequencies.axes == tuple(range(axes)) * (len(frequencies.axes) // axes)
