"""What can be said against golden files without deriving anything again."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from refpos.errors import SpecError, require
from refpos.oracle.golden.document import MARK, golden_names, kept, subject_of
from refpos.oracle.golden.format import Document, canonical
from refpos.oracle.golden.others import RECIPE
from refpos.oracle.golden.shape import check_shape
from refpos.oracle.golden.values import near_tie
from refpos.oracle.names import DTYPES, IDIOMS
from refpos.oracle.vectors import check_manifest, each, opened, present

RECIPES = {f"{dtype}/{idiom}" for dtype in DTYPES for idiom in (*IDIOMS, RECIPE)}
MISTAKE = re.compile(r"[a-z0-9-]+/-?[A-Za-z0-9]+([.-][A-Za-z0-9]+)*")
"""The ids of mistakes, which are parts of paths in exports."""


def lint(place: Path, jobs: int | None = None, *, executor: Executor | None = None) -> list[str]:
    """Return what is wrong with a folder of golden files: a line for each, with the file, the id and the rule."""
    names = sorted({*present(place), *golden_names()})
    found = [
        line for lines in each(_linted, [(place.resolve(), name) for name in names], jobs, executor) for line in lines
    ]
    return list(dict.fromkeys([*found, *check_manifest(place, jobs, executor=executor)]))


def check(name: str, document: Document) -> None:
    """Raise `SpecError` for the first thing that is wrong with a golden file."""
    where = f"{name}.json"
    check_shape(name, document)
    require(name in golden_names(), f"{where}: a golden file must be of an entry of the catalogue", name)
    kept(name, document)
    subject, notes = subject_of(name, document), document["notes"]
    for key, due in (("family", subject.entry.family), ("features", subject.features)):
        require(document[key] == due, f"{where}: {key} must be {due}", document[key])
    for one in document["cases"]:
        _check_case(f"{where}, {one['id']}", one, document["features"], notes)
    told_of = {mistake for one in document["cases"] for mistake in one["separates"]}
    for mistake in notes:
        require(MISTAKE.fullmatch(mistake), f"{where}: a mistake must have a name like sign/flipped", mistake)
        require(mistake in told_of, f"{where}, {mistake}: a mistake must be separated by some case", "none")
    for number, one in enumerate(document["rejects"], start=1):
        due = f"{name}/r{number:03d}"
        require(one["id"] == due, f"{where}: ids of rejects must be {name}/rNNN, counted from 1", one["id"])
        require(one["comment"] and one["rule"], f"{where}, {due}: a reject must have a comment and a rule", "none")


def _check_case(where: str, case: Mapping[str, Any], features: int, notes: Mapping[str, Any]) -> None:
    given = case["inputs"]
    rows = len(given["positions"]) if "positions" in given else len(case["master"])
    shape = (rows, len(case["elements"]) if "elements" in case else features)
    due = f"numbers for {shape[0]} tokens and {shape[1]} elements"
    require(_fits(case["master"], shape, float), f"{where}: master must be {due}", case["master"])
    for recipe, rows in case["units"].items():
        require(_fits(rows, shape, int), f"{where}: units of {recipe} must be whole {due}", rows)
        require(recipe in RECIPES, f"{where}: units must be of a recipe", recipe)
    told_of = case["separates"]
    require(told_of == sorted(set(told_of)), f"{where}: separates must be in order, each once", told_of)
    require(set(told_of) <= set(notes), f"{where}: what is separated must be in the notes", set(told_of) - set(notes))
    for mistake, rows in case["wrong"].items():
        require(mistake in told_of, f"{where}: what wrong tells of must be separated", mistake)
        require(_fits(rows, shape, float), f"{where}: wrong of {mistake} must be {due}", rows)
    ties = [one for row in case["master"] for one in row if near_tie(one)]
    fine = not ties or case["comment"].startswith(MARK)
    require(fine, f"{where}: a comment must begin with {MARK.strip()} where a cast through float32 errs", ties)


def _fits(rows: list[list[Any]], shape: tuple[int, int], kind: type[int] | type[float]) -> bool:
    fine = len(rows) == shape[0] and all(len(row) == shape[1] for row in rows)
    return fine and all(type(one) is kind for row in rows for one in row)


def _linted(task: tuple[Path, str]) -> list[str]:
    return list(_problems(*task))


def _problems(place: Path, name: str) -> Iterator[str]:
    path = place / f"{name}.json"
    if not path.exists():
        yield f"{name}.json: every entry must have a golden file"
        return
    try:
        found = opened(place, name)
        check(name, found.document)
        if found.content != canonical(found.document).encode():
            yield f"{name}.json: a file must be in its canonical form"
    except SpecError as error:
        yield str(error) if str(error).startswith(f"{name}.json") else f"{name}.json: {error}"
