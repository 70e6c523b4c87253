"""The command line, word for word: what it prints where, and how it exits."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from nas.archive import Archive
from nas.cli import main
from nas.commands import specs
from nas.records import Event
from nas.report.as_json import render_json
from nas.specfile import read_spec
from tests.nas.archive.records import HEADER
from tests.nas.report.sample import sample_report

ROOT = Path(__file__).parents[2]
COMMANDS = ("init", "validate", "estimate", "run", "resume", "status", "mirror", "report", "export", "verify")
COMMANDS += ("import", "models", "schema", "doctor", "version")


class Called(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Called]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments: str) -> Called:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        code = caught.value.code
        assert isinstance(code, int)
        return Called(code, *capsys.readouterr())

    return run


@pytest.fixture
def spec_text(call: Call) -> str:
    call("init", "start")
    return Path("start.yaml").read_text(encoding="utf-8")


@pytest.fixture
def finished(call: Call, spec_text: str) -> Path:
    """The folder of a run that has ended, with the sample report."""
    return write_run(spec_text, Event("start", "", 0.0, {"base": "."}), Event("finish", "", 1.0, {}))


def write_run(spec_text: str, *events: Event) -> Path:
    folder = Path("runs") / "cardio"
    with Archive.create(folder, replace(HEADER, spec_text=spec_text)) as archive:
        for event in events:
            archive.append(event)
    (folder / "report.json").write_text(render_json(sample_report()), encoding="utf-8")
    return folder


def test_help_lists_the_commands(call: Call) -> None:
    assert call("--help") == Called(
        0,
        """\
Usage: silkscreen [OPTIONS] COMMAND [ARGS]...

  Find the neural network that fits a printed circuit or a microcontroller.

Options:
  --debug  Show the trace of an error.
  --help   Show this message and exit.

Commands:
  init      Write a commented spec to start from.
  validate  Check a spec and print everything that is wrong with it.
  estimate  Forecast a search, or price your own circuit or network.
  import    Make a network file of a TensorFlow Lite model.
  run       Search, then export, prove and report the winners.
  resume    Go on with a run that was interrupted or killed.
  status    Show how far a run is, also while it goes on.
  mirror    Copy a run to an Optuna storage, for optuna-dashboard.
  report    Show winners, costs, limits, proofs and front.
  export    Write Verilog and C of a design, and prove them.
  verify    Prove an export again, from its files as they are now.
  schema    Print the JSON schema of the spec.
  doctor    Check Python, packages, tools, disk and memory.
  version   Print the version.
  models    List and check hardware models.

  Start with: silkscreen init, then silkscreen run wdbc.yaml
""",
        "",
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_fits_a_terminal(call: Call, command: str) -> None:
    code, out, err = call(*command.split(), "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: silkscreen {command} ")
    assert max(map(len, out.splitlines())) <= 80


def test_a_misspelled_command_names_the_nearest(call: Call) -> None:
    code, out, err = call("runn")
    assert (code, out) == (2, "")
    assert err.endswith("Error: No such command 'runn'. Did you mean 'run'?\n")


def test_a_missing_argument_is_bad_input(call: Call) -> None:
    code, _, err = call("run")
    assert code == 2
    assert err.endswith("Error: Missing argument 'SPEC'.\n")


def test_version_is_the_installed_one(call: Call) -> None:
    from importlib.metadata import version

    assert call("version") == Called(0, f"{version('silkscreen')}\n", "")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom nas.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'numpy', 'numba', 'torch', 'pydantic', 'rich', 'jinja2', 'plotly', 'optuna', 'sklearn'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nas.cli", "status", os.devnull], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert (done.stdout, done.stderr) == ("", "/dev/null: no run here: records.log is missing\n")


def test_init_writes_a_spec_that_is_valid_and_the_schema_it_links(call: Call) -> None:
    assert call("init", "cardio") == Called(
        0, "cardio.yaml is written. Next: silkscreen run cardio.yaml\n", ""
    )
    text = Path("cardio.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./silkscreen.schema.json\n")
    assert read_spec(Path("cardio.yaml")).name == "cardio"
    assert json.loads(Path("silkscreen.schema.json").read_text(encoding="utf-8")) == json.loads(
        call("schema").out
    )


def test_init_quotes_a_name_with_a_space(call: Call) -> None:
    assert call("init", "my run").out == "my run.yaml is written. Next: silkscreen run 'my run.yaml'\n"


def test_init_overwrites_nothing(call: Call) -> None:
    Path("wdbc.yaml").write_text("mine", encoding="utf-8")
    assert call("init") == Called(2, "", "wdbc.yaml: the file is there already; choose another name\n")
    assert Path("wdbc.yaml").read_text(encoding="utf-8") == "mine"


def test_init_refuses_a_name_that_is_a_path(call: Call) -> None:
    assert call("init", "../up") == Called(
        2,
        "",
        "init: the name must be 1 to 64 letters, digits, spaces, `_`, `.` or `-`, a letter or digit first, "
        "not '../up'\n",
    )


def test_validate_says_that_a_spec_is_fine(call: Call, spec_text: str) -> None:
    assert call("validate", "start.yaml") == Called(0, "start.yaml: no problems found\n", "")
    found = json.loads(call("validate", "start.yaml", "--set", "search.minutes=3", "--json").out)
    assert found["ok"] is True
    assert found["spec"]["search"]["minutes"] == 3


def test_validate_prints_every_problem_at_once(call: Call, spec_text: str) -> None:
    Path("bad.yaml").write_text(
        spec_text.replace("seed: 1 ", "sed: 1 ").replace("task: classification", "task: sorting"),
        encoding="utf-8",
    )
    code, out, err = call("validate", "bad.yaml", "--set", "search.minuts=1")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert len(lines) == 3
    assert "--set search.minuts=1: unknown key 'minuts'; did you mean 'minutes'?" in lines
    assert any(line.startswith("bad.yaml:6:1: unknown key 'sed'; did you mean 'seed'?") for line in lines)
    assert any(line.startswith("bad.yaml:7:7: task: ") for line in lines)


def test_problems_of_a_spec_are_json_too(call: Call) -> None:
    code, out, err = call("validate", "nope.yaml", "--json")
    assert code == 2
    assert err == "nope.yaml: can't be read: No such file or directory\n"
    assert json.loads(out) == {
        "ok": False,
        "problems": [
            {
                "file": "nope.yaml",
                "line": 0,
                "column": 0,
                "path": "",
                "text": "can't be read: No such file or directory",
            }
        ],
    }


@pytest.mark.parametrize("command", ["run", "estimate"])
def test_commands_that_search_report_a_bad_spec_alike(call: Call, command: str) -> None:
    assert call(command, "nope.yaml") == Called(
        2, "", "nope.yaml: can't be read: No such file or directory\n"
    )
    assert not Path("runs").exists()


def test_report_prints_tables_json_and_a_page(call: Call, finished: Path) -> None:
    code, out, err = call("report", str(finished))
    assert (code, err) == (0, "")
    assert out.startswith("cardio\ncardio.csv: 2,126 rows, 21 features, 3 classes\n")
    code, out, err = call("report", str(finished), "--json")
    assert (code, out, err) == (0, render_json(sample_report()) + "\n", "")
    assert call("report", str(finished), "--html", "page.html") == Called(0, "", "page.html is written\n")
    assert Path("page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("command", ["report", "status", "resume"])
def test_a_folder_without_a_run_is_bad_input(call: Call, command: str) -> None:
    assert call(command, "empty") == Called(2, "", "empty: no run here: records.log is missing\n")


def test_a_page_that_can_not_be_written_is_bad_input(call: Call, finished: Path) -> None:
    code, _, err = call("report", str(finished), "--html", "missing/page.html")
    assert code == 2
    assert err.endswith(": No such file or directory\n")


def test_mirror_says_what_the_storage_holds_of_each_family(call: Call, finished: Path) -> None:
    assert call("mirror", str(finished), "--storage", "sqlite:///runs.db", "--follow") == Called(
        0, "cardio/approximate_mlp: 0 trials, 0 of them new\n", ""
    )


def test_mirror_into_what_is_no_storage_is_bad_input(call: Call, finished: Path) -> None:
    code, out, err = call("mirror", str(finished), "--storage", "nowhere://x")
    assert (code, out) == (2, "")
    assert err.startswith(
        "--storage nowhere://x: must be a storage of Optuna, such as sqlite:///runs.db, but"
    )


def test_status_of_a_finished_run_names_the_next_command(call: Call, finished: Path) -> None:
    assert call("status", str(finished)) == Called(
        0,
        "cardio: finished\n"
        "2,000,000 evaluations in 4 min 58 s, 412,000 rejected by their price\n"
        "28 designs on the front\n"
        "best accuracy: 0.9237\n"
        "best egfet.area_cm2: 0.4000\n"
        "Result: silkscreen report runs/cardio\n",
        "",
    )


def test_status_tells_a_run_that_goes_on_from_one_that_was_interrupted(call: Call, spec_text: str) -> None:
    folder = write_run(spec_text, Event("start", "", 0.0, {"base": "."}))
    assert call("status", str(folder)).out == (
        "start: interrupted\n"
        "0 evaluations in 0.0 s\n"
        "0 designs on the front\n"
        "Go on with: silkscreen resume runs/cardio\n"
    )
    with Archive.open(folder, writable=True):
        assert call("status", str(folder)).out.startswith(f"start: running as process {os.getpid()}\n")
        found = json.loads(call("status", str(folder), "--json").out)
    assert found == {
        "state": "running",
        "pid": os.getpid(),
        "name": "start",
        "evaluations": 0,
        "rejected": 0,
        "seconds": 0,
        "front": 0,
        "best": {"accuracy": None, "egfet.area_cm2": None},
    }


def test_resuming_a_run_that_another_process_writes_names_it(call: Call, spec_text: str) -> None:
    folder = write_run(spec_text, Event("start", "", 0.0, {"base": "."}))
    with Archive.open(folder, writable=True):
        code, _, err = call("resume", str(folder))
    assert code == 2
    assert err.startswith(f"{folder}: process {os.getpid()} is writing to this run; ")


def test_resuming_a_finished_run_shows_its_result(call: Call, finished: Path) -> None:
    code, out, _ = call("resume", str(finished))
    assert code == 0
    assert out.endswith(f"\nReport: {finished / 'report.html'}\n")


def test_exporting_an_unknown_design_lists_the_known_ones(call: Call, finished: Path) -> None:
    code, out, err = call("export", str(finished), "kneee", "--out", "here")
    assert (code, out) == (2, "")
    assert err.startswith(f"{finished}: no design is called 'kneee'; there are knee, best_accuracy, ")


def test_verify_of_a_folder_that_is_no_export_is_bad_input(call: Call, tmp_path: Path) -> None:
    code, out, err = call("verify", str(tmp_path))
    assert (code, out) == (2, "")
    assert err.startswith(f"{tmp_path}: ")
    assert "network.json" in err


def test_doctor_finds_our_packages(call: Call) -> None:
    code, out, _ = call("doctor", "--json")
    found = {finding["name"]: finding for finding in json.loads(out)}
    assert code == 0
    assert found["package codegen"] == {
        "name": "package codegen",
        "health": "ok",
        "found": str(ROOT / "codegen"),
        "hint": "",
    }
    assert {"Python", "numpy", "iverilog", "qemu-system-arm", "free disk", "free memory"} <= set(found)
    assert "package codegen" in call("doctor").out


def test_doctor_says_how_to_get_a_missing_tool(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    code, out, _ = call("doctor", "--json")
    (finding,) = [finding for finding in json.loads(out) if finding["name"] == "iverilog"]
    assert code == 0
    assert finding == {
        "name": "iverilog",
        "health": "missing",
        "found": "not installed",
        "hint": "proves Verilog; install it with: apt install iverilog",
    }


def test_a_fault_of_ours_says_how_to_report_it(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise KeyError("lost")

    monkeypatch.setattr(specs, "print_schema", fail)
    assert call("schema") == Called(
        70,
        "",
        "silkscreen failed: KeyError: 'lost'\n"
        "This is a fault of silkscreen. Run the command again with --debug and report what it prints.\n",
    )


def test_debug_lets_the_trace_through_wherever_it_stands(call: Call) -> None:
    for arguments in (["--debug", "status", "empty"], ["status", "empty", "--debug"]):
        with pytest.raises(ValueError, match="no run here"):
            main(arguments)
