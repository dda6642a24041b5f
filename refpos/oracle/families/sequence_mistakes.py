"""The usual mistakes with text, sound, images and videos in one sequence."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import floor
from typing import Any

import numpy as np

from refpos.oracle.families.circle_mistakes import closed, exchanged
from refpos.oracle.families.family import Inputs
from refpos.oracle.families.segments import segments
from refpos.oracle.families.walk import Walk, alone, sides
from refpos.spec.positions import place
from refpos.spec.precise import Floats
from refpos.variants.multimodal import (
    V2PE,
    CircleRope,
    MRope,
    MSRope,
    Multimodal,
    OmniRope,
    RopeTie,
    TieForm,
    VideoRope,
)
from refpos.variants.positions import Audio, Segment, Text, Video

Other = tuple[str, str, Callable[[Inputs], Floats]]


def in_sequence(rule: Multimodal) -> Iterator[Other]:
    """Yield names, words and functions of the usual mistakes with a rule."""
    yield from _everywhere(rule)
    match rule:
        case MRope():
            yield from _mrope(rule)
        case VideoRope():
            yield from _video(rule)
        case OmniRope():
            yield from _omni(rule)
        case MSRope():
            yield from _beside(rule)
        case RopeTie():
            yield from _tie(rule)
        case V2PE():
            yield from _finer(rule)
        case CircleRope():
            yield from _circle(rule)


def _placed(rule: Any) -> Callable[[Inputs], Floats]:
    def found(inputs: Inputs) -> Floats:
        given = segments(inputs)
        return place(given, rule).reshape(-1, 1 if isinstance(rule, V2PE) else 2 if isinstance(rule, RopeTie) else 3)

    return found


def _everywhere(rule: Multimodal) -> Iterator[Other]:
    placed = _placed(rule)
    yield "positions/plus-one", "counted from 1", lambda inputs: placed(inputs) + 1
    words = "every token one further than the last, on every axis"
    yield "positions/index", words, lambda inputs: 0 * placed(inputs) + np.arange(len(placed(inputs)))[:, None]
    if isinstance(rule, V2PE):
        return
    words = "rows and columns exchanged"
    yield "axes/swapped", words, lambda inputs: np.hstack([placed(inputs)[:, :-2], placed(inputs)[:, :-3:-1]])
    if not isinstance(rule, RopeTie):
        yield "axes/reversed", "axes in the order x, y, t", lambda inputs: placed(inputs)[:, ::-1]


def _starts(rule: Multimodal, *which: str) -> Iterator[Other]:
    """Yield what stands elsewhere after a grid."""
    known: dict[str, tuple[str, Any]] = {
        "spatial": ("the next start from rows and columns alone", lambda one, _, p: p + max(sides(one, rule)[1:])),
        "time": ("the next start from time alone", lambda _, rows, __: rows[:, 0].max() + 1),
        "all": ("the next start from the greatest coordinate", lambda _, rows, __: rows.max() + 1),
        "tokens": ("the next start from the number of tokens", lambda one, _, p: p + np.prod(sides(one, rule))),
        "one": ("a grid counted as one token", lambda _, __, p: p + 1),
    }
    for name in which:
        words, after = known[name]
        yield f"next/{name}", words, Walk(rule, after=after)


def _unmerged(rule: Any) -> Iterator[Other]:
    if rule.merge > 1:
        yield "merge/omitted", "patches counted before merging", Walk(replace(rule, merge=1), pick=rule.merge)


def _mrope(rule: MRope) -> Iterator[Other]:
    yield from _starts(rule, "time", "tokens", "one", *([] if rule.split else ["spatial"]))
    yield from _unmerged(rule)
    if rule.split:
        yield from _whole(rule)
        return
    yield "frames/split", "each frame placed as an image", _placed(MRope(rule.merge, split=True))
    for rate in (None, 2, 4, 25):
        if rate != rule.tokens_per_second:
            name, words = ("none", "frames at their indices") if rate is None else (rate, f"{rate} positions a second")
            yield f"rate/{name}", words, _placed(replace(rule, tokens_per_second=rate))
    if rule.tokens_per_second is not None:
        yield from _times(rule)


def _whole(rule: MRope | OmniRope | V2PE) -> Iterator[Other]:
    yield "frames/whole", "a video placed as one grid", _placed(replace(rule, split=False))


def _times(rule: MRope) -> Iterator[Other]:
    per_second = Fraction(rule.tokens_per_second or 1)

    def timed(time: Callable[[int, Fraction], int]) -> Callable[[Inputs], Floats]:
        return Walk(rule, block=partial(_timed, time=time, per_second=per_second))

    yield "times/rounded", "times rounded in place of truncated", timed(lambda i, step: round(i * step))
    yield "times/step", "the step truncated, not the times", timed(lambda i, step: i * floor(step))
    words = "seconds truncated before they are multiplied"
    yield "times/seconds", words, timed(lambda i, step: floor(floor(i * step / per_second) * per_second))

    def still(inputs: Inputs) -> Floats:
        return place([replace(one, fps=1.0) if isinstance(one, Video) else one for one in segments(inputs)], rule)

    def counted(inputs: Inputs) -> Floats:
        return place([Text(one.n) if isinstance(one, Audio) else one for one in segments(inputs)], rule)

    yield "times/one-a-second", "a frame a second, whatever the video", still
    if rule.tokens_per_second != Audio(1).rate:
        yield "times/sound", "sound at its indices, not its times", counted


def _timed(one: Segment, rule: MRope, time: Callable[[int, Fraction], int], per_second: Fraction) -> Floats:
    """Return a segment with other times."""
    found = alone(one, rule)
    if isinstance(one, Video):
        times = [float(time(i, per_second / Fraction(one.fps))) for i in range(one.t)]
        found[:, 0] = np.repeat(times, len(found) // one.t)
    if isinstance(one, Audio):
        found[:] = np.array([float(time(i, per_second / Fraction(one.rate))) for i in range(one.n)])[:, None]
    return found


def _video(rule: VideoRope) -> Iterator[Other]:
    def shifted(by: Callable[[int], int]) -> Callable[[Inputs], Floats]:
        def block(one: Segment, _: Any) -> Floats:
            h, w = sides(one, rule)[1:]
            grid = not isinstance(one, Text | Audio)
            return alone(one, rule) - [0, by(h), by(w)] if grid else alone(one, rule)

        return Walk(rule, block=block)

    yield from _starts(rule, "spatial", "all", "tokens")
    yield from _unmerged(rule)
    yield "centre/half", "centred by n//2", shifted(lambda n: n // 2 - (n - 1) // 2)
    yield "centre/none", "frames that begin on the diagonal, not centred", shifted(lambda n: -((n - 1) // 2))
    yield from _strides(rule)


def _strides(rule: Any) -> Iterator[Other]:
    for stride in (1.0, 2.0):
        if stride != rule.stride:
            yield f"stride/{stride:g}", f"frames {stride:g} apart", _placed(replace(rule, stride=stride))


def _omni(rule: OmniRope) -> Iterator[Other]:
    yield from _starts(rule, "time", "all", "tokens", *([] if rule.split else ["spatial"]))
    yield from _unmerged(rule)
    yield from _whole(rule) if rule.split else _strides(rule)
    if rule.stride == 1:
        words = "rows and columns counted on from the text before"
        yield "origin/text", words, _placed(MRope(rule.merge, split=rule.split))


def _beside(rule: MSRope) -> Iterator[Other]:
    def changed(**changes: Any) -> Callable[[Inputs], Floats]:
        return lambda inputs: _numbered(segments(inputs), rule, **changes)

    other = "counted from the first patch" if rule.centred else "centred"
    yield "centre/other", other, _placed(MSRope(not rule.centred))
    yield "number/ignored", "every image the first", changed(number=lambda _: 0)
    yield "number/plus-one", "images numbered from 1", changed(number=lambda k: k + 1)
    yield "text/zero", "text counted from 0", changed(after=lambda p, _, __: p)
    yield "text/last", "text from the last image, not the largest", changed(after=lambda _, h, w: max(h, w) // 2)
    yield "text/shorter", "text from the shorter side", changed(after=lambda p, h, w: max(p, min(h, w) // 2))
    if rule.centred:
        yield "text/whole", "text from the whole side, not half", changed(after=max)
        yield "centre/floor", "counted from -(n//2)", changed(odd=1)


def _longest(start: float, h: int, w: int) -> float:
    return max(start, h // 2, w // 2)


def _numbered(
    given: list[Segment],
    rule: MSRope,
    number: Callable[[int], int] = lambda k: k,
    after: Callable[[float, int, int], float] = _longest,
    odd: int = 0,
) -> Floats:
    """Return images and text as the rule has them, but for another number, start of text, or middle of odd sides."""
    rows, start, k = [], 0.0, 0
    for one in given:
        found = alone(one, rule)
        if isinstance(one, Text | Audio):
            rows.append(found + start)
            start += one.n
        else:
            rows.append(found + np.array([number(k), odd * (one.h % 2), odd * (one.w % 2)]))
            start, k = after(start, one.h, one.w), k + 1
    return np.concatenate(rows)


FORMS: dict[TieForm, str] = {
    "integer": "steps w + 1 and h + 1",
    "smallest": "those over their greatest common divisor",
    "equivalent": "images as long as their tokens",
    "unit": "steps of 1",
}


def _tie(rule: RopeTie) -> Iterator[Other]:
    whole = () if rule.form in ("equivalent", "unit") else ("tokens",)
    yield from _starts(rule, "spatial", "all", *whole)
    for form, what in FORMS.items():
        if form != rule.form:
            yield f"form/{form}", what, _placed(replace(rule, form=form))
    yield "origin/next", "patches counted from the next position, not the last one", Walk(rule, block=_further)
    yield "steps/exchanged", "the steps, or gaps, of rows and columns exchanged", Walk(rule, block=_exchanged)


def _further(one: Segment, rule: RopeTie) -> Floats:
    return alone(one, rule) + (not isinstance(one, Text | Audio))


def _exchanged(one: Segment, rule: RopeTie) -> Floats:
    found = alone(one, rule)
    if isinstance(one, Text | Audio):
        return found
    first = found[0] + 1
    if rule.form == "unit":
        return np.asarray(found + first[::-1] - first)
    return np.asarray((found + 1) / first * first[::-1] - 1)


def _finer(rule: V2PE) -> Iterator[Other]:
    step = rule.stride / (rule.tokens or 1)

    def later(one: Segment, _: V2PE) -> Floats:
        found = alone(one, rule)
        ahead = rule.stride / (rule.tokens or len(found))
        return found if isinstance(one, Text | Audio) else found + 1 - ahead

    yield from _starts(rule, "tokens", "one")
    yield "origin/next", "the first patch where the next text would stand", Walk(rule, block=later)
    if rule.tokens is not None and step != int(step):
        yield "next/not-rounded", "the next start not rounded up", Walk(rule, after=lambda _, rows, __: rows.max() + 1)
    yield "stride/doubled", "steps twice as long", _placed(replace(rule, stride=2 * rule.stride))
    tokens = None if rule.tokens else 256
    words = "an image as one tile" if rule.tokens else "an image in tiles of 256"
    yield "tile/other", words, _placed(replace(rule, tokens=tokens))
    if rule.split:
        yield from _whole(rule)
    words = "steps for the patches before merging"
    if rule.merge > 1:
        yield "merge/omitted", words, _placed(replace(rule, stride=rule.stride / rule.merge**2))


def _circle(rule: CircleRope) -> Iterator[Other]:
    yield from _starts(rule, "spatial", "one", "tokens")
    for alpha, words in ((0.0, "by its index"), (1.0, "as it is seen")):
        if alpha != rule.alpha:
            yield f"alpha/{alpha:g}", f"each patch at its angle {words} alone", _placed(replace(rule, alpha=alpha))
    first = "the first patch" if rule.centred else "the middle"
    yield "centre/other", f"angles seen from {first}", _placed(replace(rule, centred=not rule.centred))
    unit = "the greatest coordinate" if not rule.relative else "a token"
    yield "radius/other", f"the radius in units of {unit}", _placed(replace(rule, relative=not rule.relative))
    yield "turn/closed", "the last index at the whole turn", Walk(rule, block=closed)
    yield "plane/exchanged", "cosine and sine exchanged", Walk(rule, block=exchanged)
    words = "the vectors of the plane not of length 1"
    yield "plane/not-normalised", words, Walk(rule, block=_long)
    yield from _unmerged(rule)


def _long(one: Segment, rule: CircleRope) -> Floats:
    found = alone(one, rule)
    if isinstance(one, Text | Audio):
        return found
    up, side = found[:, 0] / 2 * 6**0.5, (found[:, 1] - found[:, 2]) / 2 * 2**0.5
    return np.stack([2 * up, side - up, -side - up], axis=1)
