"""What each encoding computes, certified: integers with a proved bound, in the standard library alone.

A result is a `Fraction` where it is exact, else a `Ball` that holds it, as small as the bits asked for.
"""

from refpos.exact import (
    angles,
    attention,
    ball,
    bias,
    decide,
    formats,
    frequencies,
    kernels,
    normal,
    positions,
    rotary,
    sinusoidal,
    table,
    tables,
)

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
    "rotary",
    "sinusoidal",
    "table",
    "tables",
]
