"""Which axis turns each plane, and on which rung of its ladder it stands."""

from fractions import Fraction

import pytest

from refpos import sections
from refpos.variants.ladder import Rung, rungs


def test_on_a_shared_ladder_a_plane_is_counted_among_all():
    assert (Rung(0, 0, 3), Rung(1, 1, 3), Rung(0, 2, 3)) == rungs((0, 1, 0), "shared")


def test_on_a_ladder_per_axis_a_plane_is_counted_among_those_of_its_axis():
    assert (Rung(0, 0, 2), Rung(1, 0, 1), Rung(0, 1, 2)) == rungs((0, 1, 0), "per-axis")


def test_on_alternating_ladders_the_axes_take_turns():
    assert (Rung(0, 0, 4), Rung(0, 2, 4), Rung(1, 1, 4), Rung(1, 3, 4)) == rungs((0, 0, 1, 1), "alternating")


def test_the_alternating_ladder_of_one_axis_is_the_shared_one():
    assert rungs((0,) * 5, "shared") == rungs((0,) * 5, "alternating")


def test_a_plane_that_stands_still_has_no_rung():
    assert rungs((0, None), "shared")[1] is None


def test_a_plane_that_stands_still_keeps_its_place_on_a_shared_ladder():
    assert Rung(0, 2, 3) == rungs((0, None, 0), "shared")[2]


def test_a_plane_that_stands_still_takes_no_place_on_a_ladder_per_axis():
    assert Rung(0, 1, 2) == rungs((0, None, 0), "per-axis")[2]


def test_an_exponent_is_the_index_over_the_size():
    assert Fraction(3, 8) == Rung(0, 3, 8).exponent(endpoint=False)


def test_the_last_exponent_before_an_end_point_is_one():
    assert 1 == Rung(0, 7, 8).exponent(endpoint=True)


def test_a_fraction_runs_to_one_at_the_last_rung():
    assert [0, Fraction(1, 2), 1] == [Rung(0, k, 3).fraction for k in range(3)]


def test_chunked_sections_follow_each_other():
    assert (0,) * 16 + (1,) * 24 + (2,) * 24 == sections((16, 24, 24), 64)


def test_interleaved_sections_take_turns_until_an_axis_has_had_its_planes():
    assert (0, 1, 2) * 20 + (0,) * 4 == sections((24, 20, 20), 64, interleaved=True)


def test_interleaved_sections_may_run_out_of_room_with_the_last_plane():
    assert (0, 1, 2) * 10 + (0, 1) == sections((11, 11, 10), 32, interleaved=True)


@pytest.mark.parametrize("counts", [(3, 2, 2), (24, 20, 20), (11, 11, 10)])
def test_interleaved_sections_give_each_axis_its_planes(counts):
    axes = sections(counts, sum(counts), interleaved=True)

    assert counts == tuple(axes.count(axis) for axis in range(3))


def test_sections_may_stand_in_a_list_as_in_a_configuration():
    assert (0, 1, 1) == sections([1, 2], 3)
