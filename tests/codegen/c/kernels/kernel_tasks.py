"""Kernel tasks with random numbers, and what they must give by numpy and the rounding rules of the IR."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from codegen.c.kernels import ConvTask, DepthwiseTask, FullyConnectedTask, KernelTask, Requantization
from codegen.c.kernels.task import geometry, sum_ranges
from codegen.ir.operators import Rounding, Window
from codegen.ir.requantization import requantize

Style = Literal["random", "extreme"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a task is filled. style: of weights; full: a largest sum becomes about this output."""

    seed: int
    rounding: Rounding = "double"
    input_zero_point: int = -7
    output_zero_point: int = -5
    limits: tuple[int, int] = (-128, 127)
    style: Style = "random"
    full: float = 160.0
    lowest_weight: int = -127


def conv_task(shape: tuple[int, int, int], n_out: int, window: Window, numbers: Numbers) -> ConvTask:
    rng = np.random.default_rng(numbers.seed)
    weight = _weights(rng, (n_out, *window.size, shape[2]), numbers)
    bias = _bias(rng, n_out)
    empty = Requantization((1.0,) * n_out, numbers.rounding, numbers.output_zero_point, numbers.limits)
    task = ConvTask(shape, window, weight, bias, numbers.input_zero_point, empty)
    return ConvTask(shape, window, weight, bias, numbers.input_zero_point, _factors(rng, task, numbers))


def depthwise_task(
    shape: tuple[int, int, int], multiplier: int, window: Window, numbers: Numbers
) -> DepthwiseTask:
    rng = np.random.default_rng(numbers.seed)
    n_out = shape[2] * multiplier
    weight, bias = _weights(rng, (*window.size, n_out), numbers), _bias(rng, n_out)
    empty = Requantization((1.0,) * n_out, numbers.rounding, numbers.output_zero_point, numbers.limits)
    task = DepthwiseTask(shape, window, weight, bias, numbers.input_zero_point, empty)
    return DepthwiseTask(shape, window, weight, bias, numbers.input_zero_point, _factors(rng, task, numbers))


def fully_connected_task(
    n_in: int, n_out: int, numbers: Numbers, *, shared: bool = False
) -> FullyConnectedTask:
    """shared: one factor for all outputs."""
    rng = np.random.default_rng(numbers.seed)
    weight, bias = _weights(rng, (n_out, n_in), numbers), _bias(rng, n_out)
    empty = Requantization((1.0,) * n_out, numbers.rounding, numbers.output_zero_point, numbers.limits)
    task = FullyConnectedTask(weight, bias, numbers.input_zero_point, empty)
    made = _factors(rng, task, numbers)
    if shared:
        made = Requantization((min(made.factors),) * n_out, made.rounding, made.zero_point, made.limits)
    return FullyConnectedTask(weight, bias, numbers.input_zero_point, made)


def _weights(rng: np.random.Generator, shape: tuple[int, ...], numbers: Numbers) -> npt.NDArray[np.int8]:
    if numbers.style == "extreme":
        return rng.choice(np.array([numbers.lowest_weight, 127], dtype=np.int8), shape)
    return rng.integers(numbers.lowest_weight, 128, shape, dtype=np.int8)


def _bias(rng: np.random.Generator, n_out: int) -> npt.NDArray[np.int32]:
    return rng.integers(-8192, 8193, n_out, dtype=np.int32)


def _factors(rng: np.random.Generator, task: KernelTask, numbers: Numbers) -> Requantization:
    """Factors with which a sum of a typical size becomes an output of about `full`, half of it to twice."""
    lo, hi = sum_ranges(task)
    typical = np.maximum(np.maximum(np.abs(lo), np.abs(hi)) / 4, 1)
    factors = numbers.full / typical * rng.uniform(0.5, 2.0, len(typical))
    if numbers.rounding == "power_of_two":
        factors = 2.0 ** np.round(np.log2(factors))
    empty = task.requantization
    return Requantization(tuple(map(float, factors)), empty.rounding, empty.zero_point, empty.limits)


def inputs_for(task: KernelTask, n_runs: int, seed: int) -> npt.NDArray[np.int8]:
    """(n_runs, input bytes): random rows, a row of the two extremes alone, all lowest, all highest."""
    sizes = geometry(task)
    n = sizes.height * sizes.width * sizes.n_in
    rng = np.random.default_rng(seed)
    rows = rng.integers(-128, 128, (n_runs, n), dtype=np.int8)
    if n_runs > 1:
        rows[1] = rng.choice(np.array([-128, 127], dtype=np.int8), n)
    if n_runs > 2:
        rows[2] = -128
    if n_runs > 3:
        rows[3] = 127
    return rows


def expected(task: KernelTask, inputs: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """(n_runs, output bytes) by numpy: windows of a padded image, exact sums, the IR's requantization."""
    sums = np.stack([_sums(task, row) for row in inputs])
    scaled, rule = np.empty_like(sums), task.requantization
    for channel, factor in enumerate(rule.factors):
        scaled[..., channel] = requantize(sums[..., channel], factor, rule.rounding)
    return np.clip(scaled + rule.zero_point, *rule.limits).astype(np.int8).reshape(len(inputs), -1)


def _sums(task: KernelTask, row: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """(..., n_out)"""
    x = row.astype(np.int64) - task.input_zero_point
    bias = task.bias.astype(np.int64)
    if isinstance(task, FullyConnectedTask):
        return bias + task.weight.astype(np.int64) @ x
    window, sizes = task.window, geometry(task)
    top, bottom, left, right = window.padding
    image = np.pad(x.reshape(task.input_shape), ((top, bottom), (left, right), (0, 0)))
    oh, ow = sizes.out_size
    sums = np.zeros((oh, ow, sizes.n_out), dtype=np.int64) + bias
    for ky in range(window.size[0]):
        for kx in range(window.size[1]):
            y, x0 = ky * window.dilation[0], kx * window.dilation[1]
            part = image[y : y + (oh - 1) * window.stride[0] + 1 : window.stride[0]]
            part = part[:, x0 : x0 + (ow - 1) * window.stride[1] + 1 : window.stride[1]]
            if isinstance(task, ConvTask):
                sums += part @ task.weight[:, ky, kx].astype(np.int64).T
            else:
                sums += np.repeat(part, sizes.multiplier, axis=2) * task.weight[ky, kx].astype(np.int64)
    return sums
