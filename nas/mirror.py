"""A run as studies of an Optuna storage, so that optuna-dashboard and other tools of Optuna show it.

A copy in one direction: the run folder stays the truth, and what is there already is not written again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nas.archive import Archive
from nas.errors import RunError
from nas.objectives import Goals
from nas.problem import Stage, make_goals, stages_of
from nas.records import Block, Evaluation, earlier_name
from nas.run_report import search_goals
from nas.spec import Spec
from searchspaces.approximate_mlp import ApproximateMlpAxes, ApproximateMlpOptions
from searchspaces.space import AxisSpace, AxisValue, Variable

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

KEY = "silkscreen"
"""User attribute that tells a mirrored trial from all others of its study."""
BATCH = 1000


@dataclass(frozen=True, slots=True)
class MirroredStudy:
    """name: in the storage. added: trials written now. total: trials that it has."""

    name: str
    added: int
    total: int


def mirror(spec: Spec, archive: Archive, storage: str) -> tuple[MirroredStudy, ...]:
    """Writes what the storage lacks of each stage, as study FOLDER/STAGE.

    storage: a URL of Optuna, such as "sqlite:///runs.db". An evaluation is a trial; its limits are
    constraints. Of a search by genes, the designs that entered the front are, without their genes. Raises
    RunError where the storage can't be opened.
    """
    goals = search_goals(make_goals(spec, {}), archive)
    opened = _open(storage)
    return tuple(_mirror_stage(stage, archive, goals, opened) for stage in stages_of(spec))


def _mirror_stage(
    stage: Stage, archive: Archive, goals: Goals, storage: "optuna.storages.BaseStorage"
) -> MirroredStudy:
    study = _study(f"{archive.folder.resolve().name}/{stage.name}", goals, storage)
    known = {trial.user_attrs.get(KEY) for trial in study.get_trials(deepcopy=False)}
    total, added = len(known), 0
    batch: list[FrozenTrial] = []
    for key, trial in _trials(stage, archive, goals):
        if key not in known:
            batch.append(trial)
        if len(batch) == BATCH:
            study.add_trials(batch)
            added, batch = added + len(batch), []
    study.add_trials(batch)
    added += len(batch)
    return MirroredStudy(study.study_name, added, total + added)


def _trials(stage: Stage, archive: Archive, goals: Goals) -> Iterator[tuple[str, "FrozenTrial"]]:
    space = _axis_space(stage, archive)
    for done in archive.evaluations():
        if done.family in (stage.name, earlier_name(stage.name)):
            key = f"{done.family} {done.number}"
            yield key, _trial_of(done, key, space, goals)
    for block in archive.blocks():
        if block.family == stage.name:
            for index in range(len(block.rows)):
                key = f"generation {block.generation}, {index}"
                yield key, _trial_of_row(block, index, key, goals)


def _trial_of(done: Evaluation, key: str, space: AxisSpace | None, goals: Goals) -> "FrozenTrial":
    from optuna.trial import TrialState, create_trial

    attributes: dict[str, AxisValue] = {KEY: key, "seconds": done.seconds, "network": done.network or ""}
    params: dict[str, AxisValue] = {}
    distributions: dict[str, BaseDistribution] = {}
    if space is None:
        attributes |= done.values
    else:
        row = space.row(done.values)
        for variable, number in zip(space.domain.variables, row.tolist(), strict=True):
            params[variable.name] = variable.labels[int(number)] if variable.labels else number
            distributions[variable.name] = _distribution(variable)
    if done.status == "failed":
        attributes["error"] = done.error
        return create_trial(
            state=TrialState.FAIL, params=params, distributions=distributions, user_attrs=attributes
        )
    return create_trial(
        values=[done.metrics[goal.metric] for goal in goals.objectives],
        params=params,
        distributions=distributions,
        user_attrs={**attributes, **done.metrics},
        constraints=_constraints(done.metrics, goals),
    )


def _trial_of_row(block: Block, index: int, key: str, goals: Goals) -> "FrozenTrial":
    from optuna.trial import create_trial

    metrics = {name: float(column[index]) for name, column in block.metrics.items()}
    return create_trial(
        values=[metrics[goal.metric] for goal in goals.objectives],
        user_attrs={KEY: key, "generation": block.generation, "evaluations": block.evaluations, **metrics},
        constraints=_constraints(metrics, goals),
    )


def _constraints(metrics: Mapping[str, float], goals: Goals) -> dict[str, float]:
    """Relative excess over each limit, by its metric; 0 or less is kept."""
    figures = {name: np.array([value]) for name, value in metrics.items()}
    excess = goals.violations(figures)[0]
    return {limit.metric: float(value) for limit, value in zip(goals.limits, excess, strict=True)}


def _distribution(variable: Variable) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if variable.labels:
        return CategoricalDistribution(variable.labels)
    if variable.kind == "real":
        return FloatDistribution(variable.lower, variable.upper, log=variable.log)
    return IntDistribution(int(variable.lower), int(variable.upper), log=variable.log)


def _axis_space(stage: Stage, archive: Archive) -> AxisSpace | None:
    """The decisions of an axis stage, from what its run noted of the data; None for any other."""
    options = stage.options
    if not isinstance(options, ApproximateMlpOptions) or options.detail != "axes":
        return None
    start = next(event for event in archive.events() if event.kind == "start")
    labels = str(start.facts["labels"])
    return ApproximateMlpAxes(options, int(start.facts["n_features"]), len(labels.split("\n")))


def _open(storage: str) -> "optuna.storages.BaseStorage":
    from optuna.storages import get_storage  # optuna is heavy

    try:
        return get_storage(storage)
    except Exception as error:
        # SQLAlchemy and the drivers below it each have errors of their own.
        raise RunError(
            f"--storage {storage}: must be a storage of Optuna, such as sqlite:///runs.db, but can't be "
            f"opened ({error})"
        ) from None


def _study(name: str, goals: Goals, storage: "optuna.storages.BaseStorage") -> "optuna.Study":
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        direction_of = {
            "min": optuna.study.StudyDirection.MINIMIZE,
            "max": optuna.study.StudyDirection.MAXIMIZE,
        }
        directions = [direction_of[goal.direction] for goal in goals.objectives]
        study = optuna.create_study(
            storage=storage, study_name=name, directions=directions, load_if_exists=True
        )
        if study.directions != directions:
            raise RunError(
                f"{name}: the storage holds a study of that name with other objectives; rename the folder"
            )
        return study
    finally:
        optuna.logging.set_verbosity(verbosity)
