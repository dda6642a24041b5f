"""Golden files of encodings that depend on the length of the sequence."""

import json
from pathlib import Path

import pytest

from refpos.catalogue import ANGLES
from refpos.errors import SpecError
from refpos.oracle.golden.document import kept, rederived
from refpos.oracle.golden.length import length_mistakes, original_length
from refpos.oracle.golden.values import Subject
from refpos.variants.length import at_length, is_static

GOLDEN = Path(__file__).parents[1] / "golden"
LASTING = sorted(name for name, entry in ANGLES.items() if not is_static(entry.variant))


def document(name):
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def test_there_are_some():
    assert {"dynamic-ntk", "internlm-2.5", "phi-3", "phi-3.5"} <= set(LASTING)


@pytest.mark.parametrize("name", LASTING)
def test_lengths_are_below_at_and_above_the_original(name):
    original = original_length(ANGLES[name].variant)
    lengths = {case["inputs"]["length"] for case in document(name)["cases"]}

    assert {original - 1, original, original + 1, 4 * original} <= lengths


@pytest.mark.parametrize("name", LASTING)
def test_another_length_is_told_below_and_above_the_original(name):
    original = original_length(ANGLES[name].variant)
    told = {
        case["inputs"]["length"] > original: set(case["separates"])
        & {"length/original", "length/twice-original", "scaling/no-NTK"}
        for case in document(name)["cases"]
    }

    assert told[False] == {"length/twice-original"}
    assert told[True]


@pytest.mark.parametrize("name", LASTING)
def test_one_normal_form_would_not_do(name):
    assert "normal_form" not in document(name)


@pytest.mark.parametrize(("name", "n", "static"), [("phi-3", 4096, "phi-3-short"), ("phi-3", 4097, "phi-3-long")])
def test_an_entry_at_a_length_is_its_static_twin(name, n, static):
    there = Subject(name, ANGLES[name]).at({"length": n})

    assert ANGLES[static].variant.frequencies == there.variant.frequencies


def test_a_subject_knows_its_lengths():
    subject = Subject("phi-3", ANGLES["phi-3"])

    assert subject.at({"length": 9}) is subject.at({"length": 9})
    assert subject.at({"length": 9}).at({"length": 9}) is subject.at({"length": 9})
    assert Subject("llama-2", ANGLES["llama-2"]).at({}).variant == ANGLES["llama-2"].variant


def test_a_length_is_no_mistake_where_it_makes_no_difference():
    variant = ANGLES["phi-3"].variant

    assert ["length/twice-original"] == [one.id for one in length_mistakes(variant, 100, None)]
    assert ["length/original"] == [one.id for one in length_mistakes(variant, 5000, None)]
    assert [] == list(length_mistakes(ANGLES["llama-2"].variant, 5000, None))


def test_one_less_is_another_function_of_dynamic_ntk():
    found = {one.id: one.variant for one in length_mistakes(ANGLES["dynamic-ntk"].variant, 5000, None)}

    assert at_length(ANGLES["dynamic-ntk"].variant, 4999) == found["length/less-one"]


BAD = {
    "zero": (lambda one: one.update(length=0), "length must be an int from 1"),
    "a float": (lambda one: one.update(length=4096.0), "length must be an int from 1"),
    "true": (lambda one: one.update(length=True), "length must be an int from 1"),
    "too long": (lambda one: one.update(length=2**53 + 1), "length must be an int from 1"),
    "missing": (lambda one: one.pop("length"), "inputs must be length, positions, x"),
    "passed": (lambda one: one.update(length=max(one["positions"])), "positions must be from 0 to below the length"),
    "before": (lambda one: one["positions"].__setitem__(0, -1), "positions must be from 0 to below the length"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_length_is_refused(kind):
    change, rule = BAD[kind]
    held = document("phi-3")
    change(held["cases"][1]["inputs"])
    with pytest.raises(SpecError, match=f"phi-3.json, phi-3/0002: {rule}"):
        kept("phi-3", held)


def test_a_length_is_refused_where_none_is_meant():
    held = document("llama-2")
    held["cases"][0]["inputs"]["length"] = 4096
    with pytest.raises(SpecError, match="inputs must be positions, x"):
        kept("llama-2", held)


def test_another_length_gives_other_masters():
    held = document("phi-3")
    held["cases"] = [{**held["cases"][1], "inputs": {**held["cases"][1]["inputs"], "length": 4097}}]
    moved = rederived("phi-3", held)["cases"][0]["master"]

    assert document("phi-3")["cases"][1]["master"][0] == moved[0], "position 0"
    assert document("phi-3")["cases"][1]["master"][1] != moved[1]


def test_a_sequence_of_no_tokens_must_be_refused():
    rejects = {one["comment"]: one for one in document("phi-3")["rejects"]}

    assert "n must be an int from 1 to 2^53" == rejects["a sequence of no tokens"]["rule"]
    assert 0 == rejects["a sequence of no tokens"]["inputs"]["length"]
