"""Random tasks: emitted kernels give what numpy and the IR's rounding give, on the host and in QEMU."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.c.kernels import Form, KernelTask
from codegen.cores import load_core
from codegen.verify.kernels import run_kernels_on_core, run_kernels_on_host
from tests.codegen.c.kernels.batches import assert_right, cases_of, roomy_core
from tests.codegen.c.kernels.random_tasks import task_of, tasks

BATCH = 16
CORE_BATCH = 60
QEMU_TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-nm", "qemu-system-arm", "gcc")


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(batch=st.lists(tasks(), min_size=BATCH, max_size=BATCH))
def test_the_portable_form_is_exact_under_sanitizers(
    requires_tool: Callable[..., None], batch: list[KernelTask]
) -> None:
    requires_tool("gcc")
    cases = cases_of(batch, "portable", load_core("cortex-m4"))
    assert_right(batch, cases, run_kernels_on_host(cases))


@pytest.mark.parametrize(
    ("core_name", "form", "first_seed"),
    [
        ("cortex-m4", "asm", 0),
        ("cortex-m4", "acle", 0),
        ("cortex-m7", "asm", 100),
        ("cortex-m3", "asm", 200),
        ("cortex-m0", "asm", 300),
        ("cortex-m0", "acle", 300),
        ("cortex-m55", "asm", 400),
        ("cortex-m55", "acle", 400),
        ("rv32imc", "portable", 500),
    ],
)
def test_the_forms_of_a_core_are_exact(
    requires_tool: Callable[..., None], core_name: str, form: Form, first_seed: int
) -> None:
    core = roomy_core(core_name)
    requires_tool("gcc", core.compiler, core.compiler.replace("gcc", "nm"), core.simulators[0].program)
    batch = [task_of(np.random.default_rng(first_seed + number)) for number in range(CORE_BATCH)]
    cases = cases_of(batch, form, core)
    outputs, _ = run_kernels_on_core(cases, core)
    assert_right(batch, cases, outputs)


def test_the_portable_macro_takes_the_portable_form_of_the_same_text(
    requires_tool: Callable[..., None],
) -> None:
    requires_tool(*QEMU_TOOLS)
    core = load_core("cortex-m4")
    batch = [task_of(np.random.default_rng(seed)) for seed in range(20)]
    cases = cases_of(batch, "asm", core)
    own, own_costs = run_kernels_on_core(cases, core)
    portable, portable_costs = run_kernels_on_core(cases, core, portable=True)
    assert all(np.array_equal(left, right) for left, right in zip(own, portable, strict=True))
    totals = [
        sum(run.instructions for case in costs for run in case) for costs in (own_costs, portable_costs)
    ]
    assert totals[0] < totals[1]
