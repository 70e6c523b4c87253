"""What a level of a converter must cost for converters to take the published share of printed systems.

In published printed systems converters take 58 % of the area and 74 % of the power. Their absolute figures
are not known to us, so those of the shipped `egfet_flash` are derived: CART trees of 16 leaves on 4-bit
inputs stand for the classifiers, and each feature that a tree reads has a flash converter of the levels that
its bits need. All of a converter's cost is laid on its levels. Needs the UCI files (`--data FOLDER`).
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from codegen.ir import ClassOutput, Design, Feature, Interface
from hwmodels.model import Workload
from hwmodels.printed import PrintedModel
from nas.train.trees import cart_tree

DATA = ("breast_cancer", "cardio", "red_wine", "white_wine", "pendigits")
AREA_SHARE, POWER_SHARE = 0.58, 0.74
LEAVES = 16
MODEL = PrintedModel(converters=str(Path(__file__).parent / "converter_levels.json"))


def tree_costs(path: Path) -> tuple[float, float, float]:
    """Levels, area in cm2 and power in mW at 1 V of the tree of a set; split 0 of the other benchmarks."""
    table = np.genfromtxt(path, delimiter=",", skip_header=1)
    x, labels = table[:, :-1].astype(np.float32), np.unique(table[:, -1], return_inverse=True)[1]
    rows, _, y, _ = train_test_split(x, labels, test_size=0.3, random_state=0, stratify=labels)
    ends = zip(rows.min(axis=0).tolist(), rows.max(axis=0).tolist(), strict=True)
    features = tuple(Feature(f"x{i}", lo, hi if hi > lo else lo + 1, 4) for i, (lo, hi) in enumerate(ends))
    interface = Interface(features, ClassOutput(tuple(str(c) for c in range(labels.max() + 1))))
    tree = cart_tree(interface, interface.quantize(rows), y, max_leaves=LEAVES)
    metrics = MODEL.price(Design(tree), Workload()).metrics
    return metrics["converter_area_cm2"], metrics["area_cm2"], metrics["power_mw"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    folder: Path = parser.parse_args().data
    costs = np.array([tree_costs(folder / f"{name}.csv") for name in DATA])
    for name, (levels, area, power) in zip(DATA, costs, strict=True):
        print(f"{name:<14} {levels:4.0f} levels, {area:.4f} cm2, {power:.4f} mW")
    levels, area, power = costs.sum(axis=0)
    print(f"area of a level   {AREA_SHARE / (1 - AREA_SHARE) * area / levels:.5f} cm2")
    print(f"power of a level  {POWER_SHARE / (1 - POWER_SHARE) * power / levels:.5f} mW")


if __name__ == "__main__":
    main()
