"""A run in an Optuna storage."""

from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.trial import TrialState

from nas.archive import Archive
from nas.errors import RunError
from nas.mirror import mirror
from nas.records import Evaluation, Event
from nas.specfile import parse_spec
from tests.nas.archive.records import HEADER, block, event
from tests.specs import changed

SPEC = parse_spec(
    changed(
        "hidden: 2..8, input_bits: 2..4, weights: power_of_two, detail: genes",
        "hidden: 2..8, input_bits: 2..4, weights: [power_of_two, ternary], detail: axes",
    )
)
START = Event("start", "", 0.0, {"n_features": 4, "labels": "yes\nno"})


def evaluation(number: int, hidden: int = 3, power_mw: float = 2.0, error: str = "") -> Evaluation:
    from searchspaces.approximate_mlp import ApproximateMlpAxes, parse_options

    options = parse_options(SPEC.space[0].options)
    space = ApproximateMlpAxes(options, 4, 2)
    row = space.domain.lower
    values = {**space.values(row), "hidden0": hidden}
    metrics = {} if error else {"accuracy": 0.9, "egfet.area_cm2": 5.0, "egfet.power_mw": power_mw}
    status = "failed" if error else "infeasible" if power_mw > 3 else "ok"
    network = None if error else "ab" * 32
    return Evaluation(number, "approximate_mlp", values, 1.0, status, metrics, network, 1.5, error)


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'runs.db'}"


def run_of(folder: Path, *records: object) -> Archive:
    archive = Archive.create(folder, HEADER)
    for record in (START, *records):
        archive.append(record)  # type: ignore[arg-type]
    return archive


def test_an_evaluation_is_a_trial_with_its_decisions_figures_and_constraints(
    tmp_path: Path, storage: str
) -> None:
    with run_of(tmp_path / "mine", evaluation(0), evaluation(1, hidden=5, power_mw=6.0)) as archive:
        [mirrored] = mirror(SPEC, archive, storage)
    assert (mirrored.name, mirrored.added, mirrored.total) == ("mine/approximate_mlp", 2, 2)
    study = optuna.load_study(study_name="mine/approximate_mlp", storage=storage)
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    first, second = study.trials
    assert first.values == [0.9, 5.0]
    assert (first.params["hidden0"], second.params["hidden0"]) == (3, 5)
    assert first.params["weights"] == "power_of_two"
    assert first.distributions["hidden0"] == IntDistribution(2, 8)
    assert first.distributions["weights"] == CategoricalDistribution(("power_of_two", "ternary"))
    assert (first.constraints, second.constraints) == ({"egfet.power_mw": 0.0}, {"egfet.power_mw": 1.0})
    assert first.user_attrs["egfet.power_mw"] == 2.0
    assert [trial.number for trial in study.best_trials] == [0]


def test_a_failed_evaluation_is_a_failed_trial_with_its_reason(tmp_path: Path, storage: str) -> None:
    with run_of(tmp_path / "mine", evaluation(0, error="tried 2 times")) as archive:
        mirror(SPEC, archive, storage)
    [trial] = optuna.load_study(study_name=None, storage=storage).trials
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs["error"] == "tried 2 times"


def test_what_is_there_is_not_written_again(tmp_path: Path, storage: str) -> None:
    with run_of(tmp_path / "mine", evaluation(0)) as archive:
        mirror(SPEC, archive, storage)
        archive.append(evaluation(1, hidden=4))
        [again] = mirror(SPEC, archive, storage)
        assert (again.added, again.total) == (1, 2)
        assert mirror(SPEC, archive, storage)[0].added == 0


def test_designs_that_entered_the_front_of_genes_are_trials_without_parameters(
    tmp_path: Path, storage: str
) -> None:
    spec = parse_spec(changed("limits: {egfet.power_mw: {max: 3}}", "limits: {}"))
    generation = replace(
        block(4),
        metrics={"accuracy": block(4).metrics["accuracy"], "egfet.area_cm2": block(4).metrics["macs"]},
    )
    with run_of(tmp_path / "mine", generation, event()) as archive:
        [mirrored] = mirror(spec, archive, storage)
    assert mirrored.total == 3
    trials = optuna.load_study(study_name=None, storage=storage).trials
    assert [trial.user_attrs["generation"] for trial in trials] == [4, 4, 4]
    assert [trial.params for trial in trials] == [{}, {}, {}]


def test_a_storage_that_cannot_be_opened_is_an_error_with_an_example(tmp_path: Path) -> None:
    with (
        run_of(tmp_path / "mine") as archive,
        pytest.raises(RunError, match=r"such as sqlite:///runs.db, but can't"),
    ):
        mirror(SPEC, archive, "sqlite:////no/such/folder/x.db")
