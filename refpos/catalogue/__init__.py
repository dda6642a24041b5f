"""Every published variant that refpos knows, by name, with its source."""

from collections.abc import Mapping
from types import MappingProxyType

from refpos.catalogue.bias import BIAS
from refpos.catalogue.entry import Angle, Entry, Source, Variant
from refpos.catalogue.extension import EXTENSION
from refpos.catalogue.rotary import ROTARY
from refpos.catalogue.sinusoidal import SINUSOIDAL
from refpos.catalogue.table import TABLE
from refpos.catalogue.vision import VISION

ANGLES: Mapping[str, Entry[Angle]] = MappingProxyType({**ROTARY, **EXTENSION, **VISION, **SINUSOIDAL})
"""The rotary and sinusoidal ones."""
CATALOGUE: Mapping[str, Entry[Variant]] = MappingProxyType({**ANGLES, **BIAS, **TABLE})
"""The entries of all files; no name stands in two of them."""

__all__ = [
    "ANGLES",
    "BIAS",
    "CATALOGUE",
    "EXTENSION",
    "ROTARY",
    "SINUSOIDAL",
    "TABLE",
    "VISION",
    "Angle",
    "Entry",
    "Source",
    "Variant",
]
