"""Bulk exports: the golden files of a folder, or some of them, in one file of a format that other tools read.

The arrays have the same paths in every format (see `golden.export_arrays`), and a file has the same bytes wherever it
is made.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from refpos.errors import require
from refpos.oracle.golden.export_arrays import Abouts, Arrays, about, arrays
from refpos.oracle.golden.export_c import c_header
from refpos.oracle.golden.export_containers import npz, onnx, safetensors
from refpos.oracle.golden.format import Document, digest, write
from refpos.oracle.golden.lint import check
from refpos.oracle.vectors import listed, opened, present

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
    write({path: content})
    return Exported(path, len(documents), len(held), len(content), digest(content))


def _documents(place: Path, only: Iterable[str]) -> list[Document]:
    """Return the golden files, each of which is checked as `refpos golden lint` does, and has the digest it should."""
    there, asked = present(place), sorted(set(only))
    strange = [name for name in asked if name not in there]
    require(not strange, "--only must name golden files of the folder", ", ".join(one or repr(one) for one in strange))
    require(there, "DIR must have golden files", str(place))
    due = listed(place)
    return [_document(place, name, due) for name in asked or there]


def _document(place: Path, name: str, due: Mapping[str, str]) -> Document:
    require(name in due, f"manifest.json: entries must name {name}", ", ".join(due))
    found = opened(place, name)
    given = digest(found.content)
    require(due[name] == given, f"{name}.json: its SHA-256 must be that of the manifest", given)
    check(name, found.document)
    return found.document
