"""Plug-ins by name, module and file, and one clear error for each way in which they fail."""

import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from hwmodels.model import HardwareModel, HardwareModelError
from nas import plugins
from nas.plugins import (
    HWMODELS_GROUP,
    PluginError,
    list_plugins,
    make_hardware_model,
    make_own_searcher,
    resolve,
)
from nas.spec import HardwareSpec, SearchSpec

MODEL = '''\
from hwmodels.model import Cost, HardwareModelError, Metric


class Beads:
    """Counts beads."""

    def __init__(self, *, size_mm: float = 1.0, table: str = "") -> None:
        if size_mm <= 0:
            raise HardwareModelError(f"beads: size_mm must be above 0, not {size_mm}")
        self.table = table
        1 / (size_mm - 13)

    metrics = (Metric("beads", "1", "min", "network"),)
    cost_class = "free"

    def accepts(self, design):
        return None

    def price(self, design, workload):
        return Cost({"beads": 1.0})


class NoModel:
    pass


number = 3
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "beads.py").write_text(MODEL, encoding="utf-8")
    return tmp_path


def error_of(reference: str, base: Path, *, allow_code: bool = True) -> str:
    with pytest.raises(PluginError) as caught:
        resolve(reference, HWMODELS_GROUP, base=base, allow_code=allow_code, where="hardware.x")
    return str(caught.value)


def make(folder: Path, reference: str, **options: float | str) -> HardwareModel:
    hardware = HardwareSpec(model=reference, options=dict(options))
    return make_hardware_model(hardware, base=folder, allow_code=True, where="hardware.x")


def test_a_built_in_model_needs_only_its_name(tmp_path: Path) -> None:
    found = resolve("printed", HWMODELS_GROUP, base=tmp_path, allow_code=False)
    assert found.__name__ == "PrintedModel"


def test_the_built_in_models_are_listed() -> None:
    listed = {plugin.name: plugin.origin for plugin in list_plugins(HWMODELS_GROUP)}
    assert listed["mcu"] == "built in"
    assert listed["printed"] == "built in"


def test_a_file_is_relative_to_the_base(folder: Path) -> None:
    model = make(folder, "beads.py:Beads", size_mm=2.0)
    assert [metric.name for metric in model.metrics] == ["beads"]


def test_a_file_is_loaded_once(folder: Path) -> None:
    first = resolve("beads.py:Beads", HWMODELS_GROUP, base=folder, allow_code=True)
    assert resolve("beads.py:Beads", HWMODELS_GROUP, base=folder, allow_code=True) is first


def test_a_module_is_found_on_the_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "beads_of_a_module.py").write_text(MODEL, encoding="utf-8")
    assert (
        resolve("beads_of_a_module:Beads", HWMODELS_GROUP, base=Path(), allow_code=True).__name__ == "Beads"
    )


def test_an_installed_entry_point_needs_no_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "beads_installed.py").write_text(MODEL, encoding="utf-8")
    point = EntryPoint("beads", "beads_installed:Beads", HWMODELS_GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints([point]).select(group=group))
    assert "beads" in [plugin.name for plugin in list_plugins(HWMODELS_GROUP)]
    assert resolve("beads", HWMODELS_GROUP, base=Path(), allow_code=False).__name__ == "Beads"


@pytest.mark.parametrize("reference", ["beads.py:Beads", "os:system"])
def test_code_needs_permission_and_is_not_imported_without(folder: Path, reference: str) -> None:
    before = set(sys.modules)
    assert error_of(reference, folder, allow_code=False) == (
        f"hardware.x: plug-in {reference!r} is code of your own; pass --allow-code to let it run"
    )
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        (
            "prnted",
            "plug-in 'prnted' is not installed; name one of adder_count, mcu, printed, or code of your own "
            "as module:object or file.py:object; did you mean 'printed'?",
        ),
        ("no_such_module:X", "can't be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("beads.py:Bead", "has no 'Bead'; did you mean 'Beads'?"),
        ("beads.py:", "has no ''"),
        ("beads.py:number", "plug-in 'beads.py:number' must be a class or function, not int"),
        (":X", "plug-in ':X' can't be imported: ValueError: Empty module name"),
    ],
)
def test_a_plug_in_that_is_not_there(folder: Path, reference: str, problem: str) -> None:
    text = error_of(reference, folder)
    assert text.startswith("hardware.x: plug-in ")
    assert problem in text


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert error_of("beads.py:Beads", tmp_path) == (
        f"hardware.x: plug-in 'beads.py:Beads': there is no file {tmp_path / 'beads.py'}"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero (broken.py, line 1)"),
        ("def f(:", "SyntaxError: invalid syntax (broken.py, line 1)"),
        ("import sys\nsys.exit(3)", "SystemExit: 3 (broken.py, line 2)"),
        (
            "import no_such_module",
            "ModuleNotFoundError: No module named 'no_such_module' (broken.py, line 1)",
        ),
    ],
)
def test_a_plug_in_that_breaks_on_import_says_where(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    said = error_of("broken.py:X", tmp_path)
    assert said.startswith(f"hardware.x: plug-in 'broken.py:X' can't be imported: {reason}")
    assert "plugins.py" not in said


def test_an_unknown_option_names_the_nearest(folder: Path) -> None:
    with pytest.raises(HardwareModelError) as caught:
        make(folder, "beads.py:Beads", size_m=1.0)
    assert str(caught.value) == "hardware.x: beads.py:Beads has no option 'size_m'; did you mean 'size_mm'?"


def test_a_refused_option_is_said_in_the_words_of_the_model(folder: Path) -> None:
    with pytest.raises(HardwareModelError) as caught:
        make(folder, "beads.py:Beads", size_mm=-1.0)
    assert str(caught.value) == "hardware.x: beads: size_mm must be above 0, not -1.0"


def test_a_model_that_breaks_when_made_is_a_plug_in_error(folder: Path) -> None:
    with pytest.raises(PluginError) as caught:
        make(folder, "beads.py:Beads", size_mm=13.0)
    assert str(caught.value) == (
        "hardware.x: plug-in 'beads.py:Beads' failed when it was made: "
        "ZeroDivisionError: float division by zero (beads.py, line 11)"
    )


def test_something_else_than_a_model_is_a_plug_in_error(folder: Path) -> None:
    with pytest.raises(PluginError) as caught:
        make(folder, "beads.py:NoModel")
    assert str(caught.value) == (
        "hardware.x: plug-in 'beads.py:NoModel' must make a HardwareModel (with metrics, cost_class, accepts "
        "and price), but made a NoModel; see docs/hardware-models.md"
    )


def test_data_files_of_a_model_are_relative_to_the_base(folder: Path) -> None:
    for name in ("beads.json", "beads.yaml", "beads.lib"):
        model = make(folder, "beads.py:Beads", table=name)
        assert vars(model)["table"] == str(folder / name)


SEARCHERS = """\
from nas.search.random import RandomSearch


class Mine(RandomSearch):
    pass


def broken(problem, *, seed, initial=None, population=None):
    raise RuntimeError("no licence")


def none(problem, *, seed, initial=None, population=None):
    return 3
"""


@pytest.fixture
def searchers(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(SEARCHERS, encoding="utf-8")
    return tmp_path


def test_a_searcher_of_a_file_is_taken_where_code_is_allowed(searchers: Path) -> None:
    search = SearchSpec(algorithm="mine.py:Mine")
    found = make_own_searcher(search, base=searchers, allow_code=True)
    assert getattr(found, "__name__", "") == "Mine"
    with pytest.raises(PluginError, match=r"^search\.algorithm: plug-in 'mine\.py:Mine' is code of your own"):
        make_own_searcher(search, base=searchers, allow_code=False)


def test_a_built_in_algorithm_is_no_code(tmp_path: Path) -> None:
    assert make_own_searcher(SearchSpec(algorithm="nsga2"), base=tmp_path, allow_code=False) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", "failed when it was made: RuntimeError: no licence"),
        ("none", "must make a Searcher .* but made a int; see docs/search.md"),
    ],
)
def test_what_makes_no_searcher_is_refused_before_the_run(searchers: Path, name: str, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        make_own_searcher(SearchSpec(algorithm=f"mine.py:{name}"), base=searchers, allow_code=True)
