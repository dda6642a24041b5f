"""Golden files of rules of position: what is due, how far it may be off, which mistakes are told."""

import json
from functools import cache
from math import ceil

import numpy as np
import pytest

from refpos import SpecError
from refpos.catalogue import POSITIONS
from refpos.oracle.families.positions import POSITIONS as FAMILY
from refpos.oracle.families.segments import count, given, segments
from refpos.oracle.families.walk import Walk
from refpos.oracle.golden.document import rederived, written
from refpos.oracle.golden.export_arrays import arrays
from refpos.oracle.golden.format import canonical
from refpos.oracle.golden.others import Other, require_other
from refpos.oracle.golden.schema import SCHEMA
from refpos.oracle.places import mask_bound, place_bound
from refpos.oracle.rounding import round_to
from refpos.spec.positions import place
from refpos.variants.masks import DetrMask, MaskRule
from refpos.variants.multimodal import V2PE, CircleRope, MRope, MSRope, Multimodal, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Audio, Centres, Grid, GridBuckets, Image, Index, Text, Video

jsonschema = pytest.importorskip("jsonschema")

DTYPES = ("float64", "float32", "float16", "bfloat16")
RULES = {name: entry.variant for name, entry in POSITIONS.items()}
WALKED = [name for name, rule in RULES.items() if isinstance(rule, Multimodal) and not isinstance(rule, MSRope)]
TIMED = [name for name in WALKED if getattr(RULES[name], "tokens_per_second", None)]
FRACTIONAL = {
    "circle-rope-positions": 0.02,
    "detr-positions": 0.1,
    "deformable-detr-positions": 0.1,
    "dinov3-positions": 0.1,
    "eva-02-positions": 0.1,
    "rope-tie-equivalent-positions": 0.02,
    "v2pe-multimodal-ropes-positions": 0.02,
}
"""Rules whose values float32 rounds, and what share of its bound it comes to."""


@cache
def document(name):
    return written(name)


@cache
def subject(name):
    return Other(name, POSITIONS[name])


def cases(name):
    return [(one["id"], one["inputs"], np.array(one["master"])) for one in document(name)["cases"]]


@pytest.mark.parametrize("name", RULES)
def test_masters_are_what_the_specification_computes(name):
    rule = RULES[name]
    for where, inputs, master in cases(name):
        got = FAMILY.compute(rule, inputs, {})
        assert got.shape == master.shape, where
        assert (np.abs(got - master) <= FAMILY.allowed(rule, inputs, {}, "float64")).all(), where
        if name not in FRACTIONAL:
            assert np.array_equal(got, master), where


def test_masters_of_a_video_are_whole_and_uneven():
    _, inputs, master = next(one for one in cases("qwen2.5-vl-positions") if "0.875" in str(one[1]))

    assert [2, 3] == [segments(inputs)[1].h // 2, segments(inputs)[1].w // 2]
    assert [0, 2, 4, 6, 9] == (master[2:-2:6, 0] - 2).tolist()
    assert [12, 13] == master[-2:, 0].tolist()


@pytest.mark.parametrize("name", TIMED)
def test_no_time_is_near_a_whole_number_but_where_it_is_one_in_every_dtype(name):
    """There an honest implementation may truncate to the number before."""
    rate = RULES[name].tokens_per_second
    for where, inputs, _ in cases(name):
        for one in segments(inputs):
            timed = isinstance(one, Video) or (isinstance(one, Audio) and rate != one.rate)
            n, per_second = (one.t, one.fps) if isinstance(one, Video) else (getattr(one, "n", 0), 25.0)
            for i in range(1, n) if timed else ():
                time = i * rate / per_second
                assert 0.02 <= time % 1 <= 0.98, where


def test_no_bucket_hangs_on_a_last_digit():
    """Idefics2 divides in float32."""
    for where, inputs, master in cases("idefics2-positions"):
        f, found = np.float32, []
        for one in segments(inputs):
            y, x = (np.floor(np.arange(n, dtype=f) * (f(1) / f(n)) * f(7)) for n in (one.h, one.w))
            found.append((y[:, None] * 7 + x).ravel())
        assert np.array_equal(np.concatenate(found), master[:, 0]), where


# Honest implementations, in a dtype.


def honest(rule, inputs, f):
    """Return positions as those who publish a rule work them out, in the order of their operations."""
    if isinstance(rule, DetrMask):
        return honest_counts(np.array(inputs["mask"]), rule, f)
    made = {Grid: honest_grid, Centres: honest_centres}.get(type(rule))
    if made:
        return np.concatenate([made(one.h, one.w, rule, f) for one in segments(inputs)])
    rows, start = [], f(0)
    for one in frame_by_frame(segments(inputs), rule):
        if isinstance(one, Text | Audio):
            axes = {V2PE: 1, RopeTie: 2}.get(type(rule), 3)
            rows.append(np.repeat((start + np.arange(one.n, dtype=f))[:, None], axes, axis=1))
            start = rows[-1].max() + f(1)
        else:
            block, start = HONEST[type(rule)](one, start, rule, f)
            rows.append(block)
    return np.concatenate(rows)


def frame_by_frame(given, rule):
    for one in given:
        split = isinstance(one, Video) and getattr(rule, "split", False)
        yield from [Image(one.h, one.w)] * one.t if split else [one]


def honest_counts(m, rule, f):
    counts = [m.cumsum(axis, dtype=f) for axis in (0, 1)]
    last = [counts[0][-1:], counts[1][:, -1:]]
    pairs = zip(counts, last, strict=True)
    return np.stack([(c + f(rule.shift)) / (n + f(rule.epsilon)) for c, n in pairs], axis=-1).reshape(-1, 2)


def meshed(y, x):
    return np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)


def honest_grid(h, w, rule, f):
    sides = [np.arange(n, dtype=f) / f(n) * f(r) for n, r in zip((h, w), rule.reference, strict=True)]
    return np.pad(meshed(*sides), ((rule.before, rule.after), (0, 0)))


def honest_centres(h, w, rule, f):
    shares = meshed(*(np.arange(0.5, n, dtype=f) / f(n) for n in (h, w)))
    return f(rule.high - rule.low) * shares + f(rule.low)


def honest_tie(one, start, rule, f):
    h, w = one.h // rule.merge, one.w // rule.merge
    s, t = (f(h * w + 1) / f(n + 1) for n in (h, w))
    before = start - f(1)
    y, x = before + s * np.arange(1, h + 1, dtype=f), before + t * np.arange(1, w + 1, dtype=f)
    return meshed(y, x), before + s * f(h + 1)


def honest_tiles(one, start, rule, f):
    n = count(one, rule.merge)
    block = start - f(1) + f(rule.stride) / f(rule.tokens or n) * np.arange(1, n + 1, dtype=f)
    return block[:, None], f(ceil(block[-1]) + 1)


def honest_circle(one, start, rule, f):
    h, w = one.h // rule.merge, one.w // rule.merge
    y, x = (meshed(np.arange(h, dtype=f), np.arange(w, dtype=f)) - np.array([h - 1, w - 1], dtype=f) / f(2)).T
    seen = np.arctan2(y, x)
    seen = (seen - seen.min()) / (seen.max() - seen.min()) * f(2 * np.pi)
    steps = np.arange(h * w, dtype=f) / f(h * w) * f(2 * np.pi)
    theta = f(rule.alpha) * seen + f(1 - rule.alpha) * steps
    normal = np.ones(3, dtype=f) / np.sqrt(f(3))
    across = np.cross(normal, np.array([1, 0, 0], dtype=f))
    u = across / np.sqrt((across * across).sum())
    v = np.cross(u, normal)
    v = v / np.sqrt((v * v).sum())
    plane = f(rule.radius) * np.stack([np.cos(theta), np.sin(theta)], axis=1) @ np.stack([u, v])
    return start + plane, (start + plane).max() + f(1)


HONEST = {RopeTie: honest_tie, V2PE: honest_tiles, CircleRope: honest_circle}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [*FRACTIONAL, "v2pe-positions"])
def test_honest_implementations_are_within_the_bound(name, dtype):
    rule, f = RULES[name], np.float64 if dtype == "float64" else np.float32
    ratios = []
    for where, inputs, master in cases(name):
        got = honest(rule, inputs, f)
        assert got.dtype == f
        allowed = FAMILY.allowed(rule, inputs, {}, dtype)
        error = np.abs(round_to(got.astype(np.float64), dtype) - master)
        assert (error <= allowed).all(), where
        ratios.append(float(np.divide(error, allowed, out=np.zeros_like(error), where=error > 0).max()))
    assert max(ratios) >= FRACTIONAL.get(name, 0.0)


@pytest.mark.parametrize("name", RULES)
def test_exact_positions_rounded_once_are_within_the_bound(name):
    for where, inputs, master in cases(name):
        for dtype in DTYPES:
            error = np.abs(round_to(master, dtype) - master)
            assert (error <= FAMILY.allowed(RULES[name], inputs, {}, dtype)).all(), where


@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(4, 6), (10, 6), (2, 14), (18, 18)])
def test_circles_of_any_size_are_within_the_bound(shape, share):
    rule = CircleRope(alpha=1 - share, radius=37.0)
    found = [Text(200), Image(*shape), Text(3), Image(4, 8), Text(2)]
    error = np.abs(honest(rule, given(found), np.float32) - place(found, rule))
    allowed = place_bound(found, rule, "float32")

    assert (error <= allowed).all()
    assert (error > 0.01 * allowed).any()


def test_bounds_grow_with_every_segment_where_values_are_divided():
    found = [Text(1), Image(2, 4), Image(2, 4)]
    allowed = place_bound(found, RopeTie("equivalent"), "float32") / (np.abs(place(found, RopeTie("equivalent"))) + 1)

    assert np.allclose([3, 6, 9], allowed[[0, 8, 16], 0] * 2**24, rtol=1e-3)


def test_bounds_of_whole_numbers_are_one_rounding():
    assert [[256 * 2.0**-8]] == mask_bound(np.array([[256.0]]), Index(), "bfloat16").tolist()
    assert 3 * 2.0**-24 == place_bound([Text(4)], VideoRope(), "float32")[3, 0] - 2.0**-150


# Mistakes.


@pytest.mark.parametrize("name", RULES)
def test_every_mistake_is_told_by_some_case(name):
    """Each of them is another function."""
    assert {one.id for one in subject(name).mistakes} == set(document(name)["notes"])
    assert len({one.what for one in subject(name).mistakes}) == len(subject(name).mistakes)
    assert len({one.id for one in subject(name).mistakes}) == len(subject(name).mistakes) >= 4


@pytest.mark.parametrize("name", RULES)
def test_mistakes_return_a_row_for_each_token(name):
    """Else no case could tell them."""
    for _, inputs, master in cases(name):
        assert {master.shape} == {one.predict(inputs, {}).shape for one in subject(name).mistakes}


@pytest.mark.parametrize("name", WALKED)
def test_a_walk_in_which_nothing_is_wrong_is_the_rule(name):
    for where, inputs, _ in cases(name):
        due = FAMILY.compute(RULES[name], inputs, {})
        assert np.allclose(due, Walk(RULES[name])(inputs), rtol=0, atol=1e-12), where


def mistaken(rule, mistake, found):
    predict = next(each.predict for each in FAMILY.mistakes(rule) if each.id == mistake)
    return predict(found if isinstance(found, dict) else given(found), {}).tolist()


def test_the_next_start_of_mistakes():
    found = [Text(1), Video(5, 4, 6), Text(1)]
    last = {"spatial": 4, "time": 6, "tokens": 31, "one": 2}

    assert 6 == place(found, MRope())[-1, 0]
    assert last == {name: mistaken(MRope(), f"next/{name}", found)[-1][0] for name in last}
    found = [Text(1), Image(4, 12), Text(1)]
    last = {"spatial": 7, "all": 5, "tokens": 13}
    assert 2 == place(found, VideoRope())[-1, 0]
    assert last == {name: mistaken(VideoRope(), f"next/{name}", found)[-1][0] for name in last}


def test_patches_counted_before_merging():
    found = [Text(1), Image(4, 4), Text(1)]

    rows = mistaken(MRope(), "merge/omitted", found)
    assert [[0, 0, 0], [1, 1, 1], [1, 1, 3], [1, 3, 1], [1, 3, 3], [5, 5, 5]] == rows


def test_times_of_mistakes():
    rule, found = MRope(tokens_per_second=2), [Video(4, 2, 2, 0.875)]
    times = {"times/rounded": [0, 2, 5, 7], "times/step": [0, 2, 4, 6], "times/seconds": [0, 2, 4, 6]}
    times |= {"times/one-a-second": [0, 2, 4, 6], "rate/none": [0, 1, 2, 3], "rate/4": [0, 4, 9, 13]}

    assert times == {name: [row[0] for row in mistaken(rule, name, found)] for name in times}
    assert [0, 28, 57, 85] == [row[0] for row in mistaken(rule, "rate/25", found)]


def test_middles_of_mistakes():
    assert [[0, -1, -1], [0, -1, 0], [0, -1, 1]] == mistaken(VideoRope(merge=1), "centre/half", [Image(2, 3)])[:3]
    assert [[0, 0, 0], [0, 0, 1], [0, 0, 2]] == mistaken(VideoRope(merge=1), "centre/none", [Image(2, 3)])[:3]
    assert [[0, -1, -1], [0, -1, 0], [0, -1, 1]] == mistaken(MSRope(), "centre/floor", [Image(2, 3)])[:3]
    assert [[0, 0], [1, 1]] == mistaken(Centres(low=0.0, high=2.0), "half/none", [Image(2, 2)])[::3]
    assert [[0, 0], [2, 2]] == mistaken(Centres(low=0.0, high=2.0), "ends/reached", [Image(2, 2)])[::3]


def test_steps_of_mistakes():
    assert [[4, 3], [4, 6], [4, 9]] == place([Text(1), Image(2, 3)], RopeTie())[1:4].tolist()
    assert [[3, 4], [3, 8], [3, 12]] == mistaken(RopeTie(), "steps/exchanged", [Text(1), Image(2, 3)])[1:4]
    assert [[5, 4], [5, 7], [5, 10]] == mistaken(RopeTie(), "origin/next", [Text(1), Image(2, 3)])[1:4]
    assert [[0.0], [1.0], [1.25]] == mistaken(V2PE(merge=1), "origin/next", [Text(1), Image(1, 2)])
    assert [[0.25], [0.5], [1.5]] == (
        (np.array(mistaken(V2PE(merge=1), "next/not-rounded", [Image(1, 2), Text(1)])) + 1).tolist()
    )


def test_a_circle_that_is_closed_has_its_last_patch_at_its_first():
    rule = CircleRope(alpha=0.0, merge=1)
    rows = np.array(mistaken(rule, "turn/closed", [Image(2, 3)]))

    assert np.allclose(rows[0], rows[-1], rtol=0, atol=1e-12)
    assert np.allclose(100, (rows**2).sum(axis=1))
    lengths = (np.array(mistaken(rule, "plane/exchanged", [Image(2, 3)])) ** 2).sum(axis=1)
    assert np.allclose(100, lengths)


def test_padding_of_mistakes():
    mask = {"mask": [[0, 1, 0, 1]]}
    rule = RULES["decoder-positions"]

    assert [[1], [0], [1], [2]] == mistaken(rule, "mask/first", mask)
    assert [[-1], [0], [0], [1]] == mistaken(rule, "fill/none", mask)
    assert [[1], [1], [1], [2]] == mistaken(rule, "positions/plus-one", mask)
    assert [[1], [1], [1], [2]] == mistaken(RULES["fairseq-positions"], "positions/minus-one", mask)


# Files.


@pytest.mark.parametrize("name", RULES)
def test_a_file_is_made_again_from_its_inputs_and_is_small(name):
    assert canonical(rederived(name, document(name))) == canonical(document(name))
    assert len(canonical(document(name))) < 20_000


@pytest.mark.parametrize("name", RULES)
def test_files_are_of_the_schema(name):
    validator = jsonschema.Draft202012Validator(SCHEMA)

    assert [] == [error.message for error in validator.iter_errors(document(name))]
    worse = {"type": "Text", "n": 1, "more": 1}
    bad = {**document(name)["cases"][0], "inputs": {"segments": [worse]}}
    assert not validator.is_valid({**document(name), "cases": [bad]})


@pytest.mark.parametrize("name", RULES)
def test_every_number_of_a_file_can_be_exported_and_segments_are_text(name):
    found = arrays(document(name))

    for where, inputs, master in cases(name):
        assert np.array_equal(master, found[f"{where}/master"])
        if isinstance(RULES[name], MaskRule):
            assert np.array_equal(inputs["mask"], found[f"{where}/mask"])
        else:
            assert inputs["segments"] == json.loads(found[f"{where}/segments"].tobytes().decode())


@pytest.mark.parametrize("name", RULES)
def test_what_must_be_refused_is_refused(name):
    rule = RULES[name]
    planned = [inputs for _, inputs in FAMILY.refused(rule)]

    assert planned == [one["inputs"] for one in document(name)["rejects"]]
    for inputs in planned:
        with pytest.raises(SpecError):
            FAMILY.compute(rule, inputs, {})
        with pytest.raises(SpecError, match=r"^a\.json, a/0001: "):
            require_other(subject(name), inputs, None, "a.json, a/0001")


TEXT = {"type": "Text", "n": 1}


@pytest.mark.parametrize(
    ("name", "inputs", "rule"),
    [
        ("bert-positions", {"mask": [[1]]}, "inputs must be segments"),
        ("opt-positions", {"segments": [TEXT]}, "inputs must be mask"),
        ("bert-positions", {"segments": [TEXT], "more": 1}, "inputs must be segments"),
        ("bert-positions", {"segments": TEXT}, "segments must be a list of 1 to 256"),
        ("bert-positions", {"segments": [{"type": "Text"}]}, "a segment must have its type"),
        ("bert-positions", {"segments": [{"type": "Index", "start": 1}]}, "a segment must have its type"),
        ("bert-positions", {"segments": [{"type": ["Text"], "n": 1}]}, "a segment must have its type"),
        ("bert-positions", {"segments": ["Text"]}, "a segment must have its type"),
        ("bert-positions", {"segments": [{**TEXT, "n": True}]}, "n must be an int"),
        ("bert-positions", {"segments": [{**TEXT, "n": 10**12}]}, "tokens must be at most 256"),
        ("llama-4-vision-positions", {"segments": [{"type": "Video", "t": 1, "h": 1, "w": 1, "fps": 1.0}]}, "axes"),
        ("opt-positions", {"mask": [1, 0]}, "rows of a mask must be ints"),
        ("opt-positions", {"mask": [[1, 0], [1]]}, "rows of a mask must be ints, as many in each"),
        ("opt-positions", {"mask": [[True, 0]]}, "rows of a mask must be ints"),
        ("opt-positions", {"mask": [[1] * 129] * 2}, "tokens must be at most 256"),
        ("opt-positions", {"mask": [[]]}, "rows of a mask must be ints"),
    ],
)
def test_other_inputs_are_refused(name, inputs, rule):
    with pytest.raises(SpecError, match=f"^a: .*{rule}"):
        FAMILY.known(RULES[name], inputs, "a")


@pytest.mark.parametrize("rule", [Grid(reference=(2, 3, 4)), MSRope(), OmniRope(), V2PE(), Index()])
def test_rules_have_as_many_columns_as_axes(rule):
    assert FAMILY.features(rule) == FAMILY.compute(rule, given([Video(2, 4, 4)]), {}).shape[1]


@pytest.mark.parametrize("rule", [Grid(), Centres(), GridBuckets(3), RopeTie(), CircleRope()])
def test_rules_of_images_have_as_many_columns_as_axes(rule):
    assert FAMILY.features(rule) == FAMILY.compute(rule, given([Image(4, 2)]), {}).shape[1]
