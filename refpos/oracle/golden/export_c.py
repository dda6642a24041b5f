"""A C99 header of golden files: constant arrays in hexadecimal floats, and structs that name them."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from string import ascii_letters, digits
from typing import Any

from refpos.errors import require
from refpos.oracle.golden.export_arrays import Abouts, Array, Arrays
from refpos.oracle.golden.format import Document

DECLARED = """\
/* Golden vectors of refpos: certified values of positional encodings. How to use them: golden/README.md of refpos. */
#ifndef REFPOS_GOLDEN_H
#define REFPOS_GOLDEN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Numbers in row-major order; one of real, whole and text is there. A single number has rank 0. */
typedef struct {
    const char *name; /* "x", "positions", "elements", "master", "units/float32/log", "wrong/..." */
    size_t rank, shape[3];
    const double *real;
    const int64_t *whole;
    const char *text;
} refpos_array;

/* What stands under one name: a case, inputs that must be refused, or normal_form/... and learned/... of an entry. */
typedef struct {
    const char *id;
    size_t count;
    const refpos_array *arrays;
} refpos_group;

typedef struct {
    const char *family; /* "rotary" or "sinusoidal" */
    size_t features, cases_count, rejects_count;
    const refpos_group *cases, *rejects;
    refpos_group own;
} refpos_entry;

static inline const refpos_array *refpos_find(const refpos_group *group, const char *name) {
    for (size_t at = 0; at < group->count; at++)
        if (strcmp(group->arrays[at].name, name) == 0) return group->arrays + at;
    return NULL;
}
"""
TYPES = {"<f8": "double", "<i8": "int64_t"}
KINDS, OWN = ("cases", "rejects"), ("normal_form", "learned")
RANKS, ACROSS = 3, 8
"""The most axes of an array, and the numbers of a line."""
DECIMAL = 2.0**31
"""Whole numbers below it are written in decimal, and are an int in C."""
PLAIN = frozenset(ascii_letters + digits + " /.,:;()_+-*=<>")


def c_header(arrays: Arrays, abouts: Abouts) -> bytes:
    """Return arrays as a header of C99 in ASCII, with `refpos_golden_count` entries in `refpos_golden`.

    Raises
    ------
    SpecError
        If two names give one identifier, or an array has more axes than the struct.
    """
    groups, parts = _grouped(arrays), [DECLARED]
    for name in sorted(abouts):
        parts += _entry(name, abouts[name], groups)
    rows = [_entry_row(name, abouts[name], groups) for name in sorted(abouts)]
    parts.append(_static("refpos_entry", "golden", rows))
    parts.append(f"static const size_t refpos_golden_count = {len(rows)};\n\n#endif\n")
    text = "".join(parts)
    counts = Counter(re.findall(r"^static const \w+ (\w+)\[", text, re.MULTILINE))
    twice = [name for name, count in counts.items() if count > 1]
    require(not twice, "names must give identifiers of C that differ", twice)
    return text.encode("ascii")


def _grouped(arrays: Arrays) -> dict[str, dict[str, Array]]:
    """Return the arrays of each case and reject under its id, and those of an entry under its name."""
    found: dict[str, dict[str, Array]] = {}
    for path in sorted(arrays):
        name, second, rest = path.split("/", 2)
        id_, key = (name, f"{second}/{rest}") if second in OWN else (f"{name}/{second}", rest)
        found.setdefault(id_, {})[key] = arrays[path]
    return found


def _entry(name: str, about: Document, groups: Mapping[str, Mapping[str, Array]]) -> Iterator[str]:
    source = ", ".join(about["source"][key] for key in ("work", "version", "place", "url"))
    yield _comment(f"{name}: {source}; {_text(about['variant'])}")
    yield from _group(name, groups.get(name, {}))
    for kind in KINDS:
        for id_, words in sorted(about[kind].items()):
            yield _comment(f"{id_}: {words['comment']}" + (f"; {words['rule']}" if "rule" in words else ""))
            yield from _group(id_, groups[id_])
        yield _static("refpos_group", f"{name}/{kind}", [_group_row(id_, groups[id_]) for id_ in sorted(about[kind])])


def _group(id_: str, arrays: Mapping[str, Array]) -> Iterator[str]:
    for key, one in arrays.items():
        if one.dtype.str in TYPES and one.size:
            yield _static(TYPES[one.dtype.str], f"{id_}/{key}", [_number(value) for value in one.ravel().tolist()])
    yield _static("refpos_array", id_, [_array_row(f"{id_}/{key}", key, one) for key, one in arrays.items()])


def _array_row(path: str, key: str, array: Array) -> str:
    require(array.ndim <= RANKS, f"an array must have at most {RANKS} axes, {path}", array.shape)
    shape = ", ".join(map(str, [*array.shape, 0, 0, 0][:RANKS]))
    held = [_identifier(path) if one == array.dtype.str and array.size else "NULL" for one in TYPES]
    held.append(_quoted(array.tobytes().decode()) if array.dtype.str not in TYPES else "NULL")
    return f"{{{_quoted(key)}, {array.ndim}, {{{shape}}}, {', '.join(held)}}}"


def _group_row(id_: str, arrays: Mapping[str, Array]) -> str:
    return f"{{{_quoted(id_)}, {len(arrays)}, {_identifier(id_) if arrays else 'NULL'}}}"


def _entry_row(name: str, about: Document, groups: Mapping[str, Mapping[str, Array]]) -> str:
    counts = ", ".join(str(len(about[kind])) for kind in KINDS)
    tables = ", ".join(_identifier(f"{name}/{kind}") if about[kind] else "NULL" for kind in KINDS)
    own = _group_row(name, groups.get(name, {}))
    return f"{{{_quoted(about['family'])}, {about['features']}, {counts}, {tables}, {own}}}"


def _static(kind: str, path: str, rows: list[str]) -> str:
    """Return the definition of an array, or nothing where it would be empty, which C has not."""
    across = ACROSS if kind in TYPES.values() else 1
    lines = ["    " + "".join(f"{one}, " for one in rows[at : at + across]) for at in range(0, len(rows), across)]
    body = "".join(f"{line.rstrip()}\n" for line in lines)
    return f"static const {kind} {_identifier(path)}[] = {{\n{body}}};\n" if rows else ""


def _identifier(path: str) -> str:
    """Return the identifier of C that a path gives.

    Examples
    --------
    >>> _identifier("llama-3.1/0007/units/float32/log")
    'refpos_llama_3_1_0007_units_float32_log'
    """
    return "refpos_" + re.sub(r"[^A-Za-z0-9]", "_", path)


def _number(value: float) -> str:
    """Return a number exactly, as C reads it.

    Examples
    --------
    >>> _number(-7.0), _number(0.1), _number(-0.0), _number(1 << 40)
    ('-7', '0x1.999999999999ap-4', '-0x0p+0', '1099511627776')
    """
    if isinstance(value, int) or (value.is_integer() and 0 < abs(value) < DECIMAL):
        return str(int(value))
    return re.sub(r"\.?0*p", "p", value.hex())


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _comment(text: str) -> str:
    told = text.encode("ascii", "backslashreplace").decode().replace("*/", "* /").replace("/*", "/ *")
    return f"\n/* {told} */\n"


def _quoted(text: str) -> str:
    r"""Return a string of C, in which all that is not plain stands in octal.

    Examples
    --------
    >>> _quoted('a"?')
    '"a\\042\\077"'
    """
    plain = [chr(one) if chr(one) in PLAIN else f"\\{one:03o}" for one in text.encode()]
    return f'"{"".join(plain)}"'
