"""Run an implementation over the frozen inputs, compare it with the specification, and name what is wrong."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.catalogue import CATALOGUE
from refpos.catalogue.find import find
from refpos.errors import require
from refpos.oracle.inputs import Case, cases, fill
from refpos.oracle.neighbours import Neighbour, Variant, computing, neighbours
from refpos.oracle.report import Finding, Report, ratio
from refpos.oracle.rounding import travelling
from refpos.oracle.tolerance import IDIOMS, Idiom, Recipe, bound
from refpos.spec.frequencies import Learned
from refpos.spec.precise import Floats
from refpos.variants.frequencies import axis_count, head_count, plane_count
from refpos.variants.length import is_static, require_static
from refpos.variants.planes import width
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal

Array = npt.NDArray[Any]
LEAD = (2, 3)
"""Batch and heads of the features; three heads, so that no axis is taken for another."""


@dataclass(frozen=True)
class Trial:
    """One case of a check: what went in, what came out, what is due and how far it may be off."""

    case: Case
    x: Floats | None
    got: Floats
    want: Floats
    allowed: Floats

    @property
    def ratios(self) -> Floats:
        """The error of every element over its bound; 0 where both are 0."""
        return _ratios(self.got, self.want, self.allowed)


def check(
    implementation: Callable[..., Any],
    variant: Variant | str,
    *,
    dtype: str = "float32",
    recipe: Idiom | None = None,
    features: int | None = None,
    learned: Learned | None = None,
    longest: int | None = None,
    grids: bool = False,
) -> Report:
    """Say whether an implementation computes a variant, how far it is off, and which mistake it made.

    Parameters
    ----------
    implementation : callable
        f(x, positions) -> y for a rotary variant, f(positions) -> rows for a sinusoidal one. x is (batch, heads, n, d),
        positions (n,) or (n, A), integers, or fractions from −1 to 1 where frequencies are in turns. bfloat16 travels as
        float32 arrays that hold bfloat16 values; a result may be anything that `numpy.asarray` takes.
    variant : Rotary, Sinusoidal or str
        A description, or a name of the catalogue.
    dtype : {"float32", "float64", "float16", "bfloat16"}
        Of x, and of the arithmetic that is expected.
    recipe : {"log", "power", "recurrence", "tables"}, optional
        How its frequencies are made, which decides the bound; the widest where nothing is said.
    features : int, optional
        The width of x; that of the catalogue entry, or of the variant, where nothing is said.
    learned : mapping, optional
        As for `omega`.
    longest : int, optional
        One more than the highest position that the implementation takes.
    grids : bool
        Whether the implementation takes whole grids of positions only.

    Returns
    -------
    Report

    Raises
    ------
    SpecError
        If the question is wrong: an unknown name, dtype or recipe, a variant that depends on the length, too few features.
        Never for what the implementation does.

    Examples
    --------
    >>> from refpos import Frequencies, Rotary, rotate
    >>> variant = Rotary(Frequencies((0, 0)))
    >>> print(check(lambda x, positions: rotate(x, positions, variant), variant).verdict)
    agrees
    """
    name, described, wide = _asked(variant, features)
    require(callable(implementation), "implementation must be callable", implementation)
    rule = Recipe(dtype, recipe or "log")
    inputs = cases(described.frequencies, longest=longest, grids=grids)
    trials: list[Trial] = []
    for case in inputs:
        try:
            trials.append(_try(implementation, described, case, wide, rule, learned))
        except _ErroredError as error:
            return Report(name, dtype, str(rule), "errored", math.nan, "", 0, (Finding("errored", str(error), f"input {case.id}"),))
    worst = max(float(trial.ratios.max()) for trial in trials)
    elements = sum(trial.got.size for trial in trials)
    if worst <= 1:
        return Report(name, dtype, str(rule), "agrees", worst, _where(trials), elements)
    findings = tuple(_explain(trials, described, wide, rule, learned))
    return Report(name, dtype, str(rule), "differs", worst, _where(trials), elements, findings)


class _ErroredError(Exception):
    """An implementation raised, or returned something that cannot be compared."""


def _asked(variant: Variant | str, features: int | None) -> tuple[str, Variant, int]:
    """Return the name of what is asked for, its description, and the width of its vectors."""
    if isinstance(variant, str):
        entry = find(variant)
        name, described, wide = variant, entry.variant, entry.width
    else:
        require(isinstance(variant, Rotary | Sinusoidal), "variant must be Rotary, Sinusoidal or a name", variant)
        name, described, wide = type(variant).__name__, variant, width(variant)
    require_static(described)
    if features is not None:
        require(type(features) is int and features >= width(described), f"features must be at least {width(described)}", features)
        wide = features
    return name, described, wide


def _try(
    implementation: Callable[..., Any], variant: Variant, case: Case, wide: int, recipe: Recipe, learned: Learned | None
) -> Trial:
    """Run one case."""
    whole = (case.positions == np.rint(case.positions)).all()
    positions = case.positions.astype(np.int64) if whole else case.positions
    x = None
    if isinstance(variant, Rotary):
        heads = head_count(variant.frequencies) or LEAD[1]
        x = fill(case, (LEAD[0], heads), wide)
    given = [travelling(x, recipe.dtype)] if x is not None else []
    want = computing(variant, learned)(case.positions, x)
    allowed = bound(variant, recipe, case.positions, x, learned=learned)
    got = _call(implementation, [*given, positions], want.shape, recipe.dtype)
    return Trial(case, x, got, want, allowed)


def _call(implementation: Callable[..., Any], arguments: list[Array], shape: tuple[int, ...], dtype: str) -> Floats:
    """Call an implementation with copies, and check all that can be said about the result but its values."""
    lent = [argument.copy() for argument in arguments]
    try:
        got = np.asarray(implementation(*lent))
    except (Exception, SystemExit) as error:
        text = str(error).strip().splitlines()
        raise _ErroredError(f"raised {type(error).__name__}: {text[0] if text else ''}".rstrip(": ")) from error
    if any(not np.array_equal(a, b) for a, b in zip(lent, arguments, strict=True)):
        raise _ErroredError("wrote into its input")
    if got.shape != shape:
        raise _ErroredError(f"returned shape {got.shape} where {shape} is due")
    due = "float32" if dtype == "bfloat16" else dtype
    if got.dtype != due:
        raise _ErroredError(f"returned {got.dtype} where {due} is due")
    return got.astype(np.float64)


def _ratios(got: Floats, want: Floats, allowed: Floats) -> Floats:
    error = np.abs(got - want)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(error == 0, 0.0, error / allowed)
    return np.where(np.isnan(found), np.inf, found)


def _where(trials: list[Trial]) -> str:
    """Say in words which element is the worst."""
    trial = max(trials, key=lambda one: one.ratios.max())
    at = np.unravel_index(int(trial.ratios.argmax()), trial.ratios.shape)
    row = int(at[-2]) - (trial.want.shape[-2] - len(trial.case.positions))
    place = f"position {_position(trial.case.positions[row])}" if row >= 0 else "a row before the first position"
    return f"at {place}, feature {at[-1]}: {trial.got[at]:.9g} where {trial.want[at]:.9g} is due, ± {trial.allowed[at]:.2g}"


def _position(coordinates: Floats) -> str:
    """Write one position: a number, or its coordinates."""
    numbers = [f"{one:.17g}" for one in np.atleast_1d(coordinates)]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"


def _explain(
    trials: list[Trial], variant: Variant, wide: int, recipe: Recipe, learned: Learned | None
) -> Iterator[Finding]:
    """Yield the mistakes that reproduce what came out, nearest first."""
    yield from _wider(trials, variant, recipe, learned)
    known = list(neighbours(variant, wide, learned=learned))
    matches = sorted(_matching(known, trials, recipe, learned), key=lambda one: one[0])
    if not matches:
        matches = sorted(_matching(_entries(variant, wide), trials, recipe, None), key=lambda one: one[0])
    for share, worst, mistake in matches:
        evidence = f"it explains every element, to {ratio(worst)} of the bound"
        if share:
            evidence = f"it explains {100 * (1 - share):.1f} % of elements"
        yield Finding(mistake.id, mistake.what, evidence)
    if not matches and not any(_wider(trials, variant, recipe, learned)):
        yield Finding("unexplained", "no single choice explains it", _spread(trials))


def _wider(trials: list[Trial], variant: Variant, recipe: Recipe, learned: Learned | None) -> Iterator[Finding]:
    """Yield the recipes within whose wider bound the difference lies: the variant is right, its numbers are coarser."""
    for idiom in IDIOMS:
        other = Recipe(recipe.dtype, idiom)
        worst = max(
            float(_ratios(one.got, one.want, bound(variant, other, one.case.positions, one.x, learned=learned)).max())
            for one in trials
        )
        if worst <= 1:
            words = f"frequencies made less exactly than the recipe says, as by {idiom!r}"
            yield Finding(f"recipe/{idiom}", words, f"it is within {ratio(worst)} of the bound of {other}")


def _matching(
    mistakes: Iterable[Neighbour], trials: list[Trial], recipe: Recipe, learned: Learned | None
) -> Iterator[tuple[float, float, Neighbour]]:
    """Yield (share of elements left unexplained, worst ratio of the others, mistake) for the mistakes that explain."""
    for mistake in mistakes:
        ratios = np.concatenate([_against(mistake, trial, recipe, learned).ravel() for trial in trials])
        left = float((ratios > 1).mean())
        if left <= (0 if mistake.exact else 0.01):
            yield left, float(ratios[ratios <= 1].max()), mistake


def _against(mistake: Neighbour, trial: Trial, recipe: Recipe, learned: Learned | None) -> Floats:
    """Return the ratios of a trial to what a mistake would return, within the bound at each token's highest coordinate."""
    p = trial.case.positions
    with np.errstate(all="ignore"):
        want = mistake.predict(p, trial.x)
    tokens = p if p.ndim == 1 else np.abs(p).max(axis=1)
    reach = np.maximum(np.abs(tokens) + 1, len(tokens))
    allowed = bound(mistake.variant, recipe, reach if p.ndim == 1 else reach[:, None].repeat(p.shape[1], 1), trial.x, learned=learned)
    if want.shape != trial.got.shape:
        return np.full(trial.got.shape, np.inf)
    both_nan = np.isnan(want) & np.isnan(trial.got)
    return np.where(both_nan, 0.0, _ratios(trial.got, want, allowed))


def _entries(variant: Variant, wide: int) -> Iterator[Neighbour]:
    """Yield the other entries of the catalogue that could be meant: as many planes on as many axes, in as wide vectors."""
    shape = type(variant), plane_count(variant.frequencies), axis_count(variant.frequencies)
    for name, entry in CATALOGUE.items():
        other = entry.variant
        alike = shape == (type(other), plane_count(other.frequencies), axis_count(other.frequencies))
        if alike and is_static(other) and not other.learned and other != variant and width(other) <= wide:
            yield Neighbour(f"catalogue/{name}", f"computes {name} instead", other, computing(other))


def _spread(trials: list[Trial]) -> str:
    """Say which share of elements differs, and from which position on."""
    wrong = np.concatenate([(trial.ratios > 1).ravel() for trial in trials]).mean()
    lowest = math.inf
    for trial in trials:
        rows = (trial.ratios > 1).any(axis=-1)
        tokens = rows.reshape(-1, rows.shape[-1]).any(axis=0)[-len(trial.case.positions) :]
        size = np.abs(trial.case.positions)
        reach = size if size.ndim == 1 else size.max(axis=1)
        lowest = min([lowest, *reach[tokens]])
    return f"{100 * wrong:.1f} % of elements differ, the first at position {lowest:g}"
