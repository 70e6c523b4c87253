"""Print-outs of self-tests: what is read of them, what a board becomes, and what is refused."""

from pathlib import Path

import pytest

from codegen.c import Foretold, emit_c
from codegen.cores import load_core
from codegen.ir import Design, Network
from codegen.verify.selftest import run_selftest
from hwmodels.mcu import McuModel, board_text, load_board
from hwmodels.mcu.calibration import calibrated, read_printout, residuals_percent
from hwmodels.model import HardwareModelError, Workload
from tests.codegen.c.golden_networks import small_convolution
from tests.networks import codes_for

LINE = (
    "silkscreen-cycles: version=1 name=kws network=9f86d081884c7d65 core=cortex-m4 instructions=1000"
    " counter=dwt rows=64 lowest=1500 mean=1600 highest=1700"
)
OTHER = LINE.replace("name=kws", "name=ad").replace("mean=1600", "mean=1500").replace("1700", "1650")


def test_lines_are_found_among_other_text() -> None:
    first, second = read_printout(f"boot\r\n[12:00] {LINE}\r\nkws: 64 of 64\r\n{OTHER}\n", "out.txt")
    assert (first.name, first.core, first.counter, first.rows) == ("kws", "cortex-m4", "dwt", 64)
    assert (first.instructions, first.lowest, first.mean, first.highest) == (1000, 1500, 1600, 1700)
    assert second.cycles_per_instruction == 1.5


def test_a_board_takes_the_mean_of_the_networks_and_the_range_of_all_rows() -> None:
    board = load_board("stm32l4r5")
    counts = read_printout(f"{LINE}\n{OTHER}", "out.txt")
    found = calibrated(board, counts, "Nucleo at 120 MHz")
    fact = found.cycles_per_instruction
    assert (fact.value, fact.lowest, fact.highest) == (1.55, 1.5, 1.7)
    assert fact.source == (
        "measured on Nucleo at 120 MHz, counter dwt: cycles over foretold instructions of "
        "kws (9f86d081884c7d65) 1.600 (+3.2 %), ad (9f86d081884c7d65) 1.500 (-3.2 %)"
    )
    assert residuals_percent(counts, 1.55) == pytest.approx((3.226, -3.226), abs=1e-3)
    assert (found.clock_mhz, found.active_power_mw) == (board.clock_mhz, board.active_power_mw)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version=1", "version=2", "out.txt:1: version must be 1, not 2"),
        (" rows=64", "", "out.txt:1: must say rows=...; print it again with the self-test"),
        ("mean=1600", "mean=-3", "out.txt:1: mean must be a whole number, not '-3'"),
        ("instructions=1000", "instructions=0", "out.txt:1: kws says nothing of its instructions; export it"),
        (
            "lowest=1500",
            "lowest=0",
            "0 < lowest <= mean <= highest must hold, but got 0, 1600, 1700 (0 where",
        ),
        ("silkscreen-cycles:", "cycles:", "out.txt: must hold a line that begins with 'silkscreen-cycles:'"),
    ],
)
def test_what_can_not_be_used_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(HardwareModelError) as error:
        read_printout(LINE.replace(old, new), "out.txt")
    assert message in str(error.value)


def test_a_print_out_of_another_core_is_refused() -> None:
    with pytest.raises(HardwareModelError) as error:
        calibrated(load_board("rp2040"), read_printout(LINE, "out.txt"), "it")
    assert str(error.value) == "kws: was exported for a cortex-m4, but rp2040 has a cortex-m0plus"


def printed_in_qemu(network: Network, board: str) -> str:
    """What a self-test prints on the simulated core of a board: instructions, not cycles of silicon."""
    model = McuModel(board)
    core = model.board.core
    price = model.price(Design(network), Workload()).metrics["instructions"]
    artifact = emit_c(
        network,
        name="eyes",
        vectors=codes_for(network.interface, 5, 0),
        core=core,
        foretold=Foretold(core.name, round(price)),
    )
    return run_selftest(artifact, network, core)


def test_a_print_out_of_a_simulated_risc_v_makes_a_board_that_is_read(
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    """QEMU's mcycle counts instructions, so the ratio says how good the price is."""
    core = load_core("rv32imc")
    requires_tool(core.compiler, core.simulators[0].program)
    printed = printed_in_qemu(small_convolution(), "esp32c3")
    assert printed.startswith("eyes: 5 of 5 vectors agree\nsilkscreen-cycles: version=1 name=eyes network=")
    counts = read_printout(printed, "qemu.txt")
    assert counts[0].counter == "mcycle"
    found = calibrated(load_board("esp32c3"), counts, "QEMU's virt board, a simulation")
    assert found.cycles_per_instruction.value == pytest.approx(1.0, abs=0.12)
    path = tmp_path / "mine.yaml"
    path.write_text(board_text(found), encoding="utf-8")
    model = McuModel(str(path))
    assert model.board.cycles_per_instruction.source.startswith("measured on QEMU's virt board, a simulation")
    metrics = model.price(Design(small_convolution()), Workload()).metrics
    assert metrics["cycles"] == pytest.approx(counts[0].mean, rel=1e-4)


def test_a_counter_that_stands_still_is_refused(requires_tool) -> None:  # type: ignore[no-untyped-def]
    """QEMU has no DWT."""
    requires_tool("arm-none-eabi-gcc", "qemu-system-arm")
    with pytest.raises(HardwareModelError, match="the counter dwt stands still"):
        read_printout(printed_in_qemu(small_convolution(), "stm32l4r5"), "qemu.txt")
