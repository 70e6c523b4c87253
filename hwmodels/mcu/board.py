"""Boards as data: what a microcontroller offers, with the source of each figure.

A board is a YAML file; those in hwmodels/mcu/boards ship with the package, and docs/mcu.md shows how to
write another.
"""

import difflib
import math
from dataclasses import dataclass
from importlib import resources
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from codegen.cores import Core, load_core
from codegen.errors import CodegenError
from hwmodels.model import HardwareModelError

MAX_FILE_BYTES = 64 << 10
_FACTS = ("clock_mhz", "flash_bytes", "ram_bytes", "cycles_per_instruction")
_POWER = "active_power_mw"
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure, the range in which it lies, and where it comes from. Without a range all three are equal."""

    value: float
    lowest: float
    highest: float
    source: str


@dataclass(frozen=True, slots=True)
class Board:
    """A microcontroller with its memory.

    cycles_per_instruction: mean over the emitted code when it runs from flash. active_power_mw: while it
    computes; where there is no source for one, None, and `no_power` says why.
    """

    name: str
    title: str
    core: Core
    clock_mhz: Fact
    flash_bytes: Fact
    ram_bytes: Fact
    cycles_per_instruction: Fact
    active_power_mw: Fact | None
    no_power: str = ""


def shipped_boards() -> tuple[str, ...]:
    """Names of the boards that come with the package."""
    folder = resources.files("hwmodels.mcu") / "boards"
    return tuple(sorted(item.name.removesuffix(".yaml") for item in folder.iterdir()))


def load_board(name_or_path: str) -> Board:
    """A shipped board by its name, or a user's own by the path of a .yaml file.

    Raises HardwareModelError: an unknown name (with the nearest), an unreadable file, or the key of the
    file that is wrong.
    """
    if name_or_path.endswith(_SUFFIXES):
        return _read(Path(name_or_path), Path(name_or_path).stem)
    known = shipped_boards()
    if name_or_path not in known:
        near = difflib.get_close_matches(name_or_path, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
        raise HardwareModelError(
            f"mcu: board {name_or_path!r} is not known; {hint} "
            "(a board of your own is the path of a .yaml file)"
        )
    with resources.as_file(resources.files("hwmodels.mcu") / "boards" / f"{name_or_path}.yaml") as path:
        return _read(path, name_or_path)


def _read(path: Path, name: str) -> Board:
    document = _mapping(path)
    keys = ("title", "core", *_FACTS, _POWER)
    unknown = sorted(set(document) - set(keys))
    if unknown:
        raise HardwareModelError(f"{path}: unknown key {unknown[0]!r}; the keys are {', '.join(keys)}")
    facts = {key: _fact(f"{path}: {key}", document.get(key)) for key in _FACTS}
    try:
        core = load_core(str(document.get("core")))
    except CodegenError as error:
        raise HardwareModelError(f"{path}: core: {error}") from None
    power, no_power = _power(f"{path}: {_POWER}", document.get(_POWER))
    title = str(document.get("title", name))
    return Board(name=name, title=title, core=core, **facts, active_power_mw=power, no_power=no_power)


def _power(where: str, entry: object) -> tuple[Fact | None, str]:
    """A figure like others, or `{unknown: why}`."""
    if isinstance(entry, dict) and set(entry) == {"unknown"}:
        if not isinstance(entry["unknown"], str) or not entry["unknown"]:
            raise HardwareModelError(f"{where}.unknown: must say why there is no figure")
        return None, entry["unknown"]
    return _fact(where, entry), ""


def board_text(board: Board) -> str:
    """The board as the text of a .yaml file that `load_board` reads."""
    content: dict[str, object] = {"title": board.title, "core": board.core.name}
    for key in (*_FACTS, _POWER):
        fact = getattr(board, key)
        content[key] = {"unknown": board.no_power} if fact is None else _entry(fact)
    stream = StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump(content, stream)
    return stream.getvalue()


def _entry(fact: Fact) -> dict[str, object]:
    entry: dict[str, object] = {"value": _plain(fact.value)}
    if fact.lowest != fact.highest:
        entry |= {"lowest": _plain(fact.lowest), "highest": _plain(fact.highest)}
    return entry | {"source": fact.source}


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else float(f"{value:.6g}")


def _mapping(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise HardwareModelError(f"{path}: must be at most {MAX_FILE_BYTES} bytes")
        document: object = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HardwareModelError(f"{path}: must be a readable board file ({error.strerror})") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise HardwareModelError(f"{path}: must be YAML ({' '.join(str(error).split())})") from None
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise HardwareModelError(f"{path}: must map keys to values")
    return document


def _fact(where: str, entry: object) -> Fact:
    """`{value, source}`, and where it is known only roughly `{value, lowest, highest, source}`."""
    if not isinstance(entry, dict):
        raise HardwareModelError(f"{where}: must hold value and source, and may hold lowest and highest")
    value = _positive(f"{where}.value", entry.get("value"))
    lowest = _positive(f"{where}.lowest", entry.get("lowest", value))
    highest = _positive(f"{where}.highest", entry.get("highest", value))
    if not lowest <= value <= highest:
        raise HardwareModelError(
            f"{where}: lowest <= value <= highest must hold, but got {lowest}, {value}, {highest}"
        )
    source = entry.get("source")
    if not isinstance(source, str) or not source:
        raise HardwareModelError(f"{where}.source: must say where the value comes from")
    return Fact(value, lowest, highest, source)


def _positive(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise HardwareModelError(f"{where}: must be a number, not {value!r}")
    if not math.isfinite(value) or value <= 0:
        raise HardwareModelError(f"{where}: must be a finite number above 0, not {value}")
    return float(value)
