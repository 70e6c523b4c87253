"""The text of a kernel as its top-level units: arrays, functions, assembler, and lines between them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_CONDITION = re.compile(r"#\s*(if|ifdef|ifndef|elif|else|endif)\b")
_LINKAGE = ("#ifdef __cplusplus\n", 'extern "C"\n', "#endif\n")


@dataclass(frozen=True, slots=True)
class Unit:
    """conditions: of the preprocessor, under which the text stands. symbol: what the text declares or
    defines; None of a line of the preprocessor and of blank lines."""

    text: str
    conditions: tuple[str, ...]
    symbol: str | None


def units_of(text: str, name: str) -> Iterator[Unit]:
    """In order; together they are the text. name: that all symbols begin with.

    A unit begins at the left margin, with its comment and its linkage for C++ if it has them. It ends in its
    first line where that ends with a semicolon, an array with a line that ends in `};`, assembler with
    `);`, and a function with `}`.
    """
    conditions: list[str] = []
    lines = text.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        first = _after_head(lines, at)
        if first == len(lines) or _is_between(lines[first]):
            first = max(first, at + 1)
            _follow(lines[at], conditions)
            yield Unit("".join(lines[at:first]), tuple(conditions), None)
            at = first
            continue
        end = _end(lines, first)
        symbol = _symbol("".join(lines[first:end]), name)
        yield Unit("".join(lines[at:end]), tuple(conditions), symbol)
        at = end


def _is_between(line: str) -> bool:
    return line.startswith("#") or not line.strip()


def _after_head(lines: Sequence[str], at: int) -> int:
    """The line after a comment and a linkage for C++ that begin in a line; that line itself without them."""
    if lines[at].startswith("/*"):
        while "*/" not in lines[at]:
            at += 1
        at += 1
    return at + len(_LINKAGE) if tuple(lines[at : at + len(_LINKAGE)]) == _LINKAGE else at


def _end(lines: Sequence[str], first: int) -> int:
    """The line after the unit whose code begins in a line."""
    head = lines[first].rstrip()
    if head.endswith(";"):
        return first + 1
    last = ");\n" if head.startswith("__asm") else "}\n"
    at = first + 1
    while not (lines[at].rstrip().endswith("};") if head.endswith("= {") else lines[at] == last):
        at += 1
    return at + 1


def _symbol(text: str, name: str) -> str | None:
    """What code declares or defines: the first name in it that is one of ours."""
    match = re.search(rf"\b{re.escape(name)}\w*", text)
    return None if match is None else match.group(0)


def _follow(line: str, conditions: list[str]) -> None:
    """Keeps the stack of conditions that hold after a line."""
    match = _CONDITION.match(line)
    if match is None:
        return
    if match.group(1).startswith("if"):
        conditions.append(line)
        return
    opened = conditions.pop()
    if match.group(1) != "endif":
        conditions.append(opened + line)
