"""Attentions, entry by entry: where positions meet queries, keys and values in published systems.

Where a width or a number of heads is no choice of the method it is that of a named model, or said to be an example.
"""

from refpos.catalogue.entry import Entry, Source
from refpos.catalogue.sources import code
from refpos.variants.attention import (
    AnyAttention,
    Attention,
    Chunks,
    Fope,
    Layers,
    LinearAttention,
    Local,
    ReRope,
    RmsNorm,
)
from refpos.variants.bias import Alibi, T5Buckets
from refpos.variants.frequencies import Frequencies
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL
from refpos.variants.rotary import Mscale, Rotary, XPos
from refpos.variants.scaling import ByIndex
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor

ROPE = Rotary(Frequencies((0,) * 32), pairing="interleaved")
LLAMA = Rotary(Frequencies((0,) * 64))
EXAMPLE = "The width, 64, is an example."

TRANSFORMERS = "huggingface/transformers"
RE_ROPE = ("bojone/rerope", "acfe78840357a94d0bb504cb8865eeaa752df1a6")
LLAMA_4 = Rotary(Frequencies((0,) * 64, base=500_000.0), pairing="interleaved")
DEBERTA = (
    "microsoft/DeBERTa",
    "9ec4a62d1c08c92580702c854443d4868be97c2c",
    "DeBERTa/deberta/disentangled_attention.py",
    "DisentangledSelfAttention",
)


def post(number: int, place: str) -> Source:
    """Cite a post of kexue.fm."""
    return Source("Scientific Spaces", f"kexue.fm/archives/{number}", place, f"https://kexue.fm/archives/{number}")


def paper(title: str, number: str, place: str) -> Source:
    """Cite a paper on arXiv."""
    return Source(title, f"arXiv:{number}", place, f"https://arxiv.org/abs/{number}")


ATTENTION: dict[str, Entry[AnyAttention | Layers]] = {
    # What is turned.
    "rope-attention": Entry(
        Attention(ROPE),
        paper("RoFormer", "2104.09864v5", "eqs. 16 and 34"),
        note=EXAMPLE,
    ),
    "roformer-rotary-value": Entry(
        Attention(ROPE, rotate=("query", "key", "value")),
        code(
            TRANSFORMERS,
            "189e82c53b3fc05782f7819fc8da0bb2a3b316e9",
            "src/transformers/models/roformer/modeling_roformer.py",
            "RoFormerSelfAttention, rotary_value",
        ),
        note="Outputs are not turned back, so that they know where they stand; qkvo-rope turns them back.",
    ),
    "vo-rope": Entry(
        Attention(ROPE, rotate=("value", "output")),
        post(10862, "the second rotation"),
        note=f"Logits know no positions. {EXAMPLE}",
    ),
    "qkvo-rope": Entry(Attention(ROPE, rotate=("query", "key", "value", "output")), post(10862, "QKVO"), note=EXAMPLE),
    "xpos-attention": Entry(
        Attention(Rotary(Frequencies((0,) * 32), pairing="interleaved", growth=XPos(512.0))),
        code(
            "microsoft/torchscale",
            "4d1e0e82e5adf86dd424f1463192635b73fc8efc",
            "torchscale/component/xpos_relative_position.py",
            "XPOS",
        ),
        note=f"Only keys before the query are meant to be seen: after it logits grow. {EXAMPLE}",
    ),
    "deepseek-v3-attention": Entry(
        Attention(
            Rotary(Frequencies((0,) * 32, scaling=ByIndex(40, 4096)), pairing="interleaved", offset=-64),
            scale=InverseRoot(magnitude=Mscale(40)),
        ),
        code(
            "deepseek-ai/DeepSeek-V3",
            "9b4e9788e4a3a731f7567338ed15d3ec549ce03b",
            "inference/model.py",
            "MLA",
        ),
        note="128 features without positions, then 64 that are turned; queries and keys as they are before keys are "
        "absorbed, 192 wide. YaRN's magnitude is in the scale, squared.",
    ),
    # What logits are multiplied by, and added to.
    "t5-encoder-attention": Entry(
        Attention(bias=T5Buckets(heads=8), scale=1.0),
        paper("Exploring the Limits of Transfer Learning", "1910.10683", "§2.1"),
        note="Logits are not scaled.",
    ),
    "falcon-rw-attention": Entry(
        Attention(bias=Alibi(heads=32, reference="origin"), bias_scaled=True),
        code(
            TRANSFORMERS,
            "44272086ad6636711ce99155bf7d03f0cf95e8f4",
            "src/transformers/models/falcon/modeling_falcon.py",
            "FalconAttention",
        ),
        note="The bias is added before logits are divided by √d.",
    ),
    "log-n": Entry(
        Attention(temperature=LogCount(512, counted="keys", clip=False)),
        post(8823, "the last formula"),
        note="The post's κ is √d/ln 512.",
    ),
    "log-n-clipped": Entry(
        Attention(LLAMA, temperature=LogCount(4096)),
        code(*RE_ROPE, "ntk_patch.py", "apply_rotary_pos_emb_and_logn_scale"),
        note="The patch scales frequencies too, which is left out here.",
    ),
    "key-norm": Entry(Attention(scale=1.0, normalise="key"), post(9859, "KeyNorm"), note="q·k/|k|."),
    "cosine-attention": Entry(
        Attention(scale=1.0, normalise="cosine", temperature=LogCount(None, 256, coefficient=4.0, clip=False)),
        post(9859, "CosA"),
        note="4 ln n times the cosine, n half the length of 512 in training.",
    ),
    "ministral-3": Entry(
        Attention(
            Rotary(Frequencies((0,) * 64, base=1e6, scaling=ByIndex(16, 16384))),
            temperature=LogFloor(0.1, 16384),
        ),
        code(
            TRANSFORMERS,
            "430bd51d2602a07aeea549a5f3a5491aafa4a43a",
            "src/transformers/models/ministral3/modeling_ministral3.py",
            "Ministral3Attention",
        ),
        note="With the numbers of Ministral3Config. Both magnitudes of YaRN are given, and cancel.",
    ),
    # Layers.
    "llama-4": Entry(
        Layers(
            (Attention(LLAMA_4, normalise=RmsNorm(1e-5), reach=Chunks(8192)),) * 3
            + (Attention(temperature=LogFloor(0.1, 8192, offset=1)),)
        ),
        code(
            TRANSFORMERS,
            "63210d0e3b74c2119b7998ff65bc6a2729283626",
            "src/transformers/models/llama4/modeling_llama4.py",
            "Llama4TextAttention",
        ),
        note="With the numbers of Llama4TextConfig; every fourth layer has no rotation. Models of 128 experts do not "
        "normalise, those of 16 scale frequencies as well.",
    ),
    "hwfa": Entry(
        Layers((Attention(ROPE, reach=Local(16)),) * 23 + (Attention(temperature=LogCount(512, clip=False)),)),
        post(9603, "HWFA"),
        note=f"23 layers with a reach of 16 tokens, then one that reaches all of them, without positions. {EXAMPLE}",
    ),
    # Two maps of angles.
    "rerope": Entry(
        Attention(LLAMA, temperature=LogCount(4096), rectify=ReRope(512)),
        code(*RE_ROPE, "rerope_patch.py", "forward_with_rerope"),
        note="While it generates the code turns keys by their distance, the other way, and leaves queries.",
    ),
    "leaky-rerope": Entry(
        Attention(LLAMA, temperature=LogCount(4096), rectify=ReRope(512, 16)),
        code(*RE_ROPE, "leaky_rerope_patch.py", "forward_with_leaky_rerope"),
    ),
    "inverse-leaky-rerope": Entry(
        Attention(ROPE, rectify=ReRope(128, 0.0625)),
        post(9728, "InvLeaky ReRoPE"),
        note=f"For training on 512 tokens; afterwards it is plain RoPE, rope-attention. {EXAMPLE}",
    ),
    # Without softmax.
    "linear-rope": Entry(
        LinearAttention(ROPE),
        paper("RoFormer", "2104.09864v5", "eq. 19"),
        note=f"The paper leaves φ open: 1 + elu is that of the work it cites. {EXAMPLE}",
    ),
    "linear-cosine-rope": Entry(
        LinearAttention(ROPE, kernel="cosine"), post(8265, "linear attention, 1 + cos"), note=EXAMPLE
    ),
    # Sums of waves.
    "fope": Entry(
        Fope(heads=8, width=64, kept=24),
        code(
            "vllm-project/vllm",
            "151a2c744af6eb59678be10f3cc13a6eb0a138e3",
            "vllm/model_executor/layers/rotary_embedding/fope.py",
            "FourierRotaryEmbedding",
        ),
        note="Sizes are an example. Earlier versions of the code fill missing sines with 1.",
    ),
    # Vectors for offsets.
    "shaw": Entry(
        Shaw(distance=16, width=64),
        paper("Self-Attention with Relative Position Representations", "1803.02155", "eqs. 3-5"),
        note="The distance is that of the base model. tensor2tensor's `_generate_relative_positions_matrix` too has "
        "key − query.",
    ),
    "transformer-xl": Entry(
        TransformerXL(8, 64, Sinusoidal(Frequencies((0,) * 256), order="sin-cos")),
        code(
            "kimiyoung/transformer-xl",
            "01102106eeb627c592a023cd7f9f799b7d11b27f",
            "pytorch/mem_transformer.py",
            "RelPartialLearnableMultiHeadAttn",
        ),
        note="The code makes rows of offsets from the longest to 0, and shifts products into place. The sizes are an "
        "example.",
    ),
    "deberta": Entry(
        Deberta(heads=12, width=64, distance=512),
        code(*DEBERTA),
        note="Its second table is read at query − key, as its first; in the paper at key − query, see deberta-paper. "
        "Queries are those after their bias.",
    ),
    "deberta-paper": Entry(
        Deberta(heads=12, width=64, distance=512, mirrored=True),
        paper("DeBERTa", "2006.03654", "eqs. 3-4"),
        note="The code reads the second table elsewhere, see deberta.",
    ),
    "deberta-v2": Entry(
        Deberta(heads=12, width=64, distance=512, buckets=256),
        code(
            "microsoft/DeBERTa",
            "6d0b7c371b622e2d9793042102394bd104689f3f",
            "DeBERTa/deberta/da_utils.py",
            "make_log_bucket_position",
        ),
        note="Sizes are those of version 3, base. The rest of the attention is that of deberta.",
    ),
    "vitdet": Entry(
        Decomposed(window=(14, 14), width=64),
        code(
            "facebookresearch/detectron2",
            "d8d5f148184995bd8e9701389c35e809d20c299a",
            "detectron2/modeling/backbone/utils.py",
            "add_decomposed_rel_pos",
        ),
        note="Queries are not scaled where they meet the tables. Layers that reach the whole image have wider windows.",
    ),
    "sam-encoder": Entry(
        Decomposed(window=(64, 64), width=80),
        code(
            "facebookresearch/segment-anything",
            "571794162e0887c15d12b809505b902c7bf8b4db",
            "segment_anything/modeling/image_encoder.py",
            "add_decomposed_rel_pos",
        ),
        note="The layers of the huge model that reach the whole image; the others have windows of 14 by 14.",
    ),
    # Positions that the content has a say in.
    "cope": Entry(
        Cope(positions=64, width=64),
        paper("Contextual Position Encoding", "2405.18719", "Appendix B"),
        note="Gates are those of scaled logits; masked keys do not count. Sizes are an example.",
    ),
    "pope": Entry(
        Pope(heads=8, width=64),
        paper("Decoupling the What and Where With Polar Coordinate Positional Embeddings", "2509.10534", "PoPE"),
        note="The sign of the learned angle is that of x-transformers, PolarEmbedding: keys are turned by it.",
    ),
    "fox": Entry(
        Fox(heads=8),
        code(
            "zhixuan-lin/forgetting-transformer",
            "246d5e3f9c608d7a32141ba642bbb6babec5a35d",
            "src/forgetting_transformer/model/forgetting_transformer/modeling_forgetting_transformer.py",
            "ForgettingAttentionLayer",
        ),
        note="Rotation is an option of the code. The heads are an example.",
    ),
}
