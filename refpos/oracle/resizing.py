r"""How far a table that is resized may be off.

y = Σ_ij r_i c_j T_ij, rows and columns weighted one after the other, in either order. A term has the n_r products and
sums of the rows and the n_c of the columns. Where four terms are summed at once it has r_i c_j, the product with T and
three sums: 1 more than the 2 and 2 of a linear kernel. So with weights that are off by ρ and σ, R = |r| + ρ and
C = |c| + σ,

    |error| <= γ_n Σ R_i C_j |T_ij| + Σ (ρ_i C_j + |r_i| σ_j) |T_ij| + n·2η,   n = n_r + n_c + 1

for one axis, or more, likewise. The products of the second stage lose η each. Those of the first do too, and weights of
the second multiply it: by Σ|c|, above 1 for cubic ones but at most 1.375 at a = −0.75, so 2η is allowed for each. The
weights are what costs most: they are values k(s − j) of a kernel at a point s that grows with the table. The step from
one point to the next has m roundings:

    old/new and (old − 1)/(new − 1)   1
    old/(new + offset)                4: of the offset, the sum, its quotient by old, the reciprocal of that

s = (i + 1/2)·step − 1/2 has those of the product and of the difference too: it is off by at most
γ_(m+2) (i + 1/2)·step + u/2. With shared corners s = i·step, from either end: (old − 1) − (new − 1 − i)·step, in the
second half, has γ_2 of at most s and the difference, so γ_3 s holds of both. Its fraction, and 1 − t or the like, add u
each. A weight is off by |k'| of all that, δ: |k(x + δ) − k(x)| <= |k'(x)| δ + max|k''|/2 δ², and by what the polynomial
rounds. Kernels are continuous, cubic ones have a continuous k' too: so it does not matter where s falls beside an
integer and the neighbours get the weights. "nearest" is not: where s is off by more than it is away from the edge of a
cell, either cell may have the weight 1, and both are off by 1; elsewhere they are exact, and n is 1, for the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.oracle.roundoff import SMALLEST, UNIT_ROUNDOFF, gamma, once_more, unit_roundoff, working
from refpos.spec import kernels
from refpos.spec.precise import Floats
from refpos.variants.table import Resize


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


def weights(old: int, new: int, rule: Resize, *, dtype: str = "float32", points: str = "float32") -> Weights:
    """Return the weights by which `old` points become `new`, and how far they may be off.

    linear      k(x) = 1 − |x|
    cubic       k(x) = (a + 2)|x|³ − (a + 3)|x|² + 1 up to 1, a(|x|³ − 5|x|² + 8|x| − 4) up to 2

    Points beyond the ends are those at the ends. With antialias, the kernel of a table that shrinks is f, the step,
    times as wide, k((s − j)/f); points beyond the ends are left out, and weights divided by their sum S. A weight is
    then off by

        (ε_j + |w_j| (Σε + γ_n Σ|k|)) / (S − Σε − γ_n Σ|k|) + γ_1 |w_j|

    Parameters
    ----------
    old, new : int
    rule : Resize
    dtype : {"float64", "float32", "float16", "bfloat16"}
        In which weights are made.
    points : str
        The dtype in which s is found, where that is wider: torch makes bicubic weights of 16 bits at such points.

    References
    ----------
    Keys, Cubic convolution interpolation for digital image processing, 1981, eqs. 4 and 15.

    Examples
    --------
    >>> weights(2, 4, Resize("linear")).due
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    require(isinstance(rule, Resize), "rule must be Resize", rule)
    require(min(old, new) >= 1, "a table must have at least one point", (old, new))
    u, step = unit_roundoff(dtype), _step(old, new, rule)
    finer = min(u, unit_roundoff(points))
    if rule.kernel == "nearest":
        return _picked(old, new, rule, finer)
    reach, wide = _reach(rule), max(step, 1.0) if rule.antialias else 1.0
    far = int(np.ceil(reach * wide)) + 1
    centre = np.asarray(_starts(new, rule) * step)
    x = centre if rule.align == "corners" else centre - 0.5
    spots = np.asarray(np.floor(x) + np.arange(-far, far + 2.0))
    off = _argument(centre, wide, rule, u, finer)
    value, error = _kernel(np.abs(x - spots) / wide, rule, off, u)
    if rule.antialias:
        inside = (spots >= 0) & (spots < old)
        value, error = _normalised(value * inside, error * inside, u)
    taps = 2 * int(np.ceil(reach * wide)) + rule.antialias
    return Weights(_gathered(value, spots, old), _gathered(error, spots, old), taps)


def resized(table: npt.ArrayLike, axes: Sequence[Weights], dtype: str, *, sums: str | None = None) -> Floats:
    """Return how far each element of a resized table may be off, see the formula above.

    Parameters
    ----------
    table : (old rows, old columns, ...)
        As it is given, of a dtype.
    axes : sequence of Weights
        Of the rows, of the columns, and so on, for as many axes as are resized; made in the dtype that is summed in.
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the table.
    sums : str, optional
        The dtype in which is summed; float32 for 16 bits where nothing is said. torch sums its bicubic ones in 16 bits.

    Returns
    -------
    (new rows, new columns, ...) float64

    Examples
    --------
    >>> step = weights(2, 4, Resize("linear"))
    >>> resized(np.ones((2, 2)), [step, step], "float32").shape
    (4, 4)
    """
    given, arithmetic = np.asarray(table, dtype=np.float64), sums or working(dtype)
    shape = tuple(one.due.shape[1] for one in axes)
    require(given.shape[: len(shape)] == shape, f"table must have points {shape}", given.shape)
    size, due = np.abs(given), [np.abs(one.due) for one in axes]
    whole = [weight + one.off for weight, one in zip(due, axes, strict=True)]
    roundings = 1 + sum(one.taps for one in axes)
    rounded = gamma(roundings, unit_roundoff(arithmetic)) + gamma(2 * roundings, UNIT_ROUNDOFF["float64"])
    off = rounded * _applied(whole, size) + roundings * SMALLEST[arithmetic]
    for at, one in enumerate(axes):
        off = off + _applied([*due[:at], one.off, *whole[at + 1 :]], size)
    return off if dtype == arithmetic else once_more(_applied([one.due for one in axes], given), off, dtype)


def _reach(rule: Resize) -> int:
    return 1 if rule.kernel == "linear" else 2


def _step(old: int, new: int, rule: Resize) -> float:
    """Return how far new points stand apart, in old ones."""
    return (old - 1) / max(new - 1, 1) if rule.align == "corners" else old / (new + rule.offset)


def _starts(new: int, rule: Resize) -> Floats:
    """Return (new, 1) how many steps there are to each point."""
    return np.arange(new, dtype=np.float64)[:, None] + (0.5 if rule.align == "centres" else 0.0)


def _roundings(rule: Resize) -> int:
    """Return m, the roundings of a step."""
    return 4 if rule.offset else 1


def _picked(old: int, new: int, rule: Resize, u: float) -> Weights:
    """Return the weights of "nearest": both cells beside an edge are off by 1 where the point may be on either side.

    Where `old` and `new` are powers of two, and nothing is added, all quotients and what follows from them are exact.
    """
    exact = all(one & (one - 1) == 0 for one in (old, new)) and not rule.offset
    point = _starts(new, rule) * _step(old, new, rule)
    edge = np.rint(point)
    unsure = (np.abs(point - edge) < gamma(_roundings(rule) + 2, u) * point) & (not exact)
    off = _gathered(np.repeat(unsure, 2, axis=1).astype(np.float64), edge + np.array([-1.0, 0.0]), old)
    return Weights(kernels.weights(old, new, rule), off, 0)


def _argument(centre: Floats, wide: float, rule: Resize, u: float, finer: float) -> Floats:
    """Return δ, how far the argument of the kernel may be off, s being found with a unit roundoff that may be finer.

    Plain: s, its fraction u, and 1 − t, 1 + t or 2 − t, which are u, 2u and 3u; where s is finer, t is rounded to u.
    Antialiased: j − c + 1/2 with the product and the step in c and two roundings of at most reach·f + 1, all over f,
    whose division and itself are γ_(m+2).
    """
    m, reach = _roundings(rule), _reach(rule)
    if rule.antialias:
        own = gamma(m + 1, u) * centre + 2 * u * (reach * wide + 1)
        return np.asarray(own / wide + gamma(m + 2, u) * reach)
    shifted = 1.0 if rule.align == "corners" else 1.5
    return np.asarray(gamma(m + 2, finer) * centre + shifted * finer + u * ((finer < u) + (1 if reach == 1 else 3)))


def _kernel(x: Floats, rule: Resize, off: Floats, u: float) -> tuple[Floats, Floats]:
    """Return k at arguments x >= 0 and how far it may be off where those are off by δ: 0 beyond reach and δ."""
    if rule.a is None:
        value = np.maximum(1 - x, 0)
        return value, np.where(x < 1 + off, off + u * value, 0)
    a = rule.a
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


def _applied(axes: Sequence[Floats], table: Floats) -> Floats:
    """Return a table weighted along its first axes, one after the other."""
    for at, one in enumerate(axes):
        table = np.moveaxis(np.tensordot(one, table, axes=(1, at)), 0, at)
    return np.asarray(table)
