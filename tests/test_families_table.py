"""Golden files of learned tables: what is due, how far it may be off, which mistakes are told."""

from functools import cache

import numpy as np
import pytest
from honest_resizing import honest_weights

from refpos import SpecError
from refpos.catalogue import TABLE
from refpos.oracle.families.resize import RESIZES
from refpos.oracle.families.table import TABLES, WIDTH, narrowed
from refpos.oracle.golden.document import rederived, written
from refpos.oracle.golden.export_arrays import arrays
from refpos.oracle.golden.format import canonical
from refpos.oracle.golden.others import Other, filled, repeated, require_other
from refpos.oracle.rounding import round_to
from refpos.oracle.tables import lookup_bound, resize_bound
from refpos.spec.table import lookup, resize
from refpos.variants.radix import Radix
from refpos.variants.standardised import Ramp, Standardised
from refpos.variants.table import Factorised, Resize, Table

DTYPES = ("float64", "float32", "float16", "bfloat16")
RULES = [name for name, entry in TABLE.items() if isinstance(entry.variant, Resize)]
MADE = [name for name, entry in TABLE.items() if isinstance(entry.variant, Standardised)]
WRITTEN = [name for name, entry in TABLE.items() if isinstance(entry.variant, Radix)]
LOOKUPS = [name for name in TABLE if name not in (*RULES, *MADE, *WRITTEN)]
PLAIN = [name for name in LOOKUPS if TABLE[name].variant.resample is None]
SMALL = "pix2struct-navit"


@cache
def document(name):
    return written(name)


@cache
def subject(name):
    return Other(name, TABLE[name], document(name).get("learned"))


def cases(name):
    return [(one["id"], one["inputs"], np.array(one["master"])) for one in document(name)["cases"]]


def pinned(rows, name, where):
    """Return the columns of whole rows that a case pins."""
    case = next(one for one in document(name)["cases"] if one["id"] == where)
    return rows[:, case.get("elements", slice(None))]


@pytest.mark.parametrize("name", PLAIN)
def test_masters_are_the_rows_themselves(name):
    variant, learned = subject(name).variant, subject(name).learned
    for where, inputs, master in cases(name):
        p = np.array(inputs["positions"]).reshape(len(master), -1) + variant.offset
        if isinstance(variant, Table):
            due = learned["table"][tuple(p.T)]
        else:
            y, x = (learned[f"table_{axis}"][p[:, axis]] for axis in (0, 1))
            due = {"sum": y + x, "product": y * x, "stack": np.hstack([y, x])[:, : variant.width]}[variant.combine]
        assert np.array_equal(master, due), where


@pytest.mark.parametrize("name", TABLE)
def test_masters_are_what_the_specification_computes(name):
    one = subject(name)
    for where, inputs, master in cases(name):
        got = pinned(TABLES.compute(one.variant, inputs, one.learned), name, where)
        allowed = pinned(TABLES.allowed(one.variant, inputs, one.learned, "float64"), name, where)
        assert (np.abs(got - master) <= allowed).all(), where


def honest(table, to, rule, f):
    """Return a table brought to some sides as libraries do, in a dtype."""
    table = table.astype(f)
    if table.shape[: len(to)] == to:
        return table
    for axis, (old, new) in enumerate(zip(table.shape, to, strict=False)):
        table = np.moveaxis(np.tensordot(honest_step(old, new, rule, f), table, axes=(1, axis)), 0, axis)
    return table


def honest_step(old, new, rule, f):
    if rule.kernel != "nearest":
        return honest_weights(old, new, rule, f)
    point = (np.arange(new, dtype=f) + f(0.5 * (rule.align == "centres"))) * (f(old) / f(new))
    return np.eye(old, dtype=f)[np.minimum(np.floor(point).astype(int), old - 1)]


def standardised(variant, f):
    """Return a table that is made and standardised, as PatchTST's code does it."""
    if isinstance(variant.content, Ramp):
        down, across = (np.linspace(0, 1, n, dtype=f) if n > 1 else f([1]) for n in (variant.rows, variant.width))
        x = f(variant.content.exponent)
        table = f(2) * np.outer(down**x, across**x) - f(1)
    else:
        steps = np.exp(np.arange(0, variant.width, 2, dtype=f) * -f(np.log(10_000.0) / variant.width))
        phi = np.arange(variant.rows, dtype=f)[:, None] * steps
        table = np.stack([np.sin(phi), np.cos(phi)], axis=-1).reshape(variant.rows, -1)
    table = table - table.mean()
    return table / (table.std(ddof=1) * f(variant.deviations))


def written_down(p, variant, f):
    """Return digits as floats have them: quotients truncated, and what is left of them by the base."""
    quotients = np.floor(p / np.cumprod([1, *variant.bases[:-1]]).astype(f))
    return quotients - np.array(variant.bases, f) * np.floor(quotients / np.array(variant.bases, f))


def implemented(name, inputs, f):
    """Return the rows of a case as an honest implementation works them out in a dtype."""
    variant, learned = subject(name).variant, subject(name).learned
    if isinstance(variant, Resize):
        table, prefix, new = filled(inputs["table"]), inputs["prefix"], tuple(inputs["new"])
        cells = honest(table[prefix:].reshape(*inputs["old"], -1), new, variant, f)
        return np.concatenate([table[:prefix].astype(f), cells.reshape(-1, table.shape[-1])])
    if isinstance(variant, Standardised):
        return standardised(variant, f)[inputs["positions"]]
    if isinstance(variant, Radix):
        return written_down(np.array(inputs["positions"], f)[:, None], variant, f)
    tables, grid = list(learned.values()), tuple(inputs.get("grid", ()))
    p = np.array(inputs["positions"]).reshape(len(inputs["positions"]), -1) + variant.offset
    if isinstance(variant, Table):
        return honest(tables[0], grid, variant.resample, f)[tuple(p.T)]
    made = [honest(one, grid[axis : axis + 1], variant.resample, f)[p[:, axis]] for axis, one in enumerate(tables)]
    return {"sum": made[0] + made[1], "product": made[0] * made[1], "stack": np.concatenate(made, -1)}[variant.combine]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TABLE)
def test_honest_implementations_are_within_the_bound(name, dtype):
    one, f = subject(name), np.float64 if dtype == "float64" else np.float32
    ratios = []
    for where, inputs, master in cases(name):
        got = round_to(pinned(implemented(name, inputs, f), name, where).astype(np.float64), dtype)
        allowed = pinned(TABLES.allowed(one.variant, inputs, one.learned, dtype), name, where)
        error = np.abs(got - master)
        assert (error <= allowed).all(), where
        ratios.append(float(np.divide(error, allowed, out=np.zeros_like(error), where=error > 0).max()))
    if name in MADE:
        assert max(ratios) >= 0.005
    else:
        exact = name in (*PLAIN, *WRITTEN)
        resampled = name in RULES or (not exact and one.variant.resample.kernel != "nearest")
        assert not resampled or max(ratios) >= 0.02


@pytest.mark.parametrize("name", TABLE)
def test_every_mistake_is_told_by_some_case(name):
    """Each of them is another function."""
    assert {one.id for one in subject(name).mistakes} == set(document(name)["notes"])
    assert len({one.what for one in subject(name).mistakes}) == len(subject(name).mistakes)


@pytest.mark.parametrize("name", ["bart", SMALL, "navit-stack", "idefics2", "timm-resize", "patchtst-lin1d"])
def test_a_file_is_made_again_from_its_inputs(name):
    assert canonical(rederived(name, document(name))) == canonical(document(name))


@pytest.mark.parametrize("name", TABLE)
def test_every_number_of_a_file_can_be_exported(name):
    found = arrays(document(name))

    for where, inputs, master in cases(name):
        assert np.array_equal(master, found[f"{where}/master"])
        given = filled(inputs["table"]) if name in RULES else inputs.get("positions")
        assert np.array_equal(given, found[f"{where}/{'table' if name in RULES else 'positions'}"])


@pytest.mark.parametrize("name", TABLE)
def test_files_are_small(name):
    assert len(canonical(document(name))) < 30_000


@pytest.mark.parametrize("name", LOOKUPS)
def test_weights_fill_tables_of_few_columns_and_are_exact_in_every_format(name):
    one = subject(name)

    assert repeated(one) == one.weights
    assert one.features == WIDTH
    assert one.variant.rows == TABLE[name].variant.rows
    for given in one.learned.values():
        assert np.array_equal(given, round_to(given, "bfloat16"))
        assert (given[1:] != given[:-1]).any(axis=-1).all()


def test_tables_that_are_stacked_have_half_the_columns_each():
    assert {(6, 4)} == set(narrowed(Factorised((6, 6, 6), 768, combine="stack")).learned.values())
    assert {(6, 8)} == set(narrowed(Factorised((6, 6, 6), 768)).learned.values())


@pytest.mark.parametrize("name", ["navit-fractional", "navit-fractional-centres", "idefics2"])
def test_no_position_is_on_the_edge_of_a_cell_where_the_nearest_row_is_picked(name):
    """There either row would be allowed."""
    assert all(max(row) <= 3 for case in document(name)["cases"] for row in case["units"]["float32/formula"])


# Mistakes.


def mistaken(name, mistake, inputs):
    one = subject(name)
    predict = next(each.predict for each in one.mistakes if each.id == mistake)
    return predict(inputs, one.learned)


def resizing(old, new, prefix=0):
    rows = prefix + old[0] * old[1]
    table = {"shape": [rows, 2], "repeat": [float(one * one % 37) for one in range(2 * rows)]}
    return {"old": list(old), "new": list(new), "prefix": prefix, "table": table}, filled(table)


def test_the_next_row_comes_after_the_one_that_is_due():
    table = subject("bart").learned["table"]

    assert np.array_equal(table[[4, 5]], mistaken("bart", "rows/plus-one", {"positions": [1, 2]}))
    assert np.array_equal(table[[2, 3]], mistaken("bart", "rows/minus-one", {"positions": [1, 2]}))
    assert np.array_equal(table[[1, 2]], mistaken("bart", "rows/no-offset", {"positions": [1, 2]}))


def test_rows_and_columns_of_stacked_tables_exchanged():
    tables, inputs = subject("navit-stack").learned, {"positions": [[3, 9]]}
    y, x = tables["table_0"], tables["table_1"]

    assert [*y[9], *x[3]] == mistaken("navit-stack", "axes/swapped", inputs)[0].tolist()
    assert [*x[3], *y[9]] == mistaken("navit-stack", "tables/exchanged", inputs)[0].tolist()
    assert [*x[9], *y[3]] == mistaken("navit-stack", "combine/reversed", inputs)[0].tolist()
    assert [y[3, 0], x[9, 0], y[3, 1]] == mistaken("navit-stack", "combine/interleaved", inputs)[0, :3].tolist()


def test_edges_made_to_sum_to_one_are_those_of_antialias_where_there_are_to_be_more_samples():
    inputs, table = resizing((4, 3), (7, 8), 1)
    stretched = resize(table, (4, 3), (7, 8), Resize("cubic", a=-0.75, antialias=True), prefix=1)
    plain = resize(table, (4, 3), (7, 8), Resize("cubic", a=-0.5), prefix=1)

    assert np.allclose(stretched, mistaken("deit-resize", "edge/renormalised", inputs), rtol=0, atol=1e-12)
    assert np.allclose(plain, mistaken("timm-resize", "edge/clamped", inputs), rtol=0, atol=1e-12)


def test_prefixes_that_are_misplaced():
    inputs, table = resizing((3, 2), (3, 2), 2)

    assert np.array_equal([*table[2:], *table[:2]], mistaken("deit-resize", "prefix/last", inputs))
    assert np.array_equal([*table[:2], *table[:6]], mistaken("deit-resize", "prefix/counted", inputs))


def test_grids_that_are_mistaken():
    inputs, table = resizing((2, 6), (3, 4))
    rule = TABLE["deit-resize"].variant

    assert np.array_equal(table, mistaken("deit-resize", "size/area", inputs))
    assert np.array_equal(resize(table, (6, 2), (3, 4), rule), mistaken("deit-resize", "axes/table", inputs))
    assert np.array_equal(resize(table, (2, 6), (4, 3), rule), mistaken("deit-resize", "axes/grid", inputs))
    assert np.array_equal(resize(table, (1, 12), (1, 12), rule), mistaken("deit-resize", "axes/line", inputs))


# Bounds.


def test_rows_added_and_multiplied_are_off_by_what_their_roundings_come_to():
    tables, u = {"table_0": [[3.0]], "table_1": [[5.0]]}, 2.0**-24

    def units(combine, width=1):
        variant = Factorised((1, 1), width, combine=combine)
        return (lookup_bound(variant, "float32", [[0, 0]], learned=tables) / u).round(3).tolist()

    assert [[16.0]] == units("sum")
    assert [[45.0]] == units("product")
    assert [[3.0, 5.0]] == units("stack", 2)


@pytest.mark.parametrize("combine", ["sum", "product"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_three_axes_of_unlike_sides_are_within_the_bound(combine, dtype):
    variant, f = Factorised((3, 4, 5), 6, combine=combine), np.float64 if dtype == "float64" else np.float32
    rng = np.random.RandomState(5)
    learned = {name: rng.standard_normal(shape) for name, shape in variant.learned.items()}
    p = np.stack([rng.randint(0, rows, 40) for rows in variant.rows], axis=1)
    rows = [learned[f"table_{axis}"][p[:, axis]] for axis in range(3)]
    a, b, c = (one.astype(f) for one in rows)
    got = round_to((a + b + c if combine == "sum" else a * b * c).astype(np.float64), dtype)
    a, b, c = (one.astype(np.longdouble) for one in rows)
    want = (a + b + c if combine == "sum" else a * b * c).astype(np.float64)
    allowed = lookup_bound(variant, dtype, p, learned=learned)
    assert 0.1 <= float((np.abs(got - want) / allowed).max()) <= 1


def test_a_product_that_underflows_is_within_the_bound():
    tables = {"table_0": [[2.0**-80]], "table_1": [[2.0**-80]]}
    allowed = lookup_bound(Factorised((1, 1), 1, combine="product"), "float32", [[0, 0]], learned=tables)
    assert allowed[0, 0] >= 2.0**-160


def test_what_is_kept_is_rounded_once():
    rule, table = TABLE["dino-resize"].variant, np.arange(1.0, 15.0).reshape(7, 2)
    one = Table((3, 2), 2, resample=rule)
    cells = table[1:].reshape(3, 2, 2)

    assert np.array_equal(table * 2.0**-24, resize_bound(table, "float32", (3, 2), (3, 2), rule, prefix=1).round(30))
    assert np.array_equal(
        cells[2, 1] * 2.0**-24,
        lookup_bound(one, "float32", [[2, 1]], learned={"table": cells}, grid=(3, 2))[0].round(30),
    )
    assert (resize_bound(table, "float32", (3, 2), (2, 3), rule, prefix=1)[1:] > table[1:].min() * 2.0**-22).all()


# Inputs.

GRIDDED = "naflexvit-factorized"
BAD = {
    "no positions": (SMALL, {}),
    "a grid": (SMALL, {"positions": [[0, 0]], "grid": [4, 4]}),
    "empty": (SMALL, {"positions": []}),
    "too many": (SMALL, {"positions": [[0, 0]] * 65}),
    "a number": ("bert", {"positions": 3}),
    "a fraction": ("bert", {"positions": [0.5]}),
    "a bool": ("bert", {"positions": [True]}),
    "beyond": ("bert", {"positions": [512]}),
    "before": ("bart", {"positions": [-3]}),
    "too few axes": (SMALL, {"positions": [1]}),
    "too many axes": (SMALL, {"positions": [[1, 1, 1]]}),
    "beyond the columns": (SMALL, {"positions": [[0, 64]]}),
    "no grid": (GRIDDED, {"positions": [[0, 0]]}),
    "an empty grid": (GRIDDED, {"positions": [[0, 0]], "grid": [0, 3]}),
    "a grid of one axis": (GRIDDED, {"positions": [[0, 0]], "grid": [3]}),
    "a grid too large": (GRIDDED, {"positions": [[0, 0]], "grid": [3, 257]}),
    "beyond the grid": (GRIDDED, {"positions": [[0, 3]], "grid": [9, 3]}),
}


@pytest.mark.parametrize("which", BAD)
def test_inputs_that_a_table_is_not_given_are_refused_with_the_file_and_the_id(which):
    name, inputs = BAD[which]
    with pytest.raises(SpecError, match=rf"^{name}\.json, {name}/0001: "):
        require_other(subject(name), inputs, None, f"{name}.json, {name}/0001")


WRONG = {
    "no prefix": lambda good: good.pop("prefix"),
    "something more": lambda good: good.update(grid=[1, 1]),
    "a side of none": lambda good: good.update(new=[0, 3]),
    "a side too long": lambda good: good.update(new=[65, 1]),
    "a fraction of a side": lambda good: good.update(old=[2, 3.0]),
    "one side": lambda good: good.update(new=[4]),
    "a negative prefix": lambda good: good.update(prefix=-1, table={"shape": [5, 2], "repeat": [1.0]}),
    "a bool for a prefix": lambda good: good.update(prefix=True, table={"shape": [7, 2], "repeat": [1.0]}),
    "too many rows": lambda good: good.update(new=[12, 11]),
    "no shape": lambda good: good["table"].pop("shape"),
    "another shape": lambda good: good["table"].update(shape=[5, 2]),
    "more columns": lambda good: good["table"].update(shape=[6, 3]),
    "nothing to fill with": lambda good: good["table"].update(repeat=[]),
    "words": lambda good: good["table"].update(repeat=["1"]),
    "a bool to fill with": lambda good: good["table"].update(repeat=[True]),
    "no number": lambda good: good["table"].update(repeat=[float("nan")]),
    "a list of rows": lambda good: good.update(table=[[1.0, 2.0]] * 6),
}


@pytest.mark.parametrize("which", WRONG)
def test_inputs_that_a_rule_is_not_given_are_refused_with_the_file_and_the_id(which):
    inputs, _ = resizing((2, 3), (3, 4))
    one, where = subject("deit-resize"), "deit-resize.json, deit-resize/0002"
    require_other(one, inputs, None, where)
    WRONG[which](inputs)
    with pytest.raises(SpecError, match=r"^deit-resize\.json, deit-resize/0002: "):
        require_other(one, inputs, None, where)


@pytest.mark.parametrize("name", TABLE)
def test_what_must_be_refused_is_refused_by_the_specification(name):
    one = subject(name)
    found = list(TABLES.refused(one.variant))

    assert [words for words, _ in found] == [reject["comment"] for reject in document(name)["rejects"]]
    for words, inputs in found:
        with pytest.raises(SpecError):
            TABLES.known(one.variant, inputs, words)


def test_what_is_fine_is_fine():
    for name in TABLE:
        for where, inputs, _ in cases(name):
            require_other(subject(name), inputs, None, where)
    inputs, _ = resizing((2, 3), (3, 4))
    inputs["table"]["repeat"] = [1, 0.5]
    require_other(subject("deit-resize"), inputs, None, "integers among fractions")
    assert RESIZES.weights(TABLE["deit-resize"].variant) == {}
    table = subject("bert").learned
    assert np.array_equal(table["table"][[5]], lookup([5], subject("bert").variant, learned=table))
