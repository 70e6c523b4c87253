"""Chains of fully connected layers that one shared routine runs: what is one, and its memory.

The routine keeps activations as 16-bit items from 0 up in two buffers that layers read and write in turn.
"""

from dataclasses import dataclass

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import FullyConnected, Reshape

ITEM_BYTES = 2
STEPS = (8, 16)
"""Inputs that the loop on DSP cores can take at a time."""

_ITEM_INSTRUCTIONS, _STEP_INSTRUCTIONS, _PAIR_INSTRUCTIONS = 14 / 8, 2, 16
_CODE_BYTES, _STEP_ITEM_BYTES, _PAIR_BYTES = 200, 7, 8
"""Of an item of a row, a step, a pair of outputs; of the rest of the module, an item in a step, a pair."""


@dataclass(frozen=True, slots=True)
class DensePlan:
    """widths: number of inputs, then of outputs of each layer. step: one of STEPS; rows of weights are filled
    up to a multiple of it. sums: the last layer's outputs are its sums, of 32 bits each."""

    widths: tuple[int, ...]
    step: int
    sums: bool = False

    @property
    def n_layers(self) -> int:
        return len(self.widths) - 1

    def row_items(self, layer: int) -> int:
        """Items of a row of weights of a layer, those that fill it up included."""
        return _filled(self.widths[layer], self.step)

    def n_pairs(self, layer: int) -> int:
        """Pairs of outputs of a layer; the last one may have a single output."""
        return -(-self.widths[layer + 1] // 2)

    def buffer_items(self, buffer: int) -> int:
        """Items of buffer 0, which holds the inputs, or 1."""
        read = [self.row_items(layer) for layer in range(self.n_layers) if layer % 2 == buffer]
        if self.n_layers % 2 == buffer:
            read.append(_filled(self.widths[-1], 2) * (2 if self.sums else 1))
        return max(read)

    @property
    def arena_bytes(self) -> int:
        """Both buffers, one after the other."""
        return ITEM_BYTES * (self.buffer_items(0) + self.buffer_items(1))


def dense_widths(graph: TensorGraph) -> tuple[int, ...] | None:
    """The widths of an int8 graph that is a chain of fully connected layers, None for any other graph.

    Reshapes may stand between them; all layers have one rounding.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        return None
    tensor, widths, roundings = graph.inputs[0], list[int](), set[str]()
    for operator in graph.operators:
        if not isinstance(operator, FullyConnected | Reshape) or operator.input != tensor:
            return None
        if graph.tensors[operator.input].dtype != "int8" or graph.tensors[operator.output].dtype != "int8":
            return None
        if isinstance(operator, FullyConnected):
            n_out, n_in = graph.tensors[operator.weight].shape
            if graph.tensors[operator.input].n_items != n_in:
                return None
            widths = [*(widths or [n_in]), n_out]
            roundings.add(operator.rounding)
        tensor = operator.output
    return tuple(widths) if len(roundings) == 1 and graph.outputs == (tensor,) else None


def plan_chain(graph: TensorGraph) -> DensePlan | None:
    """The plan of a graph that is a chain, None for any other."""
    widths = dense_widths(graph)
    return None if widths is None else plan_dense(widths)


def plan_dense(widths: tuple[int, ...], *, sums: bool = False) -> DensePlan:
    """With the step that makes the product of instructions and flash smaller."""
    return min((DensePlan(widths, step, sums) for step in STEPS), key=_size_and_time)


def _size_and_time(plan: DensePlan) -> float:
    """Instructions times bytes of the routine for DSP cores, as far as they depend on the step."""
    rows = [plan.n_pairs(layer) * plan.row_items(layer) for layer in range(plan.n_layers)]
    n_pairs = sum(plan.n_pairs(layer) for layer in range(plan.n_layers))
    instructions = (
        sum(rows) * (_ITEM_INSTRUCTIONS + _STEP_INSTRUCTIONS / plan.step) + n_pairs * _PAIR_INSTRUCTIONS
    )
    n_bytes = _CODE_BYTES + _STEP_ITEM_BYTES * plan.step + 2 * sum(rows) + n_pairs * _PAIR_BYTES
    return instructions * n_bytes


def _filled(n_items: int, step: int) -> int:
    return n_items + -n_items % step
