"""What a tensor design becomes on a core: kernels and their scratch, lifetimes, arena offsets, patches."""

from codegen.plan.check import check_plan
from codegen.plan.choice import KernelChoice
from codegen.plan.errors import PlanError
from codegen.plan.kernel_graphs import kernel_graphs, operator_graph
from codegen.plan.network import choose_kernels, least_memory_schedule, plan_network
from codegen.plan.order import FoundOrder
from codegen.plan.patches import Patch, PatchStage, PatchStep, Region, split_stage
from codegen.plan.plan import Placement, Plan, find_schedule, plan_memory
from codegen.plan.timeline import Holding, Moment, timeline

__all__ = [
    "FoundOrder",
    "Holding",
    "KernelChoice",
    "Moment",
    "Patch",
    "PatchStage",
    "PatchStep",
    "Placement",
    "Plan",
    "PlanError",
    "Region",
    "check_plan",
    "choose_kernels",
    "find_schedule",
    "kernel_graphs",
    "least_memory_schedule",
    "operator_graph",
    "plan_memory",
    "plan_network",
    "split_stage",
    "timeline",
]
