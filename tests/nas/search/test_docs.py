"""The example of docs/search.md runs as it stands."""

import re
from pathlib import Path

from nas.search.nsga2 import Nsga2

DOCS = Path(__file__).parents[3] / "docs" / "search.md"


def test_the_first_example_of_the_page_runs() -> None:
    example = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), flags=re.DOTALL)[0]
    names: dict[str, object] = {}
    exec(compile(example, "search.md", "exec"), names)  # noqa: S102
    searcher = names["searcher"]
    assert isinstance(searcher, Nsga2)
    assert int(searcher.snapshot()["n_asked"]) > 150
