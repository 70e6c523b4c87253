"""The price of tensor designs: what it adds up to, where it is exact, and what has none."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.mcu_operators import random_operator
from benchmarks.plan_graphs import GraphBuilder
from codegen.c import emit_c
from codegen.c.tensor import tensor_text
from codegen.cores import load_core
from codegen.ir import (
    Dequantize,
    Design,
    Feature,
    HardSwish,
    Interface,
    Network,
    PatchSchedule,
    Quantization,
    Schedule,
    Tensor,
    TensorGraph,
    TensorNet,
    Value,
    ValueOutput,
)
from codegen.verify import measure_firmware
from hwmodels.mcu import McuModel
from hwmodels.mcu.tensor import TensorCost, load_tensor_coefficients
from hwmodels.mcu.tensor.coefficients import amount
from hwmodels.model import HardwareModelError, Workload

MODEL = McuModel("stm32l4r5")


def network_of(net: TensorNet) -> Network:
    """The network whose only operator is that of the graph."""
    n_in = net.graph.tensors[net.graph.inputs[0]].n_items
    n_out = net.graph.tensors[net.graph.outputs[0]].n_items
    features = tuple(Feature(f"x{at}", -1.0, 1.0, 8, signed=True) for at in range(n_in))
    values = tuple(Value(f"y{at}", 0.5, 0.0) for at in range(n_out))
    return Network(Interface(features, ValueOutput(values)), net)


def small_graph() -> TensorGraph:
    build = GraphBuilder()
    first = build.convolution(build.input(16, 16, 4), 8)
    second = build.depthwise(first)
    return build.graph(build.add(first, second))


def cost_of(design: Design, model: McuModel = MODEL) -> TensorCost:
    found = model.tensor_cost(design)
    assert isinstance(found, TensorCost), found
    return found


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(("pointwise", "conv", "depthwise", "dense", "mean", "swish")),
    seed=st.integers(3000, 4000),
)
def test_a_network_costs_the_same_before_and_after_training(kind: str, seed: int) -> None:
    net = random_operator(kind, seed)
    before = MODEL.price(Design(net.graph), Workload())
    after = MODEL.price(Design(network_of(net)), Workload())
    assert before == after


@pytest.mark.parametrize("board", ["rp2040", "stm32f103", "stm32l4r5", "stm32f746", "alif_e1c", "esp32c3"])
def test_the_arena_is_that_of_the_emitted_text(board: str) -> None:
    model = McuModel(board)
    for kind in ("conv", "wide_conv", "depthwise", "dense", "add"):
        net = random_operator(kind, 5000)
        if len(net.graph.inputs) == 1:
            text = tensor_text(
                network_of(net), net, "net", core=model.board.core, schedule=Schedule(), form="asm"
            )
            assert cost_of(Design(net.graph), model).arena_bytes == text.arena_bytes


def test_shares_add_up_layer_by_layer() -> None:
    cost = MODEL.price(Design(small_graph()), Workload())
    parts = {item.part for item in cost.items}
    layers = {f"layer {at}" for at in range(3)}
    assert layers | {"arena", "stack", "library", "module", "layer 0/code", "layer 0/constants"} <= parts
    for name in ("flash_bytes", "ram_bytes", "instructions", "macs"):
        total = sum(item.amount for item in cost.items if item.metric == name)
        assert total == pytest.approx(cost.metrics[name])


def test_the_timeline_tells_where_the_peak_is() -> None:
    found = cost_of(Design(small_graph()))
    peaks = [number for number, moment in enumerate(found.timeline) if moment.is_peak]
    assert peaks[0] == found.plan.peak_step
    assert max(moment.live_bytes for moment in found.timeline) <= found.arena_bytes


def test_patches_trade_memory_for_multiplications() -> None:
    build = GraphBuilder()
    first = build.convolution(build.input(32, 32, 4), 16)
    graph = build.graph(build.convolution(first, 8, stride=2))
    whole = cost_of(Design(graph))
    split = cost_of(Design(graph, Schedule(patches=PatchSchedule(2, 2, 2))))
    assert split.arena_bytes < whole.arena_bytes
    assert split.macs > whole.macs
    assert split.instructions > whole.instructions


def test_a_core_without_fit_is_refused() -> None:
    with pytest.raises(HardwareModelError) as error:
        load_tensor_coefficients("cortex-m85")
    assert str(error.value) == (
        "tensor networks are not calibrated on core 'cortex-m85'; there are figures for "
        "cortex-m0, cortex-m0plus, cortex-m3, cortex-m33, cortex-m4, cortex-m55, cortex-m7, rv32imc"
    )


def test_an_operator_without_c_form_is_refused_by_number() -> None:
    tensors = (Tensor("x", (4,), "int8"), Tensor("y", (4,), "float32"))
    graph = TensorGraph(tensors, (Dequantize(0, 1),), (0,), (1,))
    reason = (
        "the mcu model can't price this: operator 0 (Dequantize): "
        "tensor 'y' must be int8 or uint8, not float32"
    )
    assert MODEL.accepts(Design(graph)) == reason
    with pytest.raises(HardwareModelError, match=r"^mcu: the mcu model can't price this: operator 0"):
        MODEL.price(Design(graph), Workload())


def test_quantities_without_a_coefficient_cost_nothing() -> None:
    assert amount({"a": 2, "b": 3}, {"a": 1.5}) == 3.0


def test_equal_functions_are_paid_for_once() -> None:
    """Four pointwise convolutions of one shape share their assembler, four equal activations everything."""
    build = GraphBuilder()
    at = build.input(8, 8, 16)
    for _ in range(4):
        at = build.convolution(at, 16, size=1)
    first, *others = cost_of(Design(build.graph(at))).layers
    assert all(other.code_bytes < first.code_bytes - 300 for other in others)
    assert len({other.code_bytes for other in others}) == 1

    scale = Quantization((0.1,), 3)
    tensors = tuple(Tensor(f"t{n}", (40,), "int8", scale) for n in range(5))
    graph = TensorGraph(tensors, tuple(HardSwish(n, n + 1) for n in range(4)), (0,), (4,))
    layers = cost_of(Design(graph)).layers
    assert [layer.flash_bytes == 0 for layer in layers] == [False, True, True, True]
    assert layers[0].constant_bytes == 256


def test_a_board_without_power_withholds_the_energy_and_says_why() -> None:
    model = McuModel("alif_e1c")
    assert "energy_uj" not in {metric.name for metric in model.metrics}
    assert "energy_uj" not in model.price(Design(small_graph()), Workload()).metrics
    assert model.withheld["energy_uj"].startswith("board alif_e1c has no active_power_mw: no published")
    assert MODEL.withheld == {}


@pytest.mark.parametrize("board", ["rp2040", "stm32f103", "stm32l4r5", "alif_e1c", "esp32c3"])
@pytest.mark.parametrize("kind", ["conv", "depthwise", "dense", "average"])
def test_the_price_is_close_to_measured_firmware(
    board: str, kind: str, requires_tool: Callable[..., None]
) -> None:
    model, net = McuModel(board), random_operator(kind, 6000)
    core = load_core(model.board.core.name)
    requires_tool("gcc", core.compiler, core.simulators[-1].program)
    network = network_of(net)
    codes = np.random.default_rng(0).integers(-128, 128, (2, network.interface.n_features))
    measured = measure_firmware(emit_c(network, name="net", vectors=codes, core=core), network, codes, core)
    found = cost_of(Design(net.graph), model)
    assert found.instructions == pytest.approx(measured.instructions_mean, rel=0.12)
    assert found.arena_bytes == measured.arena_bytes
    assert measured.ram_bytes <= found.ram_bytes <= measured.ram_bytes + 100
    assert found.flash_bytes == pytest.approx(measured.flash_bytes, abs=400)
