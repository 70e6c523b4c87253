"""Windows of convolutions and pools, with their padding in numbers instead of by name."""

from codegen.ir.operators import Window
from codegen.tflite.errors import TfliteError
from codegen.tflite.model import FileOperator
from codegen.tflite.schema import SAME, VALID

MAX_STEP = 1 << 15
"""Largest stride, dilation or window size that is taken."""
MAX_TAPS = 1 << 14
"""Of a window; a pool over a whole image of 112 x 112 has 12,544."""


def window_of(
    operator: FileOperator,
    size: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    image: tuple[int, int],
    padding: int,
) -> Window:
    """The window of an operator over an image (height, width).

    "SAME" gives ceil(size / stride) outputs; an odd row or column of padding is at the bottom or right.
    Source: TensorFlow Lite, kernels/padding.h, `ComputePaddingWithOffset`.
    """
    for pair in (size, stride, dilation):
        if not all(1 <= step <= MAX_STEP for step in pair):
            raise TfliteError(
                f"{operator.where}: size, stride and dilation must be in 1..{MAX_STEP}, not {pair}"
            )
    if size[0] * size[1] > MAX_TAPS:
        raise TfliteError(f"{operator.where}: a window must have at most {MAX_TAPS} places, not {size}")
    if padding not in (SAME, VALID):
        raise TfliteError(f"{operator.where}: padding must be 0 (SAME) or 1 (VALID), not {padding}")
    if padding == VALID:
        return Window(size, stride, dilation)
    rows, columns = (_same(image[axis], size[axis], stride[axis], dilation[axis]) for axis in (0, 1))
    return Window(size, stride, dilation, (*rows, *columns))


def _same(length: int, size: int, stride: int, dilation: int) -> tuple[int, int]:
    n_outputs = (length + stride - 1) // stride
    total = max((n_outputs - 1) * stride + (size - 1) * dilation + 1 - length, 0)
    return total // 2, total - total // 2
