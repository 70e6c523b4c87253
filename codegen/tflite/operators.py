"""From an operator of the file to one of the graph."""

from codegen.ir.operators import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Operator,
    Pad,
    Quantize,
    Reshape,
    Softmax,
)
from codegen.tflite.arguments import activation_of, image_of, options_of, source_of
from codegen.tflite.building import GraphBuilder
from codegen.tflite.errors import TfliteError
from codegen.tflite.model import FileOperator
from codegen.tflite.weighted import conv2d, depthwise_conv2d, fully_connected
from codegen.tflite.windows import window_of

KNOWN = frozenset(
    (
        *("ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "EXPAND_DIMS"),
        *("FULLY_CONNECTED", "HARD_SWISH", "MAX_POOL_2D", "MEAN", "PAD", "PADV2", "QUANTIZE", "RELU"),
        *("RELU6", "RESHAPE", "SOFTMAX", "SQUEEZE"),
    )
)


def convert(operator: FileOperator, builder: GraphBuilder) -> None:
    """Adds what the operator stands for. Raises TfliteError, naming it and its position, where it can't."""
    if operator.name not in KNOWN:
        known = ", ".join(sorted(KNOWN))
        raise TfliteError(f"{operator.where}: this operator is not known; known ones are {known}")
    if len(operator.outputs) != 1:
        raise TfliteError(f"{operator.where}: one output is needed, not {len(operator.outputs)}")
    builder.add(operator.where, _converted(operator, builder))


def _converted(operator: FileOperator, builder: GraphBuilder) -> Operator:
    match operator.name:
        case "FULLY_CONNECTED":
            return fully_connected(operator, builder)
        case "CONV_2D":
            return conv2d(operator, builder)
        case "DEPTHWISE_CONV_2D":
            return depthwise_conv2d(operator, builder)
        case "AVERAGE_POOL_2D" | "MAX_POOL_2D":
            return _pool(operator, builder)
        case "ADD":
            return _add(operator, builder)
        case "CONCATENATION":
            return _concatenate(operator, builder)
        case "PAD" | "PADV2":
            return _pad(operator, builder)
        case _:
            return _of_one_input(operator, builder)


def _of_one_input(operator: FileOperator, builder: GraphBuilder) -> Operator:
    source, output = source_of(operator, builder), builder.activation(operator.outputs[0])
    match operator.name:
        case "RELU":
            return Clamp(source, output, "relu")
        case "RELU6":
            return Clamp(source, output, "relu6")
        case "HARD_SWISH":
            return HardSwish(source, output)
        case "QUANTIZE":
            return Quantize(source, output)
        case "SOFTMAX":
            return Softmax(source, output, options_of(operator).scalar(0, "beta", "float32", 0.0))
        case "MEAN":
            _check_mean(operator, builder)
            return GlobalAveragePool(source, output)
        case _:
            return Reshape(source, output)


def _pool(operator: FileOperator, builder: GraphBuilder) -> AveragePool2d | MaxPool2d:
    options, source = options_of(operator), source_of(operator, builder)
    stride = options.integer(2, "stride_h", "int32", 0), options.integer(1, "stride_w", "int32", 0)
    size = options.integer(4, "filter_height", "int32", 0), options.integer(3, "filter_width", "int32", 0)
    padding = options.integer(0, "padding", "int8", 0)
    window = window_of(operator, size, stride, (1, 1), image_of(operator, builder, source), padding)
    activation = activation_of(operator, options.integer(5, "fused_activation_function", "int8", 0))
    made = AveragePool2d if operator.name == "AVERAGE_POOL_2D" else MaxPool2d
    return made(source, builder.activation(operator.outputs[0]), window, activation)


def _add(operator: FileOperator, builder: GraphBuilder) -> Add:
    if len(operator.inputs) != 2 or min(operator.inputs) < 0:
        raise TfliteError(f"{operator.where}: two inputs are needed, not {operator.inputs}")
    output = builder.activation(operator.outputs[0])
    shape = builder.tensors[output].shape
    left, right = (
        builder.broadcast(index, shape) if builder.is_constant(index) else builder.activation(index)
        for index in operator.inputs
    )
    code = (
        0 if operator.options is None else operator.options.integer(0, "fused_activation_function", "int8", 0)
    )
    return Add(left, right, output, activation_of(operator, code))


def _concatenate(operator: FileOperator, builder: GraphBuilder) -> Concatenate:
    options = options_of(operator)
    if activation_of(operator, options.integer(1, "fused_activation_function", "int8", 0)) != "none":
        raise TfliteError(f"{operator.where}: a fused activation is not taken here")
    if not operator.inputs or min(operator.inputs) < 0:
        raise TfliteError(f"{operator.where}: all inputs must be given, not {operator.inputs}")
    inputs = tuple(builder.activation(index) for index in operator.inputs)
    axis = options.integer(0, "axis", "int32", 0)
    rank = 1 + len(builder.tensors[inputs[0]].shape)
    without_batch = (axis + rank if axis < 0 else axis) - 1
    return Concatenate(inputs, builder.activation(operator.outputs[0]), without_batch)


def _pad(operator: FileOperator, builder: GraphBuilder) -> Pad:
    source, output = source_of(operator, builder), builder.activation(operator.outputs[0])
    sizes = builder.integers(operator, 1)
    if len(sizes) < 2 or len(sizes) % 2 or sizes[:2] != (0, 0):
        raise TfliteError(
            f"{operator.where}: the batch must not be padded, and axes need two numbers, not {sizes}"
        )
    if operator.name == "PADV2" and len(operator.inputs) > 2 and operator.inputs[2] >= 0:
        _check_pad_value(operator, builder, output)
    return Pad(source, output, sizes[2::2], sizes[3::2])


def _check_pad_value(operator: FileOperator, builder: GraphBuilder, output: int) -> None:
    tensor, kept = builder.file_tensor(operator.inputs[2]), builder.tensors[output].quantization
    zero = b"" if kept is None else (kept.zero_point & 255).to_bytes(1, "little")
    if tensor.data != zero:
        raise TfliteError(f"{operator.where}: the padding must be the constant zero point")


def _check_mean(operator: FileOperator, builder: GraphBuilder) -> None:
    rank = len(builder.file_tensor(operator.inputs[0]).shape)
    axes = {axis + rank if axis < 0 else axis for axis in builder.integers(operator, 1)}
    if rank != 4 or axes != {1, 2}:
        raise TfliteError(
            f"{operator.where}: the mean must be over height and width, not axes {sorted(axes)}"
        )
