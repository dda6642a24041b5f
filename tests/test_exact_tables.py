"""Tables by angle addition: every cell holds the truth, to the bits asked for, at every row."""

from fractions import Fraction

import arb_reference as arbs
import pytest

from refpos import Bands, Dense, Frequencies, Mscale, PerHead, Rotary, Sinusoidal, SpecError, XPos, at_length
from refpos.catalogue import CATALOGUE
from refpos.exact.ball import Ball, within
from refpos.exact.rotary import cos_sin
from refpos.exact.tables import Spiral, column, tables
from refpos.variants.frequencies import axis_count

BITS = 120
RANGES = [range(5), range(0, 600), range(65_000, 65_600), range(7, -300, -3), range(2**63 - 50, 2**63)]
_plain = Frequencies((0,) * 3)
VARIANTS = {
    "plain": Rotary(_plain),
    "turned the other way, with a magnitude": Rotary(_plain, sign=-1, attention_factor=Mscale(40)),
    "standing planes and several axes": Rotary(Frequencies((0, None, 1, 1))),
    "half turns": Rotary(Bands((0, 0, 0), 1 / 16, 1.0, unit="half-turn")),
    "growth": Rotary(_plain, growth=XPos(512, 3.0)),
    "sinusoids": Sinusoidal(_plain, scale=0.3),
    "by heads": Rotary(PerHead((Frequencies((0, 0)), Frequencies((0, 0), base=50)))),
    "dense": Rotary(Dense(2, 2)),
}
LEARNED = {"dense": {"omega": [[0.5, -1.25], [0.1, 0.0]]}}


@pytest.mark.parametrize("positions", RANGES, ids=str)
@pytest.mark.parametrize("name", VARIANTS)
def test_every_cell_of_a_table_holds_the_truth(name, positions):
    variant, head = VARIANTS[name], 1 if name == "by heads" else 0
    side = "key" if isinstance(variant, Rotary) else "query"
    if name == "growth" and abs(positions[0]) > 2**20:
        positions = range(2**20, 2**20 + 40)
    found = tables(positions, variant, BITS, side, learned=LEARNED.get(name), head=head)
    for row in sorted({0, 1, 2, len(positions) // 2, len(positions) - 1}):
        axes = axis_count(variant.frequencies)
        position = (positions[row],) * axes if axes > 1 else positions[row]
        truth = arbs.circles(position, variant, side, LEARNED.get(name), head)
        for k, pair in enumerate(truth):
            for x, y in zip(found.pair(row, k), pair, strict=True):
                assert within(x, BITS)
                assert arbs.holds(x, y)


def test_what_is_not_known_of_the_first_row_grows_with_the_spiral():
    one, off = 1 << 40, 5
    start, step = (Ball(one + off, off, 40), Ball(0, 0, 40)), (Ball(2 * one, 0, 40), Ball(0, 0, 40))
    found = column(Spiral(start, step, 2**8, grows=True), 9, 40)

    for n, (cos, rad) in enumerate(zip(found.cos, found.rad, strict=True)):
        assert abs(cos - (one << n)) <= rad


def test_a_row_at_position_zero_and_a_plane_that_stands_still_are_exact():
    found = tables(range(9), VARIANTS["standing planes and several axes"], 64)

    assert {0} == {one.rad for k in range(4) for one in found.pair(0, k)}
    assert {0} == set(found.columns[1].rad)


def test_quarter_turns_are_exact_in_every_row():
    found = tables(range(9), Rotary(Frequencies((0,), unit="half-turn")), 64).columns[0]

    assert {0} == set(found.rad)
    assert [(-1) ** n for n in range(9)] == [c / 2**128 for c in found.cos]


def test_the_radii_grow_with_the_row():
    rad = tables(range(100), Rotary(_plain), 64).columns[1].rad

    assert sorted(set(rad)) == list(rad)


def test_a_table_and_a_single_position_agree():
    variant = at_length(CATALOGUE["llama-3.1"].variant, 1)
    found = tables(range(500), variant, 90)
    cos, sin = cos_sin(499, variant, 90)
    for k, pair in enumerate(zip(cos, sin, strict=True)):
        for x, y in zip(found.pair(499, k), pair, strict=True):
            assert abs(Fraction(x.mid, 2**x.scale) - Fraction(y.mid, 2**y.scale)) <= Fraction(2, 2**90)


def test_an_empty_range_is_refused():
    with pytest.raises(SpecError, match="a range that is not empty"):
        tables(range(0), Rotary(_plain), 64)
