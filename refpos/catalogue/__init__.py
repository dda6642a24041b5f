"""Every published variant that refpos knows, by name, with its source."""

from collections.abc import Mapping
from types import MappingProxyType

from refpos.catalogue.attention import ATTENTION
from refpos.catalogue.bias import BIAS
from refpos.catalogue.coordinates import COORDINATES
from refpos.catalogue.entry import Angle, Entry, Source, Variant
from refpos.catalogue.extension import EXTENSION
from refpos.catalogue.grids import GRIDS
from refpos.catalogue.positions import POSITIONS
from refpos.catalogue.rotary import ROTARY
from refpos.catalogue.sinusoidal import SINUSOIDAL
from refpos.catalogue.table import TABLE
from refpos.catalogue.vision import VISION

ANGLES: Mapping[str, Entry[Angle]] = MappingProxyType(
    {**ROTARY, **EXTENSION, **VISION, **GRIDS, **SINUSOIDAL, **COORDINATES}
)
"""The rotary and sinusoidal ones."""
CATALOGUE: Mapping[str, Entry[Variant]] = MappingProxyType({**ANGLES, **BIAS, **TABLE, **POSITIONS, **ATTENTION})
"""The entries of all files; no name stands in two of them."""

__all__ = [
    "ANGLES",
    "ATTENTION",
    "BIAS",
    "CATALOGUE",
    "COORDINATES",
    "EXTENSION",
    "GRIDS",
    "POSITIONS",
    "ROTARY",
    "SINUSOIDAL",
    "TABLE",
    "VISION",
    "Angle",
    "Entry",
    "Source",
    "Variant",
]
