"""Descriptions in words and as the expressions that make them, fields at their default left out."""

import re
import textwrap
from dataclasses import MISSING, fields, is_dataclass
from inspect import cleandoc
from typing import Any

FEW = 5
"""Numbers of a tuple that are told one by one."""
LONGEST = 4
"""How many entries of a tuple come round again, where they are written once."""
WIDE = 110
"""Characters of a line."""
PLAIN = (int, float, str)
"""What is told of a description inside another."""


def brief(value: Any, *, whole: bool = True) -> str:
    """Return a description with the fields that are not what they are by default; of those inside it, the plain ones.

    Examples
    --------
    >>> from refpos import Alibi
    >>> brief(Alibi(112, reference="origin")), brief((7, 7)), brief(("query", "key"))
    ('Alibi, heads 112, reference origin', '7 x 7', 'query and key')
    """
    if isinstance(value, tuple):
        return _several(value)
    if not is_dataclass(value):
        return f"{value:g}" if isinstance(value, float) else str(value)
    said = [
        brief(one, whole=False) if is_dataclass(one) else f"{name} {brief(one, whole=False)}"
        for name, one, usual in _fields(value)
        if one != usual and (whole or isinstance(one, PLAIN))
    ]
    return (", " if whole else " ").join([type(value).__name__, *said])


def _several(values: tuple[Any, ...]) -> str:
    if len(values) >= FEW or any(map(is_dataclass, values)):
        return str(len(values))
    return (" and " if any(isinstance(one, str) for one in values) else " x ").join(map(brief, values))


def _fields(value: Any) -> list[tuple[str, Any, Any]]:
    """Return the name, the value and the default of each field."""
    return [(field.name, getattr(value, field.name), field.default) for field in fields(value)]


def written(value: Any) -> str:
    """Return the expression that makes a description, fields at their default left out.

    Examples
    --------
    >>> from refpos import Frequencies, Linear
    >>> written(Frequencies((0,) * 64, base=500.0, scaling=Linear(4)))
    'Frequencies((0,)*64, base=500, scaling=(Linear(4),))'
    """
    if isinstance(value, tuple):
        return runs(value)
    if not is_dataclass(value):
        return repr(int(value) if isinstance(value, float) and abs(value) < 2**53 and value == int(value) else value)
    given = [(name, one, usual) for name, one, usual in _fields(value) if one != usual]
    said = [
        written(one) if at == 0 and usual is MISSING else f"{name}={written(one)}"
        for at, (name, one, usual) in enumerate(given)
    ]
    return f"{type(value).__name__}({', '.join(said)})"


def runs(values: tuple[Any, ...]) -> str:
    """Write a tuple as the parts of it that come again, where that is shorter: (0,)*16 + (1,)*24.

    Examples
    --------
    >>> runs((0, 0, 0, 1, 1, 1)), runs((1, 2, 2))
    ('(0,)*3 + (1,)*3', '(1, 2, 2)')
    """
    short = " + ".join(_times(part, count) for part, count in parts(values)) or "()"
    return min(_times(values, 1), short, key=len) if values else short


def _times(part: tuple[Any, ...], count: int) -> str:
    inside = ", ".join(map(written, part)) + ("," if len(part) == 1 else "")
    return f"({inside})" if count == 1 else f"({inside})*{count}"


def parts(values: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], int]]:
    """Return the parts of a tuple that come again, and how often; what comes once stands together.

    Examples
    --------
    >>> parts((0, 1, 0, 1, 2, 3))
    [((0, 1), 2), ((2, 3), 1)]
    """
    found: list[tuple[tuple[Any, ...], int]] = []
    at = 0
    while at < len(values):
        length = max(range(1, LONGEST + 1), key=lambda n: (_count(values, at, n) * n * (_count(values, at, n) > 1), -n))
        part, count = values[at : at + length], _count(values, at, length)
        if count == 1 and found and found[-1][1] == 1:
            found[-1] = (found[-1][0] + part, 1)
        else:
            found.append((part, count))
        at += length * count
    return found


def _count(values: tuple[Any, ...], at: int, length: int) -> int:
    """Return how often so many entries come one time after another, from a place on."""
    part, count = values[at : at + length], 1
    while part and values[at + count * length : at + (count + 1) * length] == part:
        count += 1
    return count


def parameters(value: Any) -> list[str]:
    """Return the fields of a description that are not at their default, with what they mean, and then the others."""
    meanings, own = _meanings(type(value)), _fields(value)
    width = 2 + max(len(name) for name, _, _ in own)
    lines = [
        line
        for name, one, usual in own
        if one != usual
        for line in _entry(name.ljust(width), one, meanings.get(name, ""))
    ]
    others = ", ".join(f"{name}={written(one)}" for name, one, usual in own if one == usual)
    return [*lines, *_wrapped(others, "by default: ", " " * width)]


def _entry(name: str, value: Any, meaning: str) -> list[str]:
    """Return a value, a line for each of several descriptions, and what it means, beside it where there is room."""
    indent = " " * len(name)
    several = isinstance(value, tuple) and any(map(is_dataclass, value))
    texts = [_times(part, count) for part, count in parts(value)] if several else [written(value)]
    ends = [*[" +"] * (len(texts) - 1), ""]
    lines = [line for text, end in zip(texts, ends, strict=True) for line in _wrapped(text + end, indent, indent)]
    lines[0] = name + lines[0].removeprefix(indent)
    beside = f"{lines[0]}  {meaning}"
    return (
        [beside]
        if meaning and len(lines) == 1 and len(beside) <= WIDE
        else [*lines, *_wrapped(meaning, indent, indent)]
    )


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, WIDE, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _meanings(kind: type) -> dict[str, str]:
    """Return what the docstring of a description says of each field."""
    section = cleandoc(kind.__doc__ or "").partition("\nParameters\n")[2].split("\n\n")[0]
    found = re.findall(r"^(\w[\w, ]*?)(?: : .*)?\n((?:    .*\n?)*)", section, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for names, text in found for name in names.split(", ")}
