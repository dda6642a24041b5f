"""The shape of golden files: what is refused is what the schema refuses, as a validator of JSON Schema says."""

import json

import jsonschema
import pytest
from golden_folder import document

from refpos.errors import SpecError
from refpos.oracle.golden.document import golden_names
from refpos.oracle.golden.schema import SCHEMA
from refpos.oracle.golden.shape import check_shape, problems

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
ODD = (None, True, -1, 0, 7, 0.5, "", "x", [], [0.5], [[1]], {}, {"x": 1})
KNOWN = {"$schema", "title", "type", "properties", "required", "additionalProperties", "propertyNames", "items"}
KNOWN |= {"minItems", "maxItems", "enum", "const", "anyOf", "pattern", "minimum"}


@pytest.mark.parametrize("name", golden_names())
def test_every_file_is_of_the_schema(name):
    check_shape(name, document(name))


def small(name):
    """A golden file with one of each kind of thing."""
    held = document(name)
    case = held["cases"][1]
    for key in ("units", "wrong"):
        case[key] = dict(list(case[key].items())[:1])
    held |= {"cases": [case], "rejects": held["rejects"][:1], "notes": dict(list(held["notes"].items())[:1])}
    return cut(held)


def cut(value):
    """A document with lists cut off after three items: those that follow are of one kind."""
    if isinstance(value, dict):
        return {key: cut(one) for key, one in value.items()}
    return [cut(one) for one in value[:3]] if isinstance(value, list) else value


def changes(value, path=()):
    """Yield each path into a document, with what stands there: of long lists the first two."""
    yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, one in parts:
        yield from changes(one, (*path, key))


def put(held, path, value):
    """Return a copy of a document with another value at a path."""
    if not path:
        return value
    copied = dict(held) if isinstance(held, dict) else list(held)
    copied[path[0]] = put(copied[path[0]], path[1:], value)
    return copied


def others(held):
    """Yield documents that differ from one in one place: another value, a member less, a member more."""
    for path, value in changes(held):
        if not path:
            continue
        yield from (put(held, path, one) for one in ODD)
        if isinstance(value, dict):
            yield from (put(held, path, {k: v for k, v in value.items() if k != key}) for key in value)
            yield put(held, path, {**value, "x": 1})


@pytest.mark.parametrize("name", ["xpos", "t5-encoder", "dynamic-ntk", "mae"])
def test_what_is_refused_is_what_a_validator_refuses(name):
    held, refused = small(name), 0
    assert VALIDATOR.is_valid(held)
    for other in others(held):
        due = VALIDATOR.is_valid(other)
        refused += not due
        assert due == (next(problems(other, SCHEMA), None) is None), json.dumps(other)[:300]

    assert refused > 300


def words(schema):
    """The words of a schema, and of the schemas in it."""
    found = set(schema)
    within = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    within += [schema[key] for key in ("items", "additionalProperties", "propertyNames") if schema.get(key)]
    return found.union(*(words(one) for one in within))


def test_every_word_of_the_schema_is_known():
    assert words(SCHEMA) <= KNOWN


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (lambda one: one.update(more=1), "xpos.json: must have no members but format, name, family"),
        (lambda one: one["cases"][0].pop("units"), "xpos.json, xpos/0001: must have the member units; got comment"),
        (lambda one: one["cases"][0].update(id=3), "xpos.json: cases/0/id must be of type string; got 3"),
        (lambda one: one["cases"][0].update(id="xpos/1"), "xpos.json, xpos/1: id must match ^[a-z0-9.-]+/[0-9]{4}$"),
        (lambda one: one["cases"][0].update(id="xpos/0001\n"), "xpos.json, xpos/0001\n: id must match"),
        (lambda one: one["cases"][0].update(separates=[]), "separates must have at least 1 of what it lists; got []"),
        (
            lambda one: one["normal_form"]["pairs_in"][0].append(1),
            "xpos.json: normal_form/pairs_in/0 must have at most 2 of what it lists; got [0, 1, 1]",
        ),
        (
            lambda one: one["cases"][0]["units"].update({"float8/log": [[1]]}),
            "xpos.json, xpos/0001: units must have members whose names match ^(float64|",
        ),
        (
            lambda one: one["rejects"][0]["inputs"].update({"../../x": 1}),
            "xpos.json, xpos/r001: inputs must have no members but positions, x, head, side, length; got ../../x",
        ),
        (lambda one: one["cases"][0]["inputs"].update(head=-1), "xpos/0001: inputs/head must be at least 0; got -1"),
        (
            lambda one: one["normal_form"].update(magnitude=True),
            "normal_form/magnitude must be of type number; got True",
        ),
    ],
)
def test_what_is_wrong_is_named_by_file_id_and_path(change, due):
    held = document("xpos")
    change(held)

    with pytest.raises(SpecError) as caught:
        check_shape("xpos", held)
    assert due in str(caught.value)
