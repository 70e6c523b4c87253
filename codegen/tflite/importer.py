"""From a TensorFlow Lite file to a Network. Nothing in the file is executed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from codegen.ir.errors import IrError
from codegen.ir.graph import Tensor, TensorGraph, TensorNet
from codegen.ir.interface import ClassOutput, Interface, Output, Value, ValueOutput
from codegen.ir.network import Network
from codegen.ir.operators import Operator, Reshape, Softmax
from codegen.tflite.building import GraphBuilder
from codegen.tflite.ends import features_of, integer_core
from codegen.tflite.errors import TfliteError
from codegen.tflite.model import FileModel, read_model
from codegen.tflite.operators import convert

Answer: TypeAlias = Literal["auto", "classes", "values"]
MAX_FILE_BYTES = 64 << 20
MAX_ENDS = 1 << 18
"""Largest number of input and of output items; each is a feature or a value of the interface."""


def read_tflite(path: Path, *, answer: Answer = "auto", labels: Sequence[str] | None = None) -> Network:
    """The int8 network in a .tflite file.

    answer: "classes" makes the index of the largest output the answer, "values" all outputs; "auto" is
    classes where the graph ends in a softmax, else values. labels: of the classes; "0", "1", ... where
    not given. Raises TfliteError, naming the file and the place in it.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TfliteError(f"must be at most {MAX_FILE_BYTES >> 20} MiB")
        return network_of(path.read_bytes(), answer=answer, labels=labels)
    except OSError as error:
        raise TfliteError(f"{path}: {error.strerror}") from None
    except TfliteError as error:
        raise TfliteError(f"{path}: {error}") from None


def network_of(data: bytes, *, answer: Answer = "auto", labels: Sequence[str] | None = None) -> Network:
    """As `read_tflite`, of the bytes of a file."""
    try:
        return _network(integer_core(read_model(data)), answer, labels)
    except IrError as error:
        raise TfliteError(str(error)) from None


def _network(model: FileModel, answer: Answer, labels: Sequence[str] | None) -> Network:
    builder = GraphBuilder(model)
    source = builder.start(model.inputs[0])
    for operator in model.operators:
        convert(operator, builder)
    output = builder.activation(model.outputs[0])
    if output not in {operator.output for operator in builder.operators}:
        raise TfliteError("model.subgraphs[0].outputs: the output must be written by an operator")
    for number, name in ((source, "inputs"), (output, "outputs")):
        if builder.tensors[number].n_items > MAX_ENDS:
            raise TfliteError(f"model.subgraphs[0].{name}: at most {MAX_ENDS} items are taken")
    graph = TensorGraph(tuple(builder.tensors), tuple(builder.operators), (source,), (output,))
    features = features_of(graph.tensors[source], "model.subgraphs[0].inputs")
    answers = _output(graph.tensors[output], graph.operators, answer, labels)
    return Network(Interface(features, answers), TensorNet(graph, builder.filled()))


def _output(
    tensor: Tensor, operators: Sequence[Operator], answer: Answer, labels: Sequence[str] | None
) -> Output:
    if tensor.quantization is None:
        raise TfliteError("model.subgraphs[0].outputs: the output must be quantized")
    if answer == "auto":
        computing = [operator for operator in operators if not isinstance(operator, Reshape)]
        ends_in_softmax = bool(computing) and isinstance(computing[-1], Softmax)
        answer = "classes" if labels is not None or ends_in_softmax else "values"
    if answer == "classes":
        names = tuple(labels) if labels is not None else tuple(map(str, range(tensor.n_items)))
        return ClassOutput(names)
    scale, zero_point = tensor.quantization.scales[0], tensor.quantization.zero_point
    offset = -scale * zero_point
    return ValueOutput(tuple(Value(f"y{index}", scale, offset) for index in range(tensor.n_items)))
