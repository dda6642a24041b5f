"""Differences that are known and explained: each with its reason, a reproduction, and the versions that have it."""

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """A known difference between a framework and what it claims to compute.

    Parameters
    ----------
    framework, encoding, label : str
        The row that differs, as its adapter declares it.
    versions : tuple of str
        First and last version known to differ.
    findings : tuple of str
        The ids, one of which must come first among what explains it: another difference is not this one.
    reason : str
        What differs and why, in a sentence.
    reproduction : str
        Lines of Python that show it.
    dtypes : tuple of str
        With which it differs; all where empty.
    worst : float
        The largest error over its bound that it explains.
    """

    framework: str
    encoding: str
    label: str
    versions: tuple[str, str]
    findings: tuple[str, ...]
    reason: str
    reproduction: str
    dtypes: tuple[str, ...] = ()
    worst: float = math.inf

    def covers(self, framework: str, version: str, encoding: str, label: str, dtype: str) -> bool:
        """Whether this is the difference of a row."""
        same = (self.framework, self.encoding, self.label) == (framework, encoding, label)
        first, last = (_key(one) for one in self.versions)
        return same and (not self.dtypes or dtype in self.dtypes) and first <= _key(version) <= last


EXPECTED: tuple[Expected, ...] = (
    Expected(
        "transformers",
        "vjepa2",
        "VJEPA2RopeAttention",
        ("5.23.0", "5.23.0"),
        ("bfloat16/ladder", "float16/ladder"),
        "base, exponents, frequencies, positions and angles are made in the dtype of the features",
        """
import torch
from transformers.models.vjepa2.modeling_vjepa2 import rotate_queries_or_keys
x, positions = torch.ones(1, 1, 24, 20, dtype=torch.bfloat16), torch.arange(24)
coarse = rotate_queries_or_keys(x, positions).float()
fine = rotate_queries_or_keys(x.float(), positions)
assert (coarse - fine).abs().max() > 0.03
""",
        ("float16", "bfloat16"),
    ),
    Expected(
        "equinox",
        "code-llama",
        "nn.RotaryPositionalEmbedding, theta=1e6, after another layer with theta=1e4",
        ("0.13.8", "0.13.8"),
        ("base/10000",),
        "tables are cached by size and dtype but not by theta, so that a second layer takes those of the first",
        """
import equinox as eqx, jax.numpy as jnp
first = eqx.nn.RotaryPositionalEmbedding(8, theta=1e4)
second = eqx.nn.RotaryPositionalEmbedding(8, theta=1e6)
x = jnp.ones((4, 8))
assert (first(x) == second(x)).all()
""",
    ),
    Expected(
        "rotary-embedding-torch",
        "roformer",
        "rotate_queries_or_keys, a token at a time with its offset",
        ("0.9.1", "0.9.1"),
        ("bfloat16/positions", "float16/positions"),
        "positions are counted in the dtype of the features: 256 and 257 are one position in bfloat16",
        """
import torch
from rotary_embedding_torch import RotaryEmbedding
rotary, x = RotaryEmbedding(64), torch.ones(1, 1, 1, 64, dtype=torch.bfloat16)
at = lambda offset: rotary.rotate_queries_or_keys(x, offset=offset)
assert torch.equal(at(256), at(257))
""",
        ("float16", "bfloat16"),
    ),
    Expected(
        "rotary-embedding-torch",
        "xpos",
        "rotate_queries_and_keys, use_xpos=True",
        ("0.9.1", "0.9.1"),
        ("growth/half-length",),
        "growth is centred on half the length of each call, so that keys cached at another length do not fit",
        """
import torch
from rotary_embedding_torch import RotaryEmbedding
rotary, x = RotaryEmbedding(64, use_xpos=True, cache_if_possible=False), torch.ones(1, 1, 1000, 64)
key = lambda n: rotary.rotate_queries_and_keys(x[:, :, :n], x[:, :, :n])[1][0, 0, 3]
assert not torch.allclose(key(4), key(1000), rtol=0.1)
""",
    ),
    Expected(
        "x-transformers",
        "xpos",
        "RotaryEmbedding(dim=64, use_xpos=True), apply_rotary_pos_emb",
        ("2.31.10", "2.31.10"),
        ("growth/half-length",),
        "growth is centred on half the highest position of each call, so that keys cached at another length do not fit",
        """
import torch
from x_transformers.x_transformers import RotaryEmbedding, apply_rotary_pos_emb
rotary, x = RotaryEmbedding(64, use_xpos=True), torch.ones(1, 1, 2, 64)
at = lambda *t: apply_rotary_pos_emb(x[:, :, :len(t)], *rotary(torch.tensor(t)))[0, 0, 0]
assert not torch.allclose(at(3), at(3, 1000), rtol=0.1)
""",
    ),
    *(
        Expected(
            "mlx",
            name,
            "nn.SinusoidalPositionalEncoding",
            ("0.32.4", "0.32.4"),
            ("unexplained",),
            "frequencies are exp(t (ln max - ln min) + ln min), which cancels: the highest is off by a dozen roundings",
            """
import mlx.nn, numpy as np
made = np.array(mlx.nn.SinusoidalPositionalEncoding(512)._sigmas).astype(float)
assert abs(made * 1e4 ** (np.arange(256) / 255) - 1).max() * 2**24 > 10
""",
            worst=4.0,
        )
        for name in ("tensor2tensor", "musicgen")
    ),
    Expected(
        "timm",
        "mae",
        "build_sincos2d_pos_embed, dim=1024, interleave_sin_cos=True, reverse_coord=True",
        ("1.0.31", "1.0.31"),
        ("positions/column-major",),
        "reverse_coord swaps the sides of the grid too: nothing on square grids, tokens transposed on others",
        """
from refpos.adapters.timm import module
build = module().build_sincos2d_pos_embed
assert build([2, 2], dim=8, reverse_coord=True).equal(build([2, 2], dim=8))
assert build([2, 3], dim=8, reverse_coord=True).equal(build([3, 2], dim=8))
""",
    ),
    Expected(
        "keras-hub",
        "ntk-aware",
        "RotaryEmbedding(rope_type=dynamic, scaling_factor=8.0)",
        ("0.32.0", "0.32.0"),
        ("scaling/base-factor-on-every-plane",),
        "every frequency is divided by s^(d/(d-2)), where NTK multiplies the base by it and leaves the first one alone",
        """
import keras_hub
layer = keras_hub.layers.RotaryEmbedding(rope_type="dynamic", scaling_factor=8.0)
assert layer._get_inverse_freq(128)[0] < 0.13
""",
    ),
    Expected(
        "keras-hub",
        "transformer",
        "SinePositionEncoding",
        ("0.32.0", "0.32.0"),
        (
            "bfloat16/all-of-angles",
            "float16/all-of-angles",
            "bfloat16/positions",
            "float16/positions",
            "bfloat16/ladder",
            "float16/ladder",
        ),
        "positions and angles are made in the compute dtype: rows 1000, 1001 and 1002 are one row in bfloat16",
        """
import keras_hub, numpy as np
made = keras_hub.layers.SinePositionEncoding(dtype="bfloat16")(np.zeros((1, 1003, 32)))
rows = np.asarray(made).astype(float)[0]
assert (rows[1000] == rows[1002]).all()
""",
        ("float16", "bfloat16"),
    ),
)


def _key(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with, for comparison: (1, 2) of 1.2rc1."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in leading[0].split(".")) if leading else ()
