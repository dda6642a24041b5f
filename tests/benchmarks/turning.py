"""Turning features, beside a plain copy and what other frameworks turn them with.

Rounds are spread over processes: each lays its arrays elsewhere in memory, which moves all its ratios by a tenth.
Run alone, `python tests/benchmarks/turning.py ROUNDS` prints the figures of one process as JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress

import numpy as np
from measuring import Row, agree, in_turn
from peers import Case, peers

from refpos import CATALOGUE, cos_sin, rotate, turn

VARIANTS = {"half": CATALOGUE["llama-2"].variant, "interleaved": CATALOGUE["llama-2-meta"].variant}
SHAPES = {
    "64 MB, float32": ((1, 32, 4096, 128), np.float32),
    "64 MB, float64": ((1, 32, 2048, 128), np.float64),
    "one token, float32": ((1, 32, 1, 128), np.float32),
}
COPY, FASTEST, EAGER, MODULE = (
    "plain copy",
    "fastest peer",
    "transformers, eager",
    "transformers, module and application",
)
TARGETS = {
    ("half, 64 MB, float32", COPY): 2.5,
    ("half, 64 MB, float64", COPY): 2.5,
    ("interleaved, 64 MB, float32", COPY): 1.2,
    ("interleaved, 64 MB, float64", COPY): 1.2,
    ("half, 64 MB, float32", EAGER): 1 / 10,
    ("interleaved, 64 MB, float32", EAGER): 1 / 20,
    ("half, 64 MB, float32", MODULE): 1 / 6,
    ("interleaved, 64 MB, float32", MODULE): 1 / 8,
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


PROCESSES = 5
"""Over how many processes rounds are spread, where there are as many."""


def ratios(rounds: int) -> list[Row]:
    """Return the ratios of every case to a copy and to its peers, the fastest of them in each round too."""
    return _spread(rounds, os.environ)


def without(rounds: int) -> list[Row]:
    """Return the ratios of the same run without the processor's newer instructions, none where NumPy keeps them."""
    for names in NEWER:  # NumPy says so where it does not know a name; each version has names of its own
        with suppress(RuntimeError):
            return _spread(rounds, {**os.environ, "NPY_DISABLE_CPU_FEATURES": names})
    return []


def _spread(rounds: int, environment: Mapping[str, str]) -> list[Row]:
    """Return the rounds of all processes together; `RuntimeError` if one fails or knows no such instructions."""
    processes = min(PROCESSES, rounds)
    command, found = [sys.executable, __file__, str(-(-rounds // processes))], []
    for _ in range(processes):
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
        if done.returncode or "NPY_DISABLE_CPU_FEATURES" in done.stderr:
            raise RuntimeError(done.stderr)
        found.append([Row(*one) for one in json.loads(done.stdout)])
    together = zip(*found, strict=True)
    return [rows[0]._replace(figures=[one for row in rows for one in row.figures]) for rows in together]


def measured(rounds: int) -> Iterator[Row]:
    """Yield the ratios of one process."""
    for name, (shape, dtype) in SHAPES.items():
        for pairing, variant in VARIANTS.items():
            x = np.random.default_rng(20).standard_normal(shape).astype(dtype)
            case = Case(x, *cos_sin(np.arange(shape[-2]), variant, dtype), pairing)
            yield from _compared(f"{pairing}, {name}", case, rounds)


def _compared(name: str, case: Case, rounds: int) -> Iterator[Row]:
    variant, out, n = VARIANTS[case.pairing], np.empty_like(case.x), np.arange(case.x.shape[-2])
    others = list(peers(case))
    works = {
        "turn": lambda: turn(case.x, case.cos, case.sin, variant, out=out),
        "rotate": lambda: rotate(case.x, n, variant, out=out),
        COPY: lambda: np.copyto(out, case.x),
        **{one.name: one.turn for one in others},
    }
    want = works["turn"]().copy()
    assert all(agree(want, one.turn()) for one in others if one.same), "a peer computes something else"
    took = in_turn(works, rounds)
    plain = [took[one.name] for one in others if not one.table]
    if plain:
        took[FASTEST] = [min(each) for each in zip(*plain, strict=True)]
    makes_table = {one.name for one in others if one.table}
    for other in [COPY, *([FASTEST] if plain else []), *(one.name for one in others)]:
        mine = took["rotate" if other in makes_table else "turn"]
        yield Row(name, other, np.divide(mine, took[other]).tolist(), TARGETS.get((name, other)))


if __name__ == "__main__":
    print(json.dumps(list(measured(int(sys.argv[1])))))
