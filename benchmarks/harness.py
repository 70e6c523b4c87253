"""What all benchmarks share: arguments, bars, kept results and the code and machine they belong to.

A benchmark prints its figures; `--check` makes it exit 1 where one misses its bar; `--quick` stays under a
minute, by measuring less or by judging the kept results, which count only while the code is the same.
"""

import argparse
import ast
import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"


class StaleResultsError(SystemExit):
    """The kept results are missing, or belong to other code. The text says what to run."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """check: exit 1 where a bar is missed. quick: under a minute."""

    check: bool
    quick: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure and what it must reach. direction: "max" where more is better."""

    name: str
    value: float
    bar: float
    unit: str
    direction: Literal["min", "max"] = "max"

    @property
    def kept(self) -> bool:
        return self.value >= self.bar if self.direction == "max" else self.value <= self.bar


def arguments(description: str) -> Arguments:
    """`--check` and `--quick` from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="exit 1 where a figure misses its bar")
    parser.add_argument("--quick", action="store_true", help="stay under a minute")
    given = parser.parse_args()
    return Arguments(check=given.check, quick=given.quick)


def report_bars(bars: Sequence[Bar], given: Arguments) -> int:
    """Prints each figure beside its bar; gives the exit code, 1 where `--check` finds one missed."""
    for bar in bars:
        sign, verdict = (">=" if bar.direction == "max" else "<="), "ok"
        if not bar.kept:
            verdict = f"MISSED by {abs(bar.value - bar.bar):.4g} {bar.unit}"
        print(f"{bar.name:<44} {bar.value:>12.4g} {bar.unit:<12} bar {sign} {bar.bar:.4g}  {verdict}")
    return int(given.check and not all(bar.kept for bar in bars))


def code_fingerprint(paths: Sequence[str]) -> str:
    """sha256, in hex, of files and of the Python files in folders; paths relative to the repository.

    Of Python the syntax tree without docstrings counts, so that a comment makes no result stale.
    """
    files: list[Path] = []
    for path in paths:
        place = ROOT / path
        files.extend(sorted(place.rglob("*.py")) if place.is_dir() else [place])
    digest = hashlib.sha256()
    for file in files:
        content = _syntax(file) if file.suffix == ".py" else file.read_bytes()
        digest.update(f"{file.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _syntax(file: Path) -> bytes:
    tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [part for part in node.body if not _is_text(part)]
    return ast.dump(tree).encode()


def _is_text(part: ast.stmt) -> bool:
    return (
        isinstance(part, ast.Expr)
        and isinstance(part.value, ast.Constant)
        and isinstance(part.value.value, str)
    )


def save_results(name: str, figures: Mapping[str, object], code: Sequence[str]) -> Path:
    """Keeps figures as benchmarks/results/<name>.json, with the fingerprint of the code and the machine."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {"figures": figures, "code": code_fingerprint(code), "machine": machine_facts()}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def load_results(name: str, code: Sequence[str]) -> dict[str, object]:
    """The kept figures. Raises StaleResultsError where there are none, or the code has changed since."""
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        raise StaleResultsError(f"{path} is missing; run benchmarks/{name}.py without --quick")
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["code"] != code_fingerprint(code):
        changed = ", ".join(code)
        raise StaleResultsError(
            f"{path} belongs to other code: {changed} changed since; run benchmarks/{name}.py without --quick"
        )
    figures: dict[str, object] = content["figures"]
    return figures


def machine_facts() -> dict[str, object]:
    """What a reader must know to compare figures: processor, cores, versions."""
    packages = {name: version(name) for name in ("numpy", "numba")}
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **packages,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
