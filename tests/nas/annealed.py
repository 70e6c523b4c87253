"""Small stages of annealed trees and netlists on iris."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from codegen.cells import load_cells
from codegen.ir import Network
from hwmodels.printed import PrintedModel
from nas.cross_validation import Fold
from nas.data import load_dataset
from nas.data.dataset import Dataset
from nas.family_jobs import GateJobs, Start, TreeJobs
from nas.job_parts import Jobs
from nas.objectives import Goals, Objective
from nas.spec.model import DataSpec, SplitSpec, ValidationSpec
from nas.train.trees import mapped_tree_costs
from searchspaces.decision_tree import parse_options as parse_trees
from searchspaces.gate_netlist import parse_options as parse_gates

EGFET = load_cells("egfet")
GOALS = Goals((Objective("accuracy", "max"), Objective("egfet.area_cm2", "min")), ())
MODELS = {"egfet": PrintedModel()}
N_FOLDS = 3


def iris(folds: int = N_FOLDS) -> Dataset:
    split = SplitSpec(test=0.3, validation=ValidationSpec(folds=folds))
    return load_dataset(DataSpec(bundled="iris"), split, "classification", 1, Path(), allow_code=False)


def with_other_labels(dataset: Dataset, rows: np.ndarray) -> Dataset:
    """The same, but other classes and other features at some rows."""
    x, y = dataset.table.x.copy(), dataset.table.y.copy()
    x[rows] = 100 * x[rows][::-1]
    y[rows] = (y[rows] + 1) % 3
    return replace(dataset, table=replace(dataset.table, x=x, y=y))


def tree_jobs_on(dataset: Dataset, distill: bool = False) -> TreeJobs:
    options = parse_trees(
        {"leaves": 8, "prices": [2, 0.2], "moves": 2000, "distill": "forest" if distill else False}
    )
    return TreeJobs(dataset, options, mapped_tree_costs(EGFET), seed=5)


def gate_jobs_on(dataset: Dataset, *starts: Start, start: str = "front") -> GateJobs:
    """start: the option of that name."""
    options = parse_gates({"start": start, "prices": [0.1, 2], "moves": 4000, "distill": False})
    return GateJobs(dataset, options, starts, EGFET, seed=5)


def chain(jobs: Jobs, fold: Fold) -> list[Network]:
    """The networks of all jobs for a fold."""
    done: dict[int, Network] = {}
    for number in range(len(jobs.values)):
        done[number] = jobs.make(number, done, fold)
    return list(done.values())
