"""Tables that are made, not learned, and standardised as a whole: what a row is depends on how many there are."""

from dataclasses import dataclass

from refpos.errors import require
from refpos.variants import rules
from refpos.variants.frequencies import axis_count
from refpos.variants.length import require_static
from refpos.variants.planes import width
from refpos.variants.sinusoidal import Sinusoidal

MOST = 2**22
"""How many entries a table may have."""


@dataclass(frozen=True)
class Ramp:
    """A power of how far along a position is, times that of how far along its feature is; of one feature the first.

    T[p, c] = (p/(n − 1))^x (c/(width − 1))^x,  n the rows

    Parameters
    ----------
    width : int
    exponent : float
        x.
    """

    width: int
    exponent: float

    def __post_init__(self) -> None:
        rules.whole(self, "width", 1)
        rules.real(self, "exponent")
        require(2**-10 <= self.exponent <= 2**6, "exponent must be from 2^-10 to 2^6", self.exponent)


@dataclass(frozen=True)
class Standardised:
    """A table of so many rows, less the mean of all its entries, over so many of their standard deviations.

    e_p = (T[p] − μ)/(deviations · σ),  μ = Σ T/N,  σ² = Σ (T − μ)²/(N − 1),  N = rows · width

    Parameters
    ----------
    rows : int
        From position 0.
    content : Sinusoidal or Ramp
        T, before.
    deviations : float
    """

    rows: int
    content: Sinusoidal | Ramp
    deviations: float = 1.0

    def __post_init__(self) -> None:
        rules.whole(self, "rows", 2)
        require(isinstance(self.content, Sinusoidal | Ramp), "content must be Sinusoidal or Ramp", self.content)
        if isinstance(self.content, Sinusoidal):
            _check(self.content)
        require(self.rows * self.width <= MOST, f"rows times width must be at most {MOST:,}", (self.rows, self.width))
        rules.real(self, "deviations")
        require(2**-20 <= self.deviations <= 2**20, "deviations must be from 2^-20 to 2^20", self.deviations)

    @property
    def width(self) -> int:
        """How many features a row has."""
        return self.content.width if isinstance(self.content, Ramp) else width(self.content)

    @property
    def learned(self) -> dict[str, tuple[int, ...]]:
        """Nothing."""
        return {}


def _check(content: Sinusoidal) -> None:
    """Check that waves are of one axis, given, and not scaled, which would be divided out again."""
    require(axis_count(content.frequencies) == 1, "content must have one axis", content.frequencies)
    require(not content.learned, "content must not be learned", content.frequencies)
    require(content.prefix == 0 and content.scale == 1, "content must have no prefix and no scale", content)
    require_static(content)
