"""What implementations are tried on, and the truth: the float64 reference, or for float64 certified values."""

from fractions import Fraction
from functools import lru_cache

import numpy as np

from refpos import Rotary, embed, exact, rotate
from refpos.exact.tables import tables
from refpos.oracle.rounding import round_to
from refpos.variants.frequencies import Dense, axis_count, head_count
from refpos.variants.planes import feature_places, planes, width

FURTHEST = 2**20
SPOTS = [2**j + d for j in range(5, 21) for d in (-1, 0, 1) if 2**j + d <= FURTHEST]
BITS = 160
GRID = 30
"""Features of float64 are multiples of 2^−30, so that certified products are integers."""


def drawn(variant, dtype, rng):
    """Return positions: near ones, powers of two and their neighbours, far ones; fractions where units are turns."""
    axes = axis_count(variant.frequencies)
    if variant.frequencies.unit != "radian":
        found = rng.integers(-1024, 1025, (16 if dtype == "float64" else 256, axes)) / 1024
    elif dtype != "float64":
        columns = [rng.permutation(_whole(rng)) for _ in range(axes)]
        found = np.stack(columns, axis=1).astype(np.float64)
    elif on_tables(variant):
        found = np.stack([np.concatenate([np.array(one, dtype=np.float64) for one in stretches()])] * axes, axis=1)
    else:
        found = rng.integers(0, 2**14, (16, axes)).astype(np.float64)
    return found[:, 0] if axes == 1 else found


def _whole(rng):
    return [*range(16), *rng.integers(0, 4097, 96), *SPOTS, *rng.integers(0, FURTHEST, 112)]


def on_tables(variant):
    """Return whether truth comes from tables at consecutive positions: where units are whole and nothing grows."""
    return variant.frequencies.unit == "radian" and getattr(variant, "growth", None) is None


def stretches():
    """Return the positions at which truth is certified: ranges, for tables are made by adding angles."""
    return range(24), range(1009, FURTHEST + 1, 43_691)


def features(variant, size, positions, dtype, rng):
    """Return rows of numbers that a dtype holds, of many sizes; one set per head where heads differ.

    In float16 every other row is of numbers so small that products with them underflow.
    """
    heads = head_count(variant.frequencies)
    shape = (*(() if heads is None else (heads,)), len(positions), size)
    x = rng.standard_normal(shape) * 2.0 ** rng.integers(-12, 10, shape)
    if dtype == "float16":
        x[..., rng.integers(2) :: 2, :] *= 2.0**-20
    return np.rint(x * 2.0**GRID) / 2.0**GRID if dtype == "float64" else round_to(x, dtype)


def weights(frequencies, rng):
    """Return what a model would have learned, or None."""
    if not isinstance(frequencies, Dense):
        return None
    lead = () if frequencies.heads is None else (frequencies.heads,)
    return {"omega": round_to(rng.standard_normal((*lead, frequencies.axes, frequencies.planes)), "float32")}


def fitting(positions, variant, dtype, side):
    """Return the positions at which growth, 3.5^q at most, is no overflow and its inverse not far below underflow.

    A key is multiplied by the inverse of a power, so that what it grows by is made from what must be a normal number.
    """
    if not isinstance(variant, Rotary) or variant.growth is None:
        return positions
    reach = (positions - variant.growth.centre) / variant.growth.scale_base * np.log(3.5)
    most, least = {"float16": (1, 20), "float64": (40, 40)}.get(dtype, (70, 120))
    grown = reach if side == "key" else -reach
    return positions[(grown < most) & (grown > -least)]


# Truth, as the sum of two float64 numbers.


def truth(variant, positions, x, dtype, **given):
    """Return the right result as a float64 array and what is left of it."""
    if dtype != "float64":
        return (embed(positions, variant, **given) if x is None else rotate(x, positions, variant, **given)), 0.0
    if given["learned"] is not None:
        given["learned"] = {"omega": given["learned"]["omega"].tolist()}
    heads = head_count(variant.frequencies)
    if heads is None:
        return _certified(variant, positions, x, **given)
    every = [_certified(variant, positions, x[h], head=h, **given) for h in range(heads)]
    return tuple(np.stack(one) for one in zip(*every, strict=True))


def _certified(variant, positions, x, **given):
    if not on_tables(variant):
        return _one_by_one(variant, positions, x, **given)
    cos, sin, scale = (_table if given["learned"] is None else _made)(variant, **given)
    if x is None:
        rows = np.full((variant.prefix + len(positions), width(variant)), 0, dtype=object)
        sines, cosines, columns = (list(one) for one in feature_places(variant))
        rows[variant.prefix :, sines], rows[variant.prefix :, cosines] = sin[:, columns], cos[:, columns]
        return _two(rows, scale)
    whole = (x * 2**GRID).astype(object).astype(int).astype(object)
    y = whole << scale
    for (a, b), (c, d), (first, second) in zip(*planes(variant, x.shape[-1]), strict=True):
        y[:, c] = whole[:, a] * cos[:, first] - whole[:, b] * sin[:, first]
        y[:, d] = whole[:, b] * cos[:, second] + whole[:, a] * sin[:, second]
    return _two(y, scale + GRID)


def _made(variant, **given):
    """Return certified cosines and sines at all stretches, a row per position, and their scale."""
    made = [tables(one, variant, BITS, **given) for one in stretches()]
    scale = max(one.scale for one in made)

    def rows(part):
        columns = ([getattr(one, part) for one in found.columns] for found in made)
        finer = (scale - found.scale for found in made)
        return np.concatenate([np.array(one, dtype=object).T << by for one, by in zip(columns, finer, strict=True)])

    return rows("cos"), rows("sin"), scale


_table = lru_cache(maxsize=4)(_made)


def _one_by_one(variant, positions, x, **given):
    places = [tuple(map(Fraction, row)) if positions.ndim > 1 else Fraction(row) for row in positions]
    if x is None:
        rows = [exact.sinusoidal.embed(p, variant, BITS, **given) for p in places]
    else:
        rows = [exact.rotary.rotate(row.tolist(), p, variant, BITS, **given) for row, p in zip(x, places, strict=True)]
    whole = [[int(_middle(one) * 2**BITS) for one in row] for row in rows]
    return _two(np.array(whole, dtype=object), BITS)


def _middle(one):
    """Return the middle of a certified number."""
    return one if isinstance(one, Fraction) else Fraction(one.mid, 2**one.scale)


def _two(whole, scale):
    """Return integers in units of 2^−scale as a float64 and what is left of them."""
    near = (whole / 2**scale).astype(np.float64)
    kept = np.array([int(one * 2.0**scale) for one in near.ravel().tolist()], dtype=object).reshape(near.shape)
    return near, ((whole - kept) / 2**scale).astype(np.float64)
