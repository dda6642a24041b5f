"""Digits of a position, and what RoPE has in their place."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW

from refpos import CATALOGUE, Factorised, Frequencies, MixedRadix, Radix, SpecError, angles, digits, lookup
from refpos.exact.radix import digits as certified

radices = st.lists(st.integers(2, 300), min_size=1, max_size=9).map(lambda bases: Radix(tuple(bases)))


@pytest.mark.anchor("E 5, 9675")
@pytest.mark.parametrize(
    ("variant", "expected"),
    [(Radix((10,) * 4), [1, 7, 4, 9]), (CATALOGUE["base-16-digits"].variant, [6, 13, 5])],
    ids=["10", "16"],
)
def test_the_digits_of_1749_as_they_are_read(variant, expected):
    assert expected == digits([1749], variant)[0, ::-1].tolist() == list(certified(1749, variant)[::-1])


@pytest.mark.anchor("E 5, 9675")
def test_thirteen_is_the_least_base_in_which_three_digits_tell_2000_numbers_apart():
    told = {base: len(np.unique(digits(range(2000), Radix((base,) * 3)), axis=0)) for base in (12, 13)}

    assert math.ceil(2000 ** (1 / 3)) == 13
    assert told == {12: 12**3, 13: 2000}


@pytest.mark.anchor("E 5, 9675")
def test_a_fraction_of_a_position_has_no_digit():
    """The post divides 1749 by 2 and keeps 4.5 in the lowest place; these are the digits of what is whole of it."""
    assert [8, 7, 4] == digits([1749 // 2], CATALOGUE["base-10-digits"].variant)[0, ::-1].tolist()
    with pytest.raises(SpecError, match=r"positions must be whole numbers from 0 to 2\^53; got .*874\.5"):
        digits([1749 / 2], CATALOGUE["base-10-digits"].variant)


@given(st.integers(0, 2**53), radices)
def test_digits_are_the_exact_ones(n, variant):
    assert list(certified(n, variant)) == digits([n], variant)[0].tolist()


@given(st.integers(0, 2**90), radices)
def test_exact_digits_are_what_is_left_of_repeated_division(n, variant):
    rest = n
    for base, digit in zip(variant.bases, certified(n, variant), strict=True):
        rest, last = divmod(rest, base)
        assert digit == last


@FEW
@given(st.integers(0, 2**70), radices)
def test_digits_in_symbols_are_the_exact_ones(n, variant):
    symbolic = pytest.importorskip("refpos.symbolic.radix")

    assert list(certified(n, variant)) == [int(one) for one in symbolic.digits(n, variant)]


def test_digits_have_the_shape_of_their_positions():
    found = digits([[[0, 7], [123, 999]]], Radix((10, 10, 10)))

    assert (1, 2, 2, 3) == found.shape
    assert [3, 2, 1] == found[0, 1, 0].tolist()
    assert np.float64 == found.dtype


@pytest.mark.anchor("E5.7")
def test_without_floor_and_remainder_they_are_the_angles_of_rope():
    n, base = 1749, 16
    turned = angles([n], Frequencies((0,) * 4, base=float(base**4)))[0]

    assert np.allclose(turned, [n / base**m for m in range(4)], rtol=1e-15)
    assert digits([n], Radix((base,) * 4))[0].tolist() == [int(one) % base for one in turned]


@pytest.mark.anchor("E5.7")
def test_a_digit_comes_round_at_the_next_place_and_a_wave_at_a_whole_turn():
    base, m = 16, np.arange(3)
    waves, radix = Frequencies((0,) * 3, base=float(base) ** 3), Radix((base,) * 3)
    later = [np.diagonal(digits(5 + base ** (m + 1), radix)), np.diagonal(np.cos(angles(5 + base ** (m + 1.0), waves)))]
    turned = np.diagonal(np.cos(angles(5 + 2 * np.pi * base**m, waves)))

    assert later[0].tolist() == digits([5], radix)[0].tolist()
    assert np.abs(later[1] - np.cos(angles([5], waves))[0]).min() > 0.1
    assert np.allclose(turned, np.cos(angles([5], waves))[0], rtol=0, atol=1e-12)


@pytest.mark.anchor("E 4, 9706")
def test_a_mixed_radix_has_a_place_for_each_plane():
    """With s^(((k + 1)/K)^q) in all, s = 8 and q = 1, each of 3 digits has a base twice as great as 16."""
    found = angles([1749], Frequencies((0,) * 3, base=16**3, scaling=MixedRadix(8, 1)))[0]

    assert np.allclose(found, [1749 / (2 * 32**m) for m in range(3)], rtol=1e-15)


def test_digits_pick_the_rows_of_a_table_for_each_place():
    rows = {f"table_{m}": 10.0**m * np.arange(10.0)[:, None] for m in range(3)}

    found = lookup(digits([0, 42, 999], Radix((10,) * 3)), Factorised((10,) * 3, 1), learned=rows)
    assert [0, 42, 999] == found[:, 0].tolist()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: digits([-1], Radix((2,))), "positions must be whole numbers from 0 to 2^53; got array([-1.])"),
        (lambda: digits([2.0**53 + 2], Radix((2,))), "positions must be whole numbers from 0 to 2^53; got"),
        (lambda: digits([2**53 + 1], Radix((2,))), "integer positions must not exceed 2^53; got"),
        (lambda: digits(3, Radix((2,))), "positions must have shape (..., n); got ()"),
        (lambda: digits([1], (2,)), "variant must be Radix; got (2,)"),
        (lambda: certified(-1, Radix((2,))), "a position must be a whole number of at least 0; got -1"),
        (lambda: certified(0.5, Radix((2,))), "a position must be a whole number of at least 0; got 0.5"),
        (lambda: certified(1, 2), "variant must be Radix; got 2"),
        (lambda: Radix(()), "bases must be a tuple of ints from 2 to 2^53; got ()"),
        (lambda: Radix((10, 1)), "bases must be a tuple of ints from 2 to 2^53; got (10, 1)"),
        (lambda: Radix([10]), "bases must be a tuple of ints from 2 to 2^53; got [10]"),
        (lambda: Radix((2.5,)), "bases must be a tuple of ints from 2 to 2^53; got (2.5,)"),
        (lambda: Radix((2**53 + 1,)), "bases must be a tuple of ints from 2 to 2^53; got"),
    ],
)
def test_what_has_no_digits_is_refused(make, said):
    with pytest.raises(SpecError) as raised:
        make()

    assert str(raised.value).startswith(said)
