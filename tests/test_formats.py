"""Rounding once, and that rounding a master directly is rounding the value: exhaustively where formats are small.

The reference is another way to round: the neighbours of a value are found by bisection among all codes of a format, and
distances are compared as fractions.
"""

import math
import random
from fractions import Fraction
from functools import cache

import pytest

from refpos import SpecError
from refpos.exact.ball import Ball, UndecidedError
from refpos.exact.decide import decide
from refpos.exact.formats import (
    BFLOAT16,
    FLOAT8_E4M3,
    FLOAT8_E5M2,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    FORMATS,
    NARROW,
    Format,
    decoded,
    direct,
    rounded,
    to_odd,
)

SMALL = [FLOAT16, BFLOAT16, FLOAT8_E4M3, FLOAT8_E5M2]
FAR = [Fraction(1, 2**60), Fraction(1, 2**200)]
"""How far from a tie, in units of the tie: so near that float64 to nearest is the tie itself."""


@cache
def numbers(target):
    """Return every finite number of a format that is not negative, in order, then what would follow the largest."""
    found = [Fraction(decoded(code, target)) for code in range(target.beyond)]
    return [*found, 2 * found[-1] - found[-2]]


def wide(code, target):
    """Return the number of a code of a format too wide to be listed."""
    if code < target.beyond:
        return Fraction(decoded(code, target))
    return 2 * wide(code - 1, target) - wide(code - 2, target)


def nearest(value, target):
    """Round by bisection: to the nearer of the two neighbours, to the one of even code where they are as near."""
    size, low, high = abs(value), 0, target.beyond
    if size >= wide(high, target):
        return (value < 0) << (target.bits - 1) | high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wide(middle, target) <= size else (low, middle)
    down, up = size - wide(low, target), wide(high, target) - size
    return (value < 0) << (target.bits - 1) | (low if down < up or (down == up and low % 2 == 0) else high)


def hostile(code, number, after, distances=FAR):
    """Yield a number, the tie between it and the next, and what is hardly above or below either, with what is due."""
    step = after - number
    tie = number + step / 2
    yield number, code
    yield tie, code + code % 2
    for far in distances:
        yield abs(number - step * far), code
        yield number + step * far, code
        yield tie - step * far, code
        yield tie + step * far, code + 1


def wrong(target, values):
    """Return the values of which the master, rounded directly, is not what is due."""
    return [value for value, due in values if direct(to_odd(value), target) != due]


def everywhere(target, step=1):
    """Return hostile values at the numbers of a format: off by one distance and by the other by turns."""
    known = numbers(target)
    codes = range(0, target.beyond, step)
    return [one for code in codes for one in hostile(code, known[code], known[code + 1], [FAR[code // 2 % 2]])]


@pytest.mark.parametrize("target", SMALL, ids=lambda one: one.name)
def test_a_master_rounds_directly_as_its_value_at_every_number_and_tie(target):
    assert [] == wrong(target, everywhere(target))


@pytest.mark.parametrize("target", SMALL, ids=lambda one: one.name)
def test_a_value_rounds_to_the_nearer_neighbour(target):
    values = everywhere(target, 7 if target.bits == 16 else 1)
    different = [value for value, due in values if not alike(rounded(value, target), decoded(due, target))]

    assert [] == different


def alike(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def test_a_master_rounds_directly_to_float32_near_sampled_ties():
    draw = random.Random(32)
    codes = [0, 1, 2, 0x7FFFFE, 0x7FFFFF, 0x800000, 0x3F7FFFFF, 0x7F7FFFFE, 0x7F7FFFFF]
    codes += [draw.randrange(FLOAT32.beyond) for _ in range(2_000)]
    values = [value for one in codes for value in hostile(one, wide(one, FLOAT32), wide(one + 1, FLOAT32))]

    assert [] == wrong(FLOAT32, values)


@pytest.mark.parametrize("target", NARROW, ids=lambda one: one.name)
def test_a_master_rounds_directly_for_random_values_of_any_size(target):
    draw = random.Random(7)
    values = [
        Fraction(draw.choice((1, -1)) * draw.getrandbits(90), draw.getrandbits(60) | 1)
        * Fraction(2) ** draw.randint(-190, 130)
        for _ in range(1_500)
    ]

    assert [] == wrong(target, [(value, nearest(value, target)) for value in values])


@pytest.mark.parametrize("target", NARROW, ids=lambda one: one.name)
def test_codes_and_their_numbers_are_one_to_one(target):
    codes = range(target.beyond) if target.bits < 32 else range(0, target.beyond, 999_983)

    assert [*codes] == [direct(decoded(one, target), target) for one in codes]


def test_a_wider_format_than_51_bits_does_not_round_directly():
    wider = Format("wider", 64, 52, -1060, 2.0**100)
    value = 1 + Fraction(1, 2**52) + Fraction(1, 2**80)

    assert (1 + 2.0**-51, 1.0) == (rounded(value, wider), rounded(Fraction(to_odd(value)), wider))


def test_a_format_of_51_bits_rounds_directly_there():
    wide_enough = Format("wide enough", 64, 51, -1060, 2.0**100)
    values = [1 + Fraction(n, 2**53) + Fraction(1, 2**80) for n in range(32)]

    assert [rounded(one, wide_enough) for one in values] == [
        rounded(Fraction(to_odd(one)), wide_enough) for one in values
    ]


def test_a_master_below_the_normal_numbers_rounds_directly():
    deep = Format("deep", 64, 40, -1072, 2.0**1000)
    values = [Fraction(n, 2**1080) for n in range(1, 5_000)]

    assert [rounded(one, deep) for one in values] == [decoded(direct(to_odd(one), deep), deep) for one in values]


def test_a_float64_to_nearest_is_no_master():
    value = 1 + Fraction(1, 2**8) + Fraction(1, 2**80)

    assert (0x3F80, 0x3F81) == (direct(rounded(value, FLOAT64), BFLOAT16), direct(to_odd(value), BFLOAT16))


@pytest.mark.parametrize("target", [FLOAT64, Format("deep", 64, 11, -1074, 2.0**1000)], ids=lambda one: one.name)
def test_a_format_that_is_not_narrower_is_refused(target):
    with pytest.raises(SpecError, match="must be narrower"):
        direct(1.0, target)


@pytest.mark.parametrize("master", [math.inf, -math.inf, math.nan])
def test_a_master_that_is_not_finite_is_refused(master):
    with pytest.raises(SpecError, match="must be finite"):
        direct(master, FLOAT16)


@pytest.mark.parametrize("code", [-1, 256])
def test_a_code_of_too_many_bits_is_refused(code):
    with pytest.raises(SpecError, match="8 bits"):
        decoded(code, FLOAT8_E4M3)


def test_formats_end_where_their_standards_say():
    ends = {one.name: (one.largest, decoded(1, one)) for one in FORMATS}
    due = {
        "float64": (1.7976931348623157e308, 5e-324),
        "float32": (3.4028234663852886e38, 1.401298464324817e-45),
        "float16": (65504.0, 5.960464477539063e-08),
        "bfloat16": (3.3895313892515355e38, 9.183549615799121e-41),
        "float8_e4m3": (448.0, 0.001953125),
        "float8_e5m2": (57344.0, 1.52587890625e-05),
    }

    assert due == ends


@pytest.mark.parametrize("target", FORMATS, ids=lambda one: one.name)
def test_the_largest_number_is_the_last_code_before_what_is_beyond(target):
    assert target.largest == decoded(target.beyond - 1, target)


def test_halfway_beyond_the_range_is_infinite_and_hardly_less_is_not():
    tie = Fraction(65520)

    assert (65504.0, math.inf, -math.inf) == (
        rounded(tie - Fraction(1, 2**99), FLOAT16),
        rounded(tie, FLOAT16),
        rounded(-tie, FLOAT16),
    )


def test_float8_e4m3_has_nothing_beyond_its_tie():
    tie = Fraction(464)

    assert 448.0 == rounded(tie, FLOAT8_E4M3)
    assert math.isnan(rounded(tie + Fraction(1, 2**99), FLOAT8_E4M3))


def test_float64_rounds_as_python_does():
    draw = random.Random(64)
    values = [Fraction(draw.getrandbits(200), draw.getrandbits(draw.randint(1, 1200)) | 1) for _ in range(3_000)]

    assert [n.numerator / n.denominator for n in values] == [rounded(n, FLOAT64) for n in values]


def test_beyond_float64_a_master_is_the_largest_and_a_rounded_value_infinite():
    value = Fraction(2) ** 2000

    assert (-FLOAT64.largest, -math.inf) == (to_odd(-value), rounded(-value, FLOAT64))


def test_a_master_is_exact_or_odd_and_within_one_unit():
    draw = random.Random(3)
    for _ in range(2_000):
        value = Fraction(draw.getrandbits(draw.randint(1, 120)) + 1, 2 ** draw.randint(0, 1150)) * draw.choice((1, -1))
        master = to_odd(value)
        odd = Fraction(math.frexp(master)[0]) * 2**53 % 2 == 1 or abs(master) == 5e-324
        below = abs(Fraction(master)) < 2 ** Fraction(-1022)

        assert value == master or ((odd or below) and abs(value - Fraction(master)) < Fraction(math.ulp(master)))


def test_a_value_below_the_least_number_has_a_master_of_its_sign():
    assert (5e-324, -5e-324, 0.0) == tuple(to_odd(Fraction(n, 2**2000)) for n in (1, -1, 0))


BALLS = [
    (Ball(257, 0, 0), 256.0),
    (Ball(257 << 40, 1, 40), None),
    (Ball((257 << 40) + 2, 1, 40), 258.0),
    (Ball(0, 1, 200), 0.0),
    (Ball(1, 0, -300), math.inf),
    (Ball(3, 1, -300), math.inf),
]


@pytest.mark.parametrize(("ball", "due"), BALLS, ids=str)
def test_a_ball_rounds_where_both_ends_do(ball, due):
    assert due == rounded(ball, BFLOAT16)


ODD_BALLS = [
    (Ball(1 << 60, 0, 60), 1.0),
    (Ball(1 << 60, 1, 60), None),
    (Ball((1 << 60) + 2, 1, 60), 1 + 2.0**-52),
    (Ball((1 << 60) + 1, 1, 60), None),
    (Ball(0, 1, 2000), None),
    (Ball(2, 1, 2000), 5e-324),
]


@pytest.mark.parametrize(("ball", "due"), ODD_BALLS, ids=str)
def test_a_ball_has_a_master_where_both_ends_have_it(ball, due):
    assert due == to_odd(ball)


def drawn_ball(draw, target):
    """Return a ball around a number or a tie of a format, anywhere in its range and around its ends, or beside it."""
    digits = target.precision + draw.choice((0, 1, 1, 2))
    mid = (1 << digits - 1 | draw.getrandbits(digits)) << 40
    rad = draw.choice((0, 1, 3, 1 << 30, 1 << 39, 1 << 40))
    top = math.frexp(target.largest)[1]
    scale = digits + 40 - draw.randint(target.least - 3, top + 2)
    return Ball(draw.choice((1, -1)) * (mid + draw.choice((0, 0, rad, -rad, rad + 1, -rad - 1))), rad, scale)


@pytest.mark.parametrize("target", FORMATS, ids=lambda one: one.name)
def test_a_ball_anywhere_rounds_as_its_ends_do(target):
    draw = random.Random(0)
    for _ in range(2_000):
        ball = drawn_ball(draw, target)
        ends = [Fraction(ball.mid + sign * ball.rad) / Fraction(2) ** ball.scale for sign in (-1, 1)]
        for rounding in (lambda value: rounded(value, target), to_odd):
            low, high = map(rounding, ends)
            assert repr(low if repr(low) == repr(high) else None) == repr(rounding(ball)), ball


def third(bits):
    return Ball((1 << bits) // 3, 1, bits)


@pytest.mark.parametrize("target", FORMATS, ids=lambda one: one.name)
def test_more_bits_decide(target):
    assert rounded(Fraction(1, 3), target) == decide(third, lambda value: rounded(value, target), bits=1)


def test_no_more_bits_are_asked_for_than_needed():
    asked = []

    def make(bits):
        asked.append(bits)
        return third(bits)

    decide(make, to_odd, bits=16)

    assert [16, 32, 64] == asked


def test_a_value_on_a_boundary_is_undecided():
    with pytest.raises(UndecidedError, match=r"undecided at 2000 bits.*about 1\.0, within"):
        decide(lambda bits: Ball(1 << bits, 1, bits), to_odd)


def test_an_exact_value_is_decided_at_once():
    assert 1.0 == decide(lambda _: Fraction(1), to_odd)


@pytest.mark.parametrize("bits", [0, 3000])
def test_a_first_precision_out_of_order_is_refused(bits):
    with pytest.raises(SpecError, match="bits must be positive"):
        decide(third, to_odd, bits=bits)
