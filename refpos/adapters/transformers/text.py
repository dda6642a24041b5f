"""Rotary encodings of the language models in transformers."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from refpos.adapters.encoding import Encoding
from refpos.adapters.transformers.layer import DTYPES, Array, integers, modeling, queries, rotation, stop
from refpos.catalogue import ANGLES
from refpos.catalogue.longrope import PHI_3_5_LONG, PHI_3_5_SHORT, PHI_3_LONG, PHI_3_SHORT


@dataclass(frozen=True)
class Layer:
    """An attention layer: its name in the catalogue, the model, and what the model's configuration says.

    `rope` is the rest of `rope_parameters`, `sizes` what else must be given; `kind` is the type of the layer
    where a model has several, `length` that of the sequence where frequencies follow it.
    """

    name: str
    model: str
    prefix: str
    theta: float
    rope: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, Any] = field(default_factory=dict)
    kind: str | None = None
    length: int | None = None

    @property
    def encoding(self) -> Encoding:
        """What check needs to know."""
        told = (self.kind or self.rope.get("rope_type"), self.length and f"{self.length} tokens")
        label = ", ".join([f"{self.prefix}Attention", *filter(None, told)])
        build = partial(rotation, partial(_queries, self))
        return Encoding(self.name, label, build, "power", dtypes=DTYPES, longest=self.length, length=self.length)


def encodings() -> tuple[Encoding, ...]:
    """Return the encodings of language models."""
    gptj, roformer = partial(rotation, _gptj), partial(rotation, _roformer)
    return (
        Encoding("roformer", "RoFormerSelfAttention", roformer, "tables", dtypes=DTYPES, longest=1536),
        Encoding("gpt-j", "GPTJAttention", gptj, "power", dtypes=DTYPES, longest=2048),
        *(layer.encoding for layer in LAYERS),
    )


def _queries(layer: Layer, hidden: Any, positions: Array) -> Any:
    """Run a layer on the tables of its model's rotary module."""
    module = modeling(layer.model)
    config = _configuration(layer, module)
    tokens, reached = _to_the_end(layer.length, hidden, positions)
    ids = integers(reached)[None] if reached.ndim == 1 else integers(reached.T)[:, None]
    kind = () if layer.kind is None else (layer.kind,)
    tables = _of(module, layer.prefix, "RotaryEmbedding")(config)(tokens, ids, *kind)
    attention = _of(module, layer.prefix, "Attention")(config, layer_idx=0)
    shared: dict[str, Any] = {"shared_kv_states": {}} if layer.model == "gemma4" else {}
    rotated = queries(attention, tokens, position_embeddings=tables, attention_mask=None, **shared)
    return rotated[..., : len(positions), :]


def _configuration(layer: Layer, module: Any) -> Any:
    """Return the configuration of a model with one head, whose first layer is of the given type."""
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": layer.theta, **layer.rope}
    sizes: dict[str, Any] = {"num_attention_heads": 1, "num_key_value_heads": 1, "num_hidden_layers": 2}
    if layer.kind is not None:
        sizes["layer_types"] = [layer.kind, "full_attention"]
        rope = {kind: dict(rope) for kind in sizes["layer_types"]}
    width = ANGLES[layer.name].width
    given = {"hidden_size": width, "head_dim": width, "rope_parameters": rope, **sizes, **layer.sizes}
    return _of(module, layer.prefix, "Config")(**given)


def _of(module: Any, prefix: str, kind: str) -> Any:
    """Return a model's class of a kind, that for text where it has several."""
    return getattr(module, f"{prefix}Text{kind}", None) or getattr(module, f"{prefix}{kind}")


def _to_the_end(length: int | None, hidden: Any, positions: Array) -> tuple[Any, Array]:
    """Add the last token of the sequence, so that a module that looks at the length sees it."""
    if length is None:
        return hidden, positions
    return hidden[:, [*range(len(positions)), -1]], np.append(positions, length - 1)


def _gptj(hidden: Any, positions: Array) -> Any:
    """Run GPT-J's layer, which makes its table itself and attends by a method of its own."""
    module = modeling("gptj")
    config = module.GPTJConfig(n_embd=256, n_head=1, rotary_dim=64, n_positions=2048)
    attention = module.GPTJAttention(config, layer_idx=0)
    attention._attn = partial(stop, attention)
    return queries(attention, hidden, position_ids=integers(positions)[None])


def _roformer(hidden: Any, positions: Array) -> Any:
    """Run RoFormer's rotation on the table that its encoder holds."""
    module = modeling("roformer")
    table = module.RoFormerSinusoidalPositionalEmbedding(1 + int(positions.max()), 64)
    rows = table.create_weight().to(hidden.dtype)[integers(positions)]
    attention = module.RoFormerSelfAttention
    return attention.apply_rotary_position_embeddings(rows, hidden, hidden)[0]


def _yarn(factor: float, original: int = 4096, **more: Any) -> dict[str, Any]:
    return {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": original, **more}


def _llama_3(factor: float) -> dict[str, Any]:
    ends = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    return {"rope_type": "llama3", "factor": factor, **ends}


def _longrope(short: tuple[float, ...], long: tuple[float, ...]) -> dict[str, Any]:
    return {"rope_type": "longrope", "short_factor": list(short), "long_factor": list(long)}


def _part(share: float) -> dict[str, Any]:
    return {"partial_rotary_factor": share}


_LINEAR = {"rope_type": "linear", "factor": 8.0}
_PHI_3 = _longrope(PHI_3_SHORT, PHI_3_LONG)
_PHI_3_5 = _longrope(PHI_3_5_SHORT, PHI_3_5_LONG)
_PHI_LENGTHS = {"max_position_embeddings": 131_072, "original_max_position_embeddings": 4096}
_DEEPSEEK = _yarn(40.0, beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=1.0)
# fmt: off
_LATENT = {"head_dim": 64, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
           "kv_lora_rank": 128, "q_lora_rank": None}

LAYERS = (
    Layer("llama-2", "llama", "Llama", 1e4),
    Layer("llama-2-meta", "llama4", "Llama4Text", 1e4),
    Layer("code-llama", "llama", "Llama", 1e6),
    Layer("mistral", "mistral", "Mistral", 1e4),
    Layer("qwen2.5", "qwen2", "Qwen2", 1e6),
    Layer("qwen3", "qwen3", "Qwen3", 1e6),
    Layer("command-r", "cohere", "Cohere", 8e6),
    Layer("nanochat", "nanochat", "NanoChat", 1e5),
    # Only a part of each head is rotated.
    Layer("gpt-neox-20b", "gpt_neox", "GPTNeoX", 1e4, _part(0.25)),
    Layer("glm-4", "glm", "Glm", 5e6, _part(0.5)),
    Layer("glm-4", "glm4", "Glm4", 5e6, _part(0.5)),
    Layer("stablelm", "stablelm", "StableLm", 1e4, _part(0.25)),
    Layer("phi-2", "phi", "Phi", 1e4, _part(0.4)),
    Layer("minimax-m2", "minimax_m2", "MiniMaxM2", 5e6, _part(0.5)),
    Layer("qwen3-next", "qwen3_next", "Qwen3Next", 1e7, _part(0.25)),
    # Layers of two types.
    Layer("gemma-3-local", "gemma3", "Gemma3", 1e4, kind="sliding_attention"),
    Layer("gemma-3-global", "gemma3", "Gemma3", 1e6, _LINEAR, kind="full_attention"),
    Layer("gemma-4-sliding", "gemma4", "Gemma4Text", 1e4, kind="sliding_attention"),
    Layer("mimo-v2-flash-sliding", "mimo_v2_flash", "MiMoV2Flash", 1e4, _part(0.334), {"v_head_dim": 192},
          kind="sliding_attention"),
    Layer("mimo-v2-flash-global", "mimo_v2_flash", "MiMoV2Flash", 5e6, _part(0.334), {"v_head_dim": 192},
          kind="full_attention"),
    Layer("gemma-4-global", "gemma4", "Gemma4Text", 1e6, {"rope_type": "proportional", **_part(0.25)},
          {"head_dim": 256, "global_head_dim": 512}, kind="full_attention"),
    # Context extension.
    Layer("position-interpolation", "llama", "Llama", 1e4, _LINEAR),
    Layer("dynamic-ntk", "llama", "Llama", 1e4, {"rope_type": "dynamic", "factor": 1.0},
          {"max_position_embeddings": 4096}, length=16_384),
    Layer("internlm-2.5", "llama", "Llama", 1e6, {"rope_type": "dynamic", "factor": 2.0},
          {"max_position_embeddings": 32_768}, length=65_536),
    Layer("yarn-code", "llama", "Llama", 1e4, _yarn(16.0)),
    Layer("llama-3.1", "llama", "Llama", 5e5, _llama_3(8.0)),
    Layer("llama-3.2", "llama", "Llama", 5e5, _llama_3(32.0)),
    Layer("gpt-oss", "llama", "Llama", 150_000.0, _yarn(32.0, truncate=False)),
    Layer("phi-3", "llama", "Llama", 1e4, _PHI_3, _PHI_LENGTHS, length=4096),
    Layer("phi-3", "llama", "Llama", 1e4, _PHI_3, _PHI_LENGTHS, length=4097),
    Layer("gemma-4-global", "llama", "Llama", 1e6, {"rope_type": "proportional", **_part(0.25)}),
    Layer("p-rope", "llama", "Llama", 1e4, {"rope_type": "proportional", **_part(0.75)}),
    Layer("phi-3-short", "phi3", "Phi3", 1e4, _PHI_3, _PHI_LENGTHS, length=4096),
    Layer("phi-3-long", "phi3", "Phi3", 1e4, _PHI_3, _PHI_LENGTHS, length=131_072),
    Layer("phi-3", "phi3", "Phi3", 1e4, _PHI_3, _PHI_LENGTHS, length=4096),
    Layer("phi-3", "phi3", "Phi3", 1e4, _PHI_3, _PHI_LENGTHS, length=4097),
    Layer("phi-3.5", "phi3", "Phi3", 1e4, _PHI_3_5, _PHI_LENGTHS, length=4096),
    Layer("phi-3.5", "phi3", "Phi3", 1e4, _PHI_3_5, _PHI_LENGTHS, length=131_072),
    Layer("deepseek-v3", "deepseek_v3", "DeepseekV3", 1e4, _DEEPSEEK, _LATENT),
    Layer("kimi-k2", "deepseek_v3", "DeepseekV3", 5e4,
          {**_DEEPSEEK, "factor": 32.0, "beta_fast": 1.0}, _LATENT),
    Layer("deepseek-v3-original", "deepseek_v2", "DeepseekV2", 1e4, _DEEPSEEK, _LATENT),
    Layer("gpt-oss", "gpt_oss", "GptOss", 150_000.0,
          _yarn(32.0, beta_fast=32.0, beta_slow=1.0, truncate=False)),
    Layer("olmo-3.1", "olmo3", "Olmo3", 5e5, _yarn(8.0, 8192), kind="full_attention"),
    # Images and video among text.
    Layer("qwen2-vl", "qwen2_vl", "Qwen2VL", 1e6, {"mrope_section": [16, 24, 24]}),
    Layer("qwen2.5-vl", "qwen2_5_vl", "Qwen2_5_VL", 1e6, {"mrope_section": [16, 24, 24]}),
    Layer("qwen3-vl", "qwen3_vl", "Qwen3VLText", 5e6, {"mrope_section": [24, 20, 20]}),
    Layer("qwen3.5", "qwen3_5", "Qwen3_5", 1e7, {"mrope_section": [11, 11, 10], **_part(0.25)}),
    Layer("glm-4v", "glm4v", "Glm4vText", 1e4, {"mrope_section": [8, 12, 12], **_part(0.5)}),
    Layer("ernie-4.5-vl", "ernie4_5_vl_moe", "Ernie4_5_VLMoeText", 5e5, {"mrope_section": [22, 22, 20]}),
)
# fmt: on
