"""Fits hwmodels/mcu/tensor/coefficients.json to measured kernels of random operators and to whole modules.

    python benchmarks/calibrate_mcu_tensors.py --measure cortex-m4   measures the operators of a core anew
    python benchmarks/calibrate_mcu_tensors.py                       fits again to what is kept

Needs arm-none-eabi-gcc, qemu-system-arm and gcc; a core takes some two minutes. Seeds from
`HELD_OUT_FROM` on are left to benchmarks/mcu_tensors.py.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from mcu_fit import fit_code, fit_terms
from mcu_modules import ModuleRow, library_bytes, measure_modules, module_terms, read_modules, write_modules
from mcu_operator_rows import Row, measure_core, read_rows, write_rows
from mcu_operators import KINDS, random_operator, terms_of

from codegen.cores import load_core
from codegen.toolchain import tool_version
from codegen.verify.build import ARM_GCC
from codegen.verify.kernels import OPTIMIZATION
from hwmodels.mcu.tensor.coefficients import FORMAT
from hwmodels.mcu.tensor.moves import is_move
from hwmodels.mcu.tensor.terms import KernelTerms

COEFFICIENTS = Path(__file__).parent.parent / "hwmodels" / "mcu" / "tensor" / "coefficients.json"
CORES = ("cortex-m0", "cortex-m3", "cortex-m33", "cortex-m4", "cortex-m55", "cortex-m7", "rv32imc")
NOTHING: dict[str, object] = {
    "operators": 0,
    "instructions": {},
    "code_bytes": {},
    "stack_bytes": 0,
    "library": [],
    "shared_bytes": 0.0,
}
"""Of an operator that is no code."""
MIN_OPERATORS = 6
"""A form that fewer operators have is not calibrated."""
MOVING = ("pad", "concatenate", "copy_rows")
FLOOR = {"instructions": 60.0, "code_bytes": 150.0}
"""Added to figures before errors are taken relative to them."""


def by_kernel(rows: list[Row], core: str) -> dict[str, list[tuple[Row, KernelTerms]]]:
    """The measurements of a core with their quantities, by form."""
    found: dict[str, list[tuple[Row, KernelTerms]]] = defaultdict(list)
    for row in rows:
        if row.core == core:
            terms = terms_of(row.kind, random_operator(row.kind, row.seed), load_core(core))
            if isinstance(terms, KernelTerms):
                found[terms.kernel].append((row, terms))
    return found


def fit_kernels(rows: list[Row], core: str, modules: dict[str, ModuleRow]) -> dict[str, Any]:
    fitted: dict[str, Any] = {}
    for kernel, pairs in sorted(by_kernel(rows, core).items()):
        used = [(row, terms) for row, terms in pairs if not row.is_held_out]
        told = {name for _, terms in used for name in terms.routines}
        if len(used) < MIN_OPERATORS:
            continue
        fitted[kernel] = {
            "operators": len(used),
            "instructions": fit_terms(
                [terms.instructions for _, terms in used],
                [row.instructions for row, _ in used],
                FLOOR["instructions"],
            ),
            "code_bytes": fit_code(
                [terms.code for _, terms in used], [row.code_bytes for row, _ in used], FLOOR["code_bytes"]
            ),
            "stack_bytes": max(row.stack_bytes for row, _ in used),
            "library": [name for name in modules[kernel].library if name not in told],
            "shared_bytes": modules[kernel].shared_bytes,
        }
    return fitted


def fit_moves(fitted: dict[str, Any], pairs: dict[str, list[tuple[Row, KernelTerms]]]) -> None:
    """What memcpy and copies in its place cost, by all forms that copy rows together."""
    kernels = [kernel for kernel in MOVING if kernel in fitted]
    terms, wanted = [], []
    for kernel in kernels:
        for row, one in pairs[kernel]:
            if not row.is_held_out:
                own = {name: name if is_move(name) else f"{kernel} {name}" for name in one.instructions}
                terms.append({own[name]: value for name, value in one.instructions.items()})
                wanted.append(row.instructions)
    found = fit_terms(terms, wanted, FLOOR["instructions"]) if kernels else {}
    for kernel in kernels:
        fitted[kernel]["instructions"] = {
            name.removeprefix(f"{kernel} "): value
            for name, value in found.items()
            if is_move(name) or name.startswith(f"{kernel} ")
        }


def fit_core(rows: list[Row], modules: list[ModuleRow], core: str) -> dict[str, object]:
    """The entry of a core: kernels, routines of the compiler, and what a module has besides."""
    by_name = {row.kernel: row for row in modules if row.core == core}
    kernels = fit_kernels(rows, core, by_name)
    fit_moves(kernels, by_kernel(rows, core))
    kernels["reshape"] = NOTHING
    told = {name for pairs in by_kernel(rows, core).values() for _, terms in pairs for name in terms.routines}
    names = sorted(told | {name for row in by_name.values() for name in row.library})
    return {
        "kernels": kernels,
        "library_bytes": library_bytes(core, names),
        "module": module_terms([row for row in modules if row.core == core]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Fits the coefficients of tensor networks.")
    parser.add_argument("--measure", choices=CORES, nargs="*", default=[], help="cores to measure anew")
    parser.add_argument(
        "--kinds", choices=KINDS, nargs="*", default=KINDS, help="of operators, all else kept"
    )
    given = parser.parse_args()
    for core in given.measure:
        kept = [row for row in read_rows() if row.core != core or row.kind not in given.kinds]
        write_rows(kept + measure_core(core, given.kinds))
        write_modules([row for row in read_modules() if row.core != core] + measure_modules(core))
    rows, modules = read_rows(), read_modules()
    document = {
        "format": FORMAT,
        "compiler": tool_version(ARM_GCC),
        "flags": f"-std=c99 {OPTIMIZATION} -ffunction-sections",
        "cores": {core: fit_core(rows, modules, core) for core in CORES},
    }
    COEFFICIENTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {COEFFICIENTS.name} from {len(rows)} operators and {len(modules)} modules")


if __name__ == "__main__":
    main()
