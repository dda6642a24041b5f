"""Attention: worked numbers, laws, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, MANY, generators, learned_by

from refpos import ByIndex, Frequencies, Mscale, Rotary, SpecError, XPos, rotate
from refpos.catalogue.attention import ATTENTION
from refpos.spec.attention import attend, scores
from refpos.spec.bias import bias
from refpos.variants.attention import (
    Attention,
    Chunks,
    Fope,
    Layers,
    LinearAttention,
    Local,
    ReRope,
    RmsNorm,
)
from refpos.variants.bias import Alibi, T5Buckets
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor
from refpos.variants.window import SwinWindow

ONE = Rotary(Frequencies((0,)))
SLOW = Rotary(Frequencies((0,) * 4, base=100.0))
CAUSAL = np.tril(np.ones((6, 6), dtype=bool))
SIX = np.arange(6)


def drawn(rng, *shape, many=3):
    return tuple(rng.standard_normal(shape) for _ in range(many))


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# ReRoPE. A plane that turns once a radian tells the distance, for (1, 0)·R(1, 0) is its cosine.


def distances(given, offsets):
    """Return the cosines of the distances at which keys at those offsets before the query appear."""
    offsets = np.asarray(offsets)
    one = np.array([[1.0, 0.0]])
    return scores(
        one, np.repeat(one, len(offsets), 0), [40.0], 40.0 - offsets, Attention(ONE, scale=1.0, rectify=given)
    )[0]


@pytest.mark.anchor("E 5, 9708")
@pytest.mark.theorem("rerope-map")
def test_leaky_rerope_of_a_window_of_4_and_a_factor_of_2():
    close(distances(ReRope(4, 2), range(10)), np.cos([0, 1, 2, 3, 4, 4.5, 5, 5.5, 6, 6.5]))


@pytest.mark.anchor("E 5, 9708")
@pytest.mark.theorem("rerope-map")
def test_rerope_stands_still_beyond_its_window():
    close(distances(ReRope(4), range(10)), np.cos([0, 1, 2, 3, 4, 4, 4, 4, 4, 4]))


def test_inverse_leaky_rerope_runs_beyond_its_window():
    close(distances(ReRope(4, 0.5), range(7)), np.cos([0, 1, 2, 3, 4, 6, 8]))


@pytest.mark.theorem("rerope-min")
@MANY
@given(st.integers(1, 9), st.sampled_from([1, 2, 3, 16]), st.integers(-9, 40))
def test_a_factor_of_at_least_1_takes_the_lesser_of_two_distances(w, k, d):
    close(distances(ReRope(w, k), [d]), np.cos(min(d, w + (d - w) / k)))


@pytest.mark.theorem("rerope-min")
@MANY
@given(st.integers(1, 9), st.sampled_from([1, 0.5, 0.25, 0.0625]), st.integers(-9, 40))
def test_a_factor_of_at_most_1_takes_the_greater(w, k, d):
    close(distances(ReRope(w, k), [d]), np.cos(max(d, w + (d - w) / k)))


@pytest.mark.anchor("E5.12")
@pytest.mark.theorem("rerope-min")
@pytest.mark.parametrize(("k", "wrong"), [(2, max), (0.5, min)])
def test_the_other_one_is_wrong(k, wrong):
    w, offsets = 4, np.arange(10)
    other = np.cos([wrong(d, w + (d - w) / k) for d in offsets])

    assert np.abs(distances(ReRope(w, k), offsets) - other).max() > 0.1


@pytest.mark.anchor("E 5, 9708")
@pytest.mark.theorem("rerope-map")
@pytest.mark.parametrize("k", [None, 2, 0.5])
def test_the_two_maps_of_rerope_meet_at_the_window(k):
    before, at, after = distances(ReRope(4, k), [4 - 1e-9, 4, 4 + 1e-9])

    assert before == pytest.approx(at, abs=1e-8)
    assert after == pytest.approx(at, abs=1e-8)


@pytest.mark.theorem("rerope-limits")
@FEW
@given(generators)
def test_leaking_with_a_factor_of_1_is_rope(rng):
    q, k, _ = drawn(rng, 6, 8)

    close(scores(q, k, SIX, SIX, Attention(SLOW, rectify=ReRope(2, 1))), scores(q, k, SIX, SIX, Attention(SLOW)))


@pytest.mark.anchor("E5.10")
@pytest.mark.theorem("rerope-sign", "rerope-limits")
@FEW
@given(generators)
def test_the_far_logit_of_rerope_is_q_turned_back_and_not_as_the_post_prints_it(rng):
    q, k, _ = drawn(rng, 1, 8)
    found = scores(q, k, [30], [3], Attention(SLOW, scale=1.0, rectify=ReRope(5)))

    close(found, rotate(q, [5], SLOW) @ k.T)  # (R^w q)ᵀ k = qᵀ R^−w k
    close(found, q @ rotate(k, [-5], SLOW).T)
    assert np.abs(found - q @ rotate(k, [5], SLOW).T).max() > 1e-3  # qᵀ R^w k


@pytest.mark.anchor("E 5, 9708")
@FEW
@given(generators)
def test_rerope_while_generating_turns_keys_by_their_distance_the_other_way(rng):
    q, k, _ = drawn(rng, 6, 8)
    turned = rotate(k, -np.minimum(20 - SIX, 17), SLOW)

    close(scores(q[:1], k, [20], SIX, Attention(SLOW, scale=1.0, rectify=ReRope(17))), q[:1] @ turned.T)


@pytest.mark.parametrize("normalise", ["key", "cosine", RmsNorm(0.5)])
def test_within_its_window_rerope_is_rope_whatever_is_normalised(normalise):
    q, k, _ = drawn(np.random.default_rng(3), 6, 8)
    loud = replace(SLOW, attention_factor=2.0)  # features that are turned are not as long as they were

    plain = Attention(loud, normalise=normalise)
    close(scores(q, k, SIX, SIX, replace(plain, rectify=ReRope(100))), scores(q, k, SIX, SIX, plain))


# VO-RoPE.


VO = Attention(SLOW, rotate=("value", "output"))


@pytest.mark.anchor("E 5, 10862")
@FEW
@given(generators)
def test_values_are_turned_by_the_offset(rng):
    q, k, v = drawn(rng, 6, 8)
    found = attend(q, k, v, SIX, SIX, VO)
    weights = softmax(q @ k.T / np.sqrt(8))

    close(found, [sum(weights[i, j] * rotate(v[j][None], [j - i], SLOW)[0] for j in SIX) for i in SIX])


@FEW
@given(generators, st.integers(-99, 99))
def test_outputs_of_vo_rope_depend_on_offsets_alone(rng, shift):
    q, k, v = drawn(rng, 6, 8)

    np.testing.assert_allclose(
        attend(q, k, v, SIX + shift, SIX + shift, VO), attend(q, k, v, SIX, SIX, VO), rtol=0, atol=1e-11
    )


@FEW
@given(generators)
def test_values_that_are_not_turned_back_know_where_they_stand(rng):
    q, k, v = drawn(rng, 6, 8)
    absolute = replace(VO, rotate=("query", "key", "value"))

    assert np.abs(attend(q, k, v, SIX + 1, SIX + 1, absolute) - attend(q, k, v, SIX, SIX, absolute)).max() > 1e-3


@pytest.mark.anchor("E 5, 10862")
@FEW
@given(generators)
def test_vo_rope_with_decaying_weights_is_a_recurrence_of_complex_numbers(rng):
    """With a_ij = γ^(i − j) over j <= i up to a factor z_i: o_i = γ e^(−iθ) o_(i−1) + v_i before that factor."""
    (v,) = drawn(rng, 1, 6, 2, many=1)
    alibi = Alibi(1)
    gamma = np.exp(-(2.0**-alibi.maximum))
    q = np.zeros((1, 6, 2))
    found = attend(q, q, v, SIX, SIX, Attention(ONE, bias=alibi, rotate=("value", "output")), mask=CAUSAL)[0]
    state = 0j
    for i in SIX:
        state = gamma * np.exp(-1j) * state + complex(*v[0, i])
        close(complex(*found[i]), state / sum(gamma**m for m in range(i + 1)))


# xPos.


@pytest.mark.anchor("E 5, 9431")
@pytest.mark.theorem("xpos-relative")
def test_logits_of_xpos_decay_by_zeta_and_do_not_depend_on_the_centre():
    zeta = [0.28571429, 0.46428571, 0.64285714, 0.82142857]
    for centre in (0.0, 7.0):
        turned = Rotary(Frequencies((0,) * 4), pairing="interleaved", growth=XPos(512.0, centre))
        for plane, z in enumerate(zeta):
            one = np.zeros((1, 8))
            one[0, 2 * plane] = 1.0
            found = scores(one, one, [512 + 3], [3], Attention(turned, scale=1.0))[0, 0]
            assert found == pytest.approx(z * np.cos(512 / 10000 ** (plane / 4)), rel=1e-7)


@pytest.mark.anchor("E5.5")
@pytest.mark.theorem("xpos-local")
def test_xpos_grows_for_keys_after_the_query():
    """The post's ξ^(m − n) is below 1 for m >= n only."""
    turned = Rotary(Frequencies((0,)), growth=XPos(512.0))
    before, after = (
        scores([[1.0, 0.0]], [[1.0, 0.0]], [i], [j], Attention(turned, scale=1.0))[0, 0] for i, j in ((44, 0), (0, 44))
    )

    assert 0 < before < np.cos(44.0) < after
    assert before * after == pytest.approx(np.cos(44.0) ** 2)


# Logits: scale, temperature, normalisation, bias. Census A25.


def sharpened(temperature, positions, keys=3):
    """Return τ of queries at those positions."""
    q, k = np.ones((len(positions), 1)), np.ones((keys, 1))
    return scores(q, k, positions, np.zeros(keys), Attention(temperature=temperature))[:, 0]


@pytest.mark.anchor("E 5, 8823")
def test_the_quotient_of_logarithms_is_that_of_the_post():
    assert sharpened(LogCount(512), [4095])[0] == pytest.approx(4 / 3, rel=1e-15)
    assert sharpened(LogCount(4096), [16383])[0] == pytest.approx(7 / 6, rel=1e-15)
    assert sharpened(LogCount(512, 4096), [0])[0] == pytest.approx(4 / 3, rel=1e-15)


@pytest.mark.anchor("E 5, 8823")
def test_the_quotient_is_at_least_1_where_it_is_clipped():
    assert [1.0, 1.0, 1.0] == sharpened(LogCount(512), [0, 100, 511]).tolist()
    assert [0.0, 1.0] == sharpened(LogCount(512, clip=False), [0, 511]).tolist()


def test_keys_are_counted_where_they_are_what_is_counted():
    assert sharpened(LogCount(512, "keys", clip=False), [0, 5000], keys=8) == pytest.approx([1 / 3] * 2, rel=1e-15)


@pytest.mark.anchor("E 5, 8823")
def test_kappa_of_the_post_is_the_base_of_the_quotient():
    """κ ln n / d with κ = √d / ln 512 is ln n / (ln 512 √d)."""
    d, n, kappa = 64, 4096, 8 / np.log(512)
    q, k = np.ones((1, d)), np.ones((n, d))
    found = scores(q, k, [0], np.zeros(n), ATTENTION["log-n"].variant)

    close(found, kappa * np.log(n) / d * (q @ k.T))


def test_llama_4_counts_the_query_itself_and_ministral_does_not():
    llama, ministral = LogFloor(0.1, 8192, offset=1), LogFloor(0.1, 16384)

    found = sharpened(llama, [0, 8190, 8191, 16382, 16383])
    assert found == pytest.approx([1, 1, 1 + 0.1 * np.log(2), 1 + 0.1 * np.log(2), 1 + 0.1 * np.log(3)], rel=1e-15)
    assert [1.0] * 2 == found[:2].tolist()
    assert sharpened(ministral, [16383, 16384]) == pytest.approx([1, 1 + 0.1 * np.log(2)], rel=1e-15)


def test_four_layers_of_llama_4():
    layers = ATTENTION["llama-4"].variant

    assert [layers.layer(n).rotary is None for n in range(8)] == [False, False, False, True] * 2
    assert [layers.layer(n).temperature is None for n in range(4)] == [True, True, True, False]
    assert [layers.layer(n).reach for n in range(4)] == [Chunks(8192)] * 3 + [None]


@pytest.mark.anchor("E 5, 9603")
def test_windows_of_hwfa_together_reach_less_than_three_quarters_of_the_text():
    """(w − 1)(L − 1) + 1 = 346 <= ¾·512."""
    layers = ATTENTION["hwfa"].variant
    reach = sum(one.reach.width - 1 for one in layers.attentions if one.reach) + 1

    assert (24, 346) == (len(layers.attentions), reach)
    assert reach <= 0.75 * 512


def test_keys_beyond_the_reach_are_not_seen():
    q = np.ones((6, 2))
    near = scores(q, q, SIX, SIX, Attention(reach=Local(2))) > -np.inf
    own = scores(q, q, SIX, SIX, Attention(reach=Chunks(4))) > -np.inf

    assert (near == (np.abs(SIX[:, None] - SIX) < 2)).all()
    assert (own == ((SIX[:, None] < 4) == (SIX < 4))).all()


@pytest.mark.anchor("E 5, 9859")
@FEW
@given(generators)
def test_key_norm_forgets_the_length_of_keys_and_cosines_both(rng):
    q, k, _ = drawn(rng, 6, 8)
    key, cosine = ATTENTION["key-norm"].variant, ATTENTION["cosine-attention"].variant

    close(scores(q, k * 7, SIX, SIX, key), q @ (k / np.linalg.norm(k, axis=-1, keepdims=True)).T)
    close(scores(q * 3, k * 7, SIX, SIX, cosine), scores(q, k, SIX, SIX, cosine))
    assert scores(q, q, SIX, SIX, cosine)[0, 0] == pytest.approx(4 * np.log(256))


@pytest.mark.parametrize("size", [5e-324, 1e-170, 1e-160, 1e160, 1e200, 1e308])
@pytest.mark.parametrize(("normalise", "one"), [("cosine", 1), (RmsNorm(), 2)])
def test_lengths_neither_overflow_nor_vanish(size, normalise, one):
    x = [[size, 0.0]]

    assert scores(x, x, [0], [0], Attention(scale=1.0, normalise=normalise)) == pytest.approx(one, rel=1e-15)


@FEW
@given(generators)
def test_rotation_does_not_change_what_is_normalised(rng):
    q, k, _ = drawn(rng, 6, 8)
    q_n, k_n = (x / np.sqrt((x**2).mean(-1, keepdims=True)) for x in (q, k))

    close(scores(q, k, SIX, SIX, Attention(SLOW, normalise=RmsNorm())), scores(q_n, k_n, SIX, SIX, Attention(SLOW)))


def test_a_bias_is_scaled_where_it_is_added_before():
    q, added = np.zeros((2, 2, 16)), bias([0, 1], [0, 1], Alibi(2))

    close(scores(q, q, [0, 1], [0, 1], Attention(bias=Alibi(2))), added)
    close(scores(q, q, [0, 1], [0, 1], Attention(bias=Alibi(2), bias_scaled=True)), added / 4)


def test_deepseek_divides_by_the_root_of_192_and_multiplies_by_the_magnitude_squared():
    variant = ATTENTION["deepseek-v3-attention"].variant
    q = np.ones((1, 192))

    assert scores(q, q, [0], [0], variant)[0, 0] == pytest.approx(
        192 / np.sqrt(192) * (0.1 * np.log(40) + 1) ** 2, rel=1e-14
    )
    assert InverseRoot(magnitude=Mscale(40)) == variant.scale


# MLA.


@pytest.mark.anchor("E 5, 10907")
@FEW
@given(generators)
def test_absorbing_the_key_matrix_is_valid_on_features_without_positions_only(rng):
    rotary = Rotary(Frequencies((0,) * 2, scaling=ByIndex(40, 4096)), pairing="interleaved", offset=-4)
    q, c = rng.standard_normal((6, 12)), rng.standard_normal((6, 5))
    up, shared = rng.standard_normal((8, 5)), rng.standard_normal((6, 4))
    k = np.concatenate([c @ up.T, shared], axis=-1)
    found = scores(q, k, SIX, SIX, Attention(rotary, scale=1.0))
    absorbed = (q[:, :8] @ up) @ c.T  # (q W_up) c instead of q (W_up c)

    turned = scores(q[:, 8:], shared, SIX, SIX, Attention(replace(rotary, offset=0), scale=1.0))
    close(found, absorbed + turned)
    whole = scores(q[:, :8], c @ up.T, SIX, SIX, Attention(Rotary(Frequencies((0,) * 4)), scale=1.0))
    assert np.abs(whole - absorbed).max() > 1e-2  # a rotation between the two matrices keeps them apart


# Linear attention.


@pytest.mark.anchor("E 5, 8265")
@FEW
@given(generators)
def test_linear_attention_turns_the_dividend_alone(rng):
    q, k, v = drawn(rng, 6, 8)
    phi, psi = (np.where(x > 0, x + 1, np.exp(x)) for x in (q, k))
    dividend = (rotate(phi, SIX, SLOW) @ rotate(psi, SIX, SLOW).T) * CAUSAL
    divisor = ((phi @ psi.T) * CAUSAL).sum(axis=-1, keepdims=True)

    close(attend(q, k, v, SIX, SIX, LinearAttention(SLOW), mask=CAUSAL), dividend @ v / divisor)


@pytest.mark.anchor("E5.3")
@FEW
@given(generators)
def test_linear_attention_takes_keys_to_grow_the_other_way(rng):
    q, k, _ = drawn(rng, 6, 8)
    grown = LinearAttention(replace(SLOW, growth=XPos(8.0)))
    near, far = (scores(q, k, SIX + shift, SIX + shift, grown) for shift in (0, 9))

    np.testing.assert_allclose(far, near, rtol=1e-12, atol=1e-11)


@pytest.mark.anchor("E5.2")
@FEW
@given(generators, st.integers(0, 500))
def test_logits_need_not_decay_for_a_key_may_be_turned_towards_any_distance(rng, r):
    """Of k = R_−r q the logit is greatest at the distance r, not at 0."""
    (q,) = drawn(rng, 1, 8, many=1)
    found = scores(np.repeat(q, 501, 0), rotate(q, [r], SLOW), np.arange(501), [0], Attention(SLOW, scale=1.0))[:, 0]

    assert found.argmax() == r
    assert found[r] == pytest.approx((q**2).sum())


def test_turned_weights_of_linear_attention_can_be_below_zero():
    assert scores([[3.0, 3.0]], [[3.0, 3.0]], [3], [0], LinearAttention(ONE))[0, 0] < 0


@FEW
@given(generators)
def test_linear_attention_is_a_recurrence(rng):
    q, k, v = drawn(rng, 6, 8)
    phi, psi = (np.where(x > 0, x + 1, np.exp(x)) for x in (q, k))
    state, total, rows = np.zeros((8, 8)), np.zeros(8), []
    for i in SIX:
        state = state + rotate(psi[[i]], [i], SLOW).T @ v[[i]]
        total = total + psi[i]
        rows.append(rotate(phi[[i]], [i], SLOW)[0] @ state / (phi[i] @ total))

    close(attend(q, k, v, SIX, SIX, LinearAttention(SLOW), mask=CAUSAL), rows)


@FEW
@given(generators)
def test_weights_of_cosines_are_never_below_zero_and_add_up_to_1(rng):
    q, k, _ = drawn(rng, 6, 8)
    attention = LinearAttention(SLOW, "cosine")

    assert (scores(q, k, SIX, SIX, attention) >= 0).all()
    close(attend(q, k, np.ones((6, 1)), SIX, SIX, attention), np.ones((6, 1)))


# Laws of all of them.


def every():
    """Return the attentions of the catalogue, layer by layer."""
    for name, entry in ATTENTION.items():
        variant = entry.variant
        for number, one in enumerate(variant.attentions if isinstance(variant, Layers) else (variant,)):
            if not isinstance(variant, Layers) or number in (0, len(variant.attentions) - 1):
                yield pytest.param(one, id=f"{name} {number}")


EVERY = list(every())


def sizes(attention):
    """Return the heads and the width of an attention's queries, and the positions of five tokens."""
    heads = getattr(attention, "heads", getattr(getattr(attention, "bias", None), "heads", 2))
    width = getattr(attention, "width", 192)
    places = [(0, 0), (0, 1), (1, 3), (2, 2), (3, 0)] if hasattr(attention, "window") else [0, 1, 2, 3, 4]
    return heads, width, np.array(places)


def arrays(attention, rng, keys=5):
    shapes = {name: tuple(keys if n == -1 else n for n in shape) for name, shape in attention.learned.items()}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()} or None


@pytest.mark.parametrize("attention", EVERY)
def test_logits_have_a_row_for_each_query_and_a_column_for_each_key(attention):
    rng = np.random.default_rng(1)
    heads, width, p = sizes(attention)
    q, k, v = drawn(rng, 2, heads, 5, width)
    learned = arrays(attention, rng)
    found = scores(q[..., :3, :], k, p[:3], p, attention, learned=learned)

    assert (found.shape, found.dtype) == ((2, heads, 3, 5), np.float64)
    mask = np.tril(np.ones((3, 5), dtype=bool))
    assert attend(q[..., :3, :], k, v, p[:3], p, attention, learned=learned, mask=mask).shape == (2, heads, 3, width)


@pytest.mark.parametrize("attention", [one for one in EVERY if not isinstance(one.values[0], Fope)])
def test_logits_depend_on_offsets_alone_but_for_temperature_and_chunks(attention):
    if isinstance(attention, Attention):
        attention = replace(attention, temperature=None, reach=None)
    rng = np.random.default_rng(2)
    heads, width, p = sizes(attention)
    q, k, _ = drawn(rng, heads, 5, width)
    learned = arrays(attention, rng)
    near, far = (scores(q, k, p + shift, p + shift, attention, learned=learned) for shift in (0, 1000))
    if isinstance(attention, Attention) and isinstance(attention.bias, Alibi):
        near, far = (x - x[..., :1] for x in (near, far))  # one after softmax

    np.testing.assert_allclose(near, far, rtol=0, atol=1e-9)


@pytest.mark.parametrize("attention", EVERY)
def test_batches_do_not_know_of_each_other(attention):
    rng = np.random.default_rng(3)
    heads, width, p = sizes(attention)
    q, k, _ = drawn(rng, 2, heads, 5, width)
    learned = arrays(attention, rng)
    together = scores(q, k, np.stack([p, p[::-1]]), np.stack([p, p]), attention, learned=learned)

    close(together[1], scores(q[1], k[1], p[::-1], p, attention, learned=learned))


@pytest.mark.parametrize("attention", EVERY)
def test_keys_come_in_any_order(attention):
    rng = np.random.default_rng(4)
    heads, width, p = sizes(attention)
    q, k, _ = drawn(rng, heads, 5, width)
    learned = arrays(attention, rng)
    order = rng.permutation(5)
    turned = {n: x[..., order] if n == "gates" else x for n, x in (learned or {}).items()} or None
    found = scores(q, k[:, order], p, p[order], attention, learned=turned)

    close(found, scores(q, k, p, p, attention, learned=learned)[..., order])


# What is refused.


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: ReRope(0), "window must be greater than 0; got 0.0"),
        (lambda: ReRope(-3), "window must be greater than 0; got -3.0"),
        (lambda: ReRope(4, 0), "factor must be greater than 0; got 0.0"),
        (lambda: Local(0), "width must be at least 1; got 0"),
        (lambda: Chunks(0), "length must be at least 1; got 0"),
        (lambda: LogFloor(0.1, 0), "interval must be at least 1; got 0"),
        (lambda: LogCount(1), "base must be at least 2; got 1"),
        (lambda: LogCount(512, "queries"), "counted must be 'position', 'keys' or an int; got queries"),
        (lambda: LogCount(512, True), "counted must be 'position', 'keys' or an int; got True"),
        (lambda: InverseRoot(0), "terms must be at least 1; got 0"),
        (lambda: InverseRoot(magnitude=0.0), "magnitude must be greater than 0"),
        (lambda: RmsNorm(-1.0), "epsilon must not be negative; got -1.0"),
        (lambda: Attention(scale=0.0), "scale must be greater than 0"),
        (lambda: Attention(rotate=()), "rotate must be some of query, key, value, output, in this order; got ()"),
        (lambda: Attention(rotate=("key", "query")), "in this order; got ('key', 'query')"),
        (lambda: Attention(rotate="query"), "in this order; got query"),
        (lambda: Attention(normalise="query"), "normalise must be one of"),
        (lambda: Attention(bias_scaled=True), "bias_scaled must have a bias"),
        (lambda: Attention(rectify=ReRope(4)), "rectify must have a rotary"),
        (lambda: Attention(ONE, rectify=4), "rectify must be ReRope or None; got 4"),
        (lambda: Attention(Rotary(Frequencies((0,)), growth=XPos()), rectify=ReRope(4)), "without growth"),
        (lambda: Attention(Rotary(Frequencies((0,)), growth=XPos()), rotate=("value", "output")), "turned back"),
        (lambda: Attention(Rotary(Frequencies((0, 1))), bias=T5Buckets(2)), "rotary and bias must have as many axes"),
        (lambda: Attention(Rotary(Frequencies((0, 1))), reach=Local(2)), "must have one axis"),
        (
            lambda: Attention(bias=SwinWindow(2, (2, 3), cls=True)),
            "bias must have no class token, which has no position",
        ),
        (lambda: Attention(bias="alibi"), "bias must be a bias or None; got alibi"),
        (lambda: LinearAttention(kernel="relu"), "kernel must be one of 'elu', 'cosine'; got relu"),
        (lambda: Layers(()), "attentions must be a tuple of attentions or None, at least one; got ()"),
        (lambda: Layers((ONE,)), "attentions must be a tuple of attentions or None"),
        (lambda: Layers((None,)).layer(-1), "layers must be counted from 0; got -1"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(make, rule):
    with pytest.raises(SpecError, match=rule.replace("(", r"\(").replace(")", r"\)")):
        make()


Q = np.ones((3, 6, 8))


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ((Q, Q[:2], SIX, SIX, Attention()), r"k must have the lead \(3,\) and the width 8"),
        ((Q, Q[0], SIX, SIX, Attention()), r"k must have the lead \(3,\)"),
        ((Q, Q[..., :4], SIX, SIX, Attention()), "the width 8"),
        ((Q, Q, SIX[:5], SIX, Attention()), "positions must be those of 6 tokens"),
        ((Q, Q, SIX[None], SIX[None], Attention()), "their lead a prefix"),
        ((Q, Q, np.stack([SIX] * 3), SIX, Attention()), "queries and keys must have one lead"),
        ((Q, Q, SIX, SIX, Attention(bias=Alibi(2))), r"q must have shape \(..., 2 heads, n, d\); got \(3, 6, 8\)"),
        ((Q, Q, np.stack([SIX] * 3), np.stack([SIX] * 3), Attention(bias=Alibi(3))), "positions must leave the heads"),
        ((Q.astype(int), Q, SIX, SIX, Attention()), "q must be floats; got int64"),
        ((Q * np.nan, Q, SIX, SIX, Attention()), "q must be finite"),
        ((Q * 0, Q * 0, SIX, SIX, Attention(normalise="cosine")), "must not be zero"),
        ((Q, Q, SIX - 1, SIX, Attention(temperature=LogCount(512))), "temperatures must count from 1"),
        ((Q, Q, SIX - 1, SIX, Attention(temperature=LogFloor(0.1, 4))), "temperatures must have positions from 0"),
        ((Q, Q, SIX, SIX, None), "attention must be one of those that are described; got None"),
        ((Q, Q, SIX, SIX, Layers((None,))), "attention must be one of those"),
        ((Q * 1e200, Q * 1e200, SIX, SIX, Attention()), r"logits must be finite; got array\(\[inf\]\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arguments, rule):
    with pytest.raises(SpecError, match=rule):
        scores(*arguments)


@pytest.mark.parametrize(
    ("mask", "rule"),
    [
        (np.ones((6, 6)), "mask must be booleans; got float64"),
        (np.ones((6, 5), dtype=bool), r"mask must have shape \(..., 6, 6\)"),
        (np.ones((2, 6, 6), dtype=bool), "its lead a prefix"),
        (np.ones(6, dtype=bool), "mask must have shape"),
        (np.zeros((6, 6), dtype=bool), "a query must see a key"),
        (np.ma.array(CAUSAL, mask=True), "mask must be booleans; got a masked array"),
        ([[True], [True, False]], "mask must be booleans; got a ragged list"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask, rule):
    with pytest.raises(SpecError, match=rule):
        attend(Q, Q, Q, SIX, SIX, Attention(), mask=mask)


LARGE = np.full((1, 6, 8), 1.7e308)


@pytest.mark.parametrize(
    ("attention", "v"),
    [
        (VO, LARGE),
        (LinearAttention(), LARGE),
        (LinearAttention(SLOW, "cosine"), LARGE),
    ],
)
def test_outputs_are_finite_or_refused(attention, v):
    with pytest.raises(SpecError, match="outputs must be finite; got"):
        attend(Q[:1], Q[:1], v, SIX, SIX, attention)


def test_values_that_do_not_fit_and_learned_arrays_that_nobody_asked_for_are_refused():
    with pytest.raises(SpecError, match=r"v must have shape \(3, 6, dv\)"):
        attend(Q, Q, Q[:, :5], SIX, SIX, Attention())
    with pytest.raises(SpecError, match="learned must bring exactly nothing"):
        scores(Q, Q, SIX, SIX, Attention(), learned={"omega": 1})
    assert learned_by(Attention(), np.random.default_rng()) is None
