"""Timing several works in turn, and what is told of it."""

import gc
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

Work = Callable[[], Any]
ENOUGH = 2e-3
"""Seconds that one timing must take: short works are repeated within it."""


class Row(NamedTuple):
    """The time of refpos over that of another, or over a second, round by round, and what it is to be at most."""

    case: str
    other: str
    figures: tuple[float, ...]
    target: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def met(self) -> bool:
        return self.target is None or self.median <= self.target

    def cells(self) -> list[str]:
        low, _, high = statistics.quantiles(self.figures, n=4)
        target = "" if self.target is None else f"{self.target:.3g}{'' if self.met else ' (missed)'}"
        return [self.case, self.other, f"{self.median:.3g}", f"{low:.3g} to {high:.3g}", target]


def in_turn(works: Mapping[str, Work], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each work in each round; the first round, which warms caches and compilers, is not told."""
    repeats = {name: max(1, int(ENOUGH / _once(work))) for name, work in works.items()}
    found: dict[str, list[float]] = {name: [] for name in works}
    gc.disable()
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(_timed(work, repeats[name]))
    gc.enable()
    return found


def _once(work: Work) -> float:
    work()
    return max(_timed(work, 3), 1e-7)


def _timed(work: Work, repeats: int) -> float:
    begun = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - begun) / repeats


def peak(work: Work) -> int:
    """Return the most bytes that a work held at once, above what was there before."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most - before


def started(code: str, rounds: int) -> list[float]:
    """Return the seconds that Python takes for a piece of code, in processes of their own."""
    command = [sys.executable, "-c", code]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found.append(time.perf_counter() - begun)
    return found


def agree(a: Any, b: Any) -> bool:
    """Whether two results are the same encoding: tables in float32 by different idioms differ in their last digits."""
    return bool(np.allclose(np.asarray(a), np.asarray(b), rtol=0, atol=1e-2))
