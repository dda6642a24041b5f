"""Operators of rotary variants, read off `rotate` with basis vectors."""

import numpy as np

from refpos import Rotary, at_length, planes, rotate
from refpos.catalogue import ANGLES
from refpos.variants.frequencies import axis_count, head_count
from refpos.variants.planes import width

LENGTH = 5000
ROTARY = {name: at_length(one.variant, LENGTH) for name, one in ANGLES.items() if isinstance(one.variant, Rotary)}


def plain(variant):
    """Say whether a variant turns every pair where it reads it, at frequencies of its own, the same for every head."""
    turns = variant.columns == "paired" and variant.write is None and variant.growth is None
    return turns and not variant.learned and head_count(variant.frequencies) is None


PLAIN = {name: one for name, one in ROTARY.items() if plain(one) and width(one) <= 256}
"""Operators are square: those of a thousand features tell nothing that narrow ones do not."""


def point(variant, *coordinates):
    """Return one position of a variant, as the array of positions of one token; a number stands for every axis."""
    axes = axis_count(variant.frequencies)
    at = np.broadcast_to(np.array(coordinates, dtype=float), (1, axes))
    return at if axes > 1 else at[:, 0]


def operator(variant, *coordinates, features=None, **given):
    """Return R(p), (d, d): its columns are what becomes of the basis vectors."""
    d = features or width(variant) + 2
    return rotate(np.eye(d), np.repeat(point(variant, *coordinates), d, axis=0), variant, **given).T


def pairs(variant, features=None):
    """Return the features of all planes, plane by plane, and those that pass through."""
    d = features or width(variant) + 2
    order = [feature for pair in planes(variant, d).read for feature in pair]
    return order, [feature for feature in range(d) if feature not in order]
