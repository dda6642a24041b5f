"""What logits are multiplied by: the scale, and temperatures of where a query stands or how many keys it has."""

from dataclasses import dataclass
from typing import Literal

from refpos.errors import require
from refpos.variants import rules
from refpos.variants.rotary import Magnitude, Mscale, RootLog


@dataclass(frozen=True)
class InverseRoot:
    """g²/√(terms·d), d the width of a query.

    Parameters
    ----------
    terms : int
        How many inner products are added up: 3 in DeBERTa.
    magnitude : float, Mscale or RootLog
        g, which is elsewhere a factor of cosine and sine.
    """

    terms: int = 1
    magnitude: Magnitude = 1.0

    def __post_init__(self) -> None:
        rules.whole(self, "terms", 1)
        if not isinstance(self.magnitude, Mscale | RootLog):
            rules.real(self, "magnitude")
            rules.greater(self, "magnitude", 0)


@dataclass(frozen=True)
class LogFloor:
    """1 + coefficient·ln(1 + ⌊(p_i + offset)/interval⌋): a query is sharpened once an interval.

    Parameters
    ----------
    coefficient : float
    interval : int
    offset : int
        1 where the query itself is counted among the tokens before it.
    """

    coefficient: float
    interval: int
    offset: int = 0

    def __post_init__(self) -> None:
        rules.real(self, "coefficient")
        rules.whole(self, "interval", 1)
        rules.whole(self, "offset", 0)


@dataclass(frozen=True)
class LogCount:
    """coefficient·ln n / ln base, and nothing below coefficient where it is clipped.

    Parameters
    ----------
    base : int or None
        The number of tokens at which the quotient is 1; None is ln n itself.
    counted : {"position", "keys"} or int
        n is p_i + 1, or the number of keys, or that number.
    coefficient : float
    clip : bool
        Whether the quotient is at least 1.
    """

    base: int | None
    counted: Literal["position", "keys"] | int = "position"
    coefficient: float = 1.0
    clip: bool = True

    def __post_init__(self) -> None:
        if self.base is not None:
            rules.whole(self, "base", 2)
        if type(self.counted) is int:
            rules.whole(self, "counted", 1)
        else:
            known = isinstance(self.counted, str) and self.counted in ("position", "keys")
            require(known, "counted must be 'position', 'keys' or an int", self.counted)
        rules.real(self, "coefficient")
        rules.greater(self, "coefficient", 0)
        rules.flag(self, "clip")


Temperature = LogFloor | LogCount
