"""The inputs on which implementations are checked: frozen as data in inputs.json, never drawn again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.precise import Floats
from refpos.variants.frequencies import AnyFrequencies, PerHead, axis_count


@dataclass(frozen=True)
class Case:
    """Positions on which an implementation is tried.

    Parameters
    ----------
    id : str
    comment : str
        What it is there to find.
    positions : (n,) or (n, A) float64
        Whole numbers, or, for frequencies in half-turns or turns, dyadic fractions from −1 to 1.
    number : int
        Its place among the cases of its kind.
    grid : tuple of int, or None
        The sides, where positions are those of a whole grid row by row (for fractions: of its centres).
    """

    id: str
    comment: str
    positions: Floats
    number: int = 0
    grid: tuple[int, ...] | None = None

    @property
    def reach(self) -> Floats:
        """The size of each token's highest coordinate."""
        size = np.abs(self.positions)
        return size if size.ndim == 1 else size.max(axis=1)

    @property
    def travelling(self) -> npt.NDArray[Any]:
        """The positions as an implementation gets them: integers where all are whole."""
        whole = (self.positions == np.rint(self.positions)).all()
        return self.positions.astype(np.int64) if whole else self.positions

    def below(self, longest: int | None) -> "Case | None":
        """Return the case without positions that reach `longest`, or None where nothing is left."""
        if longest is None:
            return self
        return self.where(self.reach < longest)

    def where(self, kept: npt.NDArray[np.bool_]) -> "Case | None":
        """Return the case with some of its positions, or None where nothing is left."""
        if kept.all():
            return self
        return replace(self, positions=self.positions[kept], grid=None) if kept.any() else None


def cases(frequencies: AnyFrequencies, *, longest: int | None = None, grids: bool = False) -> tuple[Case, ...]:
    """Return the frozen cases for a variant with these frequencies.

    Parameters
    ----------
    frequencies : Frequencies, Bands, Dense or PerHead
    longest : int, optional
        One more than the highest position that an implementation takes.
    grids : bool
        Whether only whole grids will do.
    """
    axes = axis_count(frequencies)
    require(longest is None or (type(longest) is int and longest > 1), "longest must be an int of at least 2", longest)
    unit = "radian" if isinstance(frequencies, PerHead) else frequencies.unit
    known = [case for case in _cases(axes, "whole" if unit == "radian" else "fraction") if case.grid or not grids]
    fitting = tuple(kept for case in known if (kept := case.below(longest)) is not None)
    require(fitting, "check has inputs for 1 to 3 axes, from −1 to 1 or whole", axes)
    return fitting


def fill(case: Case, lead: tuple[int, ...], width: int) -> Floats:
    """Return (*lead, n, width) features for a case: sixteenths, so that every format holds them exactly."""
    given = numbers()
    size = int(np.prod(lead)) * len(case.positions) * width
    start = sum(case.id.encode())
    return np.array(given, dtype=np.float64)[(start + np.arange(size)) % len(given)].reshape(*lead, -1, width) / 16


def numbers() -> list[int]:
    """Return the frozen whole numbers of which features are made."""
    return list(_data()["features"])


def _cases(axes: int, kind: str) -> Iterator[Case]:
    fitting = [one for one in _data()["cases"] if (one["axes"], one["kind"]) == (axes, kind)]
    for number, one in enumerate(fitting):
        grid = tuple(one["grid"]) if "grid" in one else None
        yield Case(one["id"], one["comment"], np.array(one["positions"], dtype=np.float64), number, grid)


@cache
def _data() -> Any:
    return json.loads(files("refpos.oracle").joinpath("inputs.json").read_text(encoding="utf-8"))
