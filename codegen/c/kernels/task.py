"""One operator with its numbers: what a kernel is made for."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.c.text import EmitError
from codegen.ir.operators import Rounding, Window
from codegen.plan.geometry import Geometry

Form: TypeAlias = Literal["portable", "acle", "asm"]
Int8Array: TypeAlias = npt.NDArray[np.int8]
Int32Array: TypeAlias = npt.NDArray[np.int32]
Int64Array: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Requantization:
    """How sums become outputs: `clamp(requantize(sum, factor) + zero_point)`.

    factors: one for each output channel, as codegen.ir.integer.weighted.output_factors gives them. limits:
    lowest and highest output, within -128..127.
    """

    factors: tuple[float, ...]
    rounding: Rounding
    zero_point: int
    limits: tuple[int, int] = (-128, 127)


@dataclass(frozen=True, slots=True)
class ConvTask:
    """A convolution, pointwise and one-dimensional ones included.

    input_shape: (height, width, channels). weight: (n_out, *window.size, channels). bias: (n_out,).
    """

    input_shape: tuple[int, int, int]
    window: Window
    weight: Int8Array
    bias: Int32Array
    input_zero_point: int
    requantization: Requantization


@dataclass(frozen=True, slots=True)
class DepthwiseTask:
    """A depthwise convolution. weight: (*window.size, n_out), where n_out is a multiple of the channels."""

    input_shape: tuple[int, int, int]
    window: Window
    weight: Int8Array
    bias: Int32Array
    input_zero_point: int
    requantization: Requantization


@dataclass(frozen=True, slots=True)
class FullyConnectedTask:
    """A fully connected operator. weight: (n_out, n_in). bias: (n_out,)."""

    weight: Int8Array
    bias: Int32Array
    input_zero_point: int
    requantization: Requantization


KernelTask: TypeAlias = ConvTask | DepthwiseTask | FullyConnectedTask


@dataclass(frozen=True, slots=True)
class KernelCode:
    """C text of one kernel.

    prototype: `void name(const int8_t *input, int8_t *output, void *scratch)`, without a semicolon; scratch
    has scratch_bytes, on a multiple of 4, and may be a null pointer where these are 0. form: the best one in
    the text; the portable one is in it too, for other cores and where SILKSCREEN_PORTABLE is defined.
    """

    constants: str
    functions: str
    prototype: str
    scratch_bytes: int
    form: Form


def geometry(task: KernelTask) -> Geometry:
    """The sizes of a task. Raises EmitError where its arrays do not fit each other."""
    found = _geometry(task)
    n_out = found.n_out
    if task.bias.shape != (n_out,) or len(task.requantization.factors) != n_out:
        raise EmitError(
            f"kernel: bias and factors must have {n_out} items, "
            f"not {task.bias.shape} and {len(task.requantization.factors)}"
        )
    if task.weight.dtype != np.int8 or task.bias.dtype != np.int32:
        raise EmitError(
            f"kernel: weights must be int8 and the bias int32, not {task.weight.dtype}, {task.bias.dtype}"
        )
    return found


def _geometry(task: KernelTask) -> Geometry:
    shape = task.weight.shape
    if isinstance(task, FullyConnectedTask):
        if len(shape) != 2:
            raise EmitError(f"kernel: weights must have shape (n_out, n_in), not {shape}")
        return Geometry("fully_connected", 1, 1, shape[1], shape[0], Window((1, 1)))
    height, width, n_in = task.input_shape
    if isinstance(task, ConvTask):
        if shape[1:] != (*task.window.size, n_in):
            raise EmitError(
                f"kernel: weights must have shape (n_out, {task.window.size}, {n_in}), not {shape}"
            )
        return Geometry("conv2d", height, width, n_in, shape[0], task.window)
    if shape[:2] != task.window.size or shape[2] % n_in:
        raise EmitError(
            f"kernel: weights must have shape ({task.window.size}, a multiple of {n_in}), not {shape}"
        )
    return Geometry("depthwise", height, width, n_in, shape[2], task.window)


def weight_rows(task: KernelTask) -> Int64Array:
    """(n_out, n_taps): the weights of each output in the order of the window, channels last."""
    weight: Int64Array = task.weight.astype(np.int64)
    if isinstance(task, DepthwiseTask):
        weight = np.moveaxis(weight, 2, 0)
    return weight.reshape((len(weight), -1))


def folded_bias(task: KernelTask) -> Int64Array:
    """(n_out,): the bias less the input's zero point times the sum of weights.

    With it a kernel multiplies raw inputs, where padding holds the zero point.
    """
    folded: Int64Array = task.bias.astype(np.int64) - task.input_zero_point * weight_rows(task).sum(axis=1)
    return folded


def sum_ranges(task: KernelTask) -> tuple[Int64Array, Int64Array]:
    """((n_out,), (n_out,)): lowest and highest sum over all int8 inputs, padding included."""
    rows = weight_rows(task)
    low, high = -128 - task.input_zero_point, 127 - task.input_zero_point
    bias = task.bias.astype(np.int64)
    smallest, largest = np.minimum(rows * low, rows * high), np.maximum(rows * low, rows * high)
    return bias + smallest.sum(axis=1), bias + largest.sum(axis=1)
