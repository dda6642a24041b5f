"""Descriptions as plain data."""

from dataclasses import fields, is_dataclass
from typing import Any


def describe(value: Any) -> Any:
    """Return a description as plain data: its class name under `type`, and its fields.

    Examples
    --------
    >>> from refpos import Linear
    >>> describe(Linear(4))
    {'type': 'Linear', 'factor': 4.0}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {"type": type(value).__name__, **{one.name: describe(getattr(value, one.name)) for one in fields(value)}}
    return [describe(one) for one in value] if isinstance(value, tuple) else value
