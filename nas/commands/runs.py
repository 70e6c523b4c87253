"""run, resume, status and report: a run folder from its beginning to its report."""

import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import typer

from nas import api
from nas.archive import lock_holder
from nas.commands.failures import INTERRUPTED, NOT_GOOD
from nas.commands.output import print_json, print_remark, remark_console, result_console
from nas.report.as_json import render_json
from nas.report.data import ReportData
from nas.report.figures import count, duration, figure
from nas.report.page import render_page
from nas.report.progress import Progress, ProgressFacts
from nas.report.terminal import print_report
from nas.specfile import read_spec
from nas.stage import RunInterrupted

FOLLOW_SECONDS = 5.0

RunState: TypeAlias = Literal["running", "interrupted", "finished"]


def start_run(
    path: Path,
    folder: Path | None,
    overrides: Sequence[str],
    *,
    allow_code: bool,
    require_proof: bool,
    json: bool,
) -> None:
    """Runs a spec to its report, which goes to standard output."""
    spec = read_spec(path, overrides)
    folder = folder or api.next_folder(spec.name)
    with _watched(folder) as show:
        run = api.run(spec, folder, allow_code=allow_code, require_proof=require_proof, progress=show)
    _print_result(run, json=json)


def resume_run(folder: Path, *, allow_code: bool, require_proof: bool, json: bool) -> None:
    """Goes on with a run to its report."""
    with _watched(folder) as show:
        run = api.resume(folder, allow_code=allow_code, require_proof=require_proof, progress=show)
    _print_result(run, json=json)


@contextmanager
def _watched(folder: Path) -> Iterator[Callable[[ProgressFacts], None]]:
    """Shows progress; after a Ctrl-C tells how to go on and ends with exit code 130."""
    try:
        with Progress(remark_console()) as progress:
            yield progress.update
    except (RunInterrupted, KeyboardInterrupt):
        print_remark(f"Interrupted. Go on with: silkscreen resume {shlex.quote(str(folder))}")
        raise typer.Exit(INTERRUPTED) from None


def _print_result(run: api.Run, *, json: bool) -> None:
    if json:
        typer.echo(render_json(run.report))
    else:
        print_report(run.report, result_console())
        typer.echo(f"\nReport: {run.folder / api.REPORT_PAGE}")
    if not run.report.winners:
        raise typer.Exit(NOT_GOOD)


def mirror_run(folder: Path, storage: str, *, follow: bool) -> None:
    """Copies a run to a storage, and with `follow` what it adds, until nobody writes to it any more."""
    goes_on = True
    while goes_on:
        goes_on = follow and lock_holder(folder) is not None
        studies = api.mirror(folder, storage)
        if goes_on:
            time.sleep(FOLLOW_SECONDS)
    for study in studies:
        typer.echo(f"{study.name}: {count(study.total)} trials, {count(study.added)} of them new")


def show_report(folder: Path, *, json: bool, html: Path | None) -> None:
    """The report as tables, as JSON, or as a page in a file."""
    report = api.load_run(folder).report
    if html is not None:
        _write(html, render_page(report))
        print_remark(f"{html} is written")
    if json:
        typer.echo(render_json(report))
    elif html is None:
        print_report(report, result_console())


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def show_status(folder: Path, *, json: bool) -> None:
    """How far the run is, and what to do next."""
    run = api.load_run(folder)
    pid = None if run.finished else lock_holder(folder)
    state: RunState = "finished" if run.finished else "interrupted" if pid is None else "running"
    if json:
        print_json({"state": state, "pid": pid, **status_facts(run.report)})
        return
    for line in _status_lines(run.report, folder, state, pid):
        typer.echo(line)


def status_facts(report: ReportData) -> dict[str, str | int | float | dict[str, float | None]]:
    """The counters of a run and its best figures so far, by objective; None while there is none."""
    return {
        "name": report.run.name,
        "evaluations": report.search.evaluations,
        "rejected": report.search.rejected,
        "seconds": report.search.seconds,
        "front": len(report.front),
        "best": {metric.name: _best(report, metric.name, metric.direction) for metric in report.objectives},
    }


def _best(report: ReportData, name: str, direction: str) -> float | None:
    values = [point.metrics[name] for point in report.front if name in point.metrics]
    if not values:
        return None
    return min(values) if direction == "min" else max(values)


def _status_lines(report: ReportData, folder: Path, state: RunState, pid: int | None) -> Iterator[str]:
    search = report.search
    process = f" as process {pid}" if pid else ""
    yield f"{report.run.name}: {state}{process}"
    rejected = f", {count(search.rejected)} rejected by their price" if search.rejected else ""
    yield f"{count(search.evaluations)} evaluations in {duration(search.seconds)}{rejected}"
    yield f"{count(len(report.front))} designs on the front"
    for metric in report.objectives:
        best = _best(report, metric.name, metric.direction)
        if best is not None:
            yield f"best {metric.name}: {figure(best)}"
    yield from (f"note: {note}" for note in search.notes)
    quoted = shlex.quote(str(folder))
    if state == "interrupted":
        yield f"Go on with: silkscreen resume {quoted}"
    elif state == "finished":
        yield f"Result: silkscreen report {quoted}"
