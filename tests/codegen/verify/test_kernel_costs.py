"""Costs of many kernels in one program."""

from collections.abc import Callable

from benchmarks.mcu_operators import case_of, random_operator
from codegen.cores import load_core
from codegen.verify.kernel_costs import measure_kernels


def test_each_kernel_has_costs_of_its_own(requires_tool: Callable[..., None]) -> None:
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    core = load_core("cortex-m4")
    cases = [
        case_of(random_operator(kind, 3), f"kernel{at}", core) for at, kind in enumerate(("dense", "swish"))
    ]
    dense, swish = measure_kernels(cases, core)
    alone = measure_kernels(cases[1:], core)[0]
    assert swish == alone
    assert swish.constant_bytes == 256
    assert swish.instructions > random_operator("swish", 3).graph.tensors[0].n_items
    assert dense.stack_bytes > swish.stack_bytes
    assert dense.code_bytes > swish.code_bytes > 0
