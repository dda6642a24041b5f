"""Images on a circle whose angles, or whose plane, are taken otherwise."""

import numpy as np

from refpos.oracle.families.walk import alone, sides
from refpos.spec.precise import Floats
from refpos.variants.multimodal import CircleRope
from refpos.variants.positions import Audio, Segment, Text


def exchanged(one: Segment, rule: CircleRope) -> Floats:
    """Return a segment with cosine and sine exchanged: what has a/√2 has b/√2, and what has b/√6 has a/√6."""
    found = alone(one, rule)
    if isinstance(one, Text | Audio):
        return found
    up, side = (found[:, 1] - found[:, 2]) / 2 / 3**0.5, found[:, 0] / 2 * 3**0.5
    return np.stack([2 * up, side - up, -side - up], axis=1)


def closed(one: Segment, rule: CircleRope) -> Floats:
    """Return a segment whose angles by index go to 2π and reach it: those due, turned on by what is between."""
    found = alone(one, rule)
    count = int(np.prod(sides(one, rule)))
    if isinstance(one, Text | Audio) or count == 1:
        return found
    more = 2 * np.pi * (1 - rule.alpha) * np.arange(count) / (count * (count - 1))
    a, b = (found[:, 1] - found[:, 2]) / 2**0.5, found[:, 0] / 2 * 6**0.5
    a, b = a * np.cos(more) - b * np.sin(more), a * np.sin(more) + b * np.cos(more)
    up, side = b / 6**0.5, a / 2**0.5
    return np.stack([2 * up, side - up, -side - up], axis=1)
