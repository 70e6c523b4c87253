"""docs/ir.md: its example runs, and its assertions hold."""

import re
from pathlib import Path

from codegen.ir.serialize import FORMAT_VERSION, TAGS

PAGE = (Path(__file__).parents[3] / "docs" / "ir.md").read_text(encoding="utf-8")


def test_the_worked_example_computes_what_the_page_says() -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 1
    assert examples[0].count("assert ") == 5
    exec(compile(examples[0], "docs/ir.md", "exec"), {})  # noqa: S102  the page is ours


def test_the_page_names_the_format_version_and_every_type_tag() -> None:
    assert f"`format_version` is {FORMAT_VERSION}" in PAGE
    for tag in TAGS.values():
        assert f"`{tag}`" in PAGE
