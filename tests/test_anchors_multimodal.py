"""Text, images and videos in one sequence: M-RoPE and its kin. For the labels see test_anchored.py."""

import math

import numpy as np
import pytest

from refpos import CATALOGUE, Dense, Frequencies, Image, PerHead, Rotary, Text, Video, omega, place, rotate, sections
from refpos.catalogue.positions import POSITIONS
from refpos.variants.multimodal import V2PE, CircleRope, MRope, OmniRope, VideoRope

SCHEMES = {
    "chunks": sections((16, 24, 24), 64),
    "interleaved": sections((24, 20, 20), 64, interleaved=True),
    "VideoRoPE": (1, 2) * 24 + (0,) * 16,
    "MM-RoPE": (0, 0, 1, 2, 1, 2, 1, 2) * 8,
}


def printed(value, decimals):
    return pytest.approx(value, rel=0, abs=0.51 * 10.0**-decimals)


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# M-RoPE.


@pytest.mark.anchor("E 8, M-RoPE")
def test_images_and_videos_are_merged_two_by_two_row_by_row():
    found = place([Video(2, 4, 6)], MRope())
    assert [[t, y, x] for t in range(2) for y in range(2) for x in range(3)] == found.tolist()


@pytest.mark.anchor("E 8, M-RoPE")
@pytest.mark.parametrize(
    ("h", "w", "rows", "columns"),
    [(2, 4, "00110011", "01012323"), (4, 2, "00112233", "01010101")],
)
def test_patches_of_the_vision_tower_come_two_by_two(h, w, rows, columns):
    expected = [[int(y), int(x)] for y, x in zip(rows, columns, strict=True)]
    assert expected == place([Image(h, w)], POSITIONS["qwen2-vl-vision-positions"].variant).tolist()


@pytest.mark.anchor("E 8, M-RoPE")
@pytest.mark.parametrize(
    ("counts", "given"), [((8, 12, 12), (11, 11, 10)), ((16, 24, 24), (22, 21, 21)), ((12, 12, 12), (12, 12, 12))]
)
def test_interleaved_sections_are_cut_off_at_the_last_plane(counts, given):
    axes = sections(counts, sum(counts), interleaved=True)
    assert given == tuple(axes.count(axis) for axis in range(3))


@pytest.mark.anchor("E 8, M-RoPE")
@pytest.mark.parametrize(("segment", "following"), [(Image(2, 14), 8), (Image(14, 2), 8), (Video(9, 2, 4), 10)])
def test_text_goes_on_beyond_the_highest_coordinate_of_all_axes(segment, following):
    assert [following] * 3 == place([Text(1), segment, Text(1)], MRope())[-1].tolist()


@pytest.mark.anchor("E 8, M-RoPE")
def test_chunks_of_16_24_and_24_pairs_are_halves_on_one_ladder():
    variant = CATALOGUE["qwen2-vl"].variant
    axes = ["t" if p < 16 else "h" if p < 40 else "w" for p in range(64)]
    assert axes == ["thw"[axis] for axis in variant.frequencies.axes]
    assert ("half", "shared", 1e6) == (variant.pairing, variant.frequencies.ladder, variant.frequencies.base)
    assert pytest.approx(1e6 ** (-np.arange(64) / 64), rel=1e-14) == omega(variant.frequencies).sum(axis=0)


@pytest.mark.anchor("E 8, M-RoPE")
def test_rows_and_columns_of_qwen3_vl_take_every_third_pair_up_to_58_and_59():
    axes = CATALOGUE["qwen3-vl"].variant.frequencies.axes
    expected = [0] * 64
    expected[1:60:3], expected[2:60:3] = [1] * 20, [2] * 20
    assert expected == list(axes)
    assert [24, 20, 20] == [axes.count(axis) for axis in range(3)]


@pytest.mark.anchor("E 8, M-RoPE")
def test_the_vision_tower_of_qwen2_vl_has_a_quarter_of_the_head_for_rows_and_then_columns():
    variant = CATALOGUE["qwen2-vl-vision"].variant
    width = 80
    expected = 10_000.0 ** (-np.arange(0, width // 2, 2) / (width // 2))
    rows, columns = omega(variant.frequencies)
    assert pytest.approx(np.concatenate([expected, 0 * expected]), rel=1e-14) == rows
    assert pytest.approx(np.concatenate([0 * expected, expected]), rel=1e-14) == columns
    assert "half" == variant.pairing


@pytest.mark.anchor("E 8, M-RoPE")
@pytest.mark.parametrize("name", ["qwen2.5-vl-positions", "qwen2.5-vl-positions-docstring"])
def test_an_image_takes_no_time(name):
    assert {1.0} == set(place([Text(1), Image(4, 4)], POSITIONS[name].variant)[1:, 0].tolist())


@pytest.mark.anchor("E8.1")
@pytest.mark.parametrize(("name", "expected"), [("qwen2.5-vl-positions", 2), ("qwen2.5-vl-positions-docstring", 25)])
def test_the_code_counts_2_tokens_a_second_and_its_docstring_25(name, expected):
    rule = POSITIONS[name].variant
    assert expected == rule.tokens_per_second
    assert [0, expected, 2 * expected] == place([Video(3, 2, 2, fps=1.0)], rule)[:, 0].tolist()


@pytest.mark.anchor("E 8, M-RoPE")
def test_patches_of_a_frame_of_qwen3_vl_have_one_time_and_the_next_frame_goes_on_beyond_their_columns():
    found = place([Text(3), Video(2, 4, 4)], POSITIONS["qwen3-vl-positions"].variant)[3:, 0]
    assert [3] * 4 + [5] * 4 == found.tolist()


@pytest.mark.anchor("E 8, text")
@pytest.mark.parametrize("axes", SCHEMES.values(), ids=SCHEMES)
def test_text_is_that_of_one_dimension_whichever_axis_has_which_pair(axes):
    x = drawn(0, 3, 128)
    plain = rotate(x, [0, 7, 4095], Rotary(Frequencies((0,) * 64, base=1e6)))
    found = rotate(x, [[n] * 3 for n in (0, 7, 4095)], Rotary(Frequencies(tuple(axes), base=1e6)))
    assert np.array_equal(plain, found)


@pytest.mark.anchor("E 8, text")
def test_m_rope_goes_into_an_image_by_other_steps_than_out_of_it():
    text, first, *_, last, following = place([Text(4), Image(2, 3), Text(1)], MRope(merge=1))[3:]
    assert ([1, 1, 1], [4, 5, 6], [7] * 3, [3, 2, 1]) == tuple(
        one.tolist() for one in (first - text, last, following, following - last)
    )


# V2PE.


@pytest.mark.anchor("E 8, V2PE")
@pytest.mark.parametrize("stride", [1, 2, 4, 8, 16, 32, 64, 128, 256])
def test_tokens_of_a_tile_of_256_are_a_256th_of_the_stride_apart(stride):
    found = place([Text(1), Image(32, 32), Text(1)], V2PE(stride=stride))
    assert {stride / 256} == set(np.diff(found[:-1]).tolist())
    assert [stride, stride + 1] == found[-2:].tolist()


# VideoRoPE, OmniRoPE, MM-RoPE, HoPE, MHRoPE.


@pytest.mark.anchor("E 8, VideoRoPE")
def test_videorope_alternates_rows_and_columns_and_gives_time_the_slowest_pairs():
    frequencies = Frequencies(SCHEMES["VideoRoPE"], base=1e6)
    t, y, x = omega(frequencies)
    ladder = omega(Frequencies((0,) * 64, base=1e6))[0]
    assert (ladder[48:].tolist(), [0] * 48) == (t[48:].tolist(), t[:48].tolist())
    assert (ladder[:48:2].tolist(), ladder[1:48:2].tolist()) == (y[:48:2].tolist(), x[1:48:2].tolist())
    assert [16, 24, 24] == [int((one != 0).sum()) for one in (t, y, x)]


@pytest.mark.anchor("E 8, VideoRoPE")
@pytest.mark.parametrize(("h", "w"), [(2, 3), (3, 4), (5, 5)])
def test_videorope_centres_a_frame_by_whole_halves_and_steps_by_2(h, w):
    """t' = start + 2t, h' = t' + h − (H − 1)//2; text goes on from the highest t."""
    found = place([Text(4), Video(3, h, w), Text(1)], VideoRope(merge=1))[4:]
    t, y, x = found[:-1].reshape(3, h, w, 3).transpose(3, 0, 1, 2)
    assert (t == 4 + 2 * np.arange(3)[:, None, None]).all()
    assert (y - t == (np.arange(h) - (h - 1) // 2)[:, None]).all()
    assert (x - t == np.arange(w) - (w - 1) // 2).all()
    assert [9, 9, 9] == found[-1].tolist()


@pytest.mark.anchor("E 8, OmniRoPE")
def test_omnirope_shifts_time_by_the_longest_side_and_counts_rows_and_columns_from_0():
    found = place([Text(2), Video(2, 2, 3), Text(1)], OmniRope(merge=1))
    expected = [[2 + t, y, x] for t in range(2) for y in range(2) for x in range(3)]
    assert (expected, [5, 5, 5]) == (found[2:-1].tolist(), found[-1].tolist())


@pytest.mark.anchor("E 8, HoPE")
@pytest.mark.parametrize("stride", [0.5, 0.75, 1, 1.25, 1.5])
def test_frames_of_hope_are_a_drawn_stride_apart(stride):
    assert [0, stride, 2 * stride] == place([Video(3, 1, 1)], VideoRope(merge=1, stride=stride))[:, 0].tolist()


@pytest.mark.anchor("E 8, HoPE")
def test_where_the_frequencies_of_time_are_zero_it_turns_nothing():
    frequencies = omega(Frequencies(SCHEMES["VideoRoPE"], base=1e6)).copy()
    frequencies[0] = 0.0
    x = np.tile(drawn(1, 1, 128), (3, 1))
    turned = rotate(x, [[0, 2, 3], [9, 2, 3], [9, 3, 3]], Rotary(Dense(3, 64)), learned={"omega": frequencies})
    assert turned[0].tolist() == turned[1].tolist() != turned[2].tolist()


@pytest.mark.anchor("E 8, MHRoPE")
def test_heads_of_mhrope_read_one_axis_each_two_three_and_three():
    one = Frequencies((0,) * 4, base=100.0)
    heads = PerHead((one,) * 8, reads=((0,),) * 2 + ((1,),) * 3 + ((2,),) * 3)
    x = np.ones((8, 1, 8))
    moved = [(rotate(x, [p], Rotary(heads)) != x).any(axis=(1, 2)) for p in ([5, 0, 0], [0, 5, 0], [0, 0, 5])]
    assert [[0, 1], [2, 3, 4], [5, 6, 7]] == [np.flatnonzero(one).tolist() for one in moved]


# Circle-RoPE.


@pytest.mark.anchor("E 8, Circle-RoPE")
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_patches_stand_at_the_angles_of_the_code_in_the_plane_across_the_diagonal(alpha):
    """r cos θ u + r sin θ v, u = (−1, 1, 0)/√2, v = n × u, n = (1, 1, 1)/√3, stored the other way round, (t, h, w)."""
    y, x = np.array([-0.5, -0.5, 0.5, 0.5]), np.array([-0.5, 0.5, -0.5, 0.5])
    seen = np.arctan2(y, x)
    stretched = (seen - seen.min()) / np.ptp(seen) * 2 * math.pi
    theta = alpha * stretched + (1 - alpha) * 2 * math.pi * np.arange(4) / 4
    u, n = np.array([-1, 1, 0]) / math.sqrt(2), np.ones(3) / math.sqrt(3)
    expected = 10 * (np.cos(theta)[:, None] * u + np.sin(theta)[:, None] * np.cross(n, u))
    assert pytest.approx(expected[:, ::-1], abs=1e-13) == place([Image(2, 2)], CircleRope(10, alpha, merge=1))


@pytest.mark.anchor("E 8, Circle-RoPE", "I8.1")
@pytest.mark.parametrize(("tau", "expected"), [(5, 13.22875656), (0, 10.0), (-7, math.sqrt(247))])
def test_every_patch_of_two_by_two_is_this_far_from_a_token_of_text(tau, expected):
    found = place([Image(2, 2)], CircleRope(merge=1))
    assert printed([expected] * 4, 8) == np.linalg.norm(found - tau, axis=1)


@pytest.mark.anchor("E 8, Circle-RoPE")
def test_the_code_has_a_radius_of_10_and_half_of_each_angle():
    assert CircleRope(radius=10, alpha=0.5, dff_rate=0) == POSITIONS["circle-rope-positions"].variant


@pytest.mark.anchor("E 8, Circle-RoPE")
@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_on_the_circle_or_off_it_coordinates_sum_to_0(rate):
    assert pytest.approx(np.zeros(12), abs=1e-13) == place([Image(3, 4)], CircleRope(dff_rate=rate, merge=1)).sum(
        axis=1
    )


@pytest.mark.anchor("E8.4")
@pytest.mark.parametrize("shift", [(1, 0, 0), (0, 2, -1)])
def test_patches_moved_off_the_diagonal_are_not_as_far_from_text(shift):
    along, across = (place([Image(2, 2)], CircleRope(merge=1)) + moved for moved in ((3, 3, 3), shift))
    assert 1e-13 > np.ptp(np.linalg.norm(along - 5, axis=1))
    assert np.ptp(np.linalg.norm(across - 5, axis=1)) > 0.1


@pytest.mark.anchor("E8.5")
@pytest.mark.parametrize(("h", "w", "same"), [(2, 2, (0, 2)), (3, 3, (4, 5)), (5, 5, (12, 13))])
def test_with_alpha_1_two_patches_stand_in_one_place(h, w, same):
    found = place([Image(h, w)], CircleRope(alpha=1, merge=1))[list(same)]
    assert pytest.approx(found[0], abs=1e-13) == found[1]
