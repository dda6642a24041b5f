"""Bulk exports: the golden files of a folder, or some of them, in one file of a format that other tools read.

The arrays have the same paths in every format (see `golden_export_arrays`), and a file has the same bytes wherever it
is made.
"""

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from refpos.errors import SpecError, require, told
from refpos.oracle.golden_export_arrays import Abouts, Arrays, about, arrays
from refpos.oracle.golden_export_c import c_header
from refpos.oracle.golden_export_containers import npz, onnx, safetensors
from refpos.oracle.golden_format import Document, digest, read
from refpos.oracle.golden_lint import check
from refpos.oracle.vectors import load, present

FORMATS: dict[str, tuple[str, Callable[[Arrays, Abouts], bytes]]] = {
    "npz": (".npz", npz),
    "safetensors": (".safetensors", safetensors),
    "c-header": (".h", c_header),
    "onnx": (".onnx", onnx),
}
"""The formats: how the names of their files end, and what makes their bytes."""


@dataclass(frozen=True)
class Exported:
    """A file that was written: how many entries and arrays it has, its bytes, and their SHA-256."""

    path: Path
    entries: int
    arrays: int
    size: int
    sha256: str


def export(place: Path, kind: str, out: Path | None = None, only: Iterable[str] = ()) -> Exported:
    """Write the golden files of a folder, or only those of some entries, to one file, whole or not at all.

    Raises
    ------
    SpecError
        If the format or an entry is unknown, a golden file is not what the manifest and the format say, or the file
        cannot be written. Then nothing is.
    """
    require(kind in FORMATS, f"--format must be one of {', '.join(FORMATS)}", kind)
    ending, packed = FORMATS[kind]
    path = out or Path(f"refpos-golden{ending}")
    require(path.suffix == ending, f"--out must end in {ending}", str(path))
    require(path.parent.is_dir(), "--out must be in a folder that is there", str(path))
    documents = _documents(place, only)
    held = {name: one for document in documents for name, one in arrays(document).items()}
    content = packed(held, {document["name"]: about(document) for document in documents})
    _write(path, content)
    return Exported(path, len(documents), len(held), len(content), sha256(content).hexdigest())


def _documents(place: Path, only: Iterable[str]) -> list[Document]:
    """Return the golden files, each of which is checked as `refpos golden lint` does, and has the digest it should."""
    require(place.is_dir(), "DIR must be a folder", place)
    there, asked = present(place), sorted(set(only))
    strange = [name for name in asked if name not in there]
    require(not strange, "--only must name golden files of the folder", ", ".join(strange))
    require(there, "DIR must have golden files", place)
    entries = read(place / "manifest.json").get("entries")
    return [_document(place, name, entries.get(name) if isinstance(entries, dict) else None) for name in asked or there]


def _document(place: Path, name: str, listed: object) -> Document:
    where = f"{name}.json"
    try:
        found = load(place, name)
        due = listed.get("sha256") if isinstance(listed, dict) else None
        given = digest((place / where).read_text(encoding="utf-8"))
        require(due == given, f"{where}: its SHA-256 must be that of the manifest", given)
        check(name, found)
    except SpecError as error:
        raise SpecError(str(error) if str(error).startswith(where) else f"{where}: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SpecError(f"{where}: a file must be of the schema; got {told(error)}") from error
    return found


def _write(path: Path, content: bytes) -> None:
    """Write a file whole: under another name first, which then takes its place."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)  # noqa: PTH101 - mkstemp gives a name, readable by its owner alone
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SpecError(f"--out must be a file that can be written; got {path}, {told(error)}") from error
