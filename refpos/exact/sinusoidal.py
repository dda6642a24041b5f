"""Sinusoidal encodings, certified: write the sine and cosine of the angles."""

from collections.abc import Sequence
from fractions import Fraction

from refpos.errors import require
from refpos.exact.angles import Position, angle, circle, coordinates, reach
from refpos.exact.ball import Real
from refpos.exact.frequencies import Learned, turning
from refpos.exact.refined import refined
from refpos.exact.roots import Number, real, times
from refpos.exact.rotary import GUARD
from refpos.variants.frequencies import axis_count
from refpos.variants.planes import feature_places, width
from refpos.variants.sinusoidal import Sinusoidal


def embed(
    position: Position,
    variant: Sinusoidal,
    bits: int,
    *,
    learned: Learned | None = None,
    elements: Sequence[int] | None = None,
) -> tuple[Real, ...]:
    r"""Return the row that is added to the features of a token, to 2^−bits.

    PE(p, 2k) = c sin φ_k,  PE(p, 2k + 1) = c cos φ_k

    in the order "interleaved", otherwise as `refpos.variants.planes.feature_places` has it; c is the scale, and what is
    beyond the planes is zero, exactly. The rows of zeros of a prefix are no matter here. Fractions are exact; every
    ball has rad·2^−scale <= 2^−bits.

    Parameters
    ----------
    position : a number, or one for each of A > 1 axes
    variant : Sinusoidal
    bits : int
    learned : mapping, optional
        As for `refpos.exact.frequencies.omega`.
    elements : sequence of int, optional
        The features that are wanted, in their order; all of them where left out.

    Raises
    ------
    SpecError
        As for `refpos.exact.angles.angles`.

    References
    ----------
    Attention Is All You Need, arXiv:1706.03762v7, §3.5.

    Deviations
    ----------
    The paper says that wavelengths run from 2π to 10000·2π; with its formula the longest is 2π·10000^(1 − 2/d).

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> embed(0, Sinusoidal(Frequencies((0,)), width=3), 64)
    (Fraction(0, 1), Fraction(1, 1), Fraction(0, 1))
    """
    require(isinstance(variant, Sinusoidal), "variant must be Sinusoidal", variant)
    p = coordinates(position, axis_count(variant.frequencies))
    size = Fraction(variant.scale)
    wanted = range(width(variant)) if elements is None else elements
    needed = frozenset(wanted)

    def made(scale: int) -> tuple[Real, ...]:
        row: list[Number] = [Fraction(0)] * width(variant)
        planes = turning(variant.frequencies, scale, learned=learned)
        for sine, cosine, k in zip(*feature_places(variant), strict=True):
            if sine in needed or cosine in needed:
                found = circle(angle(p, planes[k], scale), scale)
                row[cosine], row[sine] = (times(size, one, scale) for one in found)
        return tuple(real(row[one], scale) for one in wanted)

    return refined(made, lambda found: found, bits, reach(p) + GUARD)
