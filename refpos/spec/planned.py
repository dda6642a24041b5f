"""What turning needs to know of shapes and dtypes: checked and found once, and then looked up."""

from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from refpos.errors import require
from refpos.spec.blocks import Index, Parts, chunks, pieces, whole
from refpos.spec.positions import named
from refpos.spec.turning import BLOCK, Array, Kind, Neighbours, Run, runs
from refpos.variants.frequencies import head_count, plane_count
from refpos.variants.rotary import Rotary

Shape = tuple[int, ...]

FLOATS = frozenset(map(np.dtype, (np.float16, np.float32, np.float64)))
FEATURES = "x must be float16, float32 or float64, in native byte order"
"""What is said of other features."""

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
    lacking : tuple of int
        The lengths of the axes of x that the tables lack.
    order : tuple of int or None
        The order of axes in which these come first; None where they come first already.
    """

    few: bool
    dense: tuple[tuple[Run, ...], Index]
    strided: tuple[tuple[Run, ...], Index]
    lacking: Shape
    order: tuple[int, ...] | None


PLANS: dict[tuple[Any, ...], tuple[Rotary, Plan]] = {}
"""Plans by the id of their variant and all else that decides; each keeps its variant, so that no other takes its id."""
KEPT = 256
"""How many plans are kept at most."""


def plan(variant: Rotary, shape: Shape, kind: Kind, cos: tuple[Shape, Kind], sin: tuple[Shape, Kind]) -> Plan:
    """Return how features of a shape and dtype are turned by such tables, or say what is wrong with these.

    They are found by which object a variant is: its hash, made anew from all its fields, takes longer than all else.
    """
    key = (id(variant), shape, kind, cos, sin)
    kept = PLANS.get(key)
    if kept:
        return kept[1]
    found = _planned(variant, shape, kind, cos, sin)
    if len(PLANS) >= KEPT:
        PLANS.clear()
    PLANS[key] = variant, found
    return found


def _planned(variant: Rotary, shape: Shape, kind: Kind, cos: tuple[Shape, Kind], sin: tuple[Shape, Kind]) -> Plan:
    check_features(shape, kind)
    check_table(variant, shape, kind, cos, sin)
    tail = 2 if head_count(variant.frequencies) is None else 3
    before = len(cos[0]) - tail
    after = before + len(shape) - len(cos[0])
    order = (*range(before, after), *range(before), *range(after, len(shape)))
    few = prod(shape) <= FEW
    dense, strided = runs(variant, shape[-1], True, few), runs(variant, shape[-1], False)
    return Plan(few, dense, strided, shape[before:after], order if before and before < after else None)


def compute_dtype(kind: Kind) -> Kind:
    """Return the dtype in which features are turned."""
    return np.result_type(kind, np.float32)


def check_features(shape: Shape, kind: Kind) -> None:
    """Check the shape and dtype of features."""
    require(kind in FLOATS, FEATURES, named(kind))
    require(len(shape) >= 2, "x must have shape (..., n, d)", shape)


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
    if found.order:
        given, x = x, x.transpose(found.order)
        out = x if out is given else out.transpose(found.order)
    dense = x.strides[-1] == x.itemsize and out.strides[-1] == out.itemsize
    planes, kept = found.dense if dense else found.strided
    if found.few or (_apart(x, out) and x.dtype == cos.dtype and _made(planes, cos, sin)):
        turn_rows(x, cos, sin, out, planes, kept, whole)
        return
    most = max(1, min(BLOCK[type(run)] for run in planes) // (cos.itemsize * x.shape[-1]))
    for rows in chunks(cos.shape[:-1], most):
        place: tuple[Any, ...] = (..., *rows, slice(None))
        times = max(1, most // max(1, prod(cos[rows].shape[:-1])))
        parts = partial(pieces, found.lacking, times)
        turn_rows(x[place], cos[rows], sin[rows], out[place], planes, kept, parts)


def _apart(x: Array, out: Array) -> bool:
    """Whether NumPy sees that what it writes is not read afterwards; where it does not, it copies what it reads."""
    return out is x or not np.may_share_memory(x, out)


def _made(planes: tuple[Run, ...], cos: Array, sin: Array) -> bool:
    """Whether the tables of all runs are there already, so that nothing need be held beside them."""
    return all(isinstance(run, Neighbours) and run.made(cos, sin) is not None for run in planes)


def turn_rows(x: Array, cos: Array, sin: Array, out: Array, planes: tuple[Run, ...], kept: Index, parts: Parts) -> None:
    """Write features of rows turned by the tables of their runs into out, and what no plane writes as it is."""
    if x.dtype == cos.dtype:
        for run in planes:
            run.turn(x, run.table(cos, sin), out, parts)
        if kept and out is not x:
            for here, there in parts(x, out):
                for features in kept:
                    there[..., features] = here[..., features]
        return
    tables = [run.table(cos, sin) for run in planes]
    for here, there in parts(x, out):
        wide = here.astype(cos.dtype, order="C")
        for run, table in zip(planes, tables, strict=True):
            run.turn(wide, table, wide, whole)
        there[...] = wide
