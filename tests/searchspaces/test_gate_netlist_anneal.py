"""The annealing of netlists: counts equal the exact evaluation, results are never worse and repeatable."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.cells import load_cells
from codegen.circuit import area_cm2, cell_counts, pack_codes, remove_dead_gates, simulate
from codegen.ir import ClassOutput, Feature, Gate, GateNetlist, Interface, Network
from codegen.ir.evaluate import evaluate
from codegen.ir.network import GATE_KINDS
from searchspaces.gate_netlist import Objective, anneal_netlist, objective, temperatures_for
from searchspaces.gate_netlist.kernels import SIDE, Best, Schedule, anneal
from searchspaces.gate_netlist.slots import make_task, netlist_of, roomy_state
from searchspaces.parse import IntRange
from searchspaces.space import SpaceError
from tests.networks import codes_for, gate_netlists

EGFET = load_cells("egfet")
AREAS = np.array([EGFET.area_cm2(kind) for kind in GATE_KINDS])
UNIT_AREAS = np.arange(1.0, 8.0)
ALL_STATES = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
BOTH_BITS = pack_codes(ALL_STATES, (1, 1)).words
"""Signals 2 and 3 in the samples 00, 10, 01 and 11."""
AND_OF_TWO = GateNetlist((Gate("nand", 2, 3), Gate("inv", 4, 4)), ((5,),))
AND_LABELS = np.array([0, 0, 0, 1])
SCHEDULE = {"moves": 3000, "seed": 1, "temperatures": (0.5, 0.1)}

classifiers = gate_netlists().filter(lambda network: isinstance(network.interface.output, ClassOutput))


def rows_for(network: Network, n_rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, their bits as words, and labels of which about half are what the network answers."""
    codes = codes_for(network.interface, n_rows, 0)
    words = pack_codes(codes, [feature.bits for feature in network.interface.features]).words
    rng, n_classes = np.random.default_rng(1), network.interface.n_outputs
    drawn = rng.integers(0, n_classes, n_rows)
    answers = np.minimum(evaluate(network, codes), n_classes - 1)
    return codes, words, np.where(rng.random(n_rows) < 0.5, answers, drawn)


def test_errors_area_and_cost_of_a_tiny_netlist_are_those_done_by_hand() -> None:
    labels = np.array([0, 1, 0, 1])
    found = objective(AND_OF_TWO, BOTH_BITS, labels, 2, UNIT_AREAS, 0.5)
    assert found == Objective(errors=1, area_cm2=1.0 + 2.0, cost=1 + 0.5 * 4 * 3.0)


def test_dead_gates_cost_nothing() -> None:
    dead = GateNetlist((*AND_OF_TWO.gates, Gate("xor", 2, 5)), ((5,),))
    assert objective(dead, BOTH_BITS, AND_LABELS, 2, UNIT_AREAS, 1.0).area_cm2 == 3.0


def test_a_code_that_is_no_class_is_an_error() -> None:
    both = GateNetlist((), ((2, 3),))
    labels = np.array([0, 1, 2, 2])
    assert objective(both, BOTH_BITS, labels, 3, UNIT_AREAS, 1.0).errors == 1


def test_a_class_that_the_outputs_have_no_bits_for_is_an_error() -> None:
    assert (
        objective(GateNetlist((), ((2,),)), BOTH_BITS, np.array([0, 1, 2, 3]), 4, UNIT_AREAS, 1.0).errors == 2
    )


@given(classifiers, st.sampled_from((1, 63, 64, 65, 200)))
def test_the_kernel_counts_what_the_exact_evaluation_gives(network: Network, n_rows: int) -> None:
    codes, words, labels = rows_for(network, n_rows)
    found = objective(network.body, words, labels, network.interface.n_outputs, AREAS, 0.3)
    live = remove_dead_gates(network.body, network.interface.n_input_bits)
    assert found.errors == (evaluate(network, codes) != labels).sum()
    assert found.area_cm2 == pytest.approx(area_cm2(live, EGFET))
    assert found.cost == found.errors + 0.3 * n_rows * found.area_cm2


@given(classifiers, st.sampled_from((0.0, 0.05, 2.0)), st.integers(1, 3))
def test_the_result_is_valid_live_and_never_costs_more_than_the_start(
    network: Network, price: float, most: int
) -> None:
    codes, words, labels = rows_for(network, 100)
    arguments = (words, labels, network.interface.n_outputs, AREAS, price)
    found = anneal_netlist(network.body, *arguments, **SCHEDULE, changes=IntRange(1, most))
    after = objective(found, *arguments)
    assert after.cost <= objective(network.body, *arguments).cost
    assert after.errors == (evaluate(Network(network.interface, found), codes) != labels).sum()
    assert after.area_cm2 == pytest.approx(area_cm2(found, EGFET))
    assert remove_dead_gates(found, network.interface.n_input_bits) == found


@given(classifiers, st.integers(0, 2**32 - 1))
def test_what_was_counted_move_by_move_is_what_the_netlists_have(network: Network, seed: int) -> None:
    codes, words, labels = rows_for(network, 100)
    task = make_task(network.body, words, labels, AREAS, 0.3)
    state = roomy_state(network.body, words, task.inputs, seed)
    best = Best(state.gates.copy(), state.outputs.copy())
    errors = anneal(state, task, Schedule(2000, 2.0, 1.0, 1, 8), best)
    answers = evaluate(Network(network.interface, netlist_of(best, task.first)), codes)
    assert errors == (answers != labels).sum()
    last = netlist_of(Best(state.gates, state.outputs), task.first)
    counts = cell_counts(last)
    assert state.totals[: len(GATE_KINDS)].tolist() == [counts.get(kind, 0) for kind in GATE_KINDS]
    held = [state.values[2 * s + state.signals[s, SIDE]] for s in state.outputs]
    samples = pack_codes(codes, [feature.bits for feature in network.interface.features])
    exact = simulate(last, samples)[list(last.outputs[0])]
    np.testing.assert_array_equal(np.array(held), exact)


def test_no_moves_give_the_start_without_its_dead_gates() -> None:
    dead = GateNetlist((Gate("xor", 2, 3), Gate("nand", 2, 3), Gate("inv", 5, 5)), ((6,),))
    found = anneal_netlist(
        dead, BOTH_BITS, AND_LABELS, 2, UNIT_AREAS, 1.0, moves=0, seed=0, temperatures=(1.0, 0.1)
    )
    assert found == AND_OF_TWO


def test_the_only_cell_that_pays_is_found() -> None:
    """An AND cell of area 4 does what five gates did, when errors are dear."""
    xor = (Gate("nand", 2, 3), Gate("nand", 2, 4), Gate("nand", 3, 4), Gate("nand", 5, 6))
    start = GateNetlist((*xor, Gate("xor", 7, 2), Gate("and", 8, 2)), ((9,),))
    found = anneal_netlist(start, BOTH_BITS, AND_LABELS, 2, UNIT_AREAS, 0.01, **SCHEDULE)
    after = objective(found, BOTH_BITS, AND_LABELS, 2, UNIT_AREAS, 0.01)
    assert (after.errors, after.area_cm2) == (0, 3.0)  # an inverter and a NAND are smaller still


def test_area_that_earns_nothing_goes_away() -> None:
    found = anneal_netlist(AND_OF_TWO, BOTH_BITS, AND_LABELS, 2, UNIT_AREAS, 1.0, **SCHEDULE)
    assert (found.gates, objective(found, BOTH_BITS, AND_LABELS, 2, UNIT_AREAS, 1.0).errors) == ((), 1)


def test_the_result_depends_on_the_seed_alone() -> None:
    rng = np.random.default_rng(5)
    interface = Interface(
        tuple(Feature(f"x{i}", 0.0, 1.0, 3) for i in range(3)), ClassOutput(("a", "b", "c"))
    )
    codes = codes_for(interface, 300, 2)
    words, labels = pack_codes(codes, (3, 3, 3)).words, (codes[:, 0] + codes[:, 1] > 6) + (codes[:, 2] > 4)
    gates = tuple(Gate("nand", *rng.integers(0, 11 + index, 2).tolist()) for index in range(30))
    start = GateNetlist(gates, ((38, 40),))
    first, again, other = (
        anneal_netlist(start, words, labels, 3, AREAS, 0.1, moves=20_000, seed=seed, temperatures=(0.5, 0.1))
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_kinds_without_an_area_are_never_used() -> None:
    nand_only = np.full(7, math.inf)
    nand_only[[0, 1]] = AREAS[[0, 1]]
    found = anneal_netlist(AND_OF_TWO, BOTH_BITS, 1 - AND_LABELS, 2, nand_only, 0.1, **SCHEDULE)
    assert [gate.kind for gate in found.gates] == ["nand"]


def test_many_rows_start_hotter() -> None:
    assert temperatures_for(1500) == (0.4, 0.1)
    assert temperatures_for(7700) == (1.0, 0.1)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"labels": AND_LABELS[:0]}, "at least one row is needed"),
        ({"labels": np.zeros(65, int)}, "inputs of 65 rows must have the shape (n_bits, 2), not (2, 1)"),
        ({"labels": AND_LABELS * 2}, "labels must lie in 0..1, not 0..2"),
        ({"gate_areas": np.zeros(7)}, "gate_areas must be 7 positive numbers, not [0. 0. 0. 0. 0. 0. 0.]"),
        ({"price": -1.0}, "price must be a number of at least 0, not -1.0"),
        (
            {"netlist": GateNetlist((), ((2,), (3,)))},
            "one group of outputs, the class, is needed, not 2",
        ),
        (
            {"netlist": GateNetlist((Gate("and", 2, 4),), ((4,),))},
            "gate 0 reads signals 2 and 4, which do not come before it where the rows have 2 bits",
        ),
        ({"netlist": GateNetlist((), ((4,),))}, "output signal 4 does not exist; there are 4"),
        (
            {"gate_areas": np.array([1, math.inf, 1, 1, 1, 1, 1])},
            "the start has a gate of kind 'nand', which has no area",
        ),
        ({"moves": -1}, "moves must be at least 0, not -1"),
        (
            {"temperatures": (0.1, 0.5)},
            "first >= last > 0 must hold for temperatures, not 0.1 and 0.5",
        ),
        ({"changes": IntRange(0, 3)}, "changes must lie in 1..8, not 0..3"),
    ],
)
def test_arguments_that_do_not_fit_are_named(changed: dict[str, object], text: str) -> None:
    arguments = {
        "netlist": AND_OF_TWO,
        "inputs": BOTH_BITS,
        "labels": AND_LABELS,
        "n_classes": 2,
        "gate_areas": UNIT_AREAS,
        "price": 1.0,
        **SCHEDULE,
        **changed,
    }
    with pytest.raises(SpaceError) as caught:
        anneal_netlist(**arguments)
    assert str(caught.value) == f"gate_netlist: {text}"
