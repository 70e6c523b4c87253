"""What pydantic finds in a spec, said as problems with places."""

import re
from collections.abc import Callable
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from nas.spec.model import Spec
from nas.spec.names import did_you_mean, nearest, one_of
from nas.spec.problems import Problem
from nas.spec.tree import KeyPath, Node, dotted, find

_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "tuple_type": "a list",
    "too_short": "not empty",
    "string_too_short": "not empty",
    "string_too_long": "a single character",
}


def shape_problems(root: Node, error: ValidationError) -> tuple[Problem, ...]:
    """One problem for each error of the validation of `Spec` against the values of `root`."""
    details = error.errors(include_url=False)
    inner = {detail["loc"][:-1] for detail in details} | {detail["loc"][:-2] for detail in details}
    return tuple(
        _problem(root, detail)
        for detail in details
        if not (detail["type"] == "too_short" and detail["loc"] in inner)
    )


def problem_at(root: Node, path: KeyPath, text: str, *, key: bool = False) -> Problem:
    """A problem with what `path` names."""
    place = find(root, path, key=key)
    return Problem(place.file, place.line, place.column, dotted(path), text)


def unknown_key(root: Node, path: KeyPath, text: str) -> Problem:
    """A problem at the last key of `path`, counted to the section that it is in."""
    place = find(root, path, key=True)
    return Problem(place.file, place.line, place.column, dotted(path[:-1]), text)


def shown(value: object) -> str:
    """A value as a user would recognize it, at most some 60 characters."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...'"


def _problem(root: Node, detail: ErrorDetails) -> Problem:
    loc = detail["loc"]
    kind, is_key = detail["type"], "[key]" in loc
    path = tuple(part for part in loc if part not in ("[key]",))
    match kind:
        case "missing":
            return problem_at(root, _as_written(path[:-1]), f"{path[-1]} is missing", key=True)
        case "extra_forbidden":
            known = _known_keys(path[:-1])
            text = f"unknown key {shown(path[-1])}{nearest(str(path[-1]), known, 'keys')}"
            return unknown_key(root, _as_written(path), text)
        case "at_key":
            return problem_at(root, (*_as_written(path), detail["ctx"]["key"]), detail["msg"], key=True)
    return problem_at(root, _as_written(path), _text(detail), key=is_key)


def _text(detail: ErrorDetails) -> str:
    kind, came = detail["type"], shown(detail["input"])
    context = detail.get("ctx", {})
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"must be {words} {context[name]:g}, not {came}"
    if kind == "literal_error":
        names = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
        return f"must be {one_of(names)}, not {came}{did_you_mean(str(detail['input']), names)}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_type" and isinstance(detail["input"], int | float | bool):
        return f"must be text, not {came}; put it in quotes"
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}" + ("" if kind.endswith("too_short") else f", not {came}")
    return detail["msg"]


def _as_written(path: KeyPath) -> KeyPath:
    """The path in the file: a family and its options are a key and its value there."""
    if path[:1] == ("space",):
        return tuple(part for part in path if part not in ("family", "options"))
    if path[:1] == ("hardware",):
        return tuple(part for index, part in enumerate(path) if not (index == 2 and part == "options"))
    return path


def _known_keys(path: KeyPath) -> list[str]:
    """Keys of the section at a path."""
    model: type[BaseModel] = Spec
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = _section_in(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _section_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner: Callable[[object], type[BaseModel] | None] = _section_in
    return next((found for found in map(inner, get_args(annotation)) if found is not None), None)
