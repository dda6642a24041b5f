"""keras-hub: layers.RotaryEmbedding and layers.SinePositionEncoding."""

import os
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation

Array = npt.NDArray[Any]
DTYPES = ("float32", "float16", "bfloat16")


def encodings() -> tuple[Encoding, ...]:
    """Return what keras-hub is checked for."""
    _import()
    return (
        _rotary("llama-2"),
        _rotary("code-llama", max_wavelength=1_000_000),
        _rotary("position-interpolation", scaling_factor=8.0),
        _rotary("gemma-3-global", max_wavelength=1_000_000, scaling_factor=8.0),
        _rotary("ntk-aware", rope_type="dynamic", scaling_factor=8.0),
        _rotary("yarn-code", rope_type="yarn", scaling_factor=16.0, original_max_position_embeddings=4096),
        Encoding("transformer", "SinePositionEncoding", _sinusoidal, "power", dtypes=DTYPES),
    )


def _import() -> Any:
    """Import keras-hub; Keras looks for TensorFlow unless told otherwise."""
    if find_spec("tensorflow") is None:
        os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras_hub

    return keras_hub


def _rotary(name: str, **arguments: Any) -> Encoding:
    def build(dtype: str) -> Implementation:
        def implementation(x: Array, positions: Array) -> Array:
            layer = _import().layers.RotaryEmbedding(**arguments, dtype=dtype)
            turned = _array(layer(np.swapaxes(x, 1, 2), positions=np.asarray(positions, np.int32)))
            return np.asarray(np.swapaxes(turned, 1, 2), x.dtype)

        return implementation

    told = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return Encoding(name, f"RotaryEmbedding({told})", build, "power", dtypes=DTYPES)


def _sinusoidal(dtype: str) -> Implementation:
    def implementation(positions: Array) -> Array:
        layer = _import().layers.SinePositionEncoding(dtype=dtype)
        given = np.zeros((1, len(positions), 512), np.float32)
        rows = _array(layer(given, positions=np.asarray(positions, np.int32)))[0]
        return np.asarray(rows, "float32" if dtype == "bfloat16" else dtype)

    return implementation


def _array(values: Any) -> Array:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(values, "float32")))


FRAMEWORK = Framework("keras-hub", ("0.32.0",), encodings)
