"""`silkscreen estimate` of networks on a microcontroller, word for word."""

import json
from pathlib import Path

import pytest

from codegen.ir.serialize import write_network
from tests.hwmodels.mcu.test_model import dense
from tests.nas.test_cli_import import call, model

__all__ = ["model"]

TINY = """\
tiny.tflite on STM32L4R5ZI (Nucleo-L4R5ZI), cortex-m4 at 120 MHz
  flash         1,164 bytes of 2,097,152: 132 constants, 903 kernels, 129 module and library
  ram           335 bytes of 655,360: 179 arena, 156 stack
  MACs          64
  instructions  441
  latency       6.254 µs, between 5.518 µs and 6.621 µs
  energy        0.2939 µJ, between 0.2317 µJ and 0.3509 µJ
     layer   kernel                 MACs  instructions  share  flash
  0  conv2d  pointwise_columns_dsp    16           204  46.1%    246
  1  conv2d  conv2d_columns_dsp       48           223  50.6%    789
  memory over time, arena of 179 bytes, the least there is in this order
     layer   bytes        outputs of layers and scratch, first byte + bytes
  0  conv2d     32        0: 0 + 16, scratch: 16 + 16
  1  conv2d    179  peak  0: 0 + 16, scratch: 16 + 160, 1: 176 + 3
"""
OWN_BOARD = """\
title: Tiny board
core: cortex-m4
clock_mhz: {value: 1, source: made up for a test}
flash_bytes: {value: 1024, source: made up for a test}
ram_bytes: {value: 512, source: made up for a test}
cycles_per_instruction: {value: 2, source: made up for a test}
active_power_mw: {value: 1, source: made up for a test}
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_model_is_priced_layer_by_layer(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    assert call(capsys, "estimate", str(model), "--board", "stm32l4r5") == (0, TINY, "")


def test_the_imported_network_costs_the_same(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    call(capsys, "import", str(model))
    expected = TINY.replace("tiny.tflite", "tiny.json")
    assert call(capsys, "estimate", "tiny.json", "--board", "stm32l4r5") == (0, expected, "")


def test_json_holds_layers_and_timeline(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    code, out, err = call(capsys, "estimate", str(model), "--board", "stm32l4r5", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["metrics"]["macs"] == 64
    assert [layer["kernel"] for layer in found["layers"]] == ["pointwise_columns_dsp", "conv2d_columns_dsp"]
    assert found["arena_bytes"] + found["stack_bytes"] == found["metrics"]["ram_bytes"]
    assert [moment["live_bytes"] for moment in found["timeline"]] == [32, 179]
    assert found["peak_step"] == 1


def test_a_board_of_ones_own_tells_what_does_not_fit(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    Path("own.yaml").write_text(OWN_BOARD, encoding="utf-8")
    code, out, _ = call(capsys, "estimate", str(model), "--board", "own.yaml")
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "tiny.tflite on Tiny board, cortex-m4 at 1 MHz")
    assert lines[1].startswith("  flash         1,164 bytes of 1,024, MORE THAN THERE IS: ")
    assert lines[2].startswith("  ram           335 bytes of 512: ")
    assert lines[5] == "  latency       882.9 µs"


def test_a_bespoke_mlp_is_priced_in_short(capsys: pytest.CaptureFixture[str]) -> None:
    write_network(dense(10, 3), Path("mlp.json"))
    code, out, err = call(capsys, "estimate", "mlp.json")
    lines = out.splitlines()
    assert (code, err, len(lines)) == (0, "", 7)
    assert lines[0].startswith("mlp.json on ")
    assert lines[3] == "  MACs          30"


def test_an_unknown_board_is_bad_input(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    code, out, err = call(capsys, "estimate", str(model), "--board", "stm32l4")
    assert (code, out) == (2, "")
    assert err.startswith("mcu: board 'stm32l4' is not known; did you mean 'stm32l4r5'?")
