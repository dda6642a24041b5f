"""The digits of positions in golden files.

Positions are below 2^24, where a quotient that is no whole number does not become one in float32.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from refpos.errors import require
from refpos.exact import radix as exact
from refpos.exact.ball import Real
from refpos.oracle.families.family import Family, Inputs, Learned, Mistake, within
from refpos.oracle.sums import looked_up
from refpos.spec.precise import Floats
from refpos.spec.radix import digits
from refpos.variants.radix import Radix

MOST = 16
"""How many positions a case may have."""
LAST = 2**24 - 1
"""The last position."""


def plan(variant: Radix) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield comments and inputs: where digits carry, where they begin again, the number of the post, others."""
    base, reach = variant.bases[0], prod(variant.bases)
    yield "the first positions, and the first carry", {"positions": [0, 1, base // 2, base - 1, base, base + 1]}
    yield "about the second carry", {"positions": [one for k in (1, 2) for one in (k * base**2 - 1, k * base**2)]}
    yield "about the last position that has digits of its own", {"positions": [reach - 2, reach - 1, reach, reach + 1]}
    yield "the number of the post, and half of it, truncated", {"positions": [1749, 874]}
    yield "unsorted, some twice", {"positions": [123, 7, 961, 7, 65_537, 40]}


def known(_variant: Radix, inputs: Inputs, where: str) -> None:
    """Raise `SpecError` unless inputs are some positions."""
    require(set(inputs) == {"positions"}, f"{where}: inputs must be positions", sorted(inputs))
    given = inputs["positions"]
    fine = isinstance(given, list) and 0 < len(given) <= MOST
    require(fine, f"{where}: positions must be a list of 1 to {MOST}", given)
    fine = all(within(one, 0, LAST) for one in given)
    require(fine, f"{where}: positions must be ints from 0 to {LAST}", given)


def compute(variant: Radix, inputs: Inputs, _learned: Learned) -> Floats:
    """Return the digits, a row for each position."""
    return digits(inputs["positions"], variant)


def certify(variant: Radix, inputs: Inputs, _learned: Learned, _bits: int) -> Sequence[Real]:
    """Return the digits, exact, one row after the other."""
    return [one for p in inputs["positions"] for one in exact.digits(p, variant)]


def allowed(variant: Radix, inputs: Inputs, learned: Learned, dtype: str) -> Floats:
    """Return how far each digit may be off: it is rounded once, where it is above what a dtype holds."""
    return looked_up(compute(variant, inputs, learned), dtype)


def refused(_variant: Radix) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs that must be refused."""
    yield "a position below 0", {"positions": [0, -1]}
    yield "a position between whole numbers", {"positions": [874.5]}


def mistakes(variant: Radix) -> Iterator[Mistake]:
    """Yield the usual mistakes: in the order of digits, in the bases, in floor and remainder, in what lies beyond."""
    for name, words, change in (*_others(variant), *_quotients(variant)):
        yield Mistake(name, words, _of_positions(change))


Change = Callable[[Any], Floats]
Changed = tuple[str, str, Change]


def _of_positions(change: Change) -> Callable[[Inputs, Learned], Floats]:
    return lambda inputs, _: change(np.array(inputs["positions"]))


def _others(variant: Radix) -> Iterator[Changed]:
    """Yield digits of other positions, in other bases, or otherwise placed."""
    reach = prod(variant.bases)
    yield "order/reversed", "the highest digit first", lambda p: digits(p, variant)[:, ::-1]
    for name, words, by in (("more", "one more", 1), ("less", "one less", -1)):
        if min(variant.bases) + by >= 2:
            other = replace(variant, bases=tuple(one + by for one in variant.bases))
            yield f"base/{name}", f"each base {words}", partial(digits, variant=other)
    yield "positions/plus-one", "counted from one more", lambda p: digits(p + 1, variant)
    yield "beyond/clamped", "the last digits for all beyond", lambda p: digits(np.minimum(p, reach - 1), variant)
    yield "beyond/zero", "zeros beyond the last digit", lambda p: np.where(p[:, None] < reach, digits(p, variant), 0.0)


def _quotients(variant: Radix) -> Iterator[Changed]:
    """Yield what is otherwise done with p/(β_1 ⋯ β_(m−1))."""
    bases = np.array(variant.bases)
    places = np.cumprod([1, *variant.bases])
    last = np.arange(len(bases)) == len(bases) - 1

    def over(p: Any) -> Floats:
        return np.asarray(p[:, None] / places[:-1])

    yield "remainder/none", "quotients not reduced modulo a base", lambda p: np.floor(over(p))
    words = "the last quotient not reduced modulo its base"
    yield "remainder/not-last", words, lambda p: np.where(last, np.floor(over(p)), digits(p, variant))
    yield "floor/none", "quotients reduced with their fractions", lambda p: over(p) % bases
    yield "floor/rounded", "quotients rounded in place of truncated", lambda p: np.rint(over(p)) % bases
    yield "floor/neither", "angles of RoPE, with neither floor nor remainder", over
    yield "place/next", "divided by a base more", lambda p: np.floor(p[:, None] / places[1:]) % bases
    yield "place/kept", "digits times what they stand for", lambda p: digits(p, variant) * places[:-1]


RADICES = Family(
    features=lambda variant: len(variant.bases),
    plan=plan,
    known=known,
    compute=compute,
    certify=certify,
    allowed=allowed,
    mistakes=mistakes,
    refused=refused,
)
