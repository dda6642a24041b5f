"""The digits of a position in a radix, to which the waves of RoPE are likened."""

from collections.abc import Sequence

from refpos.errors import require


def digits(n: int, bases: Sequence[int]) -> tuple[int, ...]:
    r"""Return the digits of a whole number in a mixed radix, the lowest first, and none for what lies beyond the last.

    d_m = ⌊n/(β_1 ⋯ β_(m−1))⌋ mod β_m

    In one base β that is ⌊n/β^(m−1)⌋ mod β. The angles of RoPE are n/β^(m−1), β = base^(2/d): the same with neither
    floor nor remainder. `Linear` divides n, `NTK` makes every base greater by one ratio, `MixedRadix` each by its own:
    as many digits reach further.

    Parameters
    ----------
    n : int
        At least 0.
    bases : sequence of int
        β_1, β_2 and so on, each at least 2.

    Returns
    -------
    tuple of int

    Raises
    ------
    SpecError
        If n is not such a number, or a base is none.

    References
    ----------
    Su Jianlin, kexue.fm/archives/9675 (one base) and 9706 (a base for each digit).

    Deviations
    ----------
    9675 says that only the floor makes a difference. Digit m comes round at n = β^m, and cos(n/β^(m−1)) at 2πβ^(m−1):
    they are one for β = 2π alone, and digits are not RoPE but what it is likened to.

    Examples
    --------
    >>> digits(1749, [16] * 3)
    (5, 13, 6)
    >>> digits(1749, [10, 10, 20])
    (9, 4, 17)
    """
    require(type(n) is int and n >= 0, "n must be an int of at least 0", n)
    fine = isinstance(bases, list | tuple) and all(type(one) is int and one >= 2 for one in bases)
    require(fine, "bases must be ints of at least 2", bases)
    found = []
    for base in bases:
        n, digit = divmod(n, base)
        found.append(digit)
    return tuple(found)
