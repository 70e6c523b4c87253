"""The grammar of Liberty files: groups of attributes and groups. What they mean is not known here.

    name (arguments) { statements }    a group
    name (arguments) ;                 an attribute with several values
    name : value ;                     an attribute with one; the semicolon may be missing at a line's end

Comments are C's; a backslash at the end of a line continues it, also inside a text in quotes.
Source: Liberty User Guide, Synopsys open source release.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from codegen.cells.library import CellLibraryError

MAX_DEPTH = 50

_TOKEN = re.compile(
    r"""
    (?P<space> \s+ | \\[ \t]*\r?\n | /\*.*?\*/ | //[^\n]* )
  | (?P<text> "(?:[^"\\]|\\.)*" )
  | (?P<mark> [(){}:;,] )
  | (?P<word> (?:(?!/\*|//)[^\s(){}:;,"\\])+ )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Group:
    """A group. names: what stands in its brackets. line: where it begins.

    values: attributes with one value, the last of a name. lists: attributes with several, in order.
    """

    kind: str
    names: tuple[str, ...]
    line: int
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    groups: list["Group"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The first of its names, or ""."""
        return self.names[0] if self.names else ""

    def of_kind(self, *kinds: str) -> Iterator["Group"]:
        """The groups of some kinds that stand directly in it, in order."""
        return (group for group in self.groups if group.kind in kinds)


@dataclass(frozen=True, slots=True)
class _Token:
    """text: without quotes. mark: it is punctuation."""

    text: str
    line: int
    mark: bool


def parse_liberty(text: str, source: str) -> Group:
    """The outermost group. source: what errors call the text. Raises CellLibraryError with the line."""
    return _Parser(list(_tokens(text, source)), source).file()


def _tokens(text: str, source: str) -> Iterator[_Token]:
    start, line = 0, 1
    while start < len(text):
        found = _TOKEN.match(text, start)
        if found is None:
            raise CellLibraryError(f"{source}:{line}: a text or comment that begins here does not end")
        part = found[0]
        if found.lastgroup == "text":
            yield _Token(re.sub(r"\\[ \t]*\r?\n", " ", part[1:-1]), line, mark=False)
        elif found.lastgroup != "space":
            yield _Token(part, line, mark=found.lastgroup == "mark")
        line += part.count("\n")
        start = found.end()


class _Parser:
    """Goes through the tokens once; the groups that are open wait on a stack."""

    def __init__(self, tokens: list[_Token], source: str) -> None:
        last = tokens[-1].line if tokens else 1
        self._tokens, self._source, self._at = [*tokens, _Token("", last, mark=True)], source, 0

    def file(self) -> Group:
        outer = Group("", (), 1)
        stack = [outer]
        while self._next().text or not self._next().mark:
            if self._is("}"):
                self._at += 1
                stack.pop()
                if not stack:
                    raise self._error("a '}' closes nothing")
            elif self._is(";"):
                self._at += 1
            else:
                self._statement(stack)
        if len(stack) > 1:
            raise CellLibraryError(f"{self._source}:{stack[-1].line}: a group that begins here does not end")
        if len(outer.groups) != 1:
            raise CellLibraryError(f"{self._source}: must hold one group, not {len(outer.groups)}")
        return outer.groups[0]

    def _statement(self, stack: list[Group]) -> None:
        name = self._next()
        if name.mark:
            raise self._error(f"a name is needed, not {name.text!r}")
        self._at += 1
        if self._is(":"):
            stack[-1].values[name.text] = self._value()
            return
        if not self._is("("):
            raise self._error(f"':' or '(' is needed after {name.text!r}, not {self._next().text!r}")
        arguments = self._arguments()
        if not self._is("{"):
            stack[-1].lists.setdefault(name.text, []).append(arguments)
            return
        if len(stack) > MAX_DEPTH:
            raise self._error(f"must have at most {MAX_DEPTH} groups inside each other")
        self._at += 1
        stack[-1].groups.append(Group(name.text, arguments, name.line))
        stack.append(stack[-1].groups[-1])

    def _value(self) -> str:
        """Up to the semicolon, or the end of the line."""
        self._at += 1
        line, words = self._next().line, list[str]()
        while self._next().line == line and not self._is(";", "}") and self._at < len(self._tokens) - 1:
            words.append(self._next().text)
            self._at += 1
        return " ".join(words)

    def _arguments(self) -> tuple[str, ...]:
        self._at += 1
        found: list[str] = []
        while not self._is(")"):
            token = self._next()
            if token.mark and token.text != ",":
                raise self._error(f"')' is needed, not {token.text or 'the end'!r}")
            if not token.mark:
                found.append(token.text)
            self._at += 1
        self._at += 1
        return tuple(found)

    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _is(self, *marks: str) -> bool:
        return self._next().mark and self._next().text in marks

    def _error(self, problem: str) -> CellLibraryError:
        return CellLibraryError(f"{self._source}:{self._next().line}: {problem}")
