"""Rotary encodings of the vision towers in transformers."""

from functools import partial
from typing import Any

from refpos.adapters.encoding import Encoding
from refpos.adapters.grids import centred_grid
from refpos.adapters.tensors import tensor
from refpos.adapters.transformers.layer import DTYPES, Array, integers, modeling, queries, rotation, stopping


def encodings() -> tuple[Encoding, ...]:
    """Return the encodings of vision towers."""
    sides = {"num_attention_heads": 1, "hidden_size": 80}
    qwen = partial(_packed, "qwen2_vl", "Qwen2VLVision", "VisionAttention", {"embed_dim": 80, "num_heads": 1})
    qwen_2_5 = partial(
        _packed, "qwen2_5_vl", "Qwen2_5_VLVision", "Qwen2_5_VLVisionAttention", {"num_heads": 1, "hidden_size": 80}
    )
    minimax = partial(_packed, "minimax_m3_vl", "MiniMaxM3VLVision", "MiniMaxM3VLVisionAttention", sides)
    return (
        _encoding("qwen2-vl-vision", "Qwen2-VL VisionAttention", qwen),
        _encoding("qwen2-vl-vision", "Qwen2_5_VLVisionAttention", qwen_2_5),
        _encoding("minimax-m3-vision", "MiniMaxM3VLVisionAttention", minimax),
        _encoding("pixtral-hf", "PixtralAttention", _pixtral),
        _encoding("gemma-4-vision", "Gemma4VisionAttention", _gemma),
        _encoding("dinov3", "DINOv3ViTAttention", _dinov3),
        _encoding("vjepa2", "VJEPA2RopeAttention", _vjepa, "float64"),
    )


def _encoding(name: str, label: str, run: Any, *more: str) -> Encoding:
    return Encoding(name, label, partial(rotation, run), "power", dtypes=(*DTYPES, *more))


def _packed(model: str, prefix: str, layer: str, sizes: dict[str, int], hidden: Any, positions: Array) -> Any:
    """Run a layer that takes the patches of all images in one sequence."""
    module = modeling(model)
    config = stopping(getattr(module, f"{prefix}Config")(rope_parameters=_axial(1e4), **sizes))
    tokens = hidden.flatten(0, 1)
    tables = getattr(module, f"{prefix}RotaryEmbedding")(config)(tokens, integers(positions).repeat(len(hidden), 1))
    ends = tensor([0, len(tokens)], "int32")
    attention = getattr(module, layer)(config)
    return queries(attention, tokens, cu_seqlens=ends, position_embeddings=tables)[0, 0].reshape(hidden.shape)


def _pixtral(hidden: Any, positions: Array) -> Any:
    module = modeling("pixtral")
    config = stopping(module.PixtralVisionConfig(hidden_size=64, num_attention_heads=1, rope_parameters=_axial(1e4)))
    tables = module.PixtralVisionRotaryEmbedding(config)(hidden, integers(positions))
    return queries(module.PixtralAttention(config), hidden, position_embeddings=tables)


def _gemma(hidden: Any, positions: Array) -> Any:
    """Run Gemma 4's layer, which takes columns before rows."""
    module = modeling("gemma4")
    sizes = {"hidden_size": 64, "head_dim": 64, "num_attention_heads": 1, "num_key_value_heads": 1}
    config = stopping(module.Gemma4VisionConfig(rope_parameters=_axial(100.0), **sizes))
    ids = integers(positions).flip(-1)[None]
    tables = module.Gemma4VisionRotaryEmbedding(config)(hidden, ids)
    return queries(module.Gemma4VisionAttention(config, layer_idx=0), hidden, position_embeddings=tables, position_ids=ids)


def _dinov3(hidden: Any, positions: Array) -> Any:
    """Run DINOv3's layer on the table of the grid whose centres the positions are."""
    found = centred_grid(positions)
    if found is None:
        raise ValueError("DINOv3ViTRopePositionEmbedding makes its own positions: they must be centres of a grid of patches")
    (h, w), rows = found
    module = modeling("dinov3_vit")
    config = stopping(module.DINOv3ViTConfig(hidden_size=64, num_attention_heads=1, patch_size=16, rope_theta=100.0))
    image = hidden.new_empty(1, 3, 16 * h, 16 * w)
    tables = [table[rows] for table in module.DINOv3ViTRopePositionEmbedding(config).eval()(image)]
    return queries(module.DINOv3ViTAttention(config), hidden, position_embeddings=tables)


def _vjepa(hidden: Any, positions: Array) -> Any:
    """Run V-JEPA 2's layer, which works its positions out of a token's number on a square grid, on given ones."""
    module = modeling("vjepa2")
    attention = module.VJEPA2RopeAttention(stopping(module.VJEPA2Config()), hidden_size=64, num_attention_heads=1)
    attention.get_position_ids = lambda *_, **__: tuple(integers(positions.T))
    return queries(attention, hidden)


def _axial(theta: float) -> dict[str, Any]:
    return {"rope_type": "axial", "rope_theta": theta}
