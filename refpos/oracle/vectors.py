"""Golden files: where they are, and how they are read, made again from their inputs alone, and held against that."""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, TypeVar

from refpos.catalogue import ANGLES
from refpos.errors import SpecError, require, told
from refpos.oracle.golden.document import golden_names, rederived, written
from refpos.oracle.golden.drawn import Draw
from refpos.oracle.golden.format import FORMAT, Document, File, canonical, check_version, digest, inside, read
from refpos.oracle.golden.schema import SCHEMA
from refpos.oracle.golden.shape import check_shape
from refpos.oracle.shards import completed, shards

APART = ("schema", "manifest")
"""The files of the folder that are of no entry."""

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
    """Return the names of the golden files in a folder.

    Raises
    ------
    SpecError
        If it is no folder, or may not be read.
    """
    require(place.is_dir(), "DIR must be a folder", str(place))
    require(os.access(place, os.R_OK | os.X_OK), "DIR must be a folder that may be read", str(place))
    return tuple(sorted(path.stem for path in place.glob("*.json") if path.stem not in APART))


def load(place: Path, name: str) -> Document:
    """Return what one golden file says, as `opened`."""
    return opened(place, name).document


def opened(place: Path, name: str) -> File:
    """Read one golden file: what it says, and its bytes.

    Raises
    ------
    SpecError
        As `read` and `inside`, or if its format is unknown or its name another's.
    """
    found = read(inside(place, name))
    given = found.document
    check_version(given, f"{name}.json")
    require(given.get("name") == name, f"{name}.json: name must be that of the file", given.get("name"))
    return found


def listed(place: Path) -> dict[str, str]:
    """Return the SHA-256 that the manifest of a folder says each entry has.

    Raises
    ------
    SpecError
        As `read` and `inside`, or if its format is unknown or an entry has no SHA-256. It names the manifest.
    """
    given = read(place / "manifest.json").document
    check_version(given, "manifest.json")
    entries: Any = given.get("entries")
    require(isinstance(entries, dict), "manifest.json: entries must be an object", entries)
    for name, one in entries.items():
        inside(place, name)
        fine = isinstance(one, dict) and isinstance(one.get("sha256"), str)
        require(fine, f"manifest.json, {name}: sha256 must be a string", one)
    return {name: one["sha256"] for name, one in entries.items()}


def rewritten(
    place: Path,
    jobs: int | None = None,
    draw: Draw | None = None,
    *,
    executor: Executor | None = None,
    kept: Path | None = None,
) -> dict[str, tuple[Document | None, Document]]:
    """Return for each entry its golden file as it is in a folder, if it is, and as it should be with all cases.

    Where a folder is given in which they are `kept` as they are made, a call that is stopped can be made again and goes
    on, see `refpos.oracle.shards.shards`. Drawing is not repeatable, so nothing that is drawn is kept.

    Raises
    ------
    SpecError
        As `shards`, if there is a golden file of no entry, or what is to be kept is to be drawn.
    """
    require(kept is None or draw is None, "nothing must be drawn where what is made is kept", kept)
    there = set(present(place))
    strange = sorted(there - set(golden_names()))
    require(not strange, "a golden file must be of an entry of the catalogue", ", ".join(strange))
    old = {name: load(place, name) if name in there else None for name in golden_names()}
    tasks = [(name, held, draw) for name, held in old.items()]
    if kept is None:
        found = each(_written, tasks, jobs, executor)
    else:
        job = {"golden": {name: _sha256(held) for name, held in old.items()}}
        named = {f"{name}.json": task for name, task in zip(old, tasks, strict=True)}
        done = shards(kept, job, _text, named, executor=executor, jobs=jobs)
        found = [read(done.folder / name).document for name in named]
    return {name: (old[name], new) for name, new in zip(old, found, strict=True)}


def verify(place: Path, jobs: int | None = None, *, executor: Executor | None = None) -> list[str]:
    """Make every byte of a folder of golden files again, from inputs alone, and return what differs.

    Each line names the file, the case where there is one, and the rule. Nothing is read but the folder.
    """
    names = sorted({*present(place), *golden_names()})
    found = [
        one for lines in each(_verified, [(place.resolve(), name) for name in names], jobs, executor) for one in lines
    ]
    return list(dict.fromkeys([*found, *check_manifest(place, jobs, executor=executor)]))


def manifest(texts: Mapping[str, str], documents: Mapping[str, Document]) -> str:
    """Return the text of the manifest: counts, and the SHA-256 of the canonical form of each file."""
    return _summed({name: _entry(File(documents[name], text.encode())) for name, text in texts.items()})


def _entry(file: File) -> dict[str, Any]:
    return {
        "cases": len(file.document["cases"]),
        "rejects": len(file.document["rejects"]),
        "values": sum(len(row) for case in file.document["cases"] for row in case["master"]),
        "bytes": len(file.content),
        "sha256": digest(file.content),
    }


def _summed(entries: Mapping[str, dict[str, Any]]) -> str:
    total = {key: sum(one[key] for one in entries.values()) for key in ("cases", "rejects", "values", "bytes")}
    schema = {"schema_sha256": digest(canonical(SCHEMA).encode())}
    return canonical({"format": FORMAT, "files": len(entries), **total, **schema, "entries": entries})


def check_manifest(place: Path, jobs: int | None = None, *, executor: Executor | None = None) -> list[str]:
    """Return what the manifest and the schema of a folder say that is not so."""
    try:
        due, there = listed(place), present(place)
        held = [name for name in due if name in there]
        counted = each(_counted, [(place.resolve(), name) for name in held], jobs, executor)
        entries = dict(zip(held, counted, strict=True))
    except SpecError as error:
        return [str(error) if "json" in str(error) else f"manifest.json: {error}"]
    found = [f"{name}.json: a file of the manifest must be there" for name in due if name not in entries]
    found += [f"{name}.json: a file must be in the manifest" for name in there if name not in due]
    for name, one in entries.items():
        found += _undigested(name, one["sha256"], due[name])
    return [*found, *(_miscounted(place, entries) if not found else []), *_misshapen(place)]


def _counted(task: tuple[Path, str]) -> dict[str, Any]:
    place, name = task
    file = opened(place, name)
    check_shape(name, file.document)
    return _entry(file)


def _undigested(name: str, given: str, due: str) -> list[str]:
    return [] if given == due else [f"{name}.json: its SHA-256 must be that of the manifest; got {given}"]


def _miscounted(place: Path, entries: Mapping[str, dict[str, Any]]) -> list[str]:
    fine = read(place / "manifest.json").content == _summed(entries).encode()
    return [] if fine else ["manifest.json: counts and digests must be those of the files"]


def _misshapen(place: Path) -> list[str]:
    try:
        fine = read(place / "schema.json").content == canonical(SCHEMA).encode()
    except SpecError:
        fine = False
    return [] if fine else ["schema.json: the schema must be that of this format"]


def differing(name: str, given: Document, due: Document) -> list[str]:
    """Return where a golden file is not what it should be: the file, the case, and the member."""
    found = [f"{name}.json: {key} must be what is derived" for key in _apart(given, due) if key != "cases"]
    for one, other in zip(given["cases"], due["cases"], strict=True):
        keys = ", ".join(_apart(one, other))
        found += [f"{name}.json, {other['id']}: {keys} must be what is derived from the inputs"] if keys else []
    return found


def each(
    make: Callable[[Any], T], given: Iterable[Any], jobs: int | None = None, executor: Executor | None = None
) -> list[T]:
    """Return what is made of each, by an executor or in processes, see `completed`; what takes longest begins."""
    tasks = list(given)
    order = sorted(range(len(tasks)), key=lambda at: -_effort(tasks[at]))
    done = completed(make, [tasks[at] for at in order], executor=executor, jobs=jobs)
    made = {order[at]: found for at, found in done}
    return [made[at] for at in range(len(tasks))]


def _effort(task: tuple[Any, ...]) -> int:
    name = next(one for one in task if isinstance(one, str))
    return ANGLES[name].width if name in ANGLES else 0


def _written(task: tuple[str, Document | None, Draw | None]) -> Document:
    return written(*task)


def _text(task: tuple[str, Document | None, Draw | None]) -> list[bytes]:
    return [canonical(written(*task)).encode()]


def _sha256(held: Document | None) -> str | None:
    return None if held is None else digest(canonical(held).encode())


def _verified(task: tuple[Path, str]) -> list[str]:
    place, name = task
    if not (place / f"{name}.json").exists():
        return [f"{name}.json: every entry must have a golden file"]
    try:
        given = opened(place, name)
        due = rederived(name, given.document)
        if given.content == canonical(due).encode():
            return []
        return differing(name, given.document, due) or [f"{name}.json: a file must be in its canonical form"]
    except SpecError as error:
        return [str(error) if str(error).startswith(f"{name}.json") else f"{name}.json: {error}"]
    except (ArithmeticError, MemoryError, ValueError, TypeError, KeyError, AttributeError) as error:
        return [f"{name}.json: a file must be one that can be derived; got {told(error)}"]


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
