"""A valid spec, and what is said of it once it is damaged."""

import pytest

from nas.spec import SpecError
from nas.specfile import parse_spec

SPEC = """\
version: 1
name: cardio
seed: 1
task: classification
data: {csv: cardio.csv, target: class}
split: {test: 0.3, stratified: true, validation: {folds: 3}}
space:
  - approximate_mlp: {hidden: 2..8, input_bits: 2..4, weights: power_of_two, detail: genes}
hardware:
  egfet: {model: printed, cells: egfet, supply_v: 0.6, inferences_per_s: 5}
objectives: {accuracy: max, egfet.area_cm2: min}
limits: {egfet.power_mw: {max: 3}}
search: {algorithm: auto, evaluations: 2000000, minutes: 5, workers: 1}
emit: {verilog: {style: word}, c: {layout: cmake}, winners: [knee, best_accuracy]}
"""


def problems_of(text: str, *overrides: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_spec(text, name="spec.yaml", overrides=overrides)
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert old in SPEC
    return SPEC.replace(old, new)
