"""What NumPy, torch, JAX and MLX call differently: making arrays, converting them, compiling. The rest is one name."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from shutil import which
from types import SimpleNamespace
from typing import Any

import numpy as np

NAMES = ("NumPy", "torch", "torch.compile", "JAX", "JAX jit", "MLX")


@dataclass(frozen=True)
class Library:
    """An array library: `xp` is its namespace, `own` makes arrays of it, `cast` converts them, `through` compiles.

    It takes subnormal numbers for zeros in the dtypes that it `flushes`.
    """

    name: str
    release: str
    xp: Any
    own: Callable[[np.ndarray], Any]
    cast: Callable[[Any, Any], Any]
    dtypes: dict[str, Any]
    back: Callable[[Any], np.ndarray]
    through: Callable[[Callable], Callable] = lambda function: function
    compiles: bool = False
    flushes: tuple[str, ...] = ()
    wide: Callable[[], Any] = nullcontext

    def array(self, values, dtype):
        """Return numbers as the library's array of a dtype, rounded once."""
        given = np.asarray(values, np.float64)
        if dtype != "float64":
            given = given.astype(np.float32)  # what is 16 bits wide holds only such values
        return self.cast(self.own(given), self.dtypes[dtype])

    def index(self, places):
        return self.own(np.asarray(places, np.int32))

    def to(self, values, dtype):
        return self.cast(values, self.dtypes[dtype])

    def count(self, n, dtype):
        """Return 0, 1, ..., n − 1."""
        return self.xp.arange(n, dtype=self.dtypes[dtype])

    def exp2(self, values):
        return self.xp.exp2(values) if hasattr(self.xp, "exp2") else self.xp.power(2.0, values)


@cache
def library(name):
    """Return a library by its name, imported now; None for torch.compile where there is no compiler."""
    if name == "torch.compile" and not which("g++"):
        return None
    return {"NumPy": _numpy, "torch": _torch, "JAX": _jax, "MLX": _mlx}[name.split(" ")[0].split(".")[0]](name)


def _dtypes(namespace):
    return {one: getattr(namespace, one) for one in ("float64", "float32", "float16", "bfloat16")}


def _numpy(name):
    import ml_dtypes

    known = SimpleNamespace(float64=np.float64, float32=np.float32, float16=np.float16, bfloat16=ml_dtypes.bfloat16)

    def cast(values, dtype):
        return np.asarray(values).astype(dtype)

    return Library(name, version("numpy"), np, np.asarray, cast, _dtypes(known), lambda one: one.astype(np.float64))


def _torch(name):
    import torch

    torch.set_num_threads(1)

    def compiled(function):
        torch._dynamo.reset()
        return torch.compile(function, dynamic=False)

    return Library(
        name,
        version("torch"),
        torch,
        torch.as_tensor,
        lambda values, dtype: values.to(dtype),
        _dtypes(torch),
        lambda one: one.to(torch.float64).numpy(),
        compiled if name == "torch.compile" else lambda function: function,
        name == "torch.compile",
    )


def _jax(name):
    import jax
    import jax.numpy as jnp

    return Library(
        name,
        version("jax"),
        jnp,
        jnp.asarray,
        lambda values, dtype: values.astype(dtype),
        _dtypes(jnp),
        lambda one: np.asarray(one).astype(np.float64),
        jax.jit if name == "JAX jit" else lambda function: function,
        name == "JAX jit",
        ("float64", "float32", "bfloat16"),
        lambda: jax.enable_x64(True),
    )


def _mlx(name):
    """MLX has no float64 to be judged: its cosine, sine and exponential of float64 are right to fewer than 20 bits."""
    import mlx.core as mx

    mx.set_default_device(mx.cpu)

    def own(values):
        return mx.array(values, dtype=mx.float64 if values.dtype == np.float64 else None)

    return Library(
        name,
        version("mlx"),
        mx,
        own,
        lambda values, dtype: values.astype(dtype),
        _dtypes(mx),
        lambda one: np.array(one.astype(mx.float64)),
    )
