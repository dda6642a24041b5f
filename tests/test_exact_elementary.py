"""Roots, logarithms, exponentials, cosines and sines in fixed point, held against Arb."""

from fractions import Fraction

import pytest
from arb_reference import enclosed, holds, number
from flint import arb
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from refpos.exact import constants, elementary, roots
from refpos.exact.ball import Ball, UndecidedError, ball, compare, within
from refpos.exact.roots import Root, plus, raised, real, times

MANY = settings(max_examples=150, derandomize=True)

scales = st.sampled_from([8, 53, 64, 100, 192, 300])
fractions = st.builds(Fraction, st.integers(-(2**70), 2**70) | st.integers(-9, 9), st.integers(1, 2**64))
positive = st.builds(Fraction, st.integers(1, 2**200) | st.integers(1, 9), st.integers(1, 2**70))
angles = fractions | st.integers(-(2**64), 2**64).map(Fraction)
shares = st.fractions(-1, 1, max_denominator=8)


@pytest.mark.parametrize("scale", [0, 1, 10, 64, 200, 500])
def test_the_constants_are_known_to_two_units(scale):
    for found, truth in ((constants.pi(scale), arb.pi()), (constants.ln2(scale), arb(2).log())):
        assert found.rad <= 2
        assert holds(found, truth)


def around(x, scale, rad, share):
    """Return a ball, and the truth of a number in it."""
    found = Ball(ball(x, scale).mid, rad, scale)
    return found, (found.mid + rad * share) / Fraction(2) ** scale


@MANY
@given(x=angles, scale=scales)
def test_cosine_and_sine_of_a_fraction_hold_the_truth_to_few_units(x, scale):
    cos, sin = elementary.cos_sin(x, scale)

    assert holds(cos, number(x).cos())
    assert holds(sin, number(x).sin())
    assert x == 0 or cos.rad <= 3


@MANY
@given(x=angles, scale=scales, rad=st.integers(1, 20), share=shares)
def test_cosine_and_sine_of_a_ball_hold_those_of_numbers_in_it(x, scale, rad, share):
    known, inside = around(x, scale, rad, share)
    cos, sin = elementary.cos_sin(known, scale)

    assert holds(cos, number(inside).cos())
    assert holds(sin, number(inside).sin())
    assert cos.rad <= rad + 3


@MANY
@given(x=positive, scale=scales)
def test_a_logarithm_of_a_fraction_holds_the_truth_to_few_units(x, scale):
    found = elementary.ln(x, scale)

    assert holds(found, number(x).log())
    assert x == 1 or found.rad <= 3


@MANY
@given(x=positive, rad=st.integers(1, 20), share=shares, scale=scales)
def test_a_logarithm_of_a_ball_holds_those_of_numbers_in_it(x, rad, share, scale):
    known, inside = around(x, scale, rad, share)
    assume(known.mid > 8 * rad)

    assert holds(elementary.ln(known, scale), number(inside).log())


@MANY
@given(x=st.fractions(-60, 60), scale=scales)
def test_an_exponential_of_a_fraction_holds_the_truth_to_few_units(x, scale):
    found = elementary.exp(x, scale)

    assert holds(found, number(x).exp())
    assert x == 0 or within(found, scale - 2)


@MANY
@given(x=st.fractions(-60, 60), rad=st.integers(1, 20), share=shares, scale=scales)
def test_an_exponential_of_a_ball_holds_those_of_numbers_in_it(x, rad, share, scale):
    known, inside = around(x, scale, rad, share)

    assert holds(elementary.exp(known, scale), number(inside).exp())


@MANY
@given(x=positive, rad=st.integers(0, 20), share=shares, scale=scales)
def test_a_square_root_holds_those_of_numbers_in_it(x, rad, share, scale):
    known, inside = around(x, scale, rad, share)
    assume(known.mid > rad)

    assert holds(elementary.sqrt(known, scale), number(inside).sqrt())
    assert holds(elementary.sqrt(x, scale), number(x).sqrt())


@MANY
@given(n=st.integers(0, 2**300), k=st.integers(1, 40))
def test_an_integer_root_is_the_greatest_whose_power_does_not_exceed(n, k):
    found = elementary.integer_root(n, k)

    assert found**k <= n < (found + 1) ** k


@MANY
@given(x=positive, k=st.integers(1, 12))
def test_a_root_of_a_power_is_exact_and_of_no_power_is_none(x, k):
    assert x == elementary.root(x**k, k)
    assert elementary.root(2 * x**k, k) is None or k == 1


def test_wide_balls_are_undecided_and_do_not_answer_wrongly():
    wide = Ball(0, 8, 1)
    for function in (elementary.cos_sin, elementary.ln, elementary.exp, elementary.sqrt):
        with pytest.raises(UndecidedError):
            function(wide, 64)


bases = st.integers(2, 40).map(Fraction) | st.fractions(Fraction(1, 50), 50, max_denominator=60)
exponents = st.fractions(-4, 4, max_denominator=12)


@MANY
@given(st.lists(st.tuples(bases, exponents), min_size=1, max_size=4))
def test_a_product_of_powers_is_what_it_says_and_rational_only_when_it_is(powers):
    found, truth = Fraction(1), arb(1)
    for base, exponent in powers:
        found = times(found, raised(base, exponent), 64)
        truth *= number(base) ** number(exponent)

    assert holds(real(found, 200), truth)
    assert isinstance(found, Fraction) == is_rational(powers)


def is_rational(powers):
    """Return whether every prime stands in a product to a whole power."""
    for p in range(2, 61):
        total = sum((valuation(base, p) * exponent for base, exponent in powers), Fraction(0))
        if all(p % q for q in range(2, p)) and total.denominator != 1:
            return False
    return True


def valuation(x, p):
    count = 0
    while x.numerator % p == 0:
        x, count = x / p, count + 1
    while x.denominator % p == 0:
        x, count = x * p, count - 1
    return count


@MANY
@given(a=bases, e=exponents, c=st.fractions(-5, 5), d=st.fractions(-5, 5))
def test_multiples_of_one_root_add_exactly(a, e, c, d):
    one = raised(a, e)

    assert times(c + d, one, 64) == plus(times(c, one, 64), times(d, one, 64), 64)


@MANY
@given(a=bases, b=bases, e=exponents, f=exponents)
def test_a_sum_of_roots_holds_the_truth(a, b, e, f):
    found = real(plus(raised(a, e), raised(b, f), 200), 200)

    assert holds(found, number(a) ** number(e) + number(b) ** number(f))


def test_a_root_is_known_to_the_scale_asked_for():
    found = real(raised(Fraction(10_000), Fraction(-5, 64)), 200)

    assert within(found, 198)
    assert 0 == enclosed(found).overlaps(number(10_000)) == compare(found, found) or compare(found, found) is None


def test_powers_are_taken_apart_to_the_last_root():
    assert (2, 16) == roots.primitive(65536)
    assert Root(Fraction(1, 10), ((10, Fraction(1, 4)),)) == raised(Fraction(10_000), Fraction(-3, 16))


@pytest.mark.parametrize(
    ("a", "b", "expected"), [(6, Fraction(3, 2), 3), (12, 3, 6), (18, 2, 6), (Fraction(5, 6), 30, 5)]
)
def test_roots_of_numbers_with_common_factors_cancel(a, b, expected):
    half = Fraction(1, 2)

    assert expected == times(raised(Fraction(a), half), raised(Fraction(b), half), 64)
