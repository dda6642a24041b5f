"""What `proofs/03_sinusoidal.py` proves, of the rows that `refpos.spec` writes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY

from refpos import Dense, Frequencies, Rotary, Sinusoidal, embed, omega, rotate

U = 2.0**-53
LADDER = Frequencies((0,) * 8)
LAYOUTS = {
    "interleaved": ("interleaved", -1),
    "interleaved-cos": ("interleaved", 1),
    "sin-cos": ("half", -1),
    "cos-sin": ("half", 1),
}
places = st.integers(-(2**17), 2**17)


def products(width, distances):
    """Return the inner product of the rows at 0 and at each distance."""
    rows = embed([0, *distances], Sinusoidal(Frequencies((0,) * (width // 2))))
    return rows[1:] @ rows[0]


@pytest.mark.theorem("sinusoidal-shift")
@pytest.mark.parametrize("order", LAYOUTS)
@MANY
@given(p=places, t=places)
def test_a_row_that_is_shifted_is_the_row_turned_by_a_rotary_operator(order, p, t):
    pairing, sign = LAYOUTS[order]
    near, far = (embed([at], Sinusoidal(LADDER, order=order)) for at in (p, p + t))
    turned = rotate(near, [t], Rotary(LADDER, pairing=pairing, sign=sign))

    assert abs(turned - far).max() <= U * (4 * (abs(p) + abs(t)) + 16)


@pytest.mark.theorem("sinusoidal-both")
@MANY
@given(turns=st.integers(-100, 100))
def test_a_sine_is_shifted_by_a_number_only_over_half_turns(turns):
    one = Sinusoidal(Dense(axes=1, planes=1, unit="half-turn"))
    at = np.array([0.25, 0.5, 0.75])
    sines = embed(at, one, learned={"omega": [[1.0]]})[:, 0]
    whole, half = (embed(at + turns + more, one, learned={"omega": [[1.0]]})[:, 0] for more in (0, 0.5))

    assert abs(whole - (-1) ** turns * sines).max() < 1e-12
    assert np.ptp(half / sines) > 1


@pytest.mark.theorem("sinusoidal-product")
@MANY
@given(p=places, q=places)
def test_the_inner_product_of_two_rows_is_a_sum_of_cosines_of_the_distance(p, q):
    one, other = embed([p, q], Sinusoidal(LADDER))
    cosines = np.cos((p - q) * omega(LADDER)[0]).sum()
    bound = U * 16 * (4 * (abs(p) + abs(q)) + 32)

    assert abs(one @ other - cosines) <= bound
    assert abs((one - other) @ (one - other) - 2 * (8 - cosines)) <= 2 * bound
    assert one @ other <= 8 + bound


@pytest.mark.theorem("sinusoidal-diagonal")
def test_rows_that_are_weighted_unevenly_know_where_they_stand():
    rows = embed(np.arange(8), Sinusoidal(Frequencies((0,)), order="cos-sin"))

    for a, c in ((2.0, 2.0), (2.0, 1.0)):
        found = rows @ np.diag([a, c]) @ rows.T
        assert (np.ptp(np.diagonal(found, 1)) < 1e-12) == (a == c)


@pytest.mark.theorem("sinusoidal-wavelengths")
@pytest.mark.parametrize("width", [2, 8, 128, 512])
def test_the_longest_wave_is_shorter_than_ten_thousand_turns(width):
    slowest = omega(Frequencies((0,) * (width // 2)))[0, -1]

    assert slowest == pytest.approx(10_000.0 ** (2 / width - 1), rel=1e-14)
    assert slowest > 1e-4


@pytest.mark.theorem("sinusoidal-index")
@pytest.mark.parametrize("width", [2, 8, 128, 512])
def test_the_first_wave_has_a_frequency_of_one(width):
    rows = embed([1], Sinusoidal(Frequencies((0,) * (width // 2))))

    assert rows[0, :2].tolist() == [np.sin(1.0), np.cos(1.0)]


@pytest.mark.theorem("sinusoidal-integral")
@pytest.mark.parametrize(("distance", "limit"), [(1, 0.9739628), (10, 0.6823943), (100, 0.4367733), (1000, 0.1876906)])
@pytest.mark.parametrize("width", [128, 1024])
def test_the_mean_over_planes_is_a_sum_near_the_integral(width, distance, limit):
    planes = width // 2
    (found,) = products(width, [distance]) / planes

    assert 1e-5 < abs(found - limit) < distance * 0.9999 / planes


@pytest.mark.theorem("sinusoidal-recurrence", "sinusoidal-decay")
def test_rows_far_apart_are_as_near_as_rows_that_touch():
    near, *far = products(8, [1, 710_000, 1000 * 208_696])

    assert far[0] > 3.998 > near
    assert far[1] > 4 - 1e-3


@pytest.mark.theorem("sinusoidal-monotone")
@pytest.mark.parametrize(("width", "first"), [(128, 12), (512, 44)])
def test_the_inner_product_rises_for_the_first_time(width, first):
    steps = np.diff(products(width, range(first + 1)))

    assert (steps > 0).tolist() == [False] * (first - 1) + [True]
