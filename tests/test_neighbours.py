"""Neighbours: each has its own name, and the frozen inputs tell it from its variant or it is the same function.

A catalogue entry is judged as an implementation is: in float32, by the widest closed recipe.
"""

from functools import lru_cache
from itertools import combinations

import numpy as np
import pytest
from kinds import KINDS

from refpos import Frequencies, Rotary, Sinusoidal, omega
from refpos.catalogue import ANGLES
from refpos.oracle.inputs import cases, fill
from refpos.oracle.neighbours import computing, neighbours
from refpos.oracle.rounding import round_to
from refpos.oracle.tolerance import Recipe, bound
from refpos.variants.frequencies import axis_count
from refpos.variants.length import is_static

STATIC = [name for name, entry in ANGLES.items() if is_static(entry.variant) and not entry.variant.learned]


latest = lru_cache(maxsize=4)
"""Keep what was made of the latest entries only: tests come entry by entry."""

by_entry = pytest.mark.parametrize("name", STATIC, scope="module")
"""All tests of one entry before those of the next."""


@latest
def known(name):
    return neighbours(ANGLES[name].variant, ANGLES[name].width)


@latest
def trials(name):
    """Return (positions, x, what is due, the bound) for each frozen input."""
    entry = ANGLES[name]
    return [
        (case.positions, x, computing(entry.variant)(case.positions, x), allowed(entry.variant, case.positions, x))
        for case, x in inputs(name)
    ]


def inputs(name):
    entry = ANGLES[name]
    for case in cases(entry.variant.frequencies):
        yield case, fill(case, (1, 1), entry.width) if isinstance(entry.variant, Rotary) else None


def allowed(variant, positions, x):
    return bound(variant, Recipe("float32", "log"), positions, x)


def off(got, want, within):
    """Whether a result is outside the bound somewhere."""
    if got.shape != want.shape:
        return True
    both = np.isnan(got) & np.isnan(want)
    with np.errstate(invalid="ignore"):
        return bool((~both & ~(np.abs(got - want) <= within)).any())


@latest
def predictions(name):
    """Return for each neighbour what it returns on each frozen input."""
    with np.errstate(all="ignore"):
        return {one.id: [one.predict(p, x) for p, x, _, _ in trials(name)] for one in known(name)}


@latest
def unseparated(name):
    """Return the neighbours that the frozen inputs do not tell from the entry."""
    due = [want for _, _, want, _ in trials(name)]
    return [one for one in known(name) if alike(name, predictions(name)[one.id], due)]


def ambiguous(name):
    """Return the pairs of neighbours that the frozen inputs tell from the entry, but not from each other."""
    found, unseen = predictions(name), {one.id for one in unseparated(name)}
    seen = [one for one in known(name) if one.id not in unseen]
    return [(a, b) for a, b in combinations(seen, 2) if alike(name, found[a.id], found[b.id])]


def alike(name, ones, others):
    """Whether two results are within the bound of each other on every frozen input."""
    within = [one[3] for one in trials(name)]
    return not any(off(*three) for three in zip(ones, others, within, strict=True))


def same_function(one, other, variant, width):
    """Whether two predictions agree in float64 at many random positions, to what the last place of a base may move."""
    rng = np.random.RandomState(11)
    axes, whole = axis_count(variant.frequencies), variant.frequencies.unit == "radian"
    shape = 200 if axes == 1 else (200, axes)
    positions = rng.randint(0, 50_000, shape).astype(float) if whole else rng.uniform(-1, 1, shape)
    x = rng.standard_normal((1, 1, 200, width)) if isinstance(variant, Rotary) else None
    with np.errstate(all="ignore"):
        a, b = one(positions, x), other(positions, x)
    return a.shape == b.shape and bool((np.isclose(a, b, rtol=0, atol=1e-9, equal_nan=True)).all())


@by_entry
def test_every_neighbour_has_a_name_of_its_own(name):
    ids = [one.id for one in known(name)]
    assert sorted(set(ids)) == sorted(ids)


@by_entry
def test_no_neighbour_is_named_without_words(name):
    assert [one.id for one in known(name) if not one.what or "/" not in one.id] == []


@by_entry
def test_the_inputs_tell_every_neighbour_that_is_another_function(name):
    entry, due = ANGLES[name], computing(ANGLES[name].variant)
    missed = [one.id for one in unseparated(name) if not same_function(one.predict, due, entry.variant, entry.width)]
    assert missed == []


@by_entry
def test_no_neighbour_is_the_function_itself(name):
    entry, due = ANGLES[name], computing(ANGLES[name].variant)
    same = [one.id for one in unseparated(name) if same_function(one.predict, due, entry.variant, entry.width)]
    assert same == []


@by_entry
def test_two_neighbours_with_one_output_are_one_function(name):
    entry = ANGLES[name]
    confused = [
        (one.id, other.id)
        for one, other in ambiguous(name)
        if not same_function(one.predict, other.predict, entry.variant, entry.width)
    ]
    assert confused == []


@by_entry
def test_what_is_rounded_to_bfloat16_stays_near_what_is_due(name):
    far = {}
    for p, x, want, _ in trials(name)[:1]:
        coarse = 2.0**16 * allowed(ANGLES[name].variant, p, x)
        for one in known(name):
            if one.id.startswith("bfloat16/"):
                far[one.id] = off(one.predict(p, x), want, coarse)
    assert [one for one, is_far in far.items() if is_far] == []


@pytest.mark.parametrize("name", ["llama-2", "qwen3-vl", "mae"])
def test_a_neighbour_does_not_change_what_it_is_given(name):
    for p, x, _, _ in trials(name)[:1]:
        before = p.copy(), None if x is None else x.copy()
        with np.errstate(over="ignore"):
            for one in known(name):
                one.predict(p, x)
        assert np.array_equal(p, before[0])
        assert x is None or np.array_equal(x, before[1])


# What some neighbours are, by hand.

PAIR = Rotary(Frequencies((0, 0), base=100.0))


def predicted(variant, features, name, positions, x=None):
    (one,) = (one for one in neighbours(variant, features) if one.id == name)
    return one.predict(np.asarray(positions, float), None if x is None else np.asarray(x, float))


def test_positions_off_by_one_are_those_of_the_next_token():
    x = np.ones((2, 4))
    late = predicted(PAIR, 4, "positions/plus-one", [5, 8], x)
    assert np.array_equal(late, computing(PAIR)(np.array([6.0, 9.0]), x))


@pytest.mark.parametrize(
    ("move", "given", "taken"),
    [
        ("minus-one", [5, 8], [4, 7]),
        ("plus-two", [5, 8], [7, 10]),
        ("doubled", [5, 8], [10, 16]),
        ("from-first", [70, 3, 9], [70, 71, 72]),
        ("less-first", [70, 3, 90], [0, -67, 20]),
        ("zero", [70, 3], [0, 0]),
        ("clamped-2047", [7, 2047, 2048, 9000], [7, 2047, 2047, 2047]),
        ("clamped-32767", [7, 32_767, 40_000], [7, 32_767, 32_767]),
    ],
)
def test_positions_on_a_line_are_moved_as_their_name_says(move, given, taken):
    x = np.ones((len(given), 4))
    moved = predicted(PAIR, 4, f"positions/{move}", given, x)
    assert np.array_equal(moved, computing(PAIR)(np.array(taken, float), x))


@pytest.mark.parametrize(
    ("move", "given", "taken"),
    [
        ("from-first", [[3, 4], [9, 9]], [[3, 4], [4, 5]]),
        ("less-first", [[3, 4], [9, 9]], [[0, 0], [6, 5]]),
        ("axes-10", [[3, 4], [9, 8]], [[4, 3], [8, 9]]),
        ("only-1", [[3, 4], [9, 8]], [[4, 4], [8, 8]]),
        ("without-0", [[3, 4], [9, 8]], [[0, 4], [0, 8]]),
        ("without-1", [[3, 4], [9, 8]], [[3, 0], [9, 0]]),
    ],
)
def test_positions_on_a_plane_are_moved_as_their_name_says(move, given, taken):
    variant, x = Rotary(Frequencies((0, 1))), np.ones((2, 4))
    moved = predicted(variant, 4, f"positions/{move}", given, x)
    assert np.array_equal(moved, computing(variant)(np.array(taken, float), x))


def test_fractions_may_be_taken_from_nought_to_one():
    variant, x = Rotary(Frequencies((0, 0), unit="turn")), np.ones((3, 4))
    moved = predicted(variant, 4, "positions/unit-interval", [-1, 0, 0.5], x)
    assert np.array_equal(moved, computing(variant)(np.array([0, 0.5, 0.75]), x))


@pytest.mark.parametrize(
    ("variant", "absent"),
    [(PAIR, "unit-interval"), (PAIR, "without-0"), (Rotary(Frequencies((0, 1))), "clamped-2047")],
    ids=str,
)
def test_positions_are_moved_only_as_they_can_be(variant, absent):
    assert f"positions/{absent}" not in [one.id for one in neighbours(variant, 4)]


def test_mistakes_of_positions_come_before_all_others():
    kinds = [one.id.partition("/")[0] for one in known("llama-3.1")]
    assert kinds == sorted(kinds, key=list(dict.fromkeys(kinds)).index)
    assert kinds[0] == "positions"


C, S = np.cos(1), np.sin(1)


@pytest.mark.parametrize(
    ("mistake", "x", "y"),
    [
        ("exchanged", [1, 0], [S, C]),
        ("exchanged", [0, 1], [-C, S]),
        ("no-minus", [1, 0], [C, S]),
        ("no-minus", [0, 1], [S, C]),
        ("overwritten", [1, 0], [C, C * S]),
        ("overwritten", [0, 1], [-S, C - S * S]),
    ],
)
def test_arithmetic_goes_wrong_as_its_name_says(mistake, x, y):
    got = predicted(Rotary(Frequencies((0,))), 2, f"arithmetic/{mistake}", [1], [x])
    assert got[0] == pytest.approx(y, abs=1e-15)


def test_what_is_overwritten_is_what_a_loop_in_place_gives():
    variant, x = Rotary(Frequencies((0, 0))), np.arange(1.0, 5.0)[None]
    a, b = x[0, :2].copy(), x[0, 2:].copy()
    phi = 3 * omega(variant.frequencies)[0]
    a = a * np.cos(phi) - b * np.sin(phi)
    b = b * np.cos(phi) + a * np.sin(phi)
    got = predicted(variant, 4, "arithmetic/overwritten", [3], x)
    assert got[0] == pytest.approx([*a, *b], abs=1e-15)


def test_angles_and_tables_in_bfloat16_are_rounded_twice():
    rows = predicted(Sinusoidal(Frequencies((0,))), 2, "bfloat16/angles-and-tables", [257])
    angle = float(round_to(257.0, "bfloat16"))
    assert rows[0].tolist() == round_to([np.sin(angle), np.cos(angle)], "bfloat16").tolist()


def test_everything_in_bfloat16_rounds_positions_frequencies_angles_and_tables():
    frequencies = Frequencies((0, 0))
    rows = predicted(Sinusoidal(frequencies), 4, "bfloat16/everything", [259])
    steps = round_to(omega(frequencies)[0], "bfloat16")
    angles = round_to(260.0 * steps, "bfloat16")
    assert rows[0, ::2].tolist() == round_to(np.sin(angles), "bfloat16").tolist()


@by_entry
def test_mistakes_of_every_entry_are_of_known_kinds(name):
    assert {one.id.partition("/")[0] for one in known(name)} <= KINDS


def test_ignored_positions_count_from_nought():
    x = np.ones((3, 4))
    counted = predicted(PAIR, 4, "positions/ignored", [70, 3, 9], x)
    assert np.array_equal(counted, computing(PAIR)(np.arange(3.0), x))


def test_positions_in_bfloat16_lose_257():
    x = np.ones((1, 4))
    assert np.array_equal(predicted(PAIR, 4, "bfloat16/positions", [257], x), computing(PAIR)(np.array([256.0]), x))


def test_positions_in_bfloat16_round_259_up():
    x = np.ones((1, 4))
    assert np.array_equal(predicted(PAIR, 4, "bfloat16/positions", [259], x), computing(PAIR)(np.array([260.0]), x))


def test_a_flipped_sign_is_the_rotation_by_negative_positions():
    x = np.ones((2, 4))
    flipped = predicted(PAIR, 4, "sign/flipped", [3, 50], x)
    assert np.array_equal(flipped, computing(PAIR)(np.array([-3.0, -50.0]), x))


@pytest.mark.parametrize(("mistake", "other"), [("base", "ntk-rope-old"), ("ntk", "ntk-aware")])
def test_a_mixed_radix_may_be_taken_for_a_base_that_grows(mistake, other):
    taken = next(one for one in known("ntk-rope-mixed") if one.id == f"scaling/{mistake}")
    want = omega(ANGLES[other].variant.frequencies)
    assert omega(taken.variant.frequencies) == pytest.approx(want, rel=1e-14)


def test_swapped_pairing_turns_neighbouring_features():
    turned = predicted(PAIR, 4, "pairing/interleaved", [1], [[1.0, 0.0, 0.0, 0.0]])
    assert turned[0] == pytest.approx([np.cos(1), np.sin(1), 0, 0])


def test_a_table_in_bfloat16_holds_eight_bits():
    rows = predicted(Sinusoidal(Frequencies((0,))), 2, "bfloat16/tables", [1])
    assert rows[0].tolist() == [0.83984375, 0.5390625]


def test_a_ladder_in_bfloat16_rounds_base_exponents_and_powers():
    variant = Sinusoidal(Frequencies((0,) * 3, base=1000.0))
    rows = predicted(variant, 6, "bfloat16/ladder", [3])
    steps = 1 / round_to(1000.0 ** round_to([0, 1 / 3, 2 / 3], "bfloat16"), "bfloat16")
    angles = round_to(3 * round_to(steps, "bfloat16"), "bfloat16")
    assert rows[0, ::2] == pytest.approx(np.sin(angles), rel=1e-12)


def test_a_frequency_in_bfloat16_is_rounded_to_nearest():
    frequencies = Frequencies((0, 0))
    rows = predicted(Sinusoidal(frequencies), 4, "bfloat16/frequencies", [1])
    assert rows[0, 2] == pytest.approx(np.sin(round_to(omega(frequencies)[0, 1], "bfloat16")), rel=1e-14)
