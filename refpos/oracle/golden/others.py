"""What golden files say of encodings that are not made of angles: masters, units, and what mistakes would return."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from refpos.catalogue.entry import Entry, Variant
from refpos.errors import SpecError, require
from refpos.oracle.families.attention import ATTENTIONS
from refpos.oracle.families.bias import BIASES
from refpos.oracle.families.family import Family, Inputs, Mistake, filled
from refpos.oracle.families.positions import POSITIONS
from refpos.oracle.families.table import TABLES
from refpos.oracle.golden.values import Judged, certified, rounded_up, telling
from refpos.oracle.names import DTYPES
from refpos.oracle.roundoff import UNIT_ROUNDOFF
from refpos.spec.precise import Floats

FAMILIES: Mapping[str, Family] = {
    "bias": BIASES,
    "table": TABLES,
    "positions": POSITIONS,
    "attention": ATTENTIONS,
}
RECIPE = "formula"
"""The recipe of what is worked out as the formula says, in the dtype, or in float32 and rounded once to 16 bits."""


@dataclass(frozen=True)
class Other:
    """An entry of the catalogue, with small dyadic weights for what it learns.

    Parameters
    ----------
    name : str
    entry : Entry
    weights : mapping or None
        For each learned array its shape, and the numbers that fill it again and again, row by row.
    """

    name: str
    entry: Entry[Variant]
    weights: Mapping[str, Any] | None = None

    @property
    def family(self) -> Family:
        """The family that it is of."""
        return FAMILIES[self.entry.family]

    @cached_property
    def variant(self) -> Any:
        """The variant, or one of few columns where all are treated alike."""
        return self.family.narrowed(self.entry.variant)

    @cached_property
    def features(self) -> int:
        """How many columns a result has."""
        return self.family.features(self.variant)

    @cached_property
    def learned(self) -> dict[str, Floats]:
        """The weights as arrays."""
        return {name: filled(one) for name, one in (self.weights or {}).items()}

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The usual mistakes."""
        return tuple(self.family.mistakes(self.variant))

    @cached_property
    def judged(self) -> dict[str, Judged]:
        """What was derived of cases already."""
        return {}


def repeated(subject: Other) -> dict[str, Any] | None:
    """Return the weights of an entry as golden files have them."""
    found = {}
    for name, given in subject.family.weights(subject.variant).items():
        flat = given.ravel()
        size = next(n for n in range(1, flat.size + 1) if np.array_equal(flat[n:], flat[:-n]))
        found[name] = {"shape": list(given.shape), "repeat": flat[:size].tolist()}
    return found or None


def judge_other(subject: Other, inputs: Inputs, elements: Sequence[int] | None) -> Judged:
    """Derive all that a golden file says of one case, once."""
    key = repr((sorted(inputs.items()), elements))
    if key not in subject.judged:
        subject.judged[key] = _judge(subject, inputs, elements)
    return subject.judged[key]


def _judge(subject: Other, inputs: Inputs, elements: Sequence[int] | None) -> Judged:
    pinned = list(range(subject.features)) if elements is None else list(elements)
    due = masters_other(subject, inputs, pinned)
    allowed = {dtype: subject.family.allowed(subject.variant, inputs, subject.learned, dtype) for dtype in DTYPES}
    units = {
        f"{dtype}/{RECIPE}": [[rounded_up(one / UNIT_ROUNDOFF[dtype]) for one in row] for row in found[:, pinned]]
        for dtype, found in allowed.items()
    }
    limit = telling(allowed["float32"][:, pinned])
    told = {one.id: _told(one, subject, inputs, pinned, due, limit) for one in subject.mistakes}
    return Judged(due, units, {name: got for name, got in told.items() if got is not None})


def masters_other(subject: Other, inputs: Inputs, pinned: Iterable[int]) -> list[list[Any]]:
    """Return the certified values at the pinned columns, each float64 rounded to odd."""
    columns, width = list(pinned), subject.features

    def made(bits: int) -> Any:
        return subject.family.certify(subject.variant, inputs, subject.learned, bits)

    rows = len(subject.family.compute(subject.variant, inputs, subject.learned))
    flat = certified(made, [row * width + column for row in range(rows) for column in columns])
    return [flat[at : at + len(columns)] for at in range(0, len(flat), len(columns))]


def _told(
    mistake: Mistake, subject: Other, inputs: Inputs, pinned: list[int], due: list[list[Any]], limit: Floats
) -> Floats | None:
    """Return what a mistake returns at the pinned columns, None where it is not clearly off anywhere."""
    with np.errstate(all="ignore"):
        try:
            got = np.asarray(mistake.predict(inputs, subject.learned))
        except SpecError:
            return None
    if got.shape != (len(due), subject.features):
        return None
    got = got[:, pinned]
    with np.errstate(invalid="ignore"):
        return None if (np.abs(got - np.array(due)) <= limit).all() else got


def first_others(subject: Other) -> list[dict[str, Any]]:
    """Return comment, inputs and pinned columns of the first cases of an entry: all columns in the first one."""
    found = []
    for number, (comment, inputs) in enumerate(subject.family.plan(subject.variant)):
        case: dict[str, Any] = {"comment": comment, "inputs": inputs}
        if number and subject.features > FEW:
            case["elements"] = _spread(subject.features, number)
        if judge_other(subject, inputs, case.get("elements")).wrong:
            found.append(case)
    return found


FEW = 8
"""How many columns a case pins but the first."""


def _spread(features: int, number: int) -> list[int]:
    """Return columns from every eighth of them, and the last."""
    step = features // FEW
    return sorted({*(k * step + 5 * number % max(step, 1) for k in range(FEW - 1)), features - 1})


def require_other(subject: Other, inputs: Any, elements: Any, where: str) -> None:
    """Raise `SpecError` unless a case has inputs that its entry can be given."""
    require(isinstance(inputs, Mapping), f"{where}: inputs must be an object", inputs)
    subject.family.known(subject.variant, inputs, where)
    fine = elements is None or (
        isinstance(elements, list)
        and all(type(one) is int and 0 <= one < subject.features for one in elements)
        and elements == sorted(set(elements))
        and len(elements) > 0
    )
    require(fine, f"{where}: elements must be features below {subject.features}, each once and in order", elements)


def rejects_other(subject: Other) -> list[dict[str, Any]]:
    """Return inputs that must be refused, with the rule that the specification says they break."""
    found = []
    for number, (comment, inputs) in enumerate(subject.family.refused(subject.variant), start=1):
        try:
            subject.family.compute(subject.variant, inputs, subject.learned)
        except SpecError as error:
            rule = str(error).rpartition("; got ")[0]
            found.append({"id": f"{subject.name}/r{number:03d}", "comment": comment, "inputs": inputs, "rule": rule})
    return found
