"""Which features each feature of the result is made of: the operator at a few positions, read off basis vectors."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from refpos.oracle.inputs import numbers
from refpos.oracle.probe.box import Box, RefusedError, told
from refpos.spec.precise import Floats

Ints = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

AT_ONCE = 2**24
"""How many numbers an operator may be asked for in one call."""


class Structure(NamedTuple):
    """For each feature of the result the one it is at the origin, and the one that is turned into it, −1 where none is.

    With them the operators (n, d, d) that were read at some positions (n, A), the origin first.
    """

    own: Ints
    other: Ints
    positions: Floats
    operators: Floats


def structure(box: Box, positions: Floats) -> Structure:
    """Return the structure of a black box, from what it does at these positions, of which the first is the origin.

    Raises
    ------
    RefusedError
        If it is not linear, or a feature of its result is made of none or of more than two.
    """
    operators = _operators(box, positions)
    size = np.abs(operators)
    size[size <= 2 * box.u * size.max(axis=2, keepdims=True)] = 0
    touched = np.asarray(size.any(axis=0))
    _check_counts(touched)
    own, other = _split(touched, size[0])
    _check_pairs(own, other)
    return Structure(own, other, positions, operators)


def _operators(box: Box, positions: Floats) -> Floats:
    """Return the operator (d, d) at each position, from basis vectors in the batch."""
    d, n = box.features, len(positions)
    several = max(1, AT_ONCE // d**2)
    return np.concatenate([_operator(box, positions[at : at + several]) for at in range(0, n, several)])


def _operator(box: Box, positions: Floats) -> Floats:
    d, n = box.features, len(positions)
    given = numbers()
    vector = np.array([given[i % len(given)] for i in range(d)]) / 16
    asked = np.concatenate([np.eye(d), [vector, np.zeros(d)]])
    *columns, mixed, nothing = box(np.repeat(asked[:, None, None, :], n, axis=2), positions)[:, 0]
    found = np.stack(columns, axis=-1)
    if nothing.any():
        row, c = np.unravel_index(int(np.abs(nothing).argmax()), nothing.shape)
        where = f"at position {told(positions[row])} zeros become {nothing[row, c]:.6g} in feature {c}"
        raise RefusedError("additive", "no rotation: something is added to the features", where)
    _check_linear(box, found, vector, mixed, positions)
    return found


def _check_linear(box: Box, operators: Floats, vector: Floats, got: Floats, positions: Floats) -> None:
    """Check that a vector becomes what its components become, to the roundings of a sum."""
    terms = operators * vector
    size = np.abs(terms).sum(axis=-1).max(axis=-1, keepdims=True)
    allowed = (8 + 2 * (terms != 0).sum(axis=-1)) * box.u * size + box.normal
    off = np.abs(got - terms.sum(axis=-1)) - allowed
    if (off <= 0).all():
        return
    row, c = np.unravel_index(int(off.argmax()), off.shape)
    due = f"{terms[row, c].sum():.6g} where {got[row, c]:.6g} is returned"
    where = f"at position {told(positions[row])}, feature {c}: what basis vectors become adds up to {due}"
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


def _check_pairs(own: Ints, other: Ints) -> None:
    """Check that each feature is turned with one other only."""
    partner: dict[int, int] = {}
    for a, b in zip(own.tolist(), other.tolist(), strict=True):
        for one, two in ((a, b), (b, a)) if b >= 0 else ():
            if partner.setdefault(one, two) != two:
                evidence = f"feature {one} is turned with feature {partner[one]} and with feature {two}"
                raise RefusedError("no-planes", "no rotation of planes, which share no feature", evidence)
