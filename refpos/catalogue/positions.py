"""Rules of position, each with its source."""

from refpos.catalogue.entry import Entry, Source
from refpos.catalogue.sources import code
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask, MaskRule
from refpos.variants.multimodal import V2PE, CircleRope, MRope, MSRope, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Centres, Grid, GridBuckets, Index, Rule

_QWEN = ("QwenLM/Qwen3-VL", "96588727e44c78b25ba03ea03b8e12f7e64fd0da", "qwen-vl-finetune/qwenvl/data/rope2d.py")
_MULTIMODAL = ("JJJYmmm/Multimodal-RoPEs", "cd413b9e239e916e03234e9b4b64c3420aeb5419")
_CIRCLE = ("lose4578/CircleRoPE", "063fb2c43c7a4718b9465b74494b58080da1c260", "code/circle_rope.py")
_V2PE = (
    "OpenGVLab/V2PE",
    "f96f18990e88f511ca0502b92fc30d8708ba3ada",
    "internvl/model/internvl_chat/modeling_internvl_chat.py",
)
_TIE = Source("RoPE-Tie", "kexue.fm 10040", "symmetry and equivalence", "https://kexue.fm/archives/10040")

POSITIONS: dict[str, Entry[Rule | MaskRule]] = {
    # Text, sound, images and videos in one sequence.
    "qwen2-vl-positions": Entry(
        MRope(),
        code(*_QWEN, "get_rope_index_2"),
        note="In transformers 5 text after a video goes on from its longer side, not from its last frame.",
    ),
    "qwen2.5-vl-positions": Entry(
        MRope(tokens_per_second=2),
        code(*_QWEN, "get_rope_index_25"),
        note="Its docstring counts 25 tokens a second, see qwen2.5-vl-positions-docstring.",
    ),
    "qwen2.5-vl-positions-docstring": Entry(
        MRope(tokens_per_second=25),
        code(*_QWEN, "get_rope_index_25, docstring"),
        note="Its code counts 2 tokens a second, see qwen2.5-vl-positions.",
    ),
    "qwen2.5-omni-positions": Entry(
        MRope(tokens_per_second=25),
        code(
            "huggingface/transformers",
            "v5.23.0",
            "src/transformers/models/qwen2_5_omni/modeling_qwen2_5_omni.py",
            "get_rope_index",
        ),
        note="Sound has 25 tokens a second. Sound and frames that come in turns are not described.",
    ),
    "qwen3-vl-positions": Entry(
        MRope(split=True),
        code(*_QWEN, "get_rope_index_3"),
        note="Times stand in text between the frames, which are segments of their own.",
    ),
    "videorope-positions": Entry(
        VideoRope(),
        code(
            "Wiselnn570/VideoRoPE",
            "7712ca3f52b795284e0453badc6cf1642c1368c4",
            "videorope-transformer/modeling_videorope.py",
            "get_t_scale_rope_index",
        ),
        note="Grids are centred by (n - 1)//2.",
    ),
    "hope-vlm-positions": Entry(
        VideoRope(stride=1.0),
        code(*_MULTIMODAL, "multimodal_ropes/pos_design/hope.py", "get_hope_index"),
        note="Each frame is a grid of its own, so that the stride, drawn anew for each, is without effect.",
    ),
    "omnirope-positions": Entry(
        OmniRope(split=True),
        code(*_MULTIMODAL, "multimodal_ropes/pos_design/omnirope.py", "get_omnirope_index"),
        note="That package's IL-RoPE has the same positions. Each frame of a video is a grid of its own.",
    ),
    "mrope-i-spatial-reset-positions": Entry(
        OmniRope(split=True),
        code(*_MULTIMODAL, "multimodal_ropes/pos_design/mrope_i.py", "get_mrope_interleave_index, spatial_reset"),
        note="Rows and columns are those of omnirope-positions; without the reset those of qwen3-vl-positions.",
    ),
    "rope-tie-positions": Entry(
        RopeTie(),
        _TIE,
        note="For given sides smaller steps do as well, see rope-tie-smallest-positions.",
    ),
    "rope-tie-smallest-positions": Entry(
        RopeTie("smallest"),
        _TIE,
        note="The steps of rope-tie-positions over their greatest common divisor: not in the post.",
    ),
    "rope-tie-equivalent-positions": Entry(RopeTie("equivalent"), _TIE),
    "rope-tie-v2-positions": Entry(
        RopeTie("unit"),
        Source("RoPE-Tie-v2", "kexue.fm 10352", "symmetry, equivalence, unit steps", "https://kexue.fm/archives/10352"),
        note="Derived from these conditions, not read off the post.",
    ),
    "v2pe-positions": Entry(
        V2PE(),
        code(*_V2PE, "get_rope_pos_id, v2pe_fix"),
        note="The stride is chosen by who runs it (in training drawn from 1, 2, 4 ... 256); here it is 64.",
    ),
    "v2pe-multimodal-ropes-positions": Entry(
        V2PE(stride=16.0, tokens=None, split=True),
        code(*_MULTIMODAL, "multimodal_ropes/pos_design/v2pe.py", "get_v2pe_index"),
        note="One stride for each image, or frame of a video, not for each tile, see v2pe-positions.",
    ),
    "circle-rope-positions": Entry(
        CircleRope(),
        code(*_CIRCLE, "get_circle_rope_index"),
        note="Radius and alpha are those of its config.json, by which every other layer has M-RoPE's positions.",
    ),
    "qwen-image-positions": Entry(
        MSRope(),
        code(
            "huggingface/diffusers",
            "58eb52c0803ea9af3abec60841c2a093bdf1f951",
            "src/diffusers/models/transformers/transformer_qwenimage.py",
            "QwenEmbedRope",
        ),
        note="Images first, then text. Qwen's own repository has no modelling code.",
    ),
    # Images.
    "eva-02-positions": Entry(
        Grid(reference=(16, 16), before=1),
        code(
            "baaivision/EVA",
            "006ca794a1446194bf9cc78fd1b68e84cc47a221",
            "EVA-02/asuka/rope.py",
            "VisionRotaryEmbeddingFast",
        ),
        note="The grid of training is the function's default. The class token is not rotated: it stands at 0.",
    ),
    "moco-v3-positions": Entry(
        Grid(exchanged=True),
        code(
            "facebookresearch/moco-v3",
            "c349e6e24f40d3fedb22d973f92defa4cedf37a7",
            "vits.py",
            "build_2d_sincos_position_embedding",
        ),
        note=(
            "torch.meshgrid(w, h) counts the grid as w by h: off the square, positions are not those of their patches. "
            "The class token has none; the table moco-v3 has its row."
        ),
    ),
    "qwen2-vl-vision-positions": Entry(
        Grid(block=2),
        code(
            "huggingface/transformers",
            "928b5565ecea2852ac5a41701c90589321548522",
            "src/transformers/models/qwen2_vl/modeling_qwen2_vl.py",
            "Qwen2VisionTransformerPretrainedModel.rot_pos_emb",
        ),
        note="Those of qwen2-vl-vision. The four patches of a block are later merged into one token.",
    ),
    "llama-4-vision-positions": Entry(
        Grid(start=1, after=1),
        code(
            "meta-llama/llama-models",
            "a9c89c471f793423afd4cc3ca8671d6e56fe64cb",
            "models/llama4/vision/encoder.py",
            "get_rope_freqs and compute_rope_freqs",
        ),
        note="The class token comes last and is not rotated: it stands at 0.",
    ),
    "dinov3-positions": Entry(
        Centres(),
        code(
            "facebookresearch/dinov3",
            "6876159a11b4df116f30f667f8c9888617df0751",
            "dinov3/layers/rope_position_encoding.py",
            "RopePositionEmbedding, normalize_coords separate",
        ),
    ),
    "idefics2-positions": Entry(
        GridBuckets(7),
        code(
            "huggingface/transformers",
            "00dcc6dda6f6d8e69541a6b51f97986a80242367",
            "src/transformers/models/idefics2/modeling_idefics2.py",
            "Idefics2VisionEmbeddings",
        ),
        note="Row numbers; the table idefics2 takes (y, x). Dividing in float32 it can fall into the bucket before.",
    ),
    # Padding.
    "decoder-positions": Entry(
        DecoderMask(),
        code(*_QWEN, "get_rope_index_2, where there are no images"),
        note="As most decoders have it. Padding stands at 1; at 0 in transformers 5, see transformers-5-positions.",
    ),
    "transformers-5-positions": Entry(
        DecoderMask(fill=0),
        code(
            "huggingface/transformers",
            "v5.23.0",
            "src/transformers/generation/utils.py",
            "_prepare_position_ids_for_generation",
        ),
        note="Padding stood at 1 before, see decoder-positions.",
    ),
    "fairseq-positions": Entry(
        FairseqMask(),
        code(
            "facebookresearch/fairseq",
            "003179f31ecdf7c667ed1fd0b751f1c6e9a71134",
            "fairseq/utils.py",
            "make_positions",
        ),
        note="RoBERTa's too. Tokens stand from 2 on: these are rows of a table without offset, see opt-positions.",
    ),
    "opt-positions": Entry(
        FairseqMask(padding=-1),
        code(
            "huggingface/transformers",
            "v5.23.0",
            "src/transformers/models/opt/modeling_opt.py",
            "OPTLearnedPositionalEmbedding",
        ),
        note="For a table with an offset of 2, as opt and bart. With it they are rows, see fairseq-positions.",
    ),
    "bert-positions": Entry(
        Index(),
        code(
            "google-research/bert",
            "eedf5716ce1268e56f0a50264a88cafad334ac61",
            "modeling.py",
            "embedding_postprocessor",
        ),
        note="Whatever the padding: tokens after it stand as far on as if it were text.",
    ),
    "detr-positions": Entry(
        DetrMask(normalise=True),
        code(
            "facebookresearch/detr",
            "29901c51d7fe8712168b8d0d64351170bc0f83e0",
            "models/position_encoding.py",
            "PositionEmbeddingSine",
        ),
        note="In turns: the code multiplies by 2π. Rows and columns are counted from 1, see deformable-detr-positions.",
    ),
    "deformable-detr-positions": Entry(
        DetrMask(normalise=True, shift=-0.5),
        code(
            "fundamentalvision/Deformable-DETR",
            "11169a60c33333af00a4849f1808023eba96a931",
            "models/position_encoding.py",
            "PositionEmbeddingSine",
        ),
        note="In turns: the code multiplies by 2π. Each pixel stands at its centre, see detr-positions.",
    ),
}
