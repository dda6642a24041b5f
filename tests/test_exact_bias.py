"""Certified biases: sound, as accurate as asked for, exact where they are exact; and the same in three renderings."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from arb_reference import holds, number
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import learned_by

from refpos import SpecError
from refpos.catalogue.bias import BIAS
from refpos.exact import bias as certified
from refpos.exact.ball import Ball, ball, within
from refpos.exact.network import layers
from refpos.exact.offsets import bucket, row
from refpos.spec import bias as readable
from refpos.spec import offsets
from refpos.symbolic import bias as symbolic
from refpos.variants.bias import Alibi, Fire, Kerple, Sandwich, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow

BITS = 120
FEW = settings(max_examples=10, derandomize=True)
U = 2.0**-53

VARIANTS = {
    **{name: entry.variant for name, entry in BIAS.items() if not isinstance(entry.variant, SwinContinuous)},
    "alibi, another maximum": Alibi(7, maximum=5.5),
    "alibi in space": Alibi(3, axes=3),
    "buckets of another size": T5Buckets(2, buckets=24, distance=77),
    "a narrow window": SwinWindow(2, (1, 5)),
    "swin v2": SwinContinuous(2, (3, 4), hidden=5),
    "swin v2, trained on another window": SwinContinuous(2, (3, 4), pretrained=(2, 7), hidden=5),
    "swin v2, plain": SwinContinuous(2, (3, 4), hidden=5, coordinates="plain", gain=None, output_bias=True),
    "sandwich of another base": Sandwich(3, 6, base=37.5, first=2, maximum=2.5),
}
NAMES = sorted(VARIANTS)


def brought(variant, rng):
    """Return learned arrays in the range of their method."""
    found = learned_by(variant, rng) or {}
    for name in {"r1", "r2", "c", "threshold"} & set(found):
        found[name] = rng.uniform(0.25, 2.0, found[name].shape)
    return found


def places(variant, rng):
    """Return a query and its keys."""
    axes = axis_count(variant)
    if isinstance(variant, SwinWindow | SwinContinuous):
        grid = np.indices(variant.window).reshape(2, -1).T
        return tuple(grid[0].tolist()), [tuple(one) for one in grid.tolist()]
    if axes > 1:
        return tuple(rng.integers(-99, 99, axes).tolist()), [
            tuple(one) for one in rng.integers(-99, 99, (6, axes)).tolist()
        ]
    return int(rng.integers(4096)), [0, 1, *rng.integers(0, 2**17, 4).tolist()]


def nearest(x):
    """Return a certified number as a float."""
    made = ball(x, 200)
    return float(Fraction(made.mid, 2**200))


def allowed(variant, query, keys, learned, found):
    """Return what a few roundings, and the errors of angles, allow each bias to be off."""
    if isinstance(variant, Sandwich):
        angle = np.abs(np.asarray(keys, float) - query).max() * len(variant.exponents)
        return 8 * U * (angle + variant.width) * variant.heads / variant.maximum
    if isinstance(variant, SwinContinuous | Fire):
        size = {name: np.abs(one) for name, one in learned.items()}
        widest = size["hidden_weight"].sum(axis=1) * 2 + size["hidden_bias"]
        network = (size["output_weight"] @ widest + size.get("output_bias", 0)).max()
        return 32 * U * network * (getattr(variant, "gain", None) or 1)
    return 4 * U * np.abs(found)


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(st.integers(0, 2**32 - 1))
def test_the_readable_bias_is_the_certified_one(name, seed):
    variant, rng = VARIANTS[name], np.random.default_rng(seed)
    query, keys = places(variant, rng)
    learned = brought(variant, rng)
    cls = getattr(variant, "cls", False)
    found = readable.bias([query], keys, variant, learned=learned)[:, -1]
    made = certified.bias(query, [None, *keys] if cls else keys, variant, BITS, learned=learned)
    expected = np.array([[nearest(x) for x in head] for head in made])

    assert (np.abs(found - expected) <= allowed(variant, query, keys, learned, found)).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bits", [1, 64, 300])
def test_every_ball_is_as_narrow_as_asked_for(name, bits):
    variant, rng = VARIANTS[name], np.random.default_rng(7)
    query, keys = places(variant, rng)
    made = certified.bias(query, keys, variant, bits, learned=brought(variant, rng))

    assert len(made) == variant.heads
    assert all(within(x, bits) for head in made for x in head)


def referred(variant, i, j, learned):
    """Return the biases of the heads as Arb has them."""
    if isinstance(variant, Alibi):
        d = sum(((arb(a) - b) ** 2 for a, b in zip(i, j, strict=True)), arb(0)).sqrt()
        n = 2 ** int(math.log2(variant.heads))
        ranks = [arb(k) / n for k in range(1, n + 1)] + [arb(2 * k + 1) / (2 * n) for k in range(variant.heads - n)]
        return [-(arb(2) ** (-number(variant.maximum) * e)) * d for e in ranks]
    d = abs(arb(i) - j)
    if isinstance(variant, Kerple):
        pairs = [(number(a), number(b)) for a, b in zip(learned["r1"], learned["r2"], strict=True)]
        log = variant.kernel == "logarithmic"
        return [-a * ((1 + b * d).log() if log else d**b if d > 0 else arb(0)) for a, b in pairs]
    if isinstance(variant, Sandwich):
        waves = range(variant.first, variant.first + variant.width // 2)
        angles = [d * number(variant.base) ** (arb(-2 * one) / variant.width) for one in waves]
        total = sum((one.cos() for one in angles), arb(-variant.width) / 2)
        return [total * variant.heads / (number(variant.maximum) * h) for h in range(1, variant.heads + 1)]
    c, threshold = (number(float(learned[name])) for name in ("c", "threshold"))
    ratio = (1 + c * d).log() / ((1 + c * max(arb(i), threshold)).log() + number(variant.epsilon))
    return networked(learned, [ratio])


def networked(learned, x):
    rows = zip(learned["hidden_weight"], learned["hidden_bias"], strict=True)
    hidden = [sum((number(w) * one for w, one in zip(row, x, strict=True)), number(b)).max(arb(0)) for row, b in rows]
    last = learned.get("output_bias", np.zeros(len(learned["output_weight"])))
    return [
        sum((number(w) * one for w, one in zip(row, hidden, strict=True)), number(b))
        for row, b in zip(learned["output_weight"], last, strict=True)
    ]


@pytest.mark.parametrize(
    "variant",
    [
        Alibi(13, axes=2),
        Alibi(3, axes=3, maximum=2.75),
        Kerple(4),
        Kerple(4, "power"),
        Sandwich(3, 8),
        Sandwich(3, 10, base=37.5, first=1, maximum=3),
        Fire(2, hidden=6),
        Fire(2, hidden=6, epsilon=1e-6),
    ],
    ids=str,
)
@FEW
@given(st.integers(0, 2**32 - 1))
def test_a_ball_holds_what_arb_has(variant, seed):
    rng = np.random.default_rng(seed)
    query, keys = places(variant, rng)
    learned = brought(variant, rng)
    made = certified.bias(query, keys, variant, BITS, learned=learned)

    for column, key in enumerate(keys):
        for head, expected in zip(made, referred(variant, query, key, learned), strict=True):
            assert holds(head[column], expected)


@FEW
@given(st.integers(0, 2**32 - 1), st.sampled_from(["scaled", "plain"]))
def test_a_ball_of_a_window_holds_what_arb_has(seed, coordinates):
    variant, rng = SwinContinuous(2, (3, 4), hidden=5, coordinates=coordinates), np.random.default_rng(seed)
    query, keys = places(variant, rng)
    learned = brought(variant, rng)
    made = certified.bias(query, keys, variant, BITS, learned=learned)

    for column, key in enumerate(keys):
        sizes = [(arb(abs(a - b)), (a > b) - (a < b), n) for a, b, n in zip(query, key, (3, 4), strict=True)]
        scaled = coordinates == "scaled"
        c = [s * ((1 + 8 * d / (n - 1)).log() / arb(8).log() if scaled else (1 + d).log()) for d, s, n in sizes]
        for head, expected in zip(made, networked(learned, c), strict=True):
            assert holds(head[column], 16 / (1 + (-expected).exp()))


def test_what_is_rational_is_a_fraction():
    power = {"r1": [2.0], "r2": [0.5]}
    zeros = {name: np.zeros(shape) for name, shape in SwinContinuous(1, (3, 3), hidden=2).learned.items()}

    assert ((Fraction(-5, 256),),) == certified.bias((0, 0), [(3, 4)], Alibi(1, axes=2), 8)
    assert Fraction(-1, 2) == certified.bias(1, [0, 2], Alibi(8, reference="last-key"), 8)[0][0] / 2
    assert ((Fraction(-6), Fraction(0)),) == certified.bias(9, [0, 9], Kerple(1, "power"), 8, learned=power)
    assert ((Fraction(0),),) == certified.bias(5, [5], Kerple(1), 8, learned=power)
    assert ((Fraction(0),),) == certified.bias(5, [5], Sandwich(1, 8), 8)
    quotient = {"hidden_weight": [[1.0]], "hidden_bias": [0.0], "output_weight": [[1.0]], "output_bias": [0.0]}
    quotient |= {"c": 1.25, "threshold": 1.0}  # ln (9/4) / ln (27/8)
    assert ((Fraction(2, 3),),) == certified.bias(
        Fraction(19, 10), [Fraction(9, 10)], Fire(1, hidden=1), 8, learned=quotient
    )
    assert ((Fraction(8),),) == certified.bias((0, 0), [(2, 1)], SwinContinuous(1, (3, 3), hidden=2), 8, learned=zeros)


def test_a_ball_that_spans_zero_passes_the_network_soundly():
    given = {"hidden_weight": ((Fraction(1),),), "hidden_bias": (Fraction(0),), "output_weight": ((Fraction(2),),)}

    assert (Ball(0, 8, 4),) == layers((Ball(-1, 4, 4),), given)


def test_no_keys_are_no_biases():
    assert ((), ()) == certified.bias(3, [], Alibi(2), 8)


# Indices: three renderings of one integer.

TABLES = [
    T5Buckets(1),
    T5Buckets(1, bidirectional=False),
    T5Buckets(1, buckets=24, distance=77),
    T5Buckets(1, buckets=9, distance=128, bidirectional=False),
    T5Buckets(1, buckets=4, distance=2),
    T5Buckets(1, buckets=2, distance=2, bidirectional=False),
]


@pytest.mark.parametrize("variant", TABLES, ids=str)
def test_three_renderings_have_the_same_buckets(variant):
    offsets_of = range(-variant.distance - 3, variant.distance + 4)
    expected = [bucket(r, variant) for r in offsets_of]

    assert expected == offsets.index([0], offsets_of, variant)[0].tolist()
    assert expected == [int(symbolic.bucket(r, variant)) for r in offsets_of]


@settings(max_examples=200, derandomize=True)
@given(st.integers(2, 40), st.integers(1, 10**6), st.booleans(), st.integers(-(10**6), 10**6))
def test_the_bounds_of_buckets_are_the_inequality(half, more, bidirectional, relative):
    variant = T5Buckets(1, 2 * half, 2 * half + more, bidirectional)

    assert bucket(relative, variant) == offsets.index([0], [relative], variant)[0, 0]


@pytest.mark.parametrize("window", [(1, 1), (1, 5), (4, 3)])
@pytest.mark.parametrize("cls", [False, True])
def test_the_index_of_cells_is_the_same_and_can_be_undone(window, cls):
    grid = [tuple(one) for one in np.indices(window).reshape(2, -1).T.tolist()]
    tokens = [None, *grid] if cls else grid
    variant = SwinWindow(1, window, cls)
    expected = [list(certified.index(one, tokens, variant)) for one in tokens]
    inner = expected[1:] if cls else expected

    assert expected == offsets.index(grid, grid, variant).tolist()
    for i, line in zip(grid, inner, strict=True):
        assert [row(one, window) for one in line[int(cls) :]] == [(i[0] - j[0], i[1] - j[1]) for j in grid]
        assert [symbolic.bias(i, j, variant)[0].indices[0] for j in grid] == line[int(cls) :]


# Symbols.

CLOSED = [Alibi(5), Alibi(3, axes=2), Alibi(3, reference="origin"), Sandwich(2, 6), Sandwich(3, 4, first=1, maximum=2)]


@pytest.mark.parametrize("variant", [*CLOSED, Kerple(2), Kerple(2, "power"), Alibi(3, reference="last-key")], ids=str)
def test_the_closed_form_is_the_certified_bias(variant):
    rng = np.random.default_rng(3)
    query, keys = places(variant, rng)
    learned = {name: np.ceil(16 * one) / 16 for name, one in brought(variant, rng).items()}
    made = certified.bias(query, keys, variant, BITS, learned=learned)
    numbers = {symbolic.LAST: max(keys)} if axis_count(variant) == 1 else {}
    for h in range(variant.heads if learned else 0):
        numbers |= {
            table[h]: sympy.Rational(float(learned[table.label.name][h])) for table in (symbolic.R1, symbolic.R2)
        }
    for column, key in enumerate(keys):
        for head, closed in zip(made, symbolic.bias(query, key, variant), strict=True):
            value = sympy.N(closed.subs(numbers), 60)
            assert abs(float(value - sympy.Rational(*exactly(head[column])))) <= 2.0 ** (1 - BITS)


def exactly(x):
    made = ball(x, 256)
    return made.mid, 2**256


def test_the_closed_form_of_fire_and_swin_v2_gives_what_the_network_is_given():
    network = {"hidden_weight": [[1.0]], "hidden_bias": [0.0], "output_weight": [[1.0]], "output_bias": [0.0]}
    learned = {"c": 0.25, "threshold": 50.0, **network}
    (closed,) = symbolic.bias(70, 30, Fire(1, hidden=1))
    ratio = closed.args[1].subs({symbolic.C: sympy.Rational(1, 4), symbolic.THRESHOLD: 50})
    (scaled,) = symbolic.bias((2, 0), (0, 1), SwinContinuous(1, (3, 5)))

    assert nearest(certified.bias(70, [30], Fire(1, hidden=1), 80, learned=learned)[0][0]) == float(sympy.N(ratio, 30))
    (network_of,) = scaled.atoms(sympy.core.function.AppliedUndef)
    assert [sympy.log(9) / sympy.log(8), -sympy.log(3) / sympy.log(8)] == list(network_of.args[1:])


# What is refused: as in the readable room.


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (
            lambda: certified.bias(0, [None], Alibi(1), 8),
            "no class token; got None",
        ),
        (
            lambda: certified.index(None, [(0, 0)], SwinWindow(1, (3, 3))),
            "positions must be numbers",
        ),
        (lambda: certified.index(0.5, [0], T5Buckets(1)), "positions must be integers; got"),
        (
            lambda: certified.index((0, 0), [(0, 3)], SwinWindow(1, (3, 3))),
            "cells must lie within one window of 3 by 3",
        ),
        (lambda: certified.bias((0, 1), [0], Alibi(1), 8), r"a position must have 1 coordinates; got \(0, 1\)"),
        (lambda: certified.bias(0, [0], T5Buckets(1), 8), r"learned must bring exactly table; got \[\]"),
        (
            lambda: certified.bias(0, [0], T5Buckets(1), 8, learned={"table": [[1.0]]}),
            r"table must have shape \(32, 1\)",
        ),
        (lambda: certified.bias(0, [0], Kerple(1), 8, learned={"r1": [1], "r2": [math.nan]}), "of finite numbers; got"),
        (
            lambda: certified.bias(0, [0], Kerple(1), 8, learned={"r1": [0], "r2": [1]}),
            "r1 must be greater than 0; got",
        ),
        (
            lambda: certified.bias(0, [0], Kerple(1, "power"), 8, learned={"r1": [1], "r2": [3]}),
            "r2 must be at most 2; got",
        ),
        (lambda: symbolic.bias((0, 1), 0, Alibi(1)), "a position must have 1 coordinates; got"),
    ],
)
def test_what_breaks_a_rule_is_told_with_its_value(make, rule):
    with pytest.raises(SpecError, match=rule):
        make()
