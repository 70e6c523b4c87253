"""As much of JSON Schema (draft 2020-12) as the schema of a spec uses; any other keyword is an error."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]

NOTES = frozenset({"$schema", "$defs", "title", "description", "default", "examples"})
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
ASSERTIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": lambda kinds, value: any(is_of(kind, value) for kind in as_list(kinds)),
    "enum": lambda values, value: value in values,
    "const": lambda constant, value: value == constant,
    "required": lambda keys, value: not isinstance(value, dict) or all(key in value for key in keys),
    "pattern": lambda pattern, value: not isinstance(value, str) or re.search(pattern, value) is not None,
    "minLength": lambda n, value: not isinstance(value, str) or len(value) >= n,
    "maxLength": lambda n, value: not isinstance(value, str) or len(value) <= n,
    "minItems": lambda n, value: not isinstance(value, list) or len(value) >= n,
    "minProperties": lambda n, value: not isinstance(value, dict) or len(value) >= n,
    "maxProperties": lambda n, value: not isinstance(value, dict) or len(value) <= n,
    "minimum": lambda bound, value: not is_of("number", value) or value >= bound,
    "maximum": lambda bound, value: not is_of("number", value) or value <= bound,
    "exclusiveMinimum": lambda bound, value: not is_of("number", value) or value > bound,
    "exclusiveMaximum": lambda bound, value: not is_of("number", value) or value < bound,
}
APPLICATORS = frozenset(
    {"$ref", "anyOf", "allOf", "if", "then", "properties", "additionalProperties", "propertyNames", "items"}
)


def holds(schema: Schema | bool, value: object, root: Schema) -> bool:
    """Whether a value keeps to a schema; `root` has the definitions."""
    if isinstance(schema, bool):
        return schema
    unknown = set(schema) - NOTES - APPLICATORS - set(ASSERTIONS)
    if unknown:
        raise ValueError(f"keywords {sorted(unknown)} are not known here")
    return (
        all(ASSERTIONS[word](schema[word], value) for word in ASSERTIONS if word in schema)
        and ("$ref" not in schema or holds(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root))
        and ("anyOf" not in schema or any(holds(branch, value, root) for branch in schema["anyOf"]))
        and all(holds(branch, value, root) for branch in schema.get("allOf", ()))
        and ("if" not in schema or not holds(schema["if"], value, root) or holds(schema["then"], value, root))
        and _holds_inside(schema, value, root)
    )


def _holds_inside(schema: Schema, value: object, root: Schema) -> bool:
    if isinstance(value, list):
        return all(holds(schema.get("items", True), item, root) for item in value)
    if not isinstance(value, dict):
        return True
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    names = schema.get("propertyNames", True)
    return all(
        holds(names, key, root) and holds(known.get(key, rest), below, root) for key, below in value.items()
    )


def is_of(kind: str, value: object) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def as_list(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds
