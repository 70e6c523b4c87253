"""The runner of kernels finds what a kernel must not do."""

from collections.abc import Callable

import numpy as np
import pytest

from codegen.c.kernels import KernelCode
from codegen.cores import load_core
from codegen.verify.kernels import KernelCase, KernelError, run_kernels_on_core, run_kernels_on_host

QEMU_TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-nm", "qemu-system-arm", "gcc")


def case(body: str, scratch_bytes: int = 4) -> KernelCase:
    """A kernel of two bytes in, two out."""
    prototype = "static void k(const int8_t *input, int8_t *output, void *scratch)"
    code = KernelCode("", f"{prototype}\n{{\n{body}\n}}\n", prototype, scratch_bytes, "portable")
    return KernelCase("k", code, np.array([[1, 2], [3, 4]], dtype=np.int8), 2)


COPY = "output[0] = input[0]; output[1] = input[1]; *(int8_t *)scratch = 0;"


def test_outputs_come_back_run_by_run(requires_tool: Callable[..., None]) -> None:
    requires_tool(*QEMU_TOOLS)
    assert run_kernels_on_host([case(COPY)])[0].tolist() == [[1, 2], [3, 4]]
    outputs, costs = run_kernels_on_core([case(COPY), case(COPY)][:1], load_core("cortex-m4"))
    assert outputs[0].tolist() == [[1, 2], [3, 4]]
    assert len(costs[0]) == 2
    assert 4 <= costs[0][0].instructions < costs[0][0].cycles


def test_a_read_beyond_the_input_is_found_on_the_host(requires_tool: Callable[..., None]) -> None:
    requires_tool("gcc")
    with pytest.raises(KernelError, match="heap-buffer-overflow"):
        run_kernels_on_host([case(COPY + "output[0] = input[2];")])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("output[2] = 1;", "a kernel wrote behind its output"),
        ("((int8_t *)scratch)[4] = 1;", "a kernel wrote behind its scratch"),
    ],
)
def test_a_write_behind_a_buffer_is_found_on_a_core(
    requires_tool: Callable[..., None], body: str, words: str
) -> None:
    requires_tool(*QEMU_TOOLS)
    with pytest.raises(KernelError, match=words):
        run_kernels_on_core([case(COPY + body)], load_core("cortex-m4"))
