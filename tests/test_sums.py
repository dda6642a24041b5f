"""Bounds on sums hold for honest sums in any order, and are not much wider than the worst of them need."""

import itertools
import math

import numpy as np
import pytest
from honest_resizing import honest_weights

from refpos import Frequencies, Rotary, SpecError, rotate
from refpos.oracle.resizing import Weights, resized, weights
from refpos.oracle.rounding import round_to
from refpos.oracle.sums import logarithmic, looked_up, powered, product, sloped
from refpos.oracle.tolerance import Recipe, bound
from refpos.spec import kernels
from refpos.variants.table import Resize

F32, F64 = np.float32, np.float64
DTYPES = ("float64", "float32", "float16", "bfloat16")
RNG = np.random.RandomState(11)


def given(*shape, dtype="float32"):
    """Return numbers that a dtype holds, of many sizes."""
    return round_to(RNG.standard_normal(shape) * 2.0 ** RNG.randint(-6, 6, shape), dtype)


# Scores.


def scored(q, k, dtype, order):
    """Return scores in float32, or float64, summed in some order, and rounded to the dtype."""
    f = F64 if dtype == "float64" else F32
    q, k, d = q.astype(f), k.astype(f), q.shape[-1]
    terms = q[:, None, :] * k[None, :, :]
    match order:
        case "blocks":
            found = q @ k.T
        case "pairs":
            found = terms.sum(axis=-1)
        case "in order":
            found = np.cumsum(terms, axis=-1, dtype=f)[..., -1]
        case "largest first":
            found = np.cumsum(np.take_along_axis(terms, np.argsort(-np.abs(terms), axis=-1), -1), axis=-1, dtype=f)
            found = found[..., -1]
    return round_to(found * f(1 / math.sqrt(d)), dtype)


def score_ratio(dtype, order, d, positive=False):
    q, k = given(40, d, dtype=dtype), given(50, d, dtype=dtype)
    if positive:
        q, k = np.abs(q), np.abs(k)
    want = (q.astype(np.longdouble) @ k.astype(np.longdouble).T) / np.sqrt(np.longdouble(d))
    error = np.abs(scored(q, k, dtype, order) - want).astype(F64)
    return float((error / product(q, k, dtype)).max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["blocks", "pairs", "in order", "largest first"])
def test_scores_in_any_order_are_within_their_bound(dtype, order):
    assert max(score_ratio(dtype, order, d) for d in (1, 2, 3, 16, 64, 80, 128)) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bound_of_scores_is_tight_where_there_is_little_to_sum(dtype):
    assert 0.3 <= max(score_ratio(dtype, "in order", d) for d in (1, 2, 3)) <= 1


def test_the_bound_of_scores_is_met_where_every_sum_rounds_down():
    """1 + u + u + ... with ties to even stays 1: d − 1 roundings of u each."""
    d = 64
    q, k = np.ones((1, d)), np.full((1, d), 2.0**-24)
    k[0, 0] = 1
    error = abs(float(scored(q, k, "float32", "in order")[0, 0]) - (1 + (d - 1) * 2.0**-24) / 8)
    assert 0.9 <= error / float(product(q, k, "float32", roundings=0)[0, 0]) * (d / (d - 1)) <= 1


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sums_in_16_bits_are_outside_the_bound_of_float32_and_within_their_own(dtype):
    q, k = given(40, 24, dtype=dtype), given(50, 24, dtype=dtype)
    found = np.zeros((40, 50))
    for i in range(24):
        found = round_to(found + round_to(q[:, i, None] * k[None, :, i], dtype), dtype)
    error = np.abs(found / 2 - q @ k.T / 2)
    assert (error / product(q, k, dtype, scale=0.5, roundings=0)).max() > 2
    assert (error / product(q, k, dtype, scale=0.5, roundings=0, sums=dtype)).max() <= 1


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_what_rotations_are_off_is_within_the_bound_of_scores(dtype):
    variant, positions, d = Rotary(Frequencies((0,) * 16)), np.arange(0, 4000, 100), 32
    recipe = Recipe(dtype, "power", tables=None if dtype == "float32" else "float32")
    x = [given(len(positions), d, dtype=dtype) for _ in "qk"]
    angles = positions.astype(F32)[:, None] * (F32(1e4) ** (-np.arange(16, dtype=F32) / F32(16)))
    cos, sin = np.cos(angles), np.sin(angles)
    q, k = (
        np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)
        for a, b in (np.split(one.astype(F32), 2, -1) for one in x)
    )
    got = scored(*(round_to(one, dtype) for one in (q, k)), dtype, "pairs")
    due = [rotate(one, positions, variant) for one in x]
    off = [bound(variant, recipe, positions, one) for one in x]
    error = np.abs(got - due[0] @ due[1].T / math.sqrt(d))
    assert 0.02 <= (error / product(*due, dtype, off_q=off[0], off_k=off[1])).max() <= 1
    assert dtype == "float32" or (error / product(*due, dtype)).max() > 1


def test_off_inputs_add_what_they_are_off_by():
    none, some = (product([[3.0]], [[5.0]], "float64", scale=1.0, off_q=off, off_k=2 * off)[0, 0] for off in (0, 0.5))
    assert some - none == pytest.approx(0.5 * 5 + 3 * 1 + 0.5 * 1)


def test_scores_of_batches_and_of_other_widths():
    assert product(np.ones((2, 3, 4, 8)), np.ones((2, 3, 5, 8)), "bfloat16").shape == (2, 3, 4, 5)
    with pytest.raises(SpecError, match="q and k must have as many features"):
        product(np.ones((2, 3)), np.ones((2, 4)), "float32")


# Biases.

DISTANCES = np.unique([*range(300), *(2**j - 1 for j in range(9, 21))]).astype(F64)
FAR = np.unique(2**24 + np.array([*range(1, 400, 2), *(2**j + 1 for j in range(9, 28))])).astype(F64)
"""Distances of which float32 has to round many."""


def worst(got, want, allowed, dtype):
    """Return the largest error over its bound, where the dtype holds what is due."""
    held = np.isfinite(round_to(want, dtype)) & (want != 0)
    assert (round_to(got, dtype)[want == 0] == 0).all()
    return float((np.abs(round_to(got, dtype) - want)[held] / allowed[held]).max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("heads", [8, 12, 16])
def test_slopes_times_distances_are_within_their_bound(dtype, heads):
    f = F64 if dtype == "float64" else F32
    slopes = 2.0 ** (-8 * np.arange(1, heads + 1) / heads)
    got = slopes.astype(f)[:, None] * DISTANCES.astype(f)
    want = slopes.astype(np.longdouble)[:, None] * DISTANCES
    ratio = worst(got, want.astype(F64), sloped(slopes[:, None], DISTANCES, dtype), dtype)
    assert ratio <= 1
    assert ratio > 0.2 or dtype == "float64" or heads == 8


def test_slopes_that_are_powers_of_a_rounded_base_are_within_their_bound():
    h = np.arange(1, 17)
    slopes = 2.0 ** (-h / 2 * 0.93)
    got = (F32(2 ** (-0.5 * 0.93)) ** h.astype(F32))[:, None] * DISTANCES.astype(F32)
    allowed = sloped(slopes[:, None], DISTANCES, "float32", roundings=(h + 2)[:, None])
    assert 0.2 <= worst(got, slopes[:, None] * DISTANCES, allowed, "float32") <= 1


def test_a_slope_in_16_bits_is_outside_the_bound_of_one_in_float32():
    slopes = 2.0 ** (-8 * np.arange(1, 13) / 12)[:, None]
    got = round_to(slopes, "bfloat16") * round_to(DISTANCES, "bfloat16")
    assert worst(got, slopes * DISTANCES, sloped(slopes, DISTANCES, "bfloat16"), "bfloat16") > 1.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_that_are_looked_up_are_rounded_once(dtype):
    table = RNG.standard_normal((32, 8)) * 2.0 ** RNG.randint(-20, 8, (32, 8))
    ratio = worst(table, table, looked_up(table, dtype), dtype)
    assert ratio == 0 if dtype == "float64" else 0.8 <= ratio <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", ["log", "log1p"])
def test_logarithmic_biases_are_within_their_bound(dtype, way):
    f = F64 if dtype == "float64" else F32
    r, s = np.abs(given(20, 1)), np.abs(given(20, 1)) * 2.0**-6
    grown = s.astype(f) * DISTANCES.astype(f)
    got = -r.astype(f) * (np.log(f(1) + grown) if way == "log" else np.log1p(grown))
    exact = np.log1p(s.astype(np.longdouble) * DISTANCES) * r
    ratio = worst(got, -exact.astype(F64), logarithmic(r, s, DISTANCES, dtype), dtype)
    assert 0.1 <= ratio <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_powers_of_distances_are_within_their_bound(dtype):
    f = F64 if dtype == "float64" else F32
    r, s = np.abs(given(20, 1)), round_to(RNG.rand(20, 1) * 2, "float16")
    got = -r.astype(f) * DISTANCES.astype(f) ** s.astype(f)
    exact = (DISTANCES.astype(np.longdouble) ** s * r).astype(F64)
    assert 0.1 <= worst(got, -exact, powered(r, s, DISTANCES, dtype), dtype) <= 1


@pytest.mark.parametrize("exponent", [1.0, 2.0, 3.5])
def test_powers_of_distances_that_float32_rounds_are_within_their_bound(exponent):
    got = F32(-0.7) * FAR.astype(F32) ** F32(exponent)
    exact = (FAR.astype(np.longdouble) ** exponent * np.longdouble(F32(0.7))).astype(F64)
    assert 0.1 <= worst(got, -exact, powered(F32(0.7), exponent, FAR, "float32"), "float32") <= 1


def test_a_distance_that_float32_rounds_is_one_rounding_more_in_the_argument_of_a_logarithm():
    near, far = (logarithmic(1.0, 2.0**-20, [d], "float64")[0] for d in (2**24 - 1, 2**24))
    assert (far - near) * 2.0**53 == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("way", ["log", "log1p"])
def test_logarithms_of_distances_that_float32_rounds_are_within_their_bound(way):
    grown = F32(3) * FAR.astype(F32)
    got = -(np.log(F32(1) + grown) if way == "log" else np.log1p(grown))
    exact = np.log1p(3 * FAR.astype(np.longdouble)).astype(F64)
    assert 0.1 <= worst(got, -exact, logarithmic(1.0, 3.0, FAR, "float32"), "float32") <= 1


ASKED = {
    "sloped": lambda dtype: sloped(1, [1], dtype),
    "looked_up": lambda dtype: looked_up([1], dtype),
    "logarithmic": lambda dtype: logarithmic(1, 1, [1], dtype),
    "powered": lambda dtype: powered(1, 1, [1], dtype),
    "product": lambda dtype: product([[1.0]], [[1.0]], dtype),
    "product, sums": lambda dtype: product([[1.0]], [[1.0]], "float32", sums=dtype),
    "weights": lambda dtype: weights(4, 8, Resize("cubic", a=-0.75), dtype=dtype),
    "weights, points": lambda dtype: weights(4, 8, Resize("cubic", a=-0.75), points=dtype),
    "resized": lambda dtype: resized(np.ones((4, 4)), [weights(4, 8, Resize("linear"))] * 2, dtype),
}


@pytest.mark.parametrize("asked", ASKED)
def test_unknown_dtypes_are_refused(asked):
    with pytest.raises(SpecError, match="dtype must be one of float64, float32, float16, bfloat16; got int32"):
        ASKED[asked]("int32")


# Resizing.


RULES = [
    Resize("linear"),
    Resize("cubic", a=-0.75),
    Resize("cubic", a=-0.5),
    Resize("linear", antialias=True),
    Resize("cubic", a=-0.5, antialias=True),
    Resize("linear", align="corners"),
    Resize("cubic", a=-0.75, align="corners"),
    Resize("cubic", a=-0.75, offset=0.1),
    Resize("cubic", a=-0.5, antialias=True, offset=0.1),
]
CORNERS = Resize("linear", align="corners")
SIZES = [(14, 16), (16, 14), (16, 24), (37, 60), (7, 33), (27, 9), (1, 5), (5, 1), (64, 61)]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("old", "new"), SIZES)
def test_weights_in_float32_are_within_their_bound(rule, old, new):
    due = weights(old, new, rule)
    exact = honest_weights(old, new, rule, np.longdouble)
    assert np.allclose(due.due, exact.astype(F64), rtol=0, atol=1e-13)
    assert np.allclose(due.due, kernels.weights(old, new, rule), rtol=0, atol=1e-13)
    error = np.abs(honest_weights(old, new, rule, F32) - exact).astype(F64)
    assert (error <= due.off).all()


@pytest.mark.parametrize("rule", RULES)
def test_the_bound_of_weights_is_no_more_than_ten_times_what_they_need(rule):
    def ratio(old, new):
        due = weights(old, new, rule)
        exact = honest_weights(old, new, rule, np.longdouble).astype(F64)
        error = np.abs(honest_weights(old, new, rule, F32) - exact)
        return float(np.divide(error, due.off, out=np.zeros_like(error), where=due.off > 0).max())

    assert 0.1 <= max(ratio(*size) for size in SIZES) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rule", RULES)
def test_tables_that_are_resized_are_within_their_bound(dtype, rule):
    f = F64 if dtype == "float64" else F32
    table, found = given(14, 16, 6, dtype=dtype), []
    made = "float64" if dtype == "float64" else "float32"
    for rows, columns in (((14, 37), (16, 20)), ((14, 9), (16, 31))):
        allowed = resized(table, [weights(*one, rule, dtype=made) for one in (rows, columns)], dtype)
        r, c = (honest_weights(*one, rule, np.longdouble) for one in (rows, columns))
        want = np.einsum("ai,bj,ijd->abd", r, c, table.astype(np.longdouble)).astype(F64)
        r, c = (honest_weights(*one, rule, f) for one in (rows, columns))
        once = np.einsum("ai,ijd->ajd", r, table.astype(f))
        got = round_to(np.einsum("bj,ajd->abd", c, once), dtype)
        found.append(float((np.abs(got - want) / allowed).max()))
    assert 0.05 <= max(found) <= 1


@pytest.mark.parametrize("f", [F32, F64])
def test_four_terms_summed_at_once_are_within_the_bound(f):
    """As Qwen3-VL sums its table: points from linspace, weights multiplied first."""
    dtype = np.dtype(f).name
    table, found = given(48, 48, 4, dtype="float32"), []
    for h, w in ((20, 61), (95, 33)):
        points = [np.linspace(0, 47, n).astype(f) for n in (h, w)]
        low = [one.astype(int) for one in points]
        high = [np.minimum(one + 1, 47) for one in low]
        dh, dw = (one - at.astype(f) for one, at in zip(points, low, strict=True))
        got = np.zeros((h, w, 4), f)
        for ys, r in ((low[0], f(1) - dh), (high[0], dh)):
            for xs, c in ((low[1], f(1) - dw), (high[1], dw)):
                got += (r[:, None] * c[None, :])[..., None] * table[ys[:, None], xs[None, :]].astype(f)
        axes = [weights(48, n, CORNERS, dtype=dtype) for n in (h, w)]
        r, c = (honest_weights(48, n, CORNERS, np.longdouble) for n in (h, w))
        want = np.einsum("ai,bj,ijd->abd", r, c, table.astype(np.longdouble)).astype(F64)
        found.append(float((np.abs(got - want) / resized(table, axes, dtype)).max()))
    assert 0.02 <= max(found) <= 1


def test_a_point_on_another_may_give_a_weight_to_either_neighbour():
    """(i + 1/2)·3 − 1/2 is a whole number, and floats may fall on both sides of it."""
    assert ((weights(15, 5, Resize("linear")).off > 0).sum(axis=1) == 3).all()


@pytest.mark.parametrize("align", ["centres", "origin"])
def test_nearest_is_exact_but_where_a_point_is_on_the_edge_of_a_cell(align):
    rule = Resize("nearest", align=align)
    for old, new in itertools.product(range(1, 40), repeat=2):
        due, half = weights(old, new, rule), align == "centres"
        edges = [i for i in range(new) if (2 * i + half) * old % (2 * new) == 0 and (i or half)]
        edges = [] if {old, new} <= {1, 2, 4, 8, 16, 32} else edges
        assert edges == np.flatnonzero(due.off.any(axis=1)).tolist()
        assert (due.off[edges].sum(axis=1) == 2).all()
        start, n, m = np.arange(new, dtype=F32) + F32(half / 2), F32(old), F32(new)
        for point in (start * (n / m), start / m * n, start * n / m, start / (m / n)):
            got = np.eye(old)[np.minimum(np.floor(point).astype(int), old - 1)]
            assert (np.abs(got - due.due) <= due.off).all()


def test_a_table_whose_corners_are_aligned_is_outside_the_bound_of_one_whose_are_not_and_the_reverse():
    table, both = given(14, 14), [weights(14, 16, one) for one in (Resize("linear"), CORNERS)]
    for one, other in (both, both[::-1]):
        error = np.abs(other.due @ table @ other.due.T - one.due @ table @ one.due.T)
        assert (error > resized(table, [one, one], "bfloat16")).mean() > 0.5


def test_a_term_has_the_roundings_of_both_axes_and_one_more():
    half = Weights(np.array([[0.5, 0.5]]), np.zeros((1, 2)), 2)
    found = resized([[1.0, -3.0], [5.0, 7.0]], [half, half], "float32")

    assert np.allclose(found, 5 * 4 * 2.0**-24, rtol=1e-6)


def test_one_axis_and_three_are_resized_too():
    step, table = weights(3, 5, Resize("linear")), given(3, 3, 3)
    assert resized(table[:, 0, 0], [step], "float32").shape == (5,)
    third = np.einsum("ai,bj,ck,ijk->abc", step.due, step.due, step.due, table)
    own = honest_weights(3, 5, Resize("linear"), F32)
    got = np.einsum("ai,bj,ck,ijk->abc", own, own, own, table.astype(F32))
    assert 0.05 <= float((np.abs(got - third) / resized(table, [step] * 3, "float32")).max()) <= 1


def test_wrong_rules_and_tables_are_refused():
    with pytest.raises(SpecError, match="rule must be Resize; got linear"):
        weights(2, 4, "linear")
    with pytest.raises(SpecError, match="a table must have at least one point"):
        weights(0, 4, Resize("linear"))
    step = weights(2, 4, Resize("linear"))
    with pytest.raises(SpecError, match=r"table must have points \(2, 2\)"):
        resized(np.ones((3, 2)), [step, step], "float32")
