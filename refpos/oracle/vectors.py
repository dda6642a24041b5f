"""Golden files: where they are, what is in them, and how they are made again from their inputs alone."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np

from refpos.catalogue import CATALOGUE
from refpos.errors import SpecError, require
from refpos.oracle.golden_draw import Draft, bad_inputs, draft, outputs, plan, tokens, weights
from refpos.oracle.golden_format import FORMAT, Document, canonical, check_version, digest, inside, read
from refpos.oracle.golden_values import (
    CLEARLY,
    Judged,
    Subject,
    _allowed,
    judge,
    near_tie,
    normal_form,
    predicted,
    require_inputs,
    rounded_wrong,
)
from refpos.spec.rotary import rotate
from refpos.spec.sinusoidal import embed
from refpos.variants.described import describe
from refpos.variants.length import is_static
from refpos.variants.rotary import Rotary

WRONGS = 5
"""How many mistakes a case says the results of."""
MARK = "double-rounding: "
"""What the comment of a case begins with where a cast through float32 errs."""


def folder() -> Path:
    """Return the folder of the golden files: that in the installed package, or else that of the checkout.

    Examples
    --------
    >>> folder().name
    'golden'
    """
    package = Path(__file__).parents[1]
    return package / "golden" if (package / "golden").is_dir() else package.parent / "golden"


def golden_names() -> tuple[str, ...]:
    """Return the entries that have a golden file: all but those that depend on the length.

    Examples
    --------
    >>> "llama-3.1" in golden_names(), "dynamic-ntk" in golden_names()
    (True, False)
    """
    return tuple(sorted(name for name, entry in CATALOGUE.items() if is_static(entry.variant)))


def written(name: str, old: Document | None = None) -> Document:
    """Return the golden file of an entry: all cases of an old one, derived again, and those of the plan it lacks."""
    subject = _subject(name, old)
    kept = list(old["cases"]) if old else []
    cases = [_frozen(one) for one in kept]
    known = [one["inputs"] for one in kept]
    for one in _drafts(subject):
        if one["inputs"] not in known:
            number = 1 + max((int(case["id"].rpartition("/")[2]) for case in cases), default=0)
            cases.append({"id": f"{name}/{number:04d}", **one})
    return derived(subject, cases)


def rederived(name: str, document: Document) -> Document:
    """Return what a golden file should be, from its inputs alone.

    Raises
    ------
    SpecError
        If its inputs are none of the entry's; it names the file, the case and the rule.
    """
    require(name in golden_names(), f"{name}.json: a golden file must be of an entry of the catalogue", name)
    cases = document.get("cases")
    fine = isinstance(cases, list) and all(isinstance(one, dict) for one in cases)
    require(fine, f"{name}.json: cases must be a list of objects", cases)
    subject = _subject(name, document)
    for at, one in enumerate(cases or [], start=1):
        due = isinstance(one.get("id"), str) and one["id"].startswith(f"{name}/")
        require(due, f"{name}.json: the id of case {at} must begin with {name}/", one.get("id"))
        require(isinstance(one.get("comment"), str), f"{name}.json, {one['id']}: comment must be a string", one)
        require_inputs(subject, one.get("inputs", {}), one.get("elements"), f"{name}.json, {one['id']}")
    return derived(subject, [_frozen(one) for one in cases or []])


def derived(subject: Subject, cases: list[dict[str, Any]]) -> Document:
    """Return the whole file of an entry with these cases, of which only id, comment, inputs and elements are read."""
    entry = subject.entry
    judged = [judge(subject, one["inputs"], one.get("elements")) for one in cases]
    telling = {one.id for one in subject.mistakes} & {name for one in judged for name in one.wrong}
    shown = _shared(subject, judged)
    found = {
        "format": FORMAT,
        "name": subject.name,
        "family": type(entry.variant).__name__.lower(),
        "features": entry.width,
        "variant": describe(entry.variant),
        "source": {field.name: getattr(entry.source, field.name) for field in fields(entry.source)},
        "notes": {one.id: _note(one.id, one.what) for one in subject.mistakes if one.id in telling},
        "cases": [_case(*one) for one in zip(cases, judged, shown, strict=True)],
        "rejects": _rejects(subject),
    }
    if isinstance(entry.variant, Rotary):
        found["normal_form"] = normal_form(subject)
    if subject.weights:
        found["learned"] = dict(subject.weights)
    return found


def manifest(texts: Mapping[str, str], documents: Mapping[str, Document], schema: str) -> Document:
    """Return the manifest of golden files, from their canonical texts."""
    entries = {
        name: {
            "cases": len(documents[name]["cases"]),
            "rejects": len(documents[name]["rejects"]),
            "values": sum(len(row) for case in documents[name]["cases"] for row in case["master"]),
            "bytes": len(texts[name].encode()),
            "sha256": digest(texts[name]),
        }
        for name in sorted(texts)
    }
    total = {key: sum(one[key] for one in entries.values()) for key in ("cases", "rejects", "values", "bytes")}
    return {"format": FORMAT, "files": len(entries), **total, "schema_sha256": digest(schema), "entries": entries}


def present(place: Path) -> tuple[str, ...]:
    """Return the names of the golden files in a folder."""
    apart = {"schema.json", "manifest.json"}
    return tuple(sorted(path.stem for path in place.glob("*.json") if path.name not in apart))


def load(place: Path, name: str) -> Document:
    """Read one golden file and check its format and its name."""
    found = read(inside(place, name))
    check_version(found, f"{name}.json")
    require(found.get("name") == name, f"{name}.json: name must be that of the file", found.get("name"))
    return found


def rewrite(place: Path, names: Iterable[str], jobs: int | None = None) -> dict[str, Document]:
    """Return the golden files of entries, with the cases that a folder already has of them."""
    there = set(present(place))
    old = {name: load(place, name) if name in there else None for name in names}
    for name, document in old.items():
        if document is not None:
            _require_shape(name, document)
    return _over(written, old, jobs)


def rederive(documents: Mapping[str, Document], jobs: int | None = None) -> dict[str, Document]:
    """Return what golden files should be, from their inputs alone."""
    return _over(rederived, documents, jobs)


def texts(documents: Mapping[str, Document]) -> dict[str, str]:
    """Return the canonical texts of golden files."""
    return {name: canonical(document) for name, document in documents.items()}


def _over(make: Any, given: Mapping[str, Any], jobs: int | None) -> dict[str, Document]:
    """Make files in as many processes as there are processors, up to eight; the widest entries first."""
    order = sorted(given, key=lambda name: -CATALOGUE[name].width if name in CATALOGUE else 0)
    jobs = min(jobs or cpu_count() or 1, 8, len(order))
    if jobs < 2:
        return {name: make(name, given[name]) for name in order}
    with ProcessPoolExecutor(jobs) as pool:
        return dict(zip(order, pool.map(make, order, [given[name] for name in order]), strict=True))


def _require_shape(name: str, document: Document) -> None:
    """Raise `SpecError` unless the cases of a file can be kept."""
    for one in document["cases"] if isinstance(document.get("cases"), list) else [None]:
        fine = isinstance(one, dict) and {"id", "comment", "inputs"} <= set(one)
        require(fine, f"{name}.json: a case must have id, comment and inputs", one)


def _subject(name: str, old: Document | None) -> Subject:
    entry = CATALOGUE[name]
    given = old.get("learned") if old else weights(entry.variant)
    if old is not None:
        shapes = {key: np.shape(value) for key, value in (given or {}).items()} if isinstance(given, dict) else {}
        fine = shapes == entry.variant.learned and (given is None or isinstance(given, dict))
        require(fine, f"{name}.json: learned must have the shapes {entry.variant.learned}", shapes)
    return Subject(name, entry, given or None)


def _frozen(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a case what never changes."""
    return {key: case[key] for key in ("id", "comment", "inputs", "elements") if key in case}


def _drafts(subject: Subject) -> list[dict[str, Any]]:
    """Return the cases of the plan, and then for each mistake they leave the first that tells it."""
    variant, features = subject.entry.variant, subject.entry.width
    found = [one.data() for one in plan(variant, features)]
    judged = [judge(subject, one["inputs"], one.get("elements")) for one in found]
    told = {name for one in judged for name in one.wrong}
    for mistake in subject.mistakes:
        if mistake.id not in told:
            extra = _search(subject, mistake.id, len(found))
            if extra is not None:
                found.append(extra.data())
                judged.append(judge(subject, found[-1]["inputs"], found[-1]["elements"]))
                told |= set(judged[-1].wrong)
    return [_marked(one, result) for one, result in zip(found, judged, strict=True) if result.wrong]


def _search(subject: Subject, mistake: str, number: int) -> Draft | None:
    """Return the first case, in the order of positions, that tells a mistake, with the elements that tell it best."""
    variant, features = subject.entry.variant, subject.entry.width
    one = next(one for one in subject.mistakes if one.id == mistake)
    due = next(found for found in (Subject(subject.name, subject.entry, subject.weights),))
    for words, positions in tokens(variant.frequencies):
        tried = draft(variant, features, number, words, positions)
        inputs = tried.data()["inputs"]
        got = predicted(subject, one, inputs)
        if got is None:
            return None
        ratio = _excess(due, inputs, got)
        best = np.sort(np.argsort(-ratio, kind="stable")[:8])
        if ratio.max() > 1.5 and len(outputs(variant, features)):
            return replace(tried, comment=f"{words}: tells {mistake}", elements=tuple(map(int, best)))
    return None


def _excess(subject: Subject, inputs: Mapping[str, Any], got: Any) -> Any:
    """Return for each element by how much a mistake exceeds what tells it, at its worst token."""
    from refpos.oracle.golden_values import _of_head, arrays, computing
    from refpos.oracle.tolerance import Recipe

    due = _of_head(subject, inputs, computing(subject.entry.variant, subject.learned)(*arrays(subject, inputs)))
    limit = CLEARLY * _allowed(subject, inputs, Recipe("float32", "log"))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(got == due, 0.0, np.abs(got - due) / limit)
    return np.nan_to_num(ratio, nan=np.inf, posinf=np.inf).max(axis=0)


def _marked(case: dict[str, Any], judged: Judged) -> dict[str, Any]:
    if any(near_tie(one) for row in judged.masters for one in row):
        return {**case, "comment": MARK + case["comment"]}
    return case


def _shared(subject: Subject, judged: list[Judged]) -> list[dict[str, Any]]:
    """Return which mistakes each case says the results of: a few, and as far as can be each mistake once."""
    told: set[str] = set()
    found = []
    for one in judged:
        rows = {name: rounded_wrong(values) for name, values in one.wrong.items()}
        few = WRONGS if len(one.masters[0]) <= 64 else 0
        fresh = [name for name in rows if name not in told and rows[name] is not None][:few]
        told |= set(fresh)
        found.append({name: rows[name] for name in fresh})
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
    "pairing": "other features are turned together: scores are wrong at every distance",
    "write": "the output is laid out otherwise than what reads it expects",
    "positions": "tokens are put where they are not",
    "bfloat16": "angles lose their digits: from position 257 on tokens fall together",
    "float16": "angles lose their digits: from position 2049 on tokens fall together",
    "arithmetic": "pairs are not rotated: lengths, and so scores, are wrong",
}


def _note(mistake: str, what: str) -> dict[str, Any]:
    effect = EFFECTS.get(mistake.partition("/")[0], "angles are wrong, the more the farther the tokens are")
    return {"what": what, "effect": effect, "links": []}


def _rejects(subject: Subject) -> list[dict[str, Any]]:
    """Return inputs that must be refused, with the rule that the specification says they break."""
    variant, found = subject.entry.variant, []
    for number, (comment, inputs) in enumerate(bad_inputs(variant), start=1):
        positions = np.array(inputs["positions"], dtype=np.float64)
        try:
            if isinstance(variant, Rotary):
                rotate(np.array(inputs["x"], dtype=np.float64), positions, variant, learned=subject.learned)
            else:
                embed(positions, variant, learned=subject.learned)
        except SpecError as error:
            rule = str(error).rpartition("; got ")[0]
            found.append({"id": f"{subject.name}/r{number:03d}", "comment": comment, "inputs": inputs, "rule": rule})
    return found
