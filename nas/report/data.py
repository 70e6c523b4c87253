"""What a report says, as plain data: made from a run once, then rendered in any form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.artifact import Proof
from hwmodels.model import CostItem, Direction, Source
from searchspaces.space import AxisValue

FitBound: TypeAlias = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class MetricFact:
    """A figure of the report. name: full, such as "egfet.area_cm2". unit: "1" where it has none.

    objective: the search optimized it.
    """

    name: str
    unit: str
    direction: Direction
    objective: bool = False


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Where the report comes from. created: UTC, ISO 8601. versions: package -> version."""

    name: str
    folder: str
    task: str
    seed: int
    created: str
    families: tuple[str, ...]
    hardware: Mapping[str, str]
    versions: Mapping[str, str]
    spec_text: str


@dataclass(frozen=True, slots=True)
class DataFacts:
    """The data set. labels: of the classes, empty for a regression."""

    origin: str
    n_rows: int
    n_features: int
    n_train: int
    n_test: int
    labels: tuple[str, ...]
    fingerprint: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """How the search went. asked: candidates generated; rejected: refused by a free limit before they cost
    an evaluation. stop_reason: a sentence, or empty while the run goes on. notes: sentences for the user.
    """

    algorithm: str
    asked: int
    evaluations: int
    rejected: int
    seconds: float
    stop_reason: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """A design on the Pareto front. id: first 12 digits of the content hash. design: one line about it.

    gate_level: a netlist that the gate-level search changed, no longer an MLP or a tree.
    """

    id: str
    family: str
    metrics: Mapping[str, float]
    design: str = ""
    gate_level: bool = False


@dataclass(frozen=True, slots=True)
class Convergence:
    """The course of the search, all series of equal length, possibly empty.

    evaluations, seconds: totals at each point. best: best value so far of each objective, NaN while
    there is none. hypervolume: of the front so far, in the units of the objectives; may be empty.
    """

    evaluations: tuple[int, ...]
    seconds: tuple[float, ...]
    best: Mapping[str, tuple[float, ...]]
    hypervolume: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitCheck:
    """Does a design keep one limit of the spec? bound: "max" where the value may not exceed the limit."""

    metric: str
    bound: FitBound
    limit: float
    value: float

    @property
    def ok(self) -> bool:
        return self.value <= self.limit if self.bound == "max" else self.value >= self.limit


@dataclass(frozen=True, slots=True)
class HardwareCost:
    """What one hardware model says of a design. items: shares by part; metric names without the alias."""

    alias: str
    metrics: Mapping[str, float]
    items: tuple[CostItem, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class BatteryFacts:
    """A power supply by name, and the most that it gives."""

    name: str
    power_mw: float


@dataclass(frozen=True, slots=True)
class SupplyFacts:
    """What a circuit takes at a supply. batteries: names of those that give `power_mw`, strongest first.

    leakage_mw: mean over the rows that the network was fitted on. power_mw: with switching.
    """

    supply_v: float
    leakage_mw: float
    power_mw: float
    batteries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SynthesizedCircuit:
    """A design in cells of a library, as its power was computed. alias: of the hardware model.

    cells: how many by name. batteries: all that were tried, strongest first. supplies: lowest first.
    """

    alias: str
    library: str
    recipe: str
    tool: str
    area_cm2: float
    cells: Mapping[str, int]
    batteries: tuple[BatteryFacts, ...]
    supplies: tuple[SupplyFacts, ...]


@dataclass(frozen=True, slots=True)
class EmittedFile:
    """A file of an export. path: relative to the run folder, with forward slashes. about: a few words."""

    path: str
    n_bytes: int
    about: str = ""


@dataclass(frozen=True, slots=True)
class WinnerReport:
    """A chosen design, everything about it.

    metrics: as searched, by full name ("accuracy" is that of the validation rows, "fit_accuracy" that of the
    rows that the network was fitted on). test: task metrics on the test part. design: one line. structure:
    name -> figure. confusion: rows are true classes, on the test part; None for a regression. gate_level: see
    `FrontPoint`. circuits: one for each model of printed circuits.
    """

    role: str
    id: str
    network: str
    family: str
    design: str
    metrics: Mapping[str, float]
    test: Mapping[str, float]
    structure: Mapping[str, AxisValue]
    costs: tuple[HardwareCost, ...] = ()
    limits: tuple[LimitCheck, ...] = ()
    confusion: tuple[tuple[int, ...], ...] | None = None
    files: tuple[EmittedFile, ...] = ()
    proofs: tuple[Proof, ...] = ()
    gate_level: bool = False
    circuits: tuple[SynthesizedCircuit, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportData:
    """The whole report. metrics: what is known of each figure, in the order to show them.

    Several winners may share one design (equal ids); they then agree in all but the role.
    front_without_gates: of all designs but the gate-level ones; empty where `front` has none of these.
    """

    run: RunFacts
    data: DataFacts
    search: SearchFacts
    metrics: tuple[MetricFact, ...]
    front: tuple[FrontPoint, ...]
    convergence: Convergence
    winners: tuple[WinnerReport, ...]
    front_without_gates: tuple[FrontPoint, ...] = ()

    @property
    def objectives(self) -> tuple[MetricFact, ...]:
        return tuple(metric for metric in self.metrics if metric.objective)
