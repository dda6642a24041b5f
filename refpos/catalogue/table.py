"""Tables, learned or made, and the rules that resize them, each with its source. Positions are tokens, or (y, x)."""

from refpos.catalogue.entry import Entry, Source, Tabular
from refpos.catalogue.sources import code
from refpos.variants.frequencies import Frequencies
from refpos.variants.radix import Radix
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Ramp, Standardised
from refpos.variants.table import Factorised, Resize, Table

_DIGITS = Source(
    "RoPE as a base-β encoding, Su Jianlin",
    "kexue.fm/archives/9675",
    "digit m from the right",
    "https://kexue.fm/archives/9675",
)
_NAVIT = Source("NaViT", "arXiv:2307.06304", "§2.1", "https://arxiv.org/abs/2307.06304")
_BIG_VISION = "0127fb6b337ee2a27bf4e54dea79cff176527356"
_DINOV2 = "b8931f7bf91576930313be2c6d6af376033b35f0"
_TIMM = "aa4b5850c1543fa488abf260f18390eda46cf85d"
_VIT = "c6de1e5378c9831a8477feb30994971bdc409e46"
_PATCH_TST = (
    "yuqinie98/PatchTST",
    "204c21efe0b39603ad6e2ca640ef5896646ab1a9",
    "PatchTST_supervised/layers/PatchTST_layers.py",
)

TABLE: dict[str, Entry[Tabular]] = {
    # Text.
    "bert": Entry(
        Table((512,), 768),
        code(
            "google-research/bert", "eedf5716ce1268e56f0a50264a88cafad334ac61", "modeling.py", "embedding_postprocessor"
        ),
        note="The width is the base model's.",
    ),
    "gpt-2": Entry(
        Table((1024,), 768),
        code("openai/gpt-2", "9b63575ef42771a015060c964af2c3da4cf7c8ab", "src/model.py", "model, wpe"),
    ),
    "bart": Entry(
        Table((1026,), 1024, offset=2),
        code(
            "facebookresearch/fairseq",
            "3d262bb25690e4eb2e7d3c1309b1e9c406ca4b99",
            "fairseq/modules/positional_embedding.py",
            "PositionalEmbedding",
        ),
        note="Padding has row 1, position -1, and is zero: opt-positions; fairseq-positions are rows. The large model.",
    ),
    "opt": Entry(
        Table((2050,), 768, offset=2),
        code(
            "huggingface/transformers",
            "0184d2087e15afbd83ffa3cef25044a4f6c05047",
            "src/transformers/models/opt/modeling_opt.py",
            "OPTLearnedPositionalEmbedding",
        ),
        note="Positions count the tokens that are not padding; a padded one stands at -1: opt-positions. 125m's width.",
    ),
    # Images: one row for each patch, row by row.
    "vit": Entry(
        Table((197,), 768),
        code("google-research/vision_transformer", _VIT, "vit_jax/models_vit.py", "AddPositionEmbs"),
        note="Row 0 is the class token's: a prefix of 1 for vit-resize. B/16 at 224 pixels.",
    ),
    "deit": Entry(
        Table((198,), 768),
        code(
            "facebookresearch/deit",
            "7e160fe43f0252d17191b71cbb5826254114ea5b",
            "models.py",
            "DistilledVisionTransformer",
        ),
        note="Rows 0 and 1 are of two tokens, class and distillation: a prefix of 2 for deit-resize. The base model.",
    ),
    "big-vision-learned": Entry(
        Table((196,), 768),
        code("google-research/big_vision", _BIG_VISION, "big_vision/models/vit.py", "get_posemb"),
        note='posemb="learn": added before there is a class token, so that no prefix is needed; resized by vit-resize.',
    ),
    "dinov2": Entry(
        Table((1370,), 768),
        code("facebookresearch/dinov2", _DINOV2, "dinov2/models/vision_transformer.py", "DinoVisionTransformer"),
        note="A prefix of 1; resized by dino-resize, or by timm-resize where there are registers. B/14 at 518 pixels.",
    ),
    # Images: by row and column.
    "pix2struct": Entry(
        Factorised((4096, 4096), 768, offset=1),
        code(
            "google-research/pix2struct",
            "945f27e936c9464d9d7c133f1bd1f4f383be9e99",
            "pix2struct/models.py",
            "PatchEmbed, sizes in pix2struct/configs/models/pix2struct.gin",
        ),
        note="Ids count from 1, 0 is padding. NaViT ascribes another table to it, see pix2struct-navit.",
    ),
    "pix2struct-navit": Entry(
        Table((64, 64), 768),
        _NAVIT,
        note="What NaViT says of Pix2Struct, whose code has two tables, see pix2struct. maxLen, 64 here, is not given.",
    ),
    "navit": Entry(
        Factorised((64, 64), 768),
        _NAVIT,
        note="Absolute coordinates, summed: the best in §3.4. maxLen, 64 here, is not given.",
    ),
    "navit-stack": Entry(
        Factorised((64, 64), 768, combine="stack"),
        _NAVIT,
        note="Rows first and each half of the width: the paper gives neither.",
    ),
    "navit-product": Entry(Factorised((64, 64), 768, combine="product"), _NAVIT, note="As navit, multiplied."),
    "navit-fractional": Entry(
        Factorised((64, 64), 768, resample=Resize("nearest", align="origin")),
        _NAVIT,
        note="r = p/side. How a learned table holds a function of r the paper does not say: here in 64 equal cells.",
    ),
    "navit-fractional-centres": Entry(
        Factorised((64, 64), 768, resample=Resize("nearest")),
        _NAVIT,
        note="As navit-fractional, with a patch at p + 1/2, which the paper leaves open.",
    ),
    "naflexvit-factorized": Entry(
        Factorised((16, 16), 768, resample=Resize("linear")),
        code("huggingface/pytorch-image-models", _TIMM, "timm/models/naflexvit.py", "NaFlexEmbeds"),
        note="With pos_embed_ar_preserving the grid is the square of the longer side.",
    ),
    "siglip2-naflex": Entry(
        Table((16, 16), 768, resample=Resize("linear", antialias=True)),
        code(
            "google-research/big_vision",
            _BIG_VISION,
            "big_vision/models/proj/image_text/naflex_vit.py",
            "_pos_emb_resize",
        ),
        note="The code is given the size of the table as nposemb.",
    ),
    "qwen3-vl-vision": Entry(
        Table((48, 48), 1152, resample=Resize("linear", align="corners")),
        code(
            "huggingface/transformers",
            "00709b862bb8f14a5435bb7195592579168496e4",
            "src/transformers/models/qwen3_vl/modeling_qwen3_vl.py",
            "Qwen3VLVisionModel.fast_pos_embed_interpolate",
        ),
        note="Added before the rotary encoding of each layer. The sizes are the library's defaults.",
    ),
    "idefics2": Entry(
        Table((7, 7), 768, resample=Resize("nearest", align="origin")),
        code(
            "huggingface/transformers",
            "00dcc6dda6f6d8e69541a6b51f97986a80242367",
            "src/transformers/models/idefics2/modeling_idefics2.py",
            "Idefics2VisionEmbeddings",
        ),
        note="Fractional (y, x) on one table; idefics2-positions are row numbers. Sizes are the library's defaults.",
    ),
    # Rules by which a table is resized to another grid.
    "vit-resize": Entry(
        Resize("linear", align="corners"),
        code("google-research/vision_transformer", _VIT, "vit_jax/checkpoint.py", "interpolate_posembed"),
        note="Square grids. SciPy leaves the last row and column zero at some sizes, as from 16 to 30 and 28 to 14.",
    ),
    "deit-resize": Entry(
        Resize("cubic", a=-0.75),
        code("facebookresearch/deit", "7e160fe43f0252d17191b71cbb5826254114ea5b", "main.py", "main"),
        note="MAE's and RoPE-ViT's too, and that of ViT and DINOv2 in transformers.",
    ),
    "timm-resize": Entry(
        Resize("cubic", a=-0.5, antialias=True),
        code("huggingface/pytorch-image-models", _TIMM, "timm/layers/pos_embed.py", "resample_abs_pos_embed"),
        note="Differs from deit-resize where there are more samples too: a is another and the edges are.",
    ),
    "dino-resize": Entry(
        Resize("cubic", a=-0.75, offset=0.1),
        code(
            "facebookresearch/dinov2",
            _DINOV2,
            "dinov2/models/vision_transformer.py",
            "DinoVisionTransformer.interpolate_pos_encoding",
        ),
        note="DINO's too; the code keeps the table at equal size. In transformers without the offset, see deit-resize.",
    ),
    "dpt-resize": Entry(
        Resize("linear"),
        code("isl-org/DPT", "cd3fe90bb4c48577535cc4d51b602acca688a2ee", "dpt/vit.py", "_resize_pos_embed"),
        note="The bilinear default of torch, which shares no corners, see vit-resize. Tables of square grids.",
    ),
    # Tables that are made, and standardised as a whole.
    "patchtst": Entry(
        Standardised(42, Sinusoidal(Frequencies((0,) * 64)), deviations=10.0),
        code(*_PATCH_TST, 'positional_encoding, "sincos"'),
        note="For 42 patches, of 128 features. By default the code learns a table that begins near zero.",
    ),
    "patchtst-lin1d": Entry(
        Standardised(42, Ramp(1, 1.0), deviations=10.0),
        code(*_PATCH_TST, 'positional_encoding, "lin1d"'),
        note="One number for all features of a patch.",
    ),
    "patchtst-exp1d": Entry(
        Standardised(42, Ramp(1, 0.5), deviations=10.0),
        code(*_PATCH_TST, 'positional_encoding, "exp1d"'),
        note="One number for all features of a patch. It is a root, no exponential.",
    ),
    "patchtst-lin2d": Entry(
        Standardised(42, Ramp(128, 0.9009999999999999), deviations=10.0),
        code(*_PATCH_TST, 'positional_encoding, "lin2d"'),
        note="The exponent is where 100 steps from 1 end, for this size. As published the code stops at pv, a name it "
        "lacks.",
    ),
    "patchtst-exp2d": Entry(
        Standardised(42, Ramp(128, 0.4059999999999999), deviations=10.0),
        code(*_PATCH_TST, 'positional_encoding, "exp2d"'),
        note="The exponent is what steps from 1/2 find, for this size; of a large table it is near √2 − 1. The code "
        "lacks a name, see patchtst-lin2d.",
    ),
    # A row for each position, of its digits.
    "base-10-digits": Entry(
        Radix((10,) * 3),
        _DIGITS,
        note="What RoPE is likened to. The lowest digit comes first, as the fastest plane does; 1749 has 9, 4, 7.",
    ),
    "base-16-digits": Entry(
        Radix((16,) * 3),
        _DIGITS,
        note="The change of base by which as many digits reach further, see base-10-digits. 1749 has 5, 13, 6.",
    ),
}
