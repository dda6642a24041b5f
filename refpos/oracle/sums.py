r"""How far sums and biases may be off: scores, ALiBi, KERPLE, tables that are looked up.

Lemma. A sum of n products in any order, by blocks or with FMA, has on each term at most its product and n − 1 sums:

    |fl(Σ a_i b_i) − Σ a_i b_i| <= γ_n Σ |a_i b_i| + nη

(Higham, 3.1), whatever cancels. Where the a_i and b_i are themselves off by at most α_i and β_i, then

    |error| <= γ_n Σ A_i B_i + Σ (α_i B_i + |a_i| β_i) + nη,   A_i = |a_i| + α_i,  B_i = |b_i| + β_i.

What features of 16 bits are made into is reckoned in float32 and rounded once, unless something else is said. What is
compared with is made in float64, and 2^-53 in the same measure is added for that.
"""

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.oracle.roundoff import UNIT_ROUNDOFF, gamma, once_more, underflow, unit_roundoff, working
from refpos.spec.precise import Floats

REFERENCE = UNIT_ROUNDOFF["float64"]


def product(
    q: npt.ArrayLike,
    k: npt.ArrayLike,
    dtype: str,
    *,
    off_q: npt.ArrayLike = 0.0,
    off_k: npt.ArrayLike = 0.0,
    scale: float | None = None,
    roundings: float = 2,
    sums: str | None = None,
) -> Floats:
    """Return how far each score s = c Σ_i q_i k_i may be off.

    With the lemma above and the roundings of c and of the product with it,

        |error| <= c (γ_(d+2) Σ A_i B_i + Σ (α_i B_i + |q_i| β_i)) + (d + 2)η

    where α and β are what the rotation of q and of k may be off, as `bound` says.

    Parameters
    ----------
    q, k : (..., n_q, d) and (..., n_k, d)
        As they are due.
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the scores.
    off_q, off_k : arrays that broadcast to q and k
        How far they may be off.
    scale : float, optional
        c, 1/√d where nothing is said.
    roundings : float
        How many c brings: itself and its product; 4 where its root multiplies q and k alike; 0 where it is a power of
        two.
    sums : str, optional
        The dtype in which is summed; float32 for 16 bits where nothing is said.

    Returns
    -------
    (..., n_q, n_k) float64

    Examples
    --------
    >>> (product([[1.0, 1.0]], [[1.0, -1.0]], "float32", scale=1.0, roundings=0) * 2**24).round(5)
    array([[4.]])
    """
    q, k = (np.asarray(one, dtype=np.float64) for one in (q, k))
    require(q.shape[-1] == k.shape[-1], "q and k must have as many features", (q.shape, k.shape))
    d = q.shape[-1]
    factor = d**-0.5 if scale is None else abs(scale)
    arithmetic = sums or working(dtype)
    size_q, size_k, alpha, beta = np.abs(q), np.abs(k), np.abs(off_q), np.abs(off_k)
    whole = _pairs(size_q + alpha, size_k + beta)
    inherited = _pairs(np.broadcast_to(alpha, q.shape), size_k + beta) + _pairs(size_q, np.broadcast_to(beta, k.shape))
    rounded = gamma(d + roundings, unit_roundoff(arithmetic)) + gamma(d + 2, REFERENCE)
    off = factor * (rounded * whole + inherited) + (d + 2) * max(1.0, factor) * underflow(arithmetic)
    return off if dtype == arithmetic else once_more(factor * _pairs(q, k), off, dtype)


def sloped(slopes: npt.ArrayLike, distances: npt.ArrayLike, dtype: str, *, roundings: npt.ArrayLike = 1.0) -> Floats:
    """Return how far a bias m_h |i − j|, a slope times a distance, may be off: (γ_(n+1) + 2^-53 · 4)|m_h (i − j)| + η.

    The product is 1. A slope made in float64, and rounded, is n = 1; a power of two n = 0; the h-th power of a rounded
    base n = h + 2, the power itself and the base h times. From 2^24 on float32 has to round the distance, 1 more.

    Parameters
    ----------
    slopes, distances, roundings : arrays that broadcast against each other
        Slopes and distances as they are due, and n.
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the biases.

    Examples
    --------
    >>> (sloped(0.5, [0.0, 3.0], "float32", roundings=0) * 2**24).round(5)
    array([0. , 1.5])
    """
    distances = np.abs(np.asarray(distances, dtype=np.float64))
    due = np.abs(slopes) * distances
    return _reckoned(due, gamma(np.add(roundings, 1.0) + _inexact(distances), _u(dtype)) * due, dtype)


def looked_up(values: npt.ArrayLike, dtype: str) -> Floats:
    """Return how far values of a table may be off that are rounded once to a dtype: u|T| + η.

    Examples
    --------
    >>> looked_up([3.0, -0.5], "bfloat16") * 2**8
    array([3. , 0.5])
    """
    given = np.asarray(values, dtype=np.float64)
    return once_more(given, np.zeros(given.shape), dtype)


def logarithmic(rate: npt.ArrayLike, growth: npt.ArrayLike, distances: npt.ArrayLike, dtype: str) -> Floats:
    """Return how far KERPLE's logarithmic bias −r ln(1 + sΔ) may be off.

    The argument has a product and a sum: it is off by γ_2 of itself, and its logarithm by −ln(1 − γ_2) = ε, whatever
    its size. The logarithm is 2 and the product with r is 1, on what is off already: r (ε + γ_3 (ln(1 + sΔ) + ε)).
    A `log1p` has no sum, and the error of its argument counts less. r and s are what the dtype of the arithmetic holds.
    From 2^24 on float32 has to round the distance: then the argument is off by γ_3.

    References
    ----------
    KERPLE, arXiv:2205.09921v2, eq. 5.
    """
    arithmetic = _u(dtype)
    grown = np.log1p(np.multiply(growth, distances))
    argument = -np.log1p(-gamma(2 + _inexact(distances), arithmetic))
    off = np.abs(rate) * (argument + gamma(3, arithmetic) * (grown + argument))
    return _reckoned(np.abs(rate) * grown, off, dtype)


def powered(rate: npt.ArrayLike, exponent: npt.ArrayLike, distances: npt.ArrayLike, dtype: str) -> Floats:
    """Return how far KERPLE's bias −r Δ^s may be off: the power 2, the product with r 1.

    From 2^24 on float32 has to round Δ, and (Δ(1 + δ))^s = Δ^s (1 + δ)^s: s more.

    References
    ----------
    KERPLE, arXiv:2205.09921v2, eq. 4.
    """
    due = np.abs(rate) * np.power(np.asarray(distances, dtype=np.float64), exponent)
    roundings = 3 + np.multiply(exponent, _inexact(distances))
    return _reckoned(due, gamma(roundings, _u(dtype)) * due, dtype)


def _reckoned(due: Floats, off: Floats, dtype: str) -> Floats:
    """Return what is off in the arithmetic, underflow and reference included, and after a rounding to 16 bits."""
    arithmetic = working(dtype)
    off = off + 4 * REFERENCE * due + underflow(arithmetic)
    return np.asarray(off if dtype == arithmetic else once_more(due, off, dtype))


def _pairs(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.einsum("...id,...jd->...ij", a, b))


def _inexact(distances: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return 1 where float32 has to round a distance, or may have to, else 0."""
    return (np.abs(distances) >= 2**24).astype(np.int64)


def _u(dtype: str) -> float:
    return UNIT_ROUNDOFF[working(dtype)]
