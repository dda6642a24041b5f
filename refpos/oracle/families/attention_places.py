"""Where queries and keys stand in golden files of attention: near, far, and where some rule begins or ends."""

from collections.abc import Iterator
from typing import Any

from refpos.variants.attention import AnyAttention, Attention, Chunks, Layers, Local, ReRope, axis_count
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Shaw
from refpos.variants.temperature import LogCount, LogFloor

Spot = tuple[str, list[Any], list[Any]]

LINE: tuple[Spot, ...] = (
    ("near, keys before and after", [1, 5], [0, 2, 3, 9]),
    ("beyond the integers of bfloat16", [257, 300], [0, 256, 258]),
    ("unsorted, apart", [376, 164], [165, 12, 375]),
    ("one query, as in decoding", [4095], [0, 1000, 4090, 4094]),
)
OWN: Spot = ("a key where the query stands", [9], [9, 4])
"""The diagonal of every causal attention: last, and not where others have it already, those counted or on a plane."""
HEADED: tuple[Spot, ...] = (("every head, near", [5], [0, 2, 9]), *LINE[1:])
"""Fewer pairs, where each has as many logits as there are heads."""
PLANE: tuple[Spot, ...] = (
    ("near", [[0, 1], [3, 2]], [[0, 0], [2, 5], [3, 2]]),
    ("not on a diagonal", [[2, 7]], [[9, 1], [0, 12], [2, 3], [5, 7]]),
)
COUNTED: tuple[Spot, ...] = (
    ("near, keys before and after", [2, 5], [0, 1, 2, 3, 4, 6]),
    ("counts that reach the last row", [9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ("unsorted, apart", [376, 164], [165, 12, 376, 164]),
)


def plan_places(variant: AnyAttention | Layers, count: int) -> Iterator[tuple[str, int | None, list[Any], list[Any]]]:
    """Yield words, the layer if there are some, and the positions of queries and keys.

    Parameters
    ----------
    variant : attention or Layers
    count : int
        How many keys there are where each has gates.
    """
    if not isinstance(variant, Layers):
        for words, queries, keys in _spots(variant, count):
            yield words, None, queries, keys
        return
    last = len(variant.attentions)
    for layer, most in ((0, 3), (last - 1, 3), (last, 1), (last - 2, 1)):
        for words, queries, keys in _spots(variant.layer(layer), count)[:most]:
            yield f"{words}, layer {layer}", layer, queries, keys


def _spots(one: AnyAttention, count: int) -> list[Spot]:
    found = list(LINE)
    match one:
        case Attention():
            found = _attention(one)
        case Shaw(distance=k):
            found.append(("at the clip", [40], [40 + way * k + step for way in (-1, 1) for step in (-1, 0, 1)]))
        case Deberta():
            found.append(_ends(one))
        case Decomposed(window=(h, w)):
            corners = [[0, w - 1], [h - 1, 0], [h - 1, w - 1]]
            return [*PLANE, ("the corners of the window", [[0, 0], [h - 1, w - 1]], corners)]
        case Cope():
            return list(COUNTED)
        case Fox():
            return [(words, queries, _gated(keys, count)) for words, queries, keys in (*LINE, OWN)]
    return [*found, OWN] if axis_count(one) == 1 else found


def _gated(keys: list[Any], count: int) -> list[Any]:
    """Return as many keys as have gates, more of them before the others."""
    return [*keys, *(one for one in (7, 11, 13) if one not in keys)][:count]


def _ends(one: Deberta) -> Spot:
    d, m = one.distance, (one.buckets or 8) // 2
    away = (1, m, m + 1, m + 3, d - 2, d - 1, d, d + 1, 2 * d)
    return "the ends of tables and buckets", [3 * d], [3 * d + way * r for r in away for way in (-1, 1)]


def _attention(one: Attention) -> list[Spot]:
    """Return positions for turns and biases, and where the temperature, the maps and the reach change."""
    line = LINE if one.bias is None else HEADED
    spots = list(line if axis_count(one) == 1 else PLANE)
    match one.temperature:
        case LogFloor(interval=n, offset=offset):
            spots.insert(0, ("where queries are sharpened", [n - 1 - offset, n - offset], [n - 40, n - 9, n - 3]))
            spots.append(("sharpened again and again", [4 * n - 1, 4 * n], [4 * n - 40, 4 * n - 9, 4 * n - 3]))
        case LogCount(base=int(n)):
            spots.append(("at the length of training and beyond", [n - 1, n, 2 * n], [n - 3, n - 2]))
            spots.append(("of more keys", [40], [0, 3, 5, 11, 17, 23, 31, 38]))
    match one.rectify:
        case ReRope(window=w):
            p = int(w)
            spots.append(("at the end of the window", [p, p + 88], [0, 1, 2, 87, 89, 90]))
    match one.reach:
        case Local(width=n):
            spots.insert(0, ("at the end of the reach", [40], [40 - n, 41 - n, 42 - n, 38, 39 + n, 40 + n]))
        case Chunks(length=n):
            spots.insert(0, ("at the end of a chunk", [n - 1, n + 1], [n - 3, n - 2, n, n + 2]))
    return spots if one.reach is None else spots[:1] + _close(one.reach)


def _close(reach: Local | Chunks) -> list[Spot]:
    """Return queries that see some keys, and not others."""
    if isinstance(reach, Local):
        return [("near, keys before and after", [1, 5], [0, 2, 9, 30]), ("apart", [376], [363, 12, 375])]
    n = reach.length
    return [("near, keys before and after", [1, 5], [0, 2, 9, n]), ("apart", [2 * n + 376], [2 * n + 12, 2 * n, n])]
