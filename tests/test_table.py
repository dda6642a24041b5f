"""Looking up learned tables, resizing them, and the grid of an image."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, generators, learned_by, rubbish

from refpos import CATALOGUE, Grid, Image, SpecError, place
from refpos.catalogue.table import TABLE
from refpos.spec.kernels import weights
from refpos.spec.table import fit, lookup, resize
from refpos.variants.table import Factorised, Pix2StructGrid, Resize, Table

ZOOM = TABLE["vit-resize"].variant
BICUBIC = TABLE["deit-resize"].variant
ANTIALIASED = TABLE["timm-resize"].variant
DINO = TABLE["dino-resize"].variant
LINEAR = TABLE["dpt-resize"].variant
RULES = {
    "corner-aligned": ZOOM,
    "linear": LINEAR,
    "linear, antialiased": Resize("linear", antialias=True),
    "cubic": BICUBIC,
    "cubic, antialiased": ANTIALIASED,
    "cubic, corners": Resize("cubic", a=-0.75, align="corners"),
    "dino": DINO,
    "dino, antialiased": Resize("cubic", a=-0.5, antialias=True, offset=0.1),
    "nearest": Resize("nearest"),
    "nearest, origin": Resize("nearest", align="origin"),
}
SQUARES = np.array([0.0, 1.0, 4.0, 9.0])
ROWS = np.array([[0.0, 1.0], [2.0, 3.0], [5.0, 8.0]])
U = 2.0**-53

rules = st.sampled_from(list(RULES.values()))
sizes = st.integers(1, 40)


def drawn(rng, *shape):
    """Return numbers of few bits, whose sums and products with small integers are exact."""
    return rng.integers(-64, 64, shape) / 16


# Resizing along one axis.


@pytest.mark.anchor("E 6, resizing")
@pytest.mark.parametrize(
    ("rule", "new", "expected"),
    [
        (ZOOM, 6, [0, 0.6, 1.6, 3.4, 6, 9]),
        (BICUBIC, 6, [-0.08680556, 0.21875, 1.43055556, 3.15277778, 6.78125, 9.43402778]),
        (ANTIALIASED, 6, [-0.06578947, 0.29411765, 1.36111111, 3.36111111, 6.82352941, 9.32894737]),
        (LINEAR, 6, [0, 0.5, 1.5, 3.5, 6.5, 9]),
        (ZOOM, 2, [0, 9]),
        (BICUBIC, 2, [0.21875, 6.78125]),
        (ANTIALIASED, 2, [0.60330579, 6.08264463]),
        (LINEAR, 2, [0.5, 6.5]),
    ],
)
def test_squares_resized_by_the_four_published_kernels(rule, new, expected):
    assert expected == (weights(4, new, rule) @ SQUARES).round(8).tolist()


def test_the_offset_of_dino_shortens_the_step():
    x = Fraction(1, 2) * 4 / (6 + Fraction(0.1)) - Fraction(1, 2)  # between samples -1 and 0
    f, a = x + 1, Fraction(-3, 4)
    last = a * (1 - f) * f**2  # of sample 1, the only one of the four beyond sample 0 that is not brought to it

    assert [float(1 - last), float(last), 0, 0] == weights(4, 6, DINO)[0].tolist()


@pytest.mark.parametrize("name", [name for name in RULES if "dino" not in name])
@pytest.mark.parametrize("n", [1, 2, 3, 14])
def test_at_equal_size_nothing_changes(name, n):
    assert np.eye(n).tolist() == weights(n, n, RULES[name]).tolist()


@pytest.mark.parametrize("name", ["dino", "dino, antialiased"])
def test_with_an_offset_the_weights_of_equal_size_are_not_the_identity(name):
    assert np.abs(weights(14, 14, RULES[name]) - np.eye(14)).max() > 0.05


def test_one_sample_of_shared_corners_is_the_first():
    assert [[1, 0, 0, 0]] == weights(4, 1, ZOOM).tolist()


def test_one_sample_otherwise_is_the_middle():
    assert [[0, 0.5, 0.5, 0]] == weights(4, 1, LINEAR).tolist()


@pytest.mark.anchor("E 6, resizing")
def test_antialias_differs_even_where_there_are_more_samples():
    assert np.abs(weights(14, 24, BICUBIC) - weights(14, 24, ANTIALIASED)).max() > 0.03


def test_of_a_linear_kernel_antialias_changes_nothing_where_there_are_more_samples():
    assert weights(14, 24, LINEAR).tolist() == weights(14, 24, RULES["linear, antialiased"]).tolist()


def test_the_nearest_of_two_halves_and_of_their_starts():
    assert [[0, 1, 0, 0], [0, 0, 0, 1]] == weights(4, 2, RULES["nearest"]).tolist()
    assert [[1, 0, 0, 0], [0, 0, 1, 0]] == weights(4, 2, RULES["nearest, origin"]).tolist()


@pytest.mark.parametrize("n", [49, 70, 98, 103])
def test_a_fraction_on_a_boundary_is_in_the_cell_it_begins(n):
    assert np.eye(n).tolist() == weights(n, n, RULES["nearest, origin"]).tolist()
    assert list(range(0, 2 * n, 2)) == weights(2 * n, n, RULES["nearest, origin"]).argmax(axis=1).tolist()


@MANY
@given(rules, sizes, sizes)
def test_rows_sum_to_one(rule, old, new):
    made = weights(old, new, rule)

    assert (np.abs(made.sum(axis=1) - 1) <= U * (np.abs(made).sum(axis=1) + old)).all()


@MANY
@given(rules.filter(lambda rule: rule.offset == 0 and rule.align != "origin"), sizes, sizes)
def test_the_far_end_is_treated_as_the_near_end(rule, old, new):
    made = weights(old, new, rule)
    if rule.kernel == "nearest" or (rule.align == "corners" and new == 1):
        return  # a tie falls to one side

    assert made.tolist() == made[::-1, ::-1].tolist()


@MANY
@given(st.sampled_from([ZOOM, LINEAR, RULES["nearest"], RULES["linear, antialiased"]]), sizes, sizes)
def test_no_weight_of_a_linear_kernel_is_negative(rule, old, new):
    assert (weights(old, new, rule) >= 0).all()


@MANY
@given(st.integers(2, 40), st.integers(2, 40))
def test_shared_corners_keep_a_line(old, new):
    line = weights(old, new, ZOOM) @ np.arange(float(old))

    assert np.abs(line - np.linspace(0, old - 1, new)).max() <= 4 * U * old


@MANY
@given(st.sampled_from([-0.75, -0.5]), st.integers(4, 40), sizes)
def test_away_from_the_edges_only_a_half_keeps_a_parabola(a, old, new):
    made = weights(old, new, Resize("cubic", a=a))
    x = (np.arange(new) + 0.5) * old / new - 0.5
    inside = (x >= 1) & (x < old - 2)
    error = np.abs(made @ np.arange(float(old)) ** 2 - x**2)[inside]
    off = (np.floor(x) != x)[inside] & (x % 1 != 0.5)[inside]

    assert (error < 1e-10).all() if a == -0.5 else (error[off] > 1e-6).all()


def test_what_is_returned_may_be_written():
    weights(3, 2, LINEAR)[:] = 7

    assert 1 == weights(3, 2, LINEAR)[0].sum()


# Resizing a table.


def test_rows_of_a_grid_are_resized_apart_from_columns():
    down, across = weights(2, 3, BICUBIC), weights(5, 4, BICUBIC)
    table = drawn(np.random.default_rng(1), 10, 3)
    expected = np.kron(down, across) @ table

    assert np.abs(expected - resize(table, (2, 5), (3, 4), BICUBIC)).max() < 1e-14


@pytest.mark.anchor("E 6, resizing")
@pytest.mark.parametrize("name", RULES)
def test_a_prefix_is_kept(name):
    table = drawn(np.random.default_rng(2), 2 + 6, 4)
    made = resize(table, (2, 3), (3, 5), RULES[name], prefix=2)

    assert table[:2].tolist() == made[:2].tolist()
    assert resize(table[2:], (2, 3), (3, 5), RULES[name]).tolist() == made[2:].tolist()


@pytest.mark.parametrize("name", RULES)
def test_a_grid_that_does_not_change_keeps_its_table(name):
    table = drawn(np.random.default_rng(3), 1 + 12, 2)

    assert table.tolist() == resize(table, (3, 4), (3, 4), RULES[name], prefix=1).tolist()


def test_as_many_cells_of_another_shape_are_resized():
    table = drawn(np.random.default_rng(4), 12, 2)

    assert table.tolist() != resize(table, (3, 4), (4, 3), LINEAR).tolist()


def test_a_side_that_does_not_change_is_moved_by_an_offset_when_the_other_does():
    columns = np.repeat(np.arange(3.0), 4)[:, None]  # the same in every column

    assert np.repeat([0, 1, 2], 2).tolist() == resize(columns, (3, 4), (3, 2), BICUBIC)[:, 0].tolist()
    assert np.repeat([0, 1, 2], 2).tolist() != resize(columns, (3, 4), (3, 2), DINO)[:, 0].tolist()


def test_the_table_given_is_not_the_one_returned():
    table = np.ones((4, 1))
    resize(table, (2, 2), (2, 2), LINEAR)[:] = 7

    assert [[1.0]] * 4 == table.tolist()


@MANY
@given(rules, st.tuples(sizes, sizes, sizes, sizes), st.integers(-64, 64))
def test_a_constant_is_kept(rule, sides, value):
    h, w, *new = (min(one, 12) for one in sides)
    made = resize(np.full((h * w, 1), value / 16), (h, w), tuple(new), rule)

    assert np.abs(made - value / 16).max() <= 64 * U * abs(value)


@MANY
@given(rules, st.tuples(sizes, sizes, sizes, sizes))
def test_turning_the_grid_over_its_diagonal_turns_the_result(rule, sides):
    h, w, hh, ww = (min(one, 12) for one in sides)
    table = drawn(np.random.default_rng(h), h, w, 2)
    made = resize(table.reshape(h * w, 2), (h, w), (hh, ww), rule).reshape(hh, ww, 2)
    turned = resize(table.swapaxes(0, 1).reshape(h * w, 2), (w, h), (ww, hh), rule).reshape(ww, hh, 2)

    assert np.abs(made - turned.swapaxes(0, 1)).max() < 1e-12


def test_float32_is_resized_as_the_numbers_it_holds():
    table = np.random.default_rng(5).standard_normal((4, 2)).astype(np.float32)
    made = resize(table, (2, 2), (3, 3), BICUBIC)

    assert np.float64 == made.dtype
    assert resize(table.astype(np.float64), (2, 2), (3, 3), BICUBIC).tolist() == made.tolist()


# Looking up.


def test_a_position_is_the_number_of_a_row():
    assert [[5, 8], [0, 1]] == lookup([2, 0], Table((3,), 2), learned={"table": ROWS}).tolist()


def test_an_offset_is_the_row_of_position_zero():
    found = lookup([0, -2], Table((3,), 2, offset=2), learned={"table": ROWS})

    assert [[5, 8], [0, 1]] == found.tolist()


@pytest.mark.anchor("E 6, NaViT")
def test_rows_of_two_tables_are_added_multiplied_or_stacked():
    learned = {"table_0": ROWS, "table_1": 10 * ROWS}
    found = {
        combine: lookup([[1, 2]], Factorised((3, 3), 4 if combine == "stack" else 2, combine), learned=learned).tolist()
        for combine in ("sum", "product", "stack")
    }

    assert {"sum": [[52, 83]], "product": [[100, 240]], "stack": [[2, 3, 50, 80]]} == found


def test_a_joint_table_has_a_row_for_every_pair():
    table = np.arange(12.0).reshape(2, 3, 2)

    assert [[10, 11], [2, 3]] == lookup([[1, 2], [0, 1]], Table((2, 3), 2), learned={"table": table}).tolist()


# Erratum: NaViT describes Pix2Struct by a joint table; a sum of two has not as many freedoms.
@pytest.mark.anchor("E6.1")
def test_a_sum_of_two_tables_is_not_any_joint_table():
    rng = np.random.default_rng(6)
    corners = place([Image(2, 2)], Grid())
    summed = lookup(corners, Factorised((2, 2), 1), learned=learned_by(Factorised((2, 2), 1), rng))[:, 0]
    joint = lookup(corners, Table((2, 2), 1), learned=learned_by(Table((2, 2), 1), rng))[:, 0]

    assert abs(summed[0] + summed[3] - summed[1] - summed[2]) < 1e-15
    assert abs(joint[0] + joint[3] - joint[1] - joint[2]) > 0.1


@pytest.mark.anchor("E 6, Pix2Struct")
def test_pix2struct_counts_rows_and_columns_from_one():
    variant = Factorised((5, 5), 1, offset=1)
    learned = {"table_0": np.arange(5.0)[:, None], "table_1": 10 * np.arange(5.0)[:, None]}

    assert [11, 21, 12, 22] == lookup(place([Image(2, 2)], Grid()), variant, learned=learned)[:, 0].tolist()
    assert [0] == lookup([[-1, -1]], variant, learned=learned)[:, 0].tolist()


@pytest.mark.anchor("E 6, NaViT")
def test_a_fraction_of_a_side_picks_the_same_row_at_every_size():
    at = {name: TABLE[name].variant for name in ("navit-fractional", "navit-fractional-centres")}
    learned = learned_by(Factorised((64, 64), 768), np.random.default_rng(7))
    small = {name: lookup([[1, 1]], one, learned=learned, grid=(2, 2)).tolist() for name, one in at.items()}
    large = {name: lookup([[4, 4]], one, learned=learned, grid=(8, 8)).tolist() for name, one in at.items()}

    assert small["navit-fractional"] == large["navit-fractional"]
    assert small["navit-fractional-centres"] != large["navit-fractional-centres"]
    assert small["navit-fractional"] == (learned["table_0"][32] + learned["table_1"][32])[None].tolist()


@MANY
@given(generators, rules)
def test_a_table_that_resamples_is_resized_to_the_grid(rng, rule):
    h, w, hh, ww = rng.integers(1, 9, 4).tolist()
    variant = Table((h, w), 3, resample=rule)
    table = drawn(rng, h, w, 3)
    expected = resize(table.reshape(h * w, 3), (h, w), (hh, ww), rule)

    found = lookup(place([Image(hh, ww)], Grid()), variant, learned={"table": table}, grid=(hh, ww))
    assert expected.tolist() == found.tolist()


@pytest.mark.anchor("E 6, NaViT")
@MANY
@given(generators, rules)
def test_factorised_tables_are_resized_each_along_its_axis(rng, rule):
    h, w, hh, ww = rng.integers(1, 9, 4).tolist()
    learned = {"table_0": drawn(rng, h, 3), "table_1": drawn(rng, w, 3)}
    found = lookup(place([Image(hh, ww)], Grid()), Factorised((h, w), 3, resample=rule), learned=learned, grid=(hh, ww))
    y = resize(learned["table_0"], (h, 1), (hh, 1), rule)
    x = resize(learned["table_1"], (1, w), (1, ww), rule)

    assert rule.offset or np.abs(weights(h, hh, rule) @ learned["table_0"] - y).max() < 1e-12
    assert np.abs((y[:, None] + x[None]).reshape(hh * ww, 3) - found).max() < 1e-12


@pytest.mark.parametrize("name", RULES)
def test_tables_on_their_own_grid_are_kept(name):
    variant = Factorised((3, 4), 2, resample=RULES[name])
    learned = learned_by(variant, np.random.default_rng(8))
    plain = lookup([[2, 3]], Factorised((3, 4), 2), learned=learned)

    assert plain.tolist() == lookup([[2, 3]], variant, learned=learned, grid=(3, 4)).tolist()


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)], ids=str)
def test_positions_may_have_any_lead(lead):
    assert (*lead, 5, 2) == lookup(np.zeros((*lead, 5)), Table((3,), 2), learned={"table": ROWS}).shape


# The catalogue.


@pytest.mark.parametrize(
    "name", [name for name, entry in TABLE.items() if isinstance(entry.variant, Table | Factorised)]
)
def test_every_table_of_the_catalogue_can_be_looked_up(name):
    variant = TABLE[name].variant
    learned = {table: np.ones(shape) for table, shape in variant.learned.items()}
    point = [0] if len(variant.rows) == 1 else [[0] * len(variant.rows)]
    grid = None if variant.resample is None else (3, 5)

    assert (1, variant.width) == lookup(point, variant, learned=learned, grid=grid).shape


def test_no_name_is_taken_already():
    assert not set(TABLE) & {name for name, entry in CATALOGUE.items() if entry is not TABLE.get(name)}


def test_notes_refer_to_entries_there_are():
    for name, entry in TABLE.items():
        for word in entry.note.replace(",", "").replace(".", "").split("see ")[1:]:
            assert word.split()[0] in TABLE, name


# The grid of an image.


@pytest.mark.anchor("E 6, Pix2Struct")
@pytest.mark.parametrize(
    ("height", "width", "most", "expected"),
    [(1080, 1920, 2048, Image(33, 60)), (200, 100, 512, Image(32, 16)), (1, 10_000, 64, Image(1, 64))],
)
def test_the_grid_pix2struct_gives_an_image(height, width, most, expected):
    assert expected == fit(height, width, Pix2StructGrid((16, 16), most))


@pytest.mark.parametrize(("height", "width"), [(200, 400), (107, 214), (32, 64), (568, 1136)])
def test_a_grid_that_fits_to_the_last_pixel_is_not_lost(height, width):
    assert Image(32, 64) == fit(height, width, Pix2StructGrid((16, 16), 2048))
    assert Image(31, 63) == fit(height, width, Pix2StructGrid((16, 16), 2047))


def test_patches_need_not_be_square():
    assert Image(4, 1) == fit(100, 100, Pix2StructGrid((8, 32), 4))


@MANY
@given(st.tuples(*[st.integers(1, 5000)] * 2), st.tuples(*[st.integers(1, 64)] * 2), st.integers(1, 4096))
def test_a_grid_has_at_most_as_many_patches_as_there_may_be(sides, patch, most):
    found = fit(*sides, Pix2StructGrid(patch, most))

    assert found.h * found.w <= most


@MANY
@given(st.tuples(*[st.integers(1, 5000)] * 2), st.integers(1, 4096), st.integers(2, 50))
def test_a_grid_does_not_depend_on_the_size_of_an_image_only_on_its_shape(sides, most, times):
    rule = Pix2StructGrid((16, 16), most)

    assert fit(*sides, rule) == fit(*(times * one for one in sides), rule)


# What is refused.

T = np.ones((4, 1))
ONE = Table((3,), 2)
TWO = Factorised((3, 3), 2)
REFUSED = {
    "a grid that no memory holds": (
        lambda: resize(np.ones((1, 2**20)), (1, 1), (2**14, 2**14), Resize("linear")),
        "the resized table must fit into memory; got (16384, 16384)",
    ),
    "an empty grid": (
        lambda: resize(T, (2, 2), (0, 2), LINEAR),
        "new must be two ints of at least 1, (h, w); got (0, 2)",
    ),
    "a negative prefix": (
        lambda: resize(T, (2, 2), (2, 2), LINEAR, prefix=-1),
        "prefix must be an int of at least 0; got -1",
    ),
    "another table": (lambda: resize(T, (2, 2), (1, 1), LINEAR, prefix=1), "table must have shape (5, d); got (4, 1)"),
    "a table of one axis": (lambda: resize([1.0], (1, 1), (2, 2), LINEAR), "table must have shape (1, d); got (1,)"),
    "a table not finite": (
        lambda: resize(T * np.nan, (2, 2), (1, 1), LINEAR),
        "table must be finite; got array([nan])",
    ),
    "a table too large": (
        lambda: resize(np.full((2, 1), 1.7e308) * [[1], [-1]], (2, 1), (6, 1), BICUBIC),
        "the resized table must be finite; got array([inf])",
    ),
    "a rule that is none": (
        lambda: resize(T, (2, 2), (1, 1), "bicubic"),
        "rule must be Resize; got bicubic, and CATALOGUE[name].variant is the description of a name",
    ),
    "a size of zero": (lambda: weights(0, 3, LINEAR), "old must be an int from 1 to 16,384; got 0"),
    "a size too long": (lambda: weights(3, 2**14 + 1, LINEAR), "new must be an int from 1 to 16,384; got 16385"),
    "a row too many": (
        lambda: lookup([3], ONE, learned={"table": ROWS}),
        "positions must be from 0 to 2; got array([3.])",
    ),
    "a negative row": (
        lambda: lookup([-2], Table((3,), 2, offset=1), learned={"table": ROWS}),
        "positions must be from -1 to 1; got array([-2.])",
    ),
    "a position beyond the grid": (
        lambda: lookup([3], Table((9,), 1, resample=LINEAR), learned={"table": np.ones((9, 1))}, grid=(3,)),
        "positions must be from 0 to 2; got array([3.])",
    ),
    "a column too many": (
        lambda: lookup([[1, 3]], TWO, learned={"table_0": ROWS, "table_1": ROWS}),
        "positions must be from 0 to (2, 2); got array([3.])",
    ),
    "half a position": (
        lambda: lookup([0.5], ONE, learned={"table": ROWS}),
        "positions must be whole numbers; got array([0.5])",
    ),
    "nothing learned": (lambda: lookup([0], ONE), "learned must be a mapping of names to arrays; got None"),
    "one of two tables": (
        lambda: lookup([[0, 0]], TWO, learned={"table_0": ROWS}),
        "learned must bring exactly table_0, table_1; got ['table_0']",
    ),
    "a learned table of another shape": (
        lambda: lookup([0], ONE, learned={"table": ROWS.T}),
        "table must have shape (3, 2); got (2, 3)",
    ),
    "no grid": (
        lambda: lookup([0], Table((3,), 2, resample=LINEAR), learned={"table": ROWS}),
        "grid must be 1 int of at least 1; got None",
    ),
    "a grid too many": (
        lambda: lookup([0], ONE, learned={"table": ROWS}, grid=(3,)),
        "grid must be left out where the table is not resized; got (3,)",
    ),
    "a variant that is none": (lambda: lookup([0], LINEAR), "variant must be Table or Factorised; got " + repr(LINEAR)),
    "no rows": (lambda: Table((), 2), "rows must be a tuple of at least 1 int of at least 1; got ()"),
    "one axis to factorise": (
        lambda: Factorised((3,), 2),
        "rows must be a tuple of at least 2 int of at least 1; got (3,)",
    ),
    "an offset beyond the rows": (
        lambda: Factorised((9, 3), 2, offset=3),
        "offset must be less than the rows; got (3, (9, 3))",
    ),
    "an odd width to stack": (
        lambda: Factorised((3, 3), 3, "stack"),
        "width must be a multiple of the axes, 2, to be stacked; got 3",
    ),
    "an offset to resize": (
        lambda: Table((3,), 2, offset=1, resample=LINEAR),
        "offset must be 0 where the table is resized; got 1",
    ),
    "a rule that is a word": (lambda: Table((3,), 2, resample="linear"), "resample must be Resize or None; got linear"),
    "a cubic without a": (lambda: Resize("cubic"), "a must be given for cubic, and only for it; got None"),
    "a line with a": (lambda: Resize("linear", a=-0.5), "a must be given for cubic, and only for it; got -0.5"),
    "a slope upwards": (lambda: Resize("cubic", a=0.5), "a must be from -1 to 0; got 0.5"),
    "a line from the origin": (
        lambda: Resize("linear", align="origin"),
        'align must be "centres" or "corners" for this kernel; got origin',
    ),
    "an offset of one": (
        lambda: Resize("linear", offset=1),
        "offset must be at least 0 and less than 1; got 1.0",
    ),
    "an offset of corners": (
        lambda: Resize("linear", align="corners", offset=0.1),
        "offset must be 0 where corners are shared; got 0.1",
    ),
    "an image without height": (
        lambda: fit(0, 3, Pix2StructGrid((1, 1), 1)),
        "height must be an int of at least 1; got 0",
    ),
    "a patch of one side": (lambda: Pix2StructGrid((16,), 9), "patch must be two ints of at least 1; got (16,)"),
    "no patches": (lambda: Pix2StructGrid((16, 16), 0), "most must be at least 1; got 0"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(call, message):
    with pytest.raises(SpecError) as caught:
        call()

    assert message == str(caught.value)


@pytest.mark.parametrize("align", ["corners", "origin"])
def test_antialias_goes_with_centres(align):
    with pytest.raises(SpecError, match="antialias must go with centres"):
        Resize("nearest" if align == "origin" else "linear", align=align, antialias=True)


CALLS = {
    "positions": lambda draw: lookup(draw(), ONE, learned={"table": ROWS}),
    "variant": lambda draw: lookup([0], draw(), learned={"table": ROWS}),
    "learned": lambda draw: lookup([0], ONE, learned=draw()),
    "a learned table": lambda draw: lookup([0], ONE, learned={"table": draw()}),
    "grid": lambda draw: lookup([0], Table((3,), 2, resample=LINEAR), learned={"table": ROWS}, grid=draw()),
    "table": lambda draw: resize(draw(), (2, 2), (3, 3), LINEAR),
    "old": lambda draw: resize(T, draw(), (3, 3), LINEAR),
    "new": lambda draw: resize(T, (2, 2), draw(), LINEAR),
    "rule": lambda draw: resize(T, (2, 2), (3, 3), draw()),
    "prefix": lambda draw: resize(T, (2, 2), (3, 3), LINEAR, prefix=draw()),
    "size": lambda draw: weights(3, draw(), LINEAR),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@MANY
@given(data=st.data())
def test_a_function_of_rubbish_refuses_or_returns_finite_numbers(call, data):
    try:
        result = call(lambda: data.draw(rubbish))
    except SpecError:
        return

    assert np.isfinite(result).all()
