"""Lengths of vectors, however large or small: each is brought to about 1 by a power of 2 before it is squared."""

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.precise import Floats


def length(x: Floats) -> Floats:
    """Return √Σx² along the last axis.

    Examples
    --------
    >>> length(np.array([[3e200, 4e200], [0.0, 0.0]]))
    array([5.e+200, 0.e+000])
    """
    level = _level(np.abs(x).max(axis=-1, initial=0.0))
    return np.asarray(np.ldexp(np.sqrt((np.ldexp(x, -level[..., None]) ** 2).sum(axis=-1)), level))


def unit(x: Floats) -> Floats:
    """Return vectors divided by their lengths, which must not be zero.

    Examples
    --------
    >>> unit(np.array([[3e-200, 4e-200]]))
    array([[0.6, 0.8]])
    """
    largest = np.abs(x).max(axis=-1, keepdims=True)
    _check(x, largest)
    near = np.ldexp(x, -_level(largest))
    return np.asarray(near / length(near)[..., None])


def rms(x: Floats, epsilon: float) -> Floats:
    """Return x/√(mean of x² + epsilon), whose divisor must not be zero.

    Examples
    --------
    >>> rms(np.array([[1e200, 1e200], [1e-200, 1e-200]]), 1e-6)
    array([[1.e+000, 1.e+000],
           [1.e-197, 1.e-197]])
    """
    largest = np.maximum(np.abs(x).max(axis=-1, keepdims=True), np.sqrt(epsilon))
    _check(x, largest)
    level = _level(largest)
    near = np.ldexp(x, -level)
    return np.asarray(near / np.sqrt((near**2).mean(axis=-1, keepdims=True) + np.ldexp(epsilon, -2 * level)))


def _check(x: Floats, divisor: Floats) -> None:
    require((divisor > 0).all(), "what is divided by its length must not be zero", x[divisor[..., 0] == 0][:1])


def _level(largest: Floats) -> npt.NDArray[np.int32]:
    """Return e of the power 2^e that is just above each number; 0 for 0."""
    return np.asarray(np.frexp(largest)[1])
