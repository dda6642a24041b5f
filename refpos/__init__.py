"""The reference specification of transformer positional encodings, and the oracle that judges implementations of it."""

from importlib import import_module
from typing import Any

_HOMES = {
    "refpos.catalogue": "CATALOGUE",
    "refpos.errors": "SpecError",
    "refpos.exact.normal": "normal_form same",
    "refpos.oracle.certified": "certify",
    "refpos.oracle.check": "check",
    "refpos.oracle.identify": "identify",
    "refpos.oracle.sweep": "sweep",
    "refpos.spec.attention": "attend scores",
    "refpos.spec.bias": "bias",
    "refpos.spec.frequencies": "angles omega",
    "refpos.spec.masks": "place_mask",
    "refpos.spec.offsets": "index",
    "refpos.spec.positions": "place",
    "refpos.spec.radix": "digits",
    "refpos.spec.rotary": "cos_sin rotate turn",
    "refpos.spec.sinusoidal": "embed",
    "refpos.spec.standardised": "tabulate",
    "refpos.spec.table": "fit lookup resize",
    "refpos.variants.attention": "Attention Chunks Fope Layers LinearAttention Local ReRope RmsNorm",
    "refpos.variants.bias": "Alibi Fire Kerple Sandwich T5Buckets",
    "refpos.variants.frequencies": "Bands Dense Frequencies PerHead",
    "refpos.variants.ladder": "sections",
    "refpos.variants.length": "at_length",
    "refpos.variants.masks": "DecoderMask DetrMask FairseqMask",
    "refpos.variants.multimodal": "CircleRope MRope MSRope OmniRope RopeTie V2PE VideoRope",
    "refpos.variants.planes": "planes",
    "refpos.variants.positions": "Audio Centres Grid GridBuckets Image Index Text Video",
    "refpos.variants.radix": "Radix",
    "refpos.variants.relative": "Cope Deberta Decomposed Fox Pope Shaw TransformerXL",
    "refpos.variants.rotary": "Mscale RootLog Rotary XPos",
    "refpos.variants.scaling": "ByIndex ByParts DynamicNTK Linear LongRope MixedRadix NTK PartNTK PerPlane",
    "refpos.variants.sinusoidal": "Sinusoidal",
    "refpos.variants.standardised": "Ramp Standardised",
    "refpos.variants.table": "Factorised Pix2StructGrid Resize Table",
    "refpos.variants.temperature": "InverseRoot LogCount LogFloor",
    "refpos.variants.window": "SwinContinuous SwinWindow",
}
_FOUND_IN = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = sorted([*_FOUND_IN, "exact"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """Return a public name, importing what it stands in when it is asked for the first time."""
    if name == "exact":
        return import_module("refpos.exact")
    if name not in _FOUND_IN:
        raise AttributeError(f"module 'refpos' has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(_FOUND_IN[name]), name)
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
