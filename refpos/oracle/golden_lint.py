"""What can be said against golden files without deriving anything again."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from refpos.errors import SpecError, require, told
from refpos.oracle.golden_document import MARK, golden_names, kept
from refpos.oracle.golden_format import Document, canonical
from refpos.oracle.golden_others import RECIPE
from refpos.oracle.golden_values import near_tie
from refpos.oracle.roundings import IDIOMS
from refpos.oracle.tolerance import DTYPES
from refpos.oracle.vectors import check_manifest, each, load, present

REQUIRED = {"format", "name", "family", "features", "variant", "source", "notes", "cases", "rejects"}
RECIPES = {f"{dtype}/{idiom}" for dtype in DTYPES for idiom in (*IDIOMS, RECIPE)}
OPTIONAL = {"normal_form", "learned"}
CASE = {"id", "comment", "inputs", "master", "units", "separates", "wrong"}
REJECT = {"id", "comment", "inputs", "rule"}


def lint(place: Path, jobs: int | None = None) -> list[str]:
    """Return what is wrong with a folder of golden files: a line for each, with the file, the id and the rule."""
    names = sorted({*present(place), *golden_names()})
    found = [line for lines in each(_linted, [(place, name) for name in names], jobs) for line in lines]
    return [*found, *check_manifest(place)]


def check(name: str, document: Document) -> None:
    """Raise `SpecError` for the first thing that is wrong with a golden file."""
    where = f"{name}.json"
    keys = set(document)
    require(REQUIRED <= keys <= REQUIRED | OPTIONAL, f"{where}: members must be those of the format", sorted(keys))
    require(name in golden_names(), f"{where}: a golden file must be of an entry of the catalogue", name)
    kept(name, document)
    notes = document["notes"]
    require(isinstance(notes, dict), f"{where}: notes must be an object", notes)
    for one in document["cases"]:
        _check_case(f"{where}, {one['id']}", one, document["features"], notes)
    told_of = {mistake for one in document["cases"] for mistake in one["separates"]}
    for mistake, note in notes.items():
        fine = isinstance(note, dict) and set(note) == {"what", "effect", "links"}
        require(fine, f"{where}, {mistake}: a note must have what, effect and links", note)
        require(mistake in told_of, f"{where}, {mistake}: a mistake must be separated by some case", "none")
    _check_rejects(where, name, document["rejects"])


def _check_case(where: str, case: Mapping[str, Any], features: int, notes: Mapping[str, Any]) -> None:
    require(CASE <= set(case) <= CASE | {"elements"}, f"{where}: members must be those of a case", sorted(case))
    given = case["inputs"]
    rows = len(given["positions"]) if "positions" in given else len(case["master"])
    shape = (rows, len(case["elements"]) if "elements" in case else features)
    due = f"numbers for {shape[0]} tokens and {shape[1]} elements"
    require(_fits(case["master"], shape, float), f"{where}: master must be {due}", case["master"])
    for recipe, rows in _object(where, "units", case).items():
        require(_fits(rows, shape, int), f"{where}: units of {recipe} must be whole {due}", rows)
        require(recipe in RECIPES, f"{where}: units must be of a recipe", recipe)
    told_of = case["separates"]
    fine = isinstance(told_of, list) and all(isinstance(one, str) for one in told_of)
    require(fine and told_of, f"{where}: a case must separate something", told_of)
    require(told_of == sorted(set(told_of)), f"{where}: separates must be in order, each once", told_of)
    require(set(told_of) <= set(notes), f"{where}: what is separated must be in the notes", set(told_of) - set(notes))
    for mistake, rows in _object(where, "wrong", case).items():
        require(mistake in told_of, f"{where}: what wrong tells of must be separated", mistake)
        require(_fits(rows, shape, float), f"{where}: wrong of {mistake} must be {due}", rows)
    ties = [one for row in case["master"] for one in row if near_tie(one)]
    fine = not ties or case["comment"].startswith(MARK)
    require(fine, f"{where}: a comment must begin with {MARK.strip()} where a cast through float32 errs", ties)


def _check_rejects(where: str, name: str, rejects: Any) -> None:
    require(isinstance(rejects, list), f"{where}: rejects must be a list", rejects)
    for number, one in enumerate(rejects, start=1):
        fine = isinstance(one, dict) and set(one) == REJECT and all(one.values())
        require(fine, f"{where}: a reject must have {', '.join(sorted(REJECT))}", one)
        due = re.fullmatch(rf"{re.escape(name)}/r{number:03d}", str(one["id"]))
        require(due, f"{where}: ids of rejects must be {name}/rNNN, counted from 1", one["id"])


def _object(where: str, key: str, case: Mapping[str, Any]) -> Mapping[str, Any]:
    require(isinstance(case[key], dict), f"{where}: {key} must be an object", case[key])
    return dict(case[key])


def _fits(rows: Any, shape: tuple[int, int], kind: type[int] | type[float]) -> bool:
    fine = isinstance(rows, list) and len(rows) == shape[0]
    fine = fine and all(isinstance(row, list) and len(row) == shape[1] for row in rows)
    return fine and all(type(one) is kind and (kind is float or one >= 0) for row in rows for one in row)


def _linted(task: tuple[Path, str]) -> list[str]:
    return list(_problems(*task))


def _problems(place: Path, name: str) -> Iterator[str]:
    path = place / f"{name}.json"
    if not path.exists():
        yield f"{name}.json: every entry must have a golden file"
        return
    try:
        document = load(place, name)
        check(name, document)
        if path.read_bytes() != canonical(document).encode():
            yield f"{name}.json: a file must be in its canonical form"
    except SpecError as error:
        yield str(error) if str(error).startswith(f"{name}.json") else f"{name}.json: {error}"
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        yield f"{name}.json: a file must be of the schema; got {told(error)}"
