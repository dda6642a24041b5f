"""What turning needs to know of shapes and dtypes: checked and found once, and then looked up."""

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from refpos.errors import require
from refpos.spec import turning
from refpos.spec.positions import named
from refpos.spec.turning import Array, Index, Run, chunks, runs, turn_block
from refpos.variants.frequencies import head_count, plane_count
from refpos.variants.rotary import Rotary

Shape = tuple[int, ...]
Kind = np.dtype[Any]


class Plan(NamedTuple):
    """Where features and tables meet.

    Parameters
    ----------
    dense, strided : runs of planes, and the features that no plane writes
        Where features stand side by side in memory, and where they do not.
    at : int
        Where the axes of x stand that the tables lack.
    lacking : tuple of int
        How long they are.
    widened : tuple
        What gives the tables these axes.
    """

    dense: tuple[tuple[Run, ...], Index]
    strided: tuple[tuple[Run, ...], Index]
    at: int
    lacking: Shape
    widened: tuple[slice | None, ...]


@lru_cache(maxsize=256)
def plan(variant: Rotary, shape: Shape, kind: Kind, cos: tuple[Shape, Kind], sin: tuple[Shape, Kind]) -> Plan:
    """Return how features of a shape and dtype are turned by such tables, or say what is wrong with these."""
    check_table(variant, shape, kind, cos, sin)
    tail = 2 if head_count(variant.frequencies) is None else 3
    at = len(cos[0]) - tail
    lacking = shape[at : at + len(shape) - len(cos[0])]
    widened = (slice(None),) * at + (None,) * len(lacking)
    return Plan(runs(variant, shape[-1], True), runs(variant, shape[-1], False), at, lacking, widened)


def compute_dtype(kind: Kind) -> Kind:
    """Return the dtype in which features are turned."""
    return np.result_type(kind, np.float32)


def check_table(variant: Rotary, shape: Shape, kind: Kind, *tables: tuple[Shape, Kind]) -> None:
    """Check the shapes and dtypes of cosines and sines against those of features."""
    dtype = compute_dtype(kind)
    for name, (_, own) in zip(("cos", "sin"), tables, strict=True):
        require(own == dtype, f"{name} must be {named(dtype)} for x of {named(kind)}", named(own))
    (cos, _), (sin, _) = tables
    require(cos == sin, "cos and sin must have one shape", (cos, sin))
    *lead, n, _ = shape
    heads = head_count(variant.frequencies)
    count = plane_count(variant.frequencies)
    tail = (n, count) if heads is None else (heads, n, count)
    require(heads is None or lead[-1:] == [heads], f"x must have shape (..., {heads} heads, n, d)", shape)
    prefix, own_lead = cos[: -len(tail)], tuple(lead if heads is None else lead[:-1])
    fits = cos[-len(tail) :] == tail and prefix == own_lead[: len(prefix)]
    lengths = ", ".join(map(str, tail))
    require(fits, f"cos and sin must have shape (..., {lengths}), its lead a prefix of that of x, {own_lead}", cos)


def turn_blocks(x: Array, cos: Array, sin: Array, found: Plan, out: Array) -> None:
    """Write x turned by tables into out, which may be x."""
    dense = x.strides[-1] == x.itemsize and out.strides[-1] == out.itemsize
    planes, kept = found.dense if dense else found.strided
    if x.size * cos.itemsize <= turning.BLOCK:
        wide = cos[found.widened], sin[found.widened]
        turn_block(x, out, planes, [run.table(*wide) for run in planes], kept)
        return
    at, most = found.at, max(1, turning.BLOCK // (cos.itemsize * x.shape[-1]))
    for rows in chunks(cos.shape[:-1], most):
        wide = cos[rows][found.widened], sin[rows][found.widened]
        tables = [run.table(*wide) for run in planes]
        for others in chunks(found.lacking, max(1, most // max(1, prod(cos[rows].shape[:-1])))):
            place = (*rows[:at], *others, *rows[at:])
            turn_block(x[place], out[place], planes, tables, kept)
