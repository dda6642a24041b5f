"""One golden file: all that is derived from its inputs, and the inputs that it begins with."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import count, islice
from typing import Any, NamedTuple

import numpy as np

from refpos.catalogue import ANGLES, CATALOGUE
from refpos.errors import SpecError, require, told
from refpos.oracle.golden.draw import bad_inputs, weights
from refpos.oracle.golden.drawn import Draw, drawn_cases
from refpos.oracle.golden.format import FORMAT, Document, shape_of
from refpos.oracle.golden.inputs import require_inputs
from refpos.oracle.golden.length import original_length
from refpos.oracle.golden.links import LINKS
from refpos.oracle.golden.others import (
    FAMILIES,
    Other,
    first_others,
    judge_other,
    rejects_other,
    repeated,
    require_other,
)
from refpos.oracle.golden.search import first_cases
from refpos.oracle.golden.values import (
    Judged,
    Subject,
    judge,
    near_tie,
    normal_form,
    rounded_wrong,
)
from refpos.spec.rotary import rotate
from refpos.spec.sinusoidal import embed
from refpos.variants.described import describe
from refpos.variants.frequencies import head_count
from refpos.variants.rotary import Rotary

WRONGS = 5
"""How many mistakes a case says the results of."""
MARK = "double-rounding: "
"""What the comment of a case begins with where a cast through float32 errs."""
MOST = 9999
"""The cases that ids of four digits can number."""
FROZEN = ("id", "comment", "inputs", "elements")
"""What of a case never changes."""


def golden_names() -> tuple[str, ...]:
    """Return the entries that have a golden file: all of the catalogue.

    Examples
    --------
    >>> "llama-3.1" in golden_names(), "dynamic-ntk" in golden_names()
    (True, True)
    """
    return tuple(sorted(name for name, entry in CATALOGUE.items() if name in ANGLES or entry.family in FAMILIES))


def written(name: str, old: Document | None = None, draw: Draw | None = None) -> Document:
    """Return the golden file of an entry: all cases of an old one, derived again, and those of the plan it lacks.

    Where something is there to `draw` inputs, an entry that has no drawn cases gets some.
    """
    subject = subject_of(name, old)
    cases = kept(name, old) if old else []
    cases += _new(subject, cases, _kind(subject).first(subject))
    if draw is not None and isinstance(subject, Subject):
        cases += _new(subject, cases, drawn_cases(subject, cases, draw(subject)))
    return derived(subject, cases)


def rederived(name: str, document: Document) -> Document:
    """Return what a golden file should be, from its inputs alone.

    Raises
    ------
    SpecError
        If its inputs are none of the entry's; it names the file, the case and the rule.
    """
    require(name in golden_names(), f"{name}.json: a golden file must be of an entry of the catalogue", name)
    return derived(subject_of(name, document), kept(name, document))


def derived(subject: Any, cases: list[dict[str, Any]]) -> Document:
    """Return the whole file of an entry with these cases, of which only id, comment, inputs and elements are read."""
    entry, kind = subject.entry, _kind(subject)
    judged = [_judged(subject, one) for one in cases]
    shown = _shared(judged)
    found = {
        "format": FORMAT,
        "name": subject.name,
        "family": entry.family,
        "features": subject.features,
        "variant": describe(entry.variant),
        "source": {field.name: getattr(entry.source, field.name) for field in fields(entry.source)},
        "notes": _notes(subject, cases, judged),
        "cases": [_case(*one) for one in zip(cases, judged, shown, strict=True)],
        "rejects": kind.rejects(subject),
    }
    if isinstance(entry.variant, Rotary) and original_length(entry.variant) is None:
        found["normal_form"] = normal_form(subject)
    if subject.weights:
        found["learned"] = dict(subject.weights)
    return found


def _judged(subject: Any, case: Mapping[str, Any]) -> Judged:
    """Return what is derived of a case, or say of which case nothing can be."""
    where = f"{subject.name}.json, {case['id']}"
    try:
        return _kind(subject).judge(subject, case["inputs"], case.get("elements"))
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from error
    except (ArithmeticError, MemoryError, ValueError) as error:
        rule = "a case must be one that values can be derived for"
        raise SpecError(f"{where}: {rule}; got {told(error)}") from error


def kept(name: str, document: Document) -> list[dict[str, Any]]:
    """Return the inputs of the cases of a file, or say what is wrong with them."""
    cases, subject = document.get("cases"), subject_of(name, document)
    fine = isinstance(cases, list) and 0 < len(cases) <= MOST and all(isinstance(one, dict) for one in cases)
    require(fine, f"{name}.json: cases must be a list of 1 to {MOST} objects", cases)
    last = 0
    for one in cases or []:
        number = re.fullmatch(rf"{re.escape(name)}/([0-9]{{4}})", str(one.get("id")))
        fine = number is not None and int(number[1]) > last
        require(fine, f"{name}.json: ids must be {name}/NNNN, each once and in order", one.get("id"))
        last = int(number[1]) if number else last
        require(isinstance(one.get("comment"), str), f"{name}.json, {one['id']}: comment must be a string", one)
        _kind(subject).require(subject, one.get("inputs"), one.get("elements"), f"{name}.json, {one['id']}")
    return [{key: one[key] for key in FROZEN if key in one} for one in cases or []]


def subject_of(name: str, old: Document | None) -> Any:
    """Return what a golden file is made of: an entry, with the weights that a file has, or new ones.

    Raises
    ------
    SpecError
        If the weights are none that the entry can have. It names the file.
    """
    if name in ANGLES:
        return _angle(name, old)
    subject = Other(name, CATALOGUE[name])
    due = repeated(subject)
    given = old.get("learned") if old else due
    if old is not None:
        shapes = {key: one.get("shape") if isinstance(one, dict) else one for key, one in (given or {}).items()}
        fine = shapes == {key: one["shape"] for key, one in (due or {}).items()}
        require(fine, f"{name}.json: learned must have the shapes that the variant says", shapes)
    return Other(name, CATALOGUE[name], given)


def _angle(name: str, old: Document | None) -> Subject:
    entry = ANGLES[name]
    given = old.get("learned") if old else weights(entry.variant)
    if old is not None:
        held = {} if given is None else given
        require(isinstance(held, dict), f"{name}.json: learned must be an object", held)
        shapes = {key: shape_of(one, (int, float), f"{name}.json, learned/{key}") for key, one in held.items()}
        fine = shapes == entry.variant.learned
        require(fine, f"{name}.json: learned must have the shapes {entry.variant.learned}", shapes)
    return Subject(name, entry, given or None)


def _new(subject: Any, cases: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those that are not among the cases, with the ids that come after theirs."""
    known = [one["inputs"] for one in cases]
    last = int(cases[-1]["id"].rpartition("/")[2]) if cases else 0
    fresh = [one for one in found if one["inputs"] not in known]
    ids = (f"{subject.name}/{number:04d}" for number in count(last + 1))
    return [_marked({"id": one_id, **one}, subject) for one_id, one in zip(ids, fresh, strict=False)]


def _marked(case: dict[str, Any], subject: Any) -> dict[str, Any]:
    """Return a case, marked where a cast of some master through float32 errs."""
    judged = _kind(subject).judge(subject, case["inputs"], case.get("elements"))
    marked = any(near_tie(one) for row in judged.masters for one in row)
    return {**case, "comment": MARK + case["comment"]} if marked else case


def _shared(judged: list[Judged]) -> list[dict[str, Any]]:
    """Return which mistakes each case says the results of: a few, and as far as can be each mistake once."""
    told: set[str] = set()
    found = []
    for one in judged:
        few = WRONGS if len(one.masters[0]) <= 64 else 0
        fresh = (name for name, values in one.wrong.items() if name not in told and np.isfinite(values).all())
        found.append({name: rounded_wrong(one.wrong[name]) for name in [*islice(fresh, few)]})
        told.update(found[-1])
    return found


def _case(case: dict[str, Any], judged: Judged, shown: dict[str, Any]) -> dict[str, Any]:
    return {
        **case,
        "master": judged.masters,
        "units": judged.units,
        "separates": sorted(judged.wrong),
        "wrong": shown,
    }


EFFECTS = {
    "pairing": "other features are turned together: every score is wrong",
    "write": "the output is laid out otherwise than what reads it expects",
    "positions": "tokens are put where they are not",
    "bfloat16": "angles lose digits: tokens fall together from position 257 on",
    "float16": "angles lose digits: tokens fall together from position 2049 on",
    "arithmetic": "pairs are not rotated: lengths, and so scores, are wrong",
}


OTHERWISE = {
    "bias": "logits, and so attention, are wrong",
    "table": "tokens are given rows that are not theirs",
    "positions": EFFECTS["positions"],
    "attention": "queries attend to other keys, or to other values, than are meant",
}


def _notes(subject: Any, cases: list[dict[str, Any]], judged: list[Judged]) -> dict[str, Any]:
    """Return a note for each mistake that some case tells, in the words that hold at every length."""
    telling = {name for one in judged for name in one.wrong}
    words: dict[str, str] = {}
    for case in cases:
        for one in _kind(subject).mistakes(subject, case["inputs"]):
            same = words.setdefault(one.id, one.what) == one.what
            words[one.id] = one.what if same else one.what.partition(" where ")[0]
    return {name: _note(name, what, subject.entry.family) for name, what in words.items() if name in telling}


def _note(mistake: str, what: str, family: str) -> dict[str, Any]:
    effect = EFFECTS.get(mistake.partition("/")[0], "angles drift with distance")
    effect = OTHERWISE.get(family, effect)
    return {"what": what, "effect": effect, "links": list(LINKS.get(mistake, ()))}


def _rejects(subject: Subject) -> list[dict[str, Any]]:
    """Return inputs that must be refused, with the rule that the specification says they break."""
    found = []
    for number, (comment, inputs) in enumerate(bad_inputs(subject.entry.variant), start=1):
        positions = np.array(inputs["positions"], dtype=np.float64)
        try:
            variant = subject.at(inputs).variant
            if isinstance(variant, Rotary):
                x = np.array(inputs["x"], dtype=np.float64)
                heads = head_count(variant.frequencies)
                x = x if heads is None else np.repeat(x[None], heads, axis=0)
                rotate(x, positions, variant, learned=subject.learned)
            else:
                embed(positions, variant, learned=subject.learned)
        except SpecError as error:
            rule = str(error).rpartition("; got ")[0]
            found.append({"id": f"{subject.name}/r{number:03d}", "comment": comment, "inputs": inputs, "rule": rule})
    return found


class Kind(NamedTuple):
    """What is done otherwise for encodings made of angles and for others."""

    first: Callable[[Any], list[dict[str, Any]]]
    judge: Callable[[Any, Mapping[str, Any], Any], Judged]
    mistakes: Callable[[Any, Mapping[str, Any]], tuple[Any, ...]]
    require: Callable[[Any, Any, Any, str], None]
    rejects: Callable[[Any], list[dict[str, Any]]]


_ANGLES = Kind(first_cases, judge, lambda subject, inputs: subject.at(inputs).mistakes, require_inputs, _rejects)
_OTHERS = Kind(first_others, judge_other, lambda subject, _: subject.mistakes, require_other, rejects_other)


def _kind(subject: Subject | Other) -> Kind:
    return _ANGLES if isinstance(subject, Subject) else _OTHERS
