r"""How far logits may be off, and what is made of values with them: attention in an honest implementation.

Features of 16 bits are reckoned with in float32, and what comes out is rounded once. Dot products in any order are
bounded by the lemma of `refpos.oracle.sums`, turned features by `refpos.oracle.tolerance`. To that comes

scale         1/√d and its product 2, where the root multiplies queries and keys alike 4; a magnitude, squared, 12 more
temperature   logarithms 2 each, quotient, coefficient, two products and a sum: 8, on each term of the dot product
length        the sum of d squares has γ_d, of which the root keeps half; root and quotient 3, and a mean with ε 1 more
bias          `bias_bound`, and the sum
softmax       weights w_j e^(ε_j), |ε_j| <= 2 max_l(δ_l + u|x_l − max x|) + γ_(n+8): the difference is rounded, and
              exponential, sum and quotient are; |δo| <= (e^ε − 1) Σ w_j |v_j|, and what the values are off themselves
quotient      N/D without softmax, off by n and m: (n + |N/D| m)/(D − m), and the quotient
"""

from collections.abc import Mapping

import numpy as np

from refpos.errors import require
from refpos.oracle.biases import bias_bound
from refpos.oracle.relatives import contextual_bound, relative_bound
from refpos.oracle.roundoff import UNIT_ROUNDOFF, gamma, once_more, working
from refpos.oracle.sums import REFERENCE, product
from refpos.oracle.turns import Vectors, plain, turned
from refpos.spec.attention import attend, scores
from refpos.spec.bias import bias
from refpos.spec.logits import dot, kernel, scale
from refpos.spec.precise import Floats
from refpos.spec.relative import shaw_values
from refpos.variants.attention import AnyAttention, Attention, Fope, LinearAttention, RmsNorm
from refpos.variants.relative import Cope, Fox, Pope, Shaw
from refpos.variants.temperature import InverseRoot, LogFloor

Learned = Mapping[str, Floats]
MAGNITUDE = 12
"""The roundings of a magnitude of the scale: logarithm 2, its product 2, the sum 1, squared, and 2 products."""
TEMPERATURE = 8


def scores_bound(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: AnyAttention, dtype: str, *, learned: Learned
) -> Floats:
    """Return the largest error that is allowed, for every logit.

    Parameters
    ----------
    q, k : ([heads,] nq, d), ([heads,] nk, d) float64
    i, j : (nq,), (nk,), or (n, A) float64
    attention : Attention, LinearAttention, Fope, Shaw, TransformerXL, Deberta, Decomposed, Cope, Pope or Fox
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the features and the logits.
    learned : mapping

    Returns
    -------
    ([heads,] nq, nk) float64

    Examples
    --------
    >>> one, at = np.ones((1, 4)), np.zeros(1)
    >>> (scores_bound(one, one, at, at, Attention(), "float32", learned={}) * 2**24).round(3)
    array([[16.]])
    """
    off = _scores(q, k, i, j, attention, working(dtype), learned)
    if working(dtype) == dtype:
        return off
    return once_more(scores(q, k, i, j, attention, learned=learned or None), off, dtype)


def attend_bound(
    q: Floats, k: Floats, v: Floats, i: Floats, j: Floats, attention: AnyAttention, dtype: str, *, learned: Learned
) -> Floats:
    """Return the largest error that is allowed, for every element of `attend` where all keys are seen.

    Examples
    --------
    >>> one, at = np.ones((1, 4)), np.zeros(1)
    >>> (attend_bound(one, one, one, at, at, Attention(), "float32", learned={}) * 2**24).round(2)
    array([[44., 44., 44., 44.]])
    """
    given = working(dtype)
    if isinstance(attention, LinearAttention):
        off = _quotient(q, k, v, i, j, attention, given, learned)
    else:
        off = _softmax(q, k, v, i, j, attention, given, learned)
    if given == dtype:
        return off
    return once_more(attend(q, k, v, i, j, attention, learned=learned or None), off, dtype)


def _scores(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: AnyAttention, dtype: str, learned: Learned
) -> Floats:
    match attention:
        case Attention():
            return _logits(q, k, i, j, attention, dtype, learned)
        case LinearAttention():
            return _kernel(q, k, i, j, attention, dtype, learned)[0]
        case Fope() | Cope() | Pope() | Fox():
            return contextual_bound(q, k, i, j, attention, dtype, learned)
        case _:
            return relative_bound(q, k, i, j, attention, dtype, learned)


def _logits(q: Floats, k: Floats, i: Floats, j: Floats, attention: Attention, dtype: str, learned: Learned) -> Floats:
    """Return s τ of the dot product's bound, its factors counted on each term, and that of the bias."""
    u, s = UNIT_ROUNDOFF[dtype], abs(scale(attention.scale, q.shape[-1]))
    tau = _temperature(i, k.shape[-2], attention)
    given = attention.scale
    count = 4 + MAGNITUDE * (isinstance(given, InverseRoot) and given.magnitude != 1)
    count += TEMPERATURE * (attention.temperature is not None)
    off = np.maximum(tau, 1)[:, None] * _content(q, k, i, j, attention, dtype, learned, s, count)
    if attention.bias is None:
        return off
    own = {name: learned[name] for name in attention.bias.learned} or None
    x = np.abs(scores(q, k, i, j, attention, learned=learned or None))
    b, off_b = (
        (s if attention.bias_scaled else 1) * one
        for one in (
            np.abs(bias(i, j, attention.bias, learned=own)),
            bias_bound(attention.bias, dtype, i, j, learned=own),
        )
    )
    return np.asarray(off + off_b + gamma(5, u) * (x + 2 * b + off + off_b))


def _temperature(i: Floats, keys: int, attention: Attention) -> Floats:
    """Return the τ of each query, or a number above it where logarithms are added to 1 with signs."""
    given, p = attention.temperature, np.asarray(i, dtype=np.float64)
    if given is None or p.ndim > 1:
        return np.ones(len(p))
    if isinstance(given, LogFloor):
        return np.asarray(1 + abs(given.coefficient) * np.log1p((p + given.offset) // given.interval))
    n = {"position": p + 1, "keys": np.full(len(p), float(keys))}.get(
        str(given.counted), np.full(len(p), given.counted)
    )
    ratio = np.log(n) / (1 if given.base is None else np.log(given.base))
    return np.asarray(given.coefficient * (np.maximum(ratio, 1) if given.clip else ratio))


def _content(
    q: Floats,
    k: Floats,
    i: Floats,
    j: Floats,
    attention: Attention,
    dtype: str,
    learned: Learned,
    s: float,
    count: int,
) -> Floats:
    def products(at_i: Floats, at_j: Floats) -> Floats:
        vectors = _prepared(q, k, at_i, at_j, attention, dtype, learned)
        (y, off_y), (z, off_z) = vectors
        return product(y, z, dtype, off_q=off_y, off_k=off_z, scale=s, roundings=count)

    if attention.rectify is None:
        return products(i, j)
    w, factor = attention.rectify.window, attention.rectify.factor
    exact = factor is None or np.frexp(factor)[0] == 0.5
    require(exact, "a bound must have a factor that is a power of two", factor)
    pace = 0.0 if factor is None else 1 / factor
    return np.where(i[:, None] - j < w, products(i, j), products(w + (i - w) * pace, j * pace))


def _prepared(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: Attention, dtype: str, learned: Learned
) -> tuple[Vectors, Vectors]:
    """Return queries and keys as they are multiplied, and how far they may be off."""
    sides, norm, first = attention.rotate, attention.normalise, attention.rectify is not None
    own, other = plain(q), plain(k)

    def normalised() -> tuple[Vectors, Vectors]:
        one = own if norm in (None, "key") else _over(*own, norm, dtype)
        return one, other if norm is None else _over(*other, norm, dtype)

    if first:
        own, other = normalised()
    own = turned(*own, i, attention.rotary if "query" in sides else None, dtype, "query", learned)
    other = turned(*other, j, attention.rotary if "key" in sides else None, dtype, "key", learned)
    return (own, other) if first else normalised()


def _over(x: Floats, off: Floats, norm: object, dtype: str) -> Vectors:
    """Return x/|x| and its bound: (α + |x| |α|/|x|)/(|x| − |α|), and the roundings of length and quotient."""
    d = x.shape[-1]
    mean = norm.epsilon if isinstance(norm, RmsNorm) else None
    squares, moved = (x**2).sum(axis=-1, keepdims=True), np.linalg.norm(off, axis=-1, keepdims=True)
    size = np.sqrt(squares if mean is None else squares / d + mean)
    moved = moved if mean is None else moved / np.sqrt(d)
    y = x / size
    inherited = (off + np.abs(y) * moved) / (size - moved)
    return y, inherited + gamma(d / 2 + 4, UNIT_ROUNDOFF[dtype]) * (np.abs(y) + inherited)


def _kernel(
    q: Floats, k: Floats, i: Floats, j: Floats, attention: LinearAttention, dtype: str, learned: Learned
) -> tuple[Floats, Floats, Floats]:
    """Return how far weights may be off, how far what adds up to their divisor, and the sizes of the weights' terms."""
    u = UNIT_ROUNDOFF[dtype]
    if attention.kernel == "elu":
        (q, off_q), (k, off_k) = (_elu(one, u) for one in (q, k))
        below = product(q, k, dtype, off_q=off_q, off_k=off_k, scale=1.0, roundings=0)
    else:
        (q, off_q), (k, off_k) = plain(q), plain(k)
    q, off_q = turned(q, off_q, i, attention.rotary, dtype, "query", learned)
    k, off_k = turned(k, off_k, j, attention.rotary, dtype, "key", learned)
    if attention.kernel == "elu":
        off = product(q, k, dtype, off_q=off_q, off_k=off_k, scale=1.0, roundings=0)
        return off, below, dot(np.abs(q), np.abs(k))
    (q, off_q), (k, off_k) = _over(q, off_q, None, dtype), _over(k, off_k, None, dtype)
    off = product(q, k, dtype, off_q=off_q, off_k=off_k, scale=1.0, roundings=1) + u
    return off, off, 1 + dot(np.abs(q), np.abs(k))


def _elu(x: Floats, u: float) -> Vectors:
    """Return 1 + elu(x); 1 is added to what a library has for e^x − 1, which leaves 3u of 1."""
    y = np.where(x > 0, 1 + x, np.exp(np.minimum(x, 0)))
    return y, gamma(3, u) * np.maximum(y, 1)


def _quotient(
    q: Floats, k: Floats, v: Floats, i: Floats, j: Floats, attention: LinearAttention, dtype: str, learned: Learned
) -> Floats:
    """Return the bound of a quotient of sums, in either order: over features first, or over keys."""
    n, d = k.shape
    off, below, sizes = _kernel(q, k, i, j, attention, dtype, learned)
    weights, shares = kernel(q, k, _axes(i), _axes(j), attention, dict(learned))
    u = UNIT_ROUNDOFF[dtype]
    count = gamma(n + d + 2, u) + gamma(n + d + 2, REFERENCE)
    above = (off + count * (sizes + off)) @ np.abs(v)
    divisor = shares.sum(axis=-1, keepdims=True)
    moved = (below + count * (np.abs(shares) + below)).sum(axis=-1, keepdims=True)
    o = np.abs(weights @ v / divisor)
    found = (above + o * moved) / (divisor - moved)
    return np.asarray(found + gamma(2, u) * (o + found))


def _axes(p: Floats) -> Floats:
    return p[..., None] if p.ndim == 1 else p


def _softmax(
    q: Floats, k: Floats, v: Floats, i: Floats, j: Floats, attention: AnyAttention, dtype: str, learned: Learned
) -> Floats:
    x = scores(q, k, i, j, attention, learned=learned or None)
    seen, u, n = x > -np.inf, UNIT_ROUNDOFF[dtype], k.shape[-2]
    off = np.where(seen, _scores(q, k, i, j, attention, dtype, learned), 0.0)
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    away = np.where(seen, x.max(axis=-1, keepdims=True) - x, 0.0)
    moved = (off + u * (away + 2 * off.max(axis=-1, keepdims=True))).max(axis=-1, keepdims=True)
    factor = np.expm1(2 * moved + gamma(2 * n + 10, u)) + 4 * REFERENCE
    return _mixed(weights, factor, v, i, j, attention, dtype, learned)


def _mixed(
    weights: Floats,
    factor: Floats,
    v: Floats,
    i: Floats,
    j: Floats,
    attention: AnyAttention,
    dtype: str,
    learned: Learned,
) -> Floats:
    """Return the bound of Σ w_j v_j where weights are off by a factor, and values may be turned, or have vectors."""
    if isinstance(attention, Shaw) and attention.values:
        sizes = {"values": np.abs(learned["values"])}
        return np.asarray(factor * (weights @ np.abs(v) + shaw_values(weights, _axes(i), _axes(j), attention, sizes)))
    rotary, sides = (attention.rotary, attention.rotate) if isinstance(attention, Attention) else (None, ())
    y, off = turned(*plain(v), j, rotary if "value" in sides else None, dtype, "key", learned)
    moved = factor * (weights @ (np.abs(y) + off)) + weights @ off
    return turned(weights @ y, moved, i, rotary if "output" in sides else None, dtype, "output", learned)[1]
