"""Sines and cosines: Kazemnejad's post, Su's posts 8231 and 8265, tables of images. Labels: see test_anchored.py."""

import math

import numpy as np
import pytest
import sympy

from refpos import (
    CATALOGUE,
    Frequencies,
    Grid,
    Image,
    Rotary,
    Sinusoidal,
    SpecError,
    angles,
    embed,
    omega,
    place,
    rotate,
    symbolic,
)
from refpos.spec.attention import attend, scores
from refpos.variants.attention import Attention, LinearAttention

T, PHI = sympy.symbols("t phi", real=True)
TEN_THOUSAND = Frequencies((0,) * 64)
SMALL = Frequencies((0,) * 2, base=100)


def rows(positions, frequencies=TEN_THOUSAND):
    return embed(positions, Sinusoidal(frequencies))


def similarity(distances, planes=64):
    """Return Σ cos(ω_k D)."""
    return np.cos(angles(np.asarray(distances, dtype=float), Frequencies((0,) * planes))).sum(axis=-1)


def printed(value, decimals):
    return pytest.approx(value, rel=0, abs=0.51 * 10.0**-decimals)


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# E 2: Kazemnejad.


@pytest.mark.anchor("E 2, Kazemnejad")
def test_sine_and_cosine_of_every_wave_stand_side_by_side():
    w = 10_000.0 ** (-2 * np.arange(4) / 8)
    expected = np.stack([np.sin(7 * w), np.cos(7 * w)], axis=-1).ravel()
    assert pytest.approx(expected, abs=1e-15) == rows([7], Frequencies((0,) * 4))[0]


@pytest.mark.anchor("E 2, Kazemnejad")
@pytest.mark.parametrize(("order", "sense"), [("interleaved", -1), ("interleaved-cos", 1)])
def test_a_shift_turns_sine_and_cosine_back_and_cosine_and_sine_forth(order, sense):
    here, there = (symbolic.embed(p, Sinusoidal(SMALL, order=order)) for p in (T, T + PHI))
    m = symbolic.rotation(Rotary(SMALL, pairing="interleaved", sign=sense), 4, PHI)
    w = sympy.Rational(1, 10)
    assert T not in m.free_symbols
    assert m[0:2, 0:2] == sympy.Matrix(
        [[sympy.cos(PHI), -sense * sympy.sin(PHI)], [sense * sympy.sin(PHI), sympy.cos(PHI)]]
    )
    assert m[2, 2] == sympy.cos(w * PHI)
    assert sympy.zeros(4, 1) == (m * here.T - there.T).applyfunc(sympy.expand_trig).expand()


@pytest.mark.anchor("E 2, Kazemnejad")
def test_products_of_rows_are_even_and_greatest_at_home():
    centre, d = rows([500])[0], np.arange(1, 500)
    after, before = rows(500 + d) @ centre, rows(500 - d) @ centre
    assert pytest.approx(after, abs=1e-11) == before
    assert pytest.approx(64, abs=1e-12) == centre @ centre
    assert after.max() < 64


@pytest.mark.anchor("E 2, Kazemnejad")
@pytest.mark.parametrize("distance", [1, 7, 300])
def test_the_squared_distance_of_rows_is_their_width_less_twice_the_sum_of_cosines(distance):
    one, other = rows([11, 11 + distance])
    expected = 128 - 2 * similarity([distance])[0]
    assert pytest.approx((expected, 2 * (1 - np.cos(omega(TEN_THOUSAND) * distance)).sum()), rel=1e-12) == (
        np.sum((one - other) ** 2),
        expected,
    )


@pytest.mark.anchor("E2.2")
def test_counted_from_1_the_first_wave_would_be_missing():
    w = omega(Frequencies((0,) * 4))[0]
    as_printed = 10_000.0 ** (-2 * np.arange(1, 5) / 8)
    assert 1.0 == w[0] != as_printed[0]
    assert pytest.approx(w[1:], rel=1e-15) == as_printed[:-1]


@pytest.mark.anchor("E2.3")
@pytest.mark.parametrize("first", [12, 18, 24, 29])
def test_over_128_features_the_similarity_of_positions_starts_to_grow_again_here(first):
    before, at, after = similarity([first - 2, first - 1, first])
    assert before > at < after


@pytest.mark.anchor("E2.3", "E5.1")
@pytest.mark.parametrize(("near", "far"), [(1_000, 70_000), (70_000, 140_000), (140_000, 210_000)])
def test_with_four_features_the_similarity_returns_almost_to_its_greatest_value_again_and_again(near, far):
    found = similarity(np.arange(near, far), 2)
    assert (found.min() < -1.99, found.max() > 1.99) == (True, True)


@pytest.mark.anchor("E2.4")
@pytest.mark.parametrize("k", [1, math.pi / 2, 3.0])
def test_sines_alone_cannot_be_shifted(k):
    """sin(x + k) = a sin x at 0 asks that sin k = 0."""
    at_zero, at_k = rows([0.0, k], Frequencies((0,)))[:, 0]
    assert (0.0, True) == (at_zero, abs(at_k) > 0.1)


@pytest.mark.anchor("E2.4")
@pytest.mark.parametrize(("turns", "a"), [(1, -1), (2, 1), (-3, -1)])
def test_but_by_half_turns_they_can(turns, a):
    x = np.linspace(0, 6, 13)
    half_turns = Frequencies((0,), unit="half-turn")
    assert pytest.approx(a * rows(x, half_turns)[:, 0], abs=1e-14) == rows(x + turns, half_turns)[:, 0]


# E 5: 8231.


@pytest.mark.anchor("E 5, 8231")
def test_this_post_has_the_cosine_first():
    found = embed([1], CATALOGUE["cosine-first"].variant)[0, :2]
    assert pytest.approx((math.cos(1), math.sin(1)), rel=1e-15) == found


@pytest.mark.anchor("E 5, 8231")
def test_products_that_see_the_offset_alone_are_those_of_turned_vectors():
    first, second = (symbolic.embed(p, Sinusoidal(Frequencies((0,)), order="cos-sin")) for p in (T, PHI))
    assert sympy.cos(T - PHI) == sympy.trigsimp((first * second.T)[0])


def integral(x):
    """Return ∫_0^1 cos(x b^−t) dt at b = 10⁴, by its closed form (Ci(x) − Ci(x/b))/ln b."""
    x = sympy.Integer(x)
    return float(((sympy.Ci(x) - sympy.Ci(x / 10_000)) / sympy.log(10_000)).evalf(15))


@pytest.mark.anchor("E 5, 8231")
@pytest.mark.parametrize(
    ("x", "expected"), [(1, 0.9739628), (10, 0.6823943), (100, 0.4367733), (1000, 0.1876906), (100_000, 0.0049354)]
)
def test_the_integral_of_cosines_over_all_waves_has_this_value(x, expected):
    waves = 10_000.0 ** -((np.arange(2**20) + 0.5) / 2**20)
    assert printed(expected, 7) == integral(x)
    assert printed(expected, 7) == np.cos(x * waves).mean()


@pytest.mark.anchor("E 5, 8231")
@pytest.mark.parametrize("x", [1, 10, 100])
def test_the_mean_of_cosines_tends_to_that_integral(x):
    """As rectangles do: off by half the difference of the ends, and by at most x ln b/(6 K²)."""
    k = 1024
    ends = (math.cos(x) - math.cos(x / 10_000)) / (2 * k)
    assert pytest.approx(integral(x) + ends, abs=x * math.log(10_000) / (6 * k**2)) == similarity([x], k)[0] / k


@pytest.mark.anchor("E 5, 8231")
@pytest.mark.parametrize("x", [10, 100, 1000])
def test_between_1_and_the_base_the_integral_falls_as_a_logarithm(x):
    assert pytest.approx(integral(x), abs=6e-3) == 1 - (math.log(x) + 0.5772) / math.log(10_000)


@pytest.mark.anchor("E 5, 8231")
def test_a_diagonal_matrix_between_two_rows_sees_the_sum_of_positions_too():
    a, c, m, n = sympy.symbols("a c m n", real=True)
    first, second = (symbolic.embed(p, Sinusoidal(Frequencies((0,)), order="cos-sin")) for p in (m, n))
    found = (first * sympy.diag(a, c) * second.T)[0]
    expected = (a + c) / 2 * sympy.cos(m - n) + (a - c) / 2 * sympy.cos(m + n)
    assert 0 == sympy.expand(sympy.expand_trig(found - expected))


@pytest.mark.anchor("E5.1")
def test_the_integral_tends_to_zero():
    assert [True] * 3 == [abs(integral(10**k)) < 10.0 ** (4 - k) / 9 for k in (6, 8, 10)]


@pytest.mark.anchor("E5.1")
def test_counted_from_1_the_sum_of_cosines_is_another():
    from_1 = sum(math.cos(10_000 ** (-2 * i / 128)) for i in range(1, 65))
    assert pytest.approx(math.cos(1e-4) - math.cos(1)) == from_1 - similarity([1])[0]


# E 5: 8265.


@pytest.mark.anchor("E 5, 8265")
def test_turning_is_cosines_times_features_and_sines_times_neighbours():
    q, phi = drawn(0, 1, 8), np.repeat(angles([5], Frequencies((0,) * 4))[0], 2)
    neighbours = np.stack([-q[0, 1::2], q[0, ::2]], axis=-1).ravel()
    found = rotate(q, [5], Rotary(Frequencies((0,) * 4), pairing="interleaved"))
    assert pytest.approx(q[0] * np.cos(phi) + neighbours * np.sin(phi), abs=1e-15) == found[0]


@pytest.mark.anchor("E 5, 8265", "E 4, CSDN 138977299")
def test_scores_are_real_parts_with_keys_conjugated_and_not_without():
    q, k, m, n = drawn(1, 1, 8), drawn(2, 1, 8), 9, 4
    found = scores(q, k, [m], [n], Attention(Rotary(Frequencies((0,) * 4), pairing="interleaved"), scale=1.0)).item()
    z, w = (one[0, ::2] + 1j * one[0, 1::2] for one in (q, k))
    turn = np.exp(1j * (m - n) * omega(Frequencies((0,) * 4))[0])
    assert pytest.approx((z * w.conj() * turn).sum().real, rel=1e-13) == found
    assert abs((z * w * turn).sum().real - found) > 0.1


@pytest.mark.anchor("E 5, 8265")
def test_weights_of_linear_attention_are_1_and_the_cosine_of_what_is_turned():
    q, k, places = drawn(7, 3, 8), drawn(8, 3, 8), [0, 4, 9]
    rotary = Rotary(Frequencies((0,) * 4), pairing="interleaved")
    sizes = np.outer(np.linalg.norm(q, axis=-1), np.linalg.norm(k, axis=-1))
    expected = 1 + rotate(q, places, rotary) @ rotate(k, places, rotary).T / sizes
    assert pytest.approx(expected, rel=1e-13) == scores(q, k, places, places, LinearAttention(rotary, "cosine"))


@pytest.mark.anchor("E 5, 8265")
def test_of_linear_attention_the_dividend_is_turned_and_the_divisor_is_not():
    q, k, v, places = drawn(9, 3, 8), drawn(10, 3, 8), drawn(11, 3, 2), [0, 4, 9]
    rotary = Rotary(Frequencies((0,) * 4), pairing="interleaved")
    phi, psi = (np.where(x > 0, 1 + x, np.exp(x)) for x in (q, k))
    dividend = rotate(phi, places, rotary) @ rotate(psi, places, rotary).T
    expected = dividend @ v / (phi @ psi.T).sum(axis=-1, keepdims=True)
    assert pytest.approx(expected, rel=1e-12) == attend(q, k, v, places, places, LinearAttention(rotary))


def partial_sums(m, planes=64):
    """Return S_0 = 0, S_1 ... of the waves at a distance."""
    return np.concatenate([[0], np.cumsum(np.exp(1j * angles([m], Frequencies((0,) * planes))[0]))])


@pytest.mark.anchor("E 5, 8265")
def test_summation_by_parts_moves_differences_to_the_products():
    h, s = np.append(drawn(3, 64) + 1j * drawn(4, 64), 0), partial_sums(17)
    assert pytest.approx(-(s[1:] * np.diff(h)).sum()) == (h[:-1] * np.diff(s)).sum()


@pytest.mark.anchor("E 5, 8265")
@pytest.mark.parametrize("m", [0, 3, 40, 1000])
def test_a_score_is_bounded_by_the_largest_step_of_products_times_the_partial_sums(m):
    q, k = drawn(5, 1, 128), drawn(6, 1, 128)
    found = scores(q, k, [m], [0], Attention(Rotary(TEN_THOUSAND, pairing="interleaved"), scale=1.0)).item()
    h = (q[0, ::2] + 1j * q[0, 1::2]) * (k[0, ::2] - 1j * k[0, 1::2])
    assert abs(found) <= np.abs(np.diff(np.append(h, 0))).max() * np.abs(partial_sums(m)).sum()


@pytest.mark.anchor("E5.2")
def test_without_its_last_product_the_bound_does_not_hold():
    """All products alike: their steps are 0 but for the last one, to 0."""
    q = np.ones((1, 128))
    found = scores(q, q, [0], [0], Attention(Rotary(TEN_THOUSAND, pairing="interleaved"), scale=1.0)).item()
    h = np.full(64, 2.0)
    assert (128, 0.0) == (found, np.abs(np.diff(h)).max())
    assert found <= np.abs(np.diff(np.append(h, 0))).max() * np.abs(partial_sums(0)).sum()


@pytest.mark.anchor("E5.2")
@pytest.mark.parametrize("first", [19, 24, 30])
def test_the_decay_curve_of_rope_grows_again_here(first):
    before, at, after = (np.abs(partial_sums(m)[1:]).mean() for m in (first - 2, first - 1, first))
    assert before > at < after


@pytest.mark.anchor("E 5, 8265")
@pytest.mark.parametrize("d", [2, 8, 128, 256])
def test_the_decay_curve_starts_at_half_of_the_planes_and_one(d):
    assert (d / 2 + 1) / 2 == np.abs(partial_sums(0, d // 2)[1:]).mean()


# E 7: tables of images.


def written(name, planes=4):
    """Return how an entry writes two sines and two cosines for each side of a grid."""
    variant = CATALOGUE[name].variant
    half = planes // 2
    axes = (variant.frequencies.axes[0],) * half + (variant.frequencies.axes[-1],) * half
    frequencies = Frequencies(axes, ladder="per-axis", endpoint=variant.frequencies.endpoint)
    return Sinusoidal(frequencies, order=variant.order, blocks=variant.blocks)


@pytest.mark.anchor("E 7, sin-cos")
@pytest.mark.parametrize(
    ("name", "prefix"),
    [("mae", 1), ("moco-v3", 1), ("open-clip-sincos2d", 1), ("big-vision", 0), ("simple-vit", 0), ("timm-sincos2d", 0)],
)
def test_a_row_of_zeros_for_the_class_token_is_prepended_or_not(name, prefix):
    assert prefix == CATALOGUE[name].variant.prefix


@pytest.mark.anchor("E 7, sin-cos")
def test_on_a_square_grid_moco_v3_is_mae_turned_over_its_diagonal():
    mae, moco = (embed(place([Image(5, 5)], Grid()), written(name)).reshape(5, 5, 8) for name in ("mae", "moco-v3"))
    assert np.array_equal(mae, moco.swapaxes(0, 1))
    assert np.array_equal(mae, np.roll(moco, 4, axis=-1))


@pytest.mark.anchor("E 7, sin-cos")
def test_with_one_wave_a_side_the_ladder_of_big_vision_is_refused():
    with pytest.raises(SpecError, match="an end point needs at least two planes"):
        written("big-vision", 2)


@pytest.mark.anchor("E7.1")
def test_big_vision_does_not_follow_the_logic_of_moco_v3():
    big_vision, moco = written("big-vision"), written("moco-v3")
    assert ([1, 1, 0, 0], [0, 0, 1, 1]) == (list(big_vision.frequencies.axes), list(moco.frequencies.axes))
    assert (1e-4, 1e-2) == (omega(big_vision.frequencies)[1, 1], omega(moco.frequencies)[1, 3])


@pytest.mark.anchor("E7.2")
def test_what_mae_calls_emb_h_is_of_columns():
    along_a_row, along_a_column = (embed([[0, 0], p], written("mae")) for p in ([0, 3], [3, 0]))
    assert ([True, False], [False, True]) == tuple(
        [(one[0, half] != one[1, half]).any() for half in (slice(4), slice(4, 8))]
        for one in (along_a_row, along_a_column)
    )


@pytest.mark.anchor("E7.3")
def test_off_the_square_the_table_of_moco_v3_is_in_another_order_than_its_tokens():
    """torch.meshgrid(w, h) counts w outside: the n-th row of the table is of the patch n // h along, n % h down."""
    h, w = 2, 3
    table = embed([[n // h, n % h] for n in range(h * w)], written("moco-v3"))
    own = CATALOGUE["moco-v3-positions"].variant
    assert np.array_equal(table, embed(place([Image(h, w)], own), written("moco-v3")))
    mae = embed(place([Image(h, w)], Grid()), written("mae"))
    assert not np.array_equal(np.roll(table, 4, axis=-1), mae)
    assert not np.array_equal(table, mae)
    square = embed([[n // h, n % h] for n in range(h * h)], written("moco-v3"))
    assert np.array_equal(np.roll(square, 4, axis=-1), embed(place([Image(h, h)], Grid()), written("mae")))
