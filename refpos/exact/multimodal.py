"""Text, sound, images and videos in one sequence, certified: token by token."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import product
from math import ceil, floor, lcm
from typing import assert_never

from refpos.errors import SpecError, require
from refpos.exact.ball import Real
from refpos.exact.circle import around, greatest
from refpos.exact.roots import Sum, real, summed, total
from refpos.variants.multimodal import V2PE, CircleRope, MRope, MSRope, Multimodal, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Audio, Image, Segment, Text, Video

Row = tuple[Real, ...]
Laid = tuple[list[Row], Fraction]
"""The rows of a grid, and where the next segment starts."""

Straight = MRope | VideoRope | OmniRope | MSRope | V2PE | RopeTie
"""Rules that place no grid on a circle: all is a fraction."""

ONE = Fraction(1)


def sequence(segments: Iterable[Segment], rule: Multimodal, scale: int) -> list[Row]:
    """Return (t, y, x), (y, x) or (p,) of every token; what is irrational, at about that scale."""
    rows: list[Row] = []
    start: Sum = (Fraction(0),)
    grids = 0
    for segment in _apart(segments, rule):
        if isinstance(segment, Text | Audio):
            line = _line(segment, rule)
            rows += [(_reckoned((*start, one), scale),) * _axes(rule) for one in line]
            start = summed((*start, line[-1], ONE))
            continue
        if isinstance(rule, CircleRope):
            block, start = _circle(segment, start, rule, scale)
        else:
            whole = total(start, scale)
            assert isinstance(whole, Fraction)
            block, whole = _grid(segment, whole, grids, rule)
            start = (whole,)
        rows += block
        grids += 1
    return rows


def _reckoned(one: Sum, scale: int) -> Real:
    return real(total(one, scale), scale)


def _apart(segments: Iterable[Segment], rule: Multimodal) -> Iterator[Segment]:
    for segment in segments:
        if isinstance(segment, Video) and isinstance(rule, MRope | OmniRope | V2PE) and rule.split:
            yield from (Image(segment.h, segment.w) for _ in range(segment.t))
        else:
            yield segment


def _axes(rule: Multimodal) -> int:
    return 1 if isinstance(rule, V2PE) else 2 if isinstance(rule, RopeTie) else 3


def _line(segment: Text | Audio, rule: Multimodal) -> list[Fraction]:
    if isinstance(segment, Audio) and isinstance(rule, MRope):
        return _times(segment.n, segment.rate, rule)
    return [Fraction(i) for i in range(segment.n)]


def _times(n: int, per_second: float, rule: MRope) -> list[Fraction]:
    """⌊i·tokens_per_second/per_second⌋, or i."""
    rate = ONE if rule.tokens_per_second is None else Fraction(rule.tokens_per_second) / Fraction(per_second)
    return [Fraction(floor(i * rate)) for i in range(n)]


def _circle(segment: Image | Video, start: Sum, rule: CircleRope, scale: int) -> tuple[list[Row], Sum]:
    """Return the rows of a grid on a circle, and where the next segment starts: roots are kept until the end."""
    h, w = _image(segment, rule, rule.merge)
    rows = [[summed((*start, *one)) for one in row] for row in around(h, w, rule, scale)]
    most = greatest((one for row in rows for one in row), scale)
    return [tuple(_reckoned(one, scale) for one in row) for row in rows], summed((*most, ONE))


def _grid(segment: Image | Video, start: Fraction, number: int, rule: Straight) -> Laid:
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
            placed = _between(segment, start, rule)
        case _:
            assert_never(rule)
    return placed


def _mrope(segment: Image | Video, start: Fraction, rule: MRope) -> Laid:
    h, w = _merged(segment, rule.merge)
    moments = _times(segment.t, segment.fps, rule) if isinstance(segment, Video) else [Fraction(0)]
    rows = [(start + t, start + y, start + x) for t, y, x in product(moments, range(h), range(w))]
    return list(rows), start + max(moments[-1], Fraction(h - 1), Fraction(w - 1)) + 1


def _video(segment: Image | Video, start: Fraction, rule: VideoRope) -> Laid:
    h, w = _merged(segment, rule.merge)
    up, left = (h - 1) // 2, (w - 1) // 2
    moments = _strides(segment, start, rule)
    return [(t, t + y - up, t + x - left) for t, y, x in product(moments, range(h), range(w))], moments[-1] + 1


def _omni(segment: Image | Video, start: Fraction, rule: OmniRope) -> Laid:
    h, w = _merged(segment, rule.merge)
    moments = _strides(segment, start, rule)
    rows = [(t, Fraction(y), Fraction(x)) for t, y, x in product(moments, range(h), range(w))]
    return list(rows), max(moments[-1] + 1, start + h, start + w)


def _strides(segment: Image | Video, start: Fraction, rule: VideoRope | OmniRope) -> list[Fraction]:
    frames = segment.t if isinstance(segment, Video) else 1
    return [start + Fraction(rule.stride) * i for i in range(frames)]


def _beside(segment: Image | Video, start: Fraction, number: int, rule: MSRope) -> Laid:
    frames = segment.t if isinstance(segment, Video) else 1
    down, right = (range(-((n + 1) // 2), n // 2) if rule.centred else range(n) for n in (segment.h, segment.w))
    rows = [(Fraction(number + t), Fraction(y), Fraction(x)) for t, y, x in product(range(frames), down, right)]
    return list(rows), max(start, Fraction(down[-1] + 1), Fraction(right[-1] + 1))


def _finer(segment: Image | Video, start: Fraction, rule: V2PE) -> Laid:
    h, w = _merged(segment, rule.merge)
    n = h * w * (segment.t if isinstance(segment, Video) else 1)
    tile = n if rule.tokens is None else rule.tokens
    line = [start - 1 + Fraction(rule.stride) * i / tile for i in range(1, n + 1)]
    return [(one,) for one in line], Fraction(ceil(line[-1]) + 1)


def _between(segment: Image | Video, start: Fraction, rule: RopeTie) -> Laid:
    """Return the points that divide what lies between L and K evenly; with unit steps, those about its middle."""
    h, w = _image(segment, rule, rule.merge)
    last = start - 1
    span = Fraction({"integer": (h + 1) * (w + 1), "smallest": lcm(h + 1, w + 1)}.get(rule.form, h * w + 1))
    down, right = ([last + _share(r, n, span, rule) for r in range(1, n + 1)] for n in (h, w))
    return list(product(down, right)), last + span


def _share(r: int, n: int, span: Fraction, rule: RopeTie) -> Fraction:
    return span / 2 + r - Fraction(n + 1, 2) if rule.form == "unit" else span * r / (n + 1)


def _merged(segment: Image | Video, merge: int) -> tuple[int, int]:
    sides = (segment.h, segment.w)
    require(not any(n % merge for n in sides), f"sides must be multiples of the merge, {merge}", sides)
    return segment.h // merge, segment.w // merge


def _image(segment: Image | Video, rule: Multimodal, merge: int) -> tuple[int, int]:
    if isinstance(segment, Video):
        raise SpecError(f"{type(rule).__name__} must place text, sound and images; got {segment!r}")
    return _merged(segment, merge)
