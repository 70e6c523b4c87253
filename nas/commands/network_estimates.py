"""estimate model.tflite, estimate network.json: what a network costs on a microcontroller, layer by layer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import typer

from codegen.ir import Design, FormObjective, Network, Schedule, TensorNet
from codegen.ir.passes import simplify
from codegen.ir.serialize import TAGS, read_network
from codegen.plan import Moment, least_memory_schedule
from codegen.tflite import read_tflite
from hwmodels.mcu import McuModel
from hwmodels.mcu.tensor import TensorCost
from hwmodels.model import Cost, Workload
from nas.commands.output import JsonLike, print_json
from nas.report.as_json import plain_json
from nas.report.figures import count, quantity

SUFFIXES = (".tflite", ".json")
TAGS_BY_NAME = {kind.__name__: tag for kind, tag in TAGS.items()}
HELD = "outputs of layers and scratch, first byte + bytes"
LEFT = ("layer", "kernel", HELD)
"""Headings of columns of words."""
Rows = Sequence[tuple[str, ...]]


def estimate_network(path: Path, *, board: str, objective: FormObjective = "balanced", json: bool) -> None:
    """Flash, RAM, instructions, latency and energy on a board; of a tensor network each layer and the memory
    over time, in the order of operators that needs the fewest bytes.

    A .tflite file is imported as `silkscreen import` does it. Raises HardwareModelError for what has none.
    """
    model = McuModel(board)
    design = _design(path, model, objective)
    cost = model.price(design, Workload())
    found = model.tensor_cost(design) if _is_tensors(design) else None
    layers = found if isinstance(found, TensorCost) else None
    if json:
        print_json(_document(path, model, cost, layers))
        return
    for line in _lines(path, model, cost, layers):
        typer.echo(line)


def _design(path: Path, model: McuModel, objective: FormObjective) -> Design:
    network = read_tflite(path) if path.suffix == ".tflite" else read_network(path)
    if not isinstance(network.body, TensorNet):
        return Design(network, Schedule(objective=objective))
    if path.suffix == ".tflite":
        network = replace(network, body=simplify(network.body))
    assert isinstance(network.body, TensorNet)
    schedule = least_memory_schedule(network.body.graph, Schedule(objective=objective), model.board.core)
    return Design(network, schedule)


def _is_tensors(design: Design) -> bool:
    return isinstance(design.content, Network) and isinstance(design.content.body, TensorNet)


def _lines(path: Path, model: McuModel, cost: Cost, layers: TensorCost | None) -> Iterator[str]:
    board, figures = model.board, cost.metrics
    yield f"{path} on {board.title}, {board.core.name} at {board.clock_mhz.value:g} MHz"
    yield f"  flash         {_of(figures['flash_bytes'], board.flash_bytes.value)}{_flash_parts(layers)}"
    yield f"  ram           {_of(figures['ram_bytes'], board.ram_bytes.value)}{_ram_parts(layers)}"
    yield f"  MACs          {count(round(figures['macs']))}"
    yield f"  instructions  {count(round(figures['instructions']))}"
    cycles, power = board.cycles_per_instruction, board.active_power_mw
    fastest, slowest = (_seconds(model, cost, each) for each in (cycles.lowest, cycles.highest))
    span = _span(quantity(fastest, "s"), quantity(slowest, "s"))
    yield f"  latency       {quantity(figures['latency_s'], 's')}{span}"
    if power is None:
        yield f"  energy        unknown: {model.withheld['energy_uj']}"
    else:
        ends = quantity(fastest * power.lowest * 1e3, "uJ"), quantity(slowest * power.highest * 1e3, "uJ")
        yield f"  energy        {quantity(figures['energy_uj'], 'uJ')}{_span(*ends)}"
    if layers is not None:
        yield from _table(_layer_rows(layers))
        yield from _memory_lines(layers)


def _seconds(model: McuModel, cost: Cost, cycles_per_instruction: float) -> float:
    return cost.metrics["instructions"] * cycles_per_instruction / (model.board.clock_mhz.value * 1e6)


def _span(lowest: str, highest: str) -> str:
    return "" if lowest == highest else f", between {lowest} and {highest}"


def _of(n_bytes: float, most: float) -> str:
    over = "" if n_bytes <= most else ", MORE THAN THERE IS"
    return f"{count(round(n_bytes))} bytes of {count(round(most))}{over}"


def _flash_parts(layers: TensorCost | None) -> str:
    if layers is None:
        return ""
    constants = sum(one.constant_bytes for one in layers.layers)
    kernels = round(sum(one.code_bytes for one in layers.layers))
    rest = round(layers.module_bytes + layers.library_bytes)
    return f": {count(constants)} constants, {count(kernels)} kernels, {count(rest)} module and library"


def _ram_parts(layers: TensorCost | None) -> str:
    if layers is None:
        return ""
    return f": {count(layers.arena_bytes)} arena, {count(round(layers.stack_bytes))} stack"


def _layer_rows(cost: TensorCost) -> Rows:
    rows = [("", "layer", "kernel", "MACs", "instructions", "share", "flash")]
    for one in cost.layers:
        share = f"{one.instructions / cost.instructions:.1%}"
        figures = (count(round(one.instructions)), share, count(round(one.flash_bytes)))
        rows.append((str(one.operator), TAGS_BY_NAME[one.kind], one.kernel, count(one.macs), *figures))
    return rows


def _table(rows: Rows) -> Iterator[str]:
    """Names to the left, figures to the right; the first row has the headings."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            f"{cell:<{width}}" if heading in LEFT else f"{cell:>{width}}"
            for heading, cell, width in zip(rows[0], row, widths, strict=True)
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _memory_lines(cost: TensorCost) -> Iterator[str]:
    plan = cost.plan
    least = (
        "the least there is" if plan.is_optimal else f"at least {count(plan.lower_bound_bytes)} are needed"
    )
    yield f"  memory over time, arena of {count(plan.arena_bytes)} bytes, {least} in this order"
    writers = {layer.name: layer.operator for layer in cost.layers}
    rows = [_moment_row(one, writers) for one in cost.timeline]
    yield from _table([("", "layer", "bytes", "", HELD), *rows])


def _moment_row(moment: Moment, writers: Mapping[str, int]) -> tuple[str, ...]:
    """Tensors go by the number of the layer that writes them; their names in models are long."""
    held = ", ".join(
        f"{writers.get(one.label, one.label)}: {count(one.offset_bytes)} + {count(one.n_bytes)}"
        for one in moment.holdings
    )
    peak = "peak" if moment.is_peak else ""
    return str(moment.operator), TAGS_BY_NAME[moment.kind], count(moment.live_bytes), peak, held


def _document(path: Path, model: McuModel, cost: Cost, layers: TensorCost | None) -> dict[str, JsonLike]:
    document: dict[str, JsonLike] = {
        "file": str(path),
        "board": model.board.name,
        "core": model.board.core.name,
        "metrics": dict(cost.metrics),
        "sources": [plain_json(asdict(source)) for source in cost.sources],
    }
    if layers is None:
        return document | {"items": [plain_json(asdict(item)) for item in cost.items]}
    return document | {
        "layers": [plain_json(asdict(layer)) for layer in layers.layers],
        "module_bytes": layers.module_bytes,
        "library_bytes": layers.library_bytes,
        "arena_bytes": layers.arena_bytes,
        "stack_bytes": layers.stack_bytes,
        "peak_step": layers.plan.peak_step,
        "timeline": [plain_json(asdict(moment)) for moment in layers.timeline],
    }
