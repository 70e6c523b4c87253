"""A tensor graph that grows operator by operator, with random numbers that are hard to get right."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError
from codegen.ir.graph import Constant, Quantization, Tensor
from codegen.ir.integer import evaluate_operator
from codegen.ir.operators import Activation, Operator, Rounding, Window
from codegen.ir.shapes import output_size

Style: TypeAlias = Literal["any", "tflite"]
"""tflite: paddings, roundings and places of operators that a TensorFlow Lite file can have."""
Shape: TypeAlias = tuple[int, ...]
Mark: TypeAlias = tuple[int, int, int]
Item = TypeVar("Item")

MIN_SPREAD = 6
"""Standard deviation of an item, in steps of int8, from which on a tensor says something."""
N_TRIED = 8
"""Rows of values that are evaluated while a graph grows."""
ACTIVATIONS: tuple[Activation, ...] = ("none", "none", "relu", "relu6")
ROUNDINGS: tuple[Rounding, ...] = ("single", "double")


@dataclass
class Builder:
    """The graph so far.

    local: only operators that can run patch by patch may be added. images: numbers of the activations that
    later operators may read again. values: (N_TRIED, *shape) of each evaluated tensor.
    """

    rng: np.random.Generator
    style: Style = "any"
    local: bool = False
    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    values: dict[int, npt.NDArray[np.int64]] = field(default_factory=dict)

    def start(self, shape: Shape) -> int:
        """The input."""
        source = self.tensor(shape)
        self.images.append(source)
        self.values[source] = self.rng.integers(-128, 128, (N_TRIED, *shape))
        return source

    def mark(self) -> Mark:
        return len(self.tensors), len(self.operators), len(self.constants)

    def rewind(self, mark: Mark) -> None:
        """Forgets what was added since the mark."""
        del self.tensors[mark[0] :], self.operators[mark[1] :], self.constants[mark[2] :]
        self.values = {number: rows for number, rows in self.values.items() if number < mark[0]}

    def evaluate(self) -> bool:
        """Computes the values of the outputs that have none; whether there are any within int32."""
        for constant in self.constants:
            tensor = self.tensors[constant.tensor]
            data = np.frombuffer(constant.data, dtype=np.dtype(tensor.dtype).newbyteorder("<"))
            self.values[constant.tensor] = data.reshape((1, *tensor.shape)).astype(np.int64)
        try:
            for operator in self.operators:
                if operator.output not in self.values:
                    self.values[operator.output] = evaluate_operator(operator, self.tensors, self.values)
        except IrError:
            return False
        return True

    def is_telling(self, number: int) -> bool:
        """Whether a tensor still says something of the input."""
        return bool(self.values[number].std(axis=0).max() > MIN_SPREAD)

    def choose(self, *items: Item) -> Item:
        return items[int(self.rng.integers(len(items)))]

    def number(self, lo: int, hi: int) -> int:
        """lo to hi, both included."""
        return int(self.rng.integers(lo, hi + 1))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def scale(self, lo: float, hi: float) -> float:
        return float(np.float32(np.exp(self.rng.uniform(np.log(lo), np.log(hi)))))

    def zero_point(self) -> int:
        return self.choose(-128, 127, -1, 0, *(self.number(-128, 127) for _ in range(4)))

    def quantized(self, scale: float) -> Quantization:
        return Quantization((float(np.float32(scale)),), self.zero_point())

    def near(self, source: int) -> Quantization:
        """A scale near the one of a tensor."""
        return self.quantized(self.quantization(source).scales[0] * self.rng.uniform(0.4, 3))

    def quantization(self, number: int) -> Quantization:
        found = self.tensors[number].quantization
        assert found is not None
        return found

    def shape(self, number: int) -> Shape:
        return self.tensors[number].shape

    def tensor(self, shape: Shape, quantization: Quantization | None = None) -> int:
        if quantization is None:
            wide = self.style == "any"
            quantization = self.quantized(self.scale(0.007 if wide else 0.02, 2.7 if wide else 0.5))
        self.tensors.append(Tensor(f"t{len(self.tensors)}", shape, "int8", quantization))
        return len(self.tensors) - 1

    def constant(
        self, values: npt.NDArray[Any], dtype: Literal["int8", "int32"], quantization: Quantization
    ) -> int:
        number = len(self.tensors)
        self.tensors.append(Tensor(f"t{number}", values.shape, dtype, quantization))
        data = values.astype(np.dtype(dtype).newbyteorder("<")).tobytes()
        self.constants.append(Constant(number, data))
        return number

    def activation(self) -> Activation:
        return self.choose(*ACTIVATIONS)

    def rounding(self, usual: Rounding) -> Rounding:
        return usual if self.style == "tflite" else self.choose(*ROUNDINGS)

    def add(self, operator: Operator) -> int:
        self.operators.append(operator)
        return operator.output

    def window(self, source: int, *, pool: bool) -> Window | None:
        """A random window that fits an image, None where the one drawn does not."""
        size = self.number(1, 4), self.number(1, 4)
        stride = self.number(1, 3), self.number(1, 3)
        dilation = (1, 1) if pool or self.chance(0.7) else (self.number(1, 2), self.number(1, 2))
        if stride != (1, 1) and self.style == "tflite":
            dilation = (1, 1)
        lengths = self.shape(source)[:2]
        reach = [(n - 1) * step + 1 for n, step in zip(size, dilation, strict=True)]
        padding = self._padding(lengths, (reach[0], reach[1]), stride, size if pool else None)
        window = Window(size, stride, dilation, padding)
        try:
            output_size(window, (lengths[0], lengths[1]))
        except IrError:
            return None
        return window

    def _padding(
        self, lengths: Shape, reach: tuple[int, int], stride: tuple[int, int], pooled: tuple[int, int] | None
    ) -> tuple[int, int, int, int]:
        """None, as much as gives `ceil(length / stride)` outputs, or in the style "any" whatever there may
        be."""
        if self.style == "any" and self.chance(0.5):
            limits = pooled or reach
            rows, columns = limits[0] - 1, limits[1] - 1
            return (
                self.number(0, rows),
                self.number(0, rows),
                self.number(0, columns),
                self.number(0, columns),
            )
        if self.chance(0.4):
            return 0, 0, 0, 0
        sides = []
        for length, window, step in zip(lengths, reach, stride, strict=False):
            total = max((-(-length // step) - 1) * step + window - length, 0)
            sides += [total // 2, total - total // 2]
        return sides[0], sides[1], sides[2], sides[3]
