"""NumPy and `math` an ulp off, inside the process. What is not called by name, such as `**`, is the shim's (ulp.c)."""

import math
from itertools import count

import numpy as np

NUMPY = (
    *("cos", "sin", "tan", "arccos", "arcsin", "arctan", "arctan2", "cosh", "sinh", "tanh", "hypot", "cbrt"),
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "pow", "float_power"),
)
MATH = (
    *("cos", "sin", "tan", "acos", "asin", "atan", "atan2", "cosh", "sinh", "tanh", "hypot", "cbrt"),
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "pow"),
)
WAYS = {"up": (np.inf,), "down": (-np.inf,), "either": (np.inf, -np.inf)}
"""Where results go: in turn, if there are two."""


def perturb(way):
    """Put in the place of each function one whose results, but for 0, are an ulp off."""
    for module, names, off in ((np, NUMPY, _array), (math, MATH, _number)):
        for name in names:
            if hasattr(module, name):
                setattr(module, name, off(getattr(module, name), WAYS[way]))


def _array(function, ways):
    def moved(*given, **named):
        y = np.asarray(function(*given, **named))
        if y.dtype.kind != "f":
            return y[()]
        towards = np.resize(np.array(ways, dtype=y.dtype), y.shape)
        return np.where((y == 0) | ~np.isfinite(y), y, np.nextafter(y, towards))[()]

    return moved


def _number(function, ways):
    calls = count()

    def moved(*given):
        y = function(*given)
        return y if y == 0 or not math.isfinite(y) else math.nextafter(y, ways[next(calls) % len(ways)])

    return moved
