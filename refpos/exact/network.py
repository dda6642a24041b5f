"""Small learned networks, certified: one hidden layer of ReLU, and the sigmoid."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from refpos.errors import require
from refpos.exact.ball import Ball, Real, add, divide, multiply, negative, sign
from refpos.exact.elementary import exp
from refpos.exact.given import fractions
from refpos.variants.bias import Bias, Kerple

Arrays = Mapping[str, Any]
"""Learned numbers by name, nested tuples of fractions."""

ONE, ZERO = Fraction(1), Fraction(0)

POSITIVE = ("r1", "r2", "c", "threshold")
"""What is learned and must be greater than 0."""


def read(variant: Bias, learned: Mapping[str, Any] | None) -> Arrays:
    """Return what a model learned as fractions, or say what is wrong with it."""
    require(learned is None or isinstance(learned, Mapping), "learned must be a mapping of names to arrays", learned)
    given, shapes = dict(learned or {}), variant.learned
    require(set(given) == set(shapes), f"learned must bring exactly {', '.join(shapes) or 'nothing'}", list(given))
    found = {name: fractions(given[name], shape, f"{name} must have shape {shape}") for name, shape in shapes.items()}
    for name in (one for one in POSITIVE if one in found):
        numbers = found[name] if shapes[name] else (found[name],)
        require(min(numbers) > 0, f"{name} must be greater than 0", given[name])
        power = isinstance(variant, Kerple) and variant.kernel == "power" and name == "r2"
        require(not power or max(numbers) <= 2, "r2 must be at most 2", given[name])
    return found


def layers(x: Sequence[Real], given: Arrays) -> tuple[Real, ...]:
    """Return output_weight · max(hidden_weight · x + hidden_bias, 0) + output_bias.

    max(·, 0) is 1-Lipschitz, so that a ball that spans zero keeps its radius.
    """
    hidden = [_relu(_affine(w, x, b)) for w, b in zip(given["hidden_weight"], given["hidden_bias"], strict=True)]
    last = given.get("output_bias", (ZERO,) * len(given["output_weight"]))
    return tuple(_affine(w, hidden, b) for w, b in zip(given["output_weight"], last, strict=True))


def sigmoid(x: Real, scale: int) -> Real:
    """Return 1/(1 + e^−x); ½ exactly for 0.

    Examples
    --------
    >>> sigmoid(Fraction(0), 64)
    Fraction(1, 2)
    """
    return divide(ONE, add(ONE, exp(negative(x), scale)))


def _affine(weights: Sequence[Fraction], x: Sequence[Real], start: Fraction) -> Real:
    total: Real = start
    for w, one in zip(weights, x, strict=True):
        total = add(total, multiply(w, one))
    return total


def _relu(x: Real) -> Real:
    way = sign(x)
    if way is not None:
        return x if way > 0 else ZERO
    assert isinstance(x, Ball)
    return Ball(max(x.mid, 0), x.rad, x.scale)
