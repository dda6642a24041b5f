"""What is to be known of an entry of the catalogue, for people and as data."""

import textwrap
from dataclasses import MISSING, fields, is_dataclass
from inspect import cleandoc
from typing import Any, cast

from refpos import show_angles
from refpos.catalogue import CATALOGUE
from refpos.catalogue.entry import Angle, Entry, Variant
from refpos.catalogue.find import find
from refpos.report import columns
from refpos.show_formulas import formula
from refpos.spec.frequencies import omega
from refpos.variants.described import describe
from refpos.variants.frequencies import Frequencies

FEW = 5
"""Numbers of a tuple that are told one by one."""
_PARAGRAPH = "\n\n"
PLAIN = (int, float, str)
"""What is told of a description inside another."""


def listing() -> list[dict[str, Any]]:
    """Return for each entry its name, family, what it says in a few words, and the work it comes from."""
    return [
        {"name": name, "family": entry.family, "says": _says(entry), "work": entry.source.work}
        for name, entry in CATALOGUE.items()
    ]


def table() -> list[str]:
    """Return the catalogue as a table in Markdown, each entry with the golden file that it is checked by."""
    rows = (_row(name, entry) for name, entry in CATALOGUE.items())
    return ["| name | family | equation | source | check |", "|---|---|---|---|---|", *rows]


def _row(name: str, entry: Entry[Variant]) -> str:
    turning, source = _angle(entry), entry.source
    equation = _equation(entry) if turning is None else show_angles.equation(turning)
    cells = [name, entry.family, equation, f"[{source.work}]({source.url})", f"[golden](golden/{name}.json)"]
    return f"| {' | '.join(one.replace('|', chr(92) + '|') for one in cells)} |"


def _equation(entry: Entry[Variant]) -> str:
    """Return the formula of an entry, or that which its description begins with, and what it says."""
    own = formula(entry.variant)
    if own is not None:
        return f"{own} ({_says(entry)})"
    paragraphs = cleandoc(type(entry.variant).__doc__ or "").split("\n\n")
    written = " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""
    written = written.partition(";")[0].rstrip(".")
    return f"{written} ({_says(entry)})" if any(sign in written for sign in "=Σ⌊·") else _says(entry)


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
    turning = _angle(entry)
    if turning is not None:
        static = show_angles.static(turning.variant)
        found["features"] = turning.width
        found["frequencies"] = None if found["learned"] else omega(static.frequencies).tolist()
        found["mistakes"] = {one.id: one.what for one in show_angles.mistakes(turning)}
    return found


def page(name: str, *, unicode: bool = True) -> str:
    """Return an entry as a page of text, its formula in Unicode or in ASCII."""
    entry = find(name)
    turning = _angle(entry)
    title = f"{name}: {entry.family}, {_says(entry)}"
    if turning is None:
        parts = [title, _described(entry), _parameters(entry), _sources(entry), _shapes(entry)]
    else:
        equations = show_angles.formula(turning, unicode=unicode)
        last = [show_angles.frequencies(turning), _known(turning)]
        parts = [title, *equations, _parameters(entry), _sources(entry), *last]
    return "\n\n".join(part for part in parts if part)


def _angle(entry: Entry[Variant]) -> Entry[Angle] | None:
    """Return an entry that is rotary or sinusoidal, None for others."""
    return cast(Entry[Angle], entry) if isinstance(entry.variant, Angle) else None


def _says(entry: Entry[Variant]) -> str:
    """Return an entry in a few words: of what is no angle, the fields that are not what they are by default."""
    turning = _angle(entry)
    if turning is not None:
        return show_angles.says(turning)
    return _brief(entry.variant)


def _brief(value: Any, *, whole: bool = True) -> str:
    """Return a description with the fields that are not what they are by default; of those inside it, the plain ones.

    Examples
    --------
    >>> _brief(find("bloom").variant), _brief((7, 7))
    ('Alibi, heads 112, reference origin', '7 x 7')
    """
    if isinstance(value, tuple):
        return (
            " x ".join(map(_brief, value))
            if len(value) < FEW and not any(map(is_dataclass, value))
            else f"{len(value)}"
        )
    if not is_dataclass(value):
        return str(value)
    own = [(field.name, getattr(value, field.name), field.default) for field in fields(value)]
    said = [
        f"{name} {_brief(one, whole=False)}"
        for name, one, usual in own
        if (usual is MISSING or one != usual) and (whole or isinstance(one, PLAIN))
    ]
    return f"{type(value).__name__}, {', '.join(said)}" if whole and said else " ".join([type(value).__name__, *said])


def _described(entry: Entry[Variant]) -> str:
    """Return what the description says of itself: what it is and its formula, with the entry's own choices."""
    words, own = cleandoc(type(entry.variant).__doc__ or ""), formula(entry.variant)
    text = words.partition("\nParameters\n")[0].rstrip()
    return textwrap.indent(text if own is None else f"{text.partition(_PARAGRAPH)[0]}\n\n{own}", "  ")


def _learned(entry: Entry[Variant]) -> dict[str, tuple[int, ...]]:
    return dict(getattr(entry.variant, "learned", {}))


def _shapes(entry: Entry[Variant]) -> str:
    """Return the arrays that a model learns, with their shapes."""
    rows = [[name, " by ".join(map(str, shape)) or "one number"] for name, shape in _learned(entry).items()]
    return "\n".join(["learned", *columns(rows, indent="  ")]) if rows else ""


def _parameters(entry: Entry[Variant]) -> str:
    lines = [f"  {field.name:<17} {_written(getattr(entry.variant, field.name))}" for field in fields(entry.variant)]
    return "\n".join(["parameters", *lines])


def _written(value: Any, width: int = 86) -> str:
    if isinstance(value, Frequencies) and len(value.axes) > 8:
        text = repr(value).replace(repr(value.axes), _runs(value.axes))
    else:
        text = repr(value)
    return text if len(text) <= 4 * width else text[: 4 * width] + " …"


def _runs(axes: tuple[int | None, ...]) -> str:
    """Write a tuple of axes as its shortest repeating parts: (0,)*16 + (1,)*24.

    Examples
    --------
    >>> _runs((0, 0, 1, 1, 1))
    '(0,)*2 + (1,)*3'
    """
    for period in range(1, 5):
        repeats, rest = divmod(len(axes), period)
        if (
            period > 1
            and len(set(axes[:period])) > 1
            and repeats > 2
            and axes[: period * (repeats - 1)] == axes[:period] * (repeats - 1)
        ):
            tail = axes[period * (repeats - 1) :]
            head = f"{axes[:period]}*{repeats - 1}"
            return f"{axes[:period]}*{repeats}" if tail == axes[:period] and not rest else f"{head} + {tail}"
    runs: list[list[Any]] = []
    for axis in axes:
        if runs and runs[-1][0] == axis:
            runs[-1][1] += 1
        else:
            runs.append([axis, 1])
    return " + ".join(f"({axis},)*{count}" for axis, count in runs) if len(runs) <= 8 else repr(axes)


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
