"""The digits of a position in symbols."""

from itertools import accumulate
from operator import mul

import sympy

from refpos.symbolic.symbols import Expr, exact
from refpos.variants.radix import Radix


def digits(position: object, variant: Radix) -> tuple[Expr, ...]:
    r"""Return the digits of a position, the lowest first: d_m = ⌊p/(β_1 ⋯ β_(m−1))⌋ mod β_m.

    Raises
    ------
    SpecError
        If the position holds floating-point numbers.

    References
    ----------
    As for `refpos.spec.radix.digits`.

    Examples
    --------
    >>> digits(sympy.Symbol("p", integer=True), Radix((10,) * 2))
    (Mod(p, 10), Mod(floor(p/10), 10))
    """
    p, places = exact(position), accumulate(variant.bases[:-1], mul, initial=1)
    return tuple(sympy.Mod(sympy.floor(p / place), base) for place, base in zip(places, variant.bases, strict=True))
