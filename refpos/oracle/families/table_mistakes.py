"""The usual mistakes with learned tables."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from refpos.oracle.families.family import Inputs, Learned, Mistake
from refpos.oracle.families.resize_mistakes import changes
from refpos.spec.precise import Floats
from refpos.spec.table import lookup
from refpos.variants.table import Factorised, Lookup, Table

Other = tuple[str, str, Callable[[Inputs, Learned], Floats]]


def mistakes(variant: Lookup) -> Iterator[Mistake]:
    """Yield the usual mistakes with a learned table."""
    own = _shifted(variant) if variant.resample is None else _resampled(variant)
    for name, words, predict in (*own, *_exchanged(variant), *_combined(variant)):
        yield Mistake(name, words, predict)


def _looked_up(variant: Lookup, inputs: Inputs, learned: Learned) -> Floats:
    grid: Any = tuple(inputs["grid"]) if "grid" in inputs else None
    return lookup(inputs["positions"], variant, learned=learned, grid=grid)


def _shifted(variant: Lookup) -> Iterator[Other]:
    """Yield rows that are next to those due, the last coming before the first."""

    def moved(by: int) -> Callable[[Inputs, Learned], Floats]:
        axes = tuple(range(len(variant.rows) if isinstance(variant, Table) else 1))
        return lambda inputs, learned: _looked_up(
            variant, inputs, {name: np.roll(one, [-by] * len(axes), axes) for name, one in learned.items()}
        )

    if variant.offset:
        yield "rows/no-offset", "position 0 given row 0, not the first after those for padding", moved(-variant.offset)
    yield "rows/plus-one", "the row after the one that is due", moved(1)
    if variant.offset != 1:
        yield "rows/minus-one", "the row before the one that is due", moved(-1)


def _resampled(variant: Lookup) -> Iterator[Other]:
    assert variant.resample is not None
    for name, words, rule in changes(variant.resample):
        yield name, words, partial(_looked_up, replace(variant, resample=rule))

    def ignored(inputs: Inputs, learned: Learned) -> Floats:
        cells = np.minimum(np.array(inputs["positions"]), np.array(variant.rows) - 1)
        return lookup(cells, replace(variant, resample=None), learned=learned)

    def square(inputs: Inputs, learned: Learned) -> Floats:
        return _looked_up(variant, {**inputs, "grid": [max(inputs["grid"])] * len(variant.rows)}, learned)

    def turned(inputs: Inputs, learned: Learned) -> Floats:
        return _looked_up(variant, {**inputs, "grid": inputs["grid"][::-1]}, learned)

    yield "resample/ignored", "positions taken for rows, those beyond for the last one", ignored
    yield "grid/square", "fractions of the longer side along both axes", square
    yield "grid/exchanged", "height and width of the grid exchanged", turned


def _exchanged(variant: Lookup) -> Iterator[Other]:
    if len(variant.rows) != 2 or len(set(variant.rows)) != 1:
        return
    words = "rows and columns exchanged"
    if isinstance(variant, Table):
        yield "axes/swapped", words, lambda i, w: _looked_up(variant, i, {"table": w["table"].swapaxes(0, 1)})
        return

    def tables(inputs: Inputs, learned: Learned) -> Floats:
        return _looked_up(variant, inputs, {"table_0": learned["table_1"], "table_1": learned["table_0"]})

    if variant.combine != "stack":
        yield "axes/swapped", words, tables
        return
    half = variant.width // 2
    yield "tables/exchanged", "the tables of rows and columns exchanged", tables
    yield "axes/swapped", words, lambda i, w: np.roll(tables(i, w), half, axis=-1)
    words = "columns first and rows after them"
    yield "combine/reversed", words, lambda i, w: np.roll(_looked_up(variant, i, w), half, axis=-1)


def _combined(variant: Lookup) -> Iterator[Other]:
    if not isinstance(variant, Factorised):
        return
    if variant.combine == "sum":
        yield "combine/product", "rows multiplied, not added", partial(_looked_up, replace(variant, combine="product"))
    if variant.combine == "product":
        yield "combine/sum", "rows added, not multiplied", partial(_looked_up, replace(variant, combine="sum"))
    if variant.combine == "stack":
        words = "features of the axes one by one, not one after the other"
        yield "combine/interleaved", words, lambda i, w: _interleaved(_looked_up(variant, i, w), len(variant.rows))
        return
    names = list(variant.learned)
    for axis, name in enumerate(names):
        without = 0.0 if variant.combine == "sum" else 1.0
        words = f"the table of axis {axis} left out"
        yield f"tables/no-{axis}", words, partial(_without, variant, name, without)


def _interleaved(rows: Floats, axes: int) -> Floats:
    return rows.reshape(len(rows), axes, -1).swapaxes(1, 2).reshape(rows.shape)


def _without(variant: Lookup, name: str, neutral: float, inputs: Inputs, learned: Learned) -> Floats:
    return _looked_up(variant, inputs, {**learned, name: np.full(learned[name].shape, neutral)})
