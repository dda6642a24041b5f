"""RoPE in five lines of each framework: float32 on other kernels than NumPy's stays within the bound."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from refpos import Frequencies, Rotary, rotate
from refpos.oracle.tolerance import Recipe, bound

EDGES = [2**j + d for j in range(6, 20) for d in (-1, 0, 1)]
POSITIONS = np.unique([*range(64), *EDGES, 65_504, 71_477, 100_003, 117_436, 999_983, 2**20])
WIDTHS = (64, 96, 112, 128)
BASES = (1e4, 5e5, 1e6, 1e7)


def reciprocal(xp: Any, base: float, exponents: Any) -> Any:
    return 1 / base**exponents


def exponential(xp: Any, base: float, exponents: Any) -> Any:
    return xp.exp(-float(np.log(base)) * exponents)


def rope(xp: Any, frequencies: Callable[..., Any], base: float, x: Any, positions: Any, steps: Any) -> Any:
    half = x.shape[-1] // 2
    angles = positions[:, None] * frequencies(xp, base, steps / x.shape[-1])
    cos, sin = xp.cos(angles), xp.sin(angles)
    a, b = x[:, :half], x[:, half:]
    parts = [a * cos - b * sin, b * cos + a * sin]
    return xp.cat(parts, -1) if hasattr(xp, "cat") else xp.concatenate(parts, -1)


def arrays(framework: str) -> tuple[Any, Callable[[Any], Any]]:
    """Return a framework's module and what makes float32 arrays of it."""
    xp = importlib.import_module({"torch": "torch", "jax": "jax.numpy", "mlx": "mlx.core"}[framework])
    make = xp.from_numpy if framework == "torch" else xp.array
    return xp, lambda values: make(np.asarray(values, np.float32))


def ratio(framework: str, frequencies: Callable[..., Any], idiom: Any, width: int, base: float) -> float:
    """Return the worst error over its bound."""
    xp, make = arrays(framework)
    x = np.random.default_rng(width).standard_normal((len(POSITIONS), width)).astype(np.float32)
    got = rope(xp, frequencies, base, make(x), make(POSITIONS), make(np.arange(0, width, 2)))
    variant = Rotary(Frequencies((0,) * (width // 2), base=base))
    want = rotate(x.astype(np.float64), POSITIONS, variant)
    return float((np.abs(np.asarray(got) - want) / bound(variant, Recipe("float32", idiom), POSITIONS, x)).max())


@pytest.mark.parametrize("framework", ["torch", "jax", "mlx"])
@pytest.mark.parametrize(("frequencies", "idiom"), [(reciprocal, "power"), (exponential, "log")])
def test_five_honest_lines_are_within_the_bound_up_to_a_million(framework: str, frequencies: Any, idiom: Any):
    pytest.importorskip("mlx.core" if framework == "mlx" else framework)
    worst = max(ratio(framework, frequencies, idiom, width, base) for width in WIDTHS for base in BASES)
    print(f"{framework}, {frequencies.__name__}: {worst:.2f} of the bound")
    assert 0.2 <= worst <= 1
