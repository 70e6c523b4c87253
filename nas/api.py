"""The public Python interface: what the commands do, as functions. See `nas` for the list."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from signal import SIGINT, default_int_handler, signal
from threading import current_thread, main_thread

from codegen.artifact import Proof
from codegen.ir import Network, Schedule
from codegen.ir.serialize import content_hash
from codegen.synthesis import SynthesisError
from codegen.toolchain import ToolError
from nas.archive import FORMAT_VERSION, Archive, RunHeader
from nas.circuits import synthesized_circuits
from nas.energy import power_meter
from nas.errors import RunError
from nas.finish import Finalist, final_front, finalists_of, read_test_part, schedule_in, without_gates
from nas.handover import EmitOptions, Export, check_proofs, data_vectors, export_network, verify_folder
from nas.loop import drive
from nas.mirror import MirroredStudy
from nas.mirror import mirror as mirror_run
from nas.problem import Problem, board_models, build_problem, library_of, make_goals
from nas.proxies import proxy_facts
from nas.records import Event, Winner
from nas.refining import measure_goals, measure_shown
from nas.report.as_json import render_json
from nas.report.data import EmittedFile, ReportData, SynthesizedCircuit
from nas.report.page import render_page
from nas.report.progress import ProgressFacts
from nas.report.read import read_report
from nas.run_report import data_event_facts, final_report, live_report
from nas.spec import Spec
from nas.specfile import parse_saved_spec, read_spec, spec_text
from nas.stage import Sitting
from nas.winner_report import HandedOver, ProvenWinner
from nas.winners import choose

ShowProgress = Callable[[ProgressFacts], None]
REPORT_JSON = "report.json"
REPORT_PAGE = "report.html"
WINNERS = "winners"
WITHOUT_GATES = "_without_gates"
"""Ends the name of a role whose design is chosen among all but the gate-level ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run folder as it is now.

    report: final, with winners and proofs, where `finished`; else the front so far.
    """

    folder: Path
    spec: Spec = field(repr=False)
    report: ReportData = field(repr=False)
    finished: bool

    def network(self, id: str) -> Network:
        """The network of a hash, or of its first digits. Raises ArchiveError."""
        with Archive.open(self.folder, writable=False) as archive:
            return archive.network(id)


def run(
    spec: Spec | Path | str,
    folder: Path | str | None = None,
    *,
    allow_code: bool = False,
    require_proof: bool = False,
    progress: ShowProgress | None = None,
) -> Run:
    """Searches, exports and proves the winners, and reports.

    folder: a new one; by default runs/NAME, or runs/NAME-2 and so on below the working folder.
    Raises SpecError, DataError, PluginError, HardwareModelError, RunError, ArchiveError, and
    RunInterrupted after a Ctrl-C, with the folder ready for `resume`.
    """
    if not isinstance(spec, Spec):
        spec = read_spec(spec)
    problem = build_problem(spec, allow_code=allow_code)
    folder = Path(folder) if folder else next_folder(spec.name)
    header = RunHeader(
        format_version=FORMAT_VERSION,
        spec_text=spec_text(spec),
        data_fingerprint=problem.dataset.fingerprint,
        seed=spec.seed,
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    with Archive.create(folder, header) as archive:
        facts = {"base": str(spec.base)} | data_event_facts(problem.dataset) | proxy_facts(problem.proxies)
        archive.append(Event("start", "", 0.0, facts))
        return _carry_on(problem, archive, require_proof=require_proof, progress=progress)


def resume(
    folder: Path | str,
    *,
    allow_code: bool = False,
    require_proof: bool = False,
    progress: ShowProgress | None = None,
) -> Run:
    """Goes on with a run that was interrupted or killed; a finished one is given back as it is.

    Raises what `run` raises, and RunError where the data is not what it was.
    """
    folder = Path(folder)
    with Archive.open(folder, writable=True) as archive:
        spec = _spec_of(archive)
        if _is_finished(archive):
            finished = load_run(folder)
            _check_winners(folder, finished.report, require_proof=require_proof)
            return finished
        _check_format(archive)
        problem = build_problem(spec, allow_code=allow_code)
        _check_data(problem, archive)
        _note_versions(archive)
        archive.append(Event("resume", "", 0.0, {}))
        return _carry_on(problem, archive, require_proof=require_proof, progress=progress)


def load_run(folder: Path | str) -> Run:
    """A run folder, read only, also while the run goes on. Imports no code that its spec names."""
    folder = Path(folder)
    with Archive.open(folder, writable=False) as archive:
        spec = _spec_of(archive)
        finished = _is_finished(archive)
        if finished:
            report = read_report(folder / REPORT_JSON)
        else:
            report = live_report(spec, make_goals(spec, {}), archive)
        return Run(folder, spec, report, finished)


def mirror(folder: Path | str, storage: str) -> tuple[MirroredStudy, ...]:
    """Writes a run, also one that goes on, to an Optuna storage; what is there already stays.

    storage: such as "sqlite:///runs.db". Raises ArchiveError and RunError.
    """
    with Archive.open(Path(folder), writable=False) as archive:
        return mirror_run(_spec_of(archive), archive, storage)


def export(
    run: Run,
    winner: str,
    out: Path | str,
    *,
    require_proof: bool = False,
    allow_code: bool = False,
) -> Export:
    """Emits and proves a design of a run into a folder.

    winner: a role such as "knee", or the id of a design of the front. Raises RunError for another
    name, for a mismatch and, with `require_proof`, for a proof that could not be made.
    """
    if not run.finished:
        raise RunError(
            f"{run.folder}: the run has not finished; go on with it: silkscreen resume {run.folder}"
        )
    by_role = {each.role: each.id for each in run.report.winners}
    ids = {point.id for point in (*run.report.front, *run.report.front_without_gates)}
    if winner not in by_role and winner not in ids:
        known = ", ".join([*by_role, *sorted(ids)]) or "none: nothing was found"
        raise RunError(f"{run.folder}: no design is called {winner!r}; there are {known}")
    network = run.network(by_role.get(winner, winner))
    problem = build_problem(run.spec, allow_code=allow_code)
    with Archive.open(run.folder, writable=False) as archive:
        _check_data(problem, archive)
        schedule = schedule_in(problem, archive, content_hash(network))
    written = export_network(
        network,
        data_vectors(problem.dataset, network),
        Path(out),
        options=_emit_options(problem, schedule),
        seed=run.spec.seed,
    )
    check_proofs(written, require_proof=require_proof)
    return written


def verify(folder: Path | str) -> tuple[Proof, ...]:
    """Proves an export again, from the files in its folder as they are now. Raises RunError."""
    return verify_folder(Path(folder))


def _carry_on(
    problem: Problem, archive: Archive, *, require_proof: bool, progress: ShowProgress | None
) -> Run:
    show = progress or (lambda facts: None)
    with _interruptible() as interrupted:
        sitting = Sitting(archive, show, interrupted, power_meter(problem.spec.search))
        _note_power(sitting)
        drive(problem, sitting)
        data = _finish(problem, sitting, require_proof=require_proof)
    return Run(archive.folder, problem.spec, data, finished=True)


def _note_power(sitting: Sitting) -> None:
    """Says where joules come from, once for all sittings that count them alike."""
    if sitting.meter is not None:
        text = f"energy is counted {sitting.meter.source}"
        if text not in [event.text for event in sitting.archive.events()]:
            sitting.archive.append(Event("note", text, 0.0, {}))


def _finish(problem: Problem, sitting: Sitting, *, require_proof: bool) -> ReportData:
    """Front, winners, exports, proofs and report of a run whose stages have ended."""
    archive = sitting.archive
    sitting.show(ProgressFacts(phase="choosing", detail="the front, by validation figures"))
    finalists = measure_goals(problem, finalists_of(problem, problem.stages, archive), sitting)
    front = measure_shown(problem, final_front(finalists, problem.goals), sitting)
    plain = measure_shown(problem, without_gates(front, finalists, problem.goals), sitting)
    for finalist in (*front, *plain):
        archive.put_network(finalist.network)
    handed: dict[str, HandedOver] = {}
    winners = []
    _note_empty_front(front, finalists, archive)
    for winner, finalist, confusion in read_test_part(problem, _winners(problem, front, plain)):
        sitting.check()
        if finalist.entry.id not in handed:
            handed[finalist.entry.id] = _hand_over(problem, winner, finalist, sitting)
        winners.append(ProvenWinner(winner, finalist, confusion, handed[finalist.entry.id]))
    data = final_report(problem, archive, front, plain, winners)
    _write_report(archive, data)
    _check_winners(archive.folder, data, require_proof=require_proof)
    return data


def _winners(
    problem: Problem, front: Sequence[Finalist], plain: Sequence[Finalist]
) -> list[tuple[str, Finalist]]:
    """A design for each role; where gate-level ones are among them, also the best of all others."""
    roles = problem.spec.emit.winners
    others = choose(plain, problem.goals, roles)
    return [
        *choose(front, problem.goals, roles),
        *((f"{role}{WITHOUT_GATES}", finalist) for role, finalist in others),
    ]


def _note_empty_front(front: Sequence[Finalist], finalists: Sequence[Finalist], archive: Archive) -> None:
    found_by_fit = any(len(block.rows) for block in archive.blocks())
    if not front and (finalists or found_by_fit):
        text = (
            "designs keep all limits on the rows they were fitted on, but none by its validation figures; "
            "search longer, or loosen the limit on accuracy"
        )
        archive.append(Event("note", text, 0.0, {}))


def _hand_over(problem: Problem, winner: Winner, finalist: Finalist, sitting: Sitting) -> HandedOver:
    """Exports a winner below the run folder, with its proofs; a mismatch is reported, not raised, here."""
    root = sitting.archive.folder
    export = export_network(
        finalist.network,
        data_vectors(problem.dataset, finalist.network),
        root / WINNERS / winner.role,
        options=_emit_options(problem, finalist.schedule),
        seed=problem.spec.seed,
        note=lambda text: sitting.show(ProgressFacts(phase="proving", detail=text)),
    )
    files = tuple(
        EmittedFile(path.relative_to(root).as_posix(), path.stat().st_size) for path in export.files
    )
    return HandedOver(files, export.proofs, _circuits(problem, finalist, sitting))


def _circuits(problem: Problem, finalist: Finalist, sitting: Sitting) -> tuple[SynthesizedCircuit, ...]:
    sitting.show(ProgressFacts(phase="synthesizing", detail="for the power at every supply"))
    try:
        return synthesized_circuits(problem, finalist)
    except (ToolError, SynthesisError) as error:
        text = f"the power by supply is left out, since synthesis failed: {error}"
        sitting.archive.append(Event("note", text, 0.0, {}))
        return ()


def _check_winners(folder: Path, data: ReportData, *, require_proof: bool) -> None:
    for winner in data.winners:
        place = folder / WINNERS / winner.role
        check_proofs(Export(place, (), winner.proofs), require_proof=require_proof)


def _write_report(archive: Archive, data: ReportData) -> None:
    """The report is whole before the record that says that the run has finished."""
    for name, text in ((REPORT_PAGE, render_page(data)), (REPORT_JSON, render_json(data))):
        part = archive.folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(archive.folder / name)
    archive.append(Event("finish", "", 0.0, {}))


def _emit_options(problem: Problem, schedule: Schedule) -> EmitOptions:
    """schedule: of a tensor network."""
    spec, emit = problem.spec, problem.spec.emit
    models = board_models(problem)
    return EmitOptions(
        name=spec.name,
        verilog_style=emit.verilog.style if emit.verilog else None,
        c_layout=emit.c.layout if emit.c else None,
        library=library_of(problem),
        models=models,
        objective=models[0].objective if models else "balanced",
        patches=schedule.patches,
    )


def _spec_of(archive: Archive) -> Spec:
    where = f"{archive.folder}: the spec of the run"
    starts = [event for event in archive.events() if event.kind == "start"]
    base = Path(str(starts[0].facts["base"])) if starts else Path()
    return parse_saved_spec(archive.header.spec_text, name=where, base=base)


def _check_format(archive: Archive) -> None:
    """A run goes on in its own format only: older records lack what later stages need."""
    version, writer = archive.header.format_version, archive.header.versions.get("silkscreen", "unknown")
    if version < FORMAT_VERSION:
        raise RunError(
            f"{archive.folder}: the run is in format {version}, but this silkscreen goes on with format "
            f"{FORMAT_VERSION} only; resume it with silkscreen {writer}, which wrote it, or start a new run"
        )


def _check_data(problem: Problem, archive: Archive) -> None:
    found, expected = problem.dataset.fingerprint, archive.header.data_fingerprint
    if found != expected:
        raise RunError(
            f"{archive.folder}: the data must be what the run began with (fingerprint {expected[:12]}), "
            f"but it is {found[:12]}; bring the data back, or start a new run"
        )


def _note_versions(archive: Archive) -> None:
    """Other versions may search otherwise; the report says so."""
    before, now = archive.header.versions, _versions()
    changed = [f"{name} {before.get(name)} -> {now[name]}" for name in now if before.get(name) != now[name]]
    if changed:
        text = f"resumed with other versions, which may change the front: {', '.join(changed)}"
        archive.append(Event("note", text, 0.0, {}))


def _is_finished(archive: Archive) -> bool:
    done = any(event.kind == "finish" for event in archive.events())
    return done and (archive.folder / REPORT_JSON).is_file()


def next_folder(name: str, runs: Path = Path("runs")) -> Path:
    """runs/NAME, or the first of runs/NAME-2, runs/NAME-3, ... that is free."""
    stem = name.replace(" ", "_")
    folder, number = runs / stem, 2
    while folder.exists():
        folder, number = runs / f"{stem}-{number}", number + 1
    return folder


def _versions() -> dict[str, str]:
    packages = ("silkscreen", "numpy", "numba", "torch", "optuna", "pymoo", "scikit-learn")
    return {package: version(package) for package in packages}


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks for a clean stop; a second one stops at once. Only in the main thread."""
    asked = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        signal(SIGINT, default_int_handler)

    if current_thread() is not main_thread():
        yield lambda: False
        return
    before = signal(SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal(SIGINT, before)
