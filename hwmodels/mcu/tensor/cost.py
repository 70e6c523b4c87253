"""What a tensor design costs as firmware on a core, layer by layer, before or after training."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from codegen.cores import Core
from codegen.ir.design import Schedule
from codegen.ir.graph import TensorGraph
from codegen.plan import Moment, Plan, PlanError, kernel_graphs, plan_network, timeline
from codegen.plan.copies import step_views
from hwmodels.mcu.tensor.coefficients import KernelCoefficients, TensorCoefficients, amount
from hwmodels.mcu.tensor.kernels import kernel_terms
from hwmodels.mcu.tensor.moves import Rows, called_moves
from hwmodels.mcu.tensor.terms import KernelTerms

COPIES = "copy_rows"
"""The form of kernels whose coefficients hold for the copies of patches."""


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One operator. operator: its number; kind: its type; name: of its output.

    kernel: the form that runs it. macs: recomputed ones included. flash_bytes: code_bytes and the exact
    constant_bytes, library routines left out. stack_bytes: below the function that calls it.
    """

    operator: int
    kind: str
    name: str
    kernel: str
    macs: int
    instructions: float
    code_bytes: float
    constant_bytes: int
    stack_bytes: int

    @property
    def flash_bytes(self) -> float:
        return self.code_bytes + self.constant_bytes


@dataclass(frozen=True, slots=True)
class TensorCost:
    """layers: by operator number. module_*: of what calls them. library_bytes: routines of the compiler.

    timeline: what lies in the arena at each step, and where the peak is.
    """

    layers: tuple[LayerCost, ...]
    module_instructions: float
    module_bytes: float
    library_bytes: int
    arena_bytes: int
    stack_bytes: float
    plan: Plan
    timeline: tuple[Moment, ...]

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def instructions(self) -> float:
        return self.module_instructions + sum(layer.instructions for layer in self.layers)

    @property
    def flash_bytes(self) -> float:
        return self.module_bytes + self.library_bytes + sum(layer.flash_bytes for layer in self.layers)

    @property
    def ram_bytes(self) -> float:
        return self.arena_bytes + self.stack_bytes


@dataclass(frozen=True, slots=True)
class _Run:
    """Kernels of one operator: (quantities, coefficients, how often) of each geometry, and its copies."""

    variants: tuple[tuple[KernelTerms, KernelCoefficients, int], ...]
    copies: KernelTerms | None


def tensor_cost(
    graph: TensorGraph, schedule: Schedule, core: Core, coefficients: TensorCoefficients
) -> TensorCost | str:
    """The cost of a design, or why it has none. Nothing depends on the values of weights."""
    try:
        plan = plan_network(graph, schedule, core)
    except PlanError as error:
        return str(error)
    runs = []
    for number, graphs in enumerate(kernel_graphs(graph, schedule)):
        found = _run(number, graphs, plan, graph, core, coefficients)
        if isinstance(found, str):
            return f"operator {number} ({type(graph.operators[number]).__name__}): {found}"
        runs.append(found)
    known: set[Hashable] = set()
    layers = tuple(_layer(number, run, plan, graph, coefficients, known) for number, run in enumerate(runs))
    module = coefficients.module
    n_calls = sum(times for run in runs for _, _, times in run.variants)
    n_functions = sum(len(run.variants) for run in runs)
    library = {
        name for run in runs for terms, one, _ in run.variants for name in (*one.library, *terms.routines)
    }
    return TensorCost(
        layers,
        module.instructions + module.call_instructions * n_calls,
        module.flash_bytes + module.call_bytes * n_functions,
        sum(coefficients.library_bytes[name] for name in library),
        plan.arena_bytes,
        module.stack_bytes + max(layer.stack_bytes for layer in layers),
        plan,
        timeline(plan, graph),
    )


def _run(
    number: int,
    graphs: Sequence[tuple[TensorGraph, int]],
    plan: Plan,
    graph: TensorGraph,
    core: Core,
    coefficients: TensorCoefficients,
) -> _Run | str:
    variants = []
    for alone, times in graphs:
        terms = kernel_terms(alone, core)
        if isinstance(terms, str):
            return terms
        if terms.kernel not in coefficients.kernels:
            return f"kernel {terms.kernel!r} is not calibrated on core {core.name!r}"
        variants.append((terms, coefficients.kernels[terms.kernel], times))
    return _Run(tuple(variants), _copies(number, plan, graph))


def _copies(number: int, plan: Plan, graph: TensorGraph) -> KernelTerms | None:
    """Rows that the patches copy into scratch and out of it for an operator."""
    stage = plan.patches
    if stage is None or number >= stage.n_operators:
        return None
    views = [
        view
        for patch in stage.patches
        for view in step_views(graph, stage, patch, patch.steps[number])
        if view.is_copied
    ]
    return copy_terms(
        [
            Rows(view.n_rows, view.row_bytes, (view.pitch_bytes, view.row_bytes), (view.offset_bytes, 0))
            for view in views
        ]
    )


def copy_terms(parts: Sequence[Rows]) -> KernelTerms:
    """Of calls of the routine that copies rows."""
    counts = {"calls": len(parts), "turns": sum(rows.n_rows for rows in parts), **called_moves(parts)}
    return KernelTerms(COPIES, counts, {"calls": len(parts)}, 0, ("memcpy",))


def _layer(
    number: int,
    run: _Run,
    plan: Plan,
    graph: TensorGraph,
    coefficients: TensorCoefficients,
    known: set[Hashable],
) -> LayerCost:
    """known: what operators may share of the code so far."""
    operator = graph.operators[number]
    instructions = sum(
        times * amount(terms.instructions, one.instructions) for terms, one, times in run.variants
    )
    code = sum(_code_bytes(terms, one, known) for terms, one, _ in run.variants)
    constant_bytes = max(_constant_bytes(terms, known) for terms, _, _ in run.variants)
    if run.copies is not None:
        copying = coefficients.kernels[COPIES]
        instructions += amount(run.copies.instructions, copying.instructions)
        code += amount(run.copies.code, copying.code_bytes)
    return LayerCost(
        number,
        type(operator).__name__,
        graph.tensors[operator.output].name,
        run.variants[0][0].kernel,
        plan.macs[number],
        max(instructions, 0.0),
        max(code, 0.0),
        constant_bytes,
        max(one.stack_bytes for _, one, _ in run.variants),
    )


def _constant_bytes(terms: KernelTerms, known: set[Hashable]) -> int:
    """Of a kernel's tables, which equal ones of an earlier kernel are."""
    return (
        0 if terms.tables is not None and _is_known(("tables", terms.tables), known) else terms.constant_bytes
    )


def _code_bytes(terms: KernelTerms, each: KernelCoefficients, known: set[Hashable]) -> float:
    """Of a kernel without the code that it shares with an earlier one."""
    if terms.whole is not None and _is_known(("whole", terms.kernel, terms.whole), known):
        return 0.0
    n_bytes = amount(terms.code, each.code_bytes)
    n_bytes -= sum(one.n_bytes for one in terms.functions if _is_known(one, known))
    if terms.twin is not None and _is_known(("twin", terms.kernel, terms.twin), known):
        n_bytes -= each.shared_bytes
    return n_bytes


def _is_known(part: Hashable, known: set[Hashable]) -> bool:
    """Whether an earlier kernel has it; from now on one has."""
    found = part in known
    known.add(part)
    return found
