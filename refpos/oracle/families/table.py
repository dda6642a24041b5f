"""Learned tables in golden files: a row for each position, a column for each feature of a few."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, assert_never

import numpy as np

from refpos.errors import require
from refpos.exact import table as exact
from refpos.exact.ball import Real
from refpos.oracle.families.family import Family, Inputs, Learned, within
from refpos.oracle.families.radix import RADICES
from refpos.oracle.families.resize import LONGEST, REPEAT, RESIZES
from refpos.oracle.families.standardised import STANDARDISED
from refpos.oracle.families.table_mistakes import mistakes
from refpos.oracle.inputs import numbers
from refpos.oracle.tables import lookup_bound
from refpos.spec.precise import Floats
from refpos.spec.table import lookup
from refpos.variants.radix import Radix
from refpos.variants.standardised import Standardised
from refpos.variants.table import Factorised, Lookup, Resize, Table

WIDTH = 8
"""How many columns are looked at: all are treated alike."""
MOST = 64
"""How many positions a case may have."""
SIDE = 4 * LONGEST
"""The longest side of a grid."""


def narrowed(variant: Lookup) -> Lookup:
    """Return the variant with few columns, of tables that are stacked half as many each."""
    stacked = isinstance(variant, Factorised) and variant.combine == "stack"
    return replace(variant, width=WIDTH // 2 * len(variant.rows) if stacked else WIDTH)


def weights(variant: Lookup) -> dict[str, Floats]:
    """Return small dyadic numbers from −1/2 to 1/2, those of each table one place further on."""
    few = np.array([one for one in numbers() if one][:REPEAT], dtype=np.float64) / 64
    return {name: np.resize(np.roll(few, at), shape) for at, (name, shape) in enumerate(variant.learned.items())}


def plan(variant: Lookup) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield comments and inputs: the first rows and the last ones, and grids of other shapes than the table's."""
    if variant.resample is not None:
        yield from _grids(variant)
    elif len(variant.rows) == 1:
        yield from _line(variant)
    else:
        yield from _plane(variant)


def _line(variant: Lookup) -> Iterator[tuple[str, dict[str, Any]]]:
    first, end = -variant.offset, variant.rows[0] - variant.offset
    yield "the first rows", {"positions": [*range(first, 4)]}
    yield "the last rows", {"positions": [end - 2, end - 1]}
    yield "unsorted, some twice", {"positions": [end // 2, 7, 100, 7, end // 3, 16]}


def _plane(variant: Lookup) -> Iterator[tuple[str, dict[str, Any]]]:
    first = -variant.offset
    h, w = (one - variant.offset for one in variant.rows)
    corners = [[first, first], [0, 0], [0, 1], [1, 0], [3, 2]]
    yield "the first rows and columns", {"positions": corners[not variant.offset :]}
    yield "the last row and column", {"positions": [[0, w - 1], [h - 1, 0], [h - 1, w - 1]]}
    yield "unsorted, some twice", {"positions": [[h // 2, 7], [5, w // 3], [h // 2, 7], [16, w - 9]]}


def _grids(variant: Lookup) -> Iterator[tuple[str, dict[str, Any]]]:
    rows, columns = variant.rows
    for words, h, w in (
        ("a larger grid, wide", rows + 5, 2 * columns - 3),
        ("of the table's own size", rows, columns),
        ("a smaller grid, high", rows - 2, columns // 2 + 1),
        ("a row", 1, columns + 4),
        ("a column", rows + 4, 1),
    ):
        spots = {(0, 0), (h - 1, 0), (0, w - 1), (h - 1, w - 1), (1 % h, 2 % w)}
        spots |= {(h // 3, 2 * w // 3), (2 * h // 3, w // 3)}  # none of them on the edge of a cell of the table
        yield words, {"positions": [list(one) for one in sorted(spots)], "grid": [h, w]}
    side = min(rows, columns) // 2
    spots = {(side - 1, 0), (1, side - 1), (side // 2, 1), (0, 1)}
    words = "higher than the table, narrower; cells that the same grid on its side has too"
    yield words, {"positions": [list(one) for one in sorted(spots)], "grid": [rows + 3, side]}


def known(variant: Lookup, inputs: Inputs, where: str) -> None:
    """Raise `SpecError` unless inputs are some positions that have rows, and a grid where there is to be one."""
    names = {"positions"} | ({"grid"} if variant.resample else set())
    require(set(inputs) == names, f"{where}: inputs must be {', '.join(sorted(names))}", sorted(inputs))
    axes, sides = len(variant.rows), variant.rows
    if variant.resample is not None:
        given = inputs["grid"]
        fine = isinstance(given, list) and len(given) == axes and all(within(one, 1, SIDE) for one in given)
        require(fine, f"{where}: grid must be {axes} ints from 1 to {SIDE}", given)
        sides = tuple(given)
    given, first = inputs["positions"], -variant.offset
    fine = isinstance(given, list) and 0 < len(given) <= MOST
    require(fine, f"{where}: positions must be a list of 1 to {MOST}", given)
    ends = [side - variant.offset for side in sides]
    rule = f"positions must be ints from {first} to {', '.join(str(end - 1) for end in ends)}"
    points = [one if axes > 1 else [one] for one in given]
    fine = all(isinstance(point, list) and len(point) == axes for point in points)
    fine = fine and all(within(one, first, end - 1) for point in points for one, end in zip(point, ends, strict=True))
    require(fine, f"{where}: {rule}", given)


def grid(inputs: Inputs) -> Any:
    """Return the sides of the grid, None where there is none."""
    return tuple(inputs["grid"]) if "grid" in inputs else None


def compute(variant: Lookup, inputs: Inputs, learned: Learned) -> Floats:
    """Return the rows, one for each position."""
    return lookup(inputs["positions"], variant, learned=learned, grid=grid(inputs))


def certify(variant: Lookup, inputs: Inputs, learned: Learned, _bits: int) -> Sequence[Real]:
    """Return the rows, exact, one after the other."""
    given: Any = {name: one.tolist() for name, one in learned.items()}
    points = [tuple(one) if isinstance(one, list) else one for one in inputs["positions"]]
    return [x for one in points for x in exact.lookup(one, variant, learned=given, grid=grid(inputs))]


def allowed(variant: Lookup, inputs: Inputs, learned: Learned, dtype: str) -> Floats:
    """Return how far each feature may be off."""
    return lookup_bound(variant, dtype, inputs["positions"], learned=learned, grid=grid(inputs))


def refused(variant: Lookup) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs that must be refused."""
    axes, first = len(variant.rows), -variant.offset
    sides: dict[str, Any] = {"grid": [5, 9]} if variant.resample else {}
    ends = [side - variant.offset for side in sides.get("grid", variant.rows)]
    one, end, before = ([0] * axes, ends, [0] * (axes - 1) + [first - 1]) if axes > 1 else (0, ends[0], first - 1)
    yield "a position beyond the last row", {"positions": [one, end], **sides}
    yield "a position before the first row", {"positions": [one, before], **sides}
    yield "a position between rows", {"positions": [[0.5] * axes if axes > 1 else 0.5], **sides}
    if axes > 1:
        yield "a coordinate too many", {"positions": [[0] * (axes + 1)], **sides}
    if not variant.resample:
        yield "a grid where no table is resized", {"positions": [one], "grid": [4] * axes}
        return
    yield "no grid", {"positions": [one]}
    yield "a grid without cells", {"positions": [one], "grid": [0] * axes}
    yield "a grid of an axis too few", {"positions": [one], "grid": [4] * (axes - 1)}


LOOKUPS = Family(
    narrowed=narrowed,
    features=lambda variant: int(variant.width),
    weights=weights,
    plan=plan,
    known=known,
    compute=compute,
    certify=certify,
    allowed=allowed,
    mistakes=mistakes,
    refused=refused,
)


def _of(variant: Lookup | Resize | Standardised | Radix) -> Family:
    match variant:
        case Table() | Factorised():
            return LOOKUPS
        case Resize():
            return RESIZES
        case Standardised():
            return STANDARDISED
        case Radix():
            return RADICES
        case _:
            assert_never(variant)


def _either(name: str) -> Callable[..., Any]:
    """Return what does for each kind of description what its family does."""
    return lambda variant, *given: getattr(_of(variant), name)(variant, *given)


TABLES = Family(**{one.name: _either(one.name) for one in fields(Family)})
