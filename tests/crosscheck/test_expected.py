"""Every difference that is listed as expected is there, in the version it is listed for."""

from importlib.metadata import PackageNotFoundError, version

import pytest

from refpos.adapters.expected import EXPECTED
from refpos.catalogue import CATALOGUE

HELD = ("keras-hub",)
"""Frameworks that no extra brings, and whose reproductions run only where they are found."""


def installed(one):
    try:
        return one.versions[0] <= version(one.framework) <= one.versions[1]
    except PackageNotFoundError:
        return False


RUNNABLE = [one for one in EXPECTED if one.framework not in HELD or installed(one)]


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
@pytest.mark.parametrize("one", RUNNABLE, ids=lambda one: f"{one.framework}, {one.encoding}")
def test_the_reproduction_of_an_expected_difference_reproduces_it(one):
    if not installed(one):
        pytest.skip(f"{one.framework} {one.versions[0]} is not installed")

    exec(compile(one.reproduction, one.label, "exec"), {})


@pytest.mark.parametrize("one", EXPECTED, ids=lambda one: f"{one.framework}, {one.encoding}")
def test_an_expected_difference_names_an_entry_and_says_why(one):
    assert one.encoding in CATALOGUE
    assert len(one.reason) > 30
    assert "assert" in one.reproduction
