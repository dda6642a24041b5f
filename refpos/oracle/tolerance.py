r"""How far an honest implementation may be off, element by element, from an error model.

For a pair of features with magnitude r = g·hypot(x_a, x_b), and Θ = Σ_a |p_a ω_ak| the size of its angle,

    |error| <= r (γ_κ Θ + τ u_θ + γ_b) + ηF (2 + |x_a| + |x_b|)

with u, η and γ as in `refpos.oracle.roundoff`: u_θ is the unit roundoff of the angles, u that of the arithmetic.

Angle       |R(θ + δ) x − R(θ) x| = 2 |sin(δ/2)| |x| <= |δ| r, to all orders, and |δ| <= γ_κ Θ in terms of u_θ, where
            κ_k counts the roundings in frequency and product: `refpos.oracle.roundings`. A table made in float64 and
            rounded has the angles of float64, u_θ = 2^-53, by "power" or by "log": κ is that of "log", the larger.
b = 3       y_c = x_a c − x_b s has on each of its terms the roundings of table, product and sum, 1 each: off by at
            most γ_3 (|x_a c| + |x_b s|) <= γ_3 r, by Cauchy and c² + s² = 1. A magnitude g ≠ 1 is rounded and
            multiplied: b = 5. With FMA one product is not rounded: fewer. A sinusoid has the table alone: b = 1.
τ = 2       A library's cosine is within a unit in the last place, 2u of it: one u more than b counts, and the same
            Cauchy gives u r. The second u_θ pays for an absolute instead of a relative error near zeros, where some
            libraries have it, up to u/√2 for each function, and for products of two errors. Tables made in float64
            need no τ in fewer bits: what γ_b has beyond b roundings of first order is more.
η           The entry of the table and the product with it may each lose η: η|x_a| + η + η|x_b| + η in the sum, which is
            itself exact there.
F           A magnitude g ≠ 1, and growth, may multiply table, result or features: F = Π (1 + max(1, f)) over these
            factors f, and 1 without. What is off by e >= η leaves a product off by fe + η <= (1 + f)e, so for table and
            result. Features that are multiplied lose η each, √2 η when turned, beside the 2η of products: √2 + 2 <= 4.
            A growth is a power, and may itself have lost η: then |c|η more is in an entry that is off by η.
reference   The float64 values compared with are themselves off by 2^-53 r (4Θ + 8): frequency, product and up to two
            sums in the angle (A + 1 where there are more axes); functions, magnitude, products and sum after it.

Features may be of 16 bits and all arithmetic float32, `Recipe.tables`: one rounding to 16 bits follows, of what is off
by at most E already,

    |error| <= E + u (|y| + E) + η
"""

from dataclasses import dataclass
from typing import Any, Literal, Self, cast

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.oracle.names import DTYPES, IDIOMS, Idiom
from refpos.oracle.rounding import round_to
from refpos.oracle.roundings import kappa
from refpos.oracle.roundoff import LARGEST, UNIT_ROUNDOFF, gamma, once_more, underflow
from refpos.spec.frequencies import Learned, omega
from refpos.spec.positions import as_positions
from refpos.spec.precise import Floats
from refpos.spec.rotary import growth_logs, rotate
from refpos.spec.scaling import magnitude
from refpos.spec.sinusoidal import embed
from refpos.variants.frequencies import AnyFrequencies, axis_count, head_count
from refpos.variants.planes import feature_places, planes, width
from refpos.variants.rotary import Rotary, Side
from refpos.variants.sinusoidal import Sinusoidal

__all__ = ["DTYPES", "IDIOMS", "UNIT_ROUNDOFF", "Idiom", "Recipe", "bound", "kappa"]


@dataclass(frozen=True)
class Recipe:
    """How an implementation makes its numbers.

    Written dtype/idiom, dtype/idiom/float32-tables, and with /flushed after it.

    Parameters
    ----------
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Of the features, and, if nothing else is said, of the table and the arithmetic on them. Angles are made in
        float64 for float64, else in float32: no recipe allows for angles in 16 bits, though where they are small they
        hide in the rounding of 16-bit features.
    idiom : {"tables", "power", "log", "recurrence"}
        A table made in float64 and rounded once (in float64 itself, one made as by "power"); or frequencies as a power
        of the base (or its reciprocal), as the exponential of a multiple of its logarithm, or each from the last by a
        multiplication.
    tables : "float32" or None
        Where 16-bit features meet a float32 table in float32 arithmetic, and the result is rounded once.
    flushes : bool
        Whether subnormal numbers are taken for zeros, in results and in what is read, as XLA does on CPUs in all but
        float16.

    Examples
    --------
    >>> print(Recipe("bfloat16"), Recipe("bfloat16", "power", tables="float32"))
    bfloat16/log bfloat16/power/float32-tables
    """

    dtype: str
    idiom: Idiom = "log"
    tables: Literal["float32"] | None = None
    flushes: bool = False

    def __post_init__(self) -> None:
        require(self.dtype in UNIT_ROUNDOFF, f"dtype must be one of {', '.join(DTYPES)}", self.dtype)
        require(self.idiom in IDIOMS, f"recipe must be one of {', '.join(IDIOMS)}", self.idiom)
        wide = self.tables is None or (self.tables == "float32" and self.dtype in ("float16", "bfloat16"))
        require(wide, "tables must be None, or 'float32' where features are of 16 bits", self.tables)

    def __str__(self) -> str:
        return f"{self.dtype}/{self.idiom}" + "/float32-tables" * (self.tables is not None) + "/flushed" * self.flushes

    @classmethod
    def told(cls, dtype: str, words: str) -> Self:
        """Return the recipe that is written without its dtype.

        Examples
        --------
        >>> Recipe.told("float16", "log/float32-tables")
        Recipe(dtype='float16', idiom='log', tables='float32', flushes=False)
        """
        idiom, *rest = words.split("/") if isinstance(words, str) else [words]
        tables, flushes = "float32-tables" in rest, "flushed" in rest
        rule = "a recipe must be an idiom, or one with /float32-tables or /flushed or both after it"
        require(rest == ["float32-tables"] * tables + ["flushed"] * flushes, rule, words)
        return cls(dtype, cast(Idiom, idiom), tables="float32" if tables else None, flushes=flushes)

    @property
    def u(self) -> float:
        """The unit roundoff of the features, and of the arithmetic on them unless `tables` are wider."""
        return UNIT_ROUNDOFF[self.dtype]

    @property
    def u_angle(self) -> float:
        """The unit roundoff in which angles are made."""
        return UNIT_ROUNDOFF["float64"] if self.beyond else min(self.u, UNIT_ROUNDOFF["float32"])

    @property
    def beyond(self) -> bool:
        """Whether angles are made beyond the precision of the table."""
        return self.idiom == "tables" and self.dtype != "float64"

    @property
    def largest(self) -> float:
        """The largest power of two."""
        return LARGEST[self.dtype]

    @property
    def eta(self) -> float:
        """What is lost to underflow: half the smallest subnormal, or the smallest normal where those are flushed."""
        return underflow(self.dtype, flushes=self.flushes)


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
    if recipe.tables is not None:
        return _bound_once_rounded(variant, recipe, positions, x, side, learned)
    theta = _theta(positions, variant.frequencies, learned)
    idiom = "log" if recipe.beyond else recipe.idiom
    count = kappa(variant.frequencies, idiom) + _inexact_positions(positions, variant.frequencies)
    slack = 0.0 if recipe.beyond else 2.0
    of_reference = max(4, axis_count(variant.frequencies) + 1) * theta + 8
    relative = gamma(count, recipe.u_angle) * theta + recipe.u_angle * slack + 2.0**-53 * of_reference
    if isinstance(variant, Sinusoidal):
        return _bound_rows(variant, recipe, relative)
    require(x is not None, "x must be given for a rotary variant", x)
    relative, gain, lost = _grown(variant, recipe, relative, positions, side)
    return _bound_pairs(variant, gain * relative, recipe.eta * lost, np.asarray(x, dtype=np.float64))


def _bound_once_rounded(
    variant: Rotary | Sinusoidal,
    recipe: Recipe,
    positions: npt.ArrayLike,
    x: npt.ArrayLike | None,
    side: Side,
    learned: Learned | None,
) -> Floats:
    """Return the bound of float32 arithmetic, E, and of one rounding more: E + u(|y| + E) + η, 0 where E is 0."""
    inside = Recipe("float32", recipe.idiom, flushes=recipe.flushes)
    wide = bound(variant, inside, positions, x, side=side, learned=learned)
    if isinstance(variant, Sinusoidal):
        due = embed(positions, variant, learned=learned)
    else:
        due = rotate(np.asarray(x, dtype=np.float64), positions, variant, side=side, learned=learned)
    return np.where(wide > 0, once_more(due, wide, recipe.dtype, flushes=recipe.flushes), 0.0)


def _inexact_positions(positions: npt.ArrayLike, frequencies: AnyFrequencies) -> npt.NDArray[np.bool_]:
    """Return for each token whether float32 has to round its position, or may have to, from 2^24 on."""
    p = as_positions(positions, axis_count(frequencies))
    with np.errstate(over="ignore"):
        found = ((np.abs(p) >= 2**24) | (p != p.astype(np.float32))).any(axis=-1)[..., None]
    return np.asarray(found if head_count(frequencies) is None else found[..., None, :, :])


def _theta(positions: npt.ArrayLike, frequencies: AnyFrequencies, learned: Learned | None) -> Floats:
    """Return Θ = Σ_a |p_a ω_ak|, of the shape of the angles."""
    p = np.abs(as_positions(positions, axis_count(frequencies)))
    per_step = np.abs(omega(frequencies, learned=learned))
    if head_count(frequencies) is not None:
        p = p[..., None, :, :]
    return np.asarray(np.einsum("...na,...ak->...nk", p, per_step))


def _bound_rows(variant: Sinusoidal, recipe: Recipe, relative: Floats) -> Floats:
    """Return the bound of sines and cosines: b is 1 for the table, 1 for the scale, 1 where that has to be rounded."""
    roundings = 1 + (variant.scale != 1) + (round_to(variant.scale, recipe.dtype) != variant.scale)
    allowed = variant.scale * (relative + gamma(roundings, recipe.u)) + (1 + variant.scale) * recipe.eta
    *lead, n, _ = relative.shape
    sine, cosine, columns = feature_places(variant)
    found = np.zeros((*lead, variant.prefix + n, width(variant)))
    for places in (sine, cosine):
        found[..., variant.prefix :, places] = allowed[..., columns]
    return found


def _grown(
    variant: Rotary, recipe: Recipe, relative: Floats, positions: npt.ArrayLike, side: Side
) -> tuple[Floats, Any, Floats]:
    """Return the relative error with all roundings, the magnitude that multiplies it, and F.

    Growth ζ^q, q = (p − centre)/scale_base and ζ = (2k + 0.4d)/(1.4d), is off by 3 + 6|q| + 2|q ln ζ| roundings:
    a power 2 and its reciprocal 1; those of ζ, which are multiplied by q, are in the numerator 0.4, its product and
    the sum, in the denominator 1.4 and its product, and the division; those of q, which are multiplied by ln ζ, the
    difference and the division. b is 2 more, for the rounding of the power and its product with the table.
    What it multiplies is no longer than r, so errors of angle and growth add, but for the second order that is in τ.
    """
    gain: Any = magnitude(variant.attention_factor)
    roundings = 3 + 2 * (gain != 1)
    lost = np.full(relative.shape, 1.0 if gain == 1 else 1 + max(1.0, gain))
    if variant.growth is not None:
        logs = growth_logs(positions, variant.growth, relative.shape[-1])
        power = np.abs(as_positions(positions, 1) - variant.growth.centre) / variant.growth.scale_base
        if head_count(variant.frequencies) is not None:
            logs, power = logs[..., None, :, :], power[..., None, :, :]
        off = (recipe.u_angle + 2.0**-52) * (3 + 6 * power + 2 * np.abs(logs))
        growth = np.exp(-logs if side == "key" else logs)
        gain, roundings, lost = gain * growth, roundings + 2, lost * (1 + np.maximum(1, growth))
        relative = relative + np.expm1(off)
    return relative + gamma(roundings, recipe.u), gain, lost


def _bound_pairs(variant: Rotary, relative: Floats, lost: Floats, x: Floats) -> Floats:
    """Return the bound of each element, given what errs in parts of r, and ηF, both (..., K)."""
    shape = planes(variant, x.shape[-1])
    (a, b), (c, d), (first, second) = (np.array(one).T for one in shape)
    heads = head_count(variant.frequencies) is not None
    lead = tuple(range(relative.ndim - 2 - heads, x.ndim - 2 - heads))
    allowed, tiny = np.expand_dims(relative, lead), np.expand_dims(lost, lead)
    size = np.abs(x[..., a]), np.abs(x[..., b])
    found = np.zeros(x.shape)
    for places, columns in ((c, first), (d, second)):
        found[..., places] = np.hypot(*size) * allowed[..., columns] + tiny[..., columns] * (2 + size[0] + size[1])
    return found
