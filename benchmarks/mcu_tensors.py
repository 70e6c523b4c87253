"""How far the mcu model is from measured kernels that it was not fitted to, and from whole networks.

python benchmarks/mcu_tensors.py [--check]

Judges hwmodels/mcu/tensor/coefficients.json on the held-out operators of benchmarks/mcu_operator_rows.py, and
on the two reference models as benchmarks/tensor_firmware.py measured them, before training (the graph alone).
Nothing is compiled or run: both hold what was measured. Pools over padding and over large windows are judged
apart.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensor_firmware
from calibrate_mcu_tensors import CORES, by_kernel
from harness import Arguments, Bar, arguments, load_results, report_bars
from mcu_operator_rows import read_rows

from codegen.cores import load_core
from codegen.ir import Design, Schedule, TensorNet
from codegen.plan import least_memory_schedule
from hwmodels.mcu.tensor import TensorCost, load_tensor_coefficients, tensor_cost
from hwmodels.mcu.tensor.coefficients import amount

MEAN_BAR, WORST_BAR = 5.0, 12.0
FLASH_SHARE, FLASH_BYTES = 0.01, 128
GROUPS = ("with weights", "without weights", "pools over padding")
WEIGHTED = ("conv", "pointwise", "depthwise", "fully_connected", "rows")
WINDOW_POOL = "pool_windows"


@dataclass(frozen=True, slots=True)
class Errors:
    """Of the held-out operators of one form: signed, in percent and in bytes."""

    core: str
    kernel: str
    instructions: list[float]
    code_bytes: list[float]
    constant_bytes: list[int]

    @property
    def group(self) -> str:
        if WINDOW_POOL in self.kernel:
            return "pools over padding"
        return "with weights" if self.kernel.startswith(WEIGHTED) else "without weights"


def held_out() -> Iterator[Errors]:
    rows = read_rows()
    for core in CORES:
        fitted = load_tensor_coefficients(core).kernels
        for kernel, pairs in sorted(by_kernel(rows, core).items()):
            judged = [(row, terms) for row, terms in pairs if row.is_held_out]
            if kernel not in fitted or not judged:
                continue
            one = fitted[kernel]
            priced = [amount(terms.instructions, one.instructions) for _, terms in judged]
            code = [amount(terms.code, one.code_bytes) for _, terms in judged]
            yield Errors(
                core,
                kernel,
                [100 * (is_ / row.instructions - 1) for is_, (row, _) in zip(priced, judged, strict=True)],
                [is_ - row.code_bytes for is_, (row, _) in zip(code, judged, strict=True)],
                [terms.constant_bytes - row.constant_bytes for row, terms in judged],
            )


def priced_network(name: str, core_name: str) -> TensorCost:
    """A reference model from its graph alone."""
    network, core = tensor_firmware.load_model(name), load_core(core_name)
    assert isinstance(network.body, TensorNet)
    graph = network.body.graph
    schedule = least_memory_schedule(graph, Schedule(), core)
    found = tensor_cost(Design(graph).content, schedule, core, load_tensor_coefficients(core_name))
    assert isinstance(found, TensorCost), found
    return found


def print_kernels(errors: list[Errors]) -> None:
    print(
        "| core | kernel | operators | instructions, mean / worst | code, mean / worst, bytes | constants |"
    )
    print("|---|---|---|---|---|---|")
    for one in errors:
        mean, worst = (f"{value:.1f} %" for value in _mean_worst(one.instructions))
        code = " / ".join(f"{value:.0f}" for value in _mean_worst(one.code_bytes))
        exact = sum(value == 0 for value in one.constant_bytes)
        n = len(one.instructions)
        print(f"| {one.core} | {one.kernel} | {n} | {mean} / {worst} | {code} | {exact} of {n} exact |")


def kernel_bars(errors: list[Errors]) -> list[Bar]:
    bars = []
    for core in CORES:
        for group in GROUPS:
            values = [
                value
                for one in errors
                if (one.core, one.group) == (core, group)
                for value in one.instructions
            ]
            mean, worst = _mean_worst(values)
            bars.append(Bar(f"{core}, {group}: mean error", round(mean, 2), MEAN_BAR, "%", "min"))
            bars.append(Bar(f"{core}, {group}: worst error", round(worst, 2), WORST_BAR, "%", "min"))
    return bars


def network_bars(measured: Mapping[str, Any]) -> list[Bar]:
    print("| network | core | instructions | flash | ram | arena |\n|---|---|---|---|---|---|")
    bars = []
    for name in tensor_firmware.MODELS:
        for core in (core for core in tensor_firmware.CORES if core in CORES):
            priced, real = priced_network(name, core), measured[f"{name}, {core}"]
            error = 100 * (priced.instructions / real["instructions_mean"] - 1)
            flash = priced.flash_bytes - real["flash_bytes"]
            ram = priced.ram_bytes - real["ram_bytes"]
            cells = (
                f"{priced.instructions:,.0f} ({error:+.2f} %)",
                f"{priced.flash_bytes:,.0f} ({flash:+,.0f})",
                f"{priced.ram_bytes:,.0f} ({ram:+,.0f})",
                f"{priced.arena_bytes:,} ({priced.arena_bytes - real['arena_bytes']:+,})",
            )
            print(f"| {name} | {core} | {' | '.join(cells)} |")
            allowed = max(FLASH_SHARE * real["flash_bytes"], FLASH_BYTES)
            arena = abs(priced.arena_bytes - real["arena_bytes"])
            bars += [
                Bar(f"{name}, {core}: instructions", round(abs(error), 2), MEAN_BAR, "%", "min"),
                Bar(f"{name}, {core}: flash", round(abs(flash)), allowed, "bytes off", "min"),
                Bar(f"{name}, {core}: arena", arena, 0, "bytes off", "min"),
            ]
    return bars


def _mean_worst(values: list[float]) -> tuple[float, float]:
    absolute = np.abs(values)
    return float(absolute.mean()), float(absolute.max())


def main(given: Arguments) -> int:
    errors = list(held_out())
    print_kernels(errors)
    measured = load_results("tensor_firmware", tensor_firmware.CODE)
    return report_bars(kernel_bars(errors) + network_bars(measured), given)


if __name__ == "__main__":
    sys.exit(main(arguments(__doc__ or "")))
