"""Fully connected layers and convolutions of the file."""

from codegen.ir.operators import Conv2d, DepthwiseConv2d, FullyConnected
from codegen.tflite.arguments import activation_of, image_of, options_of, source_of
from codegen.tflite.building import GraphBuilder
from codegen.tflite.errors import TfliteError
from codegen.tflite.model import FileOperator
from codegen.tflite.windows import window_of


def fully_connected(operator: FileOperator, builder: GraphBuilder) -> FullyConnected:
    options = options_of(operator)
    if options.integer(1, "weights_format", "int8", 0) != 0:
        raise TfliteError(f"{operator.where}: weights must be in the default order")
    shape = _weight_shape(operator, builder, 2)
    activation = activation_of(operator, options.integer(0, "fused_activation_function", "int8", 0))
    source = source_of(operator, builder)
    weight, bias = builder.weight(operator, 1, 0, shape), _bias(operator, builder, shape[0])
    return FullyConnected(source, weight, bias, builder.activation(operator.outputs[0]), activation, "single")


def conv2d(operator: FileOperator, builder: GraphBuilder) -> Conv2d:
    options, source = options_of(operator), source_of(operator, builder)
    shape = _weight_shape(operator, builder, 4)
    stride = options.integer(2, "stride_h", "int32", 0), options.integer(1, "stride_w", "int32", 0)
    dilation = options.integer(5, "dilation_h", "int32", 1), options.integer(4, "dilation_w", "int32", 1)
    padding = options.integer(0, "padding", "int8", 0)
    image = image_of(operator, builder, source)
    window = window_of(operator, (shape[1], shape[2]), stride, dilation, image, padding)
    activation = activation_of(operator, options.integer(3, "fused_activation_function", "int8", 0))
    weight, bias = builder.weight(operator, 1, 0, shape), _bias(operator, builder, shape[0])
    return Conv2d(source, weight, bias, builder.activation(operator.outputs[0]), window, activation, "double")


def depthwise_conv2d(operator: FileOperator, builder: GraphBuilder) -> DepthwiseConv2d:
    options, source = options_of(operator), source_of(operator, builder)
    shape = _weight_shape(operator, builder, 4)
    stride = options.integer(2, "stride_h", "int32", 0), options.integer(1, "stride_w", "int32", 0)
    dilation = options.integer(6, "dilation_h", "int32", 1), options.integer(5, "dilation_w", "int32", 1)
    padding = options.integer(0, "padding", "int8", 0)
    image = image_of(operator, builder, source)
    window = window_of(operator, (shape[1], shape[2]), stride, dilation, image, padding)
    activation = activation_of(operator, options.integer(4, "fused_activation_function", "int8", 0))
    weight, bias = builder.weight(operator, 1, 3, shape[1:]), _bias(operator, builder, shape[3])
    output = builder.activation(operator.outputs[0])
    # The option "depth_multiplier" is redundant, and LiteRT ignores it; the shapes decide.
    multiplier = max(shape[3] // builder.tensors[source].shape[2], 1)
    return DepthwiseConv2d(source, weight, bias, output, window, multiplier, activation, "double")


def _weight_shape(operator: FileOperator, builder: GraphBuilder, rank: int) -> tuple[int, ...]:
    if len(operator.inputs) not in (2, 3) or operator.inputs[1] < 0:
        raise TfliteError(f"{operator.where}: an input, weights and perhaps a bias are needed")
    shape = builder.file_tensor(operator.inputs[1]).shape
    if len(shape) != rank:
        raise TfliteError(f"{operator.where}: weights must have {rank} axes, not shape {shape}")
    return shape


def _bias(operator: FileOperator, builder: GraphBuilder, n_out: int) -> int | None:
    if len(operator.inputs) < 3 or operator.inputs[2] < 0:
        return None
    return builder.weight(operator, 2, 0, (n_out,))
