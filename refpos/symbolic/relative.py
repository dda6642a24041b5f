"""Attention to vectors for offsets, to polar angles and to learned series; what is learned stays a symbol."""

from collections.abc import Sequence
from typing import assert_never

import sympy

from refpos.errors import require
from refpos.symbolic.frequencies import Matrix
from refpos.symbolic.sinusoidal import embed
from refpos.symbolic.symbols import Expr, exact
from refpos.variants.attention import Fope
from refpos.variants.relative import Deberta, Decomposed, Pope, Shaw, TransformerXL

Described = Shaw | TransformerXL | Deberta | Decomposed | Pope | Fope

KEYS, QUERIES, VALUES = sympy.IndexedBase("A"), sympy.IndexedBase("Q"), sympy.IndexedBase("V")
"""A[row, c] of Shaw, A[h, row, c] and Q[h, row, c] of DeBERTa; V[row, c] of Shaw."""

U, V, WEIGHT = sympy.IndexedBase("u"), sympy.IndexedBase("v"), sympy.IndexedBase("W")
"""u[h, c], v[h, c] and W[h, c, m]."""

ROWS, COLUMNS = sympy.IndexedBase("H_y"), sympy.IndexedBase("H_x")
ANGLES = sympy.IndexedBase("delta", real=True)
COSINES, SINES = sympy.IndexedBase("c", real=True), sympy.IndexedBase("s", real=True)
"""c[h, D, d] and s[h, D, d]: how much of wave D there is in the pair d."""


def relative(x: Matrix, y: Matrix, query: object, key: object, variant: Described, head: int) -> Expr:
    r"""Return the logit of a query and a key, columns of one width.

    Shaw           q·(k + A[clip(p_j − p_i)])/√d
    TransformerXL  ((q + u_h)·k + (q + v_h)·W_h r(p_i − p_j))/√d
    Deberta        (q·k + q·A_h[δ(p_i − p_j)] + k·Q_h[δ(p_i − p_j)])/√(n d)
    Decomposed     q·k/√d + q·H_y[y_i − y_j + h − 1] + q·H_x[x_i − x_j + w − 1]
    Pope           Σ_c μ(q_c) μ(k_c) cos((p_i − p_j) base^(−c/d) − δ_hc)/√d
    Fope           (L_h(p_i) q)·(L_h(p_j) k)/√d

    Raises
    ------
    SpecError
        If vectors have not the width of the variant.

    References
    ----------
    As for `refpos.spec.attention.scores`.

    Examples
    --------
    >>> relative(sympy.Matrix([2]), sympy.Matrix([3]), 5, 1, Shaw(distance=2, width=1), 0)
    2*A[0, 0] + 6
    """
    d = sympy.Integer(variant.width)
    require(len(x) == d, f"q must have the width {d}", len(x))
    content = (x.T * y)[0]
    match variant:
        case Shaw():
            return (content + _dot(x, KEYS, clipped(exact(key) - exact(query), variant))) / sympy.sqrt(d)
        case TransformerXL():
            return _shifted(x, y, exact(query) - exact(key), variant, head) / sympy.sqrt(d)
        case Deberta():
            return (content + _disentangled(x, y, exact(query) - exact(key), variant, head)) / _root(variant)
        case Decomposed():
            return content / sympy.sqrt(d) + _decomposed(x, query, key, variant)
        case Pope():
            return _polar(x, y, exact(query) - exact(key), variant, head) / sympy.sqrt(d)
        case Fope():
            q, k = (series(exact(p), variant, head) * one for p, one in ((query, x), (key, y)))
            return (q.T * k)[0] / sympy.sqrt(d)
        case _:
            assert_never(variant)


def series(position: Expr, variant: Fope, head: int = 0) -> Matrix:
    r"""Return L_h(p), by which features of a head are multiplied.

    C_d = Σ_D cos(p ω_D) c_hDd,  S_d = Σ_D sin(p ω_D) s_hDd,  ω_D = base^(−2D/width)

    Examples
    --------
    >>> series(sympy.Symbol("p"), Fope(heads=1, width=2, kept=1))
    Matrix([
    [cos(p)*c[0, 0, 0], -sin(p)*s[0, 0, 0]],
    [sin(p)*s[0, 0, 0],  cos(p)*c[0, 0, 0]]])
    """
    found, half = sympy.eye(variant.width), variant.width // 2
    phi = [position * exact(variant.base) ** -sympy.Rational(2 * wave, variant.width) for wave in range(variant.kept)]
    for d in range(variant.kept):
        c = sympy.Add(*(sympy.cos(one) * COSINES[head, wave, d] for wave, one in enumerate(phi)))
        s = sympy.Add(*(sympy.sin(one) * SINES[head, wave, d] for wave, one in enumerate(phi)))
        a, b = d, d + half
        found[a, a], found[a, b], found[b, b], found[b, a] = c, -s, c, s
    return sympy.ImmutableMatrix(found)


def bucket(offset: object, variant: Deberta) -> Expr:
    r"""Return β of query − key, as the source has it: by a quotient of logarithms, rounded up.

    sign(r) (m + ⌈(m − 1) ln(|r|/m)/ln((distance − 1)/m)⌉) for |r| > m

    Examples
    --------
    >>> [bucket(r, Deberta(1, 1, distance=512, buckets=256)) for r in (-600, 130, 300, 511)]
    [-270, 130, 207, 255]
    """
    r = exact(offset)
    if variant.buckets is None:
        return r
    m = sympy.Integer(variant.buckets // 2)
    ratio = sympy.log(sympy.Max(sympy.Abs(r), m) / m) / sympy.log((variant.distance - 1) / m)
    far = sympy.sign(r) * (m + sympy.ceiling((m - 1) * ratio))
    return sympy.Piecewise((r, sympy.Abs(r) <= m), (far, True))


def clipped(offset: object, variant: Shaw) -> Expr:
    """Return the row of key − query.

    Examples
    --------
    >>> [clipped(r, Shaw(distance=2, width=1)) for r in (-4, -1, 9)]
    [0, 1, 4]
    """
    k = sympy.Integer(variant.distance)
    return sympy.Min(sympy.Max(exact(offset), -k), k) + k


def _dot(x: Matrix, table: sympy.IndexedBase, *place: object) -> Expr:
    """Return x·T[place]."""
    return sympy.Add(*(one * table[(*place, c)] for c, one in enumerate(x)))


def _shifted(x: Matrix, y: Matrix, offset: Expr, variant: TransformerXL, h: int) -> Expr:
    row = embed(offset, variant.rows)
    assert not isinstance(row, list)
    seen = [sympy.Add(*(WEIGHT[h, c, m] * one for m, one in enumerate(row))) for c in range(variant.width)]
    words = sympy.Add(*((one + U[h, c]) * other for c, (one, other) in enumerate(zip(x, y, strict=True))))
    return words + sympy.Add(*((one + V[h, c]) * seen[c] for c, one in enumerate(x)))


def _disentangled(x: Matrix, y: Matrix, offset: Expr, variant: Deberta, h: int) -> Expr:
    found = sympy.Integer(0)
    if "c2p" in variant.terms:
        found += _dot(x, KEYS, h, _row(offset, variant))
    if "p2c" in variant.terms:
        found += _dot(y, QUERIES, h, _row(-offset if variant.mirrored else offset, variant))
    return found


def _row(offset: Expr, variant: Deberta) -> Expr:
    """Return δ(r)."""
    s = sympy.Integer(variant.span)
    return sympy.Min(sympy.Max(bucket(offset, variant) + s, 0), 2 * s - 1)


def _root(variant: Deberta) -> Expr:
    return sympy.sqrt(sympy.Integer((1 + len(variant.terms)) * variant.width))


def _decomposed(x: Matrix, query: object, key: object, variant: Decomposed) -> Expr:
    points = [one for one in (query, key) if isinstance(one, Sequence) and len(one) == 2]
    require(len(points) == 2, "a position must have 2 coordinates", (query, key))
    (y_i, x_i), (y_j, x_j) = ([exact(one) for one in point] for point in points)
    h, w = variant.window
    return _dot(x, ROWS, y_i - y_j + h - 1) + _dot(x, COLUMNS, x_i - x_j + w - 1)


def _polar(x: Matrix, y: Matrix, offset: Expr, variant: Pope, h: int) -> Expr:
    def length(one: Expr) -> Expr:
        return sympy.log(1 + sympy.exp(one))

    def delta(c: int) -> Expr:
        return sympy.Min(sympy.Max(ANGLES[h, c], -2 * sympy.pi), 0)

    base, d = exact(variant.base), variant.width
    phi = [offset * base ** -sympy.Rational(c, d) - delta(c) for c in range(d)]
    return sympy.Add(*(length(a) * length(b) * sympy.cos(one) for a, b, one in zip(x, y, phi, strict=True)))
