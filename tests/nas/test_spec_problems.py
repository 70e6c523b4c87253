"""One damage to a valid spec, one problem at its place."""

import pytest

from tests.specs import changed, problems_of


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("seed: 1", "seed: one", "3:7: seed: must be a whole number, not 'one'"),
        ("seed: 1", "seed: -1", "3:7: seed: must be at least 0, not -1"),
        ("seed: 1", "seed: 0.5", "3:7: seed: must be a whole number, not 0.5"),
        ("name: cardio", "name: 5", "2:7: name: must be text, not 5; put it in quotes"),
        (
            "name: cardio",
            "name: a/b",
            "2:7: name: must be 1 to 64 letters, digits, spaces, `_`, `.` or `-`, a letter or digit first, "
            "not 'a/b'",
        ),
        (
            "task: classification",
            "task: regresion",
            "4:7: task: must be classification or regression, not 'regresion'; did you mean 'regression'?",
        ),
        ("task: classification\n", "", "1:1: task is missing"),
        (
            "target: class",
            "bundled: wdbc",
            "5:1: data: exactly one of bundled, csv, npz, images, openml, call must be given, "
            "but got bundled and csv",
        ),
        (
            "csv: cardio.csv, ",
            "",
            "5:1: data: exactly one of bundled, csv, npz, images, openml, call must be given, but got none",
        ),
        (", target: class", "", "5:1: data: a csv needs target, the name of the column to predict"),
        (
            "csv: cardio.csv, target: class",
            "bundled: wdbc, drop: [a]",
            "5:23: data.drop: goes with csv or openml, not with bundled",
        ),
        (
            "csv: cardio.csv",
            "call: f",
            "5:14: data.call: must be module:function or file.py:function, not 'f'",
        ),
        ("validation: {folds: 3}", "validation: 2", "6:50: split.validation.share: must be below 1, not 2"),
        (
            "validation: {folds: 3}",
            "validation: {folds: 3, share: 0.2}",
            "6:38: split.validation: exactly one of folds and share must be given",
        ),
        ("stratified: true", "stratified: yes", "6:32: split.stratified: must be true or false, not 'yes'"),
        ("space:\n  -", "space:\n   ", "7:1: space: must be a list, not a mapping"),
        (
            "approximate_mlp:",
            "approximate_mpl:",
            "8:5: space[0]: must be approximate_mlp, decision_tree, gate_netlist or convnet, "
            "not 'approximate_mpl'; did you mean 'approximate_mlp'?",
        ),
        (
            "hidden: 2..8",
            "hidden: 8..2",
            "8:31: space[0].approximate_mlp.hidden: lower <= upper must hold, but got 8..2",
        ),
        (
            "model: printed",
            "model: prnted",
            "10:18: hardware.egfet.model: must be adder_count, mcu or printed, or a model of your own as "
            "module:object or file.py:object, not 'prnted'; did you mean 'printed'?",
        ),
        ("model: printed, ", "", "10:3: hardware.egfet: model is missing"),
        ("supply_v: 0.6", "supply_v: low", "10:51: hardware.egfet.supply_v: must be a number, not 'low'"),
        (
            "egfet.area_cm2: min",
            "egfet.area_mm2: min",
            "11:29: objectives.egfet.area_mm2: unknown metric 'egfet.area_mm2'; "
            "did you mean 'egfet.area_cm2'?",
        ),
        (
            "egfet.area_cm2: min",
            "egfeet.area_cm2: min",
            "11:29: objectives.egfeet.area_cm2: no hardware is called 'egfeet'; did you mean 'egfet'?",
        ),
        (
            "egfet.area_cm2: min",
            "power_mw: min",
            "11:29: objectives.power_mw: unknown metric 'power_mw'; did you mean 'egfet.power_mw'?",
        ),
        (
            "egfet.area_cm2: min",
            "test_accuracy: max",
            "11:29: objectives.test_accuracy: 'test_accuracy' can't be named: the test part is read once, "
            "for the report; accuracy and the like are measured on the validation part",
        ),
        (
            "egfet.area_cm2: min",
            "r2: max",
            "11:29: objectives.r2: r2 is a metric of task regression, not of classification",
        ),
        (
            "egfet.area_cm2: min",
            "egfet.area_cm2: max",
            "11:45: objectives.egfet.area_cm2: must be min, not max: smaller is better",
        ),
        (
            "egfet.area_cm2: min",
            "egfet.area_cm2: smallest",
            "11:45: objectives.egfet.area_cm2: must be min or max, not 'smallest'",
        ),
        ("{max: 3}", "3", "12:26: limits.egfet.power_mw: must say which end it is: {max: 3} or {min: 3}"),
        ("{max: 3}", "{}", "12:10: limits.egfet.power_mw: at least one of min and max must be given"),
        (
            "{max: 3}",
            "{min: 4, max: 3}",
            "12:10: limits.egfet.power_mw: min <= max must hold, but got 4 and 3",
        ),
        (
            "{max: 3}",
            "{max: -3}",
            "12:32: limits.egfet.power_mw.max: egfet.power_mw is never below 0, but got -3",
        ),
        (
            "{max: 3}",
            "{max: 3 ms}",
            "12:32: limits.egfet.power_mw.max: the unit must be one of W, mW, uW, µW, nW, not 'ms'",
        ),
        (
            "egfet.power_mw: {max: 3}",
            "accuracy: {min: 90}",
            "12:26: limits.accuracy.min: accuracy lies in 0..1, but got 90; did you mean 90 %?",
        ),
        (
            "egfet.power_mw: {max: 3}",
            "accuracy: {min: 0.9, max: 0.9}",
            "12:10: limits.accuracy: accuracy is an objective; with min equal to max nothing "
            "is left to search",
        ),
        (
            "minutes: 5",
            "minutes: 5, operators: {mutation: {eta: 5}}",
            "13:61: search.operators: only algorithm: pymoo_nsga2 takes operators, not auto",
        ),
        (
            "algorithm: auto",
            "algorithm: pymoo_nsga2, operators: {crossover: {probability: 1.5}}",
            "13:71: search.operators.crossover.probability: must be at most 1, not 1.5",
        ),
        (
            "algorithm: auto",
            "algorithm: pymoo_nsga2, operators: {mutation: {eta: 0}}",
            "13:62: search.operators.mutation.eta: must be above 0, not 0",
        ),
        (
            "algorithm: auto",
            "algorithm: pymoo_nsga2, operators: {mutate: {}}",
            "13:46: search.operators: unknown key 'mutate'; did you mean 'mutation'?",
        ),
        (
            "algorithm: auto",
            "algorithm: nsga3",
            "13:21: search.algorithm: must be auto, surrogate, random, quasi_random, local_search, "
            "regularized_evolution, nsga2, anneal, nsga2_anneal, pymoo_nsga2, pymoo_sms_emoa, pymoo_nsga3, "
            "pymoo_age_moea, pymoo_rnsga2, tpe, gp or a searcher of your own as module:object, not 'nsga3'; "
            "did you mean 'nsga2'?",
        ),
        (
            "minutes: 5",
            "minutes: 5, partitions: 12",
            "13:61: search.partitions: only algorithm: pymoo_nsga3 takes partitions, not auto",
        ),
        (
            "algorithm: auto",
            "algorithm: pymoo_rnsga2",
            "13:10: search.algorithm: pymoo_rnsga2 needs reference_points, and no other takes them",
        ),
        (
            "algorithm: auto",
            "algorithm: pymoo_rnsga2, reference_points: [{accuracy: 0.9}]",
            "13:54: search.reference_points[0]: must have a value for each objective "
            "(accuracy, egfet.area_cm2) and no other, but has accuracy",
        ),
        ("minutes: 5", "minutes: 0", "13:58: search.minutes: must be above 0, not 0"),
        (
            "workers: 1",
            "workers: dask://host",
            "13:70: search.workers: must be a number of processes, 1 to 1024, or a Dask scheduler such as "
            "dask://host:8786, not 'dask://host'",
        ),
        (
            "workers: 1",
            "workers: 2, per_evaluation: {memory_bytes: 2 KB}",
            "13:104: search.per_evaluation.memory_bytes: the unit must be one of B, bytes, kB, MB, GB, KiB, "
            "MiB, GiB, not 'KB'; write kB for 1000 bytes, KiB for 1024",
        ),
        (
            "workers: 1",
            "workers: 2, per_evaluation: {memory_bytes: 2 MiB}",
            "13:104: search.per_evaluation.memory_bytes: must be at least 256 MiB, not 2097152 bytes",
        ),
        (
            "workers: 1",
            "stop: {target: {}}",
            "13:68: search.stop.target: must name at least one objective",
        ),
        (
            "workers: 1",
            "stop: {target: {macs: 5}}",
            "13:83: search.stop.target.macs: must be an objective: accuracy or egfet.area_cm2",
        ),
        (
            "workers: 1",
            "stop: {stall: {gain: 0.1}}",
            "13:68: search.stop.stall: evaluations is missing",
        ),
        ("minutes: 5", "minutes: .inf", "13:58: search.minutes: must be a finite number, not inf"),
        (
            "workers: 1",
            "seed_with_gradients: some",
            "13:82: search.seed_with_gradients: must be true, false, or how many networks "
            "to train, 1 to 10000",
        ),
        ("[knee, best_accuracy]", "knee", "14:61: emit.winners: must be a list, not 'knee'"),
        ("[knee, best_accuracy]", "[]", "14:52: emit.winners: must be not empty"),
        ("[knee, best_accuracy]", "[knee, knee]", "14:68: emit.winners[1]: knee is named twice"),
        (
            "best_accuracy",
            "best_accurcy",
            "14:68: emit.winners[1]: must be knee, best_accuracy, best_egfet.area_cm2 or one_standard_error, "
            "not 'best_accurcy'; did you mean 'best_accuracy'?",
        ),
    ],
)
def test_each_problem_is_said_at_its_place(old: str, new: str, problem: str) -> None:
    assert problems_of(changed(old, new)) == [f"spec.yaml:{problem}"]


def test_a_metric_that_a_board_can_not_give_is_refused_with_the_reason() -> None:
    text = changed(
        "{model: printed, cells: egfet, supply_v: 0.6, inferences_per_s: 5}", "{model: mcu, board: alif_e1c}"
    )
    text = text.replace("egfet.area_cm2: min", "egfet.energy_uj: min")
    (problem, *_) = [one for one in problems_of(text) if "energy_uj" in one]
    assert problem.startswith(
        "spec.yaml:11:29: objectives.egfet.energy_uj: egfet.energy_uj can't be given: "
        "board alif_e1c has no active_power_mw: no published current"
    )
