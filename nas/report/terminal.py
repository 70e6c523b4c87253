"""The report on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nas.front import FIT_PREFIX
from nas.report.answer import Answer, DesignReport, circuit_summary, designs, stretches
from nas.report.columns import columns
from nas.report.data import FrontPoint, ReportData, WinnerReport
from nas.report.figures import byte_count, count, duration, figure, quantity
from nas.report.shares import family_shares
from nas.report.stages import stage_table

_COLORS = {"good": "green", "partly": "yellow", "bad": "red", "none": "dim"}
_FRONT_ROWS = 12
_STAGE_ROWS = 12
_UNFINISHED = "The run has not ended: winners are chosen, and designs get their names, when it has."


def print_report(report: ReportData, console: Console) -> None:
    """The answer first: winners, what they cost, whether they fit and are proven; then the front."""
    found = designs(report)
    console.print(_head(report))
    for design in found:
        console.print(Padding(_design(design, report), (1, 0, 0, 0), expand=False))
    if not found:
        text = "No design was chosen." if report.search.stop_reason else _UNFINISHED
        console.print(Padding(Text(text, style="yellow"), (1, 0, 0, 0), expand=False))
    for part in (_families(report), *_fronts(report)):
        if part is not None:
            console.print(Padding(part, (1, 0, 0, 0), expand=False))
    for note in (*report.data.warnings, *report.search.notes):
        console.print(Text(f"note: {note}", style="dim"))


def _head(report: ReportData) -> RenderableType:
    data, search = report.data, report.search
    facts = f"{data.origin}: {count(data.n_rows)} rows, {count(data.n_features)} features"
    if data.labels:
        facts += f", {len(data.labels)} classes"
    course = f"{search.algorithm}: {count(search.evaluations)} evaluations in {duration(search.seconds)}"
    if search.rejected:
        course += f", {count(search.rejected)} more rejected by their price"
    ended = [Text(search.stop_reason, style="dim")] if search.stop_reason else []
    return Group(
        Text(report.run.name, style="bold"), Text(facts, style="dim"), Text(course, style="dim"), *ended
    )


def _design(design: DesignReport, report: ReportData) -> RenderableType:
    winner = design.winner
    title = Text.assemble((", ".join(design.roles), "bold"), f"  {winner.id}  ", (winner.design, "dim"))
    parts: list[RenderableType] = [title, _answer(design.fit), _answer(design.proof), _costs(design, report)]
    problems = [proof for proof in winner.proofs if proof.status != "proven"]
    parts += [
        Text(f"  {p.target}: {' '.join(filter(None, (p.first_mismatch, p.detail)))}", style="dim")
        for p in problems
        if p.first_mismatch or p.detail
    ]
    parts += [
        Text(f"  synthesized: {proof.detail}", style="dim")
        for proof in winner.proofs
        if proof.target == "verilog-netlist" and proof.status == "proven" and proof.detail
    ]
    parts += [*_stages(winner), *_supplies(winner)]
    parts += [
        Text.assemble("  ", file.path, (f"  {byte_count(file.n_bytes)}  {file.about}", "dim"))
        for file in winner.files
    ]
    return Group(*parts)


def _answer(answer: Answer) -> Text:
    return Text("  " + answer.text, style=_COLORS[answer.verdict])


def _costs(design: DesignReport, report: ReportData) -> RenderableType:
    winner = design.winner
    limits = {check.metric: check for check in winner.limits}
    apart = [name for name in ("training", "validation", "test") if winner.test or name == "validation"]
    if not any(name.startswith(FIT_PREFIX) for name in winner.metrics):
        apart = [name for name in apart if name != "training"]
    table = _table(("metric", *(apart if winner.test else ["value"]), "limit"))
    for name in _shown(report, (*winner.metrics, *winner.test)):
        check = limits.get(name)
        bound = "" if check is None else f"{'≤' if check.bound == 'max' else '≥'} {figure(check.limit)}"
        style = "" if check is None or check.ok else "red"
        by_rows = {
            "training": winner.metrics.get(FIT_PREFIX + name),
            "validation": winner.metrics.get(name),
            "test": winner.test.get(name),
        }
        _add_row(table, (name, *(_optional(by_rows[rows]) for rows in apart), bound), style=style)
    return Padding(table, (0, 0, 0, 2), expand=False)


def _stages(winner: WinnerReport) -> Iterator[RenderableType]:
    """Where the first metric of each model comes from; several stages are several columns."""
    for cost in winner.costs:
        split = stage_table(cost, max_rows=_STAGE_ROWS)
        if split is None:
            continue
        stages = split.stages if len(split.stages) > 1 else ()
        table = _table((f"{cost.alias}.{split.metric} of", *stages, "total"))
        for row in split.rows:
            amounts = [figure(amount) if amount else "" for amount in row.amounts] if stages else []
            _add_row(table, (row.part, *amounts, figure(row.total)))
        yield Padding(table, (1, 0, 0, 2), expand=False)


def _supplies(winner: WinnerReport) -> Iterator[RenderableType]:
    """Power at each supply, and which batteries give it."""
    for circuit in winner.circuits:
        table = _table(("supply", "leakage", "with switching", *(each.name for each in circuit.batteries)))
        for row in circuit.supplies:
            suffices = ("yes" if each.name in row.batteries else "no" for each in circuit.batteries)
            power = (quantity(row.leakage_mw, "mW"), quantity(row.power_mw, "mW"))
            _add_row(table, (f"{row.supply_v:g} V", *power, *suffices))
        title = f"synthesized for {circuit.alias}: {circuit_summary(circuit)}; the power that it takes:"
        yield Group(Text(f"  {title}", style="dim"), Padding(table, (0, 0, 0, 2), expand=False))


def _optional(value: float | None) -> str:
    return "" if value is None else figure(value)


def _shown(report: ReportData, names: Sequence[str]) -> list[str]:
    """Names of rows, known ones first; figures on training rows have a column, not a row."""
    known = [metric.name for metric in report.metrics]
    own = [name for name in dict.fromkeys(names) if not name.startswith(FIT_PREFIX)]
    return [name for name in known if name in own] + [name for name in own if name not in known]


def _families(report: ReportData) -> RenderableType | None:
    """Which family holds which stretch of the front."""
    shares = family_shares(report)
    if shares is None:
        return None
    table = _table(("family", "designs", "share", f"best {shares.quality.name}"))
    table.add_column(f"holds the front at {shares.cost.name}")
    for each in shares.families:
        cells = (each.family, count(each.n_designs), f"{each.share:.0%}", figure(each.best))
        _add_row(table, (*cells, stretches(each.stretches)))
    return Group(Text("Families on the front", style="bold"), Padding(table, (0, 0, 0, 2), expand=False))


def _fronts(report: ReportData) -> Iterator[RenderableType]:
    if report.front:
        yield _front(report, report.front, "Pareto front")
    if report.front_without_gates:
        yield _front(report, report.front_without_gates, "Without gate-level search")


def _front(report: ReportData, front: Sequence[FrontPoint], name: str) -> RenderableType:
    shown = columns(report.objectives, front)
    table = _table(("id", *(column.title for column in shown)))
    table.add_column("design", style="dim", no_wrap=True, overflow="ellipsis")
    step = max(1, -(-len(front) // _FRONT_ROWS))
    for point in front[::step]:
        design = f"{point.design} (gate level)" if point.gate_level else point.design
        _add_row(table, (point.id, *(_optional(column.of(point)) for column in shown), design))
    title = f"{name}: {count(len(front))} designs"
    if step > 1:
        title += f", every {_ordinal(step)} shown (--json has all)"
    return Group(Text(title, style="bold"), Padding(table, (0, 0, 0, 2), expand=False))


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    table.add_column(columns[0])
    for name in columns[1:]:
        table.add_column(name, justify="right")
    return table


def _add_row(table: Table, cells: Sequence[str], *, style: str = "") -> None:
    # As Text, since names from a spec may hold what rich would take for markup.
    table.add_row(*(Text(cell) for cell in cells), style=style)
