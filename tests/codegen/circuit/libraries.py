"""Cell libraries that differ in what is cheap, and in what is there at all."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from codegen.cells import CellLibrary, load_cells

EGFET = load_cells("egfet")
NOR_ONLY = CellLibrary("nor_only", "", tuple(cell for cell in EGFET.cells if cell.kind in ("inv", "nor")))
CHEAP_XOR = CellLibrary(
    "cheap_xor",
    "",
    tuple(replace(cell, area_um2=300_000.0) if cell.kind == "xor" else cell for cell in EGFET.cells),
)
LIBRARIES = (EGFET, NOR_ONLY, CHEAP_XOR)


def codes_of(n_bits: int) -> npt.NDArray[np.int64]:
    """(2**n_bits, n_bits): all states of some bits."""
    return np.arange(1 << n_bits)[:, None] >> np.arange(n_bits) & 1
