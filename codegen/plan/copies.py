"""Regions that a patch must copy: those whose rows do not lie one after the other where they are.

A kernel reads and writes rows without gaps. Part of a tensor's columns is therefore copied into the scratch
of its reader, and what a stage of several columns of patches gives is copied from there to its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import activations_read
from codegen.plan.patches import Patch, PatchStage, PatchStep, Region


@dataclass(frozen=True, slots=True)
class View:
    """A region of a tensor inside of the region that memory holds of it.

    offset_bytes: of the view's first byte from the first one held. pitch_bytes: from row to row where it
    lies; row_bytes: of the view. is_copied: whether a kernel needs it copied.
    """

    tensor: int
    offset_bytes: int
    pitch_bytes: int
    row_bytes: int
    n_rows: int

    @property
    def n_bytes(self) -> int:
        return self.n_rows * self.row_bytes

    @property
    def is_copied(self) -> bool:
        return self.n_rows > 1 and self.row_bytes != self.pitch_bytes


def step_views(graph: TensorGraph, stage: PatchStage, patch: Patch, step: PatchStep) -> tuple[View, ...]:
    """What a step reads, in the order of its operator's activations, and last what it writes."""
    operator = graph.operators[step.operator]
    held = _held(graph, stage, patch)
    reads = [_view(graph, tensor, held[tensor], step.reads) for tensor in activations_read(operator)]
    return (*reads, _view(graph, operator.output, held[operator.output], step.writes))


def copy_bytes(views: tuple[View, ...]) -> int:
    """Scratch for all copies of a step, each on a multiple of 4 bytes."""
    return sum(aligned(view.n_bytes) for view in views if view.is_copied)


def aligned(n_bytes: int) -> int:
    """The next multiple of 4."""
    return -(-n_bytes // 4) * 4


def _held(graph: TensorGraph, stage: PatchStage, patch: Patch) -> dict[int, Region]:
    """By tensor the region that memory holds while the patch runs."""
    held = {graph.operators[step.operator].output: step.writes for step in patch.steps}
    return held | {tensor: _whole(graph, tensor) for tensor in (*stage.inputs, stage.output)}


def _whole(graph: TensorGraph, tensor: int) -> Region:
    height, width = graph.tensors[tensor].shape[:2]
    return Region(0, height, 0, width)


def _view(graph: TensorGraph, tensor: int, held: Region, region: Region) -> View:
    whole = graph.tensors[tensor]
    pixel = whole.n_bytes // (whole.shape[0] * whole.shape[1])
    pitch = held.width * pixel
    return View(
        tensor,
        (region.top - held.top) * pitch + (region.left - held.left) * pixel,
        pitch,
        region.width * pixel,
        region.height,
    )


def stage_copy_bytes(graph: TensorGraph, stage: PatchStage) -> dict[int, int]:
    """By operator of the stage the most bytes that it copies in any patch."""
    most: dict[int, int] = {}
    for number, n_bytes in _each(graph, stage):
        most[number] = max(most.get(number, 0), n_bytes)
    return most


def _each(graph: TensorGraph, stage: PatchStage) -> Iterator[tuple[int, int]]:
    for patch in stage.patches:
        for step in patch.steps:
            yield step.operator, copy_bytes(step_views(graph, stage, patch, step))
