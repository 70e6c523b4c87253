"""The statements that run one operator, whole or on a patch."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.c.kernels import Form, emit_kernel
from codegen.c.operators import Function, emit_operator
from codegen.c.tensor.places import Places
from codegen.c.tensor.sharing import SharedText
from codegen.c.tensor.tasks import kernel_task
from codegen.c.text import EmitError, comment
from codegen.cores import Core
from codegen.errors import CodegenError
from codegen.ir.graph import TensorGraph, TensorNet
from codegen.ir.operators import Conv2d, DepthwiseConv2d, FullyConnected, Reshape

COPY = "copy_rows"
"""Ends the name of the routine that copies rows; see templates/tensor/copy_rows.c.j2."""
KINDS = {
    "FullyConnected": "dense",
    "Conv2d": "conv",
    "DepthwiseConv2d": "depthwise",
    "AveragePool2d": "average",
    "MaxPool2d": "largest",
    "GlobalAveragePool": "mean",
    "HardSwish": "swish",
}
"""What functions are called after, where it is not the operator's own name."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Emits the functions of operators as they are needed, and the calls of them."""

    net: TensorNet
    places: Places
    core: Core
    form: Form
    shared: SharedText

    def run(
        self, number: int, alone: TensorGraph, sources: Sequence[str], target: str, scratch: str
    ) -> list[str]:
        """Statements that run an operator. alone: its graph, whole or on a patch. sources, target, scratch:
        expressions of pointers. Raises EmitError, naming the operator, where it has no C form."""
        operator = alone.operators[0]
        if isinstance(operator, Reshape):
            return []
        try:
            function = self._function(number, alone)
        except CodegenError as error:
            raise EmitError(f"tensor network: operator {number}: {error}") from None
        arguments = [*sources, target, *([scratch] if function.takes_scratch else [])]
        return [f"{self.shared.add(function)}({', '.join(arguments)});"]

    def copy(
        self, source: str, pitch: int, target: str, target_pitch: int, n_rows: int, row_bytes: int
    ) -> str:
        """A statement that copies rows which lie `pitch` bytes apart."""
        if n_rows == 1 or pitch == target_pitch == row_bytes:
            return f"memcpy({target}, {source}, {n_rows * row_bytes});"
        name = f"{self.places.prefix}_{COPY}"
        return f"{name}({source}, {pitch}, {target}, {target_pitch}, {n_rows}, {row_bytes});"

    def _function(self, number: int, alone: TensorGraph) -> Function:
        operator, original = alone.operators[0], self.net.graph.operators[number]
        kind = type(operator).__name__
        name = f"{self.places.prefix}_{KINDS.get(kind, kind.lower())}{number}"
        if not isinstance(original, FullyConnected | Conv2d | DepthwiseConv2d):
            return emit_operator(operator, alone, name, self.core.features)
        task = kernel_task(self.net, original, alone)
        code = emit_kernel(task, name, self.form, self.core.features)
        return Function(name, code.constants, code.functions, takes_scratch=True)


def describe(number: int, graph: TensorGraph) -> str:
    """A comment that names an operator and its shapes."""
    operator = graph.operators[number]
    shape = "x".join(map(str, graph.tensors[operator.output].shape))
    name = comment(graph.tensors[operator.output].name)
    return f"/* {number}: {type(operator).__name__}, {shape}, {name} */"
