"""The reference specification of transformer positional encodings, and the oracle that judges implementations of it."""

from refpos import exact
from refpos.catalogue import CATALOGUE
from refpos.errors import SpecError
from refpos.exact.normal import normal_form, same
from refpos.oracle.check import check
from refpos.spec.bias import bias
from refpos.spec.frequencies import angles, omega
from refpos.spec.offsets import index
from refpos.spec.positions import place
from refpos.spec.rotary import cos_sin, rotate, turn
from refpos.spec.sinusoidal import embed
from refpos.spec.table import fit, lookup, resize
from refpos.variants.bias import Alibi, Fire, Kerple, Sandwich, T5Buckets
from refpos.variants.frequencies import Bands, Dense, Frequencies, PerHead
from refpos.variants.ladder import sections
from refpos.variants.length import at_length
from refpos.variants.planes import planes
from refpos.variants.positions import Centres, Grid, Image, Index, MRope, Text, Video
from refpos.variants.rotary import Mscale, RootLog, Rotary, XPos
from refpos.variants.scaling import NTK, ByIndex, ByParts, DynamicNTK, Linear, LongRope, PerPlane
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.table import Factorised, Pix2StructGrid, Resize, Table
from refpos.variants.window import SwinContinuous, SwinWindow

__all__ = [
    "CATALOGUE",
    "NTK",
    "Alibi",
    "Bands",
    "ByIndex",
    "ByParts",
    "Centres",
    "Dense",
    "DynamicNTK",
    "Factorised",
    "Fire",
    "Frequencies",
    "Grid",
    "Image",
    "Index",
    "Kerple",
    "Linear",
    "LongRope",
    "MRope",
    "Mscale",
    "PerHead",
    "PerPlane",
    "Pix2StructGrid",
    "Resize",
    "RootLog",
    "Rotary",
    "Sandwich",
    "Sinusoidal",
    "SpecError",
    "SwinContinuous",
    "SwinWindow",
    "T5Buckets",
    "Table",
    "Text",
    "Video",
    "XPos",
    "angles",
    "at_length",
    "bias",
    "check",
    "cos_sin",
    "embed",
    "exact",
    "fit",
    "index",
    "lookup",
    "normal_form",
    "omega",
    "place",
    "planes",
    "resize",
    "rotate",
    "same",
    "sections",
    "turn",
]
