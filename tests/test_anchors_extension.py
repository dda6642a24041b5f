"""Context extension: what posts, papers and code say of it (YaRN, Su's posts 9675, 9706 and 9948, a post on CSDN).

For the labels see test_anchored.py.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from refpos import (
    CATALOGUE,
    NTK,
    ByIndex,
    ByParts,
    DynamicNTK,
    Frequencies,
    Linear,
    MixedRadix,
    Mscale,
    PartNTK,
    Rotary,
    at_length,
    omega,
    rotate,
)
from refpos.spec.attention import attend, scores
from refpos.spec.scaling import correction_range
from refpos.variants.attention import Attention, LinearAttention
from refpos.variants.temperature import LogCount

PLANES = (0,) * 64
THETA = 10_000.0 ** (-np.arange(64) / 64)


def printed(value, decimals):
    return pytest.approx(value, rel=0, abs=0.51 * 10.0**-decimals)


def ladder(scaling=(), base=10_000.0):
    return omega(Frequencies(PLANES, base=base, scaling=scaling))[0]


def ratio(scaling):
    return ladder(scaling) / ladder()


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# What the post on CSDN does say.


@pytest.mark.anchor("E 4, CSDN 138977299")
def test_the_code_of_llama_turns_halves():
    x, phi = drawn(0, 1, 8), np.tile(3 * 10_000.0 ** (-np.arange(4) / 4), 2)
    rotated_half = np.concatenate([-x[0, 4:], x[0, :4]])
    found = rotate(x, [3], Rotary(Frequencies((0,) * 4)))
    assert pytest.approx(x[0] * np.cos(phi) + rotated_half * np.sin(phi), abs=1e-15) == found[0]


@pytest.mark.anchor("E 4, CSDN 138977299")
def test_frequencies_are_counted_from_0_to_half_the_width_less_1():
    """Eq. 8 counts i from 1 to d/2 beside θ_0."""
    assert (1.0, 64, pytest.approx(10_000.0 ** -(63 / 64))) == (ladder()[0], ladder().size, ladder()[-1])


@pytest.mark.anchor("E 4, CSDN 138977299")
def test_linear_attention_without_its_divisor_does_not_weight_values():
    q, k, ones = drawn(1, 5, 8), drawn(2, 5, 8), np.ones((5, 1))
    places = np.arange(5)
    linear = LinearAttention(Rotary(Frequencies((0,) * 4)), "cosine")
    assert pytest.approx(ones, rel=1e-14) == attend(q, k, ones, places, places, linear)
    assert scores(q, k, places, places, linear).sum(axis=-1).min() > 2


# The methods, each as its formula is written.


def by_turns(theta, s, length, alpha, beta):
    """Return YaRN's frequencies as its paper has them, eqs. 17 to 22."""
    r = length * theta / (2 * math.pi)
    gamma = np.clip((r - alpha) / (beta - alpha), 0, 1)
    return (1 - gamma) * theta / s + gamma * theta


def falling(count, length, base, fast, slow):
    """Return 1 − linear_ramp_mask, as that code names it."""
    low, high = (count * math.log(length / (2 * math.pi * r)) / math.log(base) for r in (fast, slow))
    low, high = max(math.floor(low), 0), min(math.ceil(high), 2 * count - 1)
    return 1 - np.clip((np.arange(count) - low) / (high - low), 0, 1)


def part_ntk(theta, s, length, base):
    """Return the frequencies of `LlamaPartNTKScaledRotaryEmbedding`, with its numbers."""
    beta_0, beta_1, gamma_0, gamma_1 = 1.25, 0.75, 16, 2
    count = len(theta)
    ntk = (base * s ** (2 * count / (2 * count - 2))) ** (-np.arange(count) / count)
    mask = falling(count, length, base, beta_0, beta_1)
    found = theta / s * (1 - mask) + ntk * mask
    mask = falling(count, length, base, gamma_0, gamma_1)
    return found * (1 - mask) + theta * mask


def by_index(theta, s, length, base):
    """Return YaRN's frequencies as its code has them."""
    gamma = falling(len(theta), length, base, 32, 1)
    return (1 - gamma) * theta / s + gamma * theta


def steps(s, p):
    """Return exp(a m^p), a (d/2)^p = ln s, m from 1."""
    return np.exp(math.log(s) * (np.arange(1, 65) / 64) ** p)


@pytest.mark.anchor("E 4, formulas")
@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        (Linear(8), THETA / 8),
        (NTK(8), (10_000 * 8 ** (128 / 126)) ** (-np.arange(64) / 64)),
        (MixedRadix(8, 1), THETA / 8 ** (np.arange(1, 65) / 64)),
        (MixedRadix(8, 0.625), THETA / steps(8, 0.625)),
        (MixedRadix(12, 0.75), THETA / steps(12, 0.75)),
        (ByParts(16, 4096, low=1, high=32), by_turns(THETA, 16, 4096, 1, 32)),
        (ByIndex(16, 4096), by_index(THETA, 16, 4096, 10_000)),
        (ByIndex(8, 2048), by_index(THETA, 8, 2048, 10_000)),
        (PartNTK(8, 2048), part_ntk(THETA, 8, 2048, 10_000)),
        (PartNTK(4, 4096), part_ntk(THETA, 4, 4096, 10_000)),
    ],
    ids=[
        *("PI", "NTK-aware", "NTK-RoPE-fixed", "mixed", "mixed, ntk_patch"),
        *("YaRN, paper", "YaRN, code", "YaRN, 2048", "part NTK", "part NTK, 4096"),
    ],
)
def test_a_method_is_its_formula(scaling, expected):
    assert pytest.approx(expected, rel=1e-13) == ladder(scaling)


@pytest.mark.anchor("E 4, 9706")
def test_the_old_ntk_rope_is_a_ladder_to_the_base_beta_lambda():
    beta, lam = 10_000 ** (2 / 128), 8 ** (2 / 128)
    expected = (beta * lam) ** -np.arange(64.0)
    assert pytest.approx(expected, rel=1e-13) == omega(CATALOGUE["ntk-rope-old"].variant.frequencies)[0]


@pytest.mark.anchor("E 4, 9706")
def test_ntk_aware_scaling_is_a_ladder_whose_lambda_has_the_root_of_one_plane_less():
    beta, lam = 10_000 ** (2 / 128), 8 ** (2 / 126)
    assert pytest.approx((beta * lam) ** -np.arange(64.0), rel=1e-13) == ladder(NTK(8))


@pytest.mark.anchor("E 4, 9706")
@pytest.mark.parametrize(
    ("name", "expected"), [("ntk-rope-mixed", MixedRadix(8, 0.625)), ("ntk-rope-mixed-code", MixedRadix(12, 0.75))]
)
def test_the_post_and_its_code_have_their_own_numbers(name, expected):
    assert (expected,) == CATALOGUE[name].variant.frequencies.scalings


@pytest.mark.anchor("E 4, 9706")
def test_the_first_step_of_the_mixed_radix_is_1_1671390_and_the_last_product_8():
    found = 1 / ratio(MixedRadix(8, 0.625))[[0, -1]]
    assert printed((1.1671390, 8), 7) == tuple(found)


@pytest.mark.anchor("E 4, 9706")
@pytest.mark.parametrize(("position", "expected"), [(0, 1.0), (4095, 1.0), (16_383, 7 / 6)])
def test_the_code_clips_the_quotient_of_logarithms_at_1(position, expected):
    one = np.ones((1, 1))
    found = scores(one, one, [position], [0], Attention(temperature=LogCount(4096))).item()
    assert pytest.approx(max(math.log(position + 1) / math.log(4096), 1)) == found == pytest.approx(expected)


@pytest.mark.anchor("E 4, dynamic NTK")
@pytest.mark.parametrize(("factor", "length"), [(1, 3000), (1, 8192), (2, 8192), (4, 5000)])
def test_dynamic_ntk_grows_the_base_with_the_length(factor, length):
    found = omega(at_length(Frequencies(PLANES, scaling=DynamicNTK(factor, 2048)), length))[0]
    base = 10_000 * (factor * length / 2048 - (factor - 1)) ** (128 / 126)
    assert pytest.approx(base ** (-np.arange(64) / 64), rel=1e-13) == found


@pytest.mark.anchor("E 4, 9948")
@pytest.mark.parametrize(("position", "expected"), [(0, 1.0), (2047, 1.0), (3071, 1.5), (16_383, 8.0)])
def test_with_a_factor_of_1_dynamic_ntk_stretches_by_the_length_over_the_original(position, expected):
    """s(pos) = max(L, pos + 1)/L."""
    frequencies = at_length(Frequencies(PLANES, scaling=DynamicNTK(1, 2048)), position + 1)
    assert ladder(NTK(expected)).tolist() == omega(frequencies)[0].tolist()


@pytest.mark.anchor("E 4, YaRN", "E 4, 9948")
@pytest.mark.parametrize("s", [1.5, 8, 32])
def test_yarn_multiplies_scores_by_the_square_of_its_magnitude(s):
    """cos and sin by √(1/t) = 0.1 ln s + 1: scores by 1/t, which is near 1 + 0.2 ln s."""
    one, variant = np.array([[1.0, 0.0]]), Rotary(Frequencies((0,)), attention_factor=Mscale(s))
    found = scores(one, one, [5], [5], Attention(variant, scale=1.0)).item()
    assert pytest.approx((1 + 0.1 * math.log(s)) ** 2, rel=1e-14) == found
    assert pytest.approx(1 + 0.2 * math.log(s), abs=0.01 * math.log(s) ** 2 * 1.01) == found


@pytest.mark.anchor("E 4, YaRN")
def test_the_paper_keeps_planes_of_more_than_32_turns_and_divides_those_of_less_than_1():
    entry = CATALOGUE["yarn-paper"].variant.frequencies.scalings[0]
    turns = 4096 * THETA / (2 * math.pi)
    found = ratio(entry)
    assert (1, 32) == (entry.low, entry.high)
    assert ([True], [1 / 16]) == (list(set(found[turns > 32] == 1)), list(set(found[turns < 1].round(15))))
    assert all(1 / 16 < one < 1 for one in found[(turns > 1) & (turns < 32)])


@pytest.mark.anchor("E 4, PartNTK")
def test_part_ntk_has_the_numbers_found_for_llama():
    (found,) = CATALOGUE["part-ntk-v1"].variant.frequencies.scalings
    assert ((16, 2), (1.25, 0.75), 2048) == (found.fast, found.slow, found.original)


@pytest.mark.anchor("E 4, PartNTK")
@pytest.mark.parametrize(("at", "bounds", "raw"), [(0, (20, 36), (20.94, 35.39)), (1, (38, 43), (38.66, 42.21))])
def test_16_and_2_turns_are_at_planes_20_and_36_and_1_25_and_0_75_at_38_and_43(at, bounds, raw):
    frequencies = CATALOGUE["part-ntk-v1"].variant.frequencies
    whole = frequencies.scalings[0].ramps[at]
    ends = [correction_range(one, frequencies) for one in (whole, replace(whole, truncate=False))]
    assert (bounds, printed(raw, 2)) == tuple((float(low[0]), float(high[0])) for low, high in ends)


@pytest.mark.anchor("E 4, PartNTK")
def test_part_ntk_keeps_20_planes_has_ntk_from_36_and_divides_from_43():
    found, ntk = ratio(CATALOGUE["part-ntk-v1"].variant.frequencies.scalings), ratio(NTK(8))
    assert (21, 21) == (int((found == 1).sum()), int((found == 1 / 8).sum()))
    assert [36, 37, 38] == np.flatnonzero(np.isclose(found, ntk, rtol=1e-13))[1:-1].tolist()
    assert all(ntk[21:36] < found[21:36])
    assert all(found[39:43] < ntk[39:43])


@pytest.mark.anchor("E4.2")
def test_turns_are_counted_with_the_base_itself_and_not_with_the_scaled_one():
    """Eq. 17 prints r with b'."""
    scaled = 10_000 * 16 ** (128 / 126)
    r = 4096 * scaled ** (-np.arange(64) / 64) / (2 * math.pi)
    gamma = np.clip((r - 1) / 31, 0, 1)
    found = ratio(ByParts(16, 4096, low=1, high=32))
    assert pytest.approx(by_turns(THETA, 16, 4096, 1, 32) / THETA, rel=1e-13) == found
    assert np.abs(gamma + (1 - gamma) / 16 - found).max() > 0.1


@pytest.mark.anchor("E4.3")
def test_a_bound_between_the_last_plane_and_the_last_feature_is_left_as_it_is():
    """c(1) = 75 of 128 features: cut to the 63 of the last plane, the ramp would be steeper."""
    original = round(2 * math.pi * 10_000 ** (74.5 / 64))
    low = math.floor(64 * math.log(original / (64 * math.pi)) / math.log(10_000))
    gamma = (16 * ratio(ByIndex(16, original)) - 1) / 15
    assert pytest.approx(1 - (63 - low) / (75 - low)) == gamma[63]


@pytest.mark.anchor("E4.4")
def test_the_longer_length_in_place_of_the_original_one_gives_other_frequencies():
    """transformers once took max_position_embeddings for L: with it a ramp moves by d ln s/(2 ln b) planes, 19.27."""
    right, wrong = ladder(ByIndex(16, 4096)), ladder(ByIndex(16, 16 * 4096))
    assert (20, 40) == tuple(int((one == ladder()).sum()) - 1 for one in (right, wrong))
    with pytest.raises(TypeError, match="original"):
        ByIndex(16)


# E 5: 9675 and 9706.


@pytest.mark.anchor("E5.6")
def test_the_first_frequency_of_the_list_is_n_itself():
    """9675 calls n/β the fastest; its list starts at n/β^0, which neither its own nor NTK-aware scaling changes."""
    assert (1.0, 1.0) == (ladder(NTK(8))[0], ladder(base=80_000.0)[0])
    assert ladder(NTK(8))[1] < ladder()[1]


@pytest.mark.anchor("E5.8")
def test_an_exponent_of_0_is_interpolation_and_of_1_one_step_for_every_digit():
    product = 1 / ratio(MixedRadix(8, 1))
    assert pytest.approx(ladder(Linear(8)), rel=1e-15) == ladder(MixedRadix(8, 0))
    assert pytest.approx(np.full(63, 8 ** (1 / 64)), rel=1e-14) == product[1:] / product[:-1]


@pytest.mark.anchor("E5.9")
@pytest.mark.parametrize("k", [2, 4, 8])
def test_the_base_times_k_falls_short_of_ntk_aware_scaling_at_the_last_plane(k):
    assert pytest.approx(k ** (-126 / 128), rel=1e-13) == (ladder(base=10_000.0 * k) / ladder())[-1]
    assert pytest.approx(1 / k, rel=1e-13) == ratio(NTK(k))[-1]
