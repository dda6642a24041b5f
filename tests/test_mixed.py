"""Where RoPE-Mixed starts: three renderings of one Ω, and what it is: axial frequencies in coordinates turned by a."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

from refpos import CATALOGUE, Dense, Frequencies, Rotary, SpecError, omega, rotate
from refpos.exact.angles import mixed as exact_mixed
from refpos.exact.formats import FLOAT64, rounded
from refpos.spec.frequencies import mixed
from refpos.symbolic.digits import evaluate
from refpos.symbolic.frequencies import mixed as symbolic_mixed
from refpos.symbolic.frequencies import omega as symbolic_omega

ANGLES = [0.0, 0.3, 2.0, math.pi / 2, 6.28, -1.5]
A, X, Y = sympy.symbols("a x y", real=True)


@pytest.mark.parametrize("base", [10.0, 100.0])
def test_the_readable_rendering_is_the_certified_one_to_two_units_in_the_last_place(base):
    certified = np.array(
        [[[rounded(w, FLOAT64) for w in row] for row in head] for head in exact_mixed(ANGLES, 32, 90, base)]
    )
    assert (np.abs(mixed(ANGLES, 32, base) - certified) <= 2 * np.spacing(np.abs(certified))).all()


def test_the_closed_form_is_the_certified_rendering():
    forms = symbolic_mixed([sympy.Rational(3, 10)], 8, 10)[0]
    ((y, x),) = exact_mixed([Fraction(3, 10)], 8, 90)
    for a, row in enumerate((y, x)):
        for k, one in enumerate(row):
            assert float(evaluate(forms[a, k], 30)) == rounded(one, FLOAT64)


@pytest.mark.anchor("I1.1")
def test_at_angle_0_it_is_the_axial_ladder_with_zeros():
    axial = CATALOGUE["rope-vit-axial"].variant.frequencies
    assert omega(axial).tolist() == mixed([0.0], 32, axial.base)[0].tolist()


@pytest.mark.anchor("I1.2")
def test_at_angle_a_it_is_axial_in_coordinates_turned_by_a():
    planes = 4
    ((wy, wx),) = [one.tolist() for one in symbolic_mixed([A], planes, 10)]
    axial = symbolic_omega(Frequencies((1, 1, 0, 0), base=10, ladder="per-axis"))
    x, y = X * sympy.cos(A) + Y * sympy.sin(A), -X * sympy.sin(A) + Y * sympy.cos(A)
    for k in range(planes):
        assert sympy.expand(Y * wy[k] + X * wx[k] - (y * axial[0, k] + x * axial[1, k])) == 0


@pytest.mark.anchor("I1.2")
@pytest.mark.parametrize("a", ANGLES)
def test_heads_turn_as_axial_ones_at_turned_positions(a):
    p = np.array([[0.0, 0.0], [1.0, 2.0], [7.0, 3.0]])  # y, x
    turned = p @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])
    axial = Rotary(Frequencies((1,) * 8 + (0,) * 8, base=10.0, ladder="per-axis"), pairing="interleaved")
    head = Rotary(Dense(2, 16, heads=1), pairing="interleaved")
    x = np.arange(96.0).reshape(1, 3, 32) / 16

    found = rotate(x, p, head, learned={"omega": mixed([a], 16)})

    assert pytest.approx(rotate(x, turned, axial), abs=1e-12) == found


@pytest.mark.anchor("I1.2")
def test_planes_half_the_head_apart_are_orthogonal_and_of_one_length():
    ((wy, wx),) = [one.tolist() for one in symbolic_mixed([A], 8, 10)]
    for j in range(4):
        assert sympy.simplify(wy[j] * wy[j + 4] + wx[j] * wx[j + 4]) == 0
        assert sympy.simplify(wy[j] ** 2 + wx[j] ** 2 - wy[j + 4] ** 2 - wx[j + 4] ** 2) == 0


@pytest.mark.anchor("I1.4")
def test_a_head_whose_planes_are_parallel_cannot_tell_all_positions_apart():
    head, parallel = Rotary(Dense(2, 2)), {"omega": [[1.0, 0.5], [2.0, 1.0]]}
    x = np.ones((2, 4))
    found = rotate(x, [[0.0, 0.0], [4.0, -2.0]], head, learned=parallel)
    assert np.array_equal(found[0], found[1])


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_in_float32_the_axial_buffer_of_swin_leaks_columns_into_rows():
    m = omega(CATALOGUE["rope-swin-axial"].variant.frequencies)[1, :8].astype(np.float32)
    leak = m * np.cos(np.float32(np.pi) / np.float32(2))
    assert pytest.approx(-4.3711388e-08 * m, rel=1e-6) == leak
    assert not mixed([0.0], 16, 50.0)[0, 1, 8:].any()


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: mixed([0.0], 3), "planes must be a positive even int; got 3"),
        (lambda: exact_mixed([0.0], 0, 64), "planes must be a positive even int; got 0"),
        (lambda: symbolic_mixed([A], 5, 10), "planes must be a positive even int; got 5"),
        (lambda: mixed([[0.0]], 4), "angles must be finite numbers, one for each head; got [[0.0]]"),
        (lambda: mixed([math.inf], 4), "angles must be finite numbers, one for each head; got [inf]"),
        (lambda: mixed([0.0], 4, 1.0), "base must be greater than 1; got 1.0"),
    ],
)
def test_what_makes_no_sense_is_refused(call, rule):
    with pytest.raises(SpecError, match="^" + rule.replace("[", r"\[").replace("]", r"\]").replace(".", r"\.")):
        call()
