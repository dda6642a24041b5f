"""The positions that a rule gives to tokens."""

import numpy as np
import pytest

from refpos import Centres, Grid, Image, Index, MRope, Text, Video, place


def test_an_index_counts_over_all_segments():
    assert [0, 1, 2, 3, 4, 5, 6] == place([Text(2), Image(1, 3), Video(1, 1, 2)], Index()).tolist()


def test_an_index_may_start_elsewhere():
    assert [2, 3, 4] == place([Text(3)], Index(start=2)).tolist()


def test_positions_are_float64():
    assert np.float64 == place([Text(3)], Index()).dtype


def test_an_image_is_read_row_by_row():
    assert [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]] == place([Image(2, 3)], Grid()).tolist()


def test_a_grid_may_start_elsewhere():
    assert [[1, 1], [1, 2]] == place([Image(1, 2)], Grid(start=1)).tolist()


def test_a_video_is_read_frame_by_frame():
    expected = [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]]

    assert expected == place([Video(2, 2, 2)], Grid()).tolist()


def test_every_image_has_a_grid_of_its_own():
    assert [[0, 0], [0, 1], [0, 0], [1, 0]] == place([Image(1, 2), Image(2, 1)], Grid()).tolist()


def test_centres_are_half_a_patch_from_the_edge():
    expected = [[-0.5, -0.75], [-0.5, -0.25], [-0.5, 0.25], [-0.5, 0.75]]

    assert expected == place([Image(2, 4)], Centres()).tolist()[:4]


def test_centres_of_another_range():
    assert [[0.5, 0.25], [0.5, 0.75]] == place([Image(1, 2)], Centres(0, 1)).tolist()


def test_each_image_has_centres_of_its_own():
    assert [[0.5, 0.5], [0.5, 0.25], [0.5, 0.75]] == place([Image(1, 1), Image(1, 2)], Centres(0, 1)).tolist()


def test_centres_of_an_odd_side_have_one_in_the_middle():
    assert [0, 0] == place([Image(3, 5)], Centres()).tolist()[7]


def test_text_stands_on_the_diagonal():
    assert [[0, 0, 0], [1, 1, 1]] == place([Text(2)], MRope()).tolist()


def test_the_worked_example_of_qwen2_vl():
    t = [0] * 4 + [1] * 4 + [2] * 4 + [3, 4, 5, 6, 7]
    y = [0, 0, 1, 1] * 3 + [3, 4, 5, 6, 7]
    x = [0, 1] * 6 + [3, 4, 5, 6, 7]

    assert [t, y, x] == place([Video(3, 4, 4), Text(5)], MRope()).T.tolist()


def test_an_image_after_text_and_the_text_after_it():
    t = [0, 1, 2, 3] + [4] * 6 + [7]
    y = [0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 7]
    x = [0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7]

    assert [t, y, x] == place([Text(4), Image(4, 6), Text(1)], MRope()).T.tolist()


def test_text_after_a_tall_image_follows_its_height():
    assert [5, 5, 5] == place([Image(10, 4), Text(1)], MRope()).tolist()[-1]


def test_text_after_a_long_video_follows_its_length():
    assert [6, 6, 6] == place([Video(6, 4, 4), Text(1)], MRope()).tolist()[-1]


def test_a_merge_of_one_leaves_every_patch():
    assert [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]] == place([Image(2, 2)], MRope(merge=1)).tolist()


def test_the_worked_example_of_qwen2_5_vl():
    video = Video(3, 4, 4, fps=0.5)
    t = [0] * 4 + [50] * 4 + [100] * 4 + [101, 102, 103, 104, 105]

    assert t == place([video, Text(5)], MRope(tokens_per_second=25)).T.tolist()[0]


def test_times_are_cut_to_whole_tokens_so_that_steps_are_uneven():
    seconds = 0.7
    video = Video(4, 2, 2, fps=1 / seconds)

    assert [0, 1, 2, 4] == place([video], MRope(tokens_per_second=2)).T.tolist()[0]


@pytest.mark.parametrize("fps", [49, 98, 103])
def test_a_whole_second_is_not_cut_short_by_rounding(fps):
    assert 1 == place([Video(fps + 1, 2, 2, fps=fps)], MRope(tokens_per_second=1))[-1, 0]


def test_with_a_time_rate_an_image_stands_at_one_time():
    t = place([Text(1), Image(4, 4)], MRope(tokens_per_second=2)).T.tolist()[0]

    assert [0, 1, 1, 1, 1] == t


def test_segments_may_come_from_a_generator():
    assert [0, 1, 2] == place((Text(1) for _ in range(3)), Index()).tolist()
