"""Frozen dataclasses to trees of JSON values and back, by their type annotations.

A dataclass is an object with its field names as keys; one that belongs to a union also has "type".
Reading is strict: every key must be there, no other may be, and every value has exactly its type.
"""

import base64
import binascii
import dataclasses
import math
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from codegen.ir.errors import IrError

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Tags: TypeAlias = Mapping[type, str]
"""The "type" of each dataclass that belongs to a union."""

INT_LIMIT = 1 << 63


def to_tree(kind: object, value: object, tags: Tags) -> Json:
    """A value of type `kind` (or of one of its members) as JSON values; equal values give equal trees."""
    if get_origin(kind) in (types.UnionType, Union):
        members = [member for member in get_args(kind) if member is not types.NoneType]
        return (
            None if value is None else to_tree(members[0] if len(members) == 1 else type(value), value, tags)
        )
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        tree: dict[str, Json] = {"type": tags[kind]} if kind in tags else {}
        return tree | {name: to_tree(hint, getattr(value, name), tags) for name, hint in _hints(kind).items()}
    if isinstance(value, tuple):
        return [to_tree(get_args(kind)[0], item, tags) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if kind is float:
        return float(value) + 0.0  # type: ignore[arg-type]  # adding 0.0 makes -0.0 equal to 0.0
    if isinstance(value, bool | str):
        return value
    return int(value)  # type: ignore[call-overload, no-any-return]


def from_tree(kind: object, tree: Json, path: str, tags: Tags) -> Any:
    """The value of type `kind` that a tree stands for. Raises IrError, naming the path."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, tree, path, tags)
    if get_origin(kind) in (types.UnionType, Union):
        return _read_union(get_args(kind), tree, path, tags)
    if get_origin(kind) is tuple:
        if not isinstance(tree, list):
            raise _wrong(path, "a list", tree)
        item = get_args(kind)[0]
        return tuple(from_tree(item, entry, f"{path}[{index}]", tags) for index, entry in enumerate(tree))
    if get_origin(kind) is Literal:
        if not any(type(tree) is type(choice) and tree == choice for choice in get_args(kind)):
            raise _wrong(path, f"one of {', '.join(map(repr, get_args(kind)))}", tree)
        return tree
    return _read_plain(kind, tree, path)


def _read_plain(kind: object, tree: Json, path: str) -> bool | int | float | str | bytes:
    if kind is bool and isinstance(tree, bool):
        return tree
    if kind in (int, float) and type(tree) is int and -INT_LIMIT <= tree < INT_LIMIT:
        return tree if kind is int else float(tree)
    if kind is float and type(tree) is float and math.isfinite(tree):
        return tree
    if kind is str and isinstance(tree, str):
        return _read_text(tree, path)
    if kind is bytes and isinstance(tree, str):
        return _read_bytes(tree, path)
    names = {
        bool: "true or false",
        int: "an integer of 64 bits",
        float: "a finite number",
        bytes: "a base64 text",
    }
    raise _wrong(path, names.get(kind, "a text"), tree)  # type: ignore[call-overload]


def _read_text(tree: str, path: str) -> str:
    try:
        tree.encode("utf-8")
    except UnicodeEncodeError:
        raise _wrong(path, "valid Unicode", tree) from None
    return tree


def _read_bytes(tree: str, path: str) -> bytes:
    try:
        return base64.b64decode(tree.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise _wrong(path, "a base64 text", tree) from None


def _read_dataclass(kind: type, tree: Json, path: str, tags: Tags) -> Any:
    if not isinstance(tree, dict):
        raise _wrong(path, "an object", tree)
    hints, keys = _hints(kind), set(tree) - ({"type"} if kind in tags else set())
    if kind in tags and tree.get("type") != tags[kind]:
        raise _wrong(f"{path}.type", repr(tags[kind]), tree.get("type"))
    if keys != set(hints):
        missing, unknown = sorted(set(hints) - keys), sorted(keys - set(hints))
        fault = f"{missing[0]!r} is missing" if missing else f"unknown key {_short(unknown[0])}"
        raise IrError(f"{path}: {fault}; keys must be {', '.join(sorted(hints))}")
    fields = {name: from_tree(hint, tree[name], f"{path}.{name}", tags) for name, hint in hints.items()}
    try:
        return kind(**fields)
    except IrError as error:
        raise IrError(f"{path}: {error}") from None


def _read_union(kinds: tuple[Any, ...], tree: Json, path: str, tags: Tags) -> Any:
    if tree is None and types.NoneType in kinds:
        return None
    members = [kind for kind in kinds if kind is not types.NoneType]
    if len(members) == 1:
        return from_tree(members[0], tree, path, tags)
    if not isinstance(tree, dict):
        raise _wrong(path, "an object", tree)
    for member in members:
        if tree.get("type") == tags[member]:
            return from_tree(member, tree, path, tags)
    known = ", ".join(repr(tags[member]) for member in members)
    raise _wrong(f"{path}.type", f"one of {known}", tree.get("type"))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _wrong(path: str, expected: str, found: object) -> IrError:
    return IrError(f"{path}: must be {expected}, not {_short(found)}")


def _short(value: object) -> str:
    """The value for an error text, never longer than a line."""
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    if isinstance(value, int) and abs(value) >= INT_LIMIT:
        return "a number beyond 64 bits"
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
