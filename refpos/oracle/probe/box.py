"""A black box, what it is asked, and how far its positions reach."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from refpos.oracle.inputs import Case
from refpos.oracle.roundoff import UNIT_ROUNDOFF, underflow
from refpos.oracle.trial import ErroredError, call
from refpos.oracle.verdict import Finding
from refpos.spec.precise import Floats

HIGHEST = 17
"""Positions are asked for up to 2 to this power, where nothing is said."""
LARGE = 64.0
"""Larger than the features of any vector that is asked for, so that what grows beyond the dtype does so here."""


class RefusedError(Exception):
    """A black box computes nothing that planes can be read off."""

    def __init__(self, id: str, what: str, evidence: str) -> None:  # noqa: A002
        super().__init__(what)
        self.finding = Finding(id, what, evidence)


class FailedError(ErroredError):
    """A black box failed, with what it was asked."""

    def __init__(self, why: str, shape: tuple[int, ...], positions: Floats) -> None:
        super().__init__(why)
        few = ", ".join(map(told, positions[:4])) + ", ..." * (len(positions) > 4)
        self.asked = f"with x of shape {shape} and positions {few}"


@dataclass(frozen=True)
class Box:
    """A black box f(x, positions) -> y.

    Parameters
    ----------
    implementation : callable
        As for `check`.
    features, axes : int
        The width of x, and the coordinates of a position.
    dtype : {"float32", "float64", "float16", "bfloat16"}
        Of x.
    """

    implementation: Callable[..., Any]
    features: int
    axes: int
    dtype: str

    def __call__(self, x: Floats, positions: Floats) -> Floats:
        """Return what comes of x, (batch, heads, n, d), at positions (n, A); x is of few bits, exact in every dtype.

        Raises
        ------
        ErroredError
            As `refpos.oracle.trial.call`, and if a number is not finite.
        """
        case = Case("probe", "what is asked of a black box", positions[:, 0] if self.axes == 1 else positions)
        given = x.astype("float32" if self.dtype == "bfloat16" else self.dtype)
        try:
            got = call(self.implementation, [given, case.travelling], x.shape, self.dtype)
        except ErroredError as error:
            raise FailedError(str(error), x.shape, positions) from error
        wrong = ~np.isfinite(got).all(axis=(0, 1, 3))
        if wrong.any():
            raise FailedError(f"returned no finite number at position {told(positions[wrong][0])}", x.shape, positions)
        return got

    @property
    def u(self) -> float:
        """The unit roundoff of what it returns."""
        return UNIT_ROUNDOFF[self.dtype]

    @property
    def normal(self) -> float:
        """The size from which on what it returns is rounded to u."""
        return 2 * underflow(self.dtype) / self.u

    def along(self, steps: Sequence[float] | Floats) -> Floats:
        """Return the positions (A·J, A) that stand J steps along each axis, and 0 along the others."""
        return np.concatenate([np.outer(steps, row) for row in np.eye(self.axes)])


def reach(box: Box, longest: int | None) -> int:
    """Return the highest position at which every coordinate may stand: the last that is told of, or found by halving.

    Raises
    ------
    ErroredError
        If there is none: what is wrong at position 1.
    """
    _ask(box, [1.0])
    last = 1 << HIGHEST if longest is None else longest - 1
    return last if takes(box, [float(last)]) else highest(lambda position: takes(box, [float(position)]), last)


def highest(good: Callable[[int], bool], bad: int) -> int:
    """Return the highest position that is good, by halving what lies between 1, which is, and one that is not.

    Examples
    --------
    >>> highest(lambda position: position < 1000, 2048)
    999
    """
    least = 1
    while bad - least > 1:
        middle = (least + bad) // 2
        least, bad = (middle, bad) if good(middle) else (least, middle)
    return least


def takes(box: Box, steps: Sequence[float]) -> bool:
    """Return whether a black box takes positions that far along its axes."""
    try:
        _ask(box, steps)
    except ErroredError:
        return False
    return True


def told(position: Floats) -> str:
    """Write a position as a number, or as its coordinates.

    Examples
    --------
    >>> told(np.array([3.0])), told(np.array([3.0, 0.5]))
    ('3', '(3, 0.5)')
    """
    numbers = [f"{one:.9g}" for one in position]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"


def _ask(box: Box, steps: Sequence[float]) -> None:
    positions = np.concatenate([np.zeros((1, box.axes)), box.along(steps)])
    box(np.full((1, 1, len(positions), box.features), LARGE), positions)
