"""What became of golden cases: in words, and in units in the last place."""

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from refpos.errors import SpecError
from refpos.oracle.golden.format import Document
from refpos.oracle.golden.shape import check_shape

STATED = ("comment", "inputs", "elements", "rule")
"""What is said of a case: it changes for a reason only, as masters do; `separates`, `wrong` and `units` may grow."""


def differences(old: Document | None, new: Document | None) -> list[str]:
    """Return the ids that were added, removed or changed between two versions of a golden file.

    Examples
    --------
    >>> differences(None, {"cases": [{"id": "a/0001"}]})
    ['a/0001: added']
    """
    if old is not None and (strange := _strange(old)):
        return strange
    before, after = _by_id(old), _by_id(new)
    found = []
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            found.append(f"{name}: {'added' if name in after else 'removed'}")
            continue
        found += [
            f"{name}: {words}" for words in (*_normative(before[name], after[name]), *_grown(before[name], after[name]))
        ]
    return found


def refused(old: Document, new: Document) -> list[str]:
    """Return the changes that need a reason: all but ids that are added, and what may grow."""
    if strange := _strange(old):
        return strange
    before, after = _by_id(old), _by_id(new)
    found = []
    for name in sorted(before):
        words = list(_normative(before[name], after[name])) if name in after else ["removed"]
        found += [f"{name}: {one}" for one in words]
    for key in ("normal_form", "learned"):
        if old.get(key) != new.get(key):
            found.append(f"{new['name']}: {key} changed")
    return found


def _strange(old: Document) -> list[str]:
    """Return in what a golden file was not of the schema, so that it can be compared with none."""
    try:
        check_shape(str(old["name"]), old)
    except SpecError as error:
        return [f"{old['name']}: was not of the schema, {error}"]
    return []


def ulps(a: float, b: float) -> int:
    """Return how many float64 lie between two of them, the second included.

    Examples
    --------
    >>> ulps(1.0, 1.0 + 2**-51), ulps(-(2**-1074), 2**-1074), ulps(0.0, -0.0)
    (2, 2, 0)
    """
    return abs(_place(a) - _place(b))


def _place(value: float) -> int:
    bits = int.from_bytes(struct.pack(">d", value), signed=True)
    return bits if bits >= 0 else -(bits + (1 << 63))


def _by_id(document: Document | None) -> dict[str, Mapping[str, Any]]:
    listed = [*document.get("cases", []), *document.get("rejects", [])] if document else []
    return {one["id"]: one for one in listed}


def _normative(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what of a case changed that should not."""
    yield from (f"{key} changed" for key in STATED if old.get(key) != new.get(key))
    if "master" not in old or "master" not in new:
        return
    if old["master"] != new["master"]:
        yield _moved("master", old["master"], new["master"])
    yield from _units(old["units"], new["units"])
    gone = sorted(set(old["separates"]) - set(new["separates"]))
    if gone:
        yield f"separates no more {', '.join(gone)}"
    for mistake in sorted(set(old["wrong"]) & set(new["wrong"])):
        if old["wrong"][mistake] != new["wrong"][mistake]:
            yield f"what {mistake} returns changed"


def _units(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for recipe, given in old.items():
        if recipe not in new:
            yield f"units of {recipe} left out"
        elif given != new[recipe]:
            yield _moved(f"units of {recipe}", given, new[recipe], unit="")


def _grown(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if "rule" in old or "rule" in new:
        return
    for key in ("separates", "units", "wrong"):
        more = sorted(set(new[key]) - set(old[key]))
        if more:
            yield f"{key} has {', '.join(more)} more"


def _moved(what: str, old: list[list[float]], new: list[list[float]], unit: str = " ulps") -> str:
    before, after = ([one for row in rows for one in row] for rows in (old, new))
    if list(map(len, old)) != list(map(len, new)):
        return f"{what} has another shape"
    moved = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    most = max(ulps(a, b) if unit else abs(a - b) for a, b in moved)
    return f"{what} moved in {len(moved)} of {len(before)} elements, by at most {most:,}{unit}"
