"""Equal functions and equal arrays are emitted once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import TypeAlias

from codegen.c.operators import Function
from codegen.c.tensor.units import Unit, units_of

Definitions: TypeAlias = tuple[tuple[tuple[str, ...], str], ...]
"""Conditions and text of everything that declares or defines one symbol."""


class SharedText:
    """Collects functions, in the order in which they come, and knows what was there before."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._symbols: dict[Definitions, str] = {}
        self._includes: set[tuple[tuple[str, ...], str]] = set()
        self._parts: list[str] = []
        self.prototypes: list[str] = []
        self.routines: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, function: Function) -> str:
        """The name under which the function can be called: its own, with a number where that is taken."""
        text = function.constants + function.functions
        key = _with_prefix(function.name, "\1", text)
        if key not in self._names:
            name, taken = function.name, set(self._names.values())
            if name in taken:
                name = next(each for each in (f"{name}_{n}" for n in count(1)) if each not in taken)
            shared = self._share(_with_prefix(function.name, name, text), name)
            routines = [_with_prefix(function.name, name, prototype) for prototype in function.routines]
            self._parts.append(shared)
            self.routines += [prototype for prototype in routines if f"{prototype}\n" in shared]
            self.prototypes.append(replace(function, name=name).prototype)
            self._names[key] = name
        return self._names[key]

    def _share(self, text: str, name: str) -> str:
        """The text without what an earlier one has too, calling that by its earlier name.

        A symbol may have a text under each preprocessor condition; all of them must be equal.
        """
        units = tuple(units_of(text, name))
        owned = {unit.symbol: "" for unit in units if unit.symbol is not None}
        renamed: dict[str, str] = {}
        for symbol in owned:
            definitions = _definitions(symbol, units, owned, renamed, name)
            earlier = self._symbols.setdefault(definitions, symbol)
            if earlier != symbol and symbol != name:
                renamed[symbol] = earlier
        kept = [unit for unit in units if unit.symbol not in renamed and self._is_new(unit)]
        return _renamed("".join(unit.text for unit in kept), renamed)

    def _is_new(self, unit: Unit) -> bool:
        """False for an #include that stands under the same conditions already."""
        if not unit.text.startswith("#include"):
            return True
        key = (unit.conditions, unit.text)
        is_new = key not in self._includes
        self._includes.add(key)
        return is_new


def _definitions(
    symbol: str, units: Sequence[Unit], owned: Mapping[str, str], renamed: Mapping[str, str], name: str
) -> Definitions:
    """Of a symbol, in a form that does not depend on its own name; other owned symbols are told by theirs."""

    def told(match: re.Match[str]) -> str:
        word = match.group(0)
        if word in owned and word != symbol:
            return renamed.get(word, word)
        # What begins with the symbol and is none itself is a label inside of its text.
        return "\1" + word.removeprefix(symbol) if word.startswith(symbol) else word

    pattern = re.compile(rf"\b{re.escape(name)}\w*")
    return tuple((unit.conditions, pattern.sub(told, unit.text)) for unit in units if unit.symbol == symbol)


def _with_prefix(name: str, new: str, text: str) -> str:
    """All names in the text that begin with a name, beginning with a new one."""
    return re.sub(rf"\b{re.escape(name)}", new, text)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    if not names:
        return text
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    return pattern.sub(lambda match: names[match.group(1)], text)
