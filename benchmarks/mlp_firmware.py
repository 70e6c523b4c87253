"""Small multilayer perceptrons as firmware, from raw features to class: ours beside emlearn and plain float
C.

python benchmarks/mlp_firmware.py [--check] [--quick]

Digits 64-32-10 and WDBC 30-10-2 are trained here on scikit-learn's bundled data (see mlp_networks). Every
contender has the same float weights, or what became of them: int8, or powers of two, half of them pruned or
not. All are compiled by the same arm-none-eabi-gcc, counted in QEMU over the same rows of the test part, and
every answer of ours is compared with `codegen.ir.evaluate`. emlearn is `pip install emlearn`: its "loadable"
code, since release 0.23.2 can't write the "inline" one, with an output layer without softmax, which a class
does not need. `--quick` judges the kept figures and measures one case again.
"""

import contextlib
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from c_program import Measured, measure_program
from harness import ROOT, Bar, arguments, load_results, report_bars, save_results
from mlp_networks import WIDTHS, FloatMlp, float_c, powers_of_two, quantized, train

from codegen.c import Form, choose_form, emit_c
from codegen.c.program import mlp_program
from codegen.cores import Core, load_core
from codegen.ir import BespokeMlp, Network, Schedule
from codegen.ir.evaluate import evaluate
from codegen.plan.dense_choice import choose_chain

CORES = ("cortex-m4", "cortex-m3", "cortex-m0")
N_ROWS = 40
"""Rows of the test part over which instructions are counted."""
NETWORKS = ("int8", "2^k", "2^k, half pruned")
FORMS: dict[str, tuple[Form, ...]] = {
    "int8": ("shared", "asm"),
    "2^k": ("straight", "shared", "table"),
    "2^k, half pruned": ("straight", "shared", "table"),
}
BARS = {"digits": (3600, 3000), "wdbc": (850, 800)}
"""Instructions and bytes of flash on a Cortex-M4."""
CODE = (
    "codegen/c",
    "codegen/plan",
    "codegen/ir",
    "codegen/data/dense",
    "benchmarks/c_program.py",
    "benchmarks/mlp_networks.py",
)
SMALL = ("wdbc", "cortex-m4", "int8, shared")
"""What --quick measures again."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one contender on one core. accuracy: on the test part. chosen: it is what the plan takes by
    itself."""

    instructions: float
    flash_bytes: int
    ram_bytes: int
    accuracy: float
    chosen: bool = False


def network_of(mlp: FloatMlp, kind: str) -> Network:
    return quantized(mlp) if kind == "int8" else powers_of_two(mlp, kept=1.0 if kind == "2^k" else 0.5)


def measure_ours(mlp: FloatMlp, network: Network, form: Form, core: Core) -> Figure:
    """Raises SystemExit where an answer is not that of `evaluate`."""
    codes = network.interface.quantize(mlp.test_x)
    artifact = emit_c(network, name="net", vectors=codes, layout="plain", form=form, core=core)
    sources = {file.path: file.text for file in artifact.files if not file.path.endswith("selftest.c")}
    level = "-Os" if isinstance(network.body, BespokeMlp) else "-O2"
    entry = _entry(from_raw=" net_predict_raw(" in sources["net.h"])
    found = measure_program(core, sources | {"entry.c": entry}, _rows(mlp), level=level)
    expected = evaluate(network, codes)
    if list(found.classes) != [int(one) for one in expected[:N_ROWS]]:
        raise SystemExit(f"{mlp.name}, {form} on {core.name}: classes differ from codegen.ir.evaluate")
    return _figure(found, mlp.accuracy(expected), chosen=_choice(network, core) == form)


def _entry(*, from_raw: bool) -> str:
    body = (
        "    return net_predict_raw(raw);"
        if from_raw
        else "    net_input_t x[NET_N_FEATURES];\n    net_quantize(raw, x);\n    return net_predict(x);"
    )
    head = "int classify(const float *raw)"
    return f'#include "net.h"\n{head};\n{head}\n{{\n{body}\n}}\n'


def _choice(network: Network, core: Core) -> Form:
    """What form="auto" takes."""
    if isinstance(network.body, BespokeMlp):
        return choose_form(mlp_program(network), core)
    return "asm" if choose_chain(network.body.graph, Schedule(), core) is None else "shared"  # type: ignore[union-attr]


def _figure(found: Measured, accuracy: float, *, chosen: bool = False) -> Figure:
    return Figure(found.instructions, found.flash_bytes, found.ram_bytes, accuracy, chosen)


def _rows(mlp: FloatMlp) -> np.ndarray:
    return mlp.test_x[:N_ROWS]


def measure_float(mlp: FloatMlp, core: Core) -> dict[str, Figure]:
    """Plain C, and what emlearn makes."""
    accuracy = mlp.accuracy(mlp.layers(mlp.test_x)[-1].argmax(axis=1))
    found = {"float C": _figure(measure_program(core, {"float.c": float_c(mlp)}, _rows(mlp)), accuracy)}
    # emlearn changes how numpy takes errors, for everyone, and leaves files where it is called
    with np.errstate(), tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        text, folder = emlearn_c(mlp)
    measured = measure_program(core, {"emlearn.c": text}, _rows(mlp), includes=(folder,), libraries=("-lm",))
    return found | {"emlearn": _figure(measured, accuracy)}


def emlearn_c(mlp: FloatMlp) -> tuple[str, str]:
    """(C of a classifier, folder of emlearn's headers)."""
    try:
        import emlearn
        from emlearn.net import Wrapper
    except ImportError:
        raise SystemExit("emlearn is missing; install it with: pip install emlearn") from None
    activations = ["relu"] * (len(mlp.weights) - 1) + ["identity"]
    wrapper = Wrapper(activations, [one.T for one in mlp.weights], list(mlp.biases), classifier="loadable")
    head = "int classify(const float *raw)"
    entry = f"{head};\n{head}\n{{\n    return net_predict(raw, {mlp.widths[0]});\n}}\n"
    return wrapper.save(name="net", inference=["loadable"]) + entry, emlearn.includedir


def measure_all() -> dict[str, dict[str, object]]:
    figures = {}
    for name in WIDTHS:
        mlp = train(name)
        networks = {kind: network_of(mlp, kind) for kind in NETWORKS}
        for core_name in CORES:
            core = load_core(core_name)
            for kind, network in networks.items():
                for form in FORMS[kind]:
                    found = measure_ours(mlp, network, form, core)
                    figures[_key(name, core_name, f"{kind}, {form}")] = asdict(found)
            for contender, found in measure_float(mlp, core).items():
                figures[_key(name, core_name, contender)] = asdict(found)
    return figures


def _key(name: str, core: str, contender: str) -> str:
    return f"{name}; {core}; {contender}"


def check_small(figures: Mapping[str, Figure]) -> None:
    """Raises SystemExit where the small case is no longer what was kept."""
    name, core, contender = SMALL
    mlp = train(name)
    found = measure_ours(mlp, quantized(mlp), "shared", load_core(core))
    if found != figures[_key(*SMALL)]:
        raise SystemExit(f"{contender} of {name} on {core}: {found}, but {figures[_key(*SMALL)]} was kept")


def print_table(figures: Mapping[str, Figure]) -> None:
    """A row for each contender: instructions and bytes of flash on each core, static RAM on the first."""
    print(f"| network | form | accuracy | {' | '.join(CORES)} | static RAM |\n|{'---|' * (4 + len(CORES))}")
    for name in WIDTHS:
        contenders = [key.split("; ")[2] for key in figures if key.startswith(f"{name}; {CORES[0]}; ")]
        for contender in contenders:
            found = [figures[_key(name, core, contender)] for core in CORES]
            cells = [
                f"{one.instructions:,.0f} / {one.flash_bytes:,}{' *' if one.chosen else ''}" for one in found
            ]
            row = [name, contender, f"{found[0].accuracy:.3f}", *cells, str(found[0].ram_bytes)]
            print(f"| {' | '.join(row)} |")
    print("instructions / bytes of flash; * what the plan takes by itself")


def bars_of(figures: Mapping[str, Figure]) -> list[Bar]:
    bars = []
    for name, (instructions, flash) in BARS.items():
        ours = figures[_key(name, "cortex-m4", "int8, shared")]
        bars.append(Bar(f"{name} on M4: instructions", ours.instructions, instructions, "", "min"))
        bars.append(Bar(f"{name} on M4: flash", ours.flash_bytes, flash, "bytes", "min"))
        bars.append(Bar(f"{name} on M4: the plan takes it", float(ours.chosen), 1.0, ""))
        for kind in NETWORKS[1:]:
            form = "straight" if name == "wdbc" else "shared"
            taken = figures[_key(name, "cortex-m4", f"{kind}, {form}")].chosen
            bars.append(Bar(f"{name} {kind} on M4: the plan takes {form}", float(taken), 1.0, ""))
            straight, *others = (figures[_key(name, "cortex-m0", f"{kind}, {form}")] for form in FORMS[kind])
            least = min(other.instructions for other in others)
            title = f"{name} {kind} on M0"
            bars.append(Bar(f"{title}: the plan takes shift-add", float(straight.chosen), 1.0, ""))
            bars.append(Bar(f"{title}: its part of others", straight.instructions / least, 1.0, "", "min"))
    return bars


def main() -> int:
    given = arguments(__doc__ or "")
    if not given.quick:
        path = save_results("mlp_firmware", measure_all(), CODE)
        print(f"kept in {Path(path).relative_to(ROOT)}")
    kept = load_results("mlp_firmware", CODE)
    figures = {key: Figure(**one) for key, one in kept.items()}  # type: ignore[arg-type]
    if given.quick:
        check_small(figures)
    print_table(figures)
    return report_bars(bars_of(figures), given)


if __name__ == "__main__":
    sys.exit(main())
