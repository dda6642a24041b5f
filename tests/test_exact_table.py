"""Learned tables, certified: weights that sum to one exactly, and the readable rendering held against them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, generators

from refpos import SpecError
from refpos.catalogue.table import TABLE
from refpos.exact import kernels, table
from refpos.spec import kernels as readable
from refpos.spec import table as readable_table
from refpos.variants.table import Factorised, Pix2StructGrid, Resize, Table

RULES = [
    *(entry.variant for entry in TABLE.values() if isinstance(entry.variant, Resize)),
    Resize("linear", antialias=True),
    *(Resize("nearest", align=align) for align in ("centres", "origin")),
    Resize("cubic", a=-0.5, align="corners"),
    Resize("cubic", a=-0.3, antialias=True, offset=0.1),
    Resize("cubic", a=-1.0, offset=0.25),
]
SIDES = [1, 2, 3, 4, 5, 7, 14, 16, 24, 30, 37]
U = Fraction(1, 2**53)

rules = st.sampled_from(RULES)


def size(weights):
    """Return Σ|w| of a row."""
    return sum(abs(one) for one in weights)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_weights_are_those_of_the_readable_rendering_rounded_once(rule):
    for old in SIDES:
        for new in SIDES:
            exact = [[float(one) for one in row] for row in kernels.weights(old, new, rule)]
            assert exact == readable.weights(old, new, rule).tolist(), (old, new)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_weights_sum_to_one_exactly(rule):
    for old in SIDES:
        for new in SIDES:
            assert {1} == {sum(row) for row in kernels.weights(old, new, rule)}


def test_shared_corners_are_exact_where_scipy_is_not():
    assert (0,) * 15 + (1,) == kernels.weights(16, 30, Resize("linear", align="corners"))[-1]


def test_the_offset_is_the_double_that_is_written():
    step = Fraction(4) / (6 + Fraction(0.1))
    f = Fraction(5, 2) * step - Fraction(1, 2) - 1

    assert (0, 1 - f, f, 0) == kernels.weights(4, 6, Resize("linear", offset=0.1))[2]
    assert step != Fraction(4) / (6 + Fraction(1, 10))


# An antialiased kernel is a cubic spline that is 1 at 0, 0 at 1 and 2, and has slope a at 1.
@pytest.mark.parametrize("rule", [Resize("cubic", a=-0.5), Resize("cubic", a=-0.75)], ids=str)
def test_of_points_on_samples_only_that_sample_has_weight(rule):
    rows = kernels.weights(3, 9, rule)

    assert [(1, 0, 0), (0, 1, 0), (0, 0, 1)] == [rows[i] for i in (1, 4, 7)]


@pytest.mark.anchor("E 6, resizing")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vit-resize", [0, Fraction(3, 5), Fraction(8, 5), Fraction(17, 5), 6, 9]),
        ("dpt-resize", [0, Fraction(1, 2), Fraction(3, 2), Fraction(7, 2), Fraction(13, 2), 9]),
        ("timm-resize", [Fraction(-5, 76), Fraction(5, 17), Fraction(49, 36), Fraction(121, 36), Fraction(116, 17)]),
    ],
)
def test_the_squares_as_fractions(name, expected):
    rows = kernels.weights(4, 6, TABLE[name].variant)
    found = [sum(w * x**2 for x, w in enumerate(row)) for row in rows]

    assert expected == found[: len(expected)]


@MANY
@given(generators, rules, st.integers(0, 2))
def test_a_table_is_resized_as_by_the_readable_rendering(rng, rule, prefix):
    h, w, hh, ww = rng.integers(1, 8, 4).tolist()
    given = rng.standard_normal((prefix + h * w, 2))
    exact = table.resize(given, (h, w), (hh, ww), rule, prefix=prefix)
    found = readable_table.resize(given, (h, w), (hh, ww), rule, prefix=prefix)
    bound = (h + w + 4) * U * resized_sizes(given, (h, w), (hh, ww), rule)

    assert len(exact) == len(found) == prefix + hh * ww
    for one, row in zip(exact, found.tolist(), strict=True):
        assert all(abs(x - Fraction(y)) <= bound for x, y in zip(one, row, strict=True))


def resized_sizes(given, old, new, rule):
    """Return the most that Σ|w·T| can be."""
    down, across = kernels.weights(old[0], new[0], rule), kernels.weights(old[1], new[1], rule)
    return Fraction(np.abs(given).max()) * max(map(size, down)) * max(map(size, across))


@MANY
@given(generators, st.sampled_from([None, *RULES]), st.sampled_from(["table", "sum", "product", "stack"]))
def test_rows_are_those_of_the_readable_rendering(rng, rule, kind):
    rows = tuple(rng.integers(2, 7, 2).tolist())
    grid = None if rule is None else tuple(rng.integers(1, 7, 2).tolist())
    offset = 0 if rule else int(rng.integers(0, 2))
    given = {"offset": offset, "resample": rule}
    variant = Table(rows, 4, **given) if kind == "table" else Factorised(rows, 4, kind, **given)
    learned = {name: rng.standard_normal(shape) for name, shape in variant.learned.items()}
    point = [int(rng.integers(-offset, side - offset)) for side in grid or rows]
    exact = table.lookup(point, variant, learned=learned, grid=grid)
    (found,) = readable_table.lookup([point], variant, learned=learned, grid=grid).tolist()

    assert all(abs(x - Fraction(y)) <= 2**9 * U for x, y in zip(exact, found, strict=True))


@pytest.mark.parametrize("grid", [(3, 4), (3, 5), (2, 4)], ids=str)
@pytest.mark.parametrize("kind", [Table, Factorised], ids=lambda one: one.__name__)
def test_an_offset_moves_no_row_of_a_table_on_its_own_grid(kind, grid):
    variant = kind((3, 4), 2, resample=TABLE["dino-resize"].variant)
    learned = {name: np.random.default_rng(9).standard_normal(shape) for name, shape in variant.learned.items()}
    exact = table.lookup((1, 3), variant, learned=learned, grid=grid)
    (found,) = readable_table.lookup([(1, 3)], variant, learned=learned, grid=grid)

    assert all(abs(x - Fraction(y)) <= 2**9 * U for x, y in zip(exact, found.tolist(), strict=True))
    plain = table.lookup((1, 3), kind((3, 4), 2), learned=learned)
    assert (exact == plain) == (grid == (3, 4))


def test_a_row_that_is_only_picked_is_exact():
    found = table.lookup(1, Table((2,), 3), learned={"table": [[0.1, 0.2, 0.3], [0.1, 1e-300, -0.0]]})

    assert (Fraction(0.1), Fraction(1e-300), 0) == found


@MANY
@given(st.tuples(*[st.integers(1, 5000)] * 2), st.tuples(*[st.integers(1, 64)] * 2), st.integers(1, 4096))
def test_the_grid_of_an_image_is_that_of_the_readable_rendering(sides, patch, most):
    found = readable_table.fit(*sides, Pix2StructGrid(patch, most))

    assert (found.h, found.w) == table.fit(*sides, Pix2StructGrid(patch, most))


@pytest.mark.parametrize(("height", "width"), [(200, 400), (107, 214), (32, 64), (568, 1136)])
def test_a_grid_that_fits_to_the_last_pixel_is_not_lost(height, width):
    assert (32, 64) == table.fit(height, width, Pix2StructGrid((16, 16), 2048))
    assert (31, 63) == table.fit(height, width, Pix2StructGrid((16, 16), 2047))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kernels.weights(0, 1, RULES[0]), "old must be an int of at least 1; got 0"),
        (lambda: table.resize([[1.0]], (1, 1), (0, 1), RULES[0]), r"new must be two ints .*; got \(0, 1\)"),
        (lambda: table.resize([[1.0]], (1, 1), (2, 1), RULES[0], prefix=1), "table must have 2 rows; got 1"),
        (lambda: table.resize([[1.0]], (1, 1), (2, 1), RULES[0], prefix=-1), "prefix must be .*; got -1"),
        (lambda: table.resize([[np.inf]], (1, 1), (2, 1), RULES[0]), "a table must be finite"),
        (lambda: table.lookup(2, Table((2,), 1), learned={"table": [[1.0], [2.0]]}), "from 0 to 1; got 2"),
        (lambda: table.lookup(0.5, Table((2,), 1), learned={"table": [[1.0], [2.0]]}), "whole numbers; got 0.5"),
        (lambda: table.lookup(0, Table((2,), 1), learned={"table": [[1.0]]}), r"shape \(2, 1\) there; got 1"),
        (lambda: table.lookup(0, Table((2,), 1)), "learned must be a mapping"),
        (lambda: table.lookup(0, Table((2,), 1), learned={}), "learned must bring exactly table"),
        (lambda: table.lookup(0, Table((2,), 1, resample=RULES[0]), learned={"table": [[1.0]] * 2}), "grid must"),
        (lambda: table.fit(0, 1, Pix2StructGrid((1, 1), 1)), "must be ints of at least 1"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(SpecError, match=message):
        call()
