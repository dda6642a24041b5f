"""Who stands where: segments of text, image and video, and the positions that a rule gives to their tokens."""

from collections.abc import Iterable
from fractions import Fraction
from math import floor
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import SpecError, require
from refpos.spec.precise import Floats
from refpos.variants.positions import Centres, Grid, Image, Index, MRope, Rule, Segment, Text, Video


def place(segments: Iterable[Segment], rule: Rule) -> Floats:
    r"""Return the position of every token of an input, in the order in which tokens come (row by row, frame by frame).

    Index       start + i, counted over all segments
    Grid        (y, x) of an image, (t, y, x) of a video, each from start
    Centres     low + (high − low)(i + ½)/n for y of n = h rows and x of n = w columns
    MRope       (t, y, x); text (p, p, p); an image or video (t, y, x) + p; p the highest coordinate so far plus one

    Parameters
    ----------
    segments : iterable of Text, Image or Video
        What the input is made of, in order.
    rule : Index, Grid, Centres or MRope

    Returns
    -------
    (n,) float64 for Index, else (n, A)
        In units of tokens or patches (for Centres of the range low to high).

    Raises
    ------
    SpecError
        If there is no segment, one is of a kind that the rule does not place, or sides do not divide by the merge.

    References
    ----------
    MRope: the code of QwenLM/Qwen3-VL, `rope2d.py`, `get_rope_index_2`
    (and `get_rope_index_25` with a time rate); Centres: facebookresearch/dinov3, `rope_position_encoding.py`.

    Deviations
    ----------
    The text of Qwen2.5-VL aligns ids with absolute time; its code truncates i·(seconds per temporal patch)·rate to an
    integer, as is done here, so that steps are uneven.

    Examples
    --------
    >>> place([Text(2), Image(2, 4), Text(1)], MRope())
    array([[0., 0., 0.],
           [1., 1., 1.],
           [2., 2., 2.],
           [2., 2., 3.],
           [4., 4., 4.]])
    """
    segments = list(segments) if isinstance(segments, Iterable) else [segments]
    require(isinstance(rule, Rule), "rule must be Index, Grid, Centres or MRope", rule)
    require(
        segments and all(isinstance(one, Segment) for one in segments),
        "segments must be Text, Image or Video, at least one",
        segments,
    )
    match rule:
        case Index(start=start):
            return start + np.arange(float(sum(_tokens(one) for one in segments)))
        case Grid(start=start):
            return start + _mesh([_sides(one, rule) for one in segments])
        case Centres(low=low, high=high):
            sides = [_sides(one, rule) for one in segments]
            centres = (_mesh(sides) + 0.5) / np.concatenate([np.tile(n, (int(np.prod(n)), 1)) for n in sides])
            return np.asarray(low + (high - low) * centres)
        case MRope():
            return _mrope(segments, rule)
        case _:
            assert_never(rule)


def as_positions(positions: npt.ArrayLike, axes: int) -> Floats:
    """Return positions as float64 of shape (..., n, A), or say what is wrong with them."""
    given = as_reals(positions, "positions")
    shape = "(..., n)" if axes == 1 else f"(..., n, {axes})"
    fits = given.ndim >= 1 if axes == 1 else given.ndim >= 2 and given.shape[-1] == axes
    require(fits, f"positions must have shape {shape}", given.shape)
    require(np.isfinite(given).all(), "positions must be finite", given[~np.isfinite(given)][:1])
    exact = given.dtype.kind == "f" or ((given <= 2**53).all() and (given >= -(2**53)).all())
    require(exact, "integer positions must not exceed 2^53", given)
    p = given.astype(np.float64)
    return p[..., None] if axes == 1 else p


def as_reals(values: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    """Return an array of integers or of floats no wider than float64, or say what is wrong with it."""
    rule = f"{name} must be integers or floats"
    require(not isinstance(values, np.ma.MaskedArray), rule, "a masked array")
    try:
        given = np.asarray(values)
        leaves = () if isinstance(values, np.ndarray) else np.asarray(values, dtype=object).ravel()
    except ValueError:
        raise SpecError(f"{rule}; got a ragged {type(values).__name__}") from None
    got = f"{type(values).__name__} of objects" if given.dtype == object else str(given.dtype)
    require(given.dtype.kind in "iuf" and given.dtype.itemsize <= 8, rule, got)
    require(not any(isinstance(one, bool | np.bool_) for one in leaves), rule, "a bool among numbers")
    mixed = given.dtype.kind == "f" and any(isinstance(one, int) and abs(one) > 2**53 for one in leaves)
    require(not mixed, f"integers among {name} must not exceed 2^53", values)
    return given


def _tokens(segment: Segment) -> int:
    match segment:
        case Text(n=n):
            return n
        case Image(h=h, w=w):
            return h * w
        case Video(t=t, h=h, w=w):
            return t * h * w


def _sides(segment: Segment, rule: Rule) -> tuple[int, ...]:
    match segment:
        case Image(h=h, w=w):
            return (h, w)
        case Video(t=t, h=h, w=w) if isinstance(rule, Grid):
            return (t, h, w)
        case _:
            raise SpecError(f"{type(rule).__name__} must place grids of its kind; got {segment!r}")


def _mesh(sides: list[tuple[int, ...]]) -> Floats:
    """Return the indices of every cell of every grid, row by row."""
    require(len({len(n) for n in sides}) == 1, "segments of one call must have as many axes", sides)
    return np.concatenate([np.indices(n).reshape(len(n), -1).T for n in sides]).astype(np.float64)


def _mrope(segments: list[Segment], rule: MRope) -> Floats:
    rows: list[Floats] = []
    start = 0.0
    for segment in segments:
        if isinstance(segment, Text):
            block = np.repeat(np.arange(float(segment.n))[:, None], 3, axis=1)
        else:
            block = _mesh([_merged(segment, rule)])
            if rule.tokens_per_second is not None:
                rate = Fraction(rule.tokens_per_second)
                rate = rate / Fraction(segment.fps) if isinstance(segment, Video) else Fraction(0)
                require(len(block) * rate <= 2**53, "times must not exceed 2^53", segment)
                block[:, 0] = [floor(int(t) * rate) for t in block[:, 0]]
        rows.append(start + block)
        start = float(rows[-1].max()) + 1
    return np.concatenate(rows)


def _merged(segment: Image | Video, rule: MRope) -> tuple[int, int, int]:
    require(
        segment.h % rule.merge == 0 and segment.w % rule.merge == 0,
        f"sides must be multiples of the merge, {rule.merge}",
        (segment.h, segment.w),
    )
    frames = segment.t if isinstance(segment, Video) else 1
    return frames, segment.h // rule.merge, segment.w // rule.merge
