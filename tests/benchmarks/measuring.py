"""Timing several works in turn, and what is told of it.

Rounds interleave: in each, every work is timed once, so that what else the machine does falls on all of them, and a
ratio is taken within a round. pytest-benchmark, asv and pyperf time all rounds of one work before those of the next.
"""

import gc
import os
import platform
import random
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Work = Callable[[], Any]
ENOUGH = 2e-3
"""Seconds that one timing must take: short works are repeated within it."""


def short(number: float) -> str:
    """Return a number to two digits, or to the next whole one.

    Examples
    --------
    >>> short(0.0123), short(1234.5)
    ('0.012', '1,234')
    """
    return f"{number:.2g}" if abs(number) < 10 else f"{number:,.0f}"


class Row(NamedTuple):
    """The time of refpos over that of another, or over a second, round by round, and what it is to be at most."""

    case: str
    other: str
    figures: Sequence[float]
    target: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def met(self) -> bool:
        return self.target is None or self.median <= self.target

    def __str__(self) -> str:
        low, _, high = map(short, statistics.quantiles(self.figures, n=4, method="inclusive"))
        target = "" if self.target is None else f" {'✓' if self.met else '✗'} {short(self.target)}"
        return f"{short(self.median)} ({low} to {high}){target}"


def machine() -> str:
    """Return the processor, its cores, and the versions that matter."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), model)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {platform.system()}; {python}, NumPy {np.__version__}"


def in_turn(works: Mapping[str, Work], rounds: int, *, warm: bool = True) -> dict[str, list[float]]:
    """Return the seconds of each work in each round. Rounds differ in order.

    Each time a work runs once before it is timed: what ran before leaves its memory in caches, and threads that wait.
    """
    repeats = {name: max(1, int(ENOUGH / _once(work))) if warm else 1 for name, work in works.items()}
    found: dict[str, list[float]] = {name: [] for name in works}
    order = random.Random(20)
    gc.disable()
    for _ in range(rounds):
        for name in order.sample(list(works), len(works)):
            if warm:
                works[name]()
            found[name].append(_timed(works[name], repeats[name]))
    gc.enable()
    return found


def _once(work: Work) -> float:
    work()
    took = _timed(work, 1)
    return took if took > ENOUGH else max(_timed(work, 3), 1e-7)


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


def ran(*arguments: str) -> None:
    """Run Python with some arguments, in a process of its own."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def agree(a: Any, b: Any) -> bool:
    """Whether two results are the same encoding: tables in float32 by different idioms differ in their last digits."""
    return bool(np.allclose(np.asarray(a), np.asarray(b), rtol=0, atol=1e-2))
