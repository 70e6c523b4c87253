"""The spec of a run: frozen models of plain values, one for each section of the YAML file.

docs/spec.md explains every key. The models check the shape of a section; what concerns several
sections, or needs names from elsewhere, is checked by `nas.specfile`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    PrivateAttr,
    model_serializer,
    model_validator,
)

from nas.data.dataset import Task
from nas.spec.data import DataSpec, SplitSpec, ValidationSpec
from nas.spec.fields import (
    ALIAS_PATTERN,
    NAME_PATTERN,
    WHOLE,
    AlgorithmName,
    Alias,
    Name,
    Section,
    Text,
    at_key,
    whole,
    without_empty,
)
from nas.spec.limits import LimitSpec, in_units_of_metrics
from nas.spec.train import TrainSpec
from nas.spec.workers import PerEvaluationSpec, StopSpec, WorkersField

__all__ = [
    "ALIAS_PATTERN",
    "FAMILIES",
    "NAME_PATTERN",
    "CSpec",
    "DataSpec",
    "EmitSpec",
    "HardwareSpec",
    "LimitSpec",
    "OperatorsSpec",
    "SearchSpec",
    "SpaceSpec",
    "Spec",
    "SplitSpec",
    "ValidationSpec",
    "VerilogSpec",
]

FAMILIES: tuple[str, ...] = ("approximate_mlp", "decision_tree", "gate_netlist", "convnet")
"""Families of search spaces that a spec can name."""

DEFAULT_MINUTES = 5.0


class SpaceSpec(Section):
    """A family of networks with its options, which the family itself reads."""

    family: Literal["approximate_mlp", "decision_tree", "gate_netlist", "convnet"]
    options: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, given: object) -> object:
        if isinstance(given, str):
            return {"family": given}
        if not isinstance(given, Mapping) or "family" in given:
            return given
        if len(given) != 1:
            raise ValueError(f"each entry must name one family with its options, not {len(given)}")
        [(family, options)] = given.items()
        return {"family": family, "options": without_empty(options) or {}}

    @model_serializer
    def _as_written(self) -> dict[str, JsonValue]:
        return {self.family: self.options}


class HardwareSpec(Section):
    """A hardware model with its options, which the model itself reads."""

    model: Text
    options: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _options_beside_model(cls, given: object) -> object:
        if not isinstance(given, Mapping) or set(given) == {"model", "options"}:
            return given
        options = {key: value for key, value in given.items() if key != "model"}
        return {"model": given.get("model"), "options": without_empty(options)}

    @model_serializer
    def _as_written(self) -> dict[str, JsonValue]:
        return {"model": self.model, **self.options}


def _flag_or_count(value: object) -> object:
    value = whole(value)
    if isinstance(value, bool) or (isinstance(value, int) and 1 <= value <= 10_000):
        return value
    raise ValueError("must be true, false, or how many networks to train, 1 to 10000")


Rate = Annotated[float, Field(ge=0, le=1)]
Eta = Annotated[float, Field(gt=0, le=1000)]


class CrossoverSpec(Section):
    """Simulated binary crossover."""

    probability: Rate = 0.9
    """That two parents cross over."""
    eta: Eta = 15.0
    """Distribution index: the larger, the nearer children are to their parents."""


class MutationSpec(Section):
    """Polynomial mutation."""

    probability: Rate = 0.9
    """That a child mutates, in one place on average."""
    eta: Eta = 20.0
    """Distribution index: the larger, the smaller the step."""


class OperatorsSpec(Section):
    """How pymoo_nsga2 mates; pymoo's own settings where left out."""

    crossover: CrossoverSpec = CrossoverSpec()
    """Simulated binary crossover."""
    mutation: MutationSpec = MutationSpec()
    """Polynomial mutation."""


class SearchSpec(Section):
    """The algorithm, its budget and its workers; where no budget is given, 5 minutes."""

    algorithm: AlgorithmName = "auto"
    """auto suits the space and the budget; module:object names a searcher of your own, which needs
    --allow-code; see docs/search.md."""
    evaluations: Annotated[int, Field(ge=1, le=10**12), WHOLE] | None = None
    """How many candidates may be evaluated."""
    minutes: Annotated[float, Field(gt=0, le=525_600)] | None = None
    """How long the search may take."""
    joules: Annotated[float, Field(gt=0)] | None = None
    """How much energy the search may take."""
    power_w: Annotated[float, Field(gt=0)] | None = None
    """Of all machines that evaluate, where it can't be measured; counts for joules."""
    stop: StopSpec | None = None
    """When the search ends before its budget is spent."""
    workers: WorkersField = 1
    """How many processes evaluate at once, or a Dask scheduler such as dask://host:8786."""
    per_evaluation: PerEvaluationSpec | None = None
    """What one evaluation may use."""
    warm_start: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] | None = None
    """Run folders whose evaluations of the same space the search begins with."""
    population: Annotated[int, Field(ge=4, le=100_000), WHOLE] | None = None
    """How many candidates a generation has; chosen by the algorithm where left out."""
    seed_with_gradients: Annotated[
        bool | Annotated[int, Field(ge=1, le=10_000)], BeforeValidator(_flag_or_count)
    ] = True
    """Whether, or how many, networks trained by gradient start an evolution."""

    operators: OperatorsSpec | None = None
    """How pymoo_nsga2 mates; for no other algorithm."""
    partitions: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    """Of each objective, from which the reference directions of pymoo_nsga3 come."""
    reference_points: Annotated[tuple[dict[str, float], ...], Field(strict=False, min_length=1)] | None = None
    """Designs that pymoo_rnsga2 searches around: a value for each objective."""

    @model_validator(mode="after")
    def _operators_fit(self) -> Self:
        if self.operators is not None and self.algorithm != "pymoo_nsga2":
            raise at_key("operators", f"only algorithm: pymoo_nsga2 takes operators, not {self.algorithm}")
        if self.partitions is not None and self.algorithm != "pymoo_nsga3":
            text = f"only algorithm: pymoo_nsga3 takes partitions, not {self.algorithm}"
            raise at_key("partitions", text)
        if (self.reference_points is not None) != (self.algorithm == "pymoo_rnsga2"):
            text = "pymoo_rnsga2 needs reference_points, and no other takes them"
            raise at_key("reference_points" if self.reference_points else "algorithm", text)
        return self

    @model_validator(mode="before")
    @classmethod
    def _budget(cls, given: object) -> object:
        budgets = ("evaluations", "minutes", "joules")
        if isinstance(given, Mapping) and all(given.get(budget) is None for budget in budgets):
            return {**given, "minutes": DEFAULT_MINUTES}
        return given


class VerilogSpec(Section):
    """How Verilog is written."""

    style: Literal["word", "cells"] = "word"
    """word: arithmetic on words, which a synthesizer maps; cells: the smallest netlist of printed cells."""


class CSpec(Section):
    """How C is laid out."""

    layout: Literal["cmake", "arduino", "platformio", "plain"] = "cmake"
    """A CMake project, a library of the Arduino IDE or of PlatformIO, or the files alone."""


class EmitSpec(Section):
    """What is handed over, and of which winners; where neither target is named, both."""

    verilog: VerilogSpec | None = None
    """A Verilog module with its testbench."""
    c: CSpec | None = None
    """A C module with its self-test."""
    winners: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = ("knee",)
    """knee, best_ and an objective, or one_standard_error: which designs of the front are handed over."""

    @model_validator(mode="before")
    @classmethod
    def _both_targets(cls, given: object) -> object:
        if isinstance(given, Mapping) and given.get("verilog") is None and given.get("c") is None:
            return {**given, "verilog": {}, "c": {}}
        return given


class Spec(Section):
    """Everything a run starts from. Read from YAML by `nas.specfile.read_spec`."""

    version: Literal[1]
    """The version of this format."""
    name: Name
    """Begins the names of files and modules."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1), WHOLE] = 1
    """Decides every random choice."""
    task: Task
    """What the data is for."""
    data: DataSpec
    """Where the data comes from."""
    split: SplitSpec = SplitSpec()
    """The test part and the validation parts."""
    space: Annotated[tuple[SpaceSpec, ...], Field(strict=False, min_length=1)]
    """The families of networks to search, each with its options."""
    hardware: dict[Alias, HardwareSpec] = Field(default_factory=dict)
    """Hardware models by alias; the alias begins the names of their metrics."""
    objectives: Annotated[dict[str, Literal["min", "max"]], Field(min_length=1)]
    """What to make larger or smaller."""
    limits: Annotated[dict[str, LimitSpec], BeforeValidator(in_units_of_metrics)] = Field(
        default_factory=dict
    )
    """What a design must keep to."""
    train: TrainSpec = TrainSpec()
    """How convolutional networks are trained."""
    search: SearchSpec = SearchSpec()
    """The algorithm and its budget."""
    emit: EmitSpec = EmitSpec()
    """What is handed over, and of which winners."""

    _base: Path = PrivateAttr(default=Path())

    @property
    def base(self) -> Path:
        """The folder that files named in the spec are relative to: the spec's own."""
        return self._base

    def with_base(self, base: Path) -> Self:
        """The same spec, its files relative to another folder."""
        copy = self.model_copy()
        copy._base = base
        return copy
