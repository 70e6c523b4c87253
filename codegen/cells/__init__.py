"""Cell libraries: the logic cells of a technology, their area, leakage and delay, as data.

Two ship with the package, in codegen/data/cells; a user's own is a JSON, YAML or Liberty file. Their
layout is described in docs/verilog.md.
"""

from codegen.cells.library import Cell, CellLibrary, CellLibraryError, Switching
from codegen.cells.load import load_cells, shipped_libraries

__all__ = ["Cell", "CellLibrary", "CellLibraryError", "Switching", "load_cells", "shipped_libraries"]
