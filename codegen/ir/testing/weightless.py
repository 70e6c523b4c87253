"""Adds operators without weights to a graph."""

from codegen.ir.graph import Quantization
from codegen.ir.operators import (
    Activation,
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Multiply,
    Pad,
    Quantize,
    Reshape,
    Softmax,
)
from codegen.ir.shapes import output_size
from codegen.ir.testing.builder import Builder, Shape

LIMITING: tuple[Activation, ...] = ("relu", "relu6")


def add_sum(builder: Builder, source: int) -> int:
    """With an earlier activation of the same shape, the last one too."""
    shape = builder.shape(source)
    other = builder.choose(*(image for image in builder.images if builder.shape(image) == shape))
    sides = (source, other) if builder.chance(0.5) else (other, source)
    return builder.add(Add(*sides, builder.tensor(shape, builder.near(source)), builder.activation()))


def add_constant_sum(builder: Builder, source: int) -> int:
    shape = builder.shape(source)
    values = builder.rng.integers(-128, 128, shape)
    other = builder.constant(values, "int8", builder.quantized(builder.scale(0.02, 0.5)))
    return builder.add(Add(source, other, builder.tensor(shape, builder.near(source)), builder.activation()))


def add_product(builder: Builder, source: int) -> int | None:
    """By itself, or channel by channel by its own mean; no TensorFlow Lite file is read so yet."""
    if builder.style == "tflite":
        return None
    gate = None if builder.local or builder.chance(0.3) else add_global_pool(builder, source)
    right = source if gate is None else gate
    scales = [builder.quantization(number).scales[0] for number in (source, right)]
    target = builder.quantized(scales[0] * scales[1] * float(builder.rng.uniform(20, 200)))
    output = builder.tensor(builder.shape(source), target)
    return builder.add(Multiply(source, right, output, builder.activation()))


def add_concatenation(builder: Builder, source: int) -> int:
    """With one or two activations that are quantized alike, often the last one itself."""
    shape = builder.shape(source)
    axis = len(shape) - 1 if builder.local else builder.number(0, len(shape) - 1)
    alike = [
        image
        for image in builder.images
        if builder.tensors[image].quantization == builder.tensors[source].quantization
        and _but(builder.shape(image), axis) == _but(shape, axis)
    ]
    inputs = (source, *(builder.choose(*alike) for _ in range(builder.number(1, 2))))
    length = sum(builder.shape(image)[axis] for image in inputs)
    joined = (*shape[:axis], length, *shape[axis + 1 :])
    return builder.add(Concatenate(inputs, builder.tensor(joined, builder.quantization(source)), axis))


def add_average_pool(builder: Builder, source: int) -> int | None:
    return _pool(builder, source, AveragePool2d)


def add_max_pool(builder: Builder, source: int) -> int | None:
    return _pool(builder, source, MaxPool2d)


def _pool(builder: Builder, source: int, kind: type[AveragePool2d] | type[MaxPool2d]) -> int | None:
    window = builder.window(source, pool=True) if len(builder.shape(source)) == 3 else None
    if window is None:
        return None
    height, width, n_channels = builder.shape(source)
    shape = (*output_size(window, (height, width)), n_channels)
    output = builder.tensor(shape, builder.quantization(source))
    return builder.add(kind(source, output, window, builder.activation()))


def add_global_pool(builder: Builder, source: int) -> int | None:
    if len(builder.shape(source)) != 3:
        return None
    n_channels = builder.shape(source)[2]
    shape = (1, 1, n_channels) if builder.chance(0.5) else (n_channels,)
    return builder.add(GlobalAveragePool(source, builder.tensor(shape, builder.near(source))))


def add_clamp(builder: Builder, source: int) -> int:
    output = builder.tensor(builder.shape(source), _target(builder, source))
    return builder.add(Clamp(source, output, builder.choose(*LIMITING)))


def add_quantize(builder: Builder, source: int) -> int:
    return builder.add(Quantize(source, builder.tensor(builder.shape(source), _target(builder, source))))


def _target(builder: Builder, source: int) -> Quantization:
    """The same scale, often with the same zero point, or another scale."""
    kept = builder.quantization(source)
    if builder.chance(0.4):
        return kept
    return builder.quantized(kept.scales[0]) if builder.chance(0.5) else builder.near(source)


def add_hard_swish(builder: Builder, source: int) -> int:
    return builder.add(HardSwish(source, builder.tensor(builder.shape(source), builder.near(source))))


def add_softmax(builder: Builder, source: int) -> int:
    output = builder.tensor(builder.shape(source), Quantization((1 / 256,), -128))
    return builder.add(Softmax(source, output, builder.choose(1.0, 0.3, 0.5, 3.0)))


def add_reshape(builder: Builder, source: int) -> int:
    """Flat, a signal in one dimension, or an image with its sides exchanged."""
    shape, n_items = builder.shape(source), builder.tensors[source].n_items
    shapes: list[Shape] = [(n_items,), (1, n_items, 1)]
    if len(shape) == 3:
        shapes += [(shape[1], shape[0], shape[2])] * 2
    if builder.style == "tflite":
        shapes = shapes[:1] if len(shape) == 3 else shapes[:2]
    return builder.add(Reshape(source, builder.tensor(builder.choose(*shapes), builder.quantization(source))))


def add_pad(builder: Builder, source: int) -> int:
    shape = builder.shape(source)
    sides = [(builder.number(0, 2), builder.number(0, 2)) for _ in shape]
    if builder.local or builder.chance(0.6):
        sides[-1] = (0, 0)
    before, after = tuple(side[0] for side in sides), tuple(side[1] for side in sides)
    padded = tuple(sum(sizes) for sizes in zip(shape, before, after, strict=True))
    return builder.add(Pad(source, builder.tensor(padded, builder.quantization(source)), before, after))


def _but(shape: Shape, axis: int) -> Shape | None:
    """A shape without an axis, told from those of fewer axes."""
    return None if axis >= len(shape) else (len(shape), *shape[:axis], *shape[axis + 1 :])
