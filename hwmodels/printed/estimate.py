"""The area and power that synthesis is likely to give, in a cell library with a calibration."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from codegen.cells import CellLibrary
from codegen.circuit import lower
from codegen.ir import BespokeMlp, DecisionTree, GateNetlist, Interface, MlpBatch, Network
from codegen.ir.batch import batch_of
from codegen.ir.errors import IrError
from hwmodels.model import FloatVector, Source
from hwmodels.printed.calibration import load_calibration, nand_leakage

ESTIMATED_AREA, ESTIMATED_POWER = "estimated_area_cm2", "estimated_power_mw"
Prices: TypeAlias = Mapping[str, FloatVector]


class Estimator:
    """Estimates for one library and supply. power_by_leakage: total power by leakage.

    Without a calibration, for a gate netlist, and for signed features, the estimate is what was counted.
    """

    def __init__(self, library: CellLibrary, supply_v: float, power_by_leakage: float) -> None:
        self._library = library
        self._calibration = load_calibration(library)
        self._power_by_area = 0.0
        if self._calibration is not None:
            leakage = self._calibration.leakage_by_nand * nand_leakage(library, supply_v)
            self._power_by_area = leakage * power_by_leakage

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the calibration comes from, or that there is none."""
        if self._calibration is None:
            text = f"no calibration for {self._library.name}: the estimates are the counted figures"
            return (Source("calibration", 0.0, "1", text),)
        return (Source("estimated power by area", self._power_by_area, "mW/cm2", self._calibration.source),)

    def of_network(self, network: Network, counted: Prices) -> Prices:
        """counted: metrics of the network, as vectors of one entry."""
        if (
            self._calibration is None
            or isinstance(network.body, GateNetlist)
            or _is_signed(network.interface)
        ):
            return _as_counted(counted)
        return self._calibrated(self._figures(network), counted)

    def of_batch(self, batch: MlpBatch, interface: Interface, counted: Prices) -> Prices:
        """Equal to `of_network` row by row."""
        if self._calibration is None or _is_signed(interface):
            return _as_counted(counted)
        from hwmodels.printed.sketch.population import sketch_batch

        return self._calibrated(sketch_batch(batch, interface, self._library), counted)

    def _figures(self, network: Network) -> FloatVector:
        from hwmodels.printed.sketch.population import sketch_batch, sketch_circuit

        if isinstance(network.body, DecisionTree):
            return sketch_circuit(lower(network, self._library), network.interface, self._library)[None, :]
        assert isinstance(network.body, BespokeMlp)
        try:
            return sketch_batch(batch_of([network]), network.interface, self._library)
        except IrError:  # numbers beyond 32 bits
            return np.full((1, 2), np.nan)

    def _calibrated(self, figures: FloatVector, counted: Prices) -> Prices:
        assert self._calibration is not None
        area = self._calibration.area_cm2(figures[:, 0], figures[:, 1], counted["area_cm2"])
        return {ESTIMATED_AREA: area, ESTIMATED_POWER: area * self._power_by_area}


def _as_counted(counted: Prices) -> Prices:
    return {ESTIMATED_AREA: counted["area_cm2"], ESTIMATED_POWER: counted["power_mw"]}


def _is_signed(interface: Interface) -> bool:
    return any(feature.signed for feature in interface.features)


@dataclass(eq=False, slots=True)
class PopulationPrices(Mapping[str, FloatVector]):
    """Counted figures, and estimates that are made when one is asked for: a search may want none."""

    counted: Prices
    estimate: Callable[[], Prices]
    _estimated: Prices | None = field(default=None, init=False)

    def __getitem__(self, name: str) -> FloatVector:
        if name not in (ESTIMATED_AREA, ESTIMATED_POWER):
            return self.counted[name]
        if self._estimated is None:
            self._estimated = self.estimate()
        return self._estimated[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.counted
        yield from (ESTIMATED_AREA, ESTIMATED_POWER)

    def __len__(self) -> int:
        return len(self.counted) + 2
