"""Digits of a position, and what RoPE has in their place."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refpos import Frequencies, MixedRadix, SpecError, angles
from refpos.spec.radix import digits


def test_the_digits_of_9675():
    assert digits(1749, [10] * 4)[::-1] == (1, 7, 4, 9)
    assert digits(1749, [16] * 3)[::-1] == (6, 13, 5)


def test_thirteen_is_the_least_base_in_which_three_digits_reach_2000():
    reach = {base: sum(digit * base**m for m, digit in enumerate(digits(1999, [base] * 3))) for base in (12, 13)}

    assert math.ceil(2000 ** (1 / 3)) == 13
    assert reach == {12: 1999 % 12**3, 13: 1999}


@given(st.integers(0, 2**70), st.lists(st.integers(2, 300), max_size=9))
def test_digits_times_what_they_stand_for_are_the_number_but_for_what_lies_beyond(n, bases):
    places = [math.prod(bases[:m]) for m in range(len(bases))]
    found = digits(n, bases)

    assert sum(digit * place for digit, place in zip(found, places, strict=True)) == n % math.prod(bases)
    assert found == tuple(n // place % base for place, base in zip(places, bases, strict=True))


def test_without_floor_and_remainder_they_are_the_angles_of_rope():
    n, base = 1749, 16

    assert np.allclose(angles([n], Frequencies((0,) * 4, base=base**4))[0], [n / base**m for m in range(4)], rtol=1e-15)
    assert digits(n, [base] * 4) == tuple(int(n / base**m) % base for m in range(4))


def test_a_mixed_radix_has_a_place_for_each_plane():
    """With s^(((k + 1)/K)^q) in all, s = 8 and q = 1, each of 3 digits has a base twice as great as 16."""
    found = angles([1749], Frequencies((0,) * 3, base=16**3, scaling=MixedRadix(8, 1)))[0]

    assert np.allclose(found, [1749 / (2 * 32**m) for m in range(3)], rtol=1e-15)


@pytest.mark.parametrize(
    ("n", "bases", "said"),
    [
        (-1, [2], "n must be an int of at least 0; got -1"),
        (1.0, [2], "n must be an int of at least 0; got 1.0"),
        (1, [1], "bases must be ints of at least 2; got"),
        (1, 10, "bases must be ints of at least 2; got 10"),
        (1, [2.5], "bases must be ints of at least 2; got"),
    ],
)
def test_what_has_no_digits_is_refused(n, bases, said):
    with pytest.raises(SpecError) as raised:
        digits(n, bases)

    assert str(raised.value).startswith(said)
