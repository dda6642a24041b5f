"""Attention in symbols: the logit of a query and a key, and what turns a value on its way to an output.

All of them but CoPE, whose positions are counts of what the content is: no closed form of a query and a key alone.
"""

from collections.abc import Sequence
from typing import assert_never

import sympy

from refpos.errors import SpecError, require
from refpos.symbolic.bias import bias
from refpos.symbolic.frequencies import Matrix
from refpos.symbolic.magnitude import magnitude
from refpos.symbolic.relative import bucket, clipped, relative
from refpos.symbolic.rotary import rotation
from refpos.symbolic.symbols import Expr, exact
from refpos.variants.attention import AnyAttention, Attention, LinearAttention, ReRope, RmsNorm, axis_count
from refpos.variants.relative import Cope, Fox
from refpos.variants.rotary import Rotary, Side
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor

__all__ = ["GATES", "KEYS", "bucket", "carried", "clipped", "distance", "divisor", "scale", "score"]

KEYS = sympy.Symbol("n", integer=True, positive=True)
"""The number of keys."""

GATES = sympy.IndexedBase("g", real=True)
"""g[h, l]: what a gate makes of the token at l."""


def score(
    q: Sequence[object], k: Sequence[object], query: object, key: object, attention: AnyAttention, *, head: int = 0
) -> Expr:
    r"""Return the logit of a query and a key.

    Attention        s τ_i (R_i q)·(R_j k) + b_ij,  or s (τ_i (R_i q)·(R_j k) + b_ij) where the bias is scaled too
    LinearAttention  (R_i φ(q))·(R_j φ(k)),  or 1 + cos(R_i q, R_j k): weights, for there is no softmax
    Fox              (R_i q)·(R_j k)/√d + Σ_l ln σ(g_hl) over p_j < l <= p_i, tokens at integers
    others           as `refpos.symbolic.relative` has them

    A reach is left aside. Where distances are rectified the logit is in two pieces.

    Parameters
    ----------
    q, k : sequences of d exact numbers or expressions
    query, key : an exact number or an expression; where there are several axes a sequence of them
    attention : Attention, LinearAttention, Fope, Shaw, TransformerXL, Deberta, Decomposed, Pope or Fox
    head : int
        For which a bias, frequencies or learned arrays that differ between heads, are taken.

    Raises
    ------
    SpecError
        If vectors differ in width, or hold floating-point numbers in expressions, or positions are counted (CoPE).

    References
    ----------
    As for `refpos.spec.attention.scores`.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> i, j = sympy.symbols("i j", real=True)
    >>> turned = Attention(Rotary(Frequencies((0,))), scale=1.0)
    >>> sympy.simplify(score([1, 0], [1, 0], i, j, turned))
    cos(i - j)
    """
    require(isinstance(attention, AnyAttention), "attention must be one of those that are described", attention)
    x, y = _vectors(q, k)
    match attention:
        case Attention():
            return _logit(x, y, query, key, attention, head)
        case LinearAttention():
            return _weight(x, y, query, key, attention, head)
        case Fox(rotary=rotary):
            return _logit(x, y, query, key, Attention(rotary), head) + _forgotten(query, key, head)
        case Cope():
            raise SpecError(f"attention must have positions that no content counts; got {attention!r}")
        case _:
            return relative(x, y, query, key, attention, head)


def divisor(q: Sequence[object], k: Sequence[object], query: object, key: object, attention: LinearAttention) -> Expr:
    r"""Return what a key adds to the sum that weights are divided by: φ(q)·φ(k) without rotations, or its weight.

    Examples
    --------
    >>> divisor([1], [0], 7, 5, LinearAttention())
    2
    """
    x, y = _vectors(q, k)
    plain = LinearAttention(kernel="elu") if attention.kernel == "elu" else attention
    return _weight(x, y, query, key, plain, 0)


def carried(query: object, key: object, attention: Attention, features: int, *, head: int = 0) -> Matrix:
    r"""Return the matrix by which a value is turned on its way to an output: R_iᵀ R_j where both are turned.

    Raises
    ------
    SpecError
        As for `refpos.symbolic.rotary.rotation`.

    References
    ----------
    VO-RoPE, kexue.fm/archives/10862.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> i, j = sympy.symbols("i j", real=True)
    >>> sides = Attention(Rotary(Frequencies((0,))), rotate=("value", "output"))
    >>> sympy.simplify(carried(i, j, sides, 2))
    Matrix([
    [ cos(i - j), sin(i - j)],
    [-sin(i - j), cos(i - j)]])
    """
    rotary, sides = attention.rotary, attention.rotate
    out = _turn(rotary if "output" in sides else None, features, query, "output", head)
    return out * _turn(rotary if "value" in sides else None, features, key, "key", head)


def distance(offset: object, given: ReRope) -> Expr:
    r"""Return ρ(D): D where D < w, else w + (D − w)/k.

    Examples
    --------
    >>> [distance(d, ReRope(4, 2)) for d in (3, 4, 5, 9)]
    [3, 4, 9/2, 13/2]
    """
    d, w, pace = exact(offset), *_map(given)
    return sympy.Piecewise((d, d < w), (w + (d - w) * pace, True))


def scale(given: InverseRoot | float | None, width: int) -> Expr:
    """Return what all logits are multiplied by.

    Examples
    --------
    >>> scale(None, 192)
    sqrt(3)/24
    """
    match given:
        case None:
            return 1 / sympy.sqrt(width)
        case InverseRoot(terms=terms, magnitude=g):
            return magnitude(g) ** 2 / sympy.sqrt(terms * width)
        case _:
            return exact(given)


def _vectors(q: Sequence[object], k: Sequence[object]) -> tuple[Matrix, Matrix]:
    x, y = (sympy.Matrix([exact(one) for one in vector]) for vector in (q, k))
    require(x.shape == y.shape, "queries and keys must have one width", (len(q), len(k)))
    return x, y


def _logit(x: Matrix, y: Matrix, query: object, key: object, attention: Attention, head: int) -> Expr:
    product = _product(x, y, query, key, attention, head) * _temperature(query, attention)
    s = scale(attention.scale, len(x))
    if attention.bias is None:
        return s * product
    added = bias(query, key, attention.bias)[head]
    return s * (product + added) if attention.bias_scaled else s * product + added


def _weight(x: Matrix, y: Matrix, query: object, key: object, attention: LinearAttention, head: int) -> Expr:
    match attention.kernel:
        case "elu":
            q, k = (one.applyfunc(_elu) for one in (x, y))
            return _dot(q, k, query, key, Attention(attention.rotary), head)
        case "cosine":
            return 1 + _dot(x, y, query, key, Attention(attention.rotary, normalise="cosine"), head)
        case _:
            assert_never(attention.kernel)


def _elu(x: Expr) -> Expr:
    """Return 1 + elu(x)."""
    return sympy.Piecewise((1 + x, x > 0), (sympy.exp(x), True))


def _forgotten(query: object, key: object, head: int) -> Expr:
    """Return Σ ln σ(g_hl) over the tokens after the key, up to the query."""
    at = sympy.Symbol("l", integer=True)
    return sympy.Sum(-sympy.log(1 + sympy.exp(-GATES[head, at])), (at, exact(key) + 1, exact(query)))


def _product(x: Matrix, y: Matrix, query: object, key: object, attention: Attention, head: int) -> Expr:
    near = _dot(x, y, query, key, attention, head)
    if attention.rectify is None:
        return near
    require(axis_count(attention) == 1, "rectified positions must have one axis", query)
    i, j = exact(query), exact(key)
    w, pace = _map(attention.rectify)
    far = _dot(x, y, w + (i - w) * pace, j * pace, attention, head)
    return sympy.Piecewise((near, i - j < w), (far, True))


def _dot(x: Matrix, y: Matrix, query: object, key: object, attention: Attention, head: int) -> Expr:
    rotary, sides = attention.rotary, attention.rotate
    q = _turn(rotary if "query" in sides else None, len(x), query, "query", head) * x
    k = _turn(rotary if "key" in sides else None, len(y), key, "key", head) * y
    match attention.normalise:
        case None:
            return (q.T * k)[0]
        case "key":
            return (q.T * k)[0] / sympy.sqrt((k.T * k)[0])
        case "cosine":
            return (q.T * k)[0] / sympy.sqrt((q.T * q)[0] * (k.T * k)[0])
        case RmsNorm(epsilon=epsilon):
            squares = [(one.T * one)[0] / len(x) + exact(epsilon) for one in (q, k)]
            return (q.T * k)[0] / sympy.sqrt(squares[0] * squares[1])
        case _:
            assert_never(attention.normalise)


def _turn(rotary: Rotary | None, features: int, position: object, side: Side, head: int) -> Matrix:
    if rotary is None:
        return sympy.eye(features)
    found = rotation(rotary, features, position, side)
    return found[head] if isinstance(found, list) else found


def _temperature(query: object, attention: Attention) -> Expr:
    match attention.temperature:
        case None:
            return sympy.Integer(1)
        case LogFloor(coefficient=coefficient, interval=interval, offset=offset):
            floors = sympy.floor((exact(query) + offset) / sympy.Integer(interval))
            return 1 + exact(coefficient) * sympy.log(1 + floors)
        case LogCount(base=base, counted=counted, coefficient=coefficient, clip=clip):
            n = {"position": lambda: exact(query) + 1, "keys": lambda: KEYS}.get(str(counted), lambda: exact(counted))()
            ratio = sympy.log(n) / (1 if base is None else sympy.log(base))
            return exact(coefficient) * (sympy.Max(ratio, 1) if clip else ratio)
        case _:
            assert_never(attention.temperature)


def _map(given: ReRope) -> tuple[Expr, Expr]:
    """Return w and 1/k."""
    return exact(given.window), sympy.Integer(0) if given.factor is None else 1 / exact(given.factor)
