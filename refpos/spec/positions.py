"""Who stands where: segments of text, sound, images and video, and the positions that a rule gives to their tokens."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.errors import SpecError, require
from refpos.spec.multimodal import sequence
from refpos.spec.precise import Floats
from refpos.variants.positions import Audio, Centres, Grid, GridBuckets, Image, Index, Rule, Segment, Text, Video


def place(segments: Iterable[Segment], rule: Rule) -> Floats:
    r"""Return the position of every token of an input, in the order in which tokens come (row by row, frame by frame).

    Index       start + i, counted over all segments
    Grid        (y, x) of an image, (t, y, x) of a video, each from start, times reference/n where there is one;
                those of w by h patches where sides are exchanged; block by block where there are blocks
    Centres     low + (high − low)(i + ½)/n for y of n = h rows and x of n = w columns, or n the longer or the shorter
    GridBuckets side·⌊y·side/h⌋ + ⌊x·side/w⌋
    MRope       (t, y, x); text (p, p, p); an image or video (t, y, x) + p; p the highest coordinate so far plus one
    VideoRope   text as above; (τ, τ + y − ⌊(h − 1)/2⌋, τ + x − ⌊(w − 1)/2⌋) with τ = p + stride·t; p the last τ + 1
    OmniRope    text as above; (p + stride·t, y, x), after which p grows by max(stride·(T − 1) + 1, h, w)
    MSRope      (k + t, y − ⌈h/2⌉, x − ⌈w/2⌉) of image k; text from p = the greatest ⌊h/2⌋ or ⌊w/2⌋
    RopeTie     (y, x); text (p, p); (L + s r, L + t c) for r = 1 ... h and c = 1 ... w, with L = p − 1, and
                p = L + s(h + 1) = L + t(w + 1) after it; s and t are w + 1 and h + 1, or these over their greatest
                common divisor, or (wh + 1)/(h + 1) and (wh + 1)/(w + 1); in the form "unit" (L + h(w − 1)/2 + r,
                L + w(h − 1)/2 + c), and p = L + wh + 1 after it
    V2PE        text p; an image p − 1 + Δ, p − 1 + 2Δ, ... with Δ = stride/tokens, and ⌈the last⌉ + 1 after it
    CircleRope  (t, y, x); text (p, p, p); an image p + a (0, 1, −1)/√2 + b (2, −1, −1)/√6 with
                (a, b) = (1 − dff_rate) r (cos θ, sin θ) + dff_rate (x, y),
                θ = 2π (alpha (α − min α)/(max α − min α) + (1 − alpha) i/(hw)), α = atan2(y, x)

    Parameters
    ----------
    segments : iterable of Text, Audio, Image or Video
        What the input is made of, in order. Sound stands on the diagonal, as text does.
    rule : Index, Grid, Centres, GridBuckets, MRope, VideoRope, OmniRope, MSRope, RopeTie, V2PE or CircleRope

    Returns
    -------
    (n,) float64 for Index, GridBuckets and V2PE, else (n, A)
        In units of tokens or patches (for Centres of the range low to high). Rational positions are correctly rounded
        (but for Centres); those of CircleRope, and of text after a circle, are right to a few units in the last place.

    Raises
    ------
    SpecError
        If there is no segment, one is of a kind that the rule does not place, sides do not divide by the merge or the
        block, a reference has not the axes of a grid, a position exceeds 2^53, or memory does not hold them all.

    References
    ----------
    MRope: the code of QwenLM/Qwen3-VL, `rope2d.py`, `get_rope_index_2`, `get_rope_index_25` (with a time rate) and
    `get_rope_index_3` (split); Centres: facebookresearch/dinov3, `rope_position_encoding.py`; Grid with a reference:
    baaivision/EVA, `EVA-02/asuka/rope.py`; GridBuckets: huggingface/transformers, `Idefics2VisionEmbeddings`;
    RopeTie: Su, kexue.fm/archives/10040 (its form "unit" is derived from the conditions of 10352); VideoRope:
    Wiselnn570/VideoRoPE, `modeling_videorope.py`, `get_t_scale_rope_index`; OmniRope: JJJYmmm/Multimodal-RoPEs,
    `omnirope.py`; MSRope: huggingface/diffusers, `QwenEmbedRope`; V2PE: OpenGVLab/V2PE, `get_rope_pos_id`; CircleRope:
    lose4578/CircleRoPE, `circle_rope.py`.

    Deviations
    ----------
    The text of Qwen2.5-VL aligns ids with absolute time; its code truncates i·(seconds per temporal patch)·rate to an
    integer, as is done here, so that steps are uneven. Its docstring counts 25 tokens a second, its code 2.
    Qwen2.5-Omni counts the tokens of sound, not their time, which is the same at its 25 a second.
    10040 calls s = w + 1, t = h + 1 the simplest integers: for given sides those over their greatest common divisor
    are smaller, and do as well.
    Circle-RoPE says that every patch is as far from every token of text. The indices are, in Euclid's distance and
    where dff_rate = 0; attention turns each difference of coordinates by its own frequencies, and sees no such
    distance. With alpha = 1 patches that are seen at one angle share one place (a middle patch is at angle 0), and so
    do those of the first angle and of the last.

    Examples
    --------
    >>> from refpos.variants.multimodal import MRope
    >>> place([Text(2), Image(2, 4), Text(1)], MRope())
    array([[0., 0., 0.],
           [1., 1., 1.],
           [2., 2., 2.],
           [2., 2., 3.],
           [4., 4., 4.]])
    """
    given = segments.tolist() if isinstance(segments, np.ndarray) else segments
    segments = list(given) if isinstance(given, Iterable) else [given]
    require(isinstance(rule, Rule), "rule must be one of those that place segments", rule)
    require(
        segments and all(isinstance(one, Segment) for one in segments),
        "segments must be Text, Audio, Image or Video, at least one",
        segments,
    )
    tokens = sum(_tokens(one) for one in segments)
    require(tokens <= sys.maxsize >> 5, "positions must fit into memory", f"those of {tokens} tokens")
    try:
        return _placed(segments, tokens, rule)
    except MemoryError:
        raise SpecError(f"positions must fit into memory; got those of {tokens} tokens") from None


def counted(start: int, n: int) -> Floats:
    """Return start, start + 1, ..., n of them."""
    require(start + n - 1 <= 2**53, "positions must not exceed 2^53", start + n - 1)
    return start + np.arange(float(n))


def _placed(segments: list[Segment], tokens: int, rule: Rule) -> Floats:
    match rule:
        case Index(start=start):
            return counted(start, tokens)
        case Grid():
            return np.concatenate([_lattice(n, rule) for n in _grids(segments, rule)])
        case Centres(low=low, high=high):
            centres = [(_cells(n) + 0.5) / _length(n, rule) for n in _grids(segments, rule)]
            return np.asarray(low + (high - low) * np.concatenate(centres))
        case GridBuckets(side=side):
            buckets = [_cells(n) * side // n @ [side, 1] for n in _grids(segments, rule)]
            return np.concatenate(buckets).astype(np.float64)
        case _:
            return sequence(segments, rule)


def as_positions(positions: npt.ArrayLike, axes: int) -> Floats:
    """Return positions as float64 of shape (..., n, A), or say what is wrong with them."""
    given = shaped(positions, axes)
    finite = np.isfinite(given)
    require(finite.all(), "positions must be finite", given[~finite][:1])
    exact = given.dtype.kind == "f" or ((given <= 2**53).all() and (given >= -(2**53)).all())
    require(exact, "integer positions must not exceed 2^53", given)
    p = given.astype(np.float64)
    return p[..., None] if axes == 1 else p


def shaped(positions: npt.ArrayLike, axes: int) -> npt.NDArray[Any]:
    """Return positions as they are, numbers of shape (..., n) or (..., n, A), or say what is wrong with them."""
    given = as_reals(positions, "positions")
    shape = "(..., n)" if axes == 1 else f"(..., n, {axes})"
    fits = given.ndim >= 1 if axes == 1 else given.ndim >= 2 and given.shape[-1] == axes
    require(fits, f"positions must have shape {shape}", given.shape)
    return given


def as_reals(values: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    """Return an array of integers or of floats no wider than float64, or say what is wrong with it."""
    rule = f"{name} must be integers or floats"
    given = as_array(values, rule)
    leaves = () if isinstance(values, np.ndarray) else np.asarray(values, dtype=object).ravel()
    got = f"{type(values).__name__} of objects" if given.dtype == object else named(given.dtype)
    require(given.dtype.kind in "iuf" and given.dtype.itemsize <= 8, rule, got)
    require(not any(isinstance(one, bool | np.bool_) for one in leaves), rule, "a bool among numbers")
    mixed = given.dtype.kind == "f" and any(isinstance(one, int) and abs(one) > 2**53 for one in leaves)
    require(not mixed, f"integers among {name} must not exceed 2^53", values)
    return given


@cache
def named(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype, which NumPy spells anew each time that it is told."""
    return str(dtype)


def as_array(values: npt.ArrayLike, rule: str) -> npt.NDArray[Any]:
    """Return an array, or raise `SpecError` with the rule where values are masked or ragged."""
    require(not isinstance(values, np.ma.MaskedArray), rule, "a masked array")
    try:
        return np.asarray(values)
    except ValueError:
        raise SpecError(f"{rule}; got a ragged {type(values).__name__}") from None


def _tokens(segment: Segment) -> int:
    match segment:
        case Text(n=n) | Audio(n=n):
            return n
        case Image(h=h, w=w):
            return h * w
        case Video(t=t, h=h, w=w):
            return t * h * w


def _grids(segments: list[Segment], rule: Rule) -> list[tuple[int, ...]]:
    """Return the sides of every grid, which must have as many axes."""
    sides = [_sides(one, rule) for one in segments]
    require(len({len(n) for n in sides}) == 1, "segments of one call must have as many axes", sides)
    return sides


def _sides(segment: Segment, rule: Rule) -> tuple[int, ...]:
    match segment:
        case Image(h=h, w=w):
            return (h, w)
        case Video(t=t, h=h, w=w) if isinstance(rule, Grid):
            return (t, h, w)
        case _:
            raise SpecError(f"{type(rule).__name__} must place grids of its kind; got {segment!r}")


def _cells(sides: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return the indices of every cell of a grid, row by row."""
    return np.indices(sides).reshape(len(sides), -1).T


def _in_blocks(cells: npt.NDArray[np.int64], sides: tuple[int, ...], b: int) -> npt.NDArray[np.int64]:
    """Return cells in another order, block by block."""
    *lead, h, w = sides
    require(h % b == w % b == 0, f"sides must be multiples of the block, {b}", (h, w))
    return cells.reshape(*lead, h // b, b, w // b, b, len(sides)).swapaxes(-4, -3).reshape(cells.shape)


def _length(sides: tuple[int, ...], rule: Centres) -> tuple[int, ...] | int:
    """Return what a row and a column are divided by."""
    lengths: dict[str, tuple[int, ...] | int] = {"separate": sides, "max": max(sides), "min": min(sides)}
    return lengths[rule.normalise]


def _lattice(sides: tuple[int, ...], rule: Grid) -> Floats:
    """Return the positions of one grid, and zeros for the tokens that stand before and after it."""
    sides = sides[::-1] if rule.exchanged else sides
    cells: npt.NDArray[Any] = rule.start + _in_blocks(_cells(sides), sides, rule.block)
    if rule.reference is not None:
        require(len(rule.reference) == len(sides), f"reference must have {len(sides)} sides", rule.reference)
        cells = cells.astype(object) * [Fraction(*pair) for pair in zip(rule.reference, sides, strict=True)]
    require((abs(cells) <= 2**53).all(), "positions must not exceed 2^53", rule)
    return np.pad(cells.astype(np.float64), ((rule.before, rule.after), (0, 0)))
