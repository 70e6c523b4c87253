"""Analog-to-digital converters: one for each feature that a circuit reads, as fine as its bits need."""

import difflib
import json
import math
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from codegen.ir import Interface
from hwmodels.model import HardwareModelError, Source
from hwmodels.printed.costs import FloatArray, IntArray

NO_CONVERTERS = "none"
_SHARES = ("per_input", "per_bit", "per_level")


@dataclass(frozen=True, slots=True)
class ConverterFigure:
    """What converters take of something: for each input, each bit that is read, and each level."""

    per_input: float
    per_bit: float
    per_level: float


@dataclass(frozen=True, slots=True)
class Converters:
    """A kind of converter. A feature of w bits of which l is the lowest that is read needs 2**(w - l) - 1
    levels, the comparators of a flash converter; one that is not read needs no converter.
    """

    name: str
    area_cm2: ConverterFigure
    power_mw: ConverterFigure
    source: str

    def sources(self) -> tuple[Source, ...]:
        """One for each constant that is not 0."""
        figures = (("area", "cm2", self.area_cm2), ("power", "mW", self.power_mw))
        return tuple(
            Source(f"converter {what} {share.replace('_', ' ')}", getattr(figure, share), unit, self.source)
            for what, unit, figure in figures
            for share in _SHARES
            if getattr(figure, share)
        )


_NOTHING = ConverterFigure(0.0, 0.0, 0.0)
_NONE = Converters(NO_CONVERTERS, _NOTHING, _NOTHING, "")


def find_converters(name_or_path: str) -> Converters:
    """None, one that ships in hwmodels/printed/converters.json, or the one of a JSON file of that layout.

    A file must hold one. Raises HardwareModelError for an unknown name, or naming what is wrong in a file.
    """
    if name_or_path == NO_CONVERTERS:
        return _NONE
    if name_or_path.endswith(".json"):
        found = _read(name_or_path, _text(Path(name_or_path)))
        if len(found) != 1:
            raise HardwareModelError(
                f"printed: converters: {name_or_path} must hold one kind, not {len(found)}"
            )
        return next(iter(found.values()))
    text = (resources.files("hwmodels.printed") / "converters.json").read_text(encoding="utf-8")
    known = _read("converters.json", text)
    if name_or_path not in known:
        names = (NO_CONVERTERS, *known)
        near = difflib.get_close_matches(name_or_path, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise HardwareModelError(
            f"printed: converters must be one of {', '.join(names)}, or a path to a .json file, "
            f"not {name_or_path!r}{hint}"
        )
    return known[name_or_path]


def price_converters(figure: ConverterFigure, reads: IntArray, interface: Interface) -> FloatArray:
    """(n, n_features) for masks of the bits that are read, (n, n_features) int64."""
    width = np.array([feature.bits for feature in interface.features], dtype=np.int64)
    lowest = reads & -reads  # 2**l; 0 for a feature that is not read
    levels = np.where(reads > 0, (np.int64(1) << width) // np.maximum(lowest, 1) - 1, 0)
    n_bits = np.bitwise_count(reads).astype(np.int64)
    return figure.per_input * (reads > 0) + figure.per_bit * n_bits + figure.per_level * levels


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HardwareModelError(f"printed: converters: {path} can't be read ({error})") from None


def _read(where: str, text: str) -> dict[str, Converters]:
    where = f"printed: converters: {where}"
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HardwareModelError(f"{where}: must be a readable JSON file ({error})") from None
    if not isinstance(document, dict):
        raise HardwareModelError(f"{where}: must map names to converters, not {document!r}")
    return {str(name): _converters(f"{where}: {name}", str(name), facts) for name, facts in document.items()}


def _converters(where: str, name: str, facts: object) -> Converters:
    keys = ("area_cm2", "power_mw", "source")
    if not isinstance(facts, dict) or set(facts) != set(keys):
        raise HardwareModelError(f"{where}: must have exactly the keys {', '.join(keys)}")
    if not isinstance(facts["source"], str):
        raise HardwareModelError(f"{where}.source: must be a text, not {facts['source']!r}")
    area, power = (_figure(f"{where}.{key}", facts[key]) for key in keys[:2])
    return Converters(name, area, power, facts["source"])


def _figure(where: str, shares: object) -> ConverterFigure:
    if not isinstance(shares, dict) or not shares or set(shares) - set(_SHARES):
        raise HardwareModelError(f"{where}: must map one or more of {', '.join(_SHARES)} to numbers")
    for share, value in shares.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or value < 0:
            raise HardwareModelError(f"{where}.{share}: must be a number that is not negative, not {value!r}")
    if not any(shares.values()):
        raise HardwareModelError(f"{where}: a converter must cost something, but all numbers are 0")
    return ConverterFigure(*(float(shares.get(share, 0.0)) for share in _SHARES))
