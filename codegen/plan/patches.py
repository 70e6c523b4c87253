"""Patch-based execution: the regions of every patch of the leading stage, and what recomputing costs.

Source of the method: Lin et al., "MCUNetV2: Memory-Efficient Patch-based Inference for Tiny Deep Learning",
NeurIPS 2021. docs/plan.md gives the definitions.
"""

from dataclasses import dataclass, field
from functools import cached_property

from codegen.ir.counts import operator_macs
from codegen.ir.design import PatchSchedule
from codegen.ir.graph import TensorGraph
from codegen.ir.operators import activations_read, tensors_read
from codegen.plan.errors import PlanError
from codegen.plan.regions import AxisRead, AxisWindow, Interval, axis_windows, read_for


@dataclass(frozen=True, slots=True)
class Region:
    """Rows top..bottom and columns left..right of a tensor, half open; all its channels."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class PatchStep:
    """One operator on one patch; regions are in rows and columns of the whole tensors.

    reads: of each activation that the operator reads. padding: (top, bottom, left, right) to be added around
    what is read; without any other padding the operator then gives exactly `writes`.
    """

    operator: int
    reads: Region
    padding: tuple[int, int, int, int]
    writes: Region


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch. inputs: for each tensor that the stage doesn't write, its number and the region read."""

    row: int
    column: int
    inputs: tuple[tuple[int, Region], ...]
    steps: tuple[PatchStep, ...]


@dataclass(frozen=True, slots=True)
class AxisSlice:
    """A row or a column of patches, along one axis. reads: by operator. regions: by tensor."""

    reads: tuple[AxisRead, ...]
    regions: dict[int, Interval]


@dataclass(frozen=True)
class PatchStage:
    """The leading operators of a graph, run patch by patch.

    n_operators: of the stage, numbers 0 to n_operators - 1. inputs: tensors that the stage reads and doesn't
    write, without weights; they are whole in memory, and patches read them where they lie. output: the
    tensor that is assembled whole, patch by patch. rows, columns: slices, top to bottom and left to right.
    """

    n_operators: int
    inputs: tuple[int, ...]
    output: int
    rows: tuple[AxisSlice, ...]
    columns: tuple[AxisSlice, ...]
    _graph: TensorGraph = field(repr=False)

    @cached_property
    def written(self) -> frozenset[int]:
        """Tensors that operators of the stage write."""
        return frozenset(operator.output for operator in self._graph.operators[: self.n_operators])

    @cached_property
    def patches(self) -> tuple[Patch, ...]:
        """All patches in the order of execution, row by row."""
        return tuple(
            self._patch(row, column) for row in range(len(self.rows)) for column in range(len(self.columns))
        )

    def largest(self, tensor: int) -> tuple[int, int]:
        """Height and width of the largest region of a tensor that the stage writes."""
        return _longest(tensor, self.rows), _longest(tensor, self.columns)

    def n_bytes(self, tensor: int) -> int:
        """Of the buffer that holds any patch's region of a tensor; the whole output's for the output."""
        whole = self._graph.tensors[tensor]
        if tensor == self.output:
            return whole.n_bytes
        height, width = self.largest(tensor)
        return whole.n_bytes // (whole.shape[0] * whole.shape[1]) * height * width

    def macs(self, operator: int) -> int:
        """Multiply-accumulates of an operator of the stage, over all patches."""
        output = self._graph.operators[operator].output
        height, width, _ = self._graph.tensors[output].shape
        positions = _total(output, self.rows) * _total(output, self.columns)
        return operator_macs(self._graph.operators[operator], self._graph) // (height * width) * positions

    def may_overwrite(self, operator: int, tensor: int) -> bool:
        """Whether in every patch the operator reads all of the tensor's region and writes no larger one."""
        output = self._graph.operators[operator].output
        return all(
            piece.regions[tensor] == (piece.reads[operator].start, piece.reads[operator].stop)
            and _length(piece.regions[output]) <= _length(piece.regions[tensor])
            for piece in (*self.rows, *self.columns)
        )

    def _patch(self, row: int, column: int) -> Patch:
        rows, columns = self.rows[row], self.columns[column]
        return Patch(
            row,
            column,
            tuple((tensor, _region(tensor, rows, columns)) for tensor in self.inputs),
            tuple(
                _step(number, self._graph.operators[number].output, rows, columns)
                for number in range(self.n_operators)
            ),
        )


def split_stage(graph: TensorGraph, schedule: PatchSchedule) -> PatchStage:
    """The regions of all patches: the output is divided as evenly as can be, the rest follows backwards.

    Raises PlanError where the schedule asks for more patches or operators than there are, where an operator
    can't run on patches, or where a tensor inside the stage is needed outside.
    """
    n_operators = schedule.n_operators
    if not 1 <= n_operators <= len(graph.operators):
        raise PlanError(f"patches: n_operators must be 1 to {len(graph.operators)}, not {n_operators}")
    windows = [axis_windows(number, graph) for number in range(n_operators)]
    output = graph.operators[n_operators - 1].output
    _check_closed(graph, n_operators)
    sizes = graph.tensors[output].shape[:2]
    axes = []
    for axis, (name, n_parts) in enumerate((("rows", schedule.rows), ("columns", schedule.columns))):
        if not 1 <= n_parts <= sizes[axis]:
            raise PlanError(
                f"patches: {name} must be 1 to {sizes[axis]}, the size of the stage's output, not {n_parts}"
            )
        along = [window[axis] for window in windows]
        axes.append(tuple(_slice(graph, along, part, axis) for part in _even_parts(sizes[axis], n_parts)))
    return PatchStage(n_operators, _stage_inputs(graph, n_operators), output, axes[0], axes[1], graph)


def _even_parts(size: int, n_parts: int) -> list[Interval]:
    return [(part * size // n_parts, (part + 1) * size // n_parts) for part in range(n_parts)]


def _stage_inputs(graph: TensorGraph, n_operators: int) -> tuple[int, ...]:
    stage = graph.operators[:n_operators]
    written = {operator.output for operator in stage}
    reads = (tensor for operator in stage for tensor in activations_read(operator))
    return tuple(dict.fromkeys(tensor for tensor in reads if tensor not in written))


def _check_closed(graph: TensorGraph, n_operators: int) -> None:
    """Every tensor of the stage but its output is read in it, and nowhere else."""
    inside = {operator.output: number for number, operator in enumerate(graph.operators[: n_operators - 1])}
    outside = {tensor for operator in graph.operators[n_operators:] for tensor in tensors_read(operator)}
    outside |= set(graph.outputs)
    read = {tensor for operator in graph.operators[:n_operators] for tensor in activations_read(operator)}
    for tensor, number in inside.items():
        if tensor in outside:
            raise PlanError(
                f"patches: only the output of operator {n_operators - 1} may leave the stage, but tensor "
                f"{graph.tensors[tensor].name!r} of operator {number} is needed after it; "
                "end the stage elsewhere"
            )
        if tensor not in read:
            raise PlanError(
                f"patches: operator {number} must lead to the stage's output, but nothing reads it"
            )


def _slice(graph: TensorGraph, windows: list[AxisWindow], output: Interval, axis: int) -> AxisSlice:
    """Backwards from a part of the stage's output along one axis."""
    operators = graph.operators[: len(windows)]
    regions: dict[int, Interval] = {operators[-1].output: output}
    reads: list[AxisRead] = []
    for number in reversed(range(len(operators))):
        inputs = activations_read(operators[number])
        length = graph.tensors[inputs[0]].shape[axis]
        read = read_for(windows[number], regions[operators[number].output], length)
        if read.start == read.stop:
            raise PlanError(
                f"patches: operator {number} sees nothing but padding in one patch; take fewer patches"
            )
        reads.append(read)
        for tensor in inputs:
            known = regions.get(tensor, (read.start, read.stop))
            regions[tensor] = min(known[0], read.start), max(known[1], read.stop)
    return AxisSlice(tuple(reversed(reads)), regions)


def _step(operator: int, output: int, rows: AxisSlice, columns: AxisSlice) -> PatchStep:
    down, across = rows.reads[operator], columns.reads[operator]
    return PatchStep(
        operator,
        Region(down.start, down.stop, across.start, across.stop),
        (down.before, down.after, across.before, across.after),
        _region(output, rows, columns),
    )


def _region(tensor: int, rows: AxisSlice, columns: AxisSlice) -> Region:
    return Region(*rows.regions[tensor], *columns.regions[tensor])


def _length(interval: Interval) -> int:
    return interval[1] - interval[0]


def _longest(tensor: int, slices: tuple[AxisSlice, ...]) -> int:
    return max(_length(piece.regions[tensor]) for piece in slices)


def _total(tensor: int, slices: tuple[AxisSlice, ...]) -> int:
    return sum(_length(piece.regions[tensor]) for piece in slices)
