"""A network in as few cells as we know how: lowered to adders and gates, optimized, the smallest kept."""

from collections.abc import Sequence

from codegen.cells import CellLibrary
from codegen.circuit.lowering import lower_netlist
from codegen.circuit.netlist import area_cm2, cell_counts, remove_dead_gates
from codegen.ir.interface import ClassOutput
from codegen.ir.network import GateNetlist, Network
from codegen.synthesis.json_netlist import Port
from codegen.synthesis.mapping import THOROUGH, Mapping, Recipe, map_netlist
from codegen.synthesis.price import MappedNetlist, synthesize

LOWERED = "lowered"
"""The recipe of a result that no tool could make smaller than the lowering left it."""


def synthesize_network(
    network: Network,
    library: CellLibrary,
    *,
    recipes: Sequence[Recipe] = THOROUGH,
    verilog: str | None = None,
) -> MappedNetlist:
    """A bespoke network in cells of a library, bit for bit what `evaluate` says.

    The circuit of `codegen.circuit.lower` (of a GateNetlist, itself) as it is and after every recipe; and
    the Verilog of the same network where its text is given. The smallest is kept. Ports are named after
    the features and outputs as they are. Raises CircuitError for a TensorNet, ToolError where no tool that
    maps is installed, SynthesisError where it fails.
    """
    n_bits, body = network.interface.n_input_bits, network.body
    if isinstance(body, GateNetlist):
        lowered = remove_dead_gates(body, n_bits)
    else:
        lowered = lower_netlist(network, library)
    mapping = map_netlist(lowered, n_bits, library, recipes)
    found = [Mapping(lowered, LOWERED, "")] if _is_in(lowered, library) else []
    found.append(mapping)
    if verilog is not None:
        text = synthesize(verilog, None, library, recipes=tuple(recipes))
        found.append(Mapping(text.netlist, f"verilog, {text.recipe}", text.tool))
    return mapped_as(network, min(found, key=lambda one: area_cm2(one.netlist, library)), library)


def mapped_as(network: Network, best: Mapping, library: CellLibrary) -> MappedNetlist:
    """A mapping of a network's circuit with the names of its ports, and what it counts up to."""
    return MappedNetlist(
        best.netlist,
        tuple(Port(feature.name, feature.bits) for feature in network.interface.features),
        _output_ports(network, best.netlist),
        {library.gate(kind).name: count for kind, count in cell_counts(best.netlist).items()},
        area_cm2(best.netlist, library),
        best.recipe,
        best.tool,
    )


def _is_in(netlist: GateNetlist, library: CellLibrary) -> bool:
    return set(cell_counts(netlist)) <= set(library.kinds)


def _output_ports(network: Network, netlist: GateNetlist) -> tuple[Port, ...]:
    output = network.interface.output
    names = ("class_index",) if isinstance(output, ClassOutput) else tuple(v.name for v in output.values)
    return tuple(Port(name, len(group)) for name, group in zip(names, netlist.outputs, strict=True))
