"""Su's series on the upgrade of the Transformer (kexue.fm, posts 8823 to 11111). For the labels see test_anchored.py.

Those of waves (8231, 8265) are in test_anchors_waves.py, of two dimensions (8397, 9403) in test_anchors_planes.py, of
context extension (9675, 9706, 9948) in test_anchors_extension.py.
"""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import sympy

from refpos import (
    CATALOGUE,
    Frequencies,
    Image,
    Linear,
    Rotary,
    SpecError,
    Text,
    XPos,
    angles,
    cos_sin,
    omega,
    place,
    rotate,
)
from refpos.catalogue.attention import ATTENTION
from refpos.spec.attention import attend, scores
from refpos.spec.bias import bias
from refpos.variants.attention import Attention, LinearAttention, Local, ReRope
from refpos.variants.bias import Alibi, Kerple
from refpos.variants.multimodal import RopeTie
from refpos.variants.temperature import LogCount

ONE = Rotary(Frequencies((0,)))
FOUR = Rotary(Frequencies((0,) * 4, base=100.0), pairing="interleaved")


def printed(value, decimals):
    return pytest.approx(value, rel=0, abs=0.51 * 10.0**-decimals)


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def close(found, expected, tolerance=1e-12):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


# 8823 and 9859: temperatures.


@pytest.mark.anchor("E 5, 8823")
@pytest.mark.parametrize(("weight", "expected"), [(1, 0.24), (1 / 8, 0.06)])
def test_sharpness_lowers_the_entropy_by_0_24_of_its_own_only_where_logits_weigh_1(weight, expected):
    """H = ln n + d ln(1 − c²)/2 at the c where λ c + ln(1 − c²)/2 is greatest; at λ = 1 that is −ln of the golden ratio
    by half. The post's −0.24 λ d is not that of λ = 1/√d, at d = 64 a quarter of it."""
    c = (math.sqrt(1 + 4 * weight**2) - 1) / (2 * weight)
    assert pytest.approx(0, abs=1e-14) == weight - c / (1 - c**2)
    assert printed(expected, 2) == -math.log(1 - c**2) / 2 / weight


@pytest.mark.anchor("E 5, 9859")
def test_the_sharpness_of_cosines_is_4_ln_n_of_half_the_length_or_of_the_position():
    entry = ATTENTION["cosine-attention"].variant
    by_position = replace(entry, temperature=LogCount(None, "position", coefficient=4.0, clip=False))
    q, places = drawn(0, 3, 8), [7, 255, 1023]
    near, far = (np.diagonal(scores(q, q, places, places, one)) for one in (entry, by_position))
    close(near, np.full(3, 4 * math.log(512 / 2)))
    close(far, 4 * np.log([8, 256, 1024]))


# 9431: relative positions and linear attention.


@pytest.mark.anchor("E 5, 9431")
@pytest.mark.parametrize(("r1", "r2", "d"), [(1.0, 1.0, 5), (0.5, 2.0, 3), (2.0, 0.25, 16)])
def test_kerple_is_a_power_or_a_logarithm_of_the_distance(r1, r2, d):
    learned = {"r1": [r1], "r2": [r2]}
    found = [bias([d], [0], Kerple(1, kernel), learned=learned).item() for kernel in ("power", "logarithmic")]
    close(found, [-r1 * d**r2, -r1 * math.log(1 + r2 * d)])


@pytest.mark.anchor("E 5, 9431")
@pytest.mark.parametrize("r2", [0.0, 2.5])
def test_a_power_of_kerple_is_more_than_0_and_at_most_2(r2):
    with pytest.raises(SpecError, match="r2 must be"):
        bias([1], [0], Kerple(1, "power"), learned={"r1": [1.0], "r2": [r2]})


@pytest.mark.anchor("E 5, 9431")
def test_xpos_counts_from_the_middle_of_the_sequence_over_512():
    entry = CATALOGUE["xpos"].variant
    middle = replace(entry, growth=replace(entry.growth, centre=8.0))
    zeta = (2 * np.arange(32) + 0.4 * 64) / (1.4 * 64)
    for position in (0, 8, 15):
        size = np.hypot(*cos_sin([position], middle))[0]
        close(size, zeta ** ((position - 8) / 512))
        close(size * np.hypot(*cos_sin([position], middle, side="key"))[0], np.ones(32))


@pytest.mark.anchor("E5.3")
def test_xpos_too_is_a_relative_encoding_for_linear_attention():
    q, k, p = np.abs(drawn(1, 5, 8)), np.abs(drawn(2, 5, 8)), np.arange(5)
    grown = LinearAttention(replace(FOUR, growth=XPos(8.0)))
    near, far = (scores(q, k, p + shift, p + shift, grown) for shift in (0, 6))
    close(near, far, 1e-9)
    assert np.abs(near - scores(q, k, p, p, LinearAttention(FOUR))).max() > 0.1


@pytest.mark.anchor("E5.5")
def test_keys_of_xpos_overflow_far_from_the_centre():
    with pytest.raises(SpecError, match="must be finite in float64"):
        cos_sin([10**6], CATALOGUE["xpos"].variant, side="key")


@pytest.mark.anchor("E5.5")
def test_logits_of_xpos_decay_towards_0_and_those_of_alibi_without_a_bound():
    one, slow = np.array([[1.0, 0.0]]), Rotary(Frequencies((0,)), growth=XPos(512.0))
    by_growth = [abs(scores(one, one, [n], [0], Attention(slow, scale=1.0)).item()) for n in (512 * 10, 512 * 40)]
    biased = Attention(bias=Alibi(1), scale=1.0)
    by_bias = [scores(one[None], one[None], [n], [0], biased).item() for n in (512 * 10, 512 * 40)]
    assert 1e-4 > by_growth[0] > 0
    assert 1e-17 > by_growth[1]
    close(by_bias, [1 - n / 256 for n in (512 * 10, 512 * 40)])


# 9444: random positions.


@pytest.mark.anchor("E 5, 9444")
def test_40_sorted_positions_of_2048_are_part_of_what_2048_tokens_would_see():
    """Training on 40 tokens at random positions meets rows and distances of a table of 2048, in their order."""
    every, drawn_ones = np.arange(2048), np.sort(np.random.default_rng(40).choice(2048, 40, replace=False))
    variant = replace(FOUR, frequencies=Frequencies((0,) * 4))
    for few, all_ in zip(cos_sin(drawn_ones, variant), cos_sin(every, variant), strict=True):
        assert np.array_equal(few, all_[drawn_ones])
    q, k, attention = drawn(40, 2048, 8), drawn(41, 2048, 8), Attention(variant, scale=1.0)
    found = scores(q[drawn_ones], k[drawn_ones], drawn_ones, drawn_ones, attention)
    close(found, scores(q, k, every, every, attention)[np.ix_(drawn_ones, drawn_ones)])
    assert np.abs(found - scores(q[drawn_ones], k[drawn_ones], np.arange(40), np.arange(40), attention)).max() > 0.1


# 9603: windows.


@pytest.mark.anchor("E 5, 9603")
def test_hwfa_ends_with_one_layer_that_reaches_everything_without_positions():
    layers = ATTENTION["hwfa"].variant
    assert [Local(16)] * 23 + [None] == [layers.layer(n).reach for n in range(24)]
    assert [False] * 23 + [True] == [layers.layer(n).rotary is None for n in range(24)]
    assert LogCount(512, clip=False) == layers.layer(23).temperature


# 9708 and 9728: ReRoPE.


@pytest.mark.anchor("E 5, 9708", "E 5, 9728")
@pytest.mark.parametrize(
    ("name", "window", "factor"),
    [("rerope", 512, None), ("leaky-rerope", 512, 16), ("inverse-leaky-rerope", 128, 1 / 16)],
)
def test_a_window_and_a_factor_of_the_code(name, window, factor):
    assert ReRope(window, factor) == ATTENTION[name].variant.rectify


@pytest.mark.anchor("E 5, 9708")
@pytest.mark.parametrize("name", ["rerope", "leaky-rerope", "log-n-clipped"])
def test_the_code_was_trained_on_4096_tokens(name):
    assert LogCount(4096) == ATTENTION[name].variant.temperature


@pytest.mark.anchor("E 5, 9728")
def test_the_inverse_has_a_quarter_of_the_length_and_an_eighth_of_it_again_by_half():
    """w = L/4 and k = 1/(2 · expansion): 512 tokens in training and 8 times as many later."""
    given = ATTENTION["inverse-leaky-rerope"].variant.rectify
    assert (512 / 4, 1 / (2 * 8)) == (given.window, given.factor)


@pytest.mark.anchor("E 5, 9728")
def test_the_base_of_80_000_is_8_times_the_usual_one_and_training_reaches_8_times_its_length():
    """The post leaves the base of 80,000 open; ρ(511) = 128 + 383 · 16 = 6256, beyond the 4096 tokens of later."""
    usual = ATTENTION["inverse-leaky-rerope"].variant
    frequencies = replace(usual.rotary.frequencies, base=80_000.0)
    theta = 80_000.0 ** (-np.arange(32) / 32)
    assert 8 * usual.rotary.frequencies.base == frequencies.base == CATALOGUE["ntk-rope-old"].variant.frequencies.base
    one = np.tile([1.0, 0.0], 32)[None]
    attention = replace(usual, rotary=replace(usual.rotary, frequencies=frequencies), scale=1.0)
    found = scores(one, one, [511], [0], attention)
    assert 8 * 512 <= 128 + (511 - 128) * 16 == 6256
    close(found, np.cos(6256 * theta).sum(), 1e-9)


@pytest.mark.anchor("E 5, 9708")
@pytest.mark.parametrize(("w", "k"), [(4, 2), (3, 1), (8, 16)])
def test_while_generating_the_exponent_is_the_greater_of_two(w, k):
    """max(j − i, (j − i + w)/k − w)."""
    one, i, j = np.array([[1.0, 0.0]]), 40, np.arange(20, 41)
    found = scores(one, np.repeat(one, 21, 0), [i], j, Attention(ONE, scale=1.0, rectify=ReRope(w, k)))[0]
    close(found, np.cos(np.maximum(j - i, (j - i + w) / k - w)))


@pytest.mark.anchor("E 5, 9708")
@pytest.mark.parametrize(("i", "j"), [(9, 2), (30, 1)])
def test_beyond_its_window_a_leaky_logit_is_that_of_two_stretched_positions(i, j):
    """(R^((i − w)/k + w) q)·(R^(j/k) k)."""
    w, k, q, key = 4, 2, drawn(3, 1, 8), drawn(4, 1, 8)
    found = scores(q, key, [i], [j], Attention(FOUR, scale=1.0, rectify=ReRope(w, k)))
    close(found, rotate(q, [(i - w) / k + w], FOUR) @ rotate(key, [j / k], FOUR).T)


@pytest.mark.anchor("E5.11")
@pytest.mark.parametrize(("length", "k"), [(6, 2), (10, 4)])
def test_the_second_entry_of_the_last_row_of_interpolation_is_l_minus_2_over_k(length, k):
    phi = angles(np.arange(length), Frequencies((0,), scaling=Linear(k)))[:, 0]
    assert [(length - 1) / k, (length - 2) / k] == [phi[-1] - phi[j] for j in (0, 1)]


# 10040 and 10352: RoPE-Tie.


@pytest.mark.anchor("E 5, 10040")
def test_text_is_that_of_one_dimension_where_the_axes_take_different_rungs_of_one_ladder():
    shared, own = Frequencies((0, 1) * 8), Frequencies((0,) * 8 + (1,) * 8, ladder="per-axis")
    x = drawn(5, 1, 32)
    plain = rotate(x, [9], Rotary(Frequencies((0,) * 16)))
    assert plain.tolist() == rotate(x, [[9, 9]], Rotary(shared)).tolist()
    assert np.abs(plain - rotate(x, [[9, 9]], Rotary(own))).max() > 0.1


@pytest.mark.anchor("E 5, 10040")
@pytest.mark.parametrize(
    ("form", "s", "t", "k"), [("integer", 4, 3, 15), ("equivalent", 7 / 3, 7 / 4, 10), ("unit", 1, 1, 10)]
)
def test_steps_and_the_next_text_of_2_by_3_after_position_3(form, s, t, k):
    found = place([Text(4), Image(2, 3), Text(1)], RopeTie(form))
    close([found[7, 0] - found[4, 0], found[5, 1] - found[4, 1]], [s, t], 1e-15 * 8)
    assert [k, k] == found[-1].tolist()


@pytest.mark.anchor("E 5, 10352")
@pytest.mark.parametrize(("h", "w"), [(2, 3), (1, 1), (4, 7)])
def test_with_steps_of_1_the_first_patch_is_half_of_the_other_patches_away(h, w):
    """β₁ = h(w − 1)/2 + 1 and β₂ = w(h − 1)/2 + 1, derived, not read off the post."""
    found = place([Text(4), Image(h, w), Text(1)], RopeTie("unit"))
    assert [3 + h * (w - 1) / 2 + 1, 3 + w * (h - 1) / 2 + 1] == found[4].tolist()
    assert [3 + w * h + 1] * 2 == found[-1].tolist()


# 10122: the base.


def similarities(base, length):
    """Return Σ cos(m b^(−2i/d)) of 64 planes for all m below a length, as cos(m + n) = cos m cos n − sin m sin n."""
    w, b = base ** (-np.arange(64) / 64), 2 ** math.ceil(math.log2(length) / 2)
    low, high = np.outer(np.arange(b), w), np.outer(b * np.arange(-(-length // b)), w)
    return (np.cos(high) @ np.cos(low).T - np.sin(high) @ np.sin(low).T).ravel()[:length]


@pytest.mark.anchor("E 5, 10122")
def test_the_similarity_of_a_base_is_the_score_of_two_vectors_of_ones():
    x = np.ones((300, 128))
    found = scores(x[:1], x, [0], np.arange(300), Attention(Rotary(Frequencies((0,) * 64)), scale=0.5))[0]
    close(similarities(10_000.0, 300), found, 1e-11)


@pytest.mark.anchor("E 5, 10122")
def test_a_key_like_the_query_is_preferred_by_twice_the_variance_times_the_sum_of_cosines():
    """E[qᵀR q̃ − qᵀR k] = 2σ² Σ cos(m θ_i), over q of independent features μ ± σ, q̃ = q + ε, k independent of q."""
    mu, sigma, m = 0.75, 1.5, 3
    q = mu + sigma * np.array(list(itertools.product([-1.0, 1.0], repeat=4)))
    two = Rotary(Frequencies((0, 0), base=100.0))
    products = rotate(q, [m] * 16, two) @ q.T
    cosines = np.cos(angles([m], two.frequencies)).sum()
    assert pytest.approx(2 * (mu**2 + sigma**2) * cosines, rel=1e-13) == np.diagonal(products).mean()
    assert pytest.approx(2 * sigma**2 * cosines, rel=1e-12) == np.diagonal(products).mean() - products.mean()


@pytest.mark.anchor("E 5, 10122", "E5.14")
@pytest.mark.parametrize(
    ("thousands", "base", "least"),
    [
        # The post's; four of them are the paper's too.
        (1, 4.3e3, 0.249),
        (2, 1.2e4, -3.131),
        (4, 2.7e4, -0.485),
        (8, 8.4e4, 0.919),
        (16, 2.3e5, -1.836),
        (32, 6.3e5, 0.081),
        (64, 2.1e6, 1.544),
        (128, 4.9e6, -0.349),
        (256, 2.4e7, -3.311),
        (512, 5.8e7, -3.52),
        (1024, 6.5e7, -2.746),
        # The paper's others.
        (2, 1.6e4, 2.023),
        (16, 3.1e5, -1.861),
        (32, 6.4e5, -1.938),
        (128, 7.8e6, -1.016),
        (256, 3.6e7, -0.878),
        (512, 6.4e7, -0.223),
        (1024, 5.1e8, -1.16),
    ],
)
def test_the_least_similarity_of_a_base_in_print_within_its_length(thousands, base, least):
    """Bases are printed with two digits; those with a least similarity below 0 do not keep it positive."""
    assert printed(least, 3) == similarities(base, 1024 * thousands).min()


@pytest.mark.anchor("E 5, 10122", "E5.14")
@pytest.mark.parametrize(
    ("rounded", "base", "length"),
    [
        (4.3e3, 4300, 1024),
        (1.2e4, 11_588, 2048),
        (2.7e4, 26_960, 4096),
        (8.4e4, 84_000, 8192),
        (2.3e5, 231_650, 16_384),
        (4.9e6, 4_871_000, 131_072),
        (7.8e6, 7_788_000, 131_072),
        (3.6e7, 36_370_000, 262_144),
        (6.4e7, 64_190_000, 524_288),
    ],
)
def test_a_base_in_print_is_the_rounded_one_of_a_base_that_keeps_similarity_positive(rounded, base, length):
    assert (rounded, True) == (float(f"{base:.1e}"), similarities(float(base), length).min() >= 0)


@pytest.mark.anchor("E 5, 10122")
@pytest.mark.parametrize(("base", "expected"), [(11_587.243, False), (11_587.245, True)])
def test_over_2048_tokens_similarity_is_positive_from_a_base_of_11587_244_on(base, expected):
    assert expected == (similarities(base, 2048).min() >= 0)


FAR = [2045, 1963, 2032, 1908, 2007, 1826, 1732, 1913, 1831, 1763, 1706, 1788, 1178, 1374, 1128]
"""Distances at one of which, found by search, every smaller base has a similarity below 0."""


@pytest.mark.anchor("E 5, 10122")
def test_over_2048_tokens_no_whole_base_from_1000_to_11587_keeps_similarity_positive():
    waves = np.exp(-np.outer(np.log(np.arange(1000.0, 11_589)), np.arange(64) / 64))
    least = np.min([np.cos(m * waves).sum(axis=1) for m in FAR], axis=0)
    assert pytest.approx(waves[0], rel=1e-14) == omega(Frequencies((0,) * 64, base=1000.0))[0]
    assert ([True], False) == (list({*(least[:-1] < 0).tolist()}), bool(least[-1] < 0))


@pytest.mark.anchor("E5.15")
def test_a_larger_base_need_not_do_where_a_smaller_one_does():
    found = [similarities(base, 1024).min() >= 0 for base in (4300.0, 4400.0)]
    assert [True, False] == found


@pytest.mark.anchor("E 5, 10122")
@pytest.mark.parametrize(("turned", "least"), [(2, 8), (4, 0), (5, -1)])
def test_a_head_of_which_at_most_half_is_turned_prefers_like_keys_at_every_distance(turned, least):
    """Σ (1 + cos): eight pairs of ones of which so many are turned."""
    partial, x = Rotary(Frequencies((0,) * turned + (None,) * (8 - turned), base=100.0)), np.ones((3000, 16))
    found = (rotate(x, np.arange(3000), partial) * x).sum(axis=-1).min()
    assert found >= least if turned <= 4 else found < least


X_0 = sympy.Float("0.6165054856", 12)


@pytest.mark.anchor("E 5, 10122")
def test_the_integral_of_cosines_is_first_zero_where_the_length_is_0_6165_of_the_base():
    below, above = (sympy.Ci(X_0 + step).evalf() for step in (-6e-11, 6e-11))
    assert below < 0 < above
    assert printed(1.6220456, 7) == float(1 / X_0)


@pytest.mark.anchor("E 5, 10122")
def test_from_1_on_the_cosine_integral_is_at_most_0_4720007():
    """It is greatest where its derivative, cos x/x, is first 0."""
    assert printed(0.4720007, 7) == float(sympy.Ci(sympy.pi / 2).evalf())
    assert 0.4720007 > max(abs(float(sympy.Ci(m).evalf())) for m in range(1, 12))


@pytest.mark.anchor("E5.16")
@pytest.mark.parametrize(("base", "m"), [(10_000.0, 10), (10_000.0, 300), (500_000.0, 100)])
def test_the_sum_of_cosines_is_half_the_width_times_their_integral(base, m):
    """And less Ci(m)/ln b, which is below 0 at some m, and half the difference of the ends."""
    found = np.cos(m * omega(Frequencies((0,) * 64, base=base))[0]).sum()
    integral = float((sympy.Ci(m) - sympy.Ci(sympy.Float(m) / base)) / sympy.log(base))
    assert (
        pytest.approx(64 * integral + (math.cos(m) - math.cos(m / base)) / 2, abs=0.05 + m * math.log(base) / 768)
        == found
    )
    assert abs(found - integral) > 5


@pytest.mark.anchor("E5.16")
def test_the_base_grows_as_1_622_times_the_length_not_as_twice_of_it():
    assert ([True, False], printed(1.622, 3)) == (
        [float(sympy.Ci(1 / b).evalf()) < 0 for b in (1.63, 1.61)],
        float(1 / X_0),
    )
    assert float(sympy.Ci(5).evalf()) < 0 < float(sympy.Ci(2).evalf())


# 10862: VO-RoPE.


@pytest.mark.anchor("E 5, 10862")
def test_one_array_may_be_key_and_value_where_outputs_are_turned_back():
    q, c, p = drawn(6, 4, 8), drawn(7, 4, 8), np.arange(4)
    shared = Attention(FOUR, rotate=("query", "key", "value", "output"))
    near, far = (attend(q, c, c, p + shift, p + shift, shared) for shift in (0, 9))
    turned = rotate(c, p, FOUR)
    logits = rotate(q, p, FOUR) @ turned.T / math.sqrt(8)
    weights = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    close(near, rotate(weights @ turned, p, FOUR, side="output"))
    close(near, far)


@pytest.mark.anchor("E5.17")
def test_weights_are_exponentials_of_products_once():
    q, c, v = drawn(8, 1, 4), drawn(9, 3, 4), np.eye(3)
    found = attend(q, c, v, [0], [0, 0, 0], Attention(scale=1.0))
    once, twice = np.exp(q @ c.T), np.exp(np.exp(q @ c.T))
    close(found, once / once.sum())
    assert np.abs(found - twice / twice.sum()).max() > 0.01


# 10907 and 11111: MLA.


@pytest.mark.anchor("E 5, 10907")
def test_a_head_of_mla_has_128_features_without_positions_and_64_with_them():
    entry = CATALOGUE["deepseek-v3-original"]
    moved = rotate(np.ones((1, entry.features)), [9], entry.variant)[0] != 1
    assert (192, 128, [True]) == (moved.size, (~moved).sum(), list({*moved[128:].tolist()}))


@pytest.mark.anchor("E 5, 10907", "E 5, 11111")
def test_mla_keeps_512_numbers_and_64_that_are_turned_of_a_token_for_all_heads():
    """DeepSeek-V3's widths, two heads: W of keys W c, 128 wide, is absorbed into queries of 512; the 64 are shared."""
    attention = replace(ATTENTION["deepseek-v3-attention"].variant, scale=1.0)
    q, up, p = drawn(50, 2, 3, 192), drawn(51, 2, 128, 512) / 16, [5, 6, 9]
    cache = drawn(52, 3, 512 + 64)
    keys = np.concatenate([cache[:, :512] @ up.swapaxes(-1, -2), np.broadcast_to(cache[:, 512:], (2, 3, 64))], axis=-1)
    queries = np.concatenate([q[..., :128] @ up, q[..., 128:]], axis=-1)
    found = scores(queries, np.broadcast_to(cache, (2, 3, 576)), p, p, attention)
    close(found, scores(q, keys, p, p, attention), 1e-10)
    moved = rotate(np.ones((1, 576)), [9], attention.rotary)[0] != 1
    assert (512, 64) == ((~moved[:512]).sum(), moved[512:].sum())


@pytest.mark.anchor("E 5, 11111")
def test_partial_rope_leaves_192_features_and_turns_64():
    moved = rotate(np.ones((1, 256)), [9], Rotary(Frequencies((0,) * 32), offset=-64))[0] != 1
    assert (192, 64) == ((~moved).sum(), moved[192:].sum())
