"""The price of a network as firmware: flash, RAM, instructions, and from them time and energy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, get_args

import numpy as np

from codegen.c.forms import choose_form
from codegen.c.program import MlpProgram, mlp_program
from codegen.ir import BespokeMlp, Design, FormObjective, Interface, MlpBatch, Network
from codegen.ir.batch import network_of
from codegen.ir.batch_counts import count_batch as count_macs
from codegen.ir.counts import count
from codegen.plan.dense_costs import rates_source
from hwmodels.mcu.batch import BatchCounts, count_batch
from hwmodels.mcu.board import Board, Fact, load_board
from hwmodels.mcu.coefficients import Coefficients, FormCoefficients, load_coefficients
from hwmodels.mcu.counts import CodeCounts, Counts, count_straight, count_table
from hwmodels.mcu.dense import ROUTINE, mlp_items
from hwmodels.mcu.tensor import TensorCost
from hwmodels.mcu.tensor_price import coefficients_or_reason, graph_of, price_tensors, tensor_items
from hwmodels.model import (
    Cost,
    CostClass,
    CostItem,
    FloatVector,
    HardwareModelError,
    Metric,
    Source,
    Workload,
)

_METRICS = (
    Metric("flash_bytes", "bytes", "min", "structure", "code and tables of P_quantize and P_predict, linked"),
    Metric("ram_bytes", "bytes", "min", "structure", "arena of a tensor network, and stack of P_predict"),
    Metric("instructions", "1", "min", "structure", "of one P_predict"),
    Metric("cycles", "1", "min", "structure", "instructions times the board's cycles per instruction"),
    Metric("latency_s", "s", "min", "structure", "of one P_predict at the board's clock"),
    Metric("energy_uj", "uJ", "min", "structure", "latency times the board's active power"),
    Metric("macs", "1", "min", "structure", "multiply-accumulates, those of padding and of patches included"),
)
Figure = TypeVar("Figure", float, FloatVector)
UJ_PER_MJ = 1e3
HZ_PER_MHZ = 1e6


class McuModel:
    """Prices bespoke MLPs and int8 tensor networks as the C that `codegen.c` emits, on a board.

    board: the name of one that ships, or the path of a .yaml file. objective: what the form of the C is
    chosen for, where the design's schedule has none but the balanced one. MLPs are compiled with gcc -Os in
    the form "auto" that `emit_c` takes by itself, tensor networks with -O2 by the design's schedule; these
    are priced before training as after. docs/mcu.md gives the errors.
    Raises HardwareModelError for a board or an objective that is not known or not valid.
    """

    def __init__(self, board: str = "stm32f446re", objective: FormObjective = "balanced") -> None:
        if objective not in get_args(FormObjective):
            known = ", ".join(get_args(FormObjective))
            raise HardwareModelError(f"mcu: objective must be one of {known}, not {objective!r}")
        self.board: Board = load_board(board)
        self.objective: FormObjective = objective
        self._coefficients = _mlp_coefficients(self.board.core.name)
        self._tensor_coefficients = coefficients_or_reason(self.board.core)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Without the energy where the board has no power."""
        return tuple(metric for metric in _METRICS if metric.name not in self.withheld)

    @property
    def withheld(self) -> Mapping[str, str]:
        board = self.board
        if board.active_power_mw is not None:
            return {}
        return {"energy_uj": f"board {board.name} has no active_power_mw: {board.no_power}"}

    @property
    def cost_class(self) -> CostClass:
        return "free"

    def accepts(self, design: Design) -> str | None:
        """None, or why the design has no price."""
        found = self.tensor_cost(design) if graph_of(design) is not None else self._program(design)
        return found if isinstance(found, str) else None

    def tensor_cost(self, design: Design) -> TensorCost | str:
        """Layer by layer what a tensor design costs, with its memory over time, or why it has no price."""
        graph = graph_of(design)
        if graph is None:
            return "the design is no tensor network"
        schedule = replace(design.schedule, objective=self._objective(design))
        priced = replace(design, schedule=schedule)
        found = price_tensors(graph, priced, self.board.core, self._tensor_coefficients)
        return f"the mcu model can't price this: {found}" if isinstance(found, str) else found

    def price(self, design: Design, workload: Workload) -> Cost:
        """Raises HardwareModelError for a design that is not accepted. The workload does not matter."""
        if graph_of(design) is not None:
            return self._price_tensors(design)
        found = self._program(design)
        if isinstance(found, str):
            raise HardwareModelError(f"mcu: {found}")
        program, interface = found
        fitted = self._fitted
        form = choose_form(program, self.board.core, self._objective(design))
        if form == "shared":
            items, source = mlp_items(program, interface, self.board.core), rates_source()
        else:
            source = fitted.source
            count_form = count_straight if form == "straight" else count_table
            items = _items(count_form(program, interface), fitted.forms[form])
        totals = {
            name: sum(item.amount for item in items if item.metric == name)
            for name in ("flash_bytes", "ram_bytes", "instructions")
        }
        totals["macs"] = float(count(design.content).macs)
        return Cost(totals | self._times(totals["instructions"]), items, self._sources(source))

    def _objective(self, design: Design) -> FormObjective:
        given = design.schedule.objective
        return self.objective if given == "balanced" else given

    def _program(self, design: Design) -> tuple[MlpProgram, Interface] | str:
        return self._coefficients if isinstance(self._coefficients, str) else _program_of(design)

    @property
    def _fitted(self) -> Coefficients:
        """Of bespoke MLPs. Raises HardwareModelError for a core without."""
        if isinstance(self._coefficients, str):
            raise HardwareModelError(f"mcu: {self._coefficients}")
        return self._coefficients

    def _price_tensors(self, design: Design) -> Cost:
        found = self.tensor_cost(design)
        if isinstance(found, str):
            raise HardwareModelError(f"mcu: {found}")
        assert not isinstance(self._tensor_coefficients, str)
        totals = {
            "flash_bytes": found.flash_bytes,
            "ram_bytes": found.ram_bytes,
            "instructions": found.instructions,
            "macs": float(found.macs),
        }
        is_routine = any(layer.kernel == ROUTINE for layer in found.layers)
        sources = self._sources(rates_source() if is_routine else self._tensor_coefficients.source)
        return Cost(totals | self._times(found.instructions), tensor_items(found), sources)

    def price_batch(
        self, batch: MlpBatch, interface: Interface, workload: Workload
    ) -> Mapping[str, FloatVector]:
        """(n_networks,) of each metric, NaN for a network with sums beyond 32 bits, which is refused.

        Networks that may become anything but straight code are priced one by one.
        """
        counts = count_batch(batch, interface)
        totals = self._straight_totals(counts)
        macs = count_macs(batch).macs.astype(np.float64)
        for values in (*totals.values(), macs):
            values[counts.wide] = np.nan
        alone = counts.maybe_table | (self.objective != "balanced")
        for row in np.flatnonzero(alone & ~counts.wide):
            design = Design(network_of(batch, int(row), interface))
            metrics = self.price(design, workload).metrics
            for name, values in totals.items():
                values[row] = metrics[name]
        return totals | self._times(totals["instructions"]) | {"macs": macs}

    def _straight_totals(self, counts: BatchCounts) -> dict[str, FloatVector]:
        coefficients = self._fitted.forms["straight"]
        return {
            "flash_bytes": counts.quantities @ counts.vector(coefficients.flash_bytes) + counts.table_bytes,
            "ram_bytes": counts.array_bytes + coefficients.frame_bytes,
            "instructions": counts.quantities @ counts.vector(coefficients.instructions),
        }

    def _times(self, instructions: Figure) -> dict[str, Figure]:
        cycles = instructions * self.board.cycles_per_instruction.value
        times = {"cycles": cycles, "latency_s": cycles / (self.board.clock_mhz.value * HZ_PER_MHZ)}
        power = self.board.active_power_mw
        return times if power is None else times | {"energy_uj": times["latency_s"] * power.value * UJ_PER_MJ}

    def _sources(self, coefficients: str) -> tuple[Source, ...]:
        board = self.board
        return (
            Source("coefficients of the code", 1.0, "1", coefficients),
            _source("clock_mhz", "MHz", board.clock_mhz),
            _source("cycles_per_instruction", "1", board.cycles_per_instruction),
            *(
                ()
                if board.active_power_mw is None
                else (_source("active_power_mw", "mW", board.active_power_mw),)
            ),
        )


def _mlp_coefficients(core: str) -> Coefficients | str:
    """The fit of a core for bespoke MLPs, or why there is none."""
    try:
        return load_coefficients(core)
    except HardwareModelError as error:
        return str(error).removeprefix("mcu: ")


def _program_of(design: Design) -> tuple[MlpProgram, Interface] | str:
    """The program and the interface of a design with a price, or why it has none."""
    content = design.content
    if not isinstance(content, Network) or not isinstance(content.body, BespokeMlp):
        return "the mcu model prices bespoke MLPs and tensor networks; other bodies are not calibrated"
    program = mlp_program(content)
    if program.wide:
        return "the mcu model prices sums of up to 32 bits; this network has wider ones"
    return program, content.interface


def _source(name: str, unit: str, fact: Fact) -> Source:
    spread = "" if fact.lowest == fact.highest else f" (between {fact.lowest:g} and {fact.highest:g})"
    return Source(name, fact.value, unit, fact.source + spread)


def _items(counts: CodeCounts, coefficients: FormCoefficients) -> tuple[CostItem, ...]:
    items = [
        CostItem("tables", "flash_bytes", float(counts.table_bytes)),
        CostItem("arrays", "ram_bytes", float(counts.array_bytes)),
        CostItem("frames", "ram_bytes", coefficients.frame_bytes),
    ]
    for part, quantities in counts.parts.items():
        items.append(CostItem(part, "flash_bytes", _amount(quantities, coefficients.flash_bytes)))
        items.append(CostItem(part, "instructions", _amount(quantities, coefficients.instructions)))
    return tuple(items)


def _amount(quantities: Counts, each: Mapping[str, float]) -> float:
    return sum(number * each[name] for name, number in quantities.items())
