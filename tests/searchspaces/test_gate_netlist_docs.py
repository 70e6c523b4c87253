"""docs/spaces.md: the example of the gate-level search runs, and its defaults are those of the code."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from searchspaces.gate_netlist import GateNetlistOptions, parse_options

PAGE = (Path(__file__).parents[2] / "docs" / "spaces.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## The family `gate_netlist`")[2].partition("\n## ")[0]


def test_the_worked_example_computes_what_the_page_says() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    assert "\nassert " in example
    exec(compile(example, "docs/spaces.md", "exec"), {})  # noqa: S102  the page is ours


def test_the_options_that_the_page_shows_are_the_defaults() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
    entry = YAML(typ="safe").load(text)["space"][1]
    assert parse_options(entry["gate_netlist"]) == GateNetlistOptions()
