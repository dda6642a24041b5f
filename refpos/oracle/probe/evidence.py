"""Why what was read is no rotary encoding, and where it stands at the origin."""

from collections.abc import Iterator

import numpy as np

from refpos.oracle.probe.box import Box
from refpos.oracle.probe.exponents import OF_RESULT
from refpos.oracle.probe.holds import departure
from refpos.oracle.probe.reading import COARSER, Reading
from refpos.oracle.probe.turning import Turning
from refpos.oracle.verdict import Finding
from refpos.spec.precise import Floats

NEAR = 4
"""Exponents that are so many times as far apart as they may be off are two."""


def unturned(box: Box, reading: Reading) -> Finding:
    """Return what is done to features that no plane turns."""
    changes = ((reading.departed > 0) | (np.abs(reading.values) > NEAR * reading.off)).any(axis=0)
    if changes.any():
        evidence = f"{changes.sum()} of them, feature {int(changes.argmax())} the first"
        return Finding("multiplied", "no rotation: features are multiplied by a function of the position", evidence)
    where = departure(box, reading)
    if where:
        return Finding("elsewhere", "features are changed, and not along one axis as planes are turned", where)
    return Finding("still", "positions change nothing", f"seen up to {reading.reach:,}")


def unequal(box: Box, found: Turning) -> Iterator[Finding]:
    """Yield that the features of a plane are not turned by one angle."""
    apart = (np.abs(found.first - found.second) > NEAR * found.off).any(axis=0)
    if apart.any():
        k = int(apart.argmax())
        axis = found.axes[k]
        one, other = found.first[axis, k].imag, found.second[axis, k].imag
        evidence = f"{apart.sum()} planes; the first reads {found.read[k]}, at frequencies {one:.6g} and {other:.6g}"
        yield Finding("unequal", "no rotation: the two features of a pair turn by unequal angles", evidence)
    skew = np.abs(found.start[:, 0] - found.start[:, 1]) > 2 * OF_RESULT * box.u * found.magnitudes
    if skew.any():
        k = int(skew.argmax())
        evidence = f"{skew.sum()} planes; the first reads {found.read[k]}"
        yield Finding("skew", "no rotation: at the origin the two features of a pair are not turned alike", evidence)


def departed(box: Box, reading: Reading) -> Iterator[Finding]:
    """Yield that what is multiplied with features does not follow an exponential of the position."""
    if reading.departed.any():
        first = np.where(reading.departed > 0, reading.departed, np.inf)
        axis, c = np.unravel_index(int(first.argmin()), first.shape)
        count = int(np.isfinite(first).any(axis=0).sum())
        evidence = f"along axis {axis} seen at position {first.min():,.9g}, by {count} features, {c} among them"
        yield Finding("departs", "angles are not the position times a frequency", evidence)
        return
    where = departure(box, reading)
    if where:
        yield Finding("elsewhere", "what was read does not hold everywhere", where)


def coarse(box: Box, reading: Reading) -> Iterator[Finding]:
    """Yield that cosines and sines follow to coarser roundings than those of the dtype."""
    for name, u in COARSER.items():
        if u == reading.u > box.u:
            words = f"cosines and sines have fewer bits than {box.dtype}"
            yield Finding("coarse", words, f"they follow angles to the roundings of {name}, not of {box.dtype}")


def shifted(box: Box, found: Turning) -> Iterator[Finding]:
    """Yield that the operator at the origin is no identity: it is that of a position beside it, or of none."""
    phases = found.sign * np.angle(found.start[:, 0])
    if (np.abs(phases) <= OF_RESULT * box.u).all():
        return
    evidence = f"the plane that reads {found.read[0]} is turned by {phases[0]:.6g} there"
    steps = _steps(found, phases, OF_RESULT * box.u)
    if steps is None:
        yield Finding("phase", "at position 0 it is not the identity", evidence)
        return
    words = ", ".join(f"{step:+.6g}" for step in steps)
    yield Finding("shifted", f"positions shifted: at 0 it is what is due at {words}", evidence)


def outside(box: Box, reading: Reading) -> Iterator[Finding]:
    """Yield that features which no plane turns do not pass through as they are."""
    error = OF_RESULT * box.u
    moved = (reading.own != np.arange(box.features)) | (np.abs(reading.start - 1) > error)
    changed = np.any((np.abs(reading.values) > NEAR * reading.off) | (reading.departed > 0), axis=0)
    moved = (reading.other < 0) & (moved | changed)
    if moved.any():
        c = int(moved.argmax())
        words = f"at position 0 feature {c} is {reading.start[c].real:.6g} times feature {reading.own[c]}"
        evidence = f"{moved.sum()} of them; {words}{', and it changes with the position' if changed[c] else ''}"
        yield Finding("outside", "features outside the planes are moved or multiplied", evidence)


def _steps(found: Turning, phases: Floats, error: float) -> list[float] | None:
    """Return the position on each axis of which the phases are the angles; None where there is no such position.

    It is told by the slowest planes of each axis, whose angles have not come round.
    """
    steps, axes = [], np.array(found.axes)
    for axis in range(len(found.first)):
        own = np.flatnonzero(axes == axis)
        rates = found.frequencies[axis, own]
        slow = own[np.abs(rates) <= np.median(np.abs(rates))] if len(own) else own
        rates = found.frequencies[axis, slow]
        steps.append(float(phases[slow] @ rates / (rates @ rates)) if len(slow) else 0.0)
    steps = [round(step, 4) for step in steps]
    rest = np.angle(np.exp(1j * (phases - np.array(steps) @ found.frequencies)))
    return steps if (np.abs(rest) <= NEAR * error).all() else None
