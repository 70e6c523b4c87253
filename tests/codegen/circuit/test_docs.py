"""The example of docs/circuit.md prints what it says."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[3] / "docs" / "circuit.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_page_says(capsys, requires_tool):
    requires_tool("berkeley-abc")
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]
    exec(compile(code, "docs/circuit.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out.splitlines() == re.findall(r"  # (.*)$", code, re.MULTILINE)
