"""Rules by which tables are resized, in golden files: the rows of the prefix, then the cells of the grid row by row."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from refpos.errors import require
from refpos.exact import table as exact
from refpos.exact.ball import Real
from refpos.oracle.families.family import Family, Inputs, Learned, filled, within
from refpos.oracle.families.resize_mistakes import mistakes
from refpos.oracle.inputs import numbers
from refpos.oracle.tables import resize_bound
from refpos.spec.precise import Floats
from refpos.spec.table import resize
from refpos.variants.table import Resize

FEATURES = 2
"""How many columns a table has: all are treated alike."""
LONGEST = 64
"""The longest side of a grid."""
MOST = 128
"""How many rows a resized table may have."""
REPEAT = 61
"""How many numbers fill a table again and again: a prime, so that no two rows near each other are the same."""

SHAPES: tuple[tuple[str, tuple[int, int], tuple[int, int], int], ...] = (
    ("every column, larger", (3, 4), (4, 6), 0),
    ("smaller, class token", (6, 9), (3, 4), 1),
    ("smaller by no whole number, two tokens first", (9, 7), (4, 5), 2),
    ("higher and narrower, class token and four registers", (3, 8), (5, 3), 5),
    ("as many cells, otherwise shaped", (2, 6), (4, 3), 1),
    ("of the same size", (4, 3), (4, 3), 1),
    ("one row, one column", (1, 5), (4, 1), 0),
    ("from one cell, to a row", (1, 1), (1, 3), 1),
    ("from 37 to 16", (2, 37), (1, 16), 1),
    ("from 14 to 24", (14, 2), (24, 1), 0),
    ("where SciPy leaves the last row zero", (28, 3), (14, 1), 1),
)


def plan(_rule: Resize) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield comments and inputs: grids that grow, shrink and keep their size, with rows of a prefix and without."""
    few = [one / 64 for one in numbers() if one][:REPEAT]
    for words, old, new, prefix in SHAPES:
        rows = prefix + math.prod(old)
        table = {"shape": [rows, FEATURES], "repeat": few[: FEATURES * rows]}
        yield words, {"old": list(old), "new": list(new), "prefix": prefix, "table": table}


def known(_rule: Resize, inputs: Inputs, where: str) -> None:
    """Raise `SpecError` unless inputs are a table, its prefix, its grid and another."""
    names = {"old", "new", "prefix", "table"}
    require(set(inputs) == names, f"{where}: inputs must be {', '.join(sorted(names))}", sorted(inputs))
    old, new, prefix, table = (inputs[name] for name in ("old", "new", "prefix", "table"))
    for name, given in (("old", old), ("new", new)):
        fine = isinstance(given, list) and len(given) == 2 and all(within(one, 1, LONGEST) for one in given)
        require(fine, f"{where}: {name} must be two ints from 1 to {LONGEST}, [h, w]", given)
    require(within(prefix, 0, MOST), f"{where}: prefix must be an int from 0 to {MOST}", prefix)
    rows = prefix + math.prod(new)
    require(rows <= MOST, f"{where}: rows of a resized table must be at most {MOST}", rows)
    fine = isinstance(table, dict) and set(table) == {"shape", "repeat"}
    require(fine, f"{where}: table must have shape and repeat", table)
    shape = [prefix + math.prod(old), FEATURES]
    require(table["shape"] == shape, f"{where}: table must have shape {shape}", table["shape"])
    repeat = table["repeat"]
    fine = isinstance(repeat, list) and len(repeat) > 0 and all(_is_number(one) for one in repeat)
    require(fine, f"{where}: repeat must be a list of finite numbers", repeat)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def given(inputs: Inputs) -> tuple[Floats, tuple[Any, ...], tuple[Any, ...], Any]:
    """Return table, old, new and prefix."""
    return filled(inputs["table"]), tuple(inputs["old"]), tuple(inputs["new"]), inputs["prefix"]


def compute(rule: Resize, inputs: Inputs, _learned: Learned) -> Floats:
    """Return the resized table."""
    table, old, new, prefix = given(inputs)
    return resize(table, old, new, rule, prefix=prefix)


def certify(rule: Resize, inputs: Inputs, _learned: Learned, _bits: int) -> Sequence[Real]:
    """Return the resized table, exact, row after row."""
    table, old, new, prefix = given(inputs)
    return [one for row in exact.resize(table.tolist(), old, new, rule, prefix=prefix) for one in row]


def allowed(rule: Resize, inputs: Inputs, _learned: Learned, dtype: str) -> Floats:
    """Return how far each element may be off."""
    table, old, new, prefix = given(inputs)
    return resize_bound(table, dtype, old, new, rule, prefix=prefix)


def refused(_rule: Resize) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs that must be refused."""
    table = {"shape": [6, FEATURES], "repeat": [0.5, 0.25, -1.0]}
    fine = {"old": [2, 3], "new": [3, 2], "prefix": 0, "table": table}
    yield "a grid without cells", {**fine, "new": [0, 3]}
    yield "a grid of one axis", {**fine, "new": [6]}
    yield "a negative prefix", {**fine, "prefix": -1}
    yield "a row too few for the prefix", {**fine, "prefix": 1}
    yield "a grid of more cells than the table has", {**fine, "old": [3, 3]}


RESIZES = Family(
    features=lambda _rule: FEATURES,
    plan=plan,
    known=known,
    compute=compute,
    certify=certify,
    allowed=allowed,
    mistakes=mistakes,
    refused=refused,
)
