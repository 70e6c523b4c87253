"""The protocol of a hardware model: what a design costs, before or after it is trained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from codegen.ir import Design, Interface, MlpBatch

Direction: TypeAlias = Literal["min", "max"]
Needs: TypeAlias = Literal["structure", "network", "samples"]
CostClass: TypeAlias = Literal["free", "seconds"]
FloatVector: TypeAlias = npt.NDArray[np.float64]
CodeMatrix: TypeAlias = npt.NDArray[np.integer[Any]]


class HardwareModelError(ValueError):
    """A model was made with an impossible option, or is broken. The text says where, what and what to do."""


class RefineError(HardwareModelError):
    """A tool that refined metrics need is missing or failed. The text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that a model gives.

    name: the field's term with its unit, such as "area_cm2". unit: "cm2", "mW", "bytes", "s", "1", ...
    direction: which way is better. needs: what must be known of a design to give it. monotone: the
    figure never falls when a term is added to a network (the conformance kit holds a model to it).
    proxy: of a metric that takes seconds a design, the metric of the same model that stands for it where
    thousands are priced a second; `RefinedHardwareModel.refine` gives the metric itself. "" for all others.
    """

    name: str
    unit: str
    direction: Direction
    needs: Needs
    description: str = ""
    monotone: bool = False
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class CostItem:
    """A share of a metric: `part` is a path such as "layer 0/neuron 3/adders"."""

    part: str
    metric: str
    amount: float


@dataclass(frozen=True, slots=True)
class Source:
    """Where a constant of the price comes from."""

    constant: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Cost:
    """The price of one design.

    metrics: a finite float for every metric of the model that the design allows. items: the shares;
    for a metric that has any, they add up to it. sources: of the constants that went in.
    """

    metrics: Mapping[str, float]
    items: tuple[CostItem, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """What cost depends on besides the design.

    samples: (n_samples, n_features) integer codes, or None where a model must do without.
    """

    samples: CodeMatrix | None = field(default=None)


@runtime_checkable
class HardwareModel(Protocol):
    """A model is made once from the options in the spec and then only asked.

    Pure: the same design and workload give the same cost, on any machine, in any order.
    A model class takes its options as keyword arguments and raises HardwareModelError for bad ones.
    """

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What the model gives; names are unique."""
        ...

    @property
    def cost_class(self) -> CostClass:
        """ "free": microseconds, used to reject candidates before they are evaluated; else "seconds"."""
        ...

    def accepts(self, design: Design) -> str | None:
        """None, or why the model can't price this design, in a sentence."""
        ...

    def price(self, design: Design, workload: Workload) -> Cost:
        """The cost of an accepted design, without metrics that have a proxy or whose `needs` are not met."""
        ...


@runtime_checkable
class BatchHardwareModel(HardwareModel, Protocol):
    """A model that also prices a whole population at once."""

    def price_batch(
        self, batch: MlpBatch, interface: Interface, workload: Workload
    ) -> Mapping[str, FloatVector]:
        """(n_networks,) float64 for each metric; entry i equals `price` of network i, NaN if refused."""
        ...


@runtime_checkable
class RefinedHardwareModel(HardwareModel, Protocol):
    """A model with metrics that a tool measures on the design itself, in seconds; each has a proxy."""

    def refine(self, design: Design, workload: Workload) -> Cost:
        """Exactly the metrics with a proxy, of an accepted design, where their `needs` are met.

        Raises RefineError where a tool is missing or fails.
        """
        ...


@runtime_checkable
class WithholdingHardwareModel(HardwareModel, Protocol):
    """A model that with its options can't give a metric that it gives with others."""

    @property
    def withheld(self) -> Mapping[str, str]:
        """Metric, which is not among `metrics` then -> why."""
        ...


@runtime_checkable
class BoundedHardwareModel(HardwareModel, Protocol):
    """A model of hardware that can't do everything, such as a battery that gives so much and no more."""

    @property
    def bounds(self) -> Mapping[str, float]:
        """Metric -> the largest value that is physically possible; a search holds each as a limit."""
        ...
