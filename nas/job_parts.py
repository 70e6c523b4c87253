"""The parts of a job: one for each validation fold and one for all training rows. Each is made anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from codegen.ir import Design, Network
from codegen.synthesis import SynthesisError
from codegen.toolchain import ToolError
from hwmodels.model import HardwareModel, Workload
from nas.cross_validation import Fold
from nas.data.dataset import Dataset
from nas.errors import RunError
from nas.evaluate import price_network
from nas.objectives import Goals
from nas.parts import make_part
from searchspaces.space import AxisValue, SpaceError


class Jobs(Protocol):
    """What a family has to do in a stage, and how it does it."""

    @property
    def values(self) -> Sequence[Mapping[str, AxisValue]]:
        """What tells each job from the others, by its number."""
        ...

    def folds(self, number: int) -> Sequence[int]:
        """0, 1, ... up to the last validation fold that can validate the job."""
        ...

    def needs(self, number: int) -> Sequence[int]:
        """The jobs before it whose networks it may start from."""
        ...

    def make(self, number: int, done: Mapping[int, Network], fold: Fold) -> Network:
        """The network of a job that has not seen a fold, or for None has seen all training rows.

        done: those of the jobs that it needs, for the same fold, by number, as far as they succeeded.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class JobProblem:
    """What the jobs of a stage depend on, all of it fixed during a run."""

    jobs: Jobs
    dataset: Dataset
    goals: Goals
    models: Mapping[str, HardwareModel]


class JobTask(NamedTuple):
    """A part of a job to make; see `Jobs.make`."""

    number: int
    fold: Fold
    done: Mapping[int, Network]


@dataclass(frozen=True, slots=True, eq=False)
class JobPart:
    """What became of it. prices: of the network fitted on all training rows. error: why there is none."""

    network: Network | None = None
    prices: Mapping[str, float] = field(default_factory=dict)
    error: str = ""


def make_part_of_job(problem: JobProblem, task: JobTask) -> JobPart:
    """Makes a network, and prices it where it is the one to hand over."""
    try:
        network = problem.jobs.make(task.number, task.done, task.fold)
        return JobPart(network, _prices(problem, network) if task.fold is None else {})
    except (RunError, SpaceError, ToolError, SynthesisError) as reason:
        return JobPart(error=f"{type(reason).__name__}: {reason}")


def _prices(problem: JobProblem, network: Network) -> Mapping[str, float]:
    train = make_part(problem.dataset, problem.dataset.train, network.interface)
    wanted = problem.goals.metrics
    priced = price_network(Design(network), problem.models, Workload(train.codes), wanted)
    priced.require(wanted)
    return priced.figures
