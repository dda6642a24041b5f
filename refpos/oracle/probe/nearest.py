"""Which entries of the catalogue a reading is, and where the nearest of them differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from refpos.catalogue import ANGLES
from refpos.oracle.check import check
from refpos.oracle.identified import Near
from refpos.oracle.probe.box import HIGHEST, Box
from refpos.oracle.probe.differences import differences, distance
from refpos.oracle.probe.holds import spread
from refpos.oracle.probe.reading import Reading
from refpos.oracle.probe.turning import Turning, close, described, turning
from refpos.oracle.tolerance import Recipe
from refpos.oracle.trial import ErroredError, Question, attempt, held
from refpos.oracle.verdict import Finding, Report
from refpos.variants.frequencies import Frequencies, PerHead, axis_count, head_count
from refpos.variants.length import at_length
from refpos.variants.planes import width
from refpos.variants.rotary import Rotary, Side
from refpos.variants.scaling import OfLength

NEAREST = 3
"""How many encodings are told that are near."""
EXACTLY, OTHERWISE = ("differs/precision",), ("differs/", "unexplained", "errored")
"""Of what differs: what alone explains all, and what does not."""


@dataclass(frozen=True)
class Candidate:
    """An encoding of the catalogue that could be meant, and what is to be read of it."""

    name: str
    length: int | None
    variant: Rotary
    side: Side
    due: Reading


def nearest(box: Box, reading: Reading, found: Turning) -> tuple[Near, ...]:
    """Return the entries that a black box is, as `check` says.

    Where there are none, the nearest of which one mistake explains all; and where there are none, the nearest.
    """
    candidates = list(_candidates(box, whole=reading.whole))
    alike = [one for one in candidates if close(reading, one.due, box.u)]
    reports = [(group, _checked(box, reading, group[0])) for group in _grouped(alike)]
    agreed = [_near(group, report) for group, report in reports if report.ok]
    if agreed:
        return tuple(agreed)
    groups = _grouped(sorted(candidates, key=lambda one: distance(found, turning(one.due))))[:NEAREST]
    if groups and not _otherwise(found, turning(groups[0][0].due)):
        groups = groups[:1]
    near = [_different(box, reading, found, group) for group in groups]
    explained = [one for one in near if one.findings[0].id in EXACTLY or alone(one.findings)]
    return tuple(explained[:1] or near)


def alone(findings: tuple[Finding, ...]) -> bool:
    """Return whether the first of what differs is a mistake that alone explains all."""
    return bool(findings) and not findings[0].id.startswith(OTHERWISE)


def _candidates(box: Box, *, whole: bool) -> Iterator[Candidate]:
    """Yield the rotary encodings for as many axes that fit and have learned nothing, those of just the width first."""
    for name, entry in sorted(ANGLES.items(), key=lambda one: one[1].width != box.features):
        own = entry.variant
        fits = isinstance(own, Rotary) and axis_count(own.frequencies) == box.axes and width(own) <= box.features
        if not fits or own.learned or head_count(own.frequencies) is not None:
            continue
        assert isinstance(own, Rotary)
        for length, variant in _at_lengths(own):
            for side in _sides(variant):
                yield Candidate(name, length, variant, side, described(variant, box.features, side, whole=whole))


def _at_lengths(variant: Rotary) -> Iterator[tuple[int | None, Rotary]]:
    """Yield a variant, or where it depends on the length, what it is at its original one and at twice that."""
    own = variant.frequencies
    scalings = own.scalings if isinstance(own, Frequencies) else ()
    original = next((one.original for one in scalings if isinstance(one, OfLength)), None)
    if original is None:
        yield None, variant
        return
    for length in (original, 2 * original):
        yield length, at_length(variant, length)


def _sides(variant: Rotary) -> tuple[Side, ...]:
    return ("query",) if variant.growth is None else ("query", "key")


def _grouped(candidates: list[Candidate]) -> list[list[Candidate]]:
    """Return candidates in groups that have one function, in order."""
    groups: dict[tuple[bytes, ...], list[Candidate]] = {}
    for one in candidates:
        key = tuple(part.tobytes() for part in (one.due.own, one.due.other, one.due.start, one.due.values))
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _otherwise(found: Turning, due: Turning) -> bool:
    """Return whether planes turn at other frequencies than are due, or are others."""
    words = [one.id for one in differences(found, due)]
    return len(found.read) != len(due.read) or not {"differs/frequencies", "differs/axes"}.isdisjoint(words)


def _near(group: list[Candidate], report: Report, findings: tuple[Finding, ...] = ()) -> Near:
    names, lengths = zip(*((one.name, one.length) for one in group), strict=True)
    worst = math.inf if math.isnan(report.worst) else report.worst
    return Near(names, lengths, group[0].side, worst, findings)


def _checked(box: Box, reading: Reading, one: Candidate) -> Report:
    """Return what a check says, whose inputs are joined by positions across all that were asked for."""
    longest = reading.reach + 1
    report = check(
        box.implementation, one.variant, dtype=box.dtype, features=box.features, side=one.side, longest=longest
    )
    return _across(box, reading, one, report) if report.ok and _whole(one.variant) else report


def _across(box: Box, reading: Reading, one: Candidate, report: Report) -> Report:
    question = Question(one.name, one.variant, box.features, Recipe.told(box.dtype, "log"), side=one.side)
    case = held(spread(reading.reach, box.axes), question)
    if case is None:
        return report
    try:
        trial = attempt(box.implementation, question, case)
    except ErroredError as error:
        return replace(report, verdict="errored", findings=(Finding("errored", str(error), f"on input {case.id}"),))
    worst = float(trial.ratios.max())
    if worst <= 1:
        return replace(report, worst=max(worst, report.worst))
    far = Finding("unexplained", "the same at the positions of a check, and not at others", trial.worst())
    return replace(report, verdict="differs", worst=worst, findings=(far,))


def _whole(variant: Rotary) -> bool:
    """Return whether positions are whole numbers, no fractions of an image."""
    own = variant.frequencies
    return isinstance(own, PerHead) or own.unit == "radian"


def _different(box: Box, reading: Reading, found: Turning, group: list[Candidate]) -> Near:
    """Return in what a black box differs from an entry: the mistake that explains all, or else each difference."""
    report = _checked(box, reading, group[0])
    beyond = reading.departed.any() and reading.reach > 2**HIGHEST
    explained = [one for one in report.findings if not beyond and one.id not in ("unexplained", "errored")]
    words = explained[:1] or differences(found, turning(group[0].due)) or report.findings[:1]
    return _near(group, report, tuple(words))
