"""Laws over a family: which entries a law is asked of, for which of them it holds, and by how much it is broken."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from strategies import some

CLEAR = 1e6
"""How many bounds make a counterexample."""


class Law(NamedTuple):
    """A statement about an entry: `broken(variant, rng)` returns errors and what rounding explains of them.

    Parameters
    ----------
    says : str
    broken : callable
    holds : callable
        variant -> whether the statement is true of it; of the others it is false, and has a counterexample.
    asked : callable
        variant -> whether the statement makes sense.
    """

    says: str
    broken: Callable[[Any, np.random.Generator], tuple[Any, Any]]
    holds: Callable[[Any], bool] = lambda _: True
    asked: Callable[[Any], bool] = lambda _: True


def ratio(law: Law, variant: Any, rng: np.random.Generator) -> float:
    """Return the worst error over its bound: at most 1 where the law holds."""
    error, bound = (np.asarray(one, dtype=np.float64) for one in law.broken(variant, rng))
    assert np.isfinite(error).all()
    assert error.size
    return float((np.abs(error) / np.maximum(bound, np.finfo(float).tiny)).max())


def has_counterexample(law: Law, variant: Any) -> bool:
    """Return whether a law fails by far more than rounding explains."""
    return any(ratio(law, variant, rng) > CLEAR for rng in some())


def pairs(laws: tuple[Law, ...], entries: Mapping[str, Any], holds: bool) -> list[Any]:
    """Return each law with each entry of which it is asked, and for which it holds, or does not."""
    return [
        pytest.param(law, variant, id=f"{name} {law.says}")
        for law in laws
        for name, variant in entries.items()
        if law.asked(variant) and law.holds(variant) == holds
    ]


def count(laws: tuple[Law, ...], variant: Any) -> int:
    """Return how many laws an entry is held to."""
    return sum(law.asked(variant) and law.holds(variant) for law in laws)
