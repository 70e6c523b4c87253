"""Runs the self-test of a module on a simulated core and gives what it prints."""

import tempfile
from dataclasses import replace
from pathlib import Path

from codegen.artifact import Artifact
from codegen.cores import Core
from codegen.errors import CodegenError
from codegen.ir import Network
from codegen.toolchain import ToolError
from codegen.verify.build import compile_firmware, compile_module, link_firmware, run_firmware
from codegen.verify.subject import write_subject

COUNTED = ("-icount", "shift=0")
"""The simulator's clock goes on by a nanosecond an instruction, so that counters depend on nothing else."""


def run_selftest(artifact: Artifact, network: Network, core: Core) -> str:
    """The lines that the self-test prints on a core in QEMU.

    The cycles among them are those of the simulator's clock, not of silicon: `mcycle` counts instructions,
    SysTick ticks of the machine's clock where an instruction takes a nanosecond, and DWT stands still. Raises
    CodegenError for an artifact without self-test, ToolError where a tool is missing or a row is wrong, and
    BuildError.
    """
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        subject = write_subject(network, artifact, Path(name))
        if subject.selftest is None:
            raise CodegenError("artifact: must have a self-test")
        specs = () if core.instruction_set.startswith("rv") else ("--specs=nosys.specs",)
        core = replace(core, compiler_flags=(*core.compiler_flags, *specs))
        sources = ["startup.c", "io_semihosting.c", "print.c", subject.selftest]
        module = compile_module(core, subject.module, subject.folder, subject.optimization)
        objects = [module, *compile_firmware(core, sources, subject.folder)]
        simulator = link_firmware(core, objects, "selftest.elf", subject.folder)
        counted = replace(simulator, options=(*simulator.options, *COUNTED))
        result = run_firmware(counted, "selftest.elf", subject.folder)
        printed = result.stdout.decode(errors="replace")
        if result.returncode != 0:
            ended = f"the self-test must end with 0, not {result.returncode}"
            raise ToolError(f"{simulator.program}: {ended}: {printed[:500]}")
        return printed
