"""Rules that several descriptions share, each said once.

Descriptions hold only int, float, bool, str, tuples and other descriptions, so each field is checked for its
type as well as for its range; a whole number given where a float is meant is turned into that float.
"""

import sys
from typing import Any

from refpos.errors import require


def real(owner: Any, field: str) -> None:
    """Turn a field into a finite float, or say that it is not a number."""
    object.__setattr__(owner, field, _float(getattr(owner, field), field))


def real_or_tuple(owner: Any, field: str) -> None:
    """Turn a field into a finite float, or into a tuple of them (one per axis)."""
    value = getattr(owner, field)
    if isinstance(value, tuple):
        require(value, f"{field} must not be empty", value)
        object.__setattr__(owner, field, tuple(_float(one, field) for one in value))
    else:
        real(owner, field)


def reals(owner: Any, field: str) -> None:
    """Turn a field into a tuple of finite floats."""
    value = getattr(owner, field)
    require(isinstance(value, tuple) and value, f"{field} must be a tuple of numbers", value)
    object.__setattr__(owner, field, tuple(_float(one, field) for one in value))


def whole(owner: Any, field: str, least: int | None = None) -> None:
    """Check that a field is an int (a bool is not one), of so many bits that it can be told, and at least so large."""
    value = getattr(owner, field)
    require(type(value) is int, f"{field} must be an int", value)
    require(value.bit_length() <= 1024, f"{field} must have at most 1024 bits", value)
    if least is not None:
        require(value >= least, f"{field} must be at least {least}", value)


def flag(owner: Any, field: str) -> None:
    """Check that a field is a bool."""
    value = getattr(owner, field)
    require(isinstance(value, bool), f"{field} must be True or False", value)


def one_of(owner: Any, field: str, choices: tuple[object, ...]) -> None:
    """Check that a field is one of the named choices."""
    value = getattr(owner, field)
    require(
        any(type(value) is type(choice) and value == choice for choice in choices),
        f"{field} must be one of {', '.join(map(repr, choices))}",
        value,
    )


def greater(owner: Any, field: str, limit: float) -> None:
    """Check that a field, or each of its entries, is greater than a limit."""
    value = getattr(owner, field)
    entries = value if isinstance(value, tuple) else (value,)
    require(all(one > limit for one in entries), f"{field} must be greater than {limit:g}", value)


def few(name: str, count: int, parts: str) -> None:
    """Check that there are no more planes, or heads with numbers of their own, than ten times those of any model."""
    require(count <= 1 << 16, f"{name} must be those of at most 65,536 {parts}", count)


def _float(value: object, field: str) -> float:
    require(isinstance(value, int | float) and not isinstance(value, bool), f"{field} must be a number", value)
    assert isinstance(value, int | float)
    require(abs(value) <= sys.float_info.max, f"{field} must be finite", value)
    require(float(value) == value, f"{field} must be a number that a double holds exactly", value)
    return float(value)
