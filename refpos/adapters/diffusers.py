"""diffusers: the rotary encodings of image and video models, and the sinusoidal functions beside them."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation
from refpos.adapters.grids import smallest_grid
from refpos.adapters.tensors import array, tensor
from refpos.oracle.names import Idiom

Array = npt.NDArray[Any]
Table = Callable[[Array], Any]
"""Positions -> what a model computes of them, a row per token."""
Turn = Callable[[Any, Any], Any]
"""(x, table) -> the rotated x."""
DTYPES = ("float32", "float16", "bfloat16")


def encodings() -> tuple[Encoding, ...]:
    """Return what diffusers is checked for."""
    import diffusers.models.embeddings  # noqa: F401 (absent, it is to say so here)

    return (
        _rotary("flux", "FluxPosEmbed", _flux, _turn, "tables"),
        _rotary("lumina-2", "Lumina2RotaryPosEmbed", _lumina_2, _turn_complex, "tables", longest=300),
        _rotary("hunyuan-video", "HunyuanVideoRotaryPosEmbed", _hunyuan_video, _turn, longest=32),
        _rotary("wan", "WanRotaryPosEmbed, WanAttnProcessor", _wan, _turn_wan, "tables", longest=32),
        _rotary("cogvideox", "get_3d_rotary_pos_embed, grid_type='slice'", _cogvideox, _turn, longest=32),
        _rotary("qwen-image", "QwenEmbedRope, scale_rope=True", _qwen_image, _turn_qwen_image, longest=16),
        _rotary("ltx-video", "LTXVideoRotaryPosEmbed", _ltx_video, _turn_ltx_video),
        _sinusoidal("transformer", "SinusoidalPositionalEmbedding", _text, "log", longest=8192),
        _sinusoidal("marian", "get_1d_sincos_pos_embed_from_grid", _line, "tables"),
        _sinusoidal("mae", "get_2d_sincos_pos_embed, cls_token=True", _image, "tables", longest=64),
        _sinusoidal("pixart", "get_2d_sincos_pos_embed", _patches, "tables", longest=64),
        _sinusoidal("cogvideox-2b", "get_3d_sincos_pos_embed", _video, "tables", longest=16),
        _timesteps("marian", 512, downscale_freq_shift=0),
        _timesteps("tensor2tensor", 512),
        _timesteps("whisper", 384),
        _timesteps("musicgen", 1024, flip_sin_to_cos=True),
    )


def _rotary(name: str, label: str, table: Table, turn: Turn, recipe: Idiom = "power", **declared: Any) -> Encoding:
    def build(dtype: str) -> Implementation:
        return lambda x, positions: array(turn(tensor(x, dtype), table(positions))).astype(x.dtype)

    return Encoding(name, label, build, recipe, dtypes=DTYPES, **declared)


def _sinusoidal(name: str, label: str, table: Table, recipe: Idiom, **declared: Any) -> Encoding:
    def build(dtype: str) -> Implementation:
        return lambda positions: array(table(positions)).astype(dtype)

    return Encoding(name, label, build, recipe, **declared)


# Tables of angles: what a model's own module returns, for positions or for the smallest grid that holds them.


def _flux(positions: Array) -> Any:
    from diffusers.models.transformers import transformer_flux

    return transformer_flux.FluxPosEmbed(theta=10_000, axes_dim=[16, 56, 56])(tensor(positions, "float32"))


def _lumina_2(positions: Array) -> Any:
    from diffusers.models.transformers import transformer_lumina2

    module = transformer_lumina2.Lumina2RotaryPosEmbed(theta=10_000, axes_dim=[32, 32, 32])
    return module._get_freqs_cis(tensor(positions, "int64")[None])


def _hunyuan_video(positions: Array) -> Any:
    from diffusers.models.transformers import transformer_hunyuan_video

    sides, rows = smallest_grid(positions)
    module = transformer_hunyuan_video.HunyuanVideoRotaryPosEmbed(2, 1, [16, 56, 56])
    return tuple(one[rows] for one in module(_latents(sides)))


def _wan(positions: Array) -> Any:
    from diffusers.models.transformers import transformer_wan

    sides, rows = smallest_grid(positions)
    module = transformer_wan.WanRotaryPosEmbed(128, patch_size=(1, 2, 2), max_seq_len=1024)
    return tuple(one[:, rows] for one in module(_latents(sides)))


def _cogvideox(positions: Array) -> Any:
    from diffusers.models import embeddings

    (t, h, w), rows = smallest_grid(positions)
    crop = ((0, 0), (h, w))
    table = embeddings.get_3d_rotary_pos_embed(64, crop, (h, w), t, grid_type="slice", max_size=(h, w))
    return tuple(one[rows] for one in table)


def _qwen_image(positions: Array) -> Any:
    """Run over a grid twice as high and wide, for the origin is at its centre."""
    from diffusers.models.transformers import transformer_qwenimage

    (t, h, w), _ = smallest_grid(positions)
    sides = (t, 2 * h, 2 * w)
    rows = np.ravel_multi_index(tuple(np.add(positions, (0, h, w)).astype(int).T), sides)
    module = transformer_qwenimage.QwenEmbedRope(10_000, [16, 56, 56], scale_rope=True)
    return module(sides, max_txt_seq_len=1)[0][rows]


def _ltx_video(positions: Array) -> Any:
    """Give coordinates as fractions of the base size, which the module maps to −1 to 1."""
    from diffusers.models.transformers import transformer_ltx

    module = transformer_ltx.LTXVideoRotaryPosEmbed(2048)
    base = np.array([module.base_num_frames, module.base_height, module.base_width])
    coordinates = tensor(((positions + 1) / 2 * base).T[None], "float32")
    return module(coordinates, video_coords=coordinates)


def _latents(sides: tuple[int, ...]) -> Any:
    """Return latents of this many patches of 1 by 2 by 2, of which models look only at the shape."""
    import torch

    return torch.empty(1, 1, sides[0], 2 * sides[1], 2 * sides[2])


# How each model turns by its table.


def _turn(x: Any, table: Any) -> Any:
    from diffusers.models import embeddings

    return embeddings.apply_rotary_emb(x, table)


def _turn_complex(x: Any, table: Any) -> Any:
    from diffusers.models import embeddings

    return embeddings.apply_rotary_emb(x.transpose(1, 2), table, use_real=False).transpose(1, 2)


def _turn_qwen_image(x: Any, table: Any) -> Any:
    from diffusers.models.transformers import transformer_qwenimage

    return transformer_qwenimage.apply_rotary_emb_qwen(x.transpose(1, 2), table, use_real=False).transpose(1, 2)


def _turn_ltx_video(x: Any, table: Any) -> Any:
    """Turn whole vectors, as they are before they are split into heads."""
    from diffusers.models.transformers import transformer_ltx

    return transformer_ltx.apply_rotary_emb(x.flatten(0, 1), table).reshape(x.shape)


def _turn_wan(x: Any, table: Any) -> Any:
    """Run the attention processor with projections that do nothing, up to where it has its queries."""
    from diffusers.models.transformers import transformer_wan

    same = {name: lambda x: x for name in ("to_q", "to_k", "to_v", "norm_q", "norm_k")}
    attention = SimpleNamespace(**same, heads=x.shape[1], add_k_proj=None, fused_projections=False)
    attention.to_out = [same["to_q"]] * 2
    with patch.object(transformer_wan, "dispatch_attention_fn", lambda query, *_, **__: query):
        turned = transformer_wan.WanAttnProcessor()(attention, x.transpose(1, 2).flatten(2), rotary_emb=table)
    return turned.unflatten(2, (x.shape[1], -1)).transpose(1, 2)


# Sinusoidal tables.


def _timesteps(name: str, width: int, **arguments: Any) -> Encoding:
    def table(positions: Array) -> Any:
        from diffusers.models import embeddings

        return embeddings.get_timestep_embedding(tensor(positions, "float32"), width, **arguments)

    told = "".join(f", {key}={value}" for key, value in arguments.items())
    return _sinusoidal(name, f"get_timestep_embedding{told}", table, "log")


def _text(positions: Array) -> Any:
    """Add the module's table to zeros."""
    import torch
    from diffusers.models import embeddings

    (length,), rows = smallest_grid(positions)
    return embeddings.SinusoidalPositionalEmbedding(512, length)(torch.zeros(1, length, 512))[0, rows]


def _line(positions: Array) -> Any:
    from diffusers.models import embeddings

    return embeddings.get_1d_sincos_pos_embed_from_grid(512, tensor(positions, "float32"))


def _image(positions: Array) -> Any:
    """Run over a square grid: on any other, coordinates are stretched to one."""
    from diffusers.models import embeddings

    side = max(smallest_grid(positions)[0])
    rows = np.asarray(positions, int) @ [side, 1] + 1
    table = embeddings.get_2d_sincos_pos_embed(1024, side, cls_token=True, extra_tokens=1, base_size=side)
    return table[np.concatenate([[0], rows])]


def _patches(positions: Array) -> Any:
    from diffusers.models import embeddings

    side = max(smallest_grid(positions)[0])
    table = embeddings.get_2d_sincos_pos_embed(1152, side, base_size=side)
    return table[np.asarray(positions, int) @ [side, 1]]


def _video(positions: Array) -> Any:
    """Run over frames of a grid whose sides are given as width and height."""
    from diffusers.models import embeddings

    (t, h, w), rows = smallest_grid(positions)
    return embeddings.get_3d_sincos_pos_embed(1920, (w, h), t).flatten(0, 1)[rows]


FRAMEWORK = Framework("diffusers", ("0.42.1",), encodings)
