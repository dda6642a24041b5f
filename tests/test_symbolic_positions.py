"""Rules of position in symbols: what is true of them for all sides, and that the numbers are theirs."""

from fractions import Fraction
from math import gcd

import pytest

sympy = pytest.importorskip("sympy")

from refpos import Image, Text  # noqa: E402
from refpos.exact.ball import Ball  # noqa: E402
from refpos.exact.positions import place as certified  # noqa: E402
from refpos.symbolic.positions import (  # noqa: E402
    DIVISOR,
    LAST,
    RADIUS,
    RATE,
    STEPS,
    THETA,
    C,
    H,
    R,
    W,
    angles,
    circle,
    tie,
)
from refpos.variants.multimodal import CircleRope, RopeTie  # noqa: E402

TAU = sympy.Symbol("tau", real=True)
CIRCLES = [CircleRope(merge=1), CircleRope(2.5, 0.25, 0.5, 1, relative=True), CircleRope(7, 1, 0.125, 1, centred=False)]


@pytest.mark.parametrize("form", STEPS)
def test_an_image_is_left_as_it_was_come_into_for_all_sides(form):
    y, x, following = (one.rhs for one in tie(form))
    into = [one.subs({R: 1, C: 1}) - LAST for one in (y, x)]
    out = [following - y.subs(R, H), following - x.subs(C, W)]

    assert all(sympy.simplify(a - b) == 0 for a, b in zip(into, out, strict=True))


@pytest.mark.parametrize("form", ["integer", "smallest", "equivalent"])
def test_the_steps_solve_the_equation_of_the_post(form):
    s, t = STEPS[form]

    assert sympy.simplify((H + 1) * s - (W + 1) * t) == 0


@pytest.mark.parametrize("form", ["equivalent", "unit"])
def test_an_equivalent_image_is_as_long_as_its_tokens_for_all_sides(form):
    assert sympy.simplify(tie(form)[2].rhs - LAST - H * W - 1) == 0


@pytest.mark.parametrize("form", STEPS)
@pytest.mark.parametrize(("h", "w"), [(2, 3), (5, 5), (1, 1), (7, 3)])
def test_the_numbers_of_rope_tie_are_those_of_its_formula(form, h, w):
    formulas = [one.rhs.subs({H: h, W: w, DIVISOR: gcd(h + 1, w + 1), LAST: 3}) for one in tie(form)]
    *patches, following = certified([Text(4), Image(h, w), Text(1)], RopeTie(form), 64)[4:]
    due = [[formulas[0].subs(R, r), formulas[1].subs(C, c)] for r in range(1, h + 1) for c in range(1, w + 1)]

    assert due == [[sympy.Rational(one.numerator, one.denominator) for one in patch] for patch in patches]
    assert [Fraction(int(formulas[2]))] * 2 == list(following)


def test_text_is_as_far_from_every_angle_of_the_circle():
    """I8.1: |(τ, τ, τ) − c|² = 3τ² + ρ², without a share of the grid."""
    point = circle().subs(RATE, 0)

    assert sympy.simplify(sum(point)) == 0
    assert sympy.simplify(sum((TAU - one) ** 2 for one in point) - 3 * TAU**2 - RADIUS**2) == 0


def test_with_a_share_of_the_grid_it_is_not():
    point = circle().subs(RATE, sympy.Rational(1, 2))

    assert THETA in sympy.simplify(sum((TAU - one) ** 2 for one in point)).free_symbols


@pytest.mark.parametrize("rule", CIRCLES, ids=repr)
@pytest.mark.parametrize(("h", "w"), [(2, 2), (3, 4), (3, 3)])
def test_the_numbers_of_circle_rope_are_those_of_its_formula(rule, h, w):
    rows = certified([Image(h, w)], rule, 120)
    for values, row in zip(angles(h, w, rule), rows, strict=True):
        for formula, one in zip(circle().subs(values), row, strict=True):
            value = Fraction(one.mid, 2**one.scale) if isinstance(one, Ball) else one
            away = formula.evalf(50) - sympy.Rational(value.numerator, value.denominator)
            assert abs(away.evalf(50)) < sympy.Rational(1, 2**110)
