"""The digits of a position, in integers."""

from fractions import Fraction
from itertools import accumulate, pairwise
from operator import mul

from refpos.errors import require
from refpos.exact.given import number
from refpos.variants.radix import Radix


def digits(position: int, variant: Radix) -> tuple[Fraction, ...]:
    r"""Return the digits of a position, the lowest first, as `refpos.digits` has them, of a number of any size.

    d_m = (p mod β_1 ⋯ β_m − p mod β_1 ⋯ β_(m−1))/(β_1 ⋯ β_(m−1))

    Parameters
    ----------
    position : int
        At least 0.
    variant : Radix

    Raises
    ------
    SpecError
        If the position is no such number.

    References
    ----------
    As for `refpos.spec.radix.digits`.

    Examples
    --------
    >>> digits(1749, Radix((16,) * 3)) == (5, 13, 6)
    True
    """
    require(isinstance(variant, Radix), "variant must be Radix", variant)
    rule = "a position must be a whole number of at least 0"
    p = number(position, rule)
    require(p.denominator == 1 and p >= 0, rule, position)
    places = accumulate(variant.bases, mul, initial=1)
    return tuple((p % beyond - p % place) / place for place, beyond in pairwise(places))
