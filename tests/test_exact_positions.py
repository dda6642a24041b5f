"""Certified positions, and the NumPy ones against them."""

from fractions import Fraction
from math import atan2, pi, ulp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refpos import Centres, Grid, Image, Index, MRope, SpecError, Text, Video, place
from refpos.exact.ball import Ball, add, sign, subtract, within
from refpos.exact.circle import around, bearing, greatest
from refpos.exact.positions import place as certified
from refpos.exact.positions import place_mask as certified_mask
from refpos.exact.roots import raised, real, times
from refpos.spec.masks import place_mask
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask
from refpos.variants.multimodal import V2PE, CircleRope, MSRope, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Audio, GridBuckets

BITS = 80
FORMS = ("integer", "smallest", "equivalent", "unit")
few = st.integers(1, 6)
even = few.map(lambda n: 2 * n)
rates = st.floats(0.01, 100)
texts = st.builds(Text, few) | st.builds(Audio, few, rates)
photos = st.builds(Image, even, even)
films = st.builds(Video, few, even, even, rates)
stills = [st.builds(RopeTie, st.sampled_from(FORMS), st.sampled_from((1, 2)))]
moving = [
    st.builds(MRope, st.sampled_from((1, 2)), st.none() | rates),
    st.builds(MRope, split=st.just(True)),
    st.builds(VideoRope, st.sampled_from((1, 2)), rates),
    st.builds(OmniRope, st.sampled_from((1, 2)), rates),
    st.builds(OmniRope, split=st.just(True)),
    st.builds(MSRope, st.booleans()),
    st.builds(V2PE, rates, st.none() | few, st.sampled_from((1, 2)), st.booleans()),
]
grids = [
    st.builds(Grid, st.integers(-3, 3), st.none() | st.tuples(few, few), few, few),
    st.builds(Centres, st.floats(-2, -1), st.floats(0, 2), st.sampled_from(("separate", "max", "min"))),
    st.builds(GridBuckets, few),
]
circles = st.builds(
    CircleRope,
    st.floats(0.5, 50),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from((1, 2)),
    st.booleans(),
    st.booleans(),
)


def floats(rows):
    """Return exact rows as the floats nearest to them, without an axis where there is but one."""
    made = [[float(one) for one in row] for row in rows]
    return [row[0] for row in made] if len(made[0]) == 1 else made


@given(segments=st.lists(texts | photos | films, min_size=1, max_size=5), rule=st.one_of(*moving))
def test_positions_in_time_are_the_floats_nearest_to_the_exact_ones(segments, rule):
    assert floats(certified(segments, rule, BITS)) == place(segments, rule).tolist()


@given(segments=st.lists(texts | photos, min_size=1, max_size=5), rule=st.one_of(*stills))
def test_positions_of_stills_are_the_floats_nearest_to_the_exact_ones(segments, rule):
    assert floats(certified(segments, rule, BITS)) == place(segments, rule).tolist()


@given(images=st.lists(st.builds(Image, few, few), min_size=1, max_size=3), rule=st.one_of(grids[0], grids[2]))
def test_positions_on_grids_are_the_floats_nearest_to_the_exact_ones(images, rule):
    assert floats(certified(images, rule, BITS)) == place(images, rule).tolist()


@given(block=st.integers(1, 3), sides=st.tuples(*[st.integers(1, 3)] * 3), start=few, exchanged=st.booleans())
def test_blocks_are_read_in_one_order(block, sides, start, exchanged):
    t, h, w = sides
    rule = Grid(start, exchanged=exchanged, block=block)
    for one in (Image(h * block, w * block), Video(t * block if exchanged else t, h * block, w * block)):
        assert floats(certified([one], rule, BITS)) == place([one], rule).tolist()


@given(images=st.lists(st.builds(Image, few, few), min_size=1, max_size=3), rule=grids[1])
def test_centres_are_near_the_exact_ones(images, rule):
    """Three roundings, of numbers not above six times the range."""
    exactly_there = np.array(floats(certified(images, rule, BITS)))

    assert np.abs(exactly_there - place(images, rule)).max() <= 4 * ulp(6 * (rule.high - rule.low))


@given(segments=st.lists(texts | films, min_size=1, max_size=4), start=st.integers(-9, 9))
def test_an_index_is_exact(segments, start):
    assert floats(certified(segments, Index(start), BITS)) == place(segments, Index(start)).tolist()


@given(segments=st.lists(texts | photos, min_size=1, max_size=4), rule=circles)
def test_positions_on_circles_are_known_to_the_bits_asked_for_and_the_floats_are_near(segments, rule):
    """A float is off by some ulps of the greatest number on the way: of a radius, a grid's corner, or a start."""
    rows, near = certified(segments, rule, BITS), place(segments, rule)
    size = 4 * (np.abs(near).max() + rule.radius * 12 * (rule.dff_rate + 1))

    for row, given_row in zip(rows, near.tolist(), strict=True):
        for one, given_one in zip(row, given_row, strict=True):
            assert within(one, BITS)
            assert within_of(subtract(one, Fraction(given_one)), 4 * ulp(size))


def within_of(x, bound):
    """Return whether |x| is at most a float, for certain."""
    return sign(subtract(x, Fraction(bound))) in (-1, 0) and sign(add(x, Fraction(bound))) in (0, 1)


@pytest.mark.parametrize("rule", [CircleRope(merge=1), CircleRope(7.5, 0.3, 0.25, 1, centred=False)], ids=repr)
def test_what_is_known_to_more_bits_lies_within_what_is_known_to_fewer(rule):
    wide, narrow = (certified([Image(3, 4), Text(1)], rule, bits) for bits in (20, 200))

    for one, other in zip(sum(wide, ()), sum(narrow, ()), strict=True):
        apart = subtract(one, other)
        assert within_of(apart, 2.0**-19)
        assert not isinstance(apart, Ball) or abs(apart.mid) <= apart.rad


@given(
    line=st.lists(st.integers(0, 1), min_size=1, max_size=9),
    rule=st.sampled_from([Index(3), DecoderMask(), FairseqMask()]),
)
def test_positions_of_padded_rows_are_the_exact_ones(line, rule):
    assert floats(certified_mask(line, rule)) == place_mask(line, rule).tolist()


@given(
    image=st.lists(st.lists(st.integers(0, 1), min_size=4, max_size=4), min_size=1, max_size=5),
    rule=st.builds(DetrMask, st.booleans(), st.sampled_from((0.0, -0.5, 0.25)), st.sampled_from((1e-6, 0.5))),
)
def test_positions_of_padded_images_are_the_floats_nearest_to_the_exact_ones(image, rule):
    assert floats(certified_mask(image, rule)) == place_mask(image, rule).tolist()


def test_what_stands_on_an_eighth_of_a_turn_is_exact():
    """2 by 2: all bearings are eighths; the first patch is at (0, r/√2, −r/√2), and its t is zero itself."""
    first = around(2, 2, CircleRope(merge=1), 96)[0]

    assert ((), (times(Fraction(10), raised(Fraction(1, 2), Fraction(1, 2)), 0),)) == first[:2]
    assert sign(subtract(real(first[1][0], 96), Fraction(7071067811865475, 10**15))) == 1
    assert sign(subtract(real(first[1][0], 96), Fraction(7071067811865476, 10**15))) == -1


@pytest.mark.parametrize("sides", [(2, 2), (4, 4)])
def test_where_one_image_undoes_what_another_added_positions_are_exact(sides):
    """The second starts as far beyond a whole number as its own grid reaches to the other side."""
    found = certified([Text(2), Image(*sides), Text(1), Image(*sides)], CircleRope(), 96)

    assert {Fraction(4), Fraction(14)} & {one for one in found[-1] if isinstance(one, Fraction)}


@given(y=st.integers(-99, 99), x=st.integers(-99, 99))
def test_a_bearing_is_that_of_the_library(y, x):
    found = bearing(Fraction(y, 2), Fraction(x, 2), 96)

    assert within_of(subtract(found, Fraction(atan2(y, x)) / Fraction(2 * pi)), 2**-51)


@given(y=st.integers(-30, 30), x=st.integers(-30, 30), turns=st.integers(1, 3))
def test_a_bearing_turns_with_its_point_by_a_quarter(y, x, turns):
    """Exactly: to 80 bits, with no library to go by."""
    if not (x or y):
        return
    there = bearing(Fraction(y), Fraction(x), 96)
    for _ in range(turns):
        y, x = x, -y
    moved = subtract(subtract(bearing(Fraction(y), Fraction(x), 96), there), Fraction(turns, 4))

    assert any(within_of(subtract(moved, Fraction(k)), 2.0**-80) for k in (-1, 0))


def test_the_bearings_of_three_and_four_add_to_a_quarter():
    """arctan(3/4) + arctan(4/3) = π/2, and 2 arctan(1/2) = arctan(4/3)."""
    a, b, c = (bearing(Fraction(y), Fraction(x), 400) for y, x in ((3, 4), (4, 3), (1, 2)))

    assert within_of(subtract(add(a, b), Fraction(1, 4)), 2.0**-390)
    assert within_of(subtract(add(c, c), b), 2.0**-390)


def test_the_greatest_of_exact_numbers_is_exact():
    root = raised(Fraction(2), Fraction(1, 2))

    assert (Fraction(2),) == greatest([(Fraction(1),), (Fraction(2),), (Fraction(-3),)], 64)
    assert (Fraction(1), root) == greatest([(Fraction(2),), (Fraction(1), root), (Fraction(-3), root)], 64)
    assert {Fraction(1), root} == {*greatest([(Fraction(1), root), (root, Fraction(1)), (Fraction(2),)], 64)}


@given(ends=st.lists(st.tuples(st.integers(-99, 99), st.integers(0, 9)), min_size=1))
def test_the_greatest_of_balls_reaches_from_the_greatest_lower_end_to_the_greatest_upper_one(ends):
    (found,) = greatest([(Ball(mid, rad, 3),) for mid, rad in ends], 3)
    low, high = max(mid - rad for mid, rad in ends), max(mid + rad for mid, rad in ends)

    assert (found.mid - found.rad) * 2**3 == low * 2**found.scale
    assert (found.mid + found.rad) * 2**3 == high * 2**found.scale


@pytest.mark.parametrize(
    ("segments", "rule", "message"),
    [
        ([], Index(), "segments must be Text, Audio, Image or Video, at least one; got ()"),
        ([Text(1)], None, "rule must be one of those that place segments; got None"),
        ([Text(1)], Grid(), "Grid must place grids of its kind; got Text(n=1)"),
        ([Video(1, 2, 2)], RopeTie(), "RopeTie must place text, sound and images; got Video(t=1, h=2, w=2, fps=1.0)"),
        ([Image(3, 4)], MRope(), "sides must be multiples of the merge, 2; got (3, 4)"),
        ([Image(3, 4)], Grid(block=2), "sides must be multiples of the block, 2; got (3, 4)"),
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(segments, rule, message):
    for one in (lambda: certified(segments, rule, BITS), lambda: place(segments, rule)):
        with pytest.raises(SpecError) as caught:
            one()
        assert message in str(caught.value).replace("[]", "()")


@pytest.mark.parametrize("segments", [[Text(10**30)], [Text(2**24), Text(1)], [Video(10**9, 10**9, 2)]])
@pytest.mark.parametrize("rule", [Index(), Grid(), MRope(), MRope(split=True)])
def test_more_tokens_than_can_be_told_one_by_one_are_refused(segments, rule):
    with pytest.raises(SpecError, match=r"positions must be those of at most 2\^24 tokens; got [0-9]+$"):
        certified(segments, rule, BITS)
