"""Quantities of average and maximum over windows; codegen.c.operators.pools says how each is written."""

from collections.abc import Hashable, Set

from codegen.c.operators.pools import MAX_SHARED_TAPS, pool_form
from codegen.ir.graph import TensorGraph
from codegen.ir.operators import AveragePool2d, MaxPool2d, Window
from hwmodels.mcu.tensor.terms import KernelTerms

NEAR = 255
"""Bytes to a tap that an immediate reaches on every core."""
LOW_TAPS = 3
"""Taps of a routine whose pointers a Cortex-M0 holds in low registers; each further one takes a move."""
HELD_TAPS = 5
"""Taps of an unrolled window from which on registers run short elsewhere too."""


def pool_terms(operator: AveragePool2d | MaxPool2d, graph: TensorGraph, features: Set[str]) -> KernelTerms:
    height, width, n_channels = graph.tensors[operator.input].shape
    oh, ow, _ = graph.tensors[operator.output].shape
    window = operator.window
    kh, kw = window.size
    form = pool_form(window, (height, width), (oh, ow), features)
    n_outputs, n_taps, average = oh * ow * n_channels, kh * kw, isinstance(operator, AveragePool2d)
    rows, across = _inside(window, 0, height, oh), _inside(window, 1, width, ow)
    limited, divided = operator.activation != "none", average and n_taps & (n_taps - 1) > 0
    counts: dict[str, float] = {
        "calls": 1,
        "rows": oh,
        "positions": oh * ow,
        "outputs": n_outputs,
        "taps": rows * across * n_channels,
        "limited": n_outputs * limited,
        # How often one of random taps is the largest so far.
        "updates": 0 if average else n_outputs * sum(1 / at for at in range(1, n_taps + 1)),
    }
    name = f"{'average' if average else 'largest'}_pool_{form}"
    if form == "windows":
        counts["tap_rows"] = rows * ow * n_channels
        code = {"kernels": 1, "limited": limited, "divided": average and n_taps > MAX_SHARED_TAPS}
        return KernelTerms(name, counts, code, 0, twin=_routine(operator, graph, code["divided"]))
    far = sum((ky * width + kx) * n_channels > NEAR for ky in range(kh) for kx in range(kw))
    counts |= {"far": far * n_outputs, "divisions": n_outputs * divided}
    counts["high"] = n_outputs * max(n_taps - LOW_TAPS, 0)
    counts["spilled"] = n_outputs * max(n_taps - HELD_TAPS, 0)
    code = {"kernels": 1, "taps": n_taps, "far": far, "divisions": divided, "limited": limited}
    twin = _routine(operator, graph, kh, kw) if form == "fixed" else None
    return KernelTerms(name, counts, code, 0, twin=twin)


def _routine(operator: AveragePool2d | MaxPool2d, graph: TensorGraph, *more: Hashable) -> Hashable:
    """What pools must have in common to share the routine that runs over a window."""
    if operator.activation == "none":
        return more
    return operator.activation, graph.tensors[operator.output].quantization, *more


def _inside(window: Window, axis: int, length: int, n_outputs: int) -> int:
    """Taps inside of the input, of all outputs along an axis."""
    size, stride, before = window.size[axis], window.stride[axis], window.padding[2 * axis]
    return sum(
        min(max(at * stride - before + size, 0), length) - min(max(at * stride - before, 0), length)
        for at in range(n_outputs)
    )
