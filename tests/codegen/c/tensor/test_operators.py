"""Operators without weights, each in the cases that a random network seldom has."""

from pathlib import Path

import numpy as np
import pytest

from codegen.c import EmitError, emit_c
from codegen.c.operators.pools import MAX_SHARED_TAPS
from codegen.cores import load_core
from codegen.ir import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    Constant,
    Dequantize,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Multiply,
    Network,
    Pad,
    Quantization,
    Quantize,
    Reshape,
    Softmax,
    Window,
)
from tests.codegen.c.differential import compile_and_run, write_program
from tests.codegen.c.tensor.graphs import PLAIN, bytes_of, network, tensor
from tests.networks import codes_for

FINE, COARSE = Quantization((1e-5,), -128), Quantization((7.0,), 127)
PROBABILITY = Quantization((1 / 256,), -128)


def sums() -> list[Network]:
    """Equal scales, scales a million apart, limits of activations, and an operand that is a constant."""
    pairs = [(PLAIN, PLAIN), (FINE, COARSE), (COARSE, FINE), (Quantization((0.3,)), Quantization((0.1,), -7))]
    found = []
    for index, (left, right) in enumerate(pairs):
        tensors = (
            tensor((40,), left),
            tensor((40,), right),
            tensor((40,), Quantization((left.scales[0] * 1.7,), 5)),
        )
        constant = Constant(1, bytes_of((40,), index))
        found.append(network(tensors, (Add(0, 1, 2, ("none", "relu", "relu6", "none")[index]),), (constant,)))  # type: ignore[arg-type]
    twice = (tensor((9,)), tensor((9,), Quantization((0.2,), -1)))
    return [*found, network(twice, (Add(0, 0, 1),))]


def products() -> list[Network]:
    """By an equal shape, by channels in both their shapes, and by itself."""
    found = []
    for index, shape in enumerate(((2, 3, 5), (5,), (1, 1, 5))):
        tensors = (
            tensor((2, 3, 5)),
            tensor(shape, Quantization((6 / 255,), -128)),
            tensor((2, 3, 5), Quantization((0.2,), 9)),
        )
        constant = Constant(1, bytes_of(shape, index))
        found.append(network(tensors, (Multiply(0, 1, 2, ("none", "relu", "relu6")[index]),), (constant,)))  # type: ignore[arg-type]
    return [*found, network((tensor((9,)), tensor((9,), COARSE)), (Multiply(0, 0, 1),))]


def mappings() -> list[Network]:
    """Limited shifts, tables, and from and to unsigned bytes."""
    shifted, doubled = Quantization((0.1,), 40), Quantization((0.2,), 3)
    unsigned = tensor((256,), Quantization((0.1,), 131), "uint8")
    x = tensor((256,))
    return [
        network((x, x), (Clamp(0, 1, "relu"),)),
        network((x, x), (Clamp(0, 1, "relu6"),)),
        network((x, tensor((256,), shifted)), (Clamp(0, 1, "relu"),)),
        network((x, tensor((256,), doubled)), (Clamp(0, 1, "relu6"),)),
        network((x, tensor((256,), shifted)), (Quantize(0, 1),)),
        network((x, tensor((256,), doubled)), (Quantize(0, 1),)),
        network((unsigned, x), (Quantize(0, 1),)),
        network((unsigned, tensor((256,), doubled)), (Quantize(0, 1),)),
        network((x, unsigned), (Quantize(0, 1),)),
        network((x, tensor((256,), FINE)), (Quantize(0, 1),)),
        network((x, x), (HardSwish(0, 1),)),
    ]


def pools() -> list[Network]:
    """Windows over edges, over the whole, with gaps, and large ones; means of many items."""
    found = []
    for window, out in (
        (Window((2, 2), (2, 2)), (3, 2)),
        (Window((3, 3), padding=(1, 1, 1, 1)), (6, 5)),
        (Window((3, 2), (2, 3), padding=(2, 0, 0, 1)), (3, 2)),
        (Window((6, 5)), (1, 1)),
        (Window((4, 4), (1, 1), padding=(3, 3, 3, 3)), (9, 8)),
    ):
        for kind in (AveragePool2d, MaxPool2d):
            for activation in ("none", "relu6"):
                tensors = (tensor((6, 5, 3)), tensor((*out, 3)))
                found.append(network(tensors, (kind(0, 1, window, activation),)))  # type: ignore[arg-type]
    for rows in (19, 20):  # as many taps as a product divides by, and more
        tensors = (tensor((20, 20, 1)), tensor((21 - rows, 2, 1)))
        found.append(network(tensors, (AveragePool2d(0, 1, Window((rows, 19))),)))
    for shape in ((6, 5, 3), (1, 1, 7), (31, 1, 2)):
        output = tensor((shape[2],), Quantization((0.03,), -9))
        found.append(network((tensor(shape), output), (GlobalAveragePool(0, 1),)))
    return found


def movements() -> list[Network]:
    """Axes of all kinds, several inputs, one input twice, and a reshape that is the whole network."""

    def pad(shape: tuple[int, ...], before: tuple[int, ...], after: tuple[int, ...]) -> Network:
        padded = tuple(sum(sizes) for sizes in zip(shape, before, after, strict=True))
        return network((tensor(shape), tensor(padded)), (Pad(0, 1, before, after),))

    def concatenate(axis: int) -> Network:
        shape, other, whole = [3, 4, 2], [3, 4, 2], [3, 4, 2]
        other[axis], whole[axis] = 5, 2 * shape[axis] + 5
        tensors = (tensor(tuple(shape)), tensor(tuple(other)), tensor(tuple(whole)))
        constant = Constant(1, bytes_of(tuple(other), axis))
        return network(tensors, (Concatenate((0, 1, 0), 2, axis),), (constant,))

    return [
        pad((5,), (2,), (1,)),
        pad((3, 4), (0, 2), (1, 0)),
        pad((2, 3, 4), (1, 0, 2), (0, 1, 1)),
        pad((2, 2, 2, 3), (1, 1, 0, 0), (0, 1, 1, 0)),
        pad((2, 3), (0, 0), (0, 0)),
        *(concatenate(axis) for axis in range(3)),
        network((tensor((2, 3)), tensor((6,))), (Reshape(0, 1),)),
        network((tensor((6,)), tensor((6,)), tensor((2, 3))), (HardSwish(0, 1), Reshape(1, 2))),
    ]


def distributions() -> list[Network]:
    """Rows of one item, long rows, several rows, slow and steep exponentials."""
    found = []
    for shape in ((1,), (10,), (300,), (3, 4, 5)):
        for scale, beta in ((0.1, 1.0), (1e-4, 1.0), (3.0, 2.0)):
            tensors = (tensor(shape, Quantization((scale,), 11)), tensor(shape, PROBABILITY))
            found.append(network(tensors, (Softmax(0, 1, beta),)))
    return found


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m0"])
@pytest.mark.parametrize("cases", [sums, products, mappings, pools, movements, distributions])
def test_operators_agree_with_evaluate(cases, core: str, tmp_path: Path, requires_tool) -> None:  # type: ignore[no-untyped-def]
    """Written for a core with constants and long products at hand, and for one without."""
    requires_tool("gcc")
    networks = cases()
    artifacts = [
        emit_c(
            one,
            name=f"n{index}",
            vectors=codes_for(one.interface, 2, 0),
            layout="plain",
            core=load_core(core),
        )
        for index, one in enumerate(networks)
    ]
    folder = tmp_path / "c"
    assert compile_and_run(["gcc", "-std=c99"], write_program(networks, artifacts, folder), folder) == ""


def emit(one: Network, core: str = "cortex-m4") -> str:
    vectors = codes_for(one.interface, 2, 0)
    artifact = emit_c(one, name="net", vectors=vectors, layout="plain", core=load_core(core))
    return next(file.text for file in artifact.files if file.path == "net.c")


def test_a_mean_by_a_product_is_exact_up_to_its_number_of_taps() -> None:
    for n in range(1, MAX_SHARED_TAPS + 1):
        x = np.arange(128 * n + n // 2 + 1, dtype=np.uint32)
        assert np.array_equal(x * np.uint32((1 << 24) // n + 1) >> np.uint32(24), x // n)


def test_pools_over_padding_share_one_routine() -> None:
    window = Window((3, 3), padding=(1, 1, 1, 1))
    tensors = (tensor((4, 4, 2)), tensor((4, 4, 2)), tensor((4, 4, 2)))
    text = emit(network(tensors, (AveragePool2d(0, 1, window), AveragePool2d(1, 2, window))))
    assert text.count("static void net_average0_window(") == 2  # prototype and definition
    assert "NET_ROUTINE static void net_average0_window(" in text
    assert "net_average1_window" not in text


def test_only_a_core_without_long_products_makes_them_of_halves() -> None:
    one = sums()[0]
    assert "int64_t" in emit(one)
    assert "rest = y & 0x7FFF" in emit(one, "cortex-m0")
    assert "int64_t" not in emit(one, "cortex-m0")


def test_a_limited_shift_needs_no_table() -> None:
    shifted = network((tensor((8,)), tensor((8,), Quantization((0.1,), 40))), (Quantize(0, 1),))
    scaled = network((tensor((8,)), tensor((8,), Quantization((0.2,), 40))), (Quantize(0, 1),))
    assert "input[i] + 37" in emit(shifted)
    assert "net_quantize0_table[256]" in emit(scaled)


def test_the_larger_scale_of_a_sum_is_a_shift() -> None:
    assert emit(sums()[4]).count("*= 524288") == 2


def test_an_operator_of_real_numbers_is_refused_by_its_number() -> None:
    with pytest.raises(
        EmitError, match="operator 0: Dequantize has no C form; an integer network must do wit"
    ):
        emit(network((tensor((4,)), tensor((4,))), (Dequantize(0, 1),)))


def test_a_softmax_of_too_many_items_is_refused() -> None:
    one = network((tensor((5000,)), tensor((5000,), PROBABILITY)), (Softmax(0, 1),))
    with pytest.raises(EmitError, match="operator 0: softmax: a row must have at most 4096 items, not 5000"):
        emit(one)


def test_a_sum_whose_factor_is_too_large_is_refused() -> None:
    tensors = (tensor((4,), COARSE), tensor((4,), Quantization((1e-7,))))
    with pytest.raises(
        EmitError, match=r"operator 0: sums must fit int32 when they are requantized, but can"
    ):
        emit(network(tensors, (Add(0, 0, 1),)))


def test_other_quantizations_in_a_concatenation_are_refused() -> None:
    tensors = (tensor((4,)), tensor((8,), FINE))
    with pytest.raises(EmitError, match="operator 0: all inputs and the output of a concatenation must have"):
        emit(network(tensors, (Concatenate((0, 0), 1, 0),)))
