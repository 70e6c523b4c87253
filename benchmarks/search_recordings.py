"""Makes benchmarks/results/searchers/wine.npz and wdbc.npz: two searches of ours, every candidate evaluated.

The space is that of approximate MLPs by axes, the pressure in four steps, as a user's spec would name it;
each candidate is trained without the validation part, which gives its accuracy, and on all training rows,
which gives its price. Candidates of one shape are trained together, which takes a tenth of the time.
"""

import sys
from itertools import product

import numpy as np
from harness import RESULTS

from codegen.ir import Design
from hwmodels.model import Workload
from nas.data.interface import make_interface
from nas.evaluate import price_network, score_network
from nas.parts import fit_rows, make_part
from nas.problem import Problem, axis_space, build_problem
from nas.specfile import parse_spec
from nas.train.mlp import train_mlps
from searchspaces.approximate_mlp import MlpRecipe

SETS = ("wine", "wdbc")
PRESSURES = (0.0, 0.1, 0.25, 0.5)
STARTS = 2
SPEC = """
version: 1
name: recorded
task: classification
data: {{bundled: {name}}}
split: {{validation: 0.3}}
space:
  - approximate_mlp:
      {{detail: axes, hidden: [2..8], input_bits: 2..5, weights: [power_of_two, ternary],
       activation_bits: 4..8, activation_shift: auto, argmax: [exact, reduced], pressure: 0..0.5}}
hardware: {{egfet: {{model: printed}}}}
objectives: {{accuracy: max, egfet.area_cm2: min, egfet.power_mw: min}}
"""
AXES = ((2, 3, 4, 5, 6, 7, 8), (2, 3, 4, 5), (0, 1), (4, 6, 8), (0, 1), PRESSURES)
"""Values of hidden0, input_bits, weights, activation_bits, argmax and pressure, in the order of the rows."""


def record(name: str) -> None:
    problem = build_problem(parse_spec(SPEC.format(name=name)), allow_code=False)
    space = axis_space(problem, problem.stages[0])
    figures = []
    for width, bits in product(*AXES[:2]):
        rows = [np.array((width, bits, *rest), np.float64) for rest in product(*AXES[2:])]
        figures += _figures(problem, [space.recipe(row) for row in rows], bits)
        print(name, width, bits, file=sys.stderr)
    path = RESULTS / "searchers" / f"{name}.npz"
    path.parent.mkdir(exist_ok=True, parents=True)
    np.savez_compressed(path, figures=np.array(figures, np.float32))


def _figures(problem: Problem, recipes: list[MlpRecipe], bits: int) -> list[tuple[float, float]]:
    """(validation accuracy, area in cm^2) of each recipe."""
    data = problem.dataset
    sets = []
    for rows in (fit_rows(data, 0), data.train):
        interface = make_interface(data, bits, rows)
        part = make_part(data, rows, interface)
        sets.append(train_mlps(recipes, interface, part.codes, part.targets, seed=1, starts=STARTS))
    accuracies = [
        score_network(network, make_part(data, data.folds[0], network.interface))["accuracy"]
        for network in sets[0]
    ]
    areas = []
    for network in sets[1]:
        workload = Workload(make_part(data, data.train, network.interface).codes)
        wanted = frozenset({"egfet.area_cm2"})
        areas.append(
            price_network(Design(network), problem.models, workload, wanted).figures["egfet.area_cm2"]
        )
    return list(zip(accuracies, areas, strict=True))


if __name__ == "__main__":
    for each in sys.argv[1:] or SETS:
        record(each)
