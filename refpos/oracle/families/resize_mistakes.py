"""The usual mistakes with tables that are resized."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from refpos.oracle.families.family import Inputs, Learned, Mistake, filled
from refpos.spec.kernels import weights
from refpos.spec.precise import Floats
from refpos.spec.table import resize
from refpos.variants.table import Resize

Changed = tuple[str, str, Resize]
Cells = Callable[[Floats, tuple[int, int]], Floats]


def mistakes(rule: Resize) -> Iterator[Mistake]:
    """Yield the usual mistakes with a rule by which a table is resized."""
    for name, words, other in changes(rule):
        yield _of_cells(name, words, partial(_resized, rule=other))
    yield from _edges(rule)
    yield from _grids(rule)
    yield from _prefixes(rule)


def changes(rule: Resize) -> Iterator[Changed]:
    """Yield rules that are one choice away: name, words and rule."""
    cubic = -0.5 if rule.antialias else -0.75
    match rule.kernel:
        case "nearest":
            other: Literal["centres", "origin"] = "centres" if rule.align == "origin" else "origin"
            yield f"align/{other}", _ALIGN[other], replace(rule, align=other)
            yield "kernel/linear", "rows between others are made of them", Resize("linear", align="centres")
            return
        case "linear":
            yield "kernel/cubic", "a cubic kernel", replace(rule, kernel="cubic", a=cubic)
        case "cubic":
            yield "kernel/linear", "a linear kernel", replace(rule, kernel="linear", a=None)
            a = -0.75 if rule.a == -0.5 else -0.5
            yield f"a/{a}", f"a cubic kernel of {a}", replace(rule, a=a)
    if rule.align == "corners":
        yield "align/centres", _ALIGN["centres"], replace(rule, align="centres")
        return
    yield "align/corners", _ALIGN["corners"], replace(rule, align="corners", antialias=False, offset=0.0)
    words = "no antialias" if rule.antialias else "antialias"
    yield f"antialias/{'off' if rule.antialias else 'on'}", words, replace(rule, antialias=not rule.antialias)
    offset = 0.0 if rule.offset else 0.1
    words = f"{offset} added to the sides before the step is made" if offset else "nothing added to the sides"
    yield f"offset/{offset:g}", words, replace(rule, offset=offset)


_ALIGN = {
    "centres": "the outer edges of the grids aligned, points at the centres of cells",
    "corners": "the first and last samples aligned, not the outer edges",
    "origin": "points at the start of cells, not at their centres",
}


def _edges(rule: Resize) -> Iterator[Mistake]:
    if rule.align == "corners":
        yield _of_cells("edge/zero", "the last row and column zero", lambda cells, new: _zero(cells, new, rule))
    if rule.offset:
        words = "resized where the grid is the same too"
        yield _of_cells("size/always", words, lambda cells, new: _through(cells, new, rule, weights))
    if rule.kernel == "nearest" or (rule.kernel == "linear" and not rule.antialias):
        return  # of two samples the one that is left has all the weight either way
    words = (
        "samples of the edge stand for those beyond it" if rule.antialias else "weights at the edge made to sum to 1"
    )
    name = "clamped" if rule.antialias else "renormalised"
    yield _of_cells(f"edge/{name}", words, lambda cells, new: _through(cells, new, rule, _other_edge))


def _grids(rule: Resize) -> Iterator[Mistake]:
    def same_area(cells: Floats, new: tuple[int, int]) -> Floats:
        h, w, _ = cells.shape
        return cells.reshape(*new, -1) if h * w == new[0] * new[1] else _resized(cells, new, rule)

    def turned(cells: Floats, new: tuple[int, int]) -> Floats:
        h, w, d = cells.shape
        return _resized(cells.reshape(w, h, d), new, rule)

    def line(cells: Floats, new: tuple[int, int]) -> Floats:
        h, w, d = cells.shape
        return _resized(cells.reshape(1, h * w, d), (1, new[0] * new[1]), rule)

    yield _of_cells("size/area", "left as it is where as many cells are wanted", same_area)
    yield _of_cells("axes/table", "height and width of the table exchanged", turned)
    words = "height and width of the new grid exchanged"
    yield _of_cells("axes/grid", words, lambda cells, new: _resized(cells, new[::-1], rule))
    yield _of_cells("axes/line", "cells resized as a line, not as a grid", line)


def _prefixes(rule: Resize) -> Iterator[Mistake]:
    def last(inputs: Inputs, _: Learned) -> Floats:
        return np.roll(_whole(inputs, rule), -inputs["prefix"], axis=0)

    def counted(inputs: Inputs, _: Learned) -> Floats:
        table, prefix = filled(inputs["table"]), inputs["prefix"]
        cells = table[: len(table) - prefix].reshape(*inputs["old"], -1)
        return np.concatenate([table[:prefix], _flat(_resized(cells, tuple(inputs["new"]), rule))])

    def along(inputs: Inputs, _: Learned) -> Floats:
        table, new = filled(inputs["table"]), inputs["prefix"] + inputs["new"][0] * inputs["new"][1]
        return _flat(_resized(table[None], (1, new), rule))

    yield Mistake("prefix/last", "the rows of the prefix placed last", last)
    yield Mistake("prefix/counted", "the rows of the prefix counted among the cells", counted)
    yield Mistake("prefix/resized", "the rows of the prefix resized with the others, as a line", along)


def _of_cells(name: str, words: str, change: Cells) -> Mistake:
    """Return a mistake that is made with the cells alone."""

    def predict(inputs: Inputs, _: Learned) -> Floats:
        table, prefix = filled(inputs["table"]), inputs["prefix"]
        cells = table[prefix:].reshape(*inputs["old"], -1)
        return np.concatenate([table[:prefix], _flat(change(cells, tuple(inputs["new"])))])

    return Mistake(name, words, predict)


def _whole(inputs: Inputs, rule: Resize) -> Floats:
    table, old, new = filled(inputs["table"]), tuple(inputs["old"]), tuple(inputs["new"])
    return resize(table, old, new, rule, prefix=inputs["prefix"])


def _flat(cells: Floats) -> Floats:
    return cells.reshape(-1, cells.shape[-1])


def _resized(cells: Floats, new: tuple[Any, ...], rule: Resize) -> Floats:
    """Return cells (h, w, d) as (h', w', d)."""
    h, w, d = cells.shape
    return resize(_flat(cells), (h, w), new, rule).reshape(*new, d)


def _through(cells: Floats, new: tuple[int, int], rule: Resize, made: Callable[[int, int, Resize], Floats]) -> Floats:
    """Return cells weighted along both axes."""
    rows, columns = (made(old, to, rule) for old, to in zip(cells.shape, new, strict=False))
    return np.asarray(np.einsum("ai,bj,ijd->abd", rows, columns, cells))


def _zero(cells: Floats, new: tuple[int, int], rule: Resize) -> Floats:
    """Return cells resized, the last row and column zero wherever the size changes."""
    made = _resized(cells, new, rule)
    if cells.shape[:2] != new:
        made[-1], made[:, -1] = 0, 0
    return made


def _other_edge(old: int, new: int, rule: Resize) -> Floats:
    """Return weights with what is beyond the edge left out where it is due, and brought to the edge where it is not."""
    if old == new and not rule.offset:
        return np.eye(old)
    step = old / (new + rule.offset)
    wide = max(step, 1.0) if rule.antialias else 1.0
    far = int(np.ceil(2 * wide)) + 1
    spots = np.arange(-far, old + far)
    points = (
        np.arange(new) * (old - 1) / max(new - 1, 1) if rule.align == "corners" else step * (np.arange(new) + 0.5) - 0.5
    )
    value = _kernel(np.abs(points[:, None] - spots) / wide, rule)
    inside = value[:, far : far + old]
    if rule.antialias:
        inside[:, 0] += value[:, :far].sum(axis=1)
        inside[:, -1] += value[:, far + old :].sum(axis=1)
    return np.asarray(inside / inside.sum(axis=1, keepdims=True))


def _kernel(x: Floats, rule: Resize) -> Floats:
    """Return the kernel at x >= 0."""
    if rule.a is None:
        return np.maximum(1 - x, 0)
    a, near = rule.a, (rule.a + 2) * x**3 - (rule.a + 3) * x**2 + 1
    return np.where(x <= 1, near, np.where(x < 2, a * (x - 1) * (x - 2) ** 2, 0))
