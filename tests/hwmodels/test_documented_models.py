"""The model in the documentation and the one in examples/ work as they are shown."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

from hwmodels.testing import check_model

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "custom_model"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_documented_model_keeps_all_rules_in_20_lines(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "hardware-models.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    body = [line for line in code.partition("class SensorTag")[2].splitlines() if line.strip()]
    assert len(body) <= 20
    (tmp_path / "tag.py").write_text(code, encoding="utf-8")
    model = load(tmp_path / "tag.py").SensorTag(eur_per_bit=0.03)
    assert [result for result in check_model(model) if not result.passed] == []


def test_the_documented_rules_are_those_of_the_kit() -> None:
    text = (ROOT / "docs" / "hardware-models.md").read_text(encoding="utf-8")
    table = text.partition("| rule | what is checked |")[2]
    documented = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)
    class_ = load(EXAMPLE / "ice40_cells.py").Ice40Cells
    assert documented == [result.name for result in check_model(class_())]


def test_the_example_keeps_all_rules() -> None:
    model = load(EXAMPLE / "ice40_cells.py").Ice40Cells()
    assert [result for result in check_model(model) if not result.passed] == []


def test_the_examples_entry_point_names_its_class() -> None:
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))
    (target,) = project["project"]["entry-points"]["silkscreen.hwmodels"].values()
    module, _, name = target.partition(":")
    assert isinstance(getattr(load(EXAMPLE / f"{module}.py"), name), type)
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"] == [f"{module}.py"]


def test_the_examples_own_tests_pass(monkeypatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLE)
    tests = load(EXAMPLE / "test_ice40_cells.py")
    names = [name for name in dir(tests) if name.startswith("test_")]
    assert names
    for name in names:
        getattr(tests, name)()
