"""Boards: those that ship, a user's own, and what is said about a wrong one."""

from dataclasses import replace
from pathlib import Path

import pytest

from hwmodels.mcu import board_text, load_board, shipped_boards
from hwmodels.model import HardwareModelError

OWN = """\
title: My board
core: cortex-m3
clock_mhz: {value: 24, source: its manual}
flash_bytes: {value: 16384, source: its manual}
ram_bytes: {value: 4096, source: its manual}
cycles_per_instruction: {value: 1.5, lowest: 1.2, highest: 2, source: a guess}
active_power_mw: {value: 12, source: a meter}
"""


def write(folder: Path, text: str) -> str:
    path = folder / "my_board.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", shipped_boards())
def test_every_shipped_board_loads_with_a_source_for_each_fact(name: str) -> None:
    board = load_board(name)
    facts = (board.clock_mhz, board.flash_bytes, board.ram_bytes, board.cycles_per_instruction)
    known = facts if board.active_power_mw is None else (*facts, board.active_power_mw)
    assert board.active_power_mw is not None or len(board.no_power) > 20
    for fact in known:
        assert fact.lowest <= fact.value <= fact.highest
        assert len(fact.source) > 20
    assert board.flash_bytes.value > board.ram_bytes.value


def test_the_boards_of_the_specification_ship() -> None:
    wanted = {"rp2040", "stm32f103", "stm32f446re", "stm32l4r5", "nrf52840", "stm32f746"}
    wanted |= {"stm32u575", "alif_e1c", "esp32c3"}
    assert wanted <= set(shipped_boards())


def test_a_users_own_board_is_read_by_its_path(tmp_path: Path) -> None:
    board = load_board(write(tmp_path, OWN))
    assert (board.name, board.title, board.core.name) == ("my_board", "My board", "cortex-m3")
    assert board.cycles_per_instruction.highest == 2
    assert board.active_power_mw is not None
    assert board.active_power_mw.lowest == 12


def test_an_unknown_board_names_the_nearest() -> None:
    with pytest.raises(HardwareModelError) as error:
        load_board("stm32f446")
    assert str(error.value) == (
        "mcu: board 'stm32f446' is not known; did you mean 'stm32f446re'? "
        "(a board of your own is the path of a .yaml file)"
    )


def test_an_unknown_board_far_from_all_lists_them() -> None:
    with pytest.raises(HardwareModelError, match="is not known; known are alif_e1c, esp32c3, nrf52840, "):
        load_board("avr")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("core: cortex-m3", "core: cortex-m5", "core: core 'cortex-m5' is not known; did you mean"),
        ("title:", "titel:", "unknown key 'titel'; the keys are title, core, clock_mhz, "),
        ("value: 24,", "value: fast,", "clock_mhz.value: must be a number, not 'fast'"),
        ("value: 24,", "value: 0,", "clock_mhz.value: must be a finite number above 0, not 0"),
        ("value: 24,", "value: .inf,", "clock_mhz.value: must be a finite number above 0, not inf"),
        ("{value: 24, source: its manual}", "24", "clock_mhz: must hold value and source, and may hold"),
        ("source: a meter", "note: a meter", "active_power_mw.source: must say where the value comes from"),
        ("lowest: 1.2", "lowest: 1.7", "lowest <= value <= highest must hold, but got 1.7, 1.5, 2.0"),
        ("title: My board", "title: [", "must be YAML"),
        ("{value: 12, source: a meter}", "{unknown: 3}", "active_power_mw.unknown: must say why there is no"),
    ],
)
def test_a_wrong_board_file_names_the_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, OWN.replace(old, new))
    with pytest.raises(HardwareModelError) as error:
        load_board(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


def test_a_board_file_must_be_there_small_and_a_mapping(tmp_path: Path) -> None:
    with pytest.raises(HardwareModelError, match=r"must be a readable board file \(No such file"):
        load_board(str(tmp_path / "none.yaml"))
    with pytest.raises(HardwareModelError, match="must map keys to values"):
        load_board(write(tmp_path, "- a\n"))
    with pytest.raises(HardwareModelError, match="must be at most 65536 bytes"):
        load_board(write(tmp_path, "#" * 70000))


@pytest.mark.parametrize("name", shipped_boards())
def test_a_written_board_is_read_as_the_same(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    assert load_board(write(tmp_path, board_text(board))) == replace(board, name="my_board")
