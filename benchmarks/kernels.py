"""Instructions per multiply-accumulate of emitted int8 kernels in QEMU, beside those of CMSIS-NN.

python benchmarks/kernels.py [--check] [--quick]

Every kernel is compiled by arm-none-eabi-gcc -O2, run in QEMU with instructions counted, and compared with
the portable form on the same input. Cycles are an estimate (codegen/verify/firmware/cycles.c). `--quick`
judges the kept results. A strided or odd shape must stay within CMSIS-NN's figure where there is one, and
within 1.5 times the bar of the shape nearest to it.
"""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from harness import Arguments, Bar, arguments, load_results, report_bars, save_results
from kernel_shapes import ODD_SHAPE_FACTOR, Shape, shapes

from codegen.c.kernels import Form, emit_kernel
from codegen.c.kernels.task import geometry
from codegen.cores import Core, load_core
from codegen.plan.kernels import kernel_for
from codegen.verify.kernels import KernelCase, kernel_flash_bytes, run_kernels_on_core

CORES = ("cortex-m4", "cortex-m7", "cortex-m3", "cortex-m0", "cortex-m55")
CODE = (
    "codegen/c/kernels",
    "codegen/plan",
    "codegen/data/cores/cores.json",
    "benchmarks/kernel_shapes.py",
    "benchmarks/cmsis_nn_kernels.json",
    *sorted(
        path.relative_to(Path(__file__).parent.parent).as_posix()
        for path in (Path(__file__).parent.parent / "codegen/c/templates/kernels").iterdir()
    ),
)
Figures = dict[str, Any]


def core_named(name: str) -> Core:
    """The core, in a machine with room for all shapes: an M3 runs the instructions of an M0."""
    core = load_core(name)
    return dataclasses.replace(core, simulators=core.simulators[-1:])


def measure(all_shapes: list[Shape], core: Core, form: Form) -> Figures:
    """By shape: instructions and cycles per MAC, bytes of flash and scratch."""
    cases = [_case(number, shape, core, form) for number, shape in enumerate(all_shapes)]
    found, costs = run_kernels_on_core(cases, core)
    expected, _ = run_kernels_on_core(cases, core, portable=True)
    figures: Figures = {}
    for shape, case, output, right, cost in zip(all_shapes, cases, found, expected, costs, strict=True):
        assert (output == right).all(), f"{shape.name}: the forms differ"
        n_macs = geometry(shape.task).n_macs
        figures[shape.name] = {
            "form": case.code.form,
            "instructions": round(cost[0].instructions / n_macs, 3),
            "cycles": round(cost[0].cycles / n_macs, 3),
            "flash_bytes": kernel_flash_bytes(case.code, core),
            "scratch_bytes": case.code.scratch_bytes,
        }
    return figures


def _case(number: int, shape: Shape, core: Core, form: Form) -> KernelCase:
    sizes = geometry(shape.task)
    code = emit_kernel(shape.task, f"kernel{number}", form, core.features)
    oh, ow = sizes.out_size
    row = np.random.default_rng(2).integers(-128, 128, sizes.height * sizes.width * sizes.n_in, dtype=np.int8)
    in_place = kernel_for(sizes, core.features).in_place
    return KernelCase(f"kernel{number}", code, row[None], oh * ow * sizes.n_out, in_place)


def measure_all(all_shapes: list[Shape]) -> Figures:
    figures: Figures = {name: measure(all_shapes, core_named(name), "asm") for name in CORES}
    figures["cortex-m4 C"] = measure(all_shapes, load_core("cortex-m4"), "acle")
    return figures


def bars(all_shapes: list[Shape], figures: Figures, peers: Figures) -> list[Bar]:
    named = {shape.name: shape for shape in all_shapes}
    found: list[Bar] = []
    for core in CORES:
        for shape in all_shapes:
            limits = [shape.bars[core]] if core in shape.bars else []
            if shape.peer is not None:
                limits.append(peers["kernels"][shape.peer][core])
            if shape.nearest is not None and core in named[shape.nearest].bars:
                limits.append(ODD_SHAPE_FACTOR * named[shape.nearest].bars[core])
            if limits:
                value = figures[core][shape.name]["instructions"]
                found.append(Bar(f"{core} {shape.name}", value, min(limits), "a MAC", "min"))
    for shape in all_shapes:
        for core, limit in shape.c_bars.items():
            value = figures[f"{core} C"][shape.name]["instructions"]
            found.append(Bar(f"{core} C {shape.name}", value, limit, "a MAC", "min"))
    return found


def print_table(all_shapes: list[Shape], figures: Figures, peers: Figures) -> None:
    """Markdown, as docs/kernels.md holds it: instructions per MAC, CMSIS-NN's in brackets."""
    columns = [
        ("M4", "cortex-m4"),
        ("M7", "cortex-m7"),
        ("M3", "cortex-m3"),
        ("M0", "cortex-m0"),
        ("M55", "cortex-m55"),
    ]
    print(
        "| kernel | M4, C | " + " | ".join(title for title, _ in columns) + " | M4 cycles | flash | scratch |"
    )
    print("|---|" + "---|" * (len(columns) + 4))
    for shape in all_shapes:
        peer = peers["kernels"].get(shape.peer, {})
        cells = [f"{figures['cortex-m4 C'][shape.name]['instructions']:.2f}"]
        cells += [_cell(figures[core][shape.name]["instructions"], peer.get(core)) for _, core in columns]
        best = figures["cortex-m4"][shape.name]
        cells.append(_cell(best["cycles"], peers["cortex_m4_cycles"].get(shape.peer)))
        print(f"| {shape.name} | {' | '.join(cells)} | {best['flash_bytes']} | {best['scratch_bytes']} |")


def _cell(value: float, peer: float | None) -> str:
    return f"{value:.3f}" + (f" ({peer:.2f})" if peer is not None else "")


def main() -> int:
    given: Arguments = arguments(__doc__ or "")
    all_shapes = shapes()
    peers = json.loads((Path(__file__).parent / "cmsis_nn_kernels.json").read_text(encoding="utf-8"))
    if given.quick:
        figures: Figures = load_results("kernels", CODE)
    else:
        figures = measure_all(all_shapes)
        print(f"kept in {save_results('kernels', figures, CODE)}")
    print_table(all_shapes, figures, peers)
    return report_bars(bars(all_shapes, figures, peers), given)


if __name__ == "__main__":
    sys.exit(main())
