"""From a spec to a convolutional network in proven C."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nas
from codegen.c import emit_c
from codegen.ir import TensorNet
from codegen.plan import plan_network
from nas.api import Run
from nas.archive import Archive
from nas.errors import RunError
from nas.problem import build_problem
from nas.spec import SpecError
from nas.specfile import parse_spec
from nas.stage_recipes import axis_problem
from tests.e2e import convnets

TOOLS = ("gcc", "arm-none-eabi-gcc", "qemu-system-arm")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, requires_tool: Callable[..., None]) -> Run:
    requires_tool(*TOOLS)
    folder = tmp_path_factory.mktemp("stripes")
    convnets.write_data(folder)
    return nas.run(convnets.spec(folder), folder / "run")


def test_winners_are_trained_in_full_keep_the_limits_and_are_proven(finished: Run) -> None:
    best, smallest = finished.report.winners
    assert best.test["accuracy"] > 0.8
    for winner in (best, smallest):
        assert winner.metrics["board.ram_bytes"] <= 2500
        assert winner.metrics["macs"] <= 60_000
        assert {proof.target for proof in winner.proofs} >= {"c-host", "c-cortex-m4"}
        assert all(proof.status == "proven" for proof in winner.proofs), winner.proofs


def test_the_search_ranks_by_short_trainings(finished: Run) -> None:
    with Archive.open(finished.folder, writable=False) as archive:
        done = list(archive.evaluations())
    assert {(each.family, each.fidelity) for each in done} == {("convnet", 0.25), ("convnet-full", 1.0)}
    assert sum(each.family == "convnet" for each in done) == 4
    assert not (finished.folder / "training.npz").exists()


def test_the_arena_of_the_firmware_is_that_of_the_plan(finished: Run, tmp_path: Path) -> None:
    problem = build_problem(finished.spec, allow_code=False)
    space = axis_problem(problem, problem.stages[0], 0).space
    with Archive.open(finished.folder, writable=False) as archive:
        full = [each for each in archive.evaluations() if each.family == "convnet-full"]
    for done in full:
        design = space.structure(space.row(done.values))
        network = finished.network(str(done.network)[:12])
        assert isinstance(network.body, TensorNet)
        core = problem.models["board"].board.core  # type: ignore[attr-defined]
        plan = plan_network(network.body.graph, design.schedule, core)
        codes = np.zeros((1, network.interface.n_features), np.int32)
        artifact = emit_c(network, name="net", vectors=codes, core=core, schedule=design.schedule)
        header = next(file.text for file in artifact.files if file.path.endswith("net.h"))
        assert f"#define NET_ARENA_BYTES {plan.arena_bytes}" in header


def test_a_design_is_exported_again_with_its_patches(finished: Run, tmp_path: Path) -> None:
    again = nas.export(finished, "best_accuracy", tmp_path / "again")
    first = finished.folder / "winners" / "best_accuracy" / "c"
    for path in again.files:
        assert path.read_text() == (first / path.name).read_text()
    assert json.loads((tmp_path / "again" / "manifest.json").read_text())["artifacts"]


def test_candidates_are_ranked_by_weights_that_they_share(
    tmp_path: Path, requires_tool: Callable[..., None]
) -> None:
    requires_tool("gcc")
    convnets.write_data(tmp_path)
    shared = ("train: {", "train: {supernet: sandwich, supernet_epochs: 3, ")
    run = nas.run(convnets.spec(tmp_path, shared, (", best_board.ram_bytes]", "]")), tmp_path / "run")
    with Archive.open(run.folder, writable=False) as archive:
        done = list(archive.evaluations())
    ranked = [each for each in done if each.family == "convnet"]
    assert len(ranked) == 4
    assert {(each.fidelity, each.network, each.status) for each in ranked} == {(0.01, None, "ok")}
    assert all(each.fidelity == 1.0 and each.network for each in done if each.family == "convnet-full")
    assert (run.folder / "convnet-supernet.npz").is_file()
    assert [winner.role for winner in run.report.winners] == ["best_accuracy"]


def test_squeeze_and_excite_is_proven_on_simulated_cores(
    tmp_path: Path, requires_tool: Callable[..., None]
) -> None:
    requires_tool(*TOOLS)
    convnets.write_data(tmp_path)
    spec = convnets.spec(
        tmp_path,
        ("resolution: [6, 8]", "squeeze: true"),
        ("epochs: 8, ranking_epochs: 2", "epochs: 1, ranking_epochs: 1"),
        ("hardware: {board: {model: mcu, board: stm32f446re}}\n", ""),
        ("board.ram_bytes: min", "macs: min"),
        ("board.ram_bytes: {max: 2500}, ", ""),
        ("evaluations: 4", "evaluations: 1"),
        (", best_board.ram_bytes]", "]"),
    )
    (winner,) = nas.run(spec, tmp_path / "run").report.winners
    assert {proof.target: proof.status for proof in winner.proofs} == dict.fromkeys(
        ("c-host", "c-cortex-m0", "c-cortex-m4"), "proven"
    )


def test_structures_beyond_a_limit_are_refused_before_training(tmp_path: Path) -> None:
    convnets.write_data(tmp_path)
    spec = convnets.spec(tmp_path, ("max: 60000", "max: 1"))
    run = nas.run(spec, tmp_path / "run")
    assert not run.report.winners
    with Archive.open(run.folder, writable=False) as archive:
        assert not list(archive.evaluations())
        ends = [event.text for event in archive.events() if event.kind == "stage_end"]
    assert "none keeps the limit on macs" in ends[0]
    assert ends[1] == "no design keeps all limits"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            (("task: classification", "task: regression"),),
            "convnet learns classes, but the task is regr",
        ),
        (
            (("npz: stripes.npz", "bundled: digits"),),
            "convnet needs images or signals, from npz, images or call",
        ),
        (
            (("emit: {c: {layout: plain}, ", "emit: {"),),
            "convnet has no Verilog; name c alone",
        ),
        ((("epochs: 8", "epochs: 0"),), "epochs"),
    ],
)
def test_a_spec_that_cannot_be_is_refused(tmp_path: Path, changes: tuple[tuple[str, str]], text: str) -> None:
    with pytest.raises(SpecError, match=text):
        convnets.spec(tmp_path, *changes)


def test_training_is_for_convolutional_networks(tmp_path: Path) -> None:
    text = "space: [decision_tree]\ntrain: {epochs: 3}\ndata: {bundled: iris}"
    text += "\nversion: 1\nname: x\ntask: classification\nobjectives: {accuracy: max}"
    with pytest.raises(SpecError, match="train: goes with the family convnet alone"):
        parse_spec(text, name="spec.yaml", base=tmp_path)


def test_rows_without_places_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "stripes.npz", x=np.zeros((40, 3)), y=np.arange(40) % 2)
    spec = convnets.spec(tmp_path, ("test: given", "test: 0.2"))
    with pytest.raises(RunError, match="convnet: images or windows of signals with classes are needed"):
        nas.run(spec, tmp_path / "run")
