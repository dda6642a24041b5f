"""Turn pairs of features fast: block by block of rows, so that what is worked on stays in the processor's caches.

There are three ways to write y_c = x_a cos − x_b sin, y_d = x_b cos + x_a sin, each for a run of planes:

- `Literal`: as it stands, for any planes;
- `Halves`, where x_b stands K features after x_a: x ∘ C plus x with its halves exchanged ∘ S, the same
  products and sums and so the same bits;
- `Neighbours`, where x_b stands next to x_a: (x_a + i x_b)(cos + i sin), one complex product. Its last bit depends on
  whether the processor multiplies and adds in one step; the error stays within that of four products and two sums.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from refpos.variants.planes import Planes, planes
from refpos.variants.rotary import Rotary

Array = npt.NDArray[Any]
Index = tuple[slice, ...]
Columns = slice | Array

BLOCK = 3 * 2**17
"""How many bytes of features a block has at most; its tables, those before it, and products take five times as much."""


class Literal(NamedTuple):
    """Planes that read features (a, b), write (c, d), and take columns (first, second) of the tables."""

    a: Columns
    b: Columns
    c: Columns
    d: Columns
    first: Columns
    second: Columns

    def table(self, cos: Array, sin: Array) -> tuple[Array, ...]:
        """Return the cosines and sines of y_c, and those of y_d."""
        return cos[..., self.first], sin[..., self.first], cos[..., self.second], sin[..., self.second]

    def turn(self, x: Array, table: tuple[Array, ...], out: Array) -> None:
        """Write the turned features."""
        cos_c, sin_c, cos_d, sin_d = table
        x_a, x_b = x[..., self.a], x[..., self.b]
        y_c = x_a * cos_c - x_b * sin_c
        y_d = x_b * cos_d + x_a * sin_d
        out[..., self.c], out[..., self.d] = y_c, y_d


class Halves(NamedTuple):
    """Planes that read and write one stretch of features, its first half paired with its second."""

    features: slice
    first: Columns
    second: Columns

    def table(self, cos: Array, sin: Array) -> tuple[Array, ...]:
        """Return C = [cos | cos] and S = [−sin | sin]: what x brings to its own half, and to the other."""
        own, other = np.empty((2, *cos.shape[:-1], 2, (self.features.stop - self.features.start) // 2), cos.dtype)
        own[..., 0, :], own[..., 1, :] = cos[..., self.first], cos[..., self.second]
        np.negative(sin[..., self.first], out=other[..., 0, :])
        other[..., 1, :] = sin[..., self.second]
        return own, other

    def turn(self, x: Array, table: tuple[Array, ...], out: Array) -> None:
        """Write the turned features."""
        own, other = table
        halves = (*x.shape[:-1], *own.shape[-2:])
        x, out = x[..., self.features].reshape(halves), out[..., self.features].reshape(halves)
        brought = x[..., ::-1, :] * other
        np.multiply(x, own, out=out)
        out += brought


class Neighbours(NamedTuple):
    """Planes that read and write one stretch of features, each paired with the next."""

    features: slice
    columns: Columns

    def table(self, cos: Array, sin: Array) -> tuple[Array, ...]:
        """Return cos + i sin."""
        cos, sin = cos[..., self.columns], sin[..., self.columns]
        turns = np.empty(cos.shape, np.result_type(cos, np.complex64))
        turns.real, turns.imag = cos, sin
        return (turns,)

    def turn(self, x: Array, table: tuple[Array, ...], out: Array) -> None:
        """Write the turned features."""
        (turns,) = table
        x, out = (one[..., self.features].view(turns.dtype) for one in (x, out))
        np.multiply(x, turns, out=out)


Run = Literal | Halves | Neighbours


def turn_block(x: Array, out: Array, found: tuple[Run, ...], tables: list[tuple[Array, ...]], kept: Index) -> None:
    """Write a block of x turned by the tables of its runs into out, and what no plane writes as it is."""
    kind = tables[0][0].real.dtype
    wide, made = (x, out) if x.dtype == kind else (x.astype(kind),) * 2
    for run, table in zip(found, tables, strict=True):
        run.turn(wide, table, made)
    if made is not out:
        out[...] = made
    elif out is not x:
        for features in kept:
            out[..., features] = x[..., features]


def chunks(shape: tuple[int, ...], most: int) -> Iterator[Index]:
    """Yield where the blocks of an array are that hold at most so many elements, in order.

    Examples
    --------
    >>> list(chunks((2, 3), 2))[1:3]
    [(slice(0, 1, None), slice(2, 4, None)), (slice(1, 2, None), slice(0, 2, None))]
    """
    whole, axis = 1, len(shape)
    while axis and whole * shape[axis - 1] <= most:
        axis -= 1
        whole *= shape[axis]
    last = (slice(None),) * (len(shape) - axis)
    if not axis:
        yield last
        return
    step = max(1, most // max(1, whole))
    for lead in product(*(range(n) for n in shape[: axis - 1])):
        for start in range(0, shape[axis - 1], step):
            yield (*(slice(i, i + 1) for i in lead), slice(start, start + step), *last)


@lru_cache(maxsize=256)
def runs(variant: Rotary, features: int, dense: bool) -> tuple[tuple[Run, ...], Index]:
    """Return the runs of planes, and where the features stand that no plane writes; without `dense` all are literal."""
    every = planes(variant, features)
    fast: list[Run] = []
    rest: list[int] = []
    for start, stop in _stretches(every):
        run = _fast(Planes(*(part[start:stop] for part in every))) if dense else None
        rest += [] if run else range(start, stop)
        fast += [run] if run else []
    written = {feature for pair in every.write for feature in pair}
    kept = [feature for feature in range(features) if feature not in written]
    literal = [_literal(Planes(*(tuple(part[k] for k in rest) for part in every)))] if rest else []
    return (*fast, *literal), tuple(slice(one[0], one[-1] + 1) for one in _consecutive(kept))


def _stretches(every: Planes) -> Iterator[tuple[int, int]]:
    """Yield where planes begin and end that read on and on by steps of 1, or of 2."""
    start, before = 0, None
    for k, ((a, b), (c, d)) in enumerate(pairwise(every.read), start=1):
        step = (c - a, d - b)
        if step not in {(1, 1), (2, 2)} or before not in {None, step}:
            yield start, k
            start, before = k, None
        else:
            before = step
    yield start, len(every.read)


def _fast(part: Planes) -> Halves | Neighbours | None:
    count, (start, _) = len(part.read), part.read[0]
    features, (first, second) = slice(start, start + 2 * count), zip(*part.columns, strict=True)
    if part.read != part.write:
        return None
    if first == second and part.read == tuple((start + 2 * k, start + 2 * k + 1) for k in range(count)):
        return Neighbours(features, _index(first))
    if part.read == tuple((start + k, start + k + count) for k in range(count)):
        return Halves(features, _index(first), _index(second))
    return None


def _literal(part: Planes) -> Literal:
    return Literal(*(_index(one) for pairs in part for one in zip(*pairs, strict=True)))


def _index(numbers: tuple[int, ...]) -> Columns:
    """Return numbers as a slice where they follow one another: what a slice takes is not copied."""
    (whole, *others) = _consecutive(numbers)
    return np.array(numbers) if others else slice(whole[0], whole[-1] + 1)


def _consecutive(numbers: Sequence[int]) -> list[list[int]]:
    """Return numbers in groups of which each goes on by 1."""
    found: list[list[int]] = []
    for one in numbers:
        if found and found[-1][-1] + 1 == one:
            found[-1].append(one)
        else:
            found.append([one])
    return found
