"""Biases, each with its source. Positions are tokens, or cells (y, x) of a window or a grid."""

from refpos.catalogue.entry import Entry, Source
from refpos.catalogue.sources import code
from refpos.variants.bias import Alibi, Bias, Fire, Kerple, Sandwich, T5Buckets
from refpos.variants.window import SwinContinuous, SwinWindow

MESH = code(
    "tensorflow/mesh",
    "28bb9c60f661570d1552405ff813974acdee4094",
    "mesh_tensorflow/transformer/transformer_layers.py",
    "_relative_position_bucket",
)
MT5 = code(
    "huggingface/transformers",
    "a4b63646c3d69cfd41e6e2fb59e3a4ed765d9ae5",
    "src/transformers/models/mt5/configuration_mt5.py",
    "MT5Config",
)
UMT5 = code(
    "huggingface/transformers",
    "3ce159c740593e00450cd69241e7cac615cbdc9b",
    "src/transformers/models/umt5/configuration_umt5.py",
    "UMT5Config",
)
SWIN_V2 = code(
    "microsoft/Swin-Transformer",
    "0ae00c97cb34ac03d40683c8319ccddd1b36ad8d",
    "models/swin_transformer_v2.py",
    "WindowAttention",
)
KERPLE = ("chijames/KERPLE", "73f1ee2d24722cdbe277d473899321218f5cbd00", "megatron/mpu/layers.py")
UNSCALED = "Added to logits that are not scaled by 1/√d."

BIAS: dict[str, Entry[Bias]] = {
    # Linear in the distance.
    "alibi": Entry(
        Alibi(heads=8),
        Source("Train Short, Test Long", "arXiv:2108.12409", "§3", "https://arxiv.org/abs/2108.12409"),
        note="Added after the logits are scaled. Its authors' own code measures keys from the origin, see alibi-code.",
    ),
    "alibi-code": Entry(
        Alibi(heads=16, reference="origin"),
        code(
            "ofirpress/attention_with_linear_biases",
            "3b7c2eca8397d27be08c6dffad9b60855507f9b7",
            "fairseq/models/transformer.py",
            "TransformerDecoder",
        ),
        note="After a causal softmax the same as the paper's, see alibi; without causality another.",
    ),
    "bloom": Entry(
        Alibi(heads=112, reference="origin"),
        code(
            "huggingface/transformers",
            "9d97831a1cbb420edac062c2e8454ce9ac1c4b79",
            "src/transformers/models/bloom/modeling_bloom.py",
            "build_alibi_tensor",
        ),
        note="The heads are the largest model's: 48 of them have slopes between those of 64. A key's position counts "
        "the tokens before it that are not masked.",
    ),
    "falcon-rw": Entry(
        Alibi(heads=32, reference="origin"),
        code(
            "huggingface/transformers",
            "44272086ad6636711ce99155bf7d03f0cf95e8f4",
            "src/transformers/models/falcon/modeling_falcon.py",
            "build_alibi_tensor",
        ),
        note="Added before the logits are scaled, so that the bias is divided by √d too. The code rounds slopes and "
        "biases to bfloat16.",
    ),
    "mpt": Entry(
        Alibi(heads=32, reference="last-key"),
        code(
            "mosaicml/llm-foundry",
            "11d3d7066fa22766b8f9ce5f72372a90a9b25a82",
            "llmfoundry/models/layers/attention.py",
            "build_alibi_bias",
        ),
        note="The heads are those of the 7B model. Where it is not causal the same code measures from the query.",
    ),
    "croma": Entry(
        Alibi(heads=16, axes=2),
        code("antofuller/CROMA", "c66df8ff3be853501d42c857c6f209a32d2eef6a", "pretrain_croma.py", "get_alibi"),
        note="Positions are (y, x); the distance is Euclidean.",
    ),
    # Buckets of distances.
    "t5-encoder": Entry(T5Buckets(heads=8), MESH, note=f"{UNSCALED} The heads are the small model's."),
    "t5-decoder": Entry(
        T5Buckets(heads=8, bidirectional=False),
        MESH,
        note=f"{UNSCALED} Cross-attention has no bias; the heads are the small model's.",
    ),
    "mt5-encoder": Entry(T5Buckets(heads=6), MT5, note=UNSCALED),
    "mt5-decoder": Entry(T5Buckets(heads=6, bidirectional=False), MT5, note=UNSCALED),
    "umt5-encoder": Entry(T5Buckets(heads=6), UMT5, note=f"{UNSCALED} Each layer has a table of its own."),
    "umt5-decoder": Entry(
        T5Buckets(heads=6, bidirectional=False), UMT5, note=f"{UNSCALED} Each layer has a table of its own."
    ),
    # Windows.
    "swin": Entry(
        SwinWindow(heads=3, window=(7, 7)),
        code(
            "microsoft/Swin-Transformer",
            "9cd3dbd4a60ffc82f930f189284e46a5ad1f3bb0",
            "models/swin_transformer.py",
            "WindowAttention",
        ),
        note="The first stage of the tiny model.",
    ),
    "beit": Entry(
        SwinWindow(heads=12, window=(14, 14), cls=True),
        code(
            "microsoft/unilm",
            "23208821e8860c36fc716a688b895f73fdf5b0ff",
            "beit/modeling_finetune.py",
            "RelativePositionBias",
        ),
        note="The window is the whole image, of the base model at 224 pixels.",
    ),
    "swin-v2": Entry(
        SwinContinuous(heads=3, window=(8, 8)),
        SWIN_V2,
        note="The first stage of the tiny model; added to cosines that a learned number multiplies. The paper's text "
        "has plain coordinates, as swin-v2-cr.",
    ),
    "swin-v2-12to16": Entry(
        SwinContinuous(heads=4, window=(16, 16), pretrained=(12, 12)),
        SWIN_V2,
        note="The first stage of the base model, trained with windows of 12.",
    ),
    "swin-v2-cr": Entry(
        SwinContinuous(heads=3, window=(7, 7), hidden=384, coordinates="plain", gain=None, output_bias=True),
        code(
            "huggingface/pytorch-image-models",
            "c9db4709afc4eaad9952947e5165e4ea0f833d17",
            "timm/models/swin_transformer_v2_cr.py",
            "WindowMultiHeadAttention",
        ),
        note="Plain coordinates and no sigmoid; the published code has both otherwise, see swin-v2.",
    ),
    # Kernels of the distance.
    "kerple-log": Entry(
        Kerple(heads=12),
        code(*KERPLE, "ParallelKerpleLog"),
        note="The code calls r1 and r2 p and a, and keeps them from falling below 0.01.",
    ),
    "kerple-power": Entry(
        Kerple(heads=12, kernel="power"),
        code(*KERPLE, "ParallelKerplePower"),
        note="The code calls r1 and r2 a and p, and keeps both from falling below 0.01; it can multiply logits by a "
        "kernel too.",
    ),
    "sandwich": Entry(
        Sandwich(heads=12, width=128),
        Source(
            "Dissecting Transformer Length Extrapolation via the Lens of Receptive Field Analysis",
            "arXiv:2212.10356",
            "the inner product of two sinusoidal rows",
            "https://arxiv.org/abs/2212.10356",
        ),
        note=(
            "The waves of the transformer's rows, the fastest included; NeMo leaves that out, see sandwich-nemo. "
            "A row's product with itself is subtracted as there: one number for each head, which softmax does not see."
        ),
    ),
    "sandwich-nemo": Entry(
        Sandwich(heads=12, width=128, first=1),
        code(
            "NVIDIA/NeMo",
            "000b931ed00341cd2a8ae713f1f8de24fafa952e",
            "nemo/collections/nlp/modules/common/megatron/position_embedding/sandwich_relative_position_embedding.py",
            "SandwichRelativePositionEmbedding",
        ),
        note="Counts waves from 1: one slower wave for the fastest of sandwich.",
    ),
    "fire": Entry(
        Fire(heads=12),
        Source(
            "Functional Interpolation for Relative Positions",
            "arXiv:2310.04418v2",
            "§3",
            "https://arxiv.org/abs/2310.04418",
        ),
        note="Codes add a small number to the divisor, see fire-code.",
    ),
    "fire-code": Entry(
        Fire(heads=12, epsilon=1e-6),
        code(
            "mcleish7/arithmetic",
            "55af9d5e3d9b2265ae7638b4f2936c9a70538cc4",
            "cramming/architectures/embeddings.py",
            "FIRE",
        ),
        note="The threshold is learned as a multiple of 512.",
    ),
}
