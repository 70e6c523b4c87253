"""What a run writes down: evaluations one by one, or blocks of them, and events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from searchspaces.space import AxisValue, Rows

STAGE_END = "stage_end"
"""Kind of the event that closes a stage."""
BASE = "base"
"""Kind of the event that names the network whose masks a stage searches."""

_EARLIER = ", earlier"


def earlier_name(stage: str) -> str:
    """The family of evaluations that a stage was given by earlier runs."""
    return stage + _EARLIER


def is_earlier(family: str) -> bool:
    """Whether evaluations of a family were made by earlier runs."""
    return family.endswith(_EARLIER)


Status: TypeAlias = Literal["ok", "infeasible", "failed"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One candidate of an axis space, a job of a stage, or a refitted design of a gene stage, evaluated.

    number: of the candidate in its stage, from 0. fidelity: share of the full training, above 0 and up to 1.
    status: "infeasible" breaks a limit that only the evaluation could show. metrics: every figure by its
    full name ("accuracy", "egfet.area_cm2"). network: id (content hash) or None. error: why it failed.
    folds: ids of the networks that validated it, the one at index k fitted without validation fold k.
    """

    number: int
    family: str
    values: Mapping[str, AxisValue]
    fidelity: float
    status: Status
    metrics: Mapping[str, float]
    network: str | None
    seconds: float
    error: str = ""
    folds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One generation of a gene search; counters are totals since the start of the stage.

    rows: (n, n_genes), the genes that entered the front in this generation, with metrics: one float for
    each full name and row, {name: (n,)}. asked: candidates generated. evaluations: candidates charged to
    the budget. rejected: candidates refused by a free limit. seconds: spent searching.
    """

    family: str
    generation: int
    asked: int
    evaluations: int
    rejected: int
    seconds: float
    rows: Rows
    metrics: Mapping[str, Rows]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that explains the course of a run.

    kind: "start" (with the facts of the data), "resume", "algorithm" (which, and why), "decision" (of a
    searcher that chooses among algorithms), "window" (how far one may be asked ahead), "warm_start" (with
    how much), "base" (a network whose masks are searched), "stage_end" (why), "note" or "finish".
    """

    kind: str
    text: str
    seconds: float
    facts: Mapping[str, AxisValue]


@dataclass(frozen=True, slots=True)
class FrontEntry:
    """A design on the Pareto front. id: first 12 digits of the network's content hash."""

    id: str
    family: str
    network: str
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Winner:
    """A chosen design. role: "knee", "best_accuracy", ... test: task metrics on the test part, read once."""

    role: str
    entry: FrontEntry
    test: Mapping[str, float]
