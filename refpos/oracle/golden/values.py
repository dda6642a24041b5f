"""What golden files say of inputs: certified masters, derived units, and what mistakes would return.

Masters are made of integers alone. Units and mistakes are reckoned in float64, whose last bits are not the same on
every machine: so units are rounded up to three digits, mistakes to six decimals, and what is told must differ by more
than that; which the last bits do not move.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

import numpy as np

from refpos.catalogue.entry import Angle, Entry
from refpos.exact import frequencies as exact_frequencies
from refpos.exact import rotary as exact_rotary
from refpos.exact import sinusoidal as exact_sinusoidal
from refpos.exact.ball import Real
from refpos.exact.decide import decide
from refpos.exact.formats import BFLOAT16, FLOAT16, FLOAT32, decoded, direct, to_odd
from refpos.exact.roots import real
from refpos.exact.scaling import magnitude
from refpos.oracle.golden.length import length_mistakes
from refpos.oracle.neighbours import Neighbour, computing, neighbours
from refpos.oracle.tolerance import Recipe, bound
from refpos.spec.precise import Floats
from refpos.variants.frequencies import Frequencies, axis_count, head_count
from refpos.variants.length import at_length
from refpos.variants.planes import planes
from refpos.variants.rotary import Rotary

DECIMALS = 6
"""To which what a mistake returns is rounded."""
ROUND = 1 + 2.0**-40
"""What mistakes return is multiplied by it before it is rounded, so that dyadic numbers are not halfway."""
CLEARLY = 4.0
"""By how many bounds a mistake must differ from what is due, to be told by a case."""
BITS = 128

Rows = list[list[Any]]


@dataclass(frozen=True)
class Subject:
    """An entry of the catalogue, with small dyadic weights for what it learns, and a length where it depends on one."""

    name: str
    entry: Entry[Angle]
    weights: Mapping[str, Any] | None = None
    length: int | None = None

    @cached_property
    def variant(self) -> Angle:
        """What the entry is at the length, if there is one."""
        return self.entry.variant if self.length is None else at_length(self.entry.variant, self.length)

    @property
    def features(self) -> int:
        """The width of what comes out."""
        return self.entry.width

    @cached_property
    def _lengths(self) -> dict[int | None, "Subject"]:
        return {self.length: self}

    def at(self, inputs: Mapping[str, Any]) -> "Subject":
        """Return the entry at the length of a case: itself, where it depends on none."""
        length = inputs.get("length")
        if length not in self._lengths:
            self._lengths[length] = replace(self, length=length)
        return self._lengths[length]

    @cached_property
    def judged(self) -> dict[str, "Judged"]:
        """What was derived of cases already."""
        return {}

    @cached_property
    def learned(self) -> dict[str, Any] | None:
        """The weights as arrays."""
        if self.weights is None:
            return None
        return {name: np.array(given, dtype=np.float64) for name, given in self.weights.items()}

    @cached_property
    def recipes(self) -> tuple[Recipe, ...]:
        """The recipes for which units are given."""
        wide = [Recipe("float64"), Recipe("float32", "tables"), Recipe("float32", "power"), Recipe("float32")]
        if isinstance(self.variant.frequencies, Frequencies):
            wide.append(Recipe("float32", "recurrence"))
        return (*wide, Recipe("float16"), Recipe("bfloat16"))

    @cached_property
    def mistakes(self) -> tuple[Neighbour, ...]:
        """What is one choice away, and, where there is a length, another, where there is growth, the other side."""
        variant = self.variant
        found = neighbours(variant, self.entry.width, learned=self.learned)
        if self.length is not None:
            known = [one.variant for one in found]
            others = length_mistakes(self.entry.variant, self.length, self.learned)
            found = (*found, *(one for one in others if one.variant not in known))
        if isinstance(variant, Rotary) and variant.growth is not None:
            words = "growth of queries and keys exchanged"
            return (*found, Neighbour("growth/side", words, variant, computing(variant, self.learned, "key")))
        return found


@dataclass(frozen=True)
class Judged:
    """A case and what is derived of it."""

    masters: Rows
    units: dict[str, Rows]
    wrong: dict[str, Floats]
    """What each mistake that the case separates returns at the pinned elements."""


def judge(subject: Subject, inputs: Mapping[str, Any], elements: Sequence[int] | None) -> Judged:
    """Derive all that a golden file says of one case, once."""
    subject = subject.at(inputs)
    key = repr((sorted(inputs.items()), elements))
    if key not in subject.judged:
        subject.judged[key] = _judge(subject, inputs, elements)
    return subject.judged[key]


def _judge(subject: Subject, inputs: Mapping[str, Any], elements: Sequence[int] | None) -> Judged:
    pinned = list(range(subject.entry.width)) if elements is None else list(elements)
    due = masters(subject, inputs, pinned)
    bounds = {recipe: allowed(subject, inputs, recipe)[:, pinned] for recipe in subject.recipes}
    units = {
        str(recipe): [[rounded_up(one / recipe.u) for one in row] for row in found.tolist()]
        for recipe, found in bounds.items()
    }
    limit = telling(bounds[Recipe("float32", "log")])
    return Judged(due, units, separated(subject, inputs, pinned, np.array(due), limit))


def masters(subject: Subject, inputs: Mapping[str, Any], pinned: Sequence[int]) -> Rows:
    """Return the certified values at the pinned elements, each float64 rounded to odd; a row for each token."""
    return [certified(partial(_row, subject, inputs, pinned, row), range(len(pinned))) for row in _tokens(inputs)]


def _tokens(inputs: Mapping[str, Any]) -> range:
    return range(len(inputs["positions"]))


def _row(subject: Subject, inputs: Mapping[str, Any], pinned: Sequence[int], row: int, bits: int) -> Sequence[Real]:
    """Return what is due at the pinned elements of a token, to 2^−bits."""
    variant, learned, given = subject.variant, subject.weights, inputs["positions"][row]
    position = tuple(given) if isinstance(given, list) else given
    if isinstance(variant, Rotary):
        x, head, side = inputs["x"][row], inputs.get("head", 0), inputs.get("side", "query")
        return exact_rotary.rotate(x, position, variant, bits, side, learned=learned, head=head, elements=pinned)
    return exact_sinusoidal.embed(position, variant, bits, learned=learned, elements=pinned)


def telling(allowed: Floats) -> Floats:
    """Return by how much a mistake must differ from what is due, to be told by an element."""
    return np.asarray(CLEARLY * allowed + 10.0**-DECIMALS)


def certified(make: Callable[[int], Sequence[Real]], which: Iterable[int]) -> list[float]:
    """Return masters of some of the numbers that are made together."""
    made = cache(make)

    def master(at: int) -> float:
        return decide(lambda bits: made(bits)[at], to_odd, bits=BITS)

    return [master(at) for at in which]


def separated(
    subject: Subject, inputs: Mapping[str, Any], pinned: Sequence[int], due: Floats, limit: Floats
) -> dict[str, Floats]:
    """Return what each mistake returns that is clearly off at some pinned element."""
    found, given = {}, arrays(subject, inputs)
    for one in subject.mistakes:
        if "side" in inputs and one.id != "growth/side":
            continue
        got = predicted(subject, one, inputs, *given)
        if got is None:
            continue
        got = got[:, pinned]
        with np.errstate(invalid="ignore"):
            if not (np.abs(got - due) <= limit).all():
                found[one.id] = got
    return found


def predicted(
    subject: Subject, mistake: Neighbour, inputs: Mapping[str, Any], positions: Floats, x: Floats | None
) -> Floats | None:
    """Return what a mistake returns on a case and its `arrays`: a row for each token, None if of another width."""
    predict = mistake.predict
    if "side" in inputs:
        predict = computing(subject.variant, subject.learned, "query")
    with np.errstate(over="ignore", invalid="ignore"):
        got = of_head(subject, inputs, predict(positions, x))
    return got if got.shape[-1] == subject.entry.width else None


def arrays(subject: Subject, inputs: Mapping[str, Any]) -> tuple[Floats, Floats | None]:
    """Return positions and features as NumPy takes them, one copy of the features for each head."""
    positions = np.array(inputs["positions"], dtype=np.float64)
    if "x" not in inputs:
        return positions, None
    x = np.array(inputs["x"], dtype=np.float64)
    heads = head_count(subject.variant.frequencies)
    return positions, x if heads is None else np.repeat(x[None], heads, axis=0)


def rounded_wrong(values: Floats) -> Rows:
    """Return what a mistake returns to six decimals.

    Examples
    --------
    >>> rounded_wrong(np.array([[1 / 3, -1e-9]]))
    [[0.333333, 0.0]]
    """
    return [[round(one * ROUND, DECIMALS) + 0.0 for one in row] for row in values.tolist()]


def normal_form(subject: Subject) -> dict[str, Any]:
    """Return the planes of a rotary variant: features read and written, frequencies and magnitude as masters.

    The frequencies carry the sign of the variant. Where the cosine and the sine of a pair are not of the plane that the
    pair is counted as, `columns` says of which they are.
    """
    variant = subject.variant
    assert isinstance(variant, Rotary)
    layout, axes = planes(variant, subject.entry.width), axis_count(variant.frequencies)
    heads = head_count(variant.frequencies)
    per_head = [_omega(subject, variant, axes, head) for head in range(heads or 1)]
    found = {
        "pairs_in": [list(pair) for pair in layout.read],
        "pairs_out": [list(pair) for pair in layout.write],
        "omega": per_head[0] if heads is None else per_head,
        "magnitude": certified(lambda bits: (real(magnitude(variant.attention_factor, bits), bits),), [0])[0],
    }
    if variant.columns != "paired":
        found["columns"] = [list(pair) for pair in layout.columns]
    return found


def near_tie(master: float) -> bool:
    """Return whether going through float32 rounds a master wrongly to float16 or bfloat16.

    Examples
    --------
    >>> near_tie(1 + 2**-8 + 2**-40), near_tie(0.3)
    (True, False)
    """
    through = decoded(direct(master, FLOAT32), FLOAT32)
    if not math.isfinite(through):
        return False
    return any(direct(master, one) != direct(through, one) for one in (FLOAT16, BFLOAT16))


def rounded_up(units: float) -> int:
    """Return the next whole number of three digits: 15.0000001 is 16, and 12345 is 12400."""
    whole = math.ceil(units * (1 + 2.0**-40))
    step = int(10 ** max(len(str(whole)) - 3, 0))
    return math.ceil(units * (1 + 2.0**-40) / step) * step


def allowed(subject: Subject, inputs: Mapping[str, Any], recipe: Recipe) -> Floats:
    """Return how far each output of a case may be off."""
    positions, x = arrays(subject, inputs)
    side = inputs.get("side", "query")
    found = bound(subject.variant, recipe, positions, x, side=side, learned=subject.learned)
    return of_head(subject, inputs, found)


def of_head(subject: Subject, inputs: Mapping[str, Any], values: Floats) -> Floats:
    """Return the rows of the tokens: of one head, and without rows before the first position."""
    if head_count(subject.variant.frequencies) is not None and "head" in inputs:
        values = values[inputs["head"]]
    return values[-len(inputs["positions"]) :]


def _omega(subject: Subject, variant: Rotary, axes: int, head: int) -> Rows:
    def row(axis: int) -> list[float]:
        def made(bits: int) -> Sequence[Real]:
            return exact_frequencies.omega(variant.frequencies, bits, learned=subject.weights, head=head)[axis]

        return [variant.sign * one + 0.0 for one in certified(made, range(len(made(BITS))))]

    return [row(axis) for axis in range(axes)]
