"""Tables that are made and then standardised: less their mean, over so many standard deviations."""

from typing import assert_never

import numpy as np

from refpos.errors import require
from refpos.spec.precise import Decimals, Floats, decimal, decimals, digits, powers, rounded
from refpos.spec.sinusoidal import embed
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Ramp, Standardised


def tabulate(variant: Standardised) -> Floats:
    r"""Return the rows that are added to the features of tokens, from position 0 on.

    e_p = (T[p] − μ)/(deviations · σ),  μ = Σ T/N,  σ² = Σ (T − μ)²/(N − 1)

    over all N entries of T, which are sines and cosines or a ramp.

    Parameters
    ----------
    variant : Standardised

    Returns
    -------
    (rows, width) float64

    Raises
    ------
    SpecError
        If the variant is none of these.

    References
    ----------
    yuqinie98/PatchTST, `PatchTST_supervised/layers/PatchTST_layers.py`, `positional_encoding`.

    Deviations
    ----------
    The paper's table is learned; the code may begin with this one, or keep it. Its ramps run from −1 to 1, which
    standardising takes out again. For those along features too it looks for an exponent, in at most 100 steps of
    1/1000, until the mean is 0 to 1/1000: from 1 the steps do not suffice.

    Examples
    --------
    >>> tabulate(Standardised(3, Ramp(1, 1.0)))
    array([[-1.],
           [ 0.],
           [ 1.]])
    """
    require(isinstance(variant, Standardised), "variant must be Standardised", variant)
    made = content(variant)
    return np.asarray((made - made.mean()) / (variant.deviations * made.std(ddof=1)))


def content(variant: Standardised) -> Floats:
    """Return T, the table before it is standardised."""
    match variant.content:
        case Sinusoidal():
            return embed(range(variant.rows), variant.content)
        case Ramp(width=width, exponent=exponent):
            with digits():
                down, across = (_ramp(n, exponent) for n in (variant.rows, width))
                return rounded(np.outer(down, across))
        case _:
            assert_never(variant.content)


def _ramp(n: int, exponent: float) -> Decimals:
    """Return (i/(n − 1))^x, 1 where there is but one."""
    if n == 1:
        return decimals([1])
    x = decimal(exponent)
    return np.concatenate([decimals([0]), powers(range(1, n), [x] * (n - 1)) / powers([n - 1], [x])])
