"""Tasks drawn at random: odd sizes, strides, paddings, dilations, extreme zero points and factors."""

import numpy as np
from hypothesis import strategies as st

from codegen.c.kernels import KernelTask
from codegen.ir.errors import IrError
from codegen.ir.operators import Rounding, Window
from codegen.ir.shapes import output_size
from tests.codegen.c.kernels.kernel_tasks import Numbers, conv_task, depthwise_task, fully_connected_task

MAX_MACS = 60_000
ROUNDINGS: tuple[Rounding, ...] = ("double", "single", "power_of_two")


@st.composite
def tasks(draw: st.DrawFn) -> KernelTask:
    """Of all kinds, small enough for thousands of runs."""
    return task_of(np.random.default_rng(draw(st.integers(0, 2**32 - 1))))


def task_of(rng: np.random.Generator) -> KernelTask:
    """One task from the generator's numbers."""
    numbers = _numbers(rng)
    kind = rng.choice(["conv", "conv", "pointwise", "line", "depthwise", "depthwise", "fully_connected"])
    if kind == "fully_connected":
        return fully_connected_task(
            int(rng.integers(1, 150)), int(rng.integers(1, 30)), numbers, shared=bool(rng.integers(2))
        )
    while True:
        shape, window = _window(rng, str(kind))
        try:
            oh, ow = output_size(window, shape[:2])
        except IrError:
            continue
        multiplier, n_out = int(rng.choice([1, 1, 1, 2, 3])), int(rng.integers(1, 21))
        per_output = window.size[0] * window.size[1] * (1 if kind == "depthwise" else shape[2])
        if oh * ow * per_output * (shape[2] * multiplier if kind == "depthwise" else n_out) > MAX_MACS:
            continue
        if kind == "depthwise":
            return depthwise_task(shape, multiplier, window, numbers)
        return conv_task(shape, n_out, window, numbers)


def _numbers(rng: np.random.Generator) -> Numbers:
    zero = [-128, 127, 0, int(rng.integers(-128, 128))]
    out_zero = int(rng.choice([-128, 127, 0, int(rng.integers(-128, 128))]))
    lo = out_zero if rng.random() < 0.3 else -128
    hi = int(rng.integers(lo, 128)) if rng.random() < 0.2 else 127
    return Numbers(
        seed=int(rng.integers(2**31)),
        rounding=ROUNDINGS[rng.integers(len(ROUNDINGS))],
        input_zero_point=int(rng.choice(zero)),
        output_zero_point=out_zero,
        limits=(lo, hi),
        style="extreme" if rng.random() < 0.2 else "random",
        full=float(2.0 ** rng.choice([7.3, 7.3, 7.3, 3.0, 12.0, -20.0])),
        lowest_weight=-128 if rng.random() < 0.3 else -127,
    )


def _window(rng: np.random.Generator, kind: str) -> tuple[tuple[int, int, int], Window]:
    channels = int(rng.choice([1, 2, 3, 4, 5, 7, 8, 12, 16, 24]))
    height, width = int(rng.integers(1, 14)), int(rng.integers(1, 14))
    if kind == "pointwise":
        stride = int(rng.integers(1, 3))
        return (height, width, channels), Window((1, 1), (stride, stride))
    if kind == "line":
        kw = int(rng.integers(1, 8))
        left, right = (int(pad) for pad in rng.integers(0, kw + 1, 2))
        window = Window(
            (1, kw), (1, int(rng.integers(1, 4))), (1, int(rng.integers(1, 3))), (0, 0, left, right)
        )
        return (1, int(rng.integers(1, 50)), channels), window
    size = (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
    if rng.random() < 0.4:
        size = (3, 3)
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4))) if rng.random() < 0.6 else (1, 1)
    dilation = (int(rng.integers(1, 3)), int(rng.integers(1, 3))) if rng.random() < 0.3 else (1, 1)
    padding = tuple(int(pad) for pad in rng.integers(0, 4, 4))
    return (height, width, channels), Window(size, stride, dilation, padding)  # type: ignore[arg-type]
