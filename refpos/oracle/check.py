"""Say whether an implementation computes a variant, how far it is off, and which mistake it made."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from refpos.catalogue.entry import Angle
from refpos.catalogue.find import find_angle
from refpos.errors import require
from refpos.oracle.explain import explain
from refpos.oracle.inputs import cases
from refpos.oracle.tolerance import Recipe
from refpos.oracle.trial import ErroredError, Question, Trial, attempt, held
from refpos.oracle.verdict import Finding, Report
from refpos.spec.frequencies import Learned
from refpos.variants.length import is_static, require_static
from refpos.variants.planes import width
from refpos.variants.rotary import Rotary, Side
from refpos.variants.sinusoidal import Sinusoidal


def check(
    implementation: Callable[..., Any],
    variant: Angle | str,
    *,
    dtype: str = "float32",
    recipe: str | None = None,
    features: int | None = None,
    side: Side = "query",
    learned: Learned | None = None,
    longest: int | None = None,
    grids: bool = False,
) -> Report:
    """Run an implementation over the frozen inputs, and compare it with the specification.

    Parameters
    ----------
    implementation : callable
        f(x, positions) -> y for a rotary variant, f(positions) -> rows for a sinusoidal one. x is (batch, heads, n, d),
        positions (n,) or (n, A), integers, or fractions from −1 to 1 where frequencies are in turns. bfloat16 travels
        as float32 arrays that hold bfloat16 values; a result may be anything that `numpy.asarray` takes.
    variant : Rotary, Sinusoidal or str
        A description, or a name of the catalogue.
    dtype : {"float32", "float64", "float16", "bfloat16"}
        Of x, and of the arithmetic that is expected.
    recipe : {"log", "power", "recurrence", "tables"}, optional
        How its frequencies are made, which decides the bound; "log", the widest closed form, where nothing is said.
        With /float32-tables after it where features of 16 bits are turned in float32, and rounded once.
    features : int, optional
        The width of x; that of the catalogue entry, or of the variant, where nothing is said.
    side : {"query", "key"}
        Which of the two the implementation turns; they differ where there is growth.
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
        If the question is wrong: an unknown name, dtype or recipe, a variant that depends on the length, too few
        features. Never for what the implementation does.

    Examples
    --------
    >>> from refpos import Frequencies, Rotary, rotate
    >>> variant = Rotary(Frequencies((0, 0)))
    >>> check(lambda x, positions: rotate(x, -positions, variant), variant).findings[0].what
    'turned the other way: sign flipped'
    """
    require(callable(implementation), "implementation must be callable", implementation)
    require(side in ("query", "key"), "side must be 'query' or 'key'", side)
    asked = _question(variant, Recipe.told(dtype, recipe or "log"), features, learned)
    question = replace(asked, side=side)
    trials: list[Trial] = []
    inputs = cases(question.variant.frequencies, longest=longest, grids=grids)
    for case in filter(None, (held(case, question) for case in inputs)):
        try:
            trials.append(attempt(implementation, question, case))
        except ErroredError as error:
            return _report(question, "errored", [], (Finding("errored", str(error), f"on input {case.id}"),))
    if all(trial.ratios.max() <= 1 for trial in trials):
        return _report(question, "agrees", trials)
    return _report(question, "differs", trials, tuple(explain(trials, question)))


def _question(variant: Angle | str, recipe: Recipe, features: int | None, learned: Learned | None) -> Question:
    """Return what is asked, with names looked up and widths filled in."""
    if isinstance(variant, str):
        entry = find_angle(variant)
        name, described, wide = variant, entry.variant, entry.width
        require(is_static(described), "an encoding that depends on the length needs at_length, or --length", name)
    else:
        require(isinstance(variant, Rotary | Sinusoidal), "variant must be Rotary, Sinusoidal or a name", variant)
        name, described, wide = type(variant).__name__, variant, width(variant)
    require_static(described)
    if features is not None:
        least = width(described)
        require(type(features) is int and features >= least, f"features must be an int of at least {least}", features)
        wide = features
    return Question(name, described, wide, recipe, learned)


def _report(question: Question, verdict: Any, trials: list[Trial], findings: tuple[Finding, ...] = ()) -> Report:
    """Return the report of some trials."""
    worst = max(trials, key=lambda one: one.ratios.max(), default=None)
    return Report(
        name=question.name,
        dtype=question.recipe.dtype,
        recipe=str(question.recipe),
        verdict=verdict,
        worst=math.nan if worst is None else float(worst.ratios.max()),
        where="" if worst is None else worst.worst(),
        elements=sum(trial.got.size for trial in trials),
        findings=findings,
    )
