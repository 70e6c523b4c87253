"""Whole int8 networks as firmware: instructions, flash and RAM of the two reference models, core by core.

python benchmarks/tensor_firmware.py [--check] [--quick]

The models are MLPerf Tiny's keyword spotting and anomaly detection, as int8 TensorFlow Lite files in
../shared/data/mlperf_tiny. Each is planned for the core, compiled with arm-none-eabi-gcc -O2, and run in
QEMU, where one `P_predict` is counted. In brackets: CMSIS-NN's kernels on the same networks, counted alike,
without the code that calls them. `--quick` prints the kept figures.
"""

import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from harness import ROOT, Bar, arguments, load_results, report_bars, save_results

from codegen.c import emit_c
from codegen.cores import load_core
from codegen.ir import Network, Schedule, TensorNet
from codegen.ir.passes import simplify
from codegen.plan import least_memory_schedule
from codegen.tflite import read_tflite
from codegen.verify import measure_firmware

MODELS = {"keyword spotting": "kws_ref_model.tflite", "anomaly detection": "ad01_int8.tflite"}
CORES = ("cortex-m4", "cortex-m7", "cortex-m3", "cortex-m0", "cortex-m55", "rv32imc")
PEERS = {
    "keyword spotting": (7_640_314, 7_586_005, 10_406_854, 28_766_742, 1_793_330, None),
    "anomaly detection": (579_518, 579_941, 952_462, 1_755_741, 146_810, None),
}
"""Instructions of CMSIS-NN by core, which has no kernels for RISC-V."""
SHARES = {"keyword spotting": 0.42, "anomaly detection": 0.45}
"""Bars: at most this part of CMSIS-NN's instructions on a Cortex-M4."""
CODE = ("codegen/c", "codegen/plan", "codegen/ir", "codegen/tflite")


def load_model(name: str) -> Network:
    """The network that `silkscreen import` makes of a reference model."""
    network = read_tflite(ROOT.parent / "shared" / "data" / "mlperf_tiny" / MODELS[name])
    assert isinstance(network.body, TensorNet)
    return replace(network, body=simplify(network.body))


def measure(name: str, core_name: str) -> dict[str, object]:
    """Everything that measure_firmware tells of a model on a core."""
    network, core = load_model(name), load_core(core_name)
    assert isinstance(network.body, TensorNet)
    codes = np.random.default_rng(0).integers(-128, 128, (4, network.interface.n_features))
    schedule = least_memory_schedule(network.body.graph, Schedule(), core)
    artifact = emit_c(network, name="net", vectors=codes, core=core, schedule=schedule)
    return asdict(measure_firmware(artifact, network, codes, core))


def main() -> int:
    given = arguments(__doc__ or "")
    if given.quick:
        figures = load_results("tensor_firmware", CODE)
    else:
        figures = {f"{name}, {core}": measure(name, core) for name in MODELS for core in CORES}
        print(f"kept in {Path(save_results('tensor_firmware', figures, CODE)).relative_to(ROOT)}")
    print("| model | core | instructions (CMSIS-NN) | flash | arena | stack |\n|---|---|---|---|---|---|")
    bars = []
    for name in MODELS:
        for core, peer in zip(CORES, PEERS[name], strict=True):
            found = figures[f"{name}, {core}"]
            assert isinstance(found, dict)
            mean = found["instructions_mean"]
            sizes = " | ".join(f"{found[key]:,}" for key in ("flash_bytes", "arena_bytes", "stack_bytes"))
            beside = "" if peer is None else f" ({peer:,})"
            print(f"| {name} | {core} | {mean:,.0f}{beside} | {sizes} |")
            if core == "cortex-m4" and peer is not None:
                bars.append(Bar(f"{name}: part of CMSIS-NN's", mean / peer, SHARES[name], "", "min"))
    return report_bars(bars, given)


if __name__ == "__main__":
    sys.exit(main())
