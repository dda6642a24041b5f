"""What the inputs of a golden case must be."""

from collections.abc import Mapping
from typing import Any

from refpos.errors import require
from refpos.oracle.golden.length import original_length
from refpos.oracle.golden.values import Subject
from refpos.variants.frequencies import axis_count, head_count
from refpos.variants.rotary import Rotary

FARTHEST = 2.0**63
"""The largest position or feature."""
LONGEST = 2**53
"""The longest sequence."""
GROWN = 2.0**16
"""The largest position where there is growth: numbers that are raised to it are long."""


def require_inputs(subject: Subject, inputs: Any, elements: Any, where: str) -> None:
    """Raise `SpecError` unless a case has inputs that its entry can be given."""
    variant, size = subject.entry.variant, subject.entry.width
    axes, rotary = axis_count(variant.frequencies), isinstance(variant, Rotary)
    heads, lasting = head_count(variant.frequencies), original_length(variant) is not None
    known = {"positions", *(["x"] if rotary else []), *(["head"] if heads else []), *(["length"] if lasting else [])}
    grows = isinstance(variant, Rotary) and variant.growth is not None
    optional = {"side"} if grows else set()
    fine = isinstance(inputs, Mapping) and known <= set(inputs) <= known | optional
    require(fine, f"{where}: inputs must be {', '.join(sorted(known))}", inputs)
    given = inputs["positions"]
    fine = isinstance(given, list) and 1 <= len(given) <= 64
    fine = fine and all(_is_number(one) if axes == 1 else _are_numbers(one, axes) for one in given)
    require(fine, f"{where}: positions must be 1 to 64 tokens of {axes} finite numbers", given)
    require(not grows or max(map(abs, given)) <= GROWN, f"{where}: positions must be up to {GROWN:.0f}", given)
    if rotary:
        x = inputs["x"]
        fine = isinstance(x, list) and len(x) == len(given) and all(_are_numbers(row, size) for row in x)
        require(fine, f"{where}: x must be {size} finite numbers for each token", x)
    fine = heads is None or (type(inputs["head"]) is int and 0 <= inputs["head"] < heads)
    require(fine, f"{where}: head must be below {heads}", inputs.get("head"))
    require(inputs.get("side", "key") == "key", f"{where}: side must be key, or left out", inputs.get("side"))
    if lasting:
        _require_length(inputs["length"], given, where)
    _require_elements(elements, size, where)


def _require_length(length: Any, positions: list[Any], where: str) -> None:
    fine = type(length) is int and 1 <= length <= LONGEST
    require(fine, f"{where}: length must be an int from 1 to {LONGEST}", length)
    fine = all(0 <= one < length for one in positions)
    require(fine, f"{where}: positions must be from 0 to below the length, {length}", positions)


def _require_elements(elements: Any, size: int, where: str) -> None:
    fine = elements is None or (
        isinstance(elements, list)
        and all(type(one) is int and 0 <= one < size for one in elements)
        and elements == sorted(set(elements))
        and len(elements) > 0
    )
    require(fine, f"{where}: elements must be features below {size}, each once and in order", elements)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= FARTHEST


def _are_numbers(value: Any, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(map(_is_number, value))
