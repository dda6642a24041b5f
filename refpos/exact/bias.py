"""Biases, certified: what a query adds to the logits of its keys, as fractions or balls."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, assert_never

from refpos.errors import require
from refpos.exact.angles import coordinates, raised_or_zero, reach
from refpos.exact.ball import Real, add, divide, multiply, negative, subtract
from refpos.exact.elementary import cos_sin, ln
from refpos.exact.given import listed
from refpos.exact.network import Arrays, layers, read, sigmoid
from refpos.exact.offsets import CLS, Cell, row, rows
from refpos.exact.refined import refined
from refpos.exact.roots import Number, raised, real, times
from refpos.exact.scaling import quotient_of_logs
from refpos.variants.bias import Alibi, Bias, Fire, Indexed, Kerple, Sandwich, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow

Learned = Mapping[str, Any]
"""What a model learned, as nested sequences of doubles, each exactly what it stands for."""

Point = tuple[Fraction, ...]

GUARD = 32
ONE, ZERO = Fraction(1), Fraction(0)


def bias(
    query: Cell, keys: Sequence[Cell], variant: Bias, bits: int, *, learned: Learned | None = None
) -> tuple[tuple[Real, ...], ...]:
    r"""Return what a query adds to the logits of its keys to 2^−bits: a row for each head.

    Alibi            −m_h ‖p_i − p_j‖,  m_h p_j  or  m_h (p_j − max p),   m_h = 2^(−maximum·e_h)
    T5Buckets        T[ι(p_j − p_i), h]
    SwinWindow       T[ι(p_i − p_j), h]
    SwinContinuous   gain · sigmoid(f_h(c)),  c the coordinates of p_i − p_j,  or f_h(c)
    Kerple           −r1_h ln(1 + r2_h |p_i − p_j|)  or  −r1_h |p_i − p_j|^r2_h
    Sandwich         (Σ_i cos((p_i − p_j)/base^(2i/width)) − width/2) / (maximum·h/heads)
    Fire             f_h(ψ(|p_i − p_j|) / (ψ(max(p_i, L)) + epsilon)),  ψ(x) = ln(1 + c x)

    Fractions are exact; every ball has rad·2^−scale <= 2^−bits.

    Parameters
    ----------
    query : a number, or one for each of A > 1 axes
        None is the class token, where there is one.
    keys : sequence of the same
        All keys of the query: the last of them counts for `reference="last-key"`.
    variant : Alibi, T5Buckets, SwinWindow, SwinContinuous, Kerple, Sandwich or Fire
    bits : int
    learned : mapping, optional
        The numbers that `variant.learned` names.

    Raises
    ------
    SpecError
        As for `refpos.spec.bias.bias`.

    References
    ----------
    As for `refpos.spec.bias.bias`.

    Examples
    --------
    >>> bias(2, [0, 2], Alibi(heads=2), 64)
    ((Fraction(-1, 8), Fraction(0, 1)), (Fraction(-1, 128), Fraction(0, 1)))
    """
    names = "Alibi, T5Buckets, SwinWindow, SwinContinuous, Kerple, Sandwich or Fire"
    require(isinstance(variant, Bias), f"variant must be {names}", variant)
    given = read(variant, learned)
    i, places = _points(query, keys, axis_count(variant))

    def made(scale: int) -> tuple[tuple[Real, ...], ...]:
        found = [[real(one, scale) for one in heads] for heads in added(i, places, variant, given, scale)]
        return tuple(zip(*found, strict=True)) or ((),) * variant.heads

    size = max((reach(p) for p in (i, *places) if p is not CLS), default=0)
    return refined(made, lambda found: [x for head in found for x in head], bits, 2 * size + GUARD)


def index(query: Cell, keys: Sequence[Cell], variant: T5Buckets | SwinWindow | SwinContinuous) -> tuple[int, ...]:
    """Return ι of a query and each of its keys, as `refpos.spec.offsets.index` does; None is the class token.

    Raises
    ------
    SpecError
        As for `bias`.

    Examples
    --------
    >>> index(0, [-64, -63, 64], T5Buckets(heads=1))
    (14, 13, 30)
    """
    require(isinstance(variant, Indexed), "variant must be T5Buckets, SwinWindow or SwinContinuous", variant)
    return rows(*_points(query, keys, axis_count(variant)), variant)


def _points(query: Cell, keys: Sequence[Cell], axes: int) -> tuple[Point | None, list[Point | None]]:
    places = [query, *listed(keys, "keys must be a sequence of positions")]
    i, *found = [CLS if one is CLS else coordinates(one, axes) for one in places]
    return i, found


def added(
    i: Point | None, keys: Sequence[Point | None], variant: Bias, given: Arrays, scale: int
) -> Sequence[Sequence[Number]]:
    """Return for each key the biases of the heads, to about 2^−scale; what is a root of a fraction is kept as one."""
    match variant:
        case T5Buckets() | SwinWindow():
            return [tuple(given["table"][one]) for one in rows(i, keys, variant)]
        case SwinContinuous():
            found = {one: _continuous(one, variant, given, scale) for one in set(rows(i, keys, variant))}
            return [found[one] for one in rows(i, keys, variant)]
        case Alibi() | Kerple() | Sandwich() | Fire():
            return [_one(_known(i), _known(j), [_known(key) for key in keys], variant, given, scale) for j in keys]
        case _:
            assert_never(variant)


def _known(p: Point | None) -> Point:
    require(p is not None, "positions must be numbers, for the variant has no class token", p)
    assert p is not None
    return p


def _one(
    i: Point, j: Point, keys: Sequence[Point], variant: Alibi | Kerple | Sandwich | Fire, given: Arrays, scale: int
) -> Sequence[Number]:
    match variant:
        case Alibi():
            place = _place(i, j, keys, variant)
            return [times(one, place, scale) for one in _slopes(variant)]
        case Kerple():
            d = abs(i[0] - j[0])
            return [_kerple(d, *one, variant, scale) for one in zip(given["r1"], given["r2"], strict=True)]
        case Sandwich():
            total = _waves(i[0] - j[0], variant, scale)
            divisors = (Fraction(variant.maximum) * h / variant.heads for h in range(1, variant.heads + 1))
            return [divide(total, one) for one in divisors]
        case Fire():
            return layers((_fraction(abs(i[0] - j[0]), max(i[0], given["threshold"]), variant, given, scale),), given)
        case _:
            assert_never(variant)


def _slopes(variant: Alibi) -> list[Number]:
    """Return m_h, roots of 2."""
    return [raised(Fraction(2), -Fraction(variant.maximum) * e) for e in variant.steepness]


def _place(i: Point, j: Point, keys: Sequence[Point], variant: Alibi) -> Number:
    """Return what a slope multiplies; a distance is the root of a fraction."""
    match variant.reference:
        case "query":
            square = sum(((a - b) ** 2 for a, b in zip(i, j, strict=True)), ZERO)
            return times(-ONE, raised_or_zero(square), 0)
        case "origin":
            return j[0]
        case "last-key":
            return j[0] - max(key[0] for key in keys)
        case _:
            assert_never(variant.reference)


def _kerple(d: Fraction, r1: Fraction, r2: Fraction, variant: Kerple, scale: int) -> Number:
    if variant.kernel == "logarithmic":
        return multiply(-r1, ln(1 + r2 * d, scale))
    return times(-r1, raised(d, r2), scale) if d else ZERO


def _waves(offset: Fraction, variant: Sandwich, scale: int) -> Real:
    """Return Σ (cos φ_i − 1): as many waves as half the width."""
    total: Real = ZERO
    for e in variant.exponents:
        phi = real(times(offset, raised(Fraction(variant.base), -e), scale), scale)
        total = add(total, subtract(cos_sin(phi, scale)[0], ONE))
    return total


def _fraction(distance: Fraction, longest: Fraction, variant: Fire, given: Arrays, scale: int) -> Real:
    """Return ψ(distance)/(ψ(longest) + ε), ψ(x) = ln(1 + c x)."""
    x, most = (1 + given["c"] * one for one in (distance, longest))
    if variant.epsilon == 0:
        return quotient_of_logs(x, most, scale)
    return divide(ln(x, scale), add(ln(most, scale), Fraction(variant.epsilon)))


def _continuous(one: int, variant: SwinContinuous, given: Arrays, scale: int) -> tuple[Real, ...]:
    """Return what the network makes of the difference with that index."""
    sides = variant.pretrained or variant.window
    c = tuple(_coordinate(d, n, variant, scale) for d, n in zip(row(one, variant.window), sides, strict=True))
    found = layers(c, given)
    if variant.gain is None:
        return found
    return tuple(multiply(Fraction(variant.gain), sigmoid(x, scale)) for x in found)


def _coordinate(offset: int, side: int, variant: SwinContinuous, scale: int) -> Real:
    """Return sign(δ) log2(1 + 8|δ|/(n − 1))/3 or sign(δ) ln(1 + |δ|); a logarithm of a power of 2 is exact."""
    if variant.coordinates == "scaled":
        x = 1 + Fraction(8 * abs(offset), side - 1)
        whole = x.numerator.bit_length() - 1
        size: Real = Fraction(whole, 3) if x == 1 << whole else divide(ln(x, scale), ln(Fraction(8), scale))
    else:
        size = ln(Fraction(1 + abs(offset)), scale)
    return size if offset >= 0 else negative(size)
