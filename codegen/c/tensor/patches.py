"""The patch stage in C: a function for each distinct patch, and a call for every patch."""

from dataclasses import dataclass

from codegen.c.tensor.calls import Caller
from codegen.c.tensor.places import plus
from codegen.ir.graph import TensorGraph
from codegen.plan import Patch, PatchStage, operator_graph
from codegen.plan.copies import View, aligned, step_views
from codegen.plan.kernels import choose_kernel


@dataclass(frozen=True, slots=True)
class PatchText:
    """functions: one for each distinct patch. calls: of all patches, in their order."""

    functions: str
    calls: list[str]


def patch_text(caller: Caller, stage: PatchStage, order: tuple[int, ...]) -> PatchText:
    """order: the stage's operators in the order of their execution.

    Inputs of the stage are parameters that point to the first byte that the patch reads of them, and so is
    `output`; everything else has its place in the arena. Patches of equal statements share a function.
    """
    names: dict[tuple[str, ...], str] = {}
    calls, functions = [], []
    for patch in stage.patches:
        lines = tuple(_statements(caller, stage, patch, order))
        if lines not in names:
            names[lines] = f"{caller.places.prefix}_patch{len(names)}"
            functions += [*_head(caller, stage, names[lines]), *(f"    {line}" for line in lines), "}", ""]
        starts = [_start(caller, stage, patch, tensor) for tensor in (*stage.inputs, stage.output)]
        calls.append(f"{names[lines]}({', '.join(['arena', *starts])});")
    return PatchText("".join(f"{line}\n" for line in functions), calls)


def _head(caller: Caller, stage: PatchStage, name: str) -> list[str]:
    parameters = [
        "int8_t *arena",
        *(f"const int8_t *input{tensor}" for tensor in stage.inputs),
        "int8_t *output",
    ]
    own = f"{caller.places.prefix.upper()}_OWN_FUNCTION "
    return [f"{own}static void {name}({', '.join(parameters)})", "{", "    (void)arena;"]


def _start(caller: Caller, stage: PatchStage, patch: Patch, tensor: int) -> str:
    """The first byte of what a patch reads of an input, or writes of the output."""
    return caller.places.tensor(tensor, _first_byte(caller.net.graph, stage, patch, tensor))


def _first_byte(graph: TensorGraph, stage: PatchStage, patch: Patch, tensor: int) -> int:
    region = dict(patch.inputs).get(tensor, patch.steps[-1].writes)
    shape = graph.tensors[tensor].shape
    pixel = graph.tensors[tensor].n_bytes // (shape[0] * shape[1])
    return (region.top * shape[1] + region.left) * pixel


def _statements(caller: Caller, stage: PatchStage, patch: Patch, order: tuple[int, ...]) -> list[str]:
    lines = []
    for number in order:
        lines += _step(caller, stage, patch, number)
    return lines


def _step(caller: Caller, stage: PatchStage, patch: Patch, number: int) -> list[str]:
    """Copies of what is read, the operator, and the copy of what it wrote."""
    graph, step = caller.net.graph, patch.steps[number]
    alone = operator_graph(graph, number, step)
    views = step_views(graph, stage, patch, step)
    end = aligned(choose_kernel(alone.operators[0], alone, caller.core).scratch_bytes)
    before, pointers, after = [], [], []
    for index, view in enumerate(views):
        place = _place(caller, stage, patch, view)
        if not view.is_copied:
            pointers.append(place)
            continue
        buffer = caller.places.scratch(number, end)
        end += aligned(view.n_bytes)
        pointers.append(buffer)
        if index < len(views) - 1:
            before.append(
                caller.copy(place, view.pitch_bytes, buffer, view.row_bytes, view.n_rows, view.row_bytes)
            )
        else:
            after.append(
                caller.copy(buffer, view.row_bytes, place, view.pitch_bytes, view.n_rows, view.row_bytes)
            )
    run = caller.run(number, alone, pointers[:-1], pointers[-1], caller.places.scratch(number))
    return [*before, *run, *after]


def _place(caller: Caller, stage: PatchStage, patch: Patch, view: View) -> str:
    graph = caller.net.graph
    if view.tensor in stage.inputs:
        return plus(f"input{view.tensor}", view.offset_bytes - _first_byte(graph, stage, patch, view.tensor))
    if view.tensor == stage.output:
        return plus("output", view.offset_bytes - _first_byte(graph, stage, patch, view.tensor))
    return caller.places.tensor(view.tensor, view.offset_bytes)
