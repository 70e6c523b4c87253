"""Gate netlists as BLIF text, in and out of ABC.

Source of the format: Berkeley Logic Interchange Format, University of California, Berkeley, 1992.
Names are our own: inputs i0, i1, ..., outputs o0, o1, ...; nothing of a user's text reaches the tools.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codegen.cells import CellLibrary
from codegen.ir.network import Gate, GateKind, GateNetlist
from codegen.synthesis.errors import SynthesisError

CONSTANT_CELLS: dict[str, int] = {"_const0_": 0, "_const1_": 1}
"""Names of the constants in a genlib; a cell of a library can't start with an underscore."""

_COVERS: dict[GateKind, str] = {
    "inv": "0 1",
    "and": "11 1",
    "nand": "0- 1\n-0 1",
    "or": "1- 1\n-1 1",
    "nor": "00 1",
    "xor": "10 1\n01 1",
    "xnor": "11 1\n00 1",
}


def to_blif(netlist: GateNetlist, n_inputs: int) -> str:
    """The netlist as BLIF; the groups of its outputs become o0, o1, ... one after the other."""
    names = ["c0", "c1", *(f"i{index}" for index in range(n_inputs))]
    names += [f"n{index}" for index in range(len(netlist.gates))]
    outputs = [signal for group in netlist.outputs for signal in group]
    lines = [".model top", ".inputs " + " ".join(names[2 : 2 + n_inputs])]
    lines += [".outputs " + " ".join(f"o{index}" for index in range(len(outputs)))]
    lines += [".names c0", ".names c1\n1"]
    for name, gate in zip(names[2 + n_inputs :], netlist.gates, strict=True):
        reads = names[gate.a] if gate.kind == "inv" else f"{names[gate.a]} {names[gate.b]}"
        lines.append(f".names {reads} {name}\n{_COVERS[gate.kind]}")
    lines += [f".names {names[signal]} o{index}\n1 1" for index, signal in enumerate(outputs)]
    return "\n".join([*lines, ".end\n"])


@dataclass(frozen=True, slots=True)
class _Driver:
    """What drives a net: a gate, or where kind is None a copy of reads[0], or a constant."""

    kind: GateKind | None
    reads: tuple[str, ...]
    constant: int = 0


def from_mapped_blif(text: str, n_inputs: int, groups: Sequence[int], library: CellLibrary) -> GateNetlist:
    """The netlist that ABC or yosys wrote after mapping `to_blif`'s text to the cells of a library.

    groups: number of bits of each output group. Raises SynthesisError for anything unexpected.
    """
    drivers = dict(_drivers(text, library))
    signals = {f"i{index}": 2 + index for index in range(n_inputs)}
    gates: list[Gate] = []
    names = iter(f"o{index}" for index in range(sum(groups)))
    outputs = tuple(
        tuple(_place(next(names), drivers, signals, gates, 2 + n_inputs) for _ in range(size))
        for size in groups
    )
    return GateNetlist(tuple(gates), outputs)


def _place(
    name: str, drivers: Mapping[str, _Driver], signals: dict[str, int], gates: list[Gate], first: int
) -> int:
    """The signal number of a net, after everything that it depends on has one."""
    waiting = [name]
    while waiting:
        net = waiting[-1]
        if net in signals:
            waiting.pop()
            continue
        if net not in drivers or len(waiting) > len(drivers) + len(signals):
            raise SynthesisError(f"mapped netlist: nothing drives net {net!r}, or it is part of a loop")
        driver = drivers[net]
        missing = [read for read in driver.reads if read not in signals]
        if missing:
            waiting += missing
        else:
            signals[net] = _number(driver, signals, gates, first)
    return signals[name]


def _number(driver: _Driver, signals: Mapping[str, int], gates: list[Gate], first: int) -> int:
    if driver.kind is None:
        return signals[driver.reads[0]] if driver.reads else driver.constant
    a, b = signals[driver.reads[0]], signals[driver.reads[-1]]
    gates.append(Gate(driver.kind, a, b))
    return first + len(gates) - 1


def _drivers(text: str, library: CellLibrary) -> Iterator[tuple[str, _Driver]]:
    pins = {cell.name: cell for cell in library.cells}
    lines = text.replace("\\\n", " ").splitlines()
    for index, line in enumerate(lines):
        match line.split():
            case [".gate" | ".subckt", name, *connections]:
                nets = dict(connection.split("=", 1) for connection in connections)
                if name in CONSTANT_CELLS:
                    yield next(iter(nets.values())), _Driver(None, (), CONSTANT_CELLS[name])
                    continue
                cell = pins.get(name)
                if cell is None or cell.kind is None:
                    raise SynthesisError(f"mapped netlist: {name!r} is no cell of {library.name}")
                yield nets[cell.output], _Driver(cell.kind, tuple(nets[pin] for pin in cell.inputs))
            case [".barbuf", source, net]:
                yield net, _Driver(None, (source,))
            case [".names", *reads, net]:
                yield net, _named_driver(tuple(reads), lines[index + 1 : index + 2])


def _named_driver(reads: tuple[str, ...], cover: Sequence[str]) -> _Driver:
    """A constant or a copy; a mapped netlist has no other `.names`. cover: the line behind it."""
    row = cover[0].split() if cover else []
    if not reads:
        return _Driver(None, (), int(row == ["1"]))
    if len(reads) > 1 or row not in (["1", "1"], ["0", "1"]):
        raise SynthesisError(f"mapped netlist: a function of {' '.join(reads)} is left unmapped")
    return _Driver(None if row[0] == "1" else "inv", reads)
