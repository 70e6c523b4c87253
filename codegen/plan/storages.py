"""What needs memory: the storages of a graph's values, and what each operator does to them.

A storage holds one value under all its names: a tensor and the reshapes of it. Constants lie in flash, and
inputs may belong to the caller; both have no storage here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import Add, Operator, Reshape, activations_read, tensors_read
from codegen.plan.choice import KernelChoice
from codegen.plan.errors import PlanError
from codegen.plan.patches import PatchStage


@dataclass(frozen=True, slots=True)
class Storage:
    """tensors: of one value. readers: a set of operators, bit by bit; reshapes are among them.

    from_start: needed before the first operator runs. to_end: needed after the last; so is an input that
    nobody reads, since nobody tells when it may go.
    """

    tensors: tuple[int, ...]
    n_bytes: int
    readers: int
    from_start: bool
    to_end: bool


@dataclass(frozen=True, slots=True)
class Action:
    """What an operator does. reads: storages. writes: the storage that it fills, if it fills one.

    over: storages that the output may lie over once nobody else needs them. after: operators that must
    have run, bit by bit.
    """

    reads: tuple[int, ...]
    writes: int | None
    scratch_bytes: int
    over: tuple[int, ...]
    after: int


@dataclass(frozen=True, slots=True)
class Demand:
    """Everything that decides about memory, whatever the order of the operators."""

    storages: tuple[Storage, ...]
    actions: tuple[Action, ...]

    @property
    def start_bytes(self) -> int:
        """Live before the first operator."""
        return sum(storage.n_bytes for storage in self.storages if storage.from_start)


def demand_of(
    graph: TensorGraph,
    choices: Sequence[KernelChoice],
    *,
    stage: PatchStage | None = None,
    inputs_in_arena: bool = True,
) -> Demand:
    """choices: one for each operator. stage: of patches; its tensors then need one region, not the whole.

    Raises PlanError for a wrong number of choices, a negative scratch, and tensors written twice.
    """
    _check(graph, choices)
    roots = _roots(graph)
    held = _held(graph, roots, inputs_in_arena)
    numbers = {root: index for index, root in enumerate(held)}
    readers = _readers(graph, roots, stage)
    storages = tuple(_storage(root, names, graph, readers, stage) for root, names in held.items())
    writers = {operator.output: number for number, operator in enumerate(graph.operators)}
    actions = []
    for number, operator in enumerate(graph.operators):
        used = (*activations_read(operator), *_read_by_all(number, stage))
        reads = {numbers[roots[tensor]] for tensor in used if roots[tensor] in numbers}
        writes = None if isinstance(operator, Reshape) else numbers[operator.output]
        over: tuple[int, ...] = ()
        if choices[number].in_place and writes is not None and not storages[writes].from_start:
            over = tuple(
                numbers[roots[tensor]]
                for tensor in _may_lie_over(number, operator, stage)
                if roots[tensor] in numbers
                and storages[writes].n_bytes <= storages[numbers[roots[tensor]]].n_bytes
            )
        after = _after(number, operator, writers, stage)
        actions.append(Action(tuple(sorted(reads)), writes, choices[number].scratch_bytes, over, after))
    return Demand(storages, tuple(actions))


def _check(graph: TensorGraph, choices: Sequence[KernelChoice]) -> None:
    if len(choices) != len(graph.operators) or not choices:
        raise PlanError(
            f"plan: one kernel for each of at least 1 operator is needed, not {len(choices)} kernels for "
            f"{len(graph.operators)} operators"
        )
    for number, choice in enumerate(choices):
        if choice.scratch_bytes < 0:
            raise PlanError(
                f"plan: operator {number}: scratch of kernel {choice.name!r} must be at least 0 bytes, "
                f"not {choice.scratch_bytes}"
            )
    written = set()
    for tensor in (*graph.inputs, *(operator.output for operator in graph.operators)):
        if tensor in written:
            raise PlanError(f"plan: tensor {graph.tensors[tensor].name!r} must be written once, not twice")
        written.add(tensor)


def _roots(graph: TensorGraph) -> list[int]:
    """For each tensor the one whose value it has: itself, but for reshapes."""
    roots = list(range(len(graph.tensors)))
    for operator in graph.operators:
        if isinstance(operator, Reshape):
            roots[operator.output] = roots[operator.input]
    return roots


def _held(graph: TensorGraph, roots: Sequence[int], inputs_in_arena: bool) -> dict[int, list[int]]:
    """Roots in the arena with all names of each."""
    written = (operator.output for operator in graph.operators if not isinstance(operator, Reshape))
    held: dict[int, list[int]] = {root: [] for root in (*(graph.inputs if inputs_in_arena else ()), *written)}
    for tensor, root in enumerate(roots):
        if root in held:
            held[root].append(tensor)
    return held


def _readers(graph: TensorGraph, roots: Sequence[int], stage: PatchStage | None) -> dict[int, int]:
    """By root."""
    readers: dict[int, int] = {}
    for number, operator in enumerate(graph.operators):
        for tensor in (*activations_read(operator), *_read_by_all(number, stage)):
            readers[roots[tensor]] = readers.get(roots[tensor], 0) | 1 << number
    return readers


def _read_by_all(number: int, stage: PatchStage | None) -> tuple[int, ...]:
    """Each patch reads the inputs of the stage again, so all operators of the stage need them."""
    return stage.inputs if stage is not None and number < stage.n_operators else ()


def _storage(
    root: int, names: list[int], graph: TensorGraph, readers: dict[int, int], stage: PatchStage | None
) -> Storage:
    whole = stage is None or root not in stage.written
    from_start = root in graph.inputs or (stage is not None and root == stage.output)
    return Storage(
        tuple(names),
        graph.tensors[root].n_bytes if stage is None or whole else stage.n_bytes(root),
        readers.get(root, 0),
        from_start,
        (from_start and root not in readers) or any(name in graph.outputs for name in names),
    )


def _may_lie_over(number: int, operator: Operator, stage: PatchStage | None) -> Iterator[int]:
    tensors = (operator.left, operator.right) if isinstance(operator, Add) else activations_read(operator)[:1]
    for tensor in dict.fromkeys(tensors):
        whole = stage is None or number >= stage.n_operators
        if stage is None or whole or (tensor in stage.written and stage.may_overwrite(number, tensor)):
            yield tensor


def _after(number: int, operator: Operator, writers: dict[int, int], stage: PatchStage | None) -> int:
    after = 0
    for tensor in tensors_read(operator):
        if tensor in writers:
            after |= 1 << writers[tensor]
    if stage is not None and number >= stage.n_operators:
        after |= (1 << stage.n_operators) - 1
    return after
