"""Quantities of the portable kernels, which run where a core has no form of its own (rv32imc)."""

from collections.abc import Set

from codegen.plan.buffers import Planes
from codegen.plan.geometry import Geometry
from hwmodels.mcu.tensor.rows import inside_counts
from hwmodels.mcu.tensor.task import Task
from hwmodels.mcu.tensor.terms import KernelTerms
from hwmodels.mcu.tensor.thumb2 import plane_terms

HELD_TAPS = 9
"""Weights of a depthwise channel that C keeps in locals."""


def weighted(task: Task, features: Set[str]) -> KernelTerms:
    kind = task.sizes.kind
    if kind == "depthwise":
        return depthwise(task, features)
    return _fully_connected(task) if kind == "fully_connected" else _convolution(task)


def _convolution(task: Task) -> KernelTerms:
    """One sum after the other, over the rows of a window that lie inside of the input."""
    sizes = task.sizes
    (oh, ow), (kh, kw) = sizes.out_size, sizes.window.size
    padded = sizes.window.padding != (0, 0, 0, 0)
    rows, columns = inside_counts(sizes, 0), inside_counts(sizes, 1)
    n_outputs = oh * ow * sizes.n_out
    spread = sizes.window.dilation[1] > 1 and kw > 1
    counts: dict[str, float] = {
        "calls": 1,
        "positions": oh * ow,
        "tap_rows": ow * sizes.n_out * rows,
        "taps": spread * sizes.n_out * rows * columns,
        "looped_taps": spread * sizes.n_out * rows * columns * (sizes.n_in > 1),
        "products": sizes.n_out * rows * columns * sizes.n_in,
        **task.finish.terms(n_outputs),
    }
    code = {"kernels": 1, **_finish_code(task)}
    if spread:
        counts |= {"padded_positions": padded * oh * ow, "padded_rows": padded * counts["tap_rows"]}
        return KernelTerms("conv2d_spaced_portable", counts, code | {"padded": padded}, _constants(sizes))
    way = "padded" if padded else "pointwise" if kh * kw == 1 else "plain"
    return KernelTerms(f"conv2d_{way}_portable", counts, code, _constants(sizes))


def _fully_connected(task: Task) -> KernelTerms:
    sizes = task.sizes
    counts: dict[str, float] = {
        "calls": 1,
        "products": sizes.n_out * sizes.n_in,
        **task.finish.terms(sizes.n_out),
    }
    return KernelTerms(
        "fully_connected_portable", counts, {"kernels": 1, **_finish_code(task)}, _constants(sizes)
    )


def depthwise(task: Task, features: Set[str]) -> KernelTerms:
    """Tap by tap over a plane of bytes, one channel after the other."""
    sizes = task.sizes
    rows = sizes.n_out * sizes.out_size[0]
    n_outputs = rows * sizes.out_size[1]
    counts = plane_terms(sizes, Planes(sizes, item_bytes=1, n_planes=1))
    counts |= {"channel_rows": rows, "products": n_outputs * sizes.n_taps, **task.finish.terms(n_outputs)}
    held = sizes.n_taps <= HELD_TAPS
    if not held:
        counts["tap_rows"] = n_outputs * sizes.window.size[0]
    code = {"kernels": 1, "taps": sizes.n_taps if held else 0, "multiplied": sizes.multiplier > 1}
    name = "depthwise_held_portable" if held else "depthwise_loops_portable"
    return KernelTerms(name, counts, code | _finish_code(task), _constants(sizes))


def _finish_code(task: Task) -> dict[str, float]:
    return {"clamps": task.finish.n_clamps, "doubled": task.finish.is_doubled}


def _constants(sizes: Geometry) -> int:
    """Weights and exponents as bytes, in whole words, biases and multipliers as words."""
    n_weights = sizes.n_out * sizes.n_taps
    if sizes.n_out == 1:  # what belongs to the only output becomes a part of the code
        return n_weights + -n_weights % 4
    return n_weights + -n_weights % 4 + sizes.n_out * 9 + -sizes.n_out % 4
