"""Commands on golden files: what is wrong is found and named, and nothing is left half done."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from golden_folder import GOLDEN, SMALL, changed, document, folder_of, text

from refpos import golden_cli
from refpos.cli import main
from refpos.errors import SpecError
from refpos.exact.ball import UndecidedError
from refpos.oracle import vectors
from refpos.oracle.golden import document as golden_document
from refpos.oracle.golden import format as golden_format
from refpos.oracle.golden.document import rederived
from refpos.oracle.golden.format import canonical, inside, write


@pytest.fixture
def copy(tmp_path):
    """A folder with one golden file, and a manifest of it."""
    return folder_of(tmp_path / "golden", SMALL)


@pytest.fixture
def only_one(monkeypatch):
    """A catalogue that has one entry."""
    for module in ("refpos.oracle.vectors", "refpos.oracle.golden.document", "refpos.oracle.golden.lint"):
        monkeypatch.setattr(f"{module}.golden_names", lambda: (SMALL,))


def changed_number(rows):
    rows[0][0] = np.nextafter(rows[0][0], np.inf).item() if isinstance(rows[0][0], float) else rows[0][0] + 1


FLIPS = {
    "master": lambda one: changed_number(one["cases"][1]["master"]),
    "units": lambda one: changed_number(one["cases"][1]["units"]["float32/log"]),
    "wrong": lambda one: changed_number(next(iter(one["cases"][1]["wrong"].values()))),
    "separates": lambda one: one["cases"][1]["separates"].pop(),
    "inputs": lambda one: changed_number(one["cases"][0]["inputs"]["x"]),
    "positions": lambda one: changed_number([one["cases"][1]["inputs"]["positions"]]),
    "elements": lambda one: changed_number([one["cases"][1]["elements"]]),
    "omega": lambda one: changed_number(one["normal_form"]["omega"]),
    "magnitude": lambda one: one["normal_form"].update(magnitude=1.0000000000000002),
    "pairs_in": lambda one: changed_number(one["normal_form"]["pairs_in"]),
    "base": lambda one: one["variant"]["frequencies"].update(base=10000.000000000002),
    "source": lambda one: one["source"].update(version="another"),
    "notes": lambda one: one["notes"].popitem(),
    "rejects": lambda one: one["rejects"].pop(),
    "features": lambda one: one.update(features=10**9),
    "type": lambda one: one["cases"][1]["master"][0].__setitem__(0, "0.5"),
    "integer": lambda one: one["normal_form"].update(magnitude=1),
}


def test_verify_accepts_what_is_derived(copy, only_one, capsys):
    assert 0 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert "SHA-256" in capsys.readouterr().out


@pytest.mark.parametrize("field", FLIPS)
def test_verify_finds_a_last_digit_in_any_field(copy, only_one, capsys, field):
    changed(copy, SMALL, FLIPS[field])

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert f"{SMALL}.json" in capsys.readouterr().out


def test_verify_names_the_case(copy, only_one, capsys):
    changed(copy, SMALL, FLIPS["master"])
    main(["golden", "verify", str(copy), "--jobs", "1"])

    assert f"{SMALL}.json, {SMALL}/0002: master must be what is derived" in capsys.readouterr().out


def test_write_refuses_a_change_without_a_reason(copy, only_one, capsys):
    changed(copy, SMALL, FLIPS["master"])
    before = (copy / f"{SMALL}.json").read_bytes()

    assert 2 == main(["golden", "write", str(copy), "--jobs", "1"])
    assert before == (copy / f"{SMALL}.json").read_bytes()
    assert f"{SMALL}/0002: master moved in 1 of" in capsys.readouterr().err


def test_a_reason_goes_to_the_changelog(copy, only_one):
    changed(copy, SMALL, FLIPS["master"])
    log = copy.parent / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## 0.2.0\n\n### Added\n\n- words\n", encoding="utf-8")

    assert 0 == main(["golden", "write", str(copy), "--jobs", "1", "--reason", "a digit was flipped"])
    assert text(SMALL) == (copy / f"{SMALL}.json").read_text(encoding="utf-8")
    assert re.search(r"### Normative\n\n- Golden files: a digit was flipped\n  - .*by at most 1 ulps", log.read_text())
    assert "### Added" in log.read_text()


def test_a_change_needs_a_changelog(copy, only_one, capsys):
    changed(copy, SMALL, FLIPS["master"])

    assert 2 == main(["golden", "write", str(copy), "--jobs", "1", "--reason", "why not"])
    assert "changelog" in capsys.readouterr().err


def test_diff_says_what_changed(copy, tmp_path, capsys):
    other = tmp_path / "other"
    shutil.copytree(copy, other)
    changed(other, SMALL, lambda one: (FLIPS["master"](one), one["cases"].pop()))

    assert 1 == main(["golden", "diff", str(copy), str(other)])
    said = capsys.readouterr().out
    assert "removed" in said
    assert "by at most 1 ulps" in said
    assert 0 == main(["golden", "diff", str(copy), str(copy)])


BAD = {
    "truncated": (lambda good: good[: len(good) // 2], "must be whole"),
    "empty": (lambda _: "", "must be whole"),
    "a list": (lambda _: "[]", "one JSON object"),
    "not text": (lambda _: b"\xff\xfe\x00", "UTF-8"),
    "deep": (lambda _: '{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "nesting must be at most"),
    "huge": (lambda _: '{"a":"' + "x" * (1 << 23) + '"}', "must have at most"),
    "version": (lambda good: good.replace('"format":1', '"format":2'), "format must be 1"),
    "no version": (lambda good: good.replace('"format":1', '"format":true'), "format must be 1"),
    "name": (lambda good: good.replace(f'"name":"{SMALL}"', '"name":"llama-2"'), "name must be that of the file"),
    "nan": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":NaN', good), "must be finite"),
    "infinity": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":1e999', good), "finite float64"),
    "digits": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":1.00', good), "shortest decimal"),
    "long digits": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":0.10000000000000000001', good), "shortest"),
    "whole": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":9007199254740993', good), "whole number"),
    "endless": (lambda good: re.sub(r'"magnitude":1.0', f'"magnitude":{"9" * 9000}', good), "whole number"),
    "key twice": (lambda good: good.replace('"format":1', '"format":1,"format":1'), "a key must stand once"),
    "id twice": (lambda good: good.replace(f"{SMALL}/0003", f"{SMALL}/0002"), "each once and in order"),
    "element": (lambda good: re.sub(r'"elements":\[\d+', '"elements":[1000000000', good), "elements must be features"),
    "features": (lambda good: good.replace('"features":96', '"features":1000000000'), SMALL),
    "spaces": (lambda good: good.replace('":', '": '), "canonical form"),
    "ends of lines": (lambda good: good.replace("\n", "\r\n"), "canonical form"),
    "half a pair": (lambda good: good.replace('"comment":"', '"comment":"\\ud800', 1), "JSON in UTF-8"),
    "beyond 64 bits": (lambda good: good.replace(":1.0", f":{1 << 63}", 1), "below 2^63"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("command", ["verify", "lint"])
def test_a_bad_file_is_refused_by_name_and_rule(copy, only_one, capsys, kind, command):
    make, rule = BAD[kind]
    made = make(text(SMALL))
    (copy / f"{SMALL}.json").write_bytes(made if isinstance(made, bytes) else made.encode())

    assert 1 == main(["golden", command, str(copy), "--jobs", "1"])
    said = capsys.readouterr().out
    assert f"{SMALL}.json" in said
    assert rule in said


@pytest.mark.parametrize("command", ["verify", "lint"])
def test_a_wrong_digest_is_refused(copy, only_one, capsys, command):
    listed = (copy / "manifest.json").read_text()
    (copy / "manifest.json").write_text(re.sub(r'"sha256":"..', '"sha256":"zz', listed))

    assert 1 == main(["golden", command, str(copy), "--jobs", "1"])
    assert f"{SMALL}.json: its SHA-256 must be that of the manifest" in capsys.readouterr().out


@pytest.mark.parametrize("claim", ['"cases":1000000000', '"files":1000000000'])
def test_a_manifest_that_claims_more_is_refused(copy, only_one, capsys, claim):
    listed = (copy / "manifest.json").read_text()
    key = claim.partition(":")[0]
    (copy / "manifest.json").write_text(re.sub(rf"{key}:\d+", claim, listed, count=1))

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert "counts and digests" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", ""])
def test_a_name_that_leaves_the_folder_is_refused(copy, only_one, capsys, name):
    held = json.loads((copy / "manifest.json").read_text())
    held["entries"][name] = held["entries"][SMALL]
    (copy / "manifest.json").write_text(canonical(held))

    with pytest.raises(SpecError, match="inside its folder"):
        inside(copy, name)
    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert "inside its folder" in capsys.readouterr().out


def test_a_link_that_leaves_the_folder_is_refused(copy, only_one, capsys):
    (copy / f"{SMALL}.json").unlink()
    (copy / f"{SMALL}.json").symlink_to(GOLDEN / f"{SMALL}.json")

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    due = f"{SMALL}.json: a golden file must not be a link that leads out of its folder; got {GOLDEN.resolve()}"
    assert [due] == [line.rpartition("/")[0] for line in capsys.readouterr().out.splitlines()]


def test_what_fails_while_writing_leaves_nothing(tmp_path):
    (tmp_path / "a.json").write_text("old")
    with pytest.raises(SpecError, match=r"a file must be one that can be written; got .*none"):
        write({tmp_path / "a.json": b"new", tmp_path / "none" / "b.json": b"new"})

    assert ["a.json"] == [path.name for path in tmp_path.iterdir()]
    assert "old" == (tmp_path / "a.json").read_text()


def test_bytes_are_compared_and_not_lines(copy, only_one, capsys):
    for path in copy.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    said = capsys.readouterr().out
    assert f"{SMALL}.json: a file must be in its canonical form" in said
    assert f"{SMALL}.json: its SHA-256 must be that of the manifest; got" in said
    assert "schema.json: the schema must be" in said


def test_the_ends_of_lines_of_a_manifest_count(copy, only_one, capsys):
    content = (copy / "manifest.json").read_bytes()
    (copy / "manifest.json").write_bytes(content.replace(b"\n", b"\r\n"))

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert "manifest.json: counts and digests must be those of the files\n" == capsys.readouterr().out


@pytest.mark.parametrize("command", ["verify", "lint"])
def test_a_problem_is_told_once(copy, only_one, capsys, command):
    (copy / f"{SMALL}.json").write_bytes(b"[]")

    assert 1 == main(["golden", command, str(copy), "--jobs", "1"])
    assert f"{SMALL}.json: a file must hold one JSON object; got list\n" == capsys.readouterr().out


@pytest.mark.parametrize("name", [SMALL, "manifest", "schema"])
def test_a_pipe_is_not_waited_for(copy, name):
    (copy / f"{name}.json").unlink()
    os.mkfifo(copy / f"{name}.json")
    code = f"from refpos.oracle.vectors import check_manifest, Path; print(*check_manifest(Path({str(copy)!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    due = "the schema must be that" if name == "schema" else "a file must be a plain one; got a folder, a pipe"
    assert done.stdout.startswith(f"{name}.json: {due}")


def test_a_file_that_is_not_there_is_said_to_be_missing(copy, only_one, capsys):
    (copy / "manifest.json").unlink()

    assert 1 == main(["golden", "lint", str(copy), "--jobs", "1"])
    assert "manifest.json: a file must be there; got none\n" == capsys.readouterr().out


MANIFESTS = {
    "format": (lambda one: one.update(format=7), "manifest.json: format must be 1"),
    "entries": (lambda one: one.update(entries=[1]), "manifest.json: entries must be an object; got [1]"),
    "an entry": (lambda one: one["entries"].update({SMALL: 3}), f"manifest.json, {SMALL}: sha256 must be a string"),
    "a digest": (
        lambda one: one["entries"][SMALL].update(sha256=3),
        f"manifest.json, {SMALL}: sha256 must be a string",
    ),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_wrong_manifest_is_blamed_itself(copy, only_one, capsys, kind):
    change, words = MANIFESTS[kind]
    manifest = json.loads((copy / "manifest.json").read_text())
    change(manifest)
    (copy / "manifest.json").write_text(canonical(manifest), encoding="utf-8")

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert capsys.readouterr().out.startswith(words)
    assert 2 == main(["golden", "export", str(copy), "--format", "npz"])
    assert capsys.readouterr().err.startswith(f"refpos: {words}")


def test_a_name_of_two_lines_is_told_in_one(copy, only_one, capsys):
    (copy / "a\nb.json").write_text("{}")

    assert 1 == main(["golden", "lint", str(copy), "--jobs", "1"])
    told = capsys.readouterr()
    assert f"{len(told.out.splitlines())} problems in " in told.err
    assert "a\\nb.json: " in told.out


@pytest.mark.parametrize(
    "command", [["verify"], ["lint"], ["write"], ["export", "--format", "npz"], ["diff", "."]], ids=lambda one: one[0]
)
def test_a_folder_that_is_none_or_may_not_be_read_is_told_as_it_was_given(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    assert 2 == main(["golden", *command, "none"])
    assert "refpos: DIR must be a folder; got none\n" == capsys.readouterr().err

    monkeypatch.setattr(vectors.os, "access", lambda _, __: False)
    (tmp_path / "shut").mkdir()
    assert 2 == main(["golden", *command, "shut"])
    assert "refpos: DIR must be a folder that may be read; got " in capsys.readouterr().err


DAMAGED = {
    "cases": (lambda one: one.update(cases=[3]), "cases/0 must be of type object; got 3"),
    "rejects": (lambda one: one.update(rejects=7), "rejects must be of type array; got 7"),
    "units": (lambda one: one["cases"][0].pop("units"), "must have the member units; got comment"),
}


@pytest.mark.parametrize("kind", DAMAGED)
@pytest.mark.parametrize("way", [1, -1])
def test_diff_of_a_damaged_file_is_misuse(copy, tmp_path, capsys, kind, way):
    change, words = DAMAGED[kind]
    other = folder_of(tmp_path / "other", SMALL)
    changed(other, SMALL, change)

    assert 2 == main(["golden", "diff", *[str(copy), str(other)][::way]])
    said = capsys.readouterr().err
    assert said.startswith(f"refpos: {other}: {SMALL}.json")
    assert words in said


@pytest.mark.parametrize("command", ["verify", "lint", "diff"])
@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_that_the_manifest_lists_is_refused(copy, only_one, capsys, command, kind):
    changed(copy, SMALL, DAMAGED[kind][0])

    assert main(["golden", command, str(copy), *([str(copy)] if command == "diff" else ["--jobs", "1"])])
    told = capsys.readouterr()
    assert f"{SMALL}.json" in told.out + told.err


@pytest.mark.parametrize("kind", ["rejects", "units"])
def test_a_damaged_file_is_written_again_for_a_reason_only(copy, only_one, capsys, kind):
    changed(copy, SMALL, DAMAGED[kind][0])
    (copy.parent / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0\n", encoding="utf-8")

    assert 2 == main(["golden", "write", str(copy), "--jobs", "1"])
    assert f"{SMALL}: was not of the schema, {SMALL}.json" in capsys.readouterr().err
    assert 0 == main(["golden", "write", str(copy), *WHY])
    assert text(SMALL) == (copy / f"{SMALL}.json").read_text(encoding="utf-8")


@pytest.fixture
def moved(copy):
    """A folder with a changelog, in which a master is not what it should be; and the bytes of all that is there."""
    changed(copy, SMALL, FLIPS["master"])
    (copy.parent / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0\n", encoding="utf-8")
    return {path: path.read_bytes() for path in copy.parent.rglob("*") if path.is_file()}


def held(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


WHY = ["--jobs", "1", "--reason", "a digit was flipped"]


@pytest.mark.parametrize("number", range(4))
def test_write_changes_all_or_nothing(copy, only_one, moved, monkeypatch, capsys, number):
    synced, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) > number:
            raise OSError("no space left")
        synced(handle)

    monkeypatch.setattr(golden_format.os, "fsync", full)

    assert 2 == main(["golden", "write", str(copy), *WHY])
    assert number + 1 == len(calls)
    assert "refpos: a file must be one that can be written; got " in capsys.readouterr().err
    assert moved == held(copy.parent)


def test_the_manifest_follows_the_files_and_the_changelog_the_manifest(copy, only_one, moved, monkeypatch):
    order, replace = [], Path.replace
    monkeypatch.setattr(Path, "replace", lambda part, path: order.append(path.name) or replace(part, path))

    assert 0 == main(["golden", "write", str(copy), *WHY])
    assert [f"{SMALL}.json", "schema.json", "manifest.json", "CHANGELOG.md"] == order
    assert set(moved) == set(held(copy.parent))


def test_write_says_at_once_that_a_folder_may_not_be_written_to(copy, only_one, moved, monkeypatch, capsys):
    monkeypatch.setattr(golden_cli.os, "access", lambda _, mode: mode != os.W_OK)
    monkeypatch.setattr(vectors, "rewritten", None)

    assert 2 == main(["golden", "write", str(copy), *WHY])
    assert f"refpos: DIR must be a folder that may be written to; got {copy}\n" == capsys.readouterr().err
    assert moved == held(copy.parent)


def test_no_changelog_is_no_changelog(copy, only_one, moved, capsys):
    assert 2 == main(["golden", "write", str(copy), *WHY, "--changelog", ""])
    assert "a change must go to a changelog" in capsys.readouterr().err
    assert moved == held(copy.parent)


@pytest.mark.parametrize("position", [1 << 40, 2.0**63, -65537])
def test_what_grows_is_not_derived_far_off(position):
    given = document("xpos")
    given["cases"][1]["inputs"]["positions"][0] = position

    with pytest.raises(SpecError, match=r"^xpos.json, xpos/0002: positions must be up to 65536; got \["):
        rederived("xpos", given)


@pytest.mark.parametrize("error", [MemoryError(), UndecidedError("too wide"), SpecError("wide"), ValueError("wide")])
def test_a_case_that_cannot_be_derived_is_named(copy, only_one, monkeypatch, capsys, error):
    def judged(subject, inputs, elements):
        raise error

    monkeypatch.setattr(golden_document, "_ANGLES", golden_document._ANGLES._replace(judge=judged))

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert capsys.readouterr().out.startswith(f"{SMALL}.json, {SMALL}/0001: ")


LEARNED = {
    "ragged": ([[0.5], [1.0, 2.0]], "learned/omega: the rows of an array must have one length; got [(1,), (2,)]"),
    "text": ([["0.5"]], "learned/omega: numbers must be int or float, of 64 bits; got 0.5"),
    "true": ([[True]], "learned/omega: numbers must be int or float, of 64 bits; got True"),
    "another shape": ([[0.5]], "learned must have the shapes {'omega': (6, 2, 32)}; got {'omega': (1, 1)}"),
}


@pytest.mark.parametrize("kind", LEARNED)
def test_weights_that_are_no_arrays_are_refused(kind):
    weights, words = LEARNED[kind]
    given = {**document("rope-vit-mixed"), "learned": {"omega": weights}}

    with pytest.raises(SpecError, match=re.escape(words)):
        rederived("rope-vit-mixed", given)


@pytest.mark.parametrize("weights", [[[0.5]], 3, {"shape": [1], "repeat": [0.5]}])
def test_weights_of_a_bias_that_are_no_arrays_are_refused(weights):
    given = {**document("swin"), "learned": {"table": weights}}

    with pytest.raises(SpecError, match="learned must have the shapes that the variant says"):
        rederived("swin", given)
