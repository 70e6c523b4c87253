"""Emitted Verilog passes its own testbench under iverilog, and the tools have nothing to say against it."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.artifact import Artifact
from codegen.ir import Network
from codegen.verilog import emit_verilog
from tests.codegen.c.golden_networks import small_mlp
from tests.codegen.verilog.test_emit import GOLDEN, emit, small_netlist
from tests.networks import codes_for, gate_netlists, networks

N_VECTORS = 200
FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", autouse=True)
def _needs_iverilog(requires_tool):
    requires_tool("iverilog", "vvp")


def simulate(artifacts: list[Artifact], folder: Path, flags: tuple[str, ...] = ("-g2001", "-Wall")) -> str:
    """All testbenches in one simulation; what the tools print."""
    for artifact in artifacts:
        artifact.write(folder)
    sources = sorted(
        {file.path for artifact in artifacts for file in artifact.files if file.path[-2:] == ".v"}
    )
    tops = [flag for artifact in artifacts for flag in ("-s", f"{artifact.prefix}_tb")]
    command = ["iverilog", *flags, *tops, "-o", "all.vvp", *sources]
    compiled = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    ran = subprocess.run(["vvp", "-n", "all.vvp"], cwd=folder, capture_output=True, text=True, check=False)
    return compiled.stdout + compiled.stderr + ran.stdout + ran.stderr


def passes_in_one_simulation(several: list[Network], folder: Path) -> bool:
    """True where every testbench passes; the first $finish would end the others, so they are chained."""
    artifacts = [
        emit_verilog(network, name=f"dut{index}", vectors=codes_for(network.interface, N_VECTORS, index))
        for index, network in enumerate(several)
    ]
    waiting = [
        Artifact("verilog", artifact.prefix, tuple(_without_finish(file) for file in artifact.files))
        for artifact in artifacts
    ]
    return simulate(waiting, folder) == f"PASS {N_VECTORS}\n" * len(several)


def _without_finish(file):
    return type(file)(file.path, file.text.replace("    $finish;\n", ""))


@FEW
@given(st.lists(networks(), min_size=8, max_size=8))
def test_random_networks_pass_without_a_warning(several):
    with tempfile.TemporaryDirectory() as folder:
        assert passes_in_one_simulation(several, Path(folder))


@settings(FEW, max_examples=3)
@given(st.lists(gate_netlists(), min_size=6, max_size=6))
def test_cells_with_their_models_pass(several):
    for network in several:
        codes = codes_for(network.interface, N_VECTORS, 0)
        artifact = emit_verilog(network, name="dut", vectors=codes, style="cells")
        with tempfile.TemporaryDirectory() as folder:
            assert simulate([artifact], Path(folder)) == f"PASS {N_VECTORS}\n"


def test_the_shipped_files_run_as_their_header_says(tmp_path):
    assert simulate([emit(small_netlist(), style="cells")], tmp_path) == "PASS 3\n"


def test_yosys_has_nothing_to_say_against_the_golden_files(requires_tool):
    requires_tool("yosys")
    for path in sorted(GOLDEN.glob("*/golden.v")):
        commands = f"read_verilog {path.name}; proc; opt; check -assert"
        if path.parent.name == "cells":
            commands = f"read_verilog golden_cells.v; {commands}"
        result = subprocess.run(
            ["yosys", "-q", "-p", commands], cwd=path.parent, capture_output=True, text=True, check=False
        )
        assert (result.returncode, result.stdout, result.stderr) == (0, "", ""), path


def test_the_testbench_names_the_first_vector_that_fails(tmp_path):
    artifact = emit(small_mlp())
    lines = artifact.files[2].text.splitlines()
    wrong = f"{int(lines[1], 16) ^ 1:0{len(lines[1])}x}"
    artifact.write(tmp_path)
    memory = "\n".join([lines[0], wrong, *lines[2:]]) + "\n"
    broken = Artifact(
        "verilog", "golden", (*artifact.files[:2], type(artifact.files[2])(artifact.files[2].path, memory))
    )
    words = simulate([broken], tmp_path).splitlines()
    assert words[:3] == ["FAIL vector 1", "  age = 15", "  weight_of_the_thing = 15"]
    assert words[3].startswith("  class_index: expected ")
    assert words[4] == "FAIL 1 of 3"


def test_a_missing_vector_does_not_pass(tmp_path):
    artifact = emit(small_mlp())
    short = type(artifact.files[2])(artifact.files[2].path, artifact.files[2].text.splitlines()[0] + "\n")
    words = simulate([Artifact("verilog", "golden", (*artifact.files[:2], short))], tmp_path)
    assert "FAIL vector 1" in words
    assert "FAIL 2 of 3" in words
