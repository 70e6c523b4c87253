"""The report on a terminal."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nas.report.answer import Answer, DesignReport, designs
from nas.report.data import ReportData
from nas.report.figures import byte_count, count, duration, figure

_COLORS = {"good": "green", "partly": "yellow", "bad": "red", "none": "dim"}
_FRONT_ROWS = 12
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
    if report.front:
        console.print(Padding(_front(report), (1, 0, 0, 0), expand=False))
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
    table = _table(("metric", "validation", "test", "limit") if winner.test else ("metric", "value", "limit"))
    for name in _shown(report, (*winner.metrics, *winner.test)):
        check = limits.get(name)
        bound = "" if check is None else f"{'≤' if check.bound == 'max' else '≥'} {figure(check.limit)}"
        style = "" if check is None or check.ok else "red"
        cells = [_optional(winner.metrics.get(name))]
        cells += [_optional(winner.test.get(name))] if winner.test else []
        _add_row(table, (name, *cells, bound), style=style)
    return Padding(table, (0, 0, 0, 2), expand=False)


def _optional(value: float | None) -> str:
    return "" if value is None else figure(value)


def _shown(report: ReportData, names: Sequence[str]) -> list[str]:
    known = [metric.name for metric in report.metrics]
    return [name for name in known if name in names] + [
        name for name in dict.fromkeys(names) if name not in known
    ]


def _front(report: ReportData) -> RenderableType:
    names = [metric.name for metric in report.metrics if metric.objective]
    table = _table(("id", *names))
    table.add_column("design", style="dim", no_wrap=True, overflow="ellipsis")
    step = max(1, -(-len(report.front) // _FRONT_ROWS))
    for point in report.front[::step]:
        figures = (_optional(point.metrics.get(name)) for name in names)
        _add_row(table, (point.id, *figures, point.design))
    title = f"Pareto front: {count(len(report.front))} designs"
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
