"""identify: what it reads off black boxes, right and wrong ones, and off what is no rotation."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from strategies import MANY, generators, rotations

from refpos import (
    CATALOGUE,
    Dense,
    Frequencies,
    Linear,
    PerHead,
    Rotary,
    Sinusoidal,
    SpecError,
    at_length,
    cos_sin,
    embed,
    identify,
    omega,
    planes,
    rotate,
    turn,
)
from refpos.catalogue import ANGLES
from refpos.cli import main
from refpos.oracle.probe import nearest
from refpos.oracle.probe.box import Box
from refpos.oracle.probe.differences import differences, distance
from refpos.oracle.probe.reading import read
from refpos.oracle.probe.turning import close, described, turning
from refpos.oracle.rounding import round_to
from refpos.variants.frequencies import axis_count
from refpos.variants.length import is_static
from refpos.variants.planes import width

ROTARY = {name: entry for name, entry in ANGLES.items() if isinstance(entry.variant, Rotary)}
STATIC = [name for name, entry in ROTARY.items() if is_static(entry.variant) and not entry.variant.learned]
OF_LENGTH = [name for name, entry in ROTARY.items() if not is_static(entry.variant)]
LLAMA = CATALOGUE["llama-2"].variant
LONG = CATALOGUE["llama-3.1"].variant
OVER_3 = replace(LLAMA, frequencies=replace(LLAMA.frequencies, scaling=Linear(3)))


def computing(variant, **given):
    return lambda x, positions: rotate(x, positions, variant, **given)


def at_base(base, **given):
    return Rotary(Frequencies((0,) * 64, base=base), **given)


def ids(found):
    return [one.id for one in found.findings]


def near(found):
    return {name: [each.id for each in one.findings] for one in found.nearest for name in one.names}


# What is read.


@pytest.mark.parametrize("name", STATIC)
def test_every_rotary_entry_is_named(name):
    entry = ROTARY[name]
    found = identify(computing(entry.variant), features=entry.width, axes=axis_count(entry.variant.frequencies))

    assert name in found.entries
    assert all(ROTARY[one].variant.pairing == entry.variant.pairing for one in found.entries)
    assert (found.verdict == "rotary") == (entry.variant.columns == "paired")


@pytest.mark.parametrize("name", OF_LENGTH)
def test_an_entry_that_depends_on_the_length_is_named_with_it(name):
    entry = ROTARY[name]
    length = 2 * entry.variant.frequencies.scalings[0].original
    found = identify(computing(at_length(entry.variant, length)), features=entry.width)
    (one,) = [one for one in found.nearest if name in one.names]

    assert name in found.entries
    assert one.lengths[one.names.index(name)] == length
    assert f"{name} (at length {length:,})" in found.explain()


def test_entries_of_one_function_are_named_together():
    found = identify(computing(LLAMA), features=128)

    assert {"llama-2", "mistral"} <= set(found.entries)
    assert not {"llama-2-meta", "code-llama"} & set(found.entries)


def test_entries_of_other_widths_are_named_last_and_with_their_width():
    found = identify(computing(ROTARY["gpt-j"].variant), features=256)

    assert found.entries[0] == "gpt-j"
    assert "roformer" in found.entries
    assert "roformer (of 64 features)" in found.explain()


def test_entries_whose_heads_differ_are_not_compared(monkeypatch):
    own = Rotary(PerHead((Frequencies((0, 0)), Frequencies((0, 0), base=100.0))))
    monkeypatch.setattr(nearest, "ANGLES", {"by-heads": replace(ROTARY["llama-2"], variant=own)})

    assert identify(computing(Rotary(Frequencies((0, 0)))), features=4).nearest == ()


def test_what_is_read_of_a_half_rotated_head_is_told():
    entry = ROTARY["phi-2"]
    found = identify(computing(entry.variant), features=80)

    assert (found.pairing, found.write, found.sign, found.magnitude, found.growth) == ("half", "half", 1, 1.0, ())
    assert found.pairs == tuple((k, k + 16) for k in range(16)) == found.written
    assert found.rotated == tuple(range(32))
    assert np.allclose(found.frequencies, omega(entry.variant.frequencies), rtol=1e-6)
    assert found.ladder == "base 10,000 over 16 planes"
    assert (found.whole, found.reach) == (False, 2**17)


def test_another_pairing_of_the_output_is_told():
    found = identify(computing(CATALOGUE["deepseek-v3"].variant), features=192)

    assert (found.pairing, found.write) == ("interleaved", "half")
    assert found.pairs[1] == (130, 131)
    assert found.written[1] == (129, 161)


@given(rotations(), generators)
@MANY
def test_every_exponent_is_within_its_uncertainty(variant, rng):
    features = width(variant) + int(rng.integers(3))
    found = read(Box(computing(variant), features, axis_count(variant.frequencies), "float64"), None)
    due = described(variant, features)

    assert np.array_equal(found.own, due.own)
    assert np.array_equal(found.other, due.other)
    assert (np.abs(found.values - due.values) <= found.off).all()
    assert (found.off <= 1e-13 * (1 + np.abs(due.values))).all()
    assert np.allclose(found.start, due.start, rtol=1e-14)
    assert not found.departed.any()


@given(rotations())
@MANY
def test_the_planes_of_what_is_read_are_those_of_the_description(variant):
    found = turning(described(variant, width(variant)))
    shape = planes(variant, width(variant))
    due = sorted(zip(shape.read, shape.write, omega(variant.frequencies).T.tolist(), strict=True))

    assert np.array_equal(found.first, found.second)
    turned = zip(found.read, found.written, np.abs(found.first.imag).T.tolist(), strict=True)
    assert list(turned) == [one for one in due if any(one[2])]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_frequencies_are_read_as_the_implementation_has_them(dtype):
    """Frequencies of float32, whose product with a power of two is exact, are read off their cosines in any dtype."""
    own = omega(LONG.frequencies)[0].astype(np.float32).astype(np.float64)

    def implementation(x, positions):
        angles = np.asarray(positions, np.float64)[:, None] * own
        turned = turn(x.astype(np.float64), np.cos(angles), np.sin(angles), LONG)
        return round_to(turned, dtype).astype(x.dtype)

    found = identify(implementation, features=128, dtype=dtype)

    assert (np.abs(np.array(found.frequencies[0]) - own) <= found.uncertainty[0]).all()
    assert np.max(found.uncertainty) < 1e-6
    assert ("llama-3.1" in found.entries) == (dtype != "float64")


def test_planes_that_have_come_round_at_the_highest_position_are_seen_all_the_same():
    bases = np.geomspace(1e3, 1e7, 12).tolist()
    found = [
        identify(
            lambda x, p, one=one: round_to(rotate(x, p, one), "bfloat16").astype(np.float32),
            features=128,
            dtype="bfloat16",
        )
        for one in map(at_base, bases)
    ]

    assert [len(one.pairs) for one in found] == [64] * len(bases)


def test_frequencies_of_too_few_bits_are_told():
    own = omega(LONG.frequencies)[0].astype(np.float32).astype(np.float64)
    found = identify(computing(Rotary(Dense(1, 64)), learned={"omega": own[None]}), features=128, dtype="float64")

    assert near(found)["llama-3.1"] == ["differs/precision"]
    off = np.abs(own / omega(LONG.frequencies)[0] - 1).max()
    assert found.nearest[0].findings[0].what == f"frequencies are off by up to {off:.1g} of themselves"


def test_frequencies_that_several_axes_share_are_read():
    learned = {"omega": np.array([[0.5, -1.25, 0.01, 3.0], [2.0, 0.125, -0.03, 0.0]])}
    found = identify(computing(Rotary(Dense(2, 4)), learned=learned), features=8, axes=2)

    assert found.verdict == "rotary"
    assert np.allclose(found.frequencies, learned["omega"], atol=1e-6)
    assert found.ladder == "a plane turns with several axes"
    assert "near none: no entry turns as many axes in 8 features" in found.explain()


def test_growth_is_read_for_queries_and_for_keys():
    queries, keys = (
        identify(computing(CATALOGUE["xpos"].variant, side=side), features=64) for side in ("query", "key")
    )

    assert "xpos" in queries.entries
    assert queries.entries == keys.entries
    assert (queries.nearest[0].side, keys.nearest[0].side) == ("query", "key")
    assert np.allclose(queries.growth, np.negative(keys.growth))
    assert queries.growth[0] == pytest.approx(np.log(0.4 / 1.4) / 512)
    assert "xpos, of keys" in keys.explain()


def in_float32(base):
    """Compute with frequencies and angles of float32."""
    own = (base ** (-np.arange(64) / 64)).astype(np.float32)

    def implementation(x, positions):
        angles = positions.astype(np.float32)[:, None] * own
        return turn(x, np.cos(angles), np.sin(angles), LLAMA)

    return implementation


@pytest.mark.parametrize(("base", "told"), [(1_000_040, "1,000,040"), (10_000.3, "10,000.3"), (10_000, "10,000")])
def test_a_base_is_told_to_the_digits_that_are_known(base, told):
    assert identify(in_float32(base), features=128).ladder == f"base {told} over 64 planes"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_tables_of_fewer_bits_are_rotary_and_told(dtype):
    def implementation(x, positions):
        cos, sin = (round_to(one, dtype).astype(x.dtype) for one in cos_sin(positions, LLAMA))
        return turn(x, cos, sin, LLAMA)

    found = identify(implementation, features=128)

    assert (found.verdict, found.between, found.growth, ids(found)) == ("rotary", "turned", (), ["coarse"])
    assert f"to the roundings of {dtype}, not of float32" in found.explain()
    assert near(found)["llama-2"] == [f"{dtype}/tables"]
    own = np.abs(np.array(found.frequencies) - omega(LLAMA.frequencies))
    assert (own <= np.array(found.uncertainty) + 2.0**-23 * omega(LLAMA.frequencies)).all()


def test_fractions_that_become_whole_and_fractions_that_something_else_is_done_at_are_told_apart():
    truncated = identify(lambda x, p: rotate(x, p.astype(int), LLAMA), features=128)

    def between(x, p):
        low, part = np.floor(p), (p % 1)[:, None].astype(x.dtype)
        return rotate(x, low, LLAMA) * (1 - part) + rotate(x, low + 1, LLAMA) * part

    mixed = identify(between, features=128)

    assert [(one.between, one.whole, one.ok) for one in (truncated, mixed)] == [
        ("rounded", True, True),
        ("other", True, True),
    ]
    assert "fractions become whole ones" in truncated.explain()
    assert "read at whole ones, as it does something else between them" in mixed.explain()


def test_a_magnitude_is_read():
    found = identify(computing(replace(LLAMA, attention_factor=1.5)), features=128)

    assert found.magnitude == pytest.approx(1.5, rel=1e-6)
    assert "magnitude 1.5" in found.explain()
    assert near(found)["llama-2"] == ["differs/magnitude"]


def test_positions_are_asked_for_as_far_as_they_are_taken():
    table = cos_sin(np.arange(2048), LLAMA, np.float32)
    found = identify(lambda x, p: turn(x, table[0][p], table[1][p], LLAMA), features=128)

    assert (found.reach, found.whole, found.between) == (2047, True, "refused")
    assert "llama-2" in found.entries
    assert "positions: whole ones only are taken, so that frequencies are modulo 2π" in found.explain()


def test_positions_from_the_longest_on_are_not_asked_for():
    seen = []

    def implementation(x, positions):
        seen.append(positions.max())
        return rotate(x, positions, LLAMA)

    assert identify(implementation, features=128, longest=1000).reach == 999
    assert max(seen) == 999


def clamped(last):
    return lambda x, p: rotate(x, np.minimum(p, last), LLAMA)


@pytest.mark.parametrize(("last", "longest"), [(2100, 4096), (70_000, 131_072), (500_000, 1_000_000)])
def test_what_is_wrong_in_the_upper_half_of_the_positions_is_no_entry(last, longest):
    found = identify(clamped(last), features=128, longest=longest)

    assert (found.ok, found.reach, found.followed) == (False, longest - 1, False)
    assert ids(found) == ["departs"]
    assert f"asked for up to {longest - 1:,}" in found.explain()
    assert "known to" not in found.explain()
    assert "explains every element" not in found.explain()


def test_what_is_wrong_in_a_part_of_the_positions_that_no_input_of_a_check_is_in_is_no_entry():
    found = identify(
        lambda x, p: rotate(x, np.where((p > 200_000) & (p < 240_000), 0, p), LLAMA), features=128, longest=300_000
    )

    assert (found.ok, ids(found)) == (False, ["elsewhere"])
    assert found.nearest[0].findings[0].what == "the same at the positions of a check, and not at others"


def test_a_mistake_that_the_inputs_of_a_check_do_not_reach_beyond_does_not_explain_all():
    found = identify(lambda x, p: rotate(x, -np.minimum(p, 500_000), LLAMA), features=128, longest=1_000_000)

    assert (found.ok, near(found)["llama-2"]) == (False, ["differs/sign"])
    assert "explains every element" not in found.explain()


def test_rows_of_a_table_are_looked_at_up_to_its_last():
    table = [
        np.where(np.arange(2048)[:, None] < 1100, one, -one) for one in cos_sin(np.arange(2048), LLAMA, np.float32)
    ]
    found = identify(lambda x, p: turn(x, table[0][p], table[1][p], LLAMA), features=128)

    assert (found.ok, found.reach) == (False, 2047)


@pytest.mark.parametrize("rates", [2 * np.pi * 100.0 ** (-np.arange(32) / 32), 0.1 ** (-np.arange(32) / 32)])
def test_frequencies_beyond_half_a_turn_are_read_at_whole_positions_to_the_roundings_of_their_angles(rates):
    own = rates.astype(np.float32)

    def implementation(x, positions):
        if positions.dtype.kind != "i" or positions.max() > 4095:
            raise IndexError
        angles = positions.astype(np.float32)[:, None] * own
        return turn(x, np.cos(angles), np.sin(angles), Rotary(Frequencies((0,) * 32)))

    found = identify(implementation, features=64)
    apart = np.abs(np.exp(1j * np.array(found.frequencies[0])) - np.exp(1j * own.astype(np.float64)))

    assert (found.verdict, found.whole, found.findings) == ("rotary", True, ())
    assert (apart <= np.array(found.uncertainty[0])).all()


def test_frequencies_beyond_a_turn_are_read_where_fractions_are_taken_and_modulo_a_turn_elsewhere():
    variant = CATALOGUE["dinov3"].variant
    apart = identify(computing(variant), features=64, axes=2)
    alike = identify(lambda x, p: rotate(x, p.astype(int), variant), features=64, axes=2)

    assert apart.frequencies[0][0] == pytest.approx(2 * np.pi)
    assert (apart.whole, alike.whole) == (False, True)
    assert len(alike.pairs) == len(apart.pairs) - 2
    assert np.abs(alike.frequencies).max() <= np.pi
    assert near(alike)["dinov3"] == ["positions/zero"]
    due = turning(described(variant, 64, whole=True))
    assert alike.pairs == due.read
    assert np.allclose(alike.frequencies, due.frequencies, atol=1e-5)


def test_a_head_of_128_takes_few_calls():
    calls = []

    def implementation(x, positions):
        calls.append(x.size)
        return rotate(x, positions, LLAMA)

    identify(implementation, features=128)

    assert len(calls) <= 17
    assert sum(calls) < 600_000


# Wrong ones.


def in_bfloat16(x, positions):
    angles = round_to(np.asarray(positions, np.float64)[:, None] * omega(LLAMA.frequencies)[0], "bfloat16")
    return turn(x, np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32), LLAMA)


WRONG = {
    "another base": (computing(at_base(5e5)), "llama-3.1", "scaling/no-ByParts"),
    "a base that no model has": (computing(at_base(2e4)), "llama-2", "differs/frequencies"),
    "the base of another": (computing(at_base(25_000.0)), "llama-2", "base/25000"),
    "scaling dropped": (
        computing(replace(LONG, frequencies=replace(LONG.frequencies, scaling=()))),
        "llama-3.1",
        "scaling/no-ByParts",
    ),
    "sign flipped": (computing(replace(LONG, sign=-1)), "llama-3.1", "sign/flipped"),
    "pairs swapped": (computing(replace(LONG, pairing="interleaved")), "llama-3.1", "pairing/interleaved"),
    "positions off by one": (lambda x, p: rotate(x, p + 1, LLAMA), "llama-2", "positions/plus-one"),
    "angles in bfloat16": (in_bfloat16, "llama-2", "bfloat16/angles"),
    "positions clamped": (lambda x, p: rotate(x, np.minimum(p, 2047), LLAMA), "llama-2", "positions/clamped-2047"),
    "over 3": (computing(OVER_3), "llama-2", "differs/frequencies"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_implementation_is_no_entry_and_what_differs_from_the_nearest_is_told(wrong):
    implementation, name, mistake = WRONG[wrong]
    found = identify(implementation, features=128)

    assert found.entries == ()
    assert name in near(found)
    assert near(found)[name] == [mistake]
    assert mistake.startswith("differs") or len(found.nearest) == 1


def test_a_ladder_is_told_as_it_is():
    assert identify(computing(at_base(5e5)), features=128).ladder == "base 500,000 over 64 planes"
    assert identify(computing(OVER_3), features=128).ladder == "base 10,000 over 64 planes, all over 3"
    assert identify(computing(LONG), features=128).ladder == (
        "base 500,000 over 64 planes, planes 29 to 34 over 1.207 to 5.257, planes 35 to 63 over 8"
    )
    assert identify(computing(ROTARY["cosmos"].variant), features=128, axes=3).ladder == (
        "axis 0: base 20,671.16 over 22 planes; axis 1: base 10,000 over 21 planes; axis 2: base 10,000 over 21 planes"
    )
    assert identify(computing(ROTARY["flux"].variant), features=128, axes=3).ladder == (
        "base 10,000 over 8, 28 and 28 planes of each axis"
    )


def test_planes_that_deviate_are_told_with_their_factors():
    changed = omega(LLAMA.frequencies).copy()
    changed[0, 56:] /= 8
    found = identify(computing(Rotary(Dense(1, 64)), learned={"omega": changed}), features=128)

    assert found.ladder == "base 10,000 over 64 planes, planes 56 to 63 over 8"
    assert "planes 56 to 63 over 8" in found.nearest[0].findings[0].evidence


def test_an_operator_that_is_no_identity_at_0_is_seen():
    found = identify(WRONG["positions off by one"][0], features=128)

    assert ids(found) == ["shifted"]
    assert "at 0 it is what is due at +1" in found.explain()
    assert found.verdict == "rotary"


def test_positions_shifted_on_one_axis_are_told_of_that_axis():
    variant = CATALOGUE["qwen2-vl-vision"].variant
    found = identify(lambda x, p: rotate(x, p + np.array([0, 2]), variant), features=80, axes=2)

    assert "what is due at +0, +2" in found.explain()


def test_a_phase_that_is_no_position_is_told():
    def implementation(x, positions):
        cos, sin = cos_sin(positions, LLAMA)
        return turn(x, *((cos + sin) / np.sqrt(2), (sin - cos) / np.sqrt(2)), LLAMA) if x.dtype == np.float64 else x

    assert ids(identify(implementation, features=128, dtype="float64")) == ["phase"]


def test_angles_that_are_no_multiple_of_the_position_are_not_rotary():
    far = identify(WRONG["positions clamped"][0], features=128)
    coarse = identify(in_bfloat16, features=128)
    root = identify(lambda x, p: rotate(x, np.sqrt(p), LLAMA), features=128)

    assert {one.verdict for one in (far, coarse, root)} == {"not rotary"}
    assert [ids(one) for one in (far, coarse, root)] == [["departs"], ["elsewhere"], ["departs"]]
    assert "seen at position 2,048" in far.findings[0].evidence
    assert "seen at position 2," in root.findings[0].evidence
    assert root.between == "other"
    assert root.growth == ()
    assert np.allclose(far.frequencies, omega(LLAMA.frequencies), rtol=1e-6)


def test_angles_that_wander_within_the_bounds_of_a_check_are_those_of_the_entry():
    ladder = omega(LLAMA.frequencies)[0]

    def implementation(x, positions):
        way = np.where(np.frexp(positions)[1] % 2, 1, -1)[:, None] * 2.0**-24
        angles = np.asarray(positions, np.float64)[:, None] * ladder * (1 - 1.8 * way * np.log(ladder))
        return turn(x, np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32), LLAMA)

    found = identify(implementation, features=128)

    assert read(Box(implementation, 128, 1, "float32"), None).departed.any()
    assert (found.verdict, found.findings) == ("rotary", ())
    assert "llama-2" in found.entries


def heads_left(x, p):
    return np.concatenate([rotate(x, p, LLAMA)[:, :3], x[:, 3:]], axis=1)


def few_left(x, p):
    return rotate(x, p, at_base(2e4)) if len(p) > 4 else x


def without_3(x, p):
    return np.where((p == 3)[:, None], np.float32(np.nan), rotate(x, p, LLAMA))


@pytest.mark.parametrize(
    ("implementation", "where"),
    [
        (heads_left, ", head 4, "),
        (few_left, "among 1 tokens"),
        (without_3, "returned no finite number at position 3"),
    ],
)
def test_what_does_not_hold_for_all_heads_tokens_and_positions_is_not_rotary(implementation, where):
    found = identify(implementation, features=128)

    assert (found.verdict, found.ok, ids(found)) == ("not rotary", False, ["elsewhere"])
    assert where in found.findings[0].evidence


def test_what_depends_on_several_coordinates_at_once_does_not_change_nothing():
    found = identify(lambda x, p: rotate(x, p[:, 0] * p[:, 1], LLAMA), features=128, axes=2)
    swapped = identify(
        lambda x, p: x * (1 + (p[:, 0] != p[:, 1]) * p.all(axis=1))[:, None].astype(x.dtype), features=8, axes=2
    )

    assert (found.ok, ids(found)) == (False, ["elsewhere"])
    assert (swapped.ok, ids(swapped)) == (False, ["elsewhere"])


def test_where_the_highest_position_of_a_call_decides_it_is_told_from_which_on():
    def implementation(x, positions):
        return rotate(x, positions, at_base(1e4 if positions.max() < 4096 else 3e4))

    found = identify(implementation, features=128)

    assert (found.verdict, found.nearest, ids(found)) == ("not rotary", (), ["context"])
    assert "beside position 4,096 than alone; longest 4096 asks" in found.explain()
    assert "llama-2" in identify(implementation, features=128, longest=4096).entries


def test_what_counts_its_calls_is_no_function():
    calls = []

    def implementation(x, positions):
        calls.append(x.size)
        return rotate(x, positions + len(calls), LLAMA)

    assert ids(identify(implementation, features=128)) == ["calls"]


def scaled(factor, *planes):
    """Multiply planes of what LLAMA computes."""
    factors = np.ones(128, np.float32)
    factors[[feature for k in planes for feature in (k, k + 64)]] = factor
    return lambda x, p: rotate(x, p, LLAMA) * factors


@pytest.mark.parametrize(
    ("implementation", "what", "evidence"),
    [
        (scaled(2, 20), "magnitude 2 where 1 is meant", "at the origin of plane 20"),
        (scaled(1.0005, 20), "magnitude 1.0005 where 1 is meant", "at the origin of plane 20"),
        (scaled(1.0001, *range(64)), "magnitude 1.0001 where 1 is meant", "at the origin of planes 0 to 63"),
    ],
)
def test_planes_of_another_magnitude_are_told(implementation, what, evidence):
    (one,) = identify(implementation, features=128).nearest

    assert [(each.what, each.evidence) for each in one.findings] == [(what, evidence)]


def test_planes_that_are_turned_the_other_way_are_told():
    turned = omega(LLAMA.frequencies) * np.where(np.arange(64) < 40, 1, -1)
    found = identify(computing(Rotary(Dense(1, 64)), learned={"omega": turned}), features=128)

    assert found.ladder == "base 10,000 over 64 planes"
    assert "planes 40 to 63 turned the second feature towards the first" in found.explain()
    assert near(found)["llama-2"] == ["differs/sign"]
    assert len(found.nearest) == 1


def test_pairs_that_are_written_elsewhere_are_told_where_neither_has_a_name():
    order = np.random.default_rng(1).permutation(128)
    found = identify(lambda x, p: rotate(x[..., order], p, LLAMA), features=128)

    assert (found.pairing, found.write) == ("other", "other")
    assert "64 planes, other, written to other features, of all 128 features" in found.explain()


def test_a_reflection_is_near_nothing():
    def implementation(x, p):
        (cos, sin), a, b = cos_sin(p, LLAMA, np.float32), x[..., :64], x[..., 64:]
        return np.concatenate([a * cos + b * sin, a * sin - b * cos], axis=-1)

    found = identify(implementation, features=128)

    assert (ids(found), found.nearest) == (["skew"], ())
    assert "near" not in found.explain()


OTHER_POSITIONS = {"half": lambda p: p + 0.5, "clamped": lambda p: np.minimum(p, 2048), "modulo": lambda p: p % 4096}


@pytest.mark.parametrize("kind", OTHER_POSITIONS)
def test_of_what_turns_as_an_entry_does_that_alone_is_near(kind):
    (one,) = identify(lambda x, p: rotate(x, OTHER_POSITIONS[kind](p), LLAMA), features=128).nearest

    assert one.names[0] == "llama-2"


def test_what_is_too_small_to_be_read_is_said():
    found = identify(lambda x, p: rotate(x, p, LLAMA) * np.float32(1e-42), features=128)

    assert (found.ok, ids(found)) == (False, ["small"])


def test_features_outside_the_planes_that_a_position_changes_are_told():
    def implementation(x, p):
        return rotate(x, p, LLAMA) * np.where(np.arange(130) < 128, 1, np.cos(p)[:, None]).astype(x.dtype)

    found = identify(implementation, features=130)

    assert "at position 0 feature 128 is 1 times feature 128, and it changes with the position" in found.explain()


def test_features_outside_the_planes_that_are_changed_are_told():
    def implementation(x, positions):
        y = rotate(x, positions, CATALOGUE["phi-2"].variant)
        return np.concatenate([y[..., :32], 2 * y[..., 32:]], axis=-1)

    found = identify(implementation, features=80)

    assert ids(found) == ["outside"]
    assert "48 of them; at position 0 feature 32 is 2 times feature 32" in found.explain()
    assert found.nearest[0].worst == np.inf
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["nearest"][0]["worst"] is None


LADDER = Frequencies((0, 0, 0, 1), base=100.0)
PLAIN = Rotary(LADDER)
CHANGES = {
    "frequencies": replace(PLAIN, frequencies=replace(LADDER, base=50.0)),
    "pairing": replace(PLAIN, pairing="interleaved"),
    "write": replace(PLAIN, write="interleaved"),
    "sign": replace(PLAIN, sign=-1),
    "magnitude": replace(PLAIN, attention_factor=1.2),
    "axes": replace(PLAIN, frequencies=replace(LADDER, axes=(0, 0, 1, 1))),
    "features": replace(PLAIN, offset=2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_differs_in_one_choice_is_told_and_nearer_than_what_differs_in_two(change):
    plain, other = (turning(described(one, 10)) for one in (PLAIN, CHANGES[change]))
    further = turning(
        described(replace(CHANGES[change], frequencies=replace(CHANGES[change].frequencies, base=9.0)), 10)
    )
    words = [one.id.removeprefix("differs/") for one in differences(other, plain)]

    assert change in words
    assert ("write" in words) == (change == "write")
    assert distance(plain, plain) == 0
    assert 0.7 < distance(other, plain) < distance(further, plain)


def test_a_growth_that_differs_is_told_and_a_choice():
    xpos = CATALOGUE["xpos"].variant
    plain, grown = (turning(described(one, 64)) for one in (replace(xpos, growth=None), xpos))

    assert [one.id for one in differences(plain, grown)] == ["differs/growth"]
    assert distance(plain, grown) == distance(grown, plain) == 1


def test_what_is_meant_is_told_of_the_description_however_little_is_known_of_the_black_box():
    found, due = (turning(described(Rotary(Frequencies((0,) * 64, base=base)), 128)) for base in (500.0, 10_000.3))
    vague = replace(found, off=np.full(found.off.shape, 1e-2))

    assert [one.what for one in differences(vague, due)] == ["frequencies base 10,000.3 over 64 planes are meant"]


def test_a_factor_on_all_frequencies_is_half_a_choice():
    plain, scaled = (turning(described(one, 128)) for one in (LLAMA, OVER_3))

    assert 0.5 < distance(scaled, plain) < 0.7


def test_only_what_is_near_is_checked():
    near_by = replace(PLAIN, frequencies=replace(LADDER, base=100.01))
    read_off, *others = (described(one, 10) for one in (PLAIN, near_by, *CHANGES.values()))

    assert [close(read_off, one, 2.0**-24) for one in others] == [True] + [False] * len(CHANGES)


# No rotations.


def normalised(x):
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + x.dtype.type(1e-6))


def raising(x, positions):
    raise RuntimeError("no kernel")


def leaving(x, positions):
    raise SystemExit


def writing(x, positions):
    x += 1
    return x


def without_minus(x, positions):
    (cos, sin), a, b = cos_sin(positions, LLAMA, np.float32), x[..., :64], x[..., 64:]
    return np.concatenate([a * cos + b * sin, b * cos + a * sin], axis=-1)


def heads_apart(x, positions):
    first = rotate(x[:, :1], positions, LLAMA)
    return np.concatenate([first, rotate(x[:, 1:], -positions, LLAMA)], axis=1)


def half_turned(x, positions):
    return np.concatenate([rotate(x, positions, LLAMA)[..., :64], x[..., 64:]], axis=-1)


RANDOM = np.random.default_rng(0).standard_normal((128, 128)).astype(np.float32)
NOT_ROTARY = {
    "added": ("additive", lambda x, p: x + embed(p, Sinusoidal(LLAMA.frequencies)).astype(np.float32)),
    "normalised": ("nonlinear", lambda x, _: normalised(x)),
    "normalised and rotated": ("nonlinear", lambda x, p: rotate(normalised(x), p, LLAMA)),
    "bent": ("nonlinear", lambda x, p: np.abs(rotate(x, p, LLAMA))),
    "a random matrix": ("no-planes", lambda x, _: x @ RANDOM),
    "a chain": ("no-planes", lambda x, _: x + np.roll(x, 1, axis=-1)),
    "zeros": ("no-planes", lambda x, _: 0 * x),
    "one of each pair": ("no-planes", half_turned),
    "vanishing at 0": ("no-planes", lambda x, p: x * np.minimum(p, 1).astype(np.float32)[:, None]),
    "multiplied": ("multiplied", lambda x, p: x * np.cos(p).astype(np.float32)[:, None]),
    "grown": ("multiplied", lambda x, p: x * np.exp(-p / 1000).astype(np.float32)[:, None]),
    "nothing after 0": ("multiplied", lambda x, p: x * (p == 0).astype(np.float32)[:, None]),
    "unturned": ("still", lambda x, _: x),
    "in 0, 1, 2": ("context", lambda x, p: rotate(x, np.arange(len(p)), LLAMA)),
    "less the least": ("context", lambda x, p: rotate(x, p - p.min(), LLAMA)),
    "less the first": ("context", lambda x, p: rotate(x, p - p[0], LLAMA)),
    "mixed tokens": ("context", lambda x, p: rotate(x, p, LLAMA).mean(axis=-2, keepdims=True) + 0 * x),
    "two heads": ("heads", heads_apart),
    "without a minus": ("unequal", without_minus),
    "exchanged": ("skew", lambda x, p: turn(x, *cos_sin(p, LLAMA, np.float32)[::-1], LLAMA)),
    "rows": ("rows", lambda p: embed(p, Sinusoidal(LLAMA.frequencies))),
}
BROKEN = {
    "raising": (raising, "raised RuntimeError: no kernel"),
    "leaving": (leaving, "raised SystemExit"),
    "writing": (writing, "wrote into its input"),
    "no number": (lambda x, _: np.float32(np.nan) * x, "returned no finite number at position 0"),
    "another shape": (lambda x, _: x[..., :64], "returned shape (1, 1, 2, 64) where (1, 1, 2, 128) is due"),
    "another dtype": (lambda x, _: x.astype(np.float64), "returned float64 where float32 is due"),
    "nothing": (lambda *_: None, "returned a NoneType"),
    "words": (lambda *_: "y", "returned a str"),
}


@pytest.mark.parametrize("kind", NOT_ROTARY)
def test_what_is_no_rotation_is_refused_in_words(kind):
    reason, implementation = NOT_ROTARY[kind]
    found = identify(implementation, features=128)

    assert (found.verdict, found.entries) == ("not rotary", ())
    assert found.findings[0].id == reason
    assert found.findings[0].what in found.explain()
    assert found.findings[0].evidence


def test_of_how_many_features_a_result_is_made_is_told():
    def spread(x, positions):
        return np.concatenate([x[..., :1], x[..., :1], x[..., :1], x[..., 3:]], axis=-1)

    assert identify(NOT_ROTARY["a random matrix"][1], features=128).findings[0].evidence == (
        "feature 0 of the result is made of 128 features"
    )
    assert identify(spread, features=8).findings[0].evidence == "feature 0 goes into 3 features"


@pytest.mark.parametrize("kind", BROKEN)
def test_what_fails_is_errored_and_says_why(kind):
    implementation, why = BROKEN[kind]
    found = identify(implementation, features=128)

    assert (found.verdict, found.ok) == ("errored", False)
    assert found.findings[0].what.startswith(why)
    assert found.findings[0].evidence.startswith("when called with x of shape (1, 1, 2, 128) and positions 0, 1")


def test_the_dtype_that_is_asked_for_better_is_told():
    double = identify(BROKEN["another dtype"][0], features=128)
    rounded = identify(lambda x, p: round_to(rotate(x, p, LLAMA), "bfloat16").astype(x.dtype), features=128)

    assert double.findings[0].evidence.endswith("; dtype float64 asks in that")
    assert rounded.findings[0].evidence.endswith(
        "; all numbers that come are of bfloat16: dtype bfloat16 asks for that"
    )


def test_a_mismatch_that_was_published_is_no_rotation_and_named():
    found = identify(computing(CATALOGUE["vjepa2"].variant), features=64, axes=3)

    assert (found.verdict, found.ok, ids(found)) == ("not rotary", True, ["unequal"])
    assert "vjepa2" in found.entries
    assert found.ladder == "two to a plane"


def test_widths_that_hold_no_plane_or_one_are_read():
    assert ids(identify(lambda x, _: x, features=1)) == ["still"]
    assert identify(computing(Rotary(Frequencies((0,)))), features=2).frequencies[0][0] == pytest.approx(1)


# What is asked, and what is told.


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"features": 0}, "features must be a positive int; got 0"),
        ({"features": 128.0}, "features must be a positive int; got 128.0"),
        ({"features": True}, "features must be a positive int; got True"),
        ({"features": 128, "axes": 0}, "axes must be a positive int; got 0"),
        ({"features": 128, "dtype": "float8"}, "dtype must be one of float64, float32, float16, bfloat16; got float8"),
        ({"features": 128, "longest": 1}, "longest must be an int of at least 2; got 1"),
        ({"features": 128, "longest": 2**54}, "longest must be at most 2\\^53; got 18014398509481984"),
    ],
)
def test_a_wrong_argument_is_an_error(given, rule):
    with pytest.raises(SpecError, match=rule):
        identify(computing(LLAMA), **given)


def test_what_is_identified_must_be_callable():
    with pytest.raises(SpecError, match="implementation must be callable; got 3"):
        identify(3, features=128)


@pytest.mark.parametrize("kind", ["added", "unturned", "without a minus"])
def test_what_is_found_travels_as_json(kind):
    found = identify(NOT_ROTARY[kind][1], features=128)

    assert json.loads(json.dumps(found.to_dict()))["verdict"] == "not rotary"


def test_what_is_found_has_all_its_numbers_in_json():
    found = identify(computing(CATALOGUE["xpos"].variant), features=64)
    told = json.loads(json.dumps(found.to_dict()))

    assert (told["ok"], told["entries"], told["pairing"], told["sign"]) == (True, list(found.entries), "interleaved", 1)
    assert told["frequencies"] == [list(found.frequencies[0])]
    assert len(told["growth"]) == len(told["pairs"]) == 32
    assert told["nearest"][0]["worst"] < 1


def test_it_is_explained_in_a_few_lines():
    lines = identify(computing(CATALOGUE["nanochat"].variant), features=128).explain().splitlines()

    assert lines == [
        "rotary (float32): 64 planes, half, of all 128 features",
        "  frequencies: base 100,000 over 64 planes, known to 2e-07 rad per step",
        "  turned the second feature towards the first",
        lines[3],
    ]
    assert lines[3].startswith("  is nanochat, worst error 0.")


def test_the_planes_of_each_axis_are_explained():
    lines = identify(computing(ROTARY["dinov3"].variant), features=64, axes=2).explain().splitlines()

    assert lines[1].startswith("  frequencies: base 100 over 16 planes of each axis, times 2π")
    assert lines[2:4] == ["  axis 0 turns planes 0 to 15", "  axis 1 turns planes 16 to 31"]


# The command.


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Stand in a folder with a module of implementations."""
    (tmp_path / "mine.py").write_text(
        "import refpos\n\n"
        "def rope(x, positions):\n"
        '    print("loading")\n'
        '    return refpos.rotate(x, positions, refpos.CATALOGUE["llama-2"].variant)\n\n'
        "def same(x, positions):\n"
        "    return x\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("mine", None)


def test_the_command_explains_what_an_implementation_is(mine, capsys):
    assert main(["identify", "--impl", "mine:rope", "--features", "128"]) == 0

    printed = capsys.readouterr()
    assert printed.out.startswith("rotary (float32): 64 planes, half, of all 128 features\n")
    assert "is llama-2, mistral" in printed.out
    assert "loading" in printed.err


def test_the_command_exits_with_1_where_nothing_is_identified(mine, capsys):
    assert main(["identify", "--impl", "mine:same", "--features", "128"]) == 1
    assert "positions change nothing [still]" in capsys.readouterr().out


def test_the_command_hands_on_json(mine, capsys):
    assert main(["identify", "--impl", "mine:rope", "--features", "128", "--dtype", "float64", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["dtype"], told["verdict"], told["entries"][0]) == ("float64", "rotary", "llama-2")


def test_the_command_tells_its_exit_statuses(capsys):
    with pytest.raises(SystemExit):
        main(["identify", "--help"])
    assert "Exits with 0 where it is known" in " ".join(capsys.readouterr().out.split())


def test_the_command_is_misused_with_2(mine, capsys):
    assert main(["identify", "--impl", "mine:rope", "--features", "0"]) == 2
    assert "features must be a positive int; got 0" in capsys.readouterr().err
