"""Tables of cosines and sines at consecutive positions, certified, by angle addition in fixed point."""

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt
from typing import NamedTuple, assert_never

from refpos.errors import require
from refpos.exact.angles import angle, circle, reach
from refpos.exact.ball import Ball, Real, ball
from refpos.exact.frequencies import Learned, Turning, turning
from refpos.exact.refined import refined
from refpos.exact.roots import Number, real, times
from refpos.exact.rotary import grown, sense
from refpos.exact.scaling import magnitude
from refpos.variants.frequencies import axis_count
from refpos.variants.rotary import Rotary, Side, check_side
from refpos.variants.sinusoidal import Sinusoidal

GUARD = 24
ONE = Fraction(1)


class Column(NamedTuple):
    """The cosines and sines of one plane, a row per position, and the radius that both have there."""

    cos: list[int]
    sin: list[int]
    rad: Sequence[int]


class Table(NamedTuple):
    """Cosines and sines, magnitude included: `columns[k]` is plane k's, in units of 2^−scale."""

    columns: tuple[Column, ...]
    scale: int

    def pair(self, row: int, plane: int) -> tuple[Ball, Ball]:
        """Return the cosine and the sine of a plane in a row."""
        cos, sin, rad = self.columns[plane]
        return Ball(cos[row], rad[row], self.scale), Ball(sin[row], rad[row], self.scale)


class Spiral(NamedTuple):
    """What a column is made of: its value at the first position, the factor from each to the next, a bound of all."""

    start: tuple[Ball, Ball]
    step: tuple[Ball, Ball]
    most: int
    grows: bool


def tables(
    positions: range,
    variant: Rotary | Sinusoidal,
    bits: int,
    side: Side = "query",
    *,
    learned: Learned | None = None,
    head: int = 0,
) -> Table:
    r"""Return the table of a range of positions to 2^−bits: of p, or of (p, ..., p) where there are several axes.

    z_n = z_0 ζ^n,  z_0 = g e^{iφ},  ζ = e^{i·step·Σ_a ω_a}, times the growth over a step

    where a plane is turned by one axis this is its column at any position whose coordinate on that axis is p. A
    position 0 is exact where the magnitude is dyadic; the radii grow with the row, see `column`, and satisfy
    rad·2^−scale <= 2^−bits in all. Where a rounding is undecided, `refpos.exact.rotary.cos_sin` knows which values are
    exact, and the others to any bits.

    Parameters
    ----------
    positions : range
    variant : Rotary or Sinusoidal
    bits : int
    side : {"query", "key", "output"}
    learned, head
        As for `refpos.exact.frequencies.omega`.

    Raises
    ------
    SpecError
        As for `cos_sin`, or if the range is empty.

    References
    ----------
    RoPE, arXiv:2104.09864v5, eq. 34.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> found = tables(range(3), Rotary(Frequencies((0,))), 64)
    >>> [found.pair(n, 0)[0].mid / 2**found.scale for n in range(3)]
    [1.0, 0.5403023058681398, -0.4161468365471424]
    """
    require(
        isinstance(positions, range) and len(positions) > 0, "positions must be a range that is not empty", positions
    )
    require(isinstance(variant, Rotary | Sinusoidal), "variant must be Rotary or Sinusoidal", variant)
    if isinstance(variant, Rotary):
        check_side(variant, side)

    def made(scale: int) -> Table:
        return Table(_columns(positions, variant, scale, side, learned, head), scale)

    return refined(made, _widest, bits, len(positions).bit_length() + GUARD)


def column(spiral: Spiral, count: int, scale: int) -> Column:
    r"""Return z_n = z_0 ζ^n for n below `count`, each from the last: one complex product, rounded down.

    Let Z_n, C be what stands for z_n, ζ, and δ_n >= |Z_n − z_n|, ε >= |C − ζ| in units of u = 2^−scale, |z_n| <= G.
    Both parts of a product are rounded down by less than u, so by less than 2 u together, and
        Z_{n+1} − z_{n+1} = (Z_n − z_n) ζ + Z_n (C − ζ) + rounding
        δ_{n+1} = |ζ| δ_n + (G + 1) ε + 2,  for as long as δ_n u <= 1,  as |Z_n| <= G + δ_n u.
    Of two parts, each within r, the modulus is within 2r. Where |ζ| = 1 the radii are an arithmetic progression;
    otherwise |ζ| <= |C| + ε, and they are reckoned one by one, rounded up. Where C is exactly 1, i, −1 or −i nothing is
    rounded, and with ε = 0 nothing lost.

    That δ_n u <= 1 is looked at afterwards, in `tables`, which wants much less; until it is broken each step is sound.
    """
    (c, s), (a, b) = ((one.mid for one in pair) for pair in (spiral.start, spiral.step))
    cos, sin = [c], [s]
    for _ in range(count - 1):
        c, s = (c * a - s * b) >> scale, (c * b + s * a) >> scale
        cos.append(c)
        sin.append(s)
    return Column(cos, sin, _radii(spiral, count, scale))


def _radii(spiral: Spiral, count: int, scale: int) -> Sequence[int]:
    """Return δ_n, as `column` has it."""
    first, error = (2 * max(one.rad for one in pair) for pair in (spiral.start, spiral.step))
    a, b = (one.mid for one in spiral.step)
    whole = error == 0 and (a | b) % (1 << scale) == 0
    loss = 0 if whole else (spiral.most + 1) * error + 2
    if not spiral.grows:
        return range(first, first + count * loss, loss) if loss else [first] * count
    longest, radii = isqrt(a * a + b * b) + 1 + error, [first]
    for _ in range(count - 1):
        radii.append(-(-radii[-1] * longest >> scale) + loss)
    return radii


def _columns(
    positions: range, variant: Rotary | Sinusoidal, scale: int, side: Side, learned: Learned | None, head: int
) -> tuple[Column, ...]:
    """Return the columns of all planes, made from angles so much narrower as positions are large."""
    fine = scale + reach((Fraction(positions[0]), Fraction(positions[-1]))) + GUARD
    planes = turning(variant.frequencies, fine, learned=learned, head=head)
    spirals = [_spiral(positions, variant, (k, plane), (scale, fine), side) for k, plane in enumerate(planes)]
    return tuple(column(one, len(positions), scale) for one in spirals)


def _spiral(
    positions: range, variant: Rotary | Sinusoidal, plane: tuple[int, Turning], scales: tuple[int, int], side: Side
) -> Spiral:
    """Return the spiral of a plane, its numbers reckoned at the finer of two scales and rounded to the other."""
    (k, turns), (scale, fine) = plane, scales
    axes = axis_count(variant.frequencies)
    way = sense(variant, side) if isinstance(variant, Rotary) else ONE

    def point(position: int, g: Number) -> tuple[Ball, Ball]:
        cos, sin = circle(angle((Fraction(position),) * axes, turns, fine), fine)
        parts = times(g, cos, fine), times(times(way, g, fine), sin, fine)
        return ball(real(parts[0], fine), scale), ball(real(parts[1], fine), scale)

    ends = [_size(variant, Fraction(p), k, fine, side) for p in (positions[0], positions[-1])]
    most = max(_above(real(one, fine)) for one in ends)
    step = _growth_of_step(variant, positions.step, k, fine, side)
    return Spiral(point(positions[0], ends[0]), point(positions.step, step), most, step != 1)


def _size(variant: Rotary | Sinusoidal, position: Fraction, plane: int, scale: int, side: Side) -> Number:
    """Return what multiplies cosine and sine: along a range it grows or falls, so it is most at one of the ends."""
    match variant:
        case Rotary(attention_factor=factor):
            return times(magnitude(factor, scale), grown(variant, position, plane, scale, side), scale)
        case Sinusoidal(scale=factor):
            return Fraction(factor)
        case _:
            assert_never(variant)


def _growth_of_step(variant: Rotary | Sinusoidal, step: int, plane: int, scale: int, side: Side) -> Number:
    """Return by what a plane grows from one position to the next."""
    if not isinstance(variant, Rotary) or variant.growth is None:
        return ONE
    return grown(variant, Fraction(variant.growth.centre) + step, plane, scale, side)


def _above(x: Real) -> int:
    """Return an integer that is no less than a positive number."""
    found = ball(x, 0)
    return found.mid + found.rad


def _widest(table: Table) -> list[Real]:
    """Return a ball for each column as wide as its widest."""
    return [Ball(0, max(one.rad), table.scale) for one in table.columns]
