"""Time certified values: `python tests/benchmarks/certified.py [--check] [--runs N]`.

Tables by angle addition on one core, alone and rounded; the golden files made from nothing, and verified, on two. Each
line has the median of several runs, the least and the greatest. With --check the exit is 1 where a median misses its
target. Nothing here is part of the tests, which pass on a slow machine too.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from measuring import machine

from refpos import at_length
from refpos.catalogue import CATALOGUE
from refpos.exact.formats import FLOAT64, rounded, to_odd
from refpos.exact.tables import Table, tables

NAME, ROWS, BITS = "llama-3.1", 2_048, 96
PAIRS_A_SECOND = 200_000
WRITE_SECONDS, VERIFY_SECONDS = 60, 20
JOBS = 2


class Timed(NamedTuple):
    """What was timed: figures of several runs, and the target of their median, a floor or a ceiling."""

    what: str
    figures: list[float]
    target: float
    floor: bool

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def met(self) -> bool:
        return self.median >= self.target if self.floor else self.median < self.target

    def __str__(self) -> str:
        sign, unit = (">=", "pairs/s") if self.floor else ("<", "s")
        form = ",.0f" if self.floor else ".1f"
        middle, low, high = (format(one, form) for one in (self.median, min(self.figures), max(self.figures)))
        verdict = "met" if self.met else "missed"
        return f"{self.what:44} {middle:>11} {unit:7} ({low} to {high})  target {sign} {self.target:,}: {verdict}"


def made() -> Table:
    return tables(range(ROWS), at_length(CATALOGUE[NAME].variant, ROWS), BITS)


def rounding(each: Callable[[Any], float | None]) -> None:
    """Make the table and round every cell; a cell on a boundary, a sine at position 0, is exact, so all are decided."""
    table = made()
    cells: Iterable[Any] = (one for k in range(len(table.columns)) for n in range(ROWS) for one in table.pair(n, k))
    assert all(each(one) is not None for one in cells)


def rates(work: Callable[[], object], runs: int) -> list[float]:
    """Return certified pairs of cosine and sine per second of one core's time."""
    pairs = ROWS * len(made().columns)
    return [pairs / took(work, time.process_time) for _ in range(runs)]


def took(work: Callable[[], object], clock: Callable[[], float]) -> float:
    begun = clock()
    work()
    return clock() - begun


def golden(action: str, place: str) -> None:
    command = [sys.executable, "-m", "refpos", "golden", action, place, "--jobs", str(JOBS)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def written() -> None:
    with tempfile.TemporaryDirectory() as place:
        golden("write", place)


def verified(runs: int) -> list[float]:
    with tempfile.TemporaryDirectory() as place:
        golden("write", place)
        return [took(partial(golden, "verify", place), time.monotonic) for _ in range(runs)]


def timed(runs: int) -> Iterable[Timed]:
    """Yield each figure as it is there."""
    parts: dict[str, Callable[[], object]] = {
        "tables by angle addition": made,
        "tables, rounded to masters": partial(rounding, to_odd),
        "tables, rounded to float64": partial(rounding, partial(rounded, target=FLOAT64)),
    }
    for what, work in parts.items():
        yield Timed(f"{what}, one core", rates(work, runs), PAIRS_A_SECOND, floor=True)
    writing = [took(written, time.monotonic) for _ in range(runs)]
    yield Timed(f"golden write, from nothing, {JOBS} processes", writing, WRITE_SECONDS, floor=False)
    yield Timed(f"golden verify, {JOBS} processes", verified(runs), VERIFY_SECONDS, floor=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 where a median misses its target")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    print(f"{machine()}; {NAME}, {ROWS:,} positions to {BITS} bits; median of {asked.runs} (least to greatest)")
    fine = True
    for one in timed(asked.runs):
        print(one, flush=True)
        fine &= one.met
    return 0 if fine or not asked.check else 1


if __name__ == "__main__":
    raise SystemExit(main())
