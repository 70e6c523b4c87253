"""Bytes of emitted Thumb-2 assembler: its instructions are known, so they need no compiler."""

import re

_LINE = re.compile(r'^    "([^"]*)\\n"$', re.MULTILINE)
_LOW = re.compile(r"^r[0-7]$")
_STACK = re.compile(r"(?:ldr|str) (r\d+|lr),\[sp(?:,#\d+)?\]$")
_LOAD = re.compile(r"(ldr|str|ldrb|strb) (r\d+|lr),\[(r\d+|lr)(?:,#(\d+))?\]$")
_MULTIPLE = re.compile(r"ldm(?:ia)? (r\d+)!,\{([^}]*)\}$")
NARROW_REACH = {"ldr": 124, "str": 124, "ldrb": 31, "strb": 31}
BRANCH_REACH = 250
"""Bytes that a narrow conditional branch goes back."""


def assembled_bytes(text: str) -> int:
    """Of the function that codegen.c.kernels.assembler.function_text wrapped, in whole words."""
    at, labels = 0, dict[str, int]()
    for line in _LINE.findall(text):
        if line.startswith("."):
            continue
        if line.endswith(":"):
            labels[line[:-1]] = at
            continue
        at += _branch_bytes(line, at, labels) if line.startswith("bne ") else _bytes(line)
    return (at + 3) // 4 * 4


def _branch_bytes(line: str, at: int, labels: dict[str, int]) -> int:
    return 2 if at - labels[line.removeprefix("bne ").removesuffix("b")] <= BRANCH_REACH else 4


def _bytes(line: str) -> int:
    """2 where the narrow encoding without flags has room, else 4."""
    name, _, rest = line.partition(" ")
    registers = rest.split(",")
    if name == "it":
        return 2
    if name in ("adds", "subs", "movs"):
        return 2 if _LOW.match(registers[0]) else 4
    if name == "cmp":
        return 2 if "#" not in rest or ("#-" not in rest and _LOW.match(registers[0])) else 4
    if name == "mov" and "#" not in rest:
        return 2
    if name in ("add", "sub") and rest.startswith("sp,#"):
        return 2
    if name == "add" and len(registers) == 2 and "#" not in rest:
        return 2
    if name in ("movlt", "movgt"):
        return 2 if _LOW.match(registers[0]) and "#-" not in rest else 4
    if match := _STACK.match(line):
        return 2 if _LOW.match(match.group(1)) else 4
    if match := _LOAD.match(line):
        kind, value, base, offset = match.groups()
        narrow = _LOW.match(value) and _LOW.match(base) and int(offset or 0) <= NARROW_REACH[kind]
        return 2 if narrow else 4
    if match := _MULTIPLE.match(line):
        names = (match.group(1), *match.group(2).split(","))
        return 2 if all(_LOW.match(one) for one in names) else 4
    return 4
