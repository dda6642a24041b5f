"""Bounds hold for every honest implementation, and are not much wider than honest implementations need.

The implementations below are written as frameworks write them, a line of NumPy for each step, in their own dtypes.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from refpos import (
    NTK,
    Bands,
    ByIndex,
    ByParts,
    Dense,
    Frequencies,
    Linear,
    Mscale,
    PerHead,
    PerPlane,
    RootLog,
    Rotary,
    Sinusoidal,
    SpecError,
    XPos,
    embed,
    rotate,
)
from refpos.oracle.rounding import round_to
from refpos.oracle.tolerance import Recipe, bound, kappa

F32, F64 = np.float32, np.float64
WIDTHS = (12, 20, 32, 48, 64)
BASES = (1e4, 5e5, 1e6)
SPOTS = [2**j + d for j in range(5, 20) for d in (-1, 0, 1)] + [65504, 71477, 100003, 999_983, 2**20]
POSITIONS = np.unique(np.concatenate([np.arange(32), SPOTS, np.random.RandomState(7).randint(0, 2**20, 64)]))


# Frequencies of a ladder: (base, K, dtype) -> (K,) of that dtype.


def power(base, count, f):
    return f(base) ** (-np.arange(count, dtype=f) / f(count))


def reciprocal(base, count, f):
    return f(1) / f(base) ** (np.arange(0, 2 * count, 2).astype(f) / f(2 * count))


def log_inside(base, count, f):
    return np.exp(-np.log(f(base)) * (np.arange(count, dtype=f) / f(count)))


def log_outside(base, count, f):
    return np.exp(np.arange(count, dtype=f) * f(-math.log(base) / count))


def log_of_two(base, count, f):
    return np.exp2(-np.log2(f(base)) * (np.arange(count, dtype=f) / f(count)))


def steps(base, count, f):
    found, step = [f(1)], f(base) ** f(-1 / count)
    while len(found) < count:
        found.append(found[-1] * step)
    return np.array(found)


IDIOMS = {
    "power": (power, reciprocal),
    "log": (power, reciprocal, log_inside, log_outside, log_of_two),
    "recurrence": (steps,),
}
"""For each recipe the ways to make frequencies that it covers."""


# Scalings as transformers writes them, on frequencies that are already there.


def linear(omega, scaling, _base):
    return omega / omega.dtype.type(scaling.factor)


def per_plane(omega, scaling, _base):
    f = omega.dtype.type
    return f(1) / (np.array(scaling.divisors, f) * (f(1) / omega))


def by_parts(omega, scaling, _base):
    """`_compute_llama3_parameters`."""
    f = omega.dtype.type
    s, length, low, high = f(scaling.factor), f(scaling.original), f(scaling.low), f(scaling.high)
    wavelength = f(2 * math.pi) / omega
    scaled = np.where(wavelength > length / low, omega / s, omega)
    smooth = (length / wavelength - low) / (high - low)
    between = ~(wavelength < length / high) & ~(wavelength > length / low)
    return np.where(between, (1 - smooth) * scaled / s + smooth * scaled, scaled)


def by_index(omega, scaling, base):
    """`_compute_yarn_parameters`."""
    f, count = omega.dtype.type, len(omega)

    def crossing(turns):
        return 2 * count * math.log(scaling.original / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = crossing(scaling.fast), crossing(scaling.slow)
    if scaling.truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, 2 * count - 1)
    high += 0.001 * (low == high)
    ramp = np.clip((np.arange(count, dtype=f) - f(low)) / f(high - low), 0, 1)
    kept = f(1) - ramp
    stretched = f(1) / (f(scaling.factor) * (f(1) / omega))
    return stretched * (1 - kept) + omega * kept


APPLY = {Linear: linear, PerPlane: per_plane, ByParts: by_parts, ByIndex: by_index}


def honest_omega(frequencies, way, f):
    """Return the frequencies of a variant of one axis as an implementation makes them."""
    count, base = len(frequencies.axes), frequencies.base
    for scaling in frequencies.scalings:
        if isinstance(scaling, NTK):
            base = base * scaling.factor ** (count / (count - 1))
    omega = way(base, count, f)
    for scaling in frequencies.scalings:
        if not isinstance(scaling, NTK):
            omega = APPLY[type(scaling)](omega, scaling, base)
    return omega.astype(f)


# Turning, in arithmetic that is rounded to a dtype after every step.


def honest_tables(variant, omega, positions, dtype):
    f = F64 if dtype == "float64" else F32
    angles = positions.astype(f)[:, None] * omega
    g = f(factor_of(variant.attention_factor))
    return (round_to(table(angles) * g, dtype) for table in (np.cos, np.sin))


def honest_rotary(variant, omega, positions, x, dtype):
    cos, sin = honest_tables(variant, omega, positions, dtype)
    return turned(x, cos, sin, dtype)


def turned(x, cos, sin, dtype):
    """Turn halves, as x * cos + rotate_half(x) * sin."""
    a, b = np.split(x, 2, axis=-1)
    first = round_to(round_to(a * cos, dtype) + round_to(-b * sin, dtype), dtype)
    second = round_to(round_to(b * cos, dtype) + round_to(a * sin, dtype), dtype)
    return np.concatenate([first, second], axis=-1)


def factor_of(factor):
    match factor:
        case Mscale(factor=s, coefficient=c):
            return 0.1 * c * math.log(s) + 1
        case RootLog(factor=s, original=length):
            return math.sqrt(1 + math.log(s) / math.log(length))
        case _:
            return factor


def features(count, dtype="float32"):
    """Return rows of numbers that a dtype holds, of many sizes."""
    rng = np.random.RandomState(count)
    size = len(POSITIONS), 2 * count
    return round_to(rng.standard_normal(size) * 2.0 ** rng.randint(-12, 12, size), dtype)


def worst(variant, recipe, got, x=None):
    """Return the largest error over its bound at POSITIONS."""
    want = embed(POSITIONS, variant) if x is None else rotate(x, POSITIONS, variant)
    return float((np.abs(got - want) / bound(variant, recipe, POSITIONS, x)).max())


def scalings(count, base):
    """Return what the frequencies of K planes are stretched by, one after the other."""
    return (
        (),
        Linear(8),
        Linear(3.7),
        NTK(8),
        NTK(3.3),
        ByParts(8, 8192, low=1, high=4),
        ByParts(16, 4096, low=1, high=32),
        ByParts(32, 8192, low=1, high=1.5),
        ByIndex(16, 4096),
        ByIndex(40, 4096, fast=32, slow=1),
        ByIndex(32, 4096, truncate=False),
        ByIndex(7.3, 1024, fast=8, slow=2, truncate=False),
        PerPlane(tuple(np.linspace(1.03, 64.8, count))),
        (NTK(4), Linear(2)),
    )


def variants(factors=(1.0,)):
    """Yield many variants of one axis."""
    for count in WIDTHS:
        for base in BASES:
            for scaling in scalings(count, base):
                for factor in factors:
                    yield Rotary(Frequencies((0,) * count, base, scaling=scaling), attention_factor=factor)


def worst_rotary(ways, recipe, factors=(1.0,), chosen=lambda _: True):
    f = F64 if recipe.dtype == "float64" else F32
    ratios = []
    for variant in filter(chosen, variants(factors)):
        count = len(variant.frequencies.axes)
        x = features(count, recipe.dtype)
        for way in ways:
            omega = honest_omega(variant.frequencies, way, f)
            got = honest_rotary(variant, omega, POSITIONS, x, recipe.dtype)
            ratios.append((worst(variant, recipe, got, x), way.__name__, variant))
    return max(ratios, key=lambda one: one[0])
