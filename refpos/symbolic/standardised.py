"""Standardised tables in symbols: the mean and the standard deviation of all entries, in closed form."""

from typing import assert_never

import sympy

from refpos.symbolic.frequencies import Matrix, omega
from refpos.symbolic.sinusoidal import embed
from refpos.symbolic.symbols import Expr, exact
from refpos.variants.frequencies import plane_count
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Ramp, Standardised


def tabulate(position: object, variant: Standardised) -> Matrix:
    r"""Return the row of a position, (T[p] − μ)/(deviations · σ).

    σ² = (Q − N μ²)/(N − 1),  Q = Σ T²

    Raises
    ------
    SpecError
        If the position holds floating-point numbers.

    References
    ----------
    As for `refpos.spec.standardised.tabulate`.

    Examples
    --------
    >>> p = sympy.Symbol("p")
    >>> tabulate(p, Standardised(3, Ramp(1, 1.0)))
    Matrix([[p - 1]])
    """
    count = sympy.Integer(variant.rows * variant.width)
    mean, squares = total(variant) / count, square(variant)
    deviation = sympy.sqrt((squares - count * mean**2) / (count - 1))
    divisor = exact(variant.deviations) * deviation
    return sympy.ImmutableMatrix(_row(exact(position), variant).applyfunc(lambda entry: (entry - mean) / divisor))


def total(variant: Standardised) -> Expr:
    r"""Return Σ T: of waves Σ_k (sin(ω(n − 1)/2) + cos(ω(n − 1)/2)) sin(ωn/2)/sin(ω/2), of ramps a product of sums.

    Examples
    --------
    >>> total(Standardised(3, Ramp(2, 1.0)))
    3/2
    """
    match variant.content:
        case Sinusoidal(frequencies=frequencies):
            steps = omega(frequencies)
            assert not isinstance(steps, list)
            waves = (_wave(steps[0, k], sympy.Integer(variant.rows)) for k in range(plane_count(frequencies)))
            return sympy.Add(*waves)
        case Ramp(width=width, exponent=x):
            return _sum(variant.rows, exact(x)) * _sum(width, exact(x))
        case _:
            assert_never(variant.content)


def square(variant: Standardised) -> Expr:
    r"""Return Σ T²: of waves n for each plane, since cos² + sin² = 1, whatever their frequencies.

    Examples
    --------
    >>> from refpos.variants.frequencies import Frequencies
    >>> square(Standardised(42, Sinusoidal(Frequencies((0,) * 64))))
    2688
    """
    match variant.content:
        case Sinusoidal(frequencies=frequencies):
            return sympy.Integer(variant.rows * plane_count(frequencies))
        case Ramp(width=width, exponent=x):
            return _sum(variant.rows, 2 * exact(x)) * _sum(width, 2 * exact(x))
        case _:
            assert_never(variant.content)


def _wave(omega: Expr, n: Expr) -> Expr:
    half = sympy.sin(omega / 2)
    if half == 0:
        return n
    middle = omega * (n - 1) / 2
    return (sympy.sin(middle) + sympy.cos(middle)) * sympy.sin(omega * n / 2) / half


def _sum(n: int, exponent: Expr) -> Expr:
    """Return Σ (i/(n − 1))^x, 1 where there is but one."""
    if n == 1:
        return sympy.Integer(1)
    return sympy.Add(*(sympy.Rational(i, n - 1) ** exponent for i in range(n)))


def _row(position: Expr, variant: Standardised) -> Matrix:
    if isinstance(variant.content, Sinusoidal):
        found = embed(position, variant.content)
        assert not isinstance(found, list)
        return found
    last, x = variant.content.width - 1, exact(variant.content.exponent)
    across = [sympy.Rational(c, last) ** x for c in range(last + 1)] if last else [sympy.Integer(1)]
    along = (position / (variant.rows - 1)) ** x
    return sympy.Matrix([[along * one for one in across]])
