"""Annealed decision trees on UCI sets: test accuracy and synthesized area, beside CART through the same flow.

For each data set and seed: a stratified 70/30 split, 4-bit inputs with ranges of the training rows, one tree
for each price, and CART of several sizes; all of them as Verilog through yosys and ABC. Nothing is chosen on
test rows but the prices shown, which are the same for all splits. Bars are those of a study of ours.

Needs the UCI files (`--data FOLDER`). What is kept under benchmarks/results/trees/ is not done again while
the code is the same.
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from harness import RESULTS, ROOT, Arguments, Bar, code_fingerprint, report_bars
from sklearn.model_selection import train_test_split

from codegen.cells import load_cells
from codegen.ir import ClassOutput, Feature, Interface, Network
from codegen.ir.evaluate import evaluate
from codegen.synthesis import THOROUGH, synthesize
from codegen.verilog import emit_verilog
from nas.train.trees import cart_tree, mapped_tree_costs, train_tree, tree_rows
from searchspaces.decision_tree import DecisionTreeOptions, parse_options, tree_jobs

KEPT = RESULTS / "trees"
CODE = (
    "codegen/ir",
    "codegen/verilog",
    "codegen/synthesis",
    "searchspaces/decision_tree",
    "nas/train/trees.py",
)
CART_LEAVES = (4, 6, 8, 12, 16, 24, 32)
LIBRARY = load_cells("egfet")


@dataclass(frozen=True, slots=True)
class Case:
    """options: of the family. accuracy, area_cm2: what the study reached, means over ten splits."""

    data: str
    options: dict[str, object]
    accuracy: float
    area_cm2: float


CASES = (
    Case("breast_cancer", {"prices": [8, 4, 2, 1, 0.5]}, 0.9566, 0.0088),
    Case("cardio", {"prices": [1, 0.5, 0.35, 0.3, 0.25], "moves": 400_000}, 0.9055, 0.0871),
    Case("red_wine", {"prices": [1, 0.5, 0.3], "distill": "forest"}, 0.5906, 0.0795),
)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Codes and labels of the training rows and of the test rows."""

    interface: Interface
    codes: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int64]
    test_codes: npt.NDArray[np.int32]
    test_labels: npt.NDArray[np.int64]


def split_of(case: Case, seed: int, data: Path) -> Split:
    """The split of a seed; a constant feature gets a range of 1."""
    table = np.genfromtxt(data / f"{case.data}.csv", delimiter=",", skip_header=1)
    x, labels = table[:, :-1].astype(np.float32), np.unique(table[:, -1], return_inverse=True)[1]
    train, test, y, test_y = train_test_split(x, labels, test_size=0.3, random_state=seed, stratify=labels)
    ends = zip(train.min(axis=0).tolist(), train.max(axis=0).tolist(), strict=True)
    features = tuple(Feature(f"x{i}", lo, hi if hi > lo else lo + 1, 4) for i, (lo, hi) in enumerate(ends))
    interface = Interface(features, ClassOutput(tuple(str(c) for c in range(labels.max() + 1))))
    return Split(interface, interface.quantize(train), y, interface.quantize(test), test_y)


def figures(network: Network, split: Split) -> dict[str, float]:
    """Accuracy on both parts, and the area in cm2 that synthesis gives."""
    verilog = emit_verilog(network, name="top", vectors=split.codes[:16]).files[0].text
    return {
        "train": float((evaluate(network, split.codes) == split.labels).mean()),
        "test": float((evaluate(network, split.test_codes) == split.test_labels).mean()),
        "area_cm2": synthesize(verilog, None, LIBRARY, recipes=THOROUGH).area_cm2,
    }


def run_case(case: Case, options: DecisionTreeOptions, seed: int, data: Path) -> dict[str, dict[str, float]]:
    """Figures by design: "price 0.5" or "CART 8"."""
    split, costs = split_of(case, seed, data), mapped_tree_costs(LIBRARY)
    start = time.process_time()
    rows = tree_rows(split.interface, split.codes, split.labels, options, seed=seed)
    found: dict[str, dict[str, float]] = {}
    previous: Network | None = None
    for price in tree_jobs(options):
        previous = train_tree(rows, price=price, costs=costs, options=options, seed=seed, previous=previous)
        found[f"price {price:g}"] = {"seconds": time.process_time() - start, **figures(previous, split)}
        start = time.process_time()
    for leaves in CART_LEAVES:
        cart = cart_tree(split.interface, split.codes, split.labels, max_leaves=leaves)
        found[f"CART {leaves}"] = figures(cart, split)
    return found


def measure(case: Case, seed: int, data: Path) -> dict[str, dict[str, float]]:
    """The kept figures of a split, or new ones, which are then kept."""
    path = KEPT / f"{case.data}-{seed}.json"
    code = code_fingerprint(CODE) + json.dumps(case.options)
    if path.is_file() and (kept := json.loads(path.read_text()))["code"] == code:
        return dict(kept["figures"])
    found = run_case(case, parse_options(case.options), seed, data)
    KEPT.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"code": code, "figures": found}) + "\n")
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """Means over splits. spread: standard deviation of the accuracy."""

    design: str
    train: float
    test: float
    spread: float
    area_cm2: float
    seconds: float


def rows_of(runs: list[dict[str, dict[str, float]]]) -> list[Row]:
    rows = []
    for design in runs[0]:
        column = {
            name: [run[design].get(name, 0.0) for run in runs]
            for name in ("train", "test", "area_cm2", "seconds")
        }
        spread = statistics.stdev(column["test"]) if len(runs) > 1 else 0.0
        train, test, area, seconds = (statistics.mean(values) for values in column.values())
        rows.append(Row(design, train, test, spread, area, seconds))
    return rows


def best_within(rows: list[Row], area_cm2: float) -> float:
    """The best mean test accuracy of at most that mean area."""
    return max((row.test for row in rows if row.area_cm2 <= area_cm2), default=0.0)


def report(case: Case, n: int, rows: list[Row]) -> list[Bar]:
    """Prints the designs; each tree beside the best CART that is not larger."""
    carts = [row for row in rows if row.design.startswith("CART")]
    trees = [row for row in rows if row not in carts]
    print(f"{case.data}, {n} splits; the study: {case.accuracy:.4f} @ {case.area_cm2:.4f} cm2 (10 splits)")
    print(f"  {'design':<12} {'train':>7} {'test':>7} {'+-':>6} {'cm2':>8} {'s':>6}  CART not larger")
    for row in rows:
        other = best_within(carts, row.area_cm2) if row in trees else 0.0
        shown = f"{other:.4f}" if other else "-" if row in trees else ""
        print(
            f"  {row.design:<12} {row.train:7.4f} {row.test:7.4f} {row.spread:6.4f} {row.area_cm2:8.4f} "
            f"{row.seconds:6.1f}  {shown}"
        )
    lead = min(row.test - best_within(carts, row.area_cm2) for row in trees)
    found = best_within(trees, case.area_cm2 * 1.1)
    return [
        Bar(f"{case.data}: accuracy at the study's area", found, case.accuracy - 0.005, ""),
        Bar(f"{case.data}: smallest lead over CART not larger", lead, 0.0, ""),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "uci")
    parser.add_argument("--only", nargs="*", default=[case.data for case in CASES])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--check", action="store_true", help="exit 1 where a figure misses its bar")
    given = parser.parse_args()
    bars: list[Bar] = []
    for case in CASES:
        if case.data in given.only:
            runs = [measure(case, seed, given.data) for seed in given.seeds]
            bars += report(case, len(runs), rows_of(runs))
    return report_bars(bars, Arguments(check=given.check, quick=False))


if __name__ == "__main__":
    sys.exit(main())
