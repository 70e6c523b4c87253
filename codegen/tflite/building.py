"""A tensor graph under construction: tensors of the file become tensors of the graph when they are used."""

import math

import numpy as np

from codegen.ir.errors import IrError
from codegen.ir.graph import ITEM_BYTES, Constant, Quantization, Tensor
from codegen.ir.integer import evaluate_operator
from codegen.ir.operators import (
    AveragePool2d,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    MaxPool2d,
    Operator,
    tensors_read,
)
from codegen.ir.requantization import Int64Array
from codegen.ir.shapes import Shape, check_shapes
from codegen.tflite.errors import TfliteError
from codegen.tflite.model import FileModel, FileOperator, FileTensor
from codegen.tflite.schema import DTYPES

MAX_ITEMS = 1 << 24
"""Of a tensor."""
MAX_TOTAL_ITEMS = 1 << 26
MAX_TAPS_TOGETHER = 1 << 34
"""Of all windows at all outputs, multiply-accumulates included; MobileNetV2 at 224 x 224 has 3 * 10**8."""
MAX_CONSTANT_BYTES = 40 << 20
"""Of all constants together; a network file, which holds them as text, may then be read again."""
ZERO_POINTS = {"int8": (-128, 127), "uint8": (0, 255), "int32": (0, 0)}


class GraphBuilder:
    """Tensors, constants and operators so far. Errors name the place in the file."""

    def __init__(self, model: FileModel) -> None:
        self.tensors: list[Tensor] = []
        self.operators: list[Operator] = []
        self.constants: dict[int, bytes] = {}
        self._model = model
        self._shapes: list[Shape] = []
        self._ready: set[int] = set()
        self._numbers: dict[int, int] = {}
        self._written = {index for operator in model.operators for index in operator.outputs}
        self._constant_bytes = self._items = self._taps = 0

    def start(self, index: int) -> int:
        """The number of the graph's input."""
        number = self.activation(index)
        self._ready.add(number)
        return number

    def file_tensor(self, index: int) -> FileTensor:
        return self._model.tensors[index]

    def is_constant(self, index: int) -> bool:
        """Whether a tensor of the file has its values in the file."""
        return self._model.tensors[index].data is not None and index not in self._written

    def activation(self, index: int) -> int:
        """The number of an activation, which has a batch of 1 in the file and none in the graph."""
        if index not in self._numbers:
            tensor = self._model.tensors[index]
            if not tensor.shape or tensor.shape[0] != 1:
                raise TfliteError(
                    f"{tensor.path}: an activation must have a batch of 1, not shape {tensor.shape}"
                )
            self._numbers[index] = self._add(tensor, tensor.shape[1:])
            if self.is_constant(index):
                self._fill(self._numbers[index], tensor, tensor.shape)
        return self._numbers[index]

    def weight(self, operator: FileOperator, position: int, axis: int, shape: tuple[int, ...]) -> int:
        """The number of a weight or bias: the constant at a position of an operator's inputs.

        axis: where its scales must lie, if it has several. shape: which it gets, of as many items.
        """
        tensor = self._model.tensors[operator.inputs[position]]
        if not self.is_constant(operator.inputs[position]):
            raise TfliteError(f"{operator.where}: {tensor.name!r} must be a constant")
        if len(tensor.scales) > 1 and tensor.axis != axis:
            raise TfliteError(f"{tensor.path}: scales must belong to axis {axis}, not {tensor.axis}")
        number = self._add(tensor, shape)
        self._fill(number, tensor, tensor.shape)
        return number

    def broadcast(self, index: int, shape: tuple[int, ...]) -> int:
        """The number of a constant operand, repeated to a shape without batch."""
        tensor = self._model.tensors[index]
        number = self._add(tensor, shape)
        self._fill(number, tensor, (1, *shape))
        return number

    def integers(self, operator: FileOperator, position: int) -> tuple[int, ...]:
        """The values of a constant int32 or int64 input, flattened."""
        index = operator.inputs[position] if position < len(operator.inputs) else -1
        if index < 0 or not self.is_constant(index):
            raise TfliteError(f"{operator.where}: input {position} must be a constant")
        tensor = self._model.tensors[index]
        if tensor.type not in ("int32", "int64"):
            raise TfliteError(f"{tensor.path}: must be int32 or int64, not {tensor.type}")
        return tuple(int(number) for number in _values(tensor).reshape(-1))

    def add(self, where: str, operator: Operator) -> None:
        """Adds an operator if its shapes and quantizations fit. Raises TfliteError with the place if not."""
        for number in tensors_read(operator):
            if number not in self._ready and number not in self.constants:
                raise TfliteError(f"{where}: {self.tensors[number].name!r} is read before it is written")
        if operator.output in self._ready or operator.output in self.constants:
            raise TfliteError(f"{where}: {self.tensors[operator.output].name!r} must not be written again")
        try:
            check_shapes(operator, self._shapes)
            # No sample is needed to find out whether types, quantizations and factors are fit for it.
            evaluate_operator(operator, self.tensors, {n: self._no_sample(n) for n in tensors_read(operator)})
        except IrError as error:
            raise TfliteError(f"{where}: {error}") from None
        self._taps += self._taps_of(operator)
        if self._taps > MAX_TAPS_TOGETHER:
            raise TfliteError(f"{where}: at most {MAX_TAPS_TOGETHER} multiply-accumulates are taken together")
        self.operators.append(operator)
        self._ready.add(operator.output)

    def _taps_of(self, operator: Operator) -> int:
        n_outputs = self.tensors[operator.output].n_items
        match operator:
            case FullyConnected():
                return self.tensors[operator.weight].n_items
            case Conv2d():
                return n_outputs * (
                    self.tensors[operator.weight].n_items // self.tensors[operator.weight].shape[0]
                )
            case DepthwiseConv2d() | AveragePool2d() | MaxPool2d():
                return n_outputs * math.prod(operator.window.size)
            case _:
                return n_outputs

    def _no_sample(self, number: int) -> Int64Array:
        n_samples = 1 if number in self.constants else 0
        return np.zeros((n_samples, *self.tensors[number].shape), dtype=np.int64)

    def _add(self, tensor: FileTensor, shape: tuple[int, ...]) -> int:
        if tensor.type not in DTYPES or not tensor.plain:
            found = tensor.type if tensor.plain else "sparse or a variable"
            raise TfliteError(f"{tensor.path}: must be a plain tensor of {', '.join(DTYPES)}, not {found}")
        if not all(size >= 1 for size in shape) or math.prod(shape) > MAX_ITEMS:
            raise TfliteError(
                f"{tensor.path}: must have fixed sizes and at most {MAX_ITEMS} items, not {shape}"
            )
        self._items += math.prod(shape)
        if self._items > MAX_TOTAL_ITEMS:
            raise TfliteError(f"{tensor.path}: tensors must have at most {MAX_TOTAL_ITEMS} items together")
        self.tensors.append(Tensor(tensor.name, shape, DTYPES[tensor.type], _quantization(tensor)))
        self._shapes.append(shape)
        return len(self.tensors) - 1

    def _fill(self, number: int, tensor: FileTensor, shape: tuple[int, ...]) -> None:
        self._constant_bytes += self.tensors[number].n_bytes
        if self._constant_bytes > MAX_CONSTANT_BYTES:
            raise TfliteError(
                f"{tensor.path}: constants must have at most {MAX_CONSTANT_BYTES >> 20} MiB together"
            )
        try:
            whole = np.broadcast_to(_values(tensor), shape)
        except ValueError:
            raise TfliteError(f"{tensor.path}: shape {tensor.shape} does not fit {shape}") from None
        if whole.size != self.tensors[number].n_items:
            raise TfliteError(
                f"{tensor.path}: must have {self.tensors[number].n_items} items, not {whole.size}"
            )
        self.constants[number] = whole.tobytes()

    def filled(self) -> tuple[Constant, ...]:
        return tuple(Constant(number, data) for number, data in sorted(self.constants.items()))


def _values(tensor: FileTensor) -> "np.ndarray[tuple[int, ...], np.dtype[np.generic]]":
    """The constant's values. Raises TfliteError unless its buffer has exactly the bytes of its shape."""
    item_bytes = 8 if tensor.type == "int64" else ITEM_BYTES[DTYPES[tensor.type]]
    needed = math.prod(tensor.shape) * item_bytes
    data = tensor.data or b""
    if needed != len(data) or not all(size >= 1 for size in tensor.shape):
        raise TfliteError(
            f"{tensor.path}: shape {tensor.shape} needs {needed} bytes, but the buffer has {len(data)}"
        )
    return np.frombuffer(data, dtype=np.dtype(tensor.type).newbyteorder("<")).reshape(tensor.shape)


def _quantization(tensor: FileTensor) -> Quantization | None:
    if not tensor.scales:
        return None
    points = set(tensor.zero_points or (0,))
    lo, hi = ZERO_POINTS.get(tensor.type, (0, 0))
    if len(points) != 1 or not lo <= min(points) <= hi:
        raise TfliteError(
            f"{tensor.path}: the zero point must be one number in {lo}..{hi}, not {sorted(points)[:4]}"
        )
    if not all(0 < scale < float("inf") for scale in tensor.scales):
        raise TfliteError(f"{tensor.path}: scales must be above 0 and finite, not {tensor.scales[:4]}")
    return Quantization(tensor.scales, points.pop())
