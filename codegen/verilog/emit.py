"""Network to Verilog files: a module, its testbench and the testbench's vectors."""

import json
from collections.abc import Sequence
from typing import Literal, TypeAlias

from codegen.artifact import Artifact, File
from codegen.cells import CellLibrary, load_cells
from codegen.circuit.cell_models import cell_models
from codegen.circuit.netlist import remove_dead_gates
from codegen.identifiers import safe_identifier
from codegen.ir.evaluate import Codes
from codegen.ir.graph import TensorNet
from codegen.ir.interface import ClassOutput, Interface
from codegen.ir.network import BespokeMlp, DecisionTree, GateNetlist, Network
from codegen.ir.serialize import content_hash
from codegen.synthesis import synthesize_cached
from codegen.verilog.errors import VerilogError
from codegen.verilog.gates import gate_lines, instance_lines
from codegen.verilog.mlp import mlp_lines, mlp_value_widths
from codegen.verilog.ports import Ports, index_bits, make_ports
from codegen.verilog.templates import render
from codegen.verilog.testbench import network_vectors, testbench
from codegen.verilog.tree import tree_lines, tree_value_width

Style: TypeAlias = Literal["word", "cells"]
_TEXT_LENGTH = 60


def emit_verilog(
    network: Network,
    *,
    name: str,
    vectors: Codes,
    style: Style = "word",
    library: CellLibrary | None = None,
) -> Artifact:
    """A Verilog-2001 module that computes the network, and a self-checking testbench.

    name: any text; its safe identifier P names the module and the files P.v, P_tb.v, P_vectors.hex.
    vectors: (n_vectors, n_features) codes that the testbench checks, at least one row.
    style: "word" is arithmetic on named words. "cells" is one instance of a library cell a gate, with models
    of the cells in P_cells.v: the gates of a GateNetlist as they are, of another body what
    `codegen.synthesis.synthesize_network` makes of it, in seconds to minutes the first time.
    library: of style "cells"; None is egfet.
    Raises VerilogError for a TensorNet; for style "cells" also CellLibraryError where the library lacks a
    gate of a GateNetlist, ToolError and SynthesisError where the synthesis fails.
    """
    if len(vectors) == 0:
        raise VerilogError("verilog: at least one vector is needed for the testbench")
    prefix = safe_identifier(name, "verilog")
    ports = output_ports(network)
    files = [f"{prefix}.v"]
    extra: list[File] = []
    if style == "cells":
        chosen = library or load_cells("egfet")
        lines = _cell_lines(network, ports, chosen)
        files.append(f"{prefix}_cells.v")
        extra.append(File(files[-1], cell_models(chosen)))
    else:
        lines = _word_lines(network, ports)
    bench = testbench(prefix, tuple(files), len(vectors), ports)
    return Artifact(
        "verilog",
        prefix,
        (
            File(files[0], _module(network, prefix, ports, lines)),
            *extra,
            File(f"{prefix}_tb.v", bench),
            File(f"{prefix}_vectors.hex", network_vectors(network, vectors, ports)),
        ),
    )


def output_ports(network: Network) -> Ports:
    """The ports of the module of a network. Raises VerilogError for a body that is not emitted."""
    return make_ports(network.interface, _output_widths(network))


def _output_widths(network: Network) -> tuple[int, ...]:
    classes = isinstance(network.interface.output, ClassOutput)
    match network.body:
        case GateNetlist():
            return tuple(len(group) for group in network.body.outputs)
        case BespokeMlp() | DecisionTree() if classes:
            return (index_bits(network.interface.n_outputs),)
        case BespokeMlp():
            return mlp_value_widths(network)
        case DecisionTree():
            return (tree_value_width(network.body),)
        case TensorNet():
            raise VerilogError(
                "verilog: a TensorNet can't be emitted; a BespokeMlp, DecisionTree or GateNetlist can"
            )


def _word_lines(network: Network, ports: Ports) -> list[str]:
    match network.body:
        case BespokeMlp():
            return mlp_lines(network, network.body, ports)
        case DecisionTree():
            return tree_lines(network, network.body, ports)
        case GateNetlist():
            return gate_lines(remove_dead_gates(network.body, network.interface.n_input_bits), ports)
        case TensorNet():
            raise AssertionError("refused with its ports")


def _cell_lines(network: Network, ports: Ports, library: CellLibrary) -> list[str]:
    if isinstance(network.body, GateNetlist):
        netlist = remove_dead_gates(network.body, network.interface.n_input_bits)
    else:
        netlist = synthesize_cached(network, library).netlist
    return instance_lines(netlist, ports, library)


def _module(network: Network, prefix: str, ports: Ports, lines: Sequence[str]) -> str:
    return render(
        "module.v.j2",
        module=prefix,
        title=_title(network),
        digest=content_hash(network),
        any_signed=any(feature.signed for feature in network.interface.features),
        feature_table=_table(_feature_rows(network.interface, ports)),
        output_table=_output_rows(network.interface, ports),
        ports=ports,
        lines=lines,
    )


def _title(network: Network) -> str:
    interface, body = network.interface, network.body
    n_in, n_out = interface.n_features, interface.n_outputs
    answer = f"{n_out} classes" if isinstance(interface.output, ClassOutput) else f"{n_out} value(s)"
    match body:
        case BespokeMlp():
            widths = "-".join(str(size) for size in (n_in, *(len(layer.neurons) for layer in body.layers)))
            return f"a bespoke multilayer perceptron {widths}, {answer}"
        case DecisionTree():
            return f"a decision tree of {len(body.nodes)} nodes over {n_in} features, {answer}"
        case _:
            return f"a netlist of gates over {n_in} features, {answer}"


def _feature_rows(interface: Interface, ports: Ports) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("input", "bits", "lo", "hi", "scale", "feature")]
    for port, feature in zip(ports.inputs, interface.features, strict=True):
        numbers = (repr(feature.lo), repr(feature.hi), repr(feature.scale))
        rows.append((port.name, str(feature.bits), *numbers, _quoted(feature.name)))
    return rows


def _output_rows(interface: Interface, ports: Ports) -> list[str]:
    output = interface.output
    if isinstance(output, ClassOutput):
        rows = [f"{index}: {_quoted(label)}" for index, label in enumerate(output.labels)]
        return ["class_index is the number of the answer:", *(f"  {row}" for row in rows)]
    pairs = zip(ports.outputs, output.values, strict=True)
    return [
        "Each output is an integer in two's complement:",
        *(
            f"  {_quoted(value.name)} = {port.name} * {value.scale!r} + {value.offset!r}"
            for port, value in pairs
        ),
    ]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _quoted(text: str) -> str:
    """User text for a comment: one line of ASCII in quotes."""
    return json.dumps(text if len(text) <= _TEXT_LENGTH else text[:_TEXT_LENGTH] + "...")
