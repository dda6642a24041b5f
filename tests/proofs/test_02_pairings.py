"""Pairings are one encoding in several orders: queries, keys, weights and gains have to agree on one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operators import PLAIN, operator, point
from strategies import FEW, generators

from refpos import Attention, Frequencies, RmsNorm, Rotary, rotate, scores
from refpos.exact.normal import Relation, normal_form, same_scores
from refpos.variants.frequencies import plane_count
from refpos.variants.planes import width

REPAIRED = {
    name: (one, replace(one, pairing="half" if one.pairing == "interleaved" else "interleaved"))
    for name, one in PLAIN.items()
    if one.pairing != "blocked" and plane_count(one.frequencies) > 1
}
each = pytest.mark.parametrize(("one", "other"), REPAIRED.values(), ids=REPAIRED)


@pytest.mark.parametrize("count", range(1, 17))
@pytest.mark.theorem("pairing-conjugate")
def test_halves_are_neighbours_in_another_order(count):
    line, order = Frequencies((0,) * count), [one for k in range(count) for one in (k, k + count)]
    near, apart = (operator(Rotary(line, one), 3.0, features=2 * count) for one in ("interleaved", "half"))

    assert np.array_equal(near, apart[np.ix_(order, order)])


@each
@pytest.mark.theorem("pairing-scores")
def test_a_query_and_a_key_of_two_pairings_see_where_they_are(one, other):
    q, k = np.random.default_rng(0).standard_normal((2, 1, width(one)))

    def moved(by):
        here, there = ((rotate(q, at, one) * rotate(k, at, by)).sum() for at in (point(one, 0.0), point(one, 1.0)))
        return abs(there - here)

    assert moved(one) < 1e-12
    assert moved(other) > 1e-3


@pytest.mark.parametrize("count", range(2, 7))
@pytest.mark.theorem("pairing-scores", "pairing-conjugate")
def test_scores_of_two_pairings_are_the_same_where_queries_and_keys_agree(count):
    variants = (Rotary(Frequencies((0,) * count), pairing) for pairing in ("half", "interleaved"))
    near, apart = (normal_form(one, 2 * count) for one in variants)

    assert same_scores(near, apart) is Relation.SAME
    assert near != apart


@FEW
@given(rng=generators, count=st.integers(2, 16))
@pytest.mark.theorem("pairing-weights")
def test_weights_permuted_head_by_head_give_the_same_scores(rng, count):
    line, heads, inside = Frequencies((0,) * count), 3, 5
    x = rng.standard_normal((inside, 4))
    for_neighbours = rng.standard_normal((2, heads * 2 * count, inside))
    for_halves = for_neighbours.reshape(2, heads, count, 2, inside).swapaxes(2, 3).reshape(for_neighbours.shape)
    near, apart = (
        scores(*(np.moveaxis((w @ x).reshape(heads, -1, 4), 1, 2) for w in weights), [0, 1, 5, 9], [0, 1, 5, 9], by)
        for weights, by in (
            (for_neighbours, Attention(Rotary(line, "interleaved"))),
            (for_halves, Attention(Rotary(line, "half"))),
        )
    )

    assert abs(near - apart).max() < 1e-12 * abs(near).max()


@FEW
@given(rng=generators, count=st.integers(2, 16))
@pytest.mark.theorem("pairing-norm")
def test_gains_are_permuted_with_the_weights(rng, count):
    line, places = Frequencies((0,) * count), [0, 1, 5, 9]
    q, k = rng.standard_normal((2, 4, 2 * count))
    gain = rng.uniform(0.5, 2, 2 * count)
    order = np.arange(2 * count).reshape(count, 2).T.ravel()
    near, apart = (Attention(Rotary(line, pairing)) for pairing in ("interleaved", "half"))
    normal = [one / np.sqrt((one**2).mean(axis=-1, keepdims=True)) for one in (q, k)]
    due = scores(*(gain * one for one in normal), places, places, near)
    kept, left = (scores(*(by * one[:, order] for one in normal), places, places, apart) for by in (gain[order], gain))
    plain = scores(*normal, places, places, near)
    by_itself = scores(q[:, order], k[:, order], places, places, replace(apart, normalise=RmsNorm()))

    assert abs(kept - due).max() < 1e-12
    assert abs(left - due).max() > 1e-6
    assert abs(by_itself - plain).max() < 1e-12
