"""π and ln 2, to any number of bits, from integers."""

from functools import lru_cache

from refpos.exact.ball import Ball, ball

GUARD = 32
"""Bits kept beyond the scale asked for, so that what is lost on the way rounds to a unit or two."""


@lru_cache(maxsize=256)
def pi(scale: int) -> Ball:
    r"""Return π, to two units of 2^−scale.

    π = 16 arctan(1/5) − 4 arctan(1/239)

    At a scale of w = scale + 32 the two series are sound to their own bounds, so π is to 16 and 4 of them, less than
    64 (w + 4); that is below 2^32 units of w, one of the scale, while w < 2^25, and `ball` adds one for its rounding.

    References
    ----------
    Machin, 1706: (5 + i)^4 (239 − i) = 114244 (1 + i), in arguments.

    Examples
    --------
    >>> found = pi(64)
    >>> found.mid / 2**64, found.rad
    (3.141592653589793, 2)
    """
    w = scale + GUARD
    (a, a_rad), (b, b_rad) = _series(5, -1, w), _series(239, -1, w)
    return ball(Ball(16 * a - 4 * b, 16 * a_rad + 4 * b_rad, w), scale)


@lru_cache(maxsize=256)
def ln2(scale: int) -> Ball:
    r"""Return ln 2, to two units of 2^−scale.

    ln 2 = 2 artanh(1/3),  as artanh y = ½ ln((1 + y)/(1 − y))

    Examples
    --------
    >>> found = ln2(64)
    >>> found.mid / 2**64, found.rad
    (0.6931471805599453, 2)
    """
    w = scale + GUARD
    a, rad = _series(3, 1, w)
    return ball(Ball(2 * a, 2 * rad, w), scale)


def _series(n: int, way: int, w: int) -> tuple[int, int]:
    r"""Return Σ_k way^k n^−(2k+1)/(2k + 1), and its bound, in units of 2^−w: artanh(1/n), or arctan(1/n) for way −1.

    The powers p_k = ⌊p_{k−1}/n²⌋ fall short of n^−(2k+1)·2^w by e_k < e_{k−1}/n² + 1, so by less than 9/8 as n >= 3.
    Each term ⌊p_k/(2k+1)⌋ is short by less than 9/8 + 1 < 3 units. After N terms p_N = 0, so the true power is below
    9/8, and the rest below (9/8)(1 + 1/9 + ...) < 2. The bound is 3N + 2.
    """
    total, p, k = 0, (1 << w) // n, 0
    while p:
        total += way**k * (p // (2 * k + 1))
        p //= n * n
        k += 1
    return total, 3 * k + 2
