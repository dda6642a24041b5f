"""What proofs/08_multimodal.py shows, on the positions that `place` gives and the rotations made with them."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, generators

from refpos import CATALOGUE, CircleRope, Frequencies, Image, MRope, RopeTie, Rotary, Text, Video, place, rotate

sides = st.integers(1, 9)
SECTIONS = [one for one in product(range(3), repeat=4) if set(one) == {0, 1, 2}]
THREE = ("qwen2-vl", "qwen2.5-vl", "qwen3-vl", "qwen3.5", "ernie-4.5-vl")


def after(image, rule):
    """Return the positions from the last of four tokens of text over an image to the token after it."""
    return place([Text(4), image, Text(1)], rule)[3:]


@pytest.mark.theorem("mrope-text")
@FEW
@given(rng=generators, axes=st.sampled_from(SECTIONS), p=st.integers(0, 2**17))
def test_text_is_one_dimensional_whatever_the_sections(rng, axes, p):
    x = rng.standard_normal((1, 8))

    assert (rotate(x, [[p] * 3], Rotary(Frequencies(axes))) == rotate(x, [p], Rotary(Frequencies((0,) * 4)))).all()


@pytest.mark.theorem("mrope-text")
@pytest.mark.parametrize("name", THREE)
def test_text_of_a_multimodal_model_is_turned_as_by_its_ladder(name):
    variant = CATALOGUE[name].variant
    planes = len(variant.frequencies.axes)
    x = np.random.default_rng(0).standard_normal((3, 2 * planes))
    flat = Rotary(Frequencies((0,) * planes, base=variant.frequencies.base), pairing=variant.pairing)

    assert (rotate(x, place([Text(3)], MRope()), variant) == rotate(x, [0, 1, 2], flat)).all()


@pytest.mark.theorem("mrope-asymmetry")
@FEW
@given(t=sides, h=sides, w=sides)
def test_m_rope_leaves_a_grid_as_it_came_in_only_where_its_sides_are_equal(t, h, w):
    before, *patches, following = after(Video(t, h, w), MRope(merge=1))
    out = following - patches[-1]

    assert (patches[0] - before).tolist() == [1, 1, 1]
    assert out.tolist() == [max(t, h, w) + 1 - side for side in (t, h, w)]


@pytest.mark.theorem("rope-tie-symmetry", "rope-tie-integers")
@FEW
@given(h=sides, w=sides, form=st.sampled_from(("integer", "smallest")))
def test_rope_tie_leaves_an_image_as_it_came_in_by_whole_steps(h, w, form):
    before, *patches, following = after(Image(h, w), RopeTie(form))
    steps = patches[0] - before
    common = math.gcd(h + 1, w + 1) if form == "smallest" else 1

    assert steps.tolist() == (following - patches[-1]).tolist()
    assert steps.tolist() == [(w + 1) / common, (h + 1) / common]


@pytest.mark.theorem("rope-tie-equivalence", "rope-tie-unit")
@FEW
@given(h=sides, w=sides, form=st.sampled_from(("equivalent", "unit")))
def test_an_image_may_be_as_long_as_its_tokens(h, w, form):
    before, *patches, following = after(Image(h, w), RopeTie(form))
    error = (patches[0] - before) - (following - patches[-1])

    assert (following - before).tolist() == [h * w + 1] * 2
    assert np.abs(error).max() < 1e-12


@pytest.mark.theorem("rope-tie-unit")
@FEW
@given(h=sides, w=sides)
def test_patches_may_stand_one_apart_between_equal_gaps(h, w):
    before, *patches, _ = after(Image(h, w), RopeTie("unit"))

    assert (patches[0] - before).tolist() == [h * (w - 1) / 2 + 1, w * (h - 1) / 2 + 1]
    assert (patches[-1] - patches[0]).tolist() == [h - 1, w - 1]


@pytest.mark.theorem("circle-distance")
@FEW
@given(h=sides, w=sides, radius=st.integers(1, 50), tau=st.integers(-50, 50))
def test_every_patch_on_the_circle_is_as_far_from_a_token(h, w, radius, tau):
    patches = place([Image(h, w)], CircleRope(radius=float(radius), merge=1))
    square = ((patches - tau) ** 2).sum(axis=1)

    assert np.abs(square - (3 * tau**2 + radius**2)).max() < 1e-10 * (1 + 3 * tau**2 + radius**2)


@pytest.mark.theorem("circle-phase")
def test_patches_at_one_distance_are_not_turned_alike():
    patches = place([Image(3, 4)], CircleRope(merge=1))
    turned = rotate(np.ones((12, 128)), patches, CATALOGUE["qwen2-vl"].variant).sum(axis=1)

    assert np.ptp(turned) > 10


@pytest.mark.theorem("circle-collision")
def test_patches_at_the_ends_of_the_circle_coincide_by_sight_and_not_by_count():
    seen, counted = (place([Image(2, 2)], CircleRope(alpha=alpha, merge=1)) for alpha in (1.0, 0.0))

    assert np.abs(seen[0] - seen[2]).max() < 1e-13
    assert np.linalg.norm(counted[:, None] - counted, axis=-1)[np.triu_indices(4, 1)].min() > 10


@pytest.mark.theorem("qwen-time-steps")
@FEW
@given(rate=st.integers(1, 50), fps=st.sampled_from((0.25, 0.5, 1.0, 2.0, 4.0, 8.0)))
def test_times_are_truncated(rate, fps):
    found = place([Video(12, 2, 2, fps=fps)], MRope(tokens_per_second=float(rate)))[:, 0]

    assert found.tolist() == [math.floor(i * rate / fps) for i in range(12)]
