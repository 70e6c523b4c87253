"""Whether a graph runs on the shared routine for chains of fully connected layers, or on a kernel for each
layer.
"""

from codegen.cores import Core
from codegen.ir.design import FormObjective, Schedule
from codegen.ir.graph import TensorGraph
from codegen.plan.dense import DensePlan, plan_chain
from codegen.plan.dense_costs import Figures, chain_traits, dense_figures, layer_figures

LEAST_SAVED = 0.1


def choose_chain(graph: TensorGraph, schedule: Schedule, core: Core) -> DensePlan | None:
    """The plan of the shared routine where the schedule's objective prefers it, else None.

    It never is for a single layer, for graphs that are no chain, for patches, and on cores without figures.
    "balanced" takes it only where it saves `LEAST_SAVED` of flash, since its buffers are twice as large.
    """
    plan = plan_chain(graph) if schedule.patches is None else None
    if plan is None or plan.n_layers == 1:
        return None
    traits = chain_traits(graph)
    shared, layers = dense_figures(plan, traits, core), layer_figures(plan.widths, traits, core)
    if shared is None or layers is None:
        return None
    if schedule.objective == "balanced" and shared.flash_bytes > (1 - LEAST_SAVED) * layers.flash_bytes:
        return None
    return plan if score(shared, schedule.objective) < score(layers, schedule.objective) else None


def score(figures: Figures, objective: FormObjective) -> float:
    """What an objective makes small: "balanced" the product, so that both count in proportion."""
    if objective == "instructions":
        return figures.instructions
    if objective == "flash":
        return figures.flash_bytes
    return figures.instructions * figures.flash_bytes
