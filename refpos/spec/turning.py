"""Turn pairs of features fast: block by block of rows, so that what is worked on stays in the processor's caches.

There are four ways to write y_c = x_a cos − x_b sin, y_d = x_b cos + x_a sin, each for a run of planes:

- `Literal`: as it stands, for any planes;
- `Sides`, where x_b stands K features after x_a: x cos plus x with its sides exchanged times ∓sin, the same products
  and sums and so the same bits;
- `Halves`, the same for many rows: the tables are spread out, and halves exchanged as if each were one item;
- `Neighbours`, where x_b stands next to x_a: (x_a + i x_b)(cos + i sin), one complex product. Its last bit depends on
  whether the processor multiplies and adds in one step; the error stays within that of four products and two sums.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from refpos.variants.planes import Planes, planes
from refpos.variants.rotary import Rotary

Array = npt.NDArray[Any]
Kind = np.dtype[Any]
Index = tuple[slice, ...]
Columns = slice | Array
Parts = Callable[..., Iterable[tuple[Array, ...]]]
"""What cuts arrays of features that share a table into blocks, the same for each."""

SIGNS: dict[Kind, Array] = {np.dtype(one): np.array([[-1], [1]], one) for one in (np.float32, np.float64)}
COMPLEX: dict[Kind, Kind] = {
    np.dtype(np.float32): np.dtype(np.complex64),
    np.dtype(np.float64): np.dtype(np.complex128),
}

SMALL = 2**12
"""A complex table of fewer numbers is made sooner than it is found to have been made."""


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

    def turn(self, x: Array, table: tuple[Array, ...], out: Array, parts: Parts) -> None:
        """Write the turned features."""
        cos_c, sin_c, cos_d, sin_d = table
        for here, there in parts(x, out):
            x_a, x_b = here[..., self.a], here[..., self.b]
            y_c = x_a * cos_c - x_b * sin_c
            y_d = x_b * cos_d + x_a * sin_d
            there[..., self.c], there[..., self.d] = y_c, y_d


class Sides(NamedTuple):
    """Planes that read and write one stretch of features, one side of which is paired with the other."""

    features: slice
    columns: Columns

    def table(self, cos: Array, sin: Array) -> tuple[Array, ...]:
        """Return cos, and sin with both signs."""
        return cos[..., None, self.columns], sin[..., None, self.columns] * SIGNS[sin.dtype]

    def turn(self, x: Array, table: tuple[Array, ...], out: Array, _: Parts) -> None:
        """Write the turned features, in one piece: they are few."""
        cos, sin = table
        sides = (*x.shape[:-1], 2, cos.shape[-1])
        x, out = x[..., self.features].reshape(sides), out[..., self.features].reshape(sides)
        brought = x[..., ::-1, :] * sin
        np.multiply(x, cos, out)
        np.add(out, brought, out)


class Halves(NamedTuple):
    """Planes as those of `Sides`, where a table serves so many rows that it is spread out over both halves."""

    features: slice
    first: Columns
    second: Columns

    def table(self, cos: Array, sin: Array) -> tuple[Array, ...]:
        """Return C = [cos | cos] and S = [−sin | sin]: what x brings to its own half, and to the other."""
        own, other = np.empty((2, *cos.shape[:-1], self.features.stop - self.features.start), cos.dtype)
        count = own.shape[-1] // 2
        own[..., :count], own[..., count:] = cos[..., self.first], cos[..., self.second]
        np.negative(sin[..., self.first], out=other[..., :count])
        other[..., count:] = sin[..., self.second]
        return own, other

    def turn(self, x: Array, table: tuple[Array, ...], out: Array, parts: Parts) -> None:
        """Write the turned features. First they are read in order: when exchanged, they come from caches."""
        own, other = table
        x, out = x[..., self.features], out[..., self.features]
        half, in_place = f"V{x.shape[-1] // 2 * x.itemsize}", np.may_share_memory(x, out)
        sides, shape = x.view(half), None
        for here, there, first, second in parts(x, out, sides[..., 0], sides[..., 1]):
            if here.shape != shape:  # once, and for the last block
                shape = here.shape
                brought, spare = np.empty((2, *shape), x.dtype)
                to_first, to_second = (brought.view(half)[..., k] for k in (0, 1))
            kept = np.multiply(here, own, spare if in_place else there)
            to_first[...], to_second[...] = second, first
            np.multiply(brought, other, brought)
            np.add(kept, brought, there)


class Neighbours(NamedTuple):
    """Planes that read and write one stretch of features, each paired with the next."""

    features: slice
    columns: Columns

    def table(self, cos: Array, sin: Array) -> tuple[Array, ...]:
        """Return cos + i sin."""
        made = self.made(cos, sin)
        if made is not None:
            return (made,)
        turns = cos[..., self.columns].astype(COMPLEX[cos.dtype])
        turns.imag = sin[..., self.columns]
        return (turns,)

    def made(self, cos: Array, sin: Array) -> Array | None:
        """Return the same where it has been made: where the two are its parts, as `cos_sin` makes them."""
        return joined(cos[..., self.columns], sin[..., self.columns]) if cos.size >= SMALL else None

    def turn(self, x: Array, table: tuple[Array, ...], out: Array, _: Parts) -> None:
        """Write the turned features, in one piece: nothing is held beside them."""
        (turns,) = table
        x, out = (one[..., self.features].view(turns.dtype) for one in (x, out))
        np.multiply(x, turns, out=out)


Run = Literal | Sides | Halves | Neighbours
BLOCK: dict[type[Run], int] = {Literal: 2**17, Halves: 2**17, Neighbours: 3 * 2**18}
"""How many bytes of features a block has at most, where they are not few: its tables and products fit in caches."""


def joined(real: Array, imaginary: Array) -> Array | None:
    """Return the complex array of which two arrays are the real and the imaginary parts, or a view of it.

    Examples
    --------
    >>> turns = np.exp(1j * np.arange(3))
    >>> joined(turns.real[1:], turns.imag[1:])
    array([ 0.54030231+0.84147098j, -0.41614684+0.90929743j])
    >>> joined(turns.imag, turns.real) is None
    True
    """
    both = real.base
    if both is None or both is not imaginary.base or both.dtype != COMPLEX.get(real.dtype):
        return None
    if real.shape != imaginary.shape or real.strides != imaginary.strides or not both.flags.c_contiguous:
        return None
    start, first, second = (one.__array_interface__["data"][0] for one in (both, real, imaginary))
    if (first - start) % both.itemsize or second - first != real.itemsize:
        return None
    return np.ndarray(real.shape, both.dtype, both, first - start, real.strides)


def whole(*arrays: Array) -> tuple[tuple[Array, ...]]:
    """Return arrays as one block."""
    return (arrays,)


def pieces(lengths: tuple[int, ...], most: int, *arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Yield arrays whose first axes have these lengths in blocks of at most so many of their items, or one.

    Examples
    --------
    >>> [block.tolist() for (block,) in pieces((3,), 2, np.array([[1, 2], [3, 4], [5, 6]]))]
    [[[1, 2], [3, 4]], [[5, 6]]]
    >>> [block.tolist() for (block,) in pieces((3,), 1, np.array([[1, 2], [3, 4], [5, 6]]))]
    [[1, 2], [3, 4], [5, 6]]
    """
    if prod(lengths) <= most:
        yield arrays
        return
    first, *rest = lengths
    step = most // prod(rest)
    if step > 1:
        for start in range(0, first, step):
            yield tuple(one[start : start + step] for one in arrays)
    elif rest:
        for each in zip(*arrays, strict=True):
            yield from pieces(tuple(rest), most, *each)
    else:
        yield from zip(*arrays, strict=True)


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


@lru_cache(maxsize=256)
def runs(variant: Rotary, features: int, dense: bool, few: bool = False) -> tuple[tuple[Run, ...], Index]:
    """Return the runs of planes, and where the features stand that no plane writes; without `dense` all are literal."""
    every = planes(variant, features)
    fast: list[Run] = []
    rest: list[int] = []
    for start, stop in _stretches(every):
        run = _fast(Planes(*(part[start:stop] for part in every)), few) if dense else None
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


def _fast(part: Planes, few: bool) -> Run | None:
    count, (start, _) = len(part.read), part.read[0]
    features, (first, second) = slice(start, start + 2 * count), zip(*part.columns, strict=True)
    if part.read != part.write:
        return None
    if first == second and part.read == tuple((start + 2 * k, start + 2 * k + 1) for k in range(count)):
        return Neighbours(features, _index(first))
    if part.read == tuple((start + k, start + k + count) for k in range(count)):
        spread = Halves(features, _index(first), _index(second))
        return Sides(features, spread.first) if few and first == second else spread
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
