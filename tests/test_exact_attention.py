"""Certified attention: sound, as narrow as asked for, exact where it is; and the same in three renderings."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from arb_reference import holds
from flint import arb
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, MANY, generators

from refpos import Dense, Frequencies, Mscale, Rotary, Sinusoidal, SpecError, XPos
from refpos.exact import attention as certified
from refpos.exact import logits
from refpos.exact.ball import Ball, within
from refpos.exact.logits import distance
from refpos.exact.relative import bucket, clipped, row
from refpos.spec.attention import attend, scores
from refpos.spec.relative import buckets, rows
from refpos.spec.relative import clipped as readable_clip
from refpos.variants.attention import Attention, Chunks, Fope, LinearAttention, Local, ReRope, RmsNorm
from refpos.variants.bias import Alibi, Kerple, T5Buckets
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor

BITS = 100
SLOW = Rotary(Frequencies((0,) * 4, base=100.0))
PARTS = Rotary(Frequencies((0,) * 2), pairing="interleaved", write="half", offset=-4, attention_factor=Mscale(4))
ROWS = Sinusoidal(Frequencies((0,) * 3), order="sin-cos")
ALL = ("query", "key", "value", "output")

VARIANTS = {
    "plain": Attention(),
    "rotary": Attention(SLOW),
    "parts of features": Attention(PARTS, scale=InverseRoot(magnitude=Mscale(40))),
    "parts of features, cosines": Attention(PARTS, normalise="cosine"),
    "parts of features, linear": LinearAttention(PARTS, "cosine"),
    "learned frequencies": Attention(Rotary(Dense(1, 4))),
    "xpos": Attention(replace(SLOW, growth=XPos(512.0, 3.0))),
    "xpos, cosines": Attention(replace(SLOW, growth=XPos(8.0, 3.0)), normalise="cosine"),
    "xpos, keys of length 1": Attention(replace(SLOW, growth=XPos(8.0, 3.0)), normalise="key"),
    "xpos, root mean squares": Attention(replace(SLOW, growth=XPos(8.0, 3.0)), normalise=RmsNorm(1e-5)),
    "xpos, linear": LinearAttention(replace(SLOW, growth=XPos(8.0, 3.0)), "cosine"),
    "alibi": Attention(bias=Alibi(2)),
    "alibi, scaled": Attention(SLOW, Alibi(2, reference="last-key"), bias_scaled=True),
    "kerple": Attention(bias=Kerple(2), scale=0.5),
    "t5": Attention(bias=T5Buckets(2), scale=1.0),
    "floors": Attention(SLOW, temperature=LogFloor(0.1, 3, offset=1)),
    "counts": Attention(SLOW, temperature=LogCount(4)),
    "counted keys": Attention(temperature=LogCount(512, "keys", clip=False)),
    "natural logarithms": Attention(temperature=LogCount(None, 256, 4.0), normalise="cosine"),
    "keys of length 1": Attention(SLOW, normalise="key", scale=1.0),
    "root mean squares": Attention(SLOW, normalise=RmsNorm(1e-5)),
    "rerope": Attention(SLOW, rectify=ReRope(2)),
    "leaky rerope": Attention(SLOW, rectify=ReRope(2, 3)),
    "inverse leaky rerope": Attention(SLOW, rectify=ReRope(1.5, 0.0625)),
    "values": Attention(SLOW, rotate=ALL),
    "values alone": Attention(SLOW, rotate=("value", "output")),
    "values that stay turned": Attention(SLOW, rotate=("query", "key", "value")),
    "near": Attention(SLOW, reach=Local(2)),
    "chunks": Attention(SLOW, reach=Chunks(3)),
    "linear": LinearAttention(SLOW),
    "linear, cosines": LinearAttention(SLOW, "cosine"),
    "shaw": Shaw(2, 8),
    "shaw, keys alone": Shaw(2, 8, values=False),
    "transformer-xl": TransformerXL(2, 8, ROWS),
    "deberta": Deberta(2, 8, distance=3),
    "deberta, mirrored": Deberta(2, 8, distance=3, mirrored=True),
    "deberta-v2": Deberta(2, 8, distance=64, buckets=8),
    "decomposed": Decomposed((3, 4), 8),
    "cope": Cope(4, 8),
    "pope": Pope(2, 8),
    "fox": Fox(2, SLOW),
    "fope": Fope(2, 8, 3),
}
NAMES = sorted(VARIANTS)


def few_bits(rng, *shape):
    """Return numbers that have few bits, so that float64 holds their sums."""
    return rng.integers(-64, 65, shape) / 32


def drawn(name, rng, keys=5):
    """Return queries, keys and values of two heads, positions, and learned arrays."""
    variant = VARIANTS[name]
    grid = np.indices((3, 4)).reshape(2, -1).T
    places = rng.permutation(grid)[:keys] if isinstance(variant, Decomposed) else rng.permutation(12)[:keys]
    shapes = {one: tuple(keys if n == -1 else n for n in shape) for one, shape in variant.learned.items()}
    learned = {one: few_bits(rng, *shape) for one, shape in shapes.items()}
    for one in {"r1", "r2"} & set(learned):
        learned[one] = np.abs(learned[one]) + 0.5
    return variant, few_bits(rng, 3, 2, keys, 8), places, learned or None


def nearest(x):
    if x is None:
        return -np.inf
    return float(Fraction(x.mid) / Fraction(2) ** x.scale) if isinstance(x, Ball) else float(x)


def place(p):
    return p.tolist() if isinstance(p, np.ndarray) else int(p)


def asked(q, k, places, i, h):
    return q[h, i].tolist(), k[h].tolist(), place(places[i]), [place(p) for p in places]


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(generators)
def test_the_readable_logits_are_the_certified_ones(name, rng):
    variant, (q, k, _), places, learned = drawn(name, rng)
    found = scores(q, k, places, places, variant, learned=learned)
    for h, i in ((0, 0), (1, 3)):
        made = certified.scores(*asked(q, k, places, i, h), variant, BITS, learned=learned, head=h)

        # Features are at most 2, angles at most 12: each of some dozens of terms is a few roundings off.
        np.testing.assert_allclose(found[h, i], [nearest(x) for x in made], rtol=1e-13, atol=2e-13)


LOUD = replace(SLOW, attention_factor=2.0, pairing="interleaved", columns="tiled")
"""A rotary that does not keep lengths, and not all of them alike."""

CHOICES = [
    {"bias": Alibi(2)},
    {"temperature": LogCount(4)},
    {"normalise": "key"},
    {"normalise": "cosine"},
    {"normalise": RmsNorm(0.5)},
    {"rectify": ReRope(3)},
    {"rectify": ReRope(3, 2)},
    {"reach": Local(4)},
    {"scale": 0.5},
]


@pytest.mark.parametrize("pair", [one | other for one, other in combinations(CHOICES, 2) if not set(one) & set(other)])
def test_two_choices_at_once_are_the_same_in_both_renderings(pair):
    rng = np.random.default_rng(7)
    q, k = few_bits(rng, 2, 2, 5, 8)
    places, attention = rng.permutation(12)[:5], Attention(LOUD, **pair)
    made = certified.scores(*asked(q, k, places, 3, 1), attention, BITS, head=1)

    found = scores(q, k, places, places, attention)[1, 3]
    np.testing.assert_allclose(found, [nearest(x) for x in made], rtol=1e-13, atol=2e-13)


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(generators)
def test_the_readable_outputs_are_the_certified_ones(name, rng):
    variant, (q, k, v), places, learned = drawn(name, rng)
    if isinstance(variant, LinearAttention):
        v = np.abs(v)
    found = attend(q, k, v, places, places, variant, learned=learned)
    query, keys, p, others = asked(q, k, places, 2, 1)
    made = certified.attend(query, keys, v[1].tolist(), p, others, variant, BITS, learned=learned, head=1)

    np.testing.assert_allclose(found[1, 2], [nearest(x) for x in made], rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bits", [1, 64, 300])
def test_every_ball_is_as_narrow_as_asked_for_and_holds_what_is_known_better(name, bits):
    variant, (q, k, _), places, learned = drawn(name, np.random.default_rng(5))
    made, better = (
        certified.scores(*asked(q, k, places, 1, 0), variant, n, learned=learned) for n in (bits, bits + 200)
    )

    assert len(made) == 5
    for x, y in zip(made, better, strict=True):
        assert (x is None) == (y is None)
        if x is not None:
            assert within(x, bits)
            assert overlap(x, y)


def ends(x):
    if not isinstance(x, Ball):
        return x, x
    return Fraction(x.mid - x.rad) / Fraction(2) ** x.scale, Fraction(x.mid + x.rad) / Fraction(2) ** x.scale


def overlap(x, y):
    (a, b), (c, d) = ends(x), ends(y)
    return a <= d and c <= b


# Against Arb, from the formula.


def spiral(p, k):
    """Return cosine and sine of plane k of SLOW at a position, as Arb has them."""
    phi = arb(p.numerator) / p.denominator * arb(100) ** (arb(-k) / 4)
    return phi.cos(), phi.sin()


def product(q, k, rho):
    """Return qᵀ R_−ρ k."""
    total = arb(0)
    for n in range(4):
        (a, b), (c, d) = (q[n], q[n + 4]), (k[n], k[n + 4])
        cos, sin = spiral(rho, n)
        total += (a * c + b * d) * cos + (a * d - b * c) * sin
    return total


@pytest.mark.parametrize("rectify", [ReRope(2), ReRope(2, 3), ReRope(1.5, 0.0625), ReRope(100)])
@FEW
@given(generators)
def test_rectified_logits_hold_what_arb_makes_of_the_distance(rectify, rng):
    q, k = rng.integers(-9, 10, (2, 8)).tolist()
    made = certified.scores(q, [k], 11, [4], Attention(SLOW, scale=1.0, rectify=rectify), BITS)[0]

    assert holds(made, product(q, k, distance(Fraction(7), rectify)))


@FEW
@given(generators)
def test_sharpened_logits_hold_what_arb_makes_of_logarithms(rng):
    q, k = rng.integers(-9, 10, (2, 8)).tolist()
    plain = arb(sum(a * b for a, b in zip(q, k, strict=True))) / arb(8).sqrt()
    floors, counts = (Attention(temperature=one) for one in (LogFloor(0.5, 4, offset=1), LogCount(3)))

    assert holds(certified.scores(q, [k], 11, [4], floors, BITS)[0], plain * (1 + arb(4).log() / 2))
    assert holds(certified.scores(q, [k], 11, [4], counts, BITS)[0], plain * arb(12).log() / arb(3).log())


# What is exact.


def test_logits_that_are_rational_are_fractions():
    q, keys = [1, 2, 0, 0], [[0.5, 3, 0, 0], [1, 0, 0, 0]]

    assert (Fraction(13, 4), Fraction(1, 2)) == certified.scores(q, keys, 7, [7, 5], Attention(), 64)
    quotient = Attention(temperature=LogCount(512))
    assert Fraction(4, 3) == certified.scores(q, keys, 4095, [0, 0], quotient, 64)[1] * 2
    floors = Attention(temperature=LogFloor(0.1, 8192, offset=1))
    assert Fraction(1, 2) == certified.scores(q, keys, 8190, [0, 0], floors, 64)[1]
    assert isinstance(certified.scores(q, keys, 8191, [0, 0], floors, 64)[1], Ball)


PLANE, PLANES = Rotary(Frequencies((0,))), Rotary(Frequencies((0, 0)))
WOVEN = replace(PLANES, pairing="interleaved", write="half")
LOUD_PLANE = Rotary(Frequencies((0,), unit="half-turn"), attention_factor=Mscale(40))


@pytest.mark.parametrize(
    ("q", "k", "i", "j", "attention", "due"),
    [
        ([1, 1], [1, 0], Fraction(1, 4), 0, Attention(LOUD_PLANE), 0),
        ([1, 2], [2, -1], 5, 5, Attention(LOUD_PLANE), 0),
        ([1, 0], [1, 0], Fraction(3, 10), Fraction(8, 10), Attention(LOUD_PLANE), 0),
        ([1, 2, 0, 1], [1, 0, 3, 4], 5, 5, Attention(PLANES), Fraction(5, 2)),
        ([1, 2, 0, 1], [1, 0, 3, 4], 5, 5, Attention(WOVEN), Fraction(5, 2)),
        ([1, 2, 0, 1], [1, 0, 3, 4], 9, 1, Attention(PLANES, rectify=ReRope(4, 4)), None),
        ([1, 2, 0, 1], [1, 0, 3, 4], 5, 5, LinearAttention(PLANES), 21),
        ([3, 4], [3, 4], 7, 7, LinearAttention(PLANE, "cosine"), 2),
        ([3, 4], [4, -3], 7, 7, Attention(PLANE, normalise="cosine", scale=1.0), 0),
        ([1, 2, 0, 1], [1, 0, 3, 4], 5, 5, Attention(replace(PLANES, growth=XPos(8, 3.0))), Fraction(5, 2)),
        ([1, 1], [1, 1], 7, 3, Attention(normalise="cosine", scale=1.0), 1),
        ([1, 1], [1, -1], 7, 3, Attention(normalise=RmsNorm(1e-5)), 0),
        ([1, 1], [2, 2], 7, 3, Attention(normalise="cosine", scale=1.0), 1),
        ([1, 2], [1, 2], 3, 3, Attention(LOUD_PLANE, normalise="cosine", scale=1.0), 1),
        ([1, 2], [1, 2], 3, 3, Attention(LOUD_PLANE, normalise=RmsNorm(0.0), scale=1.0), 2),
        ([1, 2], [1, 2], 3, 3, LinearAttention(LOUD_PLANE, "cosine"), 2),
        ([1, 1], [1, 1], 7, 3, Attention(normalise="key"), 1),
        ([8] + [0] * 127, [1] + [0] * 127, 1, 0, Attention(bias=Alibi(16)), 0),
    ],
)
def test_logits_are_fractions_though_what_they_are_made_of_is_not(q, k, i, j, attention, due):
    """What stands in one place is not turned, lengths divide the product, roots stay roots until they are added."""
    (found,) = certified.scores(q, [k], i, [j], attention, 64)

    assert isinstance(found, Ball) if due is None else found == due
    assert due is None or isinstance(found, Fraction)


@pytest.mark.parametrize(
    "name", ["rotary", "xpos", "parts of features", "keys of length 1", "rerope", "linear, cosines", "fox"]
)
def test_a_query_and_a_key_that_are_both_turned_have_the_product_that_their_difference_gives(name, monkeypatch):
    variant, (q, k, _), places, learned = drawn(name, np.random.default_rng(5))
    due = certified.scores(*asked(q, k, places, 1, 0), variant, 80, learned=learned)
    monkeypatch.setattr(logits, "by_difference", lambda *_: False)
    found = certified.scores(*asked(q, k, places, 1, 0), variant, 80, learned=learned)

    assert all(overlap(a, b) for a, b in zip(found, due, strict=True))


def test_waves_whose_weights_cancel_are_not_waves():
    learned = {"u": [[0, 0]], "v": [[0, 0]], "weight": [[[1, 2], [-1, -2]]]}
    rows = Sinusoidal(Frequencies((0,)), order="sin-cos")

    assert (Fraction(0),) == certified.scores([1, 1], [[3, -3]], 5, [2], TransformerXL(1, 2, rows), 64, learned=learned)


@pytest.mark.parametrize(
    ("keys", "values", "attention", "due"),
    [
        ([[1, 0]], [[1, 5]], Attention(PLANE), [1, 5]),
        ([[1, 0]], [[1, 5]], Attention(PLANE, rotate=ALL), [1, 5]),
        ([[1, 0]], [[1, 5]], LinearAttention(PLANE, "cosine"), [1, 5]),
        ([[1, 0], [1, 0]], [[1, 5], [3, 5]], Attention(), [2, 5]),
        ([[1, 0], [2, 0], [9, 1]], [[1, 5]] * 3, Attention(), [1, 5]),
    ],
)
def test_equal_logits_have_equal_weights_and_equal_values_are_their_mean(keys, values, attention, due):
    assert tuple(due) == certified.attend([1, 2], keys, values, 3, [3] * len(keys), attention, 64)


def test_the_value_of_a_key_that_is_not_seen_is_forgotten():
    near = Attention(reach=Local(2))

    assert (1, 5) == certified.attend([1], [[9], [1], [2]], [[7, 7], [1, 5], [1, 5]], 5, [0, 4, 5], near, 64)


def test_weights_of_keys_far_apart_are_small_numbers():
    """The first is e^−16384 of the last: beside it the last would have 23,638 bits before the point."""
    found = certified.attend([0], [[0], [0]], [[1], [3]], 32_767, [0, 32_767], Attention(bias=Alibi(8)), 64)

    assert found[0].mid.bit_length() < 300


def test_weights_that_add_up_to_0_are_refused():
    with pytest.raises(SpecError, match="weights must not add up to 0"):
        certified.attend([1, 2], [[-1, -2]], [[1]], 3, [3], LinearAttention(LOUD_PLANE, "cosine"), 64)


def test_a_key_beyond_the_reach_has_no_logit():
    assert (None, Fraction(1)) == certified.scores([1], [[1], [1]], 5, [3, 4], Attention(reach=Local(2)), 64)


def test_rerope_of_the_facts():
    """9708: w = 4, k = 2."""
    found = [distance(Fraction(d), ReRope(4, 2)) for d in range(10)]

    assert [0, 1, 2, 3, 4, 4.5, 5, 5.5, 6, 6.5] == found


@MANY
@given(st.integers(-30, 60), st.fractions(1, 9), st.fractions(Fraction(1, 9), 9))
def test_a_distance_is_the_lesser_of_two_where_it_leaks_and_the_greater_where_it_is_inverse(d, w, k):
    rectify = ReRope(float(w), float(k))
    w, k = Fraction(rectify.window), Fraction(rectify.factor)
    other = w + (d - w) / k

    assert distance(Fraction(d), rectify) == (min(d, other) if k >= 1 else max(d, other))


@MANY
@given(st.integers(-(2**20), 2**20), st.sampled_from([(256, 512), (32, 128), (8, 64), (4, 4)]))
def test_rows_of_deberta_are_the_same_integers(r, sizes):
    one = Deberta(1, 1, sizes[1], sizes[0])
    readable = rows(np.array([[float(r)]]), np.array([[0.0]]), one)[0, 0]

    assert row(r, one) == readable
    if abs(r) <= sizes[1]:
        assert bucket(r, *sizes) == buckets(np.array([r]), one)[0]


def test_the_last_distance_is_a_tie_and_takes_the_lower_bucket():
    assert [255, 256, -255] == [bucket(r, 256, 512) for r in (511, 512, -511)]


@MANY
@given(st.integers(-99, 99), st.integers(1, 20))
def test_clips_of_shaw_are_the_same_integers(r, k):
    shaw = Shaw(k, 1)

    assert clipped((Fraction(0),), (Fraction(r),), shaw) == readable_clip(
        np.array([[0.0]]), np.array([[float(r)]]), shaw
    )


# What is refused.


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (([1, 2], [[1]], 0, [0], Attention()), "vectors must have the width 2; got"),
        (([], [[]], 0, [0], Attention()), "q must have the width 0"),
        (([1], [], 0, [], Attention()), "there must be a position for each key"),
        (([1], [[1]], 0, [0, 1], Attention()), "there must be a position for each key"),
        (([1], [[float("nan")]], 0, [0], Attention()), "finite numbers"),
        (([1], [[1]], (0, 1), [0], Attention()), "a position must have 1 coordinates"),
        (([1], [[1]], 0, [0], Shaw(1, 2)), "q must have the width 2"),
        (([1], [[1]], 0, [0], Shaw(1, 1)), "learned must bring exactly keys, values"),
        (([0], [[0]], 0, [0], Attention(normalise="key")), "must not be zero"),
        (([1], [[1]], -1, [0], Attention(temperature=LogCount(4))), "temperatures must count from 1"),
        (([1], [[1]], 0, [0], None), "attention must be one of those that are described"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, rule):
    with pytest.raises(SpecError, match=rule):
        certified.scores(*arguments, 64)


def test_a_query_that_sees_no_key_is_refused():
    with pytest.raises(SpecError, match="a query must see a key"):
        certified.attend([1], [[1]], [[1]], 9, [0], Attention(reach=Local(2)), 64)


@pytest.mark.parametrize("v", [[1], [1, 2, 3]])
def test_values_are_as_wide_as_the_vectors_of_their_offsets(v):
    learned = {"keys": [[0, 0]] * 3, "values": [[0, 0]] * 3}
    with pytest.raises(SpecError, match=r"values must have the width 2; got \[1"):
        certified.attend([1, 1], [[1, 1]], [v], 0, [0], Shaw(1, 2), 64, learned=learned)
