"""Ziv's loop: more bits until a rounding decides, or a clear *undecided*."""

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from refpos.errors import require
from refpos.exact.ball import Ball, UndecidedError

Found = TypeVar("Found")

MOST = 2_000
"""Bits after which a value is taken to lie on the boundary: of values that do not, one in 2^1900 comes so near."""


def decide(
    make: Callable[[int], Fraction | Ball],
    rounding: Callable[[Fraction | Ball], Found | None],
    *,
    bits: int = 128,
    most: int = MOST,
) -> Found:
    """Round a value that can be made to any precision, with as many bits as it takes.

    The precision is doubled while the ball leaves two candidates. An exact value is decided at once. A value that is
    exactly on a boundary, and is not known to be, would never be: cos 0 as a series, 65536^(−1/4) as a root.

    Parameters
    ----------
    make : callable
        bits -> the value, exact or within a ball whose radius falls as bits grow.
    rounding : callable
        value -> what it rounds to, None where it is not decided: `rounded` at a format, or `to_odd`.
    bits : int
        The first precision.
    most : int
        The last.

    Raises
    ------
    SpecError
        If the precisions are not positive and in order.
    UndecidedError
        If the last precision leaves two candidates.

    References
    ----------
    Ziv, Fast evaluation of elementary mathematical functions with correctly rounded last bit, ACM TOMS 17, 1991.

    Examples
    --------
    >>> from refpos.exact.formats import to_odd
    >>> decide(lambda bits: Ball((1 << bits) // 3, 1, bits), to_odd, bits=8).hex()
    '0x1.5555555555555p-2'
    """
    require(0 < bits <= most, "bits must be positive, and at most the most", (bits, most))
    while True:
        value = make(bits)
        found = rounding(value)
        if found is not None:
            return found
        if bits >= most:
            where = f"undecided at {bits} bits: a value must not lie on a boundary of its rounding, nor so near"
            raise UndecidedError(f"{where}; got {_short(value)}")
        bits = min(2 * bits, most)


def _short(value: Fraction | Ball) -> str:
    """Return a value to a few digits: with all its bits it would fill the screen."""
    match value:
        case Ball(mid=mid, rad=rad, scale=scale):
            return f"about {_float(mid, scale)!r}, within {_float(rad, scale)!r}"
        case _:
            return f"about {float(value)!r}"


def _float(n: int, scale: int) -> float:
    return float(Fraction(n) / Fraction(2) ** scale)
