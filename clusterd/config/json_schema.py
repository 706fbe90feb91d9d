"""The JSON Schema (draft 2020-12) of the file, for editors and other tools.

It says what a schema can say: keys, types, words, patterns. References, loops and
agents are checked by `load` alone.
"""

import json
import re
from collections.abc import Callable
from typing import TypeAlias

from clusterd.config.advice import CLUSTER_OPERATIONS
from clusterd.config.field import Field, Kind, Shape
from clusterd.config.schema import ROOT, SHAPES
from clusterd.config.table_reader import BUILT_IN
from clusterd.config.values import (
    AGENT_PATTERN,
    DURATION_PATTERN,
    KEY_PATTERN,
    NAME_PATTERN,
    SCORE_WORDS,
    read_flag,
    read_integer,
)
from clusterd.model.score import INFINITY

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Json]:
    """Return the schema as JSON values."""
    schema = _shape(ROOT)
    definitions: dict[str, Json] = {
        name: _shape(shape) for name, shape in SHAPES.items() if shape is not ROOT
    }
    definitions |= _scalar_definitions()
    return {
        "$schema": DIALECT,
        "title": "clusterd configuration",
        **schema,
        "$defs": definitions,
    }


def json_schema_text() -> str:
    """Return the published file: `docs/reference/cluster.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _shape(shape: Shape) -> dict[str, Json]:
    schema: dict[str, Json] = {
        "description": shape.sentence,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {each.key: _field(each) for each in shape.fields},
    }
    required: list[Json] = [each.key for each in shape.fields if each.required]
    if required:
        schema["required"] = required
        schema["type"] = "object"
    if shape.name == "location":
        schema["oneOf"] = _one_of("prefers", "avoids", "requires", "node")
    if shape.name == "colocation":
        schema["oneOf"] = _one_of("with", "apart-from")
    return schema


def _one_of(*keys: str) -> list[Json]:
    return [{"required": [key]} for key in keys]


def _field(field: Field) -> Json:
    typed = _type(field)
    if field.can_unset:
        typed = {"anyOf": [typed, {"const": BUILT_IN}]}
    schema: dict[str, Json] = {"description": _sentence(field), **typed}
    if field.default is not None:
        schema["default"] = _default(field, field.default)
    return schema


def _sentence(field: Field) -> str:
    return (
        f"{field.sentence} Default: {field.unset}." if field.unset else field.sentence
    )


def _default(field: Field, text: str) -> Json:
    if field.kind is Kind.FLAG:
        return read_flag(text)
    if field.kind in (Kind.INTEGER, Kind.SCORE) and text.isdigit():
        return read_integer(text)
    return text


def _type(field: Field) -> dict[str, Json]:
    if field.kind in _SIMPLE:
        return dict(_SIMPLE[field.kind])
    return _BUILDERS[field.kind](field)


def _integer(field: Field) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "integer"}
    if field.minimum is not None:
        schema["minimum"] = int(field.minimum)
    if field.maximum is not None:
        schema["maximum"] = int(field.maximum)
    return schema


def _operations(field: Field) -> dict[str, Json]:
    one = _ref(field.shape)
    either: Json = {"anyOf": [one, {"type": "array", "items": one}]}
    return {
        "type": ["object", "null"],
        # An agent may have more operations than OCF knows.
        "properties": dict.fromkeys(CLUSTER_OPERATIONS, either),
        "additionalProperties": either,
    }


def _mapping(pattern: str, values: Json) -> dict[str, Json]:
    return {
        "type": ["object", "null"],
        "propertyNames": {"pattern": pattern},
        "additionalProperties": values,
    }


def _ref(name: str) -> dict[str, Json]:
    return {"$ref": f"#/$defs/{name}"}


_BUILDERS: dict[Kind, Callable[[Field], dict[str, Json]]] = {
    Kind.INTEGER: _integer,
    Kind.OPERATIONS: _operations,
    Kind.WORD: lambda field: {"enum": list(field.words)},
    Kind.TABLE: lambda field: _ref(field.shape),
    Kind.TABLES: lambda field: _mapping(NAME_PATTERN, _ref(field.shape)),
    Kind.LIST: lambda field: {"type": ["array", "null"], "items": _ref(field.shape)},
}

_SIMPLE: dict[Kind, dict[str, Json]] = {
    Kind.FLAG: {"type": "boolean"},
    Kind.DURATION: _ref("duration"),
    Kind.SCORE: _ref("score"),
    Kind.NAME: _ref("name"),
    Kind.NODE: _ref("name"),
    Kind.RESOURCE: _ref("name"),
    Kind.RESOURCES: {"type": "array", "minItems": 1, "items": _ref("name")},
    Kind.AGENT: {"type": "string", "pattern": AGENT_PATTERN},
    Kind.TEXTS: _mapping(KEY_PATTERN, {"type": ["string", "number", "boolean"]}),
}


def _scalar_definitions() -> dict[str, Json]:
    words = "|".join(re.escape(each) for each in SCORE_WORDS)
    return {
        "duration": {
            "description": "A number with ms, s, m, h or d, such as 10s or 1m30s; 0.",
            "anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"const": 0}],
        },
        "score": {
            "description": "A whole number, mandatory, strongly, inf or -inf.",
            "anyOf": [
                {"type": "integer", "minimum": -INFINITY, "maximum": INFINITY},
                {"type": "string", "pattern": f"^({words})$"},
            ],
        },
        "name": {
            "description": "A name: letters, digits, -, _ and .",
            "anyOf": [{"type": "string", "pattern": NAME_PATTERN}, {"type": "number"}],
        },
    }
