"""Rules for text, sound, images and videos in one sequence: their sources' examples, and their laws."""

from fractions import Fraction
from itertools import pairwise
from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refpos import CATALOGUE, Frequencies, Image, MRope, Rotary, SpecError, Text, Video, place, rotate, sections
from refpos.variants.multimodal import V2PE, CircleRope, MSRope, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Audio

FORMS = ("integer", "smallest", "equivalent", "unit")
RULES = [
    *(MRope(), MRope(merge=1), MRope(tokens_per_second=2), MRope(split=True), VideoRope(), OmniRope(), MSRope()),
    *(MSRope(centred=False), *map(RopeTie, FORMS), V2PE(), V2PE(3, None), CircleRope()),
]
EXAMPLE = [Text(4), Image(2, 3), Text(1)]
sides = st.integers(1, 12)


def after(image, rule):
    """Return the positions from the last of four tokens of text over an image to the token after it."""
    return place([Text(4), image, Text(1)], rule)[3:]


@pytest.mark.parametrize("rule", RULES, ids=repr)
@given(n=st.integers(1, 40))
def test_text_alone_stands_where_it_does_without_images(rule, n):
    found = place([Text(n)], rule)

    assert all((np.arange(n) == column).all() for column in found.reshape(n, -1).T)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_text_in_two_pieces_is_one_text(rule):
    assert place([Text(7)], rule).tolist() == place([Text(3), Text(4)], rule).tolist()


@pytest.mark.parametrize("rule", [one for one in RULES if getattr(one, "tokens_per_second", None) is None], ids=repr)
def test_sound_stands_where_text_would(rule):
    segments = [Text(3), Image(2, 4), Text(2)]

    assert place(segments, rule).tolist() == place([Audio(3), Image(2, 4), Audio(2)], rule).tolist()


@pytest.mark.parametrize("rule", [one for one in RULES if not isinstance(one, OmniRope | MSRope)], ids=repr)
@given(n=st.integers(1, 20))
def test_text_before_moves_all_that_follows(rule, n):
    segments = [Image(4, 6), Text(2), Image(2, 2)]
    moved = place([Text(n), *segments], rule)[n:] - place([Text(1), *segments], rule)[1:]

    assert np.abs(moved - (n - 1)).max() < 1e-13


@pytest.mark.parametrize("rule", [one for one in RULES if getattr(one, "merge", 1) == 2], ids=repr)
def test_sides_that_do_not_divide_are_refused(rule):
    with pytest.raises(SpecError, match=r"sides must be multiples of the merge, 2; got \(3, 4\)"):
        place([Image(3, 4)], rule)


# M-RoPE.


@pytest.mark.anchor("E 8, M-RoPE")
def test_the_delta_of_m_rope_is_the_highest_position_less_what_was_counted():
    found = place([Text(4), Image(4, 6), Text(1)], MRope())

    assert -3 == found.max() + 1 - len(found)


@pytest.mark.anchor("E8.1")
def test_the_docstring_of_qwen2_5_vl_counts_25_tokens_a_second_where_its_code_counts_2():
    times = [place([Video(3, 2, 2, fps=0.5)], MRope(tokens_per_second=rate))[:, 0].tolist() for rate in (25, 2)]

    assert [[0, 50, 100], [0, 4, 8]] == times


@pytest.mark.anchor("E 8, M-RoPE")
def test_frames_of_qwen3_vl_are_images_of_their_own():
    frame = [Image(4, 4)]

    assert place([Text(2), *frame * 3, Text(1)], MRope()).tolist() == (
        place([Text(2), Video(3, 4, 4), Text(1)], MRope(split=True)).tolist()
    )


def test_in_a_split_video_time_stands_still_within_a_frame_and_text_may_stand_between():
    t = place([Text(1), Image(4, 4), Text(2), Image(4, 4)], MRope(split=True))[:, 0]

    assert [0, 1, 1, 1, 1, 3, 4, 5, 5, 5, 5] == t.tolist()


@pytest.mark.parametrize(
    ("name", "following"),
    [("v2pe-multimodal-ropes", 52), ("omnirope", 13), ("mrope-i-spatial-reset", 13), ("hope-vlm", 7)],
)
def test_multimodal_ropes_make_each_frame_a_grid_of_its_own(name, following):
    rule, frame = CATALOGUE[f"{name}-positions"].variant, [Image(4, 6)]
    found = place([Text(2), Video(3, 4, 6), Text(3)], rule)

    np.testing.assert_array_equal(found, place([Text(2), *frame * 3, Text(3)], rule))
    assert (found[-1] == following).all()


def test_sound_stands_at_its_time_where_time_is_counted():
    """Half as many tokens a second: every other position. Qwen2.5-Omni has as many, so that its code may count them."""
    rule = MRope(tokens_per_second=25)

    assert [0, 2, 4, 5] == place([Audio(3, 12.5), Text(1)], rule)[:, 0].tolist()
    assert [0, 1, 2, 3] == place([Audio(3), Text(1)], rule)[:, 0].tolist()


@pytest.mark.anchor("E 8, M-RoPE")
def test_m_rope_does_not_keep_the_symmetry_of_rope_tie():
    """1 x 2 x 3: into the image (1, 1, 1), out of it (3, 2, 1)."""
    text, *patches, following = after(Image(2, 3), MRope(merge=1))

    assert [1, 1, 1] == (patches[0] - text).tolist()
    assert [3, 2, 1] == (following - patches[-1]).tolist()


# RoPE-Tie.


@pytest.mark.anchor("E 5, 10040")
def test_the_worked_example_of_rope_tie():
    expected = [[7, 6], [7, 9], [7, 12], [11, 6], [11, 9], [11, 12], [15, 15]]

    assert expected == place(EXAMPLE, RopeTie()).tolist()[4:]


@pytest.mark.anchor("E 5, 10040")
def test_the_worked_example_of_rope_tie_with_fractions():
    """s = 7/3 and t = 7/4, rounded once; the next text as if the image were its six tokens of text."""
    expected = [[3 + Fraction(7 * r, 3), 3 + Fraction(7 * c, 4)] for r in (1, 2) for c in (1, 2, 3)]
    found = place(EXAMPLE, RopeTie("equivalent")).tolist()[4:]

    assert [[float(y), float(x)] for y, x in expected] == found[:-1]
    assert [10, 10] == found[-1]


@pytest.mark.anchor("E 5, 10352")
def test_the_second_form_of_rope_tie_has_unit_steps_and_may_have_halves():
    expected = [[6, 5.5], [6, 6.5], [6, 7.5], [7, 5.5], [7, 6.5], [7, 7.5], [10, 10]]

    assert expected == place(EXAMPLE, RopeTie("unit")).tolist()[4:]


def fractions(h, w, form):
    """Return positions as fractions near their floats: denominators are at most 2(h + 1)."""
    near = [[Fraction(one).limit_denominator(100) for one in row] for row in after(Image(h, w), RopeTie(form)).tolist()]
    return near[0], near[1:-1], near[-1]


@pytest.mark.anchor("E 5, 10040")
@pytest.mark.parametrize("form", FORMS)
@given(h=sides, w=sides)
def test_rope_tie_leaves_an_image_as_it_came_in(form, h, w):
    text, patches, following = fractions(h, w, form)

    assert [b - a for a, b in zip(text, patches[0], strict=True)] == (
        [b - a for a, b in zip(patches[-1], following, strict=True)]
    )


@pytest.mark.anchor("E 5, 10040")
@pytest.mark.parametrize("form", FORMS[:3])
@given(h=sides, w=sides)
def test_steps_of_rope_tie_divide_the_way_evenly(form, h, w):
    """(h + 1) s = (w + 1) t, both the way from text to text."""
    text, patches, following = fractions(h, w, form)
    s, t = (b - a for a, b in zip(text, patches[0], strict=True))

    assert (h + 1) * s == (w + 1) * t == following[0] - text[0]


@pytest.mark.anchor("E 5, 10040")
@pytest.mark.parametrize("form", FORMS[2:])
@given(h=sides, w=sides)
def test_equivalent_images_are_as_long_as_their_tokens(form, h, w):
    text, _, following = fractions(h, w, form)

    assert [h * w + 1] * 2 == [b - a for a, b in zip(text, following, strict=True)]


@pytest.mark.anchor("E5.13")
@given(h=sides, w=sides)
def test_the_integers_of_rope_tie_are_not_the_smallest(h, w):
    """A deviation: the post calls w + 1 and h + 1 the simplest; a common divisor may be taken out, and no more."""
    (a, b), (c, d) = (fractions(h, w, form)[1][0] for form in ("integer", "smallest"))
    s, t = int(c - 3), int(d - 3)

    assert 1 == gcd(s, t)
    assert ((a - 3) / s, (b - 3) / t) == (gcd(h + 1, w + 1), gcd(h + 1, w + 1))


# V2PE, VideoRoPE, OmniRoPE, Qwen-Image.


@pytest.mark.anchor("E 8, V2PE")
def test_the_worked_example_of_v2pe():
    assert [0, 1, 2, 2.25, 2.5, 2.75, 3.0, 4] == place([Text(3), Image(2, 2), Text(1)], V2PE(1, 4, 1)).tolist()


@pytest.mark.anchor("E 8, V2PE")
def test_the_next_text_of_v2pe_is_beyond_a_whole_position():
    assert [0, 1 / 3, 2 / 3, 1, 4 / 3, 3] == place([Text(1), Image(1, 4), Text(1)], V2PE(1, 3, 1)).tolist()


@pytest.mark.anchor("E 8, V2PE")
def test_each_tile_of_v2pe_reaches_as_far():
    found = place([Text(1), Image(32, 64), Text(1)], V2PE(stride=64))

    assert [32, 64 + 64, 64 + 64 + 1] == [found[128], found[512], found[513]]


def test_with_a_stride_of_its_tokens_v2pe_counts_them():
    assert list(range(9)) == place([Text(2), Image(2, 3), Text(1)], V2PE(6, None, 1)).tolist()


@pytest.mark.anchor("E 8, VideoRoPE")
def test_the_worked_example_of_videorope():
    t, y, x = place(EXAMPLE, VideoRope(merge=1))[4:].T.tolist()

    assert [4] * 6 == t[:-1]
    assert [4, 4, 4, 5, 5, 5] == y[:-1]
    assert [3, 4, 5] * 2 == x[:-1]
    assert 5 == t[-1] == y[-1] == x[-1]


@pytest.mark.anchor("E 8, VideoRoPE")
def test_frames_of_videorope_are_two_apart_and_text_follows_the_last():
    found = place([Text(1), Video(3, 3, 3), Text(1)], VideoRope(merge=1))

    assert [[1, 1, 1], [3, 3, 3], [5, 5, 5]] == found[5:-1:9].tolist()
    assert [6, 6, 6] == found[-1].tolist()


@given(t=sides, h=sides, w=sides)
def test_the_middle_of_a_frame_of_videorope_is_on_the_diagonal(t, h, w):
    found = place([Video(t, h, w)], VideoRope(merge=1)).reshape(t, h, w, 3)

    assert (found[:, (h - 1) // 2, (w - 1) // 2] == 2 * np.arange(t)[:, None]).all()


@pytest.mark.anchor("E 8, OmniRoPE")
def test_omnirope_counts_rows_and_columns_anew():
    first, second = (place([Text(n), Image(2, 3), Text(1)], OmniRope(merge=1))[n:] for n in (2, 5))

    assert [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]] == first[:-1, 1:].tolist() == second[:-1, 1:].tolist()
    assert [2] * 6 == first[:-1, 0].tolist()
    assert [5, 5, 5] == first[-1].tolist()


@pytest.mark.anchor("E 8, OmniRoPE")
def test_omnirope_goes_on_by_the_longest_side():
    lengths = [
        place([video, Text(1)], OmniRope(merge=1))[-1, 0] for video in (Video(7, 2, 3), Video(2, 7, 3), Image(2, 7))
    ]

    assert [7, 7, 7] == lengths


def test_the_grid_of_qwen_image_is_centred_and_text_starts_at_half_its_longest_side():
    found = place([Image(3, 4), Text(2)], MSRope())

    assert [-2, -1, 0] == found[:-2:4, 1].tolist()
    assert [-2, -1, 0, 1] == found[:4, 2].tolist()
    assert [[2, 2, 2], [3, 3, 3]] == found[-2:].tolist()


def test_images_of_qwen_image_are_numbered():
    assert [0, 1, 1, 2] == place([Image(1, 1), Image(1, 2), Image(1, 1)], MSRope())[:, 0].tolist()


def test_without_scaling_qwen_image_counts_from_0_and_text_from_the_longest_side():
    assert [[0, 1, 2], [3, 3, 3]] == place([Image(2, 3), Text(1)], MSRope(centred=False))[-2:].tolist()


# Circle-RoPE.


@pytest.mark.anchor("E 8, Circle-RoPE")
def test_the_worked_example_of_circle_rope():
    expected = [
        [0, 7.0711, -7.0711],
        [7.8868, -5.7735, -2.1132],
        [-8.1650, 4.0825, 4.0825],
        [-7.8868, 2.1132, 5.7735],
    ]

    assert np.abs(expected - place([Image(2, 2)], CircleRope(merge=1))).max() < 1e-4


@pytest.mark.anchor("E 8, Circle-RoPE", "I8.1")
def test_every_patch_is_as_far_from_a_token_of_text():
    """I8.1: |(τ, τ, τ) − c|² = 3τ² + r², at τ = 5 the square of 13.22875656."""
    found = place([Image(2, 2)], CircleRope(merge=1))

    assert np.abs(found.sum(axis=1)).max() < 1e-14
    assert np.abs(np.linalg.norm(found - 5, axis=1) - 13.2287565553).max() < 1e-9


@given(h=sides, w=sides, alpha=st.floats(0, 1), radius=st.floats(1, 100))
def test_patches_are_on_a_circle_across_the_diagonal(h, w, alpha, radius):
    found = place([Image(h, w)], CircleRope(radius, alpha, merge=1))

    assert np.abs(found.sum(axis=1)).max() < 1e-14 * radius
    assert np.abs(np.linalg.norm(found, axis=1) - radius).max() < 1e-14 * radius


@pytest.mark.anchor("E8.4")
def test_patches_off_the_circle_are_not_as_far():
    found = place([Image(4, 4)], CircleRope(dff_rate=0.5, merge=1))

    assert np.ptp(np.linalg.norm(found - 5, axis=1)) > 0.1


@pytest.mark.anchor("E8.4")
def test_as_far_is_not_the_same_phase():
    """A deviation: text attends differently to patches that are as far, as each axis has frequencies of its own."""
    variant = Rotary(Frequencies(sections((4, 6, 6), 16)))
    patches = place([Image(2, 2)], CircleRope(merge=1))
    one = np.ones((1, 32))
    scores = [(rotate(one, [[5.0] * 3], variant) * rotate(one, [p], variant)).sum() for p in patches]

    assert np.ptp(scores) > 1


@pytest.mark.anchor("E8.5")
def test_with_alpha_1_the_first_and_the_last_angle_are_one_place():
    """A deviation: the turn is closed, so that patches (0, 0) and (1, 0) of 2 by 2 fall together."""
    first, _, third, _ = place([Image(2, 2)], CircleRope(alpha=1, merge=1))

    assert np.abs(first - third).max() < 1e-14


@pytest.mark.anchor("E8.5")
def test_with_alpha_1_a_middle_patch_is_where_its_right_neighbour_is():
    found = place([Image(3, 3)], CircleRope(alpha=1, merge=1))

    assert found[4].tolist() == found[5].tolist()


@given(h=sides, w=sides)
def test_with_alpha_0_no_two_patches_are_in_one_place(h, w):
    found = place([Image(h, w)], CircleRope(alpha=0, merge=1))

    assert h * w == len(np.unique(found.round(9), axis=0))


def test_wholly_off_the_circle_a_grid_is_turned_and_keeps_its_distances():
    found = place([Image(3, 4)], CircleRope(dff_rate=1, merge=1)).reshape(3, 4, 3)

    assert all(abs(np.linalg.norm(b - a) - 1) < 1e-15 for row in found for a, b in pairwise(row))
    assert all(abs(np.linalg.norm(b - a) - 1) < 1e-15 for column in found.swapaxes(0, 1) for a, b in pairwise(column))


def test_a_relative_radius_is_that_of_the_farthest_row_or_column():
    absolute, relative = (CircleRope(radius, merge=1, relative=flag) for radius, flag in ((5.0, False), (2.0, True)))

    assert place([Image(3, 6)], absolute).tolist() == place([Image(3, 6)], relative).tolist()


def test_text_after_a_circle_is_one_beyond_its_highest_coordinate():
    found = place([Text(2), Image(2, 2), Text(2)], CircleRope(merge=1))

    assert [found[2:6].max() + 1] * 3 == found[6].tolist()
    assert [found[2:6].max() + 2] * 3 == found[7].tolist()


REFUSED = {
    "a stride of zero": (lambda: VideoRope(stride=0), "stride must be greater than 0; got 0.0"),
    "a stride that is not finite": (lambda: OmniRope(stride=float("inf")), "stride must be finite; got inf"),
    "a merge of half a patch": (lambda: VideoRope(merge=0.5), "merge must be an int; got 0.5"),
    "a form that is not known": (
        lambda: RopeTie("simplest"),
        "form must be one of 'integer', 'smallest', 'equivalent', 'unit'; got simplest",
    ),
    "tiles of no token": (lambda: V2PE(tokens=0), "tokens must be at least 1; got 0"),
    "a radius of zero": (lambda: CircleRope(radius=0), "radius must be greater than 0; got 0.0"),
    "an alpha beyond 1": (lambda: CircleRope(alpha=1.5), "alpha must be from 0 to 1; got 1.5"),
    "a rate below 0": (lambda: CircleRope(dff_rate=-0.5), "dff_rate must be from 0 to 1; got -0.5"),
    "a centre that is a number": (lambda: MSRope(centred=1), "centred must be True or False; got 1"),
    "time in split frames": (
        lambda: MRope(tokens_per_second=2, split=True),
        "tokens_per_second must be None where frames are split; got 2.0",
    ),
    "strides in split frames": (
        lambda: OmniRope(stride=2, split=True),
        "stride must be 1 where frames are split; got 2.0",
    ),
    "a video on a circle": (
        lambda: place([Video(1, 2, 2)], CircleRope()),
        "CircleRope must place text, sound and images; got Video(t=1, h=2, w=2, fps=1.0)",
    ),
    "a video in the plane": (
        lambda: place([Video(1, 2, 2)], RopeTie()),
        "RopeTie must place text, sound and images; got Video(t=1, h=2, w=2, fps=1.0)",
    ),
    "a stride beyond the exact integers": (
        lambda: place([Video(3, 2, 2)], VideoRope(stride=1e308)),
        "positions must not exceed 2^53; got VideoRope(merge=2, stride=1e+308)",
    ),
    "a radius beyond the exact integers": (
        lambda: place([Image(2, 2)], CircleRope(radius=1e17)),
        "positions must not exceed 2^53; got CircleRope(radius=1e+17, alpha=0.5, dff_rate=0.0, merge=2, centred=True, "
        "relative=False)",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_a_rule_refuses(call, message):
    with pytest.raises(SpecError) as caught:
        call()

    assert message == str(caught.value)
