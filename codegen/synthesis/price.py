"""Area and power of Verilog in printed cells."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.cells import CellLibrary
from codegen.circuit.netlist import (
    area_cm2,
    cell_counts,
    critical_path_ns,
    leakage_by_supply,
    leakage_mw,
    pack_codes,
    random_samples,
)
from codegen.ir.network import GateNetlist
from codegen.synthesis.errors import SynthesisError
from codegen.synthesis.json_netlist import Port
from codegen.synthesis.mapping import THOROUGH, Recipe, map_netlist
from codegen.synthesis.yosys import elaborate

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]

N_RANDOM_SAMPLES = 4096
MAX_FILE_BYTES = 16 << 20
SECONDS_PER_NS = 1e-9


@dataclass(frozen=True, slots=True)
class MappedNetlist:
    """A Verilog module in cells of a library.

    netlist: reads the bits of the inputs in order and has one group of outputs a port. cell_counts: by
    the name of the cell. recipe: of the mapping, the one whose result was smallest. tool: what mapped.
    """

    netlist: GateNetlist
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    cell_counts: dict[str, int]
    area_cm2: float
    recipe: str
    tool: str


@dataclass(frozen=True, slots=True)
class VerilogPrice:
    """What a Verilog module costs in cells of a library.

    power_mw: static power at `supply_v`, the mean over the samples; dynamic power adds 3 to 7 % of it at
    five inferences a second (docs/verilog.md). latency_s: longest path at `supply_v`, each cell with its
    slowest arc. power_by_supply: tabulated supply in V to static power in mW. samples: what power was
    averaged over.
    """

    area_cm2: float
    power_mw: float
    latency_s: float
    supply_v: float
    power_by_supply: dict[float, float]
    cell_counts: dict[str, int]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    samples: str
    recipe: str
    tool: str


def synthesize(
    text: str,
    top: str | None,
    library: CellLibrary,
    *,
    source: str = "design.v",
    recipes: tuple[Recipe, ...] = THOROUGH,
) -> MappedNetlist:
    """A combinational Verilog text in cells of a library; errors as `elaborate` and `map_netlist`.

    top: the module to take; None where only one is not used by another. source: what errors call the
    text.
    """
    logic = elaborate(text, library, top=top, source=source)
    mapping = map_netlist(logic.netlist, sum(port.width for port in logic.inputs), library, recipes)
    counts = {library.gate(kind).name: count for kind, count in cell_counts(mapping.netlist).items()}
    return MappedNetlist(
        mapping.netlist,
        logic.inputs,
        logic.outputs,
        counts,
        area_cm2(mapping.netlist, library),
        mapping.recipe,
        mapping.tool,
    )


def price_verilog(
    source: Path | str,
    library: CellLibrary,
    supply_v: float | None = None,
    *,
    top: str | None = None,
    samples: IntArray | None = None,
) -> VerilogPrice:
    """Area and static power of a combinational Verilog design.

    source: a Path to a file, or the Verilog text itself. supply_v: in V; the library's nominal supply where
    it is None. samples: (n_samples, n_inputs) integers, a
    column a port, that the power is averaged over; None takes 4,096 uniformly random ones, always the
    same. Raises SynthesisError where the design can't be read or is not combinational, CellLibraryError
    for a supply outside the library, CodegenError for samples of a wrong shape, ToolError where yosys
    is missing.
    """
    text, called = (_read(source), str(source)) if isinstance(source, Path) else (source, "design.v")
    supply_v = library.nominal_supply_v if supply_v is None else supply_v
    mapped = synthesize(text, top, library, source=called)
    widths = [port.width for port in mapped.inputs]
    if samples is None:
        packed = random_samples(sum(widths), N_RANDOM_SAMPLES, np.random.default_rng(0))
        described = f"{N_RANDOM_SAMPLES} uniformly random samples"
    else:
        packed, described = pack_codes(samples, widths), f"{len(samples)} given samples"
    return VerilogPrice(
        mapped.area_cm2,
        leakage_mw(mapped.netlist, packed, library, supply_v=supply_v),
        critical_path_ns(mapped.netlist, sum(widths), library, supply_v=supply_v) * SECONDS_PER_NS,
        supply_v,
        dict(leakage_by_supply(mapped.netlist, packed, library)),
        mapped.cell_counts,
        mapped.inputs,
        mapped.outputs,
        described,
        mapped.recipe,
        mapped.tool,
    )


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SynthesisError(f"{path}: must be at most {MAX_FILE_BYTES >> 20} MiB")
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SynthesisError(f"{path}: can't be read ({error.strerror})") from None
