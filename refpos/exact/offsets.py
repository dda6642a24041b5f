"""Offsets between positions, certified: which row of a table serves a query and a key."""

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from refpos.errors import require
from refpos.exact.angles import Position
from refpos.variants.bias import T5Buckets
from refpos.variants.window import SwinContinuous, SwinWindow, differences

Point = tuple[Fraction, ...]

CLS = None
"""The class token, which has no position."""

Cell = Position | None


def rows(
    i: Point | None, keys: Sequence[Point | None], variant: T5Buckets | SwinWindow | SwinContinuous
) -> tuple[int, ...]:
    """Return the index of a query and each of its keys."""
    cls = isinstance(variant, SwinWindow) and variant.cls
    for p in (i, *keys):
        require(cls or p is not CLS, "positions must be numbers, for the variant has no class token", p)
        require(p is CLS or all(x.denominator == 1 and abs(x) <= 2**53 for x in p), "positions must be integers", p)
    return tuple(_row(i, j, variant) for j in keys)


def _row(i: Point | None, j: Point | None, variant: T5Buckets | SwinWindow | SwinContinuous) -> int:
    if i is None or j is None:
        assert isinstance(variant, SwinWindow)
        return differences(variant.window) + (0 if j is not None else 1 if i is not None else 2)
    offset = [int(a - b) for a, b in zip(i, j, strict=True)]
    match variant:
        case T5Buckets():
            return bucket(-offset[0], variant)
        case SwinWindow(window=(h, w)) | SwinContinuous(window=(h, w)):
            require(
                abs(offset[0]) < h and abs(offset[1]) < w, f"cells must lie within one window of {h} by {w}", offset
            )
            return (offset[0] + h - 1) * (2 * w - 1) + offset[1] + w - 1
        case _:
            assert_never(variant)


def row(one: int, window: tuple[int, int]) -> tuple[int, int]:
    """Return the difference (δ_y, δ_x) that has an index: what `rows` undoes.

    Examples
    --------
    >>> [row(one, (1, 2)) for one in range(3)]
    [(0, -1), (0, 0), (0, 1)]
    """
    h, w = window
    y, x = divmod(one, 2 * w - 1)
    return y - h + 1, x - w + 1


def bucket(relative: int, variant: T5Buckets) -> int:
    r"""Return the bucket of key − query.

    For r >= e it is e + t with the greatest t < n − e for which r/e >= (D/e)^(t/(n − e)). Both sides are positive, so
    this is r^(n−e) e^t >= D^t e^(n−e), in integers: no logarithm decides.

    Examples
    --------
    >>> [bucket(r, T5Buckets(heads=1)) for r in (-128, -64, -63, 0, 1)]
    [15, 14, 13, 0, 17]
    """
    e, far, most = variant.near, variant.side - variant.near, variant.distance
    upper = variant.side if variant.bidirectional and relative > 0 else 0
    r = abs(relative) if variant.bidirectional else max(-relative, 0)
    if r < e:
        return upper + r
    return upper + e + [r**far * e**t >= most**t * e**far for t in range(1, far)].count(True)
