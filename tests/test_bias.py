"""Biases: worked numbers, laws, and what is refused."""

import math
from bisect import bisect_left
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, generators, learned_by

from refpos import Frequencies, Sinusoidal, SpecError, embed
from refpos.catalogue.bias import BIAS
from refpos.spec.bias import bias
from refpos.spec.offsets import index
from refpos.variants.bias import Alibi, Fire, Kerple, Sandwich, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow, differences

TOKENS = np.arange(12)
DECODER = T5Buckets(heads=1, bidirectional=False)
DISTANCES = [Alibi(6), Alibi(3, axes=2), Kerple(3), Kerple(3, "power"), Sandwich(4, 16), Sandwich(4, 16, first=1)]


def cells(h, w):
    """Return the cells of a window, row by row."""
    return np.indices((h, w)).reshape(2, -1).T


def brought(variant, rng):
    """Return learned arrays in the range of their method."""
    found = learned_by(variant, rng) or {}
    for name in {"r1", "r2", "c", "threshold"} & set(found):
        found[name] = rng.uniform(0.25, 2.0, found[name].shape)
    return found


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# ALiBi: census 2 and 6.


@pytest.mark.theorem("alibi-slopes")
def test_the_slopes_of_eight_heads_are_powers_of_a_half():
    found = bias([1], [0], Alibi(8))[:, 0, 0]

    assert [-(2.0**-k) for k in range(1, 9)] == found.tolist()


@pytest.mark.theorem("alibi-slopes")
def test_four_of_twelve_heads_have_slopes_in_between():
    found = -bias([1], [0], Alibi(12))[:, 0, 0]

    assert [2.0**-k for k in range(1, 9)] == found[:8].tolist()
    assert [0.7071068, 0.3535534, 0.1767767, 0.08838834] == pytest.approx(found[8:], rel=2e-7)


def test_mpt_measures_from_the_last_key():
    assert [-1.5, -1.0, -0.5, 0.0] == bias([0], range(4), Alibi(12, reference="last-key"))[0, 0].tolist()


def test_bloom_measures_from_the_origin_whatever_the_query():
    assert [[0.0, 0.5, 1.0]] * 3 == bias(range(3), range(3), Alibi(8, reference="origin"))[0].tolist()


@pytest.mark.theorem("alibi-slopes")
@pytest.mark.parametrize("heads", range(1, 21))
def test_the_slopes_of_any_number_of_heads_are_those_of_the_published_recursion(heads):
    def slopes(n):
        if math.log2(n).is_integer():
            start = 2 ** (-(2 ** -(math.log2(n) - 3)))
            return [start**k for k in range(1, n + 1)]
        below = 2 ** math.floor(math.log2(n))
        return slopes(below) + slopes(2 * below)[0::2][: n - below]

    np.testing.assert_allclose(-bias([1], [0], Alibi(heads))[:, 0, 0], slopes(heads), rtol=1e-14)


@pytest.mark.parametrize("maximum", [1.0, 4.0, 8.0, 16.0])
def test_slopes_of_another_maximum_are_those_of_ggml(maximum):
    n, heads = 8, 12
    m0, m1 = 2 ** (-maximum / n), 2 ** (-maximum / 2 / n)
    expected = [m0 ** (h + 1) if h < n else m1 ** (2 * (h - n) + 1) for h in range(heads)]

    np.testing.assert_allclose(-bias([1], [0], Alibi(heads, maximum=maximum))[:, 0, 0], expected, rtol=1e-14)


@pytest.mark.theorem("alibi-keys")
@MANY
@given(generators, st.integers(1, 9))
def test_the_three_references_are_one_after_a_causal_softmax(rng, heads):
    logits = rng.standard_normal((heads, 12, 12))
    mask = np.where(TOKENS[None, :] <= TOKENS[:, None], 0.0, -np.inf)
    found = [
        softmax(logits + bias(TOKENS, TOKENS, Alibi(heads, reference=one)) + mask)
        for one in ("query", "origin", "last-key")
    ]

    np.testing.assert_allclose(found[1], found[0], atol=1e-14)
    np.testing.assert_allclose(found[2], found[0], atol=1e-14)


def test_left_padding_leaves_the_three_references_one():
    there = np.arange(12) >= 5
    mask = np.where((TOKENS[None, :] <= TOKENS[:, None]) & there, 0.0, -np.inf)[5:]
    found = [softmax(bias(TOKENS, TOKENS, Alibi(4, reference=one))[:, 5:] + mask) for one in ("query", "origin")]

    np.testing.assert_allclose(found[1], found[0], atol=1e-14)


def test_positions_counted_over_a_hole_in_the_mask_are_other_positions():
    there = np.array([True, True, False, True])
    counted = (np.cumsum(there) - 1) * there
    mask = np.where(there, 0.0, -np.inf)
    variant = Alibi(1, reference="origin")
    found = [softmax(bias([3], keys, variant) + mask) for keys in (np.arange(4), counted)]

    assert np.abs(found[0] - found[1]).max() > 1e-4


@pytest.mark.theorem("alibi-sides")
def test_without_causality_the_references_differ_but_for_the_last_two():
    found = {one: softmax(bias(TOKENS, TOKENS, Alibi(4, reference=one))) for one in ("query", "origin", "last-key")}

    assert np.abs(found["query"] - found["origin"]).max() > 0.1
    np.testing.assert_allclose(found["last-key"], found["origin"], atol=1e-14)


def test_on_a_plane_the_distance_is_euclidean():
    found = bias([[0, 0]], [[0, 0], [3, 4], [1, 1]], Alibi(1, axes=2))[0, 0]

    assert [0.0, -5 / 256, -math.sqrt(2) / 256] == found.tolist()


def test_on_a_line_of_a_plane_it_is_the_bias_of_the_line():
    line = np.stack([np.zeros(12), TOKENS], axis=-1)

    assert bias(TOKENS, TOKENS, Alibi(5)).tolist() == bias(line, line, Alibi(5, axes=2)).tolist()


# T5: census 2 and 6.


def test_buckets_of_two_sides():
    keys = [-200, -128, -64, -16, -8, -1, 0, 1, 8, 16, 64, 128, 200]

    assert [15, 15, 14, 10, 8, 1, 0, 17, 24, 26, 30, 31, 31] == index([0], keys, T5Buckets(1))[0].tolist()


def test_buckets_of_one_side():
    keys = [-200, -128, -64, -32, -16, -15, -1, 0, 5]

    assert [31, 31, 26, 21, 16, 15, 1, 0, 0] == index([0], keys, DECODER)[0].tolist()


@pytest.mark.theorem("t5-integers")
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("r", "bucket"), [(16, 10), (32, 12), (64, 14)])
def test_a_distance_exactly_on_a_bound_opens_the_upper_bucket(r, bucket, sign):
    found = index([0], [sign * (r - 1), sign * r], T5Buckets(1))[0] - 16 * (sign > 0)

    assert [bucket - 1, bucket] == found.tolist()
    assert (r // 8) ** 8 == (128 // 8) ** (bucket - 8)


@pytest.mark.theorem("t5-integers")
def test_logarithms_in_float64_miss_a_bound_that_integers_hit():
    variant = T5Buckets(1, buckets=9, distance=128, bidirectional=False)
    assert 8**5 == 128 * 4**4

    assert 5 == index([8], [0], variant)[0, 0]
    assert 4 == 4 + int(np.log(8 / 4) / np.log(128 / 4) * 5)


@pytest.mark.theorem("t5-partition")
@MANY
@given(st.integers(2, 64), st.integers(1, 5000), st.booleans())
def test_the_table_of_t5_serves_every_distance_and_never_falls(buckets, more, bidirectional):
    buckets = 2 * max(buckets, 2) if bidirectional else buckets
    near = (buckets // 2 if bidirectional else buckets) // 2
    variant = T5Buckets(1, buckets, near + more, bidirectional)
    before = index([0], -np.arange(near + more + 2), variant)[0]
    after = index([0], np.arange(1, near + more + 2), variant)[0]

    assert (np.diff(before) >= 0).all()
    assert (np.diff(after) >= 0).all()
    assert list(range(near)) == before[:near].tolist()
    assert variant.side - 1 == before[-1] == before[near + more]
    assert set(after) == ({0} if not bidirectional else {variant.side + one for one in set(before) - {0}})


@pytest.mark.parametrize("distance", [9, 16, 24, 27, 64, 81, 100, 128, 8**5, 10**6, 2**40])
@pytest.mark.parametrize("buckets", [2, 3, 6, 16])
def test_bounds_of_buckets_are_roots_of_integers_rounded_up(buckets, distance):
    """A distance is at or beyond the t-th bound where r^(n − e) >= D^t e^(n − e − t)."""
    variant = T5Buckets(1, buckets, distance, bidirectional=False)
    e, far = variant.near, variant.side - variant.near
    limits = [distance**t * e ** (far - t) for t in range(1, far)]
    bounds = [bisect_left(range(distance + 1), limit, key=lambda r: r**far) for limit in limits]

    near = [r for bound in bounds for r in (bound - 1, bound) if r >= e]
    expected = [e + sum(bound <= r for bound in bounds) for r in near]
    assert expected == index([0], [-r for r in near], variant)[0].tolist()


def test_buckets_may_be_many():
    assert 1706 == index([0], [-(2**30)], T5Buckets(1, 4096, 2**40)).item()
    assert 18_431 == index([0], [-(10**5)], T5Buckets(1, 50_000, 10**6)).item()


def test_a_fire_whose_divisor_vanishes_is_refused_without_a_warning():
    learned = {name: np.ones(shape) for name, shape in Fire(1, hidden=1, epsilon=0.0).learned.items()}
    learned |= {"c": np.array(1e-200), "threshold": np.array(1e-200)}
    with pytest.raises(SpecError, match="biases must be finite"):
        bias([0], [1], Fire(1, hidden=1, epsilon=0.0), learned=learned)


@pytest.mark.theorem("t5-unused")
def test_all_buckets_of_t5_are_used_but_the_first_of_keys_after_the_query():
    found = index([0], range(-200, 201), T5Buckets(1))

    assert set(range(32)) - {16} == set(found.ravel().tolist())


def test_a_bias_of_t5_is_the_row_of_its_bucket():
    table = np.arange(64.0).reshape(32, 2)
    found = bias([0, 5], [0, 64], T5Buckets(2), learned={"table": table})

    assert [[[0.0, 60.0], [10.0, 58.0]], [[1.0, 61.0], [11.0, 59.0]]] == found.tolist()


# Swin: census 3.3 and 3.8.


def test_the_index_of_a_window_that_is_not_square():
    expected = [[7, 6, 5, 2, 1, 0], [8, 7, 6, 3, 2, 1]]

    assert expected == index(cells(2, 3)[:2], cells(2, 3), SwinWindow(1, (2, 3))).tolist()


def test_the_class_token_of_beit_has_three_rows_more():
    found = index(cells(1, 2), cells(1, 2), SwinWindow(1, (1, 2), cls=True))

    assert [[5, 3, 3], [4, 1, 0], [4, 2, 1]] == found.tolist()


@MANY
@given(st.integers(1, 6), st.integers(1, 6))
def test_each_difference_of_two_cells_has_an_index_of_its_own(h, w):
    grid = cells(h, w)
    found = index(grid, grid, SwinWindow(1, (h, w)))
    offset = grid[:, None] - grid[None]
    pairs = {(int(i), *map(int, d)) for i, d in zip(found.ravel(), offset.reshape(-1, 2), strict=True)}

    assert differences((h, w)) == len(pairs) == len({one[0] for one in pairs})
    assert set(range(differences((h, w)))) == set(found.ravel().tolist())
    assert (differences((h, w)) - 1 - found == found.T).all()


def test_the_coordinates_of_swin_v2_are_logarithms_from_one_to_minus_one():
    network = {"hidden_weight": [[1, 0], [-1, 0]], "hidden_bias": [0, 0], "output_weight": [[1, -1]]}
    variant = SwinContinuous(1, (9, 9), hidden=2, gain=None)
    found = bias([[8, 0], [1, 0], [0, 0]], [[0, 0], [8, 8]], variant, learned=network)[0].T

    np.testing.assert_allclose(found[0], [math.log2(9) / 3, 1 / 3, 0.0], rtol=1e-15)
    np.testing.assert_allclose(found[1], [0.0, -1.0, -math.log2(9) / 3], rtol=1e-15)


def test_swin_v2_passes_sixteen_times_a_sigmoid():
    zeros = {name: np.zeros(shape) for name, shape in SwinContinuous(2, (3, 3)).learned.items()}

    assert {8.0} == set(bias(cells(3, 3), cells(3, 3), SwinContinuous(2, (3, 3)), learned=zeros).ravel().tolist())


def test_a_network_is_given_the_coordinates_of_the_window_of_its_training():
    variant = SwinContinuous(2, (5, 5), pretrained=(3, 3), hidden=4)
    learned = brought(variant, np.random.default_rng(0))
    small = SwinContinuous(2, (3, 3), hidden=4)

    found = bias(cells(3, 3), cells(3, 3), variant, learned=learned)

    np.testing.assert_allclose(found, bias(cells(3, 3), cells(3, 3), small, learned=learned), rtol=1e-14)


# KERPLE, Sandwich and FIRE: census 4.


@pytest.mark.anchor("E 5, 9431")
def test_the_kernels_of_kerple():
    learned = {"r1": [2.0], "r2": [0.5]}

    assert [-2 * math.log(1 + 0.5 * 6), 0.0] == bias([6], [0, 6], Kerple(1), learned=learned)[0, 0].tolist()
    assert [-6.0, 0.0] == bias([9], [0, 9], Kerple(1, "power"), learned=learned)[0, 0].tolist()


@pytest.mark.anchor("E 5, 9431")
def test_alibi_is_a_power_kernel():
    slopes = -bias([1], [0], Alibi(6))[:, 0, 0]
    learned = {"r1": slopes, "r2": np.ones(6)}

    assert bias(TOKENS, TOKENS, Alibi(6)).tolist() == bias(TOKENS, TOKENS, Kerple(6, "power"), learned=learned).tolist()


@pytest.mark.anchor("E 5, 9431")
def test_sandwich_is_the_inner_product_of_the_rows_of_the_transformer():
    expected = np.array([64, 62.09368, 57.38186, 52.18623, 48.58603]) - 64

    assert expected.round(5).tolist() == bias([0], range(5), Sandwich(1, 128, maximum=1))[0, 0].round(5).tolist()


@pytest.mark.anchor("E 5, 9431")
@pytest.mark.theorem("sandwich-concat")
@MANY
@given(generators, st.integers(1, 6), st.integers(1, 16))
def test_sandwich_is_more_features_of_query_and_key(rng, heads, half):
    """[q, √λ p_m]·[k, √λ p_n] = q·k + λ p_m·p_n, λ = heads/(8h), up to a constant that softmax does not see."""
    q, k = rng.standard_normal((2, heads, 12, 4))
    rows = embed(TOKENS, Sinusoidal(Frequencies((0,) * half)))
    weights = heads / (8 * np.arange(1.0, heads + 1))
    wide = [np.concatenate([x, np.sqrt(weights)[:, None, None] * rows[None]], axis=-1) for x in (q, k)]
    logits = q @ k.swapaxes(-1, -2) + bias(TOKENS, TOKENS, Sandwich(heads, 2 * half))

    np.testing.assert_allclose(wide[0] @ wide[1].swapaxes(-1, -2) - half * weights[:, None, None], logits, atol=1e-12)


@pytest.mark.anchor("E5.4")
@pytest.mark.theorem("sandwich-direction")
@pytest.mark.parametrize("first", [0, 1])
def test_the_inner_product_does_not_increase_with_the_distance_on_average(first):
    """A post says that it does; the mean over the near half is above that over the far half."""
    found = bias([0], np.arange(1, 2049), Sandwich(1, 128, first=first))[0, 0]

    assert (found < 0).all()
    assert found[:1024].mean() > found[1024:].mean()
    assert np.corrcoef(np.arange(2048), found)[0, 1] < 0


@pytest.mark.theorem("sandwich-direction")
@pytest.mark.parametrize(("width", "first_rise"), [(128, 12), (512, 44)])
def test_the_inner_product_does_not_decrease_everywhere(width, first_rise):
    found = bias([0], range(60), Sandwich(1, width))[0, 0]

    assert first_rise == int(np.argmax(np.diff(found) > 0)) + 1


def test_nemo_counts_waves_from_one():
    d, waves = 8, range(1, 5)
    expected = (sum(math.cos(3 / 10_000 ** (2 * i / d)) for i in waves) - 4) / (8 * 2 / 3)

    assert expected == pytest.approx(bias([3], [0], Sandwich(3, d, first=1))[1, 0, 0], rel=1e-14)


def plain(heads=1, c=0.1, threshold=512.0):
    """Return what makes FIRE return the fraction that its network is given."""
    network = {"hidden_weight": [[1.0]], "hidden_bias": [0.0], "output_weight": [[1.0]] * heads}
    return {"c": c, "threshold": threshold, **network, "output_bias": [0.0] * heads}


def test_fire_interpolates_between_the_query_and_itself():
    found = bias([600, 40], [0, 40], Fire(1, hidden=1), learned=plain())[0]

    assert 1.0 == found[0, 0]
    assert found[1, 1] == 0.0
    assert found[1, 0] == pytest.approx(math.log(5) / math.log(52.2), rel=1e-14)


def test_fire_of_a_code_adds_to_the_divisor():
    found = bias([600], [0], Fire(1, hidden=1, epsilon=0.5), learned=plain())[0, 0, 0]

    assert found == pytest.approx(math.log(61) / (math.log(61) + 0.5), rel=1e-14)


def test_fire_is_translation_invariant_only_below_its_threshold():
    variant, learned = Fire(1, hidden=1), plain(threshold=100.0)
    near, far = bias([50], [20], variant, learned=learned), bias([500], [470], variant, learned=learned)

    assert near.tolist() == bias([90], [60], variant, learned=learned).tolist()
    assert abs(near - far).max() > 0.1


# Laws of all.


@pytest.mark.parametrize("variant", DISTANCES, ids=str)
@MANY
@given(generators)
def test_a_kernel_of_the_distance_is_symmetric_and_greatest_at_home(variant, rng):
    axes = axis_count(variant)
    p = rng.integers(-99, 99, (9, axes) if axes > 1 else 9)
    found = bias(p, p, variant, learned=brought(variant, rng))

    assert (found == found.swapaxes(-1, -2)).all()
    assert (found <= 0).all()
    assert (np.diagonal(found, axis1=-2, axis2=-1) == 0).all()


@pytest.mark.parametrize("variant", [*DISTANCES, T5Buckets(2), DECODER, SwinWindow(2, (3, 4)), Alibi(3, 1, "last-key")])
@MANY
@given(generators, st.integers(-1000, 1000))
def test_a_shift_of_queries_and_keys_changes_nothing(variant, rng, shift):
    axes = axis_count(variant)
    p = cells(3, 4) if isinstance(variant, SwinWindow) else rng.integers(-99, 99, (9, axes) if axes > 1 else 9)
    learned = brought(variant, rng)

    assert (bias(p, p, variant, learned=learned) == bias(p + shift, p + shift, variant, learned=learned)).all()


def test_a_bias_from_the_origin_is_shifted_with_its_keys():
    variant = Alibi(4, reference="origin")

    assert (bias(TOKENS, TOKENS, variant) != bias(TOKENS + 1, TOKENS + 1, variant)).all()


@pytest.mark.parametrize("variant", [T5Buckets(3), DECODER, SwinWindow(2, (3, 4)), Alibi(3, reference="origin")])
def test_a_table_need_not_be_symmetric(variant):
    p = cells(3, 4) if isinstance(variant, SwinWindow) else TOKENS
    found = bias(p, p, variant, learned=brought(variant, np.random.default_rng(0)))

    assert (found != found.swapaxes(-1, -2)).any()


@pytest.mark.parametrize("name", BIAS)
def test_a_published_bias_has_a_row_for_each_head(name):
    variant = BIAS[name].variant
    p = cells(2, 3) if axis_count(variant) == 2 else TOKENS[:6]
    extra = int(getattr(variant, "cls", False))
    found = bias(p, p[2:], variant, learned=brought(variant, np.random.default_rng(0)))

    assert (variant.heads, 6 + extra, 4 + extra) == found.shape
    assert np.float64 == found.dtype


@pytest.mark.parametrize("name", BIAS)
def test_a_lead_is_a_stack_of_calls(name):
    variant, rng = BIAS[name].variant, np.random.default_rng(0)
    q = cells(2, 3) if axis_count(variant) == 2 else TOKENS[:6]
    stack, learned = np.stack([q, q[::-1]]), brought(variant, rng)
    found = bias(stack, stack, variant, learned=learned)
    expected = [bias(one, one, variant, learned=learned) for one in stack]

    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


def test_no_keys_are_no_biases():
    for reference in ("query", "origin", "last-key"):
        assert (2, 3, 0) == bias(range(3), [], Alibi(2, reference=reference)).shape


@pytest.mark.parametrize(
    ("variant", "change", "p"),
    [
        (Alibi(12), {"reference": "origin"}, TOKENS),
        (Alibi(12), {"maximum": 4.0}, TOKENS),
        (T5Buckets(2), {"bidirectional": False}, TOKENS),
        (T5Buckets(2), {"distance": 129}, np.arange(400)),
        (SwinContinuous(2, (3, 4), hidden=4), {"pretrained": (4, 3)}, cells(3, 4)),
        (SwinContinuous(2, (3, 4), hidden=4), {"coordinates": "plain"}, cells(3, 4)),
        (SwinContinuous(2, (3, 4), hidden=4), {"gain": None}, cells(3, 4)),
        (Kerple(2), {"kernel": "power"}, TOKENS),
        (Sandwich(2, 8), {"first": 1}, TOKENS),
        (Sandwich(2, 8), {"base": 1e5}, TOKENS),
        (Fire(2, hidden=4), {"epsilon": 1e-6}, TOKENS),
    ],
)
def test_every_choice_makes_a_difference(variant, change, p):
    learned = brought(variant, np.random.default_rng(0))

    assert (bias(p, p, variant, learned=learned) != bias(p, p, replace(variant, **change), learned=learned)).any()


# What is refused.


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: Alibi(0), "heads must be at least 1; got 0"),
        (lambda: Alibi(True), "heads must be an int; got True"),
        (lambda: Alibi(2, maximum=0), "maximum must be greater than 0; got 0.0"),
        (lambda: Alibi(2, reference="key"), "reference must be one of 'query', 'origin', 'last-key'; got key"),
        (lambda: Alibi(2, 2, "origin"), "several axes must be measured from the query; got"),
        (lambda: T5Buckets(2, buckets=31), "buckets of two sides must be even; got 31"),
        (lambda: T5Buckets(2, buckets=2), "buckets must be at least 4; got 2"),
        (lambda: T5Buckets(2, distance=8), "distance must be at least 9; got 8"),
        (lambda: T5Buckets(2, distance=2**60), r"distance must not exceed 2\^53"),
        (lambda: T5Buckets(2, bidirectional=1), "bidirectional must be True or False; got 1"),
        (lambda: SwinWindow(2, (7, 0)), r"window must be two ints, each at least 1; got \(7, 0\)"),
        (lambda: SwinWindow(2, 7), "window must be two ints, each at least 1; got 7"),
        (lambda: SwinContinuous(2, (1, 7)), r"window must be two ints, each at least 2; got \(1, 7\)"),
        (lambda: SwinContinuous(2, (7, 7), (1, 7)), r"pretrained must be two ints, each at least 2; got \(1, 7\)"),
        (lambda: SwinContinuous(2, (7, 7), (3, 3), coordinates="plain"), "pretrained must be None where coordinates"),
        (lambda: SwinContinuous(2, (7, 7), gain=-1), "gain must be greater than 0; got -1.0"),
        (lambda: Kerple(2, "log"), "kernel must be one of 'logarithmic', 'power'; got log"),
        (lambda: Sandwich(2, 7), "width must be even; got 7"),
        (lambda: Sandwich(2, 8, base=1), "base must be greater than 1; got 1.0"),
        (lambda: Fire(2, epsilon=-0.5), "epsilon must not be negative; got -0.5"),
        (lambda: bias([0], [0], "alibi"), "variant must be Alibi, .*; got alibi"),
        (lambda: index([0], [0], Alibi(2)), "variant must be T5Buckets, SwinWindow or SwinContinuous; got Alibi"),
        (lambda: bias([[0]], [0], Alibi(2)), r"queries and keys must have one lead; got \(\(1,\), \(\)\)"),
        (lambda: bias([0], [math.nan], Alibi(2)), "positions must be finite; got"),
        (lambda: bias([0], [0], Alibi(2, axes=2)), r"positions must have shape \(..., n, 2\); got \(1,\)"),
        (lambda: index([0.5], [0], T5Buckets(2)), r"positions must be integers up to 2\^53; got"),
        (lambda: index([[0, 0]], [[0, 3]], SwinWindow(1, (3, 3))), r"cells must lie within one window of 3 by 3; got"),
        (lambda: bias([0], [0], Alibi(2), learned={"m": [1]}), r"learned must bring exactly nothing; got \['m'\]"),
        (lambda: bias([0], [0], T5Buckets(2)), r"learned must bring exactly table; got \[\]"),
        (
            lambda: bias([0], [0], T5Buckets(2), learned={"table": [[1.0, 2.0]]}),
            r"table must have shape \(32, 2\); got",
        ),
        (lambda: bias([0], [0], Kerple(1), learned={"r1": [math.inf], "r2": [1.0]}), "r1 must be finite; got"),
        (lambda: bias([0], [0], Kerple(1), learned={"r1": [1.0], "r2": [0.0]}), "r2 must be greater than 0; got"),
        (lambda: bias([0], [0], Kerple(1, "power"), learned={"r1": [1], "r2": [2.5]}), "r2 must be at most 2; got"),
        (lambda: bias([0], [0], Fire(1, 1), learned=plain(c=-1.0)), "c must be greater than 0; got"),
        (lambda: bias([1e308], [-1e308], Alibi(1)), "biases must be finite; got"),
    ],
)
def test_what_breaks_a_rule_is_told_with_its_value(make, rule):
    with pytest.raises(SpecError, match=rule):
        make()
