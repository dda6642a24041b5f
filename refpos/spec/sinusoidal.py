"""Sinusoidal encodings: write the sine and cosine of the angles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from refpos.errors import require
from refpos.spec.frequencies import Learned, omega, turned
from refpos.spec.precise import Floats
from refpos.spec.tables import blocks, into, tokens
from refpos.variants.frequencies import axis_count
from refpos.variants.planes import feature_places, width
from refpos.variants.sinusoidal import Sinusoidal


def embed(
    positions: npt.ArrayLike, variant: Sinusoidal, *, learned: Learned | None = None, out: Floats | None = None
) -> Floats:
    r"""Return the rows that are added to the features of tokens.

    PE(p, 2k) = sin φ_k,  PE(p, 2k + 1) = cos φ_k

    in the order "interleaved", the cosine first in "interleaved-cos"; otherwise sin φ_0 ... sin φ_{K−1},
    cos φ_0 ... cos φ_{K−1} of each block of planes, or the cosines first.

    Parameters
    ----------
    positions : (..., n) where there is one axis, else (..., n, A)
    variant : Sinusoidal
    learned : mapping, optional
        As for `omega`.
    out : array of the shape and dtype of the result, optional
        As for `angles`: rows are made in blocks.

    Returns
    -------
    (..., prefix + n, width) float64

    Raises
    ------
    SpecError
        As for `angles`.

    References
    ----------
    Attention Is All You Need, arXiv:1706.03762v7, §3.5.

    Deviations
    ----------
    The paper says that wavelengths run from 2π to 10000·2π; with its formula the longest is 2π·10000^(1 − 2/d).
    A post (Kazemnejad's) writes ω_1 ... ω_{d/2} with exponents −2k/d, which leaves out ω_0 = 1, and says that inner
    products fall with the distance; over 128 features they first rise at 12. Another (kexue.fm/archives/8231) lets them
    tend to zero: so does the integral over all waves; the sum over d/2 of them comes back to d/2 again and again.

    Examples
    --------
    >>> from refpos import Frequencies
    >>> embed([0, 1], Sinusoidal(Frequencies((0, 0), base=100.0)))
    array([[0.        , 1.        , 0.        , 1.        ],
           [0.84147098, 0.54030231, 0.09983342, 0.99500417]])
    """
    require(isinstance(variant, Sinusoidal), "variant must be Sinusoidal", variant)
    per_step = omega(variant.frequencies, learned=learned)
    *lead, n = tokens(positions, axis_count(variant.frequencies))
    shape = (*lead, *per_step.shape[:-2], variant.prefix + n, width(variant))
    rows = into(out, shape, np.float64, positions)
    rows[..., : variant.prefix, :] = 0
    for place, p in blocks(positions, per_step):
        _write(turned(p, per_step, positions), variant, rows[..., variant.prefix :, :][place])
    return rows


def write(phi: Floats, variant: Sinusoidal) -> Floats:
    """Return the rows of a variant, given its angles: what `turn` is to `rotate`."""
    *lead, n, _ = phi.shape
    rows = np.zeros((*lead, variant.prefix + n, width(variant)))
    _write(phi, variant, rows[..., variant.prefix :, :])
    return rows


def _write(phi: Floats, variant: Sinusoidal, out: Floats) -> None:
    """Write the sines and cosines of angles where the variant has them, and zeros beside them."""
    sines, cosines, columns = _places(variant)
    if out.shape[-1] > 2 * phi.shape[-1]:
        out[...] = 0
    out[..., sines] = variant.scale * np.sin(phi[..., columns])
    out[..., cosines] = variant.scale * np.cos(phi[..., columns])


@lru_cache(maxsize=256)
def _places(variant: Sinusoidal) -> list[slice | npt.NDArray[np.intp]]:
    """Return the features that hold the sines, those that hold the cosines, and the plane of each."""
    return [_strided(one) for one in feature_places(variant)]


def _strided(numbers: Sequence[int]) -> slice | npt.NDArray[np.intp]:
    """Return numbers as a slice where they go on by one step: what a slice takes is not copied."""
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
    found = slice(numbers[0], numbers[-1] + 1, step)
    fits = step > 0 and list(numbers) == list(range(found.start, found.stop, step))
    return found if fits else np.array(numbers)
