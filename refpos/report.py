"""Tables for people, in plain text."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from refpos.oracle.verdict import ratio

if TYPE_CHECKING:
    from refpos.survey import Row


def columns(rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    """Return lines in which every column but the last has one width.

    Examples
    --------
    >>> columns([["a", "bcd"], ["efg", "h"]])
    ['a    bcd', 'efg  h']
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)][:-1]
    return [
        (indent + "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]])).rstrip()
        for row in rows
    ]


def survey(rows: "Sequence[Row]") -> list[str]:
    """Return the table of a survey, framework by framework, its differences told in full below each row."""
    lines: list[str] = []
    for framework in dict.fromkeys(row.framework for row in rows):
        own = [row for row in rows if row.framework == framework]
        lines += [_heading(own[0]), *_body(own), ""]
    return lines


def _heading(row: "Row") -> str:
    mark = "" if row.tested or row.outcome == "not loaded" else "  (a version this adapter was not tested with)"
    return f"{row.framework} {row.version}{mark}"


def _body(rows: "list[Row]") -> Iterator[str]:
    cells = [
        [row.encoding, row.dtype, row.outcome, "" if row.worst is None else ratio(row.worst), _label(row)]
        for row in rows
    ]
    for row, line in zip(rows, columns(cells, indent="  "), strict=True):
        if row.outcome == "not loaded":
            yield f"  not loaded: {row.why}"
            continue
        yield line
        if row.outcome != "agrees":
            yield f"      {row.why}"


def _label(row: "Row") -> str:
    return f"{row.label} (rotation only: it is given the table)" if row.stage == "rotation" else row.label
