"""Prime factors of the numbers that descriptions hold: integers, and doubles, whose numerators have 53 bits."""

from collections import Counter
from fractions import Fraction
from functools import lru_cache
from itertools import count
from math import gcd

from refpos.errors import require

_SMALL = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)


@lru_cache(maxsize=4096)
def factors(value: Fraction) -> tuple[tuple[int, int], ...]:
    """Return the primes of a positive fraction and their exponents, negative below the line, in order.

    Raises
    ------
    SpecError
        If numerator or denominator, without its twos, exceeds 2^64.

    Examples
    --------
    >>> factors(Fraction(10_000)), factors(Fraction(3, 8))
    (((2, 4), (5, 4)), ((2, -3), (3, 1)))
    """
    found = Counter(_split(value.numerator))
    found.subtract(_split(value.denominator))
    return tuple(sorted(found.items()))


def _split(n: int) -> list[int]:
    """Return the prime factors of a positive integer."""
    found = []
    for p in _SMALL:
        while n % p == 0:
            found.append(p)
            n //= p
    require(n < 1 << 64, "a number must be small enough to be factored, less than 2^64 without its small primes", n)
    waiting = [n]
    while waiting:
        n = waiting.pop()
        if n > 1 and _is_prime(n):
            found.append(n)
        elif n > 1:
            d = _divisor(n)
            waiting += [d, n // d]
    return found


def _is_prime(n: int) -> bool:
    """Return whether n is prime, n below 2^64 and odd: Miller and Rabin, to bases that suffice there."""
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    for base in _SMALL:
        x = pow(base, (n - 1) >> twos, n)
        if x in (1, n - 1) or n == base:
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def _divisor(n: int) -> int:
    """Return a proper divisor of a composite number, by Pollard's walk x -> x² + c."""
    for c in count(1):
        slow = fast = 2
        d = 1
        while d == 1:
            slow = (slow * slow + c) % n
            fast = (fast * fast + c) % n
            fast = (fast * fast + c) % n
            d = gcd(slow - fast, n)
        if d != n:
            return d
    raise AssertionError(n)
