"""Batches of tasks as cases of one program."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from codegen.c.kernels import Form, KernelTask, emit_kernel
from codegen.c.kernels.task import geometry
from codegen.cores import Core, load_core
from codegen.plan.kernels import kernel_for
from codegen.verify.kernels import KernelCase
from tests.codegen.c.kernels.kernel_tasks import expected, inputs_for

N_RUNS = 4


def roomy_core(name: str) -> Core:
    """A core in the largest machine that runs its instructions."""
    core = load_core(name)
    return dataclasses.replace(core, simulators=core.simulators[-1:])


def cases_of(tasks: Sequence[KernelTask], form: Form, core: Core) -> list[KernelCase]:
    """Each task on random and extreme inputs, over its input where the kernel can work in place."""
    cases = []
    for number, task in enumerate(tasks):
        sizes = geometry(task)
        oh, ow = sizes.out_size
        choice = kernel_for(sizes, core.features)
        code = emit_kernel(task, f"k{number}", form, core.features)
        assert code.scratch_bytes == choice.scratch_bytes
        inputs = inputs_for(task, N_RUNS, number)
        cases.append(KernelCase(f"k{number}", code, inputs, oh * ow * sizes.n_out, choice.in_place))
    return cases


def assert_right(
    tasks: Sequence[KernelTask], cases: Sequence[KernelCase], outputs: Sequence[np.ndarray]
) -> None:
    """Every output is the one that numpy gives."""
    for task, case, output in zip(tasks, cases, outputs, strict=True):
        right = expected(task, case.inputs)
        assert np.array_equal(output, right), f"{task}: {np.count_nonzero(output != right)} outputs differ"
