"""The command line: what it prints, and its exit status."""

import json
import subprocess
import sys

import pytest

from refpos.adapters import discover
from refpos.catalogue import CATALOGUE
from refpos.cli import main

RIGHT = """
import refpos

def rope(x, positions):
    return refpos.rotate(x, positions, refpos.CATALOGUE["llama-2"].variant)

def backwards(x, positions):
    return refpos.rotate(x, -positions, refpos.CATALOGUE["llama-2"].variant)

def broken(x, positions):
    raise RuntimeError("no kernel\\nfor this machine")

def phi(x, positions):
    return refpos.rotate(x, positions, refpos.CATALOGUE["phi-3-short"].variant)

class Layer:
    @staticmethod
    def forward(x, positions):
        return rope(x, positions)

not_callable = 3
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Stand in a folder with a module of implementations."""
    (tmp_path / "mine.py").write_text(RIGHT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("mine", None)


@pytest.fixture
def nothing_installed(monkeypatch):
    """Stand where no framework is installed."""
    monkeypatch.setattr(discover, "MODULES", {})


def test_an_implementation_that_agrees_exits_with_0(mine, capsys):
    status = main(["check", "llama-2", "--impl", "mine:rope"])

    assert status == 0
    assert "llama-2 (float32/log): agrees" in capsys.readouterr().out


def test_an_implementation_that_differs_exits_with_1_and_is_named(mine, capsys):
    status = main(["check", "llama-2", "--impl", "mine:backwards"])

    assert status == 1
    assert "sign flipped [sign/flipped]" in capsys.readouterr().out


def test_an_implementation_that_raises_exits_with_1_and_tells_the_first_line(mine, capsys):
    status = main(["check", "llama-2", "--impl", "mine:broken"])

    assert status == 1
    printed = capsys.readouterr()
    assert "raised RuntimeError: no kernel [errored]" in printed.out
    assert "Traceback" not in printed.out + printed.err


def test_a_method_can_be_checked(mine):
    assert main(["check", "llama-2", "--impl", "mine:Layer.forward"]) == 0


def test_a_length_turns_a_length_dependent_name_into_what_it_is_there(mine):
    assert main(["check", "phi-3", "--length", "4096", "--impl", "mine:phi"]) == 0
    assert main(["check", "phi-3", "--length", "4097", "--impl", "mine:phi"]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "llama-31", "--impl", "mine:rope"], "perhaps llama-3.1"),
        (["check", "zzzz"], "`refpos list` shows them"),
        (["show", "qwen2vl"], "perhaps qwen2-vl"),
        (["check", "llama-2", "--impl", "mine"], "--impl must be package.module:function"),
        (["check", "llama-2", "--impl", "nowhere:rope"], "ModuleNotFoundError"),
        (["check", "llama-2", "--impl", "mine:nothing"], "AttributeError"),
        (["check", "llama-2", "--impl", "mine:not_callable"], "implementation must be callable; got 3"),
        (["check", "--impl", "mine:rope"], "--impl must come with the NAME of an encoding"),
        (["check", "llama-2", "--features", "256"], "--features must come with --impl"),
        (
            ["check", "llama-2", "--features", "8", "--impl", "mine:rope"],
            "features must be an int of at least 128; got 8",
        ),
        (["check", "phi-3", "--impl", "mine:rope"], "needs at_length first"),
        (["check", "--only", "tensorflow"], "--only must be one of transformers"),
    ],
)
def test_misuse_exits_with_2_and_one_line_that_says_what_is_wrong(mine, capsys, arguments, said):
    status = main(arguments)

    assert status == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_an_unknown_option_exits_with_2(capsys):
    with pytest.raises(SystemExit) as exit_info:
        main(["check", "--dtype", "float8"])

    assert exit_info.value.code == 2
    assert "float8" in capsys.readouterr().err


def test_a_framework_that_is_not_installed_cannot_be_asked_for(nothing_installed, monkeypatch, capsys):
    monkeypatch.setattr(discover, "MODULES", {"surely-not-installed": "nowhere"})

    assert main(["check", "--only", "surely-not-installed"]) == 2
    assert "--only must be a framework that is installed (none is)" in capsys.readouterr().err


def test_without_frameworks_refpos_checks_itself_and_says_which_extra_brings_them(nothing_installed, capsys):
    status = main(["check"])

    assert status == 0
    printed = capsys.readouterr().out
    assert "pip install 'refpos[peers]'" in printed
    assert "llama-3.1" in printed
    assert "0 differ, 0 errored, 0 not loaded" in printed.splitlines()[-1]


def test_reports_come_as_json(mine, capsys):
    main(["check", "llama-2", "--impl", "mine:backwards", "--json", "--dtype", "float32", "--dtype", "float64"])

    first, second = json.loads(capsys.readouterr().out)
    assert ("float32", "differs", "sign/flipped") == (first["dtype"], first["verdict"], first["findings"][0]["id"])
    assert "float64" == second["dtype"]


def test_a_survey_comes_as_json(nothing_installed, capsys):
    main(["check", "llama-2", "--json"])

    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert ("refpos", "llama-2", "agrees") == (row["framework"], row["encoding"], row["outcome"])


def test_the_list_has_every_name_of_the_catalogue(capsys):
    assert main(["list"]) == 0

    printed = capsys.readouterr().out
    assert list(CATALOGUE) == [line.split()[0] for line in printed.splitlines()[:-1]]


def test_the_list_comes_as_json(capsys):
    main(["list", "--json"])

    assert list(CATALOGUE) == [row["name"] for row in json.loads(capsys.readouterr().out)]


def test_a_reader_that_goes_away_leaves_no_traceback():
    command = f"{sys.executable} -m refpos list | head -1"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)

    assert "Traceback" not in run.stderr
    assert run.stdout.startswith("roformer")


def test_progress_is_not_written_where_nobody_watches(nothing_installed, capsys):
    main(["check", "llama-2"])

    assert capsys.readouterr().err == ""
