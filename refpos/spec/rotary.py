"""Rotary encodings: turn pairs of features by the angles of their planes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.errors import SpecError, require
from refpos.spec.frequencies import Learned, omega, turned
from refpos.spec.places import check_places, one_place
from refpos.spec.planned import FEATURES, check_features, compute_dtype, plan, turn_blocks
from refpos.spec.positions import as_array, as_positions, named
from refpos.spec.precise import Floats, decimals, digits, ln, rounded
from refpos.spec.scaling import magnitude
from refpos.spec.tables import blocks, pair_into, tokens
from refpos.spec.turning import Neighbours, runs
from refpos.variants.frequencies import axis_count, head_count, plane_count
from refpos.variants.planes import width
from refpos.variants.rotary import Rotary, Side, XPos, check_side

Array = npt.NDArray[Any]


def rotate(
    x: npt.ArrayLike,
    positions: npt.ArrayLike,
    variant: Rotary,
    *,
    side: Side = "query",
    learned: Learned | None = None,
    out: Array | None = None,
) -> Array:
    r"""Rotate queries or keys by their positions.

    y_c = x_a cos φ_k − x_b sin φ_k
    y_d = x_b cos φ_k + x_a sin φ_k

    where plane k reads features (a, b) and writes (c, d), and φ_k is its angle; cosine and sine carry the
    magnitude. Features outside the planes pass through.

    Parameters
    ----------
    x : (*lead, n, d) float16, float32 or float64
        Where heads differ the last of lead is the heads. Not written, unless it is `out`.
    positions : (*lead', n) where there is one axis, else (*lead', n, A)
        lead' is a prefix of lead: (batch, n) serves (batch, heads, n, d). Nothing else broadcasts.
    variant : Rotary
    side : {"query", "key", "output"}
        Keys grow where queries shrink; outputs are turned back.
    learned : mapping, optional
        As for `omega`.
    out : array of the shape and dtype of x, optional
        Where the result is written.

    Returns
    -------
    (*lead, n, d), of the dtype of x
        Tables are made in float64 and rounded once to the compute dtype, which is that of x, or float32 for
        float16; the result is rounded once to the dtype of x.

    Raises
    ------
    SpecError
        If x is narrower than the variant, a shape or dtype does not fit, positions are not finite numbers, or the
        variant depends on the length.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eqs. 13-15 and 34.

    Deviations
    ----------
    Su's post on two dimensions (kexue.fm/archives/8397) says that positions can be read off R: only modulo 2π/ω. It
    rules out one plane for two coordinates, which is right for real ones; one plane of RoPE-Mixed tells all cells of
    a grid apart. Another post (9403) writes the powers of O_+ I_− as I_−^n O_+^n, for which the two must commute.

    Examples
    --------
    >>> import numpy as np
    >>> from refpos import Frequencies, Rotary
    >>> rotate(np.array([[1.0, 0.0], [1.0, 0.0]]), [0, 1], Rotary(Frequencies((0,))))
    array([[1.        , 0.        ],
           [0.54030231, 0.84147098]])
    """
    require(isinstance(variant, Rotary), "variant must be Rotary", variant)
    features = as_array(x, FEATURES)
    check_features(features.shape, features.dtype)
    _check_positions(features, positions, variant)
    dtype = compute_dtype(features.dtype)
    cos, sin = cos_sin(positions, variant, dtype, side=side, learned=learned)
    return turn(features, cos, sin, variant, out=out)


def cos_sin(
    positions: npt.ArrayLike,
    variant: Rotary,
    dtype: npt.DTypeLike = np.float64,
    *,
    side: Side = "query",
    learned: Learned | None = None,
    out: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    r"""Return the table of cosines and sines: what models cache.

    g cos φ_nk  and  ±g sin φ_nk,  g the attention factor times ζ_k^(±(p_n − centre)/scale_base) where there is growth

    Parameters
    ----------
    positions : (..., n) where there is one axis, else (..., n, A)
    variant : Rotary
    dtype : float32 or float64
        To which the float64 table is rounded, once.
    side : {"query", "key", "output"}
        Which of the three is to be turned.
    learned : mapping, optional
        As for `omega`.
    out : two arrays of the shape and dtype of the result, optional
        As for `angles`: tables are made in blocks, beside which hardly anything is held.

    Returns
    -------
    two (..., n, K) arrays of that dtype, or (..., heads, n, K) where heads differ
        New ones are the real and the imaginary parts of one array where features pair with their neighbours: `turn`
        multiplies by it. Either keeps both.

    Raises
    ------
    SpecError
        As for `angles`, if the dtype is neither float32 nor float64, or the variant has no such side.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 34; growth: microsoft/torchscale, `xpos_relative_position.py`.

    Deviations
    ----------
    The magnitude multiplies the float64 cosine before the one rounding; implementations round between the two.

    Examples
    --------
    >>> from refpos import Frequencies, Rotary
    >>> cos_sin([0, 1], Rotary(Frequencies((0,)), attention_factor=2.0))[0]
    array([[2.        ],
           [1.08060461]])
    """
    require(isinstance(variant, Rotary), "variant must be Rotary", variant)
    kind = _table_dtype(dtype)
    check_side(variant, side)
    per_step = omega(variant.frequencies, learned=learned)
    *lead, n = tokens(positions, axis_count(variant.frequencies))
    shape = (*lead, *per_step.shape[:-2], n, per_step.shape[-1])
    neighbours = all(isinstance(run, Neighbours) for run in runs(variant, width(variant), True)[0])
    cos, sin = pair_into(out, shape, kind, positions, joined=neighbours)
    sense = variant.sign if side != "output" else -variant.sign
    for place, p in blocks(positions, per_step):
        phi, g = turned(p, per_step, positions), _grown(p, variant, side)
        with np.errstate(over="ignore", invalid="ignore"):
            cos[place], sin[place] = g * np.cos(phi), sense * g * np.sin(phi)
        finite = np.isfinite(cos[place]).all() and np.isfinite(sin[place]).all()
        require(finite, f"cosines and sines must be finite in {named(kind)}", positions)
    return cos, sin


def _grown(p: Floats, variant: Rotary, side: Side) -> float | Floats:
    """Return the magnitude, times the growth at each position where there is one."""
    g = magnitude(variant.attention_factor)
    if variant.growth is None:
        return g
    logs = growth_logs(p[..., 0], variant.growth, plane_count(variant.frequencies))
    logs = logs if head_count(variant.frequencies) is None else logs[..., None, :, :]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(g * np.exp(logs if side == "query" else -logs))


def turn(x: npt.ArrayLike, cos: Array, sin: Array, variant: Rotary, *, out: Array | None = None) -> Array:
    r"""Turn pairs of features, given the cosines and sines: `rotate` after `cos_sin`.

    y_c = x_a cos_k − x_b sin_k
    y_d = x_b cos_k + x_a sin_k

    Parameters
    ----------
    x : (*lead, n, d) float16, float32 or float64
    cos, sin : (*lead', n, K), or (*lead', heads, n, K) where heads differ
        float64 where x is, else float32; lead' a prefix of lead.
    variant : Rotary
        Whose planes are turned; its frequencies are not looked at.
    out : array of the shape and dtype of x, optional
        Where the result is written; it may be x, and shares no memory with cos and sin.

    Returns
    -------
    (*lead, n, d), of the dtype of x

    Raises
    ------
    SpecError
        If a shape or dtype does not fit, or x is narrower than the variant.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 34.

    Examples
    --------
    >>> import numpy as np
    >>> from refpos import Frequencies, Rotary
    >>> turn(np.array([[3.0, 4.0]]), np.array([[0.0]]), np.array([[1.0]]), Rotary(Frequencies((0,))))
    array([[-4.,  3.]])
    """
    if not isinstance(variant, Rotary):
        require(False, "variant must be Rotary", variant)
    if not type(x) is type(cos) is type(sin) is np.ndarray:
        x, cos, sin = as_array(x, FEATURES), _table("cos", cos), _table("sin", sin)
    found = plan(variant, x.shape, x.dtype, (cos.shape, cos.dtype), (sin.shape, sin.dtype))
    if out is None:
        out = np.empty(x.shape, x.dtype)
    else:
        _check_out(x, out, cos, sin)
    turn_blocks(x, cos, sin, found, np.asarray(out))
    return out


def growth_logs(positions: npt.ArrayLike, growth: XPos, count: int) -> Floats:
    """Return ln of what queries grow by at every position and plane, (p − centre)/scale_base · ln ζ_k."""
    with digits():
        zeta = (5 * decimals(range(count)) / count + 2) / 7
        logs = rounded(np.array([*map(ln, zeta)], dtype=object))
    return (as_positions(positions, 1) - growth.centre) / growth.scale_base * logs


def _table(name: str, table: Array) -> Array:
    if not isinstance(table, np.ndarray) or isinstance(table, np.ma.MaskedArray):
        require(False, f"{name} must be an array", type(table).__name__)
    return np.asarray(table)


def _table_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Return float32 or float64; other names are refused alike, known to NumPy or not."""
    rule = "the dtype of a table must be float32 or float64"
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):
        raise SpecError(f"{rule}; got {dtype}") from None
    require(dtype is not None and kind in (np.float32, np.float64), rule, named(kind))
    return kind


def _check_positions(x: Array, positions: npt.ArrayLike, variant: Rotary) -> None:
    tokens = as_positions(positions, axis_count(variant.frequencies)).shape[:-1]
    *lead, n, _ = x.shape
    own = tuple(lead if head_count(variant.frequencies) is None else lead[:-1])
    fits = tokens[-1] == n and tokens[:-1] == own[: len(tokens) - 1]
    require(fits, f"positions must be those of {n} tokens, their lead a prefix of that of x, {own}", tokens)


def _check_out(x: Array, out: Array, cos: Array, sin: Array) -> None:
    check_places(out)
    if out is not x and (out.shape != x.shape or out.dtype != x.dtype):
        rule = f"out must be {named(x.dtype)} of shape {x.shape}"
        require(False, rule, (named(out.dtype), out.shape))
    if out.flags.owndata and x.flags.owndata and cos.flags.owndata and sin.flags.owndata:
        return  # memory has one owner
    for table in (cos, sin):
        apart = not np.may_share_memory(out, table) or not np.shares_memory(out, table)
        require(apart, "out must share no memory with cos and sin", "overlapping arrays")
    apart = out is x or not np.may_share_memory(out, x) or one_place(out, x) or not np.shares_memory(out, x)
    require(apart, "out must be x itself or share no memory with it", "overlapping arrays")
