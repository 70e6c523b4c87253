"""What one of each quantity costs on a core, fitted to emitted code by benchmarks/calibrate_mcu.py."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, TypeAlias

from hwmodels.model import HardwareModelError

FORMAT = "silkscreen-mcu-coefficients-1"
Form: TypeAlias = Literal["straight", "table"]

FITTED_AS = {"cortex-m0plus": "cortex-m0", "cortex-m7": "cortex-m4"}
"""Cores that take the figures of another: the instruction set is the same, and gcc makes nearly the same
code; benchmarks/mcu_model.py measures the difference."""


@dataclass(frozen=True, slots=True)
class FormCoefficients:
    """instructions, flash_bytes: of one of each quantity; tables count apart. frame_bytes: stack besides
    the arrays, the largest that was seen.
    """

    instructions: Mapping[str, float]
    flash_bytes: Mapping[str, float]
    frame_bytes: float


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Of one core. source: the compiler and the number of networks behind them."""

    forms: Mapping[Form, FormCoefficients]
    source: str


def load_coefficients(core: str) -> Coefficients:
    """Raises HardwareModelError for a core that is not fitted."""
    document = _document()
    fitted = FITTED_AS.get(core, core)
    if fitted not in document["cores"]:
        known = ", ".join(sorted((*document["cores"], *FITTED_AS)))
        raise HardwareModelError(f"mcu: core {core!r} is not calibrated; there are figures for {known}")
    entry = document["cores"][fitted]
    straight, table = (
        FormCoefficients(entry[form]["instructions"], entry[form]["flash_bytes"], entry[form]["frame_bytes"])
        for form in ("straight", "table")
    )
    source = f"{document['compiler']} {document['flags']}, fitted by benchmarks/calibrate_mcu.py"
    return Coefficients({"straight": straight, "table": table}, source)


@functools.cache
def _document() -> Any:
    path = resources.files("hwmodels.mcu") / "coefficients.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["format"] != FORMAT:
        raise HardwareModelError(f"{path}: format must be {FORMAT!r}, not {document['format']!r}")
    return document
