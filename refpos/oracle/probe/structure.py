"""Which features each feature of the result is made of: the operator at a few positions, read off basis vectors."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from refpos.oracle.inputs import numbers
from refpos.oracle.probe.box import Box, RefusedError, told
from refpos.oracle.rounding import round_to
from refpos.oracle.roundoff import UNIT_ROUNDOFF
from refpos.spec.precise import Floats

Ints = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

AT_ONCE = 2**24
"""How many numbers an operator may be asked for in one call."""


class Structure(NamedTuple):
    """For each feature of the result the one it is at the origin, and the one that is turned into it, −1 where none is.

    With them a vector, and what comes of it (n, d) at the positions (n, A) at which operators were read.
    """

    own: Ints
    other: Ints
    positions: Floats
    vector: Floats
    became: Floats


def structure(box: Box, positions: Floats) -> Structure:
    """Return the structure of a black box, from what it does at these positions, of which the first is the origin.

    Raises
    ------
    RefusedError
        If it is not linear, or a feature of its result is made of none or of more than two.
    """
    d, given = box.features, numbers()
    vector = np.array([given[i % len(given)] for i in range(d)]) / 16
    several = max(1, AT_ONCE // d**2)
    blocks = [positions[at : at + several] for at in range(0, len(positions), several)]
    touched, start, became = np.zeros((d, d), dtype=bool), np.zeros((0, d)), []
    for block in blocks:
        operators, mixed = _operators(box, block, vector)
        size = np.abs(operators)
        size[size <= 2 * box.u * size.max(axis=2, keepdims=True)] = 0
        touched |= size.any(axis=0)
        start = start if len(start) else size[0]
        became.append(mixed)
    _check_counts(touched)
    return Structure(*_split(touched, start), positions, vector, np.concatenate(became))


def _operators(box: Box, positions: Floats, vector: Floats) -> tuple[Floats, Floats]:
    """Return the operator (d, d) at each position, from basis vectors in the batch, and what a vector becomes there."""
    d, n = box.features, len(positions)
    asked = np.concatenate([np.eye(d), [vector, np.zeros(d)]])
    got = box(np.repeat(asked[:, None, None, :], n, axis=2), positions)[:, 0]
    operators, mixed, nothing = np.moveaxis(got[:d], 0, -1), *got[d:]
    if nothing.any():
        row, c = np.unravel_index(int(np.abs(nothing).argmax()), nothing.shape)
        where = f"at position {told(positions[row])} zeros become {nothing[row, c]:.6g} in feature {c}"
        raise RefusedError("additive", "no rotation: something is added to the features", where)
    _check_linear(box, operators, vector, mixed, positions)
    return operators, mixed


def _check_linear(box: Box, operators: Floats, vector: Floats, got: Floats, positions: Floats) -> None:
    """Check that a vector becomes what its components become, to the roundings of a sum."""
    due, size = operators @ vector, (np.abs(operators) @ np.abs(vector)).max(axis=-1, keepdims=True)
    terms = np.count_nonzero(operators, axis=-1)
    off = np.abs(got - due) - (8 + 2 * terms) * box.u * size - box.normal
    if (off <= 0).all():
        return
    row, c = np.unravel_index(int(off.argmax()), off.shape)
    sums = f"{due[row, c]:.6g} where {got[row, c]:.6g} is returned"
    where = f"at position {told(positions[row])}, feature {c}: what basis vectors become adds up to {sums}"
    coarser = [
        name for name in ("bfloat16", "float16") if box.u < UNIT_ROUNDOFF[name] and (round_to(got, name) == got).all()
    ]
    where += f"; all numbers that come are of {coarser[0]}: dtype {coarser[0]} asks for that" if coarser else ""
    raise RefusedError("nonlinear", "no rotation: it is not linear in the features", where)


def _check_counts(touched: Flags) -> None:
    made, goes = "feature {} of the result is made of {} features", "feature {} goes into {} features"
    for axis, words in ((1, made), (0, goes)):
        count = touched.sum(axis=axis)
        worst = int(np.abs(count - 1.5).argmax())
        if not 1 <= count[worst] <= 2:
            evidence = words.format(worst, int(count[worst]) or "no")
            raise RefusedError("no-planes", "no rotation of planes, which take two features and make two", evidence)


def _split(touched: Flags, start: Floats) -> tuple[Ints, Ints]:
    """Return of the features that make each one its own, which it is at the origin, and the other, −1 where none is.

    Where the origin already mixes them, its own is the one of the same number.
    """
    if not start.any(axis=1).all():
        c = int(start.any(axis=1).argmin())
        raise RefusedError("no-planes", "no rotation: it vanishes at the origin", f"feature {c} of the result is 0")
    several = (start > 0).sum(axis=1) > 1
    own = np.where(several & touched.diagonal(), np.arange(len(start)), start.argmax(axis=1))
    rest = touched.copy()
    rest[np.arange(len(own)), own] = False
    return own, np.where(rest.any(axis=1), rest.argmax(axis=1), -1)
