"""Attention to offsets and to content, certified."""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import assert_never

from refpos.errors import require
from refpos.exact.ball import Real, add, clamp, compare, multiply, negative, subtract
from refpos.exact.constants import pi
from refpos.exact.elementary import cos_sin, exp, ln
from refpos.exact.logits import ONE, ZERO, Asked, Placed, Point, factor, product
from refpos.exact.network import sigmoid
from refpos.exact.roots import Number, raised, real, times
from refpos.exact.sinusoidal import embed
from refpos.variants.attention import Fope
from refpos.variants.relative import (
    Contextual,
    Cope,
    Deberta,
    Decomposed,
    Fox,
    Pope,
    Relative,
    Shaw,
    TransformerXL,
)
from refpos.variants.temperature import InverseRoot

Row = Sequence[Real]


def relative(asked: Asked, attention: Relative, scale: int) -> list[Real]:
    """Return the logit of each key, about to 2^−scale."""
    match attention:
        case Shaw():
            found = _shaw(asked, attention)
        case TransformerXL():
            return [_transformer_xl(asked, k, j, attention, scale) for k, j in _keys(asked)]
        case Deberta():
            found = [_deberta(asked, k, j, attention) for k, j in _keys(asked)]
        case Decomposed():
            return [_decomposed(asked, k, j, attention, scale) for k, j in _keys(asked)]
        case _:
            assert_never(attention)
    terms = 1 + len(attention.terms) if isinstance(attention, Deberta) else 1
    return [_scaled(x, len(asked.q), scale, terms) for x in found]


def contextual(asked: Asked, attention: Contextual, scale: int) -> list[Real]:
    """Return the logit of each key, about to 2^−scale."""
    match attention:
        case Cope():
            return _cope(asked, attention, scale)
        case Pope():
            return [_pope(asked, k, j, attention, scale) for k, j in _keys(asked)]
        case Fox():
            return [_fox(asked, k, j, attention, scale) for k, j in _keys(asked)]
        case _:
            assert_never(attention)


def fope(asked: Asked, attention: Fope, scale: int) -> list[Real]:
    """Return (L_i q)·(L_j k)/√d of each key, about to 2^−scale."""
    q = _waved(asked.q, asked.i[0], asked, attention, scale)
    turned = [_waved(k, j[0], asked, attention, scale) for k, j in _keys(asked)]
    return [_scaled(_dot(q, k), attention.width, scale) for k in turned]


def clipped(i: Point, j: Point, attention: Shaw) -> int:
    """Return clip(p_j − p_i, −k, k) + k.

    Examples
    --------
    >>> [clipped((Fraction(4),), (Fraction(j),), Shaw(distance=2, width=1)) for j in (0, 3, 9)]
    [0, 1, 4]
    """
    return min(max(_offset(j, i), -attention.distance), attention.distance) + attention.distance


def row(offset: int, attention: Deberta) -> int:
    """Return δ of query − key: the row of a table.

    Examples
    --------
    >>> [row(r, Deberta(1, 1, distance=512, buckets=256)) for r in (-600, -1, 0, 300)]
    [0, 255, 256, 463]
    """
    near = bucket(offset, attention.buckets, attention.distance) if attention.buckets else offset
    return min(max(near + attention.span, 0), 2 * attention.span - 1)


def bucket(offset: int, buckets: int, distance: int) -> int:
    r"""Return the bucket of query − key, as far as a table reaches: counted in integers, bucket by bucket.

    Beyond m it is m + t with the least t for which (|r|/m)^(m − 1) <= ((distance − 1)/m)^t; both sides are positive,
    and so it is r^(m − 1) m^t <= (distance − 1)^t m^(m − 1).

    Examples
    --------
    >>> [bucket(r, 256, 512) for r in (130, 300, 511, 600)]
    [130, 207, 255, 270]
    """
    m, r = buckets // 2, abs(offset)
    if r <= m:
        return offset
    left, right, t = r ** (m - 1), m ** (m - 1), 0
    while left > right and t <= 2 * buckets:
        left, right, t = left * m, right * (distance - 1), t + 1
    return m + t if offset > 0 else -m - t


def _shaw(asked: Asked, attention: Shaw) -> list[Real]:
    table = asked.learned["keys"]
    rows = [table[clipped(asked.i, j, attention)] for j in asked.places]
    return [_dot(asked.q, _sum(k, one)) for k, one in zip(asked.keys, rows, strict=True)]


def _transformer_xl(asked: Asked, k: Row, j: Point, attention: TransformerXL, scale: int) -> Real:
    u, v, weight = (asked.learned[name][asked.head] for name in ("u", "v", "weight"))
    wave = _wave(asked.i[0] - j[0], attention.rows, scale)
    wanted = _sum(asked.q, v)
    seen = _dot([_dot(wanted, column) for column in zip(*weight, strict=True)], wave)
    total = add(_dot(_sum(asked.q, u), k), seen)
    return _scaled(total, len(asked.q), scale)


_wave = lru_cache(maxsize=64)(embed)
"""The row of an offset: one for all heads."""


def _deberta(asked: Asked, k: Row, j: Point, attention: Deberta) -> Real:
    total, offset = _dot(asked.q, k), _offset(asked.i, j)
    if "c2p" in attention.terms:
        total = add(total, _dot(asked.q, asked.learned["keys"][asked.head][row(offset, attention)]))
    if "p2c" in attention.terms:
        place = row(-offset if attention.mirrored else offset, attention)
        total = add(total, _dot(k, asked.learned["queries"][asked.head][place]))
    return total


def _decomposed(asked: Asked, k: Row, j: Point, attention: Decomposed, scale: int) -> Real:
    h, w = attention.window
    y, x = (_offset((a,), (b,)) for a, b in zip(asked.i, j, strict=True))
    require(abs(y) < h and abs(x) < w, f"cells must lie within one window of {h} by {w}", [y, x])
    found = add(_dot(asked.q, asked.learned["rows"][y + h - 1]), _dot(asked.q, asked.learned["columns"][x + w - 1]))
    return add(_scaled(_dot(asked.q, k), len(asked.q), scale), found)


def _cope(asked: Asked, attention: Cope, scale: int) -> list[Real]:
    """Return l + q·e[p]; e is e_0 + Σ_m (e_(m+1) − e_m) cut(p − m), which is its interpolation and needs no floor."""
    plain = [_scaled(_dot(asked.q, k), len(asked.q), scale) for k in asked.keys]
    gates = [sigmoid(x, scale) for x in plain]
    words = [_dot(asked.q, one) for one in asked.learned["table"]]
    found = []
    for x, j in zip(plain, asked.places, strict=True):
        count = _total([g for g, p in zip(gates, asked.places, strict=True) if j[0] <= p[0] <= asked.i[0]])
        total = add(x, words[0])
        for m in range(attention.positions - 1):
            step = clamp(subtract(count, Fraction(m)), ZERO, ONE)
            total = add(total, multiply(subtract(words[m + 1], words[m]), step))
        found.append(total)
    return found


def _pope(asked: Asked, k: Row, j: Point, attention: Pope, scale: int) -> Real:
    total: Real = ZERO
    for a, b, delta, e in zip(asked.q, k, asked.learned["angles"][asked.head], attention.exponents, strict=True):
        omega = raised(Fraction(attention.base), -e)
        phi = subtract(real(times(asked.i[0] - j[0], omega, scale), scale), _cut(delta, scale))
        size = multiply(_softplus(a, scale), _softplus(b, scale))
        total = add(total, multiply(size, cos_sin(phi, scale)[0]))
    return _scaled(total, attention.width, scale)


def _waved(x: Row, p: Fraction, asked: Asked, attention: Fope, scale: int) -> list[Real]:
    omega = [raised(Fraction(attention.base), -e) for e in attention.exponents]
    waves = [cos_sin(real(times(p, one, scale), scale), scale) for one in omega]
    y, half = list(x), attention.width // 2
    for d in range(attention.kept):
        cos, sin = (
            _dot([wave[n] for wave in waves], [line[d] for line in asked.learned[name][asked.head]])
            for n, name in enumerate(("cos", "sin"))
        )
        y[d] = subtract(multiply(x[d], cos), multiply(x[d + half], sin))
        y[d + half] = add(multiply(x[d + half], cos), multiply(x[d], sin))
    return y


def _fox(asked: Asked, key: Row, j: Point, attention: Fox, scale: int) -> Real:
    gates = asked.learned["gates"][asked.head]
    after = [g for g, p in zip(gates, asked.places, strict=True) if j[0] < p[0] <= asked.i[0]]
    forgotten = _total([_softplus(-g, scale) for g in after])
    q, k = Placed(asked.q, asked.i, attention.rotary, "query"), Placed(key, j, attention.rotary, "key")
    return subtract(_scaled(product(q, k, asked, scale), len(asked.q), scale), forgotten)


def _keys(asked: Asked) -> list[tuple[tuple[Fraction, ...], Point]]:
    return list(zip(asked.keys, asked.places, strict=True))


def _offset(i: Point, j: Point) -> int:
    """Return p_i − p_j of integers."""
    for p in (i[0], j[0]):
        require(p.denominator == 1 and abs(p) <= 2**53, "positions must be integers up to 2^53", p)
    return int(i[0] - j[0])


def _sum(a: Row, b: Row) -> list[Real]:
    return [add(x, y) for x, y in zip(a, b, strict=True)]


def _total(x: Sequence[Real]) -> Real:
    found: Real = ZERO
    for one in x:
        found = add(found, one)
    return found


def _dot(q: Row, k: Row) -> Real:
    """Return q·k."""
    return _total([multiply(a, b) for a, b in zip(q, k, strict=True)])


def _scaled(x: Number, width: int, scale: int, terms: int = 1) -> Real:
    """Return x/√(terms·width)."""
    root: Number = factor(InverseRoot(terms), width, scale)
    return real(times(root, x, scale), scale)


def _softplus(x: Real, scale: int) -> Real:
    """Return ln(1 + e^x)."""
    return ln(add(ONE, exp(x, scale)), scale)


def _cut(delta: Fraction, scale: int) -> Real:
    """Return an angle cut off at −2π and 0, but for whole turns: 0 stands for −2π too."""
    below = compare(delta, multiply(negative(pi(scale)), Fraction(2))) == -1
    return ZERO if below or delta > 0 else delta
