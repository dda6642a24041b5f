"""x-transformers: RotaryEmbedding with apply_rotary_pos_emb, and ScaledSinusoidalEmbedding."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation
from refpos.adapters.tensors import array, tensor

Array = npt.NDArray[Any]
DTYPES = ("float32", "float16", "bfloat16")


def encodings() -> tuple[Encoding, ...]:
    """Return what x-transformers is checked for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script", DeprecationWarning)
        import x_transformers.x_transformers  # noqa: F401 (absent, it is to say so here)

    return (
        _rotary("roformer", dim=64),
        _rotary("llama-2-meta", dim=128),
        _rotary("gpt-j", dim=64),
        _rotary("command-r", dim=128, base=8_000_000),
        _rotary("xpos", longest=2048, dim=64, use_xpos=True),
        Encoding("marian", "ScaledSinusoidalEmbedding, scale=1", _sinusoidal, "power"),
    )


def _rotary(name: str, longest: int | None = None, **arguments: Any) -> Encoding:
    def build(dtype: str) -> Implementation:
        def implementation(x: Array, positions: Array) -> Array:
            from x_transformers import x_transformers

            rotary = x_transformers.RotaryEmbedding(**arguments)
            freqs, scale = rotary(tensor(np.asarray(positions, int), "int64"))
            return array(x_transformers.apply_rotary_pos_emb(tensor(x, dtype), freqs, scale)).astype(x.dtype)

        return implementation

    told = ", ".join(f"{key}={value}" for key, value in arguments.items())
    label = f"RotaryEmbedding({told}), apply_rotary_pos_emb"
    dtypes = DTYPES if longest is None else ("float32",)
    return Encoding(name, label, build, "power", dtypes=dtypes, longest=longest)


def _sinusoidal(dtype: str) -> Implementation:
    """Build the layer with its learned scale at 1."""

    def implementation(positions: Array) -> Array:
        from x_transformers import x_transformers

        layer = x_transformers.ScaledSinusoidalEmbedding(512)
        layer.scale.data.fill_(1.0)
        return array(layer(tensor(np.zeros((1, len(positions), 512)), dtype), pos=tensor(positions, dtype)))

    return implementation


FRAMEWORK = Framework("x-transformers", ("2.31.10",), encodings)
