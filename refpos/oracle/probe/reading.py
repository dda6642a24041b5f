r"""What a black box computes: y_c = Re[(x_a + i x_b) z_c(p)] with z_c(p) = z_c(0) exp(Σ_s λ_cs p_s), read off."""

from dataclasses import dataclass

import numpy as np

from refpos.oracle.inputs import Case, fill
from refpos.oracle.probe.box import Box, RefusedError, reach, takes, told
from refpos.oracle.probe.exponents import OF_ANGLE, OF_RESULT, Complex, Exponents, exponents
from refpos.oracle.probe.structure import Ints, Structure, structure
from refpos.spec.precise import Floats

FINEST = 13
"""Fractions of a position are asked for down to 2 to minus this power."""
PARTS = 0.618, 0.755
"""Parts of the highest position: a plane that has come round at one of them has not at the others."""
SCATTERED = 7919, 104_729
"""Primes, by whose multiples positions are scattered."""


@dataclass(frozen=True)
class Reading:
    """What a rotary encoding does to each feature c of its result, on A axes.

    Parameters
    ----------
    own, other : (d,) int
        The features x_a and x_b of which it is made; other is −1 where it is made of one.
    start : (d,) complex
        z at the origin.
    values : (A, d) complex
        λ = ρ + iω: the growth and the frequency along each axis, per unit step.
    off : (A, d)
        How far λ may be off.
    departed : (A, d)
        The step along each axis at which z no longer follows, 0 where it always does.
    whole : bool
        Whether it takes whole positions only, so that frequencies are known modulo 2π.
    reach : int
        The highest position asked for.
    """

    own: Ints
    other: Ints
    start: Complex
    values: Complex
    off: Floats
    departed: Floats
    whole: bool = False
    reach: int = 1

    def at(self, positions: Floats) -> Complex:
        """Return z at positions (n, A)."""
        return np.asarray(self.start * np.exp(positions @ self.values))

    def paired(self, x: Floats) -> Complex:
        """Return x_a + i x_b for each feature of the result."""
        return np.asarray(x[..., self.own] + 1j * np.where(self.other >= 0, x[..., self.other], 0))


def read(box: Box, longest: int | None) -> Reading:
    """Read a black box.

    Raises
    ------
    ErroredError, RefusedError
        If it fails, or is nothing that can be read.
    """
    top = reach(box, longest)
    fractions = takes(box, [0.5])
    few = [1.0, float(top), *(float(int(top * part) | 1) for part in PARTS)] + [9 / 32] * fractions
    found = structure(box, np.concatenate([np.zeros((1, box.axes)), box.along(few)]))
    steps = 2.0 ** np.arange(-FINEST * fractions, np.log2(top) + 1)
    start, turned = _turned(box, found, steps)
    followed = _exponents(box, steps, start, turned)
    whole = not fractions or bool(((followed.departed > 0) & (followed.departed <= 1)).any())
    if whole and fractions:
        late = steps >= 1
        followed = _exponents(box, steps[late], start, turned[late])
    return Reading(found.own, found.other, start, *followed, whole, top)


def _turned(box: Box, found: Structure, steps: Floats) -> tuple[Complex, Complex]:
    """Return z at the origin, (d,), and at steps along each axis, (J, A, d), asked for from the last to the first."""
    positions = np.concatenate([np.zeros((1, box.axes)), box.along(steps)])[::-1]
    second = np.zeros(box.features)
    second[np.maximum(found.own, found.other)[found.other >= 0]] = 1
    asked = np.stack([1 - second, second, found.vector])[:, None, None, :]
    got = box(np.broadcast_to(asked, (3, 2, len(positions), box.features)), positions)
    _check_heads(box, got, positions)
    _check_context(box, found, got[2, 0], positions)
    made = np.arange(box.features)
    own, other = (got[second[at].astype(int), 0, :, made].T for at in (found.own, found.other))
    z = own - 1j * np.where(found.other >= 0, other, 0)
    return z[-1], z[-2::-1].reshape(box.axes, len(steps), -1).swapaxes(0, 1)


def _exponents(box: Box, steps: Floats, start: Complex, turned: Complex) -> Exponents:
    with np.errstate(divide="ignore", invalid="ignore"):
        return exponents(box, steps, turned / start, np.abs(turned))


def _check_heads(box: Box, got: Floats, positions: Floats) -> None:
    off = np.abs(got - got[:, :1]) - 4 * box.u * np.abs(got) - box.normal
    if (off > 0).any():
        _, h, row, c = np.unravel_index(int(off.argmax()), off.shape)
        where = f"at position {told(positions[row])}, feature {c}, heads 0 and {h}"
        raise RefusedError("heads", "heads are not turned alike, where one operator is asked for", where)


def _check_context(box: Box, found: Structure, got: Floats, positions: Floats) -> None:
    """Check that the vector of the structure becomes (n, d) what it became there, beside other tokens."""
    for position, due in zip(found.positions, found.became, strict=True):
        for became in got[(positions == position).all(axis=1)]:
            off = np.abs(became - due) - OF_RESULT * box.u * np.abs(due).max() - box.normal
            if (off > 0).any():
                evidence = f"feature {int(off.argmax())} at position {told(position)}, beside others than before"
                raise RefusedError("context", "no rotation: what a token becomes depends on the other tokens", evidence)


def departure(box: Box, reading: Reading) -> str:
    """Say where other vectors at scattered positions do not become what was read, or nothing where they do."""
    tokens, axes = np.arange(1, 14)[:, None] ** 2, np.arange(box.axes)
    positions = np.asarray((tokens * SCATTERED[0] + axes * SCATTERED[1]) % reading.reach, np.float64)
    x = fill(Case("probe", "scattered", positions), (2, 3), box.features)
    pairs, z = reading.paired(x), reading.at(positions)
    theta = positions @ np.abs(reading.values)
    angle = positions @ reading.off + OF_ANGLE * (box.axes + 1) * box.u_angle * theta + OF_RESULT * box.u
    off = np.abs(box(x, positions) - (pairs * z).real) / (np.abs(pairs * z) * angle + box.normal)
    if off.max() <= 1:
        return ""
    *_, row, c = np.unravel_index(int(off.argmax()), off.shape)
    return f"at position {told(positions[row])}, feature {c}: {off.max():.2g} times what roundings explain"
