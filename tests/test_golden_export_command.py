"""The command that exports: what is asked for is written, whole, and nothing is made of bad files or of misuse."""

import shutil

import pytest
from golden_folder import GOLDEN, changed, document, folder_of

from refpos.cli import main
from refpos.oracle.golden import format as golden_format
from refpos.oracle.golden.export import FORMATS, export
from refpos.oracle.golden.export_arrays import about, arrays

FEW = ("rope-vit-mixed", "vjepa2", "whisper", "xpos")


@pytest.fixture
def copy(tmp_path):
    """A folder with a few golden files, as the command line writes them."""
    return folder_of(tmp_path / "golden", *FEW)


def run(*arguments):
    return main(["golden", "export", *map(str, arguments)])


@pytest.mark.parametrize("kind", FORMATS)
def test_only_those_named_are_exported(copy, tmp_path, capsys, kind):
    out = tmp_path / f"a{FORMATS[kind][0]}"

    assert 0 == run(copy, "--format", kind, "--out", out, "--only", "xpos", "whisper")
    documents = [document("whisper"), document("xpos")]
    held = {path: one for golden in documents for path, one in arrays(golden).items()}
    assert FORMATS[kind][1](held, {one["name"]: about(one) for one in documents}) == out.read_bytes()
    assert f"{out}: 2 entries, {len(held):,} arrays, {out.stat().st_size:,} bytes, " in capsys.readouterr().out


def test_the_order_and_number_of_names_does_not_matter(copy, tmp_path):
    one = export(copy, "npz", tmp_path / "a.npz", ["xpos", "whisper"])
    other = export(copy, "npz", tmp_path / "b.npz", ["whisper", "xpos", "whisper"])

    assert one.sha256 == other.sha256


def test_a_file_has_a_name_where_none_is_given(copy, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert 0 == run(copy, "--format", "c-header")
    assert (tmp_path / "refpos-golden.h").stat().st_mode & 0o777 == 0o644


MISUSES = {
    "format": (["--format", "hdf5"], "--format must be one of npz, safetensors, c-header, onnx; got hdf5"),
    "name": (
        ["--format", "npz", "--only", "xpos", "no-rope"],
        "--only must name golden files of the folder; got no-rope",
    ),
    "path": (["--format", "npz", "--only", "../xpos"], "--only must name golden files of the folder; got ../xpos"),
    "ending": (["--format", "npz", "--out", "golden/xpos.json"], "--out must end in .npz; got golden/xpos.json"),
    "no name": (["--format", "npz", "--out", ""], "--out must end in .npz; got ."),
    "no entry": (["--format", "npz", "--only", ""], "--only must name golden files of the folder; got ''"),
    "no folder": (
        ["--format", "npz", "--out", "none/a.npz"],
        "--out must be in a folder that is there; got none/a.npz",
    ),
    "a folder": (
        ["--format", "npz", "--out", "folder.npz"],
        "a file must be one that can be written; got folder.npz",
    ),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_misuse_is_refused(copy, tmp_path, monkeypatch, capsys, misuse):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "folder.npz" / "kept").touch()
    before = sorted(tmp_path.rglob("*"))
    arguments, words = MISUSES[misuse]

    assert 2 == run(copy, *arguments)
    assert f"refpos: {words}" in capsys.readouterr().err
    assert before == sorted(tmp_path.rglob("*"))


def test_a_folder_that_is_none_or_has_nothing_is_refused(tmp_path, capsys):
    assert 2 == run(tmp_path / "none", "--format", "npz")
    assert "DIR must be a folder" in capsys.readouterr().err
    assert 2 == run(tmp_path, "--format", "npz")
    assert "DIR must have golden files" in capsys.readouterr().err


def ragged(golden):
    golden["normal_form"]["omega"][0] = [1.0]
    golden["normal_form"]["omega"].append([1.0, 2.0])


def claiming(golden):
    golden["features"] = 10**9
    for case in golden["cases"]:
        case["elements"] = case.get("elements", list(range(64)))


def leading_out(golden):
    for case in golden["cases"]:
        case["separates"] = ["../../x"]
        case["wrong"] = {"../../x": case["master"]}
    golden["notes"] = {"../../x": golden["notes"]["sign/flipped"]}


CORRUPTIONS = {
    "no master": (lambda one: one["cases"][2].pop("master"), ", xpos/0003: must have the member master; got"),
    "short master": (lambda one: one["cases"][2]["master"][0].pop(), ", xpos/0003: master must be numbers for"),
    "text for a number": (
        lambda one: one["normal_form"].update(magnitude="1"),
        ": normal_form/magnitude must be of type number; got '1'",
    ),
    "ragged": (ragged, ", xpos/normal_form/omega: the rows of an array must have one length; got [(1,), (2,)]"),
    "a word among numbers": (
        lambda one: one["normal_form"]["omega"][0].__setitem__(0, "1.0"),
        ": normal_form/omega/0/0 must be of type number; got '1.0'",
    ),
    "true for a number": (
        lambda one: one["rejects"][0]["inputs"].update(positions=[[True]]),
        ", xpos/r001: inputs/positions/0/0 must be of type number; got True",
    ),
    "a fraction for a feature": (
        lambda one: one["normal_form"]["pairs_in"][0].__setitem__(0, 0.5),
        ": normal_form/pairs_in/0/0 must be of type integer; got 0.5",
    ),
    "too large": (
        lambda one: one["cases"][0]["units"]["float32/log"][0].__setitem__(0, 1 << 63),
        ": a whole number must be a float64 below 2^63; got 9223372036854775808",
    ),
    "a list for an object": (lambda one: one.update(normal_form=[1]), ": normal_form must be of type object; got [1]"),
    "no variant": (lambda one: one.pop("variant"), ": must have the member variant; got"),
    "an id twice": (
        lambda one: one["rejects"][1].update(id=one["rejects"][0]["id"]),
        ": ids of rejects must be xpos/rNNN, counted from 1; got xpos/r001",
    ),
    "another format": (lambda one: one.update(format=2), ": format must be 1"),
    "another family": (lambda one: one.update(family="sinusoidal"), ": family must be rotary; got sinusoidal"),
    "a family that is none": (lambda one: one.update(family=7), ": family must be one of rotary, sinusoidal,"),
    "more features": (claiming, ": features must be 64; got 1000000000"),
    "no url": (lambda one: one["source"].pop("url"), ": source must have the member url; got place, version, work"),
    "a url that is none": (lambda one: one["source"].update(url=7), ": source/url must be of type string; got 7"),
    "a source that is none": (lambda one: one.update(source=3), ": source must be of type object; got 3"),
    "a note that is none": (
        lambda one: one["notes"]["sign/flipped"].update(what=3),
        ": notes/sign/flipped/what must be of type string; got 3",
    ),
    "a mistake that leads out": (leading_out, ": a mistake must have a name like sign/flipped; got ../../x"),
    "rejected inputs that are none": (
        lambda one: one["rejects"][0].update(inputs=[1]),
        ", xpos/r001: inputs must be of type object; got [1]",
    ),
    "a rejected input that leads out": (
        lambda one: one["rejects"][0]["inputs"].update({"../../x": 1}),
        ", xpos/r001: inputs must have no members but ",
    ),
    "a reject without a rule": (
        lambda one: one["rejects"][0].update(rule=""),
        ", xpos/r001: a reject must have a comment and a rule",
    ),
    "weights": (lambda one: one.update(learned={"omega": [["1"]]}), ", learned/omega: numbers must be int or float"),
}


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_corrupt_file_is_refused_by_name_and_rule(copy, tmp_path, capsys, corruption):
    change, words = CORRUPTIONS[corruption]
    changed(copy, "xpos", change)
    out = tmp_path / "a.npz"
    out.write_text("what was there")

    assert 2 == run(copy, "--format", "npz", "--out", out)
    error = capsys.readouterr().err
    assert error.startswith(f"refpos: xpos.json{words}")
    assert "what was there" == out.read_text()
    assert [copy, out] == sorted(tmp_path.iterdir(), reverse=True)
    assert 0 == run(copy, "--format", "npz", "--out", out, "--only", "whisper")


@pytest.mark.parametrize(
    ("text", "other", "words"),
    [
        ("\n", "\r\n", "its SHA-256 must be that of the manifest"),
        ("omitted", "left out", "its SHA-256 must be that of the manifest"),
        ('"what":"', '"what":"\\ud800', "a file must be whole, and JSON in UTF-8"),
    ],
)
def test_other_bytes_are_refused(copy, tmp_path, capsys, text, other, words):
    content = (copy / "xpos.json").read_bytes()
    assert text.encode() in content
    (copy / "xpos.json").write_bytes(content.replace(text.encode(), other.encode()))

    assert 2 == run(copy, "--format", "c-header", "--out", tmp_path / "a.h")
    assert f"refpos: xpos.json: {words}" in capsys.readouterr().err
    assert not (tmp_path / "a.h").exists()


def test_an_entry_that_the_manifest_does_not_name_is_refused(copy, tmp_path, capsys):
    shutil.copy(GOLDEN / "llama-2.json", copy)

    assert 2 == run(copy, "--format", "npz", "--out", tmp_path / "a.npz")
    assert "refpos: manifest.json: entries must name llama-2; got rope-vit-mixed, " in capsys.readouterr().err


@pytest.mark.parametrize("name", ["xpos", "manifest"])
def test_a_file_cut_short_is_refused(copy, tmp_path, capsys, name):
    text = (copy / f"{name}.json").read_text(encoding="utf-8")
    (copy / f"{name}.json").write_text(text[:-100], encoding="utf-8")

    assert 2 == run(copy, "--format", "onnx", "--out", tmp_path / "a.onnx")
    assert f"refpos: {name}.json: a file must be whole" in capsys.readouterr().err
    assert not (tmp_path / "a.onnx").exists()


def test_what_fails_while_writing_leaves_nothing(copy, tmp_path, monkeypatch, capsys):
    def full(*given):
        raise OSError("no space left")

    monkeypatch.setattr(golden_format.os, "fsync", full)

    assert 2 == run(copy, "--format", "npz", "--out", tmp_path / "a.npz")
    assert "a file must be one that can be written; got" in capsys.readouterr().err
    assert [copy] == list(tmp_path.iterdir())
