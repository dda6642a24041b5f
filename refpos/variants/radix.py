"""Positions as numbers are written: digits, each in a base of its own."""

from dataclasses import dataclass

from refpos.errors import require
from refpos.variants import rules


@dataclass(frozen=True)
class Radix:
    """The digits of a position in a mixed radix, the lowest first, and none for what lies beyond the last.

    d_m = ⌊p/(β_1 ⋯ β_(m−1))⌋ mod β_m

    Parameters
    ----------
    bases : tuple of int
        β_1, β_2 and so on, all the same in a plain radix.
    """

    bases: tuple[int, ...]

    def __post_init__(self) -> None:
        whole = isinstance(self.bases, tuple) and all(type(one) is int and 2 <= one <= 2**53 for one in self.bases)
        require(whole and self.bases, "bases must be a tuple of ints from 2 to 2^53", self.bases)
        rules.few("bases", len(self.bases), "digits")
