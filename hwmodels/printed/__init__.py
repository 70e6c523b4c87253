"""Printed circuits: what a bespoke network costs in the cells of a printed technology."""

from codegen.circuit.netlist import leakage_by_supply
from hwmodels.printed.model import PrintedModel

__all__ = ["PrintedModel", "leakage_by_supply"]
