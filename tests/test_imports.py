"""Imports go down only, and what `import refpos` brings in."""

import ast
import importlib
import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import refpos

ROOT = Path(refpos.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# What each floor may import of the package, besides itself. A face is a file that stands beside the floors.
BELOW = {
    "errors": set(),
    "variants": {"errors"},
    "spec": {"errors", "variants"},
    "exact": {"errors", "variants"},
    "symbolic": {"errors", "variants"},
    "catalogue": {"errors", "variants"},
    "oracle": {"errors", "variants", "spec", "exact", "symbolic", "catalogue"},
    "adapters": {"errors", "variants", "spec", "exact", "symbolic", "catalogue", "oracle"},
}
EVERYWHERE = set(BELOW)
OUTSIDE = {
    "errors": set(),
    "variants": set(),
    "exact": set(),
    "spec": {"numpy"},
    "symbolic": {"sympy"},
    "catalogue": set(),
    "oracle": {"numpy"},
}

FUNCTIONS = [name for name in refpos.__all__ if inspect.isfunction(getattr(refpos, name))]
FORMULAS = ["omega", "angles", "cos_sin", "rotate", "turn", "embed", "place", "digits", "at_length", "sections"]
FORMULAS += ["bias", "index", "lookup", "resize", "fit", "place_mask", "scores", "attend"]


@cache
def imported(file, *, late=True):
    """Return the modules that a file imports, late ones inside functions too."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if late else _first(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            inside = node.module.split(".")[0] == "refpos"
            found |= {f"{node.module}.{one.name}" for one in node.names} if inside else {node.module}
    return found


def _first(tree):
    """Yield what is executed when a module is imported."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from _first(node)


def floor(file):
    """Return the first part of the name of a module below the package."""
    return file.relative_to(ROOT).with_suffix("").parts[0]


def name(file):
    return str(file.relative_to(ROOT))


def of_package(file):
    """Return the floors and faces that a file imports from."""
    return {one.split(".")[1] for one in imported(file) if one.startswith("refpos.")}


def failing(law, files):
    """Return the names of the files of which a law does not hold."""
    assert files
    return [name(file) for file in files if not law(file)]


BUILDING = [one for one in FILES if floor(one) in BELOW]


def test_a_file_imports_from_the_floors_below_only():
    assert [] == failing(lambda one: of_package(one) & EVERYWHERE <= BELOW[floor(one)] | {floor(one)}, BUILDING)


def test_a_floor_does_not_import_a_face():
    assert [] == failing(lambda one: of_package(one) <= EVERYWHERE, BUILDING)


def strangers(file, *, late=True):
    """Return what a file imports that is neither the package's nor the standard library's."""
    return {one.split(".")[0] for one in imported(file, late=late)} - {"refpos"} - sys.stdlib_module_names


def test_a_floor_imports_nothing_outside_the_standard_library_but_its_own():
    files = [one for one in FILES if floor(one) in OUTSIDE]

    assert [] == failing(lambda one: strangers(one) <= OUTSIDE[floor(one)], files)


def test_a_face_imports_at_once_only_what_is_always_there():
    files = [one for one in FILES if floor(one) not in BELOW]

    assert [] == failing(lambda one: strangers(one, late=False) <= {"numpy"}, files)


@cache
def _modules():
    code = "import sys; before = set(sys.modules); from refpos import *; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_numpy_and_the_standard_library_only():
    tops = {one.split(".")[0] for one in _modules()}

    assert {"numpy", "refpos"} == tops - sys.stdlib_module_names - _started_with_numpy()


@cache
def _started_with_numpy():
    """Return what NumPy itself imports: Cython's runtime stands in sys.modules under names of its own."""
    code = "import sys; import numpy, numpy.random; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {one.split(".")[0] for one in done.stdout.split()} - {"numpy"}


def test_importing_the_package_imports_no_adapter():
    assert not {one for one in _modules() if one.startswith("refpos.adapters")}


def test_importing_the_package_imports_no_symbols():
    assert not {one for one in _modules() if one.startswith("refpos.symbolic")}


def test_public_names_are_found_when_they_are_asked_for():
    code = "import sys, refpos; print('numpy' in sys.modules); refpos.rotate; print('refpos.oracle' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ["False", "False"] == done.stdout.split()


@pytest.mark.parametrize(("words", "strange"), [(["list"], "numpy"), (["list", "--json"], "importlib.metadata")])
def test_a_command_imports_only_what_it_needs(words, strange):
    code = f"import sys; from refpos.cli import main; main({words}); print({strange!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "False"


def test_type_checkers_are_told_of_the_same_names_in_the_same_places():
    stub = ast.parse(ROOT.joinpath("__init__.pyi").read_text(encoding="utf-8")).body
    told = {(one.asname, f"{node.module}.{one.name}") for node in stub for one in node.names}

    assert {name for name, _ in told} == set(refpos.__all__)
    assert all(getattr(refpos, name) is _reached(place) for name, place in told)


def _reached(place):
    home, _, name = place.rpartition(".")
    return getattr(importlib.import_module(home), name)


def test_a_name_that_is_not_public_is_no_attribute():
    with pytest.raises(AttributeError, match="refpos' has no attribute 'rotates'"):
        _ = refpos.rotates


@pytest.mark.parametrize("public", [name for name in refpos.__all__ if callable(getattr(refpos, name))])
def test_a_public_name_is_explained(public):
    assert inspect.getdoc(getattr(refpos, public))


@pytest.mark.parametrize("public", FUNCTIONS)
def test_a_public_function_has_an_example_that_runs(public):
    _, _, examples = inspect.getdoc(getattr(refpos, public)).partition("Examples\n--------\n")

    assert ">>> " in examples


@pytest.mark.parametrize("public", FORMULAS)
def test_a_formula_has_a_source(public):
    _, _, references = inspect.getdoc(getattr(refpos, public)).partition("References\n----------\n")

    assert references.strip()


def test_a_file_has_at_most_300_lines():
    assert [] == failing(lambda one: len(one.read_text(encoding="utf-8").splitlines()) <= 300, FILES)


def test_a_certified_part_is_imported_when_it_is_asked_for():
    code = "import sys, refpos; refpos.exact.ball; print('refpos.exact.attention' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ["False"] == done.stdout.split()
    assert all(getattr(refpos.exact, one).__name__ == f"refpos.exact.{one}" for one in refpos.exact.__all__)
    with pytest.raises(AttributeError, match=r"refpos.exact' has no attribute 'balls'"):
        _ = refpos.exact.balls
