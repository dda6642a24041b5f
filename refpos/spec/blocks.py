"""Arrays cut into blocks, so that what is worked on stays in the processor's caches."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, product
from math import prod
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
Index = tuple[slice, ...]
Parts = Callable[..., Iterable[tuple[Array, ...]]]
"""What cuts arrays into blocks, the same for each."""


def whole(*arrays: Array) -> tuple[tuple[Array, ...]]:
    """Return arrays as one block."""
    return (arrays,)


def pieces(lengths: tuple[int, ...], most: int, *arrays: Array) -> Iterable[tuple[Array, ...]]:
    """Return arrays whose first axes have these lengths in blocks of at most so many of their items.

    Examples
    --------
    >>> import numpy as np
    >>> [block.tolist() for (block,) in pieces((3,), 2, np.array([[1, 2], [3, 4], [5, 6]]))]
    [[[1, 2], [3, 4]], [[5, 6]]]
    >>> [block.tolist() for (block,) in pieces((3,), 1, np.array([[1, 2], [3, 4], [5, 6]]))]
    [[1, 2], [3, 4], [5, 6]]
    """
    if prod(lengths) <= most:
        return (arrays,)
    first, *rest = lengths
    step = most // prod(rest)
    if step > 1:
        return (tuple(one[start : start + step] for one in arrays) for start in range(0, first, step))
    items = zip(*arrays, strict=True)
    return chain.from_iterable(pieces(tuple(rest), most, *each) for each in items) if rest else items


def chunks(shape: tuple[int, ...], most: int) -> Iterator[Index]:
    """Return where the blocks of an array stand that hold at most so many elements, in order.

    Examples
    --------
    >>> list(chunks((2, 3), 2))[1:3]
    [(slice(0, 1, None), slice(2, 4, None)), (slice(1, 2, None), slice(0, 2, None))]
    """
    held, axis = 1, len(shape)
    while axis and held * shape[axis - 1] <= most:
        axis -= 1
        held *= shape[axis]
    spans = [[slice(i, i + 1) for i in range(n)] for n in shape[: max(0, axis - 1)]]
    if axis:
        step = max(1, most // max(1, held))
        spans.append([slice(i, i + step) for i in range(0, shape[axis - 1], step)])
    return product(*spans, *[[slice(None)]] * (len(shape) - axis))
