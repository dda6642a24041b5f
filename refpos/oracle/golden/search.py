"""The cases that a golden file begins with: those of the plan, and those that tell what the plan leaves untold."""

from dataclasses import replace
from typing import Any

import numpy as np

from refpos.oracle.golden.draw import Draft, draft, plan, spots
from refpos.oracle.golden.values import Subject, allowed, arrays, judge, of_head, predicted, telling
from refpos.oracle.neighbours import computing
from refpos.oracle.tolerance import Recipe
from refpos.spec.precise import Floats

PINNED = 8
"""How many outputs a case pins that is there for one mistake."""
SURELY = 1.5
"""By how much a mistake must be beyond what tells it, in float64, for a case to be made of it."""


def first_cases(subject: Subject) -> list[dict[str, Any]]:
    """Return comment, inputs and pinned elements of the first cases of an entry.

    For each mistake that the plan does not tell there is the first case, in the order of positions, that does. A case
    that tells nothing is left out.
    """
    variant, features = subject.entry.variant, subject.entry.width
    found = [one.data() for one in plan(variant, features)]
    telling = [judge(subject, one["inputs"], one.get("elements")).wrong for one in found]
    told = {name for one in telling for name in one}
    for mistake in _mistakes(subject):
        extra = None if mistake in told else search(subject, mistake, len(found))
        if extra is not None:
            found.append(extra.data())
            telling.append(judge(subject, found[-1]["inputs"], found[-1]["elements"]).wrong)
            told |= set(telling[-1])
    return [one for one, names in zip(found, telling, strict=True) if names]


def _mistakes(subject: Subject) -> tuple[str, ...]:
    """Return the mistakes that can be made with an entry, at any of the lengths that are tried."""
    lengths = dict.fromkeys(length for _, _, length in spots(subject.entry.variant))
    return tuple(dict.fromkeys(one.id for length in lengths for one in subject.at({"length": length}).mistakes))


def search(subject: Subject, mistake: str, number: int) -> Draft | None:
    """Return the first case, in the order of positions, that tells a mistake, by the elements that tell it best."""
    variant, features = subject.entry.variant, subject.entry.width
    for words, positions, length in spots(variant):
        tried = draft(variant, features, number, words, positions, length)
        inputs = tried.data()["inputs"]
        there = subject.at(inputs)
        given = arrays(there, inputs)
        got = next((predicted(there, one, inputs, *given) for one in there.mistakes if one.id == mistake), None)
        if got is None:
            continue
        beyond = _beyond(there, inputs, got)
        best = sorted(np.argsort(-beyond, kind="stable")[:PINNED].tolist())
        if beyond.max() > SURELY:
            return replace(tried, comment=f"{words}: tells {mistake}", elements=tuple(best))
    return None


def _beyond(subject: Subject, inputs: dict[str, Any], got: Floats) -> Floats:
    """Return for each element by how much it is beyond what tells a mistake, at its worst token."""
    due = of_head(subject, inputs, computing(subject.variant, subject.learned)(*arrays(subject, inputs)))
    limit = telling(allowed(subject, inputs, Recipe("float32", "log")))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(got == due, 0.0, np.abs(got - due) / limit)
    return np.asarray(np.nan_to_num(ratio, nan=np.inf, posinf=np.inf).max(axis=0))
