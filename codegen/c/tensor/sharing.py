"""Equal functions and equal arrays are emitted once."""

import re
from dataclasses import replace
from itertools import count
from typing import TypeAlias

from codegen.c.operators import Function

_ARRAY = re.compile(r"static const (\w+) (\w+)\[(\d+)\] = \{(.*?)\};\n", re.DOTALL)
_CONDITION = re.compile(r"#\s*(if|elif|else|endif)\b")


Definitions: TypeAlias = tuple[tuple[tuple[str, ...], str, str], ...]


class SharedText:
    """Collects functions, in the order in which they come, and knows what was there before."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._arrays: dict[Definitions, str] = {}
        self._parts: list[str] = []
        self.prototypes: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, function: Function) -> str:
        """The name under which the function can be called: its own, with a number where that is taken."""
        key = _replaced(function.name, "\1", function.constants + "\0" + function.functions)
        if key not in self._names:
            name, taken = function.name, set(self._names.values())
            if name in taken:
                name = next(each for each in (f"{name}_{n}" for n in count(1)) if each not in taken)
            constants, renamed = self._share_arrays(_replaced(function.name, name, function.constants))
            self._parts += [constants, _renamed(_replaced(function.name, name, function.functions), renamed)]
            self.prototypes.append(replace(function, name=name).prototype)
            self._names[key] = name
        return self._names[key]

    def _share_arrays(self, text: str) -> tuple[str, dict[str, str]]:
        """The text without arrays that an earlier one equals, and the earlier names by the own ones.

        A name may have one array under each preprocessor condition; all of them must be equal.
        """
        renamed: dict[str, str] = {}
        for name, key in _definitions(text).items():
            earlier = self._arrays.setdefault(key, name)
            if earlier != name:
                renamed[name] = earlier
        return _ARRAY.sub(lambda match: "" if match.group(2) in renamed else match.group(0), text), renamed


def _definitions(text: str) -> dict[str, Definitions]:
    """By name the conditions, the type and the values of each array of this name."""
    found: dict[str, Definitions] = {}
    conditions: list[str] = []
    end = 0
    for match in _ARRAY.finditer(text):
        _follow(text[end : match.start()], conditions)
        kind, name, _, values = match.groups()
        found[name] = (*found.get(name, ()), (tuple(conditions), kind, values))
        end = match.end()
    return found


def _follow(text: str, conditions: list[str]) -> None:
    """Keeps the stack of preprocessor conditions that hold at the end of the text."""
    for line in text.splitlines():
        match = _CONDITION.match(line)
        if match is None:
            continue
        if match.group(1) != "if":
            last = conditions.pop()
            if match.group(1) != "endif":
                conditions.append(f"{last}\n{line}")
        else:
            conditions.append(line)


def _replaced(name: str, new: str, text: str) -> str:
    """All names in the text that begin with a name, beginning with a new one."""
    return re.sub(rf"\b{re.escape(name)}", new, text)


def _renamed(text: str, names: dict[str, str]) -> str:
    if not names:
        return text
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    return pattern.sub(lambda match: names[match.group(1)], text)
