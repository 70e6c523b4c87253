"""int8 kernels: C functions made for one operator, its shapes, weights and quantization."""

from codegen.c.kernels.emit import PORTABLE_MACRO, emit_kernel
from codegen.c.kernels.task import (
    ConvTask,
    DepthwiseTask,
    Form,
    FullyConnectedTask,
    KernelCode,
    KernelTask,
    Requantization,
)

__all__ = [
    "PORTABLE_MACRO",
    "ConvTask",
    "DepthwiseTask",
    "Form",
    "FullyConnectedTask",
    "KernelCode",
    "KernelTask",
    "Requantization",
    "emit_kernel",
]
