"""What an adapter declares: the encodings that a framework offers, and how to call them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from refpos.oracle.names import Idiom
from refpos.spec.frequencies import Learned

Implementation = Callable[..., Any]
"""f(x, positions) -> y for a rotary encoding, f(positions) for a sinusoidal one; NumPy arrays in and out.

x is (batch, heads, n, d), positions (n,) or (n, A). bfloat16 travels as float32 arrays that hold bfloat16 values.
"""


@dataclass(frozen=True)
class Encoding:
    """One encoding of a framework.

    Parameters
    ----------
    name : str
        The catalogue name of what it claims to compute.
    label : str
        What of the framework is run, as its users would name it: `LlamaRotaryEmbedding, rope_type "yarn"`.
    build : callable
        dtype -> implementation. The dtype is "float32", "float64", "float16" or "bfloat16".
    recipe : str or None
        The recipe of `refpos.oracle.tolerance` by which its numbers are made, without the dtype: "power", "log",
        "recurrence" or "tables"; None for the widest.
    stage : {"whole", "rotation"}
        "rotation" where the framework is given the tables and only turns.
    dtypes : tuple of str
        Those that it supports.
    longest : int or None
        One more than the highest position it takes, None where there is no limit.
    length : int or None
        For an encoding that depends on the length: the length at which it is run.
    grids : bool
        Whether it makes positions itself, so that only whole grids will do.
    learned : mapping or None
        The arrays that it has learned, or was given, by the names that the variant declares.
    """

    name: str
    label: str
    build: Callable[[str], Implementation]
    recipe: Idiom | None = None
    stage: Literal["whole", "rotation"] = "whole"
    dtypes: tuple[str, ...] = ("float32",)
    longest: int | None = None
    length: int | None = None
    grids: bool = False
    learned: Learned | None = None


@dataclass(frozen=True)
class Framework:
    """A framework: its distribution's name, the versions it was tested with, and how to find its encodings.

    `encodings` imports the framework; it may raise whatever that import raises.
    """

    name: str
    tested: tuple[str, ...]
    encodings: Callable[[], tuple[Encoding, ...]]
