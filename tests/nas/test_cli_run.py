"""A run from the command line: interrupted, resumed, verified, and caught after its files were changed."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nas.api import next_folder

SPEC = """\
version: 1
name: iris
seed: 3
task: classification
data: {bundled: iris}
space:
  - approximate_mlp: {hidden: 2, input_bits: 3, detail: genes}
hardware: {egfet: {model: printed}}
objectives: {accuracy: max, egfet.area_cm2: min}
search: {algorithm: nsga2, evaluations: 40000, population: 60, seed_with_gradients: false}
emit: {c: {layout: plain}, winners: [best_accuracy]}
"""


def silkscreen(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nas.cli", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_run_is_interrupted_resumed_and_verified(
    tmp_path: Path, requires_tool: Callable[..., None]
) -> None:
    requires_tool("gcc")
    (tmp_path / "iris.yaml").write_text(SPEC, encoding="utf-8")
    run = Path("runs") / "iris"
    interrupt(tmp_path)
    assert silkscreen(tmp_path, "status", str(run)).stdout.startswith("iris: interrupted\n")

    resumed = silkscreen(tmp_path, "resume", str(run), "--json")
    assert resumed.returncode == 0, resumed.stderr
    report = json.loads(resumed.stdout)
    assert report["search"]["evaluations"] == 40_000
    assert report["front"]
    assert report["proofs"][0]["target"] == "c-host"
    assert report["proofs"][0]["status"] == "proven"
    assert json.loads((tmp_path / run / "report.json").read_text(encoding="utf-8")) == report

    export = run / "winners" / "best_accuracy"
    verified = silkscreen(tmp_path, "verify", str(export))
    assert verified.returncode == 0, verified.stderr
    assert "c-host" in verified.stdout
    spoil(tmp_path / export)
    verified = silkscreen(tmp_path, "verify", str(export), "--json")
    assert verified.returncode == 1, verified.stderr
    assert json.loads(verified.stdout)["proofs"][0]["status"] == "mismatch"


def interrupt(folder: Path) -> None:
    """Starts the run and presses Ctrl-C once the search goes on."""
    command = [sys.executable, "-m", "nas.cli", "run", "iris.yaml"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        searching = any("search" in line for line in iter(process.stderr.readline, ""))
        process.send_signal(signal.SIGINT)
        rest, out = process.stderr.read(), process.stdout.read()
    assert searching
    assert process.returncode == 130, rest
    assert out == ""
    assert rest.endswith("Interrupted. Go on with: silkscreen resume runs/iris\n")


def spoil(export: Path) -> None:
    """Makes the emitted C answer with the next class."""
    (source,) = export.rglob("iris.c")
    text = source.read_text(encoding="utf-8")
    head = "int iris_predict(const iris_input_t x[IRIS_N_FEATURES])\n"
    assert text.count(head) == 1
    honest = text.replace(head, head.replace("int iris_predict", "static int honest"))
    source.write_text(f"{honest}\n{head}{{\n    return (honest(x) + 1) % 3;\n}}\n", encoding="utf-8")


def test_runs_of_one_name_get_folders_of_their_own(tmp_path: Path) -> None:
    for expected in ("my_run", "my_run-2", "my_run-3"):
        folder = next_folder("my run", tmp_path)
        assert folder == tmp_path / expected
        folder.mkdir()


@pytest.mark.parametrize("arguments", [["run"], ["resume"]])
def test_a_folder_that_is_a_file_is_bad_input(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "iris.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "file").write_text("")
    options = ["iris.yaml", "--out", "file"] if arguments == ["run"] else ["file"]
    done = silkscreen(tmp_path, *arguments, *options)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("file: ")
