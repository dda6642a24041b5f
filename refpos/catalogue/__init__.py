"""Every published variant that refpos knows, by name, with its source."""

from collections.abc import Mapping
from types import MappingProxyType

from refpos.catalogue.coordinates import COORDINATES
from refpos.catalogue.entry import Entry, Source
from refpos.catalogue.extension import EXTENSION
from refpos.catalogue.grids import GRIDS
from refpos.catalogue.rotary import ROTARY
from refpos.catalogue.sinusoidal import SINUSOIDAL
from refpos.catalogue.vision import VISION

CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {**ROTARY, **EXTENSION, **VISION, **GRIDS, **SINUSOIDAL, **COORDINATES}
)
"""The entries of all files; no name stands in two of them."""

__all__ = ["CATALOGUE", "COORDINATES", "EXTENSION", "GRIDS", "ROTARY", "SINUSOIDAL", "VISION", "Entry", "Source"]
