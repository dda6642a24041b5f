"""ONNX's operator RotaryEmbedding (opset 23), run by the reference evaluator of onnx.

The operator is given caches of cosines and sines, so that only the turning is its own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation
from refpos.catalogue import ANGLES
from refpos.spec.rotary import cos_sin
from refpos.variants.rotary import Rotary

Array = npt.NDArray[Any]
Runner = Callable[[Any, dict[str, Array]], Array]
"""(model, inputs by name) -> Y."""


class Row(NamedTuple):
    """A catalogue name, and the attributes with which the operator computes it."""

    name: str
    interleaved: int = 0
    rotary_embedding_dim: int = 0


ROWS = (
    Row("llama-2"),
    Row("llama-2-meta", interleaved=1),
    Row("gpt-j", interleaved=1, rotary_embedding_dim=64),
    Row("gpt-neox-20b", rotary_embedding_dim=24),
    Row("phi-2", rotary_embedding_dim=32),
    Row("llama-3.1"),
    Row("gpt-oss"),
    Row("qwen2-vl"),
    Row("gemma-4-global"),
)


def rows(run: Runner, dtypes: tuple[str, ...]) -> tuple[Encoding, ...]:
    """Return every row with caches that position_ids look up, and one with a cache row per token."""
    with_ids = [_encoding(row, True, run, dtypes) for row in ROWS]
    return (*with_ids, _encoding(ROWS[0], False, run, dtypes))


def _encoding(row: Row, ids: bool, run: Runner, dtypes: tuple[str, ...]) -> Encoding:
    given = "position_ids" if ids else "a cache row per token"
    label = f"RotaryEmbedding-23, interleaved={row.interleaved}, {given}"
    return Encoding(row.name, label, _build(row, ids, run), "tables", stage="rotation", dtypes=dtypes)


def _build(row: Row, ids: bool, run: Runner) -> Callable[[str], Implementation]:
    def build(dtype: str) -> Implementation:
        def implementation(x: Array, positions: Array) -> Array:
            return run(model(row, dtype, ids), inputs(row.name, dtype, ids, x, positions)).astype(x.dtype)

        return implementation

    return build


def inputs(name: str, dtype: str, ids: bool, x: Array, positions: Array) -> dict[str, Array]:
    """Return what the operator is fed: x, the caches, and the cache row of each token."""
    variant = ANGLES[name].variant
    assert isinstance(variant, Rotary)
    cos, sin = cos_sin(positions[::-1], variant, np.float32)
    rows = np.tile(np.arange(len(positions))[::-1], (len(x), 1))
    feeds = {"X": x, "cos": cos, "sin": sin} if ids else {"X": x, "cos": cos[rows], "sin": sin[rows]}
    feeds = {name: value.astype(numpy_dtype(dtype)) for name, value in feeds.items()}
    return feeds | ({"ids": rows} if ids else {})


def model(row: Row, dtype: str, ids: bool) -> Any:
    """Return a model of the one operator."""
    from onnx import TensorProto, helper

    kind = getattr(TensorProto, {"float32": "FLOAT"}.get(dtype, dtype.upper()))
    cache = ("rows", "half") if ids else ("batch", "n", "half")
    shapes = {"X": ("batch", "heads", "n", "d"), "cos": cache, "sin": cache}
    given = [helper.make_tensor_value_info(name, kind, shape) for name, shape in shapes.items()]
    if ids:
        given.append(helper.make_tensor_value_info("ids", TensorProto.INT64, ("batch", "n")))
    attributes = {"interleaved": row.interleaved, "rotary_embedding_dim": row.rotary_embedding_dim}
    node = helper.make_node("RotaryEmbedding", [one.name for one in given], ["Y"], **attributes)
    result = helper.make_tensor_value_info("Y", kind, shapes["X"])
    graph = helper.make_graph([node], "rotary", given, [result])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11)


def numpy_dtype(dtype: str) -> Any:
    """Return the dtype of an array; that of bfloat16 comes with onnx."""
    if dtype != "bfloat16":
        return np.dtype(dtype)
    import ml_dtypes

    return ml_dtypes.bfloat16


def encodings() -> tuple[Encoding, ...]:
    """Return what the reference evaluator is checked for."""
    import onnx.reference

    def run(model: Any, inputs: dict[str, Array]) -> Array:
        return np.asarray(onnx.reference.ReferenceEvaluator(model).run(None, inputs)[0])

    return rows(run, ("float32", "float16", "bfloat16"))


FRAMEWORK = Framework("onnx", ("1.23.2",), encodings)
