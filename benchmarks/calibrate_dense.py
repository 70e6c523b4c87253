"""Fits codegen/data/dense/figures.json to measured firmware of random chains of fully connected layers.

    python benchmarks/calibrate_dense.py --measure 24     measures up to 24 networks a core and kind, then
    fits python benchmarks/calibrate_dense.py                  fits again to the measurements that are kept

Needs the compilers and simulators of the cores; one measurement takes about a second. Every fourth network is
not fitted; benchmarks/dense_model.py compares the price with those.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from dense_networks import random_chain, random_codes, random_plain_mlp
from harness import code_fingerprint
from mcu_fit import fit_terms

from codegen.c import emit_c
from codegen.cores import load_core
from codegen.ir import Network
from codegen.plan.dense import DensePlan
from codegen.plan.dense_costs import (
    FORMAT,
    DenseTraits,
    Terms,
    code_terms,
    constant_bytes,
    dense_terms,
    layer_terms,
)
from codegen.toolchain import tool_version
from codegen.verify import measure_firmware
from codegen.verify.build import ARM_GCC
from hwmodels.mcu.dense import dense_design

HERE = Path(__file__).parent
KEPT = HERE / "results" / "dense_measurements.json"
FIGURES = HERE.parent / "codegen" / "data" / "dense" / "figures.json"
CORES = ("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55")
KINDS = ("shared_tensors", "shared_sums", "layers")
N_ROWS = 8
CODE = (
    "codegen/c/dense",
    "codegen/c/inputs.py",
    "codegen/c/templates/inputs.c.j2",
    "codegen/c/templates/dense/portable.c.j2",
    "codegen/c/templates/dense/predict.c.j2",
    "codegen/plan/dense.py",
    "benchmarks/dense_networks.py",
    "benchmarks/mcu_networks.py",
)
"""What the measured firmware is made by."""
HELD_OUT = 4
DSP_INSTRUCTIONS = {"item_pair": 14 / 8, "step": 2.0}
DSP_BYTES = {"long_step": 54.0}
"""By item of a row and pair of outputs, and by step; the bytes of the second block of a long step."""
LAYER_BYTES = {"mac": 1.0}
"""Of kernels layer by layer: a byte for each weight."""
TABLE_ROW_BYTES = 12
"""Of a feature in the module that has a kernel for each layer, where features are not all alike."""
FLOOR = {"instructions": 100.0, "code_bytes": 100.0}
"""Added to a figure before errors are relative to it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. seed: of the network."""

    core: str
    kind: str
    seed: int
    instructions: float
    flash_bytes: int
    stack_bytes: int


def network_of(kind: str, seed: int) -> Network:
    rng = np.random.default_rng([seed, KINDS.index(kind) % 2])
    return random_plain_mlp(rng) if kind == "shared_sums" else random_chain(rng)


def measure(core: str, kind: str, seed: int) -> Row:
    network = network_of(kind, seed)
    codes = random_codes(network, N_ROWS, np.random.default_rng(seed))
    form = "asm" if kind == "layers" else "shared"
    target = load_core(core)
    artifact = emit_c(network, name="net", vectors=codes, form=form, core=target)
    found = measure_firmware(artifact, network, codes, target)
    return Row(core, kind, seed, found.instructions_mean, found.flash_bytes, found.stack_bytes)


def read_rows() -> list[Row]:
    """Those that are kept; none where the code that was measured has changed since."""
    if not KEPT.exists():
        return []
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    if document["code"] != code_fingerprint(CODE):
        return []
    return [Row(**row) for row in document["rows"]]


def write_rows(rows: list[Row]) -> None:
    lines = ",\n".join(json.dumps(asdict(row)) for row in rows)
    head = f'"code": "{code_fingerprint(CODE)}"'
    KEPT.write_text(f'{{{head}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")


def design_of(row: Row) -> tuple[DensePlan, DenseTraits]:
    found = dense_design(network_of(row.kind, row.seed))
    assert not isinstance(found, str)
    return found


def _fit_around(
    known: dict[str, float], terms: list[Terms], wanted: list[float], floor: float, *, relative: bool
) -> dict[str, float]:
    """Rates of the other quantities, where some are known."""
    left = [
        value - sum(rate * one[name] for name, rate in known.items())
        for one, value in zip(terms, wanted, strict=True)
    ]
    others = [{name: number for name, number in one.items() if name not in known} for one in terms]
    return fit_terms(others, left, floor, relative) | known


def fit(rows: list[Row]) -> dict[str, object]:
    """The rates of one core and kind."""
    designs = [design_of(row) for row in rows]
    instructions = [row.instructions for row in rows]
    if rows[0].kind == "layers":
        terms = [layer_terms(plan.widths, traits) for plan, traits in designs]
        tables = [TABLE_ROW_BYTES * plan.widths[0] * (traits.input_columns > 0) for plan, traits in designs]
        code = [float(row.flash_bytes - table) for row, table in zip(rows, tables, strict=True)]
        return {
            "instructions": fit_terms(terms, instructions, FLOOR["instructions"]),
            "code_bytes": _fit_around(LAYER_BYTES, terms, code, FLOOR["code_bytes"], relative=True),
            "frame_bytes": 0,
        }
    is_dsp = "dsp" in load_core(rows[0].core).features
    code = [
        float(row.flash_bytes - constant_bytes(*design, is_dsp=is_dsp))
        for row, design in zip(rows, designs, strict=True)
    ]
    buffers = [design[0].arena_bytes if design[0].sums else 0 for design in designs]
    known = (DSP_INSTRUCTIONS, DSP_BYTES) if is_dsp else ({}, {})
    terms = [dense_terms(*one, is_dsp=is_dsp) for one in designs]
    code_quantities = [code_terms(*one) for one in designs]
    return {
        "instructions": _fit_around(known[0], terms, instructions, FLOOR["instructions"], relative=True),
        "code_bytes": _fit_around(known[1], code_quantities, code, FLOOR["code_bytes"], relative=False),
        "frame_bytes": max(row.stack_bytes - size for row, size in zip(rows, buffers, strict=True)),
    }


def fitted(rows: list[Row], core: str, kind: str) -> list[Row]:
    return [row for row in rows if (row.core, row.kind) == (core, kind) and row.seed % HELD_OUT]


def main() -> None:
    parser = argparse.ArgumentParser(description="Fits the costs of chains of fully connected layers.")
    parser.add_argument(
        "--measure", type=int, default=0, metavar="N", help="up to N networks a core and kind"
    )
    given = parser.parse_args()
    rows = read_rows()
    for core in CORES:
        for kind in KINDS:
            first = sum((row.core, row.kind) == (core, kind) for row in rows)
            rows += [measure(core, kind, seed) for seed in range(first, given.measure)]
            write_rows(rows)
    if not rows:
        raise SystemExit("no measurements of the present code are kept; measure some by --measure N")
    cores = {core: {kind: fit(fitted(rows, core, kind)) for kind in KINDS} for core in CORES}
    document = {"format": FORMAT, "compiler": tool_version(ARM_GCC), "cores": cores}
    FIGURES.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {FIGURES.name} from {len(rows)} measurements")


if __name__ == "__main__":
    main()
