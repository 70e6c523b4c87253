"""The graphs of one operator that kernels are chosen, priced and emitted for."""

from dataclasses import replace

from codegen.ir.design import Schedule
from codegen.ir.graph import Tensor, TensorGraph
from codegen.ir.operators import (
    Add,
    AveragePool2d,
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    MaxPool2d,
    Multiply,
    Operator,
    Pad,
    activations_read,
    tensors_read,
)
from codegen.plan.patches import PatchStage, PatchStep, Region, split_stage


def kernel_graphs(graph: TensorGraph, schedule: Schedule) -> tuple[tuple[tuple[TensorGraph, int], ...], ...]:
    """For each operator the graphs that hold nothing else, as it runs, and how often an inference runs each.

    An operator that runs whole has one, run once. In a patch stage there is one for each shape of region and
    padding, in the order of the patches: inputs are the regions read, paddings those of the patch, so that
    shapes are as in any other graph. Tensors keep their names; input, weights and output are numbered anew.

    Raises PlanError as codegen.plan.split_stage does.
    """
    stage = None if schedule.patches is None else split_stage(graph, schedule.patches)
    return tuple(
        _on_patches(graph, number, stage)
        if stage is not None and number < stage.n_operators
        else ((operator_graph(graph, number), 1),)
        for number in range(len(graph.operators))
    )


def _on_patches(graph: TensorGraph, number: int, stage: PatchStage) -> tuple[tuple[TensorGraph, int], ...]:
    times: dict[TensorGraph, int] = {}
    for patch in stage.patches:
        alone = operator_graph(graph, number, patch.steps[number])
        times[alone] = times.get(alone, 0) + 1
    return tuple(times.items())


def operator_graph(graph: TensorGraph, number: int, step: PatchStep | None = None) -> TensorGraph:
    """The graph that holds one operator alone, whole or as a step of a patch; see kernel_graphs."""
    operator = graph.operators[number]
    if step is not None:
        operator = _padded(operator, step)
    used = list(dict.fromkeys((*tensors_read(operator), operator.output)))
    reads = activations_read(operator)
    tensors = [graph.tensors[tensor] for tensor in used]
    if step is not None:
        regions = {**dict.fromkeys(reads, step.reads), operator.output: step.writes}
        tensors = [
            _cut(graph.tensors[tensor], regions[tensor]) if tensor in regions else graph.tensors[tensor]
            for tensor in used
        ]
    numbers = {tensor: index for index, tensor in enumerate(used)}
    inputs = tuple(numbers[tensor] for tensor in dict.fromkeys(reads))
    return TensorGraph(tuple(tensors), (_renumbered(operator, numbers),), inputs, (numbers[operator.output],))


def _cut(tensor: Tensor, region: Region) -> Tensor:
    return replace(tensor, shape=(region.height, region.width, *tensor.shape[2:]))


def _padded(operator: Operator, step: PatchStep) -> Operator:
    match operator:
        case Conv2d() | DepthwiseConv2d() | AveragePool2d() | MaxPool2d():
            return replace(operator, window=replace(operator.window, padding=step.padding))
        case Pad():
            top, bottom, left, right = step.padding
            return replace(
                operator,
                before=(top, left, *operator.before[2:]),
                after=(bottom, right, *operator.after[2:]),
            )
        case _:
            return operator


def _renumbered(operator: Operator, numbers: dict[int, int]) -> Operator:
    output = numbers[operator.output]
    match operator:
        case Concatenate():
            inputs = tuple(numbers[tensor] for tensor in operator.inputs)
            return replace(operator, inputs=inputs, output=output)
        case Add() | Multiply():
            return replace(
                operator, left=numbers[operator.left], right=numbers[operator.right], output=output
            )
        case FullyConnected() | Conv2d() | DepthwiseConv2d():
            bias = None if operator.bias is None else numbers[operator.bias]
            weight = numbers[operator.weight]
            return replace(operator, input=numbers[operator.input], weight=weight, bias=bias, output=output)
        case _:
            return replace(operator, input=numbers[operator.input], output=output)
