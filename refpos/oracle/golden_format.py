"""The bytes of golden files: one canonical form, read with suspicion, written whole or not at all."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from refpos.errors import SpecError, require, told

FORMAT = 1
LARGEST = 1 << 23
"""The bytes beyond which a file is not read."""
DEEPEST = 16
"""The levels of nesting beyond which a file is not believed."""
NAME = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
BY_LINE = ("cases", "rejects", "notes", "entries")
"""The members whose own members have a line each."""

Document = dict[str, Any]


def canonical(document: Mapping[str, Any]) -> str:
    r"""Return the one text of a document: keys sorted, a member a line, and a line for each case, reject and note.

    Numbers are the shortest decimals that read back as the same float64.

    Examples
    --------
    >>> canonical({"name": "a", "cases": [{"id": "a/0001"}]})
    '{\n"cases":[\n{"id":"a/0001"}\n],\n"name":"a"\n}\n'
    """
    return "{\n" + ",\n".join(f"{_text(key)}:{_member(key, document[key])}" for key in sorted(document)) + "\n}\n"


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def read(path: Path) -> Document:
    """Read a golden file or manifest.

    Raises
    ------
    SpecError
        If it is missing, larger than 8 MiB, no JSON in UTF-8, nested more than 16 deep, says a key twice, or holds
        NaN, an infinity, or a number that is not the shortest decimal of a float64. It names the file.
    """
    try:
        require(path.stat().st_size <= LARGEST, f"a file must have at most {LARGEST} bytes", path.stat().st_size)
        with path.open("rb") as file:
            text = file.read(LARGEST + 1).decode()
        _check_depth(text)
        found = json.loads(
            text,
            object_pairs_hook=_once,
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_refuse_constant,
        )
        require(isinstance(found, dict), "a file must hold one JSON object", type(found).__name__)
    except SpecError as error:
        raise SpecError(f"{path.name}: {error}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise SpecError(f"{path.name}: a file must be whole, and JSON in UTF-8; got {told(error)}") from error
    return dict(found)


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
    path = folder / f"{name}.json"
    fine = fine and path.resolve().parent == folder.resolve()
    require(fine, "a golden file must have the name of an entry, inside its folder", name)
    return path


def write_text(path: Path, text: str) -> None:
    """Write a file whole: under another name first, which then takes its place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # noqa: PTH101 - mkstemp gives a name, readable by its owner alone
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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


def _whole(text: str) -> int:
    fine = len(text) < 24 and text != "-0" and float(text) == int(text) and abs(int(text)) <= 1 << 63
    require(fine, "a whole number must be a float64 of at most 2^63", text)
    return int(text)


def _refuse_constant(text: str) -> NoReturn:
    raise SpecError(f"a number must be finite; got {text}")
