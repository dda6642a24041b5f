"""Attention in symbols: identities of the literature, and the same numbers as the readable rendering."""

import numpy as np
import pytest
import sympy
from sympy import Rational, cos, log, simplify, sin, symbols

from refpos import Frequencies, Mscale, Rotary, SpecError, XPos
from refpos.spec import attention as readable
from refpos.spec.relative import buckets
from refpos.symbolic.attention import KEYS, bucket, carried, clipped, distance, divisor, score
from refpos.symbolic.relative import COSINES, SINES, series
from refpos.symbolic.rotary import rotation
from refpos.variants.attention import Attention, Fope, LinearAttention, ReRope, RmsNorm
from refpos.variants.bias import Alibi
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor

P_I, P_J, D = symbols("i j D", real=True)
W, K = symbols("w k", positive=True)
Q, KEY = symbols("q:4", real=True), symbols("k:4", real=True)
TWO = Rotary(Frequencies((0, 0), base=100))


def quadratic(rho):
    """Return qᵀ R_ρ k."""
    return (sympy.Matrix(Q).T * rotation(TWO, 4, rho) * sympy.Matrix(KEY))[0]


def equal(one, other):
    """Whether two expressions are one, their cosines and sines written as exponentials and multiplied out."""
    return sympy.expand((one - other).rewrite(sympy.exp)) == 0


# Identity 1, and 11: ReRoPE.


def test_turned_logits_depend_on_the_offset():
    found = score(Q, KEY, P_I, P_J, Attention(TWO, scale=1.0))

    assert equal(found, quadratic(P_J - P_I))
    assert not equal(found, quadratic(P_I - P_J))


@pytest.mark.parametrize("factor", [None, 2.0, 0.5])
def test_both_logits_of_rerope_are_q_turned_back_by_the_distance(factor):
    given = ReRope(3, factor)
    near, far = score(Q, KEY, P_I, P_J, Attention(TWO, scale=1.0, rectify=given)).args
    pace = 0 if factor is None else 1 / Rational(factor)

    assert equal(near.expr, quadratic(-(P_I - P_J)))
    assert equal(far.expr, quadratic(-(3 + (P_I - P_J - 3) * pace)))
    assert not equal(far.expr, quadratic(3 + (P_I - P_J - 3) * pace))


def test_the_far_logit_of_rerope_is_not_as_the_post_prints_it():
    """9708 prints (R^w q)ᵀ k = qᵀ R^w k; they differ by 2 sin of the planes' angles."""
    _, far = score(Q, KEY, P_I, P_J, Attention(TWO, scale=1.0, rectify=ReRope(3))).args
    wrong = simplify(quadratic(3) - far.expr)

    only = dict.fromkeys((*Q[1:], *KEY[:2], KEY[3]), 0)
    assert simplify(wrong.subs(only) + 2 * Q[0] * KEY[2] * sin(3)) == 0


def test_the_lesser_of_two_distances_is_the_rectified_one_for_a_factor_of_at_least_1():
    """D − (w + (D − w)/k) = (D − w)(1 − 1/k): negative before the window exactly where k > 1."""
    difference = D - (W + (D - W) / K)

    assert simplify(difference - (D - W) * (1 - 1 / K)) == 0
    assert [2 * distance(d, ReRope(4, 2)) for d in range(10)] == [0, 2, 4, 6, 8, 9, 10, 11, 12, 13]
    assert all(distance(d, ReRope(4, 2)) == min(d, 4 + Rational(d - 4, 2)) for d in range(-5, 20))
    assert all(distance(d, ReRope(4, 0.5)) == max(d, 4 + 2 * (d - 4)) for d in range(-5, 20))


def test_the_two_pieces_of_a_distance_meet_at_the_window():
    (near, _), (far, _) = distance(D, ReRope(4, 2)).args

    assert near.subs(D, 4) == far.subs(D, 4) == 4
    assert (sympy.diff(near, D), sympy.diff(far, D)) == (1, Rational(1, 2))


# Identity 14: VO-RoPE.


def test_a_value_is_turned_by_the_offset():
    sides = Attention(TWO, rotate=("value", "output"))

    assert simplify(carried(P_I, P_J, sides, 4) - rotation(TWO, 4, P_J - P_I)) == sympy.zeros(4)


def test_a_value_that_is_not_turned_back_keeps_its_own_angle():
    assert carried(P_I, P_J, Attention(TWO, rotate=("value",)), 4) == rotation(TWO, 4, P_J)


# Identity 12: xPos.


def test_logits_of_xpos_are_those_of_rope_times_zeta_to_the_offset_whatever_the_centre():
    turned = Rotary(Frequencies((0, 0), base=100), pairing="interleaved", growth=XPos(512, 7))
    found = score((Q[0], 0, 0, 0), (KEY[0], 0, 0, 0), P_I, P_J, Attention(turned, scale=1.0))
    zeta = Rational(2, 7)

    assert simplify(found / (Q[0] * KEY[0] * cos(P_I - P_J) * zeta ** ((P_I - P_J) / 512))) == 1


# Temperatures.


def test_temperatures():
    def tau(given):
        return score([1], [1], P_I, P_J, Attention(scale=1.0, temperature=given))

    assert tau(LogFloor(0.5, 8192, offset=1)) == 1 + log(1 + sympy.floor((P_I + 1) / 8192)) / 2
    assert tau(LogCount(512, clip=False)) == log(P_I + 1) / log(512)
    assert tau(LogCount(512, "keys", clip=False)) == log(KEYS) / log(512)
    assert simplify(tau(LogCount(512, 4096))) == Rational(4, 3)


# The same numbers.

VARIANTS = {
    "rotary": Attention(TWO),
    "rerope": Attention(TWO, rectify=ReRope(2)),
    "leaky": Attention(TWO, rectify=ReRope(2, 3)),
    "xpos": Attention(Rotary(Frequencies((0, 0)), growth=XPos(512, 2))),
    "part": Attention(Rotary(Frequencies((0,)), offset=-2), scale=InverseRoot(magnitude=Mscale(40))),
    "alibi": Attention(TWO, Alibi(2), bias_scaled=True),
    "cosine": Attention(TWO, normalise="cosine", temperature=LogCount(4)),
    "key": Attention(TWO, normalise="key"),
    "root mean squares": Attention(TWO, normalise=RmsNorm(0.25)),
    "floors": Attention(temperature=LogFloor(0.1, 3, offset=1)),
}


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_the_readable_logits_are_those_of_the_symbols(name):
    variant, rng = VARIANTS[name], np.random.default_rng(0)
    q, k = rng.integers(-9, 10, (2, 2, 5, 4)).astype(float)
    places = np.arange(5)
    found = readable.scores(q, k, places, places, variant)
    for h, i, j in ((0, 4, 0), (1, 2, 1), (1, 0, 3), (0, 3, 0), (1, 2, 0)):
        made = score(q[h, i].tolist(), k[h, j].tolist(), i, j, variant, head=h)
        assert float(sympy.N(made, 30)) == pytest.approx(found[h, i, j], rel=1e-13, abs=1e-12)


# What is learned: its names, and those of the symbols.

LEARNED = {
    "shaw": (Shaw(2, 4), {"A": "keys"}),
    "transformer-xl": (TransformerXL(2, 4, Sinusoidal(Frequencies((0, 0)))), {"u": "u", "v": "v", "W": "weight"}),
    "deberta": (Deberta(2, 4, distance=3), {"A": "keys", "Q": "queries"}),
    "deberta-paper": (Deberta(2, 4, distance=3, mirrored=True), {"A": "keys", "Q": "queries"}),
    "deberta-v2": (Deberta(2, 4, distance=16, buckets=4), {"A": "keys", "Q": "queries"}),
    "decomposed": (Decomposed((2, 3), 4), {"H_y": "rows", "H_x": "columns"}),
    "pope": (Pope(2, 4), {"delta": "angles"}),
    "fope": (Fope(2, 4, 2), {"c": "cos", "s": "sin"}),
    "fox": (Fox(2, TWO), {"g": "gates"}),
    "linear": (LinearAttention(TWO), {}),
    "linear-cosine": (LinearAttention(TWO, "cosine"), {}),
}


def put_in(expression, names, learned):
    """Return an expression with numbers for what is learned."""
    expression = expression.doit()
    entries = {
        one: learned[names[str(one.base)]][tuple(map(int, one.indices))] for one in expression.atoms(sympy.Indexed)
    }
    return float(sympy.N(expression.xreplace({one: Rational(float(x)) for one, x in entries.items()}), 30))


@pytest.mark.parametrize("name", LEARNED)
def test_the_readable_logits_are_those_of_the_symbols_with_what_is_learned(name):
    (variant, names), rng = LEARNED[name], np.random.default_rng(1)
    q, k = rng.integers(-9, 10, (2, 2, 5, 4)) / 4
    shapes = {key: tuple(5 if n == -1 else n for n in shape) for key, shape in variant.learned.items()}
    learned = {key: rng.integers(-16, 17, shape) / 8 for key, shape in shapes.items()}
    places = [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] if name == "decomposed" else list(range(5))
    found = readable.scores(q, k, places, places, variant, learned=learned or None)
    for h, i, j in ((0, 4, 0), (1, 2, 1), (0, 3, 3), (1, 4, 2)):
        made = score(q[h, i].tolist(), k[h, j].tolist(), places[i], places[j], variant, head=h)
        assert put_in(made, names, learned) == pytest.approx(found[h, i, j], rel=1e-13, abs=1e-12)


@pytest.mark.parametrize("kernel", ["elu", "cosine"])
def test_weights_of_linear_attention_are_divided_by_the_sum_of_what_keys_add(kernel):
    variant, rng = LinearAttention(TWO, kernel), np.random.default_rng(2)
    q, k, v = rng.integers(-9, 10, (3, 3, 4)).astype(float)
    found = readable.attend(q, k, v[:, :1], range(3), range(3), variant)
    weights = [score(q[2].tolist(), one.tolist(), 2, j, variant) for j, one in enumerate(k)]
    total = sum(divisor(q[2].tolist(), one.tolist(), 2, j, variant) for j, one in enumerate(k))
    due = sum(w * Rational(x) for w, x in zip(weights, v[:, 0].tolist(), strict=True)) / total

    assert float(sympy.N(due, 20)) == pytest.approx(found[2, 0], rel=1e-13)


def test_series_whose_matrices_are_the_identity_are_rope():
    one = Fope(heads=1, width=4, kept=2, base=100.0)
    same = {table[0, a, b]: int(a == b) for table in (COSINES, SINES) for a in range(2) for b in range(2)}

    assert series(P_I, one).subs(same) == rotation(TWO, 4, P_I)


def test_logits_of_series_depend_on_more_than_the_offset():
    found = score((Q[0], 0, 0, 0), (KEY[0], 0, 0, 0), P_I, P_J, Fope(heads=1, width=4, kept=2))
    shifted = score((Q[0], 0, 0, 0), (KEY[0], 0, 0, 0), P_I + 1, P_J + 1, Fope(heads=1, width=4, kept=2))

    assert not equal(found, shifted)


def test_the_shift_of_transformer_xl_is_sinusoids_of_the_offset():
    rows = Sinusoidal(Frequencies((0,)))
    found = score([1], [0], P_I, P_J, TransformerXL(1, 1, rows))
    u, v, weight = (sympy.IndexedBase(name) for name in "uvW")

    assert not found.has(u)
    assert equal(found, (1 + v[0, 0]) * (weight[0, 0, 0] * sin(P_I - P_J) + weight[0, 0, 1] * cos(P_I - P_J)))


def test_rows_of_tables():
    one = Deberta(1, 1, 512, 256)
    offsets = [-600, -129, -128, 0, 5, 130, 300, 511, 600]

    assert [bucket(r, one) for r in offsets] == buckets(np.array(offsets), one).tolist()
    assert [clipped(r, Shaw(2, 1)) for r in (-9, -2, 0, 1, 3)] == [0, 0, 2, 3, 4]


def test_what_does_not_fit_is_refused():
    with pytest.raises(SpecError, match="queries and keys must have one width"):
        score([1, 2], [1], P_I, P_J, Attention())
    with pytest.raises(SpecError, match="attention must be one of those that are described"):
        score([1], [1], P_I, P_J, TWO)
    with pytest.raises(SpecError, match="attention must have positions that no content counts"):
        score([1], [1], P_I, P_J, Cope(4, 1))
    with pytest.raises(SpecError, match="q must have the width 1; got 2"):
        score([1, 2], [1, 2], P_I, P_J, Shaw(2, 1))
    with pytest.raises(SpecError, match="a position must have 2 coordinates"):
        score([1], [1], P_I, P_J, Decomposed((2, 3), 1))
    with pytest.raises(SpecError, match="exact numbers, not floats"):
        score([sympy.Float(1.5)], [1], P_I, P_J, Attention())
