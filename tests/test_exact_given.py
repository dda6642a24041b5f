"""What is given to the certified rendering: arrays of NumPy are what they hold, and all else is one SpecError."""

from fractions import Fraction

import numpy as np
import pytest

from refpos import Alibi, Dense, Frequencies, Rotary, Sinusoidal, SpecError, Table, Text, exact, normal_form, same
from refpos.exact.given import number
from refpos.variants.attention import Attention
from refpos.variants.bias import T5Buckets
from refpos.variants.masks import DecoderMask, DetrMask
from refpos.variants.positions import Index
from refpos.variants.relative import Pope
from refpos.variants.table import Pix2StructGrid, Resize

F = Frequencies((0,))
R = Rotary(F)
ROWS = {"table": [[0.0], [1.0], [2.0]]}

CALLS = {
    "angles": (exact.angles.angles, (1, F, 64)),
    "mixed": (exact.angles.mixed, ([0.5], 4, 64)),
    "omega": (exact.frequencies.omega, (F, 64)),
    "cos_sin": (exact.rotary.cos_sin, (1, R, 64)),
    "rotate": (exact.rotary.rotate, ([1, 2], 1, R, 64)),
    "embed": (exact.sinusoidal.embed, (1, Sinusoidal(F), 64)),
    "tables": (exact.tables.tables, (range(3), R, 64)),
    "bias": (exact.bias.bias, (1, [0, 1], Alibi(2), 64)),
    "index": (exact.bias.index, (1, [0, 1], T5Buckets(2))),
    "lookup": (lambda p, variant, learned: exact.table.lookup(p, variant, learned=learned), (1, Table((3,), 1), ROWS)),
    "resize": (exact.table.resize, ([[0.0], [2.0]], (1, 2), (1, 1), Resize("linear"))),
    "fit": (exact.table.fit, (10, 10, Pix2StructGrid((16, 16), 64))),
    "place": (lambda segments, rule: exact.positions.place(segments, rule, 64), ([Text(2)], Index())),
    "place_mask": (exact.positions.place_mask, ([1, 0], DecoderMask())),
    "place_mask of pixels": (exact.positions.place_mask, ([[1, 0]], DetrMask())),
    "scores": (exact.attention.scores, ([1, 0], [[1, 0]], 1, [0], Attention(R), 64)),
    "attend": (exact.attention.attend, ([1, 0], [[1, 0]], [[1, 0]], 1, [0], Attention(R), 64)),
    "normal_form": (lambda variant: normal_form(variant, 2), (R,)),
    "same": (same, (normal_form(R, 2), normal_form(R, 2))),
}
STRANGE = [None, 1j, "a", True, float("nan"), [None], object(), [[1], [1, 2]], np.array(1j), np.array(None)]


@pytest.mark.parametrize("name", CALLS)
def test_what_is_strange_is_refused_wherever_it_stands(name):
    call, given = CALLS[name]
    call(*given)

    for at in range(len(given)):
        for strange in STRANGE:
            with pytest.raises(SpecError):
                call(*given[:at], strange, *given[at + 1 :])


@pytest.mark.parametrize("bits", [0, -1, True, 1.5, "a", None, np.int64(2)])
@pytest.mark.parametrize(
    "name", ["angles", "omega", "cos_sin", "rotate", "embed", "tables", "bias", "scores", "attend"]
)
def test_bits_are_an_int(name, bits):
    call, given = CALLS[name]
    with pytest.raises(SpecError, match=r"bits must be an int of at least 1; got "):
        call(*given[:-1], bits)


def test_arrays_of_numpy_are_what_they_hold():
    q, k, p = np.array([1, 2]), np.array([[3, 4], [5, 6]], dtype=np.float32), np.array([7, 8])

    found = exact.attention.attend(q, k, k, np.int64(9), p, Attention(R), 64)
    assert exact.attention.attend([1, 2], [[3, 4], [5, 6]], [[3, 4], [5, 6]], 9, [7, 8], Attention(R), 64) == found
    assert exact.bias.bias(9, [7, 8], Alibi(2), 64) == exact.bias.bias(p[1] + 1, p, Alibi(2), 64)
    assert exact.positions.place_mask([0, 1], DecoderMask()) == exact.positions.place_mask(q - 1, DecoderMask())


def test_a_position_may_be_any_int():
    assert Fraction(10**400) == exact.angles.angles(10**400, F, 64)[0] == number(10**400, "")


@pytest.mark.parametrize("head", [-1, 2, True, 0.0, None])
@pytest.mark.parametrize("attention", [Pope(2, 2), Attention(bias=Alibi(2)), Attention(Rotary(Dense(1, 1, heads=2)))])
def test_a_head_is_one_of_those_there_are(attention, head):
    learned = {name: np.ones(shape) for name, shape in attention.learned.items()}
    with pytest.raises(SpecError, match="head must be an int from 0 to 1; got "):
        exact.attention.scores([1, 0], [[1, 0]], 1, [0], attention, 64, learned=learned, head=head)


@pytest.mark.parametrize("head", [-1, True, None])
def test_a_head_is_counted_where_all_are_alike_too(head):
    with pytest.raises(SpecError, match="head must be an int of at least 0; got "):
        exact.attention.scores([1, 0], [[1, 0]], 1, [0], Attention(R), 64, head=head)


@pytest.mark.parametrize(
    ("mask", "rule"),
    [
        ([2], "mask must hold only 0 and 1, or bools"),
        ([1.0], "mask must hold only 0 and 1, or bools"),
        ([], r"mask must have shape \(n,\) and not be empty"),
    ],
)
def test_a_mask_is_of_0_and_1(mask, rule):
    with pytest.raises(SpecError, match=rule):
        exact.positions.place_mask(mask, DecoderMask())


def test_rows_of_a_mask_of_pixels_are_as_long():
    with pytest.raises(SpecError, match=r"mask must have shape \(h, w\) and not be empty"):
        exact.positions.place_mask([[1], [1, 0]], DetrMask())


def test_what_is_compared_are_normal_forms():
    with pytest.raises(SpecError, match=r"what is compared must be two normal forms, see normal_form; got Alibi"):
        same(Alibi(8), Alibi(8))
