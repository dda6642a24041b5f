"""Run an implementation on one frozen input, and hold what came out against what is due."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.catalogue.entry import Angle
from refpos.errors import told
from refpos.oracle.inputs import Case, fill
from refpos.oracle.neighbours import computing
from refpos.oracle.rounding import travelling
from refpos.oracle.tolerance import Recipe, bound
from refpos.spec.frequencies import Learned
from refpos.spec.precise import Floats
from refpos.spec.rotary import growth_logs
from refpos.variants.frequencies import head_count, plane_count
from refpos.variants.rotary import Rotary, Side

LEADS = ((2, 3), (3, 5))
"""Batches and heads of the features, by turns, so that no axis is taken for another."""


@dataclass(frozen=True)
class Question:
    """What is asked of an implementation.

    Parameters
    ----------
    name : str
        The catalogue name, or the kind of the description.
    variant : Rotary or Sinusoidal
        What it claims to compute.
    features : int
        The width of the vectors it is given.
    recipe : Recipe
        By which error model it is judged.
    learned : mapping or None
        As for `omega`.
    side : {"query", "key"}
        Which of the two it turns.
    """

    name: str
    variant: Angle
    features: int
    recipe: Recipe
    learned: Learned | None = None
    side: Side = "query"

    def due(self, positions: Floats, x: Floats | None) -> Floats:
        """Return what is due, in float64."""
        return computing(self.variant, self.learned, self.side)(positions, x)

    def allowed(self, positions: Floats, x: Floats | None, recipe: Recipe | None = None) -> Floats:
        """Return how far each element may be off."""
        return bound(self.variant, recipe or self.recipe, positions, x, side=self.side, learned=self.learned)


@dataclass(frozen=True)
class Trial:
    """What went in, what came out, what is due and how far it may be off."""

    case: Case
    x: Floats | None
    got: Floats
    want: Floats
    allowed: Floats

    @property
    def ratios(self) -> Floats:
        """The error of every element over its bound."""
        return ratios(self.got, self.want, self.allowed)

    @property
    def wrong_tokens(self) -> npt.NDArray[np.bool_]:
        """Which of the tokens have an element that is off."""
        rows = (self.ratios > 1).any(axis=-1)
        return np.asarray(rows.reshape(-1, rows.shape[-1]).any(axis=0))[-len(self.case.positions) :]

    def worst(self) -> str:
        """Say in words which element is the worst."""
        at = np.unravel_index(int(self.ratios.argmax()), self.ratios.shape)
        row = int(at[-2]) - (self.want.shape[-2] - len(self.case.positions))
        place = f"position {_position(self.case.positions[row])}" if row >= 0 else "a row before the first position"
        got, want, allowed = self.got[at], self.want[at], self.allowed[at]
        return f"at {place}, feature {at[-1]}: {got:.9g} where {want:.9g} is due, ± {allowed:.2g}"


def held(case: Case, question: Question) -> Case | None:
    """Return the case without positions at which keys grow beyond the dtype, or None where nothing is left."""
    growth = question.variant.growth if isinstance(question.variant, Rotary) else None
    if growth is None or question.side != "key":
        return case
    logs = -growth_logs(case.positions, growth, plane_count(question.variant.frequencies))
    return case.where(logs.max(axis=-1) < np.log(question.recipe.largest / 16))


class ErroredError(Exception):
    """An implementation raised, or returned something that cannot be compared."""


def attempt(implementation: Callable[..., Any], question: Question, case: Case) -> Trial:
    """Run an implementation on a case.

    Raises
    ------
    ErroredError
        If it raises, writes into its input, or returns another shape or dtype.
    """
    x = None
    if isinstance(question.variant, Rotary):
        batch, heads = LEADS[case.number % len(LEADS)]
        x = fill(case, (batch, head_count(question.variant.frequencies) or heads), question.features)
    want = question.due(case.positions, x)
    given = [] if x is None else [travelling(x, question.recipe.dtype)]
    got = call(implementation, [*given, case.travelling], want.shape, question.recipe.dtype)
    return Trial(case, x, got, want, question.allowed(case.positions, x))


def ratios(got: Floats, want: Floats, allowed: Floats) -> Floats:
    """Return errors over bounds: 0 where there is no error, infinite where a result is no number."""
    error = np.abs(got - want)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(error == 0, 0.0, error / allowed)
    return np.where(np.isnan(found), np.inf, found)


def call(
    implementation: Callable[..., Any], arguments: list[npt.NDArray[Any]], shape: tuple[int, ...], dtype: str
) -> Floats:
    """Call an implementation with copies, and check all that can be said of the result but its values."""
    lent = [argument.copy() for argument in arguments]
    try:
        returned = implementation(*lent)
        got = np.asarray(returned)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ErroredError(f"raised {told(error)}") from error
    if any(not np.array_equal(a, b) for a, b in zip(lent, arguments, strict=True)):
        raise ErroredError("wrote into its input")
    if (got.dtype.kind in "OUSV" and got.dtype.name != "bfloat16") or isinstance(returned, tuple | np.ma.MaskedArray):
        raise ErroredError(f"returned a {type(returned).__name__} where an array of numbers is due")
    if got.shape != shape:
        raise ErroredError(f"returned shape {got.shape} where {shape} is due")
    due = ("float32", "bfloat16") if dtype == "bfloat16" else (dtype,)
    if got.dtype.name not in due:
        raise ErroredError(f"returned {got.dtype} where {due[0]} is due")
    return got.astype(np.float64)


def _position(coordinates: Floats) -> str:
    """Write one position: a number, or its coordinates."""
    numbers = [f"{one:.17g}" for one in np.atleast_1d(coordinates)]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
