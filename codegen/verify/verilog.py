"""Proofs that emitted Verilog computes the network: simulated by iverilog, and synthesized to gates."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.artifact import Artifact, Proof
from codegen.cells import load_cells
from codegen.circuit.netlist import area_cm2, cell_counts, evaluate_netlist, pack_codes
from codegen.errors import CodegenError
from codegen.ir.evaluate import evaluate
from codegen.ir.interface import ClassOutput
from codegen.ir.network import Network
from codegen.synthesis import FAST, Logic, SynthesisError, elaborate, map_netlist
from codegen.toolchain import ToolError, find_tool, find_yosys, install_hint, run_tool, tool_version
from codegen.verilog import network_vectors, output_ports

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
Int64Array: TypeAlias = npt.NDArray[np.int64]

TIMEOUT_S = 600.0
MEMORY_MB = 4096
SIMULATED, NETLIST = "verilog-iverilog", "verilog-netlist"

_FAILED = re.compile(r"^FAIL (\d+) of \d+$", re.MULTILINE)
_FIRST = re.compile(r"^FAIL vector (\d+)$", re.MULTILINE)
_FOUND = re.compile(r"^  \w+: expected \S+, found (\S+)$", re.MULTILINE)


def verify_verilog(
    network: Network, artifact: Artifact, codes: IntArray, *, seed: int, n_random: int = 20000
) -> tuple[Proof, Proof]:
    """Two proofs: the module in its own testbench under iverilog, and the gates that yosys makes of it.

    A module of cells (style "cells") is read by yosys and taken as it is; another is mapped by ABC first.

    Both compare with `evaluate` on all of `codes` (n_samples, n_features) and on `n_random` random ones
    over the full range of every feature. A tool that is missing or does not end gives the status
    "missing"; text that the tools refuse gives "mismatch" with their words as the detail.
    Raises CodegenError where there is no vector at all.
    """
    vectors = proof_codes(network, codes, seed=seed, n_random=n_random)
    expected = evaluate(network, vectors).reshape(len(vectors), -1)
    return (
        _prove_simulation(network, artifact, vectors, expected),
        _prove_netlist(network, artifact, vectors, expected),
    )


def proof_codes(network: Network, codes: IntArray, *, seed: int, n_random: int) -> Int64Array:
    """The given codes and then the random ones, the first two of which are all lowest and all highest."""
    features = network.interface.features
    lo = np.array([feature.code_lo for feature in features])
    hi = np.array([feature.code_hi for feature in features])
    random = np.random.default_rng(seed).integers(lo, hi + 1, (n_random, len(features)))
    random[:1], random[1:2] = lo, hi
    vectors = np.concatenate([np.asarray(codes, dtype=np.int64).reshape(-1, len(features)), random])
    if len(vectors) == 0:
        raise CodegenError("verify: at least one vector is needed; give codes, or n_random above 0")
    return vectors


def _prove_simulation(
    network: Network, artifact: Artifact, vectors: Int64Array, expected: Int64Array
) -> Proof:
    for name in ("iverilog", "vvp"):
        if find_tool(name) is None:
            return Proof(SIMULATED, "iverilog", "missing", 0, 0, detail=install_hint("iverilog"))
    tool = tool_version("iverilog")
    try:
        words = _simulate(network, artifact, vectors)
    except ToolError as error:
        return Proof(SIMULATED, tool, "missing", 0, 0, detail=str(error))
    if words.splitlines() == [f"PASS {len(vectors)}"]:
        return Proof(SIMULATED, tool, "proven", len(vectors), 0)
    failed, first = _FAILED.search(words), _FIRST.search(words)
    if failed is None or first is None:
        return _refused(SIMULATED, tool, len(vectors), words)
    row = int(first[1])
    text = _mismatch_text(network, vectors, expected, row, _FOUND.findall(words))
    return Proof(SIMULATED, tool, "mismatch", len(vectors), int(failed[1]), first_mismatch=text)


def _simulate(network: Network, artifact: Artifact, vectors: Int64Array) -> str:
    """What the artifact's testbench prints with these vectors, or what iverilog says against it."""
    prefix = artifact.prefix
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        folder = Path(name)
        artifact.write(folder)
        memory = network_vectors(network, vectors, output_ports(network))
        (folder / f"{prefix}_vectors.hex").write_text(memory)
        sources = [file.path for file in artifact.files if file.path.endswith(".v")]
        size = f"-P{prefix}_tb.N_VECTORS={len(vectors)}"
        compile_command = ["iverilog", "-g2001", "-s", f"{prefix}_tb", size, "-o", "simulation.vvp", *sources]
        for command in (compile_command, ["vvp", "-n", "simulation.vvp"]):
            result = run_tool(command, cwd=folder, timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB)
            words = (result.stdout + result.stderr).decode(errors="replace")
            if result.returncode != 0:
                break
    return words


def _prove_netlist(network: Network, artifact: Artifact, vectors: Int64Array, expected: Int64Array) -> Proof:
    try:
        tool = find_yosys().version
    except ToolError as error:
        return Proof(NETLIST, "yosys", "missing", 0, 0, detail=str(error))
    try:
        logic, mapper = _gates(artifact)
    except ToolError as error:
        return Proof(NETLIST, tool, "missing", 0, 0, detail=str(error))
    except SynthesisError as error:
        return _refused(NETLIST, tool, len(vectors), str(error))
    ports = output_ports(network)
    shapes = [[(port.name, port.width) for port in group] for group in (ports.inputs, ports.outputs)]
    if [[(port.name, port.width) for port in group] for group in (logic.inputs, logic.outputs)] != shapes:
        return _refused(NETLIST, tool, len(vectors), "the ports of the module are not those of the network")
    packed = pack_codes(vectors, [port.width for port in ports.inputs])
    signed = not isinstance(network.interface.output, ClassOutput)
    found = evaluate_netlist(logic.netlist, packed, signed=signed)
    proof = _compare(network, f"{tool}; {mapper}" if mapper else tool, vectors, expected, found)
    n_cells = sum(cell_counts(logic.netlist).values())
    area = area_cm2(logic.netlist, load_cells("egfet"))
    return replace(proof, detail=f"{n_cells} cells, {area:.4g} cm2 mapped to egfet cells")


def _gates(artifact: Artifact) -> tuple[Logic, str]:
    """The gates of the module, and what mapped them; "" where they are the cells that were emitted."""
    paths = {file.path for file in artifact.files}
    texts = [f.text for f in artifact.files if f.path.endswith(".v") and f.path != f"{artifact.prefix}_tb.v"]
    library = load_cells("egfet")
    logic = elaborate("\n".join(texts), library, top=artifact.prefix)
    if f"{artifact.prefix}_cells.v" in paths:
        return logic, ""
    mapping = map_netlist(logic.netlist, sum(port.width for port in logic.inputs), library, FAST)
    return replace(logic, netlist=mapping.netlist), mapping.tool


def _compare(
    network: Network, tool: str, vectors: Int64Array, expected: Int64Array, found: Int64Array
) -> Proof:
    wrong = np.flatnonzero((found != expected).any(axis=1))
    if len(wrong) == 0:
        return Proof(NETLIST, tool, "proven", len(vectors), 0)
    row = int(wrong[0])
    text = _mismatch_text(network, vectors, expected, row, [str(value) for value in found[row]])
    return Proof(NETLIST, tool, "mismatch", len(vectors), len(wrong), first_mismatch=text)


def _refused(target: str, tool: str, n_vectors: int, words: str) -> Proof:
    """A module that a tool does not take computes nothing right."""
    return Proof(target, tool, "mismatch", n_vectors, n_vectors, detail=words.strip()[:500])


def _mismatch_text(
    network: Network, vectors: Int64Array, expected: Int64Array, row: int, found: Sequence[str]
) -> str:
    ports = output_ports(network)
    inputs = ", ".join(f"{port.name}={code}" for port, code in zip(ports.inputs, vectors[row], strict=True))
    names = [port.name for port in ports.outputs]
    wanted = ", ".join(f"{name}={value}" for name, value in zip(names, expected[row], strict=True))
    got = ", ".join(f"{name}={value}" for name, value in zip(names, found, strict=True))
    return f"vector {row}: {inputs}: expected {wanted}, found {got}"
