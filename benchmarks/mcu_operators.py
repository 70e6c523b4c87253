"""Random single int8 operators to measure kernels on: every form, with odd sizes, strides and paddings."""

from collections.abc import Callable, Iterator

import numpy as np

from codegen.c.kernels import KernelCode, emit_kernel
from codegen.c.operators import Function, emit_operator
from codegen.c.operators.concatenation import concatenated_rows
from codegen.c.render import render
from codegen.c.tensor.tasks import kernel_task
from codegen.cores import Core
from codegen.ir import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    Constant,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Multiply,
    Operator,
    Pad,
    Quantization,
    Quantize,
    Softmax,
    Tensor,
    TensorGraph,
    TensorNet,
    Window,
)
from codegen.ir.shapes import output_size
from codegen.plan.kernels import choose_kernel
from codegen.verify.kernels import KernelCase
from hwmodels.mcu.tensor.cost import copy_terms
from hwmodels.mcu.tensor.kernels import kernel_terms
from hwmodels.mcu.tensor.moves import Rows
from hwmodels.mcu.tensor.terms import KernelTerms

IN_SCALE, WEIGHT_SCALE = 0.05, 0.01
MAX_MACS = 400_000
KINDS = (
    "pointwise",
    "conv",
    "wide_conv",
    "depthwise",
    "odd_depthwise",
    "dense",
    "add",
    "average",
    "largest",
    "mean",
    "clamp",
    "swish",
    "quantize",
    "softmax",
    "pad",
    "plain_average",
    "plain_largest",
    "concatenate",
    "copies",
    "dilated",
    "multiply",
)


def random_operator(kind: str, seed: int) -> TensorNet:
    """A network of one operator; the same for the same seed."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    for _ in range(1000):
        found = _MAKERS.get(kind, _weightless(kind))(rng)
        if found is not None:
            return found
    raise ValueError(f"{kind}: no operator of allowed size was drawn")


def terms_of(kind: str, net: TensorNet, core: Core) -> KernelTerms | str:
    """The quantities that the cost model finds."""
    if kind == "copies":
        return copy_terms(_copied(net.graph))
    return kernel_terms(net.graph, core)


def case_of(net: TensorNet, name: str, core: Core, kind: str = "") -> KernelCase:
    """What is run: the operator's best form on the core, or for the kind "copies" what copies rows of
    patches."""
    graph, operator = net.graph, net.graph.operators[0]
    if isinstance(operator, Conv2d | DepthwiseConv2d | FullyConnected):
        code = emit_kernel(kernel_task(net, operator, graph), name, "asm", core.features)
    elif kind == "copies":
        code = _copying(name, graph)
    else:
        code = _wrapped(emit_operator(operator, graph, f"{name}_f", core.features), name, graph)
    n_bytes = sum(graph.tensors[tensor].n_bytes for tensor in graph.inputs)
    row = np.random.default_rng(7).integers(-128, 128, n_bytes, dtype=np.int8)
    choice = choose_kernel(operator, graph, core)
    in_place = choice.in_place and graph.tensors[graph.outputs[0]].n_bytes <= n_bytes
    return KernelCase(name, code, row[None], graph.tensors[graph.outputs[0]].n_bytes, in_place)


def _wrapped(function: Function, name: str, graph: TensorGraph) -> KernelCode:
    """An operator without weights with the prototype of a kernel."""
    starts, at = [], 0
    for tensor in graph.inputs:
        starts.append(f"input + {at}")
        at += graph.tensors[tensor].n_bytes
    prototype = f"static void {name}(const int8_t *input, int8_t *output, void *scratch)"
    call = f"{{\n    (void)scratch;\n    {function.name}({', '.join(starts)}, output);\n}}\n"
    routines = [f"__attribute__((noipa)) {prototype};\n" for prototype in function.routines]
    head = "".join(["#include <string.h>\n", *routines])
    return KernelCode(
        head + function.constants, f"{function.functions}\n{prototype}\n{call}", prototype, 0, "portable"
    )


def _copying(name: str, graph: TensorGraph) -> KernelCode:
    """What a concatenation of two inputs does, by the routine that copies rows of patches."""
    prototype = f"static void {name}(const int8_t *input, int8_t *output, void *scratch)"
    calls, read, written = [], 0, 0
    for rows in _copied(graph):
        sides = f"input + {read}, {rows.row_bytes}, output + {written}, {rows.pitches[1]}"
        calls.append(f"    {name}_rows({sides}, {rows.n_rows}, {rows.row_bytes});")
        read, written = read + rows.n_rows * rows.row_bytes, written + rows.row_bytes
    body = "\n".join(["{", "    (void)scratch;", *calls, "}", ""])
    routine = render("tensor/copy_rows.c.j2", name=f"{name}_rows", routine="__attribute__((noipa)) ")
    functions = f"{routine}\n{prototype}\n{body}"
    return KernelCode("#include <stddef.h>\n#include <string.h>\n", functions, prototype, 0, "portable")


def _copied(graph: TensorGraph) -> list[Rows]:
    """The rows of the two inputs of a concatenation along the last axis."""
    operator = graph.operators[0]
    assert isinstance(operator, Concatenate)
    n_rows, sizes = concatenated_rows(operator, graph.tensors)
    return [
        Rows(n_rows, size, (size, sum(sizes)), (n_rows * sizes[0] * at, sizes[0] * at))
        for at, size in enumerate(sizes)
    ]


def _pick(rng: np.random.Generator, *values: int) -> int:
    return int(rng.choice(values))


def _image(rng: np.random.Generator) -> tuple[int, int]:
    if rng.random() < 0.15:
        return 1, int(rng.integers(8, 65))
    return int(rng.integers(3, 26)), int(rng.integers(3, 26))


def _padding(
    rng: np.random.Generator, size: tuple[int, int], stride: tuple[int, int]
) -> tuple[int, int, int, int]:
    if rng.random() < 0.25:
        return 0, 0, 0, 0
    sides = [
        (max(k - s, 0) // 2, max(k - s, 0) - max(k - s, 0) // 2) for k, s in zip(size, stride, strict=True)
    ]
    return (*sides[0], *sides[1])


def _window(rng: np.random.Generator, size: tuple[int, int], image: tuple[int, int]) -> Window | None:
    step = _pick(rng, 1, 1, 2)
    stride = (step if image[0] > 1 else 1, step)
    if image[0] == 1:
        size = (1, size[1])
    window = Window(size, stride, padding=_padding(rng, size, stride))
    fits = image[0] + sum(window.padding[:2]) >= size[0] and image[1] + sum(window.padding[2:]) >= size[1]
    return window if fits else None


def _pointwise(rng: np.random.Generator) -> TensorNet | None:
    height, width = _image(rng)
    step = _pick(rng, 1, 1, 1, 2)
    stride = (step if height > 1 else 1, step)
    n_in = _pick(rng, 8, 16, 24, 32, 40, 48, 64, 96, int(rng.integers(3, 70)))
    return _conv(rng, (height, width, n_in), _channels(rng), Window((1, 1), stride))


def _channels(rng: np.random.Generator) -> int:
    return _pick(rng, 8, 16, 24, 32, 40, 64, int(rng.integers(1, 65)))


def _plain_conv(rng: np.random.Generator) -> TensorNet | None:
    """Whole groups of four channels."""
    image = _image(rng)
    size = _pick(rng, 2, 3, 3, 3, 5)
    window = _window(rng, (size, size), image)
    n_in = _pick(rng, 4, 8, 8, 16, 16, 24, 32, 40)
    return None if window is None else _conv(rng, (*image, n_in), _channels(rng), window)


def _wide_conv(rng: np.random.Generator) -> TensorNet | None:
    """Few or odd channels, or large windows."""
    image = _image(rng)
    size = [(3, 3), (3, 3), (5, 5), (7, 7), (10, 4), (2, 5), (4, 4)][int(rng.integers(7))]
    window = _window(rng, size, image)
    n_in = _pick(rng, 1, 1, 2, 3, 3, 5, 6, 10, 13)
    return None if window is None else _conv(rng, (*image, n_in), _channels(rng), window)


def _dilated(rng: np.random.Generator) -> TensorNet | None:
    """Taps that lie apart, down, across or both, with as much padding as keeps the size, or without."""
    image = _image(rng)
    size = (1, _pick(rng, 2, 3, 5)) if image[0] == 1 else (_pick(rng, 2, 3, 3), _pick(rng, 2, 3, 3))
    dilation = (1 if image[0] == 1 else _pick(rng, 1, 2), _pick(rng, 1, 2, 2))
    reach = [(n - 1) * step for n, step in zip(size, dilation, strict=True)]
    before = [n // 2 for n in reach] if rng.random() < 0.7 else [0, 0]
    after = [n - n // 2 for n in reach] if any(before) else [0, 0]
    window = Window(size, (1, 1), dilation, (before[0], after[0], before[1], after[1]))
    if image[0] + before[0] + after[0] <= reach[0] or image[1] + before[1] + after[1] <= reach[1]:
        return None
    return _conv(rng, (*image, _pick(rng, 1, 3, 4, 8, 16, 5)), _channels(rng), window)


def _conv(
    rng: np.random.Generator, shape: tuple[int, int, int], n_out: int, window: Window
) -> TensorNet | None:
    oh, ow = output_size(window, shape[:2])
    n_taps = window.size[0] * window.size[1] * shape[2]
    if min(oh, ow) < 1 or not 400 <= oh * ow * n_out * n_taps <= MAX_MACS:
        return None
    operator = Conv2d(0, 1, 2, 3, window, _activation(rng), "double")
    return _weighted(rng, operator, shape, (n_out, *window.size, shape[2]), n_out, n_taps, (oh, ow, n_out))


def _plain_depthwise(rng: np.random.Generator) -> TensorNet | None:
    image, size = _image(rng), _pick(rng, 2, 3, 3, 3, 3, 4, 5)
    window = _window(rng, (size, size), image)
    multiplier = _pick(rng, 1, 1, 1, 1, 1, 2, 3)
    return None if window is None else _depthwise(rng, image, window, multiplier)


def _odd_depthwise(rng: np.random.Generator) -> TensorNet | None:
    """Dilated, long steps, long windows."""
    image = int(rng.integers(6, 20)), int(rng.integers(6, 20))
    kind = int(rng.integers(3))
    if kind == 0:
        window = Window((3, 3), dilation=(2, 2), padding=(2, 2, 2, 2))
    elif kind == 1:
        window = Window((3, 3), (3, 3), padding=(1, 1, 1, 1))
    else:
        window = Window((7, 3), (2, 3), padding=(3, 3, 1, 1))
    return _depthwise(rng, image, window, 1)


def _depthwise(
    rng: np.random.Generator, image: tuple[int, int], window: Window, multiplier: int
) -> TensorNet | None:
    n_in = _pick(rng, 4, 8, 16, 24, 32, 64, int(rng.integers(1, 40)))
    oh, ow = output_size(window, image)
    n_out = n_in * multiplier
    if min(oh, ow) < 1 or not 400 <= oh * ow * n_out * window.size[0] * window.size[1] <= MAX_MACS // 4:
        return None
    operator = DepthwiseConv2d(0, 1, 2, 3, window, multiplier, _activation(rng), "double")
    n_taps = window.size[0] * window.size[1]
    return _weighted(rng, operator, (*image, n_in), (*window.size, n_out), n_out, n_taps, (oh, ow, n_out))


def _dense(rng: np.random.Generator) -> TensorNet | None:
    n_in = _pick(rng, 8, 16, 64, 128, 256, 640, int(rng.integers(3, 500)))
    n_out = _pick(rng, 1, 2, 4, 8, 10, 32, 128, int(rng.integers(1, 100)))
    operator = FullyConnected(0, 1, 2, 3, _activation(rng), "single")
    return _weighted(rng, operator, (n_in,), (n_out, n_in), 1, n_in, (n_out,))


def _activation(rng: np.random.Generator) -> str:
    return str(rng.choice(["none", "relu", "relu6"]))


def _weighted(
    rng: np.random.Generator,
    operator: Operator,
    shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    n_scales: int,
    n_taps: int,
    out_shape: tuple[int, ...],
) -> TensorNet:
    """Weights as training leaves them, and a scale that spreads sums over int8."""
    n_out = out_shape[-1]
    weight = np.clip(np.round(rng.normal(0, 35, weight_shape)), -127, 127).astype(np.int8)
    bias = rng.integers(-2000, 2000, n_out).astype("<i4")
    scales = tuple(WEIGHT_SCALE * rng.uniform(0.6, 1.0, n_scales))
    factor = 60 / (np.sqrt(n_taps) * 35 * 74)
    out_scale = IN_SCALE * WEIGHT_SCALE / factor
    free = operator.activation == "none"  # type: ignore[union-attr]
    zero_point = int(rng.integers(-20, 21)) if free else -128
    tensors = (
        Tensor("input", shape, "int8", Quantization((IN_SCALE,), int(rng.integers(-128, 20)))),
        Tensor("weight", weight_shape, "int8", Quantization(scales)),
        Tensor("bias", (n_out,), "int32", Quantization(tuple(IN_SCALE * scale for scale in scales))),
        Tensor("output", out_shape, "int8", Quantization((float(out_scale),), zero_point)),
    )
    graph = TensorGraph(tensors, (operator,), (0,), (3,))
    return TensorNet(graph, (Constant(1, weight.tobytes()), Constant(2, bias.tobytes())))


def _weightless(kind: str) -> Callable[[np.random.Generator], TensorNet | None]:
    return lambda rng: _plain(rng, kind)


def _plain(rng: np.random.Generator, kind: str) -> TensorNet | None:
    shape = (*_image(rng), _pick(rng, 4, 8, 16, 32, int(rng.integers(1, 40))))
    if np.prod(shape) > 12_000:
        return None
    size = _pick(rng, 2, 2, 3, 3, 5)
    window = _window(rng, (size, size), shape[:2])
    if window is None or min(output_size(window, shape[:2])) < 1:
        return None
    source = Quantization((float(rng.uniform(0.02, 0.1)),), int(rng.integers(-128, 128)))
    other = Quantization((float(rng.uniform(0.02, 0.1)),), int(rng.integers(-128, 128)))
    near = Quantization(source.scales, int(rng.integers(-128, 128)))
    bare = Window(window.size, window.stride)
    if min(shape[0] - window.size[0], shape[1] - window.size[1]) < 0:
        return None
    bared = (*output_size(bare, shape[:2]), shape[2])
    pooled = (*output_size(window, shape[:2]), shape[2])
    padded = tuple(
        size + before + after for size, before, after in zip(shape, (1, 2, 0), (2, 1, 0), strict=True)
    )
    makers: dict[str, tuple[Operator, tuple[int, ...], Quantization]] = {
        "add": (Add(0, 1, 2), shape, other),
        "average": (AveragePool2d(0, 1, window), pooled, source),
        "largest": (MaxPool2d(0, 1, window), pooled, source),
        "plain_average": (AveragePool2d(0, 1, bare), bared, source),
        "plain_largest": (MaxPool2d(0, 1, bare), bared, source),
        "mean": (GlobalAveragePool(0, 1), (shape[2],), near),
        "clamp": (Clamp(0, 1, "relu"), shape, source),
        "swish": (HardSwish(0, 1), shape, other),
        "quantize": (Quantize(0, 1), shape, other),
        "softmax": (Softmax(0, 1, 1.0), shape, Quantization((1 / 256,), -128)),
        "pad": (Pad(0, 1, (1, 2, 0), (2, 1, 0)), padded, source),
    }
    if kind in ("concatenate", "copies"):
        other_shape = (*shape[:2], _pick(rng, 4, 8, 16, int(rng.integers(1, 30))))
        tensors = (
            Tensor("input", shape, "int8", source),
            Tensor("right", other_shape, "int8", source),
            Tensor("output", (*shape[:2], shape[2] + other_shape[2]), "int8", source),
        )
        return TensorNet(TensorGraph(tensors, (Concatenate((0, 1), 2, 2),), (0, 1), (2,)), ())
    if kind == "multiply":
        return _product(rng, shape, source)
    operator, out_shape, quantized = makers[kind]
    inputs = [Tensor("input", shape, "int8", source)]
    if kind == "add":
        inputs.append(Tensor("right", shape, "int8", near if rng.random() < 0.2 else other))
    tensors = (*inputs, Tensor("output", out_shape, "int8", quantized))
    return TensorNet(TensorGraph(tensors, (operator,), tuple(range(len(inputs))), (len(inputs),)), ())


def _product(rng: np.random.Generator, shape: tuple[int, ...], source: Quantization) -> TensorNet:
    """Mostly by channels, gated from 0 to 6 as squeeze-and-excite does it."""
    right = shape if rng.random() < 0.2 else shape[-1:]
    gate = Quantization((6 / 255,), -128 if rng.random() < 0.7 else 0)
    scale = source.scales[0] * gate.scales[0] * float(rng.uniform(60, 250))
    zero = int(rng.choice((-128, 0, int(rng.integers(-128, 128)))))
    tensors = (
        Tensor("input", shape, "int8", source),
        Tensor("right", right, "int8", gate),
        Tensor("output", shape, "int8", Quantization((scale,), zero)),
    )
    operator = Multiply(0, 1, 2, _activation(rng))  # type: ignore[arg-type]
    return TensorNet(TensorGraph(tensors, (operator,), (0, 1), (2,)), ())


_MAKERS: dict[str, Callable[[np.random.Generator], TensorNet | None]] = {
    "pointwise": _pointwise,
    "conv": _plain_conv,
    "wide_conv": _wide_conv,
    "depthwise": _plain_depthwise,
    "odd_depthwise": _odd_depthwise,
    "dense": _dense,
    "dilated": _dilated,
}


def operators(seeds: range, kinds: tuple[str, ...] = KINDS) -> Iterator[tuple[str, int, TensorNet]]:
    for kind in kinds:
        for seed in seeds:
            yield kind, seed, random_operator(kind, seed)
