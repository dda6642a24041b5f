"""Turning block by block: the same values as the formula written down once, whatever the planes, shapes and strides."""

import tracemalloc
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from numpy.lib.stride_tricks import as_strided
from strategies import FEW, generators

from refpos import Rotary, cos_sin, planes, rotate, turn
from refpos.catalogue import ANGLES
from refpos.spec import planned
from refpos.spec.places import joined
from refpos.spec.turning import BLOCK, Halves, Literal, Neighbours, Sides, runs
from refpos.variants.frequencies import axis_count, head_count, plane_count
from refpos.variants.length import is_static
from refpos.variants.planes import width

ROTARY = {name: entry.variant for name, entry in ANGLES.items() if isinstance(entry.variant, Rotary)}
LLAMA = ROTARY["llama-3.1"]
NEIGHBOURS = replace(LLAMA, pairing="interleaved")
RNG = np.random.default_rng(7)


def tables(variant, n, rng, dtype=np.float64, lead=()):
    heads = head_count(variant.frequencies)
    shape = (*lead, *(() if heads is None else (heads,)), n, plane_count(variant.frequencies))
    return tuple(rng.standard_normal(shape).astype(dtype) for _ in "cs")


def literal(x, cos, sin, variant):
    """The formula in one piece, for tables without leading axes but heads."""
    y = x.copy()
    for (a, b), (c, d), (first, second) in zip(*planes(variant, x.shape[-1]), strict=True):
        y[..., c] = x[..., a] * cos[..., first] - x[..., b] * sin[..., first]
        y[..., d] = x[..., b] * cos[..., second] + x[..., a] * sin[..., second]
    return y


def room(x, cos, sin):
    """How far two honest ways may lie apart: 2γ_2 (|x_a cos| + |x_b sin|)."""
    return 2.0**-51 * abs(x).max() * (abs(cos).max() + abs(sin).max())


def kinds(variant, dense=True, few=False):
    return {type(run) for run in runs(variant, width(variant) + 3, dense, few)[0]}


@contextmanager
def as_many():
    """Few features are turned as many are."""
    with patch.object(planned, "FEW", 0):
        planned.PLANS.clear()
        yield
    planned.PLANS.clear()


@pytest.mark.parametrize("variant", [pytest.param(one, id=name) for name, one in ROTARY.items()])
@FEW
@given(rng=generators)
def test_blocks_have_the_values_of_the_formula(variant, rng):
    heads = head_count(variant.frequencies)
    x = rng.standard_normal((2, heads or 3, 5, width(variant) + 3))
    cos, sin = tables(variant, 5, rng)
    want, few = literal(x, cos, sin, variant), turn(x, cos, sin, variant)
    with as_many():
        many = turn(x, cos, sin, variant)

    exact = Neighbours not in kinds(variant)
    assert np.all(abs(want - few) <= (0 if exact else room(x, cos, sin)))
    assert few.tobytes() == many.tobytes()


@pytest.mark.parametrize("block", [8, 1024, 5000])
@pytest.mark.parametrize("variant", [LLAMA, NEIGHBOURS, ROTARY["gpt-neox-20b"], ROTARY["rope-vit-mixed"]])
@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_the_size_of_blocks_changes_nothing(variant, block, dtype, monkeypatch):
    shape = (
        2,
        3,
        head_count(variant.frequencies) or 2,
        max(7, planned.FEW // 12 // width(variant) + 1),
        width(variant),
    )
    x = RNG.standard_normal(shape).astype(dtype)
    cos, sin = tables(variant, shape[-2], RNG, np.result_type(dtype, np.float32), lead=(2,))
    whole = turn(x, cos, sin, variant)

    for run in BLOCK:
        monkeypatch.setitem(BLOCK, run, block)
    assert whole.tobytes() == turn(x, cos, sin, variant).tobytes()


@pytest.mark.parametrize("variant", [LLAMA, NEIGHBOURS, replace(LLAMA, write="interleaved"), ROTARY["gpt-neox-20b"]])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("number", [nullcontext, as_many])
def test_in_place_and_into_out_are_the_same(number, variant, dtype):
    x = RNG.standard_normal((2, 3, 9, width(variant) + 2)).astype(dtype)
    cos, sin = tables(variant, 9, RNG, np.result_type(dtype, np.float32))
    want, given, out = turn(x, cos, sin, variant), x.copy(), np.full_like(x, np.nan)

    with number():
        assert turn(given, cos, sin, variant, out=given) is given
        turn(x, cos, sin, variant, out=out)
    assert want.tobytes() == given.tobytes() == out.tobytes()


@pytest.mark.parametrize("variant", [LLAMA, NEIGHBOURS])
def test_strides_change_no_value(variant):
    x = RNG.standard_normal((2, 9, 3, 2 * width(variant))).swapaxes(1, 2)[..., ::2]
    cos, sin = tables(variant, 9, RNG)

    assert np.all(abs(turn(x, cos, sin, variant) - turn(x.copy(), cos, sin, variant)) <= room(x, cos, sin))


@pytest.mark.parametrize("variant", [LLAMA, NEIGHBOURS])
@pytest.mark.parametrize("number", [nullcontext, as_many])
def test_short_floats_are_turned_though_they_are_repeated(number, variant):
    x = np.broadcast_to(RNG.standard_normal((1, 9, width(variant))).astype(np.float16), (3, 9, width(variant)))
    cos, sin = tables(variant, 9, RNG, np.float32)

    with number():
        assert turn(x, cos, sin, variant).tobytes() == turn(x.copy(), cos, sin, variant).tobytes()


def test_a_file_in_memory_is_turned_where_it_lies(tmp_path):
    given = np.memmap(tmp_path / "x", np.float32, "w+", shape=(4, 9, width(LLAMA)))
    given[...] = RNG.standard_normal(given.shape)
    cos, sin = tables(LLAMA, 9, RNG, np.float32)
    want = turn(np.array(given), cos, sin, LLAMA)

    turn(given, cos, sin, LLAMA, out=given)
    assert np.array_equal(want, np.memmap(tmp_path / "x", np.float32, "r", shape=given.shape))


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("variant", [LLAMA, NEIGHBOURS])
def test_matrices_are_turned_as_arrays(variant):
    x, (cos, sin) = RNG.standard_normal((9, width(variant))), tables(variant, 9, RNG)
    want, out = turn(x, cos, sin, variant), np.asmatrix(np.empty_like(x))

    assert turn(np.asmatrix(x), np.asmatrix(cos), np.asmatrix(sin), variant, out=out) is out
    assert out.tobytes() == want.tobytes()


@pytest.mark.parametrize("variant", [LLAMA, NEIGHBOURS, replace(LLAMA, write="interleaved")])
@pytest.mark.parametrize("n", [2**12, 2**14])
def test_two_megabytes_are_enough_at_any_length(variant, n):
    x = np.ones((4, n, width(variant)), np.float32)
    out, (cos, sin) = np.empty_like(x), cos_sin(np.arange(n), variant, np.float32)

    tracemalloc.start()
    turn(x, cos, sin, variant, out=out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * 2**20


def test_nothing_is_held_beside_a_complex_table_that_is_there():
    x = np.ones((4, 2**12, width(NEIGHBOURS)), np.float32)
    out, (cos, sin) = np.empty_like(x), cos_sin(np.arange(2**12), NEIGHBOURS, np.float32)

    tracemalloc.start()
    turn(x, cos, sin, NEIGHBOURS, out=out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**16


def apart(shape, first, second):
    """Return two views of one array that lie between one another."""
    both = RNG.standard_normal(shape, np.float32)
    return both[first], both[second]


WOVEN = {
    "rows": apart((2**15, 2, 200), np.s_[:, 0], np.s_[:, 1]),
    "heads": tuple(one.transpose(1, 2, 0, 3) for one in apart((2**11, 2, 2, 8, 200), np.s_[:, 0], np.s_[:, 1])),
    "sequences": tuple(one.transpose(0, 2, 1, 3) for one in apart((64, 32, 2, 8, 200), np.s_[:, :, 0], np.s_[:, :, 1])),
    "odd rows": apart((2, 4, 2**12, 401), np.s_[..., :200], np.s_[..., 200:400]),
}


@pytest.mark.parametrize("variant", [LLAMA, NEIGHBOURS, replace(LLAMA, write="interleaved")])
@pytest.mark.parametrize("name", WOVEN)
def test_two_megabytes_are_enough_between_one_another(variant, name):
    x, out = WOVEN[name]
    cos, sin = cos_sin(np.arange(x.shape[-2]), variant, np.float32)
    want = turn(x, cos, sin, variant)

    tracemalloc.start()
    turn(x, cos, sin, variant, out=out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * 2**20
    assert np.array_equal(want, out)


def test_a_stride_that_no_step_takes_sets_no_place_apart():
    x, (cos, sin) = RNG.standard_normal((1, 9, width(LLAMA))), tables(LLAMA, 9, RNG)
    want, out = turn(x, cos, sin, LLAMA), as_strided(x, strides=(8, *x.strides[1:]))

    turn(x, cos, sin, LLAMA, out=out)
    assert np.array_equal(want, x)


def test_planes_take_the_fastest_way_that_fits_them():
    assert {Halves} == kinds(LLAMA)
    assert {Sides} == kinds(LLAMA, few=True)
    assert {Neighbours} == kinds(NEIGHBOURS) == kinds(NEIGHBOURS, few=True)
    assert {Halves, Neighbours}.isdisjoint(kinds(ROTARY["vjepa2"], few=True))
    assert {Literal} == kinds(NEIGHBOURS, dense=False)
    assert {Literal} == kinds(replace(LLAMA, write="interleaved"))
    assert [Halves, Halves] == [type(run) for run in runs(ROTARY["gemma-4-vision"], 64, True)[0]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("length", [5, 200])
def test_parts_of_one_complex_table_turn_as_tables_apart_do(length, dtype):
    x = RNG.standard_normal((2, 3, length, width(NEIGHBOURS) + 2)).astype(dtype)
    cos, sin = cos_sin(np.arange(length), NEIGHBOURS, np.result_type(dtype, np.float32))
    want = turn(x, cos.copy(), sin.copy(), NEIGHBOURS)

    assert want.tobytes() == turn(x, cos, sin, NEIGHBOURS).tobytes() == turn(x, cos, sin, NEIGHBOURS, out=x).tobytes()


STATIC = {name: one for name, one in ROTARY.items() if is_static(one) and not one.learned}


@pytest.mark.parametrize("variant", [pytest.param(one, id=name) for name, one in STATIC.items()])
def test_tables_of_neighbours_are_the_parts_of_one_and_others_are_apart(variant):
    axes = axis_count(variant.frequencies)
    cos, sin = cos_sin(np.zeros((3, axes) if axes > 1 else 3), variant)

    assert (joined(cos, sin) is not None) == (kinds(variant) == {Neighbours})


def test_a_changed_part_changes_what_is_turned():
    x = RNG.standard_normal((2, 200, width(NEIGHBOURS)))
    cos, sin = cos_sin(np.arange(200), NEIGHBOURS)
    cos[...], sin[...] = 2.0, 0.0

    assert np.array_equal(2 * x, turn(x, cos, sin, NEIGHBOURS))


def test_variants_that_are_equal_and_those_that_are_not_have_plans_of_their_own():
    x, (cos, sin) = RNG.standard_normal((3, width(LLAMA))), tables(LLAMA, 3, RNG)
    want = {one: turn(x, cos, sin, one).tobytes() for one in (LLAMA, NEIGHBOURS)}

    for _ in range(planned.KEPT):
        assert all(turn(x, cos, sin, replace(one)).tobytes() == due for one, due in want.items())
    assert len(planned.PLANS) <= planned.KEPT


def test_rotate_of_nothing_is_nothing():
    assert (2, 0, 128) == rotate(np.zeros((2, 0, 128)), np.zeros(0), LLAMA).shape
