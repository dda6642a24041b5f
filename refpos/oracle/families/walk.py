"""Segments placed one by one, each as if alone, with something said otherwise than the rule does."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from refpos.oracle.families.family import Inputs
from refpos.oracle.families.segments import segments
from refpos.spec.multimodal import apart
from refpos.spec.positions import place
from refpos.spec.precise import Floats
from refpos.variants.multimodal import V2PE, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Audio, Segment, Text, Video


def sides(one: Segment, rule: Any) -> tuple[int, int, int]:
    """Return frames, rows and columns after merging; (n, 1, 1) of what has none."""
    if isinstance(one, Text | Audio):
        return one.n, 1, 1
    merge = getattr(rule, "merge", 1)
    return one.t if isinstance(one, Video) else 1, one.h // merge, one.w // merge


def alone(one: Segment, rule: Any) -> Floats:
    """Return the positions of a segment that nothing comes before, (n, A)."""
    found = place([one], rule)
    return found[:, None] if found.ndim == 1 else found


def start_after(one: Segment, rows: Floats, start: float, rule: Any) -> float:
    """Return where a rule goes on after a grid, of which the rows are placed."""
    frames, h, w = sides(one, rule)
    match rule:
        case VideoRope():
            return float(rows[:, 0].max()) + 1
        case OmniRope(stride=stride):
            return start + max(stride * (frames - 1) + 1, h, w)
        case V2PE():
            return ceil(float(rows.max())) + 1.0
        case RopeTie():
            return float(start + (alone(one, rule)[0] + alone(one, rule)[-1] + 1)[0])
        case _:
            return float(rows.max()) + 1


@dataclass(frozen=True)
class Walk:
    """A way through segments.

    Parameters
    ----------
    rule : MRope, VideoRope, OmniRope, RopeTie, V2PE or CircleRope
    after : callable, optional
        (segment, rows, start) -> where the next segment starts, after a grid.
    block : callable, optional
        (segment, rule) -> the positions of a segment that nothing comes before.
    pick : int
        Of how many patches along each side only the first one is returned.
    """

    rule: Any
    after: Callable[[Segment, Floats, float], float] | None = None
    block: Callable[[Segment, Any], Floats] = alone
    pick: int = 1

    def __call__(self, inputs: Inputs) -> Floats:
        """Return the positions of all tokens, (n, A)."""
        found, start = list[Floats](), 0.0
        for one in apart(segments(inputs), self.rule):
            rows, grid = self.block(one, self.rule), not isinstance(one, Text | Audio)
            only_time = grid and isinstance(self.rule, OmniRope)
            rows = rows + np.array([start, 0.0, 0.0] if only_time else start)
            found.append(rows[self._first(one)] if grid else rows)
            start = self._start(one, rows, start) if grid else float(rows.max()) + 1
        return np.concatenate(found)

    def _start(self, one: Segment, rows: Floats, start: float) -> float:
        return float(self.after(one, rows, start)) if self.after else start_after(one, rows, start, self.rule)

    def _first(self, one: Segment) -> Any:
        """Return which rows are those of the first patch of each that are merged."""
        t, h, w = sides(one, self.rule)
        cells = np.arange(t * h * w).reshape(t, h, w)
        return cells[:, :: self.pick, :: self.pick].ravel()
