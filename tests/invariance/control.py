"""NumPy's own bytes: what must differ between two environments before equal golden bytes mean anything."""

import math
from hashlib import sha256

import numpy as np

COUNT = 100_000


def digests():
    """Return the SHA-256 of what NumPy computes in float32 and float64, and of what `math` does.

    `dot` is of its BLAS; the others are of its own loops, or of the C library.
    """
    found = {}
    for bits, dtype in ((32, np.float32), (64, np.float64)):
        for name, given in _inputs(dtype).items():
            found[f"{name}{bits}"] = _sha256(getattr(np, name)(*given))
    return {**found, "math": _sha256(_math())}


def _inputs(dtype):
    """Return what each function is given: numbers that are reached by exact or single operations alone."""
    whole = np.arange(COUNT).astype(dtype)
    turned, small = whole * dtype(3 / 64), whole * dtype(2.0**-13)
    thirds = (whole[:8192] % dtype(1021) / dtype(3)).reshape(64, 128)
    power = (small + dtype(0.5), small - dtype(5))
    return {"cos": (turned,), "sin": (turned,), "exp": (small,), "power": power, "dot": (thirds, thirds.T)}


def _math():
    few = [at * (3 / 64) for at in range(0, COUNT, 100)]
    return np.array([(math.cos(x), math.sin(x), math.exp(-x / 64), math.pow(x + 0.5, 0.375)) for x in few])


def _sha256(values):
    return sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
