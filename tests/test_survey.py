"""The survey of frameworks: discovery, outcomes, and what is expected to differ."""

import importlib.metadata
import sys
from types import ModuleType

import pytest

from refpos import CATALOGUE, rotate
from refpos.adapters import discover
from refpos.adapters.encoding import Encoding, Framework
from refpos.adapters.expected import Expected
from refpos.report import survey
from refpos.survey import own_tasks, passed, plan, run, summary


def right(dtype):
    return lambda x, positions: rotate(x, positions, CATALOGUE["llama-2"].variant)


def backwards(dtype):
    return lambda x, positions: rotate(x, -positions, CATALOGUE["llama-2"].variant)


def shifted(dtype):
    return lambda x, positions: rotate(x, positions + 1, CATALOGUE["llama-2"].variant)


def broken(dtype):
    raise ImportError("no such kernel\nin this build")


def known(**changed):
    given = {
        "framework": "toy",
        "encoding": "llama-2",
        "label": "turns",
        "versions": ("1.0", "1.9"),
        "findings": ("sign/flipped",),
        "reason": "it turns the other way",
        "reproduction": "assert True",
    }
    return Expected(**{**given, **changed})


@pytest.fixture
def toy(monkeypatch):
    """Install a framework whose one encoding is given."""

    def install(build, version="1.2", tested=("1.2",), offered=None):
        module = ModuleType("refpos.adapters.toy")
        encodings = offered or (lambda: (Encoding("llama-2", "turns", build),))
        module.FRAMEWORK = Framework("toy", tested, encodings)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(discover, "MODULES", {"toy": "toy", "absent-framework": "absent"})
        monkeypatch.setattr(discover, "version", lambda name: version if name == "toy" else missing(name))

    return install


def missing(name):
    raise importlib.metadata.PackageNotFoundError(name)


def outcome(expected=()):
    tasks, rows = plan()
    (row,) = [*rows, *run(tasks, expected)]
    return row


def test_only_installed_frameworks_are_found(toy):
    toy(right)

    assert {"toy": "1.2"} == discover.installed()


def test_every_known_framework_has_an_adapter_that_loads_without_it():
    for name in discover.MODULES:
        assert name == discover.load(name).name


def test_a_right_encoding_agrees(toy):
    toy(right)

    row = outcome()

    assert ("agrees", "") == (row.outcome, row.why)
    assert row.worst < 1


def test_a_wrong_encoding_differs_and_is_named(toy):
    toy(backwards)

    row = outcome()

    assert "differs" == row.outcome
    assert row.why.startswith("turned the other way: sign flipped; at position")


def test_a_framework_that_does_not_import_is_a_row_with_the_first_line_of_its_error(toy):
    def offered():
        raise ImportError("libtoy.so: cannot open\nmore lines")

    toy(right, offered=offered)

    row = outcome()

    assert ("not loaded", "ImportError: libtoy.so: cannot open") == (row.outcome, row.why)


def test_an_encoding_that_cannot_be_built_errored(toy):
    toy(broken)

    row = outcome()

    assert ("errored", "raised ImportError: no such kernel") == (row.outcome, row.why)


def test_a_listed_difference_is_expected_and_gives_its_reason(toy):
    toy(backwards)

    row = outcome([known()])

    assert ("expected", "it turns the other way") == (row.outcome, row.why)


def test_a_listed_difference_that_agrees_after_all_is_a_failure(toy):
    toy(right)

    row = outcome([known()])

    assert "differs" == row.outcome
    assert row.why.startswith("agrees after all")
    assert not passed([row])


def test_another_difference_than_the_listed_one_is_not_expected(toy):
    toy(shifted)

    assert "differs" == outcome([known()]).outcome


def test_an_error_is_not_the_listed_difference(toy):
    toy(broken)

    assert "errored" == outcome([known()]).outcome


def test_a_difference_worse_than_the_listed_one_is_not_expected(toy):
    toy(backwards)
    worst = outcome().worst

    assert "expected" == outcome([known(worst=worst)]).outcome
    assert "differs" == outcome([known(worst=0.99 * worst)]).outcome


@pytest.mark.parametrize("version", ["0.9", "2.0", "1.10"])
def test_a_listed_difference_holds_for_its_versions_only(toy, version):
    toy(backwards, version=version, tested=(version,))

    assert "differs" == outcome([known()]).outcome


@pytest.mark.parametrize("version", ["1.0", "1.2.3", "1.9", "1.5+cpu", "1.2rc1"])
def test_a_listed_difference_holds_within_its_versions(toy, version):
    toy(backwards, version=version)

    assert "expected" == outcome([known()]).outcome


@pytest.mark.parametrize("field", ["framework", "encoding", "label"])
def test_a_listed_difference_is_that_of_one_row(toy, field):
    toy(backwards)

    assert "differs" == outcome([known(**{field: "another"})]).outcome


def test_a_listed_difference_may_be_that_of_some_dtypes(toy):
    toy(backwards)

    assert "differs" == outcome([known(dtypes=("bfloat16",))]).outcome
    assert "expected" == outcome([known(dtypes=("float32",))]).outcome


def test_a_version_outside_those_tested_is_marked_and_judged_all_the_same(toy):
    toy(right, version="7.0")

    row = outcome()

    assert (False, "agrees") == (row.tested, row.outcome)
    assert "not tested with" in survey([row])[0]


def test_a_difference_in_a_version_outside_those_tested_is_untested_and_no_success(toy):
    toy(backwards, version="7.0")

    row = outcome()

    assert (False, "untested") == (row.tested, row.outcome)
    assert row.why.startswith("differs, in a version not among those tested: turned the other way: sign flipped; at")
    assert not passed([row])


def test_an_error_in_a_version_outside_those_tested_is_untested_and_no_success(toy):
    toy(broken, version="7.0")

    row = outcome()

    assert ("untested", "errored, in a version not among those tested: raised ImportError: no such kernel") == (
        row.outcome,
        row.why,
    )
    assert not passed([row])


def test_a_difference_in_a_tested_version_is_none_of_the_version(toy):
    toy(backwards, version="1.2+cpu")

    assert "differs" == outcome().outcome


def test_where_no_version_is_named_every_version_is_tested(toy):
    toy(backwards, version="7.0", tested=())

    assert (True, "differs") == (outcome().tested, outcome().outcome)


def test_a_listed_difference_in_a_version_outside_those_tested_is_still_expected(toy):
    toy(backwards, version="1.5")

    row = outcome([known()])

    assert (False, "expected") == (row.tested, row.outcome)


def test_a_tested_version_is_not_marked(toy):
    toy(right, version="1.2+cpu")

    assert "not tested with" not in survey([outcome()])[0]


def test_only_the_dtypes_that_an_encoding_declares_are_run(toy):
    toy(right)

    assert [] == plan(dtypes=["bfloat16"])[0]


def test_only_the_frameworks_and_the_encoding_asked_for_are_run(toy):
    toy(right)

    assert [] == plan(only=["another"])[0]
    assert [] == plan(name="gpt-j")[0]
    assert 1 == len(plan(only=["toy"], name="llama-2")[0])


def test_the_last_line_counts_every_outcome(toy):
    toy(backwards)
    rows = [outcome(), outcome([known()])]

    assert "2 checked: 0 agree, 1 expected, 1 differ, 0 errored, 0 not loaded (14 s)" == summary(rows, 14.4)


def test_the_last_line_counts_untested_rows_apart_where_there_are_any(toy):
    toy(backwards, version="7.0")

    assert "1 checked: 0 agree, 0 expected, 0 differ, 0 errored, 0 not loaded, 1 untested (14 s)" == summary(
        [outcome()], 14.4
    )


def test_nothing_checked_is_no_success():
    assert not passed([])


def test_refpos_own_path_agrees_with_itself_everywhere():
    rows = list(run(own_tasks("0", ["float32", "float16"])))

    assert all(row.outcome == "agrees" for row in rows)
    assert len(rows) > 100
