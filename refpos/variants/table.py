"""Learned tables: how a position picks a row, how a table is resized, and the grid that an image is given."""

from dataclasses import dataclass
from typing import Literal

from refpos.errors import require
from refpos.variants import rules


@dataclass(frozen=True)
class Resize:
    """A rule by which n samples along an axis become n', the same for every axis.

    y_i = Σ_j W_ij x_j,  W_ij = k(j − x_i) with x_i = (i + ½) n/(n' + offset) − ½, or i (n − 1)/(n' − 1) for corners;
    with antialias, where r = n/(n' + offset) > 1, k((j − x_i)/r), and its weights divided by their sum.

    Parameters
    ----------
    kernel : {"nearest", "linear", "cubic"}
        What samples are weighted with: the cell in which the point lies, the triangle, or Keys' cubic.
    a : float or None
        The parameter of Keys' cubic, its slope at 1: −3/4 or −1/2; None for the other kernels.
    align : {"centres", "corners", "origin"}
        What the two grids share: their outer edges, so that the centres of cells stand at (i + ½)/n; or the first and
        the last sample; or, for "nearest" alone, their outer edges with points at the start of cells, i/n.
    antialias : bool
        Whether the kernel is stretched where there are to be fewer samples, and its weights made to sum to one at the
        edges too; otherwise the samples of the edge stand for those beyond it.
    offset : float
        Added to n' before the step n/(n' + offset) from one point to the next is made.
    """

    kernel: Literal["nearest", "linear", "cubic"]
    a: float | None = None
    align: Literal["centres", "corners", "origin"] = "centres"
    antialias: bool = False
    offset: float = 0.0

    def __post_init__(self) -> None:
        rules.one_of(self, "kernel", ("nearest", "linear", "cubic"))
        require((self.a is None) == (self.kernel != "cubic"), "a must be given for cubic, and only for it", self.a)
        if self.a is not None:
            rules.real(self, "a")
            require(-1 <= self.a <= 0, "a must be from -1 to 0", self.a)
        rules.one_of(self, "align", ("centres", "corners", "origin"))
        nearest = self.kernel == "nearest"
        require(nearest or self.align != "origin", 'align must be "centres" or "corners" for this kernel', self.align)
        require(not nearest or self.align != "corners", 'align must be "centres" or "origin" for nearest', self.align)
        rules.flag(self, "antialias")
        stretched = not nearest and self.align == "centres"
        require(
            stretched or not self.antialias, "antialias must go with centres and a kernel that can be stretched", self
        )
        rules.real(self, "offset")
        require(0 <= self.offset < 1, "offset must be at least 0 and less than 1", self.offset)
        require(self.align != "corners" or not self.offset, "offset must be 0 where corners are shared", self.offset)


@dataclass(frozen=True)
class Table:
    """One learned table with a row for every position: of text, or of the cells of a grid.

    e_p = T[p + offset]

    Parameters
    ----------
    rows : tuple of int
        How many along each axis.
    width : int
    offset : int
        The row of position 0 along each axis; those before it are for padding.
    resample : Resize or None
        Where given, the table is resized to the grid of each input (fractional coordinates); otherwise a position is
        the number of a row.
    """

    rows: tuple[int, ...]
    width: int
    offset: int = 0
    resample: Resize | None = None

    def __post_init__(self) -> None:
        _check(self, 1)

    @property
    def learned(self) -> dict[str, tuple[int, ...]]:
        """What `learned=` must bring, by name, and its shape."""
        return {"table": (*self.rows, self.width)}


@dataclass(frozen=True)
class Factorised:
    """A learned table for each axis, and a way to bring their rows together.

    e_p = Σ_a T_a[p_a + offset],  Π_a T_a[p_a + offset],  or T_y[p_y + offset], T_x[p_x + offset] side by side

    Parameters
    ----------
    rows : tuple of int
        How many each table has, in the order of the axes: (y, x).
    width : int
        Of the result.
    combine : {"sum", "product", "stack"}
        Whether rows are added, multiplied, or written one after the other, each with its share of the width.
    offset, resample
        As for `Table`.
    """

    rows: tuple[int, ...]
    width: int
    combine: Literal["sum", "product", "stack"] = "sum"
    offset: int = 0
    resample: Resize | None = None

    def __post_init__(self) -> None:
        _check(self, 2)
        rules.one_of(self, "combine", ("sum", "product", "stack"))
        shares = len(self.rows) if self.combine == "stack" else 1
        require(self.width % shares == 0, f"width must be a multiple of the axes, {shares}, to be stacked", self.width)

    @property
    def learned(self) -> dict[str, tuple[int, ...]]:
        """What `learned=` must bring, by name, and its shape: table_0 is that of the first axis."""
        width = self.width // len(self.rows) if self.combine == "stack" else self.width
        return {f"table_{axis}": (rows, width) for axis, rows in enumerate(self.rows)}


@dataclass(frozen=True)
class Pix2StructGrid:
    """The grid of an image scaled, its aspect ratio kept, so that its patches are as many as may be.

    s = √(most · (p_h/H)(p_w/W));  ⌊s H/p_h⌋ rows and ⌊s W/p_w⌋ columns, each from 1 to most

    Parameters
    ----------
    patch : tuple of two int
        Height and width of a patch in pixels.
    most : int
        How many patches there may be.
    """

    patch: tuple[int, int]
    most: int

    def __post_init__(self) -> None:
        sides = self.patch
        fits = isinstance(sides, tuple) and len(sides) == 2 and all(type(one) is int and one >= 1 for one in sides)
        require(fits, "patch must be two ints of at least 1", sides)
        rules.whole(self, "most", 1)


Lookup = Table | Factorised


def _check(owner: Lookup, axes: int) -> None:
    """Check what both kinds of table have: at least so many axes, and rows along each."""
    rows = owner.rows
    fits = isinstance(rows, tuple) and len(rows) >= axes and all(type(one) is int and one >= 1 for one in rows)
    require(fits, f"rows must be a tuple of at least {axes} int of at least 1", rows)
    rules.whole(owner, "width", 1)
    rules.whole(owner, "offset", 0)
    require(owner.offset < min(rows), "offset must be less than the rows", (owner.offset, rows))
    require(
        owner.resample is None or isinstance(owner.resample, Resize), "resample must be Resize or None", owner.resample
    )
    require(owner.resample is None or owner.offset == 0, "offset must be 0 where the table is resized", owner.offset)
