"""Units, the JSON schema, the text of a spec, and overrides of its values from Python."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from nas.spec import DataSpec, HardwareSpec, SearchSpec, SpaceSpec, Spec, SplitSpec, ValidationSpec
from nas.spec.schema import spec_schema
from nas.spec.tree import Place, parse_tree, plain
from nas.spec.units import parse_quantity
from nas.specfile import parse_spec, read_spec, spec_text
from tests.json_schema import holds
from tests.specs import SPEC, changed

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


@pytest.mark.parametrize(
    ("text", "metric", "amount"),
    [
        ("8 KiB", "mcu.flash_bytes", 8192),
        ("32 kB", "mcu.flash_bytes", 32_000),
        ("1.5MiB", "mcu.ram_bytes", 1_572_864),
        ("100", "mcu.flash_bytes", 100),
        ("5 ms", "mcu.latency_s", 0.005),
        ("0.1 us", "mcu.latency_s", 1e-7),
        ("3 mW", "egfet.power_mw", 3),
        ("3 uW", "egfet.power_mw", 0.003),
        ("1 W", "egfet.power_mw", 1000),
        ("2 mJ", "mcu.energy_uj", 2000),
        ("50 mm2", "egfet.area_cm2", 0.5),
        ("80 %", "accuracy", 0.8),
        ("2 M", "flops", 2_000_000),
        ("1.2 k", "mcu.cycles", 1200),
        ("4 µs", "own.delay_ms", 0.004),
        ("-1e2", "r2", -100),
        ("2 k", "own.frames_per_s", 2000),
    ],
)
def test_a_limit_is_converted_to_the_unit_of_its_metric(text: str, metric: str, amount: float) -> None:
    assert parse_quantity(text, metric) == amount


@pytest.mark.parametrize(
    ("text", "metric", "problem"),
    [
        ("8 KB", "a.flash_bytes", "'KB'; write kB for 1000 bytes, KiB for 1024"),
        ("8 kib", "a.flash_bytes", "not 'kib'; did you mean 'KiB'?"),
        ("3 s", "a.power_mw", "the unit must be one of W, mW, uW, µW, nW, not 's'"),
        ("3 ms", "macs", "the unit must be one of k, M, G, not 'ms'"),
        ("many", "macs", "must be a number, with or without a unit, not 'many'"),
        ("1.2.3", "macs", "the unit must be one of k, M, G, not '.3'"),
        ("", "macs", "must be a number, with or without a unit, not ''"),
        ("1e999", "macs", "must be a finite number, not 1e999"),
    ],
)
def test_a_wrong_quantity_says_what_must_hold(text: str, metric: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_quantity(text, metric)
    assert problem in str(caught.value)


def test_the_text_of_a_spec_is_yaml_with_every_default() -> None:
    text = spec_text(parse_spec(changed("evaluations: 2000000, minutes: 5, workers: 1", "")))
    assert "search: {algorithm: auto, minutes: 5.0, workers: 1, seed_with_gradients: true}\n" in text
    assert (
        "- approximate_mlp: {hidden: 2..8, input_bits: 2..4, weights: power_of_two, detail: genes}\n" in text
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_specs_and_their_text_reads_back_equal(path: Path) -> None:
    spec = read_spec(path)
    assert parse_spec(spec_text(spec), base=spec.base) == spec


def test_a_spec_can_be_made_in_python() -> None:
    spec = Spec(
        version=1,
        name="wdbc",
        task="classification",
        data=DataSpec(bundled="wdbc"),
        split=SplitSpec(test=0.2, validation=ValidationSpec(share=0.2)),
        space=(SpaceSpec(family="approximate_mlp", options={"hidden": 3}),),
        hardware={"egfet": HardwareSpec(model="printed", options={"supply_v": 0.6})},
        objectives={"accuracy": "max", "egfet.area_cm2": "min"},
        search=SearchSpec(evaluations=1000),
    )
    assert parse_spec(spec_text(spec)) == spec


def test_the_base_belongs_to_a_spec() -> None:
    spec = parse_spec(SPEC, base=Path("here"))
    assert spec != parse_spec(SPEC, base=Path("there"))
    assert spec.with_base(Path("there")) == parse_spec(SPEC, base=Path("there"))


def values_of(text: str) -> JsonValue:
    return plain(parse_tree(text, Place("spec.yaml", 1, 1))[0])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_keep_to_the_schema(path: Path) -> None:
    schema = spec_schema()
    assert holds(schema, values_of(path.read_text(encoding="utf-8")), schema)


def test_the_text_of_a_spec_keeps_to_the_schema() -> None:
    schema = spec_schema()
    assert holds(schema, values_of(spec_text(parse_spec(SPEC))), schema)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("algorithm", "algoritm"),
        ("version: 1", "version: 2"),
        ("name: cardio", "name: a/b"),
        ("task: classification", "task: regresion"),
        ("test: 0.3", "test: 1.2"),
        ("folds: 3", "folds: 1"),
        ("approximate_mlp", "approximate_mpl"),
        ("hidden: 2..8", "hiden: 2..8"),
        ("supply_v: 0.6", "suply_v: 0.6"),
        ("supply_v: 0.6", "supply_v: low"),
        ("accuracy: max", "acuracy: max"),
        ("accuracy: max", "accuracy: large"),
        ("{max: 3}", "{max: many}"),
        ("{max: 3}", "3"),
        ("workers: 1", "workers: true"),
        ("workers: 1", "workers: 0"),
        ("style: word", "style: wrod"),
        ("[knee, best_accuracy]", "[]"),
        ("task: classification\n", ""),
    ],
)
def test_wrong_specs_break_the_schema(old: str, new: str) -> None:
    schema = spec_schema()
    assert not holds(schema, values_of(changed(old, new)), schema)


def test_the_schema_describes_every_key_of_the_file() -> None:
    schema = spec_schema()
    assert isinstance(schema["properties"], dict)
    assert all(isinstance(key, dict) and key.get("description") for key in schema["properties"].values())
