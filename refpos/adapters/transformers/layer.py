"""A model's own attention layer, so arranged that its queries before rotation are what it is given.

The layer has one head, as heads are folded into the batch; its projections and norms hand on their input, and it is
stopped where it would attend. So what it slices and joins around the rotation is run as well. Functions and classes
of the framework are looked up when they are called.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

WHOLE = ("float32", "float16", "bfloat16")
"""What a model is run in; frequencies stay in float32."""


class _Reached(BaseException):
    """A layer has its queries and would now attend; they are the argument."""


def modeling(model: str) -> Any:
    """Return the module that holds a model's code."""
    return import_module(f"transformers.models.{model}.modeling_{model}")


def configuration(module: Any, prefix: str, **given: Any) -> Any:
    """Return a model's configuration, with attention that stops."""
    from transformers import AttentionInterface

    AttentionInterface.register("refpos", _stop)
    kind = getattr(module, f"{prefix}TextConfig", None) or getattr(module, f"{prefix}Config")
    config = kind(**given)
    config._attn_implementation = "refpos"
    return config


def queries(attention: Any, *inputs: Any, **named: Any) -> Any:
    """Return the queries with which a bare layer attends."""
    attention._attn = _stop
    try:
        bare(attention)(*inputs, **named)
    except _Reached as reached:
        return reached.args[0]
    raise RuntimeError(f"{type(attention).__name__} did not attend")


def bare(attention: Any) -> Any:
    """Make every projection and norm hand on its input, as many times as it is wider."""
    for child in attention.children():
        times, rest = divmod(getattr(child, "out_features", 1), getattr(child, "in_features", 1))
        if not rest:
            child.forward = lambda x, times=times: x.repeat(*[1] * (x.ndim - 1), times)
    return attention


def fold(x: Any, dtype: str) -> Any:
    """Return (batch, heads, n, d) as a tensor (batch * heads, n, d)."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(x)).to(getattr(torch, dtype)).flatten(0, 1)


def unfold(y: Any, x: Any) -> Any:
    """Return a tensor as an array of the shape of x; bfloat16 travels in float32."""
    import torch

    return (y.float() if y.dtype == torch.bfloat16 else y).detach().numpy().reshape(np.shape(x))


def ids(positions: Any) -> Any:
    """Return positions as a tensor, of integers where they are whole numbers."""
    import torch

    given = np.asarray(positions, dtype=np.float64)
    return torch.from_numpy(given.astype(np.int64) if (given == np.rint(given)).all() else given)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the framework's advice on configurations out of the report."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def _stop(*inputs: Any, **_: Any) -> Any:
    """Stand where a layer attends: (layer, query, key, ...), or (query, key, ...) as its own method."""
    first, second, *_rest = inputs
    raise _Reached(first if hasattr(first, "ndim") else second)
