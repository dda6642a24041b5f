"""Attention to offsets and to content: worked numbers, laws, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, MANY, generators

from refpos import Frequencies, Rotary, Sinusoidal, SpecError, embed
from refpos.spec.attention import attend, scores
from refpos.spec.relative import buckets
from refpos.variants.attention import Attention, Fope, Layers
from refpos.variants.bias import Alibi
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL

FIVE = np.arange(5)
CAUSAL = np.tril(np.ones((5, 5), dtype=bool))
V2 = Deberta(heads=1, width=1, distance=512, buckets=256)
ROWS = Sinusoidal(Frequencies((0,) * 3), order="sin-cos")


def drawn(rng, *shape, many=3):
    return tuple(rng.standard_normal(shape) for _ in range(many))


def arrays(attention, rng, keys=5):
    shapes = {name: tuple(keys if n == -1 else n for n in shape) for name, shape in attention.learned.items()}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def one_hot(attention, name, row):
    """Return learned arrays of which all are zero but one row of one."""
    found = {key: np.zeros(shape) for key, shape in attention.learned.items()}
    found[name][..., row, :] = 1.0
    return found


def read(attention, name, queries, keys, width=1, heads=()):
    """Return the row of a table that each query and key read, found by setting one row after another."""
    q, k = (np.ones((*heads, len(p), width)) for p in (queries, keys))
    nothing = {key: np.zeros(shape) for key, shape in attention.learned.items()}
    plain = scores(q, k, queries, keys, attention, learned=nothing)
    count = attention.learned[name][-2]
    seen = [
        scores(q, k, queries, keys, attention, learned=one_hot(attention, name, row)) != plain for row in range(count)
    ]
    assert (np.sum(seen, axis=0) == 1).all()
    return np.argmax(seen, axis=0).reshape(len(queries), len(keys))


# Shaw: census 3.8.


def test_shaw_reads_key_minus_query_clipped():
    found = read(Shaw(2, 1), "keys", [10], [0, 7, 8, 9, 10, 11, 12, 13, 99])

    assert [[0, 0, 0, 1, 2, 3, 4, 4, 4]] == found.tolist()


@FEW
@given(generators)
def test_shaw_adds_to_keys_before_the_scale_and_to_values(rng):
    shaw = Shaw(2, 8)
    q, k, v = drawn(rng, 3, 5, 8)
    learned = arrays(shaw, rng)
    index = np.clip(FIVE - FIVE[:, None], -2, 2) + 2
    weights = softmax(np.einsum("hid,hijd->hij", q, k[:, None] + learned["keys"][index]) / np.sqrt(8))

    close(
        attend(q, k, v, FIVE, FIVE, shaw, learned=learned),
        np.einsum("hij,hijd->hid", weights, v[:, None] + learned["values"][index]),
    )


# Transformer-XL: census 3.8.


@FEW
@given(generators)
def test_transformer_xl_is_the_published_shift_of_rows_from_the_longest_offset_to_none(rng):
    """The code multiplies queries with rows of the offsets L − 1 ... 0 and shifts row i to the left by L − 1 − i."""
    xl = TransformerXL(2, 4, ROWS)
    q, k, _ = drawn(rng, 2, 5, 4)
    learned = arrays(xl, rng)
    rows = np.einsum("hdm,lm->hld", learned["weight"], embed(np.arange(4, -1, -1), ROWS))
    products = np.einsum("hid,hld->hil", q + learned["v"][:, None], rows)
    padded = np.concatenate([np.zeros((2, 5, 1)), products], axis=-1).reshape(2, 6, 5)
    shifted = padded[:, 1:].reshape(2, 5, 5)
    content = np.einsum("hid,hjd->hij", q + learned["u"][:, None], k)
    found = scores(q, k, FIVE, FIVE, xl, learned=learned)

    close(np.where(CAUSAL, found, 0), np.where(CAUSAL, (content + shifted) / 2, 0))


@FEW
@given(generators)
def test_without_learned_queries_and_with_a_plain_matrix_rows_of_offsets_are_added_to_keys(rng):
    xl = TransformerXL(1, 6, ROWS)
    q, k, _ = drawn(rng, 1, 5, 6)
    plain = {"u": np.zeros((1, 6)), "v": np.zeros((1, 6)), "weight": np.eye(6)[None]}
    found = scores(q, k, FIVE, FIVE, xl, learned=plain)

    close(found[0, 4, 1], q[0, 4] @ (k[0, 1] + embed([3], ROWS)[0]) / np.sqrt(6))
    close(found[0, 1, 4], q[0, 1] @ (k[0, 4] + embed([-3], ROWS)[0]) / np.sqrt(6))


# DeBERTa: census 3.8 and 6.


def test_buckets_of_the_anchors():
    assert [130, 207, 255, 270] == buckets(np.array([130, 300, 511, 600]), V2).tolist()


def test_buckets_are_the_offsets_themselves_up_to_half_their_number():
    near = np.arange(-128, 129)

    assert (buckets(near, V2) == near).all()


@pytest.mark.parametrize(("count", "distance"), [(4, 4), (4, 5), (8, 64), (32, 128), (128, 512), (256, 512)])
def test_buckets_are_those_of_the_logarithm_wherever_it_is_no_tie(count, distance):
    m, last = count // 2, distance - 1
    one = Deberta(1, 1, distance, count)
    for r in range(m + 1, 3 * distance):
        exponent = (m - 1) * math.log(r / m) / math.log(last / m)
        if abs(exponent - round(exponent)) > 1e-9:
            assert buckets(np.array([r, -r]), one).tolist() == [m + math.ceil(exponent), -m - math.ceil(exponent)]


def test_the_last_distance_is_a_tie_and_takes_the_lower_bucket():
    """ln(511/128)/ln(511/128)·127 is 127, so that 511 is in 255; a last place more would be 256."""
    assert [255, 256] == buckets(np.array([511, 512]), V2).tolist()


@MANY
@given(st.integers(0, 2**53 - 1))
def test_buckets_never_fall(r):
    below, above = buckets(np.array([r, r + 1]), V2)

    assert below <= above <= below + 1


def test_deberta_reads_both_tables_at_query_minus_key_and_the_paper_the_second_at_key_minus_query():
    code, paper = Deberta(1, 1, distance=3), Deberta(1, 1, distance=3, mirrored=True)
    places = [0, 1, 2, 5]
    expected = np.clip(np.subtract.outer(places, places) + 3, 0, 5)

    assert (read(code, "keys", places, places, heads=(1,)) == expected).all()
    assert (read(paper, "keys", places, places, heads=(1,)) == expected).all()
    assert (read(code, "queries", places, places, heads=(1,)) == expected).all()
    assert (read(paper, "queries", places, places, heads=(1,)) == expected.T).all()


@FEW
@given(generators)
def test_three_terms_are_divided_by_the_root_of_three_times_the_width(rng):
    q, k, _ = drawn(rng, 2, 5, 8)
    for terms, n in (((), 1), (("c2p",), 2), (("p2c",), 2), (("c2p", "p2c"), 3)):
        one = Deberta(2, 8, distance=4, terms=terms)
        nothing = {name: np.zeros(shape) for name, shape in one.learned.items()} or None
        close(scores(q, k, FIVE, FIVE, one, learned=nothing), q @ k.swapaxes(-1, -2) / np.sqrt(n * 8))


@FEW
@given(generators)
def test_content_to_position_asks_the_query_and_position_to_content_the_key(rng):
    one = Deberta(1, 8, distance=4)
    q, k, _ = drawn(rng, 1, 5, 8)
    learned = arrays(one, rng)
    found = scores(q, k, FIVE, FIVE, one, learned=learned)
    i, j = 3, 1
    asked = q[0, i] @ learned["keys"][0, 6] + k[0, j] @ learned["queries"][0, 6]

    close(found[0, i, j], (q[0, i] @ k[0, j] + asked) / np.sqrt(24))


# Decomposed: census 3.8.


@FEW
@given(generators)
def test_rows_and_columns_are_read_apart_and_queries_are_not_scaled(rng):
    one = Decomposed((2, 3), 4)
    grid = np.indices((2, 3)).reshape(2, -1).T
    q, k, _ = drawn(rng, 3, 6, 4)
    learned = arrays(one, rng)
    found = scores(q, k, grid, grid, one, learned=learned)
    expected = np.einsum("hid,hjd->hij", q, k) / 2
    for i, (y, x) in enumerate(grid):
        for j, (v, u) in enumerate(grid):
            expected[:, i, j] += q[:, i] @ (learned["rows"][y - v + 1] + learned["columns"][x - u + 2])

    close(found, expected)


# CoPE: census 4.


def test_gates_that_are_open_count_tokens():
    """With σ = 1 the position of a key is the number of tokens from it to the query, both counted: i − j + 1."""
    cope = Cope(8, 1)
    q = np.full((5, 1), 40.0)
    table = np.arange(8.0)[:, None]
    found = scores(q, q, FIVE, FIVE, cope, learned={"table": table}) - scores(q, q, FIVE, FIVE, Attention())

    close(np.where(CAUSAL, found, 0), 40 * np.where(CAUSAL, FIVE[:, None] - FIVE + 1, 0))


def test_gates_that_are_half_open_are_interpolated():
    cope = Cope(4, 2)
    q, k = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]] * 5)
    table = np.array([[0.0, 0], [10, 0], [30, 0], [70, 0]])
    found = scores(q, k, [4], FIVE, cope, learned={"table": table})

    # Five gates of a half: 2.5, 2, 1.5, 1, 0.5, counted from the query.
    close(found, [[50, 30, 20, 10, 5]])


def test_a_gate_that_is_a_quarter_open_is_a_quarter_of_the_way():
    """σ(−ln 3) = 1/4."""
    found = scores([[1.0]], [[-math.log(3)]], [0], [0], Cope(2, 1), learned={"table": [[16.0], [48.0]]})

    close(found, [[24 - math.log(3)]])


def test_a_position_beyond_the_table_is_its_last_row():
    cope = Cope(2, 1)
    q = np.zeros((5, 1)) + 50.0
    found = scores(q, q, FIVE, FIVE, cope, learned={"table": [[0.0], [1.0]]}) - 2500.0

    close(found[4], [50] * 5)


def test_keys_after_the_query_do_not_count():
    rng = np.random.default_rng(0)
    cope = Cope(4, 3)
    q, k, _ = drawn(rng, 5, 3)
    learned = arrays(cope, rng)
    alone = scores(q[:3], k[:3], FIVE[:3], FIVE[:3], cope, learned=learned)

    close(scores(q, k, FIVE, FIVE, cope, learned=learned)[:3, :3], alone)


# PoPE: census 4.


def test_content_is_a_length_and_position_an_angle():
    """softplus(0) = ln 2; frequencies base^(−c/d) over all features, not half of them."""
    q = np.zeros((1, 1, 4))
    found = scores(q, q, [7], [3], Pope(1, 4, base=16.0), learned={"angles": np.zeros((1, 4))})

    close(found[0, 0, 0], math.log(2) ** 2 / 2 * sum(math.cos(4 * w) for w in (1, 1 / 2, 1 / 4, 1 / 8)))


@pytest.mark.parametrize(("angle", "seen"), [(-1.0, -1.0), (0.5, 0.0), (-7.0, -2 * math.pi)])
def test_learned_angles_turn_keys_and_are_clipped(angle, seen):
    q = np.zeros((1, 1, 1))
    found = scores(q, q, [2], [0], Pope(1, 1), learned={"angles": [[angle]]})

    close(found, math.log(2) ** 2 * math.cos(2 - seen))


@FEW
@given(generators)
def test_polar_logits_are_products_of_vectors_of_twice_the_width(rng):
    pope = Pope(3, 4)
    q, k, _ = drawn(rng, 3, 5, 4)
    learned = {"angles": rng.uniform(-6, 0, (3, 4))}
    omega = 10000.0 ** -(np.arange(4) / 4)

    def polar(x, angles):
        size = np.log1p(np.exp(x))
        return np.concatenate([size * np.cos(angles), size * np.sin(angles)], axis=-1)

    angles = np.outer(FIVE, omega)
    expected = polar(q, angles) @ polar(k, angles + learned["angles"][:, None]).swapaxes(-1, -2) / 2
    close(scores(q, k, FIVE, FIVE, pope, learned=learned), expected)


# FoX: census 3.8.


@FEW
@given(generators)
def test_weights_are_multiplied_by_the_gates_after_the_key_up_to_the_query(rng):
    fox = Fox(2)
    q, k, _ = drawn(rng, 2, 5, 4)
    learned = arrays(fox, rng)
    found = scores(q, k, FIVE, FIVE, fox, learned=learned) - scores(q, k, FIVE, FIVE, Attention())
    f = 1 / (1 + np.exp(-learned["gates"]))
    for i in FIVE:
        for j in FIVE[: i + 1]:
            close(np.exp(found[:, i, j]), f[:, j + 1 : i + 1].prod(axis=-1))


def test_gates_that_are_all_alike_are_linear_biases():
    alibi = Alibi(2)
    gates = np.array([[-math.log(math.expm1(2.0**-s))] for s in (4, 8)]) * np.ones((1, 5))  # ln σ(g) = −slope
    q = np.ones((2, 5, 4))
    found = scores(q, q, FIVE, FIVE, Fox(2), learned={"gates": gates})

    close(np.where(CAUSAL, found, 0), np.where(CAUSAL, scores(q, q, FIVE, FIVE, Attention(bias=alibi)), 0))


# FoPE: census 4.


@FEW
@given(generators)
def test_series_of_one_wave_each_are_rotations_and_pairs_without_a_wave_pass_through(rng):
    q, k, _ = drawn(rng, 2, 5, 8)
    same = {name: np.stack([np.eye(3)] * 2) for name in ("cos", "sin")}
    found = scores(q, k, FIVE, FIVE, Fope(2, 8, 3), learned=same)

    close(found, scores(q, k, FIVE, FIVE, Attention(Rotary(Frequencies((0, 0, 0, None))))))


@FEW
@given(generators)
def test_series_of_several_waves_are_sums_of_characters_and_know_where_they_stand(rng):
    fope = Fope(1, 4, 2)
    q, k, _ = drawn(rng, 1, 5, 4)
    learned = arrays(fope, rng)
    near, far = (scores(q, k, FIVE + shift, FIVE + shift, fope, learned=learned) for shift in (0, 1))

    assert np.abs(near - far).max() > 1e-3
    z = np.exp(1j * np.outer(FIVE, [1, 0.01]))
    cos, sin = z.real @ learned["cos"][0], z.imag @ learned["sin"][0]
    a, b = q[0, :, :2], q[0, :, 2:]
    turned = np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)
    c, d = k[0, 0, :2], k[0, 0, 2:]  # the first key stands at 0, where sines vanish
    first = np.concatenate([c, d]) * np.tile(learned["cos"][0].sum(axis=0), 2)
    close(near[0, :, 0], turned @ first / 2)


# What is refused.


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: Shaw(0, 4), "distance must be at least 1; got 0"),
        (lambda: Shaw(2, 4, values=1), "values must be True or False; got 1"),
        (lambda: TransformerXL(2, 4, None), "rows must be Sinusoidal; got None"),
        (lambda: TransformerXL(2, 4, Sinusoidal(Frequencies((0, 1)))), "rows must have one axis"),
        (lambda: TransformerXL(2, 4, Sinusoidal(Frequencies((0,)), prefix=1)), "no prefix"),
        (lambda: Deberta(2, 4, 512, 3), "buckets must be at least 4; got 3"),
        (lambda: Deberta(2, 4, 129, 256), "distance must be at least 130; got 129"),
        (lambda: Deberta(2, 4, terms=("p2p",)), "terms must be one of"),
        (lambda: Deberta(2, 4, terms=("c2p",), mirrored=True), "mirrored must have p2c among its terms"),
        (lambda: Decomposed((0, 3), 4), r"window must be two ints of at least 1; got \(0, 3\)"),
        (lambda: Decomposed((14, 14), 0), "width must be at least 1; got 0"),
        (lambda: Cope(0, 4), "positions must be at least 1; got 0"),
        (lambda: Pope(2, 4, base=1.0), "base must be greater than 1; got 1.0"),
        (lambda: Fope(2, 7, 3), "width must be even; got 7"),
        (lambda: Fope(2, 8, 5), "kept must be at most 4; got 5"),
        (lambda: Fope(2, 8, 4, base=0.5), "base must be greater than 1; got 0.5"),
        (lambda: Fox(0), "heads must be at least 1; got 0"),
        (lambda: Fox(2, Rotary(Frequencies((0, 1)))), "forget gates must have one axis"),
        (lambda: Fox(2, 1), "rotary must be Rotary or None; got 1"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(make, rule):
    with pytest.raises(SpecError, match=rule):
        make()


Q = np.ones((2, 5, 4))


@pytest.mark.parametrize(
    ("attention", "places", "rule"),
    [
        (Shaw(2, 3), FIVE, r"q must have the width 3; got \(2, 5, 4\)"),
        (Shaw(2, 4), FIVE / 2, "positions must be integers up to 2"),
        (TransformerXL(3, 4, ROWS), FIVE, r"q must have shape \(..., 3 heads, n, d\)"),
        (Deberta(3, 4), FIVE, r"q must have shape \(..., 3 heads, n, d\)"),
        (
            Deberta(2, 4),
            np.stack([FIVE] * 2),
            r"positions must leave the heads, their lead a prefix of \(\); got \(2,\)",
        ),
        (Decomposed((2, 2), 4), np.stack([FIVE] * 2, axis=-1), "cells must lie within one window of 2 by 2"),
        (Cope(4, 5), FIVE, "q must have the width 5"),
        (Pope(2, 5), FIVE, "q must have the width 5"),
        (Fox(3), FIVE, r"q must have shape \(..., 3 heads, n, d\)"),
    ],
)
def test_queries_and_positions_that_do_not_fit_are_refused(attention, places, rule):
    learned = arrays(attention, np.random.default_rng(0))
    with pytest.raises(SpecError, match=rule):
        scores(Q, Q, places, places, attention, learned=learned)


@pytest.mark.parametrize(
    ("learned", "rule"),
    [
        (None, "learned must bring exactly gates; got "),
        ({"gates": np.zeros((2, 4))}, r"gates must have shape \(2, 5\); got \(2, 4\)"),
        ({"gates": np.full((2, 5), np.inf)}, "gates must be finite"),
        ({"gates": np.zeros((2, 5)), "more": 1}, "learned must bring exactly gates"),
        ([1], "learned must be a mapping of names to arrays"),
    ],
)
def test_learned_arrays_that_do_not_fit_are_refused(learned, rule):
    with pytest.raises(SpecError, match=rule):
        scores(Q, Q, FIVE, FIVE, Fox(2), learned=learned)


def test_a_layer_may_attend_to_offsets():
    assert Shaw(2, 4) == Layers((None, Shaw(2, 4))).layer(1)


@FEW
@given(generators)
def test_a_key_that_is_masked_has_no_gate_in_cope(rng):
    """A mask is added to the logits before the sigmoid: the key is as if it were not there."""
    cope = Cope(6, 4)
    (q, k, v), learned = rng.standard_normal((3, 5, 4)), {"table": rng.standard_normal((6, 4))}
    hidden, seen = rng.integers(0, 4), np.ones((1, 5), dtype=bool)
    seen[0, hidden] = False
    rest = seen[0]

    found = attend(q[4:], k, v, [4], FIVE, cope, mask=seen, learned=learned)
    without = attend(q[4:], k[rest], v[rest], [4], FIVE[rest], cope, learned=learned)
    np.testing.assert_allclose(found, without, rtol=0, atol=1e-12)


@pytest.mark.parametrize("wide", [1, 5])
def test_values_are_as_wide_as_the_vectors_of_their_offsets(wide):
    learned = arrays(Shaw(2, 4), np.random.default_rng(0))
    with pytest.raises(SpecError, match=r"v must have shape \(2, 5, 4\); got \(2, 5, "):
        attend(Q, Q, np.ones((2, 5, wide)), FIVE, FIVE, Shaw(2, 4), learned=learned)


def test_values_of_offsets_that_overflow_are_refused():
    learned = dict.fromkeys(("keys", "values"), np.full((5, 4), 1.7e308))
    with pytest.raises(SpecError, match="outputs must be finite; got"):
        attend(0 * Q, 0 * Q, 1.7e308 * Q, FIVE, FIVE, Shaw(2, 4), learned=learned)


@pytest.mark.parametrize(
    "attention", [TransformerXL(2, 4, ROWS), Shaw(2, 4), Deberta(2, 4), Cope(3, 4), Pope(2, 4), Fox(2)]
)
def test_no_query_has_no_logits(attention):
    learned = arrays(attention, np.random.default_rng(0))

    assert scores(Q[:, :0], Q, FIVE[:0], FIVE, attention, learned=learned).shape == (2, 0, 5)
