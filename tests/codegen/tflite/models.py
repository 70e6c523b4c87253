"""Small TensorFlow Lite files made by hand, and the interpreter that is the oracle for them."""

from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from codegen.ir import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Network,
    Operator,
    Pad,
    Quantize,
    Reshape,
    Softmax,
    TensorNet,
    Window,
)

TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int32": schema.TensorType.INT32,
}
VERSIONS = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 5, "HARD_SWISH": 1, "RESHAPE": 1}
"""Versions of operators that have int8 kernels; 2 of all others."""
SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
ACTIVATIONS = {
    "none": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "relu6": schema.ActivationFunctionType.RELU6,
}


@dataclass
class ModelWriter:
    """Collects tensors and operators; `bytes` gives the file."""

    tensors: list[Any] = field(default_factory=list)
    buffers: list[Any] = field(default_factory=lambda: [schema.BufferT()])
    codes: list[Any] = field(default_factory=list)
    operators: list[Any] = field(default_factory=list)

    def tensor(
        self,
        shape: tuple[int, ...],
        scales: float | list[float] | None = 0.1,
        zero_point: int = 0,
        *,
        dtype: str = "int8",
        axis: int = 0,
        data: npt.ArrayLike | None = None,
    ) -> int:
        """The number of a new tensor, of a shape with the batch; with data it is a constant."""
        made = schema.TensorT()
        made.name, made.shape, made.type = f"t{len(self.tensors)}", list(shape), TYPES[dtype]
        if scales is not None:
            each = [scales] if isinstance(scales, float) else list(scales)
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale = each
            made.quantization.zeroPoint = [zero_point] * len(each)
            made.quantization.quantizedDimension = axis
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = list(np.asarray(data, dtype=dtype).reshape(shape).tobytes())
            made.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(made)
        return len(self.tensors) - 1

    def operator(self, name: str, inputs: list[int], output: int, kind: str = "", **options: Any) -> int:
        """Adds a builtin operator, with options of the schema's `kind`Options; gives the output."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = VERSIONS.get(name, 2)
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = len(self.codes), inputs, [output]
        if kind:
            made.builtinOptionsType = getattr(schema.BuiltinOptions, f"{kind}Options")
            made.builtinOptions = getattr(schema, f"{kind}OptionsT")()
            for key, value in options.items():
                assert key in vars(made.builtinOptions), key
                setattr(made.builtinOptions, key, value)
        self.codes.append(code)
        self.operators.append(made)
        return output

    def bytes(self, inputs: list[int], outputs: list[int]) -> bytes:
        """The file."""
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = (
            self.tensors,
            self.operators,
            inputs,
            outputs,
        )
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers = 3, [graph], self.buffers
        model.operatorCodes = self.codes
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def run_reference(model: bytes, samples: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """(n_samples, n_outputs) of LiteRT's reference kernels, for (n_samples, n_inputs) in the input's type."""
    interpreter = Interpreter(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for sample in samples:
        interpreter.set_tensor(source["index"], sample.astype(source["dtype"]).reshape(source["shape"]))
        interpreter.invoke()
        rows.append(interpreter.get_tensor(target["index"]).astype(np.int64).reshape(-1))
    return np.array(rows)


def file_of(network: Network) -> bytes:
    """A network of `tests.tensor_networks` in the style "tflite" as a file."""
    assert isinstance(network.body, TensorNet)
    return _Translator(network.body).file()


class _Translator:
    """Writes every tensor and operator of a graph."""

    def __init__(self, net: TensorNet) -> None:
        self.graph, self.writer = net.graph, ModelWriter()
        self.data = {constant.tensor: constant.data for constant in net.constants}
        self.numbers: dict[int, int] = {}

    def file(self) -> bytes:
        for operator in self.graph.operators:
            self.operator(operator)
        inputs, outputs = ([self.number(n) for n in ends] for ends in (self.graph.inputs, self.graph.outputs))
        return self.writer.bytes(inputs, outputs)

    def number(self, number: int, shape: tuple[int, ...] | None = None, axis: int = 0) -> int:
        """The file's tensor; shape: with what stands for the batch."""
        if number not in self.numbers:
            tensor, data = self.graph.tensors[number], self.data.get(number)
            assert tensor.quantization is not None
            scales, zero_point = tensor.quantization.scales, tensor.quantization.zero_point
            values = None if data is None else np.frombuffer(data, np.dtype(tensor.dtype).newbyteorder("<"))
            self.numbers[number] = self.writer.tensor(
                (1, *tensor.shape) if shape is None else shape,
                list(scales),
                zero_point,
                dtype=tensor.dtype,
                axis=axis,
                data=values,
            )
        return self.numbers[number]

    def weighted(self, operator: FullyConnected | Conv2d | DepthwiseConv2d) -> list[int]:
        shape, axis = self.graph.tensors[operator.weight].shape, 0
        if isinstance(operator, DepthwiseConv2d):
            shape, axis = (1, *shape), 3
        inputs = [self.number(operator.input), self.number(operator.weight, shape, axis)]
        if operator.bias is not None:
            inputs.append(self.number(operator.bias, self.graph.tensors[operator.bias].shape))
        elif isinstance(operator, FullyConnected):
            inputs.append(-1)
        return inputs

    def operator(self, operator: Operator) -> None:
        write, output = self.writer.operator, self.number(operator.output)
        match operator:
            case FullyConnected():
                write(
                    "FULLY_CONNECTED", self.weighted(operator), output, "FullyConnected", **_fused(operator)
                )
            case Conv2d():
                options = _steps(operator.window) | _dilation(operator.window) | _fused(operator)
                write("CONV_2D", self.weighted(operator), output, "Conv2D", **options)
            case DepthwiseConv2d():
                options = _steps(operator.window) | _dilation(operator.window) | _fused(operator)
                options["depthMultiplier"] = operator.multiplier
                write("DEPTHWISE_CONV_2D", self.weighted(operator), output, "DepthwiseConv2D", **options)
            case AveragePool2d() | MaxPool2d():
                name = "AVERAGE_POOL_2D" if isinstance(operator, AveragePool2d) else "MAX_POOL_2D"
                height, width = operator.window.size
                options = (
                    _steps(operator.window)
                    | {"filterHeight": height, "filterWidth": width}
                    | _fused(operator)
                )
                write(name, [self.number(operator.input)], output, "Pool2D", **options)
            case Add():
                inputs = [self.number(operator.left), self.number(operator.right)]
                write("ADD", inputs, output, "Add", **_fused(operator))
            case Concatenate():
                inputs = [self.number(number) for number in operator.inputs]
                write("CONCATENATION", inputs, output, "Concatenation", axis=operator.axis + 1)
            case _:
                self.of_one_input(operator)

    def of_one_input(self, operator: Operator) -> None:
        assert not isinstance(operator, Add | Concatenate)
        write, output, source = (
            self.writer.operator,
            self.number(operator.output),
            self.number(operator.input),
        )
        match operator:
            case GlobalAveragePool():
                keep = len(self.graph.tensors[operator.output].shape) == 3
                axes = self.writer.tensor((2,), None, dtype="int32", data=[1, 2])
                write("MEAN", [source, axes], output, "Reducer", keepDims=keep)
            case Clamp():
                write("RELU" if operator.activation == "relu" else "RELU6", [source], output)
            case HardSwish():
                write("HARD_SWISH", [source], output)
            case Softmax():
                write("SOFTMAX", [source], output, "Softmax", beta=operator.beta)
            case Quantize():
                write("QUANTIZE", [source], output)
            case Reshape():
                shape = (1, *self.graph.tensors[operator.output].shape)
                write(
                    "RESHAPE",
                    [source, self.writer.tensor((len(shape),), None, dtype="int32", data=shape)],
                    output,
                )
            case Pad():
                sizes = np.array(((0, 0), *zip(operator.before, operator.after, strict=True)))
                write(
                    "PAD", [source, self.writer.tensor(sizes.shape, None, dtype="int32", data=sizes)], output
                )
            case _:
                raise AssertionError(operator)


def _steps(window: Window) -> dict[str, int]:
    return {
        "padding": SAME if any(window.padding) else VALID,
        "strideH": window.stride[0],
        "strideW": window.stride[1],
    }


def _dilation(window: Window) -> dict[str, int]:
    return {"dilationHFactor": window.dilation[0], "dilationWFactor": window.dilation[1]}


def _fused(
    operator: FullyConnected | Conv2d | DepthwiseConv2d | Add | AveragePool2d | MaxPool2d,
) -> dict[str, int]:
    return {"fusedActivationFunction": ACTIVATIONS[operator.activation]}
