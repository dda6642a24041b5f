"""Lengths of vectors: those of small numbers, carried by a power of 2 to either end of what a double holds."""

import numpy as np
import pytest

from refpos import Alibi, SpecError, bias
from refpos.spec.lengths import length, rms, unit

SIZES = [0, 1, -1000, 900]


def vectors(size):
    return np.ldexp(np.random.default_rng(1).standard_normal((4, 5)), size)


@pytest.mark.parametrize("size", SIZES)
def test_a_length_grows_with_its_vector(size):
    np.testing.assert_array_equal(length(vectors(size)), np.ldexp(np.linalg.norm(vectors(0), axis=-1), size))


@pytest.mark.parametrize("size", SIZES)
def test_a_unit_vector_does_not(size):
    x = vectors(0)
    np.testing.assert_array_equal(unit(vectors(size)), x / np.linalg.norm(x, axis=-1, keepdims=True))


@pytest.mark.parametrize("size", SIZES)
def test_nor_does_one_over_its_root_mean_square(size):
    x = vectors(0)
    expected = x / np.sqrt((x**2).mean(axis=-1, keepdims=True))

    np.testing.assert_array_equal(rms(vectors(size), 0.0), expected)


def test_epsilon_keeps_small_vectors_small():
    np.testing.assert_allclose(rms(np.full((1, 3), 1e-200), 4.0), 5e-201, rtol=1e-15)


@pytest.mark.parametrize("size", [1e-320, 1e-170, 1e170])
def test_the_distance_of_alibi_on_several_axes_neither_overflows_nor_vanishes(size):
    found = bias([[0.0, 0.0]], [[size, size]], Alibi(1, axes=2))

    np.testing.assert_allclose(found, -(2**-8) * np.sqrt(2) * size, rtol=1e-3 if size < 1e-300 else 1e-15)


def test_no_vector_has_a_length_too():
    assert length(np.zeros((0, 3))).shape == (0,)
    assert unit(np.zeros((0, 3))).shape == rms(np.zeros((0, 3)), 1.0).shape == (0, 3)


@pytest.mark.parametrize("divided", [unit, lambda x: rms(x, 0.0)])
def test_a_vector_of_zeros_is_not_divided(divided):
    with pytest.raises(SpecError, match="what is divided by its length must not be zero; got "):
        divided(np.zeros((1, 2)))
