"""The reference specification of transformer positional encodings, and the oracle that judges implementations of it."""

from refpos import exact
from refpos.catalogue import CATALOGUE
from refpos.errors import SpecError
from refpos.exact.normal import normal_form, same
from refpos.oracle.check import check
from refpos.spec.frequencies import angles, omega
from refpos.spec.positions import place
from refpos.spec.rotary import cos_sin, rotate, turn
from refpos.spec.sinusoidal import embed
from refpos.variants.frequencies import Bands, Dense, Frequencies, PerHead
from refpos.variants.ladder import sections
from refpos.variants.length import at_length
from refpos.variants.planes import planes
from refpos.variants.positions import Centres, Grid, Image, Index, MRope, Text, Video
from refpos.variants.rotary import Mscale, RootLog, Rotary, XPos
from refpos.variants.scaling import NTK, ByIndex, ByParts, DynamicNTK, Linear, LongRope, MixedRadix, PerPlane
from refpos.variants.sinusoidal import Sinusoidal

__all__ = [
    "CATALOGUE",
    "NTK",
    "Bands",
    "ByIndex",
    "ByParts",
    "Centres",
    "Dense",
    "DynamicNTK",
    "Frequencies",
    "Grid",
    "Image",
    "Index",
    "Linear",
    "LongRope",
    "MRope",
    "MixedRadix",
    "Mscale",
    "PerHead",
    "PerPlane",
    "RootLog",
    "Rotary",
    "Sinusoidal",
    "SpecError",
    "Text",
    "Video",
    "XPos",
    "angles",
    "at_length",
    "check",
    "cos_sin",
    "embed",
    "exact",
    "normal_form",
    "omega",
    "place",
    "planes",
    "rotate",
    "same",
    "sections",
    "turn",
]
