"""Tables that are made and then standardised, certified: sums of balls over all entries."""

from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import assert_never

from refpos.exact.ball import Real, add, divide, multiply, subtract
from refpos.exact.elementary import sqrt
from refpos.exact.refined import refined
from refpos.exact.roots import raised, real
from refpos.exact.tables import tables
from refpos.variants.planes import feature_places, width
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Ramp, Standardised

GUARD = 32
ONE, ZERO = Fraction(1), Fraction(0)

Rows = tuple[tuple[Real, ...], ...]


@lru_cache(maxsize=16)
def tabulate(variant: Standardised, bits: int) -> Rows:
    r"""Return the rows of a standardised table to 2^−bits.

    e_p = (T[p] − μ)/(deviations · σ),  μ = Σ T/N,  σ² = (Σ T² − N μ²)/(N − 1)

    Fractions are exact; every ball has rad·2^−scale <= 2^−bits.

    Raises
    ------
    UndecidedError
        As for `refined`.

    References
    ----------
    As for `refpos.spec.standardised.tabulate`.

    Examples
    --------
    >>> tabulate(Standardised(3, Ramp(1, 1.0)), 64)
    ((Fraction(-1, 1),), (Fraction(0, 1),), (Fraction(1, 1),))
    """

    def made(scale: int) -> Rows:
        rows = _content(variant, scale)
        mean, deviation = _moments(list(chain.from_iterable(rows)), scale)
        divisor = multiply(Fraction(variant.deviations), deviation)
        return tuple(tuple(divide(subtract(x, mean), divisor) for x in row) for row in rows)

    return refined(made, chain.from_iterable, bits, bits + GUARD)


def _moments(entries: list[Real], scale: int) -> tuple[Real, Real]:
    """Return the mean of all entries and their standard deviation, with N − 1."""
    count = Fraction(len(entries))
    total: Real = ZERO
    squares: Real = ZERO
    for x in entries:
        total, squares = add(total, x), add(squares, multiply(x, x))
    mean = divide(total, count)
    rest = subtract(squares, multiply(total, mean))
    return mean, sqrt(divide(rest, count - 1), scale)


def _content(variant: Standardised, scale: int) -> Rows:
    """Return T, of about that scale."""
    match variant.content:
        case Sinusoidal():
            return _waves(variant.content, variant.rows, scale)
        case Ramp(width=columns, exponent=exponent):
            down, across = (_ramp(n, Fraction(exponent), scale) for n in (variant.rows, columns))
            return tuple(tuple(multiply(a, b) for b in across) for a in down)
        case _:
            assert_never(variant.content)


def _waves(content: Sinusoidal, rows: int, scale: int) -> Rows:
    found, table = [], tables(range(rows), content, scale)
    for p in range(rows):
        row: list[Real] = [ZERO] * width(content)
        for sine, cosine, k in zip(*feature_places(content), strict=True):
            row[cosine], row[sine] = table.pair(p, k)
        found.append(tuple(row))
    return tuple(found)


def _ramp(n: int, exponent: Fraction, scale: int) -> tuple[Real, ...]:
    """Return (i/(n − 1))^x, 1 where there is but one."""
    inner = (real(raised(Fraction(i, n - 1), exponent), scale) for i in range(1, n))
    return (ZERO, *inner) if n > 1 else (ONE,)
