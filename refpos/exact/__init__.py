"""What each encoding computes, certified: integers with a proved bound, in the standard library alone.

A result is a `Fraction` where it is exact, else a `Ball` that holds it, as small as the bits asked for.
"""

from refpos.exact import angles, ball, decide, formats, frequencies, normal, rotary, sinusoidal, tables

__all__ = ["angles", "ball", "decide", "formats", "frequencies", "normal", "rotary", "sinusoidal", "tables"]
