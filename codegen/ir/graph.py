"""Tensor networks: typed operators and shapes without values, and the constants that fill them.

A `TensorGraph` is the structure that is priced before training; `TensorNet` adds the constants.
The union of operators grows; a consumer that meets one it does not know must refuse it by name.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.ir.errors import IrError
from codegen.ir.interface import Interface
from codegen.ir.operators import Operator, tensors_read
from codegen.ir.shapes import check_shapes

DType: TypeAlias = Literal["float32", "int8", "uint8", "int16", "int32"]
ITEM_BYTES: dict[DType, int] = {"float32": 4, "int8": 1, "uint8": 1, "int16": 2, "int32": 4}


@dataclass(frozen=True, slots=True)
class Quantization:
    """`real = scale * (integer - zero_point)`; one scale, or one for each output channel."""

    scales: tuple[float, ...]
    zero_point: int = 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named value. shape: without the batch axis; channels last. quantization: None where float."""

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None

    def __post_init__(self) -> None:
        if not all(size >= 1 for size in self.shape):
            raise IrError(f"tensor {self.name!r}: sizes must be at least 1, not {self.shape}")

    @property
    def n_items(self) -> int:
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        return self.n_items * ITEM_BYTES[self.dtype]


@dataclass(frozen=True, slots=True)
class TensorGraph:
    """Operators in an executable order over numbered tensors.

    inputs, outputs: tensor numbers. A tensor that no operator writes and that is not an input is a
    constant. Raises IrError where shapes do not fit or a tensor is used before it is written.
    """

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def __post_init__(self) -> None:
        written = {operator.output for operator in self.operators}
        ready = set(range(len(self.tensors))) - written
        shapes = [tensor.shape for tensor in self.tensors]
        for index, operator in enumerate(self.operators):
            _check_numbers(index, operator, len(self.tensors), ready)
            try:
                check_shapes(operator, shapes)
            except IrError as error:
                raise IrError(f"graph: operator {index}: {error}") from None
            ready.add(operator.output)

    @property
    def constants(self) -> tuple[int, ...]:
        """Numbers of the tensors that hold weights."""
        given = {operator.output for operator in self.operators} | set(self.inputs)
        return tuple(index for index in range(len(self.tensors)) if index not in given)


def _check_numbers(index: int, operator: Operator, n_tensors: int, ready: set[int]) -> None:
    reads = tensors_read(operator)
    for number in (*reads, operator.output):
        if not 0 <= number < n_tensors:
            raise IrError(f"graph: operator {index}: tensor {number} does not exist")
    for number in reads:
        if number not in ready:
            raise IrError(f"graph: operator {index}: tensor {number} is read before it is written")


@dataclass(frozen=True, slots=True)
class Constant:
    """The values of one constant tensor: little-endian bytes in C order, of the tensor's type."""

    tensor: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TensorNet:
    """A graph of integer tensors with the values of all its constants."""

    graph: TensorGraph
    constants: tuple[Constant, ...]

    def __post_init__(self) -> None:
        needed, given = set(self.graph.constants), [constant.tensor for constant in self.constants]
        if sorted(given) != sorted(needed):
            raise IrError(f"tensor network: constants must fill {sorted(needed)}, not {sorted(given)}")
        for constant in self.constants:
            tensor = self.graph.tensors[constant.tensor]
            if len(constant.data) != tensor.n_bytes:
                raise IrError(
                    f"tensor network: {tensor.name!r} needs {tensor.n_bytes} bytes, not {len(constant.data)}"
                )

    def check_interface(self, interface: Interface) -> None:
        """Raises IrError unless the first input holds the features and the last output the outputs."""
        graph = self.graph
        if len(graph.inputs) != 1 or graph.tensors[graph.inputs[0]].n_items != interface.n_features:
            raise IrError(f"tensor network: one input of {interface.n_features} items is needed")
        if len(graph.outputs) != 1 or graph.tensors[graph.outputs[0]].n_items != interface.n_outputs:
            raise IrError(f"tensor network: one output of {interface.n_outputs} items is needed")
