"""Rotary encodings of the language models in transformers."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from refpos.adapters.encoding import Encoding, Implementation
from refpos.adapters.transformers.layer import WHOLE, configuration, fold, ids, modeling, queries, quiet, unfold
from refpos.catalogue import CATALOGUE
from refpos.catalogue.longrope import PHI_3_5_LONG, PHI_3_5_SHORT, PHI_3_LONG, PHI_3_SHORT


@dataclass(frozen=True)
class Layer:
    """An attention layer: whose it is, and what of the model's configuration concerns positions.

    `kind` is the layer's type where a model has layers of several, `more` what else its configuration needs.
    """

    name: str
    model: str
    prefix: str
    rope: dict[str, Any]
    more: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    length: int | None = None
    longest: int | None = None

    @property
    def label(self) -> str:
        """The classes, and the type of scaling or of layer."""
        kind = self.kind or self.rope.get("rope_type", "")
        return f"{self.prefix}Attention" + (f", {kind}" if kind else "")


def encodings() -> tuple[Encoding, ...]:
    """Return those whose names are in the catalogue."""
    layers = [
        Encoding(
            layer.name, layer.label, partial(_rotary, layer), "power", dtypes=WHOLE, longest=layer.longest, length=layer.length
        )
        for layer in LAYERS
    ]
    own = [
        Encoding("gpt-j", "GPTJAttention", _gptj, "power", dtypes=WHOLE, longest=2048),
        Encoding("roformer", "RoFormerSelfAttention", _roformer, "tables", dtypes=WHOLE, longest=1536),
    ]
    return tuple(one for one in (*own, *layers) if one.name in CATALOGUE)


def _rotary(layer: Layer, dtype: str) -> Implementation:
    """Run a layer on the tables of its model's rotary module."""

    def implementation(x: Any, positions: Any) -> Any:
        with quiet():
            return unfold(_tokens(layer, *_at_length(layer, x, positions), dtype)[:, :, : np.shape(x)[2]], x)

    return implementation


def _tokens(layer: Layer, x: Any, positions: Any, dtype: str) -> Any:
    module = modeling(layer.model)
    config = configuration(module, layer.prefix, **_parameters(layer))
    hidden, where = fold(x, dtype), ids(positions).T
    where = where[:, None] if where.ndim == 2 else where[None]
    tables = getattr(module, f"{layer.prefix}RotaryEmbedding")(config)(hidden, where, *[layer.kind] * bool(layer.kind))
    attention = getattr(module, f"{layer.prefix}Attention")(config, layer_idx=0)
    shared = {"shared_kv_states": {}} if layer.prefix == "Gemma4Text" else {}
    return queries(attention, hidden, position_embeddings=tables, attention_mask=None, **shared)


def _parameters(layer: Layer) -> dict[str, Any]:
    """Return the configuration of a model with one layer and one head."""
    width = CATALOGUE[layer.name].width
    rope = {"rope_type": "default", **layer.rope}
    if not layer.kind:
        sizes = {"rope_parameters": rope}
    else:
        types = ("sliding_attention", "full_attention")
        sizes = {"rope_parameters": {kind: dict(rope) for kind in types}, "layer_types": [layer.kind]}
    one = dict.fromkeys(("num_hidden_layers", "num_attention_heads", "num_key_value_heads"), 1)
    return {"hidden_size": width, "head_dim": width, **one, **sizes, **layer.more}


def _at_length(layer: Layer, x: Any, positions: Any) -> tuple[Any, Any]:
    """Add a last token that stands at the end of the sequence, where the layer looks at its length."""
    if layer.length is None:
        return x, positions
    return np.concatenate([x, x[:, :, -1:]], axis=2), np.append(positions, layer.length - 1)


def _gptj(dtype: str) -> Implementation:
    """Run GPT-J's layer, which holds its table itself."""

    def implementation(x: Any, positions: Any) -> Any:
        module = modeling("gptj")
        with quiet():
            config = configuration(module, "GPTJ", n_embd=256, n_head=1, rotary_dim=64, n_positions=2048)
            attention = module.GPTJAttention(config, layer_idx=0)
            return unfold(queries(attention, fold(x, dtype), position_ids=ids(positions)[None]), x)

    return implementation


def _roformer(dtype: str) -> Implementation:
    """Run RoFormer's rotation on the table that its encoder looks up."""

    def implementation(x: Any, positions: Any) -> Any:
        module = modeling("roformer")
        table = module.RoFormerSinusoidalPositionalEmbedding(1536, 64)
        table.weight.data = table.create_weight()
        rows = table.to(fold(x, dtype).dtype)(None, position_ids=ids(positions))
        q = fold(x, dtype)[:, None]
        return unfold(module.RoFormerSelfAttention.apply_rotary_position_embeddings(rows[None, None], q, q)[0], x)

    return implementation


def _theta(base: float, **more: Any) -> dict[str, Any]:
    return {"rope_theta": base, **more}


_LLAMA_3 = {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
_PHI_3 = _theta(1e4, rope_type="longrope", short_factor=list(PHI_3_SHORT), long_factor=list(PHI_3_LONG))
_PHI_3_5 = _theta(1e4, rope_type="longrope", short_factor=list(PHI_3_5_SHORT), long_factor=list(PHI_3_5_LONG))
_PHI_SIZES = {"max_position_embeddings": 131_072, "original_max_position_embeddings": 4096}
_DEEPSEEK = _theta(
    1e4, rope_type="yarn", factor=40.0, beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=1.0, original_max_position_embeddings=4096
)
_LATENT = {"head_dim": 64, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "kv_lora_rank": 128, "q_lora_rank": None}

LAYERS = (
    Layer("llama-2", "llama", "Llama", _theta(1e4)),
    Layer("llama-2-meta", "llama4", "Llama4Text", _theta(1e4), {"attention_chunk_size": 8192}),
    Layer("code-llama", "llama", "Llama", _theta(1e6)),
    Layer("mistral", "mistral", "Mistral", _theta(1e4)),
    Layer("qwen2.5", "qwen2", "Qwen2", _theta(1e6)),
    Layer("qwen3", "qwen3", "Qwen3", _theta(1e6)),
    Layer("command-r", "cohere", "Cohere", _theta(8e6)),
    Layer("nanochat", "nanochat", "NanoChat", _theta(1e5)),
    Layer("gpt-neox-20b", "gpt_neox", "GPTNeoX", _theta(1e4, partial_rotary_factor=0.25)),
    Layer("glm-4", "glm", "Glm", _theta(5e6, partial_rotary_factor=0.5)),
    Layer("glm-4", "glm4", "Glm4", _theta(5e6, partial_rotary_factor=0.5)),
    Layer("stablelm", "stablelm", "StableLm", _theta(1e4, partial_rotary_factor=0.25)),
    Layer("phi-2", "phi", "Phi", _theta(1e4, partial_rotary_factor=0.4)),
    Layer("persimmon", "persimmon", "Persimmon", _theta(25_000.0, partial_rotary_factor=0.5)),
    Layer("minimax-m2", "minimax_m2", "MiniMaxM2", _theta(5e6, partial_rotary_factor=0.5)),
    Layer("qwen3-next", "qwen3_next", "Qwen3Next", _theta(1e7, partial_rotary_factor=0.25)),
    Layer("gemma-3-local", "gemma3", "Gemma3", _theta(1e4), kind="sliding_attention"),
    Layer("gemma-3-global", "gemma3", "Gemma3", _theta(1e6, rope_type="linear", factor=8.0), kind="full_attention"),
    Layer("gemma-4-sliding", "gemma4", "Gemma4Text", _theta(1e4), kind="sliding_attention"),
    Layer(
        "gemma-4-global",
        "gemma4",
        "Gemma4Text",
        _theta(1e6, rope_type="proportional", partial_rotary_factor=0.25),
        {"head_dim": 256, "global_head_dim": 512},
        kind="full_attention",
    ),
    Layer("position-interpolation", "llama", "Llama", _theta(1e4, rope_type="linear", factor=8.0)),
    Layer(
        "dynamic-ntk", "llama", "Llama", _theta(1e4, rope_type="dynamic", factor=1.0), {"max_position_embeddings": 4096}, length=16_384, longest=16_384
    ),
    Layer(
        "internlm-2.5", "llama", "Llama", _theta(1e6, rope_type="dynamic", factor=2.0), {"max_position_embeddings": 32_768}, length=65_536, longest=65_536
    ),
    Layer("yarn-code", "llama", "Llama", _theta(1e4, rope_type="yarn", factor=16.0, original_max_position_embeddings=4096)),
    Layer("llama-3.1", "llama", "Llama", _theta(5e5, factor=8.0, **_LLAMA_3)),
    Layer("llama-3.2", "llama", "Llama", _theta(5e5, factor=32.0, **_LLAMA_3)),
    Layer("phi-3-short", "phi3", "Phi3", _PHI_3, _PHI_SIZES, length=4096, longest=4096),
    Layer("phi-3-long", "phi3", "Phi3", _PHI_3, _PHI_SIZES, length=131_072, longest=131_072),
    Layer("phi-3", "phi3", "Phi3", _PHI_3, _PHI_SIZES, length=4096, longest=4096),
    Layer("phi-3", "phi3", "Phi3", _PHI_3, _PHI_SIZES, length=4097, longest=4097),
    Layer("phi-3.5", "phi3", "Phi3", _PHI_3_5, _PHI_SIZES, length=131_072, longest=131_072),
    Layer("deepseek-v3", "deepseek_v3", "DeepseekV3", _DEEPSEEK, _LATENT),
    Layer("deepseek-v3-original", "deepseek_v2", "DeepseekV2", _DEEPSEEK, _LATENT),
    Layer(
        "gpt-oss",
        "gpt_oss",
        "GptOss",
        _theta(150_000.0, rope_type="yarn", factor=32.0, beta_fast=32.0, beta_slow=1.0, truncate=False, original_max_position_embeddings=4096),
    ),
    Layer("qwen2-vl", "qwen2_vl", "Qwen2VL", _theta(1e6, mrope_section=[16, 24, 24])),
    Layer("qwen2.5-vl", "qwen2_5_vl", "Qwen2_5_VL", _theta(1e6, mrope_section=[16, 24, 24])),
    Layer("qwen3-vl", "qwen3_vl", "Qwen3VLText", _theta(5e6, mrope_section=[24, 20, 20])),
    Layer("glm-4v", "glm4v", "Glm4vText", _theta(1e4, mrope_section=[8, 12, 12], partial_rotary_factor=0.5)),
    Layer("ernie-4.5-vl", "ernie4_5_vl_moe", "Ernie4_5_VLMoeText", _theta(5e5, mrope_section=[22, 22, 20])),
)
