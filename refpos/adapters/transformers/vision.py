"""Rotary encodings of the vision towers in transformers."""

from functools import partial
from typing import Any

from refpos.adapters.encoding import Encoding
from refpos.adapters.grids import centred_grid
from refpos.adapters.tensors import tensor
from refpos.adapters.transformers.layer import DTYPES, Array, integers, modeling, queries, rotation


def encodings() -> tuple[Encoding, ...]:
    """Return the encodings of vision towers."""
    packed = partial(partial, _packed)
    return (
        _encoding("qwen2-vl-vision", "Qwen2-VL VisionAttention", packed("qwen2_vl", "Qwen2VL")),
        _encoding("qwen2-vl-vision", "Qwen2_5_VLVisionAttention", packed("qwen2_5_vl", "Qwen2_5_VL")),
        _encoding("minimax-m3-vision", "MiniMaxM3VLVisionAttention", packed("minimax_m3_vl", "MiniMaxM3VL")),
        _encoding("pixtral-hf", "PixtralAttention", _pixtral),
        _encoding("gemma-4-vision", "Gemma4VisionAttention", _gemma),
        _encoding("dinov3", "DINOv3ViTAttention", _dinov3, grids=True),
        _encoding("vjepa2", "VJEPA2RopeAttention", _vjepa, dtypes=(*DTYPES, "float64")),
    )


def _encoding(name: str, label: str, run: Any, **more: Any) -> Encoding:
    return Encoding(name, label, partial(rotation, run), "power", **{"dtypes": DTYPES, **more})


def _packed(model: str, prefix: str, hidden: Any, positions: Array) -> Any:
    """Run a layer that takes the patches of all images in one sequence."""
    module = modeling(model)
    config = getattr(module, f"{prefix}VisionConfig")(
        embed_dim=80, hidden_size=80, num_heads=1, num_attention_heads=1, rope_parameters=_axial(1e4)
    )
    tokens, ids = hidden.flatten(0, 1), integers(positions).repeat(len(hidden), 1)
    tables = getattr(module, f"{prefix}VisionRotaryEmbedding")(config)(tokens, ids)
    attention = getattr(module, f"{prefix}VisionAttention", None) or module.VisionAttention
    ends = tensor([0, len(tokens)], "int32")
    return queries(attention(config), tokens, cu_seqlens=ends, position_embeddings=tables)


def _pixtral(hidden: Any, positions: Array) -> Any:
    module = modeling("pixtral")
    config = module.PixtralVisionConfig(hidden_size=64, num_attention_heads=1, rope_parameters=_axial(1e4))
    tables = module.PixtralVisionRotaryEmbedding(config)(hidden, integers(positions))
    return queries(module.PixtralAttention(config), hidden, position_embeddings=tables)


def _gemma(hidden: Any, positions: Array) -> Any:
    """Run Gemma 4's layer, which takes columns before rows."""
    module = modeling("gemma4")
    sizes = {"hidden_size": 64, "head_dim": 64, "num_attention_heads": 1, "num_key_value_heads": 1}
    config = module.Gemma4VisionConfig(rope_parameters=_axial(100.0), **sizes)
    ids = integers(positions).flip(-1)[None]
    tables = module.Gemma4VisionRotaryEmbedding(config)(hidden, ids)
    attention = module.Gemma4VisionAttention(config, layer_idx=0)
    return queries(attention, hidden, position_embeddings=tables, position_ids=ids)


def _dinov3(hidden: Any, positions: Array) -> Any:
    """Run DINOv3's layer on the table of the grid whose centres the positions are."""
    found = centred_grid(positions)
    if found is None:
        raise ValueError("DINOv3 makes its positions itself: they must be centres of the patches of a grid")
    (h, w), rows = found
    module = modeling("dinov3_vit")
    config = module.DINOv3ViTConfig(hidden_size=64, num_attention_heads=1, patch_size=16, rope_theta=100.0)
    image = hidden.new_empty(1, 3, 16 * h, 16 * w)
    tables = [table[rows] for table in module.DINOv3ViTRopePositionEmbedding(config).eval()(image)]
    return queries(module.DINOv3ViTAttention(config), hidden, position_embeddings=tables)


def _vjepa(hidden: Any, positions: Array) -> Any:
    """Run V-JEPA 2's layer on given positions; its own are worked out of token numbers on a square grid."""
    module = modeling("vjepa2")
    attention = module.VJEPA2RopeAttention(module.VJEPA2Config(), hidden_size=64, num_attention_heads=1)
    attention.get_position_ids = lambda *_, **__: tuple(integers(positions.T))
    return queries(attention, hidden)


def _axial(theta: float) -> dict[str, Any]:
    return {"rope_type": "axial", "rope_theta": theta}
