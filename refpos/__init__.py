"""The reference specification of transformer positional encodings, and the oracle that judges implementations of it."""

from refpos import exact
from refpos.catalogue import CATALOGUE
from refpos.errors import SpecError
from refpos.exact.normal import normal_form, same
from refpos.oracle.check import check
from refpos.spec.attention import attend, scores
from refpos.spec.bias import bias
from refpos.spec.frequencies import angles, omega
from refpos.spec.masks import place_mask
from refpos.spec.offsets import index
from refpos.spec.positions import place
from refpos.spec.rotary import cos_sin, rotate, turn
from refpos.spec.sinusoidal import embed
from refpos.spec.standardised import tabulate
from refpos.spec.table import fit, lookup, resize
from refpos.variants.attention import (
    Attention,
    Chunks,
    Fope,
    Layers,
    LinearAttention,
    Local,
    ReRope,
    RmsNorm,
)
from refpos.variants.bias import Alibi, Fire, Kerple, Sandwich, T5Buckets
from refpos.variants.frequencies import Bands, Dense, Frequencies, PerHead
from refpos.variants.ladder import sections
from refpos.variants.length import at_length
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask
from refpos.variants.multimodal import V2PE, CircleRope, MRope, MSRope, OmniRope, RopeTie, VideoRope
from refpos.variants.planes import planes
from refpos.variants.positions import Audio, Centres, Grid, GridBuckets, Image, Index, Text, Video
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL
from refpos.variants.rotary import Mscale, RootLog, Rotary, XPos
from refpos.variants.scaling import NTK, ByIndex, ByParts, DynamicNTK, Linear, LongRope, MixedRadix, PerPlane
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Ramp, Standardised
from refpos.variants.table import Factorised, Pix2StructGrid, Resize, Table
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor
from refpos.variants.window import SwinContinuous, SwinWindow

__all__ = [
    "CATALOGUE",
    "NTK",
    "V2PE",
    "Alibi",
    "Attention",
    "Audio",
    "Bands",
    "ByIndex",
    "ByParts",
    "Centres",
    "Chunks",
    "CircleRope",
    "Cope",
    "Deberta",
    "DecoderMask",
    "Decomposed",
    "Dense",
    "DetrMask",
    "DynamicNTK",
    "Factorised",
    "FairseqMask",
    "Fire",
    "Fope",
    "Fox",
    "Frequencies",
    "Grid",
    "GridBuckets",
    "Image",
    "Index",
    "InverseRoot",
    "Kerple",
    "Layers",
    "Linear",
    "LinearAttention",
    "Local",
    "LogCount",
    "LogFloor",
    "LongRope",
    "MRope",
    "MSRope",
    "MixedRadix",
    "Mscale",
    "OmniRope",
    "PerHead",
    "PerPlane",
    "Pix2StructGrid",
    "Pope",
    "Ramp",
    "ReRope",
    "Resize",
    "RmsNorm",
    "RootLog",
    "RopeTie",
    "Rotary",
    "Sandwich",
    "Shaw",
    "Sinusoidal",
    "SpecError",
    "Standardised",
    "SwinContinuous",
    "SwinWindow",
    "T5Buckets",
    "Table",
    "Text",
    "TransformerXL",
    "Video",
    "VideoRope",
    "XPos",
    "angles",
    "at_length",
    "attend",
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
    "place_mask",
    "planes",
    "resize",
    "rotate",
    "same",
    "scores",
    "sections",
    "tabulate",
    "turn",
]
