"""timm: the rotary and sinusoidal encodings of `timm.layers.pos_embed_sincos`.

timm as a whole needs torchvision; the one module does not, so it is loaded by its path.
"""

import importlib
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import distribution
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation
from refpos.adapters.grids import centred_grid, smallest_grid
from refpos.adapters.tensors import array, tensor

Array = npt.NDArray[Any]
DTYPES = ("float32", "float16", "bfloat16")


def module() -> Any:
    """Return timm's module of encodings, without importing the package around it."""
    if "timm.layers.pos_embed_sincos" in sys.modules:
        return sys.modules["timm.layers.pos_embed_sincos"]
    package = ModuleType("_refpos_timm_layers")
    package.__path__ = [str(distribution("timm").locate_file("timm/layers"))]
    sys.modules.setdefault(package.__name__, package)
    return importlib.import_module(f"{package.__name__}.pos_embed_sincos")


def encodings() -> tuple[Encoding, ...]:
    """Return what timm is checked for."""
    flipped = "RotaryEmbeddingCat, in_pixels=False, grid_indexing='xy'"
    axial, swin = f"{flipped}, temperature=100", f"{flipped}, temperature=50"
    return (
        _rotary("rope-vit-axial", axial, partial(_axial, 64, temperature=100.0, grid_indexing="xy"), longest=32),
        _rotary("rope-swin-axial", swin, partial(_axial, 32, temperature=50.0, grid_indexing="xy"), longest=32),
        _rotary("timm-rope-xy", flipped, partial(_axial, 64, grid_indexing="xy"), longest=32),
        _rotary("eva-02", "RotaryEmbeddingCat, in_pixels=False", partial(_axial, 64), longest=32),
        _mixture("rope-vit-mixed", 6),
        _mixture("timm-rope-mixed", 12),
        _rotary("dinov3", "RotaryEmbeddingDinoV3", _dinov3, half=True),
        _sinusoidal("timm-sincos2d", dim=64),
        _sinusoidal("timm-sincos2d-interleaved", dim=64, interleave_sin_cos=True),
        _sinusoidal("moco-v3", dim=768, interleave_sin_cos=True),
        _sinusoidal("mae", dim=1024, interleave_sin_cos=True, reverse_coord=True),
    )


def _rotary(name: str, label: str, table: Callable[[Array], Any], *, half: bool = False, **declared: Any) -> Encoding:
    def build(dtype: str) -> Implementation:
        def implementation(x: Array, positions: Array) -> Array:
            turned = module().apply_rot_embed_cat(tensor(x, dtype), table(positions), half=half)
            return array(turned).astype(x.dtype)

        return implementation

    return Encoding(name, f"{label}, apply_rot_embed_cat", build, "power", dtypes=DTYPES, **declared)


def _axial(width: int, positions: Array, **arguments: Any) -> Any:
    sides, rows = smallest_grid(positions)
    layer = module().RotaryEmbeddingCat(width, in_pixels=False, **arguments)
    return layer.get_embed(sides)[rows]


def _mixture(name: str, heads: int) -> Encoding:
    """Return the learned encoding of a layer, which keeps x before y."""
    layer = _mixed(heads)
    omega = array(layer.freqs)[::-1, 0].swapaxes(0, 1).astype(np.float64)
    label = f"RotaryEmbeddingMixed, num_heads={heads}"
    return _rotary(name, label, partial(_learned, layer), longest=32, learned={"omega": omega})


def _mixed(heads: int) -> Any:
    """Return the learned encoding of a model's layer, as it is initialised from a fixed seed."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return module().RotaryEmbeddingMixed(64 * heads, depth=1, num_heads=heads)


def _learned(layer: Any, positions: Array) -> Any:
    sides, rows = smallest_grid(positions)
    return layer.get_embed(sides)[0][:, rows].detach()


def _dinov3(positions: Array) -> Any:
    """Run over the grid whose centres the positions are; positions of no grid are given as coordinates."""
    import torch

    layer = module().RotaryEmbeddingDinoV3(64)
    found = centred_grid(positions)
    if found is None:
        return torch.cat(layer._get_pos_embed_from_coords(tensor(positions, "float32")), dim=-1)
    sides, rows = found
    return layer.get_embed(sides)[rows]


def _sinusoidal(name: str, **arguments: Any) -> Encoding:
    def build(dtype: str) -> Implementation:
        def implementation(positions: Array) -> Array:
            sides, rows = smallest_grid(positions)
            table = array(module().build_sincos2d_pos_embed(sides, **arguments))[rows]
            prefix = 0 if name.startswith("timm") else 1
            return np.concatenate([np.zeros((prefix, table.shape[1])), table]).astype(dtype)

        return implementation

    told = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return Encoding(name, f"build_sincos2d_pos_embed, {told}", build, "power", longest=32)


FRAMEWORK = Framework("timm", ("1.0.31",), encodings)
