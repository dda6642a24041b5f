"""Which frameworks are known, and which of them are installed."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from refpos.adapters.encoding import Framework

MODULES = {
    "transformers": "transformers",
    "diffusers": "diffusers",
    "rotary-embedding-torch": "rotary_embedding_torch",
    "x-transformers": "x_transformers",
    "timm": "timm",
    "onnx": "onnx_reference",
    "onnxruntime": "onnxruntime",
    "mlx": "mlx",
    "equinox": "equinox",
    "keras-hub": "keras_hub",
}
"""The distribution of each framework, and the module of its adapter."""


def installed() -> dict[str, str]:
    """Return the version of every known framework that is installed, by its name; nothing is imported."""
    found = {}
    for name in MODULES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def load(name: str) -> Framework:
    """Return the adapter of a framework; the framework itself is imported only when its encodings are asked for."""
    module = import_module(f"refpos.adapters.{MODULES[name]}")
    framework = module.FRAMEWORK
    assert isinstance(framework, Framework)
    return framework
