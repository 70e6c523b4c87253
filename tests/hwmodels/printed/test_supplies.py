"""Power at every supply."""

import pytest

from codegen.cells import load_cells
from codegen.circuit.netlist import BitSamples, leakage_mw, pack_codes
from codegen.errors import CodegenError
from codegen.ir.network import Gate, GateNetlist
from hwmodels.printed.supplies import power_by_supply
from tests.codegen.c.golden_networks import small_tree
from tests.networks import codes_for

EGFET = load_cells("egfet")
NETLIST = GateNetlist((Gate("nand", 2, 3), Gate("inv", 4, 4)), ((5,),))


def samples() -> BitSamples:
    codes = codes_for(small_tree().interface, 64, 0) & 1
    return pack_codes(codes, (1, 1))


def test_there_is_a_row_for_each_tabulated_supply() -> None:
    rows = power_by_supply(NETLIST, samples(), EGFET, power_by_leakage=1.051)
    assert tuple(row.supply_v for row in rows) == EGFET.supplies
    for row in rows:
        leakage = leakage_mw(NETLIST, samples(), EGFET, supply_v=row.supply_v)
        assert row.leakage_mw == pytest.approx(leakage)
        assert row.power_mw == pytest.approx(1.051 * leakage)


def test_power_rises_with_the_supply() -> None:
    powers = [row.power_mw for row in power_by_supply(NETLIST, samples(), EGFET, power_by_leakage=1.0)]
    assert powers == sorted(powers)


def test_without_samples_there_is_no_power() -> None:
    nothing = pack_codes(codes_for(small_tree().interface, 0, 0), (1, 1))
    with pytest.raises(CodegenError, match="at least one sample is needed"):
        power_by_supply(NETLIST, nothing, EGFET, power_by_leakage=1.0)
