"""What one of each quantity costs in tensor networks, fitted by benchmarks/calibrate_mcu_tensors.py."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from hwmodels.mcu.tensor.terms import Terms
from hwmodels.model import HardwareModelError

FORMAT = "silkscreen-mcu-tensor-coefficients-1"
FITTED_AS = {"cortex-m0plus": "cortex-m0"}
"""Cores that take the figures of another with the same instruction set."""


@dataclass(frozen=True, slots=True)
class KernelCoefficients:
    """Of one form of kernels on one core. library: routines of the compiler that it calls. stack_bytes: the
    most that was seen."""

    instructions: Mapping[str, float]
    code_bytes: Mapping[str, float]
    stack_bytes: int
    library: tuple[str, ...]
    shared_bytes: float


@dataclass(frozen=True, slots=True)
class ModuleCoefficients:
    """What a module has besides its kernels.

    flash_bytes, instructions, stack_bytes: of the functions that the user calls. call_bytes,
    call_instructions: of each operator that they run.
    """

    flash_bytes: float
    instructions: float
    stack_bytes: float
    call_bytes: float
    call_instructions: float


@dataclass(frozen=True, slots=True)
class TensorCoefficients:
    """Of one core. library_bytes: of each routine of the compiler. source: compiler and flags."""

    kernels: Mapping[str, KernelCoefficients]
    library_bytes: Mapping[str, int]
    module: ModuleCoefficients
    source: str


def amount(terms: Terms, each: Mapping[str, float]) -> float:
    """A figure: the quantities times what one of each costs; what the fit has not seen costs nothing."""
    return sum(number * each.get(name, 0.0) for name, number in terms.items())


def load_tensor_coefficients(core: str) -> TensorCoefficients:
    """Raises HardwareModelError for a core that is not fitted."""
    document = _document()
    fitted = FITTED_AS.get(core, core)
    if fitted not in document["cores"]:
        known = ", ".join(sorted((*document["cores"], *FITTED_AS)))
        raise HardwareModelError(
            f"tensor networks are not calibrated on core {core!r}; there are figures for {known}"
        )
    entry = document["cores"][fitted]
    kernels = {
        name: KernelCoefficients(
            one["instructions"],
            one["code_bytes"],
            one["stack_bytes"],
            tuple(one["library"]),
            one["shared_bytes"],
        )
        for name, one in entry["kernels"].items()
    }
    source = f"{document['compiler']} {document['flags']}, fitted by benchmarks/calibrate_mcu_tensors.py"
    return TensorCoefficients(kernels, entry["library_bytes"], ModuleCoefficients(**entry["module"]), source)


@functools.cache
def _document() -> Any:
    path = resources.files("hwmodels.mcu.tensor") / "coefficients.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["format"] != FORMAT:
        raise HardwareModelError(f"{path}: format must be {FORMAT!r}, not {document['format']!r}")
    return document
