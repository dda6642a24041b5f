"""The shape of golden files: what of the schema a document breaks first. All that reads one whole asks this."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from refpos.errors import require
from refpos.oracle.golden.format import Document
from refpos.oracle.golden.schema import SCHEMA

Schema = Mapping[str, Any]
Problem = tuple[str, str, Any]
"""The path of a value, the rule that it breaks, and what it is."""

KINDS: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
}
"""What Python makes of the types of JSON; true and false are none of them, and 1.0 is no integer."""


def check_shape(name: str, document: Document) -> None:
    """Raise `SpecError` for the first thing in which a golden file is not of its schema.

    Examples
    --------
    >>> check_shape("a", {"format": 1})
    Traceback (most recent call last):
        ...
    refpos.errors.SpecError: a.json: must have the member cases; got format
    """
    found = next(problems(document, SCHEMA), None)
    if found is not None:
        path, rule, value = found
        id_, rest = _named(document, path)
        require(False, f"{name}.json{id_}:{rest} {rule}", value)


def problems(value: Any, schema: Schema, path: str = "") -> Iterator[Problem]:
    """Yield in what a value breaks a schema, of whose words those are known that golden files need.

    Examples
    --------
    >>> list(problems([0, -1], {"type": "array", "items": {"type": "integer", "minimum": 0}}))
    [('/1', 'must be at least 0', -1)]
    """
    kind = schema.get("type")
    if "anyOf" in schema:
        yield from _of_any(value, schema["anyOf"], path)
    elif kind is not None and type(value) not in KINDS[kind]:
        yield path, f"must be of type {kind}", repr(value)
    elif kind == "object":
        yield from _of_object(value, schema, path)
    elif kind == "array":
        yield from _of_array(value, schema, path)
    else:
        yield from _of_leaf(value, schema, path)


def _of_any(value: Any, schemas: list[Schema], path: str) -> Iterator[Problem]:
    """Yield, where a value is of none of the schemas, what it breaks of the one that it comes nearest."""
    found = [next(problems(value, one, path), None) for one in schemas]
    if None not in found:
        yield max((one for one in found if one is not None), key=lambda one: one[0].count("/"))


def _of_object(value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[Problem]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    names = schema.get("propertyNames", {})
    for key in schema.get("required", ()):
        if key not in value:
            yield path, f"must have the member {key}", ", ".join(value)
    for key, one in value.items():
        if key not in known and others is False:
            yield path, f"must have no members but {', '.join(known)}", key
        for _, rule, _ in problems(key, names):
            yield path, f"must have members whose names {rule.removeprefix('must ')}", key
        yield from problems(one, known.get(key, others if isinstance(others, dict) else {}), f"{path}/{key}")


def _of_array(value: list[Any], schema: Schema, path: str) -> Iterator[Problem]:
    for words, bound, way in (("at least", schema.get("minItems"), 1), ("at most", schema.get("maxItems"), -1)):
        if bound is not None and way * len(value) < way * bound:
            yield path, f"must have {words} {bound} of what it lists", value
    for number, one in enumerate(value):
        yield from problems(one, schema.get("items", {}), f"{path}/{number}")


def _of_leaf(value: Any, schema: Schema, path: str) -> Iterator[Problem]:
    if "const" in schema and (type(value), value) != (type(schema["const"]), schema["const"]):
        yield path, f"must be {schema['const']}", value
    if "enum" in schema and value not in schema["enum"]:
        yield path, f"must be one of {', '.join(schema['enum'])}", value
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), value):
        yield path, f"must match {schema['pattern']}", value
    if "minimum" in schema and value < schema["minimum"]:
        yield path, f"must be at least {schema['minimum']}", value


def _named(document: Document, path: str) -> tuple[str, str]:
    """Return the id of the case or reject that a path leads into, and what is left of the path.

    Examples
    --------
    >>> _named({"cases": [{"id": "a/0001"}]}, "/cases/0/units"), _named({}, "/source")
    ((', a/0001', ' units'), ('', ' source'))
    """
    id_, parts = "", path.split("/")[1:]
    if len(parts) > 1 and parts[0] in ("cases", "rejects"):
        one = document[parts[0]][int(parts[1])]
        if isinstance(one, dict) and isinstance(one.get("id"), str):
            id_, parts = f", {one['id']}", parts[2:]
    return id_, f" {'/'.join(parts)}" if parts else ""
