"""Folders of golden files for tests: copies of a few, with what the test changes in them."""

import json
import shutil
from functools import cache
from pathlib import Path

from refpos.oracle import vectors
from refpos.oracle.golden.format import canonical

GOLDEN = Path(__file__).parents[1] / "golden"
SMALL = "gpt-neox-20b"


@cache
def text(name):
    """The text of a golden file."""
    return (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


def document(name):
    """What a golden file says, to be changed at will."""
    return json.loads(text(name))


def flat(rows):
    """The numbers of rows."""
    return [one for row in rows for one in row]


def folder_of(place, *names):
    """Make a folder of a few golden files, the schema, and a manifest."""
    place.mkdir()
    for name in (*names, "schema"):
        shutil.copy(GOLDEN / f"{name}.json", place)
    listed(place)
    return place


def listed(place):
    """Write the manifest that says what the files of a folder are, if each has cases and rejects."""
    texts = {name: (place / f"{name}.json").read_bytes().decode() for name in vectors.present(place)}
    said = vectors.manifest(texts, {name: json.loads(one) for name, one in texts.items()})
    (place / "manifest.json").write_text(said, encoding="utf-8")


def changed(place, name, change):
    """Change what a golden file says, and say so in the manifest."""
    held = document(name)
    change(held)
    (place / f"{name}.json").write_text(canonical(held), encoding="utf-8")
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    manifest["entries"][name]["sha256"] = vectors.digest(canonical(held).encode())
    (place / "manifest.json").write_text(canonical(manifest), encoding="utf-8")
