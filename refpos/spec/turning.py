"""Turn pairs of features fast: block by block of rows, so that what is worked on stays in the processor's caches.

There are four ways to write y_c = x_a cos − x_b sin, y_d = x_b cos + x_a sin, each for a run of planes:

- `Literal`: as it stands, for any planes;
- `Sides`, where x_b stands K features after x_a: x cos plus x with its sides exchanged times ∓sin, the same products
  and sums and so the same bits;
- `Halves`, the same for many rows: the tables are spread out, and halves exchanged as if each were one item;
- `Neighbours`, where x_b stands next to x_a: (x_a + i x_b)(cos + i sin), one complex product. Its last bit depends on
  whether the processor multiplies and adds in one step; the error stays within that of four products and two sums.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from refpos.spec.blocks import Index, Parts
from refpos.spec.places import COMPLEX, joined, room
from refpos.variants.planes import Planes, planes
from refpos.variants.rotary import Rotary

Array = npt.NDArray[Any]
Kind = np.dtype[Any]
Columns = slice | Array

SIGNS: dict[Kind, Array] = {np.dtype(one): np.array([[-1], [1]], one) for one in (np.float32, np.float64)}
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
        own, other = room((2, *cos.shape[:-1], self.features.stop - self.features.start), cos.dtype)
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
                brought, spare = room(shape, x.dtype), room(shape, x.dtype) if in_place else None
                to_first, to_second = (brought.view(half)[..., k] for k in (0, 1))
            kept = np.multiply(here, own, there if spare is None else spare)
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

    def turn(self, x: Array, table: tuple[Array, ...], out: Array, parts: Parts) -> None:
        """Write the turned features: nothing is held beside them."""
        (turns,) = table
        for here, there in parts(*(one[..., self.features].view(turns.dtype) for one in (x, out))):
            np.multiply(here, turns, out=there)


Run = Literal | Sides | Halves | Neighbours
BLOCK: dict[type[Run], int] = {Literal: 2**17, Halves: 2**17, Neighbours: 3 * 2**18}
"""How many bytes of features a block has at most, where they are not few: its tables and products fit in caches."""


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
