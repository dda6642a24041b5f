"""What each encoding computes, certified: integers with a proved bound, in the standard library alone.

A result is a `Fraction` where it is exact, else a `Ball` that holds it, as small as the bits asked for.
"""

from importlib import import_module
from typing import Any

__all__ = [
    "angles",
    "attention",
    "ball",
    "bias",
    "decide",
    "formats",
    "frequencies",
    "kernels",
    "normal",
    "positions",
    "radix",
    "rotary",
    "sinusoidal",
    "table",
    "tables",
]


def __getattr__(name: str) -> Any:
    """Return a module, importing it when it is asked for the first time."""
    if name not in __all__:
        raise AttributeError(f"module 'refpos.exact' has no attribute {name!r}")
    return import_module(f"refpos.exact.{name}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
