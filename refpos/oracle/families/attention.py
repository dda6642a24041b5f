"""Attention in golden files: logits, or what is made of values where the encoding shows there alone.

Logits have a row for each query and key, the keys of the first query first, and a column for each head, which have
queries and keys in common. What is made of values has a row for each query and a column for each of their features.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from refpos.errors import require
from refpos.exact import attention as exact
from refpos.exact.ball import Real
from refpos.oracle.attentions import attend_bound, scores_bound
from refpos.oracle.families import bias as biases
from refpos.oracle.families.attention_mistakes import mistakes
from refpos.oracle.families.attention_places import plan_places
from refpos.oracle.families.family import Family, Inputs, Learned, filled
from refpos.oracle.inputs import numbers
from refpos.spec.attention import attend, scores
from refpos.spec.precise import Floats
from refpos.variants.attention import AnyAttention, Attention, Fope, Layers, LinearAttention, axis_count
from refpos.variants.frequencies import plane_count
from refpos.variants.relative import KEYS, Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL

WIDTH = 8
"""How wide queries and keys are where no frequency depends on it."""
HEADS = 2
"""How many heads there are where all are treated alike."""
POSITIONS = 4
"""How many rows CoPE has, so that counts reach the last."""
COUNT = 5
"""How many keys there are where each has gates."""
VALUES = 4
"""How wide values are that are not turned."""
MOST = 256
"""How many pairs of a query and a key a case may have."""
FARTHEST = 2.0**53
REPEATED = {"q": 29, "k": 31, "v": 37}
"""How many numbers fill features again and again: primes, so that no two rows are the same."""


def narrowed(variant: AnyAttention | Layers) -> Any:
    """Return an attention with few heads, and few features where no frequency depends on their number."""
    match variant:
        case Shaw() | Decomposed():
            return replace(variant, width=WIDTH)
        case TransformerXL() | Deberta():
            return replace(variant, heads=HEADS, width=WIDTH)
        case Cope():
            return replace(variant, positions=POSITIONS, width=WIDTH)
        case Fope() | Pope() | Fox():
            return replace(variant, heads=HEADS)
        case _:
            return variant


def at_layer(variant: AnyAttention | Layers, inputs: Inputs) -> AnyAttention:
    """Return the attention of the layer that inputs name, or the only one there is."""
    return variant.layer(inputs["layer"]) if isinstance(variant, Layers) else variant


def outputs(variant: AnyAttention | Layers) -> bool:
    """Return whether what is due is made of values: some keys may not be seen, or logits do not tell everything."""
    match variant:
        case Attention(rotate=sides):
            return bool({"value", "output"} & set(sides))
        case Shaw(values=values):
            return values
        case _:
            return isinstance(variant, Layers | LinearAttention)


def head_count(one: AnyAttention | Layers) -> int | None:
    """Return how many heads there are, None where they do not differ."""
    found = one.bias if isinstance(one, Attention) else one
    return getattr(found, "heads", None)


def width(variant: AnyAttention | Layers) -> int:
    """Return how wide queries and keys are."""
    if isinstance(variant, Layers):
        return max(width(one) for one in variant.attentions if one is not None)
    own = getattr(variant, "width", None)
    rotary = getattr(variant, "rotary", None)
    if own is not None or rotary is None:
        return int(own or WIDTH)
    turned = 2 * plane_count(rotary.frequencies)
    return turned - 2 * rotary.offset if rotary.offset < 0 else turned


def features(variant: AnyAttention | Layers) -> int:
    """Return how many heads logits have, or how many features values have."""
    if not outputs(variant):
        return head_count(variant) or 1
    if isinstance(variant, Shaw):
        return variant.width
    turned = isinstance(variant, Attention)
    return width(variant) if turned else VALUES


def weights(variant: AnyAttention | Layers) -> dict[str, Floats]:
    """Return small dyadic numbers: up to 1/2, gates up to 2, angles up to 8."""
    if isinstance(variant, Layers):
        return {}
    if isinstance(variant, Attention) and variant.bias is not None:
        return biases.weights(variant.bias)
    few, found = np.array([one for one in numbers() if one], dtype=np.float64), {}
    for number, (name, shape) in enumerate(variant.learned.items()):
        sizes = tuple(COUNT if n == KEYS else n for n in shape)
        fill = np.resize(np.roll(few, -17 * number)[: biases.REPEATED], sizes)
        found[name] = fill / {"gates": 16, "angles": 4}.get(name, 64)
    return found


def plan(variant: AnyAttention | Layers) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield comments and inputs."""
    for words, layer, queries, keys in plan_places(variant, COUNT):
        inputs = {"q": _filling("q", len(queries), width(variant)), "k": _filling("k", len(keys), width(variant))}
        if outputs(variant):
            inputs["v"] = _filling("v", len(keys), features(variant))
        own = {} if layer is None else {"layer": layer}
        yield words, {**inputs, "query_positions": queries, "key_positions": keys, **own}


def _filling(name: str, n: int, wide: int) -> dict[str, Any]:
    start, size = 100 * "qkv".index(name), min(REPEATED[name], n * wide)
    few = [one / 16 for one in numbers() if one][start : start + size]
    return {"shape": [n, wide], "repeat": few}


def known(variant: AnyAttention | Layers, inputs: Inputs, where: str) -> None:
    """Raise `SpecError` unless inputs are queries and keys, where they stand, and values and a layer where due."""
    names = {"q", "k", "query_positions", "key_positions"}
    names |= ({"v"} if outputs(variant) else set()) | ({"layer"} if isinstance(variant, Layers) else set())
    require(set(inputs) == names, f"{where}: inputs must be {', '.join(sorted(names))}", sorted(inputs))
    if isinstance(variant, Layers):
        fine = type(inputs["layer"]) is int and inputs["layer"] >= 0
        require(fine, f"{where}: layer must be an int of at least 0", inputs["layer"])
    axes = axis_count(at_layer(variant, inputs))
    for name in ("query_positions", "key_positions"):
        given = inputs[name]
        fine = isinstance(given, list) and len(given) > 0 and all(_is_point(one, axes) for one in given)
        require(fine, f"{where}: {name} must be a list of whole numbers, for each axis one", given)
    n, m = (len(inputs[name]) for name in ("query_positions", "key_positions"))
    require(n * m <= MOST, f"{where}: pairs of a query and a key must be at most {MOST}", n * m)
    if isinstance(variant, Decomposed):
        _known_cells(variant, inputs, where)
    gated = KEYS in {one for shape in getattr(variant, "learned", {}).values() for one in shape}
    require(not gated or m == COUNT, f"{where}: there must be {COUNT} keys, for as many have gates", m)
    for name, shape in (("q", [n, width(variant)]), ("k", [m, width(variant)]), ("v", [m, features(variant)])):
        if name in names:
            _known_features(inputs[name], shape, f"{where}: {name}")


def _known_cells(variant: Decomposed, inputs: Inputs, where: str) -> None:
    queries, keys = (np.array(inputs[name]) for name in ("query_positions", "key_positions"))
    away = np.abs(queries[:, None] - keys)
    require((away < variant.window).all(), f"{where}: cells must lie within one window of {variant.window}", away.max())


def _known_features(given: Any, shape: list[int], where: str) -> None:
    fine = isinstance(given, dict) and set(given) == {"shape", "repeat"}
    require(fine, f"{where} must have shape and repeat", given)
    require(given["shape"] == shape, f"{where} must have shape {shape}", given["shape"])
    repeat = given["repeat"]
    fine = isinstance(repeat, list) and len(repeat) > 0
    fine = fine and all(type(one) in (int, float) and math.isfinite(one) for one in repeat)
    require(fine, f"{where} must repeat a list of finite numbers", repeat)


def _is_point(value: Any, axes: int) -> bool:
    if axes == 1:
        return type(value) is int and abs(value) <= FARTHEST
    return isinstance(value, list) and len(value) == axes and all(_is_point(one, 1) for one in value)


def compute(variant: AnyAttention | Layers, inputs: Inputs, learned: Learned) -> Floats:
    """Return logits, a row for each query and key, or outputs, a row for each query."""
    one = at_layer(variant, inputs)
    q, k = (_of_heads(filled(inputs[name]), one) for name in ("q", "k"))
    places = inputs["query_positions"], inputs["key_positions"]
    if "v" in inputs:
        return attend(q, k, filled(inputs["v"]), *places, one, learned=learned or None)
    return rows(scores(q, k, *places, one, learned=learned or None))


def _of_heads(x: Floats, one: AnyAttention) -> Floats:
    heads = head_count(one)
    return x if heads is None else np.repeat(x[None], heads, axis=0)


def rows(found: Floats) -> Floats:
    """Return ([heads,] nq, nk) as (nq·nk, heads)."""
    found = found[None] if found.ndim == 2 else found
    return np.moveaxis(found, 0, -1).reshape(-1, found.shape[0])


def certify(variant: AnyAttention | Layers, inputs: Inputs, learned: Learned, bits: int) -> Sequence[Real]:
    """Return the same, certified, row after row."""
    one = at_layer(variant, inputs)
    q, k = (filled(inputs[name]).tolist() for name in ("q", "k"))
    given = {name: array.tolist() for name, array in learned.items()} or None
    queries, keys = ([_point(p) for p in inputs[name]] for name in ("query_positions", "key_positions"))
    found: list[Real] = []
    for x, query in zip(q, queries, strict=True):
        if "v" in inputs:
            v = filled(inputs["v"]).tolist()
            found += exact.attend(x, k, v, query, keys, one, bits, learned=given)
            continue
        heads = range(head_count(one) or 1)
        by_head = [exact.scores(x, k, query, keys, one, bits, learned=given, head=head) for head in heads]
        found += [logit for key in zip(*by_head, strict=True) for logit in key if logit is not None]
    return found


def _point(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def allowed(variant: AnyAttention | Layers, inputs: Inputs, learned: Learned, dtype: str) -> Floats:
    """Return how far each element may be off."""
    one = at_layer(variant, inputs)
    q, k = (_of_heads(filled(inputs[name]), one) for name in ("q", "k"))
    i, j = (np.array(inputs[name], dtype=np.float64) for name in ("query_positions", "key_positions"))
    if "v" in inputs:
        return attend_bound(q, k, filled(inputs["v"]), i, j, one, dtype, learned=dict(learned))
    return rows(scores_bound(q, k, i, j, one, dtype, learned=dict(learned)))


def refused(variant: AnyAttention | Layers) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs that must be refused."""
    _, fine = next(plan(variant))
    wide = fine["k"]["shape"]
    yield "a feature of keys too few", {**fine, "k": {**fine["k"], "shape": [wide[0], wide[1] - 1]}}
    queries, keys = (fine[name] for name in ("query_positions", "key_positions"))
    yield "a position of queries too many", {**fine, "query_positions": [*queries, queries[0]]}
    yield "a position of keys too few", {**fine, "key_positions": keys[1:]}
    if outputs(variant):
        yield "a value too few", {**fine, "v": {**fine["v"], "shape": [wide[0] - 1, features(variant)]}}
    if isinstance(variant, Layers):
        yield "a layer before the first", {**fine, "layer": -1}
    if isinstance(variant, Decomposed):
        h, _ = variant.window
        far = {"query_positions": [[0, 0]] * len(queries), "key_positions": [[h, 0]] * len(keys)}
        yield "farther apart than the window is high", {**fine, **far}


ATTENTIONS = Family(
    narrowed=narrowed,
    features=features,
    weights=weights,
    plan=plan,
    known=known,
    compute=compute,
    certify=certify,
    allowed=allowed,
    mistakes=partial(mistakes, compute),
    refused=refused,
)
