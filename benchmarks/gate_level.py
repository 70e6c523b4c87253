"""What the gate-level search makes of plain decision trees, and how many moves it does a second.

python benchmarks/gate_level.py [--check] [--quick]

For breast cancer a CART of 8 leaves, for cardio one of 16, on 4-bit inputs and stratified 70/30 splits:
test accuracy and area of the mapped tree, and of the netlist at each price. Nothing of the search sees a test
row. Beside them the figures of an earlier study of ours with the same method: means over ten splits at one
price, breast cancer .944 @ .0818 cm2 -> .960 @ .0091, cardio .906 @ .1855 -> .9105 @ .0720; the bars are its
areas, at the price here that comes nearest. Needs the UCI files, yosys and berkeley-abc. `--quick` judges
the kept results and measures the speed again.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import mean, stdev

import numpy as np
import numpy.typing as npt
from harness import ROOT, Bar, arguments, load_results, report_bars, save_results
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from codegen.cells import CellLibrary, load_cells
from codegen.circuit import area_cm2, pack_codes
from codegen.ir import ClassOutput, DecisionTree, Feature, Interface, Network, ThresholdTest, TreeNode
from codegen.ir.evaluate import evaluate
from nas.gate_level import as_gates, gate_areas, gate_jobs, run_job
from searchspaces.gate_netlist import GateNetlistOptions, anneal_netlist, temperatures_for

DATA = ROOT.parent / "shared" / "data" / "uci"
BITS, SEEDS = 4, (0, 1, 2)
OPTIONS = GateNetlistOptions(prices=(0.05, 0.1, 0.2, 0.5, 1.0, 2.0), moves=2_000_000, rounds=2)
CODE = ("searchspaces/gate_netlist", "nas/gate_level.py", "codegen/synthesis", "codegen/circuit")
SECONDS_BAR = 10.0
"""A million moves in at most this: the study's time for its largest netlists."""


@dataclass(frozen=True, slots=True)
class Case:
    """A data set, the leaves of its tree, and the study's accuracy and area, before and after the search.

    price: the one here whose areas come nearest to the study's.
    """

    name: str
    leaves: int
    price: float
    before: tuple[float, float]
    after: tuple[float, float]


CASES = (
    Case("breast_cancer", 8, 2.0, (0.944, 0.0818), (0.960, 0.0091)),
    Case("cardio", 16, 0.5, (0.906, 0.1855), (0.9105, 0.0720)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A netlist of one split: price 0 is the tree before the search. seconds: of processor time."""

    seed: int
    price: float
    train: float
    test: float
    area_cm2: float
    gates: int
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Codes and classes of the training and test rows of one split."""

    interface: Interface
    train: npt.NDArray[np.int32]
    train_labels: npt.NDArray[np.int64]
    test: npt.NDArray[np.int32]
    test_labels: npt.NDArray[np.int64]


def processor_seconds() -> float:
    """Of this process and of the tools that it ran."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def load_split(name: str, seed: int) -> Split:
    """The split of a seed; ranges come from its training rows."""
    table = np.genfromtxt(DATA / f"{name}.csv", delimiter=",", skip_header=1)
    classes, y = np.unique(table[:, -1], return_inverse=True)
    train, test, y_train, y_test = train_test_split(
        table[:, :-1].astype(np.float32), y, test_size=0.3, stratify=y, random_state=seed
    )
    features = tuple(
        Feature(f"x{index}", float(lo), float(hi) if hi > lo else float(lo) + 1, BITS)
        for index, (lo, hi) in enumerate(zip(train.min(axis=0), train.max(axis=0), strict=True))
    )
    interface = Interface(features, ClassOutput(tuple(str(label) for label in classes)))
    return Split(interface, interface.quantize(train), y_train, interface.quantize(test), y_test)


def cart(split: Split, leaves: int, seed: int) -> Network:
    """scikit-learn's tree, untuned."""
    fitted = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=seed)
    tree = fitted.fit(split.train, split.train_labels).tree_
    inner = [node for node in range(tree.node_count) if tree.children_left[node] >= 0]  # parents come first
    number = {node: index for index, node in enumerate(inner)}

    def child(node: int) -> int:
        return number.get(node, -1 - node)

    nodes = tuple(
        TreeNode(
            ThresholdTest(int(tree.feature[node]), BITS, int(np.floor(tree.threshold[node]))),
            child(int(tree.children_left[node])),
            child(int(tree.children_right[node])),
        )
        for node in inner
    )
    return Network(split.interface, DecisionTree(nodes, tuple(tree.value[:, 0].argmax(axis=1).tolist())))


def row_of(
    network: Network, split: Split, library: CellLibrary, seed: int, price: float, start: float
) -> Row:
    seconds = processor_seconds() - start
    assert not isinstance(network.body, DecisionTree)
    return Row(
        seed,
        price,
        float((evaluate(network, split.train) == split.train_labels).mean()),
        float((evaluate(network, split.test) == split.test_labels).mean()),
        area_cm2(network.body, library),  # type: ignore[arg-type]
        len(network.body.gates),  # type: ignore[union-attr]
        seconds,
    )


def measure(case: Case, library: CellLibrary) -> list[Row]:
    """The tree and the result at each price, for every split."""
    rows = []
    for seed in SEEDS:
        split = load_split(case.name, seed)
        begun = processor_seconds()
        start = as_gates(cart(split, case.leaves, seed), library)
        rows.append(row_of(start, split, library, seed, 0.0, begun))
        found = [start]
        for job in gate_jobs(1, OPTIONS):
            begun = processor_seconds()
            found.append(run_job(job, found, split.train, split.train_labels, library, OPTIONS, seed))
            rows.append(row_of(found[-1], split, library, seed, job.price, begun))
    return rows


def show(case: Case, rows: list[Row]) -> list[Bar]:
    """Prints mean and standard deviation at each price; the bar is the study's area."""
    bars = []
    print(f"{case.name}, CART of {case.leaves} leaves, {len(SEEDS)} splits")
    for price in (0.0, *OPTIONS.prices):
        these = [row for row in rows if row.price == price]
        test, area = [row.test for row in these], [row.area_cm2 for row in these]
        study = {0.0: case.before, case.price: case.after}.get(price)
        print(
            f"  {f'price {price:g}' if price else 'tree':<12} train {mean(row.train for row in these):.4f}"
            f"  test {mean(test):.4f} +- {stdev(test):.4f}  area {mean(area):.4f} +- {stdev(area):.4f} cm2"
            f"  {mean(row.gates for row in these):5.1f} gates  {mean(row.seconds for row in these):5.1f} s"
            + (f"  (study {study[0]:g} @ {study[1]:g})" if study else "")
        )
        if price == case.price:
            bars.append(Bar(f"{case.name}: area at price {price:g}", mean(area), case.after[1], "cm2", "min"))
            gain = mean(test) - mean(row.test for row in rows if row.price == 0)
            bars.append(Bar(f"{case.name}: test accuracy gained", gain, 0.0, ""))
    return bars


def seconds_a_million(case: Case, library: CellLibrary, moves: int = 500_000) -> float:
    """Processor time of a million moves from the mapped tree."""
    split = load_split(case.name, 0)
    start = as_gates(cart(split, case.leaves, 0), library)
    words = pack_codes(split.train, [BITS] * split.interface.n_features).words
    seconds = 0.0
    for n_moves in (1, moves):  # the first call compiles
        begun = processor_seconds()
        anneal_netlist(
            start.body,  # type: ignore[arg-type]
            words,
            split.train_labels,
            split.interface.n_outputs,
            gate_areas(library),
            case.price,
            moves=n_moves,
            seed=0,
            temperatures=temperatures_for(len(split.train)),
        )
        seconds = processor_seconds() - begun
    return seconds / moves * 1e6


def speed_bars(library: CellLibrary) -> list[Bar]:
    cases = (*CASES, Case("pendigits", 128, 0.1, (0.0, 0.0), (0.0, 0.0)))
    return [
        Bar(f"{case.name}: a million moves", seconds_a_million(case, library), SECONDS_BAR, "s", "min")
        for case in cases
    ]


def kept_rows(figures: Mapping[str, object], case: Case) -> list[Row]:
    kept: list[dict[str, float]] = figures[case.name]  # type: ignore[assignment]
    return [Row(**row) for row in kept]  # type: ignore[arg-type]


def main() -> int:
    given = arguments(__doc__ or "")
    library, bars = load_cells("egfet"), []
    speed = speed_bars(library)
    if given.quick:
        figures = load_results("gate_level", CODE)
    else:
        figures = {case.name: [asdict(row) for row in measure(case, library)] for case in CASES}
        figures["seconds_a_million_moves"] = {bar.name.partition(":")[0]: bar.value for bar in speed}
        print(f"kept in {save_results('gate_level', figures, CODE)}")
    for case in CASES:
        bars += show(case, kept_rows(figures, case))
    return report_bars([*bars, *speed], given)


if __name__ == "__main__":
    sys.exit(main())
