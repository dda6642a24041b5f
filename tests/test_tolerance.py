"""Bounds hold for every honest implementation, and are not much wider than honest implementations need.

The implementations below are written as frameworks write them, a line of NumPy for each step, in their own dtypes.
"""

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache

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
    MixedRadix,
    Mscale,
    PartNTK,
    PerHead,
    PerPlane,
    RootLog,
    Rotary,
    Sinusoidal,
    SpecError,
    XPos,
    embed,
    exact,
    rotate,
)
from refpos.oracle.rounding import round_to
from refpos.oracle.roundings import kappa
from refpos.oracle.roundoff import inexact
from refpos.oracle.tolerance import Recipe, bound
from refpos.spec.frequencies import omega

F32, F64 = np.float32, np.float64
WIDTHS = (12, 20, 32, 48, 56, 64)
BASES = (1e4, 5e5, 1e6)
SPOTS = [2**j + d for j in range(5, 20) for d in (-1, 0, 1)] + [65504, 71477, 100003, 999_983, 2**20]
POSITIONS = np.unique(np.concatenate([np.arange(32), SPOTS, np.random.RandomState(7).randint(0, 2**20, 64)]))


# Frequencies of a ladder: (base, K, dtype) -> (K,) of that dtype.


def power(base, count, f):
    return f(base) ** (-np.arange(count, dtype=f) / f(count))


def reciprocal(base, count, f):
    return f(1) / f(base) ** (np.arange(0, 2 * count, 2).astype(f) / f(2 * count))


def by_constant(base, count, f):
    """Multiply by the rounded reciprocal of the width, as XLA makes of a division by a constant."""
    return f(1) / f(base) ** (np.arange(0, 2 * count, 2).astype(f) * (f(1) / f(2 * count)))


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
    "power": (power, reciprocal, by_constant),
    "log": (power, by_constant, log_inside, log_outside, log_of_two),
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
    kept = ramp(omega, scaling, base)
    return divided(omega, scaling) * (1 - kept) + omega * kept


def part_ntk(omega, by_ntk, scaling, base):
    """`LlamaPartNTKScaledRotaryEmbedding`."""
    fast, slow = (ramp(omega, one, base) for one in scaling.ramps)
    inner = divided(omega, scaling) * (1 - slow) + by_ntk * slow
    return inner * (1 - fast) + omega * fast


def divided(omega, scaling):
    f = omega.dtype.type
    return f(1) / (f(scaling.factor) * (f(1) / omega))


def ramp(omega, scaling, base):
    f, count = omega.dtype.type, len(omega)

    def crossing(turns):
        return 2 * count * math.log(scaling.original / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = crossing(scaling.fast), crossing(scaling.slow)
    if scaling.truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, 2 * count - 1)
    high += 0.001 * (low == high)
    return f(1) - np.clip((np.arange(count, dtype=f) - f(low)) / f(high - low), 0, 1)


def mixed_radix(omega, scaling, _base):
    """`ntk_rope_mixed_init` of bojone/rerope."""
    f, count = omega.dtype.type, len(omega)
    a = math.log(scaling.factor) / count**scaling.exponent
    return omega * np.exp(f(-a) * np.arange(1, count + 1, dtype=f) ** f(scaling.exponent))


APPLY = {MixedRadix: mixed_radix, Linear: linear, PerPlane: per_plane, ByParts: by_parts, ByIndex: by_index}


def honest_omega(frequencies, way, f):
    """Return the frequencies of a variant of one axis as an implementation makes them."""
    count, base = len(frequencies.axes), frequencies.base
    for scaling in frequencies.scalings:
        if isinstance(scaling, NTK):
            base = base * scaling.factor ** (count / (count - 1))
    omega = way(base, count, f)
    for scaling in frequencies.scalings:
        if isinstance(scaling, PartNTK):
            by_ntk = way(base * scaling.factor ** (count / (count - 1)), count, f)
            omega = part_ntk(omega, by_ntk, scaling, frequencies.base)
        elif not isinstance(scaling, NTK):
            omega = APPLY[type(scaling)](omega, scaling, frequencies.base)
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


@cache
def features(count, dtype="float32"):
    """Return rows of numbers that a dtype holds, of many sizes, not to be written."""
    rng = np.random.RandomState(count)
    size = len(POSITIONS), 2 * count
    found = round_to(rng.standard_normal(size) * 2.0 ** rng.randint(-12, 12, size), dtype)
    found.flags.writeable = False
    return found


def worst(variant, recipe, got, x=None, positions=POSITIONS, learned=None):
    """Return the largest error over its bound."""
    given = {"learned": learned}
    want = embed(positions, variant, **given) if x is None else rotate(x, positions, variant, **given)
    return float((np.abs(got - want) / bound(variant, recipe, positions, x, **given)).max())


def scalings(count, base):
    """Return what the frequencies of K planes are stretched by, one after the other."""
    return (
        (),
        Linear(8),
        Linear(3.7),
        NTK(8),
        NTK(3.3),
        MixedRadix(12, 0.75),
        MixedRadix(3.7, 0.3),
        ByParts(8, 8192, low=1, high=4),
        ByParts(16, 4096, low=1, high=32),
        ByParts(32, 8192, low=1, high=1.5),
        ByIndex(16, 4096),
        ByIndex(40, 4096, fast=32, slow=1),
        ByIndex(32, 4096, truncate=False),
        ByIndex(7.3, 1024, fast=8, slow=2, truncate=False),
        PartNTK(8, 2048),
        PartNTK(3.3, 2048, fast=(32, 4), slow=(8, 1)),
        PerPlane(tuple(np.linspace(1.03, 64.8, count))),
        (NTK(4), Linear(2)),
    )


def lines(factor=1.0):
    """Yield rotary variants of one axis: every width, base and scaling."""
    for count in WIDTHS:
        for base in BASES:
            for scaling in scalings(count, base):
                yield Rotary(Frequencies((0,) * count, base, scaling=scaling), attention_factor=factor)


def few(factor):
    """Yield those of one base, at a width that is a power of two and at one that is none."""
    return (v for v in lines(factor) if v.frequencies.base == 5e5 and len(v.frequencies.axes) in (20, 64))


def ratio(variant, way, recipe):
    """Return the worst ratio of one implementation of a rotary variant."""
    f = F64 if recipe.dtype == "float64" else F32
    x = features(len(variant.frequencies.axes), recipe.dtype)
    omega = honest_omega(variant.frequencies, way, f)
    return worst(variant, recipe, honest_rotary(variant, omega, POSITIONS, x, recipe.dtype), x)


@pytest.mark.parametrize("factor", [1.0, 1.2079441541679836, Mscale(16), RootLog(32, 4096)], ids=str)
@pytest.mark.parametrize(("idiom", "way"), [(idiom, way) for idiom, ways in IDIOMS.items() for way in ways])
def test_no_float32_implementation_is_outside_its_bound(idiom, way, factor):
    variants = lines() if factor == 1.0 else few(factor)
    assert max(ratio(variant, way, Recipe("float32", idiom)) for variant in variants) <= 1


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
@pytest.mark.parametrize(("idiom", "way"), [("power", power), ("power", reciprocal), ("log", log_inside)])
def test_no_implementation_in_another_dtype_is_outside_its_bound(dtype, idiom, way):
    assert max(ratio(variant, way, Recipe(dtype, idiom)) for variant in few(Mscale(16))) <= 1


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_no_rotation_by_tables_rounded_once_is_outside_its_bound(dtype):
    assert max(tables_ratio(variant, dtype) for variant in lines(Mscale(16))) <= 1


def tables_ratio(variant, dtype):
    """Return the worst ratio of tables that are made in float64 and rounded once."""
    x = features(len(variant.frequencies.axes), dtype)
    angles = POSITIONS[:, None] * honest_omega(variant.frequencies, power, F64)
    g = factor_of(variant.attention_factor)
    got = turned(x, round_to(g * np.cos(angles), dtype), round_to(g * np.sin(angles), dtype), dtype)
    return worst(variant, Recipe(dtype, "tables"), got, x)


@pytest.mark.parametrize(
    ("dtype", "idiom", "way"),
    [
        ("float32", "power", power),
        ("float32", "power", reciprocal),
        ("float32", "log", log_inside),
        ("float32", "log", log_outside),
        ("float32", "recurrence", steps),
        ("float64", "power", power),
        ("float64", "log", log_inside),
        ("float16", "power", power),
        ("bfloat16", "power", power),
    ],
)
def test_the_bound_is_no_more_than_five_times_what_an_honest_implementation_needs(dtype, idiom, way):
    assert any(ratio(variant, way, Recipe(dtype, idiom)) >= 0.2 for variant in lines())


def test_the_bound_of_tables_is_no_more_than_five_times_what_they_need():
    assert any(tables_ratio(variant, "float32") >= 0.2 for variant in lines())


# Features of 16 bits, tables and arithmetic in float32.

NARROW = ("float16", "bfloat16")


def once_rounded(variant, way, dtype):
    """Turn 16-bit features in float32, and round once, as transformers does."""
    x = features(len(variant.frequencies.axes), dtype)
    omega = honest_omega(variant.frequencies, way, F32)
    return round_to(honest_rotary(variant, omega, POSITIONS, x, "float32"), dtype), x


def wide_ratio(variant, way, recipe):
    got, x = once_rounded(variant, way, recipe.dtype)
    return worst(variant, recipe, got, x)


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize(("idiom", "way"), [("power", power), ("power", reciprocal), ("log", log_inside)])
def test_one_rounding_to_16_bits_is_within_its_bound_which_is_tight(dtype, idiom, way):
    recipe = Recipe(dtype, idiom, tables="float32")
    assert 0.8 <= max(wide_ratio(variant, way, recipe) for variant in few(Mscale(16))) <= 1


@pytest.mark.parametrize("dtype", NARROW)
def test_arithmetic_in_16_bits_is_outside_the_bound_of_float32_tables(dtype):
    recipe = Recipe(dtype, "power", tables="float32")
    assert min(ratio(variant, power, recipe) for variant in few(1.0)) > 10


@pytest.mark.parametrize("dtype", NARROW)
def test_the_bound_of_float32_tables_is_the_tighter_one(dtype):
    variant = Rotary(LADDER, attention_factor=0.5)
    x, positions = features(4, dtype), POSITIONS
    tight, loose = (bound(variant, recipe, positions, x) for recipe in (Recipe(dtype, tables="float32"), Recipe(dtype)))
    near = POSITIONS < 2**10
    assert (tight[near] < loose[near]).all()


@pytest.mark.parametrize(("dtype", "smallest"), [("float16", 2.0**-24), ("bfloat16", 2.0**-133)])
def test_results_near_the_smallest_number_are_within_the_bound_of_float32_tables(dtype, smallest):
    variant = Rotary(Frequencies((0,) * 32))
    x = np.random.RandomState(8).randint(-9, 10, (len(POSITIONS), 64)) * smallest
    omega = honest_omega(variant.frequencies, power, F32)
    got = round_to(honest_rotary(variant, omega, POSITIONS, x, "float32"), dtype)
    assert 0.8 <= worst(variant, Recipe(dtype, "power", tables="float32"), got, x) <= 1


@pytest.mark.parametrize("dtype", NARROW)
def test_sinusoids_rounded_once_are_within_their_bound(dtype):
    variant = Sinusoidal(Frequencies((0,) * 48), order="sin-cos", width=100, prefix=1)
    angles = POSITIONS.astype(F32)[:, None] * log_outside(1e4, 48, F32)
    got = np.zeros((len(POSITIONS) + 1, 100))
    got[1:, :96] = round_to(np.concatenate([np.sin(angles), np.cos(angles)], axis=1), dtype)
    recipe = Recipe(dtype, "log", tables="float32")
    allowed = bound(variant, recipe, POSITIONS)
    assert 0.8 <= float((np.abs(got - embed(POSITIONS, variant))[1:, :96] / allowed[1:, :96]).max()) <= 1
    assert (allowed[0] == 0).all()
    assert (allowed[:, 96:] == 0).all()


def test_features_that_pass_through_may_not_change_where_tables_are_float32():
    variant, recipe = Rotary(Frequencies((0, 0)), offset=-4), Recipe("bfloat16", tables="float32")
    assert (bound(variant, recipe, [7], np.ones((1, 9)))[0] == 0).tolist() == [True] * 5 + [False] * 4


def test_keys_that_grow_have_float32_tables_too():
    variant, x = Rotary(LADDER, growth=XPos()), np.ones((1, 8))
    queries, keys = (
        bound(variant, Recipe("bfloat16", tables="float32"), [4096], x, side=side) for side in ("query", "key")
    )
    due = np.abs(rotate(x, [4096], variant, side="key"))
    assert (keys > 2.0**-8 * due).all()
    assert (keys < 1.01 * (2.0**-8 * due + bound(variant, Recipe("float32"), [4096], x, side="key"))).all()
    assert (queries < keys).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_float32_tables_are_for_features_of_16_bits(dtype):
    with pytest.raises(SpecError, match="tables must be None, or 'float32' where features are of 16 bits; got float32"):
        Recipe(dtype, tables="float32")


@pytest.mark.parametrize(
    "words", ["log", "recurrence", "power/float32-tables", "log/flushed", "tables/float32-tables/flushed"]
)
def test_a_recipe_is_read_as_it_is_written(words):
    assert str(Recipe.told("bfloat16", words)) == f"bfloat16/{words}"


@pytest.mark.parametrize("words", ["log/flushed/float32-tables", "log/flushed/flushed", "log/fast", "log/", 7])
def test_a_recipe_that_is_written_otherwise_is_refused(words):
    with pytest.raises(SpecError, match=r"recipe must be (an idiom|one of)"):
        Recipe.told("bfloat16", words)


# More than the sweep.


def test_an_exponent_that_is_exact_may_be_made_inexactly():
    variant = Rotary(Frequencies((0,) * 56, 1e7))
    assert ratio(variant, by_constant, Recipe("float32", "power")) <= 1


def test_a_recurrence_may_round_the_exponent_of_its_step():
    variant = Rotary(Frequencies((0,) * 3, 64_206_274.0))
    assert ratio(variant, steps, Recipe("float32", "recurrence")) <= 1


@pytest.mark.parametrize("way", [power, reciprocal, log_inside])
@pytest.mark.parametrize("count", [12, 48, 64])
def test_a_base_that_ntk_makes_in_float32_is_within_the_bound(way, count):
    idiom = "log" if way is log_inside else "power"
    variant = Rotary(Frequencies((0,) * count, scaling=NTK(1000.0)))
    base = F32(1e4) * F32(1000) ** (F32(2 * count) / F32(2 * count - 2))
    x = features(count)
    got = honest_rotary(variant, way(base, count, F32), POSITIONS, x, "float32")
    assert worst(variant, Recipe("float32", idiom), got, x) <= 1


@pytest.mark.parametrize("factor", [8.0, 3.7, 1000.0])
@pytest.mark.parametrize("exponent", [0.3, 0.625, 1.0])
def test_a_mixed_radix_that_is_made_in_float32_throughout_is_within_the_bound(factor, exponent):
    for count in (12, 48, 64):
        variant = Rotary(Frequencies((0,) * count, scaling=MixedRadix(factor, exponent)))
        m, q = np.arange(1, count + 1, dtype=F32), F32(exponent)
        made = power(1e4, count, F32) / np.exp(np.log(F32(factor)) / F32(count) ** q * m**q)
        taken = power(1e4, count, F32) * F32(factor) ** -((m / F32(count)) ** q)
        x = features(count)
        for ladder in (made, taken):
            assert (
                worst(variant, Recipe("float32", "power"), honest_rotary(variant, ladder, POSITIONS, x, "float32"), x)
                <= 1
            )


@pytest.mark.parametrize(
    "scaling",
    [
        ByParts(1 / 8, 8192, low=1, high=4),
        ByParts(1 / 64, 512, low=3, high=5),
        ByIndex(1 / 64, 512, fast=40, slow=2),
        ByIndex(1 / 64, 512, fast=40, slow=2, truncate=False),
        PartNTK(1 / 64, 512, fast=(40, 2), slow=(8, 1)),
        PartNTK(1 / 64, 2048),
    ],
    ids=str,
)
@pytest.mark.parametrize("way", [power, reciprocal])
def test_a_factor_below_one_is_within_the_bound(scaling, way):
    variants = [Rotary(Frequencies((0,) * count, base, scaling=scaling)) for count in (31, 48, 125) for base in BASES]
    assert max(ratio(variant, way, Recipe("float32", "power")) for variant in variants) <= 1


@pytest.mark.parametrize(("dtype", "smallest"), [("float16", 2.0**-24), ("bfloat16", 2.0**-133)])
def test_features_near_the_smallest_number_are_within_their_bound(dtype, smallest):
    variant = Rotary(Frequencies((0,) * 32))
    x = np.random.RandomState(8).randint(-9, 10, (len(POSITIONS), 64)) * smallest
    cos, sin = honest_tables(variant, honest_omega(variant.frequencies, power, F32), POSITIONS, dtype)
    first = on_steps(on_steps(x[:, :32] * cos, smallest) - on_steps(x[:, 32:] * sin, smallest), smallest)
    want, allowed = rotate(x, POSITIONS, variant)[:, :32], bound(variant, Recipe(dtype), POSITIONS, x)[:, :32]
    assert float((np.abs(first - want) / allowed).max()) <= 1


def test_features_near_the_smallest_number_are_within_the_bound_of_float64():
    variant, x, step = Rotary(Frequencies((0,) * 32)), tiny(32, "float64", 1.0), 2.0**-1074
    angles = POSITIONS[:, None] * honest_omega(variant.frequencies, power, F64)
    got = turned(x * step, np.cos(angles), np.sin(angles), "float64") / step
    allowed = bound(variant, Recipe("float64", "power"), POSITIONS, x * step) / step
    assert 0.2 <= float((np.abs(got - rotate(x, POSITIONS, variant)) / allowed).max()) <= 1


def on_steps(values, step):
    """Round subnormal numbers, which are all multiples of the smallest."""
    return np.rint(values / step) * step


# Where a magnitude goes.

PLACES = ("table", "output", "features")


def multiplied(x, cos, sin, gain, place, stored):
    """Turn halves as `turned` does, with the magnitude on the table, on what is turned, or on the features first."""
    if place == "table":
        cos, sin = stored(cos * gain), stored(sin * gain)
    a, b = (stored(one * gain) if place == "features" else one for one in np.split(x, 2, axis=-1))
    first, second = (stored(a * cos), stored(b * sin)), (stored(b * cos), stored(a * sin))
    turned = stored(first[0] - first[1]), stored(second[0] + second[1])
    return np.concatenate([stored(one * gain) if place == "output" else one for one in turned], axis=-1)


def tiny(count, dtype, size):
    """Return small integers times a number: features that lose bits to underflow."""
    return np.random.RandomState(8).randint(-40, 41, (len(POSITIONS), 2 * count)) * size


@pytest.mark.parametrize("factor", [0.25, 1.1902380714238083, 1.25, 1.5, 7.0])
@pytest.mark.parametrize(("dtype", "smallest"), [("float16", 2.0**-24), ("bfloat16", 2.0**-133)])
@pytest.mark.parametrize("place", PLACES)
def test_a_magnitude_in_any_place_is_within_the_bound_of_small_features(place, dtype, smallest, factor):
    def stored(values):
        return round_to(values, dtype)

    variant, x = Rotary(Frequencies((0,) * 32), attention_factor=factor), tiny(32, dtype, smallest)
    angles = POSITIONS[:, None] * omega(variant.frequencies)
    cos, sin = stored(np.cos(angles)), stored(np.sin(angles))
    got = multiplied(x, cos, sin, stored(factor), place, stored)
    assert worst(variant, Recipe(dtype, "tables"), got, x) <= 1


@pytest.mark.parametrize("side", ["query", "key"])
@pytest.mark.parametrize("place", PLACES)
def test_growth_in_any_place_is_within_the_bound_of_small_features(place, side):
    def stored(values):
        return round_to(values, "float16")

    variant, positions = Rotary(Frequencies((0,) * 32), growth=XPos()), POSITIONS[POSITIONS < 4096]
    x = tiny(32, "float16", 2.0**-24)[: len(positions)]
    angles = positions[:, None] * omega(variant.frequencies)
    gain = ((np.arange(32) * 2 + 0.4 * 64) / (1.4 * 64)) ** (positions[:, None] / 512)
    gain = stored(gain if side == "query" else 1 / gain)
    got = multiplied(x, stored(np.cos(angles)), stored(np.sin(angles)), gain, place, stored)
    error = np.abs(got - rotate(x, positions, variant, side=side))
    assert (error <= bound(variant, Recipe("float16", "tables"), positions, x, side=side)).all()


# Subnormal numbers that are taken for zeros.


def flushed(dtype):
    normal = {"float16": 2.0**-14, "bfloat16": 2.0**-126, "float32": 2.0**-126}[dtype]

    def stored(values):
        found = round_to(values, dtype)
        return np.where(np.abs(found) < normal, 0, found)

    return stored, normal


@pytest.mark.parametrize("factor", [0.25, 1.0, 1.25])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("place", PLACES)
def test_what_flushes_is_within_the_bound_that_says_so_and_outside_the_other(place, dtype, factor):
    stored, normal = flushed(dtype)
    variant, x = Rotary(Frequencies((0,) * 32), attention_factor=factor), round_to(tiny(32, dtype, normal / 16), dtype)
    angles = POSITIONS[:, None] * omega(variant.frequencies)
    cos, sin = stored(np.cos(angles)), stored(np.sin(angles))
    got = multiplied(stored(x), cos, sin, stored(factor), place, stored)
    assert 0.2 <= worst(variant, Recipe(dtype, "tables", flushes=True), got, x) <= 1
    assert worst(variant, Recipe(dtype, "tables"), got, x) > 2


def test_what_flushes_in_float32_and_is_rounded_once_is_within_the_bound_that_says_so():
    stored, normal = flushed("bfloat16")
    inside, _ = flushed("float32")
    variant, x = Rotary(Frequencies((0,) * 32)), tiny(32, "bfloat16", normal / 16)
    angles = POSITIONS[:, None] * omega(variant.frequencies)
    got = stored(multiplied(inside(x), inside(np.cos(angles)), inside(np.sin(angles)), 1.0, "table", inside))
    recipe = Recipe("bfloat16", "tables", tables="float32")
    assert 0.2 <= worst(variant, replace(recipe, flushes=True), got, x) <= 1
    assert worst(variant, recipe, got, x) > 2


# Growth.


def growing(variant, positions, x):
    """Turn queries as torchscale's XPOS does, in float32."""
    count, growth = len(variant.frequencies.axes), variant.growth
    d = 2 * count
    angles = positions.astype(F32)[:, None] * reciprocal(variant.frequencies.base, count, F32)
    zeta = (np.arange(0, d, 2).astype(F32) + F32(0.4) * F32(d)) / (F32(1.4) * F32(d))
    power_of = (positions.astype(F32) - F32(growth.centre)) / F32(growth.scale_base)
    grown = zeta ** power_of[:, None]
    return turned(x, (np.cos(angles) * grown).astype(F64), (np.sin(angles) * grown).astype(F64), "float32")


@pytest.mark.parametrize("count", [32, 104, 124])
@pytest.mark.parametrize("base", [1e4, 1e6])
@pytest.mark.parametrize("scale_base", [512.0, 200.0])
def test_growth_in_float32_is_within_its_bound(count, base, scale_base):
    variant = Rotary(Frequencies((0,) * count, base), growth=XPos(scale_base))
    positions = POSITIONS[POSITIONS < 2**16]
    x = features(count)[: len(positions)]
    assert worst(variant, Recipe("float32", "power"), growing(variant, positions, x), x, positions) <= 1


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("side", ["query", "key"])
def test_the_bound_of_growth_is_never_negative_on_either_side(dtype, side):
    variant = Rotary(Frequencies((0,) * 32), growth=XPos())
    allowed = bound(variant, Recipe(dtype), [131_071], np.ones((1, 64)), side=side)
    assert (allowed >= 0).all()
    assert np.isfinite(allowed).all()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_bound_of_growth_is_never_negative(dtype):
    variant = Rotary(Frequencies((0,) * 32), growth=XPos())
    assert (bound(variant, Recipe(dtype), [131_071], np.ones((1, 64))) >= 0).all()


def test_the_bound_of_queries_shrinks_as_they_do():
    variant = Rotary(Frequencies((0,) * 4), growth=XPos())
    near, far = bound(variant, Recipe("float32", "power"), [512, 5120], np.ones((2, 8)))[:, 0]
    assert far < near


def test_a_query_that_is_lost_where_it_should_have_shrunk_is_flagged():
    variant = Rotary(Frequencies((0,) * 32), growth=XPos())
    x = np.ones((1, 64))
    want = rotate(x, [8192], variant)
    assert (np.abs(want) > bound(variant, Recipe("float32"), [8192], x)).all()


# Several axes, bands, dense frequencies, heads, sines and cosines.

GRID = np.random.RandomState(3).randint(0, 1024, (100, 2))


@pytest.mark.parametrize("way", [power, reciprocal])
def test_axial_frequencies_in_float32_are_within_their_bound(way):
    variant = Rotary(Frequencies((0,) * 20 + (1,) * 20, ladder="per-axis"))
    angles = np.concatenate([GRID[:, a, None].astype(F32) * way(1e4, 20, F32) for a in (0, 1)], axis=1)
    x = features(40)[:100]
    got = turned(x, *(one.astype(F64) for one in (np.cos(angles), np.sin(angles))), "float32")
    assert worst(variant, Recipe("float32", "power"), got, x, GRID) <= 1


def test_turns_of_fractions_in_float32_are_within_their_bound():
    variant = Rotary(Frequencies((0,) * 16, base=100.0, unit="turn"))
    positions = np.random.RandomState(4).randint(-512, 513, 100) / 512
    angles = F32(2 * math.pi) * (positions.astype(F32)[:, None] * reciprocal(100.0, 16, F32))
    x = features(16)[:100]
    got = turned(x, np.cos(angles).astype(F64), np.sin(angles).astype(F64), "float32")
    assert worst(variant, Recipe("float32", "power"), got, x, positions) <= 1


@pytest.mark.parametrize("spacing", ["log", "linear"])
def test_bands_in_float32_are_within_their_bound(spacing):
    variant = Rotary(Bands((0,) * 33, 0.5, 5000.0, spacing=spacing, unit="half-turn"))
    positions = np.random.RandomState(5).randint(-512, 513, 100) / 512
    t = np.linspace(0, 1, 33, dtype=F32)
    omega = F32(0.5) * F32(10_000) ** t if spacing == "log" else F32(0.5) + F32(4999.5) * t
    angles = positions.astype(F32)[:, None] * (omega * F32(math.pi))
    x = features(33)[:100]
    got = turned(x, np.cos(angles).astype(F64), np.sin(angles).astype(F64), "float32")
    assert worst(variant, Recipe("float32", "power"), got, x, positions) <= 1


@pytest.mark.parametrize("count", [6, 20, 33, 57])
@pytest.mark.parametrize(("low", "high"), [(1e-6, 1.0), (1.0, 1e-6), (0.1, 5000.3)])
def test_bands_on_a_line_that_is_stepped_are_within_their_bound(count, low, high):
    """torch's linspace: multiples of a rounded step, counted from the nearer end."""
    variant = Rotary(Bands((0,) * count, low, high))
    step, j = F32(1) / F32(count - 1), np.arange(count)
    t = np.where(j < count // 2, j.astype(F32) * step, F32(1) - (count - 1 - j).astype(F32) * step)
    omega = F32(low) * (F32(high) / F32(low)) ** t
    x = features(count)
    assert worst(variant, Recipe("float32", "power"), honest_rotary(variant, omega, POSITIONS, x, "float32"), x) <= 1


@pytest.mark.parametrize(("low", "high"), [(1.0, 9.5), (9.5, 1.0), (0.1, 700.3), (700.3, 0.1)])
def test_linear_bands_that_rise_or_fall_are_within_their_bound(low, high):
    variant = Rotary(Bands((0,) * 31, low, high, spacing="linear"))
    omega = F32(low) + (F32(high) - F32(low)) * np.linspace(0, 1, 31, dtype=F32)
    x = features(31)
    assert worst(variant, Recipe("float32", "power"), honest_rotary(variant, omega, POSITIONS, x, "float32"), x) <= 1


@pytest.mark.parametrize("base", [10_000.1, 64_206_274.0, 3.3])
@pytest.mark.parametrize(("idiom", "way"), [(idiom, way) for idiom, ways in IDIOMS.items() for way in ways])
def test_a_base_that_float32_rounds_is_within_the_bound(idiom, way, base):
    variants = [Rotary(Frequencies((0,) * count, base)) for count in (5, 32, 64)]
    assert max(ratio(variant, way, Recipe("float32", idiom)) for variant in variants) <= 1


@pytest.mark.parametrize("step", [1 / 7, 1e-3, 1e3 / 3])
def test_positions_that_float32_rounds_are_within_the_bound(step):
    positions = np.arange(1, 400) * step
    variant = Rotary(Frequencies((0,) * 16, 2.0))
    x = features(16)[np.arange(len(positions)) % len(POSITIONS)]
    angles = positions.astype(F32)[:, None] * power(2.0, 16, F32)
    got = turned(x, np.cos(angles).astype(F64), np.sin(angles).astype(F64), "float32")
    assert worst(variant, Recipe("float32", "power"), got, x, positions) <= 1


def test_a_fraction_that_float32_rounds_is_one_rounding_more():
    assert slope(1e4 / 3) == pytest.approx(5, rel=1e-5)
    assert slope(1e4 / 4) == pytest.approx(4, rel=1e-5)


@pytest.mark.parametrize(
    "scaling",
    [
        ByParts(1 / 48, 512, low=0.3, high=5.7),
        ByIndex(1 / 48, 512, 40.0, 2.0, truncate=False),
        ByParts(3.3, 143, 0.1, 0.7),
    ],
    ids=str,
)
@pytest.mark.parametrize("way", [power, reciprocal])
def test_numbers_of_a_ramp_that_float32_rounds_are_within_the_bound(scaling, way):
    variants = [Rotary(Frequencies((0,) * count, base, scaling=scaling)) for count in (31, 48, 125) for base in BASES]
    assert max(ratio(variant, way, Recipe("float32", "power")) for variant in variants) <= 1


def test_dense_frequencies_in_float32_are_within_their_bound():
    variant = Rotary(Dense(2, 12))
    omega = np.random.RandomState(6).standard_normal((2, 12)).astype(F32)
    angles = GRID.astype(F32) @ omega
    x, learned = features(12)[:100], {"omega": omega}
    got = turned(x, np.cos(angles).astype(F64), np.sin(angles).astype(F64), "float32")
    assert worst(variant, Recipe("float32", "power"), got, x, GRID, learned) <= 1


@pytest.mark.parametrize("scale", [1.0, 0.7])
@pytest.mark.parametrize(("idiom", "way"), [("power", power), ("power", reciprocal), ("log", log_outside)])
def test_sinusoids_in_float32_are_within_their_bound(idiom, way, scale):
    variant = Sinusoidal(Frequencies((0,) * 48), order="sin-cos", scale=scale)
    angles = POSITIONS.astype(F32)[:, None] * way(1e4, 48, F32)
    got = np.concatenate([np.sin(angles), np.cos(angles)], axis=1) * F32(scale)
    assert 0.2 <= worst(variant, Recipe("float32", idiom), got.astype(F64)) <= 1


# What bounds must not hide.


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("idiom", ["tables", "power", "log", "recurrence"])
def test_angles_in_16_bits_are_within_no_recipe(dtype, idiom):
    variant = Rotary(Frequencies((0,) * 32))
    with np.errstate(over="ignore"):
        angles = round_to(POSITIONS[:, None] * honest_omega(variant.frequencies, power, F64), dtype)
    angles = np.where(np.isfinite(angles), angles, 0)
    x = features(32, dtype)
    got = turned(x, round_to(np.cos(angles), dtype), round_to(np.sin(angles), dtype), dtype)
    assert worst(variant, Recipe(dtype, idiom), got, x) > 1


def test_an_error_of_a_hundred_roundings_in_a_slow_plane_far_off_is_flagged():
    variant, x = Rotary(Frequencies((0,) * 64)), np.ones((1, 128))
    wrong = rotate(x, [100_003], variant)
    wrong[0, 63] += 100 * 2.0**-24
    allowed = bound(variant, Recipe("float32", "power"), [100_003], x)
    error = np.abs(wrong - rotate(x, [100_003], variant))
    assert np.flatnonzero(error > allowed).tolist() == [63]


def test_features_that_pass_through_may_not_change_at_all():
    variant = Rotary(Frequencies((0, 0)), offset=-4)
    allowed = bound(variant, Recipe("bfloat16"), [7], np.ones((1, 9)))[0]
    assert (allowed == 0).tolist() == [True] * 5 + [False] * 4


def test_rows_before_position_0_and_padding_may_not_change_at_all():
    variant = Sinusoidal(Frequencies((0, 0)), width=5, prefix=1)
    assert (bound(variant, Recipe("float32"), [7]) == 0).tolist() == [[True] * 5, [False] * 4 + [True]]


def test_bounds_grow_with_the_size_of_a_pair():
    variant = Rotary(Frequencies((0,)))
    one, five = bound(variant, Recipe("float32"), [9, 9], [[1.0, 0.0], [3.0, 4.0]])
    assert five == pytest.approx(5 * one)


def test_bounds_at_heads_that_differ_are_those_of_each_head():
    alone = [Frequencies((0, 0)), Frequencies((0, 0), base=1e6)]
    x = np.ones((2, 3, 4))
    both = bound(Rotary(PerHead(tuple(alone))), Recipe("float32"), [1, 70, 5000], x)
    each = [bound(Rotary(one), Recipe("float32"), [1, 70, 5000], x[0]) for one in alone]
    assert np.array_equal(both, np.stack(each))


# κ, reckoned by hand.

LADDER = Frequencies((0,) * 4)
LOGS = np.log(1e4) * np.arange(4) / 4
"""λ_k of four planes and base 1e4, whose exponents are exact."""


@pytest.mark.theorem("error-bands")
@pytest.mark.parametrize(
    ("frequencies", "idiom", "want"),
    [
        (LADDER, "tables", [4, 4, 4, 4]),
        (Frequencies((0,) * 3), "tables", 4 + 2 * np.log(1e4) * np.arange(3) / 3),
        (LADDER, "power", [4, 4, 4, 4]),
        (LADDER, "log", 4 + 2 * LOGS),
        (LADDER, "recurrence", [1, 4, 7, 10]),
        (Frequencies((0,) * 3), "power", 4 + 2 * np.log(1e4) * np.arange(3) / 3),
        (Frequencies((0,) * 3), "log", 4 + 4 * np.log(1e4) * np.arange(3) / 3),
        (Frequencies((0,) * 3), "recurrence", 1 + 3 * np.arange(3) + np.log(1e4) * np.arange(3) / 3),
        (replace(LADDER, unit="turn"), "power", [6, 6, 6, 6]),
        (replace(LADDER, scaling=Linear(2)), "power", [6, 6, 6, 6]),
        (replace(LADDER, scaling=PerPlane((1.0, 2.0, 3.0, 4.0))), "power", [6, 6, 6, 6]),
        (Dense(3, 2), "power", [4, 4]),
        (Bands((0, 0, 0), 1.0, math.e, spacing="log"), "power", [5, 5.5, 6]),
        (Bands((0, 0, 0), 1.0, math.e, spacing="log"), "tables", [5, 5.5, 6]),
        (Bands((0, 0, 0), 1.0, math.e, spacing="log"), "log", [4, 7.5, 11]),
        (Bands((0, 0, 0), math.e, math.e**3, spacing="log"), "power", [5, 5.5, 6]),
        (Bands((0, 0, 0), math.e, math.e**3, spacing="log"), "log", [8, 15, 22]),
        (Bands((0, 0, 0), math.exp(-2), 1.0, spacing="log"), "log", [12, 11, 10]),
        (Bands((0, 0, 0), math.e, math.e**3, spacing="log", unit="turn"), "power", [7, 7.5, 8]),
        (Bands((0, 0, 0), 1.0, 2.0, spacing="linear"), "power", [6, 6, 6]),
        (Bands((0, 0, 0), 1.0, 2.0, spacing="linear"), "log", [6, 6, 6]),
        (Bands((0, 0, 0), 1.0, 2.0, spacing="linear", unit="half-turn"), "log", [8, 8, 8]),
        (Bands((0, 0, 0), 4.0, 1.0, spacing="linear"), "log", [6, 6, 12]),
        (Bands((0,) * 4, 1.0, math.e**3, spacing="log"), "power", 5 + 7 * np.arange(4) / 3),
        (Bands((0,), 0.5, 2.0, spacing="log"), "power", [5]),
        (replace(LADDER, base=0.1 + 1e4), "power", 4 + np.arange(4) / 4),
        (replace(LADDER, base=0.1 + 1e4), "recurrence", 1 + 3.25 * np.arange(4)),
        (Frequencies((0, 0, 1, 1, 1), (1e4, 0.1 + 1e4), "per-axis", endpoint=True), "power", [4, 4, 4, 4.5, 5]),
        (Frequencies((0, None)), "power", [4, 4]),
    ],
    ids=str,
)
def test_kappa_is_what_counting_roundings_by_hand_gives(frequencies, idiom, want):
    assert kappa(frequencies, idiom) == pytest.approx(np.array(want, dtype=float), rel=1e-12)


@pytest.mark.parametrize(("exponent", "off"), [(0.75, 0.0), (0.3, 0.3 * math.log(4))])
def test_kappa_of_a_mixed_radix_counts_what_is_in_its_exponent(exponent, off):
    found = kappa(replace(LADDER, scaling=MixedRadix(16, exponent)), "power")
    assert found == pytest.approx(4 + 4 + (7 + off) * np.log(16) * (np.arange(1, 5) / 4) ** exponent)


@pytest.mark.parametrize(("factor", "each"), [(8.0, 2), (1 / 8, 4)])
def test_kappa_of_part_ntk_counts_ntk_and_two_blends(factor, each):
    """Planes 21 to 35 are on the fast ramp, 39 to 42 on the slow one; ν weighs the greatest that is blended on them."""
    plain = Frequencies((0,) * 64)
    scaled = replace(plain, scaling=PartNTK(factor, 2048))
    ntk = factor ** (-np.arange(64) / 63)
    due = 9 + np.abs(np.log(ntk))
    due[21:36] += each * np.maximum(ntk, 1)[21:36] / (omega(scaled) / omega(plain))[0, 21:36]
    due[39:43] += each * (np.maximum(ntk, 1 / factor) / (omega(scaled) / omega(plain))[0])[39:43]
    added = [kappa(scaled, idiom) - kappa(plain, idiom) for idiom in ("power", "log")]
    assert added[0] == pytest.approx(due, rel=1e-12)
    assert added[1] - added[0] == pytest.approx(2 * np.log(max(factor, 1)) * np.arange(64) / 63, abs=1e-12)


@pytest.mark.parametrize("factor", [1 / 64, 0.3, 1.01, 3.3, 8.0, 64.0])
@pytest.mark.parametrize(("fast", "slow"), [((16, 2), (1.25, 0.75)), ((16, 1), (4, 0.5)), ((2, 2), (1, 1))])
def test_every_rounding_of_part_ntk_is_counted_to_first_order(factor, fast, slow):
    """The code's roundings one by one, each of the worst sign, by how much a unit of it moves ω'."""
    frequencies = Frequencies((0,) * 64, scaling=PartNTK(factor, 2048, fast, slow))
    theta, due = omega(replace(frequencies, scaling=()))[0], omega(frequencies)[0]
    ntk, divided = theta * factor ** (-np.arange(64) / 63), theta / factor
    gamma, eta = (ramp(theta, one, 10_000.0) for one in frequencies.scalings[0].ramps)
    inner = eta * ntk + (1 - eta) * divided
    of_divided = 2 + 1 + 1  # s and its product; 1 − η, the product with it
    of_ntk = 3 + np.abs(np.log(ntk / theta)) + inexact(factor) + 1  # the base; the product with η
    moved = of_divided * (1 - eta) * divided + of_ntk * eta * ntk
    moved += ((eta > 0) & (eta < 1)) * np.abs(ntk - divided)  # the division of the ramp, and 1 − it: R + η
    moved = (1 - gamma) * (moved + (1 + 1 + 1) * inner) + gamma * theta  # the sum, 1 − γ, both products
    moved += ((gamma > 0) & (gamma < 1)) * np.abs(theta - inner) + due  # the other ramp, the other sum
    counted = kappa(frequencies, "power") - kappa(replace(frequencies, scaling=()), "power")
    assert (moved / due <= counted * (1 + 1e-12)).all()
    assert (moved / due).max() > counted.max() / 3


def test_kappa_of_ntk_counts_the_ladder_of_its_new_base():
    scaled, more = kappa(replace(LADDER, scaling=NTK(16)), "log"), np.log(16) * np.arange(4) / 3
    assert scaled == pytest.approx(4 + 2 * (LOGS + more) + 3 + more)


def test_kappa_of_ntk_counts_what_its_new_base_is_off_in_every_idiom():
    more = np.log(16) * np.arange(4) / 3
    assert kappa(replace(LADDER, scaling=NTK(16)), "power") == pytest.approx(4 + 3 + more)
    assert kappa(replace(LADDER, scaling=(NTK(16), Linear(2))), "power") == pytest.approx(4 + 3 + more + 2)


def test_kappa_of_ntk_counts_a_factor_that_float32_rounds():
    near, far = (kappa(replace(LADDER, scaling=NTK(factor)), "recurrence") for factor in (16.0, 16.1))
    assert far - near == pytest.approx(1 + np.log(16.1 / 16) * np.arange(4) / 3)


def blended(scaling, base=100.0):
    """Return what a blend adds to κ on its plane 2 of 4, ω = 0.1, in parts of ν."""
    frequencies = Frequencies((0,) * 4, base)
    share = max(1, 1 / scaling.factor) * 0.1 / omega(replace(frequencies, scaling=scaling))[0, 2]
    return (kappa(replace(frequencies, scaling=scaling), "power")[2] - 4 - 3) / share


@pytest.mark.parametrize(
    ("length", "low", "high", "more", "flat"),
    [(200, 1.0, 4.0, 0, 0), (200, 1.1, 4.0, 1, 1), (2**24 + 1, 2**17, 2**19, 1, 0), (200, 2.0**-24, 4.0, 0, 1)],
)
def test_kappa_of_by_parts_counts_numbers_that_float32_rounds(length, low, high, more, flat):
    turns = length * 0.1 / (2 * np.pi)
    found = blended(ByParts(8.0, length, low=low, high=high))
    assert found == pytest.approx((6 + more) * turns / (high - low) + 2 + flat)


def test_kappa_of_by_index_counts_two_more_below_a_factor_of_one():
    assert blended(ByIndex(4.0, 40, fast=4, slow=0.5)) == pytest.approx(2)
    assert blended(ByIndex(0.25, 40, fast=4, slow=0.5)) == pytest.approx(4)


# Tables, far positions, keys.


@pytest.mark.parametrize(
    "variant", [Rotary(LADDER), Sinusoidal(LADDER), Rotary(Frequencies((0,) * 3), attention_factor=0.5)], ids=str
)
def test_tables_in_float64_are_those_of_powers(variant):
    x = None if isinstance(variant, Sinusoidal) else np.ones((3, 8))
    positions = [0, 7, 100_003]
    tables, powers = (bound(variant, Recipe("float64", idiom), positions, x) for idiom in ("tables", "power"))
    assert np.array_equal(tables, powers)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_tables_in_fewer_bits_add_with_the_position_what_they_and_the_reference_are_off_in_float64(dtype):
    near, far = bound(Rotary(LADDER), Recipe(dtype, "tables"), [0, 100_003], np.ones((2, 8)))[:, 3]
    counted = 4 + kappa(LADDER, "log")[3]
    assert far - near == pytest.approx(2.0**-53 * counted * 100 * 1.00003 * math.sqrt(2), rel=1e-3)


@pytest.mark.parametrize("position", [2**31, 2**36 + 5, 2**40 + 3, 2**52 + 1])
@pytest.mark.parametrize("way", [power, log_inside, log_outside])
def test_float64_tables_at_far_positions_are_within_their_bound(position, way):
    """Against certified values: what float64 frequencies are off is more than one rounding of the table there."""
    variant, x = Rotary(Frequencies((0,) * 16)), features(16)[:1]
    angles = np.array([position], dtype=F64)[:, None] * way(1e4, 16, F64)
    got = turned(x, round_to(np.cos(angles), "float32"), round_to(np.sin(angles), "float32"), "float32")
    want = [
        float(Fraction(one.mid, 2**one.scale)) for one in exact.rotary.rotate(x[0].tolist(), position, variant, 160)
    ]
    assert (np.abs(got - want) <= bound(variant, Recipe("float32", "tables"), [position], x)).all()


def slope(position):
    """Return how many roundings of the angle of plane 0 the bound at a position allows."""
    x, recipe = np.array([[1.0] + [0.0] * 7]), Recipe("float32", "power")
    there, at_nought = (bound(Rotary(LADDER), recipe, [p], x)[0, 0] for p in (position, 0))
    return (there - at_nought) / position / recipe.u_angle


@pytest.mark.parametrize("sign", [1, -1])
def test_a_position_that_float32_must_round_is_one_rounding_more(sign):
    assert slope(sign * float(2**24 - 1)) * sign == pytest.approx(4, rel=1e-6)
    assert slope(sign * float(2**24)) * sign == pytest.approx(5, rel=1e-6)


def test_a_position_that_float32_must_round_on_one_axis_is_one_rounding_more_for_its_token_alone():
    variant, x = Rotary(Frequencies((0, 0, 1, 1))), np.ones((2, 8))
    recipe = Recipe("float32", "power")
    both = bound(variant, recipe, [[5, 2**24 + 2], [5, 7]], x)
    assert np.array_equal(both[1], bound(variant, recipe, [[5, 7]], x[:1])[0])
    roundings = (both[0] - bound(variant, recipe, [[0, 0]], x[:1])[0])[2] / (2**24 + 2) / 2.0**-24 / math.sqrt(2)
    assert roundings == pytest.approx(5 * 0.01, rel=1e-6)


def test_a_position_that_float32_must_round_is_one_rounding_more_for_every_head():
    x = np.ones((2, 3, 4))
    alone = [Frequencies((0, 0)), Frequencies((0, 0), base=1e6)]
    positions = [1, 70, 2**24 + 2]
    both = bound(Rotary(PerHead(tuple(alone))), Recipe("float32"), positions, x)
    each = [bound(Rotary(one), Recipe("float32"), positions, x[0]) for one in alone]
    assert np.array_equal(both, np.stack(each))


def test_the_bound_of_keys_grows_as_the_bound_of_queries_shrinks():
    variant, x = Rotary(Frequencies((0,) * 4), growth=XPos(512.0)), np.ones((1, 8))
    queries, keys = (bound(variant, Recipe("float32", "power"), [4096], x, side=side)[0] for side in ("query", "key"))
    gain = np.tile(((np.arange(4) * 2 + 0.4 * 8) / (1.4 * 8)) ** (4096 / 512), 2)
    assert keys / queries == pytest.approx(gain**-2, rel=1e-6)


@pytest.mark.parametrize("side", ["query", "key"])
def test_bounds_without_growth_are_one_for_both_sides(side):
    x = np.ones((2, 8))
    recipe = Recipe("float32")
    assert np.array_equal(
        bound(Rotary(LADDER), recipe, [3, 900], x, side=side), bound(Rotary(LADDER), recipe, [3, 900], x)
    )


def test_kappa_of_by_parts_is_large_on_the_planes_that_are_blended_alone():
    frequencies = Frequencies((0,) * 64, base=5e5, scaling=ByParts(8, 8192, low=1, high=4))
    turns = 8192 * 5e5 ** -(np.arange(64) / 64) / (2 * np.pi)
    blended = (1 < turns) & (turns < 4)
    assert np.array_equal(kappa(frequencies, "power") > 7, blended)


def test_a_recipe_of_an_unknown_dtype_or_idiom_is_refused():
    with pytest.raises(SpecError, match="dtype must be one of float64, float32, float16, bfloat16; got float8"):
        Recipe("float8")
    with pytest.raises(SpecError, match="recipe must be one of tables, power, log, recurrence; got exact"):
        Recipe("float32", "exact")


def test_a_bound_on_rotated_features_needs_the_features():
    with pytest.raises(SpecError, match="x must be given for a rotary variant; got None"):
        bound(Rotary(LADDER), Recipe("float32"), [1])
