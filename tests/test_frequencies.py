"""Ω, and the angles."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, frequencies, generators, learned_by, points

from refpos import CATALOGUE, Bands, Dense, Frequencies, Linear, PerHead, Rotary, angles, omega
from refpos.variants.frequencies import axis_count, head_count, plane_count

TWO_PI = Decimal("6.2831853071795864769252867665590057683943387987502")


def test_the_ladder_of_base_10000_over_four_planes():
    assert [[1.0, 0.1, 0.01, 0.001]] == omega(Frequencies((0,) * 4)).tolist()


def test_p_rope_keeps_the_fastest_planes_of_a_whole_head():
    """C 2, 2410.06205 §6.1: ⌊p·d/2⌋ of them, as they are without p; those of a head of 192 are others."""
    found, d = omega(CATALOGUE["p-rope"].variant.frequencies)[0], 256
    whole, part = (omega(Frequencies((0,) * n))[0] for n in (d // 2, 96))

    assert [*whole[: int(0.75 * d // 2)], *[0.0] * 32] == found.tolist()
    assert (part[1:] < found[1:96]).all()


def test_an_end_point_makes_the_last_frequency_the_inverse_of_the_base():
    assert [[1.0, 0.01, 0.0001]] == omega(Frequencies((0,) * 3, endpoint=True)).tolist()


def test_the_first_frequency_does_not_depend_on_the_base():
    assert 1.0 == omega(Frequencies((0,) * 3, base=5e5))[0, 0]


def test_a_plane_turns_with_its_own_axis_only():
    assert [[1.0, 0.0, 0.01, 0.0], [0.0, 0.1, 0.0, 0.001]] == omega(Frequencies((0, 1, 0, 1))).tolist()


def test_a_ladder_per_axis_starts_again_on_each_axis():
    per_axis = Frequencies((0, 0, 1, 1), base=100.0, ladder="per-axis")

    assert [[1.0, 0.1, 0.0, 0.0], [0.0, 0.0, 1.0, 0.1]] == omega(per_axis).tolist()


def test_alternating_ladders_share_the_rungs():
    alternating = Frequencies((0, 0, 1, 1), ladder="alternating")

    assert [[1.0, 0.01, 0.0, 0.0], [0.0, 0.0, 0.1, 0.001]] == omega(alternating).tolist()


def test_an_end_point_of_alternating_ladders_is_that_of_the_shared_one():
    alternating = Frequencies((0, 1), base=100.0, ladder="alternating", endpoint=True)

    assert [[1.0, 0.0], [0.0, 0.01]] == omega(alternating).tolist()


def test_an_end_point_per_axis_is_reached_on_each_axis():
    per_axis = Frequencies((0, 0, 1, 1, 1), base=100.0, ladder="per-axis", endpoint=True)

    assert [[1.0, 0.01, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.1, 0.01]] == omega(per_axis).tolist()


def test_each_axis_may_have_a_base_of_its_own():
    two = Frequencies((0, 0, 1, 1), base=(100.0, 400.0), ladder="per-axis")

    assert [[1.0, 0.1, 0.0, 0.0], [0.0, 0.0, 1.0, 0.05]] == omega(two).tolist()


def test_a_plane_of_no_axis_stands_still_and_keeps_its_place():
    assert [[1.0, 0.0, 0.01, 0.0]] == omega(Frequencies((0, None, 0, None))).tolist()


def test_rope_vit_axial():
    ladder = omega(Frequencies((0,) * 16, base=100.0))[0]

    assert [1.0, 0.7498942093, 0.0133352143] == [round(ladder[j], 10) for j in (0, 1, 15)]


def test_rope_vit_in_swin():
    expected = [1, 0.61323756, 0.37606031, 0.23061431, 0.14142136, 0.08672489, 0.05318296, 0.03261379]

    assert expected == omega(Frequencies((0,) * 8, base=50.0))[0].round(8).tolist()


@pytest.mark.parametrize(("unit", "expected"), [("radian", 1.0), ("half-turn", np.pi), ("turn", 2 * np.pi)])
def test_a_frequency_of_one_is_one(unit, expected):
    assert expected == omega(Frequencies((0,), unit=unit))[0, 0]


@pytest.mark.parametrize(("unit", "expected"), [("half-turn", 3 * np.pi), ("turn", 6 * np.pi)])
def test_a_band_has_a_unit_too(unit, expected):
    assert expected == pytest.approx(omega(Bands((0,), 3, 4, unit=unit))[0, 0], rel=2**-52)


def test_log_bands_have_equal_ratios_and_both_ends():
    assert [[1.0, 2.0, 4.0, 8.0]] == omega(Bands((0,) * 4, 1, 8)).tolist()


def test_linear_bands_have_equal_differences_and_both_ends():
    assert [[1.0, 3.0, 5.0, 7.0]] == omega(Bands((0,) * 4, 1, 7, spacing="linear")).tolist()


def test_bands_start_again_on_each_axis():
    bands = Bands((0, 1, 0, 1, None), 1, 4)

    assert [[1.0, 0.0, 4.0, 0.0, 0.0], [0.0, 1.0, 0.0, 4.0, 0.0]] == omega(bands).tolist()


def test_bands_may_run_down():
    assert [[8.0, 4.0, 2.0]] == omega(Bands((0,) * 3, 8, 2)).tolist()


def test_a_single_band_has_the_low_frequency():
    assert [[3.0, 0.0], [0.0, 3.0]] == omega(Bands((0, 1), 3, 7)).tolist()


def test_dense_frequencies_are_those_that_were_learned():
    learned = {"omega": [[1.0, -2.0], [0.5, 0.0]]}

    assert learned["omega"] == omega(Dense(2, 2), learned=learned).tolist()


def test_dense_frequencies_may_be_learned_as_integers():
    assert [[1.0, 2.0]] == omega(Dense(1, 2), learned={"omega": np.array([[1, 2]])}).tolist()


def test_dense_frequencies_in_turns_are_rounded_once():
    learned = np.random.default_rng(3).standard_normal((2, 16))
    expected = [[float(Decimal(one) * TWO_PI) for one in row] for row in learned.tolist()]

    assert expected == omega(Dense(2, 16, unit="turn"), learned={"omega": learned}).tolist()


def test_what_was_learned_is_not_returned_itself():
    learned = np.ones((1, 2))

    assert not np.shares_memory(learned, omega(Dense(1, 2), learned={"omega": learned}))


def test_heads_have_frequencies_of_their_own():
    heads = PerHead((Frequencies((0, 0), base=100.0), Frequencies((0, 0))))

    assert [[[1.0, 0.1]], [[1.0, 0.01]]] == omega(heads).tolist()


def test_a_head_turns_with_the_coordinate_it_reads():
    one = Frequencies((0, 0), base=100.0)

    assert [[[0, 0], [1, 0.1]], [[1, 0.1], [0, 0]]] == omega(PerHead((one, one), reads=((1,), (0,)))).tolist()


def test_a_head_reads_coordinates_in_its_own_order():
    two = Frequencies((0, 1), base=100.0)

    assert [[[0, 0.1], [1, 0]], [[1, 0], [0, 0.1]]] == omega(PerHead((two, two), ((1, 0), (0, 1)))).tolist()


def test_coordinates_that_heads_read_count_as_axes():
    one = Frequencies((0,))

    assert 3 == axis_count(PerHead((one, one, one), reads=((2,), (0,), (1,))))


@pytest.mark.parametrize("given_omega", [Frequencies((0, 0)), Bands((0, 0), 1, 2), PerHead((Frequencies((0,)),))])
def test_frequencies_are_read_only(given_omega):
    assert not omega(given_omega).flags.writeable


def test_learned_frequencies_are_read_only():
    assert not omega(Dense(1, 1), learned={"omega": [[1.0]]}).flags.writeable


def test_a_scaling_stands_in_a_tuple():
    assert Frequencies((0, 0), scaling=(Linear(2),)) == Frequencies((0, 0), scaling=Linear(2))


def test_a_whole_base_is_kept_as_a_float():
    assert (float, float) == tuple(type(one) for one in Frequencies((0, 1), base=(2, 3)).base)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Dense(1, 2), {"omega": (1, 2)}),
        (Dense(2, 3, heads=4), {"omega": (4, 2, 3)}),
        (Frequencies((0,)), {}),
    ],
)
def test_what_a_variant_learns_has_a_name_and_a_shape(one, expected):
    assert expected == Rotary(one).learned


def test_an_angle_is_the_position_times_the_frequency():
    assert [[0.0, 0.0], [3.0, 3.0 * 0.01], [-2.0, -2.0 * 0.01]] == angles([0, 3, -2], Frequencies((0, 0))).tolist()


def test_the_angle_of_a_dense_plane_is_the_sum_over_axes():
    learned = {"omega": [[1.0, 0.0], [0.5, 2.0]]}

    assert [[4.0, 8.0], [1.0, 0.0]] == angles([[2, 4], [1, 0]], Dense(2, 2), learned=learned).tolist()


def test_all_three_axes_count():
    learned = {"omega": [[1.0], [10.0], [100.0]]}

    assert [[321.0]] == angles([[1, 2, 3]], Dense(3, 1), learned=learned).tolist()


def test_positions_may_have_any_lead():
    assert (2, 5, 3, 2) == angles(np.zeros((2, 5, 3)), Frequencies((0, 0))).shape


def test_heads_stand_before_the_sequence():
    heads = PerHead((Frequencies((0, 0), base=100.0), Frequencies((0, 0))))

    assert [[[1.0, 0.1], [2.0, 0.2]], [[1.0, 0.01], [2.0, 0.02]]] == angles([1, 2], heads).tolist()


def test_heads_stand_between_the_batch_and_the_sequence():
    assert (5, 2, 3, 1) == angles(np.zeros((5, 3)), PerHead((Frequencies((0,)),) * 2)).shape


def test_no_positions_have_no_angles():
    assert (0, 2) == angles([], Frequencies((0, 0))).shape


@pytest.mark.parametrize("dtype", ["i1", "u2", "i8", "u8", "f2", "f4", "f8", ">f4", ">i8"])
def test_positions_of_any_dtype_give_angles_of_float64(dtype):
    turned = angles(np.array([0, 3], dtype=dtype), Frequencies((0, 0)))

    assert (np.dtype(np.float64), [[0.0, 0.0], [3.0, 0.03]]) == (turned.dtype, turned.tolist())


def test_the_largest_exact_integers_are_positions():
    assert [[2.0**53], [-(2.0**53)]] == angles([2**53, -(2**53)], Frequencies((0,))).tolist()


def test_positions_are_not_written():
    positions = np.array([1.0, 2.0])
    angles(positions, Frequencies((0, 0)))

    assert [1.0, 2.0] == positions.tolist()


@MANY
@given(frequencies())
def test_frequencies_have_a_row_per_axis_and_a_column_per_plane(one):
    assert (axis_count(one), plane_count(one)) == omega(one).shape


@MANY
@given(frequencies())
def test_a_plane_turns_with_at_most_one_axis(one):
    assert [int(axis is not None) for axis in one.axes] == (omega(one) != 0).sum(axis=0).tolist()


@MANY
@given(st.integers(1, 3), generators, st.data())
def test_angles_are_linear_in_positions_up_to_rounding(axes, rng, data):
    dense = Dense(axes, 4)
    learned = learned_by(Rotary(dense), rng)
    p, q = data.draw(points(axes)), data.draw(points(axes))
    rows = np.array([p, q, p + q])
    at_p, at_q, at_both = angles(rows if axes > 1 else rows[:, 0], dense, learned=learned)
    travel = (abs(rows) @ abs(learned["omega"])).sum(axis=0)

    assert (abs(at_p + at_q - at_both) <= 2.0**-53 * (axes + 1) * travel).all()


def test_only_heads_that_differ_are_counted():
    assert [None, None, 3, 2] == [
        head_count(one)
        for one in (Frequencies((0,)), Dense(1, 1), Dense(1, 1, heads=3), PerHead((Frequencies((0,)),) * 2))
    ]
