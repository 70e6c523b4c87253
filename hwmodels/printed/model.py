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
from hwmodels.printed.costs import IntArray, unit_costs
from hwmodels.printed.mlp import count_mlp
from hwmodels.printed.netlist import count_netlist
from hwmodels.printed.tally import Tally
from hwmodels.printed.tree import count_tree

DYNAMIC_SHARE = 0.051
"""Switching power by leakage at `REFERENCE_RATE`: the middle of the published 0.034 to 0.068."""
REFERENCE_RATE = 5.0
"""Inferences a second, one each 200 ms, at which `DYNAMIC_SHARE` was published."""
UJ_PER_MJ = 1000.0

_METRICS = (
    Metric("area_cm2", "cm2", "min", "network", "cells of the circuit, without converters and wiring"),
    Metric("power_mw", "mW", "min", "network", "leakage and switching, at equally likely signals"),
    Metric("latency_s", "s", "min", "network", "critical path from the input codes to the answer"),
    Metric("energy_uj", "uJ", "min", "network", "power for the time of one inference; it leaks all the time"),
    Metric("time_share", "1", "min", "network", "latency by the time of one inference; above 1 is too slow"),
)
_BATTERY_SHARE = Metric("battery_share", "1", "min", "network", "power by what the battery gives, at most 1")
_REFUSED = (
    "a printed circuit is built for one bespoke MLP, decision tree or gate netlist; "
    "a tensor network would need memory and multipliers"
)


class PrintedModel:
    """Prices bespoke MLPs, decision trees and gate netlists as fully parallel printed circuits.

    cells: name of a cell library that ships, or the path of one. supply_v: within the library's table.
    inferences_per_s: above 0; a circuit that is slower has a time_share above 1. battery: name of one in
    hwmodels/printed/batteries.json; the model then gives battery_share, which is at most 1.
    Raises HardwareModelError for an option that can't be.
    """

    def __init__(
        self,
        cells: str = "egfet",
        *,
        supply_v: float = 1.0,
        inferences_per_s: float = 5.0,
        battery: str | None = None,
    ) -> None:
        if not (math.isfinite(inferences_per_s) and inferences_per_s > 0):
            raise HardwareModelError(
                f"printed: inferences_per_s must be finite and above 0, not {inferences_per_s}"
            )
        try:
            self._library: CellLibrary = load_cells(cells)
            self._units = unit_costs(self._library, supply_v)
        except CellLibraryError as error:
            raise HardwareModelError(f"printed: {error}") from None
        self._supply_v, self._rate = supply_v, inferences_per_s
        self._battery: Battery | None = None if battery is None else find_battery(battery)
        self._power_by_leakage = 1 + DYNAMIC_SHARE * inferences_per_s / REFERENCE_RATE

    @property
    def library(self) -> CellLibrary:
        """The cells that designs are priced in."""
        return self._library

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return _METRICS if self._battery is None else (*_METRICS, _BATTERY_SHARE)

    @property
    def bounds(self) -> Mapping[str, float]:
        """A circuit that takes more than its battery gives does not work."""
        return {} if self._battery is None else {"battery_share": 1.0}

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
        """The cost by docs/printed.md. Raises HardwareModelError for a design that is not accepted."""
        content = design.content
        if not isinstance(content, Network):
            raise HardwareModelError(f"printed: {_REFUSED}")
        tally, latency_s = self._count(content)
        metrics = self._metrics(tally.totals()[None, :], np.array([latency_s]))
        return Cost(
            {name: float(values[0]) for name, values in metrics.items()},
            self._items(tally),
            (*self._units.sources(self._library), *self._option_sources()),
        )

    def price_batch(
        self, batch: MlpBatch, interface: Interface, workload: Workload
    ) -> Mapping[str, FloatVector]:
        """(n_networks,) float64 for each metric, equal to `price` row by row."""
        from hwmodels.printed.batch import count_batch  # numba is loaded when a population is priced

        counts, latency_s = count_batch(batch, interface, self._units.delay_s)
        return self._metrics(counts, latency_s)

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

    def _metrics(self, counts: IntArray, latency_s: FloatVector) -> Mapping[str, FloatVector]:
        """counts: (n, n_units) int64. latency_s: (n,)."""
        power_mw = (counts * self._units.leakage_mw).sum(axis=1) * self._power_by_leakage
        figures = {
            "area_cm2": (counts * self._units.area_cm2).sum(axis=1),
            "power_mw": power_mw,
            "latency_s": latency_s,
            "energy_uj": power_mw / self._rate * UJ_PER_MJ,
            "time_share": latency_s * self._rate,
        }
        if self._battery is not None:
            figures["battery_share"] = power_mw / self._battery.power_mw
        return figures

    def _items(self, tally: Tally) -> tuple[CostItem, ...]:
        area: dict[str, float] = {}
        power: dict[str, float] = {}
        for (part, unit), count in tally.counts.items():
            area[part] = area.get(part, 0.0) + count * float(self._units.area_cm2[unit])
            leakage = count * float(self._units.leakage_mw[unit])
            power[part] = power.get(part, 0.0) + leakage * self._power_by_leakage
        shares = (("area_cm2", area), ("power_mw", power))
        return tuple(CostItem(part, metric, amount) for metric, by in shares for part, amount in by.items())

    def _option_sources(self) -> tuple[Source, ...]:
        published = "total power is 1.034 to 1.068 times leakage at 200 ms on published printed classifiers"
        battery = self._battery
        return (
            Source("dynamic share of leakage", DYNAMIC_SHARE, "1", f"{published}; the middle"),
            Source("supply", self._supply_v, "V", "option supply_v"),
            Source("inferences a second", self._rate, "1/s", "option inferences_per_s"),
            *(() if battery is None else (Source("battery", battery.power_mw, "mW", battery.source),)),
        )
