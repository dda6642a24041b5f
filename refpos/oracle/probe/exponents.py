r"""The exponent of each feature of the result, λ = ρ + iω, from what it is at powers of two.

At p steps along an axis it is z(p) = z(0) e^{λp}. ln z is known modulo 2πi, to an error e. From λ known to δ follows
λp to δp, which decides the multiple of 2π; then λ is known to e/p. So each power of two doubles the precision, until
what comes is not within δp + e of what is expected: there z no longer follows e^{λp}.

A power of two times a frequency is exact in binary, so that e does not grow with the roundings of the frequency: what
is read is the frequency that an implementation has, roundings and all.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from refpos.oracle.probe.box import Box
from refpos.oracle.roundoff import UNIT_ROUNDOFF
from refpos.spec.precise import Floats

Complex = npt.NDArray[np.complex128]

OF_RESULT, OF_ANGLE = 16, 4
"""e = 16u + 4u_θ|λ|p: roundings of table, product and sum with what a library's cosine is off; of the angle."""


COARSEST = UNIT_ROUNDOFF["float32"]
"""The unit roundoff in which angles are made at worst."""


class Exponents(NamedTuple):
    """Exponents, how far each may be off, and the step at which they were no longer followed, 0 where always."""

    values: Complex
    off: Floats
    departed: Floats


def exponents(
    box: Box,
    steps: Floats,
    ratios: Complex,
    sizes: Floats,
    *,
    u: float | None = None,
    of_result: int = OF_RESULT,
    turns: float = 0.0,
) -> Exponents:
    """Return the exponents that z(p)/z(0), (J, ...), follows at rising powers of two, (J,), with the sizes of z(p).

    Roundings are those of the dtype or of a roundoff u that is given, so many to a result; angles those of λ and turns.
    At a step that is no power of two it is only looked whether z follows.
    Where z(p) is too small to be told from zero nothing is known, but that it departs if it is so at the first step.

    Examples
    --------
    >>> steps = 2.0 ** np.arange(10)
    >>> ratios = np.exp(np.outer(steps, [0.7j]))
    >>> found = exponents(Box(abs, 2, 1, "float64"), steps, ratios, np.abs(ratios))
    >>> print(abs(found.values - 0.7j) <= found.off, found.off < 1e-15, found.departed)
    [ True] [ True] [0.]
    """
    logs, seen = np.log(np.where(ratios == 0, 1, ratios)), sizes > 2 * box.normal
    u = u or box.u
    values, error = logs[0] / steps[0], of_result * u
    off, departed = np.full(values.shape, error / steps[0]), np.where(seen[0], 0.0, steps[0])
    for p, log, known in zip(steps[1:], logs[1:], seen[1:], strict=True):
        rest = wrapped(log - values * p)
        error = of_result * u + OF_ANGLE * min(u, COARSEST) * (np.abs(values) + 2 * np.pi * turns) * p
        within = np.abs(rest) <= off * p + error
        departed = np.where(known & ~within & (departed == 0), p, departed)
        follows = known & (departed == 0) & (np.frexp(p)[0] == 0.5)
        values = np.where(follows, values + rest / p, values)
        off = np.where(follows, error / p, off)
    return Exponents(values, off, departed)


def wrapped(logs: Complex) -> Complex:
    """Return logarithms whose angles are from −π to π.

    Examples
    --------
    >>> wrapped(np.array([7j])).imag.round(6)
    array([0.716815])
    """
    return np.asarray(logs - 2j * np.pi * np.rint(logs.imag / (2 * np.pi)))
