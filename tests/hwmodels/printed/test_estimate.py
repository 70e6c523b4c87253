"""The estimate of synthesized area: its sketch against the lowering, its calibration, its fallbacks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.cells import load_cells
from codegen.circuit import lower
from codegen.circuit.covering import cover
from codegen.circuit.netlist import area_cm2
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    DecisionTree,
    Design,
    Feature,
    Interface,
    Layer,
    Network,
    Neuron,
    Term,
    ThresholdTest,
    TreeNode,
)
from codegen.ir.batch import batch_of
from hwmodels.model import HardwareModelError, Workload
from hwmodels.printed import PrintedModel
from hwmodels.printed.calibration import Calibration, load_calibration
from hwmodels.printed.sketch.population import sketch_batch, sketch_circuit

LIBRARY = load_cells("egfet")


def interface_of(n_features: int, n_classes: int) -> Interface:
    features = tuple(Feature(f"x{i}", 0.0, 1.0, 4) for i in range(n_features))
    return Interface(features, ClassOutput(tuple(str(c) for c in range(n_classes))))


def random_network(rng: np.random.Generator, n_features: int, n_hidden: int, n_classes: int) -> Network:
    def neurons(n: int, n_inputs: int, top: int) -> tuple[Neuron, ...]:
        return tuple(
            Neuron(
                int(rng.integers(-60, 60)),
                tuple(
                    Term(
                        i, int(rng.integers(0, 4)), int(rng.integers(1, top)), 1 if rng.random() < 0.5 else -1
                    )
                    for i in range(n_inputs)
                ),
            )
            for _ in range(n)
        )

    hidden = Layer(neurons(n_hidden, n_features, 16), Clip(2, 6))
    last = Layer(neurons(n_classes, n_hidden, 64))
    return Network(interface_of(n_features, n_classes), BespokeMlp((hidden, last)))


def estimate(network: Network, model: PrintedModel | None = None) -> float:
    return (
        (model or PrintedModel(estimate=True))
        .price(Design(network), Workload())
        .metrics["estimated_area_cm2"]
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_population_is_sketched_as_the_lowering_builds_its_networks(n_classes: int) -> None:
    networks = [random_network(np.random.default_rng(seed), 3, 2, n_classes) for seed in range(6)]
    sketched = sketch_batch(batch_of(networks), networks[0].interface, LIBRARY)
    for network, figures in zip(networks, sketched, strict=True):
        circuit = lower(network, LIBRARY)
        built = sketch_circuit(circuit, network.interface, LIBRARY)
        lowered = area_cm2(cover(circuit.aig, circuit.outputs, LIBRARY), LIBRARY)
        assert figures[0] == pytest.approx(built[0], rel=0.1)
        assert figures[0] <= lowered * 1.05


def test_what_no_output_depends_on_is_not_counted() -> None:
    circuit = lower(random_network(np.random.default_rng(3), 3, 2, 2), LIBRARY)
    figures = sketch_circuit(circuit, interface_of(3, 2), LIBRARY)
    assert figures[1] <= figures[0]


def test_a_batch_is_estimated_like_each_of_its_networks() -> None:
    networks = [random_network(np.random.default_rng(seed), 4, 3, 3) for seed in range(5)]
    prices = PrintedModel(estimate=True).price_batch(batch_of(networks), networks[0].interface, Workload())
    assert prices["estimated_area_cm2"].tolist() == [estimate(network) for network in networks]


def test_a_network_without_gates_costs_nothing() -> None:
    neurons = (Neuron(5, ()), Neuron(0, ()))
    network = Network(interface_of(2, 2), BespokeMlp((Layer(neurons),)))
    assert estimate(network) == 0.0


def test_a_tree_is_estimated_through_its_circuit() -> None:
    nodes = (TreeNode(ThresholdTest(0, 4, 6), 1, -1), TreeNode(ThresholdTest(1, 4, 2), -2, -3))
    network = Network(interface_of(2, 3), DecisionTree(nodes, (0, 1, 2)))
    assert (
        0
        < estimate(network)
        < 2 * area_cm2(cover(lower(network, LIBRARY).aig, lower(network, LIBRARY).outputs, LIBRARY), LIBRARY)
    )


def test_a_library_with_other_areas_has_no_calibration_and_gives_counted_area(tmp_path: Path) -> None:
    content = json.loads((Path("codegen") / "data" / "cells" / "egfet.json").read_text())
    content["cells"][0]["area_um2"] *= 2
    (tmp_path / "other.json").write_text(json.dumps(content))
    model = PrintedModel(str(tmp_path / "other.json"), estimate=True)
    network = random_network(np.random.default_rng(1), 3, 2, 2)
    cost = model.price(Design(network), Workload())
    assert load_calibration(model.library) is None
    assert cost.metrics["estimated_area_cm2"] == cost.metrics["area_cm2"]
    assert cost.sources[-1].source == "no calibration for egfet: the estimates are the counted figures"


def test_the_calibration_grows_with_its_figures_and_takes_counted_area_where_there_are_none() -> None:
    calibration = Calibration((0.01, 1.0), (-0.1, 0.0), (1.0, 0.5), 0.3, 0.8, 1.0, "a test")
    built = np.array([0.0, 0.01, 1.0, 1.0, np.nan])
    reduced = np.array([0.0, 0.01, 1.0, 0.25, np.nan])
    found = calibration.area_cm2(built, reduced, np.full(5, 50.0))
    assert found == pytest.approx([0.0, 0.01 * np.exp(-0.1), 1.0, 0.3**0.5, 40.0])
    assert replace(calibration, trust=(0.0, 0.0)).area_cm2(built, reduced, built)[3] == pytest.approx(1.0)


def test_the_estimates_of_power_follow_the_supply() -> None:
    network = random_network(np.random.default_rng(2), 3, 2, 3)
    low, high = (
        PrintedModel(supply_v=supply, estimate=True).price(Design(network), Workload()).metrics
        for supply in (0.6, 1.0)
    )
    assert low["estimated_area_cm2"] == high["estimated_area_cm2"]
    assert 0 < low["estimated_power_mw"] < high["estimated_power_mw"]


def test_estimates_are_metrics_of_a_model_that_is_asked_for_them() -> None:
    names = {metric.name for metric in PrintedModel().metrics}
    asked = {metric.name for metric in PrintedModel(estimate=True).metrics}
    assert asked - names == {"estimated_area_cm2", "estimated_power_mw"}


def test_a_word_for_the_estimate_is_refused() -> None:
    with pytest.raises(HardwareModelError, match="estimate must be true or false, not 'yes'"):
        PrintedModel(estimate="yes")  # type: ignore[arg-type]
