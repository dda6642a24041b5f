"""Golden cases that were drawn: small, for what they say, and never drawn again."""

import json
import re
import shutil
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from refpos.catalogue import ANGLES
from refpos.cli import main
from refpos.drawing import draw
from refpos.oracle import vectors
from refpos.oracle.golden.document import golden_names
from refpos.oracle.golden.drawn import DRAWN, drawn_cases
from refpos.oracle.golden.format import canonical
from refpos.oracle.golden.inputs import require_inputs
from refpos.oracle.golden.links import LINKS
from refpos.oracle.golden.minimise import fewest_elements, minimised, told
from refpos.oracle.golden.values import Subject

GOLDEN = Path(__file__).parents[1] / "golden"
SMALL = "gpt-neox-20b"
KINDS = ["llama-2", "phi-3", "xpos", "mae", "dinov3", "sam", "rope-vit-mixed", "qwen3-vl"]


@cache
def text(name):
    return (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


def drawn(name):
    return [case for case in json.loads(text(name))["cases"] if DRAWN in case["comment"]]


def aims(case):
    return case["comment"].partition(DRAWN)[2].split(", ")


def subject(name):
    return Subject(name, ANGLES[name], json.loads(text(name)).get("learned"))


@pytest.mark.parametrize("name", ANGLES)
def test_every_entry_has_drawn_cases_that_tell_what_they_say(name):
    assert 1 <= len(drawn(name)) <= 2
    for case in drawn(name):
        assert set(aims(case)) <= set(case["separates"])


@pytest.mark.parametrize("name", ANGLES)
def test_drawn_cases_can_be_followed_by_hand(name):
    for case in drawn(name):
        assert len(case["inputs"]["positions"]) <= 2
        assert len(case["elements"]) <= 2
        assert all(np.count_nonzero(row) <= 2 for row in case["inputs"].get("x", []))


@pytest.mark.parametrize("name", KINDS)
def test_nothing_smaller_tells_the_same(name):
    for case in drawn(name):
        assert case["inputs"] == minimised(subject(name), case["inputs"], aims(case))
        assert case["elements"] == fewest_elements(told(subject(name), case["inputs"], aims(case)))


def test_the_smallest_case_of_llama_is_the_sine_of_one():
    case = drawn("llama-2")[0]

    assert [1] == case["inputs"]["positions"]
    assert [1, *[0] * 127] == case["inputs"]["x"][0]
    assert [64] == case["elements"]
    assert case["master"][0][0] == pytest.approx(np.sin(1), rel=1e-15)


def test_a_search_makes_tokens_positions_and_features_smaller():
    mine = subject("llama-2")
    x = [[8, 3, *[0] * 60, 5, -7, *[1] * 64], [2] * 128]
    found = minimised(mine, {"positions": [77, 3000], "x": x}, ["sign/flipped"])

    assert {"positions": [1], "x": [[1, *[0] * 127]]} == found


def test_a_search_prefers_the_first_features():
    x = [[*[0] * 62, -3, *[0] * 65]]

    assert {"positions": [1], "x": [[1, *[0] * 127]]} == minimised(
        subject("llama-2"), {"positions": [5], "x": x}, ["sign/flipped"]
    )


def test_what_is_not_told_is_not_made_smaller():
    given = {"positions": [0], "x": [[2] * 128]}

    assert {} == told(subject("llama-2"), given, ["sign/flipped"])
    assert given == minimised(subject("llama-2"), given, ["sign/flipped"])


@pytest.mark.parametrize("name", KINDS)
def test_drawing_gives_inputs_of_the_entry_and_the_same_for_a_seed(name):
    found = draw(subject(name), 20, 5)

    assert found == draw(subject(name), 20, 5)
    assert found != draw(subject(name), 20, 6)
    for one in found:
        require_inputs(subject(name), one, None, name)


def test_an_entry_that_has_drawn_cases_gets_no_more():
    found = draw(subject(SMALL), 20, 5)
    held = json.loads(text(SMALL))["cases"]
    bare = [case for case in held if DRAWN not in case["comment"]]

    assert [] == drawn_cases(subject(SMALL), held, found)
    assert 2 == len(drawn_cases(subject(SMALL), bare, found))


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A folder with one golden file that has no drawn cases."""
    for module in ("refpos.oracle.vectors", "refpos.oracle.golden.document", "refpos.oracle.golden.lint"):
        monkeypatch.setattr(f"{module}.golden_names", lambda: (SMALL,))
    place = tmp_path / "golden"
    place.mkdir()
    shutil.copy(GOLDEN / "schema.json", place)
    held = json.loads(text(SMALL))
    held["cases"] = [case for case in held["cases"] if DRAWN not in case["comment"]]
    (place / f"{SMALL}.json").write_text(canonical(held), encoding="utf-8")
    (place / "manifest.json").write_text(vectors.manifest({SMALL: canonical(held)}, {SMALL: held}), encoding="utf-8")
    return place


def test_write_draws_new_ids_and_says_the_seed(bare, capsys):
    before = json.loads((bare / f"{SMALL}.json").read_text())["cases"]

    assert 0 == main(["golden", "write", str(bare), "--jobs", "1", "--draw", "20", "--seed", "3"])
    assert "seed 3" in capsys.readouterr().out
    after = json.loads((bare / f"{SMALL}.json").read_text())["cases"]
    assert before == after[: len(before)]
    assert [f"{SMALL}/{len(before) + at:04d}" for at in (1, 2)] == [one["id"] for one in after[len(before) :]]
    assert 0 == main(["golden", "verify", str(bare), "--jobs", "1"])


def test_verify_draws_nothing(bare, monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    shutil.copy(GOLDEN / f"{SMALL}.json", bare)
    held = json.loads(text(SMALL))
    (bare / "manifest.json").write_text(vectors.manifest({SMALL: text(SMALL)}, {SMALL: held}), encoding="utf-8")

    assert 0 == main(["golden", "verify", str(bare), "--jobs", "1"])


def test_drawing_without_hypothesis_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ImportError, match=r"refpos\[test\]"):
        draw(subject(SMALL), 1, 1)


def test_the_command_names_the_extra_too(bare, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "hypothesis", None)

    assert 2 == main(["golden", "write", str(bare), "--jobs", "1", "--draw", "1"])
    assert "refpos[test]" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--draw", "0"], ["--draw", "-3"], ["--seed", "1"]])
def test_drawing_nothing_is_misuse(bare, capsys, given):
    assert 2 == main(["golden", "write", str(bare), "--jobs", "1", *given])
    assert given[0] in capsys.readouterr().err


def test_links_are_threads():
    thread = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/[1-9]\d*")

    assert all(thread.fullmatch(one) for links in LINKS.values() for one in links)
    assert all(len(set(links)) == len(links) > 0 for links in LINKS.values())


def test_links_stand_in_the_notes_of_their_mistakes():
    notes = [(mistake, note) for name in golden_names() for mistake, note in json.loads(text(name))["notes"].items()]

    assert set(LINKS) <= {mistake for mistake, _ in notes}
    assert all(list(LINKS.get(mistake, ())) == note["links"] for mistake, note in notes)
