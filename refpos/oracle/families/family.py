"""What a family of encodings says of itself: inputs to try, what is due, how far it may be off, usual mistakes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Family:
    """A family of encodings, as functions of a description.

    Parameters
    ----------
    narrowed : callable
        variant -> what golden files are made of: itself, or one of few columns where all are treated alike.
    features : callable
        variant -> how many columns a result has.
    weights : callable
        variant -> small dyadic numbers for what it learns.
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

    narrowed: Callable[[Any], Any]
    features: Callable[[Any], int]
    weights: Callable[[Any], dict[str, Floats]]
    plan: Callable[[Any], Iterator[tuple[str, dict[str, Any]]]]
    known: Callable[[Any, Inputs, str], None]
    compute: Callable[[Any, Inputs, Learned], Floats]
    certify: Callable[[Any, Inputs, Learned, int], Sequence[Real]]
    allowed: Callable[[Any, Inputs, Learned, str], Floats]
    mistakes: Callable[[Any], Iterator[Mistake]]
    refused: Callable[[Any], Iterator[tuple[str, dict[str, Any]]]]
