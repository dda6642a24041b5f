"""The bytes of golden files: one canonical form, read with suspicion, written whole or not at all."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from refpos.errors import SpecError, require, told

FORMAT = 1
LARGEST = 1 << 23
"""The bytes beyond which a file is not read."""
DEEPEST = 16
"""The levels of nesting beyond which a file is not believed."""
WHOLE = 1 << 63
"""Whole numbers are below it, so that 64 bits hold them."""
NAME = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
BY_LINE = ("cases", "rejects", "notes", "entries")
"""The members whose own members have a line each."""

Document = dict[str, Any]


class File(NamedTuple):
    """What a file says, and its bytes, which were read once."""

    document: Document
    content: bytes


def canonical(document: Mapping[str, Any]) -> str:
    r"""Return the one text of a document: keys sorted, a member a line, and a line for each case, reject and note.

    Numbers are the shortest decimals that read back as the same float64.

    Examples
    --------
    >>> canonical({"name": "a", "cases": [{"id": "a/0001"}]})
    '{\n"cases":[\n{"id":"a/0001"}\n],\n"name":"a"\n}\n'
    """
    return "{\n" + ",\n".join(f"{_text(key)}:{_member(key, document[key])}" for key in sorted(document)) + "\n}\n"


def digest(content: bytes) -> str:
    """Return the SHA-256 of the bytes of a file, in hexadecimal."""
    return sha256(content).hexdigest()


def read(path: Path) -> File:
    """Read a golden file or manifest, once: what it says, and its bytes.

    Raises
    ------
    SpecError
        If it is missing, no plain file, larger than 8 MiB, no JSON in UTF-8, nested more than 16 deep, says a key
        twice, or holds half a surrogate pair, NaN, an infinity, a number that is not the shortest decimal of a float64,
        or a whole number that 64 bits do not hold. It names the file.
    """
    try:
        content = _bytes(path)
        text = content.decode()
        _check_depth(text)
        found = json.loads(
            text,
            object_pairs_hook=_once,
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_refuse_constant,
        )
        require(isinstance(found, dict), "a file must hold one JSON object", type(found).__name__)
        _text(found).encode()  # which half a surrogate pair has no bytes for
    except SpecError as error:
        raise SpecError(f"{path.name}: {error}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise SpecError(f"{path.name}: a file must be whole, and JSON in UTF-8; got {told(error)}") from error
    return File(dict(found), content)


def _bytes(path: Path) -> bytes:
    require(path.exists(), "a file must be there", "none")
    require(path.is_file(), "a file must be a plain one", "a folder, a pipe or a device")
    require(path.stat().st_size <= LARGEST, f"a file must have at most {LARGEST} bytes", path.stat().st_size)
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def check_version(document: Document, where: str) -> None:
    """Raise `SpecError` unless a document is of the format that is known here."""
    known = type(document.get("format")) is int and document["format"] == FORMAT
    require(known, f"{where}: format must be {FORMAT}, which is all that this refpos reads", document.get("format"))


def inside(folder: Path, name: object) -> Path:
    """Return the path of an entry's file, or refuse a name or a link that leads out of the folder.

    Examples
    --------
    >>> inside(Path("golden"), "../llama-3.1")
    Traceback (most recent call last):
        ...
    refpos.errors.SpecError: a golden file must have the name of an entry, inside its folder; got ../llama-3.1
    """
    fine = isinstance(name, str) and NAME.fullmatch(name) is not None
    require(fine, "a golden file must have the name of an entry, inside its folder", name or repr(name))
    path = folder / f"{name}.json"
    fine = path.resolve().parent == folder.resolve()
    require(fine, f"{name}.json: a golden file must not be a link that leads out of its folder", str(path.resolve()))
    return path


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files whole, all or none: under other names first, which then take their places, in order.

    Raises
    ------
    SpecError
        If one cannot be written. It names that one.
    """
    parts: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
            parts[path] = Path(name)
            _fill(handle, content)
            parts[path].chmod(0o644)  # mkstemp gives a file that its owner alone reads
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise SpecError(f"a file must be one that can be written; got {path}, {told(error)}") from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _fill(handle: int, content: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def shape_of(value: Any, kinds: tuple[type, ...], where: str) -> tuple[int, ...]:
    """Return the lengths of lists within lists of numbers, or refuse what is no array of them.

    Examples
    --------
    >>> shape_of([[1, 2.5, 3]], (int, float), "x"), shape_of(7, (int,), "head")
    ((1, 3), ())
    """
    if not isinstance(value, list):
        fine = type(value) in kinds and (isinstance(value, float) or abs(value) < WHOLE)
        require(fine, f"{where}: numbers must be {' or '.join(one.__name__ for one in kinds)}, of 64 bits", value)
        return ()
    shapes = {shape_of(one, kinds, where) for one in value}
    require(len(shapes) <= 1, f"{where}: the rows of an array must have one length", sorted(shapes))
    return (len(value), *(shapes.pop() if shapes else ()))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _member(key: str, value: Any) -> str:
    if key not in BY_LINE or not value or not isinstance(value, dict | list):
        return _text(value)
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{_text(one)}:{_text(value[one])}" for one in sorted(value)) + "\n}"
    return "[\n" + ",\n".join(map(_text, value)) + "\n]"


def _check_depth(text: str) -> None:
    """Count brackets outside strings, before anything is built of them."""
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if bracket in "[{" else -1
        require(depth <= DEEPEST, f"nesting must be at most {DEEPEST} deep", "more")


def _once(pairs: list[tuple[str, Any]]) -> Document:
    found: Document = {}
    for key, value in pairs:
        require(key not in found, "a key must stand once in its object", key)
        found[key] = value
    return found


def _decimal(text: str) -> float:
    found = float(text)
    require(isfinite(found), "a number must be a finite float64", text)
    require(repr(found) == text, "a number must be the shortest decimal of its float64", text)
    return found


@lru_cache(maxsize=4096)
def _whole(text: str) -> int:
    fine = len(text) < 24 and text != "-0" and float(text) == int(text) and abs(int(text)) < WHOLE
    require(fine, "a whole number must be a float64 below 2^63", text)
    return int(text)


def _refuse_constant(text: str) -> NoReturn:
    raise SpecError(f"a number must be finite; got {text}")
