"""Small specs that end-to-end tests run."""

from pathlib import Path

GENES = """\
version: 1
name: small
seed: 3
task: classification
data: {bundled: wdbc}
split: {test: 0.3, validation: {folds: 3}}
space:
  - approximate_mlp: {hidden: 2, input_bits: 3, detail: genes}
hardware:
  egfet: {model: printed}
  mcu: {model: mcu, board: stm32f103}
objectives: {accuracy: max, egfet.area_cm2: min}
limits: {egfet.power_mw: {max: 30}}
search: {algorithm: nsga2, evaluations: 20000, population: 60, seed_with_gradients: false}
emit: {winners: [knee, best_accuracy]}
"""

AXES = """\
version: 1
name: trained
seed: 3
task: classification
data: {bundled: iris}
split: {test: 0.3, validation: {folds: 2}}
space:
  - approximate_mlp: {hidden: 2..3, input_bits: 2..4, detail: axes}
hardware:
  egfet: {model: printed}
objectives: {accuracy: max, egfet.area_cm2: min}
search: {algorithm: tpe, evaluations: 3}
emit: {c: {layout: plain}, winners: [best_accuracy]}
"""

REGRESSION = """\
version: 1
name: progression
seed: 3
task: regression
data: {bundled: diabetes}
split: {test: 0.3, validation: 0.3}
space:
  - approximate_mlp: {hidden: 3, input_bits: 4, detail: genes}
hardware:
  egfet: {model: printed}
objectives: {r2: max, egfet.area_cm2: min}
search: {algorithm: nsga2, evaluations: 20000, population: 60}
emit: {winners: [best_r2]}
"""


JOBS = """\
version: 1
name: annealed
seed: 3
task: classification
data: {bundled: iris}
split: {test: 0.3, validation: {folds: 3}}
space:
  - decision_tree: {leaves: 2..8, prices: [2, 1, 0.5], moves: 3000, distill: false}
  - gate_netlist: {start: front, prices: [0.5, 2], moves: 20000, rounds: 1}
hardware:
  egfet: {model: printed}
objectives: {accuracy: max, egfet.area_cm2: min}
search: {evaluations: 100}
emit: {c: {layout: plain}, winners: [best_accuracy]}
"""


MASKS = """\
version: 1
name: masks
seed: 3
task: classification
data: {bundled: iris}
split: {test: 0.3, validation: {folds: 3}}
space:
  - approximate_mlp: {hidden: 2, input_bits: 4, argmax: reduced, genes: masks}
hardware:
  adders: {model: adder_count}
  egfet: {model: printed}
objectives: {accuracy: max, adders.full_adders: min}
limits: {accuracy: {min: 0.6}}
search:
  algorithm: pymoo_nsga2
  evaluations: 1000
  population: 50
  operators: {crossover: {probability: 0.7, eta: 15}, mutation: {probability: 0.2, eta: 5}}
emit: {c: {layout: plain}, winners: [best_accuracy]}
"""


def write_spec(folder: Path, text: str) -> Path:
    """The spec as a file in a folder."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return path
