"""The plan of a whole design on a core: kernels chosen, copies of patches counted, memory planned."""

from codegen.cores import Core
from codegen.ir.design import Schedule
from codegen.ir.graph import TensorGraph
from codegen.plan.choice import KernelChoice
from codegen.plan.copies import aligned, stage_copy_bytes
from codegen.plan.kernel_graphs import kernel_graphs
from codegen.plan.kernels import choose_kernel
from codegen.plan.patches import split_stage
from codegen.plan.plan import Plan, find_schedule, plan_memory


def choose_kernels(graph: TensorGraph, schedule: Schedule, core: Core) -> tuple[KernelChoice, ...]:
    """A kernel for each operator, with the scratch that the emitted code needs.

    Inside a patch stage that is the scratch of the patch that needs most, and then room for what the step
    copies. Raises PlanError as codegen.plan.split_stage does.
    """
    copies = {}
    if schedule.patches is not None:
        copies = stage_copy_bytes(graph, split_stage(graph, schedule.patches))
    return tuple(
        _choose(
            [choose_kernel(alone.operators[0], alone, core) for alone, _ in graphs], copies.get(number, 0)
        )
        for number, graphs in enumerate(kernel_graphs(graph, schedule))
    )


def plan_network(graph: TensorGraph, schedule: Schedule, core: Core) -> Plan:
    """The plan that the C emitter follows; inputs stay in the caller's memory. Raises PlanError."""
    return plan_memory(graph, schedule, choose_kernels(graph, schedule, core), inputs_in_arena=False)


def least_memory_schedule(graph: TensorGraph, schedule: Schedule, core: Core) -> Schedule:
    """The schedule with the order of the fewest live bytes; its patches stay. Raises PlanError."""
    return find_schedule(graph, schedule, choose_kernels(graph, schedule, core), inputs_in_arena=False)[0]


def _choose(variants: list[KernelChoice], copied_bytes: int) -> KernelChoice:
    largest = max(variants, key=lambda choice: choice.scratch_bytes)
    scratch = largest.scratch_bytes
    return KernelChoice(
        largest.name,
        aligned(scratch) + copied_bytes if copied_bytes else scratch,
        all(choice.in_place for choice in variants),
    )
