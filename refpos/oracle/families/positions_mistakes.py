"""The usual mistakes with rules of position: on grids, beside padding, and where text alone is counted."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.oracle.families.family import Inputs, Learned, Mistake
from refpos.oracle.families.segments import segments
from refpos.oracle.families.sequence_mistakes import in_sequence
from refpos.spec.masks import place_mask
from refpos.spec.positions import place
from refpos.spec.precise import Floats
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask, MaskRule
from refpos.variants.positions import Centres, Grid, GridBuckets, Image, Index, Normalise, Rule

Change = Callable[[Inputs], Floats]
Other = tuple[str, str, Change]
DIVISORS: dict[Normalise, str] = {"separate": "its own side", "max": "the longer side", "min": "the shorter side"}
Counts = npt.NDArray[np.int64]


def mistakes(rule: Rule | MaskRule) -> Iterator[Mistake]:
    """Yield the usual mistakes with a rule of position."""
    for name, words, predict in _own(rule):
        yield Mistake(name, words, _unlearned(predict))


def _unlearned(change: Change) -> Callable[[Inputs, Learned], Floats]:
    return lambda inputs, _: change(inputs)


def _own(rule: Rule | MaskRule) -> Iterator[Other]:
    match rule:
        case Index():
            found = _index(rule)
        case Grid():
            found = _grid(rule)
        case Centres():
            found = _centres(rule)
        case GridBuckets():
            found = _buckets(rule)
        case DecoderMask():
            found = _decoder(rule)
        case FairseqMask():
            found = _fairseq(rule)
        case DetrMask():
            found = _detr(rule)
        case _:
            found = in_sequence(rule)
    return found


def _placed(rule: Rule) -> Change:
    return lambda inputs: place(segments(inputs), rule).reshape(_tokens(inputs, rule), -1)


def _tokens(inputs: Inputs, rule: Rule) -> int:
    return len(place(segments(inputs), rule))


def _index(rule: Index) -> Iterator[Other]:
    def anew(inputs: Inputs) -> Floats:
        return np.concatenate([_placed(rule)({"segments": [one]}) for one in inputs["segments"]])

    yield "positions/plus-one", "counted from one more", _placed(Index(rule.start + 1))
    yield "positions/plus-two", "counted from two more, as where a padding row comes first", _placed(Index(2))
    yield "positions/zero", "every token at the first position", lambda inputs: 0 * _placed(rule)(inputs) + rule.start
    yield "segments/anew", "each segment counted anew", anew


def _in_images(rule: Grid | Centres | GridBuckets) -> Iterator[Other]:
    """Yield what is done on any grid: axes, or the order of patches, exchanged."""

    def turned(inputs: Inputs) -> Floats:
        images = [Image(one.w, one.h) for one in segments(inputs) if isinstance(one, Image)]
        found = [place([one], rule).reshape(-1, 1 if isinstance(rule, GridBuckets) else 2) for one in images]
        return np.concatenate([one[:, ::-1] for one in found])

    if isinstance(rule, GridBuckets):
        bucket = _placed(rule)
        words = "rows and columns exchanged"
        yield "axes/swapped", words, lambda inputs: bucket(inputs) % rule.side * rule.side + bucket(inputs) // rule.side
        return
    yield "axes/swapped", "rows and columns exchanged", lambda inputs: _placed(rule)(inputs)[:, ::-1]
    yield "positions/column-major", "patches counted column by column", turned


def _grid(rule: Grid) -> Iterator[Other]:
    yield from _in_images(rule)
    yield "positions/plus-one", "counted from one more", _placed(replace(rule, start=rule.start + 1))
    if rule.start:
        yield "positions/minus-one", "counted from one less", _placed(replace(rule, start=rule.start - 1))
    if rule.exchanged:
        yield "sides/kept", "patches counted row by row", _placed(replace(rule, exchanged=False))
    if rule.block > 1:
        yield "block/rows", "patches row by row of the grid, not block by block", _placed(replace(rule, block=1))
    if rule.before != rule.after:
        other = replace(rule, before=rule.after, after=rule.before)
        yield "class/other-end", "class tokens at the other end", _placed(other)
    if rule.reference is None:
        return
    yield "reference/ignored", "positions not stretched", _placed(replace(rule, reference=None))
    yield "reference/ends", "stretched so that the last patches meet", lambda inputs: _stretched(rule, inputs, _meeting)
    words = "stretched by the grid at hand over that of training"
    yield "reference/inverted", words, lambda inputs: _stretched(rule, inputs, lambda r, n: n / r)


def _meeting(reference: int, sides: Floats) -> Floats:
    return np.asarray((reference - 1) / np.maximum(sides - 1, 1))


def _stretched(rule: Grid, inputs: Inputs, factor: Callable[[Any, Floats], Floats]) -> Floats:
    """Return the positions with another factor for each axis, of the reference and the side."""
    found = []
    for one in segments(inputs):
        assert isinstance(one, Image)
        sides = np.array([one.h, one.w], dtype=np.float64)
        steps = [factor(*pair) for pair in zip(rule.reference or (), sides, strict=True)]
        found.append(place([one], replace(rule, reference=None)) * steps)
    return np.concatenate(found)


def _centres(rule: Centres) -> Iterator[Other]:
    yield from _in_images(rule)
    wide = rule.high - rule.low

    def edges(inputs: Inputs) -> Floats:
        return np.concatenate([rule.low + wide * _cells(one) / _sides(one) for one in segments(inputs)])

    def ends(inputs: Inputs) -> Floats:
        steps = ((one, wide / np.maximum(_sides(one) - 1, 1)) for one in segments(inputs))
        return np.concatenate([rule.low + step * _cells(one) for one, step in steps])

    if rule.normalise == "separate":
        yield "half/none", "edges of patches in place of their centres", edges
        yield "ends/reached", "the first and the last patch on the ends of the range", ends
    for other, words in DIVISORS.items():
        if other != rule.normalise:
            yield f"normalise/{other}", f"each axis divided by {words}", _placed(replace(rule, normalise=other))
    if rule.low:
        yield "range/from-zero", "from zero to the upper end", _placed(replace(rule, low=0.0))


def _cells(segment: Any) -> Floats:
    return np.indices((segment.h, segment.w)).reshape(2, -1).T.astype(np.float64)


def _sides(segment: Any) -> Floats:
    return np.array([segment.h, segment.w], dtype=np.float64)


def _buckets(rule: GridBuckets) -> Iterator[Other]:
    def made(row: Callable[[Any], Floats]) -> Change:
        return lambda inputs: np.concatenate([row(one) for one in segments(inputs)])[:, None]

    def nearest(one: Any) -> Floats:
        return np.asarray(np.minimum(np.round(_cells(one) * rule.side / _sides(one)), rule.side - 1) @ [rule.side, 1])

    def narrow(one: Any) -> Floats:
        return np.asarray(np.floor(_cells(one) * rule.side / _sides(one)) @ [one.w, 1])

    yield from _in_images(rule)
    yield "buckets/nearest", "rounded in place of truncated", made(nearest)
    yield "buckets/width", "rows of buckets as long as those of the image", made(narrow)
    yield "buckets/corner", "the first rows and columns of the table", made(lambda one: _cells(one) @ [rule.side, 1])
    yield "positions/index", "counted in the image", made(lambda one: np.arange(float(one.h * one.w)))
    yield "positions/plus-one", "a row for a class token counted", lambda inputs: _placed(rule)(inputs) + 1


def _masked(rule: MaskRule | Index) -> Change:
    return lambda inputs: place_mask(inputs["mask"], rule).reshape(-1, 2 if isinstance(rule, DetrMask) else 1)


def _of_mask(change: Callable[[Counts], Any]) -> Change:
    return lambda inputs: np.asarray(change(np.array(inputs["mask"])), dtype=np.float64).reshape(-1, 1)


def _inverted(rule: MaskRule) -> Change:
    return lambda inputs: _masked(rule)({"mask": (1 - np.array(inputs["mask"])).tolist()})


def _whole(rule: MaskRule) -> Change:
    return lambda inputs: _masked(rule)({"mask": np.ones_like(inputs["mask"]).tolist()})


def _decoder(rule: DecoderMask) -> Iterator[Other]:
    def from_first(m: Counts) -> Any:
        return np.where(m, np.arange(m.shape[-1]) - m.argmax(-1)[:, None], rule.fill)

    other = 0 if rule.fill else 1
    yield "mask/ignored", "padding counted as if it were text", _masked(Index())
    yield "mask/inverted", "1 taken for padding", _inverted(rule)
    yield f"fill/{other}", f"padding at {other}", _masked(replace(rule, fill=other))
    yield "fill/none", "padding where the token before it is", _of_mask(lambda m: m.cumsum(-1) - 1)
    yield "positions/plus-one", "counted from 1", _of_mask(lambda m: np.where(m, m.cumsum(-1), rule.fill))
    yield "mask/first", "counted from the first token, over holes", _of_mask(from_first)


def _fairseq(rule: FairseqMask) -> Iterator[Other]:
    p = rule.padding
    yield "mask/ignored", "padding counted as if it were text", _masked(Index(p + 1))
    yield "mask/inverted", "1 taken for padding", _inverted(rule)
    yield "padding/plus-one", "a position of padding one higher", _masked(FairseqMask(p + 1))
    if p > 0:
        yield "padding/minus-one", "a position of padding one lower", _masked(FairseqMask(p - 1))
    if p:
        yield "fill/zero", "padding at 0", _of_mask(lambda m: m * (p + m.cumsum(-1)))
    yield "fill/none", "padding where the token before it is", _of_mask(lambda m: p + m.cumsum(-1))
    yield "positions/minus-one", "the first token where padding is", _of_mask(lambda m: p + m * (m.cumsum(-1) - 1))


def _detr(rule: DetrMask) -> Iterator[Other]:
    yield "axes/swapped", "rows and columns exchanged", lambda inputs: _masked(rule)(inputs)[:, ::-1]
    yield "mask/ignored", "padding counted as if it were image", _whole(rule)
    yield "mask/inverted", "1 taken for padding", _inverted(rule)
    for name, words, shift in (
        ("none", "counted from 1", 0.0),
        ("half", "centres of pixels", -0.5),
        ("one", "counted from 0", -1.0),
    ):
        if shift != rule.shift:
            yield f"shift/{name}", words, _masked(replace(rule, shift=shift))
    words = "not normalised" if rule.normalise else "normalised"
    yield "normalise/other", words, _masked(replace(rule, normalise=not rule.normalise))
    if rule.normalise:
        yield "turns/radians", "in radians", lambda inputs: 2 * np.pi * _masked(rule)(inputs)
        yield "normalise/size", "divided by the sides of the padded image", lambda inputs: _by_size(rule, inputs)


def _by_size(rule: DetrMask, inputs: Inputs) -> Floats:
    found = _masked(replace(rule, normalise=False))(inputs)
    return np.asarray(found / (np.array(np.shape(inputs["mask"]), dtype=np.float64) + rule.epsilon))
