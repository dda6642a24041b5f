"""Standardised tables in golden files: some rows of a table that is always made whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from refpos.errors import require
from refpos.exact import standardised as exact
from refpos.exact.ball import Real
from refpos.oracle.families.family import Family, Inputs, Learned, Mistake, within
from refpos.oracle.standardised import tabulate_bound
from refpos.spec.precise import Floats
from refpos.spec.standardised import content, tabulate
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Ramp, Standardised

MOST = 16
"""How many rows a case may ask for."""


def plan(variant: Standardised) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield comments and inputs: one row whole, the first ones, the last ones, some between."""
    n = variant.rows
    yield "every feature of a row", {"positions": [n // 3]}
    yield "the first rows", {"positions": [0, 1, 2]}
    yield "the last rows", {"positions": [n - 2, n - 1]}
    yield "unsorted, some twice", {"positions": [n // 2, 7, n - 5, 7, n // 4]}


def known(variant: Standardised, inputs: Inputs, where: str) -> None:
    """Raise `SpecError` unless inputs are some positions that have rows."""
    require(set(inputs) == {"positions"}, f"{where}: inputs must be positions", sorted(inputs))
    given, last = inputs["positions"], variant.rows - 1
    fine = isinstance(given, list) and 0 < len(given) <= MOST
    require(fine, f"{where}: positions must be a list of 1 to {MOST}", given)
    fine = all(within(one, 0, last) for one in given)
    require(fine, f"{where}: positions must be ints from 0 to {last}", given)


def compute(variant: Standardised, inputs: Inputs, _learned: Learned) -> Floats:
    """Return the rows, one for each position."""
    known(variant, inputs, "inputs")
    return np.asarray(tabulate(variant)[inputs["positions"]])


def certify(variant: Standardised, inputs: Inputs, _learned: Learned, bits: int) -> Sequence[Real]:
    """Return the rows, certified, one after the other."""
    rows = exact.tabulate(variant, bits)
    return [x for p in inputs["positions"] for x in rows[p]]


def allowed(variant: Standardised, inputs: Inputs, _learned: Learned, dtype: str) -> Floats:
    """Return how far each feature may be off."""
    return np.asarray(tabulate_bound(variant, dtype)[inputs["positions"]])


def refused(variant: Standardised) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs that must be refused."""
    yield "a position beyond the last row", {"positions": [0, variant.rows]}
    yield "a position before the first row", {"positions": [-1]}
    yield "a position between rows", {"positions": [0.5]}


def mistakes(variant: Standardised) -> Iterator[Mistake]:
    """Yield the usual mistakes: in the table itself, in what it is standardised by, and in the row."""
    table = content(variant)
    made = {one: (words, rows) for one, words, rows in (*_moments(variant, table), *_others(variant))}
    for name, (words, rows) in made.items():
        yield Mistake(name, words, _picked(rows, 0))
    for name, words, by in (("plus-one", "after", 1), ("minus-one", "before", -1)):
        yield Mistake(f"rows/{name}", f"the row {words} the one that is due", _picked(tabulate(variant), by))


def _picked(rows: Floats, by: int) -> Callable[[Inputs, Learned], Floats]:
    return lambda inputs, _learned: np.roll(rows, -by, axis=0)[inputs["positions"]]


def _moments(variant: Standardised, table: Floats) -> Iterator[tuple[str, str, Floats]]:
    """Yield what other means and deviations make of the table."""
    k, off = variant.deviations, table - table.mean()
    yield "deviation/population", "the deviation with N, not N − 1", off / (k * table.std())
    yield "mean/kept", "the mean not subtracted", table / (k * table.std(ddof=1))
    if k != 1:
        yield "deviations/one", "divided by one deviation", off / table.std(ddof=1)
    yield "standardised/not", "the table as it is made", table
    if variant.width > 1:
        yield "standardised/by-row", "each row by its own mean and deviation", _along(table, k, 1)
        yield "standardised/by-feature", "each feature by its own mean and deviation", _along(table, k, 0)


def _along(table: Floats, k: float, axis: int) -> Floats:
    """Return a table standardised along one axis, zero where there is no deviation."""
    off, deviation = table - table.mean(axis, keepdims=True), table.std(axis, ddof=1, keepdims=True)
    return np.asarray(np.where(deviation > 0, off / np.where(deviation > 0, k * deviation, 1), 0))


def _others(variant: Standardised) -> Iterator[tuple[str, str, Floats]]:
    """Yield other tables, standardised."""
    longer = tabulate(replace(variant, rows=2 * variant.rows))[: variant.rows]
    yield "rows/longer", "a table of twice the rows, cut after it was standardised", longer
    match variant.content:
        case Sinusoidal(order=order):
            other = replace(variant.content, order="sin-cos" if order == "interleaved" else "interleaved")
            yield "order/other", "all sines, then all cosines", tabulate(replace(variant, content=other))
        case Ramp(exponent=x):
            for name, exponent in (("linear", 1.0), ("root", 0.5)):
                if exponent != x:
                    found = tabulate(replace(variant, content=replace(variant.content, exponent=exponent)))
                    yield f"exponent/{name}", f"an exponent of {exponent:g}", found


STANDARDISED = Family(
    features=lambda variant: int(variant.width),
    plan=plan,
    known=known,
    compute=compute,
    certify=certify,
    allowed=allowed,
    mistakes=mistakes,
    refused=refused,
)
