"""Logic cells of a Lattice iCE40 that a bespoke network takes: a hardware model of one's own, complete.

In a spec, with the package installed: `{model: ice40_cells, device_cells: 5280}`;
or straight from the file: `{model: "ice40_cells.py:Ice40Cells"}` with --allow-code.
"""

from codegen.ir import BespokeMlp, ClassOutput, Design, Layer, Network
from codegen.ir.ranges import Range, mlp_ranges, signed_bits
from hwmodels.model import Cost, CostClass, CostItem, HardwareModelError, Metric, Source, Workload

CELLS_PER_BIT = 1
"""A logic cell holds a four-input table and a carry: one bit of an adder, a comparison or a choice."""
DATA_SHEET = "Lattice, iCE40 UltraPlus Family Data Sheet, FPGA-DS-02008, 'Architecture overview'"


class Ice40Cells:
    """Counts logic cells: one for each bit of a summand, of a clip, of a comparison and of a choice.

    device_cells: of the chip (iCE40UP5K has 5280). Raises HardwareModelError unless it is positive.
    """

    def __init__(self, *, device_cells: int = 5280) -> None:
        if device_cells < 1:
            raise HardwareModelError(f"ice40_cells: device_cells must be at least 1, not {device_cells}")
        self._device_cells = device_cells

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (
            Metric("logic_cells", "1", "min", "network", "tables with carry that the network takes"),
            Metric("adder_cells", "1", "min", "network", "those that add summands", monotone=True),
            Metric("device_share", "1", "min", "network", "of the chip's logic cells; above 1 does not fit"),
        )

    @property
    def cost_class(self) -> CostClass:
        return "free"

    def accepts(self, design: Design) -> str | None:
        if isinstance(design.content, Network) and isinstance(design.content.body, BespokeMlp):
            return None
        return "only a bespoke MLP is counted; convert the design or drop this model"

    def price(self, design: Design, workload: Workload) -> Cost:
        reason = self.accepts(design)
        network = design.content
        if reason is not None or not isinstance(network, Network) or not isinstance(network.body, BespokeMlp):
            raise HardwareModelError(f"ice40_cells: {reason}")
        adders = [_summand_bits(layer) * CELLS_PER_BIT for layer in network.body.layers]
        rest = [
            layer.clip.bits * len(layer.neurons) for layer in network.body.layers if layer.clip is not None
        ]
        chooses = isinstance(network.interface.output, ClassOutput)
        decision = _decision_bits(mlp_ranges(network).layers[-1].accumulators) if chooses else 0
        parts = {f"layer {n}/adders": cells for n, cells in enumerate(adders)}
        parts |= {f"layer {n}/clip": cells * CELLS_PER_BIT for n, cells in enumerate(rest)}
        parts["argmax"] = decision * CELLS_PER_BIT
        total = float(sum(parts.values()))
        return Cost(
            {
                "logic_cells": total,
                "adder_cells": float(sum(adders)),
                "device_share": total / self._device_cells,
            },
            tuple(CostItem(part, "logic_cells", float(cells)) for part, cells in parts.items()),
            (
                Source("logic cells per bit", float(CELLS_PER_BIT), "1", DATA_SHEET),
                Source("logic cells of the chip", float(self._device_cells), "1", "option device_cells"),
            ),
        )


def _summand_bits(layer: Layer) -> int:
    return sum(term.mask.bit_count() for neuron in layer.neurons for term in neuron.terms)


def _decision_bits(scores: tuple[Range, ...]) -> int:
    """A comparison and a choice for each output but one, over the bits of the widest."""
    width = max(signed_bits(lo, hi) for lo, hi in scores)
    return 2 * width * (len(scores) - 1)
