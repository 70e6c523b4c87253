"""Channels that hold one number, or that nobody needs, are taken out of the network."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from codegen.ir.graph import Quantization, Tensor, TensorNet
from codegen.ir.operators import Conv2d, DepthwiseConv2d, FullyConnected, Operator, Weighted
from codegen.ir.passes.constant_channels import Channels, Mask, constant_channels
from codegen.ir.passes.constants import as_bytes
from codegen.ir.passes.needed_channels import channels_to_remove
from codegen.ir.passes.rebuilding import rebuilt
from codegen.ir.requantization import INT32_MAX, INT32_MIN, Int64Array
from codegen.ir.tensors import constant_values


def remove_channels(net: TensorNet) -> TensorNet:
    """A channel with zero weights alone is a constant; its share of later sums moves into their biases.

    Exact: every sum that is left is the same number as before. Left as it is where a bias would leave
    int32.
    """
    if any(not tensor.shape for tensor in net.graph.tensors):
        return net
    constants = constant_values(net)
    if not _has_fixed_weights(net, constants):
        return net
    found = constant_channels(net)
    gone = channels_to_remove(net, found, constants)
    if not any(mask.any() for mask in gone.values()):
        return net
    editor = _Editor(net, found, gone, constants)
    operators = [editor.smaller(operator) for operator in net.graph.operators]
    return net if editor.overflow else rebuilt(net, operators, tensors=editor.tensors, constants=editor.data)


def _has_fixed_weights(net: TensorNet, constants: Mapping[int, Int64Array]) -> bool:
    weighted = [operator for operator in net.graph.operators if isinstance(operator, Weighted)]
    return all(
        operator.weight in constants and (operator.bias is None or operator.bias in constants)
        for operator in weighted
    )


@dataclass
class _Editor:
    """Tensors and constants of the smaller network; new weights and biases come at the end."""

    net: TensorNet
    found: Mapping[int, Channels]
    gone: Mapping[int, Mask]
    constants: Mapping[int, Int64Array]
    tensors: list[Tensor] = field(init=False)
    data: dict[int, bytes] = field(init=False)
    overflow: bool = False

    def __post_init__(self) -> None:
        self.tensors = list(self.net.graph.tensors)
        self.data = {constant.tensor: constant.data for constant in self.net.constants}
        for number, mask in self.gone.items():
            tensor = self.tensors[number]
            self.tensors[number] = replace(tensor, shape=(*tensor.shape[:-1], int((~mask).sum())))
            if number in self.constants:
                self.data[number] = as_bytes(self.constants[number][0][..., ~mask], tensor)

    def smaller(self, operator: Operator) -> Operator:
        if not isinstance(operator, Weighted):
            return operator
        kept = ~self.gone[operator.output]
        weight, axis = self.constants[operator.weight][0], 0
        match operator:
            case FullyConnected():
                rows = np.broadcast_to(kept, self.net.graph.tensors[operator.output].shape).reshape(-1)
                columns = ~np.broadcast_to(self.gone[operator.input], self._shape(operator.input)).reshape(-1)
                kept, less = rows, weight[rows][:, columns]
            case Conv2d():
                less = weight[kept][..., ~self.gone[operator.input]]
            case DepthwiseConv2d():
                less, axis = weight[..., kept], weight.ndim - 1
        bias = self._bias(operator, weight, kept)
        return replace(operator, weight=self._added(operator.weight, less, kept, axis), bias=bias)

    def _shape(self, number: int) -> tuple[int, ...]:
        return self.net.graph.tensors[number].shape

    def _bias(self, operator: Weighted, weight: Int64Array, kept: Mask) -> int | None:
        """With the shares of the channels that go; see `needed_channels` for which have one."""
        own = (
            np.zeros(len(kept), dtype=np.int64) if operator.bias is None else self.constants[operator.bias][0]
        )
        whole = own + self._share(operator, weight)
        self.overflow |= bool((whole < INT32_MIN).any() or (whole > INT32_MAX).any())
        if operator.bias is not None:
            return self._added(operator.bias, whole[kept], kept, 0)
        if not whole.any():
            return None
        self.tensors.append(
            Tensor(f"{self.net.graph.tensors[operator.output].name}/bias", (len(kept),), "int32")
        )
        return self._added(len(self.tensors) - 1, whole[kept], kept, 0)

    def _share(self, operator: Weighted, weight: Int64Array) -> Int64Array | int:
        """What the channels that go add to each sum; nothing where their weights are zero."""
        if isinstance(operator, DepthwiseConv2d):
            return 0
        source = self.net.graph.tensors[operator.input].quantization
        assert source is not None
        known = self.gone[operator.input] & self.found[operator.input].constant
        values = np.where(known, self.found[operator.input].values - source.zero_point, 0)
        if isinstance(operator, FullyConnected):
            return np.asarray(weight @ values.reshape(-1), dtype=np.int64)
        return np.asarray(weight.sum(axis=(1, 2)) @ values[0, 0], dtype=np.int64)

    def _added(self, number: int, values: Int64Array, kept: Mask, axis: int) -> int:
        """A constant like another one, with fewer channels along an axis."""
        tensor = self.tensors[number]
        scales = None if tensor.quantization is None else tensor.quantization.scales
        if tensor.quantization is not None and scales is not None and len(scales) == len(kept) > 1:
            few = tuple(scale for scale, stays in zip(scales, kept, strict=True) if stays)
            tensor = replace(tensor, quantization=Quantization(few, tensor.quantization.zero_point))
        assert values.shape[axis] == int(kept.sum())
        self.tensors.append(replace(tensor, shape=values.shape))
        self.data[len(self.tensors) - 1] = as_bytes(values, tensor)
        return len(self.tensors) - 1
