"""Reshapes that change nothing for who reads them."""

from dataclasses import replace

from codegen.ir.graph import TensorNet
from codegen.ir.operators import FullyConnected, Operator, Reshape
from codegen.ir.passes.rebuilding import rebuilt


def drop_reshapes(net: TensorNet) -> TensorNet:
    """A fully connected layer, which flattens its input, and a reshape read from before other reshapes."""
    graph = net.graph
    before = {
        operator.output: operator.input
        for operator in graph.operators
        if isinstance(operator, Reshape)
        and graph.tensors[operator.input].quantization == graph.tensors[operator.output].quantization
    }

    def source(number: int) -> int:
        while number in before:
            number = before[number]
        return number

    def shortened(operator: Operator) -> Operator:
        if isinstance(operator, FullyConnected | Reshape):
            return replace(operator, input=source(operator.input))
        return operator

    return rebuilt(net, [shortened(operator) for operator in graph.operators])
