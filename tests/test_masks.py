"""Positions from padding masks."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from refpos import CATALOGUE, Index, SpecError, lookup
from refpos.spec.masks import place_mask
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask

LEFT, RIGHT, HOLE = [0, 0, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 1, 0, 1]
rows = arrays(np.int64, array_shapes(max_dims=3), elements=st.integers(0, 1))
images = arrays(np.bool_, array_shapes(min_dims=2, max_dims=3))

# Census A22.


def test_a_decoder_counts_tokens_from_0_on_either_side_of_padding():
    assert [[1, 1, 0, 1, 2], [0, 1, 2, 1, 1]] == place_mask([LEFT, RIGHT], DecoderMask()).tolist()


def test_padding_of_a_decoder_may_stand_at_0():
    assert [[0, 0, 0, 1, 2], [0, 1, 2, 0, 0]] == place_mask([LEFT, RIGHT], DecoderMask(fill=0)).tolist()


def test_a_hole_is_not_counted():
    assert [0, 1, 1, 1, 2] == place_mask(HOLE, DecoderMask()).tolist()


def test_fairseq_counts_from_beyond_the_position_of_padding():
    expected = [[1, 1, 2, 3, 4], [2, 3, 4, 1, 1], [2, 1, 3, 1, 4]]

    assert expected == place_mask([LEFT, RIGHT, HOLE], FairseqMask()).tolist()


def test_with_padding_at_0_fairseq_counts_from_1():
    assert [0, 0, 1, 2, 3] == place_mask(LEFT, FairseqMask(padding=0)).tolist()


def test_positions_of_opt_are_those_of_its_table():
    """OPT reads the rows of the sums of its mask less one, plus 2."""
    opt, rows = CATALOGUE["opt"].variant, np.arange(6.0)[:, None]
    mask = [[1, 1, 1, 0], [0, 1, 1, 1]]
    small = replace(opt, rows=(6,), width=1)

    found = lookup(place_mask(mask, CATALOGUE["opt-positions"].variant), small, learned={"table": rows})
    assert [[2, 3, 4, 1], [1, 2, 3, 4]] == found[..., 0].tolist()
    assert found[..., 0].tolist() == place_mask(mask, CATALOGUE["fairseq-positions"].variant).tolist()


def test_an_index_does_not_look_at_padding():
    assert [[2, 3, 4, 5, 6]] * 2 == place_mask([LEFT, RIGHT], Index(start=2)).tolist()


@given(mask=rows)
def test_without_padding_all_rules_are_an_index(mask):
    full = np.ones_like(mask)
    index = place_mask(full, Index())

    assert (place_mask(full, DecoderMask()) == index).all()
    assert (place_mask(full, FairseqMask(padding=4)) == index + 5).all()


@given(mask=rows)
def test_tokens_of_a_row_stand_one_after_another(mask):
    found = place_mask(mask, DecoderMask(fill=9))
    for line, places in zip(mask.reshape(-1, mask.shape[-1]), found.reshape(-1, mask.shape[-1]), strict=True):
        assert list(range(line.sum())) == places[line == 1].tolist()
        assert [9] * (line == 0).sum() == places[line == 0].tolist()


# DETR (census A16, A17).


def test_detr_counts_rows_and_columns_from_1_along_what_is_there():
    mask = [[1, 1, 0], [1, 1, 0]]

    assert [[1, 1], [1, 2], [0, 2], [2, 1], [2, 2], [0, 2]] == place_mask(mask, DetrMask()).tolist()


def test_detr_divides_by_the_last_count_and_a_little():
    """y/(y_last + ε), in turns: the float of ε = 1e-6, and one rounding."""
    found = place_mask(np.ones((3, 7), int), DetrMask(normalise=True)).reshape(3, 7, 2)

    assert [float(Fraction(i) / (3 + Fraction(1e-6))) for i in (1, 2, 3)] == found[:, 0, 0].tolist()
    assert [float(Fraction(i) / (7 + Fraction(1e-6))) for i in range(1, 8)] == found[0, :, 1].tolist()


def test_padding_does_not_move_an_image():
    """The image in the corner stands where it does alone, normalised too."""
    mask = np.zeros((5, 6), int)
    mask[:3, :4] = 1
    rule = DetrMask(normalise=True)
    inside = place_mask(mask, rule).reshape(5, 6, 2)[:3, :4]

    assert inside.reshape(-1, 2).tolist() == place_mask(np.ones((3, 4), int), rule).tolist()


def test_deformable_detr_counts_to_the_centres():
    """(y − ½)/(y_last + ε): about 1/8, 3/8, 5/8 and 7/8."""
    found = place_mask(np.ones((4, 4), bool), DetrMask(normalise=True, shift=-0.5))[:4, 1]

    assert np.abs(found - [1 / 8, 3 / 8, 5 / 8, 7 / 8]).max() < 1e-6
    assert (found < [1 / 8, 3 / 8, 5 / 8, 7 / 8]).all()


def test_where_a_column_is_all_padding_epsilon_divides():
    assert [-0.5 / 1e-6] * 2 == place_mask([[0, 0]], DetrMask(normalise=True, shift=-0.5))[:, 0].tolist()


@given(mask=images)
def test_the_axes_of_detr_change_places_with_those_of_the_image(mask):
    rule = DetrMask(normalise=True, shift=0.25)
    *lead, h, w = mask.shape
    turned = place_mask(mask.swapaxes(-2, -1), rule).reshape(*lead, w, h, 2)

    assert (place_mask(mask, rule).reshape(*lead, h, w, 2) == turned.swapaxes(-3, -2)[..., ::-1]).all()


@pytest.mark.parametrize("rule", [DecoderMask(), FairseqMask(), DetrMask(), DetrMask(True), Index()], ids=repr)
def test_positions_are_float64_whatever_the_mask(rule):
    masks = [np.eye(3, dtype=dtype) for dtype in (bool, np.int8, np.uint64)]
    found = [place_mask(mask, rule) for mask in masks]

    assert {np.dtype(np.float64)} == {one.dtype for one in found}
    assert found[0].tolist() == found[1].tolist() == found[2].tolist()


VALUES = "mask must hold only 0 and 1, or bools"
REFUSED = {
    "a mask of 2": (lambda: place_mask([0, 2, 1], DecoderMask()), f"{VALUES}; got array([2])"),
    "a mask of -1": (lambda: place_mask([0, -1, 1], FairseqMask()), f"{VALUES}; got array([-1])"),
    "a mask of floats": (lambda: place_mask([0.0, 1.0], DecoderMask()), f"{VALUES}; got float64"),
    "a ragged mask": (lambda: place_mask([[0], [0, 1]], DecoderMask()), f"{VALUES}; got a ragged list"),
    "a masked mask": (lambda: place_mask(np.ma.array([1]), DecoderMask()), f"{VALUES}; got a masked array"),
    "a mask of nothing": (lambda: place_mask(None, DecoderMask()), f"{VALUES}; got object"),
    "an empty mask": (
        lambda: place_mask(np.zeros((2, 0), int), DecoderMask()),
        "mask must have shape (..., n) and not be empty; got (2, 0)",
    ),
    "one bit": (lambda: place_mask(1, DecoderMask()), "mask must have shape (..., n) and not be empty; got ()"),
    "a row for DETR": (
        lambda: place_mask([0, 1], DetrMask()),
        "mask must have shape (..., h, w) and not be empty; got (2,)",
    ),
    "a rule for segments": (
        lambda: place_mask([0, 1], None),
        "rule must be DecoderMask, FairseqMask, DetrMask or Index; got None",
    ),
    "a fill below 0": (lambda: DecoderMask(fill=-1), "fill must be at least 0; got -1"),
    "padding below -1": (lambda: FairseqMask(padding=-2), "padding must be at least -1; got -2"),
    "an index too high": (
        lambda: place_mask([1, 1], Index(2**53)),
        "positions must not exceed 2^53; got 9007199254740993",
    ),
    "an epsilon of 0": (lambda: DetrMask(epsilon=0), "epsilon must be greater than 0; got 0.0"),
    "an epsilon of nothing": (lambda: DetrMask(epsilon=1e-300), "epsilon must be from 2^-100 to 1; got 1e-300"),
    "a shift of two": (lambda: DetrMask(shift=2), "shift must be from −1 to 1; got 2.0"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mask_is_refused(call, message):
    with pytest.raises(SpecError) as caught:
        call()

    assert message == str(caught.value)
