"""The end of a stage of convolutional networks: designs of its front are trained in full."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from codegen.ir import Design
from nas.axis_search import AxisProblem, Trained, candidate_seed
from nas.convnet_problem import evaluate_convnet, in_full
from nas.errors import RunError
from nas.front import front_of
from nas.records import Evaluation
from nas.report.progress import ProgressFacts
from nas.stage import Sitting
from searchspaces.convnet import ConvnetAxes

if TYPE_CHECKING:
    from nas.train.convnet.module import GraphModule
    from nas.train.convnet.train import Hooks

CHECKPOINT = "training.npz"
"""In the folder of the run: the training under way, after each of its epochs."""


def retrained_name(stage: str) -> str:
    """The family of the evaluations of designs trained in full."""
    return f"{stage}-full"


def run_retraining(problem: AxisProblem, most: int, sitting: Sitting) -> tuple[int, float]:
    """Trains up to `most` designs of a stage's front in full; gives how many, and the seconds they took.

    What was trained before a kill is not trained again, and a training that was cut off goes on from its last
    epoch. Raises RunInterrupted when the user asked to stop.
    """
    name, full = retrained_name(problem.name), in_full(problem)
    searched = (done for done in sitting.archive.evaluations() if done.family == problem.name)
    found = sorted(searched, key=lambda done: done.number)  # workers end in any order
    known = {done.number for done in sitting.archive.evaluations() if done.family == name}
    chosen = finalists_to_train([done for done in found if done.status == "ok"], problem, most)
    for place, done in enumerate(chosen):
        if done.number not in known:
            sitting.check()
            sitting.show(_progress(problem, place, len(chosen)))
            sitting.archive.append(_retrained(full, done, name, sitting))
    (sitting.archive.folder / CHECKPOINT).unlink(missing_ok=True)
    seconds = sum(done.seconds for done in sitting.archive.evaluations() if done.family == name)
    return len(chosen), seconds


def finalists_to_train(found: Sequence[Evaluation], problem: AxisProblem, most: int) -> list[Evaluation]:
    """Designs evenly along the front, both of its ends among them; each structure once."""
    front = [found[index] for index in front_of([done.metrics for done in found], problem.goals)]
    by_design = {_design(problem, done): done for done in reversed(front)}
    distinct = list(reversed(by_design.values()))
    places = sorted({round(place) for place in np.linspace(0, len(distinct) - 1, min(most, len(distinct)))})
    return [distinct[place] for place in places]


def _design(problem: AxisProblem, done: Evaluation) -> Design:
    assert isinstance(problem.space, ConvnetAxes)
    return problem.space.structure(problem.space.row(done.values))


def _retrained(problem: AxisProblem, done: Evaluation, name: str, sitting: Sitting) -> Evaluation:
    start = time.monotonic()
    trained = _try(problem, done, sitting)
    ids = tuple(sitting.archive.put_network(network) for network in trained.networks)
    figures = {metric: np.array([value]) for metric, value in trained.metrics.items()}
    kept = not trained.error and not problem.goals.violations(figures).any()
    return Evaluation(
        number=done.number,
        family=name,
        values=done.values,
        fidelity=1.0,
        status="failed" if trained.error else "ok" if kept else "infeasible",
        metrics=trained.metrics,
        network=ids[-1] if ids else None,
        seconds=time.monotonic() - start,
        error=trained.error,
        folds=ids[:-1],
    )


def _try(problem: AxisProblem, done: Evaluation, sitting: Sitting) -> Trained:
    seed = candidate_seed(problem.seed, done.number)
    try:
        row = problem.space.row(done.values)
        validated, metrics = evaluate_convnet(problem, row, seed, _hooks(problem, done, seed, sitting))
    except (ArithmeticError, RuntimeError, RunError) as reason:
        return Trained(error=f"{type(reason).__name__}: {reason}")
    return Trained((*validated.folds, validated.network), metrics)


def _hooks(problem: AxisProblem, done: Evaluation, seed: int, sitting: Sitting) -> "Hooks":
    """The training is kept after each epoch, and stops there when the user asked for it.

    It begins with the shared weights where there are some.
    """
    from nas.train.convnet.checkpoint import Checkpoint  # torch is heavy
    from nas.train.convnet.train import Hooks

    def stop(epochs: int, module: "GraphModule") -> bool:
        sitting.check()
        return False

    def start(module: "GraphModule") -> None:
        if problem.supernet is not None:
            from nas.supernet.ranking import give_inherited

            give_inherited(problem, problem.space.row(done.values), module)

    key = f"{done.family} {done.number} {_words(done.values)} {seed}"
    return Hooks(checkpoint=Checkpoint(sitting.archive.folder / CHECKPOINT, key), hopeless=stop, start=start)


def _words(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={values[name]}" for name in sorted(values))


def _progress(problem: AxisProblem, place: int, n: int) -> ProgressFacts:
    detail = f"{problem.name}: design {place + 1} of {n}, in full"
    return ProgressFacts(phase="training", detail=detail, evaluations=place, budget_evaluations=n)
