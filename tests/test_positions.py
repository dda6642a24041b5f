"""The positions that a rule gives to tokens."""

from fractions import Fraction

import numpy as np
import pytest

from refpos import V2PE, Centres, CircleRope, Grid, Image, Index, MRope, MSRope, RopeTie, SpecError, Text, Video, place
from refpos.catalogue.positions import POSITIONS
from refpos.spec.masks import place_mask
from refpos.variants.masks import MaskRule
from refpos.variants.positions import Audio, GridBuckets


def test_an_index_counts_over_all_segments():
    assert [0, 1, 2, 3, 4, 5, 6] == place([Text(2), Image(1, 3), Video(1, 1, 2)], Index()).tolist()


def test_an_index_may_start_elsewhere():
    assert [2, 3, 4] == place([Text(3)], Index(start=2)).tolist()


def test_positions_are_float64():
    assert np.float64 == place([Text(3)], Index()).dtype


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_an_image_is_read_row_by_row():
    assert [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]] == place([Image(2, 3)], Grid()).tolist()


def test_blocks_are_read_one_after_the_other_row_by_row_in_each():
    nine = [[3 * (n > 8) + n % 9 // 3, n % 3] for n in range(18)]

    assert nine == place([Image(6, 3)], Grid(block=3)).tolist()
    frames = place([Video(2, 2, 4)], Grid(block=2))
    assert [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [0, 0, 2]] == frames[:5].tolist()
    assert [1, 0, 0] == frames[8].tolist()


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


@pytest.mark.parametrize(
    ("normalise", "last"), [("separate", [0.75, 0.875]), ("max", [0.375, 0.875]), ("min", [0.75, 1.75])]
)
def test_centres_may_be_measured_by_the_longer_or_the_shorter_side(normalise, last):
    """Census A17: DINOv3's "separate", "max" and "min"."""
    assert last == place([Image(2, 4)], Centres(0, 1, normalise))[-1].tolist()


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


@pytest.mark.anchor("E 8, M-RoPE")
def test_with_a_time_rate_an_image_stands_at_one_time():
    t = place([Text(1), Image(4, 4)], MRope(tokens_per_second=2)).T.tolist()[0]

    assert [0, 1, 1, 1, 1] == t


def test_segments_may_come_from_a_generator():
    assert [0, 1, 2] == place((Text(1) for _ in range(3)), Index()).tolist()


def test_sound_is_counted_as_text_is():
    assert [0, 1, 2, 3] == place([Text(1), Audio(3)], Index()).tolist()


def test_a_grid_is_stretched_over_that_of_training():
    """EVA-02: a grid of 24 on one of 16, i·16/24."""
    expected = [float(Fraction(16 * i, 24)) for i in range(24)]

    assert expected == place([Image(24, 24)], Grid(reference=(16, 16)))[::24, 0].tolist()


def test_a_stretched_grid_starts_at_its_stretched_start():
    assert [[0.5, 2], [0.5, 4]] == place([Image(2, 2)], Grid(start=1, reference=(1, 4))).tolist()[:2]


def test_a_reference_is_given_for_each_side():
    with pytest.raises(SpecError, match=r"reference must have 3 sides; got \(2, 2\)"):
        place([Video(1, 2, 2)], Grid(reference=(2, 2)))


def test_a_class_token_stands_before_the_patches_and_registers_too():
    assert [[0, 0], [0, 0], [1, 1], [1, 2]] == place([Image(1, 2)], Grid(start=1, before=2)).tolist()


def test_the_class_token_of_llama_4_comes_last():
    """Census A16, A21: rows and columns from 1, the class token at 0 after each image."""
    expected = [[1, 1], [1, 2], [0, 0], [1, 1], [0, 0]]

    assert expected == place([Image(1, 2), Image(1, 1)], Grid(start=1, after=1)).tolist()


def test_a_patch_has_the_bucket_of_the_table_in_which_it_lies():
    """Census 3.2: ⌊i·N/n⌋, as fractions i/n among boundaries k/N."""
    rows, columns = np.divmod(place([Image(3, 5)], GridBuckets(4)), 4)

    assert [0, 1, 2] == rows[::5].tolist()
    assert [0, 0, 1, 2, 3] == columns[:5].tolist()


def test_on_the_grid_of_the_table_every_patch_has_its_own_row():
    assert list(range(49)) == place([Image(7, 7)], GridBuckets(7)).tolist()


@pytest.mark.parametrize("sides", [(1, 1), (2, 9), (7, 3), (70, 70), (13, 70)])
def test_a_bucket_is_the_number_of_boundaries_not_above_the_fraction(sides):
    """The published rule, boundary by boundary, in fractions."""
    boundaries = [Fraction(k, 10) for k in range(1, 10)]
    rows, columns = ([sum(b <= Fraction(i, n) for b in boundaries) for i in range(n)] for n in sides)

    assert [10 * y + x for y in rows for x in columns] == place([Image(*sides)], GridBuckets(10)).tolist()


REFUSED = {
    "an array of no axis": (
        lambda: place(np.array(None), Index()),
        "segments must be Text, Audio, Image or Video, at least one; got [None]",
    ),
    "an index too high": (
        lambda: place([Text(3)], Index(2**53)),
        "positions must not exceed 2^53; got 9007199254740994",
    ),
    "a grid too high": (
        lambda: place([Image(2, 2)], Grid(2**53)),
        f"positions must not exceed 2^53; got {Grid(2**53)}",
    ),
    "a grid stretched too far": (
        lambda: place([Image(2, 2)], Grid(reference=(10**400, 1))),
        f"positions must not exceed 2^53; got {repr(Grid(reference=(10**400, 1)))[:119]}…",
    ),
    **{
        f"{tokens} tokens": (
            lambda segment=segment: place([segment], Index()),
            f"positions must fit into memory; got those of {tokens} tokens",
        )
        for segment, tokens in ((Text(10**13), 10**13), (Image(10**30, 10), 10**31))
    },
    **{
        f"an image of {side} rows, {type(rule).__name__}": (
            lambda side=side, rule=rule: place([Image(side, side)], rule),
            f"positions must fit into memory; got those of {side**2} tokens",
        )
        for rule in (Grid(), Centres(), GridBuckets(7), MRope(), V2PE(), RopeTie(), CircleRope(), MSRope())
        for side in (10**7, 10**9, 10**30)
    },
    "sound of no token": (lambda: Audio(0), "n must be at least 1; got 0"),
    "sound without a rate": (lambda: Audio(1, 0), "rate must be greater than 0; got 0.0"),
    "a table without a side": (lambda: GridBuckets(0), "side must be at least 1; got 0"),
    "a table too large for exact ids": (lambda: GridBuckets(2**26 + 1), "side must not exceed 2^26; got 67108865"),
    "blocks of no patch": (lambda: Grid(block=0), "block must be at least 1; got 0"),
    "blocks of half a patch": (lambda: Grid(block=1.5), "block must be an int; got 1.5"),
    "sides of no whole blocks": (
        lambda: place([Image(4, 3)], Grid(block=2)),
        "sides must be multiples of the block, 2; got (4, 3)",
    ),
    "a reference in a list": (lambda: Grid(reference=[2]), "reference must be a tuple of positive ints; got [2]"),
    "an empty reference": (lambda: Grid(reference=()), "reference must be a tuple of positive ints; got ()"),
    "a reference of zero": (lambda: Grid(reference=(0, 2)), "reference must be a tuple of positive ints; got (0, 2)"),
    "centres by another side": (
        lambda: Centres(normalise="mean"),
        "normalise must be one of 'separate', 'max', 'min'; got mean",
    ),
    "fewer than no token before": (lambda: Grid(before=-1), "before must be at least 0; got -1"),
    "more tokens before than any grid has": (
        lambda: Grid(before=2**20 + 1),
        "before must not exceed 2^20; got 1048577",
    ),
    "more tokens after than any grid has": (lambda: Grid(after=10**30), f"after must not exceed 2^20; got {10**30}"),
    "fewer than no token after": (lambda: Grid(after=-1), "after must be at least 0; got -1"),
    "sound on a grid": (
        lambda: place([Audio(2)], Grid()),
        "Grid must place grids of its kind; got Audio(n=2, rate=25.0)",
    ),
    "a video in buckets": (
        lambda: place([Video(1, 2, 2)], GridBuckets(2)),
        "GridBuckets must place grids of its kind; got Video(t=1, h=2, w=2, fps=1.0)",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_a_rule_refuses(call, message):
    with pytest.raises(SpecError) as caught:
        call()

    assert message == str(caught.value)


@pytest.mark.parametrize("name", POSITIONS)
def test_every_published_rule_places_what_it_is_for(name):
    entry = POSITIONS[name]
    rule = entry.variant
    if isinstance(rule, MaskRule):
        found = place_mask(np.ones((4, 6), int), rule)
    else:
        on_a_grid = isinstance(rule, Grid | Centres | GridBuckets)
        found = place([Image(4, 6)] if on_a_grid else [Text(3), Image(4, 6), Text(2)], rule)

    assert np.isfinite(found).all()
    assert np.float64 == found.dtype
