"""Which models are listed, and what is said of those that can't be used."""

import sys
from pathlib import Path

import pytest

from hwmodels.catalog import list_models

MODEL = """
from hwmodels.model import Cost, Metric

class Weight:
    metrics = (Metric("weight_g", "g", "min", "structure"),)
    cost_class = "free"
    def accepts(self, design):
        return None
    def price(self, design, workload):
        return Cost({"weight_g": 1.0})

class Choosy(Weight):
    def __init__(self, *, board):
        pass

class Unfinished:
    cost_class = "free"

NUMBER = 3
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes a distribution with one entry point, as an installer leaves it."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, target: str, code: str = MODEL) -> None:
        module = target.partition(":")[0]
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        folder = tmp_path / "tag_models-1.2.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: tag-models\nVersion: 1.2\n")
        (folder / "entry_points.txt").write_text(f"[silkscreen.hwmodels]\n{name} = {target}\n")

    yield make
    for module in [name for name in sys.modules if name.startswith("tag_")]:
        del sys.modules[module]


def entry(name: str, origin: str = "tag-models 1.2"):
    return next(one for one in list_models() if (one.name, one.origin) == (name, origin))


def test_built_in_models_come_first() -> None:
    names = [(one.name, one.origin) for one in list_models()]
    assert names[:3] == [("printed", "built in"), ("mcu", "built in"), ("adder_count", "built in")]
    assert names.count(("printed", "built in")) == 1


def test_a_built_in_model_is_listed_with_its_metrics() -> None:
    printed = entry("printed", "built in")
    assert printed.health == "ok"
    assert [metric.name for metric in printed.metrics][:2] == ["area_cm2", "power_mw"]


def test_an_installed_model_is_listed_with_its_distribution(install) -> None:
    install("weight", "tag_weight:Weight")
    assert entry("weight").health == "ok"
    assert [metric.name for metric in entry("weight").metrics] == ["weight_g"]


def test_a_model_that_needs_an_option_is_healthy_without_metrics(install) -> None:
    install("choosy", "tag_choosy:Choosy")
    assert (entry("choosy").health, entry("choosy").metrics) == ("ok", ())


@pytest.mark.parametrize(
    ("target", "code", "health"),
    [
        ("tag_gone:Nothing", MODEL, "AttributeError: module 'tag_gone' has no attribute 'Nothing'"),
        ("tag_raises:Weight", "raise OSError('no board')", "OSError: no board"),
        ("tag_syntax:Weight", "def", "SyntaxError: "),
        ("tag_number:NUMBER", MODEL, "must name a class, not a int"),
        ("tag_part:Unfinished", MODEL, "lacks a member of HardwareModel; see docs/hardware-models.md"),
    ],
)
def test_a_broken_model_is_listed_with_its_error(install, target: str, code: str, health: str) -> None:
    install("broken", target, code)
    assert entry("broken").health.startswith(health)
    assert entry("broken").metrics == ()


def test_a_plug_in_can_not_take_a_built_in_name(install) -> None:
    install("printed", "tag_printed:Weight")
    assert entry("printed").health == "'printed' is the name of a built-in model"
    assert entry("printed", "built in").health == "ok"
