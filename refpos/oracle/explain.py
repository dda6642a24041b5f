"""Name what is wrong: the mistake that reproduces what an implementation returned."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from refpos.catalogue import ANGLES
from refpos.oracle.names import IDIOMS
from refpos.oracle.neighbours import Neighbour, computing, neighbours
from refpos.oracle.tolerance import bound
from refpos.oracle.trial import Question, Trial, ratios
from refpos.oracle.verdict import Finding, ratio
from refpos.spec.precise import Floats
from refpos.variants.frequencies import axis_count, plane_count
from refpos.variants.length import is_static
from refpos.variants.planes import width
from refpos.variants.rotary import Rotary

RARE = 0.01
"""The share of elements that a reproduced rounding may leave unexplained, as the order of operations moves some."""


def explain(trials: list[Trial], question: Question) -> Iterator[Finding]:
    """Yield what explains a difference, likeliest first: a coarser recipe, a neighbour, another entry, or nothing."""
    found = [*_wider(trials, question)]
    found += _named(
        neighbours(question.variant, question.features, learned=question.learned, side=question.side), trials, question
    )
    if not found:
        found += _named(_entries(question), trials, question)
    yield from found
    if not found:
        yield Finding("unexplained", "no single choice explains it", _spread(trials))


def _wider(trials: list[Trial], question: Question) -> Iterator[Finding]:
    """Yield the recipes within whose wider bound the difference lies: the variant is right, its numbers are coarser."""
    asked = question.recipe
    for other in [replace(asked, idiom=one) for one in IDIOMS] + [replace(asked, tables=None)] * bool(asked.tables):
        within = [ratios(one.got, one.want, question.allowed(one.case.positions, one.x, other)) for one in trials]
        worst = max(float(one.max()) for one in within)
        if worst <= 1:
            words = f"frequencies made less exactly than the recipe says, as by {other.idiom!r}"
            if other.tables != asked.tables:
                words = f"tables and arithmetic in {asked.dtype}, where the recipe says {asked.tables}"
            name = str(other).removeprefix(f"{other.dtype}/")
            yield Finding(f"recipe/{name}", words, f"it is within {ratio(worst)} of the bound of {other}")


def _named(mistakes: Iterable[Neighbour], trials: list[Trial], question: Question) -> list[Finding]:
    """Return the mistakes that reproduce what came out, nearest first."""
    matches = [match for mistake in mistakes if (match := _match(mistake, trials, question))]
    return [_finding(*match) for match in sorted(matches, key=lambda match: match[0] > 0)]


def _match(mistake: Neighbour, trials: list[Trial], question: Question) -> tuple[float, float, Neighbour] | None:
    """Return the share of elements that a mistake leaves unexplained and the worst ratio of the others, or None."""
    wrong, worst, allowed = 0, 0.0, 0.0 if mistake.exact else RARE
    total = sum(trial.got.size for trial in trials)
    for trial in sorted(trials, key=lambda one: one.got.size):
        within = _against(mistake, trial, question)
        wrong += int((within > 1).sum())
        if wrong > allowed * total:
            return None
        worst = max(worst, float(within[within <= 1].max(initial=0.0)))
    return wrong / total, worst, mistake


def _finding(left: float, worst: float, mistake: Neighbour) -> Finding:
    evidence = f"it explains every element, {f'to {ratio(worst)} of the bound' if worst else 'exactly'}"
    if left:
        evidence = f"it explains {100 * (1 - left):.1f} % of elements"
    return Finding(mistake.id, mistake.what, evidence)


def _against(mistake: Neighbour, trial: Trial, question: Question) -> Floats:
    """Return the ratios of a trial to what a mistake returns, within its bound at each token's highest coordinate.

    Where there is growth the bound is that at the token itself, for it grows with the position.
    """
    p = trial.case.positions
    with np.errstate(all="ignore"):
        want = mistake.predict(p, trial.x)
    if want.shape != trial.got.shape:
        return np.full(trial.got.shape, np.inf)
    variant = mistake.variant if mistake.placed is None else mistake.placed(p)
    grows = isinstance(variant, Rotary) and variant.growth is not None
    reach = np.maximum(trial.case.reach + 1, len(p))
    far = p if grows else reach if p.ndim == 1 else reach[:, None].repeat(p.shape[1], axis=1)
    allowed = bound(variant, question.recipe, far, trial.x, side=question.side, learned=question.learned)
    no_numbers = np.isnan(want) & np.isnan(trial.got)
    return np.where(no_numbers, 0.0, ratios(trial.got, want, allowed))


def _entries(question: Question) -> Iterator[Neighbour]:
    """Yield the other entries of the catalogue that could be meant: as many planes on as many axes."""
    own = question.variant
    for name, entry in ANGLES.items():
        other = entry.variant
        alike = type(other) is type(own) and plane_count(other.frequencies) == plane_count(own.frequencies)
        alike = alike and axis_count(other.frequencies) == axis_count(own.frequencies)
        if alike and is_static(other) and not other.learned and other != own and width(other) <= question.features:
            yield Neighbour(
                f"catalogue/{name}", f"computes {name} instead", other, computing(other, side=question.side)
            )


def _spread(trials: list[Trial]) -> str:
    """Say which share of elements is off, and from which position on."""
    wrong = np.concatenate([(trial.ratios > 1).ravel() for trial in trials]).mean()
    lowest = min(float(trial.case.reach[trial.wrong_tokens].min(initial=math.inf)) for trial in trials)
    return f"{100 * wrong:.1f} % of elements differ, the first at position {lowest:g}"
