"""The inputs of golden cases: from lists that are written down here and in inputs.json, never drawn at run time.

Once a case is in a golden file its inputs are those of the file. This plan only says which a new file begins with.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from refpos.oracle.golden.length import Spot, original_length
from refpos.oracle.golden.length import spots as spots_of_lengths
from refpos.oracle.inputs import cases, numbers
from refpos.variants.frequencies import AnyFrequencies, Dense, Frequencies, PerHead, axis_count
from refpos.variants.planes import feature_places, planes, width
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal

Tokens = tuple[Any, ...]
"""Positions of one or two tokens: numbers, or tuples of coordinates."""

LINE: tuple[tuple[str, Tokens], ...] = (
    ("every element, near", (5,)),
    ("the first two tokens", (0, 1)),
    ("beyond the integers of bfloat16", (256, 257)),
    ("unsorted, apart", (1664, 376)),
    ("beyond the integers of float16", (2048, 2049)),
    ("the usual length of a context", (4096,)),
    ("a length of context", (8193,)),
    ("one token, as in decoding", (359,)),
    ("long", (32769,)),
    ("the end of float16", (65504,)),
    ("longer", (131071,)),
    ("far", (1048577,)),
    ("2^31", (2147483648,)),
)
PLANE: tuple[tuple[str, Tokens], ...] = (
    ("every element, near", ((3, 7),)),
    ("the first column", ((0, 0), (1, 0))),
    ("of a grid of 3 by 5", ((0, 4), (2, 1))),
    ("of a grid of 4 by 6", ((3, 5), (1, 2))),
    ("of a tall grid", ((31, 1), (17, 0))),
    ("beyond the integers of bfloat16", ((257, 256), (256, 259))),
    ("of a wide image", ((45, 455),)),
    ("beyond the integers of float16", ((2049, 1023),)),
    ("unsorted, apart", ((3003, 412), (642, 312))),
    ("far", ((4096, 17),)),
)
SPACE: tuple[tuple[str, Tokens], ...] = (
    ("every element, near", ((2, 3, 7),)),
    ("text: every coordinate the same", ((0, 0, 0), (1, 1, 1))),
    ("of a video of 2 by 3 by 5", ((0, 2, 4), (1, 0, 3))),
    ("of a video of 3 by 4 by 2", ((2, 1, 0), (1, 3, 1))),
    ("beyond the integers of bfloat16", ((257, 256, 259),)),
    ("three different coordinates", ((7, 1877, 306),)),
    ("unsorted, apart", ((2317, 4952, 1875), (306, 3903, 414))),
    ("beyond the integers of float16", ((2049, 4099, 2051),)),
    ("text, far", ((4097, 4097, 4097),)),
    ("an image after much text", ((65504, 65520, 65511),)),
)
NEAR = 5000
"""Where growth is not judged beyond: it is e^−p there."""
WIDE = 1024
"""The width from which a token of a case is bulk: of such there are few, of features of one digit."""
FEW = 5
SPREAD = 4
"""How many planes a case pins, with both of their elements."""


@dataclass(frozen=True)
class Draft:
    """A case before anything is derived: its inputs, and the outputs that it pins (None: all of them)."""

    comment: str
    positions: tuple[Any, ...]
    x: tuple[tuple[int, ...], ...] | None = None
    elements: tuple[int, ...] | None = None
    head: int | None = None
    side: str | None = None
    length: int | None = None

    def data(self) -> dict[str, Any]:
        """Return the draft as it stands in a golden file."""
        inputs: dict[str, Any] = {"positions": _lists(self.positions)}
        for name in ("x", "head", "side", "length"):
            if getattr(self, name) is not None:
                inputs[name] = _lists(getattr(self, name))
        found = {"comment": self.comment, "inputs": inputs}
        return found if self.elements is None else {**found, "elements": list(self.elements)}


def plan(variant: Rotary | Sinusoidal, features: int) -> tuple[Draft, ...]:
    """Return the cases with which the golden file of a variant begins.

    Examples
    --------
    >>> found = plan(Rotary(Frequencies((0,) * 8)), 16)
    >>> found[0].elements is None, found[1].positions, found[1].elements
    (True, (0, 1), (1, 3, 5, 7, 9, 11, 13, 15))
    """
    tried = [one for one in spots(variant) if not (_grows(variant) and np.max(one[1]) > NEAR)]
    tried = tried[:FEW] if features >= WIDE else tried
    sides: list[str | None] = [None] * len(tried)
    if _grows(variant):
        tried += tried[:4]
        sides += ["key"] * 4
    return tuple(
        replace(draft(variant, features, number, *spot), side=side)
        for number, (spot, side) in enumerate(zip(tried, sides, strict=True))
    )


def draft(
    variant: Rotary | Sinusoidal, features: int, number: int, comment: str, positions: Tokens, length: int | None
) -> Draft:
    """Return the case of that number: its features and pinned elements follow from the number."""
    x = None
    if isinstance(variant, Rotary):
        x = tuple(tuple(vector(97 * number + 41 * row, features)) for row in range(len(positions)))
    heads = variant.frequencies.heads if isinstance(variant.frequencies, Dense) else None
    elements = spread(variant, features, number) if number else None
    return Draft(comment, positions, x, elements, head=number % heads if heads else None, length=length)


def spots(variant: Rotary | Sinusoidal) -> tuple[Spot, ...]:
    """Return the positions that are tried, each with what it is there for, and lengths where it depends on them."""
    original = original_length(variant)
    if original is not None:
        return spots_of_lengths(original)
    return tuple((words, positions, None) for words, positions in _tokens(variant.frequencies))


def _tokens(frequencies: AnyFrequencies) -> list[tuple[str, Tokens]]:
    axes = axis_count(frequencies)
    if not isinstance(frequencies, PerHead) and frequencies.unit != "radian":
        return list(_fractions(frequencies))
    found = list({1: LINE, 2: PLANE, 3: SPACE}[axes])
    scalings = frequencies.scalings if isinstance(frequencies, Frequencies) else ()
    for length in {one.original: None for one in scalings if hasattr(one, "original")}:
        for words, p in (("before", length - 1), ("at", length), ("after", length + 1)):
            found.append((f"{words} the original length", (p if axes == 1 else (p,) * axes,)))
    return found


def spread(variant: Rotary | Sinusoidal, features: int, number: int) -> tuple[int, ...]:
    """Return both outputs of a few planes, one from each quarter of the ladder, and one that passes through."""
    pairs = outputs(variant, features)
    size = len(pairs)
    few = {quarter * size // SPREAD + 7 * number % max(size // SPREAD, 1) for quarter in range(SPREAD)}
    still = sorted(set(range(features)) - {one for pair in pairs for one in pair})
    passing = {still[7 * number % len(still)]} if still else set()
    return tuple(sorted({one for k in few if k < size for one in pairs[k]} | passing))


def outputs(variant: Rotary | Sinusoidal, features: int) -> Sequence[tuple[int, int]]:
    """Return the two outputs of every plane."""
    if isinstance(variant, Rotary):
        return planes(variant, features).write
    sines, cosines, _ = feature_places(variant)
    return list(zip(sines, cosines, strict=True))


def vector(start: int, size: int) -> list[int]:
    """Return whole numbers, each exact in every format down to float8_e5m2."""
    few = [one for one in numbers() if one and (abs(one) // (abs(one) & -abs(one))) < 8]
    few = [one for one in few if 0 < one < 10] if size >= WIDE - 1 else few
    return [few[(start + at) % len(few)] for at in range(size)]


def weights(variant: Rotary | Sinusoidal) -> dict[str, Any] | None:
    """Return small dyadic numbers for what a variant learns."""
    found = {}
    for name, shape in variant.learned.items():
        count = int(np.prod(shape))
        found[name] = (np.array([numbers()[at % len(numbers())] for at in range(count)]) / 64).reshape(shape).tolist()
    return found or None


def bad_inputs(variant: Rotary | Sinusoidal) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs that must be refused, each with what is wrong with it."""
    axes, least = axis_count(variant.frequencies), width(variant)
    point: Any = 1 if axes == 1 else [1] * axes
    rotary = isinstance(variant, Rotary)
    lasting = {"length": 4} if original_length(variant) is not None else {}
    good = {**lasting, **({"x": [vector(0, least)]} if rotary else {})}
    if axes == 1 and not rotary:
        yield "no list of tokens", {"positions": 1}
    else:
        yield "a coordinate too many", {**good, "positions": [[1] * (axes + 1)]}
    if axes > 1:
        yield "a coordinate too few", {**good, "positions": [[1] * (axes - 1)]}
    if rotary:
        yield "two tokens, one position", {**lasting, "x": [vector(0, least), vector(1, least)], "positions": [point]}
        yield "narrower than what is rotated", {**lasting, "x": [vector(0, least - 1)], "positions": [point]}
    if lasting:
        yield "a sequence of no tokens", {**good, "positions": [point], "length": 0}


def _fractions(frequencies: AnyFrequencies) -> Iterator[tuple[str, Tokens]]:
    """Yield positions from −1 to 1, from the frozen inputs."""
    known = {case.id: case.positions for case in cases(frequencies)}
    every = [tuple(map(float, row)) for name, rows in known.items() if "grid" not in name for row in rows]
    centres = [tuple(map(float, row)) for name, rows in known.items() if "grid" in name for row in rows]
    axes = axis_count(frequencies)
    yield "every element", (every[0],)
    yield "the middle, and a corner", ((0,) * axes, (1, *(-1,) * (axes - 1)))
    if centres:
        yield "centres of a grid that is not square", (centres[1], centres[10])
        yield "centres of a grid that is not square", (centres[-1], centres[-5])
    for at in range(1, 7, 2):
        yield "unsorted, apart", (every[at], every[at + 1])
    for at in range(7, 11):
        yield "one token, as in decoding", (every[at],)


def _grows(variant: Rotary | Sinusoidal) -> bool:
    return isinstance(variant, Rotary) and variant.growth is not None


def _lists(value: Any) -> Any:
    return [_lists(one) for one in value] if isinstance(value, tuple) else value
