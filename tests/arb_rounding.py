"""Rounding of Arb's balls, which shares no code with refpos.exact.formats: Python's division, and the float next."""

import math
import struct

from flint import ctx

DECIDED = 320
"""Bits at which Arb first decides a rounding."""
BOUNDARY = 2_560
"""Bits at which a ball that still holds a boundary of a rounding is taken to be it."""
NARROW = {"float32": (24, -149, 128), "float16": (11, -24, 16), "bfloat16": (8, -133, 128)}
"""The digits of a significand, the exponent of the least positive number, and of the first power of two beyond."""


def ends(x):
    """Return the ends of a ball as n/d, d a power of two."""
    (mid, exponent), (rad, other) = (tuple(map(int, one.man_exp())) for one in (x.mid(), x.rad()))
    least = min(exponent, other, 0)
    mid, rad, d = mid << (exponent - least), rad << (other - least), 1 << -least
    return (mid - rad, d), (mid + rad, d)


def nearest(n, d):
    """Return the float64 nearest to n/d, ties to even, as Python divides integers."""
    return n / d


def odd(n, d):
    """Return n/d where it is a float64, else whichever of the two float64 around it has an odd significand."""
    found = n / d
    whole, parts = found.as_integer_ratio()
    error = n * parts - whole * d
    if error == 0 or struct.unpack("<q", struct.pack("<d", found))[0] & 1:
        return found
    return math.nextafter(found, math.inf if error > 0 else -math.inf)


def narrow(n, d, name):
    """Return the number of a narrow format nearest to n/d, ties to even."""
    digits, least, beyond = NARROW[name]
    size = abs(n)
    top = size.bit_length() - d.bit_length()
    top -= size << max(-top, 0) < d << max(top, 0)
    quantum = max(top + 1 - digits, least)
    size, d = size << max(-quantum, 0), d << max(quantum, 0)
    whole, rest = divmod(size, d)
    whole += 2 * rest > d or (2 * rest == d and whole % 2 == 1)
    found = math.inf if whole.bit_length() + quantum > beyond else math.ldexp(whole, quantum)
    return found if n >= 0 else -found


def roundings(n, d, name):
    return nearest(n, d), odd(n, d), narrow(n, d, name)


def decided(x, name):
    """Return a ball rounded to float64, to odd and to a narrow format, or None where its ends differ."""
    low, high = (roundings(*end, name) for end in ends(x))
    return low if low == high else None


def on_boundary(x, name):
    """Return the roundings of the one boundary that a narrow ball holds, or None where it is not narrow.

    Zero, a float64 and the midpoint of two of a narrow format all have at most 54 significant bits.
    """
    (low, d), (high, _) = ends(x)
    if low <= 0 <= high:
        return roundings(0, 1, name) if (high - low) << 2_000 < d else None
    if (high - low) << 2_000 > abs(low):
        return None
    cut = max(abs(low).bit_length() - 100, 0)
    n = (low + high + (1 << cut)) >> (cut + 1) << cut
    return roundings(n, d, name) if low <= n <= high else None


def precision(bits):
    """Return a context in which Arb reckons with so many bits."""
    return ctx.workprec(bits)
