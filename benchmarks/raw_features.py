"""What it costs to make codes of raw features: instructions of `P_quantize` a feature, and its flash.

python benchmarks/raw_features.py [--check] [--quick]

The WDBC network of mlp_networks with four kinds of features: equal ranges from 0, equal ranges, ranges from 0
to powers of two, ranges of their own. The last column is the general form, which tensor networks with a
kernel for each layer have. `--quick` measures the Cortex-M4 alone.
"""

import sys
from dataclasses import replace

import numpy as np
from c_program import measure_program
from harness import Bar, arguments, report_bars
from mlp_networks import quantized, train

from codegen.c import Form, emit_c
from codegen.cores import load_core
from codegen.ir import Feature, Network

CORES = ("cortex-m4", "cortex-m3", "cortex-m0")
N_ROWS = 20
KINDS = ("equal, from 0", "equal", "from 0 to powers of two", "own")
BARS = {"cortex-m4": 14.0, "cortex-m3": 115.0, "cortex-m0": 240.0}
"""Instructions a feature, ranges of their own."""


def with_features(network: Network, kind: str) -> Network:
    features = []
    for index in range(network.interface.n_features):
        lo, hi = {
            "equal, from 0": (0.0, 3.0),
            "equal": (-1.5, 3.1),
            "from 0 to powers of two": (0.0, 2.0 ** (index % 5)),
            "own": (0.1 * index, 0.1 * index + 1.3 * (index % 7 + 1)),
        }[kind]
        ends = float(np.float32(lo)), float(np.float32(hi))
        features.append(Feature(f"x{index}", *ends, 8, True))
    return replace(network, interface=replace(network.interface, features=tuple(features)))


def measure(network: Network, core_name: str, form: Form) -> tuple[float, int]:
    """(instructions a feature, bytes of flash), the table included."""
    core, n_features = load_core(core_name), network.interface.n_features
    ends = np.array([(one.lo, one.hi) for one in network.interface.features])
    rows = np.random.default_rng(0).uniform(ends[:, 0], ends[:, 1], (N_ROWS, n_features))
    artifact = emit_c(
        network, name="net", vectors=network.interface.quantize(rows), layout="plain", form=form, core=core
    )
    sources = {file.path: file.text for file in artifact.files if not file.path.endswith("selftest.c")}
    head = "int classify(const float *raw)"
    body = f"    static net_input_t x[{n_features}];\n    net_quantize(raw, x);\n    return x[0];\n"
    entry = f'#include "net.h"\n{head};\n{head}\n{{\n{body}}}\n'
    found = measure_program(core, sources | {"entry.c": entry}, rows)
    return found.instructions / n_features, found.flash_bytes


def main() -> int:
    given = arguments(__doc__ or "")
    network, bars = quantized(train("wdbc")), []
    print(f"| core | {' | '.join(KINDS)} | own, general form |\n|{'---|' * (len(KINDS) + 2)}")
    for core in CORES[:1] if given.quick else CORES:
        found = [measure(with_features(network, kind), core, "shared") for kind in KINDS]
        found.append(measure(with_features(network, "own"), core, "asm"))
        print(f"| {core} | {' | '.join(f'{count:.1f} / {size:,}' for count, size in found)} |")
        bars.append(Bar(f"{core}: instructions a feature", found[3][0], BARS[core], "", "min"))
    return report_bars(bars, given)


if __name__ == "__main__":
    sys.exit(main())
