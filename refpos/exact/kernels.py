"""Resizing along one axis, certified: the weight of every old sample in every new one, as a fraction."""

from collections.abc import Iterator
from fractions import Fraction
from typing import assert_never

from refpos.errors import require
from refpos.variants.table import Resize

Weights = tuple[tuple[Fraction, ...], ...]


def weights(old: int, new: int, rule: Resize) -> Weights:
    r"""Return W, by which n samples along an axis become n', every weight exact.

    With f = x − ⌊x⌋ and g = 1 − f, the samples ⌊x⌋ − 1 ... ⌊x⌋ + 2 have

    linear      0, g, f, 0
    cubic       a f g², (a + 2) f³ − (a + 3) f² + 1, (a + 2) g³ − (a + 3) g² + 1, a g f²

    and those beyond an edge go to it. With antialias, as in Pillow, the samples from ⌊c − rS + ½⌋ to ⌊c + rS + ½⌋ − 1
    that there are, around c = x + ½, with r = max(s, 1) and S = 1 or 2, are weighted with the kernel stretched by r and
    divided by their sum. Every row sums to one.

    Parameters
    ----------
    old, new : int
        n and n'.
    rule : Resize

    Returns
    -------
    n' rows of n Fraction

    Raises
    ------
    SpecError
        If old or new is not an int of at least 1.

    References
    ----------
    As for `refpos.spec.kernels.weights`.

    Examples
    --------
    >>> weights(2, 3, Resize("linear"))[0:2]
    ((Fraction(1, 1), Fraction(0, 1)), (Fraction(1, 2), Fraction(1, 2)))
    """
    for name, one in (("old", old), ("new", new)):
        require(type(one) is int and one >= 1, f"{name} must be an int of at least 1", one)
    taps = _stretched if rule.antialias else _clamped
    return tuple(_dense(taps(i, old, new, rule), old) for i in range(new))


def _dense(taps: Iterator[tuple[int, Fraction]], old: int) -> tuple[Fraction, ...]:
    row = [Fraction(0)] * old
    for j, weight in taps:
        row[j] += weight
    return tuple(row)


def _clamped(i: int, old: int, new: int, rule: Resize) -> Iterator[tuple[int, Fraction]]:
    """Yield each sample and its weight, those beyond an edge brought to it."""
    x = _point(i, old, new, rule)
    if rule.kernel == "nearest":
        yield (2 * x.numerator + x.denominator) // (2 * x.denominator), Fraction(1)
        return
    first = x.numerator // x.denominator
    for tap, weight in enumerate(_four(x - first, rule), first - 1):
        yield sorted((0, tap, old - 1))[1], weight


def _point(i: int, old: int, new: int, rule: Resize) -> Fraction:
    """Return where a new sample stands among the old ones, whose cells reach half a sample to either side."""
    whole, parts = Fraction(rule.offset).as_integer_ratio()
    across = new * parts + whole
    match rule.align:
        case "centres":
            return Fraction((2 * i + 1) * old * parts - across, 2 * across)
        case "origin":
            return Fraction(2 * i * old * parts - across, 2 * across)
        case "corners":
            return Fraction(i * (old - 1), new - 1) if i else Fraction(0)
        case _:
            assert_never(rule.align)


def _four(f: Fraction, rule: Resize) -> tuple[Fraction, ...]:
    g = 1 - f
    if rule.a is None:
        return Fraction(0), g, f, Fraction(0)
    a = Fraction(rule.a)
    return a * f * g * g, _near(f, a), _near(g, a), a * g * f * f


def _near(f: Fraction, a: Fraction) -> Fraction:
    return 1 + f * f * ((a + 2) * f - (a + 3))


def _stretched(i: int, old: int, new: int, rule: Resize) -> Iterator[tuple[int, Fraction]]:
    """Yield each sample and its weight under a kernel as wide as the step, made to sum to one."""
    centre = _point(i, old, new, rule) + Fraction(1, 2)
    r = max(2 * centre / (2 * i + 1), Fraction(1))
    reach = r * (1 if rule.a is None else 2)
    first, end = ((2 * (centre + one) + 1) // 2 for one in (-reach, reach))
    found = {j: _far(abs(2 * j + 1 - 2 * centre) / (2 * r), rule) for j in range(max(first, 0), min(end, old))}
    total = sum(found.values())
    yield from ((j, weight / total) for j, weight in found.items())


def _far(x: Fraction, rule: Resize) -> Fraction:
    """Return the kernel at a distance of at most its reach."""
    if rule.a is None:
        return 1 - x
    a = Fraction(rule.a)
    return _near(x, a) if x < 1 else a * (x - 1) * (x - 2) ** 2
