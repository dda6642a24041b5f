"""What turning needs to know of shapes and dtypes: checked and found once, and then looked up."""

from functools import lru_cache, partial
from math import prod
from typing import NamedTuple

import numpy as np

from refpos.errors import require
from refpos.spec.positions import named
from refpos.spec.turning import BLOCK, Array, Index, Kind, Parts, Run, chunks, runs, whole
from refpos.variants.frequencies import head_count, plane_count
from refpos.variants.rotary import Rotary

Shape = tuple[int, ...]

FEW = 2**14
"""How many features are too few for the tables of halves to pay."""


class Plan(NamedTuple):
    """Where features and tables meet.

    Parameters
    ----------
    few : bool
        Whether features are so few that they are turned at once, without the tables of halves.
    dense, strided : runs of planes, and the features that no plane writes
        Where features stand side by side in memory, and where they do not.
    at : int
        Where the axes of x stand that the tables lack.
    lacking : tuple of int
        How long they are.
    widened : tuple
        What gives the tables these axes.
    """

    few: bool
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
    few = prod(shape) <= FEW
    dense, strided = runs(variant, shape[-1], True, few), runs(variant, shape[-1], False)
    return Plan(few, dense, strided, at, lacking, widened)


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
    if found.few:
        turn_rows(x, cos[found.widened], sin[found.widened], out, planes, kept, whole)
        return
    block = min(BLOCK[type(run)] for run in planes)
    at, most = found.at, max(1, block // (cos.itemsize * x.shape[-1]))
    for rows in chunks(cos.shape[:-1], most):
        place = (*rows[:at], *(slice(None) for _ in found.lacking), *rows[at:])
        narrow = cos[rows]
        parts = partial(chunks, found.lacking, max(1, most // max(1, prod(narrow.shape[:-1]))), at)
        turn_rows(x[place], narrow[found.widened], sin[rows][found.widened], out[place], planes, kept, parts)


def turn_rows(x: Array, cos: Array, sin: Array, out: Array, planes: tuple[Run, ...], kept: Index, parts: Parts) -> None:
    """Write features of rows turned by the tables of their runs into out, and what no plane writes as it is."""
    if x.dtype == cos.dtype:
        for run in planes:
            run.turn(x, run.table(cos, sin), out, parts)
        if out is not x:
            for features in kept:
                out[..., features] = x[..., features]
        return
    tables = [run.table(cos, sin) for run in planes]
    for part in parts():
        wide = x[part].astype(cos.dtype, order="C")
        for run, table in zip(planes, tables, strict=True):
            run.turn(wide, table, wide, whole)
        out[part] = wide
