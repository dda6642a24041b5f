r"""How far positions that a rule gives to tokens may be off, in some dtype.

Whole numbers, and halves of them, are exact below 2^24, and rounded once where the dtype is narrower. What is divided
is counted rounding by rounding, on P = |p| + 1, since p − 1 is what grids are counted from:

    Grid with a reference   a quotient and a product                                   γ_2 |p|
    Centres                 high − low, a quotient and a product; a sum with low       γ_4 (|low| + |p − low|)
    DetrMask, normalised    epsilon and its sum, the shift, a quotient                 γ_4 |p|
    RopeTie, "equivalent"   a quotient, a product and a sum for each segment so far    γ_(3k) P
    V2PE                    the same (i-th multiples of a step, not sums of steps)     γ_(3k) P
    strides such as 0.1     the stride, a product and a sum for each segment so far    γ_(3k) P

A circle is reckoned with its angle. A library's arctangent is within 2u of itself, so that each of the three in
(α − min α)/D, D = max α − min α, is off by 2πu, and the quotient of differences by u(8π/D + 3) to first order. alpha
times it is 1 more, (1 − alpha) i/(hw) are 3, the sum 1, and 2π with its product 2:

    |error of θ| <= 2πu (alpha (8π/D + 4) + 3 (1 − alpha) + 3)

cos θ and sin θ are 2u more; their product with (1 − dff_rate) r is 4, and with dff_rate's share and the sum 2:

    |error of a, b| <= r (|error of θ| + 6u) + 3u dff_rate |(y, x)|

Vectors of the plane that are made by cross products and norms have 6 roundings, their products and sum 2. A coordinate
has at most 1/√2 + 1/√6 < 1.12 of a and b. What it is added to is off by what the circle before it left, and each
sum is 1 more. γ_n takes the place of nu; second orders are a thousandth at most.
"""

from collections.abc import Sequence

import numpy as np

from refpos.oracle.families.segments import count
from refpos.oracle.roundoff import SMALLEST, UNIT_ROUNDOFF, gamma, once_more, working
from refpos.oracle.sums import REFERENCE, looked_up
from refpos.spec.multimodal import apart
from refpos.spec.positions import place
from refpos.spec.precise import Floats
from refpos.variants.masks import DetrMask, MaskRule
from refpos.variants.multimodal import V2PE, CircleRope, Multimodal, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Centres, Grid, Image, Rule, Segment

PLANE = 1.12
"""More than 1/√2 + 1/√6."""
SECOND = 1 + 2.0**-10
"""More than what second orders add: u/D is below 2^-23, since bearings that differ do so by π/4 somewhere."""
FINE = 2.0**8
"""Strides of so many parts of one are exact, and so are their sums."""


def place_bound(segments: Sequence[Segment], rule: Rule, dtype: str) -> Floats:
    """Return how far each coordinate of `place` may be off; its shape.

    Examples
    --------
    >>> place_bound([Image(1, 2)], Grid(start=1), "bfloat16").tolist()
    [[0.00390625, 0.00390625], [0.00390625, 0.0078125]]
    """
    due = place(segments, rule)
    u = UNIT_ROUNDOFF[working(dtype)]
    if isinstance(rule, CircleRope):
        return _rounded(due, np.repeat(_circles(segments, rule, due, u)[:, None], 3, axis=1), dtype)
    size, roundings = _size(due, rule), _roundings(segments, rule)
    if roundings is None:
        return looked_up(due, dtype)
    counted = np.asarray(gamma(roundings, u))
    return _rounded(due, counted.reshape(-1, *[1] * (due.ndim - 1)) * size, dtype)


def mask_bound(due: Floats, rule: MaskRule | Rule, dtype: str) -> Floats:
    """Return how far positions that were read off a mask may be off; their shape."""
    if not isinstance(rule, DetrMask) or not rule.normalise:
        return looked_up(due, dtype)
    return _rounded(due, gamma(4, UNIT_ROUNDOFF[working(dtype)]) * np.abs(due), dtype)


def _rounded(due: Floats, off: Floats, dtype: str) -> Floats:
    """Return what is off in the arithmetic, underflow and reference included, and after a rounding to 16 bits."""
    arithmetic = working(dtype)
    off = off + 4 * REFERENCE * np.abs(due) + SMALLEST[arithmetic] / 2
    return np.asarray(off if dtype == arithmetic else once_more(due, off, dtype))


def _size(due: Floats, rule: Rule) -> Floats:
    """Return what the roundings are of."""
    match rule:
        case Grid():
            return np.abs(due)
        case Centres(low=low):
            return np.asarray(abs(low) + np.abs(due - low))
        case _:
            return np.abs(due) + 1


def _roundings(segments: Sequence[Segment], rule: Rule) -> Floats | None:
    """Return how many roundings the coordinates of each token have; None where they are exact."""
    merge, apiece = getattr(rule, "merge", 1), apart(segments, rule) if isinstance(rule, Multimodal) else segments
    tokens = np.concatenate([np.full(count(one, merge), k + 1.0) for k, one in enumerate(apiece)])
    match rule:
        case Grid(reference=reference) if reference is not None:
            return np.full(len(tokens) + (rule.before + rule.after) * len(segments), 2.0)
        case Centres():
            return np.full(len(tokens), 4.0)
        case V2PE() | RopeTie(form="equivalent"):
            return 3 * tokens
        case VideoRope(stride=stride) | OmniRope(stride=stride) if not (stride * FINE).is_integer():
            return 3 * tokens
        case _:
            return None


def _circles(segments: Sequence[Segment], rule: CircleRope, due: Floats, u: float) -> Floats:
    """Return how far the coordinates of each token may be off."""
    found, before, at = list[float](), 0.0, 0
    for one in segments:
        tokens = count(one, rule.merge)
        far = float(np.abs(due[at : at + tokens]).max()) + 1
        own = _circle(one, rule, u) if isinstance(one, Image) else 0.0
        found += [before + own + gamma(1, u) * far] * tokens
        before, at = found[-1] + gamma(1, u) * far, at + tokens
    return np.array(found)


def _circle(image: Image, rule: CircleRope, u: float) -> float:
    """Return how far a coordinate of an image may be off before it is added to where the image starts."""
    h, w = image.h // rule.merge, image.w // rule.merge
    down, right = ((h - 1) / 2, (w - 1) / 2) if rule.centred else (0.0, 0.0)
    y, x = np.indices((h, w)).reshape(2, -1) - [[down], [right]]
    wide = float(np.ptp(np.arctan2(y, x)))
    seen = rule.alpha * (8 * np.pi / wide + 4) if wide else 0.0
    angle = 2 * np.pi * gamma(seen + 3 * (1 - rule.alpha) + 3, u)
    radius = (1 - rule.dff_rate) * rule.radius * (float(max(x.max(), y.max())) if rule.relative else 1)
    own = rule.dff_rate * float(np.hypot(y, x).max())
    off = radius * (angle + gamma(6, u)) + gamma(3, u) * own
    return float(PLANE * SECOND * (off + gamma(8, u) * (radius + own)))
