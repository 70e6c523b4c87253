"""Fits hwmodels/mcu/coefficients.json to measured firmware of random networks.

    python benchmarks/calibrate_mcu.py --measure 20     measures 20 more networks a core and form, then fits
    python benchmarks/calibrate_mcu.py                  fits again to the measurements that are kept

Needs arm-none-eabi-gcc, qemu-system-arm and gcc; one measurement takes about a second.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from mcu_networks import random_codes, random_mlp

from codegen.c import emit_c
from codegen.c.program import mlp_program
from codegen.cores import load_core
from codegen.toolchain import tool_version
from codegen.verify import measure_firmware
from codegen.verify.build import ARM_GCC, FIRMWARE_FLAGS
from hwmodels.mcu.coefficients import FORMAT
from hwmodels.mcu.counts import STRAIGHT, TABLE, CodeCounts, count_straight, count_table

HERE = Path(__file__).parent
KEPT = HERE / "results" / "mcu_measurements.json"
COEFFICIENTS = HERE.parent / "hwmodels" / "mcu" / "coefficients.json"
CORES = ("cortex-m0", "cortex-m3", "cortex-m4")
FORMS = ("straight", "table")
N_ROWS = 24
RIDGE = 1e-2
"""Weight of the penalty on coefficients, in units of their quantity's largest share of a price."""
FLOOR = {"instructions": 60.0, "flash_bytes": 200.0}
"""Added to a figure before errors are taken relative to it, so that tiny networks do not rule the fit."""
INPUT_BYTES = {
    "cortex-m0": {"input_low": 780.0, "input_column": 24.0, "input_half": -4.0},
    "cortex-m3": {"input_low": 556.0, "input_column": 0.0, "input_half": 4.0},
    "cortex-m4": {"input_low": 8.0, "input_column": 2.0, "input_half": 6.0},
}
"""Of `P_quantize`, measured alone: what a subtraction adds with its routine, and the code of each column."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. seed: of `random_mlp`."""

    core: str
    form: str
    seed: int
    instructions: float
    flash_bytes: int
    stack_bytes: int


def measure(core: str, form: str, seed: int) -> Row:
    rng = np.random.default_rng(seed)
    network = random_mlp(rng)
    codes = random_codes(network, N_ROWS, rng)
    artifact = emit_c(network, name="net", vectors=codes, form=form)
    found = measure_firmware(artifact, network, codes, load_core(core))
    return Row(core, form, seed, found.instructions_mean, found.flash_bytes, found.stack_bytes)


def read_rows() -> list[Row]:
    if not KEPT.exists():
        return []
    return [Row(**row) for row in json.loads(KEPT.read_text(encoding="utf-8"))]


def write_rows(rows: list[Row]) -> None:
    lines = ",\n".join(json.dumps(asdict(row)) for row in rows)
    KEPT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def counts_of(row: Row) -> CodeCounts:
    network = random_mlp(np.random.default_rng(row.seed))
    count = count_straight if row.form == "straight" else count_table
    return count(mlp_program(network), network.interface)


def fit(rows: list[Row]) -> dict[str, object]:
    """The coefficients of one core and form."""
    names = STRAIGHT if rows[0].form == "straight" else TABLE
    counted = [counts_of(row) for row in rows]
    matrix = np.array([[_total(counts, name) for name in names] for counts in counted], dtype=float)
    instructions = np.array([row.instructions for row in rows])
    code = np.array([row.flash_bytes - counts.table_bytes for row, counts in zip(rows, counted, strict=True)])
    frames = [row.stack_bytes - counts.array_bytes for row, counts in zip(rows, counted, strict=True)]
    return {
        "networks": len(rows),
        "instructions": _solve(names, matrix, instructions, FLOOR["instructions"]),
        "flash_bytes": _solve_code(names, matrix, code, INPUT_BYTES[rows[0].core]),
        "frame_bytes": max(frames),
    }


def _solve_code(
    names: tuple[str, ...], matrix: np.ndarray, code: np.ndarray, given: dict[str, float]
) -> dict[str, float]:
    known = np.array([given.get(name, 0.0) for name in names])
    left = [name for name in names if name not in given]
    columns = [names.index(name) for name in left]
    return _solve(tuple(left), matrix[:, columns], code - matrix @ known, FLOOR["flash_bytes"]) | given


def _total(counts: CodeCounts, name: str) -> int:
    return sum(quantities.get(name, 0) for quantities in counts.parts.values())


def _solve(names: tuple[str, ...], matrix: np.ndarray, wanted: np.ndarray, floor: float) -> dict[str, float]:
    """Ridge regression on relative errors."""
    weight = 1 / (wanted + floor)
    scaled = matrix * weight[:, None]
    size = np.abs(scaled).max(axis=0)
    size[size == 0] = 1
    scaled = scaled / size
    gram = scaled.T @ scaled + RIDGE * np.eye(len(names))
    solution = np.linalg.solve(gram, scaled.T @ (wanted * weight)) / size
    return {name: round(float(value), 3) for name, value in zip(names, solution, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Fits the coefficients of the mcu model.")
    parser.add_argument("--measure", type=int, default=0, metavar="N", help="networks more a core and form")
    parser.add_argument("--core", choices=CORES, help="measure this core only")
    parser.add_argument("--form", choices=FORMS, help="measure this form only")
    given = parser.parse_args()
    rows = read_rows()
    for core in CORES if given.core is None else (given.core,):
        for form in FORMS if given.form is None else (given.form,):
            first = 1 + max((row.seed for row in rows if (row.core, row.form) == (core, form)), default=-1)
            rows += [measure(core, form, seed) for seed in range(first, first + given.measure)]
            write_rows(rows)
    cores = {
        core: {form: fit([row for row in rows if (row.core, row.form) == (core, form)]) for form in FORMS}
        for core in CORES
    }
    document = {
        "format": FORMAT,
        "compiler": tool_version(ARM_GCC),
        "flags": " ".join([FIRMWARE_FLAGS[0], "-Os", *FIRMWARE_FLAGS[1:3]]),
        "cores": cores,
    }
    COEFFICIENTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {COEFFICIENTS.name} from {len(rows)} measurements")


if __name__ == "__main__":
    main()
