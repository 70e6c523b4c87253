"""Proofs that emitted Verilog computes the network, the first of them by simulation in iverilog."""

import re
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.artifact import Artifact, Proof
from codegen.errors import CodegenError
from codegen.ir.evaluate import evaluate
from codegen.ir.network import Network
from codegen.toolchain import ToolError, find_tool, install_hint, run_tool, tool_version
from codegen.verify.gates import prove_gates
from codegen.verify.sums import prove_sums
from codegen.verify.words import mismatch_text, refused
from codegen.verilog import network_vectors, output_ports

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
Int64Array: TypeAlias = npt.NDArray[np.int64]

TIMEOUT_S = 600.0
MEMORY_MB = 4096
SIMULATED = "verilog-iverilog"

_FAILED = re.compile(r"^FAIL (\d+) of \d+$", re.MULTILINE)
_FIRST = re.compile(r"^FAIL vector (\d+)$", re.MULTILINE)
_FOUND = re.compile(r"^  \w+: expected \S+, found (\S+)$", re.MULTILINE)


def verify_verilog(
    network: Network, artifact: Artifact, codes: IntArray, *, seed: int, n_random: int = 20000
) -> tuple[Proof, ...]:
    """The module in its own testbench under iverilog; its gates; both against each other; its sums.

    "verilog-iverilog" and "verilog-netlist", the gates that yosys and ABC make of the module (of style
    "cells" those that it has), are compared with `evaluate` on all of `codes` (n_samples, n_features) and
    on `n_random` random ones over the full range of every feature. "verilog-cec" compares the module with
    its gates on all inputs, of style "cells" the same network in style "word" with the cells; "undecided"
    where that takes more than a minute. "certificate", of an MLP only, proves the sums of its lowered
    circuit by algebra. A tool that is missing or does not end gives the status "missing"; text that the
    tools refuse gives "mismatch" with their words as the detail.
    Raises CodegenError where there is no vector at all.
    """
    vectors = proof_codes(network, codes, seed=seed, n_random=n_random)
    expected = evaluate(network, vectors).reshape(len(vectors), -1)
    return (
        _prove_simulation(network, artifact, vectors, expected),
        *prove_gates(network, artifact, vectors, expected),
        *prove_sums(network),
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
        return refused(SIMULATED, tool, len(vectors), words)
    row = int(first[1])
    text = mismatch_text(network, vectors, expected, row, _FOUND.findall(words))
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
