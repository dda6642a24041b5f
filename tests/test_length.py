"""What a variant that depends on the length is at a length."""

import numpy as np
import pytest

from refpos import (
    NTK,
    Bands,
    Dense,
    DynamicNTK,
    Frequencies,
    Linear,
    LongRope,
    PerHead,
    PerPlane,
    Rotary,
    Sinusoidal,
    at_length,
    omega,
)
from refpos.variants.length import is_static

SHORT, LONG = (1.0, 1.5), (3.0, 9.0)
LONG_ROPE = Frequencies((0, 0), scaling=LongRope(SHORT, LONG, 4096))
DYNAMIC = Frequencies((0, 0), scaling=DynamicNTK(2, 2048))


def test_longrope_divides_by_its_short_factors_at_the_original_length():
    assert (PerPlane(SHORT),) == at_length(LONG_ROPE, 4096).scaling


def test_longrope_divides_by_its_long_factors_one_token_further():
    assert (PerPlane(LONG),) == at_length(LONG_ROPE, 4097).scaling


@pytest.mark.anchor("E 4, dynamic NTK")
def test_dynamic_ntk_does_nothing_at_the_original_length():
    assert () == at_length(DYNAMIC, 2048).scaling


def test_dynamic_ntk_begins_one_token_beyond_the_original_length():
    assert (NTK(2 * 2049 / 2048 - 1),) == at_length(DYNAMIC, 2049).scaling


@pytest.mark.anchor("E 4, dynamic NTK")
@pytest.mark.parametrize(("factor", "expected"), [(1, 2.0), (2, 3.0), (8, 9.0)])
def test_dynamic_ntk_scales_at_twice_the_original_length_by_its_factor_and_one(factor, expected):
    dynamic = Frequencies((0, 0), scaling=DynamicNTK(factor, 2048))

    assert (NTK(expected),) == at_length(dynamic, 4096).scaling


@pytest.mark.anchor("E 4, dynamic NTK")
def test_the_papers_dynamic_ntk_scales_by_the_length_over_the_original():
    assert (NTK(1.75),) == at_length(Frequencies((0, 0), scaling=DynamicNTK(1, 4096)), 7168).scaling


def test_the_dynamic_factor_is_rounded_once():
    rounded_thrice = 1.1 * 14 / 10 - (1.1 - 1)
    scaling = at_length(Frequencies((0, 0), scaling=DynamicNTK(1.1, 10)), 14).scaling

    assert ((NTK(1.44),), 1.4400000000000002) == (scaling, rounded_thrice)


def test_other_scalings_keep_their_place():
    frequencies = Frequencies((0, 0), scaling=(Linear(2), DynamicNTK(1, 16), Linear(3)))

    assert (Linear(2), NTK(2), Linear(3)) == at_length(frequencies, 32).scaling


def test_a_scaling_that_falls_away_leaves_the_others():
    frequencies = Frequencies((0, 0), scaling=(Linear(2), DynamicNTK(1, 16)))

    assert (Linear(2),) == at_length(frequencies, 16).scaling


@pytest.mark.parametrize("kind", [Rotary, Sinusoidal])
def test_a_variant_is_given_the_frequencies_at_that_length(kind):
    assert kind(at_length(DYNAMIC, 4096)) == at_length(kind(DYNAMIC), 4096)


def test_every_head_is_given_the_frequencies_at_that_length():
    expected = PerHead((at_length(DYNAMIC, 4096), at_length(LONG_ROPE, 4096)))

    assert expected == at_length(PerHead((DYNAMIC, LONG_ROPE)), 4096)


def test_the_coordinates_that_heads_read_are_kept():
    heads = PerHead((DYNAMIC, DYNAMIC), reads=((1,), (0,)))

    assert ((1,), (0,)) == at_length(heads, 4096).reads


STATIC = [Frequencies((0, 0), scaling=NTK(2)), Bands((0,), 1, 2), Dense(1, 2), PerHead((Bands((0,), 1, 2),))]


@pytest.mark.parametrize("static", STATIC, ids=lambda one: type(one).__name__)
def test_what_does_not_depend_on_the_length_is_returned_as_it_is(static):
    assert static == at_length(static, 7)


@pytest.mark.parametrize("static", STATIC, ids=lambda one: type(one).__name__)
def test_what_does_not_depend_on_the_length_is_static(static):
    assert is_static(static)


@pytest.mark.parametrize("frequencies", [DYNAMIC, LONG_ROPE, PerHead((Bands((0, 0), 1, 2), DYNAMIC))])
@pytest.mark.parametrize("kind", [lambda one: one, Rotary], ids=["frequencies", "Rotary"])
def test_what_depends_on_the_length_is_not_static(kind, frequencies):
    assert not is_static(kind(frequencies))


@pytest.mark.parametrize("frequencies", [DYNAMIC, LONG_ROPE], ids=["dynamic", "longrope"])
def test_what_has_a_length_is_static(frequencies):
    assert is_static(at_length(frequencies, 4096))


def test_dynamic_ntk_at_twice_the_length_turns_the_last_plane_three_times_as_slowly():
    slow = omega(at_length(DYNAMIC, 4096))[0, -1]

    assert np.float64(0.01) / 3 == slow
