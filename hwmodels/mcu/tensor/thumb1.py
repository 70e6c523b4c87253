"""Quantities of the kernels of M0; codegen.c.kernels.thumb1 says what each does."""

from codegen.plan.geometry import Geometry
from codegen.plan.kernels import depthwise_planes
from hwmodels.mcu.tensor.rows import share_inside
from hwmodels.mcu.tensor.task import Task
from hwmodels.mcu.tensor.terms import KernelTerms
from hwmodels.mcu.tensor.thumb2 import plane_terms

UNROLLED = 8
HELD_TAPS = 9
SCALING_BYTES = 16
TAP_BYTES = 12
"""Of the assembler of one tap: six narrow instructions."""


def convolution(task: Task) -> KernelTerms:
    sizes = task.sizes
    oh, ow = sizes.out_size
    n_pairs = -(-oh * ow // 2)
    dots, loops, rest = n_pairs * sizes.n_out, sizes.n_taps // UNROLLED, sizes.n_taps % UNROLLED
    counts: dict[str, float] = {
        "calls": 1,
        "position_pairs": n_pairs,
        "dots": dots,
        "loops": dots * loops,
        "products": dots * sizes.n_taps,
        "copied": 2 * n_pairs * sizes.n_taps,
        **task.finish.terms(dots * (2 if oh * ow > 1 else 1)),
    }
    code: dict[str, float] = {
        "kernels": 1,
        "assembler": TAP_BYTES * (rest + (UNROLLED if loops else 0)) + (2 if rest else 0),
        "loops": loops > 0,
        "odd": oh * ow > 1 and oh * ow % 2,
        "clamps": task.finish.n_clamps,
        "doubled": task.finish.is_doubled,
    }
    constants = _constants(sizes)
    divides = ow & (ow - 1) > 0
    routines = ("__aeabi_idiv", "__aeabi_idivmod") if divides else ()
    if sizes.is_pointwise:
        strided = sizes.window.stride != (1, 1)
        counts["strided"] = 2 * n_pairs * strided
        counts["divided"] = 2 * n_pairs * (strided and divides)
        code["strided"] = strided
        needed = routines if strided else ()
        return KernelTerms("pointwise_columns_thumb1", counts, code, constants, needed)
    counts["divided"] = 2 * n_pairs * divides
    (kh, kw), inside = sizes.window.size, share_inside(sizes)
    counts["tap_rows"] = 2 * n_pairs * kh
    counts["taps"] = 2 * n_pairs * kh * kw * inside
    counts["outside"] = 2 * n_pairs * kh * kw * (1 - inside)
    counts["cleared"] = counts["copied"] * (1 - inside)
    counts["copied"] *= inside
    return KernelTerms("conv2d_columns_thumb1", counts, code, constants, routines)


def depthwise(task: Task) -> KernelTerms:
    sizes = task.sizes
    rows = sizes.n_out * sizes.out_size[0]
    n_outputs = rows * sizes.out_size[1]
    counts = plane_terms(sizes, depthwise_planes(sizes, {"thumb1"}))
    counts |= {"channel_rows": rows, "products": n_outputs * sizes.n_taps, **task.finish.terms(n_outputs)}
    held = sizes.n_taps <= HELD_TAPS
    if not held:
        counts["tap_rows"] = n_outputs * sizes.window.size[0]
    code = {
        "kernels": 1,
        "taps": sizes.n_taps if held else min(sizes.window.size[1], UNROLLED),
        "clamps": task.finish.n_clamps,
        "doubled": task.finish.is_doubled,
        "multiplied": sizes.multiplier > 1,
    }
    name = "depthwise_held_thumb1" if held else "depthwise_loops_thumb1"
    return KernelTerms(name, counts, code, _constants(sizes))


def fully_connected(task: Task) -> KernelTerms:
    sizes = task.sizes
    n_pairs, n_single = divmod(sizes.n_out, 2)
    counts = {
        "calls": 1,
        "pairs": n_pairs,
        "pair_products": n_pairs * sizes.n_in,
        "singles": n_single * sizes.n_in,
        **task.finish.terms(sizes.n_out),
    }
    code = {
        "kernels": 1,
        "singles": n_single,
        "pairs": n_pairs > 0,
        "clamps": task.finish.n_clamps,
        "doubled": task.finish.is_doubled,
    }
    constants = _constants(sizes)
    return KernelTerms("fully_connected_pairs_thumb1", counts, code, constants)


def _constants(sizes: Geometry) -> int:
    """Weights as bytes, in whole words, and for each output a bias and four constants.

    Where a loop over outputs runs once the compiler makes these a part of the code.
    """
    n_weights = sizes.n_out * sizes.n_taps
    once = {"conv2d": 1, "depthwise": 0, "fully_connected": 3}[sizes.kind]
    if sizes.n_out <= once:
        return n_weights + -n_weights % 4
    return n_weights + -n_weights % 4 + sizes.n_out * (4 + SCALING_BYTES)
