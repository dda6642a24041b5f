"""The digits of positions, to which the angles of RoPE are likened."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.positions import as_positions
from refpos.spec.precise import Floats
from refpos.variants.radix import Radix


def digits(positions: npt.ArrayLike, variant: Radix) -> Floats:
    r"""Return the digits of positions, the lowest first, and none for what lies beyond the last.

    d_m = ⌊p/(β_1 ⋯ β_(m−1))⌋ mod β_m

    In one base β that is ⌊p/β^(m−1)⌋ mod β. The angles of RoPE are p/β^(m−1), β = base^(2/d): the same with neither
    floor nor remainder. `Linear` divides p, `NTK` makes every base greater by one ratio, `MixedRadix` each by its own:
    as many digits reach further.

    Parameters
    ----------
    positions : (..., n)
        Whole numbers, from 0 to 2^53.
    variant : Radix

    Returns
    -------
    (..., n, M) float64
        Whole numbers, digit m below β_m.

    Raises
    ------
    SpecError
        If a position is no such number.

    References
    ----------
    Su Jianlin, kexue.fm/archives/9675 (one base) and 9706 (a base for each digit).

    Deviations
    ----------
    9675 says that only the floor makes a difference. Digit m comes round at p = β^m, and cos(p/β^(m−1)) at 2πβ^(m−1):
    they are one for β = 2π alone, and digits are not RoPE but what it is likened to. It writes the highest digit first.

    Examples
    --------
    >>> digits([1749], Radix((16,) * 3))
    array([[ 5., 13.,  6.]])
    >>> digits([1749], Radix((10, 10, 20)))
    array([[ 9.,  4., 17.]])
    """
    require(isinstance(variant, Radix), "variant must be Radix", variant)
    p = as_positions(positions, 1)[..., 0]
    wrong = (p < 0) | (p != np.floor(p)) | (p > 2**53)
    require(not wrong.any(), "positions must be whole numbers from 0 to 2^53", p[wrong][:1])
    rest, found = p.astype(np.int64), []
    for base in variant.bases:
        rest, digit = np.divmod(rest, base)
        found.append(digit)
    return np.stack(found, axis=-1).astype(np.float64)
