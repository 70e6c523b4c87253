"""Fully connected layers with their numbers, for the shared routine, from either kind of network.

Inputs and outputs are as the routine stores them: from 0 up. An int8 item is stored 128 larger, and the bias
of the layer that reads it is lower by 128 times the sum of weights.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.c.kernels.scaling import ChannelScaling, fast_scaling
from codegen.c.kernels.task import FullyConnectedTask, Requantization, folded_bias, sum_ranges, weight_rows
from codegen.c.program import LayerProgram, MlpProgram
from codegen.c.tensor.tasks import kernel_task
from codegen.c.text import EmitError
from codegen.ir.graph import TensorNet
from codegen.ir.operators import FullyConnected, Rounding
from codegen.ir.ranges import unsigned_bits
from codegen.ir.requantization import INT32_MAX, INT32_MIN
from codegen.plan.kernel_graphs import operator_graph

Int64Array: TypeAlias = npt.NDArray[np.int64]
Way: TypeAlias = Literal["single", "double", "power_of_two"]

STORED_ZERO = 128
"""What an int8 item of 0 is stored as."""
MAX_STORED = (1 << 15) - 1
WEIGHT_MIN, WEIGHT_MAX = -128, 127
_UNLIMITED = (-(1 << 20), 1 << 20)


@dataclass(frozen=True, slots=True)
class Finish:
    """How a sum becomes a stored output: `clamp(requantize(sum) + zero_point)`, all of it as stored.

    requantization: as of an int8 operator, its zero point and limits as stored. scalings: one for each output
    (see codegen.c.kernels.scaling), None where that is not exact.
    """

    requantization: Requantization
    scalings: tuple[ChannelScaling, ...] | None

    @property
    def way(self) -> Way:
        return self.requantization.rounding

    @property
    def limits(self) -> tuple[int, int]:
        return self.requantization.limits


@dataclass(frozen=True, slots=True, eq=False)
class DenseLayer:
    """weight: (n_out, n_in), in -128..127. bias: (n_out,). lows, highs: (n_out,) of the sums, in int32.

    finish: None where the sums are the outputs.
    """

    weight: Int64Array
    bias: Int64Array
    lows: Int64Array
    highs: Int64Array
    finish: Finish | None

    @property
    def n_out(self) -> int:
        return len(self.weight)

    @property
    def n_in(self) -> int:
        return int(self.weight.shape[1])


def tensor_layers(net: TensorNet) -> tuple[DenseLayer, ...]:
    """The layers of a chain (see codegen.plan.dense). Raises EmitError for sums that can leave int32."""
    layers = []
    for number, operator in enumerate(net.graph.operators):
        if isinstance(operator, FullyConnected):
            task = kernel_task(net, operator, operator_graph(net.graph, number))
            assert isinstance(task, FullyConnectedTask)
            layers.append(_tensor_layer(task, number))
    return tuple(layers)


def _tensor_layer(task: FullyConnectedTask, number: int) -> DenseLayer:
    lows, highs = sum_ranges(task)
    if lows.min() < INT32_MIN or highs.max() > INT32_MAX:
        reached = f"{lows.min()}..{highs.max()}"
        raise EmitError(f"tensor network: operator {number}: sums must fit int32, but can reach {reached}")
    rule = task.requantization
    stored = replace(
        rule,
        zero_point=rule.zero_point + STORED_ZERO,
        limits=(rule.limits[0] + STORED_ZERO, rule.limits[1] + STORED_ZERO),
    )
    weight = weight_rows(task)
    bias = folded_bias(task) - STORED_ZERO * weight.sum(axis=1)
    return DenseLayer(weight, bias, lows, highs, Finish(stored, _scalings(stored, lows, highs)))


def _scalings(rule: Requantization, lows: Int64Array, highs: Int64Array) -> tuple[ChannelScaling, ...] | None:
    """Without the ways that only some limits allow, so that all layers of a network go the same way."""
    ranges = [(int(lo), int(hi)) for lo, hi in zip(lows, highs, strict=True)]
    found = fast_scaling(replace(rule, limits=_UNLIMITED), ranges, [0] * len(ranges))
    return None if found is None else found.channels


def program_layers(program: MlpProgram) -> tuple[DenseLayer, ...] | str:
    """The layers of a bespoke MLP, or why the routine can't run it: no masks, and weights of a byte."""
    layers = []
    for index, layer in enumerate(program.layers):
        reason = _reason(layer)
        if reason is not None:
            return f"layer {index}: {reason}"
        layers.append(_program_layer(layer))
    return tuple(layers)


def _reason(layer: LayerProgram) -> str | None:
    products = [product for one in layer.sums for product in one.products]
    if any(product.mask is not None for product in products):
        return "no input may be masked"
    if any(not WEIGHT_MIN <= product.weight <= WEIGHT_MAX for product in products):
        return f"weights must be in {WEIGHT_MIN}..{WEIGHT_MAX}"
    if layer.wide:
        return "sums must fit 32 bits"
    if max(layer.input_hi) > MAX_STORED or (layer.clip is not None and max(layer.output_hi) > MAX_STORED):
        return f"activations must be at most {MAX_STORED}"
    return None


def _program_layer(layer: LayerProgram) -> DenseLayer:
    weight = np.zeros((len(layer.sums), len(layer.input_hi)), dtype=np.int64)
    for neuron, one in enumerate(layer.sums):
        for product in one.products:
            weight[neuron, product.input] = product.weight
    bias = np.array([one.bias for one in layer.sums], dtype=np.int64)
    lows = np.array([min(one.lo, lo) for one, (lo, _) in zip(layer.sums, layer.accumulators, strict=True)])
    highs = np.array([max(one.hi, hi) for one, (_, hi) in zip(layer.sums, layer.accumulators, strict=True)])
    return DenseLayer(weight, bias, lows, highs, _clip_finish(layer))


def _clip_finish(layer: LayerProgram) -> Finish | None:
    """A clip is a shift that rounds down, which is the way "power_of_two" without its half."""
    if layer.clip is None:
        return None
    shift = min(layer.clip.shift, 31)
    limits = (0, min((1 << layer.clip.bits) - 1, MAX_STORED))
    rounding: Rounding = "power_of_two"
    rule = Requantization((2.0**-shift,) * len(layer.sums), rounding, 0, limits)
    return Finish(rule, (ChannelScaling(0, 0, shift),) * len(layer.sums))


def is_mixed_exact(layer: DenseLayer) -> bool:
    """Whether `256 * first + second` fits 16 bits for each pair of weights and 32 for each pair of sums."""
    for first in range(0, layer.n_out - 1, 2):
        halves = 256 * layer.weight[first] + layer.weight[first + 1]
        if halves.min() < -(1 << 15) or halves.max() >= 1 << 15:
            return False
        lo = 256 * int(layer.lows[first]) + int(layer.lows[first + 1])
        hi = 256 * int(layer.highs[first]) + int(layer.highs[first + 1])
        if lo < INT32_MIN or hi > INT32_MAX:
            return False
    last = layer.n_out % 2
    return not last or (256 * layer.lows[-1] >= INT32_MIN and 256 * layer.highs[-1] <= INT32_MAX)


def stored_bits(layers: tuple[DenseLayer, ...]) -> int | None:
    """The bits of all stored outputs where a saturation to so many is the clamp; None where it is not."""
    finishes = [layer.finish for layer in layers if layer.finish is not None]
    if not finishes:
        return 1
    bits = {unsigned_bits(finish.limits[1]) for finish in finishes}
    exact = all(finish.limits == (0, (1 << unsigned_bits(finish.limits[1])) - 1) for finish in finishes)
    return bits.pop() if exact and len(bits) == 1 else None
