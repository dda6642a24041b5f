"""Learned tables, certified: rows picked and tables resized, every number a fraction; and the grid of an image."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import isfinite, prod
from typing import Any, assert_never

from refpos.errors import require
from refpos.exact.angles import Position, coordinates
from refpos.exact.frequencies import Learned
from refpos.exact.given import fraction, listed, number
from refpos.exact.kernels import Weights, weights
from refpos.variants.table import Factorised, Lookup, Pix2StructGrid, Resize, Table

Row = tuple[Fraction, ...]

ONE, ZERO = Fraction(1), Fraction(0)


def lookup(
    position: Position, variant: Lookup, *, learned: Learned | None = None, grid: tuple[int, ...] | None = None
) -> Row:
    r"""Return the row that is added to the features of a token, exactly.

    Table       e(p) = Σ_j W_1[p_1, j_1] ... W_A[p_A, j_A] T[j_1, ..., j_A]
    Factorised  e(p) = Σ_a Σ_j W_a[p_a, j] T_a[j],  or the product over a, or one after the other

    with W[p, j] = [j = p + offset], or the weights of resizing to the grid where the variant resamples.

    Parameters
    ----------
    position : an int, or one for each of A > 1 axes
    variant : Table or Factorised
    learned : mapping
        Nested sequences of doubles, or arrays, with the names and shapes of `variant.learned`.
    grid : tuple of int, optional
        How many cells the input has along each axis; for a variant that resamples, and only for it.

    Raises
    ------
    SpecError
        As for `refpos.spec.table.lookup`.

    References
    ----------
    As for `refpos.spec.table.lookup`.

    Examples
    --------
    >>> lookup(1, Table((3,), 1, offset=1), learned={"table": [[0.0], [0.5], [0.25]]})
    (Fraction(1, 4),)
    """
    require(isinstance(variant, Lookup), "variant must be Table or Factorised", variant)
    p = coordinates(position, len(variant.rows))
    require(all(one.denominator == 1 for one in p), "positions must be whole numbers", position)
    picked = [_picked(int(one), axis, variant, grid) for axis, one in enumerate(p)]
    tables = _tables(variant, learned)
    match variant:
        case Table():
            return _summed(picked, tables[0], variant.width)
        case Factorised(combine=combine):
            width = next(iter(variant.learned.values()))[-1]
            rows = [_summed([one], table, width) for one, table in zip(picked, tables, strict=True)]
            if combine == "stack":
                return tuple(x for row in rows for x in row)
            return tuple((sum if combine == "sum" else prod)(column) for column in zip(*rows, strict=True))
        case _:
            assert_never(variant)


def resize(
    table: Sequence[Sequence[float]], old: tuple[int, int], new: tuple[int, int], rule: Resize, *, prefix: int = 0
) -> tuple[Row, ...]:
    r"""Return a table of positions on one grid as a table of positions on another, exactly.

    T'[y', x'] = Σ_y Σ_x W_y[y', y] W_x[x', x] T[y, x],  after the rows of the prefix, which are kept

    The table is kept where the grid does not change.

    Parameters
    ----------
    table : prefix + h·w rows of doubles, as nested sequences or an array
    old, new : tuple of two int
        (h, w) and (h', w').
    rule : Resize
    prefix : int

    Raises
    ------
    SpecError
        If a grid is empty, the prefix negative, or the table of another shape or not finite.

    References
    ----------
    As for `refpos.spec.table.resize`.

    Examples
    --------
    >>> resize([[0.0], [2.0], [4.0], [6.0]], (2, 2), (1, 2), Resize("linear"))
    ((Fraction(2, 1),), (Fraction(4, 1),))
    """
    require(isinstance(rule, Resize), "rule must be Resize", rule)
    for name, one in (("old", old), ("new", new)):
        fine = isinstance(one, tuple | list) and len(one) == 2 and all(type(n) is int and n >= 1 for n in one)
        require(fine, f"{name} must be two ints of at least 1, (h, w)", one)
    require(type(prefix) is int and prefix >= 0, "prefix must be an int of at least 0", prefix)
    size = prefix + old[0] * old[1]
    given = listed(table, f"table must have {size} rows")
    require(len(given) == size, f"table must have {size} rows", len(given))
    wide = len(listed(given[0], "table must have rows of numbers"))
    rows = [_row(one, wide) for one in given]
    if old == new:
        return tuple(_summed([], row, wide) for row in rows)
    down, across = weights(old[0], new[0], rule), weights(old[1], new[1], rule)
    kept, cells = rows[:prefix], rows[prefix:]
    grid = [[cells[y * old[1] + x] for x in range(old[1])] for y in range(old[0])]
    made = (_summed([down[y], across[x]], grid, len(rows[0])) for y, x in product(range(new[0]), range(new[1])))
    return (*(_summed([], row, wide) for row in kept), *made)


def fit(height: int, width: int, rule: Pix2StructGrid) -> tuple[int, int]:
    """Return how many rows and columns of patches an image of `height` by `width` pixels is given.

    The most rows h, from 1 up to the budget, for which h²·ph·width <= most·pw·height; columns likewise.

    Raises
    ------
    SpecError
        If a side is not at least 1.

    References
    ----------
    As for `refpos.spec.table.fit`.

    Examples
    --------
    >>> fit(200, 100, Pix2StructGrid((16, 16), 512))
    (32, 16)
    """
    require(isinstance(rule, Pix2StructGrid), "rule must be Pix2StructGrid", rule)
    fine = all(type(n) is int and n >= 1 for n in (height, width))
    require(fine, "height and width must be ints of at least 1", (height, width))
    ph, pw = rule.patch
    return _most(rule.most, ph * width, pw * height), _most(rule.most, pw * height, ph * width)


def _most(most: int, across: int, along: int) -> int:
    """Return the greatest h from 1 to `most` with h²·across <= most·along, or 1, by halving."""
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**2 * across <= most * along else (low, middle - 1)
    return low


def _picked(p: int, axis: int, variant: Lookup, grid: tuple[int, ...] | None) -> Row:
    """Return the weight of every row of an axis at a position."""
    rows, rule = variant.rows[axis], variant.resample
    require((rule is None) == (grid is None), "grid must be given where the table is resized, and only there", grid)
    end = rows - variant.offset if grid is None else grid[axis]
    require(-variant.offset <= p < end, f"positions must be from {-variant.offset} to {end - 1}", p)
    kept = grid == variant.rows if isinstance(variant, Table) else grid is not None and grid[axis] == rows
    if rule is None or grid is None or kept:
        return tuple(ONE if j == p + variant.offset else ZERO for j in range(rows))
    return weights(rows, grid[axis], rule)[p]


def _summed(picked: Sequence[Row] | Weights, table: Any, width: int) -> Row:
    """Return the rows of a nested table, as fractions, weighted along each of its axes and summed."""
    total = [ZERO] * width
    for weight, row in _weighted(picked, table):
        total = [one + weight * fraction(x) for one, x in zip(total, row, strict=True)]
    return tuple(total)


def _weighted(picked: Sequence[Row] | Weights, table: Any) -> Iterator[tuple[Fraction, Sequence[Any]]]:
    if not picked:
        yield ONE, table
        return
    for weight, part in zip(picked[0], table, strict=True):
        if weight:
            yield from ((weight * one, row) for one, row in _weighted(picked[1:], part))


def _tables(variant: Lookup, learned: Learned | None) -> list[Any]:
    require(isinstance(learned, Mapping), "learned must be a mapping of names to arrays", learned)
    assert learned is not None
    names = list(variant.learned)
    require(set(learned) == set(names), f"learned must bring exactly {', '.join(names)}", list(learned))
    return [_nested(learned[name], shape, name) for name, shape in variant.learned.items()]


def _nested(values: Any, shape: tuple[int, ...], name: str) -> Any:
    """Return nested sequences of numbers as Python has them, their shape checked."""
    given = listed(values, f"{name} must have shape {shape} there")
    require(len(given) == shape[0], f"{name} must have shape {shape} there", len(given))
    if len(shape) == 1:
        return _row(given, shape[0])
    return tuple(_nested(one, shape[1:], name) for one in given)


def _row(values: Sequence[Any], width: int) -> Sequence[Any]:
    """Return a row of finite numbers; what has no weight need be no fraction."""
    given = listed(values, f"rows must have a width of {width}")
    require(len(given) == width, f"rows must have a width of {width}", len(given))
    if all(type(one) is float and isfinite(one) for one in given):
        return given
    return tuple(number(one, "a table must be finite") for one in given)
