"""A netlist of gates, counted cell by cell."""

from codegen.ir import GateNetlist, Interface
from hwmodels.printed.tally import Tally
from hwmodels.printed.units import CELL_UNITS


def count_netlist(interface: Interface, netlist: GateNetlist, tally: Tally) -> float:
    """Counts the gates that some output depends on; the critical path in seconds."""
    first = 2 + interface.n_input_bits
    live = _live(netlist, first)
    settled = [0.0] * (first + len(netlist.gates))
    for number, gate in enumerate(netlist.gates, start=first):
        if number in live:
            arrivals = (settled[gate.a],) if gate.kind == "inv" else (settled[gate.a], settled[gate.b])
            settled[number] = tally.place(f"gates/{gate.kind}", CELL_UNITS[gate.kind], *arrivals)[0]
    return max(settled[signal] for group in netlist.outputs for signal in group)


def _live(netlist: GateNetlist, first: int) -> set[int]:
    """Signals that an output depends on."""
    live = {signal for group in netlist.outputs for signal in group}
    for number in reversed(range(len(netlist.gates))):
        if first + number in live:
            live |= {netlist.gates[number].a, netlist.gates[number].b}
    return live
