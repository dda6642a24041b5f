"""Biases in symbols: what a query adds to the logit of a key, head by head."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, assert_never

import sympy

from refpos.errors import require
from refpos.symbolic.symbols import Expr, exact
from refpos.variants.bias import Alibi, Bias, Fire, Kerple, Sandwich, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow

Given: TypeAlias = Mapping[str, Sequence[object]]
Point: TypeAlias = tuple[Expr, ...]

TABLE = sympy.IndexedBase("T")
R1, R2 = sympy.IndexedBase("r1", positive=True), sympy.IndexedBase("r2", positive=True)
NETWORK = sympy.Function("f")
"""f(h, x, ...): what a learned network makes of x for head h."""

C, THRESHOLD = sympy.symbols("c L", positive=True)
LAST = sympy.Symbol("p_max", real=True)
"""The greatest position of a key."""


def bias(query: object, key: object, variant: Bias) -> tuple[Expr, ...]:
    r"""Return what a query adds to the logit of a key, an expression for each head.

    Learned numbers stay symbols: T[ι, h], r1[h], r2[h], c, L, and f(h, x) for what a network makes of x for head h.

    Parameters
    ----------
    query, key : an exact number or an expression; where there are several axes a sequence of them
        Cells of the window, without a class token.
    variant : Alibi, T5Buckets, SwinWindow, SwinContinuous, Kerple, Sandwich or Fire

    Raises
    ------
    SpecError
        If a position has not a coordinate for each axis, or holds floating-point numbers in expressions.

    References
    ----------
    As for `refpos.spec.bias.bias`.

    Examples
    --------
    >>> i, j = sympy.symbols("i j", real=True)
    >>> bias(i, j, Alibi(heads=2, maximum=2))
    (-Abs(i - j)/2, -Abs(i - j)/4)
    >>> bias(i, j, Sandwich(heads=1, width=2, maximum=1))
    (cos(i - j) - 1,)
    """
    p, q = (_point(one, axis_count(variant)) for one in (query, key))
    return tuple(_head(p, q, variant, sympy.Integer(h)) for h in range(variant.heads))


def bucket(relative: object, variant: T5Buckets) -> Expr:
    r"""Return ι of key − query, as the source has it: by a quotient of logarithms, rounded down.

    min(e + ⌊(n − e) ln(r/e)/ln(D/e)⌋, n − 1) for r >= e

    Examples
    --------
    >>> [bucket(r, T5Buckets(heads=1)) for r in (-64, -63, 0, 1)]
    [14, 13, 0, 17]
    """
    offset = exact(relative)
    e, n = sympy.Integer(variant.near), sympy.Integer(variant.side)
    r = sympy.Abs(offset) if variant.bidirectional else sympy.Max(-offset, 0)
    ratio = sympy.log(sympy.Max(r, e) / e, variant.distance / e)
    far = sympy.Min(e + sympy.floor((n - e) * ratio), n - 1)
    found = sympy.Piecewise((r, r < e), (far, True))
    return found + n * sympy.Heaviside(offset, 0) if variant.bidirectional else found


def _point(position: object, axes: int) -> Point:
    found = tuple(exact(one) for one in (position if isinstance(position, Sequence) else (position,)))
    require(len(found) == axes, f"a position must have {axes} coordinates", position)
    return found


def _head(p: Point, q: Point, variant: Bias, h: Expr) -> Expr:
    match variant:
        case Alibi():
            found = _alibi(p, q, variant, int(h))
        case T5Buckets():
            found = TABLE[bucket(q[0] - p[0], variant), h]
        case SwinWindow(window=(height, width)):
            found = TABLE[(p[0] - q[0] + height - 1) * (2 * width - 1) + p[1] - q[1] + width - 1, h]
        case SwinContinuous():
            found = _continuous(p, q, variant, h)
        case Kerple(kernel=kernel):
            d = sympy.Abs(p[0] - q[0])
            found = -R1[h] * (sympy.log(1 + R2[h] * d) if kernel == "logarithmic" else d ** R2[h])
        case Sandwich():
            found = _sandwich(p[0] - q[0], variant, h)
        case Fire(epsilon=epsilon):
            psi = sympy.log(1 + C * sympy.Abs(p[0] - q[0]))
            found = NETWORK(h, psi / (sympy.log(1 + C * sympy.Max(p[0], THRESHOLD)) + exact(epsilon)))
        case _:
            assert_never(variant)
    return found


def _alibi(p: Point, q: Point, variant: Alibi, h: int) -> Expr:
    n = 2 ** sympy.floor(sympy.log(variant.heads, 2))
    rank = (h + 1) / n if h < n else (sympy.Integer(2) * (h - n) + 1) / (2 * n)
    slope = 2 ** (-exact(variant.maximum) * rank)
    match variant.reference:
        case "query":
            squares = sum(((a - b) ** 2 for a, b in zip(p, q, strict=True)), sympy.Integer(0))
            return -slope * (sympy.sqrt(squares) if len(p) > 1 else sympy.Abs(p[0] - q[0]))
        case "origin":
            return slope * q[0]
        case "last-key":
            return slope * (q[0] - LAST)
        case _:
            assert_never(variant.reference)


def _continuous(p: Point, q: Point, variant: SwinContinuous, h: Expr) -> Expr:
    sides = variant.pretrained or variant.window
    c = [_coordinate(a - b, n, variant) for a, b, n in zip(p, q, sides, strict=True)]
    found = NETWORK(h, *c)
    return found if variant.gain is None else exact(variant.gain) / (1 + sympy.exp(-found))


def _coordinate(offset: Expr, side: int, variant: SwinContinuous) -> Expr:
    size = sympy.Abs(offset)
    plain = variant.coordinates == "plain"
    log = sympy.log(1 + size) if plain else sympy.log(1 + 8 * size / (side - 1)) / sympy.log(8)
    return sympy.sign(offset) * log


def _sandwich(offset: Expr, variant: Sandwich, h: Expr) -> Expr:
    base, d = exact(variant.base), sympy.Integer(variant.width)
    waves = range(variant.first, variant.first + variant.width // 2)
    total = sum((sympy.cos(offset / base ** (2 * i / d)) for i in waves), -d / 2)
    return total / (exact(variant.maximum) * (h + 1) / variant.heads)
