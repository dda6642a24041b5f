"""What `proofs/04_axes.py` proves, of the rotary operators of several axes that `refpos.spec` computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, generators, points

from refpos import CATALOGUE, Dense, Frequencies, Rotary, omega, rotate
from refpos.spec.frequencies import mixed

U = 2.0**-53
DENSE = Rotary(Dense(axes=2, planes=4))
GRID = np.stack(np.mgrid[:32, :32], axis=-1).reshape(-1, 2)
places = st.integers(-(2**10), 2**10)


def operator(variant, point, features, learned=None):
    """Return the matrix of a variant at a position."""
    at = np.broadcast_to(point, (features, *np.shape(point)))
    return rotate(np.eye(features), at, variant, learned=learned).T


def images(frequencies, at, learned=None):
    """Return what a vector of equal features becomes at each position, rounded."""
    variant = Rotary(frequencies)
    width = 2 * (frequencies.planes if isinstance(frequencies, Dense) else len(frequencies.axes))
    return rotate(np.ones((len(at), width)), at, variant, learned=learned).round(7)


def told_apart(*arguments):
    found = images(*arguments)
    return len(np.unique(found, axis=0)) == len(found)


@pytest.mark.theorem("axes-commute", "axes-exponentials", "axes-split")
@MANY
@given(rng=generators, p=points(2, reach=64), q=points(2, reach=64))
def test_operators_of_any_learned_frequencies_are_relative_and_commute(rng, p, q):
    learned = {"omega": rng.standard_normal((2, 4))}
    one, other, between = (operator(DENSE, at, 8, learned) for at in (p, q, q - p))

    assert abs(one.T @ other - between).max() < 1e-12
    assert abs(one @ other - other @ one).max() < 1e-12


@pytest.mark.theorem("axes-integers", "axes-skew")
@MANY
@given(rng=generators, p=points(2, fraction=True))
def test_an_operator_is_orthogonal_and_additive_between_integers_too(rng, p):
    learned = {"omega": 2 * np.pi * rng.integers(-3, 4, (2, 4))}
    at, whole = (operator(DENSE, one, 8, learned) for one in (p, np.ceil(p)))
    twice = operator(DENSE, 2 * p, 8, learned)

    assert abs(whole - np.eye(8)).max() < 1e-12
    assert abs(at.T @ at - np.eye(8)).max() < 1e-12
    assert abs(at @ at - twice).max() < 1e-12


@pytest.mark.theorem("axes-powers")
@MANY
@given(rng=generators, n=st.integers(0, 9))
def test_powers_of_an_operator_are_operators_with_determinant_1(rng, n):
    learned = {"omega": rng.standard_normal((2, 4))}
    once, power = (operator(DENSE, one, 8, learned) for one in ([1, 1], [n, n]))

    assert abs(np.linalg.matrix_power(once, n) - power).max() < 1e-12
    assert np.linalg.det(once) == pytest.approx(1)


@pytest.mark.theorem("axes-ansatz")
@MANY
@given(p=points(2, reach=64))
def test_the_standard_choice_turns_two_planes_one_for_each_axis(p):
    found = operator(Rotary(Frequencies((1, 0), ladder="per-axis"), pairing="interleaved"), p, 4)
    (y, x), want = p, np.zeros((4, 4))
    want[:2, :2] = [[np.cos(x), -np.sin(x)], [np.sin(x), np.cos(x)]]
    want[2:, 2:] = [[np.cos(y), -np.sin(y)], [np.sin(y), np.cos(y)]]

    assert abs(found - want).max() < 1e-14


@pytest.mark.theorem("axes-rank")
@MANY
@given(rng=generators, t=places)
def test_one_plane_stands_still_along_a_line_of_the_plane(rng, t):
    w = rng.integers(1, 9, (2, 1))
    along = t * np.array([w[1, 0], -w[0, 0]])

    assert operator(Rotary(Dense(axes=2, planes=1)), along, 3, {"omega": w}).tolist() == np.eye(3).tolist()


@pytest.mark.theorem("axes-recover")
@pytest.mark.parametrize("name", ["rope-vit-axial", "rope-vit-mixed"])
def test_the_cells_of_a_grid_are_told_apart(name):
    frequencies = CATALOGUE[name].variant.frequencies
    if not isinstance(frequencies, Dense):
        assert told_apart(frequencies, GRID)
        return
    own = Dense(axes=2, planes=frequencies.planes)
    for head in mixed([0.0, 0.6, 2.0], frequencies.planes):
        assert told_apart(own, GRID, {"omega": head})


@pytest.mark.theorem("axes-recover")
def test_cells_are_not_told_apart_where_all_planes_turn_along_one_line():
    assert not told_apart(Dense(axes=2, planes=2), GRID, {"omega": [[1, 3], [2, 6]]})


@pytest.mark.theorem("axes-range")
def test_positions_come_back_where_frequencies_are_rational_turns_and_not_in_radians():
    row = np.arange(64)

    assert told_apart(Frequencies((0,)), row)
    assert told_apart(Dense(1, 1, unit="turn"), row[:7], {"omega": [[3 / 7]]})
    assert not told_apart(Dense(1, 1, unit="turn"), row[:8], {"omega": [[3 / 7]]})


@pytest.mark.theorem("axes-one-plane")
def test_one_plane_tells_the_cells_of_a_grid_apart():
    one = Dense(axes=2, planes=1)

    assert told_apart(one, GRID, {"omega": [[2**0.5], [1]]})
    assert not told_apart(one, GRID, {"omega": [[2], [1]]})


@pytest.mark.theorem("axes-axial")
@MANY
@given(rng=generators, p=points(2, reach=64))
def test_an_axial_encoding_is_a_dense_one_with_zeros(rng, p):
    axial = Frequencies((0, 0, 1, 1), base=100.0, ladder="per-axis")
    x, at = rng.standard_normal((1, 8)), p[None]
    learned = {"omega": [[1, 0.1, 0, 0], [0, 0, 1, 0.1]]}

    assert rotate(x, at, Rotary(axial)).tolist() == rotate(x, at, DENSE, learned=learned).tolist()


@pytest.mark.theorem("axes-turned")
@MANY
@given(rng=generators, p=points(2, reach=64), a=st.floats(0, 6.28))
def test_a_mixed_head_is_an_axial_one_in_turned_coordinates(rng, p, a):
    y, x = p
    turned = np.array([[y * np.cos(a) - x * np.sin(a), x * np.cos(a) + y * np.sin(a)]])
    axial = Rotary(Frequencies((1, 1, 0, 0), base=10.0, ladder="per-axis"))
    features, (head,) = rng.standard_normal((1, 8)), mixed([a], 4)
    found = rotate(features, p[None], DENSE, learned={"omega": head})

    assert abs(found - rotate(features, turned, axial)).max() < 1e-12
    assert abs((head[:, :2] * head[:, 2:]).sum(axis=0)).max() < 1e-15


@pytest.mark.theorem("axes-index")
def test_the_ladder_of_an_axis_ends_one_step_before_the_base():
    found = omega(CATALOGUE["rope-vit-axial"].variant.frequencies)
    steps = found.shape[1] // 2

    assert [np.count_nonzero(one) for one in found] == [steps, steps]
    assert found[found > 0].min() == pytest.approx(100 ** (1 / steps - 1), rel=1e-14)
    assert found[found > 0].min() > 0.01
