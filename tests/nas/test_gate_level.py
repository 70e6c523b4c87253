"""From a trained network to a smaller netlist: same interface, exact errors, repeatable."""

import numpy as np
import pytest

from codegen.cells import load_cells
from codegen.circuit import area_cm2
from codegen.ir import (
    ClassOutput,
    DecisionTree,
    Feature,
    Gate,
    GateNetlist,
    Interface,
    Network,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
)
from codegen.ir.evaluate import evaluate
from nas.errors import RunError
from nas.gate_level import GateJob, as_gates, gate_areas, gate_jobs, improve, run_job
from searchspaces.gate_netlist import GateNetlistOptions
from tests.networks import codes_for

EGFET = load_cells("egfet")
FEATURES = tuple(Feature(f"x{index}", 0.0, 1.0, 3) for index in range(3))
INTERFACE = Interface(FEATURES, ClassOutput(("a", "b", "c")))
TREE = Network(
    INTERFACE,
    DecisionTree(
        (
            TreeNode(ThresholdTest(0, 3, 4), 1, 2),
            TreeNode(ThresholdTest(1, 3, 2), -1, -2),
            TreeNode(ThresholdTest(2, 3, 5), -2, -3),
        ),
        (0, 1, 2),
    ),
)
CODES = codes_for(INTERFACE, 300, 3)
LABELS = np.where(np.random.default_rng(0).random(300) < 0.9, evaluate(TREE, CODES), 0)
SHORT = GateNetlistOptions(moves=30_000, prices=(0.1, 30.0))


def cost(network: Network, price: float) -> float:
    errors = (evaluate(network, CODES) != LABELS).sum()
    return float(errors + price * len(LABELS) * area_cm2(network.body, EGFET))


@pytest.fixture(scope="module")
def tools(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("requires_tool")("berkeley-abc", "yosys")


@pytest.fixture(scope="module")
def start(tools: None) -> Network:
    return as_gates(TREE, EGFET)


def test_a_tree_as_gates_computes_the_same(start: Network) -> None:
    assert isinstance(start.body, GateNetlist)
    np.testing.assert_array_equal(evaluate(start, CODES), evaluate(TREE, CODES))


def test_a_netlist_of_the_librarys_gates_stays_as_it_is(start: Network) -> None:
    assert as_gates(start, EGFET) is start


def test_the_result_is_a_netlist_of_the_same_interface_that_costs_less(start: Network) -> None:
    found = improve(TREE, CODES, LABELS, EGFET, SHORT, 30.0, 7)
    assert found.interface == INTERFACE
    assert isinstance(found.body, GateNetlist)
    assert cost(found, 30.0) < cost(start, 30.0)


def test_the_same_seed_gives_the_same_network(start: Network) -> None:
    first, again = (improve(start, CODES, LABELS, EGFET, SHORT, 0.1, 7) for _ in range(2))
    assert first == again


def test_jobs_go_start_by_start_at_rising_prices() -> None:
    assert gate_jobs(2, SHORT) == (
        GateJob(0, 0, 0.1),
        GateJob(1, 0, 30.0),
        GateJob(2, 1, 0.1),
        GateJob(3, 1, 30.0),
    )


def test_a_job_starts_from_the_best_of_its_starts(start: Network) -> None:
    wrong = Network(INTERFACE, GateNetlist((), ((0,),)))
    first = improve(start, CODES, LABELS, EGFET, SHORT, 30.0, 1)
    still = GateNetlistOptions(moves=1, rounds=1, prices=(0.1, 30.0))
    job = GateJob(1, 0, 30.0)
    kept, replaced = (
        run_job(job, [start, other], CODES, LABELS, EGFET, still, 0) for other in (wrong, first)
    )
    assert cost(kept, 30.0) <= cost(start, 30.0)
    assert cost(replaced, 30.0) <= cost(first, 30.0) < cost(start, 30.0)


def test_gates_that_a_library_lacks_have_no_area() -> None:
    assert gate_areas(EGFET)[1] == EGFET.area_cm2("nand")
    assert np.isfinite(gate_areas(EGFET)).sum() == len(EGFET.kinds)


def test_networks_that_answer_with_values_are_refused() -> None:
    values = Interface(FEATURES, ValueOutput((Value("y", 1.0, 0.0),)))
    with pytest.raises(RunError, match="gate_netlist: the network must answer with a class, not with values"):
        as_gates(Network(values, GateNetlist((Gate("and", 2, 3),), ((11,),))), EGFET)
