"""What passes share: who reads a tensor, renumbering, and a network without what nothing needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from codegen.ir.graph import Constant, Tensor, TensorGraph, TensorNet
from codegen.ir.operators import Operator, tensors_read

_NUMBER_FIELDS = frozenset(("input", "weight", "bias", "left", "right", "output"))


def readers(operators: Sequence[Operator]) -> dict[int, list[int]]:
    """The numbers of the operators that read each tensor."""
    found: dict[int, list[int]] = {}
    for index, operator in enumerate(operators):
        for number in dict.fromkeys(tensors_read(operator)):
            found.setdefault(number, []).append(index)
    return found


def renumbered(operator: Operator, number_of: Callable[[int], int]) -> Operator:
    """The operator over other tensors."""
    changes: dict[str, Any] = {}
    for field in fields(operator):
        value = getattr(operator, field.name)
        if field.name == "inputs":
            changes[field.name] = tuple(number_of(number) for number in value)
        elif field.name in _NUMBER_FIELDS and value is not None:
            changes[field.name] = number_of(value)
    return replace(operator, **changes)


def rebuilt(
    net: TensorNet,
    operators: Sequence[Operator],
    *,
    tensors: Sequence[Tensor] | None = None,
    constants: Mapping[int, bytes] | None = None,
    outputs: tuple[int, ...] | None = None,
) -> TensorNet:
    """The network with these parts in place of its own, without operators and tensors that nothing needs."""
    graph = net.graph
    tensors = graph.tensors if tensors is None else tensors
    outputs = graph.outputs if outputs is None else outputs
    data = {constant.tensor: constant.data for constant in net.constants} if constants is None else constants
    kept, needed = _needed(operators, outputs)
    numbers = sorted(needed | set(graph.inputs))
    new = {number: position for position, number in enumerate(numbers)}
    return TensorNet(
        TensorGraph(
            tuple(tensors[number] for number in numbers),
            tuple(renumbered(operator, new.__getitem__) for operator in kept),
            tuple(new[number] for number in graph.inputs),
            tuple(new[number] for number in outputs),
        ),
        tuple(Constant(new[number], data[number]) for number in numbers if number in data),
    )


def _needed(operators: Sequence[Operator], outputs: tuple[int, ...]) -> tuple[list[Operator], set[int]]:
    kept, needed = [], set(outputs)
    for operator in reversed(operators):
        if operator.output in needed:
            kept.append(operator)
            needed.update(tensors_read(operator))
    return kept[::-1], needed
