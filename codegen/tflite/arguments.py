"""Parts of an operator of the file that several kinds have: its input, its options, its activation."""

from codegen.ir.operators import Activation
from codegen.tflite.building import GraphBuilder
from codegen.tflite.errors import TfliteError
from codegen.tflite.flatbuffer import Table
from codegen.tflite.model import FileOperator
from codegen.tflite.schema import ACTIVATION_NAMES, ACTIVATIONS


def source_of(operator: FileOperator, builder: GraphBuilder) -> int:
    if not operator.inputs or operator.inputs[0] < 0:
        raise TfliteError(f"{operator.where}: an input is missing")
    return builder.activation(operator.inputs[0])


def options_of(operator: FileOperator) -> Table:
    if operator.options is None:
        raise TfliteError(f"{operator.where}: its options are missing")
    return operator.options


def image_of(operator: FileOperator, builder: GraphBuilder, source: int) -> tuple[int, int]:
    shape = builder.tensors[source].shape
    if len(shape) != 3:
        raise TfliteError(
            f"{operator.where}: the input must have height, width and channels, not shape {shape}"
        )
    return shape[0], shape[1]


def activation_of(operator: FileOperator, code: int) -> Activation:
    name = ACTIVATION_NAMES[code] if 0 <= code < len(ACTIVATION_NAMES) else str(code)
    if name not in ACTIVATIONS:
        raise TfliteError(
            f"{operator.where}: the fused activation must be one of {', '.join(ACTIVATIONS)}, not {name}"
        )
    return ACTIVATIONS[name]
