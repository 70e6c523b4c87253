"""Proofs of the gates of emitted Verilog: on vectors, and by equivalence checking on all inputs."""

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.artifact import Artifact, Proof
from codegen.cells import load_cells
from codegen.circuit.netlist import BitSamples, area_cm2, cell_counts, evaluate_netlist, pack_codes
from codegen.ir.evaluate import evaluate
from codegen.ir.interface import ClassOutput
from codegen.ir.network import GateNetlist, Network
from codegen.synthesis import (
    FAST,
    Equivalence,
    Logic,
    SynthesisError,
    check_equivalence,
    elaborate,
    map_netlist,
)
from codegen.toolchain import ToolError, find_yosys
from codegen.verify.words import mismatch_text, refused
from codegen.verilog import emit_verilog, output_ports

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
Int64Array: TypeAlias = npt.NDArray[np.int64]

NETLIST, EQUIVALENCE = "verilog-netlist", "verilog-cec"


@dataclass(frozen=True, slots=True)
class _Gates:
    """logic: the gates of the module. words: what they must equal, of style "word". mapper: made them."""

    logic: Logic
    words: GateNetlist
    mapper: str


def prove_gates(
    network: Network, artifact: Artifact, vectors: Int64Array, expected: Int64Array
) -> tuple[Proof, Proof]:
    """The proofs "verilog-netlist" and "verilog-cec" of `verify_verilog`.

    vectors: (n_vectors, n_features) codes; expected: (n_vectors, n_outputs), the network's answers.
    """
    try:
        tool = find_yosys().version
        gates = _gates(network, artifact)
    except ToolError as error:
        return _both(Proof("", "yosys", "missing", 0, 0, detail=str(error)))
    except SynthesisError as error:
        return _both(refused("", tool, len(vectors), str(error)))
    if not _has_ports_of(network, gates.logic):
        words = "the ports of the module are not those of the network"
        return _both(refused("", tool, len(vectors), words))
    named = f"{tool}; {gates.mapper}" if gates.mapper else tool
    return _compare(network, gates.logic, named, vectors, expected), _check(network, gates)


def _both(proof: Proof) -> tuple[Proof, Proof]:
    return replace(proof, target=NETLIST), replace(proof, target=EQUIVALENCE)


def _gates(network: Network, artifact: Artifact) -> _Gates:
    paths = {file.path for file in artifact.files}
    texts = [f.text for f in artifact.files if f.path.endswith(".v") and f.path != f"{artifact.prefix}_tb.v"]
    library = load_cells("egfet")
    logic = elaborate("\n".join(texts), library, top=artifact.prefix)
    if f"{artifact.prefix}_cells.v" in paths:
        lowest = np.array([[feature.code_lo for feature in network.interface.features]], dtype=np.int32)
        module = emit_verilog(network, name=artifact.prefix, vectors=lowest).files[0]
        return _Gates(logic, elaborate(module.text, library, top=artifact.prefix).netlist, "")
    mapping = map_netlist(logic.netlist, _n_bits(logic), library, FAST)
    return _Gates(replace(logic, netlist=mapping.netlist), logic.netlist, mapping.tool)


def _n_bits(logic: Logic) -> int:
    return sum(port.width for port in logic.inputs)


def _has_ports_of(network: Network, logic: Logic) -> bool:
    ports = output_ports(network)
    shapes = [[(port.name, port.width) for port in group] for group in (ports.inputs, ports.outputs)]
    return [[(port.name, port.width) for port in group] for group in (logic.inputs, logic.outputs)] == shapes


def _answers(network: Network, netlist: GateNetlist, samples: BitSamples) -> Int64Array:
    return evaluate_netlist(netlist, samples, signed=not isinstance(network.interface.output, ClassOutput))


def _compare(network: Network, logic: Logic, tool: str, vectors: Int64Array, expected: Int64Array) -> Proof:
    n_cells = sum(cell_counts(logic.netlist).values())
    area = area_cm2(logic.netlist, load_cells("egfet"))
    detail = f"{n_cells} cells, {area:.4g} cm2 mapped to egfet cells"
    found = _answers(network, logic.netlist, pack_codes(vectors, [port.width for port in logic.inputs]))
    wrong = np.flatnonzero((found != expected).any(axis=1))
    if len(wrong) == 0:
        return Proof(NETLIST, tool, "proven", len(vectors), 0, detail=detail)
    row = int(wrong[0])
    text = mismatch_text(network, vectors, expected, row, [str(value) for value in found[row]])
    return Proof(NETLIST, tool, "mismatch", len(vectors), len(wrong), text, detail)


def _check(network: Network, gates: _Gates) -> Proof:
    try:
        result = check_equivalence(gates.words, gates.logic.netlist, _n_bits(gates.logic))
    except (ToolError, SynthesisError) as error:
        return Proof(EQUIVALENCE, "abc", "missing", 0, 0, detail=str(error), all_inputs=True)
    match result.verdict:
        case "equal":
            detail = "all inputs, by equivalence checking of the words with the gates"
            return Proof(EQUIVALENCE, result.tool, "proven", 0, 0, detail=detail, all_inputs=True)
        case "undecided":
            detail = "no answer within the checker's limits; neither a proof nor a failure"
            return Proof(EQUIVALENCE, result.tool, "undecided", 0, 0, detail=detail, all_inputs=True)
    return _counterexample(network, gates, result)


def _counterexample(network: Network, gates: _Gates, result: Equivalence) -> Proof:
    """A mismatch with the inputs on which words and gates differ, and the answer of the one that is wrong."""
    samples, codes = _codes(network, gates.logic, result.counterexample)
    expected = evaluate(network, codes).reshape(1, -1)
    of_gates, of_words = (
        _answers(network, netlist, samples) for netlist in (gates.logic.netlist, gates.words)
    )
    name, found = ("words", of_words) if np.array_equal(of_gates, expected) else ("gates", of_gates)
    text = mismatch_text(network, codes, expected, 0, [str(value) for value in found[0]])
    return Proof(
        EQUIVALENCE,
        result.tool,
        "mismatch",
        1,
        1,
        text.removeprefix("vector 0: "),
        f"words and gates differ; the {name} are wrong",
        all_inputs=True,
    )


def _codes(network: Network, logic: Logic, bits: tuple[int, ...]) -> tuple[BitSamples, Int64Array]:
    """One sample of input bits, packed, and as the (1, n_features) codes that it is."""
    codes, start = [], 0
    for port, feature in zip(logic.inputs, network.interface.features, strict=True):
        value = sum(bit << place for place, bit in enumerate(bits[start : start + port.width]))
        codes.append(value - (1 << port.width) if value > feature.code_hi else value)
        start += port.width
    row = np.array([codes], dtype=np.int64)
    return pack_codes(row, [port.width for port in logic.inputs]), row
