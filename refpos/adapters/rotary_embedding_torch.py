"""rotary-embedding-torch: RotaryEmbedding, on given positions and as its methods count them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation
from refpos.adapters.tensors import array, tensor

Array = npt.NDArray[Any]
DTYPES = ("float32", "float16", "bfloat16")


def encodings() -> tuple[Encoding, ...]:
    """Return what rotary-embedding-torch is checked for."""
    import rotary_embedding_torch  # noqa: F401 (absent, it is to say so here)

    given = "RotaryEmbedding(positions), apply_rotary_emb"
    return (
        _encoding("roformer", given, _given, dim=64),
        _encoding("llama-2-meta", given, _given, dim=128),
        _encoding("gpt-j", f"{given}, dim=64 of 256", _given, dim=64),
        _encoding("command-r", f"{given}, theta=8e6", _given, dim=128, theta=8_000_000),
        _encoding("roformer", "rotate_queries_or_keys, a token at a time with its offset", _stepwise, dim=64),
        _encoding("xpos", "rotate_queries_and_keys, use_xpos=True", _xpos, longest=2048, dim=64, use_xpos=True),
    )


def _encoding(name: str, label: str, run: Callable[..., Any], longest: int | None = None, **arguments: Any) -> Encoding:
    def build(dtype: str) -> Implementation:
        def implementation(x: Array, positions: Array) -> Array:
            import rotary_embedding_torch

            rotary = rotary_embedding_torch.RotaryEmbedding(**arguments)
            return array(run(rotary, tensor(x, dtype), np.asarray(positions, int))).astype(x.dtype)

        return implementation

    dtypes = DTYPES if longest is None else ("float32",)
    return Encoding(name, label, build, "power", dtypes=dtypes, longest=longest)


def _given(rotary: Any, x: Any, positions: Array) -> Any:
    import rotary_embedding_torch

    return rotary_embedding_torch.apply_rotary_emb(rotary(tensor(positions, "float32")), x)


def _stepwise(rotary: Any, x: Any, positions: Array) -> Any:
    """Turn each token as decoding does, by an offset."""
    import torch

    steps = [rotary.rotate_queries_or_keys(x[..., i : i + 1, :], offset=int(p)) for i, p in enumerate(positions)]
    return torch.cat(steps, dim=-2)


def _xpos(rotary: Any, x: Any, positions: Array) -> Any:
    """Turn each token in a sequence as long as the highest position needs."""
    import torch

    turned = []
    for i, p in enumerate(positions):
        sequence = torch.zeros(*x.shape[:2], int(positions.max()) + 1, x.shape[-1], dtype=x.dtype)
        sequence[..., p, :] = x[..., i, :]
        turned.append(rotary.rotate_queries_and_keys(sequence, sequence)[0][..., p : p + 1, :])
    return torch.cat(turned, dim=-2)


FRAMEWORK = Framework("rotary-embedding-torch", ("0.9.1",), encodings)
