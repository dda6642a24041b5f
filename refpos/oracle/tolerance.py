r"""How far an honest implementation may be off, element by element, from an error model.

For a pair of features with magnitude r = g·hypot(x_a, x_b), and Θ = Σ_a |p_a ω_ak| the size of its angle,

    |error| <= r (u_θ (κ_k Θ + τ) + γ_b) + 2η (1 + |x_a| + |x_b|)

because |R(θ + δ) x − R(θ) x| <= |δ| r. Angles are made with unit roundoff u_θ, and κ_k u_θ is their relative error,
which depends on how the frequency was made; τ is what a library's cosine and sine may be off beyond their rounding;
γ_b = bu/(1 − bu) are the b roundings that follow, in arithmetic of unit roundoff u; η is half the smallest subnormal.
A sinusoid is the same with r its scale. What the float64 reference itself may be off, 2^-53 r (4Θ + 8), is added.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.oracle.roundings import IDIOMS, Idiom, kappa
from refpos.spec.frequencies import Learned, omega
from refpos.spec.positions import as_positions
from refpos.spec.precise import Floats
from refpos.spec.rotary import growth_logs
from refpos.spec.scaling import magnitude
from refpos.variants.frequencies import AnyFrequencies, axis_count, head_count
from refpos.variants.planes import feature_places, planes, width
from refpos.variants.rotary import Rotary, Side
from refpos.variants.sinusoidal import Sinusoidal

UNIT_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
DTYPES = tuple(UNIT_ROUNDOFF)
LARGEST = {"float64": 2.0**1023, "float32": 2.0**127, "float16": 2.0**15, "bfloat16": 2.0**127}
SMALLEST = {"float64": 2.0**-1074, "float32": 2.0**-149, "float16": 2.0**-24, "bfloat16": 2.0**-133}


@dataclass(frozen=True)
class Recipe:
    """How an implementation makes its numbers.

    Parameters
    ----------
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the features, the table and the arithmetic on them. Angles are made in float64 for float64, else in
        float32: no recipe allows for angles in 16 bits, though where they are small they hide in the rounding of
        16-bit features.
    idiom : {"tables", "power", "log", "recurrence"}
        A table made in float64 and rounded once (in float64 itself, one made as by "power"); or frequencies as a power
        of the base (or its reciprocal), as the exponential of a multiple of its logarithm, or each from the last by a
        multiplication.
    """

    dtype: str
    idiom: Idiom = "log"

    def __post_init__(self) -> None:
        require(self.dtype in UNIT_ROUNDOFF, f"dtype must be one of {', '.join(DTYPES)}", self.dtype)
        require(self.idiom in IDIOMS, f"recipe must be one of {', '.join(IDIOMS)}", self.idiom)

    def __str__(self) -> str:
        return f"{self.dtype}/{self.idiom}"

    @property
    def u(self) -> float:
        """The unit roundoff of the arithmetic on features."""
        return UNIT_ROUNDOFF[self.dtype]

    @property
    def u_angle(self) -> float:
        """The unit roundoff in which angles are made; 0 where they are made beyond the working precision."""
        beyond = self.idiom == "tables" and self.dtype != "float64"
        return 0.0 if beyond else min(self.u, UNIT_ROUNDOFF["float32"])

    @property
    def largest(self) -> float:
        """The largest power of two."""
        return LARGEST[self.dtype]

    @property
    def eta(self) -> float:
        """Half the smallest subnormal."""
        return SMALLEST[self.dtype] / 2


def bound(
    variant: Rotary | Sinusoidal,
    recipe: Recipe,
    positions: npt.ArrayLike,
    x: npt.ArrayLike | None = None,
    *,
    side: Side = "query",
    learned: Learned | None = None,
) -> Floats:
    """Return the largest error that the recipe allows, for every element of the result.

    Parameters
    ----------
    variant : Rotary or Sinusoidal
    recipe : Recipe
    positions : as for `rotate` or `embed`
    x : (*lead, n, d), for Rotary
        Whose lead, and heads, are those of the positions or broadcast from them as in `rotate`.
    side : {"query", "key", "output"}
        Keys grow where queries shrink.
    learned : mapping, optional
        As for `omega`.

    Returns
    -------
    float64, of the shape of the result
        0 where features pass through.
    """
    theta = _theta(positions, variant.frequencies, learned)
    angle = (kappa(variant.frequencies, recipe.idiom) + _inexact_positions(positions, variant.frequencies)) * theta
    slack = 2.0 if recipe.u_angle else 0.0
    relative = recipe.u_angle * (angle + slack) + 2.0**-53 * (4 * theta + 8)
    if isinstance(variant, Sinusoidal):
        return _bound_rows(variant, recipe, relative)
    require(x is not None, "x must be given for a rotary variant", x)
    relative, gain = _grown(variant, recipe, relative, positions, side)
    return _bound_pairs(variant, recipe, gain * relative, np.asarray(x, dtype=np.float64))


def _inexact_positions(positions: npt.ArrayLike, frequencies: AnyFrequencies) -> npt.NDArray[np.bool_]:
    """Return for each token whether float32 may have to round its position."""
    large = np.asarray((np.abs(as_positions(positions, axis_count(frequencies))) >= 2**24).any(axis=-1))[..., None]
    return large if head_count(frequencies) is None else large[..., None, :, :]


def _theta(positions: npt.ArrayLike, frequencies: AnyFrequencies, learned: Learned | None) -> Floats:
    """Return Θ = Σ_a |p_a ω_ak|, of the shape of the angles."""
    p = np.abs(as_positions(positions, axis_count(frequencies)))
    per_step = np.abs(omega(frequencies, learned=learned))
    if head_count(frequencies) is not None:
        p = p[..., None, :, :]
    return np.asarray(np.einsum("...na,...ak->...nk", p, per_step))


def _bound_rows(variant: Sinusoidal, recipe: Recipe, relative: Floats) -> Floats:
    roundings = 1 + (variant.scale != 1)
    allowed = variant.scale * (relative + _gamma(roundings, recipe.u)) + (1 + variant.scale) * recipe.eta
    *lead, n, _ = relative.shape
    sine, cosine, columns = feature_places(variant)
    found = np.zeros((*lead, variant.prefix + n, width(variant)))
    for places in (sine, cosine):
        found[..., variant.prefix :, places] = allowed[..., columns]
    return found


def _grown(
    variant: Rotary, recipe: Recipe, relative: Floats, positions: npt.ArrayLike, side: Side
) -> tuple[Floats, Any]:
    """Return the relative error with all roundings, and the magnitude that multiplies it.

    Growth ζ^q, q = (p − centre)/scale_base, is off by 3 + 6|q| + 2|q ln ζ| roundings: ζ's own three, twice, are
    multiplied by q; q's own by its logarithm.
    """
    gain: Any = magnitude(variant.attention_factor)
    roundings = 3 + 2 * (gain != 1)
    if variant.growth is not None:
        logs = growth_logs(positions, variant.growth, relative.shape[-1])
        power = np.abs(as_positions(positions, 1) - variant.growth.centre) / variant.growth.scale_base
        if head_count(variant.frequencies) is not None:
            logs, power = logs[..., None, :, :], power[..., None, :, :]
        off = (recipe.u_angle + 2.0**-52) * (3 + 6 * power + 2 * np.abs(logs))
        gain, roundings = gain * np.exp(-logs if side == "key" else logs), roundings + 2
        relative = relative + np.expm1(off)
    return relative + _gamma(roundings, recipe.u), gain


def _bound_pairs(variant: Rotary, recipe: Recipe, relative: Floats, x: Floats) -> Floats:
    shape = planes(variant, x.shape[-1])
    (a, b), (c, d), (first, second) = (np.array(one).T for one in shape)
    heads = head_count(variant.frequencies) is not None
    allowed = np.expand_dims(relative, tuple(range(relative.ndim - 2 - heads, x.ndim - 2 - heads)))
    size = np.abs(x[..., a]), np.abs(x[..., b])
    far, tiny = np.hypot(*size), 2 * recipe.eta * (1 + size[0] + size[1])
    found = np.zeros(x.shape)
    found[..., c] = far * allowed[..., first] + tiny
    found[..., d] = far * allowed[..., second] + tiny
    return found


def _gamma(roundings: Any, u: float) -> Any:
    """Return what a number of roundings, one after the other, amount to."""
    return roundings * u / (1 - roundings * u)
