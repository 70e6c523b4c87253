"""From an operator that stands alone to the quantities of the kernel that a core runs it on."""

from dataclasses import replace

from codegen.cores import Core
from codegen.ir.graph import TensorGraph
from codegen.ir.operators import Conv2d, DepthwiseConv2d, FullyConnected
from hwmodels.mcu.tensor import dsp, dsp_channels, mve, portable, thumb1, thumb2
from hwmodels.mcu.tensor.task import Task, task_of
from hwmodels.mcu.tensor.terms import KernelTerms
from hwmodels.mcu.tensor.weightless import weightless_terms


def kernel_terms(alone: TensorGraph, core: Core) -> KernelTerms | str:
    """alone: a graph of one operator (see codegen.plan.kernel_graphs). A string says why there are none."""
    operator = alone.operators[0]
    for tensor in (*alone.inputs, *alone.outputs):
        if alone.tensors[tensor].dtype not in ("int8", "uint8"):
            name, dtype = alone.tensors[tensor].name, alone.tensors[tensor].dtype
            return f"tensor {name!r} must be int8 or uint8, not {dtype}"
    if not isinstance(operator, Conv2d | DepthwiseConv2d | FullyConnected):
        return weightless_terms(operator, alone, core.features)
    task = task_of(operator, alone)
    found = _weighted(task, core)
    if found is None:
        return "runs on code that is not calibrated on this core"
    return replace(found, twin=task)


def _weighted(task: Task, core: Core) -> KernelTerms | None:
    kind = task.sizes.kind
    if "mve" in core.features:
        return mve.weighted(task)
    if "dsp" in core.features:
        if kind == "depthwise":
            return dsp_channels.depthwise(task)
        return dsp_channels.fully_connected(task) if kind == "fully_connected" else dsp.convolution(task)
    if "thumb2" in core.features:
        found = thumb2.depthwise(task) if kind == "depthwise" else thumb2.weighted_rows(task)
        return found or portable.weighted(task, core.features)
    if "thumb1" in core.features:
        if kind == "depthwise":
            return thumb1.depthwise(task)
        return thumb1.fully_connected(task) if kind == "fully_connected" else thumb1.convolution(task)
    return portable.weighted(task, core.features)
