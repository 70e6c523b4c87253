"""Which kernel an operator runs on, from its sizes and the core's features alone.

No weight is needed, so that memory is known before training. Where a kernel's trick fails on the real
weights, the emitter falls back to plainer code over the same buffers.
"""

from collections.abc import Set

from codegen.cores import Core
from codegen.ir.graph import TensorGraph
from codegen.ir.operators import Operator
from codegen.plan.buffers import LDRD_REACH, ByteRows, ColumnRows, PhaseRows, Planes, PointColumns
from codegen.plan.choice import KernelChoice
from codegen.plan.geometry import Geometry, geometry_of
from codegen.plan.weightless import choose_weightless

MAX_DIRECT_TAPS = 36
"""Windows with more taps go by columns: a direct tile unrolls all of them."""


def choose_kernel(operator: Operator, graph: TensorGraph, core: Core) -> KernelChoice:
    """The kernel of an operator of the graph; only those with weights need scratch."""
    geometry = geometry_of(operator, graph)
    if geometry is None:
        return choose_weightless(operator, graph)
    return kernel_for(geometry, core.features)


def kernel_for(geometry: Geometry, features: Set[str]) -> KernelChoice:
    """The kernel for these sizes on a core with these features (see codegen.cores).

    Names: "<kind>_<way>_<part>", where part is "mve", "dsp", "thumb2", "thumb1" or "portable".
    """
    if "mve" in features:
        return _vector(geometry)
    if geometry.kind == "depthwise":
        return _depthwise(geometry, features)
    if geometry.kind == "fully_connected":
        return _fully_connected(geometry, features)
    return _convolution(geometry, features)


def _vector(geometry: Geometry) -> KernelChoice:
    """Kernels over padded rows of bytes; a window of one tap reads the input itself."""
    if geometry.kind == "fully_connected":
        return KernelChoice("fully_connected_mve", 0)
    if geometry.kind == "conv2d":
        if geometry.is_pointwise:
            return KernelChoice("pointwise_rows_mve", 0)
        return KernelChoice("conv2d_rows_mve", ByteRows(geometry).n_bytes)
    if geometry.multiplier > 1:
        return _depthwise(geometry, frozenset())
    portable = depthwise_planes(geometry, frozenset()).n_bytes  # what code without vectors needs
    scratch_bytes = max(ByteRows(geometry).n_bytes, portable)
    return KernelChoice("depthwise_rows_mve", scratch_bytes, rows_in_place(geometry))


def rows_in_place(geometry: Geometry) -> bool:
    """Whether each row of outputs may lie over input that the rows of the buffer have taken already."""
    (oh, ow), (sy, _), top = geometry.out_size, geometry.window.stride, geometry.window.padding[0]
    if oh * ow > geometry.height * geometry.width:
        return False
    return all(
        (y + 1) * ow <= min(max(y * sy + geometry.reach[0] - top, 0), geometry.height) * geometry.width
        for y in range(oh)
    )


def _convolution(geometry: Geometry, features: Set[str]) -> KernelChoice:
    if "dsp" in features:
        return _dsp_convolution(geometry)
    if "thumb2" in features:
        if geometry.is_pointwise:
            return KernelChoice("pointwise_rows_thumb2", 0)
        return KernelChoice("conv2d_rows_thumb2", ByteRows(geometry).n_bytes)
    if "thumb1" in features:
        return KernelChoice("conv2d_columns_thumb1", 8 * geometry.n_taps)
    return KernelChoice("conv2d_direct_portable", 0)


def _dsp_convolution(geometry: Geometry) -> KernelChoice:
    if geometry.is_pointwise:
        return KernelChoice("pointwise_columns_dsp", PointColumns(geometry).n_bytes)
    if is_direct(geometry):
        return KernelChoice("conv2d_direct_dsp", PhaseRows(geometry).n_bytes)
    return KernelChoice("conv2d_columns_dsp", ColumnRows(geometry).n_bytes)


def is_direct(geometry: Geometry) -> bool:
    """Whether a convolution reads its rows in place: whole groups of channels, a window that unrolls, and
    taps that a load reaches from the start of their row."""
    kh, kw = geometry.window.size
    if geometry.n_in % 4 or kh * kw > MAX_DIRECT_TAPS:
        return False
    rows = PhaseRows(geometry)
    return 4 * (rows.row_words * geometry.window.dilation[0] + 4) <= 4095 and rows.row_words * 4 <= LDRD_REACH


def _depthwise(geometry: Geometry, features: Set[str]) -> KernelChoice:
    oh, ow = geometry.out_size
    in_place = geometry.multiplier == 1 and oh * ow <= geometry.height * geometry.width
    part = next((name for name in ("dsp", "thumb2", "thumb1") if name in features), "portable")
    return KernelChoice(f"depthwise_planes_{part}", depthwise_planes(geometry, features).n_bytes, in_place)


def depthwise_planes(geometry: Geometry, features: Set[str]) -> Planes:
    """The planes that a depthwise kernel copies its input into."""
    if "dsp" in features:
        return Planes(geometry, item_bytes=2, n_planes=min(4, geometry.n_in))
    return Planes(geometry, item_bytes=1, n_planes=1)


def _fully_connected(geometry: Geometry, features: Set[str]) -> KernelChoice:
    if "dsp" in features:
        return KernelChoice("fully_connected_dsp", 2 * (geometry.n_in + -geometry.n_in % 4))
    if "thumb2" in features or "thumb1" in features:
        return KernelChoice("fully_connected_pairs", 0)
    return KernelChoice("fully_connected_portable", 0)
