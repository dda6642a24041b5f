"""Context extension in symbols: the multipliers m_k in θ'_k = m_k θ_k.

L is the original length, s the factor, θ_k a frequency before the scaling, d the features of the ladder.
"""

from typing import NamedTuple, assert_never

import sympy

from refpos.errors import SpecError
from refpos.symbolic.ladder import Ladder
from refpos.symbolic.symbols import Equations, Expr, Values, equation, exact, primed
from refpos.variants.scaling import (
    NTK,
    ByIndex,
    ByParts,
    DynamicNTK,
    Linear,
    LongRope,
    MixedRadix,
    PartNTK,
    PerPlane,
    Ramped,
    Scaling,
)


class Names(NamedTuple):
    """The symbols of one scaling; those of a second are primed."""

    s: sympy.Symbol
    q: sympy.Symbol
    L: sympy.Symbol
    alpha: sympy.Symbol
    beta: sympy.Symbol
    divisor: sympy.Symbol
    turns: sympy.Symbol
    c_low: sympy.Symbol
    c_high: sympy.Symbol
    low: sympy.Symbol
    top: sympy.Symbol
    high: sympy.Symbol
    t: sympy.Symbol
    gamma: sympy.Symbol
    m: sympy.Symbol


def names(scaling: Scaling, primes: int = 0, *, second: bool = False) -> Names:
    """Return the symbols of a scaling that comes after so many others, with those of its first or its second ramp."""
    two = "_2" if second else ""
    own = isinstance(scaling, Linear | NTK | MixedRadix) and isinstance(scaling.factor, tuple)
    return Names(
        s=primed("s", primes, "_a" if own else "", positive=True),
        q=primed("q", primes, nonnegative=True),
        L=primed("L", primes, integer=True, positive=True),
        alpha=primed("alpha", primes, two),
        beta=primed("beta", primes, two),
        divisor=primed("lambda", primes, "_k", positive=True),
        turns=primed("r", primes, "_k"),
        c_low=primed("c", primes, "_low" + two),
        c_high=primed("c", primes, "_high" + two),
        low=primed("low", primes, two),
        top=primed("top", primes, two),
        high=primed("high", primes, two),
        t=primed("t", primes, "_k" + two),
        gamma=primed("eta" if second else "gamma", primes, "_k"),
        m=primed("m", primes, "_k"),
    )


def multiplier(scaling: Scaling, theta: Expr, base: Expr, ladder: Ladder, primes: int = 0) -> Equations:
    r"""Return the equations that end in m_k, by which a scaling multiplies the frequency of a plane.

    Linear      m_k = 1/s
    NTK         m_k = s^(−2k/(d−2))
    MixedRadix  m_k = s^(−(2(k+1)/d)^q)
    ByParts     r_k = Lθ_k/2π,  γ_k = ramp((r_k − α)/(β − α)),  m_k = γ_k + (1 − γ_k)/s
    ByIndex     c(r) = d ln(L/2πr) / (2 ln b),  low = max(⌊c(β)⌋, 0),  high = min(⌈c(α)⌉, d − 1),
                γ_k = 1 − ramp((k − low)/(high − low)),  m_k = γ_k + (1 − γ_k)/s;
                without truncate no ⌊⌋ and ⌈⌉; 1/1000 is added to high where it equals low
    PartNTK     γ_k and η_k as for ByIndex, of fast and of slow,  m_k = γ_k + (1 − γ_k)(η_k s^(−2k/(d−2)) + (1 − η_k)/s)
    PerPlane    m_k = 1/λ_k

    with ramp(t) = t, cut off at 0 and 1; α is `low` or `slow`, β is `high` or `fast`.

    Raises
    ------
    SpecError
        If the scaling depends on the length.

    References
    ----------
    Linear, NTK, ByParts: YaRN, arXiv:2309.00071v2, eqs. 10-11, 14-16 and 17-20. MixedRadix: kexue.fm/archives/9706.
    ByIndex: jquesnelle/yarn, `LlamaYaRNScaledRotaryEmbedding`; PartNTK: `LlamaPartNTKScaledRotaryEmbedding` there.
    LongRoPE: transformers 5.23.0, `_compute_longrope_parameters`.

    Deviations
    ----------
    Eq. 17 of YaRN prints the scaled base where the original one is meant. The code clamps c(slow) to d − 1
    although there are d/2 planes; so does `ByIndex`. Where the clamps leave low > high, every plane is
    stretched or none: it is the quotient that is cut off, not the index.

    Examples
    --------
    >>> from refpos.symbolic.ladder import LADDERS
    >>> theta, b = sympy.symbols("theta b", positive=True)
    >>> multiplier(NTK(8), theta, b, LADDERS["shared"])[-1].rhs
    s**(-2*k/(d - 2))
    """
    n = names(scaling, primes)
    match scaling:
        case Linear():
            return (equation(n.m, 1 / n.s),)
        case NTK():
            return (equation(n.m, n.s ** (-2 * ladder.index / (ladder.width - 2))),)
        case MixedRadix():
            return (equation(n.m, n.s ** -((2 * (ladder.index + 1) / ladder.width) ** n.q)),)
        case ByParts() | ByIndex() | PartNTK():
            return _ramped(scaling, theta, base, ladder, primes)
        case PerPlane():
            return (equation(n.m, 1 / n.divisor),)
        case DynamicNTK() | LongRope():
            raise SpecError(f"a scaling that depends on the length needs at_length first; got {scaling!r}")
        case _:
            assert_never(scaling)


def numbers(scaling: Scaling, k: int, axis: int, primes: int = 0) -> Values:
    """Return the numbers that a scaling gives to its symbols at plane k, which this axis turns."""
    n = names(scaling, primes)
    match scaling:
        case Linear(factor=factor) | NTK(factor=factor):
            return {n.s: exact(factor[axis] if isinstance(factor, tuple) else factor)}
        case MixedRadix(factor=factor, exponent=q):
            return {n.s: exact(factor[axis] if isinstance(factor, tuple) else factor), n.q: exact(q)}
        case ByParts(factor=s, original=length, low=alpha, high=beta):
            return _all({n.s: s, n.L: length, n.alpha: alpha, n.beta: beta})
        case ByIndex(factor=s, original=length, slow=alpha, fast=beta):
            return _all({n.s: s, n.L: length, n.alpha: alpha, n.beta: beta})
        case PartNTK(factor=s, original=length, fast=fast, slow=slow):
            other = names(scaling, primes, second=True)
            turns = {n.beta: fast[0], n.alpha: fast[1], other.beta: slow[0], other.alpha: slow[1]}
            return _all({n.s: s, n.L: length, **turns})
        case PerPlane(divisors=divisors):
            return {n.divisor: exact(divisors[k])}
        case DynamicNTK() | LongRope():
            raise SpecError(f"a scaling that depends on the length needs at_length first; got {scaling!r}")
        case _:
            assert_never(scaling)


def _ramped(scaling: Ramped, theta: Expr, base: Expr, ladder: Ladder, primes: int) -> Equations:
    n, slow = names(scaling, primes), names(scaling, primes, second=True)
    divided = 1 / n.s
    match scaling:
        case ByParts():
            ramps = _by_parts(n, theta)
        case ByIndex(truncate=truncate):
            ramps = _by_index(n, base, ladder, truncate)
        case PartNTK():
            ramps = (*_by_index(n, base, ladder, True), *_by_index(slow, base, ladder, True))
            ntk = n.s ** (-2 * ladder.index / (ladder.width - 2))
            divided = slow.gamma * ntk + (1 - slow.gamma) / n.s
        case _:
            assert_never(scaling)
    return (*ramps, equation(n.m, n.gamma + (1 - n.gamma) * divided))


def _by_parts(n: Names, theta: Expr) -> Equations:
    return (
        equation(n.turns, n.L * theta / (2 * sympy.pi)),
        equation(n.t, (n.turns - n.alpha) / (n.beta - n.alpha)),
        equation(n.gamma, _ramp(n.t)),
    )


def _by_index(n: Names, base: Expr, ladder: Ladder, truncate: bool) -> Equations:
    """Return the ramp of YaRN's code as equations. π is transcendental, so c is no integer and its floor is decided."""

    def crossing(turns: Expr) -> Expr:
        return ladder.width * sympy.log(n.L / (2 * sympy.pi * turns)) / (2 * sympy.log(base))

    first, last = (sympy.floor(n.c_low), sympy.ceiling(n.c_high)) if truncate else (n.c_low, n.c_high)
    apart = sympy.Piecewise((n.top + sympy.Rational(1, 1000), sympy.Eq(n.low, n.top)), (n.top, True))
    return (
        equation(n.c_low, crossing(n.beta)),
        equation(n.c_high, crossing(n.alpha)),
        equation(n.low, sympy.Max(first, 0)),
        equation(n.top, sympy.Min(last, ladder.width - 1)),
        equation(n.high, apart),
        equation(n.t, (ladder.index - n.low) / (n.high - n.low)),
        equation(n.gamma, 1 - _ramp(n.t)),
    )


def _ramp(t: Expr) -> Expr:
    """Cut a number off at 0 and 1."""
    return sympy.Piecewise((0, t < 0), (1, t > 1), (t, True))


def _all(given: dict[sympy.Symbol, float]) -> Values:
    return {symbol: exact(value) for symbol, value in given.items()}
