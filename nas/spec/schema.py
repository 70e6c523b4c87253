"""The JSON schema of a spec, for editors."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import JsonValue

from nas.families import OPTION_NAMES
from nas.plugins import BUILT_IN, HWMODELS_GROUP, option_types, resolve
from nas.spec.metrics import STRUCTURE_METRICS, TASK_METRICS
from nas.spec.model import ALIAS_PATTERN, FAMILIES, Spec

Schema = dict[str, JsonValue]

_NUMBER: Schema = {"type": "number"}
_QUANTITY: Schema = {
    "anyOf": [
        _NUMBER,
        {"type": "string", "pattern": r"^\s*[-+]?[0-9.]", "examples": ["8 KiB", "5 ms"]},
        {"type": "null"},
    ]
}
_TYPES: Mapping[object, str] = {float: "number", int: "integer", str: "string", bool: "boolean"}


def spec_schema() -> dict[str, JsonValue]:
    """JSON schema (draft 2020-12) of the YAML file, families, hardware models and metrics filled in.

    It describes shapes and names; what must hold between sections only `read_spec` checks.
    """
    schema: Schema = Spec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "silkscreen spec"
    definitions, properties = _mapping(schema["$defs"]), _mapping(schema["properties"])
    definitions["SpaceSpec"] = _space()
    definitions["HardwareSpec"] = _hardware()
    definitions["ValidationSpec"] = {"anyOf": [_NUMBER, definitions["ValidationSpec"]]}
    ends = _mapping(_mapping(definitions["LimitSpec"])["properties"])
    for end in ("min", "max"):
        ends[end] = {**_mapping(ends[end]), **_QUANTITY}
    _mapping(properties["hardware"])["propertyNames"] = {"pattern": f"^{ALIAS_PATTERN}$"}
    for section in ("objectives", "limits"):
        _mapping(properties[section])["propertyNames"] = _metric_names()
    return schema


def _metric_names() -> Schema:
    names: list[JsonValue] = [
        *(name for names in TASK_METRICS.values() for name in names),
        *STRUCTURE_METRICS,
    ]
    return {"anyOf": [{"enum": names}, {"pattern": rf"^{ALIAS_PATTERN}\..+$"}]}


def _space() -> Schema:
    named: Schema = {
        "type": "object",
        "properties": {family: _family(names) for family, names in OPTION_NAMES.items()},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"description": "A family with its options.", "anyOf": [{"enum": list(FAMILIES)}, named]}


def _family(names: tuple[str, ...]) -> Schema:
    return {
        "type": ["object", "null"],
        "properties": {name: {} for name in names},
        "additionalProperties": False,
    }


def _hardware() -> Schema:
    names = list(BUILT_IN[HWMODELS_GROUP])
    return {
        "description": "A hardware model with its options.",
        "type": "object",
        "required": ["model"],
        "properties": {"model": {"type": "string", "examples": [*names, "module:object", "file.py:object"]}},
        "allOf": [
            {"if": {"properties": {"model": {"const": name}}, "required": ["model"]}, "then": _model(name)}
            for name in names
        ],
    }


def _model(name: str) -> Schema:
    make = resolve(name, HWMODELS_GROUP, base=Path(), allow_code=False)
    types = option_types(make) or {}
    return {
        "description": (inspect.getdoc(make) or "").partition("\n\n")[0],
        "properties": {"model": True, **{option: _option(kind) for option, kind in types.items()}},
        "additionalProperties": False,
    }


def _option(annotation: object) -> Schema:
    if get_origin(annotation) is Literal:
        return {"enum": list(get_args(annotation))}
    return {"type": _TYPES[annotation]} if annotation in _TYPES else {}


def _mapping(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise TypeError(f"a schema must be a mapping here, not {value!r}")
    return value
