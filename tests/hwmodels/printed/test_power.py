"""Power of netlists by the state of their cells, at any supply."""

import numpy as np
import pytest
from hypothesis import given, settings

from codegen.cells import CellLibrary, load_cells
from codegen.circuit.netlist import leakage_mw, pack_codes, remove_dead_gates
from codegen.ir import ClassOutput, Design, Feature, Gate, GateNetlist, Interface, Network
from hwmodels.model import Workload
from hwmodels.printed import PrintedModel, leakage_by_supply
from hwmodels.printed.costs import unit_costs
from hwmodels.printed.netlist import count_netlist, leakage_of_parts
from hwmodels.printed.tally import Tally
from tests.networks import codes_for, gate_netlists

EGFET = load_cells("egfet")
FACE = Interface((Feature("a", 0.0, 1.0, 1), Feature("b", 0.0, 1.0, 1)), ClassOutput(("no", "yes")))
NAND = Network(FACE, GateNetlist((Gate("nand", 2, 3),), ((4,),)))


@settings(max_examples=60, deadline=None)
@given(gate_netlists())
def test_the_power_of_a_netlist_is_its_leakage_by_state_on_the_samples(network: Network) -> None:
    codes = codes_for(network.interface, 70, 0)
    body = network.body
    assert isinstance(body, GateNetlist)
    live = remove_dead_gates(body, network.interface.n_input_bits)
    samples = pack_codes(codes, [feature.bits for feature in network.interface.features])
    for supply_v in (0.6, 0.93, 2.0):
        cost = PrintedModel(supply_v=supply_v).price(Design(network), Workload(codes))
        expected = leakage_mw(live, samples, EGFET, supply_v=supply_v) * 1.051 if live.gates else 0.0
        assert cost.metrics["power_mw"] == pytest.approx(expected)


def test_power_depends_on_what_the_samples_hold() -> None:
    quiet, loud = (
        PrintedModel().price(Design(NAND), Workload(np.full((4, 2), code))).metrics["power_mw"]
        for code in (0, 1)
    )
    assert (quiet, loud) == (pytest.approx(248.054e-6 * 1.051), pytest.approx(18569.1e-6 * 1.051))
    equally_likely = PrintedModel().price(Design(NAND), Workload()).metrics["power_mw"]
    assert quiet < equally_likely < loud


def test_a_gate_that_the_library_lacks_leaks_as_what_stands_for_it() -> None:
    kinds = ("inv", "nor")
    nor_only = CellLibrary("nor_only", "", tuple(cell for cell in EGFET.cells if cell.kind in kinds))
    costs, codes = unit_costs(nor_only, 1.0), np.array([[1, 1]])
    tally = Tally(costs.delay_s)
    assert isinstance(NAND.body, GateNetlist)
    count_netlist(FACE, NAND.body, tally)
    leakage = leakage_of_parts(FACE, NAND.body, codes, costs)
    assert list(leakage) == [part for part, _ in tally.counts]
    inverters = 2 * nor_only.leakage_mw("inv", 1, 1.0)  # not a nor not b, and its inverse
    both = nor_only.leakage_mw("nor", 0, 1.0) + nor_only.leakage_mw("inv", 1, 1.0)
    assert sum(leakage.values()) == pytest.approx(inverters + both)


def test_leakage_is_told_at_every_tabulated_supply() -> None:
    assert isinstance(NAND.body, GateNetlist)
    found = leakage_by_supply(NAND.body, pack_codes(np.array([[1, 1]]), (1, 1)), EGFET)
    assert list(found) == [0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0]
    assert found[0.6] == pytest.approx(5598.61e-6)
    assert found[2.0] == pytest.approx(78511.0e-6)


def test_the_supply_is_the_nominal_one_of_the_library_where_none_is_given() -> None:
    for cells, supply_v in (("egfet", 1.0), ("sky130_hd", 1.8)):
        cost = PrintedModel(cells).price(Design(NAND), Workload())
        assert {s.value for s in cost.sources if s.constant == "supply"} == {supply_v}


def test_a_library_of_any_scale_keeps_its_digits() -> None:
    cost = PrintedModel("sky130_hd").price(Design(NAND), Workload(np.array([[1, 1]])))
    assert cost.metrics["area_cm2"] == pytest.approx(3.7536e-8)
    assert cost.metrics["power_mw"] == pytest.approx(0.0079423e-6)
    assert cost.metrics["latency_s"] == pytest.approx(0.1354751e-9)
