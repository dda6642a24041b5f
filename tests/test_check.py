"""check: what it says of right, wrong and broken implementations, and that it never falls over."""

import json
from dataclasses import replace
from functools import cache

import ml_dtypes
import numpy as np
import pytest

from refpos import (
    CATALOGUE,
    Dense,
    Frequencies,
    Linear,
    PerHead,
    Rotary,
    Sinusoidal,
    SpecError,
    XPos,
    check,
    cos_sin,
    embed,
    rotate,
    turn,
)
from refpos.oracle import explain, trial
from refpos.oracle.inputs import cases
from refpos.oracle.neighbours import neighbours
from refpos.oracle.rounding import round_to
from refpos.oracle.tolerance import bound

VARIANT = Rotary(Frequencies((0, 0)))
ADDED = Sinusoidal(Frequencies((0, 0)))


def right(x, positions):
    return rotate(x, positions, VARIANT)


def added(positions):
    return embed(positions, ADDED).astype(np.float32)


# Right ones.


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_the_specification_agrees_with_itself(dtype):
    assert check(right, VARIANT, dtype=dtype).verdict == "agrees"


def test_bfloat16_travels_in_float32():
    seen = []

    def implementation(x, positions):
        seen.append((x.dtype, bool(np.array_equal(round_to(x, "bfloat16"), x))))
        return round_to(rotate(x, positions, VARIANT), "bfloat16").astype(np.float32)

    assert check(implementation, VARIANT, dtype="bfloat16").verdict == "agrees"
    assert set(seen) == {(np.dtype(np.float32), True)}


def test_float32_tables_are_told_from_arithmetic_in_16_bits():
    def wide(x, positions):
        return round_to(rotate(x, positions, VARIANT), "bfloat16").astype(np.float32)

    def narrow(x, positions):
        cos, sin = (round_to(one, "bfloat16") for one in cos_sin(positions, VARIANT))
        return round_to(turn(x.astype(np.float64), cos, sin, VARIANT), "bfloat16").astype(np.float32)

    recipe = "log/float32-tables"
    assert check(narrow, VARIANT, dtype="bfloat16").verdict == "agrees"
    assert check(wide, VARIANT, dtype="bfloat16", recipe=recipe).verdict == "agrees"
    report = check(narrow, VARIANT, dtype="bfloat16", recipe=recipe)
    assert (report.recipe, report.verdict) == ("bfloat16/log/float32-tables", "differs")
    assert report.findings[0].id == "recipe/log"
    assert report.findings[0].what == "tables and arithmetic in bfloat16, where the recipe says float32"


def test_a_result_in_true_bfloat16_is_taken_as_one():
    def implementation(x, positions):
        return rotate(x.astype(np.float64), positions, VARIANT).astype(ml_dtypes.bfloat16)

    assert check(implementation, VARIANT, dtype="bfloat16").verdict == "agrees"


def test_a_result_in_true_bfloat16_is_not_taken_for_float32():
    what = check(lambda x, p: right(x, p).astype(ml_dtypes.bfloat16), VARIANT).findings[0].what
    assert what == "returned bfloat16 where float32 is due"


def test_bfloat16_arithmetic_is_too_coarse_for_float32():
    report = check(lambda x, p: round_to(right(x, p), "bfloat16").astype(np.float32), VARIANT)
    assert report.verdict == "differs"


def test_rows_that_are_added_agree():
    assert check(added, ADDED).verdict == "agrees"


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_rows_that_are_added_are_due_in_their_dtype(dtype):
    assert check(lambda p: embed(p, ADDED).astype(dtype), ADDED, dtype=dtype).verdict == "agrees"


def test_rows_before_position_0_are_compared_too():
    variant = Sinusoidal(Frequencies((0, 0)), prefix=1)
    without = check(lambda p: np.concatenate([np.ones((1, 4)), embed(p, ADDED)]).astype(np.float32), variant)
    assert check(lambda p: embed(p, variant).astype(np.float32), variant).verdict == "agrees"
    assert "at a row before the first position" in without.where


def test_a_name_stands_for_its_entry_and_width():
    seen = set()

    def implementation(x, positions):
        seen.add(x.shape[-1])
        return rotate(x, positions, CATALOGUE["gpt-neox-20b"].variant)

    assert check(implementation, "gpt-neox-20b").verdict == "agrees"
    assert seen == {96}


def test_heads_that_differ_get_as_many_heads():
    variant = Rotary(PerHead((Frequencies((0,)),) * 5))
    elements = sum(batch * 5 * len(p) * 2 for (batch, _), p in zip(leads(), lines(), strict=True))
    assert check(lambda x, p: rotate(x, p, variant), variant).elements == elements


def test_what_is_learned_goes_into_what_is_due():
    variant, learned = Rotary(Dense(2, 2)), {"omega": np.array([[0.5, 0.1], [0.25, 1.0]])}
    assert check(lambda x, p: rotate(x, p, variant, learned=learned), variant, learned=learned).ok


def test_an_implementation_sees_no_position_from_its_longest_on():
    seen = []
    check(lambda x, p: (seen.append(p.max()), right(x, p))[1], VARIANT, longest=4096)
    assert max(seen) == 4095


def test_an_implementation_of_grids_gets_grids_alone():
    variant, seen = Rotary(Frequencies((0, 1))), []
    check(lambda x, p: (seen.append(len(p)), rotate(x, p, variant))[1], variant, grids=True)
    assert seen == [15, 24, 64]


def test_all_elements_are_counted():
    sizes = [batch * heads * len(p) * 4 for (batch, heads), p in zip(leads(), lines(), strict=True)]
    assert check(right, VARIANT).elements == sum(sizes)


def test_batches_and_heads_come_in_two_sizes_by_turns_and_tokens_in_several():
    seen = []
    check(lambda x, p: (seen.append(x.shape), right(x, p))[1], VARIANT)
    assert [shape[:2] for shape in seen] == leads()
    assert {shape[2] for shape in seen} >= {1, 13}
    assert [shape[2] for shape in seen] == [len(p) for p in lines()]


def lines():
    return [case.positions for case in cases(VARIANT.frequencies)]


def leads():
    return [((2, 3), (3, 5))[n % 2] for n in range(len(lines()))]


# Keys.

GROWING = Rotary(Frequencies((0,) * 8), growth=XPos(centre=1000.0))


@pytest.mark.parametrize("side", ["query", "key"])
@pytest.mark.parametrize("asked", ["query", "key"])
def test_where_there_is_growth_the_side_that_is_asked_for_is_due(side, asked):
    report = check(lambda x, p: rotate(x, p, GROWING, side=side), GROWING, side=asked, longest=32_768)
    assert report.verdict == ("agrees" if side == asked else "differs")


@pytest.mark.parametrize("side", ["query", "key"])
def test_where_nothing_grows_keys_turn_as_queries_do(side):
    assert check(right, VARIANT, side=side).verdict == "agrees"


def test_keys_of_the_catalogue_are_checked_by_name():
    variant = CATALOGUE["xpos"].variant
    options = {"side": "key", "longest": 32_768}
    assert check(lambda x, p: rotate(x, p, variant, side="key"), "xpos", **options).verdict == "agrees"
    assert check(lambda x, p: rotate(x, p, variant), "xpos", **options).verdict == "differs"


def test_keys_of_float64_are_checked_however_far():
    variant = CATALOGUE["xpos"].variant
    assert check(lambda x, p: rotate(x, p, variant, side="key"), "xpos", side="key", dtype="float64").ok


@pytest.mark.parametrize("side", ["both", None, "output"])
def test_a_side_that_is_none_is_refused(side):
    with pytest.raises(SpecError, match=f"side must be 'query' or 'key'; got {side}"):
        check(right, VARIANT, side=side)


# Broken ones.


def ragged(x, positions):
    return [[1.0], [1.0, 2.0]]


def writes_into_x(x, positions):
    y = right(x, positions)
    x[...] = 0
    return y


def writes_into_positions(x, positions):
    y = right(x, positions)
    positions += 1
    return y


def ends(x, positions):
    raise SystemExit(3)


def fails(x, positions):
    raise KeyError("sections")


def fails_silently(x, positions):
    raise ValueError


def fails_at_length(x, positions):
    raise RuntimeError("first line\nsecond line")


def yields(x, positions):
    yield right(x, positions)


def closes(x, positions):
    raise GeneratorExit


class LostError(BaseException):
    """Neither an Exception nor an interrupt, as what JAX and pytest raise may be."""


def gets_lost(x, positions):
    raise LostError("no device")


def infers(x):
    return x


def with_tables(x, positions):
    return right(x, positions), positions


def masked(x, positions):
    return np.ma.masked_array(right(x, positions), mask=False)


def structured(x, positions):
    return right(x, positions).view([("re", "f4"), ("im", "f4")])


class Hostile:
    def __array__(self, dtype=None, copy=None):
        raise OSError("no array")


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def fails_to_say(x, positions):
    raise UnprintableError


BROKEN = [
    (fails, "raised KeyError: 'sections'"),
    (fails_silently, "raised ValueError"),
    (fails_at_length, "raised RuntimeError: first line"),
    (ends, "raised SystemExit: 3"),
    (infers, "raised TypeError: infers() takes 1 positional argument but 2 were given"),
    (lambda *_: Hostile(), "raised OSError: no array"),
    (closes, "raised GeneratorExit"),
    (gets_lost, "raised LostError: no device"),
    (lambda *_: None, "returned a NoneType where an array of numbers is due"),
    (lambda *_: "agrees", "returned a str where an array of numbers is due"),
    (lambda *_: b"agrees", "returned a bytes where an array of numbers is due"),
    (lambda *_: {"y": 1.0}, "returned a dict where an array of numbers is due"),
    (yields, "returned a generator where an array of numbers is due"),
    (with_tables, "raised ValueError: setting an array element with a sequence"),
    (lambda x, p: (right(x, p),), "returned a tuple where an array of numbers is due"),
    (lambda x, p: (right(x, p), right(x, p)), "returned a tuple where an array of numbers is due"),
    (masked, "returned a MaskedArray where an array of numbers is due"),
    (structured, "returned a ndarray where an array of numbers is due"),
    (lambda *_: 0.5, "returned shape () where (2, 3, 13, 4) is due"),
    (lambda x, p: right(x, p)[0], "returned shape (3, 13, 4) where (2, 3, 13, 4) is due"),
    (lambda x, p: right(x, p)[..., :3], "returned shape (2, 3, 13, 3) where (2, 3, 13, 4) is due"),
    (lambda x, p: right(x, p).swapaxes(1, 2), "returned shape (2, 13, 3, 4) where (2, 3, 13, 4) is due"),
    (lambda x, p: right(x, p).astype(np.float64), "returned float64 where float32 is due"),
    (lambda x, p: right(x, p).tolist(), "returned float64 where float32 is due"),
    (lambda x, p: right(x, p).astype(object), "returned a ndarray where an array of numbers is due"),
    (lambda x, p: right(x, p).astype(str), "returned a ndarray where an array of numbers is due"),
    (lambda x, p: right(x, p) > 0, "returned bool where float32 is due"),
    (lambda _, p: p.astype("datetime64[s]"), "returned shape (13,) where (2, 3, 13, 4) is due"),
    (lambda x, p: right(x, p).astype(np.int32), "returned int32 where float32 is due"),
    (lambda x, p: right(x, p).astype(np.complex64), "returned complex64 where float32 is due"),
    (writes_into_x, "wrote into its input"),
    (writes_into_positions, "wrote into its input"),
]


@pytest.mark.parametrize(("broken", "reason"), BROKEN, ids=[f"{n}: {why}" for n, (_, why) in enumerate(BROKEN)])
def test_a_broken_implementation_errs_and_its_reason_is_told(broken, reason):
    report = check(broken, VARIANT)
    assert (report.verdict, report.findings[0].what[: len(reason)]) == ("errored", reason)


def test_a_ragged_result_errs():
    what = check(ragged, VARIANT).findings[0].what
    assert what.startswith("raised ValueError: setting an array element with a sequence")


def test_an_error_that_cannot_be_told_is_still_an_error():
    assert check(fails_to_say, VARIANT).verdict == "errored"


def test_an_error_says_on_which_input():
    def breaks_far_off(x, positions):
        if positions.max() > 20_000:
            raise IndexError("index 32767 is out of bounds")
        return right(x, positions)

    report = check(breaks_far_off, VARIANT)
    assert report.findings[0].evidence == "on input line/far"


def test_an_error_has_no_worst_and_no_place():
    report = check(fails, VARIANT)
    assert (np.isnan(report.worst), report.where, report.ok) == (True, "", False)


def test_an_interrupt_is_not_swallowed():
    def interrupted(x, positions):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(interrupted, VARIANT)


def test_a_view_of_the_input_is_compared_like_any_result():
    assert check(lambda x, _: x[...], VARIANT).findings[0].id == "positions/zero"


def test_an_implementation_may_turn_in_place_and_give_that_back_only_if_it_says_so():
    def in_place(x, positions):
        return rotate(x, positions, VARIANT, out=x)

    assert check(in_place, VARIANT).findings[0].what == "wrote into its input"


def test_what_is_written_into_one_call_another_does_not_see():
    kept = []

    def keeps(x, positions):
        kept.append(x)
        for old in kept[:-1]:
            old[...] = 0
        return right(x, positions)

    assert check(keeps, VARIANT).verdict == "agrees"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_result_that_is_no_number_differs_without_end(value):
    def broken(x, positions):
        y = right(x, positions)
        y[0, 0, -1, 2] = value
        return y

    report = check(broken, VARIANT)
    assert (report.verdict, report.worst) == ("differs", np.inf)


def test_a_result_that_is_no_number_is_found_in_features_that_pass_through():
    variant = Rotary(Frequencies((0,)))

    def broken(x, positions):
        y = rotate(x, positions, variant)
        y[..., 3] = np.nan
        return y

    assert check(broken, variant, features=4).worst == np.inf


def test_a_state_that_moves_on_is_found():
    calls = []

    def counts_up(x, positions):
        calls.append(1)
        return rotate(x, positions + len(calls), VARIANT)

    assert check(counts_up, VARIANT).verdict == "differs"


def test_a_table_that_ends_too_early_is_found_where_it_ends():
    report = check(lambda x, p: right(x, np.minimum(p, 5999)), VARIANT)
    assert report.findings[0].id == "unexplained"
    beyond = min(position for line in lines() for position in line if position > 5999)
    assert f"the first at position {beyond:g}" in report.findings[0].evidence


@pytest.mark.parametrize("last", [2047, 4095, 8191, 32_767])
def test_a_table_that_ends_at_a_usual_length_is_named(last):
    report = check(lambda x, p: right(x, np.minimum(p, last)), VARIANT)
    assert [one.id for one in report.findings] == [f"positions/clamped-{last}"]


AXES = [VARIANT, Rotary(Frequencies((0, 1))), Rotary(Frequencies((0, 1, 2))), Rotary(Frequencies((0, 1), unit="turn"))]


@pytest.mark.parametrize("variant", AXES, ids=str)
def test_a_table_kept_by_the_length_of_a_call_is_found(variant):
    kept = {}

    def keeps(x, positions):
        return rotate(x, kept.setdefault(len(positions), positions), variant)

    assert check(keeps, variant).verdict == "differs"


def test_rows_kept_by_the_length_of_a_call_are_found():
    kept = {}
    assert check(lambda p: kept.setdefault(len(p), added(p)), ADDED).verdict == "differs"


@pytest.mark.parametrize("variant", AXES, ids=str)
def test_a_table_kept_from_the_longest_call_on_is_found(variant):
    kept = []

    def keeps(x, positions):
        if not kept or len(kept[0]) < len(positions):
            kept[:] = [positions]
        return rotate(x, kept[0][: len(positions)], variant)

    assert check(keeps, variant).verdict == "differs"


@pytest.mark.parametrize("variant", AXES, ids=str)
def test_a_step_of_decoding_that_is_wrong_is_found(variant):
    def steps(x, positions):
        return rotate(x, positions * (len(positions) > 1), variant)

    report = check(steps, variant)
    assert (report.verdict, report.findings[0].id) == ("differs", "unexplained")


def test_a_row_of_decoding_that_is_wrong_is_found():
    assert check(lambda p: added(p * (len(p) > 1)), ADDED).verdict == "differs"


@pytest.mark.parametrize("variant", AXES, ids=str)
def test_what_is_wrong_for_a_batch_of_three_alone_is_found(variant):
    def wrong(x, positions):
        return rotate(x, positions, variant) * (1 + 0.01 * (len(x) == 3))

    assert check(wrong, variant).verdict == "differs"


@pytest.mark.parametrize("variant", AXES, ids=str)
def test_what_is_wrong_for_heads_beyond_the_third_alone_is_found(variant):
    def wrong(x, positions):
        y = rotate(x, positions, variant)
        y[:, 3:] = x[:, 3:]
        return y

    assert check(wrong, variant).verdict == "differs"


def test_what_takes_batches_for_heads_is_found():
    def turns_by_head(x, positions):
        return np.concatenate([right(x[:, :2], positions), x[:, 2:]], axis=1)

    assert check(turns_by_head, VARIANT).verdict == "differs"


def test_one_wrong_element_is_found():
    def broken(x, positions):
        y = right(x, positions)
        far = np.flatnonzero(positions == 131_071)
        y[1, 2, far, 3] += 1e-3
        return y

    report = check(broken, VARIANT)
    assert report.where.startswith("at position 131071, feature 3")


# Wrong questions.


@pytest.mark.parametrize(
    ("variant", "options", "rule"),
    [
        ("llama-31", {}, "name must be one of the catalogue, perhaps llama-3.1, llama-"),
        ("???", {}, "`refpos list` shows them; got"),
        (VARIANT, {"dtype": "float8"}, "dtype must be one of float64, float32, float16, bfloat16; got float8"),
        (
            VARIANT,
            {"recipe": "log/float64-tables"},
            "a recipe must be an idiom, or one with /float32-tables or /flushed or both after it; got log/f",
        ),
        (VARIANT, {"recipe": "log/float32-tables"}, "tables must be None, or 'float32' where features are of 16 bits"),
        (VARIANT, {"recipe": "exact"}, "recipe must be one of tables, power, log, recurrence; got exact"),
        (VARIANT, {"features": 3}, "features must be an int of at least 4; got 3"),
        (VARIANT, {"features": 4.0}, "features must be an int of at least 4; got 4.0"),
        (VARIANT, {"longest": 0}, "longest must be an int of at least 2; got 0"),
        (VARIANT.frequencies, {}, "variant must be Rotary, Sinusoidal or a name; got"),
        (VARIANT, {"longest": 1}, "longest must be an int of at least 2; got 1"),
        (VARIANT, {"longest": 4096.0}, "longest must be an int of at least 2; got 4096.0"),
        (
            "dynamic-ntk",
            {},
            "an encoding that depends on the length needs at_length, or --length; got dynamic-ntk",
        ),
        (Rotary(Dense(2, 2)), {}, "learned must bring exactly omega"),
        (VARIANT, {"learned": {"omega": np.ones((1, 2))}}, "learned arrays are only for variants that learn"),
    ],
    ids=str,
)
def test_a_wrong_question_is_refused(variant, options, rule):
    with pytest.raises(SpecError) as raised:
        check(right, variant, **options)
    assert rule in str(raised.value)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(SpecError, match="implementation must be callable; got 7"):
        check(7, VARIANT)


# Mistakes, and their names.

NAMED = [
    "llama-3.1",
    "gpt-oss",
    "qwen3-vl",
    "deepseek-v3",
    "gemma-4-global",
    "gpt-neox-20b",
    "mae of 64 features",
    "whisper",
    "dinov3",
]
MAE = CATALOGUE["mae"]
NARROW = replace(MAE.variant, frequencies=replace(MAE.variant.frequencies, axes=(1,) * 16 + (0,) * 16))
ENTRIES = CATALOGUE | {"mae of 64 features": replace(MAE, features=None, variant=NARROW)}


@cache
def known(name):
    return {one.id: one for one in neighbours(ENTRIES[name].variant, ENTRIES[name].width)}


def kept(function):
    """Return a function of arrays that keeps what it returned: every mistake is held against every other."""
    known = {}

    def keeping(*given, **named):
        key = [one.tobytes() if isinstance(one, np.ndarray) else one for one in (*given, *named.values())]
        key = tuple(key), tuple(one.shape for one in given if isinstance(one, np.ndarray))
        if key not in known:
            known[key] = function(*given, **named)
        return known[key]

    return keeping


def honest(mistake):
    """Return an implementation in float32 that makes a mistake."""

    def implementation(*given):
        *x, positions = (np.asarray(one, np.float64) for one in given)
        with np.errstate(all="ignore"):
            return mistake.predict(positions, x[0] if x else None).astype(np.float32)

    return implementation


def named(name, mistake):
    """Return the verdict on a mistake, and the id that is named first."""
    with np.errstate(all="ignore"):
        report = check(honest(mistake), ENTRIES[name].variant, features=ENTRIES[name].width)
    return report.verdict, report.findings[0].id if report.findings else ""


def same_function(name, one, other):
    """Whether two mistakes return the same on every frozen input, to float64."""
    if one == other:
        return True
    entry = ENTRIES[name]
    for case in cases(entry.variant.frequencies):
        x = np.ones((1, len(case.positions), entry.width)) * np.arange(1, entry.width + 1)
        with np.errstate(all="ignore"):
            a, b = (known(name)[which].predict(case.positions, x) for which in (one, other))
        if a.shape != b.shape or not np.allclose(a, b, rtol=0, atol=1e-6, equal_nan=True):
            return False
    return True


@pytest.mark.parametrize("name", NAMED)
def test_every_mistake_is_named_first(name, monkeypatch):
    tried = [replace(mistake, predict=kept(mistake.predict)) for mistake in known(name).values()]
    monkeypatch.setattr(trial, "LEADS", ((1, 1),))
    for module in (trial, explain):
        monkeypatch.setattr(module, "bound", kept(bound))
    monkeypatch.setattr(explain, "neighbours", lambda *_, **__: tried)
    found = {one: named(name, mistake) for one, mistake in known(name).items()}
    assert {one for one, (verdict, _) in found.items() if verdict == "agrees"} == set()
    confused = {
        one: first
        for one, (verdict, first) in found.items()
        if verdict == "differs" and not (first in known(name) and same_function(name, one, first))
    }
    assert confused == {}


NEW = [
    ("llama-2", "positions/plus-two"),
    ("llama-2", "positions/doubled"),
    ("llama-2", "positions/from-first"),
    ("llama-2", "positions/less-first"),
    ("llama-2", "positions/clamped-4095"),
    ("dinov3", "positions/unit-interval"),
    ("dinov3", "positions/without-0"),
    ("llama-2", "arithmetic/exchanged"),
    ("llama-2", "arithmetic/no-minus"),
    ("gpt-neox-20b", "arithmetic/overwritten"),
    ("llama-2", "base/500000"),
    ("llama-2", "columns/repeated"),
    ("llama-2", "columns/tiled"),
    ("llama-3.1", "scaling/factor-40"),
    ("llama-3.1", "scaling/original-2048"),
    ("gpt-oss", "attention-factor/twice"),
    ("gpt-neox-20b", "pairing/head"),
    ("gemma-4-global", "stopped/turning"),
    ("qwen3-vl", "axes/cyclic"),
    ("dinov3", "unit/half-turn"),
    ("llama-2", "bfloat16/everything"),
    ("llama-2", "float16/angles-and-tables"),
]


@pytest.mark.parametrize(("name", "mistake"), NEW, ids=lambda one: one)
def test_a_mistake_of_every_new_kind_is_named_first(name, mistake):
    assert named(name, known(name)[mistake]) == ("differs", mistake)


def test_another_entry_is_named():
    report = check(lambda x, p: rotate(x, p, CATALOGUE["command-r"].variant), "llama-2")
    assert [one.id for one in report.findings] == ["catalogue/command-r"]


def test_another_entry_of_sinusoids_is_named():
    other = CATALOGUE["tensor2tensor"].variant
    report = check(lambda p: embed(p, other).astype(np.float32), "transformer")
    assert "catalogue/tensor2tensor" in [one.id for one in report.findings]


def test_a_difference_that_nothing_explains_says_so():
    report = check(lambda x, p: 1.001 * right(x, p), VARIANT)
    assert [one.id for one in report.findings] == ["unexplained"]


def test_a_coarser_recipe_is_named_before_any_mistake():
    frequencies = 1 / np.float32(1e4) ** (np.arange(24, dtype=np.float32) / np.float32(24))
    variant = Rotary(Frequencies((0,) * 24))

    def in_float32(x, positions):
        angles = positions[:, None].astype(np.float32) * frequencies
        a, b = np.split(x, 2, axis=-1)
        cos, sin = np.cos(angles), np.sin(angles)
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)

    assert check(in_float32, variant, recipe="power").verdict == "agrees"
    assert check(in_float32, variant, recipe="tables").findings[0].id == "recipe/power"


def test_a_mistake_is_named_in_bfloat16_too():
    def flipped(x, positions):
        return round_to(right(x, -positions), "bfloat16").astype(np.float32)

    assert check(flipped, VARIANT, dtype="bfloat16").findings[0].id == "sign/flipped"


def test_a_scaling_that_is_left_out_is_named():
    scaled = Rotary(Frequencies((0,) * 8, scaling=Linear(4)))
    unscaled = Rotary(Frequencies((0,) * 8))
    assert check(lambda x, p: rotate(x, p, unscaled), scaled).findings[0].id == "scaling/no-Linear"


# Reports.


def test_a_report_of_agreement_reads_as_one_line():
    report = check(right, VARIANT)
    assert str(report) == f"Rotary (float32/log): agrees, worst error {report.worst:.2f} of its bound, 2,472 elements"


def test_a_report_of_a_difference_says_where_and_what():
    lines = str(check(lambda x, p: right(x, -p), VARIANT)).splitlines()
    assert lines[0].startswith("Rotary (float32/log): differs, worst error ")
    assert lines[1].startswith("  at position ")
    assert lines[2].startswith("  turned the other way: sign flipped [sign/flipped]: it explains every element, to 0.")


def test_a_report_of_an_error_says_the_reason():
    assert str(check(fails, VARIANT)) == (
        "Rotary (float32/log): errored\n  raised KeyError: 'sections' [errored]: on input line/near"
    )


@pytest.mark.parametrize(
    "implementation",
    [right, fails, lambda x, p: right(x, -p), lambda x, p: right(x, p) * np.nan],
    ids=["right", "fails", "flipped", "no numbers"],
)
def test_a_report_survives_json(implementation):
    report = check(implementation, VARIANT)
    data = report.to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == {**data, "findings": list(data["findings"])}


def test_an_endless_worst_is_null_in_a_report():
    assert check(lambda x, p: right(x, p) * np.nan, VARIANT).to_dict()["worst"] is None


def test_a_report_tells_machines_whether_it_is_right():
    assert [check(one, VARIANT).to_dict()["ok"] for one in (right, fails)] == [True, False]
