"""Variants as sums of characters: the λ and the matrices of one head."""

from fractions import Fraction
from typing import Any

from refpos.exact.closed import Closed, closed
from refpos.exact.exponents import Column, growth, magnitude
from refpos.exact.operators import Complex, Exponent, Operator, Sum
from refpos.variants.attention import Fope
from refpos.variants.planes import feature_places, planes
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal

HALF = closed(Fraction(1, 2))


def turns(variant: Rotary, features: int, omega: tuple[Column, ...], *, lattice: bool, key: bool = False) -> Operator:
    r"""Return the operator that turns queries, or keys.

    y_c = x_a cos φ − x_b sin φ,  y_d = x_b cos φ + x_a sin φ

    with cos φ = ½ e^{iφ} + ..., sin φ = −(i/2) e^{iφ} + ..., where the dots are the conjugate; each row times the
    magnitude of its column. A feature that is not written is x itself, ½ and its conjugate at λ = 0.

    Examples
    --------
    >>> from refpos import Frequencies
    >>> from refpos.exact.exponents import columns
    >>> one = Rotary(Frequencies((0,)))
    >>> [place for place, _ in turns(one, 2, columns(one.frequencies)[0], lattice=False)[0].matrix]
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    found = Sum(lattice=lattice)
    known = planes(variant, features)
    factor = magnitude(variant.attention_factor) * HALF
    grown = growth(variant.growth, len(omega), key=key)
    for (a, b), (c, d), (first, second) in zip(*known, strict=True):
        for row, even, odd, k, way in ((c, a, b, first, variant.sign), (d, b, a, second, -variant.sign)):
            exponent, half = _exponent(omega[k], grown[k][0]), factor * grown[k][1]
            found.add(exponent, (row, even), Complex(half))
            found.add(exponent, (row, odd), Complex(im=half if way > 0 else -half))
    still = (Complex(),) * len(omega[0])
    for row in set(range(features)) - {row for pair in known.write for row in pair}:
        found.add(still, (row, row), Complex(HALF))
    return found.operator()


def waves(variant: Sinusoidal, omega: tuple[Column, ...], *, lattice: bool) -> Operator:
    """Return the rows of sines and cosines as an operator of one column.

    Examples
    --------
    >>> from refpos import Frequencies
    >>> from refpos.exact.exponents import columns
    >>> one = Sinusoidal(Frequencies((0,)))
    >>> [place for place, _ in waves(one, columns(one.frequencies)[0], lattice=False)[0].matrix]
    [(0, 0), (1, 0)]
    """
    found = Sum(lattice=lattice)
    half = closed(variant.scale) * HALF
    for sine, cosine, k in zip(*feature_places(variant), strict=True):
        exponent = _exponent(omega[k], closed(0))
        found.add(exponent, (sine, 0), Complex(im=-half))
        found.add(exponent, (cosine, 0), Complex(half))
    return found.operator()


def series(variant: Fope, given: tuple[Any, Any], omega: tuple[Column, ...], *, lattice: bool) -> Operator:
    r"""Return the operator of one head of FoPE, given its matrices of cosines and of sines.

    y_a = x_a C_d − x_b S_d,  y_b = x_b C_d + x_a S_d,  C_d = Σ_D cos(p ω_D) c_Dd,  S_d = Σ_D sin(p ω_D) s_Dd

    so that M_λ at λ = iω_D has c_Dd/2 at (a, a) and (b, b), i s_Dd/2 at (a, b) and −i s_Dd/2 at (b, a).

    Examples
    --------
    >>> from refpos import Frequencies
    >>> from refpos.exact.exponents import columns
    >>> one = columns(Frequencies((0,)))[0]
    >>> [place for place, _ in series(Fope(1, 4, 1), (((1,),), ((0.5,),)), one, lattice=False)[1].matrix]
    [(0, 0), (0, 2), (2, 0), (2, 2)]
    """
    found = Sum(lattice=lattice)
    half = variant.width // 2
    for d in range(variant.kept):
        a, b = d, d + half
        for exponent, cosines, sines in zip((_exponent(one, closed(0)) for one in omega), *given, strict=True):
            c, s = (closed(one[d]) * HALF for one in (cosines, sines))
            entries = {(a, a): Complex(c), (b, b): Complex(c), (a, b): Complex(im=s), (b, a): Complex(im=-s)}
            for place, number in entries.items():
                found.add(exponent, place, number)
    still = (Complex(),)
    for row in (*range(variant.kept, half), *range(half + variant.kept, variant.width)):
        found.add(still, (row, row), Complex(HALF))
    return found.operator()


def _exponent(omega: Column, rho: Closed) -> Exponent:
    """Return λ = ρ + iω of a plane; there is growth only where there is one axis."""
    return tuple(Complex(rho, one) for one in omega)
