"""MLX: mlx.core.fast.rope, the layer mlx.nn.RoPE around it, and mlx.nn.SinusoidalPositionalEncoding."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation
from refpos.catalogue import ANGLES
from refpos.oracle.names import Idiom
from refpos.spec.frequencies import omega
from refpos.variants.rotary import Rotary

Array = npt.NDArray[Any]
Arguments = dict[str, Any]
DTYPES = ("float32", "float16", "bfloat16")

ROPE: dict[str, Arguments] = {
    "llama-2": {"dims": 128, "traditional": False, "base": 1e4, "scale": 1.0},
    "llama-2-meta": {"dims": 128, "traditional": True, "base": 1e4, "scale": 1.0},
    "roformer": {"dims": 64, "traditional": True, "base": 1e4, "scale": 1.0},
    "gpt-j": {"dims": 64, "traditional": True, "base": 1e4, "scale": 1.0},
    "gpt-neox-20b": {"dims": 24, "traditional": False, "base": 1e4, "scale": 1.0},
    "phi-2": {"dims": 32, "traditional": False, "base": 1e4, "scale": 1.0},
    "code-llama": {"dims": 128, "traditional": False, "base": 1e6, "scale": 1.0},
    "gemma-3-local": {"dims": 256, "traditional": False, "base": 1e4, "scale": 1.0},
    "gemma-3-global": {"dims": 256, "traditional": False, "base": 1e6, "scale": 1 / 8},
    "position-interpolation": {"dims": 128, "traditional": False, "base": 1e4, "scale": 1 / 8},
}
PERIODS = ("llama-3.1",)
SINUSOIDAL: dict[str, Arguments] = {
    "tensor2tensor": {"scale": 1.0},
    "musicgen": {"scale": 1.0, "cos_first": True},
}


def encodings() -> tuple[Encoding, ...]:
    """Return what MLX is checked for."""
    import mlx.nn  # noqa: F401 (absent, it is to say so here)

    return (
        *(_rotary(name, _label(arguments), _fast(arguments)) for name, arguments in ROPE.items()),
        *(_rotary(name, "fast.rope, freqs=periods", _periods(name), "power") for name in PERIODS),
        _rotary("llama-2", "nn.RoPE", _layer(ROPE["llama-2"])),
        *(Encoding(name, "nn.SinusoidalPositionalEncoding", _sinusoidal(name), "log") for name in SINUSOIDAL),
    )


def _rotary(name: str, label: str, rope: Callable[..., Any], recipe: Idiom = "log") -> Encoding:
    return Encoding(name, label, _turning(rope), recipe, dtypes=DTYPES)


def _label(arguments: Arguments) -> str:
    told = (f"{key}={value:g}" for key, value in arguments.items() if key in ("base", "scale") and value != 1)
    return f"fast.rope, traditional={arguments['traditional']}, {', '.join(told)}"


def _turning(rope: Callable[..., Any]) -> Callable[[str], Implementation]:
    """Make tokens the batch, for that is where MLX takes an offset for each."""

    def build(dtype: str) -> Implementation:
        def implementation(x: Array, positions: Array) -> Array:
            import mlx.core as mx

            tokens = np.moveaxis(x, 2, 0)
            n, batch, heads, d = tokens.shape
            given = mx.array(tokens.reshape(n, batch * heads, 1, d)).astype(getattr(mx, dtype))
            turned = rope(given, mx.array(np.asarray(positions, np.int32)))
            return np.moveaxis(_array(turned).reshape(tokens.shape), 0, 2).astype(x.dtype)

        return implementation

    return build


def _fast(arguments: Arguments) -> Callable[..., Any]:
    def rope(x: Any, offset: Any) -> Any:
        import mlx.core as mx

        return mx.fast.rope(x, offset=offset, **arguments)

    return rope


def _periods(name: str) -> Callable[..., Any]:
    variant = ANGLES[name].variant
    assert isinstance(variant, Rotary)
    periods = 1 / omega(variant.frequencies)[0]

    def rope(x: Any, offset: Any) -> Any:
        import mlx.core as mx

        freqs = mx.array(periods.astype(np.float32))
        return mx.fast.rope(x, 2 * len(periods), traditional=False, base=None, scale=1.0, offset=offset, freqs=freqs)

    return rope


def _layer(arguments: Arguments) -> Callable[..., Any]:
    def rope(x: Any, offset: Any) -> Any:
        import mlx.nn

        return mlx.nn.RoPE(**arguments)(x, offset=offset)

    return rope


def _sinusoidal(name: str) -> Callable[[str], Implementation]:
    def build(dtype: str) -> Implementation:
        def implementation(positions: Array) -> Array:
            import mlx.core as mx
            import mlx.nn

            layer = mlx.nn.SinusoidalPositionalEncoding(ANGLES[name].width, **SINUSOIDAL[name])
            return _array(layer(mx.array(np.asarray(positions, dtype))))

        return implementation

    return build


def _array(values: Any) -> Array:
    import mlx.core as mx

    return np.array(values.astype(mx.float32))


FRAMEWORK = Framework("mlx", ("0.32.4",), encodings)
