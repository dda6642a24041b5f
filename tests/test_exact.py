"""Certified values: sound and as accurate as asked for, over the catalogue and beyond; exact where they are exact."""

import itertools
import random
from fractions import Fraction
from functools import lru_cache

import arb_reference as arbs
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import frequencies as drawn_frequencies
from strategies import rotations, sinusoids

from refpos import (
    NTK,
    Bands,
    ByIndex,
    ByParts,
    Dense,
    DynamicNTK,
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
    at_length,
    symbolic,
)
from refpos.catalogue import ANGLES
from refpos.exact import angles as exact_angles
from refpos.exact import frequencies as exact_frequencies
from refpos.exact import rotary, scaling, sinusoidal
from refpos.exact.ball import Ball, within
from refpos.exact.decide import decide
from refpos.exact.formats import to_odd
from refpos.exact.roots import raised, real, summed, times
from refpos.oracle.tolerance import Recipe, bound
from refpos.spec import frequencies as spec_frequencies
from refpos.spec import rotary as spec_rotary
from refpos.spec import sinusoidal as spec_sinusoidal
from refpos.symbolic.symbols import LEARNED
from refpos.variants.frequencies import axis_count, head_count, learned_shapes, plane_count
from refpos.variants.planes import width

BITS = 200
LENGTH = 131_072
POSITIONS = (0, 1, 257, 65_504, 2**31, 2**63 - 1)
FEW = settings(max_examples=30, derandomize=True)

NAMES = sorted(ANGLES)
VARIANTS = {name: at_length(ANGLES[name].variant, LENGTH) for name in NAMES}
ROTARY = [name for name in NAMES if isinstance(VARIANTS[name], Rotary)]
SINUSOIDAL = [name for name in NAMES if isinstance(VARIANTS[name], Sinusoidal)]

FREQUENCIES = {
    "three planes": Frequencies((0,) * 3),
    "interleaved axes, standing planes": Frequencies((0, 1, 2, 0, None, 2, None)),
    "a base for each axis": Frequencies((0, 0, 1, 1, 1), base=(100, 37.5), ladder="per-axis"),
    "alternating, unequal": Frequencies((0, 1, 1, 0, 1), base=100, ladder="alternating"),
    "shared end point": Frequencies((0,) * 5, endpoint=True),
    "end point per axis": Frequencies((0, 0, 1, 1, 1), ladder="per-axis", endpoint=True),
    "alternating end point": Frequencies((0, 1) * 3, ladder="alternating", endpoint=True),
    "half turns": Frequencies((0,) * 4, unit="half-turn"),
    "turns": Frequencies((0,) * 7, base=12_345.678, unit="turn"),
    "linear for each axis": Frequencies((0, 1, 1, 2), scaling=Linear((2, 3, 0.7))),
    "ntk": Frequencies((0,) * 11, scaling=NTK(8)),
    "ntk for each axis": Frequencies((0, 0, 1, 1), ladder="per-axis", scaling=NTK((2, 3.1))),
    "mixed radix": Frequencies((0,) * 8, scaling=MixedRadix(8, 0.625)),
    "mixed radix for each axis": Frequencies((0, 0, 1, 1, 1), ladder="per-axis", scaling=MixedRadix((2, 3.1), 0.3)),
    "mixed radix of exponent 0": Frequencies((0,) * 6, base=50, scaling=MixedRadix(12, 0)),
    "mixed radix of exponent 1": Frequencies((0,) * 6, base=50, scaling=MixedRadix(12, 1)),
    "mixed radix, alternating": Frequencies((0, 1) * 3, ladder="alternating", scaling=MixedRadix(0.5, 0.75)),
    "by parts": Frequencies((0,) * 64, base=500_000, scaling=ByParts(8, 8192, 1, 4)),
    "by parts, in turns": Frequencies((0,) * 16, base=300, unit="turn", scaling=ByParts(3.5, 100, 1, 32)),
    "by parts, rational": Frequencies((0,) * 4, unit="half-turn", scaling=ByParts(4, 64, 0.5, 8)),
    "by index": Frequencies((0,) * 32, scaling=ByIndex(40, 4096)),
    "by index, not truncated": Frequencies((0,) * 32, base=150_000, scaling=ByIndex(32, 4096, truncate=False)),
    "by index, per axis": Frequencies((0,) * 8 + (1,) * 6, (50, 100), "per-axis", scaling=ByIndex(4, 256, 8)),
    "by index, bounds coincide": Frequencies((0,) * 8, scaling=ByIndex(4, 64, 10, 10, truncate=False)),
    "by index, bounds coincide below 0": Frequencies((0,) * 8, scaling=ByIndex(4, 8, 10, 10, truncate=False)),
    "by index, bounds are 0": Frequencies((0,) * 8, scaling=ByIndex(4, 2, 32, 1)),
    "by index, bounds coincide just below a plane": Frequencies(
        (0,) * 8, scaling=ByIndex(4, 64, 1.01905, 1.01905, truncate=False)
    ),
    "part NTK": Frequencies((0,) * 64, scaling=PartNTK(8, 2048)),
    "part NTK whose ramps overlap": Frequencies((0,) * 8, base=50, scaling=PartNTK(3.7, 60, (9, 0.5), (4, 0.2))),
    "part NTK, ramps are steps": Frequencies((0,) * 8, scaling=PartNTK(0.5, 64, (4, 4), (1, 1))),
    "part NTK, alternating, after another": Frequencies(
        (0, 1) * 4, base=(50, 100), ladder="alternating", scaling=(Linear(2), PartNTK(4, 256, (8, 4), (2, 1)))
    ),
    "by index, beyond the ladder": Frequencies((0,) * 4, base=10, scaling=ByIndex(4, 10**9)),
    "by index, before the ladder": Frequencies((0,) * 4, scaling=ByIndex(4, 2, 32, 30)),
    "per plane": Frequencies((0, 0, None, 0), scaling=PerPlane((1, 1.5, 9, 2.25))),
    "two scalings": Frequencies((0,) * 16, scaling=(NTK(2), ByParts(4, 512, 1, 8))),
    "three scalings": Frequencies((0,) * 16, scaling=(Linear(2), ByIndex(4, 512), ByIndex(3, 2048, 20, 2))),
    "bands": Bands((0, 0, 0, 1, None), low=0.5, high=37),
    "linear bands in half turns": Bands((0, 0, 0, 1, 1), low=1, high=7.5, spacing="linear", unit="half-turn"),
    "dense": Dense(2, 4),
    "dense in turns, of one axis, by heads": Dense(1, 2, heads=3, unit="turn"),
    "by heads": PerHead((Frequencies((0, 0)), Frequencies((0, 0), base=50))),
    "unlike heads that read": PerHead(
        (Frequencies((0, 0), scaling=Linear(2)), Frequencies((0, 1)), Bands((0, 0), 1, 3)), ((2,), (1, 0), (0,))
    ),
}
_axial = Frequencies((0,) * 2 + (1,) * 4, base=100, ladder="per-axis")
_plain = Frequencies((0,) * 4)
ROTATIONS = {
    "interleaved, written half": Rotary(_plain, pairing="interleaved", write="half"),
    "blocked, written half": Rotary(_axial, pairing="blocked", write="half"),
    "offset from the end": Rotary(_axial, pairing="blocked", offset=-13),
    "negative sense": Rotary(_plain, sign=-1),
    "tiled": Rotary(_axial, pairing="interleaved", columns="tiled"),
    "repeated": Rotary(_plain, columns="repeated", sign=-1),
    "mscale": Rotary(FREQUENCIES["by index"], attention_factor=Mscale(40, 0.707)),
    "root of logarithms": Rotary(_plain, attention_factor=RootLog(32, 4096)),
    "irrational root of logarithms": Rotary(_plain, attention_factor=RootLog(31.5, 4095)),
    "growth": Rotary(_plain, pairing="interleaved", growth=XPos()),
    "growth, off centre, with a magnitude": Rotary(
        _plain, sign=-1, columns="repeated", growth=XPos(10, 3.5), attention_factor=Mscale(4)
    ),
}


def learned_by(frequencies, seed=0):
    draw = random.Random(seed)

    def array(shape):
        return [array(shape[1:]) for _ in range(shape[0])] if shape else draw.uniform(-3, 3)

    return {name: array(shape) for name, shape in learned_shapes(frequencies).items()} or None


def at(p, axes):
    """Return a position whose first coordinate is p; the others differ from it."""
    return p if axes == 1 else tuple(p // (a + 1) for a in range(axes))


def cases(frequencies):
    """Yield what selects one set of frequencies: learned arrays and a head."""
    for head in range(head_count(frequencies) or 1):
        yield {"learned": learned_by(frequencies), "head": head}


def assert_certified(found, truth, bits=BITS):
    assert len(found) == len(truth)
    for x, y in zip(found, truth, strict=True):
        assert within(x, bits)
        assert arbs.holds(x, y)


def features(count, seed=0):
    draw = random.Random(seed)
    return [Fraction(draw.randint(-64, 64), 16) for _ in range(count)]


@pytest.mark.parametrize("name", NAMES)
def test_frequencies_and_angles_of_the_catalogue_hold_the_truth(name):
    frequencies = VARIANTS[name].frequencies
    for chosen in cases(frequencies):
        found = exact_frequencies.omega(frequencies, BITS, **chosen)
        for row, truth in zip(found, arbs.omega(frequencies, **chosen), strict=True):
            assert_certified(row, truth)
        for p in POSITIONS:
            position = at(p, axis_count(frequencies))
            phi = exact_angles.angles(position, frequencies, BITS, **chosen)
            assert_certified(phi, arbs.angles(position, frequencies, **chosen))


@pytest.mark.parametrize("name", ROTARY)
def test_cosines_and_sines_of_the_catalogue_hold_the_truth(name):
    variant = VARIANTS[name]
    for chosen in cases(variant.frequencies):
        for p in POSITIONS:
            if variant.growth is not None and p > 2**32:
                continue
            position = at(p, axis_count(variant.frequencies))
            cos, sin = rotary.cos_sin(position, variant, BITS, **chosen)
            truth = arbs.cos_sin(position, variant, **chosen)
            assert_certified(cos, [one for one, _ in truth])
            assert_certified(sin, [one for _, one in truth])


@pytest.mark.parametrize("name", ROTARY)
def test_rotations_of_the_catalogue_hold_the_truth(name):
    variant = VARIANTS[name]
    x = features(ANGLES[name].width)
    for side in ("query", "key"):
        position = at(4_099, axis_count(variant.frequencies))
        found = rotary.rotate(x, position, variant, 128, side, learned=learned_by(variant.frequencies))
        assert_certified(found, arbs.rotate(x, position, variant, side, learned_by(variant.frequencies)), 128)


@pytest.mark.parametrize("name", SINUSOIDAL)
def test_rows_of_sinusoids_of_the_catalogue_hold_the_truth(name):
    variant = VARIANTS[name]
    for p in POSITIONS:
        position = at(p, axis_count(variant.frequencies))
        found = sinusoidal.embed(position, variant, BITS, learned=learned_by(variant.frequencies))
        assert_certified(found, arbs.embed(position, variant, learned_by(variant.frequencies)))


@pytest.mark.parametrize("bits", [10, 64, 400])
@pytest.mark.parametrize("name", FREQUENCIES)
def test_frequencies_and_turns_of_every_description_hold_the_truth(name, bits):
    frequencies = FREQUENCIES[name]
    for chosen in cases(frequencies):
        for row, truth in zip(
            exact_frequencies.omega(frequencies, bits, **chosen), arbs.omega(frequencies, **chosen), strict=True
        ):
            assert_certified(row, truth, bits)
        for p in (Fraction(-7, 16), 2**40 + 1):
            position = at(p, axis_count(frequencies))
            truth = arbs.cos_sin(position, Rotary(frequencies), **chosen)
            cos, sin = rotary.cos_sin(position, Rotary(frequencies), bits, **chosen)
            assert_certified(cos, [one for one, _ in truth], bits)
            assert_certified(sin, [one for _, one in truth], bits)


@pytest.mark.parametrize("name", ROTATIONS)
@pytest.mark.parametrize("side", ["query", "key", "output"])
def test_rotations_of_every_description_hold_the_truth(name, side):
    variant = ROTATIONS[name]
    if side == "output" and (variant.growth or variant.write or variant.columns != "paired"):
        return
    x = features(width(variant) + 1)
    for p in (0, -3, Fraction(5, 8), 2_001):
        position = at(p, axis_count(variant.frequencies))
        assert_certified(rotary.rotate(x, position, variant, 100, side), arbs.rotate(x, position, variant, side), 100)


@FEW
@given(drawn_frequencies(), st.integers(0, 2**63 - 1))
def test_angles_of_drawn_descriptions_hold_the_truth(frequencies, p):
    position = at(p, axis_count(frequencies))

    assert_certified(exact_angles.angles(position, frequencies, 128), arbs.angles(position, frequencies), 128)


@FEW
@given(rotations(), st.integers(-(2**12), 2**12))
def test_rotations_by_drawn_descriptions_hold_the_truth(variant, p):
    position, x = at(p, axis_count(variant.frequencies)), features(width(variant))

    assert_certified(rotary.rotate(x, position, variant, 128, "key"), arbs.rotate(x, position, variant, "key"), 128)


@FEW
@given(sinusoids(), st.integers(-(2**12), 2**31))
def test_rows_of_drawn_sinusoids_hold_the_truth(variant, p):
    position = at(p, axis_count(variant.frequencies))

    assert_certified(sinusoidal.embed(position, variant, 128), arbs.embed(position, variant), 128)


# What is exact comes out exact.


def test_exact_roots_are_fractions():
    rows = exact_frequencies.omega(Frequencies((0,) * 4, base=65_536), 64)

    assert ((Fraction(1), Fraction(1, 16), Fraction(1, 256), Fraction(1, 4096)),) == rows


def test_roots_that_cancel_are_fractions():
    found = exact_frequencies.omega(Frequencies((0,) * 3, base=8, endpoint=True, scaling=NTK(2)), 64)

    assert ((Fraction(1), Fraction(1, 4), Fraction(1, 16)),) == found


def test_a_blend_by_truncated_indices_keeps_roots_exact():
    found = exact_frequencies.turning(Frequencies((0,) * 8, base=2**16, scaling=ByIndex(4, 4096)), 64)

    assert not [one for ((_, one),) in found if isinstance(one.value, Ball)]


def test_a_rational_ramp_is_a_fraction():
    found = exact_frequencies.turning(FREQUENCIES["by parts, rational"], 64)

    assert all(isinstance(one.value, Fraction) for ((_, one),) in found)


def test_planes_that_stand_still_are_exact():
    frequencies = FREQUENCIES["interleaved axes, standing planes"]
    cos, sin = rotary.cos_sin((5, 6, 7), Rotary(frequencies), 64)

    assert (1, 0, 1, 0) == (cos[4], sin[4], cos[6], sin[6])


def test_position_zero_is_exact():
    x = features(8)

    assert tuple(x) == rotary.rotate(x, 0, Rotary(_plain), 64)


def test_features_that_are_not_rotated_pass_through_exactly():
    found = rotary.rotate([1, 2, Fraction(1, 3), 0.1], 9, Rotary(Frequencies((0,)), offset=1), 64)

    assert (Fraction(1), Fraction(0.1)) == (found[0], found[3])


TWELFTHS = {0: 1, 4: Fraction(1, 2), 6: 0, 8: Fraction(-1, 2), 12: -1, 16: Fraction(-1, 2), 18: 0, 20: Fraction(1, 2)}


@pytest.mark.parametrize("n", range(-24, 48))
def test_cosines_of_turns_are_fractions_exactly_where_they_are_rational(n):
    variant = Rotary(Frequencies((0,), unit="half-turn"))
    (cos,), _ = rotary.cos_sin(Fraction(n, 12), variant, 64)

    assert TWELFTHS.get(n % 24, "irrational") == (cos if isinstance(cos, Fraction) else "irrational")


@pytest.mark.parametrize("magnitude", [1.0, Mscale(40), RootLog(32, 4096), RootLog(31.5, 7)])
def test_features_that_cancel_on_a_diagonal_are_exact_whatever_the_magnitude(magnitude):
    variant = Rotary(Frequencies((0,), unit="half-turn"), attention_factor=magnitude)

    assert 0 == rotary.rotate([3, 3], Fraction(1, 4), variant, 64)[0]
    assert 0 == rotary.rotate([3, -3], Fraction(1, 4), variant, 64)[1]
    assert isinstance(rotary.rotate([3, 2], Fraction(1, 4), variant, 64)[0], Ball)


def test_a_square_root_of_two_undoes_a_diagonal():
    variant = Rotary(Frequencies((0,), unit="half-turn"), attention_factor=RootLog(64, 64))

    assert (1, -1) == rotary.rotate([1, 0], Fraction(-1, 4), variant, 64)


def test_magnitudes_that_are_rational_are_fractions():
    assert Fraction(2) == scaling.magnitude(RootLog(4096, 16), 64)
    assert Fraction(1) == scaling.magnitude(RootLog(0.5, 16), 64)
    assert Fraction(1) == scaling.magnitude(Mscale(1.0), 64)
    assert Fraction(5, 4) == scaling.magnitude(1.25, 64)


def test_quotients_of_logarithms_of_powers_of_one_number_are_fractions():
    assert Fraction(2, 3) == scaling.quotient_of_logs(Fraction(9, 4), Fraction(27, 8), 64)
    assert isinstance(scaling.quotient_of_logs(Fraction(9, 2), Fraction(3), 64), Ball)
    assert isinstance(scaling.quotient_of_logs(Fraction(3, 2), Fraction(9, 2), 64), Ball)


def test_sums_of_roots_lose_what_cancels_in_any_order():
    two, six, half = (raised(Fraction(n), Fraction(1, 2)) for n in (2, 6, Fraction(1, 2)))
    minus = [times(Fraction(-1), one, 0) for one in (two, six)]

    assert () == summed([two, minus[0]]) == summed([two, six, *minus])
    assert (six,) == summed([two, six, minus[0]])
    assert (times(Fraction(3), half, 0), Fraction(1)) == summed([two, Fraction(1), half])
    assert (Ball(6, 2, 1),) == summed([Ball(3, 1, 1), Ball(3, 1, 1)])


@pytest.mark.parametrize("factor", [Mscale(40), Mscale(1.5, 0.707), RootLog(32, 4096), RootLog(31.5, 7)])
def test_magnitudes_hold_the_truth(factor):
    assert_certified([real(scaling.magnitude(factor, BITS + 8), BITS + 8)], [arbs.magnitude(factor)])


@pytest.mark.parametrize("p", [600_000, 2_000_000])
def test_growth_that_is_below_all_formats_is_known_to_be_positive(p):
    """(2/7)^(p/512) is 2^−2118 and 2^−7060: rounding to odd needs its sign."""
    variant = Rotary(_plain, growth=XPos())
    cosines = [decide(lambda bits, k=k: rotary.cos_sin(p, variant, bits)[0][k], to_odd) for k in range(4)]

    assert cosines[0] == 2.0**-1074


def test_growth_at_its_centre_is_exact():
    cos, sin = rotary.cos_sin(0, Rotary(_plain, growth=XPos()), 64)

    assert ((1,) * 4, (0,) * 4) == (cos, sin)


# The other two renderings.


def as_float(x):
    return float(x) if isinstance(x, Fraction) else float(Fraction(x.mid) / Fraction(2) ** x.scale)


@pytest.mark.parametrize("name", NAMES)
def test_frequencies_in_float64_are_the_certified_ones_rounded(name):
    frequencies = VARIANTS[name].frequencies
    learned = learned_by(frequencies)
    rows = exact_frequencies.omega(frequencies, 128, learned=learned)
    given = spec_frequencies.omega(frequencies, learned=learned)
    given = given if head_count(frequencies) is None else given[0]
    expected = np.array([[as_float(x) for x in row] for row in rows])

    if isinstance(frequencies, Dense):
        np.testing.assert_array_max_ulp(expected, given, 2)
    else:
        assert expected.tolist() == given.tolist()


@pytest.mark.parametrize("p", [1, 257, 131_071])
@pytest.mark.parametrize("name", ROTARY)
def test_tables_in_float64_are_within_their_bound_of_the_certified_ones(name, p):
    variant = VARIANTS[name]
    frequencies, learned = variant.frequencies, learned_by(variant.frequencies)
    position = at(p, axis_count(frequencies))
    given = spec_rotary.cos_sin(np.array([position], dtype=float), variant, learned=learned)
    given = [one[0] if head_count(frequencies) is None else one[0][0] for one in given]
    rows = exact_frequencies.omega(frequencies, 128, learned=learned)
    coordinates = position if isinstance(position, tuple) else (position,)
    reach = [
        sum(abs(c * as_float(row[k])) for c, row in zip(coordinates, rows, strict=True))
        for k in range(plane_count(frequencies))
    ]
    for found, values in zip(rotary.cos_sin(position, variant, 128, learned=learned), given, strict=True):
        for theta, x, y in zip(reach, found, values.ravel(), strict=True):
            size = 1.0 if variant.growth is None else max(1.0, abs(float(y)))
            error = abs(as_fraction(x) - Fraction(float(y)))
            assert error <= Fraction(2) ** -53 * Fraction((4 * theta + 4) * size * 2)


def as_fraction(x):
    return Fraction(x.mid) / Fraction(2) ** x.scale if isinstance(x, Ball) else Fraction(x)


@pytest.mark.parametrize("p", [1, 257, 131_071])
@pytest.mark.parametrize("name", NAMES)
def test_outputs_in_float64_are_within_their_derived_bound_of_the_certified_ones(name, p):
    variant, recipe = VARIANTS[name], Recipe("float64", "power")
    learned = learned_by(variant.frequencies)
    position = at(p, axis_count(variant.frequencies))
    if isinstance(variant, Rotary):
        x = np.array(features(ANGLES[name].width), dtype=float)
        each = np.tile(x, (head_count(variant.frequencies) or 1, 1, 1))
        given = spec_rotary.rotate(each, np.array([position], dtype=float), variant, learned=learned)[0, 0]
        limit = bound(variant, recipe, np.array([position], dtype=float), each, learned=learned)[0, 0]
        due = rotary.rotate(x.tolist(), position, variant, bits_for(variant), learned=learned)
    else:
        given = spec_sinusoidal.embed(np.array([position], dtype=float), variant, learned=learned)[-1]
        limit = bound(variant, recipe, np.array([position], dtype=float), learned=learned)[-1]
        due = sinusoidal.embed(position, variant, bits_for(variant), learned=learned)
    for one, most, truth in zip(given, limit, due, strict=True):
        assert abs(Fraction(float(one)) - as_fraction(truth)) <= Fraction(float(most))


def bits_for(variant):
    """Return so many bits that sixty digits of every value are among them: a growth makes values of 10^−140."""
    return 256 if getattr(variant, "growth", None) is None else 1_024


@lru_cache(maxsize=1)
def closed_forms(name):
    """Return the cosines and sines of the position ξ, of the first head, or its row, in closed form."""
    variant, xi = VARIANTS[name], sympy.symbols("xi:3", real=True)[: axis_count(VARIANTS[name].frequencies)]
    position = xi if len(xi) > 1 else xi[0]
    if isinstance(variant, Rotary):
        made = symbolic.cos_sin([position], variant)
        return xi, [*itertools.chain(*(made[0] if isinstance(made, list) else made))]
    return xi, [*symbolic.embed(position, variant)]


def numbers_of(learned):
    """Return what the symbols of learned frequencies stand for, exactly."""
    given = () if learned is None else np.ndenumerate(np.array(learned["omega"]))
    return {LEARNED[index]: exactly(float(one)) for index, one in given}


def exactly(x):
    return sympy.Rational(*as_fraction(x).as_integer_ratio())


def spread(count):
    """Return some forty indices from the first to the last."""
    return sorted({n * (count - 1) // 39 for n in range(40)})


@pytest.mark.parametrize(("p", "first"), [(257, 0), (131_071, 1)], ids=["257", "131071"])
@pytest.mark.parametrize("name", NAMES, scope="module")
def test_closed_forms_to_sixty_digits_are_the_certified_values(name, p, first):
    variant, learned = VARIANTS[name], learned_by(VARIANTS[name].frequencies)
    position = at(p, axis_count(variant.frequencies))
    if isinstance(variant, Rotary):
        found = [*itertools.chain(*rotary.cos_sin(position, variant, bits_for(variant), learned=learned))]
    else:
        found = sinusoidal.embed(position, variant, bits_for(variant), learned=learned)
    xi, forms = closed_forms(name)
    coordinates = position if isinstance(position, tuple) else (position,)
    values = numbers_of(learned) | dict(zip(xi, map(exactly, coordinates), strict=True))
    assert len(forms) == len(found)
    for one in spread(len(found))[first::2]:
        expected = symbolic.evaluate(forms[one].xreplace(values), 60)
        assert abs(exactly(found[one]) - expected) <= abs(expected) * sympy.Float("1e-59", 20)


# What is refused.


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: exact_frequencies.omega(Frequencies((0, 0), scaling=DynamicNTK(2, 64)), 64), "at_length first"),
        (lambda: exact_frequencies.omega(Frequencies((0,)), 64, learned={"omega": [[1.0]]}), "only for variants"),
        (lambda: exact_frequencies.omega(Dense(1, 2), 64), "learned must bring exactly omega"),
        (lambda: exact_frequencies.omega(Dense(1, 2), 64, learned={"omega": [[1.0]]}), "shape"),
        (lambda: exact_frequencies.omega(Dense(1, 1), 64, learned={"omega": [[float("nan")]]}), "finite"),
        (lambda: exact_frequencies.omega(Frequencies((0,)), 64, head=1), "head must be an int from 0 to 0"),
        (lambda: exact_angles.angles((1, 2), Frequencies((0,)), 64), "1 coordinates"),
        (lambda: exact_angles.angles(float("inf"), Frequencies((0,)), 64), "position must have finite"),
        (lambda: rotary.cos_sin(0, Rotary(_plain, growth=XPos()), 64, "output"), "outputs cannot"),
        (lambda: rotary.cos_sin(0, Rotary(_plain), 64, "value"), "side must be"),
        (lambda: rotary.rotate([1, 2], 0, Rotary(_plain), 64), "features must hold"),
        (lambda: rotary.rotate([1, float("nan")] * 4, 0, Rotary(_plain), 64), "finite numbers"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_rule(call, rule):
    with pytest.raises(SpecError, match=rule):
        call()


def test_learned_arrays_may_be_arrays():
    given = np.array([[0.5, -1.25]])

    assert ((Fraction(1, 2), Fraction(-5, 4)),) == exact_frequencies.omega(Dense(1, 2), 64, learned={"omega": given})
