"""The power of a mapped netlist at every supply that its cells are tabulated at."""

from dataclasses import dataclass

from codegen.cells import CellLibrary
from codegen.circuit.netlist import BitSamples, leakage_mw
from codegen.ir.network import GateNetlist


@dataclass(frozen=True, slots=True)
class SupplyPower:
    """leakage_mw: mean over the samples. power_mw: with switching."""

    supply_v: float
    leakage_mw: float
    power_mw: float


def power_by_supply(
    netlist: GateNetlist, samples: BitSamples, library: CellLibrary, *, power_by_leakage: float
) -> tuple[SupplyPower, ...]:
    """A row for each tabulated supply, lowest first.

    power_by_leakage: total power over leakage, at least 1. Raises CodegenError where there is no sample.
    """
    rows = []
    for supply_v in library.supplies:
        leakage = leakage_mw(netlist, samples, library, supply_v=supply_v)
        rows.append(SupplyPower(supply_v, leakage, leakage * power_by_leakage))
    return tuple(rows)
