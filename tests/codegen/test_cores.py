"""Cores: what ships, and what is said about one that does not."""

import subprocess

import pytest

from codegen.cores import CoreError, known_cores, load_core


@pytest.mark.parametrize("name", known_cores())
def test_every_core_is_compiled_for_itself_and_simulated(name: str) -> None:
    core = load_core(name)
    assert {f"-mcpu={name}", f"-march={name}"} & set(core.compiler_flags)
    assert core.simulators[0].flash_kib >= 256
    assert ("float32" in core.features) == ("-mfloat-abi=hard" in core.compiler_flags)


def test_the_simulated_machines_exist(requires_tool) -> None:  # type: ignore[no-untyped-def]
    for simulator in {one for name in known_cores() for one in load_core(name).simulators}:
        requires_tool(simulator.program)
        listed = subprocess.run(
            [simulator.program, "-M", "help"], capture_output=True, text=True, check=True
        ).stdout
        assert simulator.machine in {line.split()[0] for line in listed.splitlines() if line}


def test_an_unknown_core_names_the_nearest() -> None:
    with pytest.raises(CoreError) as error:
        load_core("cortex-m5")
    assert str(error.value).startswith("core 'cortex-m5' is not known; did you mean 'cortex-m")


def test_a_core_far_from_all_lists_them() -> None:
    with pytest.raises(CoreError, match="core 'avr' is not known; known are cortex-m0, cortex-m0plus"):
        load_core("avr")
