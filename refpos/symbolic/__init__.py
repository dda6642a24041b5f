"""What each encoding computes, in SymPy: closed forms, for proofs, for reading and for many digits."""

try:
    import sympy as _sympy  # noqa: F401
except ImportError as error:
    raise ImportError("refpos.symbolic needs SymPy: pip install 'refpos[proofs]'") from error

from refpos.symbolic.digits import evaluate
from refpos.symbolic.formula import formula, parameters
from refpos.symbolic.frequencies import angles, omega
from refpos.symbolic.magnitude import magnitude
from refpos.symbolic.rotary import cos_sin, rotation
from refpos.symbolic.sinusoidal import embed

__all__ = [
    "angles",
    "cos_sin",
    "embed",
    "evaluate",
    "formula",
    "magnitude",
    "omega",
    "parameters",
    "rotation",
]
