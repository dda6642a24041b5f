r"""How far features may be off after they are turned, where they were off before.

A pair that is off by (α, β) is turned into one off by at most g√(α² + β²) more, in each of its features, g the
magnitude. What is turned is longer by as much: the bound of the turn is that of |x| + α.
"""

from collections.abc import Mapping

import numpy as np

from refpos.errors import require
from refpos.oracle.tolerance import Recipe, bound
from refpos.spec.precise import Floats
from refpos.spec.rotary import rotate
from refpos.spec.scaling import magnitude
from refpos.variants.frequencies import learned_shapes
from refpos.variants.planes import planes
from refpos.variants.rotary import Rotary, Side

Vectors = tuple[Floats, Floats]
"""Features, and how far each may be off."""


def plain(x: Floats) -> Vectors:
    """Return features that are as they are given.

    Examples
    --------
    >>> plain(np.array([3.0]))[1]
    array([0.])
    """
    return x, np.zeros(x.shape)


def turned(
    x: Floats, off: Floats, p: Floats, rotary: Rotary | None, dtype: str, side: Side, learned: Mapping[str, Floats]
) -> Vectors:
    """Return turned features, and how far they may be off whose frequencies are powers or exponentials.

    Parameters
    ----------
    x, off : (..., n, d) float64
    p : (n,) or (n, A) float64
    rotary : Rotary or None
        None leaves features as they are. With growth features must not be off before.
    dtype : {"float64", "float32"}
        Of the arithmetic.
    side : {"query", "key", "output"}
    learned : mapping
    """
    if rotary is None:
        return x, off
    own = {name: learned[name] for name in learned_shapes(rotary.frequencies)} or None
    recipes = (Recipe(dtype, "power"), Recipe(dtype, "log"))
    sizes = np.abs(x) + off
    found = np.maximum(*(bound(rotary, one, p, sizes, side=side, learned=own) for one in recipes))
    return rotate(x, p, rotary, side=side, learned=own), found + _passed(off, rotary)


def _passed(off: Floats, rotary: Rotary) -> Floats:
    """Return how far off features stay that are turned."""
    if not off.any():
        return off
    require(rotary.growth is None, "features that are off already must be turned without growth", rotary.growth)
    found, layout = off.copy(), planes(rotary, off.shape[-1])
    (a, b), (c, d) = (np.array(one).T for one in (layout.read, layout.write))
    found[..., c] = found[..., d] = magnitude(rotary.attention_factor) * np.hypot(off[..., a], off[..., b])
    return found
