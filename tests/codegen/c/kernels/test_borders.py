"""Where a trick's condition ends, the next plainer code is taken and is still exact."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from codegen.c.kernels import ConvTask, KernelTask, Requantization, emit_kernel
from codegen.c.kernels.dsp_stream import choose_packing, is_mixed_exact
from codegen.c.kernels.task import sum_ranges
from codegen.c.kernels.thumb1 import MAX_SUM, halves
from codegen.cores import load_core
from codegen.ir.operators import Window
from codegen.verify.kernels import run_kernels_on_core
from tests.codegen.c.kernels.batches import assert_right, cases_of, roomy_core
from tests.codegen.c.kernels.kernel_tasks import Numbers, conv_task, depthwise_task, fully_connected_task

QEMU_TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-nm", "qemu-system-arm", "gcc")
POINT = Window((1, 1))


def largest_bias(task: ConvTask) -> int:
    """The largest bias of channel 0 with which mixed weights are exact, by bisection."""
    low, high = 0, 2**31 - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_mixed_exact(with_bias(task, middle)) else (low, middle - 1)
    return low


def with_bias(task: ConvTask, value: int) -> ConvTask:
    bias = task.bias.copy()
    bias[0] = value
    return replace(task, bias=bias)


def check_exact(tasks: list[KernelTask], core_name: str) -> list[str]:
    """Runs the best forms, asserts that they are exact and gives which they were."""
    core = roomy_core(core_name)
    cases = cases_of(tasks, "asm", core)
    outputs, _ = run_kernels_on_core(cases, core)
    assert_right(tasks, cases, outputs)
    return [case.code.form for case in cases]


def test_mixed_weights_end_where_a_pair_of_sums_leaves_32_bits(requires_tool: Callable[..., None]) -> None:
    requires_tool(*QEMU_TOOLS)
    task = conv_task((3, 3, 8), 4, POINT, Numbers(1, style="extreme"))
    border = largest_bias(task)
    _, highs = sum_ranges(with_bias(task, border))
    assert 256 * int(highs[0]) + int(highs[1]) <= 2**31 - 1 < 256 * (int(highs[0]) + 1) + int(highs[1])
    inside, outside = with_bias(task, border), with_bias(task, border + 1)
    assert choose_packing(inside).mixed
    assert not choose_packing(outside).mixed
    check_exact([inside, outside], "cortex-m4")


def test_mixed_weights_need_a_halfword_for_each_pair(requires_tool: Callable[..., None]) -> None:
    requires_tool(*QEMU_TOOLS)
    task = conv_task((3, 3, 8), 4, POINT, Numbers(2))
    found: list[KernelTask] = []
    for first, second, fits in ((-128, 0, True), (-128, -1, False), (127, 127, True), (-127, -128, True)):
        weight = task.weight.copy()
        weight[0, 0, 0, 0], weight[1, 0, 0, 0] = first, second
        found.append(replace(task, weight=weight))
        assert is_mixed_exact(found[-1]) == fits
    check_exact(found, "cortex-m4")


@pytest.mark.parametrize("core_name", ["cortex-m4", "cortex-m3", "cortex-m0", "cortex-m55"])
def test_factors_near_one_and_beyond_take_the_general_requantization(
    requires_tool: Callable[..., None], core_name: str
) -> None:
    requires_tool(*QEMU_TOOLS)
    tasks: list[KernelTask] = []
    task = conv_task((4, 4, 4), 3, Window((3, 3), padding=(1, 1, 1, 1)), Numbers(3))
    for factor in (0.49999, 0.5, 0.99, 1.0, 3.7, 1e-9, 2.0**-32, 2.0**-33):
        for rounding in ("double", "single"):
            rule = Requantization((factor, 0.01, factor), rounding, 3)  # type: ignore[arg-type]
            tasks.append(replace(task, requantization=rule))
    check_exact(tasks, core_name)


def test_a_large_sum_on_a_core_without_long_products_takes_general_code(
    requires_tool: Callable[..., None],
) -> None:
    requires_tool(*QEMU_TOOLS)
    task = conv_task((3, 3, 2), 2, POINT, Numbers(4))
    _, highs = sum_ranges(task)
    room = MAX_SUM - 1 - int(highs[0] - task.bias[0])
    rule = Requantization((3e-7, 0.01), "double", 0)
    inside = replace(with_bias(task, room), requantization=rule)
    outside = replace(with_bias(task, room + 1), requantization=rule)
    assert halves(inside) is not None
    assert halves(outside) is None
    check_exact([inside, outside], "cortex-m0")


def test_halves_of_negative_numbers_round_away_from_zero(requires_tool: Callable[..., None]) -> None:
    """Sums of all values around zero, with factors whose products are exact halves."""
    requires_tool(*QEMU_TOOLS)
    weight = np.array([[[[1]]], [[[-1]]], [[[3]]]], dtype=np.int8)
    bias = np.array([0, 0, 1], dtype=np.int32)
    tasks: list[KernelTask] = []
    for zero_point, limits in ((0, (-128, 127)), (-5, (-128, 127)), (-128, (-128, 127)), (-5, (-5, 20))):
        rule = Requantization((0.25, 0.125, 0.0625), "double", zero_point, limits)
        tasks.append(ConvTask((16, 16, 1), POINT, weight, bias, 0, rule))
    for core_name in ("cortex-m4", "cortex-m3", "cortex-m0", "cortex-m55"):
        check_exact(tasks, core_name)


def test_wide_shapes_fall_back_to_code_whose_offsets_reach(requires_tool: Callable[..., None]) -> None:
    requires_tool(*QEMU_TOOLS)
    window = Window((3, 3), padding=(1, 1, 1, 1))
    tasks: list[KernelTask] = [
        conv_task((2, 300, 4), 2, window, Numbers(5)),
        conv_task((1, 5, 2), 1401, POINT, Numbers(6)),
        depthwise_task((3, 300, 2), 1, window, Numbers(7)),
        depthwise_task((1, 9, 700), 2, Window((1, 3)), Numbers(8)),
        conv_task((1, 9, 1400), 2, POINT, Numbers(9)),
    ]
    for core_name in ("cortex-m4", "cortex-m3", "cortex-m0"):
        check_exact(tasks, core_name)


def test_windows_that_see_padding_alone_are_exact(requires_tool: Callable[..., None]) -> None:
    requires_tool(*QEMU_TOOLS)
    window = Window((1, 1), (9, 9), padding=(3, 3, 3, 3))
    tasks: list[KernelTask] = [
        conv_task((3, 3, 4), 3, window, Numbers(1)),
        conv_task((3, 3, 3), 3, window, Numbers(2)),
        depthwise_task((3, 3, 5), 1, window, Numbers(3)),
    ]
    for core_name in ("cortex-m4", "cortex-m3", "cortex-m0", "cortex-m55"):
        check_exact(tasks, core_name)


def test_a_core_without_features_gets_the_portable_form() -> None:
    code = emit_kernel(fully_connected_task(5, 3, Numbers(1)), "k", "asm", frozenset())
    assert (code.form, code.scratch_bytes) == ("portable", 0)
    assert "#if" not in code.functions


def test_the_forms_of_plain_tasks_are_the_assembler_ones(requires_tool: Callable[..., None]) -> None:
    """Otherwise the tests of assembler would test nothing."""
    requires_tool(*QEMU_TOOLS)
    window = Window((3, 3), padding=(1, 1, 1, 1))
    tasks: list[KernelTask] = [
        conv_task((6, 7, 4), 5, window, Numbers(1)),
        conv_task((6, 7, 3), 5, window, Numbers(2)),
        conv_task((6, 7, 5), 4, POINT, Numbers(3)),
        depthwise_task((6, 7, 5), 1, window, Numbers(4)),
        fully_connected_task(33, 7, Numbers(5, "single")),
    ]
    assert check_exact(tasks, "cortex-m4") == ["asm"] * 5
    assert check_exact(tasks, "cortex-m3") == ["asm"] * 5
    assert check_exact(tasks, "cortex-m55") == ["asm"] * 5
    assert check_exact(tasks, "cortex-m0") == ["asm"] * 3 + ["acle"] * 2
    assert load_core("cortex-m4").features >= {"dsp", "thumb2"}
