"""Constants, reshapes, padding and activations, by hand."""

import numpy as np
import pytest

from codegen.ir import (
    Add,
    AveragePool2d,
    Clamp,
    Constant,
    Conv2d,
    FullyConnected,
    HardSwish,
    Operator,
    Pad,
    Quantization,
    Quantize,
    Reshape,
    Tensor,
    TensorGraph,
    TensorNet,
    Window,
)
from codegen.ir.operators import Activation
from codegen.ir.passes import drop_reshapes, fold_constants, fuse_activations, fuse_padding

ONE = Window((1, 1))


def net_of(
    tensors: list[tuple[tuple[int, ...], Quantization]],
    operators: list[Operator],
    *,
    constants: tuple[int, ...] = (),
) -> TensorNet:
    """Input 0, output last; constants hold 1, 2, 3, ..."""
    made = tuple(
        Tensor(f"t{n}", shape, "int8", quantization) for n, (shape, quantization) in enumerate(tensors)
    )
    data = tuple(Constant(n, np.arange(1, made[n].n_items + 1).astype("i1").tobytes()) for n in constants)
    return TensorNet(TensorGraph(made, tuple(operators), (0,), (len(made) - 1,)), data)


UNIT, MOVED = Quantization((1.0,), 0), Quantization((1.0,), 4)
IMAGE = ((2, 2, 1), UNIT)


def test_operators_over_constants_become_constants() -> None:
    net = net_of(
        [((2,), UNIT)] * 4,
        [Clamp(1, 2, "relu6"), Add(0, 2, 3)],
        constants=(1,),
    )
    folded = fold_constants(net)
    assert folded.graph.operators == (Add(0, 1, 2),)
    assert folded.constants == (Constant(1, bytes((1, 2))),)


def test_a_constant_that_is_the_answer_keeps_its_operator() -> None:
    net = net_of([((2,), UNIT)] * 3, [Clamp(1, 2, "relu")], constants=(1,))
    assert fold_constants(net) == net


def test_reshapes_before_a_fully_connected_layer_go() -> None:
    net = net_of(
        [IMAGE, ((4,), UNIT), ((1, 4), UNIT), ((1, 4), UNIT), ((1,), UNIT)],
        [Reshape(0, 1), Reshape(1, 2), FullyConnected(2, 3, None, 4)],
        constants=(3,),
    )
    assert drop_reshapes(net).graph.operators == (FullyConnected(0, 1, None, 2),)


def test_padding_becomes_part_of_a_convolution_but_not_of_a_pool() -> None:
    around = Pad(0, 1, (1, 2, 0), (0, 3, 0))
    padded = [IMAGE, ((3, 7, 1), UNIT), ((1, 1, 1, 1), UNIT), ((3, 7, 1), UNIT)]
    convolved = fuse_padding(net_of(padded, [around, Conv2d(1, 2, None, 3, ONE)], constants=(2,)))
    window = Window((1, 1), padding=(1, 0, 2, 3))
    assert convolved.graph.operators == (Conv2d(0, 1, None, 2, window),)
    pooled = net_of([IMAGE, ((3, 7, 1), UNIT), ((3, 7, 1), UNIT)], [around, AveragePool2d(1, 2, ONE)])
    assert fuse_padding(pooled) == pooled


def test_padding_of_channels_stays() -> None:
    tensors = [IMAGE, ((2, 2, 2), UNIT), ((1, 1, 1, 2), UNIT), ((2, 2, 1), UNIT)]
    net = net_of(tensors, [Pad(0, 1, (0, 0, 1), (0, 0, 0)), Conv2d(1, 2, None, 3, ONE)], constants=(2,))
    assert fuse_padding(net) == net


@pytest.mark.parametrize(
    ("own", "second", "before", "after", "fused"),
    [
        ("none", "relu", UNIT, UNIT, "relu"),
        ("relu", "relu6", UNIT, UNIT, "relu6"),
        ("relu6", "relu", UNIT, UNIT, "relu6"),
        ("relu", "relu", UNIT, MOVED, "relu"),
        ("relu6", "none", UNIT, MOVED, "relu6"),
        ("none", "none", UNIT, MOVED, None),  # -128 moves to -124, which is no limit of an activation.
        ("relu", "none", MOVED, UNIT, None),  # 127 moves to 123.
        ("none", "relu", UNIT, Quantization((2.0,), 0), None),
    ],
)
def test_activations_fuse_where_their_limits_are_those_of_one(
    own: Activation, second: Activation, before: Quantization, after: Quantization, fused: Activation | None
) -> None:
    tensors = [IMAGE, ((1, 1, 1, 1), UNIT), ((2, 2, 1), before), ((2, 2, 1), after)]
    then: Operator = Quantize(2, 3) if second == "none" else Clamp(2, 3, second)
    net = net_of(tensors, [Conv2d(0, 1, None, 2, ONE, own), then], constants=(1,))
    expected = net.graph.operators if fused is None else (Conv2d(0, 1, None, 2, ONE, fused),)
    assert fuse_activations(net).graph.operators == expected


def test_an_activation_stays_where_others_read_what_comes_before_it() -> None:
    net = net_of(
        [IMAGE, ((1, 1, 1, 1), UNIT), *[((2, 2, 1), UNIT)] * 3],
        [Conv2d(0, 1, None, 2, ONE), Clamp(2, 3, "relu"), Add(2, 3, 4)],
        constants=(1,),
    )
    assert fuse_activations(net) == net


def test_an_activation_that_changes_nothing_goes() -> None:
    lowest = ((2, 2, 1), Quantization((1.0,), -128))
    net = net_of([lowest] * 4, [HardSwish(0, 1), Clamp(1, 2, "relu"), HardSwish(2, 3)])
    assert fuse_activations(net).graph.operators == (HardSwish(0, 1), HardSwish(1, 2))
