"""Where arrays lie: the parts of a complex one are known again, and new ones begin where a line of the caches does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

from refpos.spec.places import LINE, address, joined, room

TURNS = np.exp(1j * np.arange(12.0)).reshape(3, 4)
BYTES = bytearray(64)
NOT_PARTS = {
    "exchanged": (TURNS.imag, TURNS.real),
    "both real": (TURNS.real, TURNS.real),
    "of other places": (TURNS.real[1:], TURNS.imag[:-1]),
    "of other shapes": (TURNS.real[1:], TURNS.imag),
    "of other strides": (TURNS.real[:2, :2], TURNS.imag[::2, :2]),
    "of two": (TURNS.real, TURNS.copy().imag),
    "across two numbers": (TURNS.imag.ravel()[:-1], TURNS.real.ravel()[1:]),
    "of real ones": tuple(np.moveaxis(np.ones((3, 4, 2)), -1, 0)),
    "of wider ones": tuple(TURNS.view(np.float32)[..., k::4] for k in (0, 1)),
    "of bytes": tuple(np.ndarray((4,), np.float64, BYTES, 8 * k) for k in (0, 1)),
    "of numbers set apart": (np.asfortranarray(TURNS).real, np.asfortranarray(TURNS).imag),
}


@pytest.mark.parametrize("name", NOT_PARTS)
def test_others_are_no_parts_of_one_complex_table(name):
    assert joined(*NOT_PARTS[name]) is None


@given(st.data())
def test_views_of_parts_are_parts_of_the_view(data):
    index = data.draw(basic_indices(TURNS.shape, allow_newaxis=True, allow_ellipsis=True))
    real, imaginary = TURNS.real[index], TURNS.imag[index]
    if isinstance(real, np.ndarray):
        assert np.array_equal(TURNS[index], joined(real, imaginary))


@pytest.mark.parametrize("shape", [(), (5, 7), (2, 3, 4)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_room_begins_at_a_line_and_no_two_share_memory(shape, dtype):
    rooms = [room(shape, np.dtype(dtype)) for _ in range(9)]
    for number, one in enumerate(rooms):
        one[...] = number

    assert all(one.shape == shape and one.dtype == dtype and address(one) % LINE == 0 for one in rooms)
    assert all(np.all(one == number) for number, one in enumerate(rooms))
