"""Rotations of the plane: RoPE-ViT (arXiv 2403.13298), and Su's posts 8397 and 9403. Labels: see test_anchored.py.

Matrices are those that the specification turns with, or that SymPy writes down for it; a matrix of a counterexample,
which is no encoding, stands here itself.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy
from strategies import learned_by

from refpos import CATALOGUE, Dense, Frequencies, Grid, Image, Rotary, SpecError, angles, omega, place, rotate
from refpos.catalogue.positions import POSITIONS
from refpos.catalogue.table import TABLE
from refpos.spec.attention import attend, scores
from refpos.spec.frequencies import mixed
from refpos.symbolic import rotation
from refpos.variants.attention import Attention
from refpos.variants.frequencies import learned_shapes
from refpos.variants.table import Resize

J = sympy.Matrix([[0, -1], [1, 0]])
X, Y, U, V, T = sympy.symbols("x y u v t", real=True)
AXIAL = Rotary(Frequencies((1, 0), base=100.0, ladder="per-axis"), pairing="interleaved")
PAIR = Rotary(Dense(2, 1), pairing="interleaved")
TWO_PAIRS = Rotary(Dense(2, 2), pairing="interleaved")


def turned(phi):
    """Return the matrix that turns the plane by an angle."""
    return sympy.Matrix([[sympy.cos(phi), -sympy.sin(phi)], [sympy.sin(phi), sympy.cos(phi)]])


def skew3(a, b, c):
    """Return the 3 by 3 skew matrix of a vector."""
    return sympy.Matrix([[0, -c, b], [c, 0, -a], [-b, a, 0]])


def skew4(a, b, c, d, e, f):
    """Return the 4 by 4 skew matrix of its six numbers, row by row, (a, f) those of the two planes of 8397."""
    return sympy.Matrix([[0, -a, -b, -c], [a, 0, -d, -e], [b, d, 0, -f], [c, e, f, 0]])


def exponential(b, n=1.0):
    """Return exp(nB) of a matrix that has as many eigenvectors as rows."""
    values, vectors = np.linalg.eig(np.asarray(b, dtype=complex))
    return (vectors * np.exp(n * values)) @ np.linalg.inv(vectors)


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# E 1: RoPE-ViT.


@pytest.mark.anchor("E 1, RoPE-ViT")
@pytest.mark.parametrize(
    ("name", "expected"), [("rope-vit-axial", 100.0), ("rope-swin-axial", 50.0), ("timm-rope-xy", 10_000.0)]
)
def test_the_base_of_axial_frequencies_is_100_but_in_swin_and_timm(name, expected):
    assert expected == CATALOGUE[name].variant.frequencies.base


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_mixed_frequencies_start_from_a_base_of_10():
    assert mixed([0.25], 8, base=10.0).tolist() == mixed([0.25], 8).tolist()


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_the_100_of_the_paper_is_the_root_of_10000():
    assert math.sqrt(Frequencies((0,)).base) == CATALOGUE["rope-vit-axial-paper"].variant.frequencies.base


@pytest.mark.anchor("E 1, RoPE-ViT")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("rope-vit-mixed", (6, 2, 32)), ("rope-swin-mixed", (3, 2, 16)), ("timm-rope-mixed", (12, 2, 32))],
)
def test_a_layer_learns_two_numbers_for_each_head_and_plane(name, expected):
    assert {"omega": expected} == learned_shapes(CATALOGUE[name].variant.frequencies)


@pytest.mark.anchor("E 1, RoPE-ViT")
@pytest.mark.parametrize("a", [0.0, 0.7, 4.0])
def test_mixed_frequencies_start_as_the_code_writes_them(a):
    m = 10.0 ** (-4 * np.arange(16) / 64)
    wx = np.concatenate([m * np.cos(a), m * np.cos(a + math.pi / 2)])
    wy = np.concatenate([m * np.sin(a), m * np.sin(a + math.pi / 2)])
    assert pytest.approx(np.stack([wy, wx]), abs=1e-15) == mixed([a], 32)[0]


@pytest.mark.anchor("E 1, RoPE-ViT")
@pytest.mark.parametrize("name", ["rope-vit-axial", "rope-vit-mixed", "rope-swin-axial"])
def test_a_class_token_stands_at_the_origin_of_every_axis_and_is_not_turned(name):
    variant = CATALOGUE[name].variant
    learned = learned_by(variant, np.random.default_rng(0))
    heads = learned["omega"].shape[:1] if learned else ()
    places = place([Image(2, 2)], Grid(before=1))
    x = drawn(1, *heads, 5, 64)
    found = rotate(x, places, variant, learned=learned)
    moved = (found != x).any(axis=-1).reshape(-1, 5).all(axis=0)
    assert ([0, 0], [False, False, True, True, True]) == (places[0].tolist(), moved.tolist())


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_queries_and_keys_are_turned_values_are_not_and_logits_are_divided_by_the_root_of_the_width():
    q, k, v = (drawn(seed, 4, 4) for seed in range(3))
    places = place([Image(2, 2)], Grid())
    rows = [rotate(one, places, AXIAL) for one in (q, k)]
    logits = rows[0] @ rows[1].T / 4**0.5
    weights = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    assert pytest.approx(logits, abs=1e-14) == scores(q, k, places, places, Attention(AXIAL))
    assert pytest.approx(weights @ v, abs=1e-14) == attend(q, k, v, places, places, Attention(AXIAL))


@pytest.mark.anchor("E 1, RoPE-ViT", "E 6, resizing")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deit-resize", Resize("cubic", a=-0.75)),
        ("timm-resize", Resize("cubic", a=-0.5, antialias=True)),
        ("vit-resize", Resize("linear", align="corners")),
    ],
)
def test_a_learned_table_is_resized_by_this_rule(name, expected):
    assert expected == TABLE[name].variant


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_on_a_larger_grid_positions_go_on_and_eva_02_stretches_them():
    small, large = (place([Image(n, n)], Grid()).reshape(n, n, 2) for n in (16, 32))
    stretched = place([Image(32, 32)], POSITIONS["eva-02-positions"].variant)[1:].reshape(32, 32, 2)
    assert (large[:16, :16] == small).all()
    assert (stretched[::2, ::2] == small).all()


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_the_paper_alternates_axes_and_the_code_has_a_block_of_each():
    paper, code = (CATALOGUE[name].variant for name in ("rope-vit-axial-paper", "rope-vit-axial"))
    order = [pair + feature for t in range(16) for pair in (2 * t, 2 * (t + 16)) for feature in (0, 1)]
    x = drawn(3, 1, 64)
    by_code, by_paper = rotate(x, [[2, 5]], code), rotate(x[:, order], [[2, 5]], paper)
    assert np.array_equal(by_code[:, order], by_paper)
    assert np.abs(by_code - rotate(x, [[2, 5]], paper)).max() > 0.1


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_with_its_upper_end_included_the_range_of_the_paper_has_a_plane_too_many_for_each_axis():
    inclusive = range(8 // 4 + 1)
    pairs = Frequencies((1, 0) * len(inclusive), base=100.0, ladder="per-axis")
    with pytest.raises(SpecError, match="features must hold the 12"):
        rotate(np.ones((1, 8)), [[2, 1]], Rotary(pairs, pairing="interleaved"))
    eight = Frequencies((1, 0, 1, 0), base=100.0, ladder="per-axis")
    assert [100.0 ** -(t / 2) for t in inclusive][:-1] == omega(eight)[1, ::2].tolist()


@pytest.mark.anchor("E 1, timm")
def test_timm_writes_columns_first_with_xy_and_rows_first_by_default():
    xy, ij = (CATALOGUE[name].variant for name in ("timm-rope-xy", "eva-02"))
    x = drawn(4, 1, 64)
    at_100 = replace(xy, frequencies=replace(xy.frequencies, base=100.0))
    assert np.array_equal(rotate(x, [[2, 5]], xy), rotate(x, [[5, 2]], ij))
    assert np.array_equal(rotate(x, [[2, 5]], at_100), rotate(x, [[2, 5]], CATALOGUE["rope-vit-axial"].variant))


@pytest.mark.anchor("I1.3")
def test_mixed_frequencies_see_differences_of_positions_whatever_they_are():
    q, k = drawn(5, 1, 8), drawn(6, 1, 8)
    head, learned = Rotary(Dense(2, 4), pairing="interleaved"), {"omega": drawn(7, 2, 4)}
    p, other, zero = [[3.0, 1.0]], [[-2.0, 7.0]], [[-5.0, 6.0]]
    turned_both = rotate(q, p, head, learned=learned) @ rotate(k, other, head, learned=learned).T
    assert pytest.approx(turned_both, abs=1e-13) == q @ rotate(k, zero, head, learned=learned).T


@pytest.mark.anchor("I1.4")
def test_a_head_tells_near_positions_apart_where_its_planes_span_the_plane():
    circle = np.array([[math.cos(a), math.sin(a)] for a in np.arange(0, 2 * math.pi, math.pi / 512)]) / 64
    moved = np.abs(angles(circle, Dense(2, 2), learned={"omega": [[1.0, 0.5], [2.0, -1.0]]})).max(axis=-1)
    assert moved.min() > 1 / 128


@pytest.mark.anchor("I1.4")
@pytest.mark.parametrize("learned", [[[1.0, 0.5], [2.0, 1.0]], [[0.0, 1.0], [0.0, 2.0]]])
def test_however_near_a_head_whose_planes_are_parallel_takes_two_positions_for_one(learned):
    found = angles([[0, 0], [2**-20, -(2**-21)]], Dense(2, 2), learned={"omega": learned})
    assert found[0].tolist() == found[1].tolist()


# E 3: 8397, two dimensions.


def block(a, b):
    return sympy.diag(turned(a), turned(b))


@pytest.mark.anchor("E 3, 8397")
def test_two_dimensions_are_two_blocks_of_one_frequency():
    found = rotation(CATALOGUE["rope-2d"].variant, 64, (Y, X))
    for k in range(16):
        theta = sympy.Integer(10_000) ** -sympy.Rational(k, 16)
        assert found[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] == turned(X * theta)
        assert found[32 + 2 * k : 34 + 2 * k, 32 + 2 * k : 34 + 2 * k] == turned(Y * theta)


@pytest.mark.anchor("E 3, 8397")
def test_two_dimensions_are_relative():
    two = Rotary(Frequencies((1, 0), base=100, ladder="per-axis"), pairing="interleaved")
    left = rotation(two, 4, (Y, X)).T * rotation(two, 4, (V, U)) - rotation(two, 4, (V - Y, U - X))
    assert sympy.zeros(4) == left.applyfunc(sympy.expand_trig).expand()


@pytest.mark.anchor("E 3, 8397")
def test_generators_of_three_dimensions_commute_only_where_they_are_parallel():
    a, b = sympy.symbols("a:3", real=True), sympy.symbols("b:3", real=True)
    left = skew3(*a) * skew3(*b) - skew3(*b) * skew3(*a)
    assert sympy.expand(left - skew3(*sympy.Matrix(a).cross(sympy.Matrix(b)))) == sympy.zeros(3)


@pytest.mark.anchor("E 3, 8397")
def test_in_three_dimensions_the_ansatz_of_the_post_leaves_no_second_generator():
    b, c, d = sympy.symbols("b c d", real=True)
    first, second = skew3(0, 0, 1), skew3(b, c, d)
    assert [{b: 0, c: 0}] == sympy.solve(list(first * second - second * first), [b, c], dict=True)


@pytest.mark.anchor("E 3, 8397")
def test_in_four_dimensions_generators_of_the_ansatz_commute_where_d_is_cf_and_e_is_minus_bf():
    b, c, d, e, f = sympy.symbols("b c d e f", real=True)
    first, second = skew4(1, b, c, 0, 0, 0), skew4(0, 0, 0, d, e, f)
    assert [{d: c * f, e: -b * f}] == sympy.solve(list(first * second - second * first), [d, e], dict=True)


@pytest.mark.anchor("E 3, 8397")
def test_the_simplest_generators_of_the_ansatz_are_those_of_the_two_blocks():
    first, second = skew4(1, 0, 0, 0, 0, 0), skew4(0, 0, 0, 0, 0, 1)
    two = rotation(Rotary(Frequencies((1, 0), ladder="per-axis"), pairing="interleaved"), 4, (Y, X))
    assert (sympy.diag(J, 0, 0), sympy.diag(0, 0, J)) == (first, second)
    assert (two.diff(X).subs({X: 0, Y: 0}), two.diff(Y).subs({X: 0, Y: 0})) == (first, second)


@pytest.mark.anchor("E 3, 8397")
def test_quaternions_multiply_as_their_matrices():
    def matrix(a, b, c, d):
        return sympy.Matrix([[a, -b, -c, -d], [b, a, -d, c], [c, d, a, -b], [d, -c, b, a]])

    p, q = sympy.Quaternion(*sympy.symbols("p:4", real=True)), sympy.Quaternion(*sympy.symbols("q:4", real=True))
    assert sympy.expand(matrix(*p.args) * matrix(*q.args) - matrix(*(p * q).args)) == sympy.zeros(4)


@pytest.mark.anchor("E 3, 8397")
def test_the_exponential_of_a_sum_of_quaternions_is_not_the_product_of_exponentials():
    i, j = np.array(skew4(1, 0, 0, 0, 0, 1), float), np.array(skew4(0, 1, 0, 0, -1, 0), float)
    assert np.abs(i @ j + j @ i).max() == 0
    assert np.abs(exponential(i + j) - exponential(i) @ exponential(j)).max() > 0.1


@pytest.mark.anchor("E 3, 8397")
@pytest.mark.parametrize("d", [2, 3, 4, 5, 6, 7])
def test_real_positions_can_be_read_back_on_no_more_axes_than_there_are_planes(d):
    planes = d // 2
    learned = drawn(d, planes + 1, planes)
    kernel = np.linalg.svd(learned.T)[2][-1]
    head = Rotary(Dense(planes + 1, planes), pairing="interleaved")
    x = np.ones((2, d))
    found = rotate(x, np.stack([0 * kernel, kernel]), head, learned={"omega": learned})
    assert pytest.approx(1) == np.linalg.norm(kernel)
    assert pytest.approx(found[0], abs=1e-14) == found[1]


@pytest.mark.anchor("E3.1")
def test_a_rotation_tells_a_position_modulo_its_period_only():
    one = Rotary(Frequencies((0,)), pairing="interleaved")
    assert rotation(one, 2, 2 * sympy.pi) == sympy.eye(2)
    assert rotation(one, 2, 710) != sympy.eye(2)
    apart = np.exp(1j * np.arange(711))
    assert np.abs(apart[1:] - 1).min() > 1e-5


@pytest.mark.anchor("E3.1")
@pytest.mark.parametrize(("frequency", "period"), [("1/6", 6), ("1/4", 4), ("3/8", 8)])
def test_on_integers_a_rotation_repeats_where_its_frequency_is_a_fraction_of_a_turn(frequency, period):
    by = sympy.Rational(frequency)
    seen = [rotation(Rotary(Frequencies((0,), unit="turn")), 2, by * n) for n in range(period + 1)]
    assert (seen[0], period) == (seen[period], len({tuple(one) for one in seen}))


@pytest.mark.anchor("E3.2")
def test_one_plane_of_mixed_frequencies_tells_all_cells_of_a_grid_apart():
    cells = place([Image(40, 40)], Grid())
    x = np.tile([[1.0, 0.0]], (1600, 1))
    found = rotate(x, cells, PAIR, learned={"omega": [[math.sqrt(2)], [1.0]]})
    z = np.sort(np.angle(found[:, 0] + 1j * found[:, 1]))
    assert np.diff(z).min() > 1e-5


@pytest.mark.anchor("E3.2")
def test_one_plane_does_not_tell_real_positions_apart():
    found = rotate(
        np.ones((2, 2)), [[0.0, 0.0], [1.0, -math.sqrt(2)]], PAIR, learned={"omega": [[math.sqrt(2)], [1.0]]}
    )
    assert pytest.approx(found[0], abs=1e-15) == found[1]


@pytest.mark.anchor("E3.3")
def test_generators_of_mixed_frequencies_commute_and_are_outside_the_ansatz():
    a, b = sympy.symbols("a1:3", positive=True), sympy.symbols("b1:3", positive=True)
    along_x, along_y = (sympy.diag(*(J * one for one in w)) for w in (a, b))
    assert along_x * along_y == along_y * along_x
    assert (a[0] ** 2 * a[1] ** 2, b[0] ** 2 * b[1] ** 2) == (along_x.det(), along_y.det())
    assert (0, 0) == (skew4(1, *sympy.symbols("b c"), 0, 0, 0).det(), skew4(0, 0, 0, *sympy.symbols("d e f")).det())


@pytest.mark.anchor("E3.3")
@pytest.mark.parametrize(("by_y", "by_x", "reversible"), [((1, 2), (3, 5), True), ((1, 2), (3, 6), False)])
def test_mixed_frequencies_of_two_planes_can_be_read_back_where_they_are_not_parallel(by_y, by_x, reversible):
    found = sympy.solve(sympy.Matrix([by_y, by_x]).T * sympy.Matrix([Y, X]), [Y, X], dict=True)
    assert reversible == (found == [{Y: 0, X: 0}])
    same = rotate(np.ones((2, 4)), [[0, 0], [3, -1]], TWO_PAIRS, learned={"omega": [by_y, by_x]})
    assert reversible == (not np.allclose(same[0], same[1]))


@pytest.mark.anchor("E3.4")
def test_exponentials_can_add_up_where_matrices_do_not_commute():
    a, b = np.diag([0, 2j * math.pi]), np.array([[0, 1], [0, 2j * math.pi]])
    assert np.abs(a @ b - b @ a).max() > 1
    assert pytest.approx(exponential(a) @ exponential(b), abs=1e-12) == exponential(a + b)


# E 3: 9403, completeness.


@pytest.mark.anchor("E 3, 9403")
def test_every_skew_matrix_turns_as_rope_does_between_two_changes_of_basis():
    given = drawn(8, 6, 6)
    b, q, k = given - given.T, drawn(9, 1, 6), drawn(10, 1, 6)
    values, vectors = np.linalg.eig(b)
    rows = vectors[:, values.imag > 0]
    p = np.sqrt(2) * np.stack([rows.real, -rows.imag], axis=-1).reshape(6, 6)
    rope = Rotary(Dense(1, 3), pairing="interleaved")
    theta = {"omega": [(values.imag[values.imag > 0]).tolist()]}
    n, m = 1.5, -0.5
    expected = q @ exponential(b, n - m).real @ k.T
    assert pytest.approx(np.eye(6), abs=1e-12) == p.T @ p
    found = rotate(q @ p, [m], rope, learned=theta) @ rotate(k @ p, [n], rope, learned=theta).T
    assert pytest.approx(expected, rel=1e-9) == found


@pytest.mark.anchor("E3.5")
def test_powers_of_a_reflection_are_not_those_of_its_two_factors():
    """Published: O^n = I_-^n exp(nB). O turns by t after it reflects: O² is 1, and I_-² R(2t) is not."""
    reflected = sympy.diag(-1, 1)
    o = turned(T) * reflected
    assert sympy.eye(2) == (o * o).subs(sympy.cos(T) ** 2, 1 - sympy.sin(T) ** 2)
    assert (reflected**2 * turned(2 * T)).subs(T, 1) != sympy.eye(2)


@pytest.mark.anchor("E3.5")
def test_powers_of_an_orthogonal_matrix_are_those_of_its_planes_and_signs():
    p, _ = np.linalg.qr(drawn(11, 3, 3))
    plane = rotation(Rotary(Frequencies((0,))), 2, sympy.Integer(1))
    o = p @ np.array(sympy.diag(plane, -1), float) @ p.T
    fifth = np.array(sympy.diag(rotation(Rotary(Frequencies((0,))), 2, sympy.Integer(5)), (-1) ** 5), float)
    assert pytest.approx(-1) == np.linalg.det(o)
    assert pytest.approx(p @ fifth @ p.T, abs=1e-13) == np.linalg.matrix_power(o, 5)


@pytest.mark.anchor("E3.6")
def test_on_integers_a_generator_need_not_be_skew():
    p = np.array([[1.0, 1.0], [0.0, 1.0]])
    b = p @ (2 * math.pi * np.array(J, float)) @ np.linalg.inv(p)
    assert np.abs(b + b.T).max() > 1
    assert pytest.approx(np.eye(2), abs=1e-12) == exponential(b, 3)
    assert np.abs(exponential(b, 0.25).T @ exponential(b, 0.25) - np.eye(2)).max() > 1


@pytest.mark.anchor("E3.6")
def test_on_integers_relative_matrices_are_powers_of_an_orthogonal_one():
    """R_0ᵀ R_0 = R_0, which is regular, makes R_0 = 1; then R_1ᵀ R_1 = R_0 and R_1ᵀ R_(n+1) = R_n."""
    one = Rotary(Frequencies((0,) * 4, base=100.0))
    r = [rotate(np.eye(8), [n] * 8, one).T for n in range(8)]
    assert pytest.approx(np.eye(8), abs=1e-15) == r[1].T @ r[1]
    assert all(pytest.approx(np.linalg.matrix_power(r[1], n), abs=1e-14) == r[n] for n in range(8))
