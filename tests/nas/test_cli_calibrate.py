"""models calibrate: the board file that it writes, and what it refuses."""

import json
from pathlib import Path

import pytest

from hwmodels.mcu import load_board
from nas.cli import main
from tests.hwmodels.mcu.test_calibration import LINE, OTHER


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out.txt").write_text(f"{LINE}\n{OTHER}\n", encoding="utf-8")
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(("models", "calibrate", *arguments))
    assert isinstance(caught.value.code, int)
    out, err = capsys.readouterr()
    return caught.value.code, out, err


def test_a_board_file_is_written_and_its_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "out.txt", "--board", "stm32l4r5")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "stm32l4r5_measured.yaml: 1.550 cycles an instruction, between 1.500 and 1.700",
        "  kws: 1,600 cycles over 1,000 foretold instructions, 1.600 (+3.2 %)",
        "  ad: 1,500 cycles over 1,000 foretold instructions, 1.500 (-3.2 %)",
    ]
    board = load_board("stm32l4r5_measured.yaml")
    assert board.cycles_per_instruction.value == 1.55
    assert board.cycles_per_instruction.source.startswith("measured on STM32L4R5ZI (Nucleo-L4R5ZI), counter")


def test_json_has_the_same_and_the_file_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--board", "stm32l4r5", "--out", "mine.yaml", "--on", "my desk", "--json")
    code, out, _ = call(capsys, "out.txt", *options)
    found = json.loads(out)
    assert (code, found["file"]) == (0, "mine.yaml")
    assert found["cycles_per_instruction"] == {"value": 1.55, "lowest": 1.5, "highest": 1.7}
    assert [one["name"] for one in found["networks"]] == ["kws", "ad"]
    assert load_board("mine.yaml").cycles_per_instruction.source.startswith("measured on my desk, ")


def test_a_file_that_is_there_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text("mine", encoding="utf-8")
    code, _, err = call(capsys, "out.txt", "--board", "stm32l4r5", "--out", "mine.yaml")
    assert (code, err) == (2, "mine.yaml: must not exist yet; name another file with --out\n")
    assert Path("mine.yaml").read_text(encoding="utf-8") == "mine"


def test_a_print_out_must_be_there_and_hold_cycles(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "none.txt", "--board", "stm32l4r5")
    assert (code, err) == (2, "none.txt: must be a readable print-out (No such file or directory)\n")
    Path("empty.txt").write_text("hello\n", encoding="utf-8")
    code, _, err = call(capsys, "empty.txt", "--board", "stm32l4r5")
    assert code == 2
    assert err.startswith("empty.txt: must hold a line that begins with 'silkscreen-cycles:'")
