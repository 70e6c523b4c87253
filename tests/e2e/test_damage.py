"""A run folder damaged anywhere: every command answers with a sentence, never with a trace."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import nas
from nas import cli
from nas.api import Run
from tests.e2e.specs import write_spec

SPEC = """\
version: 1
name: tiny
seed: 3
task: classification
data: {bundled: iris}
space:
  - approximate_mlp: {hidden: 2, input_bits: 3, detail: genes}
hardware: {egfet: {model: printed}}
objectives: {accuracy: max, egfet.area_cm2: min}
search: {algorithm: nsga2, evaluations: 2000, population: 50, seed_with_gradients: false}
emit: {c: {layout: plain}, winners: [best_accuracy]}
"""

KINDS = ("cut", "flip", "insert", "empty", "remove", "junk")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("whole")
    return nas.run(write_spec(folder, SPEC), folder / "run")


def damage(path: Path, kind: str, rng: np.random.Generator) -> None:
    """Spoils one file in one way."""
    data = bytearray(path.read_bytes())
    place = int(rng.integers(0, max(1, len(data))))
    match kind:
        case "cut":
            data = data[:place]
        case "flip":
            data[place : place + 1] = bytes([data[place] ^ (1 << int(rng.integers(8)))]) if data else b""
        case "insert":
            data[place:place] = rng.bytes(9)
        case "empty":
            data = bytearray()
        case "junk":
            data = bytearray(rng.bytes(len(data)))
    path.write_bytes(data)
    if kind == "remove":
        path.unlink()


def exit_code(*arguments: str) -> int:
    """Of a command; an error that is no clean exit comes through as itself."""
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    return int(stop.value.code or 0)


FILES = (
    "records.log",
    "report.json",
    "snapshot.npz",
    "winners/best_accuracy/network.json",
    "winners/best_accuracy/manifest.json",
    "winners/best_accuracy/vectors.npz",
)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_folder_is_read_or_refused_in_a_sentence(
    run: Run, tmp_path: Path, name: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run.folder, folder)
    damage(folder / name, kind, np.random.default_rng([len(name), len(kind)]))
    winner = str(folder / "winners" / "best_accuracy")
    commands = [["status", str(folder)], ["report", str(folder), "--json"]]
    if name.startswith("winners"):
        commands = [["verify", winner]]
    for command in commands:
        code = exit_code(*command)
        shown = capsys.readouterr()
        assert code in (0, 1, 2), shown.err
        assert "Traceback" not in shown.err
        assert "fault of silkscreen" not in shown.err
        if code == 2:
            assert str(tmp_path) in shown.err


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_network_of_the_front_is_refused_by_name(
    run: Run, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run.folder, folder)
    identity = run.report.front[0].id
    (path,) = (folder / "networks").glob(f"{identity}*")
    damage(path, kind, np.random.default_rng(len(kind)))
    code = exit_code("export", str(folder), identity, "--out", str(tmp_path / "out"))
    assert code == 2
    assert identity in capsys.readouterr().err


def test_a_run_that_lost_its_report_makes_it_again(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run.folder, folder)
    (folder / "report.json").unlink()
    again = nas.resume(folder)
    assert again.report.front == run.report.front
    assert [winner.id for winner in again.report.winners] == [winner.id for winner in run.report.winners]
