"""What a family of encodings says of itself: inputs to try, what is due, how far it may be off, usual mistakes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from refpos.exact.ball import Real
from refpos.spec.precise import Floats

Inputs = Mapping[str, Any]
"""What a case is given by name, as JSON has it."""
Learned = Mapping[str, Floats]


@dataclass(frozen=True)
class Mistake:
    """A mistake that can be made with an encoding.

    Parameters
    ----------
    id : str
        Its name for machines, kind/choice.
    what : str
        Its name for people.
    predict : callable
        (inputs, learned) -> what an implementation with this mistake returns, in float64.
    """

    id: str
    what: str
    predict: Callable[[Inputs, Learned], Floats]


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family of encodings, as functions of a description.

    Parameters
    ----------
    narrowed : callable, optional
        variant -> what golden files are made of: itself, or one of few columns where all are treated alike.
    features : callable
        variant -> how many columns a result has.
    weights : callable, optional
        variant -> small dyadic numbers for what it learns, if it does.
    plan : callable
        variant -> the comments and inputs of cases.
    known : callable
        (variant, inputs, where) raises `SpecError` unless the inputs are those that the variant takes; `where` is the
        file and the id.
    compute : callable
        (variant, inputs, learned) -> (rows, features) float64, what the specification computes.
    certify : callable
        (variant, inputs, learned, bits) -> the same, certified to 2^−bits, row after row.
    allowed : callable
        (variant, inputs, learned, dtype) -> (rows, features), how far an implementation may be off.
    mistakes : callable
        variant -> the usual mistakes.
    refused : callable
        variant -> comments and inputs that must be refused.
    """

    narrowed: Callable[[Any], Any] = lambda variant: variant
    features: Callable[[Any], int]
    weights: Callable[[Any], dict[str, Floats]] = lambda _variant: {}
    plan: Callable[[Any], Iterator[tuple[str, dict[str, Any]]]]
    known: Callable[[Any, Inputs, str], None]
    compute: Callable[[Any, Inputs, Learned], Floats]
    certify: Callable[[Any, Inputs, Learned, int], Sequence[Real]]
    allowed: Callable[[Any, Inputs, Learned, str], Floats]
    mistakes: Callable[[Any], Iterator[Mistake]]
    refused: Callable[[Any], Iterator[tuple[str, dict[str, Any]]]]


def filled(weights: Mapping[str, Any]) -> Floats:
    """Return an array of a shape, filled with numbers again and again, row by row.

    Examples
    --------
    >>> filled({"shape": [2, 2], "repeat": [0.5, 1.0, -1.0]})
    array([[ 0.5,  1. ],
           [-1. ,  0.5]])
    """
    return np.resize(np.array(weights["repeat"], dtype=np.float64), tuple(weights["shape"]))


def within(value: Any, least: int, most: int) -> bool:
    """Return whether a value is an int from `least` to `most`."""
    return type(value) is int and least <= value <= most
