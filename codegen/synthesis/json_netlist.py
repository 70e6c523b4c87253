"""The AND and NOT gates of a module, from the JSON that yosys writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypedDict

from codegen.ir.network import Gate, GateNetlist
from codegen.synthesis.errors import SynthesisError

Bit: TypeAlias = int | str
"""A net number, or a constant "0", "1", "x" or "z"."""

_CONSTANTS = {"0": 0, "1": 1, "x": 0, "z": 0}  # a bit that nobody cares about is 0
_STATE_HINTS = ("ff", "latch", "mem", "_sr_")


class JsonPort(TypedDict):
    direction: str
    bits: list[Bit]


class JsonCell(TypedDict):
    type: str
    connections: dict[str, list[Bit]]
    attributes: dict[str, str]


class JsonModule(TypedDict):
    ports: dict[str, JsonPort]
    cells: dict[str, JsonCell]


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a module and its number of bits."""

    name: str
    width: int


@dataclass(frozen=True, slots=True)
class Logic:
    """A module as gates. The netlist reads the bits of the inputs in order, and has one group an output."""

    netlist: GateNetlist
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def read_modules(text: str) -> dict[str, JsonModule]:
    """The modules of a JSON netlist of yosys, by name."""
    modules: dict[str, JsonModule] = json.loads(text)["modules"]
    return modules


def top_modules(modules: Mapping[str, JsonModule]) -> tuple[str, ...]:
    """The modules that no other one uses."""
    used = {cell["type"] for module in modules.values() for cell in module["cells"].values()}
    return tuple(name for name in modules if name not in used)


def read_logic(module: JsonModule) -> Logic:
    """The gates of a flat module of `$_AND_` and `$_NOT_` cells.

    Raises SynthesisError where it holds state or anything else that is not combinational logic, where
    a port is bidirectional, or where nothing drives an output.
    """
    for name, port in module["ports"].items():
        if port["direction"] not in ("input", "output"):
            raise SynthesisError(f"port {name!r}: must be an input or an output, not {port['direction']}")
    for cell in module["cells"].values():
        _check_cell(cell)
    inputs = {name: port["bits"] for name, port in module["ports"].items() if port["direction"] == "input"}
    outputs = {name: port["bits"] for name, port in module["ports"].items() if port["direction"] == "output"}
    if not outputs:
        raise SynthesisError("the module has no output")
    netlist = _Builder(module, [bit for bits in inputs.values() for bit in bits]).build(outputs)
    return Logic(netlist, _ports(inputs), _ports(outputs))


def _ports(bits: Mapping[str, list[Bit]]) -> tuple[Port, ...]:
    return tuple(Port(name, len(port_bits)) for name, port_bits in bits.items())


def _check_cell(cell: JsonCell) -> None:
    kind = cell["type"]
    if kind in ("$_AND_", "$_NOT_"):
        return
    source = cell["attributes"].get("src", "")
    where = f"{source.split('|')[0]}: " if source else ""
    if any(hint in kind.lower() for hint in _STATE_HINTS):
        raise SynthesisError(f"{where}the circuit must be combinational, but it holds state ({kind})")
    raise SynthesisError(f"{where}the circuit must be plain logic, but it holds a cell {kind}")


class _Builder:
    """Puts the gates in an order in which each reads earlier ones."""

    def __init__(self, module: JsonModule, input_bits: list[Bit]) -> None:
        self._first = 2 + len(input_bits)
        self._signals: dict[Bit, int] = {bit: 2 + index for index, bit in enumerate(input_bits)}
        self._signals.update(_CONSTANTS)
        self._drivers = {cell["connections"]["Y"][0]: cell for cell in module["cells"].values()}
        self._gates: list[Gate] = []

    def build(self, outputs: Mapping[str, list[Bit]]) -> GateNetlist:
        groups = tuple(tuple(self._place(name, bit) for bit in bits) for name, bits in outputs.items())
        return GateNetlist(tuple(self._gates), groups)

    def _place(self, output: str, bit: Bit) -> int:
        """The signal number of a net, after all that it depends on has one; depth first, no recursion."""
        waiting, open_nets = [bit], set[Bit]()
        while waiting:
            net = waiting[-1]
            if net in self._signals:
                waiting.pop()
                continue
            if net not in self._drivers:
                raise SynthesisError(f"output {output!r}: it depends on a net that nothing drives")
            missing = [read for read in self._reads(net) if read not in self._signals]
            if missing and net in open_nets:
                raise SynthesisError(f"output {output!r}: it depends on a combinational loop")
            open_nets.add(net)
            waiting += missing
            if not missing:
                self._signals[net] = self._add(net)
        return self._signals[bit]

    def _reads(self, net: Bit) -> list[Bit]:
        pins = self._drivers[net]["connections"]
        return [pins[pin][0] for pin in ("A", "B") if pin in pins]

    def _add(self, net: Bit) -> int:
        reads = [self._signals[read] for read in self._reads(net)]
        kind = self._drivers[net]["type"]
        self._gates.append(Gate("and" if kind == "$_AND_" else "inv", reads[0], reads[-1]))
        return self._first + len(self._gates) - 1
