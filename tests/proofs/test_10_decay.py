"""What proofs/10_decay.py shows, on `scores` and `omega`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, generators

from refpos import Attention, Frequencies, Rotary, omega, rotate, scores

PAIRS = Rotary(Frequencies((0,) * 64), pairing="interleaved")
DOT = Attention(PAIRS, scale=1.0)


def against_one(q, k, distances, attention=DOT):
    """Return the scores of one query, moved so far from one key."""
    return scores(np.repeat(q, len(distances), axis=0), k, distances, [0], attention)[:, 0]


def of_ones(base, length, turning=64, planes=64):
    """Return the scores of ones with ones, halved: f_b at every distance below a length."""
    part = Attention(Rotary(Frequencies((0,) * turning, base=float(base))), scale=0.5)
    one = np.ones((1, 2 * planes))
    return against_one(one, one, np.arange(length), part)


@pytest.mark.theorem("abel-bound")
@FEW
@given(generators, st.integers(-(2**16), 2**16))
def test_scores_are_bounded_by_summation_by_parts(rng, distance):
    q, k = rng.standard_normal((2, 1, 128))
    h = (q[0, ::2] + 1j * q[0, 1::2]) * (k[0, ::2] - 1j * k[0, 1::2])
    sums = np.exp(1j * distance * omega(PAIRS.frequencies)[0]).cumsum()
    parts = -(sums * np.diff(np.append(h, 0))).sum().real

    assert abs(against_one(q, k, [distance])[0] - parts) < 1e-9
    assert abs(parts) <= np.abs(np.diff(np.append(h, 0))).max() * np.abs(sums).sum()


@pytest.mark.theorem("abel-mean")
def test_the_mean_of_the_partial_sums_is_the_published_one_and_does_not_only_fall():
    sums = np.exp(1j * np.arange(400)[:, None] * omega(PAIRS.frequencies)[0]).cumsum(axis=1)
    mean = np.abs(sums).mean(axis=1)

    assert mean[0] == (64 + 1) / 2
    np.testing.assert_allclose(
        mean[[1, 10, 50, 100, 256]], [31.538166, 17.954137, 12.629452, 10.227330, 6.543097], 1e-7
    )
    assert (np.diff(mean) > 0).any()


@pytest.mark.theorem("rope-decay")
@FEW
@given(generators, st.integers(0, 400))
def test_a_key_may_be_turned_towards_any_distance(rng, r):
    q = rng.standard_normal((1, 128))
    found = against_one(q, rotate(q, [r], PAIRS), np.arange(500))

    assert found.argmax() == r
    assert found[r] == pytest.approx((q**2).sum())


@pytest.mark.theorem("base-expectation")
def test_a_key_like_the_query_is_preferred_by_twice_the_sum_of_cosines():
    """Over the corners ±1 + μ of a cube, whose mean and variance are exact; planes are apart, so one will do."""
    mu, one = 0.5, Attention(Rotary(Frequencies((0,))), scale=1.0)
    q = mu + np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    distances = np.arange(9)
    like = sum(against_one(x[None], x[None], distances, one) for x in q) / 4
    other = sum(against_one(x[None], y[None], distances, one) for x in q for y in q) / 16

    np.testing.assert_allclose(like, 2 * (mu**2 + 1) * np.cos(distances), atol=1e-12)
    np.testing.assert_allclose(like - other, 2 * np.cos(distances), atol=1e-12)


@pytest.mark.theorem("base-integral")
def test_the_mean_of_the_cosines_tends_to_the_integral():
    frequencies = omega(Frequencies((0,) * 4096))[0]
    means = [np.cos(m * frequencies).mean() for m in (1, 10, 100)]

    np.testing.assert_allclose(means, [0.9739628, 0.6823943, 0.4367733], atol=5e-4)


@pytest.mark.theorem("base-table", "base-up-set")
@pytest.mark.parametrize(
    ("base", "length", "enough"),
    [(12_000, 2048, False), (27_000, 4096, False), (11_588, 2048, True), (4300, 1024, True), (4400, 1024, False)],
)
def test_a_base_is_enough_for_a_length_or_not(base, length, enough):
    assert (of_ones(base, length).min() > 0) == enough


@pytest.mark.theorem("partial-rotation")
@FEW
@given(base=st.integers(2, 10**6), turning=st.integers(1, 8))
def test_up_to_half_a_rotation_prefers_no_other_key(base, turning):
    found = of_ones(base, 4096, turning, 8)

    assert found.min() >= 8 - 2 * turning - 1e-9


@pytest.mark.theorem("partial-rotation")
def test_more_than_half_a_rotation_may_prefer_another_key():
    assert of_ones(1.001, 64, 4, 8).min() >= 0 > of_ones(1.001, 64, 5, 8).min()
