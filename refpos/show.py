"""What is to be known of an entry of the catalogue, for people and as data."""

import textwrap
from dataclasses import fields
from inspect import cleandoc
from typing import Any

from refpos import show_angles
from refpos.catalogue import CATALOGUE
from refpos.catalogue.entry import Angle, Entry, Variant
from refpos.catalogue.find import find
from refpos.listing import angle, says
from refpos.report import columns
from refpos.show_equations import equation
from refpos.show_fields import parameters
from refpos.show_formulas import formula
from refpos.spec.frequencies import omega
from refpos.variants.described import describe
from refpos.variants.relative import KEYS

LETTERS = """\
x are features, p their position (p_a along axis a: t, y, x), k is a plane of K, j its number among the K_a of its axis,
A the number of axes; ByParts, NTK and others of refpos/variants/scaling.py change ω_k. q_i and k_j are a query and a
key at p_i and p_j, d their width, h a head, R_i the turn at p_i, σ the logistic function, a_ij what softmax makes of
the logits. T and what else no formula gives is learned. n samples become n'. m is a mask. Text stands at p, one beyond
the highest coordinate so far, L = p − 1; a grid has h by w patches, y or r counting rows, x or c columns, t frames."""
"""What the letters of the table mean."""
_HELD = chr(0xA0)
"""A space at which no line breaks."""


def table() -> list[str]:
    """Return the catalogue as a table in Markdown, each entry with the golden file that it is checked by."""
    rows = (_row(name, entry) for name, entry in CATALOGUE.items())
    return ["| name | family | equation | source | check |", "|---|---|---|---|---|", *rows]


def _row(name: str, entry: Entry[Variant]) -> str:
    source = entry.source
    cells = [name, entry.family, _equation(entry), f"[{source.work}]({source.url})", f"[golden](golden/{name}.json)"]
    return f"| {' | '.join(one.replace('|', chr(92) + '|') for one in cells)} |"


def _equation(entry: Entry[Variant]) -> str:
    """Return the formula of an entry, and what of its numbers that does not say."""
    turning = angle(entry)
    if turning is not None:
        return equation(turning.variant)
    own = formula(entry.variant)
    return own if entry.family == "attention" else f"{own} ({says(entry)})"


def as_data(name: str) -> dict[str, Any]:
    """Return an entry as plain data: the description, its source, and of angles frequencies and known mistakes."""
    entry = find(name)
    found: dict[str, Any] = {
        "name": name,
        "family": entry.family,
        "variant": describe(entry.variant),
        "learned": {key: list(shape) for key, shape in _learned(entry).items()},
        "source": {field.name: getattr(entry.source, field.name) for field in fields(entry.source)},
        "note": entry.note,
    }
    turning = angle(entry)
    if turning is not None:
        static = show_angles.static(turning.variant)
        found["features"] = turning.width
        found["frequencies"] = None if found["learned"] else omega(static.frequencies).tolist()
        found["mistakes"] = {one.id: one.what for one in show_angles.mistakes(turning)}
    return found


def page(name: str, *, unicode: bool = True) -> str:
    """Return an entry as a page of text, its formula in Unicode or in ASCII."""
    entry = find(name)
    turning = angle(entry)
    title = f"{name}: {entry.family}, {says(entry)}"
    if turning is None:
        parts = [title, _described(entry), _parameters(entry), _sources(entry), _shapes(entry)]
    else:
        equations = show_angles.formula(turning, unicode=unicode)
        learned = _shapes(entry)
        last = [learned] if learned else [show_angles.frequencies(turning), _known(turning)]
        parts = [title, *equations, _parameters(entry), _sources(entry), *last]
    return "\n\n".join(part for part in parts if part)


def _described(entry: Entry[Variant]) -> str:
    """Return what the description says of itself, and its formula with the entry's own choices."""
    words = cleandoc(type(entry.variant).__doc__ or "").partition("\n\n")[0]
    own = [line for one in formula(entry.variant).split("; ") for line in _lines(one)]
    return textwrap.indent("\n".join([words, "", *own]), "  ")


def _lines(equation: str) -> list[str]:
    """Break an equation into lines, and none of them after or before its sign."""
    held = equation.replace(" = ", f"{_HELD}={_HELD}")
    return [line.replace(_HELD, " ") for line in textwrap.wrap(held, 110, subsequent_indent="    ")]


def _learned(entry: Entry[Variant]) -> dict[str, tuple[int, ...]]:
    return dict(getattr(entry.variant, "learned", {}))


def _shapes(entry: Entry[Variant]) -> str:
    """Return the arrays that a model learns, with their shapes."""
    shapes = {name: ["keys" if n == KEYS else str(n) for n in shape] for name, shape in _learned(entry).items()}
    rows = [[name, " by ".join(shape) or "one number"] for name, shape in shapes.items()]
    return "\n".join(["learned", *columns(rows, indent="  ")]) if rows else ""


def _parameters(entry: Entry[Variant]) -> str:
    return "\n".join(["parameters", *(f"  {line}" for line in parameters(entry.variant))])


def _sources(entry: Entry[Variant]) -> str:
    source = entry.source
    lines = [f"source\n  {source.work}, {source.version}\n  {source.place}\n  {source.url}"]
    return "\n\n".join([*lines, f"note\n  {entry.note}"] if entry.note else lines)


def _known(entry: Entry[Angle]) -> str:
    """Return the mistakes that are named, those of a kind together."""
    kinds: dict[str, list[str]] = {}
    for one in show_angles.mistakes(entry):
        kind, _, choice = one.id.partition("/")
        kinds.setdefault(kind, []).append(choice)
    rows = [[kind, line] for kind, found in kinds.items() for line in _wrapped(found)]
    return "\n".join(["mistakes that `refpos check` names", *columns(rows, indent="  ")]) if rows else ""


def _wrapped(words: list[str]) -> list[str]:
    return textwrap.wrap(", ".join(words), 90, break_long_words=False, break_on_hyphens=False)
