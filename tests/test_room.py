"""The room that results are written into: of any strides, if each element has a place of its own."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from strategies import FEW

from refpos import Frequencies, Rotary, SpecError, angles, cos_sin, embed, rotate, turn
from refpos.spec.places import check_places
from refpos.variants.sinusoidal import Sinusoidal

FOUR = Frequencies((0,) * 4)
ROTARY = Rotary(FOUR)
X, P = np.arange(24.0).reshape(3, 8), [0, 1, 2]
SHARED = "the elements of out must share no memory; got strides"
FILLED = {
    "rotate": ((3, 8), lambda out: rotate(X, P, ROTARY, out=out)),
    "turn": ((3, 8), lambda out: turn(X, *cos_sin(P, ROTARY), ROTARY, out=out)),
    "turn in place": ((3, 8), lambda out: turn(out, *cos_sin(P, ROTARY), ROTARY, out=out)),
    "embed": ((3, 8), lambda out: embed(P, Sinusoidal(FOUR), out=out)),
    "angles": ((3, 4), lambda out: angles(P, FOUR, out=out)),
    "cos_sin": ((3, 4), lambda out: cos_sin(P, ROTARY, out=(np.empty((3, 4)), out))),
}


def strided(shape, strides, dtype=np.float64):
    """Return an array of such strides, in bytes and perhaps negative, with its own memory around it."""
    reach = sum(abs(step) * (n - 1) for step, n in zip(strides, shape, strict=True))
    below = sum(-step * (n - 1) for step, n in zip(strides, shape, strict=True) if step < 0)
    memory = np.zeros(reach + np.dtype(dtype).itemsize, np.uint8)
    return np.ndarray(shape, dtype, memory, below, strides)


def alone(out):
    """Whether no byte of an array belongs to two elements, by looking at each."""
    places = [sum(a * b for a, b in zip(i, out.strides, strict=True)) for i in product(*map(range, out.shape))]
    held = [place + byte for place in places for byte in range(out.itemsize)]
    return len(held) == len(set(held))


@pytest.mark.parametrize("name", FILLED)
@pytest.mark.parametrize("strides", [(0, 8), (64, 0), (0, 0), (8, 8), (60, 8), (64, 4), (-8, 8)])
def test_room_whose_elements_share_memory_is_refused(name, strides):
    shape, fill = FILLED[name]
    if strides == (60, 8) and shape[1] == 4:
        strides = (28, 8)
    out = strided(shape, strides)
    with pytest.raises(SpecError, match=SHARED):
        fill(out)
    assert not out.any()


def test_broadcast_room_made_writeable_is_refused():
    out = as_strided(np.zeros(8), (3, 8), (0, 8))
    with pytest.raises(SpecError, match=r"share no memory; got strides \(0, 8\) for shape \(3, 8\)"):
        rotate(X, P, ROTARY, out=out)


@pytest.mark.parametrize("name", [name for name in FILLED if name != "turn in place"])
@pytest.mark.parametrize(
    "room",
    [
        lambda shape: np.empty(shape, order="F"),
        lambda shape: np.empty((7, 20))[::3, : 2 * shape[1] : 2],
        lambda shape: np.empty(shape)[::-1, ::-1],
        lambda shape: sliding_window_view(np.empty(100), shape[1], writeable=True)[: 3 * shape[1] : shape[1]],
        lambda shape: strided(shape, (12 * shape[1], 12)),
        lambda shape: strided(shape, (8 * shape[1] + 8, 16)),
    ],
    ids=["columns", "steps", "backwards", "windows side by side", "gaps", "between one another"],
)
def test_room_of_any_other_strides_is_filled(name, room):
    shape, fill = FILLED[name]
    out = room(shape)
    want = np.zeros(shape)
    fill(want)
    fill(out)
    assert alone(out)
    assert np.array_equal(want, out)


@FEW
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-40, 40)), min_size=1, max_size=3))
def test_room_is_refused_exactly_where_a_byte_belongs_to_two_elements(given_):
    shape, strides = zip(*given_, strict=True)
    out = strided(shape, strides, np.float32) if 0 not in shape else np.empty(shape, np.float32)
    try:
        check_places(out)
        found = True
    except SpecError:
        found = False
    assert alone(out) == found
