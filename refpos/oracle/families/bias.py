"""Biases in golden files: a row for each query and key, the keys of the first query first, a column for each head."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from refpos.errors import require
from refpos.exact import bias as exact
from refpos.exact.ball import Real
from refpos.oracle.biases import bias_bound
from refpos.oracle.families.bias_mistakes import mistakes
from refpos.oracle.families.family import Family, Inputs, Learned
from refpos.oracle.inputs import numbers
from refpos.spec.bias import bias
from refpos.spec.offsets import index
from refpos.spec.precise import Floats
from refpos.variants.bias import Bias, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow

FARTHEST = 2.0**53
"""The largest position."""
MOST = 256
"""How many pairs of a query and a key a case may have."""

REPEATED = 61
"""How many numbers fill the arrays of weights again and again; a prime, so that rows differ."""

Spot = tuple[str, list[Any], list[Any]]

LINE: tuple[Spot, ...] = (
    ("every head, near", [1, 5], [0, 1, 9]),
    ("keys before and after", [16], [0, 7, 8, 9, 15, 16, 17, 23, 24, 32]),
    ("beyond the integers of bfloat16", [257], [0, 256, 258, 513]),
    ("unsorted, apart", [376, 1664], [1664, 12, 375]),
    ("beyond the integers of float16", [2049], [0, 2047, 2048, 4097]),
    ("one query, as in decoding", [4096], [0, 1000, 4095, 4096]),
    ("long", [131071], [0, 65504, 131070]),
)
ENDS = (15, 16, 31, 32, 63, 64, 65, 127, 128, 129)
"""Distances at the ends of usual buckets."""
PLANE: tuple[Spot, ...] = (
    ("every head, near", [[0, 1], [3, 2]], [[0, 0], [2, 5], [3, 2]]),
    ("of a grid of 3 by 5", [[2, 0]], [[0, 4], [1, 3], [2, 1]]),
    ("of a wide image", [[3, 40]], [[1, 2], [3, 41], [0, 0]]),
    ("far", [[1000, 17]], [[3, 999], [1000, 16]]),
)


def plan(variant: Bias) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield comments and inputs: cells of the window where there is one, else positions near and far."""
    if isinstance(variant, SwinWindow | SwinContinuous):
        spots = _cells(*variant.window)
    else:
        spots = list(LINE if axis_count(variant) == 1 else PLANE)
        spots += [_ends(variant)] if isinstance(variant, T5Buckets) else []
    for words, queries, keys in spots:
        yield words, {"query_positions": queries, "key_positions": keys}


def _ends(variant: T5Buckets) -> Spot:
    """Return a query, and keys where buckets end, and where those of a greatest distance one more end otherwise."""
    away = range(variant.near, 2 * variant.distance)
    keys = [-one for one in away]
    bounds = (index([0], keys, one)[0] for one in (variant, replace(variant, distance=variant.distance + 1)))
    apart = [one for one, a, b in zip(away, *bounds, strict=True) if a != b][:2]
    place = 4 * variant.distance
    return "the ends of buckets", [place], [place + way * one for one in (*ENDS, *apart) for way in (-1, 1)]


def _cells(h: int, w: int) -> list[Spot]:
    corners = [[0, 0], [0, w - 1], [h - 1, 0], [h - 1, w - 1]]
    return [
        ("every head, near", [[0, 1], [2, 0]], [[0, 0], [1, 3], [2, 0]]),
        ("the corners of the window", [[0, 0], [h - 1, w - 1]], corners),
        ("not on a diagonal", [[1, w - 2], [h - 2, 0]], [[3, 1], [0, w - 3], [h - 1, 2]]),
    ]


def known(variant: Bias, inputs: Inputs, where: str) -> None:
    """Raise `SpecError` unless inputs are some queries and keys, each a point of as many axes as there are."""
    names = {"query_positions", "key_positions"}
    require(set(inputs) == names, f"{where}: inputs must be {', '.join(sorted(names))}", sorted(inputs))
    axes = axis_count(variant)
    for name in sorted(names):
        given = inputs[name]
        fine = isinstance(given, list) and len(given) > 0 and all(_is_point(one, axes) for one in given)
        require(fine, f"{where}: {name} must be a list of whole numbers, for each axis one", given)
    pairs = len(inputs["query_positions"]) * len(inputs["key_positions"])
    require(pairs <= MOST, f"{where}: pairs of a query and a key must be at most {MOST}", pairs)


def _is_point(value: Any, axes: int) -> bool:
    if axes == 1:
        return type(value) is int and abs(value) <= FARTHEST
    return isinstance(value, list) and len(value) == axes and all(_is_point(one, 1) for one in value)


def weights(variant: Bias) -> dict[str, Floats]:
    """Return small dyadic numbers: from −2 to 2, of a network from −1/2 to 1/2, and positive where they must be."""
    few, found = np.array([one for one in numbers() if one][:REPEATED], dtype=np.float64), {}
    for name, shape in variant.learned.items():
        given = np.roll(np.resize(few, shape or (1,)), name == "r2") / 64
        scaled = given / 4 if "weight" in name or "bias" in name else given
        positive = 2.0 ** -np.floor(np.abs(given) * 4) if name in ("r1", "r2", "c", "threshold") else scaled
        found[name] = positive.reshape(shape) * (64 if name == "threshold" else 1)
    return found


def compute(variant: Bias, inputs: Inputs, learned: Learned) -> Floats:
    """Return what is added, a row for each query and key, a column for each head."""
    return rows(bias(inputs["query_positions"], inputs["key_positions"], variant, learned=learned or None))


def rows(found: Floats) -> Floats:
    """Return (heads, nq, nk) as (nq·nk, heads)."""
    return np.moveaxis(found, 0, -1).reshape(-1, found.shape[0])


def certify(variant: Bias, inputs: Inputs, learned: Learned, bits: int) -> Sequence[Real]:
    """Return what is added, certified, row after row."""
    given = {name: one.tolist() for name, one in learned.items()} or None
    cls = [None] if isinstance(variant, SwinWindow) and variant.cls else []
    queries, keys = ([*cls, *map(_point, inputs[name])] for name in ("query_positions", "key_positions"))
    found: list[Real] = []
    for query in queries:
        by_head = exact.bias(query, keys, variant, bits, learned=given)
        found += [by_head[head][key] for key in range(len(keys)) for head in range(variant.heads)]
    return found


def _point(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def allowed(variant: Bias, inputs: Inputs, learned: Learned, dtype: str) -> Floats:
    """Return how far each term may be off."""
    queries, keys = inputs["query_positions"], inputs["key_positions"]
    return rows(bias_bound(variant, dtype, queries, keys, learned=learned or None))


def refused(variant: Bias) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs that must be refused."""
    axes = axis_count(variant)
    point: Any = 1 if axes == 1 else [1] * axes
    if axes > 1:
        yield "a coordinate too few", {"query_positions": [point[1:]], "key_positions": [point]}
    else:
        yield "a list where a position is due", {"query_positions": [point], "key_positions": 1}
    yield "a coordinate too many", {"query_positions": [[1] * (axes + 1)], "key_positions": [point]}
    if isinstance(variant, SwinWindow | SwinContinuous):
        h, _ = variant.window
        yield "farther apart than the window is high", {"query_positions": [[0, 0]], "key_positions": [[h, 0]]}


BIASES = Family(
    features=lambda variant: int(variant.heads),
    weights=weights,
    plan=plan,
    known=known,
    compute=compute,
    certify=certify,
    allowed=allowed,
    mistakes=partial(mistakes, compute),
    refused=refused,
)
