"""Golden files: where they are, and how they are read, made again from their inputs alone, and held against that."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count
from pathlib import Path
from typing import Any, TypeVar

from refpos.catalogue import ANGLES
from refpos.errors import SpecError, require, told
from refpos.oracle.golden_document import golden_names, rederived, written
from refpos.oracle.golden_drawn import Draw
from refpos.oracle.golden_format import FORMAT, Document, canonical, check_version, digest, inside, read
from refpos.oracle.golden_schema import SCHEMA

APART = ("schema", "manifest")
"""The files of the folder that are of no entry."""
WORKERS = 8

T = TypeVar("T")


def folder() -> Path:
    """Return the folder of the golden files: that in the installed package, or else that of the checkout.

    Examples
    --------
    >>> folder().name
    'golden'
    """
    package = Path(__file__).parents[1]
    return package / "golden" if (package / "golden").is_dir() else package.parent / "golden"


def present(place: Path) -> tuple[str, ...]:
    """Return the names of the golden files in a folder."""
    return tuple(sorted(path.stem for path in place.glob("*.json") if path.stem not in APART))


def load(place: Path, name: str) -> Document:
    """Read one golden file.

    Raises
    ------
    SpecError
        As `read` and `inside`, or if its format is unknown or its name another's.
    """
    found = read(inside(place, name))
    check_version(found, f"{name}.json")
    require(found.get("name") == name, f"{name}.json: name must be that of the file", found.get("name"))
    return found


def rewritten(
    place: Path, jobs: int | None = None, draw: Draw | None = None
) -> dict[str, tuple[Document | None, Document]]:
    """Return for each entry its golden file as it is in a folder, if it is, and as it should be with all cases."""
    there = set(present(place))
    strange = sorted(there - set(golden_names()))
    require(not strange, "a golden file must be of an entry of the catalogue", ", ".join(strange))
    old = {name: load(place, name) if name in there else None for name in golden_names()}
    found = each(_written, [(name, held, draw) for name, held in old.items()], jobs)
    return {name: (old[name], new) for name, new in zip(old, found, strict=True)}


def verify(place: Path, jobs: int | None = None) -> list[str]:
    """Make every byte of a folder of golden files again, from inputs alone, and return what differs.

    Each line names the file, the case where there is one, and the rule. Nothing is read but the folder.
    """
    names = sorted({*present(place), *golden_names()})
    found = [one for lines in each(_verified, [(place, name) for name in names], jobs) for one in lines]
    return [*found, *check_manifest(place)]


def manifest(texts: Mapping[str, str], documents: Mapping[str, Document]) -> str:
    """Return the text of the manifest: counts, and the SHA-256 of the canonical form of each file."""
    entries: dict[str, dict[str, Any]] = {
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
    schema = {"schema_sha256": digest(canonical(SCHEMA))}
    return canonical({"format": FORMAT, "files": len(entries), **total, **schema, "entries": entries})


def check_manifest(place: Path) -> list[str]:
    """Return what the manifest and the schema of a folder say that is not so."""
    try:
        given = read(place / "manifest.json")
        check_version(given, "manifest.json")
        entries: Any = given.get("entries")
        require(isinstance(entries, dict), "manifest.json: entries must be an object", entries)
        files = {name: inside(place, name) for name in entries}
        documents = {name: read(path) for name, path in files.items() if path.is_file()}
        texts = {name: files[name].read_text(encoding="utf-8") for name in documents}
    except SpecError as error:
        return [str(error) if "json" in str(error) else f"manifest.json: {error}"]
    found = [f"{name}.json: a file of the manifest must be there" for name in files if name not in documents]
    found += [f"{name}.json: a file must be in the manifest" for name in present(place) if name not in files]
    for name, text in texts.items():
        due = entries[name].get("sha256") if isinstance(entries[name], dict) else None
        if due != digest(text):
            found.append(f"{name}.json: its SHA-256 must be that of the manifest; got {digest(text)}")
    if not found and manifest(texts, documents) != (place / "manifest.json").read_text(encoding="utf-8"):
        found.append("manifest.json: counts and digests must be those of the files")
    schema = place / "schema.json"
    if not schema.is_file() or schema.read_bytes() != canonical(SCHEMA).encode():
        found.append("schema.json: the schema must be that of this format")
    return found


def differing(name: str, given: Document, due: Document) -> list[str]:
    """Return where a golden file is not what it should be: the file, the case, and the member."""
    found = [f"{name}.json: {key} must be what is derived" for key in _apart(given, due) if key != "cases"]
    for one, other in zip(given["cases"], due["cases"], strict=True):
        keys = ", ".join(_apart(one, other))
        found += [f"{name}.json, {other['id']}: {keys} must be what is derived from the inputs"] if keys else []
    return found


def each(make: Callable[[Any], T], given: Iterable[Any], jobs: int | None = None) -> list[T]:
    """Return what is made of each, in as many processes as there are processors, up to eight."""
    tasks = list(given)
    jobs = min(jobs or cpu_count() or 1, WORKERS, len(tasks))
    if jobs < 2:
        return [make(task) for task in tasks]
    order = sorted(range(len(tasks)), key=lambda at: -_effort(tasks[at]))
    with ProcessPoolExecutor(jobs) as pool:
        made = dict(zip(order, pool.map(make, [tasks[at] for at in order]), strict=True))
    return [made[at] for at in range(len(tasks))]


def _effort(task: tuple[Any, ...]) -> int:
    name = next(one for one in task if isinstance(one, str))
    return ANGLES[name].width if name in ANGLES else 0


def _written(task: tuple[str, Document | None, Draw | None]) -> Document:
    return written(*task)


def _verified(task: tuple[Path, str]) -> list[str]:
    place, name = task
    if not (place / f"{name}.json").exists():
        return [f"{name}.json: every entry must have a golden file"]
    try:
        given = load(place, name)
        due = rederived(name, given)
        text = (place / f"{name}.json").read_text(encoding="utf-8")
        if text == canonical(due):
            return []
        return differing(name, given, due) or [f"{name}.json: a file must be in its canonical form"]
    except SpecError as error:
        return [str(error) if str(error).startswith(f"{name}.json") else f"{name}.json: {error}"]
    except (ArithmeticError, ValueError, TypeError, KeyError, AttributeError) as error:
        return [f"{name}.json: a case must be one that values can be derived for; got {told(error)}"]


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the members that differ, whole numbers and others told apart."""
    return [key for key in sorted({*one, *other}) if repr(one.get(key)) != repr(_sorted(other.get(key), one.get(key)))]


def _sorted(value: Any, like: Any) -> Any:
    """Return a value with the members of its objects in the order in which another has them."""
    if isinstance(value, dict) and isinstance(like, dict):
        order = [*(key for key in like if key in value), *(key for key in value if key not in like)]
        return {key: _sorted(value[key], like.get(key)) for key in order}
    if isinstance(value, list) and isinstance(like, list) and len(value) == len(like):
        return [_sorted(one, other) for one, other in zip(value, like, strict=True)]
    return value
