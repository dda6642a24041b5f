"""A model's own attention layer, so arranged that its queries before rotation are what it is given.

The layer has one head, as heads are folded into the batch; its projections and norms hand on their input, and
it is stopped where it would attend. So what it slices and joins around the rotation is run as well. Functions
and classes of the framework are looked up when an implementation is called, never before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Implementation
from refpos.adapters.tensors import array, tensor

Array = npt.NDArray[Any]
DTYPES = ("float32", "float16", "bfloat16")
"""What models are run in; frequencies stay in float32."""


class _Reached(BaseException):
    """A layer has its queries and keys, the arguments, and would now attend."""


def rotation(run: Callable[[Any, Array], Any], dtype: str) -> Implementation:
    """Return an implementation, given what takes a tensor (batch * heads, n, d) and positions to queries."""

    def implementation(x: Array, positions: Array) -> Array:
        with quiet():
            return array(run(tensor(x, dtype).flatten(0, 1), positions)).reshape(x.shape)

    return implementation


def modeling(model: str) -> Any:
    """Return the module that holds a model's code."""
    return import_module(f"transformers.models.{model}.modeling_{model}")


def queries(attention: Any, *inputs: Any, **named: Any) -> Any:
    """Return the queries with which a layer attends whose projections and norms hand on their input.

    Its keys must then be the same.
    """
    from transformers import AttentionInterface

    AttentionInterface.register("refpos", stop)
    attention.config._attn_implementation = "refpos"
    for child in attention.children():
        times, rest = divmod(getattr(child, "out_features", 1), getattr(child, "in_features", 1))
        if not rest:
            child.forward = partial(_repeat, times)
    try:
        attention(*inputs, **named)
    except _Reached as reached:
        query, key = reached.args
    if key.shape == query.shape and not key.nan_to_num().equal(query.nan_to_num()):
        raise RuntimeError(f"{type(attention).__name__} rotates keys otherwise than queries")
    return query


def integers(positions: Array) -> Any:
    """Return positions as a tensor, of integers where they are whole numbers."""
    whole = np.array_equal(positions, np.rint(positions))
    return tensor(positions, "int64" if whole else "float64")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the framework's advice on configurations out of reports."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def stop(_layer: Any, query: Any, key: Any, *_inputs: Any, **_named: Any) -> Any:
    """Stand where a layer attends."""
    raise _Reached(query, key)


def _repeat(times: int, x: Any) -> Any:
    """Stand for a projection to as many times the width, of queries, keys and values at once."""
    return x.repeat(*[1] * (x.ndim - 1), times)
