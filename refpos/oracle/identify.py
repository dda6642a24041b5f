"""Say what a black box computes: which features it pairs, how far it turns them, and what that is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refpos.errors import require
from refpos.oracle.identified import Identified, Nature
from refpos.oracle.names import DTYPES
from refpos.oracle.probe.box import Box, FailedError, RefusedError
from refpos.oracle.probe.evidence import coarse, departed, outside, shifted, unequal, unturned
from refpos.oracle.probe.exponents import OF_RESULT
from refpos.oracle.probe.ladder import spelled
from refpos.oracle.probe.nearest import alone, nearest
from refpos.oracle.probe.reading import Reading, read
from refpos.oracle.probe.turning import Turning, turning
from refpos.oracle.trial import ErroredError, call
from refpos.oracle.verdict import Finding
from refpos.spec.precise import Floats

EXACT = 2**53
"""Positions below are exact in float64."""


def identify(
    implementation: Callable[..., Any],
    *,
    features: int,
    axes: int = 1,
    dtype: str = "float32",
    longest: int | None = None,
) -> Identified:
    r"""Read off a black box which rotary encoding it computes, and name the entries of the catalogue that it is.

    A rotary encoding is linear in x, so that basis vectors show its operator at a position. It is L(p) with
    y_c = Re[(x_a + i x_b) z_c e^{λ_c·p}], and λ is read from p = 1 (or a fraction, where those are taken) to 2^17:
    each power of two doubles what is known of it, until the implementation's own error in the angle is reached.

    Parameters
    ----------
    implementation : callable
        f(x, positions) -> y, as for `check`, whose batches, heads and tokens are of several counts: x of up to d + 2
        batches, and up to 5 heads. It is called some twenty times, and as often again where the highest position is to
        be found out. All heads must be turned alike.
    features : int
        The width of x.
    axes : int
        The coordinates of a position.
    dtype : {"float32", "float64", "float16", "bfloat16"}
        Of x.
    longest : int, optional
        One more than the highest position that it takes; where nothing is said it is found out, up to 2^17.

    Returns
    -------
    Identified

    Raises
    ------
    SpecError
        If an argument is wrong. Never for what the implementation does.

    References
    ----------
    The sum of characters that is read: `refpos.exact.normal`.

    Examples
    --------
    >>> from refpos import Frequencies, Rotary, rotate
    >>> mine = Rotary(Frequencies((0,) * 64, base=20_000.0), pairing="interleaved")
    >>> found = identify(lambda x, positions: rotate(x, positions, mine), features=128)
    >>> found.pairing, found.ladder, found.entries
    ('interleaved', 'base 20,000 over 64 planes', ())
    """
    require(callable(implementation), "implementation must be callable", implementation)
    require(type(features) is int and features > 0, "features must be a positive int", features)
    require(type(axes) is int and axes > 0, "axes must be a positive int", axes)
    require(dtype in DTYPES, f"dtype must be one of {', '.join(DTYPES)}", dtype)
    require(longest is None or (type(longest) is int and longest > 1), "longest must be an int of at least 2", longest)
    require(longest is None or longest <= EXACT, "longest must be at most 2^53", longest)
    box = Box(implementation, features, axes, dtype)
    try:
        reading = read(box, longest)
        return _identified(box, reading, turning(reading))
    except RefusedError as error:
        return _refused(box, error.finding)
    except FailedError as error:
        return _errored(box, error)


def _refused(box: Box, finding: Finding, verdict: Nature = "not rotary") -> Identified:
    return Identified(verdict, box.features, box.axes, box.dtype, findings=(finding,))


def _errored(box: Box, error: FailedError) -> Identified:
    """Return that it failed; but for a function of the positions alone, what that may be."""
    if any(_makes_rows(box, dtype) for dtype in DTYPES):
        words = "rows of positions alone, to be added: sinusoidal, or a table"
        return _refused(box, Finding("rows", words, "`check` is for sinusoidal ones"))
    meant = [name for name in DTYPES if name != box.dtype and f"returned {name} where" in str(error)]
    hint = "".join(f"; dtype {name} asks in that" for name in meant)
    return _refused(box, Finding("errored", str(error), f"when called {error.asked}{hint}"), "errored")


def _makes_rows(box: Box, dtype: str) -> bool:
    """Return whether it is a function of positions alone, whose rows have a dtype."""
    positions = np.zeros((3, box.axes), np.int64)
    try:
        call(box.implementation, [positions[:, 0] if box.axes == 1 else positions], (3, box.features), dtype)
    except ErroredError:
        return False
    return True


def _identified(box: Box, reading: Reading, found: Turning) -> Identified:
    if reading.beside:
        near = tuple(one for one in nearest(box, reading, found) if alone(one.findings))
        return Identified("not rotary", box.features, box.axes, box.dtype, nearest=near, findings=(reading.beside,))
    if not found.read:
        return _refused(box, unturned(box, reading))
    apart, near = tuple(unequal(box, found)), nearest(box, reading, found)
    near = () if apart and any(one.findings for one in near) else near
    wrong = apart if any(not one.findings for one in near) else (*apart, *departed(box, reading))
    return Identified(
        verdict="not rotary" if wrong else "rotary",
        features=box.features,
        axes=box.axes,
        dtype=box.dtype,
        pairs=found.read,
        written=found.written,
        pairing=found.pairing(found.read),
        write=found.pairing(found.written),
        sign=found.sign,
        frequencies=tuple(map(tuple, found.frequencies.tolist())),
        uncertainty=tuple(map(tuple, found.off.tolist())),
        between=reading.between,
        reach=reading.reach,
        followed=not reading.departed.any(),
        ladder=_ladder(found, whole=reading.whole, unequal=bool(apart)),
        magnitude=_magnitude(found.magnitudes, OF_RESULT * box.u),
        growth=tuple(found.first.real[0].tolist()) if found.grows and not reading.departed.any() else (),
        nearest=near,
        findings=(*wrong, *coarse(box, reading), *shifted(box, found), *outside(box, reading)),
    )


def _ladder(found: Turning, *, whole: bool, unequal: bool) -> str:
    """Return the frequencies in words."""
    if unequal:
        return "two to a plane"
    if ((np.abs(found.first.imag) > found.off).sum(axis=0) > 1).any():
        return "a plane turns with several axes"
    if (found.along() < 0).any() and not whole:
        return spelled(found.axes, np.abs(found.along()), found.off.max(axis=0))
    return spelled(found.axes, found.along(), found.off.max(axis=0))


def _magnitude(sizes: Floats, error: float) -> float | None:
    """Return the magnitude that all planes have, 1 where it is within an error of that; None where they differ."""
    if (np.abs(sizes - 1) <= error).all():
        return 1.0
    even = (np.abs(sizes - sizes[0]) <= 2 * error * sizes[0]).all()
    return float(sizes.mean()) if even else None
