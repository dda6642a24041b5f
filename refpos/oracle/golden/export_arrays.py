"""A golden file as arrays by name, and what it says in words: what every container of an export holds alike."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from refpos.errors import SpecError, require, told
from refpos.oracle.families.family import filled
from refpos.oracle.golden.format import Document, shape_of

Array: TypeAlias = NDArray[Any]
"""Of float64, of int64, or of uint8, which is text in UTF-8; little-endian on every machine."""
Arrays: TypeAlias = Mapping[str, Array]
Abouts: TypeAlias = Mapping[str, Document]
"""What entries say in words, by the name of the entry."""

REAL = ("x", "positions", "query_positions", "key_positions", "master", "wrong", "omega", "magnitude", "learned")
"""What is float64 even where it happens to be whole."""
WHOLE = ("elements", "units", "pairs_in", "pairs_out", "columns")
"""What is int64. Another input alone, as `head` or `side`, is a whole number, a fraction or a word, as it happens."""
ABOUT = ("format", "name", "family", "features", "variant", "source", "notes")


def arrays(document: Document) -> dict[str, Array]:
    """Return the numbers of a golden file, each array under its path, as `llama-3.1/0007/units/float32/log`.

    A case has its inputs, `elements` (also where the file leaves them out: then all), `master`, `units/RECIPE` and
    `wrong/MISTAKE`; what must be refused has its inputs. An entry has `normal_form/` and `learned/` where they are.
    A single number has rank 0, a word is its bytes, and segments are those of their JSON: keys sorted, without blanks.

    Raises
    ------
    SpecError
        If something is missing, or is no array of numbers. It names the file, and the array where there is one.

    Examples
    --------
    >>> case = {"id": "a/0001", "inputs": {"positions": [3]}, "master": [[0.5, 1.0]], "units": {}, "wrong": {}}
    >>> found = arrays({"name": "a", "features": 2, "cases": [case], "rejects": []})
    >>> {path: one.tolist() for path, one in found.items()}
    {'a/0001/positions': [3.0], 'a/0001/elements': [0, 1], 'a/0001/master': [[0.5, 1.0]]}
    """
    where, found = f"{document.get('name')}.json", dict[str, Array]()
    try:
        for path, kind, value in _parts(document):
            require(path not in found, f"{where}: an array must have a path of its own", path)
            found[path] = _array(f"{where}, {path}", kind, value)
    except SpecError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SpecError(f"{where}: a file must be of the schema; got {told(error)}") from error
    return found


def about(document: Document) -> Document:
    """Return what a golden file says in words: its description, source and notes, and those of cases by their ids."""
    found = {key: document[key] for key in ABOUT}
    for kind, words in (("cases", ("comment", "separates")), ("rejects", ("comment", "rule"))):
        found[kind] = {one["id"]: {key: one[key] for key in words} for one in document[kind]}
    return found


def _parts(document: Document) -> Iterator[tuple[str, str, Any]]:
    """Yield the path of each array, the name that says what numbers it has, and its value."""
    for case in document["cases"]:
        yield from _named(case["id"], case["inputs"])
        pinned = case["elements"] if "elements" in case else list(range(document["features"]))
        yield f"{case['id']}/elements", "elements", pinned
        yield f"{case['id']}/master", "master", case["master"]
        for kind in ("units", "wrong"):
            yield from _named(f"{case['id']}/{kind}", case[kind], kind)
    for reject in document["rejects"]:
        yield from _named(reject["id"], reject["inputs"])
    yield from _named(f"{document['name']}/normal_form", document.get("normal_form", {}))
    yield from _named(f"{document['name']}/learned", document.get("learned", {}), "learned")


def _named(path: str, values: Mapping[str, Any], kind: str | None = None) -> Iterator[tuple[str, str, Any]]:
    return ((f"{path}/{key}", kind or key, value) for key, value in values.items())


def _array(path: str, kind: str, value: Any) -> Array:
    if isinstance(value, dict):
        return filled(value).astype("<f8")
    if kind == "segments":
        value = json.dumps(value, sort_keys=True, separators=(",", ":"))
    if isinstance(value, str) and kind not in REAL + WHOLE:
        return np.frombuffer(value.encode(), "|u1")
    real = kind in REAL or (type(value) is float and kind not in WHOLE)
    shape = shape_of(value, (int, float) if real else (int,), path)
    return np.array(value, "<f8" if real else "<i8").reshape(shape)
