"""Cell libraries that differ in what is cheap, and in what is there at all."""

from dataclasses import replace

from codegen.cells import CellLibrary, load_cells

EGFET = load_cells("egfet")
NOR_ONLY = CellLibrary("nor_only", "", tuple(cell for cell in EGFET.cells if cell.kind in ("inv", "nor")))
CHEAP_XOR = CellLibrary(
    "cheap_xor",
    "",
    tuple(replace(cell, area_um2=300_000.0) if cell.kind == "xor" else cell for cell in EGFET.cells),
)
LIBRARIES = (EGFET, NOR_ONLY, CHEAP_XOR)
