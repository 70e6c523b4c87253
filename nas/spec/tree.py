"""YAML text as a tree of plain values with the place of every key and value.

The YAML 1.2 core schema, within limits that no spec comes near: no aliases (nothing can expand), no
tags, little depth, few values. Every duplicate key is found; a syntax error ends the reading.
"""

import math
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from nas.spec.problems import Problem

MAX_DEPTH = 12
MAX_VALUES = 1000
MAX_DIGITS = 40
"""Longer numbers stay text."""

KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written; line and column count from 1, 0 for an override."""

    file: str
    line: int
    column: int


@dataclass(slots=True)
class Leaf:
    """text: as written, so that a key `1` or `true` keeps its name."""

    place: Place
    value: JsonValue
    text: str = ""


@dataclass(slots=True)
class ListNode:
    place: Place
    items: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class MapNode:
    """keys: where each key was written."""

    place: Place
    values: "dict[str, Node]" = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)


Node: TypeAlias = Leaf | ListNode | MapNode


class TreeError(ValueError):
    """The text is no YAML of the allowed kind. problem: where and why."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(place.file, place.line, place.column, "", text)


def parse_tree(text: str, place: Place) -> tuple[Node, tuple[Problem, ...]]:
    """The tree of one YAML document, and a problem for each duplicate key.

    place: of the first character; its line is 0 where all of the text has one place (an override).
    Raises TreeError.
    """
    reader = _TreeReader(place)
    _refuse_bracket_runs(text, reader)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            reader.take(event)
    except TreeError:
        raise
    except MarkedYAMLError as error:
        where = reader.place(error.problem_mark or error.context_mark)
        raise TreeError(where, f"not YAML: {_one_line(error.problem or error.context)}") from None
    except ReaderError as error:
        before = text[: error.position]
        where = reader.place_at(before.count("\n"), len(before) - before.rfind("\n") - 1)
        raise TreeError(where, f"not text: character {chr(error.character)!r} is not allowed") from None
    except (YAMLError, ValueError, OverflowError) as error:
        raise TreeError(place, f"not YAML: {_one_line(str(error))}") from None
    return reader.root or Leaf(place, None), tuple(reader.problems)


def plain(node: Node) -> JsonValue:
    """The values without their places."""
    match node:
        case Leaf():
            return node.value
        case ListNode():
            return [plain(item) for item in node.items]
        case MapNode():
            return {key: plain(value) for key, value in node.values.items()}


def find(root: Node, path: KeyPath, *, key: bool = False) -> Place:
    """The place of what a path names, or of the nearest that exists.

    A single value is named by its own place, a mapping or list by that of its key; key: always the key's.
    """
    place, node = root.place, root
    for part in path:
        match node:
            case MapNode() if part in node.values:
                place, node = node.keys[str(part)], node.values[str(part)]
            case ListNode() if isinstance(part, int) and part < len(node.items):
                place, node = node.items[part].place, node.items[part]
            case _:
                break
    return node.place if isinstance(node, Leaf) and node.text and not key else place


def dotted(path: KeyPath) -> str:
    """`("space", 0, "hidden")` as `space[0].hidden`; anything unprintable escaped."""
    text = ""
    for part in path:
        shown = str(part) if str(part).isprintable() else repr(part)
        text += f"[{part}]" if isinstance(part, int) else f".{shown[:80]}" if text else shown[:80]
    return text


class _TreeReader:
    """Takes the events of a YAML document one by one."""

    def __init__(self, place: Place) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._start = place
        self._open: list[ListNode | MapNode] = []
        self._keys: list[Leaf | None] = []
        self._n_values = 0

    def take(self, event: Event) -> None:
        match event:
            case ScalarEvent():
                self._add(event, _scalar(event, self.place(event.start_mark)))
            case MappingStartEvent():
                self._enter(event, MapNode(self.place(event.start_mark)))
            case SequenceStartEvent():
                self._enter(event, ListNode(self.place(event.start_mark)))
            case MappingEndEvent() | SequenceEndEvent():
                self._open.pop()
                self._keys.pop()
            case AliasEvent():
                raise TreeError(
                    self.place(event.start_mark), "aliases (*name) are not used; write the value out"
                )
            case DocumentStartEvent() if self.root is not None:
                raise TreeError(self.place(event.start_mark), "a spec is one YAML document, not several")

    def place(self, mark: StringMark | None) -> Place:
        return self.place_at(mark.line, mark.column) if mark is not None else self._start

    def place_at(self, line: int, column: int) -> Place:
        return Place(self._start.file, line + 1, column + 1) if self._start.line else self._start

    def _enter(self, event: MappingStartEvent | SequenceStartEvent, node: ListNode | MapNode) -> None:
        self._add(event, node)
        self._open.append(node)
        self._keys.append(None)
        if len(self._open) > MAX_DEPTH:
            raise TreeError(node.place, f"nested deeper than {MAX_DEPTH} levels")

    def _add(self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent, node: Node) -> None:
        self._n_values += 1
        if self._n_values > MAX_VALUES:
            raise TreeError(node.place, f"more than {MAX_VALUES} values; a spec has a few dozen")
        if event.tag is not None:
            raise TreeError(node.place, "tags (!name) are not used; write the value alone")
        match self._open[-1] if self._open else None:
            case None:
                self.root = node
            case ListNode() as parent:
                parent.items.append(node)
            case MapNode() as parent:
                self._add_to(parent, node)

    def _add_to(self, parent: MapNode, node: Node) -> None:
        key = self._keys[-1]
        if key is not None:
            self._keys[-1] = None
            self._put(parent, key, node)
        elif isinstance(node, Leaf):
            self._keys[-1] = node
        else:
            raise TreeError(node.place, "a key must be a word, not a mapping or list")

    def _put(self, parent: MapNode, key: Leaf, node: Node) -> None:
        if key.text not in parent.values:
            parent.values[key.text] = node
            parent.keys[key.text] = key.place
            return
        first = parent.keys[key.text]
        text = f"duplicate key {key.text[:80]!r}" + (
            f"; first given at line {first.line}" if first.line else ""
        )
        self.problems.append(Problem(key.place.file, key.place.line, key.place.column, "", text))


def _refuse_bracket_runs(text: str, reader: _TreeReader) -> None:
    """The scanner takes quadratic time over a long run of opening brackets, before any event comes."""
    run = _BRACKET_RUN.search(text)
    if run is not None:
        before = text[: run.start()]
        where = reader.place_at(before.count("\n"), len(before) - before.rfind("\n") - 1)
        raise TreeError(where, f"nested deeper than {MAX_DEPTH} levels")


_BRACKET_RUN = re.compile(r"(?:[\[{]\s?){100}")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, JsonValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


def _scalar(event: ScalarEvent, place: Place) -> Leaf:
    text = event.value
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise TreeError(place, "not text: half a surrogate pair is not allowed")
    is_plain = event.implicit is not None and event.implicit[0]
    return Leaf(place, core_value(text) if is_plain else text, text)


def core_value(text: str) -> JsonValue:
    """What an unquoted word means in the YAML 1.2 core schema; numbers over 40 digits stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_DIGITS:
        return text
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:200]
