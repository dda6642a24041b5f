"""Biases: what the offset between two positions adds to the logits, head by head.

Whether a bias is added to q·k before or after it is scaled by 1/√d is not said here but where it is used.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from refpos.errors import require
from refpos.variants import rules
from refpos.variants.window import Shapes, SwinContinuous, SwinWindow, network


@dataclass(frozen=True)
class Alibi:
    """Linear biases: how far a key is from the query, or from a point that no query moves, times a slope for each head.

    −m_h ‖p_i − p_j‖, or m_h p_j, or m_h (p_j − max p), m_h = 2^(−maximum·k/n), k = 1 ... n

    n is the greatest power of 2 that is at most the heads; those beyond n take the slopes k = 1/2, 3/2, ... between.

    Parameters
    ----------
    heads : int
    axes : int
        Coordinates of a position; the distance is the Euclidean one.
    reference : {"query", "origin", "last-key"}
        Whence a key is measured: −m ‖p_i − p_j‖, or m p_j, or m (p_j − the greatest p_j). The last two differ by a
        number for each head, so that they are one after softmax. The first is the same only where no query attends to
        a key beyond it: there it differs by −m p_i.
    maximum : float
        The slope of the last head is 2^−maximum where the heads are a power of 2.
    """

    heads: int
    axes: int = 1
    reference: Literal["query", "origin", "last-key"] = "query"
    maximum: float = 8.0

    def __post_init__(self) -> None:
        for field in ("heads", "axes"):
            rules.whole(self, field, 1)
        rules.few("slopes", self.heads, "heads")
        rules.one_of(self, "reference", ("query", "origin", "last-key"))
        rules.real(self, "maximum")
        rules.greater(self, "maximum", 0)
        require(self.axes == 1 or self.reference == "query", "several axes must be measured from the query", self)

    @property
    def learned(self) -> Shapes:
        """Nothing."""
        return {}

    @property
    def steepness(self) -> tuple[Fraction, ...]:
        """The e_h of each head's slope 2^(−maximum·e_h).

        Examples
        --------
        >>> [str(e) for e in Alibi(3).steepness]
        ['1/2', '1', '1/4']
        """
        n = 1 << (self.heads.bit_length() - 1)
        return *(Fraction(k, n) for k in range(1, n + 1)), *(Fraction(2 * k + 1, 2 * n) for k in range(self.heads - n))


@dataclass(frozen=True)
class T5Buckets:
    """A learned number for each bucket of relative positions, key − query: small distances apart, large ones by ratio.

    T[ι, head],  ι = r below e,  else min(e + ⌊(n − e) ln(r/e)/ln(distance/e)⌋, n − 1);  r = |p_j − p_i|, or
    max(p_i − p_j, 0); n buckets a side, e = ⌊n/2⌋; n more for keys after the query.

    Parameters
    ----------
    heads : int
    buckets : int
        Rows of the table; the upper half is for keys after the query where it is bidirectional.
    distance : int
        From this distance on all keys of a side share the last bucket.
    bidirectional : bool
        Otherwise keys after the query share bucket 0 with the query's own.
    """

    heads: int
    buckets: int = 32
    distance: int = 128
    bidirectional: bool = True

    def __post_init__(self) -> None:
        rules.whole(self, "heads", 1)
        rules.flag(self, "bidirectional")
        rules.whole(self, "buckets", 4 if self.bidirectional else 2)
        require(self.buckets <= 2**16, "buckets must not exceed 65,536", self.buckets)
        require(not self.bidirectional or self.buckets % 2 == 0, "buckets of two sides must be even", self.buckets)
        rules.whole(self, "distance", self.near + 1)
        require(self.distance <= 2**53, "distance must not exceed 2^53", self.distance)

    @property
    def learned(self) -> Shapes:
        """The table, a row for each bucket."""
        return {"table": (self.buckets, self.heads)}

    @property
    def side(self) -> int:
        """How many buckets a side has."""
        return self.buckets // 2 if self.bidirectional else self.buckets

    @property
    def near(self) -> int:
        """How many distances have a bucket of their own: 0 ... near − 1."""
        return self.side // 2


@dataclass(frozen=True)
class Kerple:
    """A kernel of the distance with two learned numbers for each head.

    logarithmic   −r1 ln(1 + r2 |p_i − p_j|),  r1, r2 > 0
    power         −r1 |p_i − p_j|^r2,          r1 > 0, 0 < r2 <= 2

    Parameters
    ----------
    heads : int
    kernel : {"logarithmic", "power"}
    """

    heads: int
    kernel: Literal["logarithmic", "power"] = "logarithmic"

    def __post_init__(self) -> None:
        rules.whole(self, "heads", 1)
        rules.one_of(self, "kernel", ("logarithmic", "power"))

    @property
    def learned(self) -> Shapes:
        """r1 and r2, a number for each head."""
        return {"r1": (self.heads,), "r2": (self.heads,)}


@dataclass(frozen=True)
class Sandwich:
    """The inner product of two sinusoidal rows, less that of a row with itself, flatter from head to head.

    (Σ_i cos((p_i − p_j)/base^(2i/width)) − width/2) / (maximum·h/heads),  h = 1 ... heads

    Parameters
    ----------
    heads : int
    width : int
        Features of a row; half as many waves are added.
    base : float
    first : int
        The i of the first wave.
    maximum : float
        The divisor of the last head.
    """

    heads: int
    width: int
    base: float = 10_000.0
    first: int = 0
    maximum: float = 8.0

    def __post_init__(self) -> None:
        rules.whole(self, "heads", 1)
        rules.whole(self, "width", 2)
        require(self.width % 2 == 0, "width must be even", self.width)
        rules.whole(self, "first", 0)
        for field, least in (("base", 1), ("maximum", 0)):
            rules.real(self, field)
            rules.greater(self, field, least)

    @property
    def learned(self) -> Shapes:
        """Nothing."""
        return {}

    @property
    def exponents(self) -> tuple[Fraction, ...]:
        """The e of each wave's frequency base^−e."""
        return tuple(Fraction(2 * i, self.width) for i in range(self.first, self.first + self.width // 2))


@dataclass(frozen=True)
class Fire:
    """What a small network makes of the distance, as a fraction of the query's own position.

    f(ψ(|p_i − p_j|) / (ψ(max(p_i, L)) + epsilon)),  ψ(x) = ln(1 + c x)

    Parameters
    ----------
    heads : int
    hidden : int
        The width of the network: one hidden layer of ReLU.
    epsilon : float
        What the code adds to the divisor.
    """

    heads: int
    hidden: int = 32
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        for field in ("heads", "hidden"):
            rules.whole(self, field, 1)
        rules.real(self, "epsilon")
        require(self.epsilon >= 0, "epsilon must not be negative", self.epsilon)

    @property
    def learned(self) -> Shapes:
        """c, the threshold L, and the network f."""
        return {"c": (), "threshold": (), **network(1, self.hidden, self.heads, output_bias=True)}


Bias: TypeAlias = Alibi | T5Buckets | SwinWindow | SwinContinuous | Kerple | Sandwich | Fire
Indexed: TypeAlias = T5Buckets | SwinWindow | SwinContinuous
"""Biases that are looked up: each difference has an index."""


def axis_count(variant: Bias) -> int:
    """Return how many coordinates a position has."""
    if isinstance(variant, Alibi):
        return variant.axes
    return 2 if isinstance(variant, SwinWindow | SwinContinuous) else 1
