"""The JSON Schema of golden files, for consumers who generate types from it."""

from typing import Any

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_FEATURE = {"type": "integer", "minimum": 0}


def _list(items: Any, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(required),
        "additionalProperties": False,
    }


def _each(values: Any, names: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "additionalProperties": values}
    return {**found, "propertyNames": {"pattern": names}} if names else found


_ROWS = _list(_list(_NUMBER, 1), 1)
_PAIRS = _list({"type": "array", "items": _FEATURE, "minItems": 2, "maxItems": 2})
_POSITION = {"anyOf": [_NUMBER, _list(_NUMBER, 1)]}
_TOKENS = {"anyOf": [_NUMBER, _list(_POSITION, 1)]}
_ANGLES = _object({"positions": _TOKENS}, {"x": _ROWS, "head": _FEATURE, "side": {"const": "key"}, "length": _FEATURE})
_BIAS = _object({"query_positions": _TOKENS, "key_positions": _TOKENS})
_WEIGHTS = _object({"shape": _list(_FEATURE), "repeat": _list(_NUMBER, 1)})
_WHOLE = {"type": "integer"}
_TABLE = _object({"positions": _TOKENS}, {"grid": _list(_WHOLE, 1)})
_RESIZE = _object({"old": _list(_WHOLE, 1), "new": _list(_WHOLE, 1), "prefix": _WHOLE, "table": _WEIGHTS})
_TEXT_RUN = _object({"type": {"const": "Text"}, "n": _WHOLE})
_SOUND = _object({"type": {"const": "Audio"}, "n": _WHOLE, "rate": _NUMBER})
_IMAGE = _object({"type": {"const": "Image"}, "h": _WHOLE, "w": _WHOLE})
_VIDEO = _object({"type": {"const": "Video"}, "t": _WHOLE, "h": _WHOLE, "w": _WHOLE, "fps": _NUMBER})
_SEGMENTS = _object({"segments": _list({"anyOf": [_TEXT_RUN, _SOUND, _IMAGE, _VIDEO]})})
_MASK = _object({"mask": _list(_list(_WHOLE, 1))})
_ANY = {"anyOf": [_NUMBER, _list(_POSITION)]}
_PLACES = {"query_positions": _ANY, "key_positions": _ANY}
_ATTENTION = _object({"q": _WEIGHTS, "k": _WEIGHTS, **_PLACES}, {"v": _WEIGHTS, "layer": _WHOLE})
_INPUTS = {"anyOf": [_ANGLES, _BIAS, _TABLE, _RESIZE, _SEGMENTS, _MASK, _ATTENTION]}
_CASE = _object(
    {
        "id": {"type": "string", "pattern": "^[a-z0-9.-]+/[0-9]{4}$"},
        "comment": _TEXT,
        "inputs": _INPUTS,
        "master": _ROWS,
        "units": _each(_list(_list(_FEATURE, 1), 1), "^(float64|float32|float16|bfloat16)/[a-z]+$"),
        "separates": _list(_TEXT, 1),
        "wrong": _each(_ROWS),
    },
    {"elements": _list(_FEATURE, 1)},
)
_REJECT = _object(
    {"id": {"type": "string", "pattern": "^[a-z0-9.-]+/r[0-9]{3}$"}, "comment": _TEXT, "inputs": _INPUTS, "rule": _TEXT}
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A golden file of refpos: certified values of one positional encoding",
    **_object(
        {
            "format": {"const": 1},
            "name": _TEXT,
            "family": {"enum": ["rotary", "sinusoidal", "bias", "table", "positions", "attention"]},
            "features": {"type": "integer", "minimum": 1},
            "variant": {"type": "object", "required": ["type"], "properties": {"type": _TEXT}},
            "source": _object({"work": _TEXT, "version": _TEXT, "place": _TEXT, "url": _TEXT}),
            "notes": _each(_object({"what": _TEXT, "effect": _TEXT, "links": _list(_TEXT)})),
            "cases": _list(_CASE, 1),
            "rejects": _list(_REJECT),
        },
        {
            "normal_form": _object(
                {
                    "pairs_in": _PAIRS,
                    "pairs_out": _PAIRS,
                    "omega": {"anyOf": [_ROWS, _list(_ROWS)]},
                    "magnitude": _NUMBER,
                },
                {"columns": _PAIRS},
            ),
            "learned": _each({"anyOf": [_list({}), _WEIGHTS]}),
        },
    ),
}
"""What a program can check without knowing positional encodings; `refpos golden lint` checks more."""
