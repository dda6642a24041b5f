"""Positions from padding masks."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.positions import as_array, counted
from refpos.spec.precise import Floats
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask, MaskRule
from refpos.variants.positions import Index

Counts = npt.NDArray[np.int64]


def place_mask(mask: npt.ArrayLike, rule: MaskRule | Index) -> Floats:
    r"""Return the position of every token of padded rows, or of every pixel of padded images.

    DecoderMask     Σ_{j <= i} m_j − 1, and `fill` where m_i = 0
    FairseqMask     padding + m_i Σ_{j <= i} m_j
    DetrMask        (y, x) = (Σ_{i' <= i} m_{i'j} + shift, Σ_{j' <= j} m_{ij'} + shift), row by row; normalised, each
                    over its last sum (that of the whole column or row, unshifted) + epsilon
    Index           start + i, whatever the mask

    Parameters
    ----------
    mask : (..., n) of bools or of integers 0 and 1, (..., h, w) for DetrMask
        1 where there is something, 0 where there is padding.
    rule : DecoderMask, FairseqMask, DetrMask or Index

    Returns
    -------
    (..., n) float64, (..., h·w, 2) for DetrMask
        In tokens or pixels; normalised ones in turns, correctly rounded.

    Raises
    ------
    SpecError
        If the mask is not of 0 and 1, has not the axes that the rule needs, or is empty, or a position exceeds 2^53.

    References
    ----------
    DecoderMask: huggingface/transformers, `prepare_inputs_for_generation`; FairseqMask: facebookresearch/fairseq,
    `fairseq/utils.py`, `make_positions`; DetrMask: facebookresearch/detr, `models/position_encoding.py`,
    `PositionEmbeddingSine`, and Deformable-DETR's of the same name (shift −½).

    Deviations
    ----------
    The code of DETR multiplies normalised positions by 2π; here they are turns, so that π is never a float.

    Examples
    --------
    >>> place_mask([[0, 0, 1, 1, 1], [1, 1, 1, 0, 0]], DecoderMask())
    array([[1., 1., 0., 1., 2.],
           [0., 1., 2., 1., 1.]])
    """
    require(isinstance(rule, MaskRule | Index), "rule must be DecoderMask, FairseqMask, DetrMask or Index", rule)
    m = _zeros_and_ones(mask, 2 if isinstance(rule, DetrMask) else 1)
    match rule:
        case DecoderMask(fill=fill):
            return np.where(m, m.cumsum(-1) - 1, fill).astype(np.float64)
        case FairseqMask(padding=padding):
            return np.asarray(padding + m * m.cumsum(-1), dtype=np.float64)
        case DetrMask():
            both = np.stack([_along(m, rule, axis) for axis in (-2, -1)], axis=-1)
            return np.asarray(both.reshape(*m.shape[:-2], -1, 2))
        case Index(start=start):
            return np.zeros(m.shape) + counted(start, m.shape[-1])
        case _:
            assert_never(rule)


def _along(m: Counts, rule: DetrMask, axis: int) -> Floats:
    """Return what one axis counts; a quotient of each pair of sums is reckoned once, as a fraction."""
    counts = m.cumsum(axis)
    if not rule.normalise:
        return np.asarray(counts + rule.shift)
    last = np.broadcast_to(counts.max(axis, keepdims=True), counts.shape)
    pairs, where = np.unique(np.stack([counts.ravel(), last.ravel()]), axis=1, return_inverse=True)
    shift, epsilon = Fraction(rule.shift), Fraction(rule.epsilon)
    found = np.array([float((int(c) + shift) / (int(n) + epsilon)) for c, n in pairs.T])
    return found[where.ravel()].reshape(counts.shape)


def _zeros_and_ones(mask: npt.ArrayLike, axes: int) -> Counts:
    """Return a mask as integers, or say what is wrong with it."""
    rule = "mask must hold only 0 and 1, or bools"
    given = as_array(mask, rule)
    require(given.dtype.kind in "biu", rule, str(given.dtype))
    shape = "(..., n)" if axes == 1 else "(..., h, w)"
    require(given.ndim >= axes and given.size, f"mask must have shape {shape} and not be empty", given.shape)
    require(((given == 0) | (given == 1)).all(), rule, given[(given != 0) & (given != 1)][:1])
    return given.astype(np.int64)
