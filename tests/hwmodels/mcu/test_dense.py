"""The price of chains of fully connected layers on the shared routine."""

from dataclasses import replace

import numpy as np
import pytest

from codegen.c import emit_c
from codegen.cores import load_core
from codegen.ir import Constant, Design, Network, Quantization, Schedule, TensorGraph, TensorNet
from codegen.verify import measure_firmware
from hwmodels.mcu import McuModel
from hwmodels.mcu.tensor import TensorCost
from hwmodels.model import Workload
from tests.codegen.c.dense.random_chains import interface, plain_mlp
from tests.codegen.plan.test_dense import chain
from tests.networks import codes_for

BOARDS = {"cortex-m4": "stm32f446re", "cortex-m0": "rp2040", "cortex-m3": "stm32f103"}


def trained(graph: TensorGraph) -> Network:
    """The graph with random weights."""
    rng = np.random.default_rng(1)
    tensors = tuple(
        replace(
            one,
            quantization=Quantization((0.01,)) if number in graph.constants else Quantization((0.05,), -128),
        )
        for number, one in enumerate(graph.tensors)
    )
    quantized = replace(graph, tensors=tensors)
    constants = tuple(
        Constant(number, rng.integers(-60, 61, tensors[number].n_items).astype(np.int8).tobytes())
        for number in graph.constants
    )
    widths = tensors[0].n_items, tensors[graph.outputs[0]].n_items
    return Network(interface(rng, *widths, signed=True), TensorNet(quantized, constants))


@pytest.mark.parametrize("core", BOARDS)
def test_the_price_is_close_to_measured_firmware(core: str, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    network, target = trained(chain(40, 24, 6)), load_core(core)
    codes = codes_for(network.interface, 8, 0)
    schedule = Schedule(objective="flash")
    artifact = emit_c(network, name="net", vectors=codes, core=target, schedule=schedule)
    measured = measure_firmware(artifact, network, codes, target)
    found = McuModel(BOARDS[core]).price(Design(network, schedule), Workload()).metrics
    assert found["instructions"] == pytest.approx(measured.instructions_mean, rel=0.06)
    assert found["flash_bytes"] == pytest.approx(measured.flash_bytes, abs=128)
    assert measured.ram_bytes <= found["ram_bytes"] <= measured.ram_bytes + 60


def test_a_graph_costs_before_training_what_its_network_costs_after() -> None:
    model, graph = McuModel(), chain(64, 32, 10)
    before, after = model.tensor_cost(Design(graph)), model.tensor_cost(Design(trained(graph)))
    assert isinstance(before, TensorCost)
    assert isinstance(after, TensorCost)
    assert (before.instructions, before.arena_bytes) == (after.instructions, after.arena_bytes)
    assert [layer.kernel for layer in before.layers] == ["shared_routine"] * 2


def test_the_source_of_the_figures_is_told() -> None:
    sources = McuModel().price(Design(chain(64, 32, 10)), Workload()).sources
    assert "benchmarks/calibrate_dense.py" in sources[0].source


def test_the_timeline_shows_both_buffers() -> None:
    cost = McuModel().tensor_cost(Design(chain(64, 32, 10)))
    assert isinstance(cost, TensorCost)
    first, second = cost.timeline
    assert [(one.offset_bytes, one.n_bytes) for one in first.holdings] == [(0, 128), (128, 64)]
    assert [(one.offset_bytes, one.n_bytes) for one in second.holdings] == [(0, 20), (128, 64)]
    assert cost.arena_bytes == 192


def test_an_objective_changes_the_price_and_what_is_emitted_alike() -> None:
    network, core = trained(chain(64, 32, 10)), load_core("cortex-m4")
    fast, small = Schedule(objective="instructions"), Schedule(objective="flash")
    prices = [McuModel().price(Design(network, one), Workload()).metrics for one in (fast, small)]
    assert prices[0]["instructions"] < prices[1]["instructions"]
    assert prices[0]["flash_bytes"] > prices[1]["flash_bytes"]
    vectors = codes_for(network.interface, 2, 0)
    texts = [
        next(
            file.text
            for file in emit_c(network, name="n", vectors=vectors, core=core, schedule=one).files
            if file.path.endswith("n.c")
        )
        for one in (fast, small)
    ]
    assert ["n_predict_raw(" in text for text in texts] == [False, True]


@pytest.mark.parametrize("core", BOARDS)
def test_a_bespoke_network_on_the_routine_is_priced_too(core: str, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    network, target = plain_mlp(1), load_core(core)
    codes = codes_for(network.interface, 8, 0)
    artifact = emit_c(network, name="net", vectors=codes, core=target, form="shared")
    measured = measure_firmware(artifact, network, codes, target)
    cost = McuModel(BOARDS[core]).price(Design(network, Schedule(objective="flash")), Workload())
    if "routine" in {item.part for item in cost.items}:
        assert cost.metrics["flash_bytes"] == pytest.approx(measured.flash_bytes, abs=128)
        assert cost.metrics["instructions"] == pytest.approx(measured.instructions_mean, rel=0.12)
