"""Which designs are trained in full, and that a run that was cut off goes on from there."""

from pathlib import Path

import numpy as np
import pytest

import nas
from nas.archive import Archive
from nas.problem import build_problem
from nas.records import Evaluation
from nas.retrain import CHECKPOINT, finalists_to_train
from nas.stage import RunInterrupted
from nas.stage_recipes import axis_problem
from tests.e2e import convnets


def evaluation(number: int, values: dict[str, object], accuracy: float, ram: float) -> Evaluation:
    metrics = {"accuracy": accuracy, "board.ram_bytes": ram, "macs": 1.0}
    return Evaluation(number, "convnet", values, 0.25, "ok", metrics, "id", 0.0)  # type: ignore[arg-type]


def test_finalists_lie_evenly_along_the_front_and_differ(tmp_path: Path) -> None:
    convnets.write_data(tmp_path)
    problem = build_problem(convnets.spec(tmp_path, ("0.5..1", "0.5..1.5")), allow_code=False)
    axes = axis_problem(problem, problem.stages[0], 0)
    lowest = axes.space.domain.lower
    rows = [
        dict(axes.space.values(lowest + np.array([0, step, 0], lowest.dtype))) for step in range(0, 20, 2)
    ]
    found = [evaluation(i, row, 0.5 + i / 100, 100.0 + i) for i, row in enumerate(rows)]
    beaten = evaluation(50, rows[0], 0.1, 2000.0)
    chosen = finalists_to_train([*found, beaten], axes, 3)
    accuracies = [done.metrics["accuracy"] for done in chosen]
    assert len(chosen) == 3
    assert accuracies == sorted(accuracies, reverse=True)
    assert accuracies[0] == found[-1].metrics["accuracy"]
    assert beaten not in chosen
    assert finalists_to_train([], axes, 3) == []


def test_a_run_that_was_stopped_while_training_goes_on_to_the_same_winners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convnets.write_data(tmp_path)
    spec = convnets.spec(tmp_path, (", best_board.ram_bytes]", "]"))
    whole = nas.run(spec, tmp_path / "whole")

    epochs = 0

    def stop(self: object) -> None:
        nonlocal epochs
        epochs += 1
        if epochs == 12:
            raise RunInterrupted

    with monkeypatch.context() as patched:
        patched.setattr("nas.stage.Sitting.check", stop)
        with pytest.raises(RunInterrupted):
            nas.run(spec, tmp_path / "stopped")
    assert (tmp_path / "stopped" / CHECKPOINT).is_file()
    resumed = nas.resume(tmp_path / "stopped")
    assert [winner.id for winner in resumed.report.winners] == [winner.id for winner in whole.report.winners]
    with Archive.open(resumed.folder, writable=False) as archive:
        assert [event.kind for event in archive.events()].count("stage_end") == 2
