"""Padding that stands alone becomes the padding of the convolutions that read it."""

from dataclasses import replace

from codegen.ir.graph import TensorNet
from codegen.ir.operators import Conv2d, DepthwiseConv2d, Operator, Pad
from codegen.ir.passes.rebuilding import rebuilt


def fuse_padding(net: TensorNet) -> TensorNet:
    """Exact, since both pad with the zero point. Pools don't count their padding, so theirs stays apart."""
    graph, pads = net.graph, {}
    for operator in graph.operators:
        if (
            isinstance(operator, Pad)
            and len(operator.before) == 3
            and operator.before[2] == operator.after[2] == 0
        ):
            before, after = graph.tensors[operator.input], graph.tensors[operator.output]
            if before.quantization == after.quantization:
                pads[operator.output] = operator

    def fused(operator: Operator) -> Operator:
        while isinstance(operator, Conv2d | DepthwiseConv2d) and operator.input in pads:
            pad = pads[operator.input]
            around = (pad.before[0], pad.after[0], pad.before[1], pad.after[1])
            total = [own + more for own, more in zip(operator.window.padding, around, strict=True)]
            padding = (total[0], total[1], total[2], total[3])
            operator = replace(operator, input=pad.input, window=replace(operator.window, padding=padding))
        return operator

    return rebuilt(net, [fused(operator) for operator in graph.operators])
