"""Whether a token becomes the same whatever stands beside it, and whatever was asked before."""

import numpy as np

from refpos.oracle.inputs import numbers
from refpos.oracle.probe.box import Box, RefusedError, highest
from refpos.oracle.probe.exponents import OF_RESULT
from refpos.oracle.verdict import Finding
from refpos.spec.precise import Floats

AT = "position 1 becomes something else"


def check_company(box: Box, last: int) -> Finding | None:
    """Check that position 1 becomes the same alone, again, and beside the origin; return how it does not beside others.

    Raises
    ------
    ErroredError
        If it fails.
    RefusedError
        If it becomes something else.
    """
    alone, other = _became(box), "no rotation: what a token becomes depends on the other tokens"
    if not _same(box, _became(box), alone):
        raise RefusedError("calls", "no function: what a token becomes depends on earlier calls", f"{AT} when repeated")
    if not _same(box, _became(box, 0), alone):
        raise RefusedError("context", other, f"{AT} beside position 0 than alone")
    if _same(box, _became(box, last), alone):
        return None
    below = highest(lambda position: _same(box, _became(box, position), alone), last)
    words = f"{AT} beside position {below + 1:,} than alone; longest {below + 1} asks for what it is below"
    return Finding("context", other, words)


def _became(box: Box, *beside: int) -> Floats:
    """Return what a vector becomes at position 1, (d,), beside the same at another."""
    given = numbers()
    vector = np.array([given[i % len(given)] for i in range(box.features)]) / 16
    positions = np.array([1, *beside], float)[:, None] * np.ones(box.axes)
    return np.asarray(box(np.tile(vector, (1, 1, len(positions), 1)), positions)[0, 0, 0])


def _same(box: Box, one: Floats, other: Floats) -> bool:
    return bool((np.abs(one - other) <= OF_RESULT * box.u * np.abs(other).max() + box.normal).all())
