"""Text, sound, images and videos in one sequence: each rule says where a grid stands and where the next token does."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor, gcd
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from refpos.errors import SpecError, require
from refpos.spec.precise import Floats
from refpos.variants.multimodal import V2PE, CircleRope, MRope, MSRope, Multimodal, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Audio, Image, Segment, Text, Video

Rows = npt.NDArray[Any]
"""An object array of integers and fractions, so that a position is rounded once, at the end; floats on a circle."""

AXES = {V2PE: 1, RopeTie: 2}


def sequence(segments: list[Segment], rule: Multimodal) -> Floats:
    """Return the position of every token, (n, A), or (n,) where there is one axis."""
    rows: list[Rows] = []
    start: Any = 0
    grids = 0
    for segment in apart(segments, rule):
        if isinstance(segment, Text | Audio):
            block = start + _line(segment, rule)
            start = block.max() + 1
        else:
            block, start = _grid(segment, start, grids, rule)
            grids += 1
        rows.append(block)
    found = np.concatenate(rows)
    require((abs(found) <= 2**53).all(), "positions must not exceed 2^53", rule)
    return (found[:, 0] if found.shape[1] == 1 else found).astype(np.float64)


def apart(segments: Sequence[Segment], rule: Multimodal) -> Iterator[Segment]:
    """Yield the segments, and the frames of a video one by one where the rule splits it."""
    for segment in segments:
        if isinstance(segment, Video) and isinstance(rule, MRope | OmniRope | V2PE) and rule.split:
            yield from [Image(segment.h, segment.w)] * segment.t
        else:
            yield segment


def _line(segment: Text | Audio, rule: Multimodal) -> Rows:
    """Return 0, 1, 2, ... on every axis; times in place of these for sound, where the rule counts time."""
    i = np.arange(segment.n, dtype=object)
    if isinstance(segment, Audio) and isinstance(rule, MRope):
        i = _times(segment, segment.n, segment.rate, rule)
    return np.repeat(i[:, None], AXES.get(type(rule), 3), axis=1)


def _grid(segment: Image | Video, start: Any, number: int, rule: Multimodal) -> tuple[Rows, Any]:
    """Return the positions of a grid, the `number`th of its input, and where the next segment starts."""
    match rule:
        case MRope():
            placed = _mrope(segment, start, rule)
        case VideoRope():
            placed = _video(segment, start, rule)
        case OmniRope():
            placed = _omni(segment, start, rule)
        case MSRope():
            placed = _beside(segment, start, number, rule)
        case V2PE():
            placed = _finer(segment, start, rule)
        case RopeTie():
            placed = _tie(segment, start, rule)
        case CircleRope():
            placed = _circle(segment, start, rule)
        case _:
            assert_never(rule)
    return placed


def _mrope(segment: Image | Video, start: Any, rule: MRope) -> tuple[Rows, Any]:
    """(t, y, x) + p, and max + 1; t the truncated time of a temporal patch of a video where the rule counts time."""
    t, y, x = _cells(segment, rule.merge)
    if isinstance(segment, Video):
        t = _times(segment, segment.t, segment.fps, rule)[t]
    block = start + np.stack([t, y, x], axis=1)
    return block, block.max() + 1


def _times(segment: Audio | Video, n: int, per_second: float, rule: MRope) -> Rows:
    """⌊i·tokens_per_second/per_second⌋, or i."""
    if rule.tokens_per_second is None:
        return np.arange(n, dtype=object)
    rate = Fraction(rule.tokens_per_second) / Fraction(per_second)
    require(n * rate <= 2**53, "times must not exceed 2^53", segment)
    return np.array([floor(i * rate) for i in range(n)], dtype=object)


def _video(segment: Image | Video, start: Any, rule: VideoRope) -> tuple[Rows, Any]:
    """(t', t' + y − ⌊(h − 1)/2⌋, t' + x − ⌊(w − 1)/2⌋) with t' = p + stride·t, and max t' + 1."""
    _, h, w = _merged(segment, rule.merge)
    t, y, x = _cells(segment, rule.merge)
    t = start + Fraction(rule.stride) * t
    return np.stack([t, t + y - (h - 1) // 2, t + x - (w - 1) // 2], axis=1), t.max() + 1


def _omni(segment: Image | Video, start: Any, rule: OmniRope) -> tuple[Rows, Any]:
    """(p + stride·t, y, x), and p + max(stride·(T − 1) + 1, h, w)."""
    frames, h, w = _merged(segment, rule.merge)
    t, y, x = _cells(segment, rule.merge)
    stride = Fraction(rule.stride)
    return np.stack([start + stride * t, y, x], axis=1), start + max(stride * (frames - 1) + 1, h, w)


def _beside(segment: Image | Video, start: Any, number: int, rule: MSRope) -> tuple[Rows, Any]:
    """(k + t, y − ⌈h/2⌉, x − ⌈w/2⌉), and max(p, ⌊h/2⌋, ⌊w/2⌋); or (k + t, y, x), and max(p, h, w)."""
    _, h, w = _merged(segment, 1)
    t, y, x = _cells(segment, 1)
    if rule.centred:
        y, x, h, w = y - (h - h // 2), x - (w - w // 2), h // 2, w // 2
    return np.stack([number + t, y, x], axis=1), max(start, h, w)


def _finer(segment: Image | Video, start: Any, rule: V2PE) -> tuple[Rows, Any]:
    """Δ = stride/tokens: p − 1 + Δ, p − 1 + 2Δ, ..., and ⌈the last⌉ + 1."""
    n = int(np.prod(_merged(segment, rule.merge)))
    step = Fraction(rule.stride) / (rule.tokens or n)
    block = (start - 1 + step * np.arange(1, n + 1, dtype=object))[:, None]
    return block, ceil(block[-1, 0]) + 1


def _tie(segment: Image | Video, start: Any, rule: RopeTie) -> tuple[Rows, Any]:
    """(L + s r, L + t c) for rows r from 1 to h and columns c from 1 to w, L = p − 1, and L + s (h + 1).

    With unit steps (L + a + r, L + b + c), and L + 2a + h + 1 = L + wh + 1 = L + 2b + w + 1.
    """
    _, h, w = _image(segment, rule, rule.merge)
    _, y, x = _cells(segment, rule.merge)
    s, t = _steps(h, w, rule)
    a, b = (Fraction(h * w - n, 2) if rule.form == "unit" else 0 for n in (h, w))
    down, right = a + s * np.arange(1, h + 1, dtype=object), b + t * np.arange(1, w + 1, dtype=object)
    block = np.stack([(start - 1 + down)[y], (start - 1 + right)[x]], axis=1)
    return block, start - 1 + 2 * a + s * (h + 1)


def _steps(h: int, w: int, rule: RopeTie) -> tuple[Any, Any]:
    """Return the steps s of rows and t of columns: (h + 1)s = (w + 1)t in all forms but that of unit steps."""
    if rule.form == "unit":
        return 1, 1
    if rule.form == "equivalent":
        return Fraction(h * w + 1, h + 1), Fraction(h * w + 1, w + 1)
    common = gcd(h + 1, w + 1) if rule.form == "smallest" else 1
    return (w + 1) // common, (h + 1) // common


def _circle(segment: Image | Video, start: Any, rule: CircleRope) -> tuple[Rows, Any]:
    r"""P + u a + v b, and max + 1: a, b in the plane of u = (0, 1, −1)/√2 and v = (2, −1, −1)/√6 across (1, 1, 1).

    (a, b) = (1 − dff_rate)·r·(cos θ, sin θ) + dff_rate·(x, y)
    θ = 2π (alpha·(α − min α)/(max α − min α) + (1 − alpha)·i/(hw)),  α = atan2(y, x)
    """
    _, h, w = _image(segment, rule, rule.merge)
    down, right = ((h - 1) / 2, (w - 1) / 2) if rule.centred else (0.0, 0.0)
    y, x = _cells(segment, rule.merge)[1:].astype(np.float64) - [[down], [right]]
    seen = np.arctan2(y, x)
    around = (seen - seen.min()) / (np.ptp(seen) or 1.0)
    theta = 2 * np.pi * (rule.alpha * around + (1 - rule.alpha) * np.arange(h * w) / (h * w))
    size = (1 - rule.dff_rate) * rule.radius * (max(x.max(), y.max()) if rule.relative else 1)
    a, b = size * np.cos(theta) + rule.dff_rate * x, size * np.sin(theta) + rule.dff_rate * y
    up, side = b / np.sqrt(6), a / np.sqrt(2)
    block = start + np.stack([2 * up, side - up, -side - up], axis=1)
    return block, block.max() + 1


def _cells(segment: Image | Video, merge: int) -> npt.NDArray[np.int64]:
    """Return frame, row and column of every merged patch, row by row."""
    return np.indices(_merged(segment, merge)).reshape(3, -1)


def _merged(segment: Image | Video, merge: int) -> tuple[int, int, int]:
    """Return the frames, rows and columns of a grid after merging."""
    require(
        segment.h % merge == 0 and segment.w % merge == 0,
        f"sides must be multiples of the merge, {merge}",
        (segment.h, segment.w),
    )
    return segment.t if isinstance(segment, Video) else 1, segment.h // merge, segment.w // merge


def _image(segment: Image | Video, rule: Multimodal, merge: int) -> tuple[int, int, int]:
    if isinstance(segment, Video):
        raise SpecError(f"{type(rule).__name__} must place text, sound and images; got {segment!r}")
    return _merged(segment, merge)
