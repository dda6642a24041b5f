"""Attention to what lies between two positions: vectors for each offset, and positions that the content counts."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from refpos.errors import require
from refpos.variants import planes, rules
from refpos.variants.frequencies import axis_count, learned_shapes
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.window import Shapes

KEYS = -1
"""Stands in a shape for the number of keys."""


@dataclass(frozen=True)
class Shaw:
    """A learned vector for each clipped offset, added to keys and to values; all heads share them.

    q_i·(k_j + A[ι])/√d,  and values v_j + V[ι];  ι = clip(p_j − p_i, −k, k) + k

    Parameters
    ----------
    distance : int
        k.
    width : int
    values : bool
        Whether values have vectors too.
    """

    distance: int
    width: int
    values: bool = True

    def __post_init__(self) -> None:
        for field in ("distance", "width"):
            rules.whole(self, field, 1)
        rules.flag(self, "values")

    @property
    def learned(self) -> Shapes:
        """A, and V where values have vectors: a row for each offset from −k to k."""
        shape = (2 * self.distance + 1, self.width)
        return {"keys": shape, **({"values": shape} if self.values else {})}


@dataclass(frozen=True)
class TransformerXL:
    """A sinusoidal row for each offset, seen through a learned matrix, and two learned queries.

    ((q_i + u_h)·k_j + (q_i + v_h)·W_h r(p_i − p_j))/√d

    Parameters
    ----------
    heads : int
    width : int
        d.
    rows : Sinusoidal
        r.
    """

    heads: int
    width: int
    rows: Sinusoidal

    def __post_init__(self) -> None:
        for field in ("heads", "width"):
            rules.whole(self, field, 1)
        require(isinstance(self.rows, Sinusoidal), "rows must be Sinusoidal", self.rows)
        plain = axis_count(self.rows.frequencies) == 1 and not learned_shapes(self.rows.frequencies)
        require(plain and self.rows.prefix == 0, "rows must have one axis, no prefix and nothing learned", self.rows)

    @property
    def learned(self) -> Shapes:
        """U and v, and W from a row to a head."""
        one = (self.heads, self.width)
        return {"u": one, "v": one, "weight": (*one, planes.width(self.rows))}


@dataclass(frozen=True)
class Deberta:
    """Disentangled attention: content to content, content to position, position to content.

    (q_i·k_j + q_i·K[δ(p_i − p_j)] + k_j·Q[δ(p_i − p_j)])/√(n d),  n = 1 + the number of terms

    δ(r) = clip(β(r) + s, 0, 2s − 1); β(r) = r, or its bucket: itself up to m = ⌊buckets/2⌋, and beyond
    ±(m + ⌈(m − 1) ln(|r|/m)/ln((distance − 1)/m)⌉). s is the number of buckets, or the distance where there are none.

    Parameters
    ----------
    heads : int
    width : int
        d.
    distance : int
    buckets : int or None
    terms : tuple of {"c2p", "p2c"}
        What is added to the content.
    mirrored : bool
        Whether Q is read at δ(p_j − p_i), as in the paper's equation.
    """

    heads: int
    width: int
    distance: int = 512
    buckets: int | None = None
    terms: tuple[Literal["c2p", "p2c"], ...] = ("c2p", "p2c")
    mirrored: bool = False

    def __post_init__(self) -> None:
        for field in ("heads", "width", "distance"):
            rules.whole(self, field, 1)
        if self.buckets is not None:
            rules.whole(self, "buckets", 4)
            rules.whole(self, "distance", self.buckets // 2 + 2)
        rules.one_of(self, "terms", ((), ("c2p",), ("p2c",), ("c2p", "p2c")))
        rules.flag(self, "mirrored")
        require(not self.mirrored or "p2c" in self.terms, "mirrored must have p2c among its terms", self.terms)

    @property
    def span(self) -> int:
        """How many offsets to each side have a row of their own."""
        return self.buckets or self.distance

    @property
    def learned(self) -> Shapes:
        """K and Q as they are after their projections."""
        names = {"c2p": "keys", "p2c": "queries"}
        return {names[term]: (self.heads, 2 * self.span, self.width) for term in self.terms}


@dataclass(frozen=True)
class Decomposed:
    """A learned vector for each offset of rows, and one of columns; all heads share them.

    q_i·k_j/√d + q_i·H[y_i − y_j + h − 1] + q_i·W[x_i − x_j + w − 1]

    Parameters
    ----------
    window : (int, int)
        h and w, the cells of the grid.
    width : int
        d.
    """

    window: tuple[int, int]
    width: int

    def __post_init__(self) -> None:
        sides = self.window
        fine = isinstance(sides, tuple) and len(sides) == 2 and all(type(one) is int and one > 0 for one in sides)
        require(fine, "window must be two ints of at least 1", sides)
        rules.whole(self, "width", 1)

    @property
    def learned(self) -> Shapes:
        """H and W."""
        h, w = self.window
        return {"rows": (2 * h - 1, self.width), "columns": (2 * w - 1, self.width)}


@dataclass(frozen=True)
class Cope:
    """Positions that content counts: a key is as far as the gates from it to the query add up to.

    l_ij + q_i·e[p_ij],  p_ij = min(Σ_l σ(l_il), positions − 1) over p_j <= p_l <= p_i,  l_ij = q_i·k_j/√d

    Between two integers e is interpolated.

    Parameters
    ----------
    positions : int
        Rows of e.
    width : int
        d.
    """

    positions: int
    width: int

    def __post_init__(self) -> None:
        for field in ("positions", "width"):
            rules.whole(self, field, 1)

    @property
    def learned(self) -> Shapes:
        """e, which all heads share."""
        return {"table": (self.positions, self.width)}


@dataclass(frozen=True)
class Pope:
    """Polar coordinates: content is the length of each feature, position its angle.

    Σ_c μ(q_ic) μ(k_jc) cos((p_i − p_j) base^(−c/d) − δ_hc)/√d,  μ(x) = ln(1 + e^x),  δ clipped to [−2π, 0]

    Parameters
    ----------
    heads : int
    width : int
        d: as many frequencies as features.
    base : float
    """

    heads: int
    width: int
    base: float = 10_000.0

    def __post_init__(self) -> None:
        for field in ("heads", "width"):
            rules.whole(self, field, 1)
        rules.real(self, "base")
        rules.greater(self, "base", 1)

    @property
    def learned(self) -> Shapes:
        """δ, an angle for each feature of a head."""
        return {"angles": (self.heads, self.width)}

    @property
    def exponents(self) -> tuple[Fraction, ...]:
        """The e of each feature's frequency base^−e."""
        return tuple(Fraction(c, self.width) for c in range(self.width))


@dataclass(frozen=True)
class Fox:
    """Forget gates: a key is as faint as the product of the gates after it up to the query.

    (R_i q_i)·(R_j k_j)/√d + Σ_l ln σ(g_hl) over p_j < p_l <= p_i

    Parameters
    ----------
    heads : int
    rotary : Rotary or None
    """

    heads: int
    rotary: Rotary | None = None

    def __post_init__(self) -> None:
        rules.whole(self, "heads", 1)
        require(self.rotary is None or isinstance(self.rotary, Rotary), "rotary must be Rotary or None", self.rotary)
        one = self.rotary is None or axis_count(self.rotary.frequencies) == 1
        require(one, "forget gates must have one axis", self.rotary)

    @property
    def learned(self) -> Shapes:
        """g, what a layer makes of the token of each key, and what the rotary learns."""
        rotary = {} if self.rotary is None else learned_shapes(self.rotary.frequencies)
        return {"gates": (self.heads, KEYS), **rotary}


Relative: TypeAlias = Shaw | TransformerXL | Deberta | Decomposed
"""Attention to vectors that stand for an offset."""

Contextual: TypeAlias = Cope | Pope | Fox
"""Attention to positions that the content has a say in."""
