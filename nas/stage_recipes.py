"""What other processes need to evaluate for a stage: the spec and the state of the run's data.

Each process builds the problem anew, with its own data and models: what a model or a plug-in holds need not
travel, and data that differs is noticed before anything is evaluated with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from nas.axis_search import AxisProblem, AxisTask, Trained, try_candidate
from nas.convnet_problem import ConvnetTraining
from nas.errors import RunError
from nas.family_jobs import GateJobs, Start, TreeJobs
from nas.job_parts import JobPart, JobProblem, JobTask, make_part_of_job
from nas.problem import Problem, Stage, axis_space, build_problem
from nas.spec import SearchSpec
from nas.specfile import parse_saved_spec, spec_text
from nas.workers import PerEvaluation, Recipe, SerialWorkers, Workers
from nas.workers.process import ProcessWorkers
from nas.workers.protocol import Result, Task
from searchspaces.convnet import ConvnetAxes
from searchspaces.decision_tree import DecisionTreeOptions
from searchspaces.gate_netlist import GateNetlistOptions


@dataclass(frozen=True, slots=True)
class ProblemSource:
    """How a process builds the problem of a run. base: the folder of the spec's files."""

    spec_text: str
    base: Path
    allow_code: bool
    data_fingerprint: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemSource":
        spec, fingerprint = problem.spec, problem.dataset.fingerprint
        return cls(spec_text(spec), spec.base.absolute(), problem.allow_code, fingerprint)

    def build(self) -> Problem:
        """Raises RunError where the data is not that of the run, and what `build_problem` raises."""
        spec = parse_saved_spec(self.spec_text, name="the spec of the run", base=self.base)
        problem = build_problem(spec, allow_code=self.allow_code)
        if problem.dataset.fingerprint != self.data_fingerprint:
            raise RunError(
                f"the data must be that of the run (fingerprint {self.data_fingerprint[:12]}), but it is "
                f"{problem.dataset.fingerprint[:12]}; bring the same files there, below {self.base}"
            )
        return problem


@dataclass(frozen=True, slots=True)
class AxisRecipe:
    """Trains candidates of the axis stage at an index. supernet: the file of shared weights, if any."""

    source: ProblemSource
    stage: int
    seed: int
    supernet: Path | None

    def prepare(self) -> Callable[[AxisTask], Trained]:
        problem = self.source.build()
        axes = axis_problem(problem, problem.stages[self.stage], self.seed)
        return partial(try_candidate, replace(axes, supernet=self.supernet))


@dataclass(frozen=True, slots=True)
class JobRecipe:
    """Makes networks of the jobs of the stage at an index. starts: of a gate-level stage."""

    source: ProblemSource
    stage: int
    starts: tuple[Start, ...]
    seed: int

    def prepare(self) -> Callable[[JobTask], JobPart]:
        problem = self.source.build()
        return partial(
            make_part_of_job, job_problem(problem, problem.stages[self.stage], self.starts, self.seed)
        )


def axis_problem(problem: Problem, stage: Stage, seed: int) -> AxisProblem:
    """The evaluation of an axis stage."""
    space = axis_space(problem, stage)
    training = ConvnetTraining(problem.spec.train) if isinstance(space, ConvnetAxes) else None
    return AxisProblem(stage.name, space, problem.dataset, problem.goals, problem.models, seed, training)


def job_problem(problem: Problem, stage: Stage, starts: Sequence[Start], seed: int) -> JobProblem:
    """The jobs of a stage of trees or gates."""
    jobs: TreeJobs | GateJobs
    if isinstance(stage.options, DecisionTreeOptions):
        jobs = TreeJobs.of(problem, stage.options, seed)
    else:
        assert isinstance(stage.options, GateNetlistOptions)
        jobs = GateJobs.of(problem, stage.options, starts, seed)
    return JobProblem(jobs, problem.dataset, problem.goals, problem.models)


def axis_workers(problem: Problem, stage: Stage, axes: AxisProblem, seed: int) -> Workers[AxisTask, Trained]:
    """Workers as the spec wants them."""
    source, number = ProblemSource.of(problem), problem.stages.index(stage)
    recipe = AxisRecipe(source, number, seed, axes.supernet and axes.supernet.absolute())
    return open_workers(problem.spec.search, recipe, partial(try_candidate, axes))


def job_workers(
    problem: Problem, stage: Stage, jobs: JobProblem, starts: Sequence[Start], seed: int
) -> Workers[JobTask, JobPart]:
    """Workers as the spec wants them."""
    recipe = JobRecipe(ProblemSource.of(problem), problem.stages.index(stage), tuple(starts), seed)
    return open_workers(problem.spec.search, recipe, partial(make_part_of_job, jobs))


def open_workers(
    search: SearchSpec, recipe: Recipe[Task, Result], evaluate: Callable[[Task], Result]
) -> Workers[Task, Result]:
    """This process where one worker without limits is wanted, else processes, or a cluster.

    evaluate: what the recipe prepares, for this process. Raises WorkersError.
    """
    given = search.per_evaluation
    limits = PerEvaluation(given.memory_bytes, given.timeout_s, given.resources) if given else PerEvaluation()
    if isinstance(search.workers, str):
        from nas.workers.cluster import DaskWorkers  # Dask is heavy, and an extra

        return DaskWorkers(recipe, search.workers.replace("dask://", "tcp://", 1), limits)
    if search.workers == 1 and not limits.needs_process:
        return SerialWorkers(evaluate)
    return ProcessWorkers(recipe, search.workers, limits)
