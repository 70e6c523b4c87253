"""estimate: what a search would cost before it runs, or what someone's own circuit costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from codegen.cells import load_cells
from codegen.synthesis import Port, VerilogPrice, price_verilog
from hwmodels.printed.batteries import sufficient_batteries
from nas.commands.output import print_json
from nas.forecast import Estimate, StageEstimate, estimate
from nas.report.as_json import plain_json
from nas.report.figures import count, duration, figure, quantity
from nas.specfile import read_spec

INFERENCES_PER_S = 5.0
"""The rate at which the batteries of a circuit are told; the printed model's default."""


def estimate_spec(path: Path, overrides: Sequence[str], *, allow_code: bool, json: bool) -> None:
    """The size of the space, the range of prices, and how long the search takes."""
    found = estimate(read_spec(path, overrides), allow_code=allow_code)
    if json:
        print_json(plain_json(asdict(found)))
        return
    for line in _lines(found):
        typer.echo(line)


def _lines(found: Estimate) -> Iterator[str]:
    yield f"{found.name}: {count(found.n_train)} training and {count(found.n_test)} test rows, " + (
        f"{count(found.n_features)} features"
    )
    for stage in found.stages:
        yield ""
        yield from _stage_lines(stage)


def _stage_lines(stage: StageEstimate) -> Iterator[str]:
    if stage.limited_by == "jobs":
        known = f"about {duration(stage.seconds)}{_by_workers(stage)}"
        when = known if stage.seconds >= 0 else "its time is known when it runs"
        yield f"{stage.name}: annealed, one design for each price and start; {when}"
        return
    yield f"{stage.name}: {_designs(stage)}, {count(stage.n_variables)} variables"
    rate = stage.evaluations_per_second
    often = rate >= 2
    pace = f"{count(round(rate))} evaluations a second" if often else f"{duration(1 / rate)} an evaluation"
    yield f"  {stage.algorithm}, about {pace}"
    until = f"until the budget of {stage.limited_by} is spent"
    yield f"  about {duration(stage.seconds)}{_by_workers(stage)}, {until}"
    share = f"{stage.feasible_share:.0%}"
    yield f"  {share} of {count(stage.n_samples)} sampled designs keep the limits that are free to check"
    width = max((len(name) for name in stage.prices), default=0)
    for name, spread in stage.prices.items():
        low, mid, high = figure(spread.lowest), figure(spread.median), figure(spread.highest)
        yield f"  {name:<{width}}  {low} to {high}, median {mid}"


def _by_workers(stage: StageEstimate) -> str:
    return f" by {count(stage.n_workers)} workers" if stage.n_workers > 1 else ""


def _designs(stage: StageEstimate) -> str:
    if stage.log10_designs < 6:
        return f"{count(round(10**stage.log10_designs))} designs"
    if stage.log10_designs == float("inf"):
        return "a continuous space"
    return f"about 10^{stage.log10_designs:.0f} designs"


def estimate_circuit(path: Path, *, cells: str, supply_v: float | None, top: str | None, json: bool) -> None:
    """Area, power and delay of a combinational Verilog circuit, and what can feed it."""
    library = load_cells(cells)
    price = price_verilog(path, library, supply_v, top=top)
    total_mw = {
        supply_v: power_mw * (1 + library.switching.share_at(INFERENCES_PER_S))
        for supply_v, power_mw in price.power_by_supply.items()
    }
    if json:
        batteries = {str(supply_v): _fed_by(power_mw) for supply_v, power_mw in total_mw.items()}
        print_json(plain_json({**asdict(price), "batteries_by_supply": batteries}))
        return
    for line in _circuit_lines(path, price, total_mw):
        typer.echo(line)


def _circuit_lines(path: Path, price: VerilogPrice, total_mw: Mapping[float, float]) -> Iterator[str]:
    supply = f"{price.supply_v:g} V"
    yield f"{path}: {_ports(price.inputs)} in, {_ports(price.outputs)} out"
    yield f"  area   {quantity(price.area_cm2, 'cm2')}"
    yield f"  power  {quantity(price.power_mw, 'mW')} static at {supply}, mean over {price.samples}"
    yield f"  delay  {quantity(price.latency_s, 's')} at {supply}, longest path"
    counts = sorted(price.cell_counts.items(), key=lambda pair: (-pair[1], pair[0]))
    yield "  cells  " + ", ".join(f"{count(number)} {name}" for name, number in counts)
    yield f"  mapped by {price.tool}, {price.recipe}"
    yield f"  by supply: static power, with switching at {INFERENCES_PER_S:g} inferences a second, batteries"
    for supply_v, static_mw in price.power_by_supply.items():
        both = f"{quantity(static_mw, 'mW')}, {quantity(total_mw[supply_v], 'mW')}"
        yield f"    {supply_v:g} V  {both}, {', '.join(_fed_by(total_mw[supply_v])) or 'none gives as much'}"


def _fed_by(power_mw: float) -> list[str]:
    return [battery.name for battery in sufficient_batteries(power_mw)]


def _ports(ports: Sequence[Port]) -> str:
    return f"{count(sum(port.width for port in ports))} bits"
