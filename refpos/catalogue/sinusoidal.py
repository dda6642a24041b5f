"""Sinusoidal encodings, each with its source. Positions are tokens, or (y, x)."""

from refpos.catalogue.entry import Angle, Entry, Source
from refpos.catalogue.sources import code
from refpos.variants.frequencies import Dense, Frequencies
from refpos.variants.sinusoidal import Sinusoidal

_TRANSFORMERS = ("huggingface/transformers", "v5.23.0")

SINUSOIDAL: dict[str, Entry[Angle]] = {
    # Text and sound.
    "transformer": Entry(
        Sinusoidal(Frequencies((0,) * 256)),
        Source("Attention Is All You Need", "arXiv:1706.03762", "§3.5", "https://arxiv.org/abs/1706.03762"),
        note="Its authors' own code differs in order and in the last rung, see tensor2tensor.",
    ),
    "tensor2tensor": Entry(
        Sinusoidal(Frequencies((0,) * 256, endpoint=True), order="sin-cos"),
        code(
            "tensorflow/tensor2tensor",
            "bafdc1b67730430d38d6ab802cbd51f9d053ba2e",
            "tensor2tensor/layers/common_attention.py",
            "get_timing_signal_1d",
        ),
        note="Differs from the paper in order and in the last rung, see transformer.",
    ),
    "fairseq": Entry(
        Sinusoidal(Frequencies((0,) * 256, endpoint=True), order="sin-cos"),
        code(
            "facebookresearch/fairseq",
            "3d262bb25690e4eb2e7d3c1309b1e9c406ca4b99",
            "fairseq/modules/sinusoidal_positional_embedding.py",
            "SinusoidalPositionalEmbedding.get_embedding",
        ),
        note="The first token stands at position 2, after that of padding, whose row is zero.",
    ),
    "whisper": Entry(
        Sinusoidal(Frequencies((0,) * 192, endpoint=True), order="sin-cos"),
        code("openai/whisper", "c0d2f624c09dc18e709e37c2ad90c039a4eb72a2", "whisper/model.py", "sinusoids"),
        note="The encoder of tiny, at positions 0 to 1499.",
    ),
    "marian": Entry(
        Sinusoidal(Frequencies((0,) * 256), order="sin-cos"),
        code(
            "huggingface/transformers",
            "d02747e153da5844c1abaa36eec184b0177247c0",
            "src/transformers/models/marian/modeling_marian.py",
            "MarianSinusoidalPositionalEmbedding",
        ),
        note="The width is that of opus-mt-en-de. Marian's own code has another ladder, see marian-nmt.",
    ),
    "marian-nmt": Entry(
        Sinusoidal(Frequencies((0,) * 256, endpoint=True), order="sin-cos"),
        code(
            "marian-nmt/marian-dev",
            "c9f287db75b4ed27979717ff0cf543000e2e5b2e",
            "src/tensors/cpu/tensor_operators.cpp",
            "SinusoidalPositionEmbeddings",
        ),
        note="The last rung is an end point; not so in transformers, see marian.",
    ),
    "musicgen": Entry(
        Sinusoidal(Frequencies((0,) * 512, endpoint=True), order="cos-sin"),
        code(
            "facebookresearch/audiocraft",
            "896ec7c47f5e5d1e5aa1e4b260c4405328bf009d",
            "audiocraft/modules/transformer.py",
            "create_sin_embedding",
        ),
        note="The width is the small model's.",
    ),
    "cosine-first": Entry(
        Sinusoidal(Frequencies((0,) * 256), order="interleaved-cos"),
        Source(
            "Sinusoidal encodings, Su Jianlin",
            "kexue.fm/archives/8231",
            "p_m = e^(imθ)",
            "https://kexue.fm/archives/8231",
        ),
        note="Real part before imaginary part; the paper has the sine first, see transformer. The width is an example.",
    ),
    "ctrl": Entry(
        Sinusoidal(Frequencies((0,) * 640), order="sin-cos"),
        code(*_TRANSFORMERS, "src/transformers/models/ctrl/modeling_ctrl.py", "positional_encoding"),
        note="The ladder of transformer, but all sines come first, as in marian.",
    ),
    "distilbert": Entry(
        Sinusoidal(Frequencies((0,) * 384)),
        code(
            *_TRANSFORMERS, "src/transformers/models/distilbert/modeling_distilbert.py", "create_sinusoidal_embeddings"
        ),
        note="With sinusoidal_pos_embds; the released models have learned tables.",
    ),
    "videomae": Entry(
        Sinusoidal(Frequencies((0,) * 384)),
        code(*_TRANSFORMERS, "src/transformers/models/videomae/modeling_videomae.py", "get_sinusoid_encoding_table"),
        note="Tokens of all frames are counted in one line. The width is the base model's.",
    ),
    "florence-2-temporal": Entry(
        Sinusoidal(Frequencies((0,) * 512)),
        code(
            *_TRANSFORMERS,
            "src/transformers/models/florence2/modeling_florence2.py",
            "Florence2VisionPositionalEmbeddingCosine1D",
        ),
        note="Frames at positions 0 to 99. The width is that of the vision tower's last stage.",
    ),
    "vibevoice-diffusion": Entry(
        Sinusoidal(Frequencies((0,) * 128), order="cos-sin"),
        code(
            *_TRANSFORMERS,
            "src/transformers/models/vibevoice/modeling_vibevoice.py",
            "VibeVoiceDiffusionHeadSinusoidalEmbedding",
        ),
        note="Positions are the time steps of diffusion. Cosines first, without an end point, unlike musicgen.",
    ),
    "qwen2.5-omni-dit": Entry(
        Sinusoidal(Frequencies((0,) * 128, endpoint=True), order="sin-cos"),
        code(*_TRANSFORMERS, "src/transformers/models/qwen2_5_omni/modeling_qwen2_5_omni.py", "SinusPositionEmbedding"),
        note="Positions are the time steps of diffusion times 1000.",
    ),
    "x-transformers-scaled": Entry(
        Sinusoidal(Frequencies((0,) * 512), order="sin-cos", scale=0.03125),
        code("lucidrains/x-transformers", "2.31.10", "x_transformers/x_transformers.py", "ScaledSinusoidalEmbedding"),
        note="The scale is learned: this is where it starts, 1/√d. The width, 1024, is an example.",
    ),
    "mlx-sinusoidal": Entry(
        Sinusoidal(Frequencies((0,) * 256, endpoint=True), order="sin-cos", scale=0.0625),
        code(
            "ml-explore/mlx",
            "v0.32.4",
            "python/mlx/nn/layers/positional_encoding.py",
            "SinusoidalPositionalEncoding",
        ),
        note="The scale is √(2/d). The width, 512, is an example.",
    ),
    # Images.
    "mae": Entry(
        Sinusoidal(Frequencies((1,) * 256 + (0,) * 256, ladder="per-axis"), order="sin-cos", prefix=1),
        code(
            "facebookresearch/mae",
            "efb2a8062c206524e35e47d04501ed4f544c0ae8",
            "util/pos_embed.py",
            "get_2d_sincos_pos_embed",
        ),
        note="Columns first, though the code calls them emb_h. The width is the large model's.",
    ),
    "moco-v3": Entry(
        Sinusoidal(Frequencies((0,) * 192 + (1,) * 192, ladder="per-axis"), order="sin-cos", prefix=1),
        code(
            "facebookresearch/moco-v3",
            "c349e6e24f40d3fedb22d973f92defa4cedf37a7",
            "vits.py",
            "build_2d_sincos_position_embedding",
        ),
        note=(
            "Rows first, on square grids. On others, h by w, the code's n-th token is at (n // h, n % h): see "
            "moco-v3-positions."
        ),
    ),
    "big-vision": Entry(
        Sinusoidal(Frequencies((1,) * 96 + (0,) * 96, ladder="per-axis", endpoint=True), order="sin-cos"),
        code(
            "google-research/big_vision",
            "0127fb6b337ee2a27bf4e54dea79cff176527356",
            "big_vision/models/vit.py",
            "posemb_sincos_2d",
        ),
        note="Columns first and an end point, though its docstring refers to MoCo v3, see moco-v3.",
    ),
    "timm-sincos2d": Entry(
        Sinusoidal(Frequencies((0,) * 16 + (1,) * 16, ladder="per-axis"), order="sin-cos", blocks="function"),
        code(
            "huggingface/pytorch-image-models",
            "aa4b5850c1543fa488abf260f18390eda46cf85d",
            "timm/layers/pos_embed_sincos.py",
            "build_sincos2d_pos_embed",
        ),
        note="Sines of both axes before cosines, as by default; the width is the function's default.",
    ),
    "sam": Entry(
        Sinusoidal(Dense(2, 128, unit="turn"), order="sin-cos"),
        code(
            "facebookresearch/segment-anything",
            "dca509fe793f601edb92606367a655c15ac00fdf",
            "segment_anything/modeling/prompt_encoder.py",
            "PositionEmbeddingRandom",
        ),
        note="The matrix is in the checkpoint, x before y; here y is first. Positions run from -1 to 1.",
    ),
}
