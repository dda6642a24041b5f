r"""How far a table that is resized may be off.

y = Σ_ij r_i c_j T_ij, rows and columns weighted one after the other, in either order. A term has the n_r products and
sums of the rows and the n_c of the columns, so with weights that are off by ρ and σ, R = |r| + ρ and C = |c| + σ,

    |error| <= γ_(n_r + n_c) Σ R_i C_j |T_ij| + Σ (ρ_i C_j + |r_i| σ_j) |T_ij| + (n_r + n_c)·2η

The products of the second stage lose η each. Those of the first do too, and weights of the second multiply it: by
Σ|c|, above 1 for cubic ones but at most 1.375 at a = −0.75, so 2η is allowed for each. The weights are what costs most:
they are values k(s − j) of a kernel at a point s that grows with the table.

s = (i + 1/2)·(old/new) − 1/2 has the roundings of the ratio, of the product and of the difference: it is off by at most
γ_3 (i + 1/2)(old/new) + u/2. Its fraction, and 1 − t or the like, add u each. A weight is off by |k'| of all that,
δ: |k(x + δ) − k(x)| <= |k'(x)| δ + max|k''|/2 δ², and by what the polynomial rounds. Kernels are continuous, cubic ones
have a continuous k' too: so it does not matter where s falls beside an integer and the neighbours get the weights.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.oracle.roundoff import SMALLEST, UNIT_ROUNDOFF, gamma, once_more, unit_roundoff, working
from refpos.spec.precise import Floats

Kernel = Literal["linear", "cubic"]


@dataclass(frozen=True)
class Weights:
    """The weights of one axis, how far each may be off, and how many old points a new one is the sum of.

    Parameters
    ----------
    due, off : (new, old) float64
    taps : int
    """

    due: Floats
    off: Floats
    taps: int


def weights(
    old: int,
    new: int,
    kernel: Kernel,
    *,
    a: float = -0.75,
    antialias: bool = False,
    dtype: str = "float32",
    points: str = "float32",
) -> Weights:
    """Return the weights by which `old` points become `new`, corners not aligned, and how far they may be off.

    linear      k(x) = 1 − |x|
    cubic       k(x) = (a + 2)|x|³ − (a + 3)|x|² + 1 up to 1, a(|x|³ − 5|x|² + 8|x| − 4) up to 2

    Points beyond the ends are those at the ends. With antialias, the kernel of a table that shrinks is f = old/new
    times as wide, k((s − j)/f); points beyond the ends are left out, and weights divided by their sum S. A weight is
    then off by

        (ε_j + |w_j| (Σε + γ_n Σ|k|)) / (S − Σε − γ_n Σ|k|) + γ_1 |w_j|

    Parameters
    ----------
    old, new : int
    kernel : {"linear", "cubic"}
    a : float
        The cubic's parameter: −0.75 in torch and OpenCV, −0.5 in Keys, Pillow, JAX, and torch where it is antialiased.
    antialias : bool
    dtype : {"float64", "float32", "float16", "bfloat16"}
        In which weights are made.
    points : str
        The dtype in which s is found, where that is wider: torch makes bicubic weights of 16 bits at such points.

    References
    ----------
    Keys, Cubic convolution interpolation for digital image processing, 1981, eqs. 4 and 15.

    Examples
    --------
    >>> weights(2, 4, "linear").due
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    require(kernel in ("linear", "cubic"), "kernel must be linear or cubic", kernel)
    require(min(old, new) >= 1, "a table must have at least one point", (old, new))
    u, reach = unit_roundoff(dtype), 1 if kernel == "linear" else 2
    wide = max(old / new, 1.0) if antialias else 1.0
    far = int(np.ceil(reach * wide)) + 1
    centre = np.asarray((np.arange(new)[:, None] + 0.5) * (old / new))
    spots = np.asarray(np.floor(centre - 0.5) + np.arange(-far, far + 2.0))
    off = _argument(centre, reach, wide, antialias, u, min(u, unit_roundoff(points)))
    value, error = _kernel(np.abs(centre - 0.5 - spots) / wide, kernel, a, off, u)
    if antialias:
        inside = (spots >= 0) & (spots < old)
        value, error = _normalised(value * inside, error * inside, u)
    taps = 2 * int(np.ceil(reach * wide)) + antialias
    return Weights(_gathered(value, spots, old), _gathered(error, spots, old), taps)


def resized(table: npt.ArrayLike, rows: Weights, columns: Weights, dtype: str, *, sums: str | None = None) -> Floats:
    """Return how far each element of a resized table may be off, see the formula above.

    Parameters
    ----------
    table : (old rows, old columns, ...)
        As it is given, of a dtype.
    rows, columns : Weights
        Made in the dtype that is summed in.
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the table.
    sums : str, optional
        The dtype in which is summed; float32 for 16 bits where nothing is said. torch sums its bicubic ones in 16 bits.

    Returns
    -------
    (new rows, new columns, ...) float64

    Examples
    --------
    >>> step = weights(2, 4, "linear")
    >>> resized(np.ones((2, 2)), step, step, "float32").shape
    (4, 4)
    """
    given, arithmetic = np.asarray(table, dtype=np.float64), sums or working(dtype)
    shape = rows.due.shape[1], columns.due.shape[1]
    require(given.shape[:2] == shape, f"table must have {shape[0]} rows and {shape[1]} columns", given.shape)
    roundings, size = rows.taps + columns.taps, np.abs(given)
    r, c = np.abs(rows.due), np.abs(columns.due)
    whole = _applied(r + rows.off, c + columns.off, size)
    made = _applied(rows.off, c + columns.off, size) + _applied(r, columns.off, size)
    rounded = gamma(roundings, unit_roundoff(arithmetic)) + gamma(2 * roundings, UNIT_ROUNDOFF["float64"])
    off = rounded * whole + made + roundings * SMALLEST[arithmetic]
    return off if dtype == arithmetic else once_more(_applied(rows.due, columns.due, given), off, dtype)


def _argument(centre: Floats, reach: int, wide: float, antialias: bool, u: float, finer: float) -> Floats:
    """Return δ, how far the argument of the kernel may be off, s being found with a unit roundoff that may be finer.

    Plain: s, its fraction u, and 1 − t, 1 + t or 2 − t, which are u, 2u and 3u; where s is finer, t is rounded to u.
    Antialiased: j − c + 1/2 with the product and the ratio in c and two roundings of at most reach·f + 1, all over f,
    whose division and itself are γ_3.
    """
    if antialias:
        return np.asarray((gamma(2, u) * centre + 2 * u * (reach * wide + 1)) / wide + gamma(3, u) * reach)
    return np.asarray(gamma(3, finer) * centre + 1.5 * finer + u * ((finer < u) + (1 if reach == 1 else 3)))


def _kernel(x: Floats, kernel: Kernel, a: float, off: Floats, u: float) -> tuple[Floats, Floats]:
    """Return k at arguments x >= 0 and how far it may be off where those are off by δ: 0 beyond reach and δ."""
    if kernel == "linear":
        value = np.maximum(1 - x, 0)
        return value, np.where(x < 1 + off, off + u * value, 0)
    inner, outer = (a + 2, -(a + 3), 0.0, 1.0), (a, -5 * a, 8 * a, -4 * a)
    one, two = (_horner(c, x, u) for c in (inner, outer))
    value, rounded = (np.where(x <= 1, first, second) for first, second in zip(one, two, strict=True))
    slope = np.where(x <= 1, 3 * (a + 2) * x**2 - 2 * (a + 3) * x, a * (3 * x**2 - 10 * x + 8))
    bend = max(abs(2 * (a + 3)), abs(4 * a + 6), abs(4 * a), abs(2 * a))  # |k''| is largest at an end of a piece
    error = np.abs(slope) * off + bend / 2 * off**2 + rounded + 12 * u * off
    return np.where(x < 2, value, 0), np.where(x < 2, error, np.where(x < 2 + off, bend / 2 * off**2 + rounded, 0))


def _horner(coefficients: tuple[float, ...], x: Floats, u: float) -> tuple[Floats, Floats]:
    """Return a cubic by Horner's rule and how far it may be off: a step multiplies what is off by x, and rounds twice.

    ε' = xε + u(|yx| + |y'|), with γ_8 for the second order and for coefficients that are rounded.
    """
    value, off = np.full(x.shape, coefficients[0]), np.full(x.shape, u * abs(coefficients[0]))
    for c in coefficients[1:]:
        term = value * x
        value, off = term + c, x * off + u * (np.abs(term) + np.abs(term + c) + abs(c))
    return value, off * (1 + gamma(8, u))


def _normalised(value: Floats, error: Floats, u: float) -> tuple[Floats, Floats]:
    """Return weights divided by their sum, and how far they may be off."""
    total = value.sum(axis=-1, keepdims=True)
    shaken = (error + gamma(value.shape[-1], u) * np.abs(value)).sum(axis=-1, keepdims=True)
    require((shaken < total).all(), "weights must be surer than their sum", float(total.min()))
    found = value / total
    return found, (error + np.abs(found) * shaken) / (total - shaken) * (1 + u) + gamma(1, u) * np.abs(found)


def _gathered(values: Floats, points: Floats, old: int) -> Floats:
    """Return (new, old) sums of values at points, those beyond the ends at the ends."""
    found = np.zeros((len(points), old))
    rows = np.broadcast_to(np.arange(len(points))[:, None], points.shape)
    np.add.at(found, (rows, np.clip(points, 0, old - 1).astype(int)), values)
    return found


def _applied(rows: Floats, columns: Floats, table: Floats) -> Floats:
    return np.asarray(np.einsum("ai,bj,ij...->ab...", rows, columns, table))
