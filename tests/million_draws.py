"""What the million values are of: every entry of the catalogue, and descriptions, positions and features at random."""

import random
from fractions import Fraction
from typing import Any, NamedTuple

from refpos import (
    NTK,
    Bands,
    ByIndex,
    ByParts,
    Dense,
    DynamicNTK,
    Frequencies,
    Linear,
    LongRope,
    Mscale,
    PerHead,
    PerPlane,
    RootLog,
    Rotary,
    Sinusoidal,
    SpecError,
    XPos,
    at_length,
)
from refpos.catalogue import ANGLES
from refpos.variants.frequencies import axis_count, head_count, learned_shapes, plane_count

LENGTHS = (1, 512, 4096, 8192, 32_768, 65_536, 131_072, 2**20)
WIDEST = 96
"""The most planes of a description that is drawn."""


class Subject(NamedTuple):
    """A variant that no longer depends on length, the width of its vectors, what it learned, and a head."""

    name: str
    variant: Rotary | Sinusoidal
    features: int
    learned: dict[str, Any] | None
    head: int


def subject(seed, index):
    """Return a subject, by turns an entry, until all were, and a new one, and the source of what is drawn for it."""
    draw = random.Random(f"{seed}/{index}")
    names = sorted(ANGLES)
    random.Random(seed).shuffle(names)
    if index % 2 == 0 and index // 2 < len(names):
        name = names[index // 2]
        variant, features = ANGLES[name].variant, ANGLES[name].width
    else:
        name, variant = "", described(draw)
        features = 2 * plane_count(variant.frequencies) + abs(getattr(variant, "offset", 0)) + draw.choice((0, 0, 3))
    variant = at_length(variant, draw.choice((*LENGTHS, draw.randint(1, 2**20))))
    frequencies = variant.frequencies
    head = draw.randrange(head_count(frequencies) or 1)
    return Subject(name, variant, features, learned(draw, frequencies), head), draw


def learned(draw, frequencies):
    def array(shape):
        return [array(shape[1:]) for _ in range(shape[0])] if shape else number(draw, -4, 4)

    return {name: array(shape) for name, shape in learned_shapes(frequencies).items()} or None


def number(draw, low, high):
    """Return an integer, a decimal of a few digits, a dyadic fraction of a few bits, or any double."""
    any_double = draw.uniform(low, high)
    found = draw.choice((round(any_double), float(f"{any_double:.4g}"), round(any_double * 64) / 64, any_double))
    return float(min(max(found, low), high))


def described(draw):
    """Return a variant, drawn again until it makes sense."""
    while True:
        try:
            return sinusoidal(draw) if draw.random() < 0.2 else rotary(draw)
        except SpecError:
            continue


def rotary(draw):
    found = frequencies(draw, draw.choice((1, 1, 2, 3)))
    columns = draw.choice(("paired",) * 6 + ("tiled", "repeated"))
    pairing = draw.choice(("half", "interleaved", "blocked"))
    return Rotary(
        found,
        {"tiled": "interleaved", "repeated": "half"}.get(columns, pairing),
        write=draw.choice((None, None, "half", "interleaved")) if columns == "paired" else None,
        offset=draw.choice((0, 0, 1, -2 * plane_count(found) - 1)),
        sign=draw.choice((1, -1)),
        columns=columns,
        attention_factor=magnitude(draw),
        growth=XPos(number(draw, 64, 1024), number(draw, -8, 64)) if draw.random() < 0.2 else None,
    )


def magnitude(draw):
    kind = draw.randrange(4)
    if kind == 0:
        return Mscale(number(draw, 0.5, 64), number(draw, 0, 2))
    if kind == 1:
        return RootLog(number(draw, 0.5, 64), draw.randint(2, 2**17))
    return 1.0 if kind == 2 else number(draw, 0.25, 2)


def sinusoidal(draw):
    found = frequencies(draw, draw.choice((1, 1, 2, 3)))
    return Sinusoidal(
        found,
        draw.choice(("interleaved", "sin-cos", "cos-sin")),
        draw.choice(("axis", "function")),
        width=2 * plane_count(found) + draw.choice((0, 0, 3)),
        scale=number(draw, 0.25, 4),
    )


def frequencies(draw, axes):
    kind = draw.random()
    if kind < 0.05:
        return Dense(axes, draw.randint(1, 12), draw.choice((None, None, 3)), unit(draw))
    if kind < 0.15:
        count = draw.randint(2, 12)
        heads = tuple(ladder(draw, placed(draw, axes, axes * count)) for _ in range(draw.randint(1, 3)))
        return PerHead(heads, tuple(tuple(draw.sample(range(axes), axes)) for _ in heads))
    planes = placed(draw, axes, draw.randint(2 * axes, WIDEST))
    return bands(draw, planes) if kind < 0.3 else ladder(draw, planes)


def placed(draw, axes, count):
    """Return the axis of each plane: in runs, by turns, or anyhow with planes that stand still."""
    kind = draw.randrange(3)
    if kind == 0:
        return tuple(k * axes // count for k in range(count))
    if kind == 1:
        return tuple(k % axes for k in range(count))
    order = [k % axes if k < 2 * axes else draw.choice((*range(axes), None)) for k in range(count)]
    draw.shuffle(order)
    return tuple(order)


def bands(draw, planes):
    low, high = number(draw, 1 / 64, 4), number(draw, 1 / 64, 40)
    return Bands(planes, low, high, draw.choice(("log", "linear")), unit(draw))


def ladder(draw, planes):
    axes = 1 + max(one for one in planes if one is not None)
    base = tuple(bases(draw) for _ in range(axes)) if draw.random() < 0.3 else bases(draw)
    kind = draw.choice(("shared", "per-axis", "alternating"))
    several = tuple(scaling(draw, planes, axes) for _ in range(draw.choice((0, 1, 1, 1, 2))))
    return Frequencies(planes, base, kind, draw.random() < 0.2, unit(draw), several)


def bases(draw):
    """Return a base that is published, a power of a small number, or any."""
    power = draw.randint(2, 12) ** draw.randint(1, 6)
    return float(draw.choice((10_000, 500_000, power, number(draw, 2, 100), number(draw, 100, 1e7))))


def unit(draw):
    return draw.choice(("radian", "radian", "half-turn", "turn"))


def scaling(draw, planes, axes):
    length, per_axis = draw.randint(2, 2**15), draw.random() < 0.3

    def factor(low=0.5):
        return number(draw, low, 64)

    def factors(count):
        return tuple(factor() for _ in range(count))

    kinds = (
        lambda: Linear(factors(axes) if per_axis else factor()),
        lambda: NTK(factors(axes) if per_axis else factor()),
        lambda: ByParts(factor(), length, number(draw, 0.125, 4), number(draw, 5, 40)),
        lambda: ByIndex(factor(), length, number(draw, 2, 40), number(draw, 0.125, 2), draw.random() < 0.5),
        lambda: PerPlane(factors(len(planes))),
        lambda: DynamicNTK(factor(1.0), length),
        lambda: LongRope(factors(len(planes)), factors(len(planes)), length),
    )
    return draw.choice(kinds)()


def position(draw, variant):
    """Return a position near or far, before or after 0, some a part of a turn; a growth stays within numbers."""
    axes = axis_count(variant.frequencies)
    p = tuple(coordinate(draw, getattr(variant, "growth", None) is None) for _ in range(axes))
    return p[0] if axes == 1 else p


def coordinate(draw, far):
    if not far:
        return draw.choice((draw.randint(-4096, 16_384), Fraction(draw.randint(-(2**16), 2**16), 64)))
    kind = draw.randrange(7)
    if kind < 3:
        return draw.randint(0, (4096, 2**17, 2**31)[kind])
    if kind == 3:
        return draw.randint(-(2**63), 2**63)
    if kind == 4:
        return Fraction(draw.randint(-96, 96), draw.choice((2, 3, 4, 8)))
    return Fraction(draw.randint(-(2**24), 2**24), 2 ** draw.randint(1, 20))


def rows(draw, variant, count):
    """Return a range of consecutive positions, or of some that are apart, near or far."""
    far = getattr(variant, "growth", None) is None
    start = draw.choice((0, draw.randint(0, 8192), draw.randint(0, 2**62 if far else 4096)))
    step = draw.choice((1, 1, 1, -1, 3, 64))
    return range(start, start + step * count, step)


def features(draw, count):
    """Return features of few bits, features many of which have one size, so that terms cancel, or any doubles."""
    kind = draw.randrange(4)
    if kind == 0:
        return [draw.randint(-64, 64) / 16 for _ in range(count)]
    if kind == 1:
        return [float(draw.choice((-1, 0, 1))) for _ in range(count)]
    return [draw.gauss(0, 1) for _ in range(count)]
