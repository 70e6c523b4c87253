"""docs/plan.md: its example runs, its assertions hold, and its limits are those of the code."""

import re
from pathlib import Path

from codegen.plan.exact import MAX_BLOCKS, MAX_NODES
from codegen.plan.order import BEAM, MAX_SETS
from codegen.plan.packing import REPAIRS

PAGE = (Path(__file__).parents[3] / "docs" / "plan.md").read_text(encoding="utf-8")


def test_the_worked_example_computes_what_the_page_says() -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 1
    assert examples[0].count("assert ") == 7
    exec(compile(examples[0], "docs/plan.md", "exec"), {})  # noqa: S102  the page is ours


def test_the_page_names_the_limits() -> None:
    assert f"Exact up to {MAX_SETS:,} sets" in PAGE
    assert f"beam of {BEAM} sets" in PAGE
    assert f"up to {REPAIRS} repairs" in PAGE
    assert f"up to {MAX_NODES:,} partial layouts" in PAGE
    assert f"and {MAX_BLOCKS} blocks" in PAGE
