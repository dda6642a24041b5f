"""Rotary encodings: which features pair, how far and which way each pair turns, and how it is stretched."""

from dataclasses import dataclass
from typing import Literal

from refpos.errors import require
from refpos.variants import rules
from refpos.variants.frequencies import AnyFrequencies, Bands, Frequencies, axis_count, learned_shapes, plane_count

Pairing = Literal["half", "interleaved", "blocked"]
PAIRINGS = ("half", "interleaved", "blocked")

Side = Literal["query", "key", "output"]
"""What is turned: queries and keys, between which growth is inverse, or outputs, which are turned back."""


@dataclass(frozen=True)
class Mscale:
    """YaRN's magnitude, 0.1·c·ln s + 1; 1 where s does not exceed 1."""

    factor: float
    coefficient: float = 1.0

    def __post_init__(self) -> None:
        for field in ("factor", "coefficient"):
            rules.real(self, field)
        rules.greater(self, "factor", 0)
        require(self.coefficient >= 0, "coefficient must not be negative", self.coefficient)


@dataclass(frozen=True)
class RootLog:
    """LongRoPE's magnitude, √(1 + ln s / ln L); 1 where s does not exceed 1."""

    factor: float
    original: int

    def __post_init__(self) -> None:
        rules.real(self, "factor")
        rules.greater(self, "factor", 0)
        rules.whole(self, "original", 2)


Magnitude = float | Mscale | RootLog


@dataclass(frozen=True)
class XPos:
    """xPos growth: queries times ζ_k^((p − centre)/scale_base), keys divided by it, ζ_k = (k/K + 2/5) / (7/5)."""

    scale_base: float = 512.0
    centre: float = 0.0

    def __post_init__(self) -> None:
        for field in ("scale_base", "centre"):
            rules.real(self, field)
        rules.greater(self, "scale_base", 0)


@dataclass(frozen=True)
class Rotary:
    """A rotary position encoding: pairs of features turned by the angles of their planes.

    Parameters
    ----------
    frequencies : Frequencies, Bands, Dense or PerHead
        Ω.
    pairing : {"half", "interleaved", "blocked"}
        Plane k reads features (k, k + K), or (2k, 2k + 1), or is half inside the block of its axis.
    write : pairing or None
        The pairing of the output where it differs from that of the input.
    offset : int
        The first rotated feature; negative counts from the end. The others pass through.
    sign : {1, -1}
        The sense of the turn; 1 takes the first feature of a pair towards the second.
    columns : {"paired", "tiled", "repeated"}
        Which column of the cosine table a feature takes: its plane's; or, in published mismatches that are
        no rotations, those of half pairing inside each axis's block while pairs are interleaved ("tiled"),
        or those of interleaved pairing while pairs are halves ("repeated").
    attention_factor : float, Mscale or RootLog
        Multiplies cosine and sine, so that scores grow by its square.
    growth : XPos or None
        An exponential magnitude, inverse for keys.
    """

    frequencies: AnyFrequencies
    pairing: Pairing = "half"
    write: Pairing | None = None
    offset: int = 0
    sign: Literal[1, -1] = 1
    columns: Literal["paired", "tiled", "repeated"] = "paired"
    attention_factor: Magnitude = 1.0
    growth: XPos | None = None

    def __post_init__(self) -> None:
        require(
            isinstance(self.frequencies, AnyFrequencies),
            "frequencies must be Frequencies, Bands, Dense or PerHead",
            self.frequencies,
        )
        rules.one_of(self, "pairing", PAIRINGS)
        rules.one_of(self, "write", (None, *PAIRINGS))
        require(self.write != self.pairing, "write must differ from pairing, or be None", self.write)
        rules.whole(self, "offset")
        rotated = 2 * plane_count(self.frequencies)
        require(
            self.offset >= 0 or -self.offset >= rotated,
            f"offset must leave room for the {rotated} features that are rotated",
            self.offset,
        )
        rules.one_of(self, "sign", (1, -1))
        self._check_blocks()
        self._check_columns()
        if not isinstance(self.attention_factor, Mscale | RootLog):
            rules.real(self, "attention_factor")
            rules.greater(self, "attention_factor", 0)
        require(self.growth is None or isinstance(self.growth, XPos), "growth must be XPos or None", self.growth)
        if self.growth is not None:
            require(axis_count(self.frequencies) == 1, "growth needs positions of one axis", self.frequencies)

    @property
    def learned(self) -> dict[str, tuple[int, ...]]:
        """What `learned=` must bring, by name, and its shape."""
        return learned_shapes(self.frequencies)

    def _check_blocks(self) -> None:
        if "blocked" not in (self.pairing, self.write) and self.columns != "tiled":
            return
        known = isinstance(self.frequencies, Frequencies | Bands)
        require(known, "blocks need planes that each belong to one axis", type(self.frequencies).__name__)
        assert isinstance(self.frequencies, Frequencies | Bands)
        axes = self.frequencies.axes
        starts = [axis for axis, before in zip(axes, (object(), *axes), strict=False) if axis != before]
        require(len(starts) == len(set(starts)), "blocks need the planes of an axis to stand together", axes)

    def _check_columns(self) -> None:
        rules.one_of(self, "columns", ("paired", "tiled", "repeated"))
        own = {"tiled": "interleaved", "repeated": "half"}.get(self.columns, self.pairing)
        require(self.pairing == own, f"{self.columns} columns need {own} pairing", self.pairing)
        require(
            self.columns == "paired" or self.write is None,
            f"{self.columns} columns need write to be None",
            self.write,
        )


def check_side(variant: Rotary, side: object) -> None:
    """Check that there is such a side, and that a variant has it."""
    known = isinstance(side, str) and side in ("query", "key", "output")
    require(known, "side must be 'query', 'key' or 'output'", side)
    if side == "output":
        require(variant.growth is None, "outputs cannot be turned back where there is growth", variant.growth)
        plain = variant.write is None and variant.columns == "paired"
        require(
            plain,
            "outputs are turned back only where pairs are written as they are read, with paired columns",
            (variant.write, variant.columns),
        )
