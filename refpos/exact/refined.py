"""More bits until a bound is kept."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from refpos.errors import require
from refpos.exact.ball import Real, UndecidedError, within

LIMIT = 1 << 16
"""The number of bits beyond which nothing is tried."""

T = TypeVar("T")


def refined(compute: Callable[[int], T], reals: Callable[[T], Iterable[Real]], bits: int, more: int) -> T:
    """Return what `compute` makes at the first scale at which all its numbers are known to 2^−bits.

    The first scale is so many bits more, rounded up to a multiple of 64, so that what is kept per scale is met again;
    it grows by half each time. Nothing is assumed of `compute` but that its balls are sound: the bound is looked at,
    not predicted.

    Raises
    ------
    SpecError
        If bits are not an int of at least 1.
    UndecidedError
        If `LIMIT` bits do not suffice.
    """
    require(type(bits) is int and bits >= 1, "bits must be an int of at least 1", bits)
    scale = -(-(bits + more) // 64) * 64
    while scale <= LIMIT + bits:
        try:
            found = compute(scale)
        except UndecidedError:
            pass
        else:
            if all(map(partial(within, bits=bits), reals(found))):
                return found
        scale += -(-scale // 128) * 64
    raise UndecidedError(f"{LIMIT} bits more than the {bits} wanted do not suffice")
