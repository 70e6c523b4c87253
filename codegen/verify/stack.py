"""The worst-case stack of a compiled function, by the compiler's call graph and the frames of assembler."""

import functools
import re
from pathlib import Path

from codegen.cores import Core
from codegen.toolchain import ToolError, run_tool

_NODE = re.compile(r'node: \{ title: "([^"]*)" label: "[^"]*?\\n(\d+) bytes')
_EDGE = re.compile(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"')
_FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
_PUSH = re.compile(r"\t(?:stmdb\tsp!, |(v?push)(?:\.w)?\t)\{([^}]*)\}")
_LOWER = re.compile(r"\tsub(?:\.w|w)?\tsp, (?:sp, )?#(\d+)")


def worst_stack(folder: Path, stem: str, function: str, core: Core) -> int:
    """Bytes of the deepest chain of calls from a function of `stem`.o, whose call graph is `stem`.ci.

    Library routines are not in it. Raises ToolError.
    """
    return worst_stacks(folder, stem, (function,), core)[function]


def worst_stacks(folder: Path, stem: str, functions: tuple[str, ...], core: Core) -> dict[str, int]:
    """The same of several functions."""
    text = (folder / f"{stem}.ci").read_text(encoding="utf-8")
    frames = _assembled_frames(folder, stem, core) | {
        _plain(title): int(size) for title, size in _NODE.findall(text)
    }
    calls: dict[str, set[str]] = {}
    for source, target in _EDGE.findall(text):
        calls.setdefault(_plain(source), set()).add(_plain(target))
    known: dict[str, int] = {}
    return {function: _deepest(function, frames, calls, known) for function in functions}


def _plain(title: str) -> str:
    """Titles of static functions begin with their file."""
    return title.rpartition(":")[2]


def _deepest(name: str, frames: dict[str, int], calls: dict[str, set[str]], known: dict[str, int]) -> int:
    """Emitted code never calls in a circle, so each function's depth is settled once."""
    if name not in known:
        below = [_deepest(target, frames, calls, known) for target in calls.get(name, ())]
        known[name] = frames.get(name, 0) + max(below, default=0)
    return known[name]


def _assembled_frames(folder: Path, stem: str, core: Core) -> dict[str, int]:
    """Stack that functions take by their instructions: of those in assembler the compiler knows nothing."""
    frames: dict[str, int] = {}
    name = ""
    for line in _disassembled(folder, stem, core).splitlines():
        if match := _FUNCTION.match(line):
            name = match.group(1)
            frames[name] = 0
        elif match := _PUSH.search(line):
            registers = [_span(one) for one in match.group(2).split(",")]
            frames[name] += sum(registers) * (8 if match.group(1) == "vpush" and "d" in match.group(2) else 4)
        elif match := _LOWER.search(line):
            frames[name] += int(match.group(1))
    return frames


def _disassembled(folder: Path, stem: str, core: Core) -> str:
    argv = [core.tool("objdump"), "-d", "--no-show-raw-insn", f"{stem}.o"]
    result = run_tool(argv, cwd=folder, timeout_s=60.0)
    if result.returncode != 0:
        raise ToolError(f"{argv[0]}: must end with status 0: {result.stderr.decode(errors='replace')[:500]}")
    return result.stdout.decode(errors="replace")


@functools.cache
def _span(registers: str) -> int:
    """How many registers "r4", "r4-r7" or "d8-d15" names."""
    ends = re.findall(r"[a-z]+(\d+)", registers)
    return int(ends[1]) - int(ends[0]) + 1 if len(ends) == 2 else 1
