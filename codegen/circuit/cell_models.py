"""Behavioural Verilog of the cells of a library, for simulating or reading a structural netlist."""

from codegen.cells import Cell, CellLibrary
from codegen.ir.network import GateKind

GATE_EXPRESSIONS: dict[GateKind, str] = {
    "inv": "~{0}",
    "nand": "~({0} & {1})",
    "nor": "~({0} | {1})",
    "and": "{0} & {1}",
    "or": "{0} | {1}",
    "xor": "{0} ^ {1}",
    "xnor": "~({0} ^ {1})",
}
"""Verilog of each gate; {0} and {1} are its inputs."""


def cell_models(library: CellLibrary) -> str:
    """One module a cell, its output pin first; cells that are no simple gate are left out."""
    models = [_model(cell, cell.kind) for cell in library.cells if cell.kind is not None]
    return f"// Behavioural models of the {library.name} cells.\n" + "".join(models)


def _model(cell: Cell, kind: GateKind) -> str:
    pins = ", ".join((f"output {cell.output}", *(f"input {pin}" for pin in cell.inputs)))
    expression = GATE_EXPRESSIONS[kind].format(*cell.inputs)
    return f"\nmodule {cell.name} ({pins});\n  assign {cell.output} = {expression};\nendmodule\n"
