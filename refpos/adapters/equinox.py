"""Equinox: eqx.nn.RotaryPositionalEmbedding, through JAX.

It knows no positions: it is run over the whole range, and the rows asked for are taken from it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation

Array = npt.NDArray[Any]


def encodings() -> tuple[Encoding, ...]:
    """Return what Equinox is checked for."""
    import equinox  # noqa: F401 (absent, it is to say so here)

    return (
        _encoding("llama-2", "theta=1e4", 1e4),
        _encoding("code-llama", "theta=1e6", 1e6),
        _encoding("code-llama", "theta=1e6, after another layer with theta=1e4", 1e6, before=1e4),
    )


def _encoding(name: str, label: str, theta: float, before: float | None = None) -> Encoding:
    def build(dtype: str) -> Implementation:
        return lambda x, positions: _run(x, positions, dtype, theta, before)

    dtypes = ("float32", "float16", "bfloat16") if before is None else ("float32",)
    return Encoding(name, f"nn.RotaryPositionalEmbedding, {label}", build, "power", dtypes=dtypes, longest=8192)


def _run(x: Array, positions: Array, dtype: str, theta: float, before: float | None) -> Array:
    """Run a new layer, without the tables of earlier ones: Equinox keeps them by size, whatever theta is."""
    import equinox
    import jax.numpy as jnp

    equinox.nn._embedding.internal_rope_embedding_cache.clear()
    if before is not None:
        equinox.nn.RotaryPositionalEmbedding(x.shape[-1], theta=before)(jnp.zeros((8192, x.shape[-1])))
    layer = equinox.nn.RotaryPositionalEmbedding(x.shape[-1], theta=theta)
    return _over_range(layer, x, np.asarray(positions, int), dtype)


def _over_range(layer: Callable[..., Any], x: Array, rows: Array, dtype: str) -> Array:
    """Put every token on the row of its position, in a sequence more each time that a position comes again.

    Lengths are powers of two, for JAX compiles anew for every length.
    """
    import jax
    import jax.numpy as jnp

    again = np.array([np.sum(rows[:i] == row) for i, row in enumerate(rows)], int)
    *lead, _, d = x.shape
    sequences = np.zeros((again.max() + 1, *lead, 1 << int(rows.max()).bit_length(), d), np.float32)
    sequences[again, ..., rows, :] = np.moveaxis(x, -2, 0)
    flat = jnp.asarray(sequences.reshape(-1, *sequences.shape[-2:]), dtype)
    turned = np.asarray(jax.vmap(layer)(flat).astype(jnp.float32)).reshape(sequences.shape)
    return np.moveaxis(turned[again, ..., rows, :], 0, -2).astype(x.dtype)


FRAMEWORK = Framework("equinox", ("0.13.8",), encodings)
