"""The integer structure of a variant: which features each plane reads and writes, and in which order.

This is only counting, so it is written once, for every rendering of a variant.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, assert_never

from refpos.errors import require
from refpos.variants.frequencies import Bands, Frequencies, plane_count
from refpos.variants.rotary import Pairing, Rotary
from refpos.variants.sinusoidal import Sinusoidal

Pairs = tuple[tuple[int, int], ...]


class Planes(NamedTuple):
    """For each plane the two features it reads, the two it writes, and the columns of cosine and sine they take."""

    read: Pairs
    write: Pairs
    columns: Pairs


def planes(variant: Rotary, features: int) -> Planes:
    """Return which features each plane of a rotary variant reads and writes.

    Parameters
    ----------
    variant : Rotary
    features : int
        The width of the vectors that are rotated, rotated features and others.

    Raises
    ------
    SpecError
        If the vectors are narrower than the variant.

    Examples
    --------
    >>> planes(Rotary(Frequencies((0, 0)), offset=-4), 6).read
    ((2, 4), (3, 5))
    """
    require(isinstance(variant, Rotary), "variant must be Rotary", variant)
    require(type(features) is int, "features must be an int", features)
    return _planes(variant, features)


@lru_cache(maxsize=256)
def _planes(variant: Rotary, features: int) -> Planes:
    width = 2 * plane_count(variant.frequencies)
    start = variant.offset if variant.offset >= 0 else features + variant.offset
    require(
        start >= 0 and start + width <= features,
        f"features must hold the {width} that are rotated from feature {variant.offset} on",
        features,
    )
    read = tuple((start + a, start + b) for a, b in _pairs(variant, variant.pairing))
    write = tuple((start + a, start + b) for a, b in _pairs(variant, variant.write or variant.pairing))
    return Planes(read, write, _columns(variant))


def width(variant: Rotary | Sinusoidal) -> int:
    """Return the least number of features that holds a rotary variant, or the width of a sinusoidal one.

    Examples
    --------
    >>> width(Rotary(Frequencies((0, 0)), offset=3))
    7
    """
    rotated = 2 * plane_count(variant.frequencies)
    match variant:
        case Sinusoidal(width=given):
            return rotated if given is None else given
        case Rotary(offset=offset):
            return max(offset + rotated, -offset)
        case _:
            assert_never(variant)


def blocks(variant: Sinusoidal) -> tuple[tuple[int, ...], ...]:
    """Return the planes of each block of a sinusoidal variant, in the order in which blocks are written."""
    every = tuple(range(plane_count(variant.frequencies)))
    if variant.blocks == "function" or not isinstance(variant.frequencies, Frequencies | Bands):
        return (every,)
    axes = variant.frequencies.axes
    if variant.blocks == "band":
        size = len(set(axes))
        return tuple(every[k : k + size] for k in every[::size])
    return tuple(tuple(k for k in every if axes[k] == axis) for axis in dict.fromkeys(axes))


@lru_cache(maxsize=256)
def feature_places(variant: Sinusoidal) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return the features that hold the sines, those that hold the cosines, and the plane of each, block by block.

    Examples
    --------
    >>> feature_places(Sinusoidal(Frequencies((0, 0)), order="sin-cos"))
    ((0, 1), (2, 3), (0, 1))
    """
    found, start = [], 0
    for block in blocks(variant):
        size = len(block)
        sine, cosine, step = {
            "interleaved": (0, 1, 2),
            "interleaved-cos": (1, 0, 2),
            "sin-cos": (0, size, 1),
            "cos-sin": (size, 0, 1),
        }[variant.order]
        found += [(start + sine + step * j, start + cosine + step * j, k) for j, k in enumerate(block)]
        start += 2 * size
    sines, cosines, columns = zip(*found, strict=True)
    return sines, cosines, columns


def _pairs(variant: Rotary, pairing: Pairing) -> Pairs:
    count = plane_count(variant.frequencies)
    match pairing:
        case "half":
            return tuple((k, k + count) for k in range(count))
        case "interleaved":
            return tuple((2 * k, 2 * k + 1) for k in range(count))
        case "blocked":
            return _inside(variant, lambda j, size: (j, j + size), step=2)
        case _:
            assert_never(pairing)


def _columns(variant: Rotary) -> Pairs:
    count = plane_count(variant.frequencies)
    match variant.columns:
        case "paired":
            return tuple((k, k) for k in range(count))
        case "repeated":
            return tuple((k // 2, (k + count) // 2) for k in range(count))
        case "tiled":
            return _inside(variant, lambda j, size: (2 * j % size, (2 * j + 1) % size), step=1)
        case _:
            assert_never(variant.columns)


def _inside(variant: Rotary, pair: Callable[[int, int], tuple[int, int]], step: int) -> Pairs:
    """Pair the planes of each axis's block by their place j in it; a block starts `step` on per plane before it."""
    assert isinstance(variant.frequencies, Frequencies | Bands)
    axes = variant.frequencies.axes
    found = []
    for k, axis in enumerate(axes):
        first, size = axes.index(axis), axes.count(axis)
        a, b = pair(k - first, size)
        found.append((step * first + a, step * first + b))
    return tuple(found)
