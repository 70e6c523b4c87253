"""A netlist of gates, counted cell by cell."""

from collections.abc import Mapping

from codegen.circuit.netlist import pack_codes, remove_dead_gates, state_counts
from codegen.ir import GateNetlist, Interface
from hwmodels.model import CodeMatrix
from hwmodels.printed.costs import UnitCosts
from hwmodels.printed.tally import Tally
from hwmodels.printed.units import CELL_UNITS


def count_netlist(interface: Interface, netlist: GateNetlist, tally: Tally) -> float:
    """Counts the gates that some output depends on; the critical path in seconds."""
    first = 2 + interface.n_input_bits
    live = _live(netlist, first)
    _note_reads(interface, live, tally)
    settled = [0.0] * (first + len(netlist.gates))
    for number, gate in enumerate(netlist.gates, start=first):
        if number in live:
            arrivals = (settled[gate.a],) if gate.kind == "inv" else (settled[gate.a], settled[gate.b])
            settled[number] = tally.place(_part(gate.kind), CELL_UNITS[gate.kind], *arrivals)[0]
    return max(settled[signal] for group in netlist.outputs for signal in group)


def leakage_of_parts(
    interface: Interface, netlist: GateNetlist, samples: CodeMatrix, costs: UnitCosts
) -> Mapping[str, float]:
    """The mean leakage over samples (n_samples, n_features) in mW, by the parts of `count_netlist`.

    Exact: each gate that an output depends on leaks by the state of its inputs. Raises CodegenError for
    samples of another shape.
    """
    packed = pack_codes(samples, [feature.bits for feature in interface.features])
    live = remove_dead_gates(netlist, interface.n_input_bits)
    counts = state_counts(live, packed)
    parts: dict[str, float] = {}
    for gate, states in zip(live.gates, counts, strict=True):
        by_state = costs.state_leakage_mw[CELL_UNITS[gate.kind]]
        used = states[[0, 3]] if gate.kind == "inv" else states  # an inverter has b equal to a
        part = _part(gate.kind)
        parts[part] = parts.get(part, 0.0) + float(used @ by_state) / packed.n_samples
    return parts


def _part(kind: str) -> str:
    return f"gates/{kind}"


def _note_reads(interface: Interface, live: set[int], tally: Tally) -> None:
    start = 2
    for number, feature in enumerate(interface.features):
        tally.read(number, sum(1 << bit for bit in range(feature.bits) if start + bit in live))
        start += feature.bits


def _live(netlist: GateNetlist, first: int) -> set[int]:
    """Signals that an output depends on."""
    live = {signal for group in netlist.outputs for signal in group}
    for number in reversed(range(len(netlist.gates))):
        if first + number in live:
            live |= {netlist.gates[number].a, netlist.gates[number].b}
    return live
