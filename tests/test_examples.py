"""The examples are what the documentation says they are."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import nas
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


UCI_FILES = {
    "wisconsin": "breast_cancer.csv",
    "cardio": "cardio.csv",
    "red_wine": "red_wine.csv",
    "white_wine": "white_wine.csv",
    "pendigits": "pendigits.csv",
}

TARGETS = {
    *("verilog-iverilog", "verilog-netlist", "verilog-cec", "certificate"),
    *("c-host", "c-cortex-m4"),
}


@pytest.mark.parametrize("name", UCI_FILES)
def test_an_example_ends_in_proven_winners_on_the_file_of_its_data(
    name: str, shared_data: Path, tmp_path: Path, requires_tool: Callable[..., None]
) -> None:
    requires_tool("gcc", "iverilog", "vvp", "yosys", "arm-none-eabi-gcc", "qemu-system-arm")
    overrides = (
        f"data={{csv: {shared_data / 'uci' / UCI_FILES[name]}, target: class}}",
        "search={algorithm: auto, evaluations: 3000, population: 100, seed_with_gradients: 2}",
    )
    run = nas.run(read_spec(EXAMPLES / f"{name}.yaml", overrides), tmp_path / "run")
    assert run.report.winners
    for winner in run.report.winners:
        assert {proof.target for proof in winner.proofs} == TARGETS
        for proof in winner.proofs:
            accepted = ("proven", "undecided") if proof.target == "verilog-cec" else ("proven",)
            assert proof.status in accepted, proof
            assert not proof.mismatches, proof
