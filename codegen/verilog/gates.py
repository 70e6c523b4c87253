"""A gate netlist as Verilog lines: one assignment a gate, or one cell instance a gate."""

from codegen.cells import CellLibrary
from codegen.circuit.cell_models import GATE_EXPRESSIONS
from codegen.ir.network import Gate, GateNetlist
from codegen.verilog.ports import Ports, select


def gate_lines(netlist: GateNetlist, ports: Ports) -> list[str]:
    """The body of the module with one assignment a gate."""
    signals, lines = _input_signals(ports), ["// gates"]
    for index, gate in enumerate(netlist.gates):
        name = ports.names.claim(f"n{index}")
        lines.append(f"wire {name} = {GATE_EXPRESSIONS[gate.kind].format(signals[gate.a], signals[gate.b])};")
        signals.append(name)
    return lines + _output_lines(netlist, signals, ports)


def instance_lines(netlist: GateNetlist, ports: Ports, library: CellLibrary) -> list[str]:
    """The body of the module with one cell a gate. Raises CellLibraryError where a cell is missing."""
    signals, lines = _input_signals(ports), list[str]()
    for index, gate in enumerate(netlist.gates):
        net, instance = ports.names.claim(f"n{index}"), ports.names.claim(f"{gate.kind}_{index}")
        lines += [f"wire {net};", _instance(gate, instance, net, signals, library)]
        signals.append(net)
    return lines + _output_lines(netlist, signals, ports)


def _instance(gate: Gate, instance: str, net: str, signals: list[str], library: CellLibrary) -> str:
    cell = library.gate(gate.kind)
    reads = [signals[gate.a], signals[gate.b]]
    pins = [f".{pin}({read})" for pin, read in zip(cell.inputs, reads, strict=False)]
    return f"{cell.name} {instance} ({', '.join([f'.{cell.output}({net})', *pins])});"


def _input_signals(ports: Ports) -> list[str]:
    """Names of the signals 0, 1 and the bits of the features."""
    bits = [select(port.name, port.width, bit, bit) for port in ports.inputs for bit in range(port.width)]
    return ["1'b0", "1'b1", *bits]


def _output_lines(netlist: GateNetlist, signals: list[str], ports: Ports) -> list[str]:
    lines = ["", "// outputs, highest bit first"]
    for port, group in zip(ports.outputs, netlist.outputs, strict=True):
        bits = ", ".join(signals[signal] for signal in reversed(group))
        lines.append(f"assign {port.name} = {f'{{{bits}}}' if len(group) > 1 else bits};")
    return lines
