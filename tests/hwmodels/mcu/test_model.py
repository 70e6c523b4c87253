"""The price of firmware: what it adds up to, and that populations have the prices of their networks."""

import numpy as np
import pytest
from hypothesis import given, settings

from codegen.c import emit_c
from codegen.c.program import mlp_program
from codegen.cores import load_core
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Design,
    Feature,
    FormObjective,
    Interface,
    Layer,
    MlpBatch,
    Network,
    Neuron,
    Term,
)
from codegen.ir.batch import batch_of, network_of
from codegen.verify import measure_firmware
from hwmodels.mcu import McuModel
from hwmodels.mcu.batch import count_batch
from hwmodels.mcu.coefficients import load_coefficients
from hwmodels.mcu.counts import STRAIGHT, count_straight
from hwmodels.model import HardwareModelError, Workload
from hwmodels.testing import check_model
from hwmodels.testing_designs import random_mlp
from tests.networks import codes_for, decision_trees, mlp_batches

MODEL = McuModel()
CORES = {"cortex-m0": "rp2040", "cortex-m3": "stm32f103", "cortex-m4": "stm32f446re"}


def dense(n_features: int, n_classes: int, bias: int = 5, shift: int = 3, mask: int = 15) -> Network:
    features = tuple(Feature(f"f{index}", 0.0, 1.0, 4) for index in range(n_features))
    neurons = tuple(
        Neuron(
            bias + index,
            tuple(Term(source, (source + index) % (shift + 1), mask, 1) for source in range(n_features)),
        )
        for index in range(n_classes)
    )
    output = ClassOutput(tuple(f"c{index}" for index in range(n_classes)))
    return Network(Interface(features, output), BespokeMlp((Layer(neurons),)))


def price(network: Network, model: McuModel = MODEL) -> dict[str, float]:
    return dict(model.price(Design(network), Workload()).metrics)


@pytest.mark.parametrize("board", ["rp2040", "stm32f446re", "stm32f746"])
def test_the_model_keeps_the_rules_of_all_models(board: str) -> None:
    assert [result for result in check_model(McuModel(board)) if not result.passed] == []


@settings(max_examples=60, deadline=None)
@given(drawn=mlp_batches(max_shift=8))
def test_counts_of_a_population_are_those_of_its_networks(drawn: tuple[MlpBatch, Interface]) -> None:
    batch, interface = drawn
    counts = count_batch(batch, interface)
    for row in range(batch.n_networks):
        program = mlp_program(network_of(batch, row, interface))
        single = count_straight(program, interface)
        totals = [sum(part.get(name, 0) for part in single.parts.values()) for name in STRAIGHT]
        assert counts.quantities[row].tolist() == totals
        assert counts.array_bytes[row] == single.array_bytes
        assert counts.table_bytes == single.table_bytes
        assert counts.wide[row] == program.wide


@pytest.mark.parametrize(("objective", "mask"), [("balanced", 15), ("flash", 7), ("instructions", 7)])
def test_large_networks_have_the_price_of_their_form_in_a_population_too(
    objective: FormObjective, mask: int
) -> None:
    networks = [dense(60, 25, mask=mask), dense(60, 25, bias=9, mask=mask)]
    model, batch = McuModel(objective=objective), batch_of(networks)
    assert count_batch(batch, networks[0].interface).maybe_table.all()
    found = model.price_batch(batch, networks[0].interface, Workload())
    for row, network in enumerate(networks):
        single = price(network, model)
        assert {name: values[row] for name, values in found.items()} == pytest.approx(single)


def test_objectives_trade_instructions_for_flash() -> None:
    masked = [price(dense(60, 25, mask=7), McuModel(objective=one)) for one in ("instructions", "flash")]  # type: ignore[arg-type]
    assert masked[0]["instructions"] * 3 < masked[1]["instructions"]
    assert masked[0]["flash_bytes"] > 1.5 * masked[1]["flash_bytes"]
    plain = price(dense(60, 25))
    assert plain["instructions"] < masked[0]["instructions"]
    assert plain["flash_bytes"] < masked[1]["flash_bytes"]


def test_an_objective_that_is_not_known_is_refused() -> None:
    text = "mcu: objective must be one of balanced, instructions, flash, not 'speed'"
    with pytest.raises(HardwareModelError, match=text):
        McuModel(objective="speed")  # type: ignore[arg-type]


def test_the_breakdown_names_the_layers_and_sums_to_the_totals() -> None:
    cost = MODEL.price(Design(dense(10, 3)), Workload())
    parts = {item.part for item in cost.items}
    assert parts == {"tables", "arrays", "frames", "module", "layer 0", "argmax"}
    for name in ("flash_bytes", "ram_bytes", "instructions"):
        total = sum(item.amount for item in cost.items if item.metric == name)
        assert total == pytest.approx(cost.metrics[name])


def test_time_and_energy_follow_from_the_board() -> None:
    found, board = price(dense(10, 3)), MODEL.board
    assert found["cycles"] == pytest.approx(found["instructions"] * board.cycles_per_instruction.value)
    assert found["latency_s"] == pytest.approx(found["cycles"] / 180e6)
    assert found["energy_uj"] == pytest.approx(found["latency_s"] * board.active_power_mw.value * 1000)


def test_sources_tell_the_spread_of_what_is_not_exact() -> None:
    sources = {
        source.constant: source.source for source in MODEL.price(Design(dense(4, 2)), Workload()).sources
    }
    assert sources["cycles_per_instruction"].endswith("(between 1.4 and 2.1)")
    assert "benchmarks/calibrate_mcu.py" in sources["coefficients of the code"]


@settings(max_examples=3, deadline=None)
@given(network=decision_trees())
def test_other_bodies_are_refused_with_the_reason(network: Network) -> None:
    reason = "the mcu model prices bespoke MLPs and tensor networks; other bodies are not calibrated"
    assert MODEL.accepts(Design(network)) == reason
    with pytest.raises(HardwareModelError, match=f"mcu: {reason}"):
        MODEL.price(Design(network), Workload())


def test_sums_beyond_32_bits_are_refused_alone_and_in_a_population() -> None:
    wide = dense(60, 2, bias=(1 << 31) - 500, shift=20)
    reason = "the mcu model prices sums of up to 32 bits; this network has wider ones"
    assert MODEL.accepts(Design(wide)) == reason
    batch = batch_of([dense(60, 2, shift=20), wide])
    for figures in MODEL.price_batch(batch, wide.interface, Workload()).values():
        assert np.isnan(figures).tolist() == [False, True]


def test_a_core_that_is_not_calibrated_is_refused() -> None:
    with pytest.raises(HardwareModelError) as error:
        load_coefficients("cortex-m33")
    assert str(error.value) == (
        "mcu: core 'cortex-m33' is not calibrated; there are figures for "
        "cortex-m0, cortex-m0plus, cortex-m3, cortex-m4, cortex-m7"
    )


@pytest.mark.parametrize("core", CORES)
def test_the_price_is_close_to_measured_firmware(core: str, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    features = tuple(Feature(f"f{index}", 0.0, 1.0, 4) for index in range(16))
    interface = Interface(features, ClassOutput(tuple("abcdef")))
    network = random_mlp(np.random.default_rng(5), interface, hidden=(6,))
    codes = codes_for(interface, 32, 0)
    artifact = emit_c(network, name="net", vectors=codes)
    measured = measure_firmware(artifact, network, codes, load_core(core))
    found = price(network, McuModel(CORES[core]))
    assert found["instructions"] == pytest.approx(measured.instructions_mean, rel=0.12)
    assert found["flash_bytes"] == pytest.approx(measured.flash_bytes, rel=0.06)
    assert measured.ram_bytes <= found["ram_bytes"] <= measured.ram_bytes + 80
