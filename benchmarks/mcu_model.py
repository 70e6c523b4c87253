"""How far the mcu model is from measured firmware, on random networks that it was not fitted to.

Every network is emitted as C, compiled by arm-none-eabi-gcc -Os and run in QEMU with instructions counted.
Mean errors are over all networks, the worst over those of at least 100 instructions. `--quick` judges the
kept results.
"""

import sys
from dataclasses import dataclass

import numpy as np
from harness import Arguments, Bar, arguments, load_results, report_bars, save_results
from mcu_networks import random_codes, random_mlp

from codegen.c import emit_c
from codegen.cores import load_core
from codegen.ir import Design, Network
from codegen.verify import FirmwareMeasurement, measure_firmware
from hwmodels.mcu import McuModel
from hwmodels.model import Workload

BOARDS = {
    "cortex-m0plus": "rp2040",
    "cortex-m3": "stm32f103",
    "cortex-m4": "stm32f446re",
    "cortex-m7": "stm32f746",
}
FIRST_SEED, N_NETWORKS, N_ROWS = 100_000, 24, 24
LEAST_INSTRUCTIONS = 100
MEAN_BAR = 5.0
WORST_BARS = {"instructions": 12.0, "flash_bytes": 5.0}
CODE = (
    "codegen/c",
    "hwmodels/mcu",
    "hwmodels/mcu/coefficients.json",
    "benchmarks/mcu_model.py",
    "benchmarks/mcu_networks.py",
)


@dataclass(frozen=True, slots=True)
class Errors:
    """Signed relative errors in percent, one a network; counted: whether it is large enough to be judged."""

    instructions: list[float]
    flash_bytes: list[float]
    ram_bytes: list[float]
    counted: list[bool]


def measured_errors(core: str) -> Errors:
    model, errors = McuModel(BOARDS[core]), Errors([], [], [], [])
    for seed in range(FIRST_SEED, FIRST_SEED + N_NETWORKS):
        rng = np.random.default_rng(seed)
        network = random_mlp(rng)
        found = _measure(network, core, rng)
        priced = model.price(Design(network), Workload()).metrics
        errors.instructions.append(100 * (priced["instructions"] / found.instructions_mean - 1))
        errors.flash_bytes.append(100 * (priced["flash_bytes"] / found.flash_bytes - 1))
        errors.ram_bytes.append(100 * (priced["ram_bytes"] / max(found.ram_bytes, 1) - 1))
        errors.counted.append(found.instructions_mean >= LEAST_INSTRUCTIONS)
    return errors


def _measure(network: Network, core: str, rng: np.random.Generator) -> FirmwareMeasurement:
    codes, target = random_codes(network, N_ROWS, rng), load_core(core)
    return measure_firmware(emit_c(network, name="net", vectors=codes, core=target), network, codes, target)


def figures() -> dict[str, object]:
    found: dict[str, object] = {"networks": N_NETWORKS}
    for core in BOARDS:
        errors = measured_errors(core)
        counted = np.array(errors.counted)
        for name in ("instructions", "flash_bytes"):
            signed = np.array(getattr(errors, name))
            found[f"{core} {name} mean"] = round(float(np.abs(signed).mean()), 2)
            found[f"{core} {name} worst"] = round(float(np.abs(signed[counted]).max()), 2)
            found[f"{core} {name} lowest"] = round(float(signed[counted].min()), 2)
        found[f"{core} ram_bytes lowest"] = round(min(errors.ram_bytes), 2)
    return found


def bars(found: dict[str, object]) -> list[Bar]:
    result = []
    for core in BOARDS:
        for name in ("instructions", "flash_bytes"):
            for kind, bar in (("mean", MEAN_BAR), ("worst", WORST_BARS[name])):
                key = f"{core} {name} {kind}"
                result.append(Bar(f"{key} error", float(str(found[key])), bar, "%", "min"))
    return result


def main(given: Arguments) -> int:
    if given.quick:
        found = load_results("mcu_model", CODE)
    else:
        found = figures()
        save_results("mcu_model", found, CODE)
    for core in BOARDS:
        low = (found[f"{core} {name} lowest"] for name in ("instructions", "flash_bytes", "ram_bytes"))
        print(f"{core}: lowest error of instructions, flash, RAM: {', '.join(f'{value} %' for value in low)}")
    return report_bars(bars(found), given)


if __name__ == "__main__":
    sys.exit(main(arguments(__doc__ or "")))
