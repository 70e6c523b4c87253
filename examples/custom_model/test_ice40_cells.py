"""Run with `pytest` in this folder."""

import pytest
from ice40_cells import Ice40Cells

from codegen.ir import BespokeMlp, ClassOutput, Design, Feature, Interface, Layer, Network, Neuron, Term
from hwmodels.model import HardwareModelError, Workload
from hwmodels.testing import check_model


def test_the_model_keeps_all_rules() -> None:
    broken = [result for result in check_model(Ice40Cells()) if not result.passed]
    assert broken == []


def test_a_small_network_is_counted_by_hand() -> None:
    # Two classes over one 4-bit input: 5 - x with four summand bits, and x & 3 with two. Scores -10..5 and
    # 0..3 take 5 bits: five cells compare, five choose.
    neurons = (Neuron(5, (Term(0, 0, 15, -1),)), Neuron(0, (Term(0, 0, 3, 1),)))
    interface = Interface((Feature("x", 0.0, 1.0, 4),), ClassOutput(("no", "yes")))
    network = Network(interface, BespokeMlp((Layer(neurons),)))
    cost = Ice40Cells(device_cells=64).price(Design(network), Workload())
    assert cost.metrics == {"logic_cells": 16.0, "adder_cells": 6.0, "device_share": 0.25}


def test_a_chip_needs_cells() -> None:
    with pytest.raises(HardwareModelError, match="device_cells must be at least 1, not 0"):
        Ice40Cells(device_cells=0)
