"""From a file to a network: ends, answers, options, and what is refused in which words."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.ir import (
    ClassOutput,
    Conv2d,
    FullyConnected,
    Network,
    Quantize,
    Reshape,
    Softmax,
    TensorNet,
    Value,
    ValueOutput,
    Window,
)
from codegen.ir.evaluate import evaluate
from codegen.tflite import TfliteError, network_of, read_tflite
from codegen.tflite.windows import MAX_TAPS
from tests.codegen.tflite.models import SAME, VALID, ModelWriter, run_reference

STEPS = {"strideH": 1, "strideW": 1}


def dense(write: ModelWriter, source: int, n_in: int = 2, n_out: int = 2) -> int:
    """Adds a fully connected layer; gives its output."""
    scale = 0.5 * write.tensors[source].quantization.scale[0]
    weight = write.tensor((n_out, n_in), 0.5, data=np.arange(n_out * n_in) - 1)
    bias = write.tensor((n_out,), scale, dtype="int32", data=np.arange(n_out))
    output = write.tensor((1, n_out), 0.2, -3)
    return write.operator("FULLY_CONNECTED", [source, weight, bias], output, "FullyConnected")


def operators_of(network: Network) -> list[type]:
    assert isinstance(network.body, TensorNet)
    return [type(operator) for operator in network.body.graph.operators]


def test_features_and_values_have_the_files_quantization() -> None:
    write = ModelWriter()
    source = write.tensor((1, 2), 0.25, 3)
    network = network_of(write.bytes([source], [dense(write, source)]))
    first = network.interface.features[0]
    assert (first.name, first.bits, first.signed) == ("x0", 8, True)
    assert (first.lo, first.hi) == (0.25 * (-131.5), 0.25 * 124.5)
    scale = float(np.float32(0.2))
    assert network.interface.output == ValueOutput(
        (Value("y0", scale, 3 * scale), Value("y1", scale, 3 * scale))
    )
    codes = network.interface.quantize(np.array([[0.0, 0.25], [-99.0, 99.0], [0.374, 0.376]]))
    assert codes.tolist() == [[3, 4], [-128, 127], [4, 5]]


def test_conversions_of_real_numbers_at_both_ends_are_taken_off() -> None:
    write = ModelWriter()
    raw, source = write.tensor((1, 2), None, dtype="float32"), write.tensor((1, 2), 0.25, 3)
    write.operator("QUANTIZE", [raw], source)
    output = write.operator("DEQUANTIZE", [dense(write, source)], write.tensor((1, 2), None, dtype="float32"))
    network = network_of(write.bytes([raw], [output]))
    assert operators_of(network) == [FullyConnected]


def test_unsigned_ends_that_only_move_the_numbers_are_taken_off() -> None:
    write = ModelWriter()
    unsigned, source = write.tensor((1, 2), 0.25, 131, dtype="uint8"), write.tensor((1, 2), 0.25, 3)
    write.operator("QUANTIZE", [unsigned], source)
    output = write.operator("QUANTIZE", [dense(write, source)], write.tensor((1, 2), 0.2, 125, dtype="uint8"))
    file = write.bytes([unsigned], [output])
    network = network_of(file)
    assert operators_of(network) == [FullyConnected]
    codes = np.random.default_rng(0).integers(0, 256, (50, 2))
    assert (evaluate(network, codes - 128) + 128).tolist() == run_reference(file, codes).tolist()


def test_other_unsigned_ends_stay() -> None:
    write = ModelWriter()
    unsigned, source = write.tensor((1, 2), 0.3, 100, dtype="uint8"), write.tensor((1, 2), 0.25, 3)
    write.operator("QUANTIZE", [unsigned], source)
    output = write.operator("QUANTIZE", [dense(write, source)], write.tensor((1, 2), 0.1, 7, dtype="uint8"))
    file = write.bytes([unsigned], [output])
    network = network_of(file)
    assert operators_of(network) == [Quantize, FullyConnected, Quantize]
    assert not network.interface.features[0].signed
    codes = np.random.default_rng(0).integers(0, 256, (50, 2))
    assert evaluate(network, codes).tolist() == run_reference(file, codes).tolist()


def softmax_model() -> bytes:
    write = ModelWriter()
    source = write.tensor((1, 2))
    output = write.tensor((1, 2), 1 / 256, -128)
    write.operator("SOFTMAX", [dense(write, source)], output, "Softmax", beta=1.0)
    return write.bytes([source], [output])


def test_a_softmax_at_the_end_makes_classes_unless_the_caller_says_otherwise() -> None:
    assert network_of(softmax_model()).interface.output == ClassOutput(("0", "1"))
    assert network_of(softmax_model(), labels=("no", "yes")).interface.output == ClassOutput(("no", "yes"))
    assert isinstance(network_of(softmax_model(), answer="values").interface.output, ValueOutput)
    write = ModelWriter()
    source = write.tensor((1, 2))
    plain = write.bytes([source], [dense(write, source)])
    assert network_of(plain, answer="classes").interface.output == ClassOutput(("0", "1"))


def test_labels_must_be_as_many_as_classes() -> None:
    with pytest.raises(TfliteError, match="one output of 3 items is needed"):
        network_of(softmax_model(), labels=("a", "b", "c"))


def test_same_padding_puts_the_odd_row_last() -> None:
    write = ModelWriter()
    source, weight = write.tensor((1, 4, 5, 1)), write.tensor((1, 2, 3, 1), 0.5, data=np.arange(6))
    bias, output = write.tensor((1,), 0.05, dtype="int32", data=[0]), write.tensor((1, 4, 3, 1))
    options = {"padding": SAME, "strideH": 1, "strideW": 2}
    write.operator("CONV_2D", [source, weight, bias], output, "Conv2D", **options)
    network = network_of(write.bytes([source], [output]))
    assert isinstance(network.body, TensorNet)
    (convolution,) = network.body.graph.operators
    assert isinstance(convolution, Conv2d)
    assert convolution.window == Window((2, 3), (1, 2), (1, 1), (0, 1, 1, 1))
    assert convolution.rounding == "double"


def test_squeezes_and_expansions_are_reshapes() -> None:
    write = ModelWriter()
    source, wide = write.tensor((1, 2)), write.tensor((1, 1, 2))
    write.operator("EXPAND_DIMS", [source, write.tensor((1,), None, dtype="int32", data=[1])], wide)
    narrow = write.operator("SQUEEZE", [wide], write.tensor((1, 2)), "Squeeze")
    network = network_of(write.bytes([source], [dense(write, narrow)]))
    assert operators_of(network) == [Reshape, Reshape, FullyConnected]


def test_a_constant_summand_is_repeated_to_the_shape_of_the_sum() -> None:
    write = ModelWriter()
    source, three = write.tensor((1, 2, 3, 2)), write.tensor((2,), 0.2, 1, data=[5, -7])
    output = write.operator("ADD", [source, three], write.tensor((1, 2, 3, 2), 0.3), "Add")
    file = write.bytes([source], [output])
    codes = np.random.default_rng(0).integers(-128, 128, (20, 12))
    assert evaluate(network_of(file), codes).tolist() == run_reference(file, codes).tolist()


def test_a_padding_value_must_be_the_zero_point() -> None:
    def padded(value: int) -> bytes:
        write = ModelWriter()
        source, sizes = (
            write.tensor((1, 2), 0.1, 9),
            write.tensor((2, 2), None, dtype="int32", data=[[0, 0], [1, 2]]),
        )
        filler = write.tensor((1,), 0.1, 9, data=[value])
        output = write.operator("PADV2", [source, sizes, filler], write.tensor((1, 5), 0.1, 9))
        return write.bytes([source], [output])

    codes = np.random.default_rng(0).integers(-128, 128, (20, 2))
    assert evaluate(network_of(padded(9)), codes).tolist() == run_reference(padded(9), codes).tolist()
    with pytest.raises(
        TfliteError, match=r"operators\[0\] \(PADV2\): the padding must be the constant zero point"
    ):
        network_of(padded(8))


def test_a_network_of_labels_comes_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(softmax_model())
    network = read_tflite(path, labels=("no", "yes"))
    assert operators_of(network) == [FullyConnected, Softmax]
    with pytest.raises(TfliteError, match=re.escape(f"{tmp_path}/no.tflite: No such file or directory")):
        read_tflite(tmp_path / "no.tflite")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(TfliteError, match=r"huge\.tflite: must be at most 64 MiB"):
        read_tflite(path)


def _one(
    name: str, kind: str = "", shape: tuple[int, ...] = (1, 2), **options: int
) -> Callable[[ModelWriter], int]:
    def build(write: ModelWriter) -> int:
        return write.operator(name, [0], write.tensor(shape), kind, **options)

    return build


def _convolution(shape: tuple[int, ...], **options: int) -> Callable[[ModelWriter], int]:
    def build(write: ModelWriter) -> int:
        image = write.operator("RESHAPE", [0], write.tensor((1, 1, 2, 1)))
        weight = write.tensor(shape, 0.5, data=np.ones(shape))
        return write.operator("CONV_2D", [image, weight], write.tensor((1, 1, 2, 1)), "Conv2D", **options)

    return build


def _pool(**options: int) -> Callable[[ModelWriter], int]:
    def build(write: ModelWriter) -> int:
        image = write.operator("RESHAPE", [0], write.tensor((1, 1, 2, 1)))
        return write.operator("MAX_POOL_2D", [image], write.tensor((1, 1, 2, 1)), "Pool2D", **options)

    return build


def _weights(
    scales: list[float], zero_point: int = 0, axis: int = 0, **given: str
) -> Callable[[ModelWriter], int]:
    def build(write: ModelWriter) -> int:
        dtype = given.get("dtype", "int8")
        weight = write.tensor((2, 2), scales, zero_point, axis=axis, dtype=dtype, data=np.ones((2, 2)))
        return write.operator("FULLY_CONNECTED", [0, weight], write.tensor((1, 2)), "FullyConnected")

    return build


def _two_outputs(write: ModelWriter) -> int:
    output = write.operator("RELU", [0], write.tensor((1, 2)))
    write.operators[-1].outputs = [output, write.tensor((1, 2))]
    return output


def _written_weights(write: ModelWriter) -> int:
    weight = write.operator("RELU", [0], write.tensor((2, 2)))
    return write.operator("FULLY_CONNECTED", [0, weight], write.tensor((1, 2)), "FullyConnected")


def _mean(axes: list[int]) -> Callable[[ModelWriter], int]:
    def build(write: ModelWriter) -> int:
        image = write.operator("RESHAPE", [0], write.tensor((1, 1, 2, 1)))
        numbers = write.tensor((len(axes),), None, dtype="int32", data=axes)
        return write.operator("MEAN", [image, numbers], write.tensor((1, 1)), "Reducer")

    return build


def _batch(write: ModelWriter) -> int:
    return write.operator("RELU", [0], write.tensor((2, 1)))


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (
            _one("LOGISTIC"),
            "model.subgraphs[0].operators[0] (LOGISTIC): this operator is not known; known ones are ADD,",
        ),
        (_one("RELU", shape=(1, 3)), "operators[0] (RELU): output must have shape (2,), not (3,)"),
        (_one("SOFTMAX"), "operators[0] (SOFTMAX): its options are missing"),
        (_one("SOFTMAX", "Softmax"), "operators[0] (SOFTMAX): softmax: the output must have scale 1/256"),
        (_two_outputs, "operators[0] (RELU): one output is needed, not 2"),
        (_batch, "tensors[1]: an activation must have a batch of 1, not shape (2, 1)"),
        (_written_weights, "an activation must have a batch of 1, not shape (2, 2)"),
        (
            _convolution((1, 1, 1), **STEPS),
            "operators[1] (CONV_2D): weights must have 4 axes, not shape (1, 1, 1)",
        ),
        (
            _convolution((1, 1, 1, 2), **STEPS),
            "(CONV_2D): weight must have shape (1, 1, 1, 1), not (1, 1, 1, 2)",
        ),
        (
            _convolution((1, 1, 1, 1), strideH=1),
            "(CONV_2D): size, stride and dilation must be in 1..32768, not (1, 0)",
        ),
        (
            _convolution((1, 1, 1, 1), padding=2, **STEPS),
            "(CONV_2D): padding must be 0 (SAME) or 1 (VALID), not 2",
        ),
        (
            _convolution((1, 1, 1, 1), fusedActivationFunction=4, **STEPS),
            "(CONV_2D): the fused activation must be one of NONE, RELU, RELU6, not TANH",
        ),
        (
            _convolution((1, 1, 3, 1), padding=VALID, **STEPS),
            "(CONV_2D): the window reaches over (1, 3) rows",
        ),
        (
            _pool(filterHeight=1 << 8, filterWidth=1 << 8, **STEPS),
            f"a window must have at most {MAX_TAPS} places",
        ),
        (
            _weights([0.5] * 3),
            "operators[0] (FULLY_CONNECTED): 't1' must have zero point 0 and 1 or 2 scales, not 3",
        ),
        (_weights([0.5], 4), "(FULLY_CONNECTED): 't1' must have zero point 0"),
        (_weights([0.5, 0.5], axis=1), "tensors[1]: scales must belong to axis 0, not 1"),
        (_weights([0.5], dtype="int32"), "'t1' must be int8 and quantized to be evaluated, not int32"),
        (_weights([float("nan")]), "tensors[1]: scales must be above 0 and finite, not (nan,)"),
        (_weights([0.5], 400), "tensors[1]: the zero point must be one number in -128..127, not [400]"),
        (_mean([2]), "operators[1] (MEAN): the mean must be over height and width, not axes [2]"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(build: Callable[[ModelWriter], int], text: str) -> None:
    write = ModelWriter()
    source = write.tensor((1, 2))
    with pytest.raises(TfliteError, match=re.escape(text)):
        network_of(write.bytes([source], [build(write)]))


def test_real_networks_are_refused() -> None:
    write = ModelWriter()
    source = write.tensor((1, 2), None, dtype="float32")
    output = write.operator("RELU", [source], write.tensor((1, 2), None, dtype="float32"))
    with pytest.raises(TfliteError, match=r"\(RELU\): 't0' must be int8 to be evaluated, not float32"):
        network_of(write.bytes([source], [output]))


def test_one_input_and_one_output_are_needed() -> None:
    write = ModelWriter()
    source = write.tensor((1, 2))
    output = dense(write, source)
    with pytest.raises(TfliteError, match=r"subgraphs\[0\]\.outputs: there must be one, not 2"):
        network_of(write.bytes([source], [output, output]))


def test_a_small_file_can_not_make_much_work() -> None:
    write = ModelWriter()
    source, sizes = (
        write.tensor((1, 1, 1, 1)),
        write.tensor((4, 2), None, dtype="int32", data=[[0, 0], [0, 4095]] * 2),
    )
    write.tensors[sizes].shape = [4, 2]
    wide = write.operator("PAD", [source, sizes], write.tensor((1, 4096, 1, 4096)))
    for _ in range(3):
        wide = write.operator("RELU", [wide], write.tensor((1, 4096, 1, 4096)))
    with pytest.raises(TfliteError, match=r"tensors\[5\]: tensors must have at most 67108864 items together"):
        network_of(write.bytes([source], [wide]))


def test_a_network_of_too_many_sums_is_refused() -> None:
    write = ModelWriter()
    source = write.tensor((1, 512, 512, 1))
    options = {"padding": SAME, "filterHeight": 128, "filterWidth": 128, **STEPS}
    wide = source
    for _ in range(5):
        wide = write.operator("MAX_POOL_2D", [wide], write.tensor((1, 512, 512, 1)), "Pool2D", **options)
    text = r"operators\[4\] \(MAX_POOL_2D\): at most 17179869184 multiply-accumulates are taken together"
    with pytest.raises(TfliteError, match=text):
        network_of(write.bytes([source], [wide]))
