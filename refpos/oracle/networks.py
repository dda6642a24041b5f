r"""How far biases may be off that a small network makes of a coordinate: Swin V2 and FIRE.

A layer y = Wx + b of n inputs that are off by ξ has, with the lemma of `refpos.oracle.sums`,

    |error| <= γ_(n+1) (Σ |w|(|x| + ξ) + |b|) + Σ |w| ξ + (n + 1)η

max(·, 0) is rounded nowhere and moves no two numbers apart. A sigmoid has a slope of at most 1/4 and at most one unit
in the last place twice over, from the exponential and the quotient: γ_5 of itself; the gain is one product more.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from refpos.oracle.roundoff import SMALLEST, UNIT_ROUNDOFF, gamma
from refpos.spec.precise import Floats
from refpos.variants.bias import Fire
from refpos.variants.window import SwinContinuous


def network(x: Floats, off: Floats, learned: Mapping[str, Any], dtype: str) -> tuple[Floats, Floats]:
    """Return what two layers make of inputs, and how far that may be off, for inputs that are off themselves.

    Parameters
    ----------
    x, off : (..., inputs) float64
    learned : mapping
        `hidden_weight` (hidden, inputs), `hidden_bias`, `output_weight` (heads, hidden), and `output_bias` if any.
    dtype : {"float64", "float32"}
        Of the arithmetic.

    Returns
    -------
    (..., heads) float64, twice
    """
    last = learned.get("output_bias", np.zeros(len(learned["output_weight"])))
    hidden, error = _layer(x, off, np.asarray(learned["hidden_weight"]), np.asarray(learned["hidden_bias"]), dtype)
    return _layer(np.maximum(hidden, 0), error, np.asarray(learned["output_weight"]), np.asarray(last), dtype)


def _layer(x: Floats, off: Floats, weight: Floats, bias: Floats, dtype: str) -> tuple[Floats, Floats]:
    n, size = x.shape[-1], np.abs(weight).T
    rounded = gamma(n + 1, UNIT_ROUNDOFF[dtype]) * ((np.abs(x) + off) @ size + np.abs(bias))
    return x @ weight.T + bias, rounded + off @ size + (n + 1) * SMALLEST[dtype] / 2


def gained(value: Floats, off: Floats, gain: float, dtype: str) -> Floats:
    """Return how far gain · sigmoid(x) may be off where x may be."""
    sigmoid = 1 / (1 + np.exp(-value))
    return np.asarray(gain * (off / 4 + gamma(6, UNIT_ROUNDOFF[dtype]) * (sigmoid + off / 4)))


def swin_coordinates(offset: Floats, variant: SwinContinuous, dtype: str) -> tuple[Floats, Floats]:
    """Return what the network of Swin V2 is given of differences (..., 2), and how far that may be off.

    scaled   c = log2(1 + 8δ/(n − 1))/log2 8: the argument has three roundings, a product, a quotient and a sum, γ_3 of
             itself, so that its logarithm is off by −log2(1 − γ_3); logarithm 2, quotient 1 and its divisor 2
    plain    c = ln(1 + δ): one rounding, logarithm 2
    """
    u, size = UNIT_ROUNDOFF[dtype], np.abs(offset)
    if variant.coordinates == "plain":
        log, argument = np.log1p(size), -np.log1p(-gamma(1, u))
        return np.sign(offset) * log, argument * (size > 0) + gamma(2, u) * (log + argument)
    sides = np.array(variant.pretrained or variant.window, dtype=np.float64)
    log, argument = np.log2(1 + 8 * size / (sides - 1)) / 3, -np.log2(1 - gamma(3, u)) / 3
    return np.sign(offset) * log, argument * (size > 0) + gamma(5, u) * (log + argument)


def fire_fraction(
    distance: Floats, query: Floats, variant: Fire, learned: Mapping[str, Any], dtype: str
) -> tuple[Floats, Floats]:
    """Return what FIRE's network is given, ψ(|p_i − p_j|)/(ψ(max(p_i, L)) + ε), and how far that may be off.

    ψ(x) = ln(1 + cx): the argument has two roundings, so that ψ is off by α = −ln(1 − γ_2), and by the logarithm's 2.
    The sum with ε is 1 of the divisor, the quotient 1 of itself.
    """
    u, c = UNIT_ROUNDOFF[dtype], float(learned["c"])
    argument = -np.log1p(-gamma(2, u))
    above = np.log1p(c * distance)
    below = np.log1p(c * np.maximum(query, float(learned["threshold"])))
    off_above = (distance > 0) * argument + gamma(2, u) * (above + argument)
    off_below = argument + gamma(3, u) * (below + argument + variant.epsilon)
    divisor = below + variant.epsilon
    fraction = above / divisor
    off = (off_above + fraction * off_below) / (divisor - off_below)
    return fraction, np.asarray(off + gamma(1, u) * (fraction + off))
