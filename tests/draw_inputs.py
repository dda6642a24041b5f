"""Draw refpos/oracle/inputs.json: once, by Hypothesis and by search. What stands there is frozen; so it came.

    python tests/draw_inputs.py FILE

Hypothesis draws other values after any edit or upgrade, so that running it again gives other inputs, as good as these:
the tests hold them to what they must separate, not to how they were drawn.
"""

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from refpos.catalogue import ANGLES
from refpos.oracle.neighbours import computing, neighbours
from refpos.oracle.tolerance import Recipe, bound
from refpos.variants.frequencies import axis_count
from refpos.variants.length import is_static
from refpos.variants.rotary import Rotary

SCATTERED = (
    (1, "whole", "line", 131071),
    (2, "whole", "plane", 8191),
    (3, "whole", "space", 16383),
    (1, "fraction", "fractions-1", 8191),
    (2, "fraction", "fractions-2", 8191),
    (3, "fraction", "fractions-3", 8191),
)
"""For each kind of positions the reach of its coordinates; fractions are odd multiples of 2^-13."""

EDGES = [255, 256, 257, 511, 1023, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 8191, 8192, 16383]
FAR = [32767, 32768, 65504, 65520, 65535, 65536, 100003, 131071]


def main(target: str) -> None:
    """Write the inputs."""
    Path(target).write_text(_text({"format": 1, "features": _draw_features(), "cases": _cases()}))


def _text(data: dict) -> str:
    """Lay the cases out one to a line, so that a difference can be read."""
    cases = ",\n    ".join(json.dumps(case) for case in data["cases"])
    features = json.dumps(data["features"])
    return f'{{\n  "format": {data["format"]},\n  "features": {features},\n  "cases": [\n    {cases}\n  ]\n}}\n'


def _cases() -> list[dict]:
    """Return the frozen shapes of positions, and for each number of axes the best of many scattered ones."""
    rows = [
        _case("line/near", "the first tokens", list(range(13))),
        _case("line/edges", "where 16-bit numbers lose integers, and the usual context lengths end", EDGES),
        _case("line/far", "long contexts, and the end of float16", FAR),
        _case("plane/grid-3x5", "a whole grid, odd and not square", _grid(3, 5), grid=[3, 5]),
        _case("plane/grid-4x6", "a whole grid whose sides are even", _grid(4, 6), grid=[4, 6]),
        _case("plane/grid-32x2", "a tall grid", _grid(32, 2), grid=[32, 2]),
        _case("space/grid-2x3x5", "a whole video, no side like another", _grid(2, 3, 5), grid=[2, 3, 5]),
        _case("space/grid-3x4x2", "a whole video whose sides are even", _grid(3, 4, 2), grid=[3, 4, 2]),
        _case("space/text", "text: every coordinate the same", [[n] * 3 for n in (0, 1, 2, 257, 2049, 4097, 32769)]),
    ]
    for h, w in ((4, 8), (8, 2)):
        rows.append(_case(f"centres/grid-{h}x{w}", "the centres of a whole grid", _centres(h, w), "fraction", [h, w]))
    for axes, kind, name, reach in SCATTERED:
        best, second = _best(axes, kind, reach)
        rows.append(_case(f"{name}/scattered", "unsorted, repeated, no token on a diagonal", best, kind))
        rows.append(_case(f"{name}/again", "as many tokens elsewhere: no table is kept by length", second, kind))
        rows.append(_case(f"{name}/step", "one token, as in decoding", best[5:6], kind))
    return sorted(rows, key=lambda row: (row["kind"] == "fraction", row["axes"]))


def _case(name: str, comment: str, positions: list, kind: str = "whole", grid: list | None = None) -> dict:
    axes = len(positions[0]) if isinstance(positions[0], list) else 1
    extra = {} if grid is None else {"grid": grid}
    return {"id": name, "comment": comment, "axes": axes, "kind": kind, **extra, "positions": positions}


def _grid(*sides: int) -> list:
    return np.indices(sides).reshape(len(sides), -1).T.tolist()


def _centres(h: int, w: int) -> list:
    return ((2 * np.array(_grid(h, w)) + 1) / [h, w] - 1).tolist()


def _draws(strategy: st.SearchStrategy, count: int) -> list:
    """Return what Hypothesis draws."""
    found: list = []

    @seed(20261122)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def draw(value: object) -> None:
        found.append(value)

    draw()
    return found


@cache
def _draw_features() -> list[int]:
    """Return numerators over 16, none of them 0; their number is prime, so that no width repeats them."""
    numbers = st.lists(st.integers(-32, 32).filter(bool), min_size=509, max_size=509)
    return max(_draws(numbers, 30), key=lambda one: len(set(one)))


def _best(axes: int, kind: str, reach: int) -> list[list]:
    """Return the two draws that separate the closest neighbour of any variant in the catalogue the best."""
    whole = kind == "whole"
    number = st.integers(0, reach) if whole else st.integers(-(reach // 2), reach // 2).map(lambda n: 2 * n + 1)
    token = st.lists(number, min_size=axes, max_size=axes, unique=True).filter(any)
    draws = _draws(st.lists(token, min_size=11, max_size=11), 24)
    scale = 1 if whole else 8192
    candidates = [[[c if whole else c / scale for c in row] for row in [*draw, draw[3]]] for draw in draws]
    if axes == 1:
        candidates = [[row[0] for row in one] for one in candidates]
    variants = [entry for entry in ANGLES.values() if _fits(entry.variant, axes, kind)]
    return sorted(candidates, key=lambda one: (*_score(np.array(one, dtype=float), variants), _distinct(one)))[:-3:-1]


def _distinct(positions: list) -> int:
    return len({str(one) for one in positions})


def _fits(variant: object, axes: int, kind: str) -> bool:
    frequencies = variant.frequencies
    unit = "whole" if frequencies.unit == "radian" else "fraction"
    return axis_count(frequencies) == axes and unit == kind and is_static(variant) and not variant.learned


def _score(positions: np.ndarray, entries: list) -> tuple[int, float]:
    """Return how many neighbours are told apart, and how far the closest of them is."""
    closest, told = np.inf, 0
    features = np.array(_draw_features()) / 16
    for entry in entries:
        x = np.resize(features, (1, 1, len(positions), entry.width)) if isinstance(entry.variant, Rotary) else None
        want = computing(entry.variant)(positions, x)
        allowed = bound(entry.variant, Recipe("float32"), positions, x)
        for one in neighbours(entry.variant, entry.width):
            got = one.predict(positions, x)
            far = (
                np.inf
                if got.shape != want.shape
                else float(np.nanmax(np.abs(got - want) / np.maximum(allowed, 1e-300)))
            )
            told += far > 1
            closest = min(closest, far) if far > 1 else closest
    return told, closest


if __name__ == "__main__":
    main(sys.argv[1])
