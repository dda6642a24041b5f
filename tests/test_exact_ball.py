"""Balls: whatever numbers the operands stand for, the result stands for theirs."""

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from refpos.exact import ball as balls
from refpos.exact.ball import Ball, UndecidedError
from refpos.exact.refined import refined

MANY = settings(max_examples=200, derandomize=True)

integers = st.integers(-(2**70), 2**70) | st.integers(-20, 20)
fractions = st.builds(Fraction, integers, st.integers(1, 2**40) | st.integers(1, 12))
shares = st.fractions(-1, 1, max_denominator=64)


@st.composite
def numbers(draw):
    """Draw a number as it is known, and one that it may be."""
    if draw(st.booleans()):
        value = draw(fractions)
        return value, value
    known = Ball(draw(integers), draw(st.integers(0, 2**40) | st.integers(0, 3)), draw(st.integers(-10, 90)))
    return known, (known.mid + known.rad * draw(shares)) / Fraction(2) ** known.scale


def holds(known, value):
    if isinstance(known, Fraction):
        return known == value
    return abs(value * Fraction(2) ** known.scale - known.mid) <= known.rad


OPERATIONS = {
    "add": (balls.add, lambda a, b: a + b),
    "subtract": (balls.subtract, lambda a, b: a - b),
    "multiply": (balls.multiply, lambda a, b: a * b),
    "divide": (balls.divide, lambda a, b: a / b),
}


@pytest.mark.parametrize("name", OPERATIONS)
@MANY
@given(a=numbers(), b=numbers())
def test_an_operation_on_balls_holds_that_on_numbers_in_them(name, a, b):
    operation, truth = OPERATIONS[name]
    if name == "divide":
        assume(balls.sign(b[0]) in (1, -1))

    assert holds(operation(a[0], b[0]), truth(a[1], b[1]))


@pytest.mark.parametrize("name", OPERATIONS)
@MANY
@given(a=fractions, n=integers, scale=st.integers(-5, 60))
def test_an_operation_on_exact_numbers_is_exact(name, a, n, scale):
    operation, truth = OPERATIONS[name]
    assume(n)
    dyadic = Ball(n, 0, scale)

    assert truth(a, n / Fraction(2) ** scale) == operation(a, dyadic)


@MANY
@given(a=numbers(), n=st.integers(-5, 5))
def test_a_power_of_a_ball_holds_that_of_a_number_in_it(a, n):
    assume(n >= 0 or balls.sign(a[0]) in (1, -1))

    try:
        found = balls.power(a[0], n)
    except UndecidedError:
        assume(False)

    assert holds(found, a[1] ** n)


@MANY
@given(a=numbers(), n=st.integers(-70, 70))
def test_a_shift_is_exact(a, n):
    found = balls.shift(a[0], n)

    assert holds(found, a[1] * Fraction(2) ** n)
    assert balls.sign(found) == balls.sign(a[0])


@MANY
@given(a=numbers(), scale=st.integers(-20, 120))
def test_a_number_brought_to_a_scale_is_still_held(a, scale):
    found = balls.ball(a[0], scale)

    assert scale == found.scale
    assert holds(found, a[1])


@MANY
@given(a=numbers(), b=numbers())
def test_what_is_known_of_an_order_is_true(a, b):
    truth = (a[1] > b[1]) - (a[1] < b[1])

    assert balls.compare(a[0], b[0]) in (truth, None)


@MANY
@given(a=numbers(), ends=st.tuples(fractions, fractions).map(sorted))
def test_cutting_off_a_ball_holds_what_is_cut_off(a, ends):
    low, high = ends

    assert holds(balls.clamp(a[0], low, high), min(max(a[1], low), high))


@MANY
@given(a=numbers())
def test_a_floor_is_that_of_every_number_in_the_ball_or_is_undecided(a):
    try:
        found = balls.floor(a[0])
    except UndecidedError:
        assert isinstance(a[0], Ball)
        assert a[0].rad > 0
    else:
        assert a[1] // 1 == found


@MANY
@given(a=numbers(), bits=st.integers(-20, 100))
def test_within_compares_the_radius_with_a_power_of_two(a, bits):
    rad = Fraction(0) if isinstance(a[0], Fraction) else Fraction(a[0].rad) / Fraction(2) ** a[0].scale

    assert (rad <= Fraction(2) ** -bits) == balls.within(a[0], bits)


@pytest.mark.parametrize(
    ("known", "expected"),
    [(Ball(0, 0, 3), 0), (Ball(1, 1, 3), None), (Ball(-1, 1, 3), None), (Ball(2, 1, 3), 1), (Fraction(-1, 3), -1)],
)
def test_a_sign_is_known_where_the_ball_does_not_touch_zero(known, expected):
    assert expected == balls.sign(known)


def test_a_ball_around_zero_divides_nothing():
    with pytest.raises(UndecidedError, match="known not to be zero"):
        balls.divide(Fraction(1), Ball(1, 1, 4))
    with pytest.raises(ZeroDivisionError):
        balls.divide(Fraction(1), Ball(0, 0, 4))


def test_an_answer_that_never_narrows_is_given_up():
    with pytest.raises(UndecidedError, match="do not suffice"):
        refined(lambda scale: Ball(0, 1 << scale, scale), lambda found: [found], 10, 20)


def test_more_bits_are_taken_until_the_bound_is_kept():
    found = refined(lambda scale: Ball(1, 1 << 100, scale), lambda found: [found], 50, 60)

    assert balls.within(found, 50)
