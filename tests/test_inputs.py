"""The frozen inputs: exact in every format, varied, canonical, and never drawn again."""

import hashlib
import json
from importlib.resources import files

import numpy as np
import pytest

from refpos import Bands, Dense, Frequencies, PerHead, SpecError
from refpos.oracle.inputs import Case, cases, fill
from refpos.oracle.rounding import round_to

TEXT = files("refpos.oracle").joinpath("inputs.json").read_text(encoding="utf-8")
DATA = json.loads(TEXT)
CASES = DATA["cases"]
WHOLE = [case for case in CASES if case["kind"] == "whole"]
FRACTIONS = [case for case in CASES if case["kind"] == "fraction"]
LINE, PLANE, SPACE = (Frequencies(tuple(range(axes)) * 2) for axes in (1, 2, 3))


def ids(found):
    return [case["id"] for case in found]


def coordinates(case):
    return np.array(case["positions"], dtype=float).reshape(len(case["positions"]), -1)


def canonical(data):
    rows = ",\n    ".join(json.dumps(case) for case in data["cases"])
    features = json.dumps(data["features"])
    return f'{{\n  "format": {data["format"]},\n  "features": {features},\n  "cases": [\n    {rows}\n  ]\n}}\n'


def test_the_file_has_its_one_form():
    assert canonical(DATA) == TEXT


def test_the_file_says_its_format():
    assert DATA["format"] == 1


def test_no_case_has_a_field_that_nothing_reads():
    fields = {"id", "comment", "axes", "kind", "grid", "positions"}
    assert [case["id"] for case in CASES if set(case) - fields] == []


def test_ids_are_unique():
    assert sorted(set(ids(CASES))) == sorted(ids(CASES))


def test_every_case_says_what_it_is_there_to_find():
    assert ids(case for case in CASES if len(case["comment"]) < 10) == []


def test_no_feature_is_nought():
    assert [number for number in DATA["features"] if number == 0] == []


def test_features_are_whole_sixteenths_of_a_few_bits():
    assert [number for number in DATA["features"] if type(number) is not int or abs(number) > 32] == []


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_every_format_holds_every_feature(dtype):
    values = np.array(DATA["features"]) / 16
    assert np.array_equal(round_to(values, dtype), values)


def test_as_many_features_are_positive_as_negative():
    share = np.mean(np.array(DATA["features"]) > 0)
    assert 0.4 < share < 0.6


def test_the_number_of_features_is_prime_so_that_no_width_repeats_them():
    count = len(DATA["features"])
    assert [n for n in range(2, count) if count % n == 0] == []


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_position_has_a_coordinate_for_each_axis(case):
    assert coordinates(case).shape[1] == case["axes"]


@pytest.mark.parametrize("case", WHOLE, ids=ids(WHOLE))
def test_whole_positions_are_integers_that_float32_holds(case):
    p = coordinates(case)
    assert np.array_equal(p, np.rint(p))
    assert 0 <= p.min() <= p.max() < 2**24


@pytest.mark.parametrize("case", FRACTIONS, ids=ids(FRACTIONS))
def test_fractions_are_dyadic_and_within_one(case):
    p = coordinates(case)
    assert np.array_equal(p * 2**13, np.rint(p * 2**13))
    assert np.abs(p).max() <= 1


GRIDS = [case for case in CASES if "grid" in case]


@pytest.mark.parametrize("case", GRIDS, ids=ids(GRIDS))
def test_a_grid_is_what_its_positions_are_row_by_row(case):
    sides = case["grid"]
    cells = np.indices(sides).reshape(len(sides), -1).T
    want = cells if case["kind"] == "whole" else (2 * cells + 1) / sides - 1
    assert np.array_equal(want, coordinates(case))


@pytest.mark.parametrize("case", GRIDS, ids=ids(GRIDS))
def test_no_grid_is_square(case):
    assert len(set(case["grid"])) == len(case["grid"])


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("kind", ["whole", "fraction"])
def test_scattered_tokens_stand_on_no_diagonal(axes, kind):
    (case,) = (c for c in CASES if c["id"].endswith("scattered") and (c["axes"], c["kind"]) == (axes, kind))
    assert [row for row in case["positions"] if len(set(row)) < axes] == []


@pytest.mark.parametrize("case", [c for c in CASES if c["id"].endswith("scattered")], ids=lambda c: c["id"])
def test_scattered_tokens_are_unsorted_and_one_comes_twice(case):
    rows = coordinates(case).tolist()
    assert rows != sorted(rows)
    assert len({tuple(row) for row in rows}) == len(rows) - 1


def test_the_line_has_the_positions_that_16_bits_lose():
    line = {p for case in WHOLE if case["axes"] == 1 for p in case["positions"]}
    assert {0, 1, 257, 2049, 4096, 8192, 65520} <= line


def test_what_is_frozen_has_not_been_drawn_again():
    numbers = json.dumps({"features": DATA["features"], "cases": [[c["id"], c["positions"]] for c in CASES]})
    assert hashlib.sha256(numbers.encode()).hexdigest() == FROZEN


FROZEN = "f8d3ffb00634106a3ce175b4864dcd18b590932b44385b7fac96c91f0774bdd6"


# Choosing cases.


@pytest.mark.parametrize(
    ("frequencies", "start"),
    [
        (LINE, "line/"),
        (PLANE, "plane/"),
        (SPACE, "space/"),
        (Frequencies((0, 1), unit="turn"), ("centres/", "fractions-2/")),
        (Bands((0, 1, 2), 1.0, 2.0, unit="half-turn"), "fractions-3/"),
        (Dense(2, 4), "plane/"),
        (PerHead((PLANE, PLANE)), "plane/"),
    ],
    ids=["line", "plane", "space", "turns", "half-turns", "dense", "heads"],
)
def test_cases_have_the_axes_and_the_unit_of_the_frequencies(frequencies, start):
    found = [case.id for case in cases(frequencies)]
    assert found
    assert [one for one in found if not one.startswith(start)] == []


def test_only_whole_grids_are_given_where_nothing_else_will_do():
    assert [case.grid for case in cases(PLANE, grids=True)] == [(3, 5), (4, 6), (32, 2)]


def test_no_position_reaches_the_longest():
    assert max(case.positions.max() for case in cases(LINE, longest=2048)) == 2047


def test_cases_of_which_nothing_is_left_are_dropped():
    assert [case.id for case in cases(LINE, longest=13)] == ["line/near", "line/scattered", "line/again"]


def test_where_no_position_is_left_that_is_said():
    with pytest.raises(SpecError, match="longest must be an int of at least 2; got 1"):
        cases(LINE, longest=1)


def test_a_case_below_its_longest_is_itself():
    case = cases(LINE)[0]
    assert case.below(13) is case
    assert case.below(None) is case


def test_below_keeps_the_order_and_looks_at_the_highest_coordinate():
    case = Case("a", "of three", np.array([[5.0, 1], [2, 9], [3, 3]]), None)
    kept = case.below(6)
    assert kept is not None
    assert kept.positions.tolist() == [[5, 1], [3, 3]]


def test_a_grid_that_is_cut_is_a_smaller_whole_grid():
    found = [case.positions for case in cases(PLANE, longest=4, grids=True)]
    sides = [p.max(axis=0).astype(int) + 1 for p in found]
    assert [side.tolist() for side in sides] == [[3, 4], [4, 4], [4, 2]]
    assert [p.tolist() for p in found] == [np.indices(side).reshape(2, -1).T.tolist() for side in sides]


def test_whole_positions_travel_as_integers_and_fractions_as_floats():
    assert [cases(one)[0].travelling.dtype.kind for one in (LINE, Frequencies((0,), unit="turn"))] == ["i", "f"]


def test_cases_are_the_same_at_every_call():
    first, second = cases(LINE), cases(LINE)
    assert [case.positions.tolist() for case in first] == [case.positions.tolist() for case in second]


def test_what_one_caller_does_to_positions_another_does_not_see():
    first = cases(LINE)[0]
    first.positions[:] = 7
    assert cases(LINE)[0].positions.tolist() == list(range(13))


# Features.


def test_fill_does_not_look_at_the_random_state_of_numpy():
    case = cases(LINE)[0]
    np.random.seed(0)  # noqa: NPY002 (the legacy state is what a test suite sets)
    first = fill(case, (2, 3), 8)
    np.random.seed(1)  # noqa: NPY002
    assert np.array_equal(first, fill(case, (2, 3), 8))


def test_fill_does_not_move_the_random_state_of_numpy():
    np.random.seed(5)  # noqa: NPY002
    want = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    fill(cases(LINE)[0], (2, 3), 8)
    assert want == np.random.random()  # noqa: NPY002


def test_fill_gives_the_shape_asked_for():
    assert fill(cases(LINE)[0], (2, 3), 8).shape == (2, 3, 13, 8)


def test_cases_are_filled_with_other_features():
    near, edges = cases(LINE)[:2]
    assert not np.array_equal(fill(near, (1,), 8)[0, 0], fill(edges, (1,), 8)[0, 0])


def test_no_two_tokens_heads_or_batches_are_alike():
    x = fill(cases(LINE)[0], (2, 3), 64).reshape(-1, 64)
    assert len({tuple(row) for row in x.tolist()}) == len(x)
