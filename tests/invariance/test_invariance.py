"""The command can fail: without a control, at a moved golden byte, and where a golden value is NumPy's."""

import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from environments import NUMPY, Environment, compiled, moved, without
from folder import stored
from rooms import Room
from run import GOLDEN, derive, faults, lacking

import refpos
from refpos.oracle import vectors
from refpos.oracle.golden.format import canonical

NAME = "gpt-neox-20b"
SOURCE = Path(refpos.__file__).parent
NAIVE = """

def masters(subject, inputs, pinned):
    positions, x = arrays(subject, inputs)
    found = computing(subject.entry.variant, subject.learned, "query")(positions, x)
    return of_head(subject, inputs, found)[:, list(pinned)].tolist()
"""
WRITE = """
import sys
from pathlib import Path
from refpos.oracle.golden.document import rederived
from refpos.oracle.golden.format import canonical
from refpos.oracle.vectors import load
sys.stdout.write(canonical(rederived(sys.argv[2], load(Path(sys.argv[1]), sys.argv[2]))))
"""


@pytest.fixture
def room():
    return Room("here", "", Path(sys.executable))


def golden(place, text):
    """Return a folder that has one golden file, and a schema and a manifest that agree with it."""
    place.mkdir()
    shutil.copy(GOLDEN / "schema.json", place)
    (place / f"{NAME}.json").write_text(text, encoding="utf-8")
    listed = vectors.manifest({NAME: text}, {NAME: vectors.load(place, NAME)})
    (place / "manifest.json").write_text(listed, encoding="utf-8")
    return place


@pytest.fixture
def right(tmp_path):
    return golden(tmp_path / "right", (GOLDEN / f"{NAME}.json").read_text(encoding="utf-8"))


def at(room, source=SOURCE.parent, **changed):
    """Return an environment of this Python, with refpos from a folder."""
    return Environment(room, variables={"PYTHONPATH": str(source), **changed.pop("variables", {})}, **changed)


def naive(place):
    """Return a folder with a refpos that takes golden values from NumPy, and golden files that it wrote."""
    shutil.copytree(SOURCE, place / "refpos", ignore=shutil.ignore_patterns("__pycache__"))
    with (place / "refpos" / "oracle" / "golden" / "values.py").open("a", encoding="utf-8") as file:
        file.write(NAIVE)
    given = [sys.executable, "-c", WRITE, str(GOLDEN), NAME]
    text = subprocess.run(given, cwd=place, capture_output=True, text=True, check=True).stdout
    return golden(place / "golden", text)


def test_an_ulp_that_moves_numpy_and_no_golden_byte_holds(room, right, capsys):
    base = at(room)

    assert derive([base, at(room, ulp="either", beside=base)], base, right, few=True)
    said = capsys.readouterr().out.splitlines()
    assert "cos32,64 sin32,64 exp32,64 power32,64" in said[2]
    assert [True, True] == [line.endswith("holds") and stored(right)[:12] in line for line in said[1:]]


def test_where_nothing_is_perturbed_there_is_no_control(room, right, capsys):
    base = at(room)

    assert not derive([base, at(room)], base, right, few=True)
    assert "FAILS: control: NumPy's bytes are those of the baseline" in capsys.readouterr().out


def test_an_ulp_in_a_golden_file_fails(room, tmp_path, capsys):
    held = vectors.load(GOLDEN, NAME)
    row = held["cases"][1]["master"][0]
    row[0] = math.nextafter(row[0], math.inf)
    changed, base = golden(tmp_path / "changed", canonical(held)), at(room)

    assert not derive([base], base, changed, few=True)
    assert f"FAILS: {NAME}.json, {NAME}/0002: master must be what is derived" in capsys.readouterr().out


def test_a_golden_value_that_is_numpys_fails(room, tmp_path, capsys):
    made = naive(tmp_path / "naive")
    base = at(room, made.parent)

    assert derive([base], base, made, few=True)
    assert not derive([base, at(room, made.parent, ulp="up", beside=base)], base, made, few=True)
    assert "master must be what is derived" in capsys.readouterr().out


def test_a_probe_that_fails_fails(room, right):
    (right / "refpos.py").touch()
    base, broken = at(room), at(room, source=right)

    assert "'refpos' is not a package" in faults(broken, base, broken.probe(right), "")[0]


SEEN = {"on": [], "status": 0, "said": [], "derived": "as stored"}
MOVED = dict.fromkeys((*NUMPY, "math"), "other")


@pytest.mark.parametrize(
    ("told", "change", "problem"),
    [
        ({}, {}, []),
        ({"bytes": {**MOVED, "power32": "same"}}, {"ulp": "up"}, ["control: power32 must be perturbed"]),
        ({"on": ["AVX2"]}, {"variables": {"NPY_DISABLE_CPU_FEATURES": "AVX2"}}, ["control: AVX2 must be off"]),
        ({"bytes": {"dot32": "other"}}, {}, ["control: NumPy's bytes are those of the baseline"]),
        ({"status": 1, "said": ["a line"]}, {}, ["a line"]),
        ({"derived": "another"}, {}, ["derived another, stored as stored"]),
    ],
)
def test_every_fault_is_told(room, told, change, problem):
    base = Environment(room)
    base.__dict__["here"] = {"bytes": dict.fromkeys(MOVED, "same")}
    changed = Environment(room, beside=base, **change)

    assert problem == faults(changed, base, {**SEEN, "bytes": MOVED, **told}, "as stored")


def test_a_baseline_that_changes_fails(room):
    base = Environment(room)
    base.__dict__["here"] = {"bytes": dict.fromkeys(MOVED, "same")}

    assert ["control: NumPy must compute the same bytes twice"] == faults(
        base, base, {**SEEN, "bytes": MOVED}, "as stored"
    )


def test_a_python_that_is_not_there_is_told(capsys):
    assert lacking([], [], shim=None)
    assert "not run: Python 3.12 is not on the PATH" in capsys.readouterr().out


def test_the_shim_moves_all_that_numpy_and_math_compute(room, tmp_path):
    assert shutil.which("cc"), "a C compiler must be on the PATH as cc"
    off = without(at(room))
    made = Environment(room, variables={**off.variables, "LD_PRELOAD": str(compiled(tmp_path)), "REFPOS_ULP": "up"})

    assert {*NUMPY, "math"} == set(moved(off.here, made.here)) - {"dot32", "dot64"}
