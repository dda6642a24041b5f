"""Biases of windows: what the difference of two cells adds to the logits, from a table or from a small network."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from refpos.errors import require
from refpos.variants import rules

Shapes: TypeAlias = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class SwinWindow:
    """A learned number for each difference, query − key, of two cells (y, x) of a window.

    T[(δ_y + h − 1)(2w − 1) + δ_x + w − 1, head]

    Parameters
    ----------
    heads : int
    window : tuple of int
        Its height and width.
    cls : bool
        Whether a class token stands before the cells. It has no position: three more rows of the table are for it to
        the cells, the cells to it, and it to itself (BEiT).
    """

    heads: int
    window: tuple[int, int]
    cls: bool = False

    def __post_init__(self) -> None:
        rules.whole(self, "heads", 1)
        _sides(self.window, "window", 1)
        rules.flag(self, "cls")

    @property
    def learned(self) -> Shapes:
        """The table, a row for each difference."""
        return {"table": (differences(self.window) + 3 * self.cls, self.heads)}


@dataclass(frozen=True)
class SwinContinuous:
    """A number for each difference, query − key, of two cells of a window, that a small network makes of it.

    scaled   c = sign(δ) log2(1 + 8|δ|/(n − 1)) / log2 8,  n the side of the window of pretraining
    plain    c = sign(δ) ln(1 + |δ|)

    Parameters
    ----------
    heads : int
    window : tuple of int
        Its height and width.
    pretrained : tuple of int or None
        The window in which the network was trained, where it was another; only of scaled coordinates.
    hidden : int
        The width of the network: one hidden layer of ReLU.
    coordinates : {"scaled", "plain"}
        What the network is given of δ_y and δ_x.
    gain : float or None
        The bias is gain · sigmoid(network), or where None what the network returns.
    output_bias : bool
        Whether the network's last layer adds a number.
    """

    heads: int
    window: tuple[int, int]
    pretrained: tuple[int, int] | None = None
    hidden: int = 512
    coordinates: Literal["scaled", "plain"] = "scaled"
    gain: float | None = 16.0
    output_bias: bool = False

    def __post_init__(self) -> None:
        for field in ("heads", "hidden"):
            rules.whole(self, field, 1)
        rules.one_of(self, "coordinates", ("scaled", "plain"))
        scaled = self.coordinates == "scaled"
        _sides(self.window, "window", 2 if scaled and self.pretrained is None else 1)
        if self.pretrained is not None:
            require(scaled, "pretrained must be None where coordinates are plain", self.pretrained)
            _sides(self.pretrained, "pretrained", 2)
        if self.gain is not None:
            rules.real(self, "gain")
            rules.greater(self, "gain", 0)
        rules.flag(self, "output_bias")

    @property
    def learned(self) -> Shapes:
        """The network."""
        return network(2, self.hidden, self.heads, output_bias=self.output_bias)


def differences(window: tuple[int, int]) -> int:
    """Return how many differences two cells of a window can have: (2h − 1)(2w − 1)."""
    return (2 * window[0] - 1) * (2 * window[1] - 1)


def _sides(sides: tuple[int, int], field: str, least: int) -> None:
    fine = isinstance(sides, tuple) and len(sides) == 2 and all(type(n) is int and n >= least for n in sides)
    require(fine, f"{field} must be two ints, each at least {least}", sides)
    require(max(sides) <= 2**24, f"{field} must not exceed 2^24", sides)


def network(inputs: int, hidden: int, heads: int, *, output_bias: bool) -> Shapes:
    """Return the arrays of a network of one hidden layer of ReLU, and their shapes."""
    last: Shapes = {"output_bias": (heads,)} if output_bias else {}
    first: Shapes = {"hidden_weight": (hidden, inputs), "hidden_bias": (hidden,)}
    return {**first, "output_weight": (heads, hidden), **last}
