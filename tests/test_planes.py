"""Which features each plane reads and writes, and where sines and cosines stand."""

import pytest
from hypothesis import given
from strategies import MANY, rotations, sinusoids

from refpos import Bands, Dense, Frequencies, Rotary, Sinusoidal, planes
from refpos.variants.planes import feature_places, width

THREE = Frequencies((0,) * 3)
BLOCKS = Frequencies((1, 1, 0))


def test_half_pairing_pairs_a_feature_with_the_one_half_the_width_on():
    assert ((0, 3), (1, 4), (2, 5)) == planes(Rotary(THREE), 6).read


def test_interleaved_pairing_pairs_neighbours():
    assert ((0, 1), (2, 3), (4, 5)) == planes(Rotary(THREE, pairing="interleaved"), 6).read


def test_blocked_pairing_is_half_inside_the_block_of_each_axis():
    assert ((0, 2), (1, 3), (4, 5)) == planes(Rotary(BLOCKS, pairing="blocked"), 6).read


def test_planes_that_stand_still_are_a_block_of_their_own():
    still = Frequencies((0, None, None))

    assert ((0, 1), (2, 4), (3, 5)) == planes(Rotary(still, pairing="blocked"), 6).read


def test_bands_have_blocks():
    assert ((0, 2), (1, 3), (4, 5)) == planes(Rotary(Bands((0, 0, 1), 1, 2), pairing="blocked"), 6).read


def test_features_beyond_the_variant_do_not_change_its_pairs():
    assert ((0, 3), (1, 4), (2, 5)) == planes(Rotary(THREE), 100).read


def test_what_is_read_is_written_to_the_same_place():
    assert ((0, 3), (1, 4), (2, 5)) == planes(Rotary(THREE), 6).write


@pytest.mark.parametrize(
    ("write", "expected"),
    [("half", ((0, 3), (1, 4), (2, 5))), ("blocked", ((0, 2), (1, 3), (4, 5)))],
)
def test_the_output_may_be_paired_in_another_way(write, expected):
    assert expected == planes(Rotary(BLOCKS, pairing="interleaved", write=write), 6).write


def test_an_output_that_is_paired_in_another_way_does_not_change_what_is_read():
    assert ((0, 1), (2, 3)) == planes(Rotary(Dense(1, 2), pairing="interleaved", write="half"), 4).read


def test_an_offset_moves_what_is_read():
    assert ((2, 5), (3, 6), (4, 7)) == planes(Rotary(THREE, offset=2), 8).read


def test_an_offset_moves_what_is_written():
    assert ((2, 3), (4, 5), (6, 7)) == planes(Rotary(THREE, write="interleaved", offset=2), 8).write


def test_a_negative_offset_counts_from_the_end():
    assert ((4, 7), (5, 8), (6, 9)) == planes(Rotary(THREE, offset=-6), 10).read


def test_a_negative_offset_may_leave_features_behind():
    assert ((2, 5), (3, 6), (4, 7)) == planes(Rotary(THREE, offset=-8), 10).read


def test_a_negative_offset_may_begin_at_the_first_feature():
    assert ((0, 3), (1, 4), (2, 5)) == planes(Rotary(THREE, offset=-6), 6).read


def test_paired_columns_are_those_of_the_plane():
    assert ((0, 0), (1, 1), (2, 2)) == planes(Rotary(THREE), 6).columns


def test_tiled_columns_are_those_of_half_pairing_inside_each_block():
    four = Rotary(Frequencies((0,) * 4 + (1,) * 2), pairing="interleaved", columns="tiled")

    assert ((0, 1), (2, 3), (0, 1), (2, 3), (4, 5), (4, 5)) == planes(four, 12).columns


def test_repeated_columns_are_those_of_interleaved_pairing():
    four = Rotary(Frequencies((0,) * 4), columns="repeated")

    assert ((0, 2), (0, 2), (1, 3), (1, 3)) == planes(four, 8).columns


@MANY
@given(rotations())
def test_no_feature_is_read_twice(variant):
    read = [feature for pair in planes(variant, width(variant)).read for feature in pair]

    assert len(set(read)) == len(read)


@MANY
@given(rotations())
def test_the_features_that_are_written_are_those_that_are_read(variant):
    read, write, _ = planes(variant, width(variant))

    assert {feature for pair in read for feature in pair} == {feature for pair in write for feature in pair}


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        (Rotary(THREE), 6),
        (Rotary(THREE, offset=2), 8),
        (Rotary(THREE, offset=-6), 6),
        (Rotary(THREE, offset=-8), 8),
        (Sinusoidal(THREE), 6),
        (Sinusoidal(THREE, width=9), 9),
    ],
)
def test_the_width_of(variant, expected):
    assert expected == width(variant)


def test_interleaved_sines_and_cosines_stand_side_by_side():
    assert ((0, 2, 4), (1, 3, 5), (0, 1, 2)) == feature_places(Sinusoidal(THREE))


def test_sines_may_come_before_cosines():
    assert ((0, 1, 2), (3, 4, 5), (0, 1, 2)) == feature_places(Sinusoidal(THREE, order="sin-cos"))


def test_cosines_may_come_before_sines():
    assert ((3, 4, 5), (0, 1, 2), (0, 1, 2)) == feature_places(Sinusoidal(THREE, order="cos-sin"))


def test_blocks_of_axes_follow_each_other_in_the_order_of_the_planes():
    assert ((0, 1, 4), (2, 3, 5), (0, 1, 2)) == feature_places(Sinusoidal(BLOCKS, order="sin-cos"))


def test_blocks_gather_the_planes_of_an_axis():
    scattered = Sinusoidal(Frequencies((0, 1, 0)), order="sin-cos")

    assert ((0, 1, 4), (2, 3, 5), (0, 2, 1)) == feature_places(scattered)


def test_blocks_of_functions_are_one_block():
    variant = Sinusoidal(BLOCKS, order="sin-cos", blocks="function")

    assert ((0, 1, 2), (3, 4, 5), (0, 1, 2)) == feature_places(variant)


def test_dense_frequencies_are_one_block():
    assert ((0, 1), (2, 3), (0, 1)) == feature_places(Sinusoidal(Dense(2, 2), order="sin-cos"))


@MANY
@given(sinusoids())
def test_every_feature_is_a_sine_or_a_cosine(variant):
    sines, cosines, _ = feature_places(variant)

    assert list(range(width(variant))) == sorted((*sines, *cosines))
