"""Memory plans: MobileNetV2 beside published figures, random graphs beside first fit in the graph's order.

python benchmarks/memory_plan.py [--check] [--quick]

MobileNetV2 is of width 1.0 at 224 pixels in int8, with depthwise convolutions in place, no scratch and the
image in the caller's memory, as MCUNetV2 (Lin et al., NeurIPS 2021) counts. The random graphs hold plain,
separable, residual, branched and densely connected blocks; a convolution has a scratch of two int16 columns,
depthwise convolutions, sums and clamps run in place. First fit gets the same kernels, in place as well.
"""

import statistics
import sys
import time
from dataclasses import dataclass

import numpy as np
from harness import Bar, arguments, report_bars, save_results
from plan_graphs import mobilenet_v2, random_graph

from codegen.ir import Add, Clamp, Conv2d, DepthwiseConv2d, Operator, PatchSchedule, Schedule, TensorGraph
from codegen.ir.counts import count
from codegen.plan import KernelChoice, check_plan, find_schedule, plan_memory
from codegen.plan.conflicts import Conflicts
from codegen.plan.lifetimes import blocks_of
from codegen.plan.packing import first_fit
from codegen.plan.storages import demand_of

N_STAGE = 13
"""Operators of MobileNetV2's first 12 convolutions, with the sum between them."""
N_GRAPHS, N_QUICK = 300, 60
CODE = ("codegen/plan", "benchmarks/plan_graphs.py")
PUBLISHED = {"layer by layer, bytes": 1_404_928, "patch stage, bytes": 162_288, "patches, extra MACs, %": 9.3}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One random graph. Bytes of arenas; seconds of both searches together."""

    n_operators: int
    ours: int
    first_fit: int
    lower_bound: int
    order_is_minimal: bool
    offsets_are_optimal: bool
    seconds: float


def mobilenet_figures() -> dict[str, float]:
    graph = mobilenet_v2()
    choices = [KernelChoice("any", 0, isinstance(one, DepthwiseConv2d)) for one in graph.operators]
    patches = Schedule(patches=PatchSchedule(N_STAGE, 4, 4))
    start = time.perf_counter()
    whole = plan_memory(graph, Schedule(), choices, inputs_in_arena=False)
    seconds = time.perf_counter() - start
    patched = plan_memory(graph, patches, choices, inputs_in_arena=False)
    for plan in (whole, patched):
        check_plan(plan, graph, choices)
    return {
        "layer by layer, bytes": whole.arena_bytes,
        "patch stage, bytes": max(patched.live_bytes[:N_STAGE]),
        "patches, whole network, bytes": patched.arena_bytes,
        "patches, extra MACs, %": 100 * (sum(patched.macs) / count(graph).macs - 1),
        "plan of 65 operators, ms": 1e3 * seconds,
    }


def kernel(operator: Operator, graph: TensorGraph) -> KernelChoice:
    """Two int16 columns of im2col for a convolution; in place what can be."""
    if isinstance(operator, Conv2d):
        height, width = operator.window.size
        channels = graph.tensors[operator.input].shape[2]
        return KernelChoice("im2col", 4 * height * width * channels if height * width > 1 else 0)
    return KernelChoice("direct", 0, isinstance(operator, DepthwiseConv2d | Add | Clamp))


def compare(graph: TensorGraph) -> Comparison:
    choices = [kernel(operator, graph) for operator in graph.operators]
    start = time.perf_counter()
    schedule, found = find_schedule(graph, Schedule(), choices)
    plan = plan_memory(graph, schedule, choices)
    seconds = time.perf_counter() - start
    check_plan(plan, graph, choices)
    blocks = blocks_of(demand_of(graph, choices), range(len(graph.operators)))
    conflicts = Conflicts(blocks, plan.alignment_bytes)
    return Comparison(
        len(graph.operators),
        plan.arena_bytes,
        conflicts.arena_bytes(first_fit(conflicts, range(len(blocks)))),
        plan.lower_bound_bytes,
        found.is_minimal,
        plan.is_optimal,
        seconds,
    )


def random_figures(n_graphs: int) -> dict[str, float]:
    rng = np.random.default_rng(4)
    rows = [compare(random_graph(rng, int(rng.integers(2, 12)))) for _ in range(n_graphs)]
    ratios = [row.ours / row.first_fit for row in rows]
    return {
        "graphs": n_graphs,
        "operators, median": statistics.median(row.n_operators for row in rows),
        "arena / first fit, mean": statistics.fmean(ratios),
        "arena / first fit, lowest": min(ratios),
        "arena / first fit, highest": max(ratios),
        "arena / lower bound, highest": max(row.ours / row.lower_bound for row in rows),
        "orders proven minimal, %": 100 * statistics.fmean(row.order_is_minimal for row in rows),
        "offsets proven optimal, %": 100 * statistics.fmean(row.offsets_are_optimal for row in rows),
        "order and offsets, ms, median": 1e3 * statistics.median(row.seconds for row in rows),
        "order and offsets, ms, highest": 1e3 * max(row.seconds for row in rows),
    }


def show(title: str, figures: dict[str, float]) -> None:
    print(title)
    for name, value in figures.items():
        published = f"  published {PUBLISHED[name]:.8g}" if name in PUBLISHED else ""
        print(f"  {name:<34} {value:>14.8g}{published}")


def main() -> int:
    given = arguments(__doc__ or "")
    mobilenet, graphs = mobilenet_figures(), random_figures(N_QUICK if given.quick else N_GRAPHS)
    show("MobileNetV2", mobilenet)
    show("random graphs", graphs)
    if not given.quick:
        kept = save_results("memory_plan", {"mobilenet_v2": mobilenet, "random_graphs": graphs}, CODE)
        print(f"kept in {kept}")
    bars = [
        Bar(f"MobileNetV2: {name}", round(mobilenet[name], 1), bar, "", "min")
        for name, bar in PUBLISHED.items()
    ]
    bars += [
        Bar("random: arena / first fit, mean", graphs["arena / first fit, mean"], 0.9, "", "min"),
        Bar("random: arena / first fit, highest", graphs["arena / first fit, highest"], 1.0, "", "min"),
        Bar("random: orders proven minimal", graphs["orders proven minimal, %"], 99, "%"),
        Bar("random: offsets proven optimal", graphs["offsets proven optimal, %"], 95, "%"),
    ]
    return report_bars(bars, given)


if __name__ == "__main__":
    sys.exit(main())
