"""The analytic price of a printed circuit: area, power, latency and energy from counted building blocks."""

import math
from collections.abc import Mapping

import numpy as np

from codegen.cells import CellLibrary, CellLibraryError, load_cells
from codegen.ir import BespokeMlp, DecisionTree, Design, GateNetlist, Interface, MlpBatch, Network
from hwmodels.model import (
    Cost,
    CostClass,
    CostItem,
    FloatVector,
    HardwareModelError,
    Metric,
    Source,
    Workload,
)
from hwmodels.printed.batteries import Battery, find_battery
from hwmodels.printed.converters import NO_CONVERTERS, Converters, find_converters, price_converters
from hwmodels.printed.costs import IntArray, unit_costs
from hwmodels.printed.estimate import ESTIMATED_AREA, ESTIMATED_POWER, Estimator, PopulationPrices
from hwmodels.printed.mlp import count_mlp
from hwmodels.printed.netlist import count_netlist, leakage_of_parts
from hwmodels.printed.synthesized import (
    PREFIX,
    refined_cost,
    synthesize_for_price,
    synthesized_metrics,
)
from hwmodels.printed.tally import Tally
from hwmodels.printed.tree import count_tree

UJ_PER_MJ = 1000.0

_METRICS = (
    Metric("area_cm2", "cm2", "min", "network", "cells of the circuit, without converters and wiring"),
    Metric("power_mw", "mW", "min", "network", "leakage and switching; of a netlist on the samples"),
    Metric("latency_s", "s", "min", "network", "critical path from the input codes to the answer"),
    Metric("energy_uj", "uJ", "min", "network", "power for the time of one inference; it leaks all the time"),
    Metric("time_share", "1", "min", "network", "latency by the time of one inference; above 1 is too slow"),
    Metric("converter_area_cm2", "cm2", "min", "network", "converters of the features that are read"),
    Metric("converter_power_mw", "mW", "min", "network", "converters of the features that are read"),
    Metric("total_area_cm2", "cm2", "min", "network", "circuit and converters"),
    Metric("total_power_mw", "mW", "min", "network", "circuit and converters"),
)
_ESTIMATES = (
    Metric(ESTIMATED_AREA, "cm2", "min", "network", "what synthesis is likely to make of area_cm2"),
    Metric(ESTIMATED_POWER, "mW", "min", "network", "leakage and switching of the estimated area"),
)
_BATTERY_SHARE = Metric("battery_share", "1", "min", "network", "total power by what the battery gives")
_REFUSED = (
    "a printed circuit is built for one bespoke MLP, decision tree or gate netlist; "
    "a tensor network would need memory and multipliers"
)


class PrintedModel:
    """Prices bespoke MLPs, decision trees and gate netlists as fully parallel printed circuits.

    cells: name of a cell library that ships, or the path of one. supply_v: within the library's table; the
    library's nominal supply where it is None. inferences_per_s: above 0; a circuit that is slower has a
    time_share above 1. converters: "none", the name of a kind in hwmodels/printed/converters.json, or a
    file of that layout. battery: name of one in hwmodels/printed/batteries.json; the model then gives
    battery_share, which after synthesis is at most 1. estimate: whether it gives estimated_area_cm2 and
    estimated_power_mw, which take tens of milliseconds a population, and a minute to compile at the first
    use. Raises HardwareModelError for an option that can't be.
    """

    def __init__(
        self,
        cells: str = "egfet",
        *,
        supply_v: float | None = None,
        inferences_per_s: float = 5.0,
        converters: str = NO_CONVERTERS,
        battery: str | None = None,
        estimate: bool = False,
    ) -> None:
        if not (math.isfinite(inferences_per_s) and inferences_per_s > 0):
            raise HardwareModelError(
                f"printed: inferences_per_s must be finite and above 0, not {inferences_per_s}"
            )
        if not isinstance(estimate, bool):
            raise HardwareModelError(f"printed: estimate must be true or false, not {estimate!r}")
        try:
            self._library: CellLibrary = load_cells(cells)
            self._supply_v = self._library.nominal_supply_v if supply_v is None else supply_v
            self._units = unit_costs(self._library, self._supply_v)
        except CellLibraryError as error:
            raise HardwareModelError(f"printed: {error}") from None
        self._rate = inferences_per_s
        self._power_by_leakage = 1 + self._library.switching.share_at(inferences_per_s)
        self._converters: Converters = find_converters(converters)
        self._battery: Battery | None = None if battery is None else find_battery(battery)
        self._estimator: Estimator | None = None
        if estimate:
            self._estimator = Estimator(self._library, self._supply_v, self._power_by_leakage)

    @property
    def library(self) -> CellLibrary:
        """The cells that designs are priced in."""
        return self._library

    @property
    def power_by_leakage(self) -> float:
        """Power with switching over leakage alone, at the rate of the model."""
        return self._power_by_leakage

    @property
    def metrics(self) -> tuple[Metric, ...]:
        counted = _METRICS if self._battery is None else (*_METRICS, _BATTERY_SHARE)
        estimates = () if self._estimator is None else _ESTIMATES
        return (*counted, *estimates, *synthesized_metrics(counted))

    @property
    def bounds(self) -> Mapping[str, float]:
        """A circuit that takes more than its battery gives does not work."""
        return {} if self._battery is None else {f"{PREFIX}{_BATTERY_SHARE.name}": 1.0}

    @property
    def cost_class(self) -> CostClass:
        return "free"

    def accepts(self, design: Design) -> str | None:
        """Refuses tensor networks and graphs. A slow circuit is no reason: see the metric time_share."""
        content = design.content
        if not isinstance(content, Network) or not isinstance(
            content.body, BespokeMlp | DecisionTree | GateNetlist
        ):
            return _REFUSED
        return None

    def price(self, design: Design, workload: Workload) -> Cost:
        """The cost by docs/printed.md; the leakage of a netlist is that of the samples where there are any.

        Raises HardwareModelError for a design that is not accepted.
        """
        content = design.content
        if not isinstance(content, Network):
            raise HardwareModelError(f"printed: {_REFUSED}")
        tally, latency_s = self._count(content)
        counts, reads = tally.totals()[None, :], _reads_of(tally, content.interface)
        leakage_mw = (counts * self._units.leakage_mw).sum(axis=1)
        by_part = self._leakage_by_part(tally)
        if isinstance(content.body, GateNetlist) and workload.samples is not None:
            by_part = leakage_of_parts(content.interface, content.body, workload.samples, self._units)
            leakage_mw = np.array([sum(by_part.values())])
        counted = self._metrics(counts, np.array([latency_s]), leakage_mw, reads, content.interface)
        estimator = self._estimator
        metrics = counted if estimator is None else {**counted, **estimator.of_network(content, counted)}
        return Cost(
            {name: float(values[0]) for name, values in metrics.items()},
            (*self._circuit_items(tally, by_part), *self._converter_items(reads, content.interface)),
            (*self._units.sources(self._library), *self._option_sources()),
        )

    def refine(self, design: Design, workload: Workload) -> Cost:
        """Area, power and latency after synthesis, in seconds the first time (docs/printed.md).

        Raises HardwareModelError for a design that is not accepted, RefineError where synthesis fails.
        """
        content = design.content
        if self.accepts(design) is not None or not isinstance(content, Network):
            raise HardwareModelError(f"printed: {_REFUSED}")
        made = synthesize_for_price(content, workload, self._library)
        return refined_cost(self.price(Design(made.network), made.workload), made.sources)

    def price_batch(
        self, batch: MlpBatch, interface: Interface, workload: Workload
    ) -> Mapping[str, FloatVector]:
        """(n_networks,) float64 for each metric, equal to `price` row by row; estimates only if asked for."""
        from hwmodels.printed.batch import count_batch  # numba is loaded when a population is priced

        tally = count_batch(batch, interface, self._units.delay_s)
        leakage_mw = (tally.counts * self._units.leakage_mw).sum(axis=1)
        counted = self._metrics(tally.counts, tally.latency_s, leakage_mw, tally.reads, interface)
        estimator = self._estimator
        if estimator is None:
            return counted
        return PopulationPrices(counted, lambda: estimator.of_batch(batch, interface, counted))

    def _count(self, network: Network) -> tuple[Tally, float]:
        tally = Tally(self._units.delay_s)
        match network.body:
            case BespokeMlp():
                return tally, count_mlp(network, network.body, tally)
            case DecisionTree():
                return tally, count_tree(network.interface, network.body, tally)
            case GateNetlist():
                return tally, count_netlist(network.interface, network.body, tally)
        raise HardwareModelError(f"printed: {_REFUSED}")

    def _metrics(
        self,
        counts: IntArray,
        latency_s: FloatVector,
        leakage_mw: FloatVector,
        reads: IntArray,
        interface: Interface,
    ) -> Mapping[str, FloatVector]:
        """counts: (n, n_units) int64. latency_s, leakage_mw: (n,). reads: (n, n_features) int64."""
        area_cm2 = (counts * self._units.area_cm2).sum(axis=1)
        power_mw = leakage_mw * self._power_by_leakage
        converter_area_cm2 = price_converters(self._converters.area_cm2, reads, interface).sum(axis=1)
        converter_power_mw = price_converters(self._converters.power_mw, reads, interface).sum(axis=1)
        figures = {
            "area_cm2": area_cm2,
            "power_mw": power_mw,
            "latency_s": latency_s,
            "energy_uj": power_mw / self._rate * UJ_PER_MJ,
            "time_share": latency_s * self._rate,
            "converter_area_cm2": converter_area_cm2,
            "converter_power_mw": converter_power_mw,
            "total_area_cm2": area_cm2 + converter_area_cm2,
            "total_power_mw": power_mw + converter_power_mw,
        }
        if self._battery is not None:
            figures["battery_share"] = figures["total_power_mw"] / self._battery.power_mw
        return figures

    def _leakage_by_part(self, tally: Tally) -> Mapping[str, float]:
        leakage: dict[str, float] = {}
        for (part, unit), count in tally.counts.items():
            leakage[part] = leakage.get(part, 0.0) + count * float(self._units.leakage_mw[unit])
        return leakage

    def _circuit_items(self, tally: Tally, leakage_by_part: Mapping[str, float]) -> tuple[CostItem, ...]:
        area: dict[str, float] = {}
        for (part, unit), count in tally.counts.items():
            area[part] = area.get(part, 0.0) + count * float(self._units.area_cm2[unit])
        return (
            *(CostItem(part, "area_cm2", amount) for part, amount in area.items()),
            *(
                CostItem(part, "power_mw", amount * self._power_by_leakage)
                for part, amount in leakage_by_part.items()
            ),
        )

    def _converter_items(self, reads: IntArray, interface: Interface) -> tuple[CostItem, ...]:
        """The shares of the features that are read; none without converters."""
        kinds = (
            ("converter_area_cm2", self._converters.area_cm2),
            ("converter_power_mw", self._converters.power_mw),
        )
        return tuple(
            CostItem(f"converters/feature {number}", metric, float(amount))
            for metric, figure in kinds
            for number, amount in enumerate(price_converters(figure, reads, interface)[0])
            if amount
        )

    def _option_sources(self) -> tuple[Source, ...]:
        switching, battery = self._library.switching, self._battery
        return (
            Source("switching by leakage", switching.share_at(self._rate), "1", switching.source),
            Source("supply", self._supply_v, "V", "option supply_v"),
            Source("inferences a second", self._rate, "1/s", "option inferences_per_s"),
            *self._converters.sources(),
            *(() if battery is None else (Source("battery", battery.power_mw, "mW", battery.source),)),
            *(() if self._estimator is None else self._estimator.sources),
        )


def _reads_of(tally: Tally, interface: Interface) -> IntArray:
    """(1, n_features) masks of the bits that are read."""
    return np.array([[tally.reads.get(number, 0) for number in range(interface.n_features)]], dtype=np.int64)
