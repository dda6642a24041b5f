"""What the catalogue is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from refpos.errors import require
from refpos.variants.attention import AnyAttention, Layers
from refpos.variants.bias import Bias
from refpos.variants.masks import MaskRule
from refpos.variants.planes import width
from refpos.variants.positions import Rule
from refpos.variants.radix import Radix
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Standardised
from refpos.variants.table import Lookup, Pix2StructGrid, Resize

Angle: TypeAlias = Rotary | Sinusoidal
"""What position enters through angles."""
Tabular: TypeAlias = Lookup | Resize | Standardised | Radix | Pix2StructGrid
"""Tables, learned or made, and what is done with them."""
Variant: TypeAlias = Angle | Bias | Tabular | Rule | MaskRule | AnyAttention | Layers

FAMILIES: Mapping[str, Any] = {
    "rotary": Rotary,
    "sinusoidal": Sinusoidal,
    "bias": Bias,
    "table": Tabular,
    "positions": Rule | MaskRule,
    "attention": AnyAttention | Layers,
}
"""Kinds of encodings, and their descriptions."""

V_co = TypeVar("V_co", bound=Variant, covariant=True)


@dataclass(frozen=True)
class Source:
    """Where a variant is published: a paper and its equation, or a repository at a version with path and name."""

    work: str
    version: str
    place: str
    url: str


@dataclass(frozen=True)
class Entry(Generic[V_co]):
    """A published variant.

    Parameters
    ----------
    variant : Rotary, Sinusoidal, or the description of a bias, a table, a rule of positions, an attention
    source : Source
        Where its numbers and conventions stand.
    note : str
        What a reader should know that the description does not say.
    features : int or None
        The width of the vectors that the model hands to the variant (a head's); None where it is the variant's own.
    """

    variant: V_co
    source: Source
    note: str = ""
    features: int | None = None

    def __post_init__(self) -> None:
        if self.features is not None:
            require(isinstance(self.variant, Angle), "features must be those that angles turn", self.features)
            assert isinstance(self.variant, Angle)
            least = width(self.variant)
            require(self.features > least, f"features must exceed the variant's own {least}", self.features)

    @property
    def family(self) -> str:
        """What kind of encoding it is, of `FAMILIES`."""
        return next(name for name, kind in FAMILIES.items() if isinstance(self.variant, kind))

    @property
    def width(self) -> int:
        """The width of the vectors that angles are given to turn, or are made into."""
        require(isinstance(self.variant, Angle), "what has a width must be rotary or sinusoidal", self.variant)
        assert isinstance(self.variant, Angle)
        return self.features or width(self.variant)
