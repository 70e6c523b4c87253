"""Exact evaluation of integer tensor networks.

Source of the rounding rules: TensorFlow Lite, tensorflow/lite/kernels/internal/common.h
(`MultiplyByQuantizedMultiplier`, with and without TFLITE_SINGLE_ROUNDING), quantization_util.cc
(`QuantizeMultiplier`), and gemmlowp, fixedpoint.h (`SaturatingRoundingDoublingHighMul`,
`RoundingDivideByPOT`).
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError
from codegen.ir.graph import Quantization, Tensor, TensorNet
from codegen.ir.interface import Interface
from codegen.ir.operators import Activation, FullyConnected, Rounding

Int64Array: TypeAlias = npt.NDArray[np.int64]
INT8_MIN, INT8_MAX = -128, 127
INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Multiplier:
    """The real factor `q31 * 2**(exponent - 31)`; q31 is 0 or in 2**30..2**31 - 1."""

    q31: int
    exponent: int


def quantize_multiplier(factor: float) -> Multiplier:
    """A positive real factor as Q31 mantissa and exponent, rounded half away from zero.

    A factor below 2**-32 becomes 0. Raises IrError unless the factor is positive, finite and below 2**30.
    """
    if not (math.isfinite(factor) and 0 < factor < 1 << 30):
        raise IrError(f"requantization: the factor must be above 0 and below 2**30, not {factor}")
    mantissa, exponent = math.frexp(factor)
    q31 = math.floor(mantissa * (1 << 31) + 0.5)
    if q31 == 1 << 31:
        q31, exponent = q31 // 2, exponent + 1
    return Multiplier(0, 0) if exponent < -31 else Multiplier(q31, exponent)


def requantize(accumulators: Int64Array, factor: float, rounding: Rounding) -> Int64Array:
    """`accumulators * factor` in integers, by the rule named; docs/ir.md writes the three rules down.

    accumulators: any shape, values in int32. Raises IrError where a result leaves int32, or where the
    factor is no power of two and `rounding` is "power_of_two".
    """
    if rounding == "power_of_two":
        result = _scale_power_of_two(accumulators, factor)
    elif rounding == "single":
        result = _scale_single(accumulators, quantize_multiplier(factor))
    else:
        result = _scale_double(accumulators, quantize_multiplier(factor))
    return _check_int32(result, "requantization")


def activation_limits(activation: Activation, output: Quantization) -> tuple[int, int]:
    """Lowest and highest int8 output: the activation's real limits in the output's quantization.

    Source: TensorFlow Lite, kernels/kernel_util.cc, `CalculateActivationRangeQuantized`: the quotient is
    a float32 and is rounded half away from zero.
    """
    lo, hi = INT8_MIN, INT8_MAX
    if activation != "none":
        lo = max(lo, output.zero_point)
    if activation == "relu6":
        six = math.floor(float(np.float32(6) / np.float32(output.scales[0])) + 0.5)
        hi = min(hi, output.zero_point + six)
    return lo, hi


def evaluate_tensor_net(net: TensorNet, interface: Interface, samples: Int64Array) -> Int64Array:
    """(n_samples, n_outputs) int8 values, as int64, of (n_samples, n_features) codes."""
    graph = net.graph
    for feature in interface.features:
        if feature.code_lo < INT8_MIN or feature.code_hi > INT8_MAX:
            raise IrError(f"tensor network: the codes of feature {feature.name!r} must fit int8")
    values = {graph.inputs[0]: samples}
    constants = {
        constant.tensor: _array(graph.tensors[constant.tensor], constant.data) for constant in net.constants
    }
    for index, operator in enumerate(graph.operators):
        if not isinstance(operator, FullyConnected):
            raise IrError(
                f"tensor network: operator {index}: {type(operator).__name__} can't be evaluated yet"
            )
        if operator.input not in values:
            raise IrError(f"tensor network: operator {index}: the input must not be a constant")
        try:
            values[operator.output] = _fully_connected(
                operator, graph.tensors, constants, values[operator.input]
            )
        except IrError as error:
            raise IrError(f"tensor network: operator {index}: {error}") from None
    return values[graph.outputs[0]]


def _fully_connected(
    operator: FullyConnected,
    tensors: tuple[Tensor, ...],
    constants: dict[int, npt.NDArray[Any]],
    x: Int64Array,
) -> Int64Array:
    source, weight, output = tensors[operator.input], tensors[operator.weight], tensors[operator.output]
    for tensor in (source, weight, output):
        if tensor.dtype != "int8":
            raise IrError(f"{tensor.name!r} must be int8 to be evaluated, not {tensor.dtype}")
    factors = output_factors(source, weight, output)
    sums = (x - _quantization(source).zero_point) @ constants[operator.weight].astype(np.int64).T
    if operator.bias is not None:
        sums = sums + constants[operator.bias].astype(np.int64)
    sums = _check_int32(sums, "accumulator")
    scaled = np.empty_like(sums)
    for channel, factor in enumerate(factors):
        scaled[:, channel] = requantize(sums[:, channel], factor, operator.rounding)
    limits = activation_limits(operator.activation, _quantization(output))
    return np.clip(scaled + _quantization(output).zero_point, *limits)


def output_factors(source: Tensor, weight: Tensor, output: Tensor) -> tuple[float, ...]:
    """For each output channel `(source scale * weight scale) / output scale`, in float64, in that order.

    Raises IrError unless activations have one scale and weights have zero point 0 and one or n_out scales.
    """
    n_out = weight.shape[0]
    scales, one_in, one_out = (
        _quantization(weight).scales,
        _quantization(source).scales,
        _quantization(output).scales,
    )
    if len(one_in) != 1 or len(one_out) != 1:
        raise IrError("an activation must have one scale")
    if len(scales) not in (1, n_out) or _quantization(weight).zero_point != 0:
        raise IrError(f"{weight.name!r} must have zero point 0 and 1 or {n_out} scales, not {len(scales)}")
    return tuple(
        one_in[0] * scale / one_out[0] for scale in (scales if len(scales) == n_out else scales * n_out)
    )


def _quantization(tensor: Tensor) -> Quantization:
    if tensor.quantization is None:
        raise IrError(f"{tensor.name!r} must be quantized to be evaluated")
    return tensor.quantization


def _array(tensor: Tensor, data: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(data, dtype=np.dtype(tensor.dtype).newbyteorder("<")).reshape(tensor.shape)


def _check_int32(values: Int64Array, what: str) -> Int64Array:
    if values.size and (values.min() < INT32_MIN or values.max() > INT32_MAX):
        raise IrError(f"{what}: must fit int32, but reaches {values.min()}..{values.max()}")
    return values


def _scale_single(x: Int64Array, factor: Multiplier) -> Int64Array:
    """One rounding of the 64-bit product, halves up."""
    shift = 31 - factor.exponent
    return (x * factor.q31 + (1 << (shift - 1))) >> shift


def _scale_double(x: Int64Array, factor: Multiplier) -> Int64Array:
    """The high half of the doubled product, rounded, then a rounding shift."""
    left = _check_int32(x << max(factor.exponent, 0), "requantization")
    product = left * factor.q31
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    high = np.where(nudged >= 0, nudged >> 31, -(-nudged >> 31))
    return _rounding_divide(high, max(-factor.exponent, 0))


def _rounding_divide(x: Int64Array, exponent: int) -> Int64Array:
    """Division by 2**exponent, halves away from zero."""
    mask = (1 << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    return (x >> exponent) + ((x & mask) > threshold)


def _scale_power_of_two(x: Int64Array, factor: float) -> Int64Array:
    """A rounding shift, halves up; exact for factors of 1 and above."""
    mantissa, exponent = math.frexp(factor)
    shift = 1 - exponent
    if mantissa != 0.5 or not -31 <= shift <= 62:
        raise IrError(f"requantization: the factor must be a power of two in 2**-62..2**31, not {factor}")
    return x << -shift if shift <= 0 else (x + (1 << (shift - 1))) >> shift
