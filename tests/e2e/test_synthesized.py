"""Goals on figures after synthesis: searched by proxies, chosen by the figures themselves."""

import json
from pathlib import Path

import pytest

import nas
from codegen.cells import load_cells
from codegen.synthesis import cache, synthesize_cached
from codegen.toolchain import ToolError
from hwmodels.model import RefineError
from hwmodels.printed import model as printed_model
from nas import refining
from nas.api import Run
from nas.archive import Archive
from nas.errors import RunError
from nas.finish import finalists_of
from nas.problem import build_problem
from nas.report.progress import ProgressFacts
from nas.specfile import read_spec
from nas.stage import RunInterrupted, Sitting
from tests.e2e.specs import GENES, write_spec

AREA, PROXY = "egfet.synthesized_area_cm2", "egfet.area_cm2"
SPEC = (
    GENES.replace("evaluations: 20000", "evaluations: 4000")
    .replace("  mcu: {model: mcu, board: stm32f103}\n", "")
    .replace("emit: {", "emit: {verilog: {style: cells}, ")
)
BY_AREA = SPEC.replace("egfet.area_cm2", AREA).replace("egfet.power_mw: {max: 30}", f"{AREA}: {{max: 0.4}}")
FAMILIES = BY_AREA.replace(
    "space:\n", "space:\n  - decision_tree: {leaves: 2..6, prices: [2, 0.5], moves: 2000}\n"
)


@pytest.fixture(scope="module", autouse=True)
def _needs_abc(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("requires_tool")("berkeley-abc", "yosys")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("synthesized")
    return nas.run(write_spec(folder, FAMILIES), folder / "run")


def test_the_front_is_of_figures_after_synthesis(run: Run) -> None:
    points = [(point.metrics["accuracy"], point.metrics[AREA]) for point in run.report.front]
    assert len(points) > 1
    assert points == sorted(points, reverse=True)  # both fall along a front
    assert all(area <= 0.4 for _, area in points)
    for point in run.report.front:
        made = synthesize_cached(run.network(point.id), load_cells("egfet"))
        assert point.metrics[AREA] == pytest.approx(made.area_cm2)


def test_genes_were_driven_by_the_proxy_and_trees_priced_at_once(run: Run) -> None:
    with Archive.open(run.folder, writable=False) as archive:
        (names,) = {frozenset(block.metrics) for block in archive.blocks() if len(block.rows)}
        assert PROXY in names
        assert AREA not in names
        trees = list(archive.evaluations())
    assert trees
    assert all(AREA in tree.metrics for tree in trees)
    assert PROXY in run.report.convergence.best


def test_winners_show_all_figures_with_shares_that_add_up(run: Run) -> None:
    for winner in run.report.winners:
        (cost,) = winner.costs
        assert {"synthesized_area_cm2", "synthesized_power_mw", "synthesized_latency_s"} <= set(cost.metrics)
        for name in ("synthesized_area_cm2", "area_cm2"):
            shares = sum(item.amount for item in cost.items if item.metric == name)
            assert shares == pytest.approx(cost.metrics[name])
        assert [check.ok for check in winner.limits] == [True]


def test_a_run_that_was_finished_is_finished_again_without_synthesis(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("synthesized again")

    (run.folder / "report.json").unlink()
    cache._cache_in.cache_clear()
    monkeypatch.setattr(cache, "synthesize_network", refuse)
    again = nas.resume(run.folder)
    assert again.report.front == run.report.front
    assert again.report.search.notes[: len(run.report.search.notes)] == run.report.search.notes


def test_a_run_that_goes_on_is_reported_by_its_proxies(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    spec = read_spec(write_spec(tmp_path, BY_AREA))

    def stop(facts: ProgressFacts) -> None:
        if facts.phase == "measuring":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nas.run(spec, folder, progress=stop)
    live = nas.load_run(folder).report
    assert [metric.name for metric in live.metrics] == ["accuracy", PROXY]
    assert live.front
    assert nas.resume(folder).report.front


def test_figures_that_no_goal_names_are_shown_of_winners_and_along_the_front(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refining, "MAX_SHOWN", 1)
    run = nas.run(write_spec(tmp_path, SPEC.replace(", best_accuracy]", "]")), tmp_path / "run")
    shown = [point.id for point in run.report.front if AREA in point.metrics]
    front = [point.id for point in run.report.front]
    winners = {winner.id for winner in run.report.winners}
    assert set(shown) == winners | {front[0]}
    assert len(shown) < len(front)
    (note,) = (note for note in run.report.search.notes if "measured on" in note)
    assert note.endswith(f"measured on {len(shown)} of the {len(front)} designs of the front")
    assert (run.folder / "report.html").is_file()
    document = json.loads((run.folder / "report.json").read_text())
    assert all(AREA in winner["metrics"] for winner in document["winners"])


@pytest.fixture
def _no_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RefineError(f"printed: synthesis: {ToolError('yosys: is not installed')}")

    monkeypatch.setattr(printed_model, "synthesize_for_price", refuse)


@pytest.mark.usefixtures("_no_tool")
def test_without_a_tool_figures_that_no_goal_names_are_left_out_with_a_note(tmp_path: Path) -> None:
    text = SPEC.replace("verilog: {style: cells}", "c: {layout: plain}")
    run = nas.run(write_spec(tmp_path, text), tmp_path / "run")
    assert run.report.winners
    assert all(AREA not in point.metrics for point in run.report.front)
    assert [note for note in run.report.search.notes if "left out" in note] == [
        "figures that no goal names are left out: egfet.synthesized_area_cm2 can't be measured: "
        "printed: synthesis: yosys: is not installed"
    ]


@pytest.mark.usefixtures("_no_tool")
def test_without_a_tool_goals_that_need_it_are_an_error(tmp_path: Path) -> None:
    reason = "egfet.synthesized_area_cm2 can't be measured: printed: synthesis: yosys: is not installed"
    with pytest.raises(RunError, match=f"{reason}; after that: silkscreen resume {tmp_path / 'run'}"):
        nas.run(write_spec(tmp_path, BY_AREA), tmp_path / "run")


@pytest.mark.usefixtures("_no_tool")
def test_without_a_tool_jobs_say_why_they_failed(tmp_path: Path) -> None:
    text = FAMILIES.partition("  - approximate_mlp")[0] + FAMILIES[FAMILIES.index("hardware:") :]
    run = nas.run(write_spec(tmp_path, text), tmp_path / "run")
    assert run.report.search.stop_reason == (
        "every job failed, most with: RunError: egfet.synthesized_area_cm2 can't be measured: "
        "printed: synthesis: yosys: is not installed"
    )


def test_of_many_designs_the_nearest_to_the_front_are_measured(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    problem = build_problem(run.spec, allow_code=False)
    monkeypatch.setattr(refining, "MAX_RANKED", 3)
    (run.folder / "report.json").unlink(missing_ok=True)
    with Archive.open(run.folder, writable=True) as archive:
        finalists = finalists_of(problem, problem.stages, archive)
        measured = refining.measure_goals(problem, finalists, Sitting(archive, lambda _: None, lambda: False))
        note = list(archive.events())[-1].text
        genes = [item for item in finalists if item.entry.family == "approximate_mlp-2"]
        with pytest.raises(RunInterrupted):
            refining.measure_goals(problem, finalists, Sitting(archive, lambda _: None, lambda: True))
    kept = [item for item in measured if item.entry.family == "approximate_mlp-2"]
    assert len(kept) == 3 < len(genes)
    assert all(AREA in item.entry.metrics for item in measured)
    assert note.startswith(f"approximate_mlp-2: {AREA} was measured on 3 of ")
    assert note.endswith("designs, the nearest to the front by egfet.area_cm2")
    best = max(item.entry.metrics["accuracy"] for item in genes if not item.constant)
    assert max(item.entry.metrics["accuracy"] for item in kept) == best


def test_a_battery_is_judged_by_the_power_after_synthesis(tmp_path: Path) -> None:
    """Counted power is above that of the netlist: what the battery can feed must not be refused for it."""
    share = "egfet.synthesized_battery_share"
    text = FAMILIES.replace("{model: printed}", "{model: printed, battery: harvester_0p1mw, supply_v: 0.6}")
    run = nas.run(write_spec(tmp_path, text), tmp_path / "run")
    shares = [point.metrics[share] for point in run.report.front]
    assert shares
    assert all(value <= 1 for value in shares)
    assert any(
        point.metrics["egfet.battery_share"] > value
        for point, value in zip(run.report.front, shares, strict=True)
    )
