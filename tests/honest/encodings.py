"""Rotary and sinusoidal encodings as frameworks write them: angles, tables, and the arithmetic on features."""

import math
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from honest import frequencies as ladders
from honest.libraries import Library, library
from refpos import Dense, Frequencies, Mscale, RootLog, Rotary
from refpos.oracle.rounding import round_to
from refpos.variants.planes import feature_places, planes, width

UNITS = {"radian": 1.0, "half-turn": math.pi, "turn": 2 * math.pi}
PLACES = ("table", "output", "features")
"""What a magnitude, or growth, multiplies: the table, the features that were turned, or those to be turned."""


@dataclass(frozen=True)
class Way:
    """How an implementation works: its ladder, the dtypes of angles, of tables and arithmetic on them, of features.

    And what it multiplies by a magnitude: one of PLACES.
    """

    ladder: Any
    angles: str
    inside: str
    dtype: str
    place: str = "table"


def ways(recipe, variant):
    """Return the ways that a recipe is for; 16-bit features are turned in 16 bits, or in float32 and rounded once.

    A magnitude is put in every place.
    """
    dtype, idiom = recipe.dtype, recipe.idiom
    wide = "float64" if dtype == "float64" or idiom == "tables" else "float32"
    made = ladders.LADDERS[idiom]
    if dtype in ("float64", "float32"):
        found = [Way(one, wide, dtype, dtype) for one in made]
    else:
        found = [Way(made[0], wide, inside, dtype) for inside in (dtype, "float32")]
    return [replace(one, place=place) for place in (PLACES if _multiplied(variant) else PLACES[:1]) for one in found]


def _multiplied(variant):
    return isinstance(variant, Rotary) and (variant.growth is not None or magnitude(variant.attention_factor) != 1)


def rotary(lib: Library, variant: Rotary, way: Way, positions, x, *, side="query", learned=None):
    """Rotate features with a library's arithmetic, those that pass through included."""
    (a, b), (c, d), (first, second) = (np.array(one).T for one in planes(variant, x.shape[-1]))

    def turned(x_a, x_b, *given):
        made, at = [lib.to(one, way.inside) for one in table(*given)], [lib.index(one) for one in (first, second)]
        (cos_c, sin_c, *gain_c), (cos_d, sin_d, *gain_d) = ([one[..., k] for one in made] for k in at)
        if way.place == "features":
            x_a, x_b = x_a * gain_c[0], x_b * gain_d[0]
        y_c, y_d = x_a * cos_c - x_b * sin_c, x_b * cos_d + x_a * sin_d
        if way.place == "output":
            y_c, y_d = y_c * gain_c[0], y_d * gain_d[0]
        return lib.to(y_c, way.dtype), lib.to(y_d, way.dtype)

    table, given = _table(lib, way, positions, learned, lambda own, *p: tables(own, variant, way, side, *p))
    with _precision(lib, way):
        halves = [lib.to(lib.array(x[..., one], way.dtype), way.inside) for one in (a, b)]
        found = lib.through(turned)(*halves, *given())
        y = np.array(x)
        y[..., c], y[..., d] = (lib.back(one) for one in found)
    return y


def sinusoidal(lib: Library, variant, way: Way, positions, *, learned=None):
    """Write sines and cosines with a library's arithmetic, zeros included."""
    sines, cosines, columns = (list(one) for one in feature_places(variant))

    def sin_cos(own, *p):
        phi = angles(own, variant.frequencies, way, *p)
        return own.xp.sin(phi), own.xp.cos(phi)

    def written(*given):
        found = (lib.to(one, way.dtype) for one in table(*given))
        return tuple(one if variant.scale == 1 else one * variant.scale for one in found)

    table, given = _table(lib, way, positions, learned, sin_cos)
    with _precision(lib, way):
        sin, cos = (lib.back(one) for one in lib.through(written)(*given()))
    rows = np.zeros((variant.prefix + len(positions), width(variant)))
    rows[variant.prefix :, sines], rows[variant.prefix :, cosines] = sin[..., columns], cos[..., columns]
    return rows


def _precision(lib, way):
    return lib.wide() if way.dtype == "float64" else nullcontext()


def _table(lib, way, positions, learned, made):
    """Return what makes a table out of arguments, and the arguments: positions, or a float64 table of NumPy."""

    def given(own):
        p = own.array(positions.reshape(len(positions), -1), way.angles)
        return [p, *([] if learned is None else [own.array(learned["omega"], way.angles)])]

    if way.angles != "float64" or way.dtype == "float64":
        return (lambda *p: made(lib, *p)), (lambda: given(lib))
    numpy = library("NumPy")
    rounded = [round_to(one, way.inside) for one in made(numpy, *given(numpy))]
    return (lambda *both: both), (lambda: [lib.array(one, way.inside) for one in rounded])


def tables(lib, variant, way, side, p, *given):
    """Return the cosines and sines that features are turned by, sense included, and the magnitude if that is apart."""
    phi = angles(lib, variant.frequencies, way, p, *given)
    cos, sin = lib.xp.cos(phi), lib.xp.sin(phi) * variant.sign
    factors = list(_factors(lib, variant, way, side, phi.shape[-1], p))
    if way.place != "table":
        return cos, sin, math.prod(factors, start=lib.xp.ones_like(phi))
    for one in factors:
        cos, sin = cos * one, sin * one
    return cos, sin


def _factors(lib, variant, way, side, count, p):
    """Yield what multiplies: the magnitude, a number, and growth, one for each position and plane."""
    if magnitude(variant.attention_factor) != 1:
        yield magnitude(variant.attention_factor)
    if variant.growth is not None:
        grown = growth(lib, variant.growth, count, p, way.angles)
        yield grown if side == "query" else 1.0 / grown


def angles(lib, frequencies, way, p, *given):
    """Return the angles of all planes at (n, A) positions."""
    f = way.angles
    if isinstance(frequencies, Dense):
        found = lib.xp.matmul(p, given[0])
        return found if frequencies.unit == "radian" else found * UNITS[frequencies.unit]
    axes = lib.index([axis or 0 for axis in frequencies.axes])
    if isinstance(frequencies, Frequencies):
        p = p if frequencies.unit == "radian" else p * UNITS[frequencies.unit]
        if way.ladder is ladders.recurrence and not frequencies.scalings and None not in frequencies.axes:
            return _chained(lib, frequencies, p, f)
    return p[..., axes] * ladders.omega(lib, frequencies, way.ladder, f)


def _chained(lib, frequencies, p, f):
    """Return angles each made from the last, the first of an axis being its position, as ggml makes them."""
    axes = iter(dict.fromkeys(frequencies.axes))

    def made(base, count, over):
        return ladders.chain(lib, p[..., next(axes)], ladders.step(lib, base, over, f), count)

    found, places = ladders.spread(lib, frequencies, made, f)
    return found[..., lib.index(places)]


def growth(lib, described, count, p, f):
    """`XPOS` of torchscale."""
    zeta = (lib.count(count, f) * 2 + 0.4 * 2 * count) / (1.4 * 2 * count)
    return zeta ** ((p - described.centre) / described.scale_base)


def magnitude(factor):
    match factor:
        case Mscale(factor=s, coefficient=c):
            return 1.0 if s <= 1 else 0.1 * c * math.log(s) + 1
        case RootLog(factor=s, original=length):
            return 1.0 if s <= 1 else math.sqrt(1 + math.log(s) / math.log(length))
    return factor
