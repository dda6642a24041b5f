"""Smaller inputs that still tell the same mistakes: an ordered search, which takes the first that does.

What is smaller is decided in this order: fewer tokens, a shorter sequence, nearer positions, fewer features that are
not zero, the first ones rather than the last, smaller ones. Nothing is random: the same inputs become the same inputs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.oracle.golden.length import original_length
from refpos.oracle.golden.values import Subject, allowed, arrays, of_head, predicted, telling
from refpos.oracle.neighbours import computing
from refpos.oracle.tolerance import Recipe

Inputs = dict[str, Any]

WIDEST = Recipe("bfloat16", "log")
"""By whose bounds drawn cases tell mistakes: what they tell is seen in every dtype, and by eye."""
SURELY = 1.5
"""By how much a mistake must be beyond what tells it."""
WHOLE = [Fraction(n) for n in sorted({*range(17), *(2**k + by for k in range(5, 32) for by in (-1, 0, 1))})]
FRACTIONS = [Fraction(n, 64) for n in range(-64, 65)]


def told(
    subject: Subject, inputs: Mapping[str, Any], which: Iterable[str] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Return the mistakes that inputs tell surely, and for each which features tell it, of any token.

    Parameters
    ----------
    subject : Subject
    inputs : mapping
    which : iterable of str, optional
        The mistakes that are asked about; all of them where nothing is said.
    """
    there, side = subject.at(inputs), inputs.get("side", "query")
    given = arrays(there, inputs)
    due = of_head(there, inputs, computing(there.variant, there.learned, side)(*given))
    limit = SURELY * telling(allowed(there, inputs, WIDEST))
    found = {}
    for one in there.mistakes:
        if (which is not None and one.id not in which) or ("side" in inputs and one.id != "growth/side"):
            continue
        got = predicted(there, one, inputs, *given)
        if got is not None and np.isfinite(got).all() and (np.abs(got - due) > limit).any():
            found[one.id] = np.asarray((np.abs(got - due) > limit).any(axis=0))
    return found


def minimised(subject: Subject, inputs: Inputs, aims: Iterable[str]) -> Inputs:
    """Return the smallest inputs that the search finds which still tell every one of some mistakes."""
    wanted = set(aims)
    while True:
        smaller = (one for one in _smaller(subject, inputs) if wanted <= set(told(subject, one, wanted)))
        found = next(smaller, None)
        if found is None:
            return inputs
        inputs = found


def fewest_elements(telling_features: Mapping[str, npt.NDArray[Any]]) -> list[int]:
    """Return few features that tell every one of some mistakes: again and again the one that tells most of the rest.

    Examples
    --------
    >>> fewest_elements({"a": np.array([True, True, False]), "b": np.array([False, True, False])})
    [1]
    """
    rest, found = dict(telling_features), []
    while rest:
        found.append(int(np.sum(list(rest.values()), axis=0).argmax()))
        rest = {name: off for name, off in rest.items() if not off[found[-1]]}
    return sorted(found)


def _smaller(subject: Subject, inputs: Inputs) -> Iterator[Inputs]:
    yield from _fewer_tokens(inputs)
    yield from _shorter(subject, inputs)
    yield from _nearer(subject, inputs)
    yield from _changed_features(inputs, lambda value: [0] if value else [])
    yield from _first_features(inputs)
    yield from _changed_features(inputs, lambda value: [*range(1, abs(value)), *([-value] if value < 0 else [])])


def _fewer_tokens(inputs: Inputs) -> Iterator[Inputs]:
    if len(inputs["positions"]) > 1:
        for at in reversed(range(len(inputs["positions"]))):
            yield {
                key: [*rows[:at], *rows[at + 1 :]] if key in ("positions", "x") else rows
                for key, rows in inputs.items()
            }


def _shorter(subject: Subject, inputs: Inputs) -> Iterator[Inputs]:
    original = original_length(subject.entry.variant)
    if original is not None:
        least = max(inputs["positions"]) + 1
        for length in sorted({least, original - 1, original, original + 1, 2 * original, 4 * original}):
            if least <= length < inputs["length"]:
                yield {**inputs, "length": length}


def _nearer(subject: Subject, inputs: Inputs) -> Iterator[Inputs]:
    fractions = getattr(subject.entry.variant.frequencies, "unit", "radian") != "radian"
    positions = inputs["positions"]
    for at, given in enumerate(positions):
        point = given if isinstance(given, list) else [given]
        for axis, old in enumerate(point):
            for new in _before(old, FRACTIONS if fractions else WHOLE):
                token = [*point[:axis], new, *point[axis + 1 :]] if isinstance(given, list) else new
                yield {**inputs, "positions": [*positions[:at], token, *positions[at + 1 :]]}


def _before(position: float, known: Iterable[Fraction]) -> Iterator[int | float]:
    """Yield the known positions that are simpler than one: of fewer binary places, then of less size."""

    def size(one: Fraction) -> tuple[int, Fraction, bool]:
        return one.denominator, abs(one), one < 0

    for one in sorted((one for one in known if size(one) < size(Fraction(position))), key=size):
        yield int(one) if one.denominator == 1 else float(one)


def _first_features(inputs: Inputs) -> Iterator[Inputs]:
    """Yield inputs with one feature moved towards the first, to a place that is zero."""
    for at, row in enumerate(inputs.get("x", [])):
        for feature in (feature for feature, value in enumerate(row) if value):
            for place in (place for place in range(feature) if not row[place]):
                moved = list(row)
                moved[place], moved[feature] = row[feature], 0
                yield {**inputs, "x": [*inputs["x"][:at], moved, *inputs["x"][at + 1 :]]}


def _changed_features(inputs: Inputs, smaller: Callable[[int], Iterable[int]]) -> Iterator[Inputs]:
    """Yield inputs with one feature made smaller, the last features first."""
    for at, row in enumerate(inputs.get("x", [])):
        for feature in reversed(range(len(row))):
            for value in smaller(row[feature]):
                changed = [*row[:feature], value, *row[feature + 1 :]]
                yield {**inputs, "x": [*inputs["x"][:at], changed, *inputs["x"][at + 1 :]]}
