"""Every example in a docstring, and those of the README, run and print what they say."""

import doctest
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import refpos

ADAPTERS = "refpos.adapters."
MODULES = sorted(
    one.name
    for one in pkgutil.walk_packages(refpos.__path__, "refpos.")
    if not one.name.startswith(ADAPTERS) and one.name != "refpos.__main__"
)


@pytest.mark.parametrize("name", ["refpos", *MODULES])
def test_examples_in_docstrings_print_what_they_say(name):
    failed, _ = doctest.testmod(import_module(name))

    assert failed == 0


def test_most_modules_that_compute_have_examples():
    examples = {
        name for name in MODULES if any(one.examples for one in doctest.DocTestFinder().find(import_module(name)))
    }

    assert {"refpos.spec.rotary", "refpos.spec.frequencies", "refpos.oracle.check"} <= examples


def test_examples_in_the_readme_print_what_they_say():
    failed, attempted = doctest.testfile(str(Path(__file__).parents[1] / "README.md"), module_relative=False)

    assert (failed, attempted > 3) == (0, True)
