"""Sinusoidal encodings of points, images and videos, each with its source.

Positions are (y, x), (t, y, x), or (x, y, z), which is said. What is not only a function of one position is not here:
PatchTST's table, which is standardised as a whole, is among the tables.
"""

from refpos.catalogue.entry import Angle, Entry, Source
from refpos.catalogue.sources import code
from refpos.variants.frequencies import Bands, Frequencies
from refpos.variants.sinusoidal import Sinusoidal

_DIFFUSERS = ("huggingface/diffusers", "v0.42.1", "src/diffusers/models/embeddings.py")
_DETR = Sinusoidal(Frequencies((0,) * 64 + (1,) * 64, ladder="per-axis", unit="turn"))

COORDINATES: dict[str, Entry[Angle]] = {
    # Images and videos, patch by patch.
    "simple-vit": Entry(
        Sinusoidal(Frequencies((1,) * 256 + (0,) * 256, ladder="per-axis", endpoint=True), order="sin-cos"),
        code(
            "lucidrains/vit-pytorch",
            "bdaf2d14916500e2978c49833795ed3b599e220d",
            "vit_pytorch/simple_vit.py",
            "posemb_sincos_2d",
        ),
        note="As big-vision has it, an end point included; the width is that of the repository's example.",
    ),
    "open-clip-sincos2d": Entry(
        Sinusoidal(Frequencies((1,) * 192 + (0,) * 192, ladder="per-axis"), order="sin-cos", prefix=1),
        code(
            "mlfoundations/open_clip",
            "e0c8e63c5d2ac4cd68e0b7e32480402495007e3e",
            "src/open_clip/pos_embed.py",
            "get_2d_sincos_pos_embed",
        ),
        note="The function of mae, for square grids, rounded to float32. The width is that of ViT-B.",
    ),
    "timm-sincos2d-interleaved": Entry(
        Sinusoidal(Frequencies((0,) * 16 + (1,) * 16, ladder="per-axis"), order="sin-cos"),
        code(
            "huggingface/pytorch-image-models",
            "aa4b5850c1543fa488abf260f18390eda46cf85d",
            "timm/layers/pos_embed_sincos.py",
            "build_sincos2d_pos_embed, interleave_sin_cos=True",
        ),
        note="Blocks are interleaved, not features: by default sines come before all cosines, see timm-sincos2d.",
    ),
    "pixart": Entry(
        Sinusoidal(Frequencies((1,) * 288 + (0,) * 288, ladder="per-axis"), order="sin-cos"),
        code(*_DIFFUSERS, "get_2d_sincos_pos_embed"),
        note="Positions are patches times base_size over the grid's side and over interpolation_scale.",
    ),
    "cogvideox-2b": Entry(
        Sinusoidal(Frequencies((0,) * 240 + (2,) * 360 + (1,) * 360, ladder="per-axis"), order="sin-cos"),
        code(*_DIFFUSERS, "get_3d_sincos_pos_embed"),
        note="A quarter for time, the rest for columns and rows, each over its interpolation scale; see cogvideox.",
    ),
    # Images, by the share of the side.
    "detr": Entry(
        _DETR,
        code(
            "facebookresearch/detr",
            "11c5d51642a8bbe26d71ee85edcd5fc5eaf70abb",
            "models/position_encoding.py",
            "PositionEmbeddingSine",
        ),
        note="Positions are (i + 1)/(n + 1e-6) of the n rows, or columns, that are not masked.",
    ),
    "deformable-detr": Entry(
        _DETR,
        code(
            "fundamentalvision/Deformable-DETR",
            "48092c507c9db61da4cd4ffda819da757d349a82",
            "models/position_encoding.py",
            "PositionEmbeddingSine",
        ),
        note="Only positions differ, see detr: they are (i + 1/2)/(n + 1e-6).",
    ),
    "dab-detr": Entry(
        Sinusoidal(Frequencies((0,) * 64 + (1,) * 64, base=20.0, ladder="per-axis", unit="turn")),
        code(
            "huggingface/transformers",
            "v5.23.0",
            "src/transformers/models/dab_detr/modeling_dab_detr.py",
            "DabDetrSinePositionEmbedding",
        ),
        note="Positions as for detr. Rows and columns may have bases of their own, by default 20 both.",
    ),
    # Points, by bands of frequencies.
    "nerf": Entry(
        Sinusoidal(Bands((0,) * 10 + (1,) * 10 + (2,) * 10, 1.0, 512.0, unit="half-turn")),
        Source("NeRF", "arXiv:2003.08934v2", "§5.1, eq. 4, L = 10", "https://arxiv.org/abs/2003.08934v2"),
        note="Positions are (x, y, z) from -1 to 1. The code has no π and another order, see nerf-code.",
    ),
    "nerf-code": Entry(
        Sinusoidal(Bands((0, 1, 2) * 10, 1.0, 512.0), order="sin-cos", blocks="band"),
        code(
            "bmild/nerf",
            "c39def3944c982aa7aabeacdd2e856c07da39b9e",
            "run_nerf_helpers.py",
            "Embedder",
        ),
        note="After the coordinates themselves, band by band sines, then cosines. The paper has π, see nerf.",
    ),
    "perceiver": Entry(
        Sinusoidal(
            Bands((0,) * 64 + (1,) * 64, 1.0, 112.0, spacing="linear", unit="half-turn"),
            order="sin-cos",
            blocks="function",
        ),
        code(
            "google-deepmind/deepmind-research",
            "837430d4d1db681340651f85b05c31e1b2b7ae08",
            "perceiver/position_encoding.py",
            "generate_fourier_features",
        ),
        note="After the coordinates themselves, which run from -1 to 1. For images of 224 by 224 and 64 bands.",
    ),
}
