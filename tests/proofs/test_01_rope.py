"""Rotations are made of planes, turn and do not mirror, and are the exponentials of skew matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operators import PLAIN, operator, pairs, point
from strategies import FEW, generators

from refpos import Dense, Frequencies, Rotary, cos_sin, omega
from refpos.spec.scaling import magnitude
from refpos.variants.frequencies import axis_count, plane_count

everywhere = pytest.mark.parametrize("variant", PLAIN.values(), ids=PLAIN)
LINES = {name: one for name, one in PLAIN.items() if axis_count(one.frequencies) == 1 and one.attention_factor == 1}
on_lines = pytest.mark.parametrize("variant", LINES.values(), ids=LINES)


@everywhere
@pytest.mark.theorem("rope-blocks")
def test_an_operator_is_made_of_planes_and_of_what_passes_through(variant):
    turned, still = pairs(variant)
    cos, sin = (one[0] for one in cos_sin(point(variant, 3.0), variant))
    due = np.eye(len(turned) + len(still))
    for k, (c, s) in enumerate(zip(cos, sin, strict=True)):
        due[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = [[c, -s], [s, c]]

    assert np.array_equal(operator(variant, 3.0)[np.ix_(turned + still, turned + still)], due)


@everywhere
@pytest.mark.theorem("rope-determinant")
def test_the_determinant_is_that_of_the_magnitudes(variant):
    sign, log = np.linalg.slogdet(operator(variant, 5.0))

    assert sign == 1
    assert abs(log - 2 * plane_count(variant.frequencies) * np.log(magnitude(variant.attention_factor))) < 1e-12


@pytest.mark.parametrize(("planes", "sign"), [(2, -1), (3, -1), (4, 1), (5, 1)])
@pytest.mark.theorem("rope-determinant")
def test_features_that_are_written_elsewhere_may_be_mirrored(planes, sign):
    moved = Rotary(Frequencies((0,) * planes), "interleaved", write="half")

    assert np.linalg.det(operator(moved, 5.0)) == pytest.approx(sign)


def generator(variant):
    """Return B, with ω_k J for every plane."""
    order, still = pairs(variant)
    found = np.zeros((len(order) + len(still),) * 2)
    a, b = order[::2], order[1::2]
    found[b, a] = variant.sign * omega(variant.frequencies)[0]
    return found - found.T


def exponential(skew, position):
    """Return exp(pB), from the eigenvalues of the Hermitian matrix iB."""
    values, vectors = np.linalg.eigh(1j * skew)
    return ((vectors * np.exp(-1j * position * values)) @ vectors.conj().T).real


@on_lines
@pytest.mark.theorem("rope-exponential")
def test_an_operator_is_the_exponential_of_a_skew_matrix(variant):
    assert abs(operator(variant, 1.75) - exponential(generator(variant), 1.75)).max() < 1e-12


@FEW
@given(rng=generators, position=st.floats(-100, 100))
@pytest.mark.theorem("rope-skew-planes")
def test_any_skew_matrix_turns_planes_in_another_basis(rng, position):
    skew = rng.standard_normal((8, 8))
    skew -= skew.T
    _, vectors = np.linalg.eigh(skew.T @ skew)
    first = vectors[:, ::2]
    rates = np.linalg.norm(skew @ first, axis=0)
    basis = np.stack([first, skew @ first / rates], axis=-1).reshape(8, 8)
    turned = operator(Rotary(Dense(1, 4), "interleaved"), position, features=8, learned={"omega": rates[None]})

    assert abs(basis.T @ basis - np.eye(8)).max() < 1e-9
    assert abs(basis @ turned @ basis.T - exponential(skew, position)).max() < 1e-9


@everywhere
@pytest.mark.theorem("rope-integers")
def test_whole_positions_are_powers_of_the_first(variant):
    first, again = operator(variant, 1.0), operator(variant, 6.0)
    g = magnitude(variant.attention_factor)
    turned, _ = pairs(variant)
    first[:, turned] /= g
    again[:, turned] /= g

    theta = 6 * abs(omega(variant.frequencies)).sum(axis=0).max()
    assert abs(np.linalg.matrix_power(first, 6) - again).max() <= 2.0**-53 * (8 * theta + 64)
