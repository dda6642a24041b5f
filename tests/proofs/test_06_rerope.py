"""What `proofs/06_rerope.py` proves, of the logits of `refpos.spec`; more of it is in `tests/test_attention.py`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, MANY, generators

from refpos import Attention, Frequencies, Linear, ReRope, Rotary, rotate, scores

LADDER = Frequencies((0,) * 4)
PLAIN = Rotary(LADDER)
TWELVE = np.arange(12)


def rectified(given):
    return Attention(PLAIN, scale=1.0, rectify=given)


def at_distance(q, k, distance):
    """Return the logit of a query and a key so far before it."""
    return (q * rotate(k, [-distance], PLAIN)).sum()


@pytest.mark.theorem("rerope-inverse")
@MANY
@given(rng=generators, w=st.integers(1, 6), k=st.sampled_from([2, 4, 16]), d=st.integers(0, 20))
def test_a_map_and_its_inverse_together_are_rope(rng, w, k, d):
    q, key = rng.standard_normal((2, 1, 8))
    seen = d if d < w else w + (d - w) / k
    found = scores(q, key, [seen], [0], rectified(ReRope(w, 1 / k)))[0, 0]

    assert found == pytest.approx(at_distance(q, key, d), abs=1e-12)


@pytest.mark.theorem("rerope-rotations")
@FEW
@given(rng=generators, w=st.integers(1, 12), k=st.sampled_from([None, 1, 2, 16, 0.25]))
def test_two_pairs_of_rotations_are_one_map_of_distances(rng, w, k):
    q, key = rng.standard_normal((2, 12, 8))
    found = scores(q, key, TWELVE, TWELVE, rectified(ReRope(w, k)))
    pace = 0 if k is None else 1 / k
    seen = [[d if d < w else w + (d - w) * pace for d in i - TWELVE] for i in TWELVE]
    want = [[at_distance(q[[i]], key[[j]], seen[i][j]) for j in TWELVE] for i in TWELVE]

    assert abs(found - want).max() < 1e-12


@pytest.mark.theorem("rerope-one-pair")
@pytest.mark.parametrize(("k", "one_pair"), [(1, True), (2, False), (None, False)])
def test_logits_of_rerope_are_no_products_of_queries_and_keys_that_were_turned_once(k, one_pair):
    plane = Attention(Rotary(Frequencies((0,))), scale=1.0, rectify=ReRope(4, k))
    found = scores(np.tile(np.eye(2), (12, 1)), np.tile(np.eye(2), (12, 1)), *[TWELVE.repeat(2)] * 2, plane)
    rows, columns = TWELVE[6:].repeat(2) * 2 + np.tile([0, 1], 6), TWELVE[:6].repeat(2) * 2 + np.tile([0, 1], 6)

    assert (np.linalg.matrix_rank(found[np.ix_(rows, columns)], tol=1e-9) == 2) == one_pair


@pytest.mark.theorem("rerope-interpolation")
@MANY
@given(rng=generators, k=st.sampled_from([2, 8]))
def test_the_last_row_of_interpolation_falls_by_a_step_from_key_to_key(rng, k):
    q, key = rng.standard_normal((2, 12, 8))
    interpolated = Attention(Rotary(Frequencies((0,) * 4, scaling=Linear(k))), scale=1.0)
    last = scores(q, key, TWELVE, TWELVE, interpolated)[-1]

    assert last == pytest.approx([at_distance(q[[11]], key[[j]], (11 - j) / k) for j in TWELVE], abs=1e-12)
