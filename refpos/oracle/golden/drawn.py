"""Cases made of inputs that were drawn: for each entry two of those that tell most, minimised, and frozen for ever."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from refpos.oracle.golden.minimise import Inputs, fewest_elements, minimised, told
from refpos.oracle.golden.values import Subject, judge
from refpos.oracle.neighbours import Neighbour

Draw = Callable[[Subject], list[Inputs]]
"""What draws inputs for an entry."""

DRAWN = "drawn, minimised: tells "
"""What the comment of a drawn case begins with, before the mistakes that it is there for."""


def drawn_cases(subject: Subject, cases: Iterable[dict[str, Any]], drawn: Iterable[Inputs]) -> list[dict[str, Any]]:
    """Return comment, inputs and pinned elements of new cases: none, where an entry has drawn ones already.

    The first is there for as many mistakes of layout as any inputs tell: they take the same angles to other features.
    The second is there for the other mistake that the fewest cases tell so far, one of length before all.
    """
    known = list(cases)
    if any(DRAWN in one["comment"] for one in known):
        return []
    judged = (judge(subject, one["inputs"], one.get("elements")) for one in known)
    counts = Counter(name for one in judged for name in one.wrong)
    telling = [(inputs, *_kinds(subject, inputs)) for inputs in drawn]
    layout = max(((inputs, names) for inputs, names, _ in telling), key=lambda one: len(one[1]))
    others = [(inputs, [name]) for inputs, _, names in telling for name in names]
    rarest = sorted(others, key=lambda one: _rank(one[1][0], counts))[:1]
    return [_case(subject, *one) for one in (layout, *rarest) if one[1]]


def _rank(name: str, counts: Counter[str]) -> tuple[bool, int, str]:
    return not name.startswith("length/"), counts[name], name


def _kinds(subject: Subject, inputs: Inputs) -> tuple[list[str], list[str]]:
    """Return the mistakes of layout that inputs tell, and all others that they tell."""
    there = subject.at(inputs)
    surely = told(subject, inputs)
    layout = {one.id for one in there.mistakes if _is_layout(there, one)}
    return [name for name in surely if name in layout], [name for name in surely if name not in layout]


def _is_layout(subject: Subject, mistake: Neighbour) -> bool:
    same = mistake.variant.frequencies == subject.variant.frequencies
    return same and mistake.variant != subject.variant


def _case(subject: Subject, inputs: Inputs, aims: list[str]) -> dict[str, Any]:
    small = minimised(subject, inputs, aims)
    elements = fewest_elements(told(subject, small, aims))
    return {"comment": DRAWN + ", ".join(sorted(aims)), "inputs": small, "elements": elements}
