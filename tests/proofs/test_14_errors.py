"""The error model: counts of roundings are what recipes have, bounds hold to all orders, masters round as values do."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operators import PLAIN
from strategies import MANY, generators

from refpos import NTK, ByIndex, ByParts, Frequencies, Linear, MixedRadix, Rotary, cos_sin, omega, rotate, turn
from refpos.exact.formats import BFLOAT16, FLOAT32, NARROW, decoded, direct, rounded, to_odd
from refpos.oracle.roundings import kappa
from refpos.oracle.roundoff import gamma

STEP = 1e-6


@MANY
@given(roundings=st.integers(1, 60), bits=st.integers(8, 24))
@pytest.mark.theorem("error-gamma")
def test_so_many_factors_are_within_gamma(roundings, bits):
    u = Fraction(1, 2**bits)
    above, below = 1 / (1 - u) ** roundings - 1, 1 - (1 - u) ** roundings

    allowed = Fraction(float(gamma(roundings, float(u)))) * (1 + Fraction(1, 2**50))

    assert below <= above <= allowed < Fraction(4, 3) * roundings * u


@MANY
@given(rng=generators, angle=st.floats(-1000, 1000), off=st.floats(-4, 4))
@pytest.mark.theorem("error-angle")
def test_a_pair_moves_by_the_chord_of_the_error(rng, angle, off):
    x, line = rng.standard_normal((1, 2)), Rotary(Frequencies((0,)))
    moved = np.linalg.norm(rotate(x, [angle + off], line) - rotate(x, [angle], line))
    chord = 2 * abs(math.sin(off / 2)) * np.linalg.norm(x)

    assert abs(moved - chord) < 1e-12
    assert chord <= abs(off) * np.linalg.norm(x)


@MANY
@given(rng=generators, position=st.integers(0, 2**20))
@pytest.mark.theorem("error-arithmetic")
def test_what_float32_turns_by_a_rounded_table_is_within_three_roundings(rng, position):
    line = Rotary(Frequencies((0,) * 16))
    x = rng.standard_normal((1, 32)).astype(np.float32)
    tables = cos_sin([position], line, np.float32)
    (x_a, x_b), (cos, sin) = x.astype(np.float64).reshape(2, 16), cos_sin([position], line)
    due = np.concatenate([x_a * cos - x_b * sin, x_b * cos + x_a * sin], axis=-1)
    r = np.tile(np.hypot(x_a, x_b), 2)

    assert (abs(turn(x, *tables, line) - due) <= gamma(3, 2.0**-24) * r).all()


def by_power(e, base, off):
    """Return a frequency by a power: the exponent has two roundings, the power two, the reciprocal one."""
    return 1 / (base ** (e * (1 + off[0]) * (1 + off[1])) * (1 + off[2]) * (1 + off[3])) * (1 + off[4])


def by_log(e, base, off):
    """Return a frequency by an exponential: of exponent times logarithm, each rounded, and their product."""
    inside = e * (1 + off[0]) * (1 + off[1]) * (math.log(base) * (1 + off[5])) * (1 + off[6])
    return 1 / (math.exp(inside) * (1 + off[2]) * (1 + off[3])) * (1 + off[4])


def counted(made, frequencies):
    """Return the sum of what every rounding weighs in an angle, the product with the position included."""
    found = []
    for rung in frequencies.rungs:
        e, base = float(rung.exponent(frequencies.endpoint)), frequencies.base
        ends = [[made(e, base, way * STEP * np.eye(7)[i]) for way in (1, -1)] for i in range(7)]
        found.append(1 + sum(abs(math.log(up / down)) / (2 * STEP) for up, down in ends))
    return found


LADDERS = {
    name: one.frequencies
    for name, one in PLAIN.items()
    if isinstance(one.frequencies, Frequencies)
    and not one.frequencies.scalings
    and one.frequencies.unit == "radian"
    and isinstance(one.frequencies.base, float)
    and None not in one.frequencies.axes
}


@pytest.mark.parametrize("frequencies", LADDERS.values(), ids=LADDERS)
@pytest.mark.parametrize(
    ("idiom", "made"),
    [
        pytest.param("power", by_power, marks=pytest.mark.theorem("error-power")),
        pytest.param("log", by_log, marks=pytest.mark.theorem("error-log")),
    ],
)
def test_roundings_are_those_of_the_recipe(frequencies, idiom, made):
    due = np.array(counted(made, frequencies))
    sizes = np.array([rung.size - frequencies.endpoint for rung in frequencies.rungs])
    exact = sizes & (sizes - 1) == 0
    lengths = [float(rung.exponent(frequencies.endpoint)) * math.log(frequencies.base) for rung in frequencies.rungs]

    assert kappa(frequencies, idiom) == pytest.approx(due - 2 * np.array(lengths) * exact, abs=1e-6)


@pytest.mark.parametrize("base", [100.0, 1e4, 5e5])
@pytest.mark.theorem("error-recurrence")
def test_each_step_of_a_recurrence_adds_three_roundings(base):
    ladder = Frequencies((0,) * 12, base=base)
    by_steps = []
    for k in range(12):
        made = [
            [base ** (-(1 + way[0]) * k / 12) * ((1 + way[1]) * (1 + way[2])) ** k * (1 + way[3]) ** k for way in both]
            for both in ((sign * STEP * np.eye(4)[i] for sign in (1, -1)) for i in range(4))
        ]
        by_steps.append(sum(abs(math.log(up / down)) / (2 * STEP) for up, down in made))

    assert (np.array(by_steps) <= kappa(ladder, "recurrence") + 1e-6).all()
    assert kappa(ladder, "recurrence")[1:] == pytest.approx(np.array(by_steps)[1:] + 1, abs=1e-6)


@MANY
@given(count=st.integers(2, 40), base=st.floats(2, 1e7), bits=st.integers(11, 24))
@pytest.mark.theorem("error-orders")
def test_the_worst_that_roundings_do_to_a_logarithm_is_within_gamma(count, base, bits):
    """Four plain roundings, four in the exponent: the largest factor, in 60 digits."""
    import mpmath

    with mpmath.workdps(60):
        u = mpmath.mpf(2) ** -bits
        for k, taken in enumerate(kappa(Frequencies((0,) * count, base=base), "log")):
            inside = 4 if count & (count - 1) else 2
            length = mpmath.log(mpmath.mpf(base)) * k / count
            worst = (1 - u) ** -4 * mpmath.exp(length * ((1 + u) ** inside - 1)) - 1
            assert worst <= float(gamma(taken, float(u))) * (1 + mpmath.mpf(2) ** -50)


@pytest.mark.parametrize("idiom", ["power", "log", "recurrence"])
@pytest.mark.theorem("error-scaling")
def test_scalings_add_their_own_roundings(idiom):
    plain = Frequencies((0,) * 12)
    divided, stretched = (Frequencies((0,) * 12, scaling=one) for one in (Linear(3), NTK(8)))
    longer = Frequencies((0,) * 12, base=1e4 * 2 ** (3 * 12 / 11))
    multipliers = np.arange(12) / 11 * math.log(8)
    of_base = np.arange(12) / 12 * bool(plain.base != longer.base)

    assert kappa(divided, idiom) == pytest.approx(kappa(plain, idiom) + 2)
    assert kappa(stretched, idiom) == pytest.approx(kappa(longer, idiom) - of_base + 3 + multipliers)


@pytest.mark.parametrize("factor", [2.0, 8.0, 64.0])
@pytest.mark.theorem("error-ramp")
def test_a_ramp_is_moved_by_its_turns_as_much_as_is_counted(factor):
    """A length that is a little longer is as many turns more as one rounding would be: what does it do to ω'?"""
    length, more, low, high = 1_000_000, 100, 1e3, 2e5
    plain = Frequencies((0,) * 12, base=512.0)
    here, there = (replace(plain, scaling=ByParts(factor, one, low, high)) for one in (length, length + more))
    blend, moved, turns = omega(here)[0], omega(there)[0], length * omega(plain)[0] / (2 * np.pi)
    weight = abs(np.log(moved / blend)) * length / more
    blended = (low < turns) & (turns < high) & (turns * (1 + more / length) < high)
    counted_less = kappa(here, "power") - kappa(plain, "power") - 3 - 2 * omega(plain)[0] / blend
    allowed = (kappa(plain, "power") + 2) * weight

    assert blended.sum() > 8
    assert (counted_less >= allowed * (1 - 1e-3))[blended].all()
    assert (counted_less <= allowed * factor / (factor - 1) * (1 + 1e-3))[blended].all()


@pytest.mark.parametrize(("s", "q"), [(8, 0.5), (2, 0.75), (32, 1.0)])
@pytest.mark.theorem("error-radix")
def test_a_mixed_radix_adds_seven_roundings_of_its_logarithm(s, q):
    def made(k, off):
        inside = (k + 1) ** q * (1 + off[0]) * (1 + off[1]) / (12**q * (1 + off[2]) * (1 + off[3])) * (1 + off[4])
        inside *= math.log(s * (1 + off[5])) * (1 + off[6]) * (1 + off[7])
        return math.exp(-inside) * (1 + off[8]) * (1 + off[9]) * (1 + off[10])

    plain = Frequencies((0,) * 12)
    added = kappa(replace(plain, scaling=MixedRadix(s, q)), "power") - kappa(plain, "power")
    for k in range(12):
        ends = [[made(k, way * STEP * np.eye(11)[i]) for way in (1, -1)] for i in range(11)]
        due = sum(abs(math.log(up / down)) / (2 * STEP) for up, down in ends)
        assert added[k] == pytest.approx(due + 1 - ((k + 1) / 12) ** q, abs=1e-6)  # what s weighs is taken to be 1


@MANY
@given(value=st.fractions(1, 2).filter(bool), shift=st.integers(-6, 6), beside=st.integers(-3, 3))
@pytest.mark.theorem("round-to-odd")
def test_a_master_rounds_as_its_value_does(value, shift, beside):
    for target in NARROW:
        near = Fraction(round(value * 2**target.precision), 2**target.precision)
        for one in (value * Fraction(2) ** shift, near + Fraction(beside, 2**60)):
            assert decoded(direct(to_odd(one), target), target) == rounded(one, target)


@MANY
@given(even=st.integers(64, 127).map(lambda half: 2 * half), beyond=st.integers(18, 50))
@pytest.mark.theorem("round-twice")
def test_the_way_through_float32_goes_to_the_even_neighbour(even, beyond):
    """Above the middle between two numbers of 8 digits, by less than those of 24 can hold."""
    value = even + Fraction(1, 2) + Fraction(1, 2**beyond)
    through = Fraction(rounded(value, FLOAT32))

    assert rounded(value, BFLOAT16) == decoded(direct(to_odd(value), BFLOAT16), BFLOAT16) == even + 1
    assert rounded(through, BFLOAT16) == even


@pytest.mark.theorem("error-index")
@pytest.mark.parametrize("truncate", [True, False])
def test_bounds_of_a_ramp_over_the_index_move_the_blend_less_than_is_counted(truncate):
    """Bounds and differences that are a rounding off: what does it do to ω', beside what is counted for it?"""
    plain = Frequencies((0,) * 32)
    scaling = ByIndex(4.0, 4096, truncate=truncate)
    count = kappa(replace(plain, scaling=scaling), "power") - kappa(plain, "power") - 3
    first, last = (32 * np.log(4096 / (2 * np.pi * turns)) / np.log(10_000) for turns in (32, 1))
    first, last = (np.floor(first), np.ceil(last)) if truncate else (first, last)
    ramp = (np.arange(32) - first) / (last - first)
    blended = (ramp > 0) & (ramp < 1)
    weight = (first * (1 - ramp) + last * ramp) / (last - first) + 2 * ramp
    whole, blend = omega(plain)[0], omega(replace(plain, scaling=scaling))[0]
    by_bounds = weight * (whole - whole / 4) / blend

    assert blended.sum() > 8
    assert np.allclose(blend[blended], ((1 - ramp) * whole + ramp * whole / 4)[blended])
    assert truncate or (by_bounds <= count)[blended].all()
    assert (count[blended] >= 2 * (whole / blend)[blended] * (1 - 1e-9)).all()
    assert not truncate or np.allclose(count[blended], 2 * (whole / blend)[blended])
