"""Learned tables: ViT's and their resizing, Pix2Struct, NaViT. For the labels see test_anchored.py."""

import math

import numpy as np
import pytest

from refpos import Grid, Image, Pix2StructGrid, SpecError, Table, fit, lookup, place, resize
from refpos.catalogue.table import TABLE
from refpos.spec.kernels import weights
from refpos.variants.table import Factorised, Resize

SQUARES = np.array([0.0, 1.0, 4.0, 9.0])


def printed(value, decimals):
    return pytest.approx(value, rel=0, abs=0.51 * 10.0**-decimals)


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.anchor("E 6, ViT")
@pytest.mark.parametrize(("name", "cells", "before"), [("vit", 14 * 14, 1), ("big-vision-learned", 14 * 14, 0)])
def test_a_table_has_a_row_for_each_patch_and_for_what_stands_before_them(name, cells, before):
    assert {"table": (before + cells, 768)} == TABLE[name].variant.learned


@pytest.mark.anchor("E 6, ViT")
def test_the_class_token_of_vit_has_a_row_that_is_not_resized():
    table = drawn(0, 1 + 16, 3)
    made = resize(table, (4, 4), (6, 6), TABLE["vit-resize"].variant, prefix=1)
    assert (table[0].tolist(), (37, 3)) == (made[0].tolist(), made.shape)


@pytest.mark.anchor("E 6, resizing")
def test_shared_corners_put_sample_i_at_i_times_n_less_1_over_the_new_n_less_1():
    for old, new in ((4, 6), (14, 24), (24, 14)):
        x = np.arange(new) * (old - 1) / (new - 1)
        assert pytest.approx(x, abs=1e-12) == weights(old, new, TABLE["vit-resize"].variant) @ np.arange(old)


@pytest.mark.anchor("E 6, resizing")
@pytest.mark.parametrize(("name", "shape"), [("timm-resize", (4, 4)), ("deit-resize", (4, 4)), ("vit-resize", (4, 4))])
def test_a_square_table_of_the_same_size_is_left_as_it_is(name, shape):
    table = drawn(1, 16, 2)
    assert table.tolist() == resize(table, shape, shape, TABLE[name].variant).tolist()


def cubic(x, a):
    """Return Keys' cubic of the slope a."""
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1
    return near if x <= 1 else a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a


@pytest.mark.anchor("E 6, resizing")
@pytest.mark.parametrize(("name", "a"), [("deit-resize", -0.75), ("timm-resize", -0.5)])
def test_the_slope_of_the_cubic_is_this_one(name, a):
    """The ninth of 16 samples is at 3.75 of 8."""
    expected = [cubic(x, a) for x in (1.75, 0.75, 0.25, 1.25)]
    assert pytest.approx([0, 0, *expected, 0, 0], abs=1e-15) == weights(8, 16, TABLE[name].variant)[8]
    assert a == TABLE[name].variant.a


@pytest.mark.anchor("E 6, resizing")
def test_without_antialias_the_edge_stands_for_what_is_beyond_it_and_with_it_the_rest_is_made_to_sum_to_1():
    """The first of eight samples is at -0.25 of four."""
    beyond = cubic(1.25, -0.75)
    assert pytest.approx([1 - beyond, beyond, 0, 0], abs=1e-15) == weights(4, 8, TABLE["deit-resize"].variant)[0]
    kept = np.array([cubic(0.25, -0.5), cubic(1.25, -0.5)])
    assert pytest.approx([*(kept / kept.sum()), 0, 0], abs=1e-15) == weights(4, 8, TABLE["timm-resize"].variant)[0]


@pytest.mark.anchor("E 6, resizing")
@pytest.mark.parametrize(("old", "new", "taps"), [(16, 4, 16), (64, 8, 32), (14, 24, 4)])
def test_antialias_reaches_twice_as_far_as_samples_are_fewer(old, new, taps):
    """2 max(scale, 1) to both sides of a point, as many samples in all, fewer at the border."""
    rows = weights(old, new, TABLE["timm-resize"].variant)
    assert max(int((row != 0).sum()) for row in rows) <= taps < 1.5 * max(int((row != 0).sum()) for row in rows)
    assert pytest.approx(np.ones(new), abs=1e-15) == rows.sum(axis=1)


@pytest.mark.anchor("E 6, resizing")
@pytest.mark.parametrize(
    ("rule", "six", "two"),
    [
        (TABLE["vit-resize"].variant, [0, 0.6, 1.6, 3.4, 6, 9], [0, 9]),
        (
            TABLE["deit-resize"].variant,
            [-0.08680556, 0.21875, 1.43055556, 3.15277778, 6.78125, 9.43402778],
            [0.21875, 6.78125],
        ),
        (
            TABLE["timm-resize"].variant,
            [-0.06578947, 0.29411765, 1.36111111, 3.36111111, 6.82352941, 9.32894737],
            [0.60330579, 6.08264463],
        ),
        (TABLE["dpt-resize"].variant, [0, 0.5, 1.5, 3.5, 6.5, 9], [0.5, 6.5]),
    ],
    ids=["zoom", "bicubic", "bicubic, antialiased", "linear"],
)
def test_a_table_of_squares_is_resized_to_these_rows(rule, six, two):
    for expected in (six, two):
        made = resize(SQUARES[:, None], (4, 1), (len(expected), 1), rule)[:, 0]
        assert printed(expected, 8) == made


@pytest.mark.anchor("E 6, Pix2Struct")
@pytest.mark.parametrize(
    ("height", "width", "most", "scale", "expected"),
    [(1080, 1920, 2048, 0.5028314888, Image(33, 60)), (200, 100, 512, 2.56, Image(32, 16))],
)
def test_an_image_is_scaled_by_the_root_of_what_there_may_be_over_what_there_is(height, width, most, scale, expected):
    assert printed(scale, 10) == math.sqrt(most * (16 / height) * (16 / width))
    assert expected == fit(height, width, Pix2StructGrid((16, 16), most))
    assert (expected.h, expected.w) == tuple(math.floor(scale * side / 16) for side in (height, width))


@pytest.mark.anchor("E 6, Pix2Struct")
@pytest.mark.parametrize(("height", "width", "expected"), [(10_000, 1, Image(64, 1)), (1, 10_000, Image(1, 64))])
def test_a_side_has_at_least_one_patch_and_at_most_all(height, width, expected):
    assert expected == fit(height, width, Pix2StructGrid((16, 16), 64))


@pytest.mark.anchor("E 6, Pix2Struct")
def test_rows_and_columns_have_4096_ids_each_from_1_on_and_are_added():
    variant = TABLE["pix2struct"].variant
    assert {"table_0": (4096, 768), "table_1": (4096, 768)} == variant.learned
    assert ("sum", 1) == (variant.combine, variant.offset)
    small = Factorised((4, 4), 1, offset=1)
    learned = {"table_0": np.arange(4.0)[:, None], "table_1": 10 * np.arange(4.0)[:, None]}
    assert [11, 21, 12, 22] == lookup(place([Image(2, 2)], Grid()), small, learned=learned)[:, 0].tolist()


@pytest.mark.anchor("E6.1")
def test_one_table_for_both_and_two_tables_are_both_offered():
    joint, factorised = TABLE["pix2struct-navit"].variant, TABLE["pix2struct"].variant
    assert (Table, Factorised) == (type(joint), type(factorised))
    assert {"table": (64, 64, 768)} == joint.learned


@pytest.mark.anchor("E 6, NaViT")
@pytest.mark.parametrize(
    ("name", "combine"), [("navit", "sum"), ("navit-stack", "stack"), ("navit-product", "product")]
)
def test_navit_brings_the_rows_of_two_tables_together_in_these_ways(name, combine):
    assert combine == TABLE[name].variant.combine


@pytest.mark.anchor("E 6, NaViT")
def test_absolute_positions_of_navit_are_rows_and_those_beyond_are_refused():
    variant = TABLE["navit"].variant
    y, x = drawn(2, 64, 768), drawn(3, 64, 768)
    learned = {"table_0": y, "table_1": x}
    assert (y[5] + x[63]).tolist() == lookup([[5, 63]], variant, learned=learned)[0].tolist()
    with pytest.raises(SpecError, match="positions must be from 0"):
        lookup([[0, 64]], variant, learned=learned)


@pytest.mark.anchor("E 6, NaViT")
@pytest.mark.parametrize(("side", "expected"), [(2, [0, 32]), (3, [0, 21, 42]), (64, list(range(64)))])
def test_fractions_of_a_side_are_in_64_cells(side, expected):
    variant = Factorised((64, 64), 1, resample=TABLE["navit-fractional"].variant.resample)
    learned = {"table_0": np.arange(64.0)[:, None], "table_1": np.zeros((64, 1))}
    found = lookup([[p, 0] for p in range(side)], variant, learned=learned, grid=(side, side))
    assert expected == found[:, 0].tolist()


@pytest.mark.anchor("E 6, NaViT")
def test_naflexvit_resizes_each_of_two_tables_linearly_and_adds_them():
    variant = TABLE["naflexvit-factorized"].variant
    assert ((16, 16), "sum", Resize("linear")) == (variant.rows, variant.combine, variant.resample)
    small = Factorised((4, 4), 1, resample=variant.resample)
    learned = {"table_0": SQUARES[:, None], "table_1": 100 * SQUARES[:, None]}
    found = lookup(place([Image(6, 2)], Grid()), small, learned=learned, grid=(6, 2)).reshape(6, 2)
    expected = np.add.outer([0, 0.5, 1.5, 3.5, 6.5, 9], [50, 650])
    assert pytest.approx(expected, abs=1e-12) == found
