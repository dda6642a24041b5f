"""What each encoding computes, certified: integers with a proved bound, in the standard library alone.

A result is a `Fraction` where it is exact, else a `Ball` that holds it, as small as the bits asked for.
"""

from refpos.exact.angles import angles
from refpos.exact.ball import Ball, Real, UndecidedError
from refpos.exact.decide import decide
from refpos.exact.formats import FORMATS, Format, direct, rounded, to_odd
from refpos.exact.frequencies import omega
from refpos.exact.normal import NormalForm, Relation, normal_form, same, same_scores
from refpos.exact.rotary import cos_sin, rotate
from refpos.exact.sinusoidal import embed
from refpos.exact.tables import tables

__all__ = [
    "FORMATS",
    "Ball",
    "Format",
    "NormalForm",
    "Real",
    "Relation",
    "UndecidedError",
    "angles",
    "cos_sin",
    "decide",
    "direct",
    "embed",
    "normal_form",
    "omega",
    "rotate",
    "rounded",
    "same",
    "same_scores",
    "tables",
    "to_odd",
]
