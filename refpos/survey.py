"""The main job: find the installed frameworks, and check all of their encodings."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from refpos.adapters.discover import installed, load
from refpos.adapters.encoding import Encoding, Framework
from refpos.adapters.expected import EXPECTED, Expected
from refpos.catalogue.find import find_angle
from refpos.errors import told
from refpos.oracle.check import check
from refpos.oracle.verdict import Finding, Report
from refpos.variants.length import at_length

Outcome = Literal["agrees", "expected", "differs", "errored", "not loaded", "untested"]
COUNTED = {
    "agrees": "agree",
    "expected": "expected",
    "differs": "differ",
    "errored": "errored",
    "not loaded": "not loaded",
}


@dataclass(frozen=True)
class Row:
    """One line of a survey: an encoding of a framework, in one dtype.

    Parameters
    ----------
    framework, version : str
    tested : bool
        Whether the adapter was tested with this version.
    encoding, label, stage, dtype : str
        What was checked; empty where the framework did not load.
    outcome : {"agrees", "expected", "differs", "errored", "not loaded", "untested"}
        "expected" is a known difference; one that agrees after all "differs" from what is known. "untested" is what
        would differ or err in a version that the adapter was not tested with.
    worst : float or None
        The largest error over its bound.
    why : str
        What explains the outcome, unless it agrees.
    """

    framework: str
    version: str
    tested: bool
    encoding: str
    label: str
    stage: str
    dtype: str
    outcome: Outcome
    worst: float | None
    why: str
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Task:
    """A check to be made."""

    framework: Framework
    version: str
    encoding: Encoding
    dtype: str

    @property
    def tested(self) -> bool:
        """Whether the adapter was tested with this version."""
        return not self.framework.tested or self.version.split("+")[0] in self.framework.tested


def plan(
    only: Sequence[str] = (), dtypes: Sequence[str] = ("float32",), name: str | None = None
) -> tuple[list[Task], list[Row]]:
    """Return the checks to be made in the installed frameworks, and a row for each framework that does not load.

    Parameters
    ----------
    only : sequence of str
        The frameworks wanted; all where empty.
    dtypes : sequence of str
    name : str, optional
        The one encoding wanted, by its catalogue name.
    """
    tasks, failures = [], []
    for framework, version in installed().items():
        if only and framework not in only:
            continue
        try:
            adapter = load(framework)
            offered = adapter.encodings()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            failures.append(Row(framework, version, False, "", "", "", "", "not loaded", None, told(error)))
            continue
        tasks += [
            Task(adapter, version, encoding, dtype)
            for encoding in offered
            for dtype in dtypes
            if dtype in encoding.dtypes and name in (None, encoding.name)
        ]
    return tasks, failures


def own_tasks(version: str, dtypes: Sequence[str], name: str | None = None) -> list[Task]:
    """Return the checks of refpos' own path, for where no framework is installed."""
    from refpos.adapters.own import FRAMEWORK

    return [
        Task(FRAMEWORK, version, encoding, dtype)
        for encoding in FRAMEWORK.encodings()
        for dtype in dtypes
        if dtype in encoding.dtypes and name in (None, encoding.name)
    ]


def run(tasks: Sequence[Task], expected: Sequence[Expected] = EXPECTED) -> Iterator[Row]:
    """Make the checks, one row after the other."""
    for task in tasks:
        yield _row(task, expected)


def _row(task: Task, expected: Sequence[Expected]) -> Row:
    encoding = task.encoding
    known = [
        one
        for one in expected
        if one.covers(task.framework.name, task.version, encoding.name, encoding.label, task.dtype)
    ]
    report = _check(task)
    outcome, why = _judge(report, known[0] if known else None)
    if not task.tested and outcome in ("differs", "errored"):
        outcome, why = "untested", f"{outcome}, in a version not among those tested: {why}"
    return Row(
        task.framework.name,
        task.version,
        task.tested,
        encoding.name,
        encoding.label,
        encoding.stage,
        task.dtype,
        outcome,
        report.to_dict()["worst"],
        why,
        report.findings,
    )


def _check(task: Task) -> Report:
    encoding = task.encoding
    entry = find_angle(encoding.name)
    variant = entry.variant if encoding.length is None else at_length(entry.variant, encoding.length)
    try:
        implementation = encoding.build(task.dtype)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        implementation = _raising(error)
    return check(
        implementation,
        variant,
        dtype=task.dtype,
        recipe=encoding.recipe,
        features=entry.width,
        learned=encoding.learned,
        longest=encoding.longest,
        grids=encoding.grids,
    )


def _raising(error: BaseException) -> Any:
    def implementation(*_: Any) -> None:
        raise error

    return implementation


def _judge(report: Report, known: Expected | None) -> tuple[Outcome, str]:
    """Return the outcome and its reason, given what is known."""
    if known is not None:
        if report.verdict == "agrees":
            return "differs", f"agrees after all, though a difference is listed: {known.reason}"
        if report.verdict == "differs" and report.findings[0].id in known.findings and report.worst <= known.worst:
            return "expected", known.reason
    why = "; ".join(one.what for one in report.findings[:2])
    if report.verdict == "differs":
        why = f"{why}; {report.where}"
    return report.verdict, why


def summary(rows: Sequence[Row], seconds: float) -> str:
    """Return the last line: `52 checked: 51 agree, 1 expected, 0 differ, 0 errored, 0 not loaded (14 s)`."""
    counts = {outcome: sum(row.outcome == outcome for row in rows) for outcome in COUNTED}
    checked = len(rows) - counts["not loaded"]
    parts = ", ".join(f"{counts[outcome]} {word}" for outcome, word in COUNTED.items())
    untested = sum(row.outcome == "untested" for row in rows)
    return f"{checked} checked: {parts}{f', {untested} untested' if untested else ''} ({seconds:.0f} s)"


def passed(rows: Sequence[Row]) -> bool:
    """Whether something was checked, and every row of it agrees or differs as expected."""
    checked = [row for row in rows if row.outcome != "not loaded"]
    return bool(checked) and all(row.outcome in ("agrees", "expected") for row in checked)
