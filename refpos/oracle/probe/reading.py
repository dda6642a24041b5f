r"""What a black box computes: y_c = Re[(x_a + i x_b) z_c(p)] with z_c(p) = z_c(0) exp(Σ_s λ_cs p_s), read off."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from refpos.oracle.probe.box import Box, RefusedError, reach, takes, told
from refpos.oracle.probe.company import check_company
from refpos.oracle.probe.exponents import OF_RESULT, Complex, Exponents, exponents
from refpos.oracle.probe.structure import Ints, Structure, structure
from refpos.oracle.roundoff import UNIT_ROUNDOFF
from refpos.oracle.verdict import Finding
from refpos.spec.precise import Floats

FINEST = 13
"""Fractions of a position are asked for down to 2 to minus this power."""
PARTS = 0.618, 0.755
"""Parts of the highest position: a plane that has come round at one of them has not at the others."""
TURNS = 1, 2, 4, 8
"""Of a frequency known modulo 2π so many turns more may be there, whose angle is rounded with it."""
OF_TABLE = 2
"""e/u where cosines and sines alone are rounded to u, and so are off by u."""
COARSER = {name: UNIT_ROUNDOFF[name] for name in ("float32", "float16", "bfloat16")}
"""The roundoffs that cosines and sines may have where they are not those of the dtype."""
EARLY = 2
"""Coarser roundings are seen up to this position, where those of an angle are small."""
Between = Literal["turned", "refused", "rounded", "other"]


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
        Whether it was read at whole positions only, so that frequencies are known modulo 2π.
    reach : int
        The highest position asked for.
    between : {"turned", "refused", "rounded", "other"}
        What is done at fractions of a position: as at others, nothing, what is done at a whole one beside, or else.
    u, error : float
        The unit roundoff to which z follows, and how far it may be off for it in parts, e.
    beside : Finding or None
        How a position becomes something else beside a higher one; all that was read is beside the highest.
    """

    own: Ints
    other: Ints
    start: Complex
    values: Complex
    off: Floats
    departed: Floats
    whole: bool = False
    reach: int = 1
    between: Between = "turned"
    u: float = 0.0
    error: float = 0.0
    beside: Finding | None = None

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
    beside = check_company(box, top)
    fractions = takes(box, [0.5])
    few = [1.0, float(top), *(float(int(top * part) | 1) for part in PARTS)] + [9 / 32] * fractions
    found = structure(box, np.concatenate([np.zeros((1, box.axes)), box.along(few)]))
    steps = np.unique([*2.0 ** np.arange(-FINEST * fractions, top.bit_length()), float(top)])
    start, turned = _turned(box, found, steps)
    between = _between(box, steps, start, turned)
    late = steps >= (0 if between == "turned" else 1)
    followed, u, error = _followed(box, steps[late], start, turned[late], whole=between != "turned")
    return Reading(found.own, found.other, start, *followed, between != "turned", top, between, u, error, beside)


def _between(box: Box, steps: Floats, start: Complex, turned: Complex) -> Between:
    """Return what is done at fractions."""
    early, one = turned[steps < 1], turned[steps == 1][0]
    if not len(early):
        return "refused"
    same = (one != start).any() and ((early == start) | (early == one)).all()
    if same:
        return "rounded"
    followed, *_ = _followed(box, steps, start, turned, whole=False)
    return "other" if ((followed.departed > 0) & (followed.departed <= 1)).any() else "turned"


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
    if (np.abs(z[-1]) <= 2 * box.normal).any():
        evidence = f"feature {int(np.abs(z[-1]).argmin())} of what comes of ones is {np.abs(z[-1]).min():.3g}"
        raise RefusedError("small", f"cannot be told: what is returned is smaller than {box.dtype} can hold", evidence)
    return z[-1], z[-2::-1].reshape(box.axes, len(steps), -1).swapaxes(0, 1)


def _followed(
    box: Box, steps: Floats, start: Complex, turned: Complex, *, whole: bool
) -> tuple[Exponents, float, float]:
    """Return the exponents, to which roundoff z follows them, and how far it may be off for it.

    Where it does not to that of the dtype, and only there, the angle may be one of more turns, or roundings coarser.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        given = box, steps, turned / start, np.abs(turned)
    own = exponents(*given), box.u, OF_RESULT * box.u
    if not own[0].departed.any():
        return own
    others = [(exponents(*given, turns=turns), *own[1:]) for turns in TURNS if whole]
    if own[0].departed[own[0].departed > 0].min() <= EARLY:
        coarser = [u for u in COARSER.values() if u > box.u]
        others += [(exponents(*given, u=u, of_result=OF_TABLE), u, OF_TABLE * u) for u in coarser]
    return next((one for one in others if not one[0].departed.any()), own)


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
