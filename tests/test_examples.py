"""The examples are what the documentation says they are."""

import json
from pathlib import Path

import pytest

from nas.spec.schema import spec_schema
from nas.specfile import read_spec

EXAMPLES = Path(__file__).parent.parent / "examples"
SPECS = sorted(EXAMPLES.glob("*.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_an_example_is_a_valid_spec_under_its_own_name(path: Path) -> None:
    assert read_spec(path).name == path.stem


def test_the_schema_beside_the_examples_is_the_current_one() -> None:
    kept = json.loads((EXAMPLES / "silkscreen.schema.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(spec_schema())), "make it again: silkscreen schema"
