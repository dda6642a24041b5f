"""Kernels from the conditions that define them: what can be proved, and the other renderings held against them."""

from fractions import Fraction

import pytest
import sympy

from refpos.catalogue.table import TABLE
from refpos.exact import kernels as certified
from refpos.symbolic.kernels import a, keys, weights, x
from refpos.variants.table import Resize

RULES = [
    *(entry.variant for entry in TABLE.values() if isinstance(entry.variant, Resize)),
    Resize("linear", antialias=True),
    Resize("cubic", a=-0.5, antialias=True, offset=0.1),
    Resize("cubic", a=-0.5, align="corners"),
]
NEAR, FAR = keys()
f = sympy.Symbol("f")
TAPS = {-1: FAR.subs(x, 1 + f), 0: NEAR.subs(x, f), 1: NEAR.subs(x, 1 - f), 2: FAR.subs(x, 2 - f)}


def moment(power):
    """Return Σ m^power k(m − f) over the four samples around a point at f."""
    return sympy.expand(sum(m**power * weight for m, weight in TAPS.items()))


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize(("old", "new"), [(1, 4), (4, 1), (4, 6), (4, 2), (5, 5), (7, 3), (3, 8)])
def test_weights_are_those_of_the_certified_rendering(rule, old, new):
    made = [[Fraction(int(one.p), int(one.q)) for one in row] for row in weights(old, new, rule).tolist()]

    assert made == [list(row) for row in certified.weights(old, new, rule)]


def test_weights_of_keys_sum_to_one_whatever_the_slope():
    assert 1 == moment(0)


def test_a_line_is_kept_only_with_a_slope_of_minus_one_half():
    off = moment(1) - f

    assert sympy.expand(f * (1 - f) * (2 * f - 1) * (2 * a + 1)) == sympy.expand(off)
    assert [sympy.Rational(-1, 2)] == sympy.solve(off, a)


def test_a_parabola_is_kept_with_that_slope():
    assert f**2 == moment(2).subs(a, sympy.Rational(-1, 2))


def test_the_cubic_of_keys_is_smooth_and_the_one_in_print():
    assert sympy.expand((a + 2) * x**3 - (a + 3) * x**2 + 1) == NEAR
    assert sympy.expand(a * (x**3 - 5 * x**2 + 8 * x - 4)) == FAR
