"""Metrics after synthesis: of the mapped netlist, gate by gate."""

import numpy as np
import pytest

from codegen import toolchain
from codegen.cells import load_cells
from codegen.circuit.netlist import cell_counts, critical_path_ns, leakage_mw, pack_codes
from codegen.ir import ClassOutput, Design, Feature, Gate, GateNetlist, Interface, Network
from codegen.synthesis import cache, synthesize_cached
from hwmodels.model import HardwareModelError, RefinedHardwareModel, RefineError, Workload
from hwmodels.printed import PrintedModel
from hwmodels.testing_designs import designs, samples_for

EGFET = load_cells("egfet")
DESIGNS = {one.name: one.design for one in designs(0)}
MLP, TREE = DESIGNS["a bespoke MLP for 3 classes"], DESIGNS["a decision tree"]
DYNAMIC = 1 + EGFET.switching.share_at(5.0)


@pytest.fixture(autouse=True)
def _needs_abc(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("requires_tool")("berkeley-abc")


def interface_of(design: Design) -> Interface:
    assert isinstance(design.content, Network)
    return design.content.interface


def pair(*gates: Gate, output: int) -> Design:
    """A netlist of two input bits, number 2 and 3."""
    features = (Feature("a", 0.0, 1.0, 1), Feature("b", 0.0, 1.0, 1))
    body = GateNetlist(gates, ((output,),))
    return Design(Network(Interface(features, ClassOutput(("no", "yes"))), body))


def test_the_printed_model_refines_exactly_its_synthesized_metrics() -> None:
    model = PrintedModel()
    assert isinstance(model, RefinedHardwareModel)
    proxies = {metric.name: metric.proxy for metric in model.metrics if metric.proxy}
    assert set(model.refine(MLP, Workload()).metrics) == set(proxies)
    assert {"synthesized_area_cm2", "synthesized_power_mw", "synthesized_latency_s"} < set(proxies)
    assert all(name == f"synthesized_{proxy}" for name, proxy in proxies.items())


@pytest.mark.parametrize("design", [MLP, TREE])
def test_area_is_that_of_the_netlist_that_the_style_cells_hands_over(design: Design) -> None:
    assert isinstance(design.content, Network)
    netlist = synthesize_cached(design.content, EGFET).netlist
    cost = PrintedModel().refine(design, Workload())
    expected = sum(EGFET.area_cm2(kind) * n for kind, n in cell_counts(netlist).items())
    assert cost.metrics["synthesized_area_cm2"] == pytest.approx(expected)
    assert cost.metrics["synthesized_area_cm2"] < PrintedModel().price(design, Workload()).metrics["area_cm2"]
    assert {item.part for item in cost.items} <= {f"gates/{kind}" for kind in EGFET.kinds}


def test_power_follows_the_states_that_the_data_brings_a_cell_to() -> None:
    design = pair(Gate("nand", 2, 3), output=4)
    samples = np.array([[1, 0], [1, 0], [1, 1], [0, 1]])  # states a + 2*b: 1, 1, 3, 2
    leakage = [EGFET.leakage_mw("nand", state, 0.8) for state in range(4)]
    expected = (2 * leakage[1] + leakage[3] + leakage[2]) / 4 * DYNAMIC
    cost = PrintedModel(supply_v=0.8).refine(design, Workload(samples))
    assert cost.metrics["synthesized_power_mw"] == pytest.approx(expected)
    assert cost.sources[-1].value == 4


def test_without_data_all_bits_are_equally_likely() -> None:
    cost = PrintedModel().refine(pair(Gate("nand", 2, 3), output=4), Workload())
    mean = sum(EGFET.leakage_mw("nand", state, 1.0) for state in range(4)) / 4
    assert cost.metrics["synthesized_power_mw"] == pytest.approx(mean * DYNAMIC, rel=0.05)
    assert cost.sources[-1].source == "equally likely random samples, since none were given"


def test_power_of_an_mlp_is_the_mean_leakage_of_its_gates() -> None:
    assert isinstance(MLP.content, Network)
    samples = samples_for(interface_of(MLP), 1)
    netlist = synthesize_cached(MLP.content, EGFET).netlist
    packed = pack_codes(samples, [feature.bits for feature in interface_of(MLP).features])
    cost = PrintedModel().refine(MLP, Workload(samples))
    expected = leakage_mw(netlist, packed, EGFET, supply_v=1.0) * DYNAMIC
    assert cost.metrics["synthesized_power_mw"] == pytest.approx(expected)


def test_latency_is_the_longest_path_at_the_supply() -> None:
    assert isinstance(MLP.content, Network)
    netlist = synthesize_cached(MLP.content, EGFET).netlist
    n_inputs = interface_of(MLP).n_input_bits
    for supply_v in (0.7, 1.0):
        cost = PrintedModel(supply_v=supply_v).refine(MLP, Workload())
        expected = critical_path_ns(netlist, n_inputs, EGFET, supply_v=supply_v) * 1e-9
        assert cost.metrics["synthesized_latency_s"] == pytest.approx(expected)


def test_totals_add_the_converters_of_the_bits_that_are_left() -> None:
    design = pair(Gate("and", 2, 3), Gate("or", 4, 2), output=5)  # absorption: the second input is not read
    model = PrintedModel(converters="egfet_flash")
    price, cost = model.price(design, Workload()).metrics, model.refine(design, Workload()).metrics
    assert cost["synthesized_area_cm2"] == 0
    assert 0 < cost["synthesized_total_area_cm2"] < price["converter_area_cm2"]


def test_a_netlist_is_priced_without_gates_that_nothing_reads() -> None:
    cost = PrintedModel().refine(pair(Gate("nand", 2, 3), Gate("inv", 2, 2), output=4), Workload())
    assert cost.metrics["synthesized_area_cm2"] == pytest.approx(EGFET.area_cm2("nand"))


def test_a_design_that_is_not_accepted_is_refused() -> None:
    with pytest.raises(HardwareModelError, match="printed: a printed circuit is built for one bespoke MLP"):
        PrintedModel().refine(DESIGNS["a tensor network"], Workload())


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise toolchain.ToolError("yosys: is not installed; apt install yosys")

    monkeypatch.setattr(cache, "mapping_tool", refuse)
    with pytest.raises(RefineError, match="printed: synthesis: yosys: is not installed; apt install yosys"):
        PrintedModel().refine(MLP, Workload())
