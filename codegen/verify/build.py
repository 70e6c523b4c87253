"""Compile a subject for the host or a Cortex-M core, and run it there."""

import functools
from collections.abc import Sequence
from pathlib import Path
from string import Template

from codegen.cores import Core, Simulator
from codegen.toolchain import ToolError, ToolResult, find_tool, install_hint, run_tool, tool_version

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FIRMWARE_FLAGS = ("-std=c99", "-ffunction-sections", "-fdata-sections", "-Imodule")
"""How everything is compiled for a core, in the proofs and for every measured figure."""
STACK_BYTES = 1024
"""Room that an image must leave for the stack."""

ARM_GCC, QEMU = "arm-none-eabi-gcc", "qemu-system-arm"
COMPILE_TIMEOUT_S = 120.0
RUN_TIMEOUT_S = 300.0
MEMORY_MB = 2048
_MISSING_PARTS = ("cannot find -l", "stdint.h: No such file", "cannot find crt")
_TOO_LARGE = "will not fit in region"


class BuildError(Exception):
    """The compiler refuses the subject. The text is the compiler's."""


class TooLargeError(ToolError):
    """The firmware does not fit the simulated machine."""


def missing_tool(*names: str) -> str | None:
    """The first of the tools that is not installed."""
    return next((name for name in names if find_tool(name) is None), None)


def compile_c(tool: str, arguments: Sequence[str], folder: Path) -> None:
    """Runs a compiler in `folder`.

    Raises BuildError for an error in the sources; ToolError where a part of the tool is not installed, or
    the simulated machine is too small.
    """
    result = run_tool([tool, *arguments], cwd=folder, timeout_s=COMPILE_TIMEOUT_S, memory_mb=MEMORY_MB)
    text = result.stderr.decode(errors="replace")
    if result.returncode == 0:
        return
    if any(part in text for part in _MISSING_PARTS):
        raise ToolError(f"{tool}: a library is missing; install it with: {install_hint(tool)}")
    if _TOO_LARGE in text:
        raise TooLargeError(
            f"{tool}: the firmware must fit the memory of the simulated machine, but does not"
        )
    raise BuildError(text[:2000])


def build_host(sources: Sequence[str], program: str, folder: Path) -> None:
    """Compiles for this machine as strict C99, under sanitizers."""
    arguments = ["-std=c99", "-O1", *WARNINGS, *SANITIZERS, "-Imodule", *sources, "-o", program]
    compile_c("gcc", arguments, folder)


def run_host(program: str, folder: Path) -> ToolResult:
    """Runs a program of `build_host`; a sanitizer's finding is a return code above 0."""
    # Leak checking needs ptrace, which containers forbid, and the module has no heap.
    options = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    return run_tool([str(folder / program)], cwd=folder, timeout_s=RUN_TIMEOUT_S, env=options)


def build_firmware(
    core: Core, module: str, others: Sequence[str], image: str, folder: Path, optimization: str
) -> Simulator:
    """Compiles the module with warnings as errors, and links it with the start-up and `others`.

    Gives the simulator that the image fits. optimization: of the module, such as "-Os".
    """
    objects = compile_firmware(core, ["startup.c", "io_semihosting.c", *others], folder)
    compiled = compile_module(core, module, folder, optimization)
    return link_firmware(core, [compiled, *objects], image, folder)


def compile_module(core: Core, module: str, folder: Path, optimization: str) -> str:
    """The object file of the module; beside it a .ci file holds its call graph with stack sizes."""
    flags = [*core.compiler_flags, *FIRMWARE_FLAGS, optimization, *WARNINGS, "-fcallgraph-info=su"]
    compile_c(core.compiler, [*flags, "-c", module, "-o", "module.o"], folder)
    return "module.o"


def compile_firmware(
    core: Core, sources: Sequence[str], folder: Path, flags: Sequence[str] = ()
) -> tuple[str, ...]:
    """The object files of sources that are ours, in their order."""
    compile_c(core.compiler, [*core.compiler_flags, *FIRMWARE_FLAGS, "-Os", *flags, "-c", *sources], folder)
    return tuple(f"{Path(source).stem}.o" for source in sources)


def link_firmware(core: Core, objects: Sequence[str], image: str, folder: Path) -> Simulator:
    """Links objects into `image`, keeping only what is used, for the first simulator that it fits."""
    for simulator in core.simulators[:-1]:
        try:
            return _link(core, simulator, objects, image, folder)
        except TooLargeError:
            pass
    return _link(core, core.simulators[-1], objects, image, folder)


def _link(core: Core, simulator: Simulator, objects: Sequence[str], image: str, folder: Path) -> Simulator:
    script = Template((folder / "link.ld.in").read_text(encoding="utf-8"))
    values = {"flash_kib": simulator.flash_kib, "ram_kib": simulator.ram_kib, "stack_bytes": STACK_BYTES}
    values |= {"flash_origin": simulator.flash_origin, "ram_origin": simulator.ram_origin}
    (folder / "link.ld").write_text(script.substitute(values), encoding="utf-8")
    flags = [*core.compiler_flags, "-nostartfiles", "-Wl,--gc-sections", "-T", "link.ld"]
    compile_c(core.compiler, [*flags, *objects, "-o", image], folder)
    return simulator


def run_firmware(simulator: Simulator, image: str, folder: Path, plugin: Sequence[str] = ()) -> ToolResult:
    """Runs an image in QEMU, with its files in `folder`. plugin: arguments for a plugin."""
    argv = [simulator.program, "-M", simulator.machine, *simulator.options]
    argv += ["-display", "none", "-monitor", "none", "-serial", "none"]
    argv += ["-semihosting-config", "enable=on,target=native", *plugin, "-kernel", image]
    return run_tool(argv, cwd=folder, timeout_s=RUN_TIMEOUT_S)


def simulator_title(core: Core, simulator: Simulator) -> str:
    """What runs the firmware: compiler, QEMU, and the core that QEMU simulates."""
    return f"{tool_version(core.compiler)}; {tool_version(simulator.program)}, {simulator.model}"


@functools.cache
def host_title() -> str:
    """What compiles and runs the host's program."""
    return f"{tool_version('gcc')} with address and undefined-behavior sanitizers"
