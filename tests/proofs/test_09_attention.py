"""What proofs/09_attention.py shows, on `attend` and `scores`."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, generators

from refpos import CATALOGUE, Alibi, Attention, Frequencies, LinearAttention, Rotary, XPos, attend, rotate, scores

SIX = np.arange(6)
CAUSAL = np.tri(6, dtype=bool)
FOUR = Rotary(Frequencies((0,) * 2, base=16.0), pairing="interleaved")
ONE = Rotary(Frequencies((0,)))
BACK = Attention(FOUR, rotate=("value", "output"))


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11)


def feature_map(x):
    return np.where(x > 0, x + 1, np.exp(x))


@pytest.mark.theorem("vo-rope-offset")
@FEW
@given(generators, st.integers(-99, 99))
def test_what_is_made_of_values_depends_on_offsets_alone(rng, shift):
    q, k, v = rng.standard_normal((3, 6, 4))

    close(attend(q, k, v, SIX + shift, SIX + shift, BACK), attend(q, k, v, SIX, SIX, BACK))


@pytest.mark.theorem("vo-rope-offset")
@FEW
@given(generators)
def test_the_one_value_that_is_seen_is_turned_by_its_offset(rng):
    q, k, v = rng.standard_normal((3, 1, 4))

    close(attend(q, k, v, [9], [4], BACK), rotate(v, [-5], FOUR))


@pytest.mark.theorem("vo-rope-recurrence")
@FEW
@given(generators)
def test_decaying_weights_make_a_recurrence_of_complex_numbers(rng):
    v, none = rng.standard_normal((1, 6, 2)), np.zeros((1, 6, 2))
    biased = Attention(ONE, bias=Alibi(1), rotate=("value", "output"))
    found = attend(none, none, v, SIX, SIX, biased, mask=CAUSAL)[0]
    g, state = np.exp(-(2.0**-8)), 0j
    for i in SIX:
        state = g * np.exp(-1j) * state + complex(*v[0, i])
        close(complex(*found[i]) * sum(g**m for m in range(i + 1)), state)


@pytest.mark.theorem("vo-rope-exponential")
def test_weights_take_one_exponential_of_their_logits():
    shared = replace(CATALOGUE["qkvo-rope"].variant, rotary=ONE, scale=1.0)
    keys = [[1.0, 0.0], [1.0 + np.log(2), 0.0]]

    close(attend([[1.0, 0.0]], keys, np.eye(2), [0], [0, 0], shared), [[1 / 3, 2 / 3]])


@pytest.mark.theorem("vo-rope-exponential")
@FEW
@given(generators, st.integers(-5, 5))
def test_weights_do_not_see_what_is_added_to_every_logit(rng, added):
    q, k, v = rng.standard_normal((3, 6, 4))
    q[:, 0], shifted = 1.0, k + np.array([added, 0.0, 0.0, 0.0])
    plain = Attention(scale=1.0)

    close(attend(q, shifted, v, SIX, SIX, plain), attend(q, k, v, SIX, SIX, plain))


@pytest.mark.theorem("mla-absorption", "mla-rope-blocks")
@FEW
@given(generators)
def test_projections_are_merged_where_no_rotation_stands_between_them_and_not_elsewhere(rng):
    x, c, tail = rng.standard_normal((6, 12)), rng.standard_normal((6, 5)), rng.standard_normal((6, 4))
    w, up = rng.standard_normal((12, 8)), rng.standard_normal((5, 8))
    absorbed = x @ (w @ up.T) @ c.T
    q, k = (np.concatenate([one, tail], axis=1) for one in (x @ w, c @ up))
    logits = scores(q, k, SIX, SIX, Attention(replace(FOUR, offset=-4), scale=1.0))
    turned = scores(tail, tail, SIX, SIX, Attention(FOUR, scale=1.0))
    blocked = scores(x @ w, c @ up, SIX, SIX, Attention(Rotary(Frequencies((0,) * 4)), scale=1.0))

    close(logits, absorbed + turned)
    assert np.abs(blocked - absorbed).max() > 1e-2
    close(np.diag(blocked), np.diag(absorbed))


@pytest.mark.theorem("linear-rope-recurrence")
@FEW
@given(generators)
def test_linear_attention_with_rope_is_a_recurrence(rng):
    q, k, v = rng.standard_normal((3, 6, 4))
    phi, psi = feature_map(q), feature_map(k)
    state, total, rows = np.zeros((4, 4)), np.zeros(4), []
    for i in SIX:
        state, total = state + rotate(psi[[i]], [i], FOUR).T @ v[[i]], total + psi[i]
        rows.append(rotate(phi[[i]], [i], FOUR)[0] @ state / (phi[i] @ total))

    close(attend(q, k, v, SIX, SIX, LinearAttention(FOUR), mask=CAUSAL), rows)


@pytest.mark.theorem("linear-rope-sign")
@FEW
@given(generators)
def test_weights_of_linear_attention_change_their_sign_and_the_divisor_does_not(rng):
    q, k = rng.standard_normal((2, 1, 2))
    linear = LinearAttention(ONE)
    plain = (feature_map(q) @ feature_map(k).T).item()

    close(scores(q, k, [np.pi], [0], linear), [[-plain]])
    close(attend(q, k, [[1.0]], [np.pi], [0], linear), [[-1.0]])


@pytest.mark.theorem("linear-only-relative")
@FEW
@given(generators, st.integers(-40, 40))
def test_xpos_too_depends_on_offsets_alone_in_linear_attention(rng, shift):
    q, k = rng.standard_normal((2, 6, 4))
    grown = LinearAttention(replace(FOUR, growth=XPos(64.0)))

    close(scores(q, k, SIX + shift, SIX + shift, grown), scores(q, k, SIX, SIX, grown))
