"""Blocks of arrays: each element once, in order, and no more at once than was asked for."""

from math import prod

import numpy as np
import pytest

from refpos.spec.blocks import chunks, pieces


@pytest.mark.parametrize("shape", [(), (3,), (2, 5), (3, 4, 5), (2, 0, 3)])
@pytest.mark.parametrize("most", [1, 2, 7, 60])
def test_chunks_cover_an_array_once(shape, most):
    found = np.zeros(shape, int)
    for place in chunks(shape, most):
        assert found[place].size <= max(most, 1)
        found[place] += 1

    assert np.all(found == 1)


@pytest.mark.parametrize("lengths", [(), (3,), (2, 5), (3, 4, 5), (2, 0, 3), (3, 1, 1)])
@pytest.mark.parametrize("most", [1, 2, 7, 60])
def test_pieces_cover_arrays_once_and_together(lengths, most):
    numbers = np.arange(2 * prod(lengths)).reshape(*lengths, 2)
    found = [*pieces(lengths, most, numbers, -numbers)]

    assert all(np.array_equal(one, -other) and one[..., 0].size <= most for one, other in found)
    assert [*range(numbers.size)] == [number for one, _ in found for number in one.ravel()]
