"""Cases for rules of position: text, grids and padding, chosen so that no value hangs on a last bit."""

from collections.abc import Iterator
from typing import Any

from refpos.oracle.families.segments import given
from refpos.variants.masks import DetrMask, MaskRule
from refpos.variants.multimodal import V2PE, CircleRope, MRope, MSRope, RopeTie
from refpos.variants.positions import Audio, Centres, Grid, GridBuckets, Image, Index, Rule, Segment, Text, Video

Case = tuple[str, dict[str, Any]]
Told = tuple[str, list[Segment]]
Masked = tuple[str, list[list[int]]]

LINES: tuple[Masked, ...] = (
    ("no padding", [[1, 1, 1, 1]]),
    ("padding on the left, on the right, on both sides", [[0, 0, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 1, 1, 0]]),
    ("a hole", [[1, 1, 0, 1, 1, 1], [0, 1, 0, 0, 1, 0]]),
    ("a row of padding alone", [[0, 0, 0], [1, 0, 1]]),
)
PIXELS: tuple[Masked, ...] = (
    ("an image without padding", [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]),
    ("a corner cut", [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0]]),
    ("padding before, and a hole", [[0, 1, 1, 1], [1, 1, 0, 1], [1, 0, 1, 1], [0, 0, 1, 0]]),
)
PADDED: Masked = ("padding on the right and below", [[1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]])

IMAGES: tuple[Told, ...] = (
    ("an image wider than high", [Image(2, 5)]),
    ("an image higher than wide", [Image(5, 3)]),
    ("a row, a column", [Image(1, 4), Image(3, 1)]),
    ("two images", [Image(3, 4), Image(4, 2)]),
)
LARGE: Told = ("more patches than buckets on an axis", [Image(3, 16)])
SLOW: Told = ("a slow video, beyond the integers of bfloat16", [Text(1), Video(4, 2, 2, 0.0546875), Text(1)])
"""At 25 a second frames are 457.1 apart, at 2 a second 36.6."""


def plan(rule: Rule | MaskRule) -> Iterator[Case]:
    """Yield comments and inputs."""
    if isinstance(rule, MaskRule):
        for words, mask in _masks(rule):
            yield words, {"mask": mask}
        return
    for words, found in _told(rule):
        yield words, given(found)


def _masks(rule: MaskRule) -> Iterator[Masked]:
    yield from PIXELS if isinstance(rule, DetrMask) else LINES
    if isinstance(rule, DetrMask) and not rule.shift:
        yield PADDED


def _told(rule: Rule) -> Iterator[Told]:
    match rule:
        case Index():
            yield "text alone", [Text(5)]
            yield "an image between text", [Text(2), Image(2, 3), Text(2)]
        case Grid() | Centres():
            yield from _images(getattr(rule, "block", 1))
        case GridBuckets():
            yield from (*IMAGES, LARGE)
        case MSRope():
            yield from _beside()
        case RopeTie():
            yield from _still(rule.merge)
        case V2PE():
            yield from _tiles(rule)
        case CircleRope():
            yield from _still(rule.merge)
        case _:
            yield from _still(rule.merge)
            yield from _moving(rule)


def _images(b: int) -> Iterator[Told]:
    """Yield images of whole numbers of blocks."""
    for words, found in IMAGES:
        yield words, [Image(one.h * b, one.w * b) for one in found if isinstance(one, Image)]


def _still(m: int) -> Iterator[Told]:
    """Yield text and images, of whole numbers of merged patches."""
    yield "text alone", [Text(3)]
    yield "an image wider than high, between text", [Text(3), Image(2 * m, 3 * m), Text(2)]
    yield "an image higher than wide", [Text(1), Image(5 * m, 3 * m), Text(1)]
    yield "two images", [Image(4 * m, 2 * m), Text(2), Image(m, 3 * m), Text(1)]
    yield "two images without text between them", [Text(2), Image(2 * m, 4 * m), Image(3 * m, 2 * m), Text(1)]


def _moving(rule: Any) -> Iterator[Told]:
    """Yield videos and sound; frames 8/7 of a second apart stand at no whole number but 0, at 2, 4 or 25 a second."""
    m = rule.merge
    yield "a video, frames at uneven times", [Text(2), Video(5, 2 * m, 3 * m, 0.875), Text(2)]
    yield "a video of more rows than frames", [Text(2), Video(2, 4 * m, m, 16.0), Text(1)]
    yield "sound, then a video", [Text(1), Audio(14), Text(1), Video(2, m, 2 * m, 0.875), Text(1)]
    if isinstance(rule, MRope) and rule.tokens_per_second is not None:
        yield SLOW


def _beside() -> Iterator[Told]:
    yield "text alone", [Text(3)]
    yield "an image of odd sides, then text", [Image(3, 5), Text(2)]
    yield "an image higher than wide", [Image(6, 3), Text(2)]
    yield "two images, the first one larger", [Image(4, 7), Image(3, 2), Text(2)]
    yield "a video", [Video(3, 2, 5, 1.0), Text(2)]
    yield "text first, longer than half the image", [Text(4), Image(3, 4), Text(1)]


def _tiles(rule: V2PE) -> Iterator[Told]:
    """Yield images after which text goes on, of as many patches as a power of two where an image is one tile."""
    m, w = rule.merge, 3 if rule.tokens else 4
    yield "text alone", [Text(3)]
    yield "an image between text", [Text(3), Image(2 * m, w * m), Text(2)]
    yield "two images", [Image(m, 2 * m), Text(1), Image(4 * m, m), Text(1)]
    yield "a video", [Text(2), Video(2, m, 2 * m, 1.0), Text(1)]
    yield "an image at the end", [Text(2), Image(3 * m, 2 * m)]
