"""The formulas of rotary and sinusoidal encodings in Arb's balls, which share no code with refpos.exact."""

from fractions import Fraction
from functools import lru_cache

from flint import arb, ctx, fmpq

from refpos import (
    NTK,
    Bands,
    ByIndex,
    ByParts,
    Dense,
    Linear,
    MixedRadix,
    Mscale,
    PartNTK,
    PerHead,
    PerPlane,
    RootLog,
    Sinusoidal,
)
from refpos.exact.ball import Ball
from refpos.variants.frequencies import axis_count, plane_count
from refpos.variants.planes import feature_places, planes, width

ctx.prec = 600


def number(value):
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def enclosed(x):
    """Return what refpos.exact returned as Arb's balls."""
    if isinstance(x, Ball):
        return arb(arb(x.mid), arb(x.rad)) * arb(2) ** -x.scale
    return number(x)


def ratio(x, truth):
    """Return |error|/bound, of a ball whose bound is not zero."""
    bound = number(x.rad) * arb(2) ** -x.scale
    return float((abs(arb(x.mid) * arb(2) ** -x.scale - truth) / bound).mid())


def holds(x, truth):
    """Return whether a result is sound: the mid is within the radius of the truth, up to the width of Arb's ball."""
    if isinstance(x, Ball):
        miss = abs(arb(x.mid) * arb(2) ** -x.scale - truth)
        return not miss > number(x.rad) * arb(2) ** -x.scale
    return enclosed(x).overlaps(truth)


def omega(frequencies, learned=None, head=0):
    """Return a row of Arb's balls per axis."""
    match frequencies:
        case Dense(heads=heads, unit=unit):
            given = learned["omega"] if heads is None else learned["omega"][head]
            return [[units()[unit] * number(float(w)) for w in row] for row in given]
        case PerHead(frequencies=heads, reads=reads):
            rows = [[arb(0)] * plane_count(frequencies) for _ in range(axis_count(frequencies))]
            for a, row in enumerate(omega(heads[head])):
                rows[a if reads is None else reads[head][a]] = row
            return rows
    return given_omega(frequencies, ctx.prec)


def units():
    return {"radian": arb(1), "half-turn": arb.pi(), "turn": 2 * arb.pi()}


@lru_cache(maxsize=256)
def given_omega(frequencies, precision):
    """Return the rows of a description that learns nothing, kept for each precision."""
    rows = [[arb(0)] * plane_count(frequencies) for _ in range(axis_count(frequencies))]
    unit = units()
    for k, rung in enumerate(frequencies.rungs):
        if rung is None:
            continue
        if isinstance(frequencies, Bands):
            low, high = number(frequencies.low), number(frequencies.high)
            t = number(Fraction(rung.index, max(rung.size - 1, 1)))
            theta = low + (high - low) * t if frequencies.spacing == "linear" else low * (high / low) ** t
            theta *= unit[frequencies.unit]
        else:
            e = number(Fraction(rung.index, rung.size - (1 if frequencies.endpoint else 0)))
            b = number(own(frequencies.base, rung))
            theta = unit[frequencies.unit] * (-e * b.log()).exp()
            for scaling in frequencies.scalings:
                theta *= multiplier(scaling, theta, rung, k, b)
        rows[rung.axis][k] = theta
    return rows


def own(value, rung):
    return value[rung.axis] if isinstance(value, tuple) else value


def multiplier(scaling, theta, rung, k, base):
    match scaling:
        case Linear(factor=s):
            return 1 / number(own(s, rung))
        case NTK(factor=s):
            return number(own(s, rung)) ** number(Fraction(-rung.index, rung.size - 1))
        case MixedRadix(factor=s, exponent=q):
            return number(own(s, rung)) ** -(number(Fraction(rung.index + 1, rung.size)) ** number(q))
        case PerPlane(divisors=divisors):
            return 1 / number(divisors[k])
        case ByParts(factor=s, original=length, low=low, high=high):
            turns = length * theta / (2 * arb.pi())
            gamma, divided = cut((turns - number(low)) / (number(high) - number(low))), 1 / number(s)
        case ByIndex(factor=s):
            gamma = kept(scaling.original, scaling.fast, scaling.slow, scaling.truncate, rung, base)
            divided = 1 / number(s)
        case PartNTK(factor=s, original=length, fast=fast, slow=slow):
            gamma, eta = (kept(length, *turns, True, rung, base) for turns in (fast, slow))
            ntk = number(s) ** number(Fraction(-rung.index, rung.size - 1))
            divided = eta * ntk + (1 - eta) / number(s)
        case _:
            raise AssertionError(scaling)
    return gamma + (1 - gamma) * divided


def kept(length, fast, slow, truncate, rung, base):
    """The ramp of the YaRN code, from 1 to 0."""
    ends = [rung.size * (length / (2 * arb.pi() * number(r))).log() / base.log() for r in (fast, slow)]
    low, high = (ends[0].floor(), ends[1].ceil()) if truncate else ends
    last = 2 * rung.size - 1
    low, high = low.max(arb(0)), high.min(arb(last))
    if (low - high).contains(0):
        high += number(Fraction(1, 1000))
    return 1 - cut((rung.index - low) / (high - low))


def cut(x):
    return x.max(arb(0)).min(arb(1))


def angles(position, frequencies, learned=None, head=0):
    rows = omega(frequencies, learned, head)
    p = [number(one) for one in (position if isinstance(position, tuple) else (position,))]
    return [sum((a * row[k] for a, row in zip(p, rows, strict=True)), arb(0)) for k in range(len(rows[0]))]


def magnitude(factor):
    match factor:
        case Mscale(factor=s, coefficient=c):
            return arb(1) if s <= 1 else number(c) * number(s).log() / 10 + 1
        case RootLog(factor=s, original=length):
            return arb(1) if s <= 1 else (1 + number(s).log() / arb(length).log()).sqrt()
    return number(factor)


def cos_sin(position, variant, side="query", learned=None, head=0):
    phi = angles(position, variant.frequencies, learned, head)
    found = []
    for k, one in enumerate(phi):
        g = magnitude(variant.attention_factor)
        if variant.growth is not None:
            power = (number(position) - number(variant.growth.centre)) / number(variant.growth.scale_base)
            zeta = (arb(k) / len(phi) + number(Fraction(2, 5))) * 5 / 7
            g *= zeta ** (power if side == "query" else -power)
        sine, cosine = one.sin_cos()
        found.append((g * cosine, g * sine * variant.sign * (-1 if side == "output" else 1)))
    return found


def circles(position, variant, side="query", learned=None, head=0):
    """Return the cosine and sine of every plane, of a rotary variant or, times its scale, of a sinusoidal one."""
    if not isinstance(variant, Sinusoidal):
        return cos_sin(position, variant, side, learned, head)
    phi, size = angles(position, variant.frequencies, learned, head), number(variant.scale)
    return [(size * one.cos(), size * one.sin()) for one in phi]


def rotate(x, position, variant, side="query", learned=None, head=0):
    table = cos_sin(position, variant, side, learned, head)
    y = [number(one) for one in x]
    for (a, b), (c, d), (first, second) in zip(*planes(variant, len(x)), strict=True):
        y[c] = number(x[a]) * table[first][0] - number(x[b]) * table[first][1]
        y[d] = number(x[b]) * table[second][0] + number(x[a]) * table[second][1]
    return y


def embed(position, variant, learned=None):
    phi = angles(position, variant.frequencies, learned)
    row = [arb(0)] * width(variant)
    for sine, cosine, k in zip(*feature_places(variant), strict=True):
        row[sine], row[cosine] = number(variant.scale) * phi[k].sin(), number(variant.scale) * phi[k].cos()
    return row
