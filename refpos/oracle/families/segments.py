"""Segments of an input as golden files have them, and as descriptions."""

from collections.abc import Sequence
from typing import Any

from refpos.oracle.families.family import Inputs
from refpos.variants.described import describe
from refpos.variants.positions import Audio, Image, Segment, Text, Video

KINDS: dict[str, type[Segment]] = {kind.__name__: kind for kind in (Text, Audio, Image, Video)}


def segments(inputs: Inputs) -> list[Segment]:
    """Return the segments of an input.

    Examples
    --------
    >>> segments({"segments": [{"type": "Image", "h": 2, "w": 3}]})
    [Image(h=2, w=3)]
    """
    return [
        KINDS[one["type"]](**{name: value for name, value in one.items() if name != "type"})
        for one in inputs["segments"]
    ]


def given(found: Sequence[Segment]) -> dict[str, Any]:
    """Return segments as the inputs of a case.

    Examples
    --------
    >>> given([Text(2)])
    {'segments': [{'type': 'Text', 'n': 2}]}
    """
    return {"segments": [describe(one) for one in found]}


def count(segment: Segment, merge: int = 1) -> int:
    """Return how many tokens a segment has, after merging.

    Examples
    --------
    >>> count(Video(3, 4, 6), 2)
    18
    """
    if isinstance(segment, Text | Audio):
        return segment.n
    frames = segment.t if isinstance(segment, Video) else 1
    return frames * (segment.h // merge) * (segment.w // merge)
