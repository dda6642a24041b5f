"""Learned tables: pick rows, resize to another grid; and the grid that an image is given."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from math import isqrt
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import SpecError, require
from refpos.spec.frequencies import Learned
from refpos.spec.kernels import weights
from refpos.spec.positions import as_positions, as_reals
from refpos.spec.precise import Floats
from refpos.variants.positions import Image
from refpos.variants.table import Factorised, Lookup, Pix2StructGrid, Resize, Table

Sides = tuple[int, ...]


def lookup(
    positions: npt.ArrayLike, variant: Lookup, *, learned: Learned | None = None, grid: Sides | None = None
) -> Floats:
    r"""Return the rows of learned tables that are added to the features of tokens.

    Table       e(p) = T[p_1 + offset, ..., p_A + offset]
    Factorised  e(p) = Σ_a T_a[p_a + offset],  or their product, or one after the other

    Where a variant resamples, its tables are first resized to the sides of the grid, axis by axis, so that a row
    belongs to the fraction p/n or (p + ½)/n of a side: which one is the rule's `align`. A table whose sides are those
    of the grid is kept.

    Parameters
    ----------
    positions : (..., n) where there is one axis, else (..., n, A)
        Whole numbers, from −offset.
    variant : Table or Factorised
    learned : mapping
        Arrays with the names and shapes of `variant.learned`.
    grid : tuple of int, optional
        How many cells the input has along each axis; for a variant that resamples, and only for it.

    Returns
    -------
    (..., n, width) float64

    Raises
    ------
    SpecError
        If a position has no row, the grid is missing or superfluous, or learned arrays are missing, superfluous, of
        another shape or not finite.

    References
    ----------
    One axis: openai/gpt-2, `src/model.py`, `model`; BART's offset: fairseq, `fairseq/modules/positional_embedding.py`.
    Sum of two: google-research/pix2struct, `pix2struct/models.py`, `PatchEmbed`. Sum, stack, product and fractional
    coordinates: NaViT, arXiv:2307.06304, §2.1.

    Deviations
    ----------
    NaViT says that Pix2Struct learns one table [maxLen, maxLen]; the released code adds the rows of two. NaViT does not
    say whether a patch stands at p or p + ½, nor how a learned table holds a function of fractions.

    Examples
    --------
    >>> rows = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]])
    >>> lookup([0, 1], Table((3,), 2, offset=1), learned={"table": rows})
    array([[1., 2.],
           [3., 4.]])
    >>> lookup([[0, 2]], Factorised((3, 3), 2), learned={"table_0": rows, "table_1": 10 * rows})
    array([[30., 40.]])
    """
    require(isinstance(variant, Lookup), "variant must be Table or Factorised", variant)
    sides = _sides(variant, grid)
    tables = _tables(variant, learned)
    if variant.resample is not None:
        targets = [sides] if isinstance(variant, Table) else [(side,) for side in sides]
        tables = [_resampled(one, to, variant.resample) for one, to in zip(tables, targets, strict=True)]
    p = _cells(positions, variant, sides)
    match variant:
        case Table():
            return np.asarray(tables[0][tuple(np.moveaxis(p, -1, 0))])
        case Factorised():
            return _combined([table[p[..., a]] for a, table in enumerate(tables)], variant)
        case _:
            assert_never(variant)


def resize(table: npt.ArrayLike, old: Sides, new: Sides, rule: Resize, *, prefix: int = 0) -> Floats:
    r"""Return a table of positions on one grid as a table of positions on another.

    T' = (W_y ⊗ W_x) T,  row by row of the grids, with W_y = weights(h, h'), W_x = weights(w, w')

    The rows of the prefix (class and register tokens) are kept. Where the grid does not change, neither does the table,
    as in the code of every model, though DINO's offset would move its rows.

    Parameters
    ----------
    table : (prefix + h·w, d)
    old, new : tuple of two int
        (h, w) and (h', w').
    rule : Resize
    prefix : int

    Returns
    -------
    (prefix + h'·w', d) float64

    Raises
    ------
    SpecError
        If a grid is empty, the prefix negative, or the table of another shape or not finite.

    References
    ----------
    google-research/vision_transformer, `vit_jax/checkpoint.py`, `interpolate_posembed`; timm,
    `layers/pos_embed.py`, `resample_abs_pos_embed`; facebookresearch/deit, `main.py`; facebookresearch/dinov2,
    `dinov2/models/vision_transformer.py`, `interpolate_pos_encoding`.

    Deviations
    ----------
    ViT says "2D interpolation" and no more; its code shares corners, others' do not. transformers names DINO's code as
    the source of its own for ViT and DINOv2, but has no offset: its rows are others.

    Examples
    --------
    >>> resize([[9.0], [0.0], [2.0], [4.0], [6.0]], (2, 2), (1, 2), Resize("linear"), prefix=1)
    array([[9.],
           [2.],
           [4.]])
    """
    h, w = _two_sides(old, "old")
    to = _two_sides(new, "new")
    require(type(prefix) is int and prefix >= 0, "prefix must be an int of at least 0", prefix)
    require(isinstance(rule, Resize), "rule must be Resize", rule)
    given = as_reals(table, "table")
    fits = given.ndim == 2 and given.shape[0] == prefix + h * w
    require(fits, f"table must have shape ({prefix + h * w}, d)", given.shape)
    rows = _finite(given.astype(np.float64), "table")
    cells = to[0] * to[1]
    require(cells * rows.shape[1] <= sys.maxsize >> 4, "the resized table must fit into memory", to)
    try:
        resized = _resampled(rows[prefix:].reshape(h, w, -1), to, rule)
        return np.concatenate([rows[:prefix], resized.reshape(cells, -1)])
    except MemoryError:
        raise SpecError(f"the resized table must fit into memory; got {to}") from None


def fit(height: int, width: int, rule: Pix2StructGrid) -> Image:
    r"""Return the grid of patches of an image of `height` by `width` pixels, scaled so that it makes the most of them.

    scale = √(most · (ph/height) · (pw/width))
    h = max(min(⌊scale · height/ph⌋, most), 1),  w = max(min(⌊scale · width/pw⌋, most), 1)

    decided in integers: ⌊√q⌋ = ⌊√⌊q⌋⌋.

    Parameters
    ----------
    height, width : int
        Pixels.
    rule : Pix2StructGrid

    Returns
    -------
    Image
        h by w patches, at most `most` of them.

    Raises
    ------
    SpecError
        If a side is not an int of at least 1.

    References
    ----------
    google-research/pix2struct, `pix2struct/preprocessors.py`, `patch_sequence`.

    Deviations
    ----------
    A comment in the code has ceilings where it takes floors. It reckons in float32, transformers in float64: where
    scale · height/ph is a whole number, either may lose a row or a column, as of 107 by 214 pixels, which have room for
    32 by 64 patches of 16 and are given 31 by 63.

    Examples
    --------
    >>> fit(1080, 1920, Pix2StructGrid((16, 16), 2048))
    Image(h=33, w=60)
    """
    for name, one in (("height", height), ("width", width)):
        require(type(one) is int and one >= 1, f"{name} must be an int of at least 1", one)
    require(isinstance(rule, Pix2StructGrid), "rule must be Pix2StructGrid", rule)
    ph, pw = rule.patch
    h = isqrt(rule.most * pw * height // (ph * width))
    w = isqrt(rule.most * ph * width // (pw * height))
    return Image(max(min(h, rule.most), 1), max(min(w, rule.most), 1))


def _resampled(table: Floats, to: Sides, rule: Resize) -> Floats:
    """Return a table whose first axes have been resized, one after the other; as it is where none changes."""
    if table.shape[: len(to)] == to:
        return table
    with np.errstate(over="ignore", invalid="ignore"):
        for axis, new in enumerate(to):
            made = np.tensordot(weights(table.shape[axis], new, rule), table, axes=(1, axis))
            table = np.moveaxis(made, 0, axis)
    return _finite(table, "the resized table")


def _combined(rows: list[Floats], variant: Factorised) -> Floats:
    """Return the rows of all axes as one."""
    with np.errstate(over="ignore"):
        match variant.combine:
            case "sum":
                made = np.sum(rows, axis=0)
            case "product":
                made = np.prod(rows, axis=0)
            case "stack":
                made = np.concatenate(rows, axis=-1)
            case _:
                assert_never(variant.combine)
    return _finite(made, "rows")


def _tables(variant: Lookup, learned: Learned | None) -> list[Floats]:
    """Return the learned tables in the order in which the variant declares them."""
    require(isinstance(learned, Mapping), "learned must be a mapping of names to arrays", learned)
    assert learned is not None
    names = list(variant.learned)
    require(set(learned) == set(names), f"learned must bring exactly {', '.join(names)}", list(learned))
    return [_table(learned[name], name, shape) for name, shape in variant.learned.items()]


def _table(values: npt.ArrayLike, name: str, shape: Sides) -> Floats:
    given = as_reals(values, name)
    require(given.shape == shape, f"{name} must have shape {shape}", given.shape)
    return _finite(given.astype(np.float64), name)


def _finite(values: npt.NDArray[Any], name: str) -> Floats:
    require(np.isfinite(values).all(), f"{name} must be finite", values[~np.isfinite(values)][:1])
    return values


def _cells(positions: npt.ArrayLike, variant: Lookup, sides: Sides) -> npt.NDArray[np.int64]:
    """Return the row of every position along every axis."""
    p = as_positions(positions, len(variant.rows))
    require((p == np.floor(p)).all(), "positions must be whole numbers", p[p != np.floor(p)][:1])
    row = p + variant.offset
    beyond = (row < 0) | (row >= sides)
    last = tuple(side - variant.offset - 1 for side in sides)
    require(not beyond.any(), f"positions must be from {-variant.offset} to {_told(last)}", p[beyond][:1])
    return row.astype(np.int64)


def _sides(variant: Lookup, grid: Sides | None) -> Sides:
    """Return how many rows there are along each axis, after resizing."""
    if variant.resample is None:
        require(grid is None, "grid must be left out where the table is not resized", grid)
        return variant.rows
    axes = len(variant.rows)
    fits = isinstance(grid, tuple) and len(grid) == axes and all(type(one) is int and one >= 1 for one in grid)
    require(fits, f"grid must be {axes} int of at least 1", grid)
    assert grid is not None
    return grid


def _two_sides(sides: Sides, name: str) -> Sides:
    fits = isinstance(sides, tuple) and len(sides) == 2 and all(type(one) is int and one >= 1 for one in sides)
    require(fits, f"{name} must be two ints of at least 1, (h, w)", sides)
    return sides


def _told(last: Sides) -> str:
    return str(last[0] if len(last) == 1 else last)
