"""Laws of rules of position, each over the whole catalogue, on grids that are no squares, cell by cell."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from laws import Law, count, has_counterexample, pairs, ratio
from strategies import FEW, generators

from refpos import Audio, Image, Text, Video, place, place_mask
from refpos.catalogue import POSITIONS
from refpos.spec.masks import MaskRule
from refpos.variants.masks import DetrMask
from refpos.variants.multimodal import V2PE, CircleRope, MSRope, Multimodal, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Centres, Grid, GridBuckets, Index

ENTRIES = {name: entry.variant for name, entry in POSITIONS.items()}
U = 2.0**-40
SHAPES = [(1, 3), (2, 5), (3, 2), (4, 1)]
"""Rows and columns after merging."""


def is_mask(variant):
    return isinstance(variant, MaskRule)


def takes_rows(variant):
    """Whether padded rows of tokens are counted."""
    return isinstance(variant, MaskRule | Index) and not isinstance(variant, DetrMask)


def takes_text(variant):
    return isinstance(variant, Multimodal | Index)


def takes_grids(variant):
    return not is_mask(variant)


def takes_video(variant):
    return takes_text(variant) and not isinstance(variant, RopeTie | CircleRope)


def sides(variant, rng):
    side = getattr(variant, "merge", 1) * getattr(variant, "block", 1)
    return tuple(n * side for n in SHAPES[rng.integers(len(SHAPES))])


def image(variant, rng):
    return Image(*sides(variant, rng))


def length(rng):
    return int(rng.integers(1, 30))


def columns(found):
    """Return positions as (tokens, axes)."""
    return found.reshape(len(found), -1)


def rounded(error, *terms):
    return error, U * max([1.0, *(float(np.abs(one).max()) for one in terms)])


# What a law says, as the error that it makes.


def text_alone(variant, rng):
    n = length(rng)
    return rounded(columns(place([Text(n)], variant)) - np.arange(n)[:, None])


def steps_of_text(variant, rng):
    """Return what steps from one token of text to the next lack to one, wherever it stands."""
    n, picture = int(rng.integers(2, 9)), image(variant, rng)
    found = columns(place([Text(3), picture, Text(n)], variant))[-n:]
    return rounded(np.diff(found, axis=0) - 1, found)


def moved_by_text(variant, rng):
    """Return by how much more or less than its own length more text moves all that follows."""
    n, rest = length(rng), [image(variant, rng), Text(2), image(variant, rng)]
    near, far = (columns(place([Text(one), *rest], variant))[one:] for one in (1, 1 + n))
    return rounded(far - near - n, far)


def moved_by_an_image(variant, rng):
    """Return by how much an image is moved by another before it."""
    first, second = image(variant, rng), image(variant, rng)
    alone, after = columns(place([second], variant)), columns(place([first, second], variant))
    return rounded(after[-len(alone) :] - alone, after)


def tokens(variant, rng):
    """Return how many tokens there are more than patches, merged, and words."""
    segments = (
        [Text(length(rng)), image(variant, rng), Text(1)] if takes_text(variant) else [image(variant, rng), Image(6, 2)]
    )
    if takes_video(variant):
        segments += [Video(3, 4, 2), Audio(5)]
    merged = getattr(variant, "merge", 1) ** 2
    more = getattr(variant, "before", 0) + getattr(variant, "after", 0)
    due = sum(one.n if isinstance(one, Text | Audio) else patches(one) // merged + more for one in segments)
    return rounded(len(place(segments, variant)) - due)


def patches(segment):
    return getattr(segment, "t", 1) * segment.h * segment.w


def fractions(variant, rng):
    """Return how far positions are from integers."""
    if is_mask(variant):
        found = place_mask(padded(rng, variant), variant)
    else:
        words = [Text(3)] if takes_text(variant) else []
        found = place([*words, image(variant, rng), *words], variant)
    return rounded(found - np.round(found))


def not_beyond(variant, rng):
    """Return by how much text after an image, or a video, does not stand beyond all before it."""
    moving = takes_video(variant) and rng.integers(2)
    grid = Video(int(rng.integers(1, 9)), *sides(variant, rng)) if moving else image(variant, rng)
    found = columns(place([Text(int(rng.integers(1, 4))), grid, Text(1)], variant))
    return rounded(np.maximum(found[:-1].max() + 1 - found[-1].min(), 0), found)


def turned_over(variant, rng):
    """Return what an image turned over its diagonal lacks to one whose rows and columns are exchanged."""
    if is_mask(variant):
        mask = padded(rng, variant)
        here, there = (place_mask(one, variant).reshape(*one.shape, 2) for one in (mask, mask.T))
    else:
        merge, skip = getattr(variant, "merge", 1), getattr(variant, "before", 0)
        h, w = (n // merge for n in sides(variant, rng))
        here, there = (
            columns(place([Image(a * merge, b * merge)], variant))[skip : skip + h * w].reshape(a, b, -1)
            for a, b in ((h, w), (w, h))
        )
    other = there.swapaxes(0, 1)
    if other.shape[-1] > 1:
        other = np.concatenate([other[..., :-2], other[..., :-3:-1]], axis=-1)
    return rounded(other - here, here)


def padded(rng, variant):
    """Return a mask with padding: of a row on either side, of an image below it and to its right."""
    n, more = rng.integers(3, 9, 2)
    if isinstance(variant, DetrMask):
        return np.pad(np.ones((n, n + 2), dtype=int), ((0, more), (0, 3)))
    return np.pad(np.ones(n, dtype=int), (0, more) if rng.integers(2) else (more, 0))


def further_in_a_full_row(variant, rng):
    """Return what steps in a row without padding lack to one."""
    found = place_mask(np.ones(length(rng) + 1, dtype=int), variant)
    return rounded(np.diff(found) - 1, found)


def moved_by_padding(variant, rng):
    """Return by how much padding before tokens, or above and beside an image, moves them."""
    n, more = rng.integers(3, 9, 2)
    if isinstance(variant, DetrMask):
        mask = np.ones((n, n + 2), dtype=int)
        wide = np.pad(mask, ((more, 1), (2, 0)))
        found = place_mask(wide, variant).reshape(*wide.shape, 2)[more:-1, 2:]
        return rounded(found - place_mask(mask, variant).reshape(*mask.shape, 2))
    found = place_mask(np.pad(np.ones(n, dtype=int), (more, 0)), variant)
    return rounded(found[more:] - place_mask(np.ones(n, dtype=int), variant))


def place_of_padding(variant, rng):
    """Return how far apart tokens of padding stand, after a row and before it."""
    n, more = rng.integers(3, 9, 2)
    ends = [(more, 0), (0, more)]
    found = [place_mask(np.pad(np.ones(n, dtype=int), one), variant) for one in ends]
    spots = np.concatenate([found[0][:more], found[1][n:]])
    return rounded(spots - spots[0], spots)


def has_whole_steps(variant):
    """Whether all that is added to a position is an integer."""
    match variant:
        case V2PE() | CircleRope() | Centres() | DetrMask():
            return False
        case RopeTie(form=form):
            return form in ("integer", "smallest")
        case VideoRope(stride=stride) | OmniRope(stride=stride):
            return Fraction(stride).denominator == 1
        case Grid(reference=reference):
            return reference is None
    return True


def is_of_rows_and_columns(variant):
    """Whether rows and columns are treated alike, each on an axis of its own."""
    alike = not isinstance(variant, GridBuckets | Index | V2PE | CircleRope)
    return alike and not getattr(variant, "exchanged", False) and getattr(variant, "block", 1) == 1


LAWS = (
    Law("places text alone as without images", text_alone, asked=takes_text),
    Law("places each word one further than the last", steps_of_text, asked=takes_text),
    Law(
        "moves all that follows by the text before it",
        moved_by_text,
        lambda one: not isinstance(one, OmniRope | MSRope),
        takes_text,
    ),
    Law(
        "places each image by itself",
        moved_by_an_image,
        lambda one: isinstance(one, Grid | Centres | GridBuckets),
        takes_grids,
    ),
    Law("gives each token a position", tokens, asked=takes_grids),
    Law("has integers", fractions, has_whole_steps),
    Law(
        "places text beyond all before it",
        not_beyond,
        lambda one: not isinstance(one, VideoRope | MSRope),
        takes_text,
    ),
    Law(
        "exchanges axes where an image is turned over",
        turned_over,
        is_of_rows_and_columns,
        lambda one: takes_grids(one) or isinstance(one, DetrMask),
    ),
    Law("steps by one in a row without padding", further_in_a_full_row, asked=takes_rows),
    Law(
        "is not moved by padding before",
        moved_by_padding,
        lambda one: not isinstance(one, Index),
        lambda one: takes_rows(one) or is_mask(one),
    ),
    Law("has one place for padding", place_of_padding, lambda one: not isinstance(one, Index), takes_rows),
)


@pytest.mark.parametrize(("law", "variant"), pairs(LAWS, ENTRIES, True))
@FEW
@given(rng=generators)
def test_a_rule(law, variant, rng):
    assert ratio(law, variant, rng) <= 1


@pytest.mark.parametrize(("law", "variant"), pairs(LAWS, ENTRIES, False))
def test_not_every_rule(law, variant):
    assert has_counterexample(law, variant)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_rule_is_held_to_at_least_two_laws(name):
    assert count(LAWS, ENTRIES[name]) >= 2


@pytest.mark.parametrize("law", LAWS, ids=lambda one: one.says)
def test_every_law_holds_for_some_rule(law):
    assert any(law.asked(one) and law.holds(one) for one in ENTRIES.values())
