"""Small TensorFlow Lite files made by hand, and the interpreter that is the oracle for them."""

from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

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
