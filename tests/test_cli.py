"""The command line: what it prints, and its exit status."""

import json
import os
import subprocess
import sys
from types import ModuleType

import pytest

from refpos import rotate
from refpos.adapters import discover
from refpos.adapters.encoding import Encoding, Framework
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

def chatty(x, positions):
    print("loading kernels", flush=True)
    return rope(x, positions)

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
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit('needs a licence')\n")
    (tmp_path / "quits.py").write_text("raise SystemExit\n")
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
        (
            ["check", "phi-3", "--impl", "mine:rope"],
            "an encoding that depends on the length needs at_length, or --length; got phi-3",
        ),
        (
            ["check", "llama-2", "--impl", "mine:rope", "--only", "timm"],
            "--only must not come with --impl; got --only timm",
        ),
        (["check", "llama-2", "--impl", "leaves:rope"], "--impl must be importable; got SystemExit: needs a licence"),
        (["check", "llama-2", "--impl", "quits:rope"], "--impl must be importable; got SystemExit"),
        (["check", "llama-2", "--impl", "mine:rope", "--longest", "1"], "longest must be an int of at least 2; got 1"),
        (["check", "llama-2", "--longest", "4096"], "--longest must come with --impl"),
        (["check", "llama-2", "--recipe", "log"], "--recipe must come with --impl"),
        (["check", "phi-3", "--length", "4096"], "--length must come with --impl"),
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
    assert "`pip install '.[peers]'` brings those it knows" in printed
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

    assert run.stderr == ""
    assert run.stdout.startswith("roformer")


def test_a_command_whose_reader_went_away_exits_as_a_shell_reports_it():
    read, write = os.pipe()
    os.close(read)
    try:
        command = [sys.executable, "-u", "-m", "refpos", "list"]
        run = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write)

    assert (run.returncode, run.stderr) == (141, b"")


def test_what_an_implementation_prints_does_not_mix_with_json(mine, capsys):
    status = main(["check", "llama-2", "--impl", "mine:chatty", "--json"])

    printed = capsys.readouterr()
    assert status == 0
    assert [row["verdict"] for row in json.loads(printed.out)] == ["agrees"]
    assert "loading kernels" in printed.err


@pytest.fixture
def toy(monkeypatch):
    """Install a framework with one encoding, that prints, right for version 1.0."""

    def install(build, version="1.0"):
        module = ModuleType("refpos.adapters.toy")
        module.FRAMEWORK = Framework("toy", ("1.0",), lambda: (Encoding("llama-2", "turns", build),))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(discover, "MODULES", {"toy": "toy"})
        monkeypatch.setattr(discover, "version", lambda _: version)

    return install


def chatty(dtype):
    print("building")
    return lambda x, positions: print("turning") or rotate(x, positions, CATALOGUE["llama-2"].variant)


def backwards(dtype):
    return lambda x, positions: rotate(x, -positions, CATALOGUE["llama-2"].variant)


def test_what_a_framework_prints_does_not_mix_with_the_json_of_a_survey(toy, capsys):
    toy(chatty)

    status = main(["check", "--json"])

    printed = capsys.readouterr()
    assert status == 0
    assert [row["outcome"] for row in json.loads(printed.out)["rows"]] == ["agrees"]
    assert "building" in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "gpt-j"], "what is installed must offer gpt-j in that dtype; got float32"),
        (["check", "--dtype", "float64"], "what is installed must offer an encoding in that dtype; got float64"),
        (
            ["check", "gpt-j", "--only", "toy", "--json"],
            "what is installed must offer gpt-j in that dtype; got float32",
        ),
    ],
)
def test_nothing_to_check_is_misuse(toy, capsys, arguments, said):
    toy(chatty)

    status = main(arguments)

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert said in printed.err


def test_a_difference_in_an_untested_version_exits_with_1_and_is_counted_apart(toy, capsys):
    toy(backwards, version="9.9")

    status = main(["check"])

    assert status == 1
    assert ", 0 differ, 0 errored, 0 not loaded, 1 untested (" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["show", "llama-3.1"], ["show", "whisper"], ["check", "--help"], ["list"]])
def test_a_terminal_without_unicode_shows_what_it_can(arguments):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "refpos", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.isascii()


def test_progress_is_not_written_where_nobody_watches(nothing_installed, capsys):
    main(["check", "llama-2"])

    assert capsys.readouterr().err == ""


def imported_by(*arguments):
    code = f"import sys; from refpos.cli import main; main({list(arguments)}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_a_list_imports_nothing_that_judges_or_certifies():
    judging = {
        one for one in imported_by("list") if one.startswith(("refpos.oracle.", "refpos.exact", "refpos.spec.att"))
    }

    assert judging <= {"refpos.oracle.names", "refpos.oracle.verdict"}
