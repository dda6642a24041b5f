"""ONNX Runtime's kernel of the operator RotaryEmbedding, on the CPU: the models of the onnx adapter."""

from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework
from refpos.adapters.onnx_reference import rows


def _run(model: Any, inputs: dict[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, inputs)[0])


def encodings() -> tuple[Encoding, ...]:
    """Return what the runtime is checked for."""
    import onnxruntime  # noqa: F401 (absent, it is to say so here)

    return rows(_run, ("float32", "float16"))


FRAMEWORK = Framework("onnxruntime", ("1.31.1",), encodings)
