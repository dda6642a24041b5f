"""Context extension: how a model trained at one length stretches its frequencies for a longer one.

A scaling turns the frequencies of a ladder, θ_k, into others, θ'_k = m_k θ_k; `refpos.spec.scaling` has the formulas.
"""

from dataclasses import dataclass

from refpos.errors import require
from refpos.variants import rules


@dataclass(frozen=True)
class Linear:
    """Position interpolation: every frequency divided by `factor` (one, or one per axis)."""

    factor: float | tuple[float, ...]

    def __post_init__(self) -> None:
        rules.real_or_tuple(self, "factor")
        rules.greater(self, "factor", 0)


@dataclass(frozen=True)
class NTK:
    """NTK-aware: the base grows so that the first rung stays and the last is divided by `factor`."""

    factor: float | tuple[float, ...]

    def __post_init__(self) -> None:
        rules.real_or_tuple(self, "factor")
        rules.greater(self, "factor", 0)


@dataclass(frozen=True)
class MixedRadix:
    """NTK as a mixed radix: the last rung is divided by `factor` s, the k-th of K by s^(((k + 1)/K)^exponent).

    `refpos.spec.radix.digits` has the digits of which these are the places.
    """

    factor: float | tuple[float, ...]
    exponent: float

    def __post_init__(self) -> None:
        rules.real_or_tuple(self, "factor")
        rules.greater(self, "factor", 0)
        rules.real(self, "exponent")
        require(0 <= self.exponent <= 1, "exponent must be from 0 to 1", self.exponent)


@dataclass(frozen=True)
class ByParts:
    """NTK by parts: a ramp over turns within `original` tokens, stretched below `low`, untouched above `high`."""

    factor: float
    original: int
    low: float
    high: float

    def __post_init__(self) -> None:
        rules.real(self, "factor")
        rules.greater(self, "factor", 0)
        rules.whole(self, "original", 1)
        rules.real(self, "low")
        rules.real(self, "high")
        require(self.low < self.high, "low must be less than high", (self.low, self.high))


@dataclass(frozen=True)
class ByIndex:
    """The YaRN code: a ramp over the plane's index, between the indices that make `fast` and `slow` turns."""

    factor: float
    original: int
    fast: float = 32.0
    slow: float = 1.0
    truncate: bool = True

    def __post_init__(self) -> None:
        rules.real(self, "factor")
        rules.greater(self, "factor", 0)
        rules.whole(self, "original", 1)
        for field in ("fast", "slow"):
            rules.real(self, field)
            rules.greater(self, field, 0)
        require(self.slow <= self.fast, "slow must not exceed fast", (self.slow, self.fast))
        rules.flag(self, "truncate")


@dataclass(frozen=True)
class PartNTK:
    """The YaRN code before YaRN: planes that make many turns stay, those that make few are divided, NTK between them.

    Parameters
    ----------
    factor : float
        s, by which slow planes are divided, and that of NTK.
    original : int
        Tokens within which turns are counted.
    fast : tuple of float
        From how many turns on a plane stays as it is, and from how few on nothing of it does.
    slow : tuple of float
        From how many turns on it is as NTK has it, and from how few on nothing of that is left.
    """

    factor: float
    original: int
    fast: tuple[float, float] = (16.0, 2.0)
    slow: tuple[float, float] = (1.25, 0.75)

    def __post_init__(self) -> None:
        rules.real(self, "factor")
        rules.greater(self, "factor", 0)
        rules.whole(self, "original", 1)
        for field in ("fast", "slow"):
            rules.reals(self, field)
            rules.greater(self, field, 0)
            turns = getattr(self, field)
            falling = len(turns) == 2 and turns[0] >= turns[1]
            require(falling, f"{field} must be two numbers of turns, the second not greater", turns)

    @property
    def ramps(self) -> tuple[ByIndex, ByIndex]:
        """The two ramps over the plane's index, fast and slow, each as that of `ByIndex`."""
        fast, slow = (ByIndex(self.factor, self.original, *turns) for turns in (self.fast, self.slow))
        return fast, slow


@dataclass(frozen=True)
class PerPlane:
    """Each frequency divided by a number of its own."""

    divisors: tuple[float, ...]

    def __post_init__(self) -> None:
        rules.reals(self, "divisors")
        rules.greater(self, "divisors", 0)


@dataclass(frozen=True)
class DynamicNTK:
    """NTK-aware with a factor that follows the length: nothing up to `original` tokens, then f·n/L − (f − 1)."""

    factor: float
    original: int

    def __post_init__(self) -> None:
        rules.real(self, "factor")
        require(self.factor >= 1, "factor must be at least 1", self.factor)
        rules.whole(self, "original", 1)


@dataclass(frozen=True)
class LongRope:
    """LongRoPE: one set of divisors for lengths up to `original`, another beyond."""

    short: tuple[float, ...]
    long: tuple[float, ...]
    original: int

    def __post_init__(self) -> None:
        for field in ("short", "long"):
            rules.reals(self, field)
            rules.greater(self, field, 0)
        require(
            len(self.short) == len(self.long),
            "short and long must have as many divisors as each other",
            (len(self.short), len(self.long)),
        )
        rules.whole(self, "original", 1)


Ramped = ByParts | ByIndex | PartNTK
"""The scalings that keep the planes of many turns, divide those of few, and blend between."""

OfLength = DynamicNTK | LongRope
"""The scalings that depend on the length of the sequence; `at_length` turns them into one of the others."""

Scaling = Linear | NTK | MixedRadix | Ramped | PerPlane | DynamicNTK | LongRope
