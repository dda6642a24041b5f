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


def test_a_magnitude_is_read():
    found = identify(computing(replace(LLAMA, attention_factor=1.5)), features=128)

    assert found.magnitude == pytest.approx(1.5, rel=1e-6)
    assert "magnitude 1.5" in found.explain()
    assert near(found)["llama-2"] == ["differs/magnitude"]


def test_positions_are_asked_for_as_far_as_they_are_taken():
    table = cos_sin(np.arange(2048), LLAMA, np.float32)
    found = identify(lambda x, p: turn(x, table[0][p], table[1][p], LLAMA), features=128)

    assert (found.reach, found.whole) == (1024, True)
    assert "llama-2" in found.entries
    assert "whole ones only" in found.explain()


def test_positions_from_the_longest_on_are_not_asked_for():
    seen = []

    def implementation(x, positions):
        seen.append(positions.max())
        return rotate(x, positions, LLAMA)

    assert identify(implementation, features=128, longest=1000).reach == 512
    assert max(seen) < 1000


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

    assert len(calls) <= 15
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
        "axis 0: base 20,671 over 22 planes; axis 1: base 10,000 over 21 planes; axis 2: base 10,000 over 21 planes"
    )
    assert identify(computing(ROTARY["flux"].variant), features=128, axes=3).ladder == (
        "base 10,000 over 8, 28 and 28 planes of each axis"
    )


def test_planes_that_deviate_are_told_with_their_factors():
    changed = omega(LLAMA.frequencies).copy()
    changed[0, 40:] /= 8
    found = identify(computing(Rotary(Dense(1, 64)), learned={"omega": changed}), features=128)

    assert found.ladder == "base 10,000 over 64 planes, planes 40 to 63 over 8"
    assert "planes 40 to 63 over 8" in found.nearest[0].findings[0].evidence


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
    assert [ids(one) for one in (far, coarse, root)] == [["departs"]] * 3
    assert "left from position 2048 on" in far.findings[0].evidence
    assert "left from position 2 on" in root.findings[0].evidence
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


def test_features_outside_the_planes_that_are_changed_are_told():
    def implementation(x, positions):
        y = rotate(x, positions, CATALOGUE["phi-2"].variant)
        return np.concatenate([y[..., :32], 2 * y[..., 32:]], axis=-1)

    found = identify(implementation, features=80)

    assert ids(found) == ["outside"]
    assert "48 of them; feature 32 is 2 times feature 32" in found.explain()
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


def test_the_command_is_misused_with_2(mine, capsys):
    assert main(["identify", "--impl", "mine:rope", "--features", "0"]) == 2
    assert "features must be a positive int; got 0" in capsys.readouterr().err
