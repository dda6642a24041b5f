"""Rotary encodings of images on a grid of rows and columns, besides those of vision.py, each with its source."""

from refpos.catalogue.entry import Angle, Entry, Source
from refpos.catalogue.sources import code
from refpos.variants.frequencies import Bands, Dense, Frequencies
from refpos.variants.rotary import Rotary

_SWIN = ("naver-ai/rope-vit", "ce85c2e56c5ff3aadc10e1a849872081f7b86293", "models/swin_transformer_rope.py")
_TIMM = ("huggingface/pytorch-image-models", "v1.0.31", "timm/layers/pos_embed_sincos.py")
_DIFFUSERS = ("huggingface/diffusers", "v0.42.1", "src/diffusers/models/embeddings.py")
_TRANSFORMERS = ("huggingface/transformers", "v5.23.0")

GRIDS: dict[str, Entry[Angle]] = {
    "rope-2d": Entry(
        Rotary(Frequencies((1,) * 16 + (0,) * 16, ladder="per-axis"), pairing="interleaved"),
        Source("2-D RoPE, Su Jianlin", "kexue.fm/archives/8397", "implementation", "https://kexue.fm/archives/8397"),
        note="First half for x, second half for y, on one ladder; the width, 64, is an example.",
    ),
    "rope-swin-axial": Entry(
        Rotary(Frequencies((1,) * 8 + (0,) * 8, base=50.0, ladder="per-axis"), pairing="interleaved"),
        code(*_SWIN, "RoPEWindowAttention, rope_mixed=False"),
        note=(
            "The base is THETA of SwinTransformer/configs/swinrope, not the 100 of rope-vit-axial. "
            "In the code's buffer float32 makes cos(π/2) -4.37e-8, so that columns leak into rows."
        ),
    ),
    "rope-swin-mixed": Entry(
        Rotary(Dense(2, 16, heads=3), pairing="interleaved"),
        code(*_SWIN, "init_random_2d_freqs and compute_cis"),
        note="The three heads of the tiny model's first stage. The code keeps x before y, here y is first.",
    ),
    "sam-2": Entry(
        Rotary(Frequencies((1,) * 64 + (0,) * 64, ladder="per-axis"), pairing="interleaved"),
        code(
            "facebookresearch/sam2",
            "1034ee2a1aecd24dcd58feba6dbbdefc7935561e",
            "sam2/modeling/position_encoding.py",
            "compute_axial_cis and apply_rotary_enc",
        ),
        note="Columns first. In memory attention, whose one head is 256 wide; keys of object pointers are not rotated.",
    ),
    "eva-02": Entry(
        Rotary(Frequencies((0,) * 16 + (1,) * 16, ladder="per-axis"), pairing="interleaved"),
        code(
            "baaivision/EVA",
            "006ca794a1446194bf9cc78fd1b68e84cc47a221",
            "EVA-02/asuka/rope.py",
            "VisionRotaryEmbeddingFast",
        ),
        note="Positions are rows and columns over the grid's side times that of pretraining, 16.",
    ),
    "timm-rope-pixels": Entry(
        Rotary(Bands((0,) * 16 + (1,) * 16, 1.0, 112.0, unit="half-turn"), pairing="interleaved"),
        code(*_TIMM, "RotaryEmbeddingCat and pixel_freq_bands"),
        note="By default, in_pixels=True: positions run from -1 to 1, both included; for in_pixels=False see eva-02.",
    ),
    "timm-rope-xy": Entry(
        Rotary(Frequencies((1,) * 16 + (0,) * 16, ladder="per-axis"), pairing="interleaved"),
        code(*_TIMM, "RotaryEmbeddingCat, in_pixels=False, grid_indexing='xy'"),
        note="Columns first; by default, 'ij', rows are. With temperature=100 it is that of rope-vit-axial.",
    ),
    "timm-rope-mixed": Entry(
        Rotary(Dense(2, 32, heads=12), pairing="interleaved"),
        code(*_TIMM, "RotaryEmbeddingMixed"),
        note="Twelve heads are those of a base model. By default, 'xy', x is kept before y, here y is first.",
    ),
    # The order in which rows and columns share the planes.
    "hunyuan-dit": Entry(
        Rotary(Frequencies((1,) * 22 + (0,) * 22, ladder="per-axis"), pairing="interleaved"),
        code(*_DIFFUSERS, "get_2d_rotary_pos_embed"),
        note="Columns first. Positions run over the crop that a grid of the training size would have.",
    ),
    "lumina-next": Entry(
        Rotary(Frequencies((0, 1) * 18, ladder="per-axis"), pairing="interleaved"),
        code(*_DIFFUSERS, "get_2d_rotary_pos_embed_lumina"),
        note="Rows and columns alternate. The heads of 72 features are those of Lumina-Next-SFT.",
    ),
    "kimi-k2.5-vision": Entry(
        Rotary(Frequencies((1, 0) * 18, ladder="per-axis")),
        code(*_TRANSFORMERS, "src/transformers/models/kimi_k25/modeling_kimi_k25.py", "Kimi_K25VisionRotaryEmbedding"),
        note="As transformers pairs them; the original's pairs are interleaved, see moonvit.",
    ),
    "step-3.7-vision": Entry(
        Rotary(Frequencies((1,) * 24 + (0,) * 24, ladder="per-axis")),
        code(*_TRANSFORMERS, "src/transformers/models/step3p7/modeling_step3p7.py", "Step3p7VisionRotaryEmbedding"),
        note="Columns first; the base is from the class's default, 10000.",
    ),
    "neomme": Entry(
        Rotary(Frequencies((0, 1) * 4, base=1e6)),
        code(*_TRANSFORMERS, "src/transformers/models/neomme/modeling_neomme.py", "NeoMMERotaryEmbedding"),
        note="Rows take the even rungs of one ladder, columns the odd ones. In layers of full attention.",
        features=64,
    ),
}
