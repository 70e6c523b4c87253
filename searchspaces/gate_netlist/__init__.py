"""The family of gate netlists, searched gate by gate. docs/spaces.md explains it."""

from searchspaces.gate_netlist.anneal import Objective, anneal_netlist, objective, temperatures_for
from searchspaces.gate_netlist.options import (
    FAMILY,
    GateNetlistOptions,
    parse_options,
    read_options,
)

__all__ = [
    "FAMILY",
    "GateNetlistOptions",
    "Objective",
    "anneal_netlist",
    "objective",
    "parse_options",
    "read_options",
    "temperatures_for",
]
