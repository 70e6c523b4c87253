"""The shapes of benchmarks/kernels.py, with random numbers, and the bars that they must reach."""

from dataclasses import dataclass, field

import numpy as np

from codegen.c.kernels import ConvTask, DepthwiseTask, FullyConnectedTask, KernelTask, Requantization
from codegen.c.kernels.task import sum_ranges
from codegen.ir.operators import Window

Bars = dict[str, float]
ODD_SHAPE_FACTOR = 1.5
"""What a strided or odd shape may take of the nearest bar."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One kernel. peer: its name among the figures of CMSIS-NN. bars: instructions per MAC of the best form
    by core; c_bars: of C with intrinsics. nearest: the shape whose bars times 1.5 bind this one."""

    name: str
    task: KernelTask
    peer: str | None = None
    bars: Bars = field(default_factory=dict)
    c_bars: Bars = field(default_factory=dict)
    nearest: str | None = None


def same(size: int, stride: int = 1) -> Window:
    """A square window whose output has the size of the input, divided by the stride."""
    before = (size - stride) // 2 if stride > 1 else size // 2
    after = size - stride - before
    return Window((size, size), (stride, stride), padding=(before, after, before, after))


def line(size: int, stride: int = 1) -> Window:
    """A window in one dimension."""
    return Window((1, size), (1, stride), padding=(0, 0, size // 2, size // 2))


def conv(shape: tuple[int, int, int], n_out: int, window: Window) -> ConvTask:
    rng = np.random.default_rng(1)
    weight = rng.integers(-127, 128, (n_out, *window.size, shape[2]), dtype=np.int8)
    bias = _bias(rng, n_out)
    raw = ConvTask(shape, window, weight, bias, -7, _plain(n_out, "double"))
    return ConvTask(shape, window, weight, bias, -7, _scaled(raw, rng))


def depthwise(shape: tuple[int, int, int], window: Window) -> DepthwiseTask:
    rng = np.random.default_rng(1)
    weight = rng.integers(-127, 128, (*window.size, shape[2]), dtype=np.int8)
    bias = _bias(rng, shape[2])
    raw = DepthwiseTask(shape, window, weight, bias, -7, _plain(shape[2], "double"))
    return DepthwiseTask(shape, window, weight, bias, -7, _scaled(raw, rng))


def fully_connected(n_in: int, n_out: int) -> FullyConnectedTask:
    """One factor for all outputs, as TensorFlow Lite's have."""
    rng = np.random.default_rng(1)
    weight = rng.integers(-127, 128, (n_out, n_in), dtype=np.int8)
    bias = _bias(rng, n_out)
    raw = FullyConnectedTask(weight, bias, -7, _plain(n_out, "single"))
    factor = float(np.min(_scaled(raw, rng).factors))
    rule = Requantization((factor,) * n_out, "single", -5)
    return FullyConnectedTask(weight, bias, -7, rule)


def _bias(rng: np.random.Generator, n_out: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return rng.integers(-8192, 8193, n_out, dtype=np.int32)


def _plain(n_out: int, rounding: str) -> Requantization:
    return Requantization((0.5,) * n_out, "single" if rounding == "single" else "double", -5)


def _scaled(task: KernelTask, rng: np.random.Generator) -> Requantization:
    """Factors that bring sums of random inputs into the range of int8."""
    lo, hi = sum_ranges(task)
    factors = 160 / (np.maximum(np.abs(lo), np.abs(hi)) / 4) * rng.uniform(0.5, 2.0, len(lo))
    return Requantization(tuple(map(float, factors)), task.requantization.rounding, -5)


def m4(bar: float, others: Bars | None = None) -> Bars:
    """A bar of M4, which M7 must reach within 2 %."""
    return {"cortex-m4": bar, "cortex-m7": round(1.02 * bar, 4)} | (others or {})


def shapes() -> list[Shape]:
    return [
        Shape(
            "conv3x3 16x16x16 -> 16",
            conv((16, 16, 16), 16, same(3)),
            "conv3x3_16x16x16_16",
            m4(0.95),
            {"cortex-m4": 1.2},
        ),
        Shape(
            "conv3x3 8x8x32 -> 32",
            conv((8, 8, 32), 32, same(3)),
            "conv3x3_8x8x32_32",
            m4(0.90, {"cortex-m3": 1.95, "cortex-m0": 4.5}),
            {"cortex-m4": 1.15},
        ),
        Shape(
            "conv3x3 32x32x3 -> 16",
            conv((32, 32, 3), 16, same(3)),
            "conv3x3_32x32x3_16",
            m4(1.3),
            {"cortex-m4": 1.9},
        ),
        Shape(
            "depthwise3x3 16x16x32",
            depthwise((16, 16, 32), same(3)),
            "dw3x3_16x16x32",
            m4(2.1, {"cortex-m3": 5.0, "cortex-m0": 10.5}),
            {"cortex-m4": 2.6},
        ),
        Shape(
            "depthwise3x3 25x5x64",
            depthwise((25, 5, 64), same(3)),
            "dw3x3_25x5x64",
            m4(2.1, {"cortex-m3": 5.0, "cortex-m0": 10.5}),
            {"cortex-m4": 2.6},
        ),
        Shape(
            "pointwise 16x16x16 -> 32",
            conv((16, 16, 16), 32, same(1)),
            "pw_16x16x16_32",
            m4(1.35),
            {"cortex-m4": 1.8},
        ),
        Shape(
            "pointwise 8x8x64 -> 64",
            conv((8, 8, 64), 64, same(1)),
            "pw_8x8x64_64",
            m4(0.95, {"cortex-m3": 2.1, "cortex-m0": 4.2}),
            {"cortex-m4": 1.4},
        ),
        Shape("fully connected 640 -> 128", fully_connected(640, 128), "fc_640_128", m4(0.95)),
        Shape("fully connected 64 -> 32", fully_connected(64, 32), "fc_64_32", m4(1.15)),
        *odd_shapes(),
    ]


def odd_shapes() -> list[Shape]:
    """Strides, larger windows, one dimension, channels and widths that no tile divides."""
    conv16, conv32 = "conv3x3 16x16x16 -> 16", "conv3x3 8x8x32 -> 32"
    conv3, wise = "conv3x3 32x32x3 -> 16", "depthwise3x3 16x16x32"
    return [
        Shape(
            "pointwise 25x5x64 -> 64",
            conv((25, 5, 64), 64, same(1)),
            "pw_25x5x64_64",
            nearest="pointwise 8x8x64 -> 64",
        ),
        Shape(
            "conv3x3/2 32x32x3 -> 8", conv((32, 32, 3), 8, same(3, 2)), "conv3x3s2_32x32x3_8", nearest=conv3
        ),
        Shape("conv3x3/2 16x16x16 -> 16", conv((16, 16, 16), 16, same(3, 2)), nearest=conv16),
        Shape("conv5x5 16x16x8 -> 16", conv((16, 16, 8), 16, same(5)), nearest=conv16),
        Shape("conv3x3 16x16x24 -> 24", conv((16, 16, 24), 24, same(3)), nearest=conv16),
        Shape("conv3x3 7x7x40 -> 40", conv((7, 7, 40), 40, same(3)), nearest=conv32),
        Shape("conv3x3 16x25x5 -> 16", conv((16, 25, 5), 16, same(3)), nearest=conv3),
        Shape(
            "conv10x4/2 49x10x1 -> 64",
            conv((49, 10, 1), 64, Window((10, 4), (2, 2), padding=(4, 5, 1, 1))),
            nearest=conv3,
        ),
        Shape("conv1x5 64x8 -> 16", conv((1, 64, 8), 16, line(5)), nearest=conv16),
        Shape("conv1x5/2 64x3 -> 16", conv((1, 64, 3), 16, line(5, 2)), nearest=conv3),
        Shape(
            "pointwise/2 15x15x40 -> 24",
            conv((15, 15, 40), 24, Window((1, 1), (2, 2))),
            nearest="pointwise 8x8x64 -> 64",
        ),
        Shape(
            "depthwise3x3/2 16x16x32", depthwise((16, 16, 32), same(3, 2)), "dw3x3s2_16x16x32", nearest=wise
        ),
        Shape("depthwise5x5 16x16x16", depthwise((16, 16, 16), same(5)), "dw5x5_16x16x16", nearest=wise),
        Shape("depthwise3x3 7x7x24", depthwise((7, 7, 24), same(3)), nearest=wise),
        Shape("depthwise3x3 25x25x5", depthwise((25, 25, 5), same(3)), nearest=wise),
        Shape("depthwise1x5 64x16", depthwise((1, 64, 16), line(5)), nearest=wise),
        Shape(
            "fully connected 30 -> 10",
            fully_connected(30, 10),
            "fc_30_10",
            nearest="fully connected 64 -> 32",
        ),
    ]
