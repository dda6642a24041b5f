"""What the catalogue is made of."""

from dataclasses import dataclass

from refpos.errors import require
from refpos.variants.planes import width
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal

Variant = Rotary | Sinusoidal


@dataclass(frozen=True)
class Source:
    """Where a variant is published: a paper and its equation, or a repository at a version with path and name."""

    work: str
    version: str
    place: str
    url: str


@dataclass(frozen=True)
class Entry:
    """A published variant.

    Parameters
    ----------
    variant : Rotary or Sinusoidal
    source : Source
        Where its numbers and conventions stand.
    note : str
        What a reader should know that the description does not say.
    features : int or None
        The width of the vectors that the model hands to the variant (a head's); None where it is the variant's own.
    """

    variant: Variant
    source: Source
    note: str = ""
    features: int | None = None

    def __post_init__(self) -> None:
        if self.features is not None:
            least = width(self.variant)
            require(self.features > least, f"features must exceed the variant's own {least}", self.features)

    @property
    def width(self) -> int:
        """The width of the vectors that the variant is given, or of those that it makes."""
        return self.features or width(self.variant)
