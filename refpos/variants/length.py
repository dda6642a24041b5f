"""Length-dependent variants, and the static variant that each is at a given length.

Nothing downstream knows about length, and nothing holds state: a variant at length n is another variant.
"""

from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from refpos.errors import require
from refpos.variants.frequencies import AnyFrequencies, Frequencies, PerHead
from refpos.variants.rotary import Rotary
from refpos.variants.scaling import NTK, DynamicNTK, LongRope, OfLength, PerPlane, Scaling
from refpos.variants.sinusoidal import Sinusoidal

V = TypeVar("V", bound=Rotary | Sinusoidal | AnyFrequencies)


def at_length(variant: V, n: int) -> V:
    """Return what a variant is in a sequence whose highest position is n − 1.

    Dynamic NTK is NTK-aware scaling by f·n/L − (f − 1), or nothing where n does not exceed L; LongRoPE divides
    by its short factors up to n = L and by its long ones beyond. Every other variant is returned as it is.

    Parameters
    ----------
    variant : Rotary, Sinusoidal or a description of frequencies
    n : int
        The highest position in the sequence, plus one.

    Returns
    -------
    a variant of the same type, which no longer depends on the length

    Raises
    ------
    SpecError
        If n is not a positive int, or exceeds 2^53.

    References
    ----------
    Dynamic NTK: YaRN, arXiv:2309.00071v2, §3.3, and the code of jquesnelle/yarn,
    `LlamaDynamicScaledRotaryEmbedding`. LongRoPE: transformers 5.23.0, `_compute_longrope_parameters`.

    Deviations
    ----------
    Implementations keep state instead: transformers keeps the base of the longest sequence seen until one
    shorter than L resets it, and serving engines use one base for every length.

    The dynamic factor is rounded once to a double; it is exact where L is a power of two.

    Examples
    --------
    >>> at_length(Frequencies((0, 0), scaling=DynamicNTK(2, 2048)), 4096).scaling
    (NTK(factor=3.0),)
    >>> at_length(Frequencies((0, 0), scaling=DynamicNTK(2, 2048)), 2048).scaling
    ()
    """
    require(type(n) is int and 1 <= n <= 2**53, "n must be an int from 1 to 2^53", n)
    known = isinstance(variant, Rotary | Sinusoidal | AnyFrequencies)
    require(known, "variant must be Rotary, Sinusoidal or a description of frequencies", variant)
    match variant:
        case Rotary(frequencies=frequencies) | Sinusoidal(frequencies=frequencies):
            return replace(variant, frequencies=at_length(frequencies, n))
        case PerHead(frequencies=heads):
            return replace(variant, frequencies=tuple(at_length(one, n) for one in heads))
        case Frequencies(scalings=scalings):
            return replace(variant, scaling=tuple(one for old in scalings for one in _scaling_at(old, n)))
        case _:
            return variant


def is_static(variant: Rotary | Sinusoidal | AnyFrequencies) -> bool:
    """Return whether a variant is the same at every length.

    Examples
    --------
    >>> is_static(Frequencies((0, 0), scaling=DynamicNTK(2, 2048)))
    False
    """
    match variant:
        case Rotary(frequencies=frequencies) | Sinusoidal(frequencies=frequencies):
            return is_static(frequencies)
        case PerHead(frequencies=heads):
            return all(is_static(one) for one in heads)
        case Frequencies(scalings=scalings):
            return not any(isinstance(one, OfLength) for one in scalings)
        case _:
            return True


def require_static(variant: Rotary | Sinusoidal | AnyFrequencies) -> None:
    """Raise `SpecError` for a variant that depends on the length."""
    require(is_static(variant), "a variant that depends on the length needs at_length first", variant)


def _scaling_at(scaling: Scaling, n: int) -> tuple[Scaling, ...]:
    match scaling:
        case DynamicNTK(factor=factor, original=original):
            if n <= original:
                return ()
            return (NTK(float(Fraction(factor) * n / original - (Fraction(factor) - 1))),)
        case LongRope(short=short, long=long, original=original):
            return (PerPlane(long if n > original else short),)
        case _:
            return (scaling,)
