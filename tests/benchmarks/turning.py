"""Time turning against a plain copy and against other frameworks, on one processor with one thread.

    python tests/benchmarks/turning.py            measure and print
    python tests/benchmarks/turning.py --write    and put the table and the plot into the README
    python tests/benchmarks/turning.py --check    and exit 1 where a ratio misses its target

What is compared works on the same features and runs in turn, round after round. A ratio is taken within a round; it
stands here as the median over rounds, with its quartiles. At the end the same is run with the processor's newer
instructions hidden from NumPy.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

if hasattr(os, "sched_setaffinity"):  # one processor, and so one thread, before any library counts them
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
sys.path.append(str(Path(__file__).parents[2] / "proofs"))

import numpy as np
from certified import machine
from measuring import Row, agree, in_turn, peak, started
from peers import Case, Peer, peers
from pictures import canvas, drawn

from refpos import CATALOGUE, Frequencies, Rotary, cos_sin, rotate, turn

Grown = tuple[str, int, float, int]
"""Pairing, rows, seconds, bytes held."""

README = Path(__file__).parents[2] / "README.md"
PLOT = Path(__file__).with_name("growth.svg")
MARKS = ("<!-- speed -->\n", "<!-- /speed -->\n")
VARIANTS = {"half": CATALOGUE["llama-2"].variant, "interleaved": CATALOGUE["llama-2-meta"].variant}
SHAPES = {
    "64 MB, float32": ((1, 32, 4096, 128), np.float32),
    "64 MB, float64": ((1, 32, 2048, 128), np.float64),
    "one token, float32": ((1, 32, 1, 128), np.float32),
}
COPY, FASTEST = "plain copy", "fastest peer"
TARGETS = {
    ("half, 64 MB, float32", COPY): 2.5,
    ("half, 64 MB, float64", COPY): 2.5,
    ("interleaved, 64 MB, float32", COPY): 1.2,
    ("interleaved, 64 MB, float64", COPY): 1.2,
    ("half, 64 MB, float32", "transformers, eager"): 1 / 10,
    ("interleaved, 64 MB, float32", "transformers, eager"): 1 / 20,
    ("half, 64 MB, float32", "transformers, module and application"): 1 / 6,
    ("interleaved, 64 MB, float32", "transformers, module and application"): 1 / 8,
    ("half, 64 MB, float32", "ONNX Runtime"): 1.0,
    ("interleaved, 64 MB, float32", "ONNX Runtime"): 1.0,
    ("half, one token, float32", FASTEST): 3.0,
    ("interleaved, one token, float32", FASTEST): 3.0,
}
"""What the time of refpos over that of another is to be at most."""
NEWER = (
    "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "X86_V3 X86_V4",
    "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
    "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX",
    "AVX2 FMA3",
)
"""Instructions that NumPy can be told to leave alone, newest version first."""
ROWS, WIDTH = [2**k for k in range(10, 25, 2)], 8
HEAD = ("case", "time over that of", "median", "quartiles", "at most")
CHECKED = "from refpos import *; check(lambda x, p: rotate(x, p, CATALOGUE['llama-2'].variant), 'llama-2')"
STARTS = (
    ("import refpos, over NumPy's", "import numpy, refpos", 0.03),
    ("refpos list", "from refpos.cli import main; main(['list'])", 0.3),
    ("refpos check of one function", CHECKED, 1.5),
)
"""What is run in a process of its own, and the seconds that it may take."""


def ratios(rounds: int, *, alone: bool = False) -> Iterator[Row]:
    """Yield the ratios of every case to a copy and to its peers; alone, to the copy only."""
    for name, (shape, dtype) in SHAPES.items():
        for pairing, variant in VARIANTS.items():
            n = np.arange(shape[-2])
            x = np.random.default_rng(20).standard_normal(shape).astype(dtype)
            case = Case(x, *cos_sin(n, variant, dtype), pairing)
            yield from _compared(f"{pairing}, {name}", case, [] if alone else list(peers(case)), rounds)


def _compared(name: str, case: Case, others: list[Peer], rounds: int) -> Iterator[Row]:
    variant, out, n = VARIANTS[case.pairing], np.empty_like(case.x), np.arange(case.x.shape[-2])
    works = {
        "turn": lambda: turn(case.x, case.cos, case.sin, variant, out=out),
        "rotate": lambda: rotate(case.x, n, variant, out=out),
        COPY: lambda: np.copyto(out, case.x),
        **{one.name: one.turn for one in others},
    }
    want = works["turn"]().copy()
    assert all(agree(want, one.turn()) for one in others if one.same), "a peer computes something else"
    took = in_turn(works, rounds)
    plain = [one.name for one in others if not one.table]
    if plain:
        took[FASTEST] = [min(each) for each in zip(*(took[one] for one in plain), strict=True)]
    makes_table = {one.name for one in others if one.table}
    for other in [COPY, *(one.name for one in others), *([FASTEST] if plain else [])]:
        mine = took["rotate" if other in makes_table else "turn"]
        yield Row(name, other, tuple(np.divide(mine, took[other])), TARGETS.get((name, other)))


def growth() -> Iterator[Grown]:
    """Yield pairing, rows, seconds, and bytes held beside input and output, from a thousand rows to sixteen million."""
    for pairing in VARIANTS:
        variant = Rotary(Frequencies((0,) * (WIDTH // 2)), pairing=pairing)
        for n in ROWS:
            x = np.ones((n, WIDTH), np.float32)
            work = partial(turn, x, *cos_sin(np.arange(n), variant, np.float32), variant, out=x)
            yield pairing, n, statistics.median(in_turn({"": work}, 5)[""]), peak(work)


def starts(rounds: int) -> Iterator[Row]:
    """Yield the seconds until refpos is there, and has listed or checked."""
    bare = statistics.median(started("import numpy", rounds))
    for what, code, most in STARTS:
        less = bare if what.endswith("NumPy's") else 0.0
        yield Row(what, "a second", tuple(one - less for one in started(code, rounds)), most)


def older(rounds: int) -> str:
    """Return the ratios to a plain copy of the same run without the processor's newer instructions."""
    command = [sys.executable, __file__, "--alone", "--rounds", str(rounds)]
    for names in NEWER:  # NumPy says so where it does not know a name; each version has names of its own
        hidden = {**os.environ, "NPY_DISABLE_CPU_FEATURES": names}
        done = subprocess.run(command, check=False, env=hidden, capture_output=True, text=True)
        if not done.returncode and "Warning" not in done.stderr:
            return done.stdout
    return "this NumPy knows none of " + ", ".join(NEWER)


def rows(found: Iterable[Row]) -> list[str]:
    """Return a table in Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *(one.cells() for one in found)]
    return [f"| {' | '.join(line)} |" for line in lines]


def told(found: list[Row], grown: list[Grown]) -> str:
    """Return what stands in the README."""
    memory = max(held for *_, held in grown)
    last = [f"{pairing} {seconds / n * 1e9:.1f}" for pairing, n, seconds, _ in grown if n == ROWS[-1]]
    words = (
        f"Turning in place holds at most {memory / 2**20:.2f} MB beside its features, from {ROWS[0]:,} rows to "
        f"{ROWS[-1]:,}; nanoseconds for each of these rows of {WIDTH} features: {', '.join(last)}."
    )
    picture = f"![seconds by rows](tests/benchmarks/{PLOT.name})"
    return "\n".join([f"{machine()}.", "", *rows(found), "", words, "", picture, ""])


def plotted(grown: list[Grown]) -> str:
    """Return time by rows as SVG."""
    figure, axes = canvas(6, 2.6)
    for pairing in VARIANTS:
        points = [(n, seconds) for one, n, seconds, _ in grown if one == pairing]
        axes.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=pairing, base=2)
    axes.set_xlabel(f"rows of {WIDTH} features")
    axes.set_ylabel("seconds")
    axes.legend()
    return drawn(figure).svg


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 where a ratio misses its target")
    parser.add_argument("--write", action="store_true", help="put the table and the plot into the README")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--alone", action="store_true", help="only against a plain copy, and print only that")
    asked = parser.parse_args()
    if asked.alone:
        print(*rows(ratios(asked.rounds, alone=True)), sep="\n")
        return 0
    found, grown = [*ratios(asked.rounds), *starts(asked.rounds)], list(growth())
    text = told(found, grown)
    print(text, "With the newer instructions hidden from NumPy:\n", older(asked.rounds), sep="\n")
    if asked.write:
        PLOT.write_text(plotted(grown), encoding="utf-8")
        before, _, rest = README.read_text(encoding="utf-8").partition(MARKS[0])
        README.write_text(before + MARKS[0] + text + MARKS[1] + rest.partition(MARKS[1])[2], encoding="utf-8")
    return int(asked.check and not all(one.met for one in found))


if __name__ == "__main__":
    raise SystemExit(main())
