"""Formats of numbers, and rounding to them: once, in integers, or not at all where a ball leaves two candidates."""

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import assert_never

from refpos.errors import require
from refpos.exact.ball import Ball, Real


@dataclass(frozen=True)
class Format:
    """A binary format: the numbers m 2^q with |m| < 2^precision and q at least `least`, up to `largest`.

    Parameters
    ----------
    name : str
    bits : int
        The width of a number in storage.
    precision : int
        The digits of a significand, the leading one included.
    least : int
        The exponent of the least positive number, 2^least, which is subnormal.
    largest : float
    infinite : bool
        Whether infinity follows the largest; where not, what follows it is no number.
    """

    name: str
    bits: int
    precision: int
    least: int
    largest: float
    infinite: bool = True

    @cached_property
    def beyond(self) -> int:
        """The code of what follows the largest: infinity, or no number where there is none."""
        whole, power = self.largest.as_integer_ratio()[0], self.least
        quantum = whole.bit_length() - self.precision
        return (whole >> quantum) + ((quantum - power) << (self.precision - 1)) + 1


FLOAT64 = Format("float64", 64, 53, -1074, math.ldexp(2.0**53 - 1, 971))
FLOAT32 = Format("float32", 32, 24, -149, math.ldexp(2.0**24 - 1, 104))
FLOAT16 = Format("float16", 16, 11, -24, 65504.0)
BFLOAT16 = Format("bfloat16", 16, 8, -133, math.ldexp(2.0**8 - 1, 120))
FLOAT8_E4M3 = Format("float8_e4m3", 8, 4, -9, 448.0, infinite=False)
FLOAT8_E5M2 = Format("float8_e5m2", 8, 3, -16, 57344.0)

FORMATS = (FLOAT64, FLOAT32, FLOAT16, BFLOAT16, FLOAT8_E4M3, FLOAT8_E5M2)
NARROW = FORMATS[1:]
"""Those for which rounding a master directly is rounding the value itself."""


def rounded(value: Real, target: Format) -> float | None:
    """Round a value once, to nearest, ties to the even significand.

    The significand is m = round(|v| 2^−q) at q = max(⌊log₂|v|⌋ + 1 − precision, least): below the normal numbers the
    spacing stays 2^least, and half of it or less is 0. What rounds, as if there were no end, to more than the
    largest is beyond the range: an infinity of its sign, or NaN where the format has none. So float8_e4m3 takes
    464, the tie, to 448 and all above to NaN, where other conversions saturate: golden files ship nothing there.

    Parameters
    ----------
    value : Fraction or Ball
    target : Format

    Returns
    -------
    float or None
        The number, exact, since every format is contained in float64; zero without a sign. None where the ends of a
        ball round differently: rounding is monotone, so where they agree all between them does.

    Examples
    --------
    >>> rounded(Fraction(257), BFLOAT16), rounded(Fraction(65520), FLOAT16), rounded(Ball(257, 1, 0), BFLOAT16)
    (256.0, inf, None)
    """
    if isinstance(value, Ball) and (cell := _cell(value, target.precision + 1, target.least - 1)):
        whole, quantum = cell
        size = math.ldexp((whole + 1) >> 1, quantum + 1)  # the half that it lies in is the digit that goes
        if size <= target.largest:
            return size if value.mid > 0 else -size
    found, *other = {_nearest(*end, target) for end in _ends(value)}
    if other:
        return None
    return found if target.infinite or abs(found) <= target.largest else math.nan


def to_odd(value: Real) -> float | None:
    """Return the master of a value: float64 rounded to odd.

    A float64 stays. Any other value is cut off towards 0 and the last bit of the significand is set, which says that
    something was cut off: less than 2^−1074 becomes 2^−1074, and more than the largest becomes the largest.

    A rounding to nearest at precision p depends on the digits after the p-th only through the first of them and
    whether all others are 0. With p at most 51 the master has both of its own, so `direct` loses nothing.

    Returns
    -------
    float or None
        None where the ends of a ball differ; rounding to odd is monotone too.

    References
    ----------
    Boldo and Melquiond, Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd, 2008.

    Examples
    --------
    >>> to_odd(Fraction(1, 3)).hex(), to_odd(Fraction(1, 2)), to_odd(Ball(3, 1, 2))
    ('0x1.5555555555555p-2', 0.5, None)
    """
    if isinstance(value, Ball) and (cell := _cell(value, FLOAT64.precision, FLOAT64.least)):
        whole, quantum = cell
        size = math.ldexp(whole | 1, quantum)
        return size if value.mid > 0 else -size
    found, *other = {_odd(*end) for end in _ends(value)}
    return None if other else found


def direct(master: float, target: Format) -> int:
    """Return the code, in a narrower format, of what a master stands for: its bits in storage.

    The significand loses its last digits, to nearest even. A code is a significand plus its exponent times
    2^(precision − 1), and what is carried out of the one goes into the other.

    Parameters
    ----------
    master : float
        Rounded to odd, see `to_odd`.
    target : Format
        Of precision at most 51, and with 2^(least − 2) in float64.

    Returns
    -------
    int
        Beyond the largest number the code of infinity, or of NaN where there is none, with the sign of the master.

    Raises
    ------
    SpecError
        If the master is not finite, or the format not narrower.

    Examples
    --------
    >>> hex(direct(1 + 2**-8 + 2**-40, BFLOAT16)), hex(direct(-65520.0, FLOAT16)), hex(direct(464.5, FLOAT8_E4M3))
    ('0x3f81', '0xfc00', '0x7f')
    """
    require(target.precision <= 51 and target.least >= -1072, "a format must be narrower than its masters", target.name)
    require(math.isfinite(master), "a master must be finite", master)
    bits = int.from_bytes(struct.pack(">d", master))
    sign, exponent, digits = bits >> 63, bits >> 52 & 0x7FF, bits & (1 << 52) - 1
    if exponent:
        digits |= 1 << 52
    exponent = max(exponent, 1) - 1075  # the master is digits · 2^exponent
    cut = max(digits.bit_length() - target.precision, target.least - exponent)
    kept, rest, half = digits >> cut, digits & (1 << cut) - 1, 1 << (cut - 1)
    kept += rest > half or (rest == half and kept & 1)
    code = kept + ((exponent + cut - target.least) << (target.precision - 1))
    return sign << (target.bits - 1) | min(code, target.beyond)


def decoded(code: int, source: Format) -> float:
    """Return the number that a code stands for, exact: what `direct` returns, as a float.

    Raises
    ------
    SpecError
        If the format has no such code.

    Examples
    --------
    >>> decoded(0x3F81, BFLOAT16), decoded(0xFC00, FLOAT16), decoded(0x80, FLOAT8_E4M3), decoded(1, FLOAT8_E5M2)
    (1.0078125, -inf, -0.0, 1.52587890625e-05)
    """
    require(0 <= code < 1 << source.bits, f"a code must have {source.bits} bits", code)
    sign, rest = divmod(code, 1 << (source.bits - 1))
    if rest >= source.beyond:
        found = math.inf if source.infinite and rest == source.beyond else math.nan
    else:
        power, digits = divmod(rest, 1 << (source.precision - 1))
        if power:
            digits += 1 << (source.precision - 1)
        found = math.ldexp(digits, source.least + max(power, 1) - 1)
    return -found if sign else found


def _cell(value: Ball, digits: int, least: int) -> tuple[int, int] | None:
    """Return m, of so many digits, and q >= least where m 2^q < |v| < (m + 1) 2^q in all of a ball.

    None near boundaries and at the ends of the range, where `_ends` decides. This is the common case, in a third of the
    time.
    """
    low, high = abs(value.mid) - value.rad, abs(value.mid) + value.rad
    cut = low.bit_length() - digits
    if low <= 0 or cut <= 0 or not least <= cut - value.scale < 1024 - digits:
        return None
    whole = low >> cut
    return (whole, cut - value.scale) if high >> cut == whole and whole << cut != low else None


def _ends(value: Real) -> tuple[tuple[int, int, int], ...]:
    """Return the ends of a value, one where it is exact, each as (n, d, s) where the end is n/d · 2^−s."""
    match value:
        case Fraction(numerator=n, denominator=d):
            return ((n, d, 0),)
        case Ball(mid=mid, rad=0, scale=scale):
            return ((mid, 1, scale),)
        case Ball(mid=mid, rad=rad, scale=scale):
            return (mid - rad, 1, scale), (mid + rad, 1, scale)
        case _:
            assert_never(value)


def _nearest(n: int, d: int, scale: int, target: Format) -> float:
    whole, twice, divisor, quantum = _cut(n, d, scale, target)
    whole += twice > divisor or (twice == divisor and whole & 1)
    if whole.bit_length() + quantum <= 1024:
        found = math.ldexp(whole if n > 0 else -whole, quantum)
        if abs(found) <= target.largest:
            return found
    return math.inf if n > 0 else -math.inf


def _odd(n: int, d: int, scale: int) -> float:
    whole, twice, _, quantum = _cut(n, d, scale, FLOAT64)
    if whole.bit_length() + quantum > 1024:
        return FLOAT64.largest if n > 0 else -FLOAT64.largest
    whole |= twice > 0
    return math.ldexp(whole if n > 0 else -whole, quantum)


def _cut(n: int, d: int, scale: int, target: Format) -> tuple[int, int, int, int]:
    """Return the significand of |n|/d · 2^−scale cut off, twice the rest, what it was divided by, and the exponent."""
    n = abs(n)
    top = n.bit_length() - d.bit_length()
    if n << max(-top, 0) < d << max(top, 0):
        top -= 1  # now 2^top <= n/d < 2^(top + 1)
    quantum = max(top - scale + 1 - target.precision, target.least)
    shift = quantum + scale
    n, d = n << max(-shift, 0), d << max(shift, 0)
    whole, rest = divmod(n, d)
    return whole, 2 * rest, d, quantum
