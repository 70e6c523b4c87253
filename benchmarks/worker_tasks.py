"""Evaluations whose cost is a wait, for benchmarks/workers.py: the search around them is the real one."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nas.axis_search import AxisProblem, AxisTask, Trained
from nas.data import load_dataset
from nas.objectives import Goals, Objective
from nas.spec.model import DataSpec, SplitSpec
from searchspaces.approximate_mlp import ApproximateMlpAxes, parse_options

OPTIONS = {"hidden": "2..16", "input_bits": "2..6", "detail": "axes"}
GOALS = Goals((Objective("accuracy", "max"), Objective("area_cm2", "min")), ())


def waiting_problem(seed: int) -> AxisProblem:
    """An axis space of silkscreen; what its candidates are worth is made up by `Waits`."""
    dataset = load_dataset(
        DataSpec(bundled="iris"), SplitSpec(), "classification", 1, Path(), allow_code=False
    )
    space = ApproximateMlpAxes(parse_options(OPTIONS), 4, 3)
    return AxisProblem("waits", space, dataset, GOALS, {}, seed)


@dataclass(frozen=True)
class Waits:
    """Waits, then gives figures that pull against each other and depend on the candidate alone."""

    seconds: float

    def prepare(self) -> Callable[[AxisTask], Trained]:
        upper = waiting_problem(0).space.domain.upper.astype(np.float64)

        def evaluate(task: AxisTask) -> Trained:
            time.sleep(self.seconds)
            share = task.row.astype(np.float64) / np.maximum(upper, 1)
            gain = float(1 - np.prod(1 - 0.9 * np.clip(share, 0, 1)))
            return Trained(metrics={"accuracy": gain, "area_cm2": float((share**2).sum())})

        return evaluate
