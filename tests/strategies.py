"""What the tests draw: descriptions, positions, features, learned arrays, and rubbish."""

from collections.abc import Iterator

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from refpos import (
    NTK,
    Bands,
    ByIndex,
    ByParts,
    Dense,
    Frequencies,
    Linear,
    MixedRadix,
    Mscale,
    PartNTK,
    PerPlane,
    RootLog,
    Rotary,
    Sinusoidal,
    XPos,
)
from refpos.variants.frequencies import axis_count

FEW = settings(max_examples=5, derandomize=True)
"""For a law that is checked on every variant of the catalogue."""

MANY = settings(max_examples=40, derandomize=True)
"""For a search through descriptions or rubbish."""

generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)
"""Sources of features and of learned arrays: arrays are too many numbers to draw one by one."""


def steps(*, fraction: bool = False, reach: int = 2**17) -> st.SearchStrategy[float]:
    """Draw one coordinate, a number of few bits so that sums and differences of coordinates are exact."""
    if fraction:
        return st.integers(-64, 64).map(lambda n: n / 64)
    return st.integers(-reach, reach).map(float)


def points(axes: int, *, fraction: bool = False, reach: int = 2**17) -> st.SearchStrategy[np.ndarray]:
    """Draw one position as an array of its coordinates."""
    one = steps(fraction=fraction, reach=reach)
    return st.lists(one, min_size=axes, max_size=axes).map(np.array)


def learned_by(variant: object, rng: np.random.Generator) -> dict[str, np.ndarray] | None:
    """Return arrays that a variant may have learned, None where it learns nothing."""
    shapes = getattr(variant, "learned", {})
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()} or None


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, -1, 2**53 + 1, 2**64, 10**400])
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["half", "interleaved", "blocked", "shared", "radian", "query", "log", "axis", "float32"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 3), inner, max_size=3)
    ),
    max_leaves=6,
)
_GOOD = st.sampled_from(
    [
        (0, 0),
        (0, 1, None),
        (0,) * 4,
        ((0,), (1,)),
        Frequencies((0, 0)),
        Bands((0, 0), 1.0, 2.0),
        Dense(1, 2, heads=2),
        (Frequencies((0, 0)), Frequencies((0, 1))),
        Linear(2),
        (NTK(2), PerPlane((1.0, 2.0))),
        XPos(),
        Mscale(2),
        RootLog(2, 16),
        Rotary(Frequencies((0, 0))),
        Sinusoidal(Frequencies((0, 0))),
    ]
)
rubbish = _GOOD | _JSON
"""Anything that a JSON file may hold, and descriptions where they may not belong."""


@st.composite
def frequencies(draw: st.DrawFn, axes: int | None = None) -> Frequencies | Bands:
    """Draw frequencies of a few planes, on every ladder, with every static scaling."""
    total = draw(st.integers(1, 3)) if axes is None else axes
    rest = draw(st.lists(st.sampled_from([*range(total), None]), max_size=5))
    order = tuple(draw(st.permutations([*range(total), *range(total), *rest])))
    unit = draw(st.sampled_from(["radian", "half-turn", "turn"]))
    if draw(st.integers(0, 4)) == 0:
        low, high = draw(st.floats(0.01, 10)), draw(st.floats(0.01, 10))
        return Bands(order, low, high, spacing=draw(st.sampled_from(["log", "linear"])), unit=unit)
    base = draw(st.floats(1.5, 1e7) | st.tuples(*[st.floats(1.5, 1e7)] * total))
    ladder = draw(st.sampled_from(["shared", "per-axis", "alternating"]))
    scaling = draw(st.lists(scalings(len(order), total), max_size=2).map(tuple))
    return Frequencies(order, base, ladder=ladder, endpoint=draw(st.booleans()), unit=unit, scaling=scaling)


def scalings(planes: int, axes: int) -> st.SearchStrategy[object]:
    """Draw a scaling that does not depend on the length."""
    factor = st.floats(0.5, 64)
    per_axis = factor | st.tuples(*[factor] * axes)
    original = st.integers(1, 2**15)
    return st.one_of(
        st.builds(Linear, per_axis),
        st.builds(NTK, per_axis),
        st.builds(MixedRadix, per_axis, st.sampled_from([0.0, 0.5, 0.625, 0.75, 1.0]) | st.floats(0, 1)),
        st.builds(ByParts, factor, original, st.floats(0.1, 4), st.floats(5, 40)),
        st.builds(ByIndex, factor, original, st.floats(2, 40), st.floats(0.1, 2), st.booleans()),
        st.builds(PartNTK, factor, original, falling(2, 40), falling(0.1, 4)),
        st.builds(PerPlane, st.tuples(*[st.floats(0.5, 64)] * planes)),
    )


def falling(low: float, high: float) -> st.SearchStrategy[tuple[float, float]]:
    """Draw two numbers, the second not greater."""
    return st.tuples(*[st.floats(low, high)] * 2).map(lambda two: (max(two), min(two)))


@st.composite
def rotations(draw: st.DrawFn) -> Rotary:
    """Draw a rotary variant whose columns are paired."""
    found = draw(frequencies())
    pairing, write = draw(st.permutations(["half", "interleaved"]))[:2]
    return Rotary(
        found,
        pairing=pairing,
        write=draw(st.sampled_from([None, write])),
        offset=draw(st.integers(0, 3)),
        sign=draw(st.sampled_from([1, -1])),
        attention_factor=draw(st.floats(0.5, 2)),
        growth=XPos() if axis_count(found) == 1 and draw(st.booleans()) else None,
    )


def sinusoids() -> st.SearchStrategy[Sinusoidal]:
    """Draw a sinusoidal variant."""
    return st.builds(
        Sinusoidal,
        frequencies(),
        order=st.sampled_from(["interleaved", "interleaved-cos", "sin-cos", "cos-sin"]),
        blocks=st.sampled_from(["axis", "function"]),
        prefix=st.integers(0, 2),
        scale=st.floats(0.5, 2),
    )


def some(count: int = 12) -> Iterator[np.random.Generator]:
    """Yield the same sources of features every time, for what must have a counterexample."""
    return (np.random.default_rng(seed) for seed in range(count))
