"""Attention: where positions meet queries, keys and values."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from refpos.errors import require
from refpos.variants import bias as biases
from refpos.variants import frequencies, rules
from refpos.variants.bias import Bias
from refpos.variants.relative import Contextual, Decomposed, Relative
from refpos.variants.rotary import Rotary, check_side
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor, Temperature
from refpos.variants.window import Shapes

TURNED = ("query", "key", "value", "output")
Turned = Literal["query", "key", "value", "output"]


@dataclass(frozen=True)
class ReRope:
    """Distances that go on at another pace beyond a window: two pairs of angles, and the nearer keys take the first.

    ρ(D) = D where D < w, else w + (D − w)/k;  D = p_i − p_j

    Parameters
    ----------
    window : float
        w.
    factor : float or None
        k. None is infinite, ρ(D) = min(D, w); above 1 it leaks; below 1 it is the inverse, with which a model is
        trained so that plain RoPE does later.
    """

    window: float
    factor: float | None = None

    def __post_init__(self) -> None:
        fields = ("window",) if self.factor is None else ("window", "factor")
        for field in fields:
            rules.real(self, field)
            rules.greater(self, field, 0)


@dataclass(frozen=True)
class Local:
    """Keys are seen less than so far from the query, to both sides: |p_i − p_j| < width."""

    width: int

    def __post_init__(self) -> None:
        rules.whole(self, "width", 1)


@dataclass(frozen=True)
class Chunks:
    """Keys are seen in the query's own chunk: ⌊p_i/length⌋ = ⌊p_j/length⌋."""

    length: int

    def __post_init__(self) -> None:
        rules.whole(self, "length", 1)


@dataclass(frozen=True)
class RmsNorm:
    """Queries and keys divided by √(mean of their squares + epsilon)."""

    epsilon: float = 0.0

    def __post_init__(self) -> None:
        rules.real(self, "epsilon")
        require(self.epsilon >= 0, "epsilon must not be negative", self.epsilon)


@dataclass(frozen=True)
class Attention:
    """Inner products of queries and keys, turned, normalised, scaled and biased.

    s τ_i q̂_i·k̂_j + b_ij,  or s (τ_i q̂_i·k̂_j + b_ij) where the bias is scaled too

    Parameters
    ----------
    rotary : Rotary or None
    bias : Alibi, T5Buckets, SwinWindow, SwinContinuous, Kerple, Sandwich, Fire or None
    scale : InverseRoot, float or None
        s; None is 1/√d.
    bias_scaled : bool
    temperature : LogFloor, LogCount or None
        τ.
    normalise : RmsNorm, {"key", "cosine"} or None
        What is divided by its length after it is turned: keys; or queries and keys.
    rotate : tuple of {"query", "key", "value", "output"}
        What is turned; outputs are turned back.
    rectify : ReRope or None
    reach : Local, Chunks or None
        Keys beyond it have the logit −∞. Whether keys after the query are seen is for a mask to say.
    """

    rotary: Rotary | None = None
    bias: Bias | None = None
    scale: InverseRoot | float | None = None
    bias_scaled: bool = False
    temperature: Temperature | None = None
    normalise: RmsNorm | Literal["key", "cosine"] | None = None
    rotate: tuple[Turned, ...] = ("query", "key")
    rectify: ReRope | None = None
    reach: Local | Chunks | None = None

    def __post_init__(self) -> None:
        self._check_parts()
        self._check_turned()
        axes = {_axes(one) for one in (self.rotary, self.bias) if one is not None}
        require(len(axes) < 2, "rotary and bias must have as many axes", axes)
        along = [one for one in (self.temperature, self.rectify, self.reach) if one is not None]
        require(axes <= {1} or not along, "temperature, rectify and reach must have one axis", (*along, self.rotary))

    def _check_parts(self) -> None:
        require(self.rotary is None or isinstance(self.rotary, Rotary), "rotary must be Rotary or None", self.rotary)
        require(self.bias is None or isinstance(self.bias, Bias), "bias must be a bias or None", self.bias)
        require(not getattr(self.bias, "cls", False), "bias must have no class token, which has no position", self.bias)
        if self.scale is not None and not isinstance(self.scale, InverseRoot):
            rules.real(self, "scale")
            rules.greater(self, "scale", 0)
        rules.flag(self, "bias_scaled")
        require(not self.bias_scaled or self.bias is not None, "bias_scaled must have a bias", self.bias)
        for field, kinds, names in (
            ("temperature", (LogFloor, LogCount), "LogFloor, LogCount"),
            ("rectify", (ReRope,), "ReRope"),
            ("reach", (Local, Chunks), "Local, Chunks"),
        ):
            value = getattr(self, field)
            require(value is None or isinstance(value, kinds), f"{field} must be {names} or None", value)
        if not isinstance(self.normalise, RmsNorm):
            rules.one_of(self, "normalise", (None, "key", "cosine"))

    def _check_turned(self) -> None:
        known = isinstance(self.rotate, tuple) and all(isinstance(one, str) for one in self.rotate)
        ordered = known and self.rotate == tuple(one for one in TURNED if one in self.rotate)
        require(ordered and self.rotate, f"rotate must be some of {', '.join(TURNED)}, in this order", self.rotate)
        if self.rotary is not None and {"value", "output"} & set(self.rotate):
            check_side(self.rotary, "output")
        if self.rectify is not None:
            fits = self.rotary is not None and self.rotate == ("query", "key")
            require(fits, "rectify must have a rotary, of queries and keys alone", self.rotate)
            assert self.rotary is not None
            require(self.rotary.growth is None, "rectify must have a rotary without growth", self.rotary.growth)

    @property
    def learned(self) -> Shapes:
        """What the rotary and the bias learn."""
        rotary = {} if self.rotary is None else frequencies.learned_shapes(self.rotary.frequencies)
        return {**rotary, **({} if self.bias is None else self.bias.learned)}


@dataclass(frozen=True)
class LinearAttention:
    """Attention without softmax, whose weights are inner products of what a function makes of queries and keys.

    elu      w_ij = (R_i φ(q_i))·(R_j φ(k_j)) over Σ_j φ(q_i)·φ(k_j),  φ(x) = 1 + elu(x)
    cosine   w_ij = 1 + cos(R_i q_i, R_j k_j) over Σ_j w_ij

    Parameters
    ----------
    rotary : Rotary or None
    kernel : {"elu", "cosine"}
        Turned rows of elu can have a product below 0, so that they are left out of the divisor.
    """

    rotary: Rotary | None = None
    kernel: Literal["elu", "cosine"] = "elu"

    def __post_init__(self) -> None:
        require(self.rotary is None or isinstance(self.rotary, Rotary), "rotary must be Rotary or None", self.rotary)
        rules.one_of(self, "kernel", ("elu", "cosine"))

    @property
    def learned(self) -> Shapes:
        """What the rotary learns."""
        return {} if self.rotary is None else frequencies.learned_shapes(self.rotary.frequencies)


@dataclass(frozen=True)
class Fope:
    """Fourier series in place of waves: pairs of features are multiplied by learned sums of cosines and of sines.

    y_a = x_a C_d − x_b S_d,  y_b = x_b C_d + x_a S_d,  C_d = Σ_D cos(p ω_D) c_hDd,  S_d = Σ_D sin(p ω_D) s_hDd

    (a, b) = (d, d + width/2), ω_D = base^(−2D/width), D and d below kept. The other pairs pass through. With matrices
    that are not the identity this is no rotation, and logits know where their query stands.

    Parameters
    ----------
    heads : int
    width : int
    kept : int
        How many frequencies there are: those that come round within the length of training.
    base : float
    """

    heads: int
    width: int
    kept: int
    base: float = 10_000.0

    def __post_init__(self) -> None:
        for field in ("heads", "width", "kept"):
            rules.whole(self, field, 1)
        require(self.width % 2 == 0, "width must be even", self.width)
        require(2 * self.kept <= self.width, f"kept must be at most {self.width // 2}", self.kept)
        rules.real(self, "base")
        rules.greater(self, "base", 1)

    @property
    def learned(self) -> Shapes:
        """C and s, a matrix for each head: (inputs, outputs)."""
        return {"cos": (self.heads, self.kept, self.kept), "sin": (self.heads, self.kept, self.kept)}

    @property
    def exponents(self) -> tuple[Fraction, ...]:
        """The e of each frequency base^−e."""
        return tuple(Fraction(2 * one, self.width) for one in range(self.kept))


AnyAttention: TypeAlias = Attention | LinearAttention | Fope | Relative | Contextual


@dataclass(frozen=True)
class Layers:
    """What the layers of a model attend with, repeated from the first on; None is attention without positions.

    Parameters
    ----------
    attentions : tuple of attentions or None
    """

    attentions: tuple[AnyAttention | None, ...]

    def __post_init__(self) -> None:
        given = self.attentions
        fine = isinstance(given, tuple) and all(one is None or isinstance(one, AnyAttention) for one in given)
        require(fine and given, "attentions must be a tuple of attentions or None, at least one", given)

    def layer(self, number: int) -> AnyAttention:
        """Return the attention of a layer, counted from 0.

        Examples
        --------
        >>> Layers((Attention(scale=1.0), None)).layer(3) == Attention()
        True
        """
        require(type(number) is int and number >= 0, "layers must be counted from 0", number)
        return self.attentions[number % len(self.attentions)] or Attention()


def axis_count(one: AnyAttention) -> int:
    """Return how many coordinates a position has.

    Examples
    --------
    >>> axis_count(Attention())
    1
    """
    match one:
        case Attention(rotary=rotary, bias=bias):
            return max((_axes(part) for part in (rotary, bias) if part is not None), default=1)
        case LinearAttention(rotary=rotary):
            return 1 if rotary is None else _axes(rotary)
        case _:
            return 2 if isinstance(one, Decomposed) else 1


def _axes(part: Rotary | Bias) -> int:
    return frequencies.axis_count(part.frequencies) if isinstance(part, Rotary) else biases.axis_count(part)
