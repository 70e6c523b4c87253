"""Reading a spec: what it becomes, and how everything that is wrong with it is said."""

from pathlib import Path

import pytest

from nas.spec import SpecError
from nas.specfile import MAX_BYTES, parse_spec, read_spec
from tests.specs import SPEC, changed, problems_of


def test_a_spec_becomes_plain_values() -> None:
    spec = parse_spec(SPEC)
    assert spec.data.source == "csv"
    assert spec.split.test == 0.3
    assert spec.split.validation.folds == 3
    assert spec.space[0].family == "approximate_mlp"
    assert spec.space[0].options["hidden"] == "2..8"
    assert spec.hardware["egfet"].options == {"cells": "egfet", "supply_v": 0.6, "inferences_per_s": 5}
    assert spec.objectives == {"accuracy": "max", "egfet.area_cm2": "min"}
    assert spec.limits["egfet.power_mw"].max == 3
    assert spec.search.evaluations == 2_000_000
    assert spec.emit.winners == ("knee", "best_accuracy")


def test_what_is_left_out_has_a_default() -> None:
    spec = parse_spec(
        "version: 1\nname: a\ntask: regression\ndata: {bundled: diabetes}\n"
        "space: [approximate_mlp]\nobjectives: {r2: max}\nlimits:\n"
    )
    assert (spec.seed, spec.split.test, spec.split.validation.folds) == (1, 0.3, 3)
    assert (spec.search.minutes, spec.search.evaluations, spec.search.seed_with_gradients) == (5, None, True)
    assert spec.emit.verilog is not None
    assert spec.emit.c is not None
    assert spec.emit.winners == ("knee",)
    assert spec.limits == {}


def test_files_are_relative_to_the_spec(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    assert read_spec(tmp_path / "spec.yaml").base == tmp_path


def test_a_spec_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse_spec(SPEC).search.workers = 3  # type: ignore[misc]


def test_unknown_key_names_the_line_and_the_nearest_key() -> None:
    assert problems_of(changed("algorithm", "algoritm")) == [
        "spec.yaml:13:10: search: unknown key 'algoritm'; did you mean 'algorithm'?"
    ]


def test_unknown_key_without_a_near_one_lists_the_keys() -> None:
    assert problems_of(changed("style: word", "x: 1")) == [
        "spec.yaml:14:18: emit.verilog: unknown key 'x'; the keys are style"
    ]


def test_unknown_key_at_the_top() -> None:
    assert problems_of(changed("seed:", "sed:")) == ["spec.yaml:3:1: unknown key 'sed'; did you mean 'seed'?"]


def test_all_problems_are_reported_at_once_in_order() -> None:
    text = (
        SPEC.replace("version: 1", "version: 2")
        .replace("test: 0.3", "test: 1.2")
        .replace("folds: 3", "folds: 1")
        .replace("hidden: 2..8", "hiden: 2..8")
        .replace("supply_v: 0.6", "suply_v: 0.6")
        .replace("accuracy: max", "acuracy: max")
        .replace("workers: 1", "workers: true")
        .replace("style: word", "style: wrod")
    )
    assert problems_of(text) == [
        "spec.yaml:1:10: version: must be 1, not 2",
        "spec.yaml:6:15: split.test: must be a share above 0 and below 1, or given, not 1.2",
        "spec.yaml:6:58: split.validation.folds: must be at least 2, not 1",
        "spec.yaml:8:23: space[0].approximate_mlp: unknown key 'hiden'; did you mean 'hidden'?",
        "spec.yaml:10:41: hardware.egfet: unknown key 'suply_v' for model printed; did you mean 'supply_v'?",
        "spec.yaml:11:14: objectives.acuracy: unknown metric 'acuracy'; did you mean 'accuracy'?",
        "spec.yaml:13:70: search.workers: must be a number of processes, 1 to 1024, or a Dask scheduler such "
        "as dask://host:8786, not true",
        "spec.yaml:14:25: emit.verilog.style: must be word or cells, not 'wrod'; did you mean 'word'?",
    ]


def test_duplicate_keys_are_all_named() -> None:
    text = changed("seed: 1", "seed: 1\nseed: 2").replace("workers: 1", "minutes: 1")
    assert problems_of(text) == [
        "spec.yaml:4:1: duplicate key 'seed'; first given at line 3",
        "spec.yaml:14:61: duplicate key 'minutes'; first given at line 14",
    ]


def test_regression_can_not_be_stratified_or_use_classes() -> None:
    text = changed("task: classification", "task: regression").replace(
        "csv: cardio.csv, target: class", "bundled: iris"
    )
    assert problems_of(text) == [
        "spec.yaml:5:17: data.bundled: iris is for classification, but the task is regression",
        "spec.yaml:6:32: split.stratified: only classes can be stratified, but the task is a regression",
        "spec.yaml:11:14: objectives.accuracy: accuracy is a metric of task classification, "
        "not of regression",
    ]


def test_a_given_test_part_needs_a_source_that_brings_one() -> None:
    assert problems_of(changed("test: 0.3", "test: given")) == [
        "spec.yaml:6:15: split.test: given needs data from npz, images or call; csv brings no test part"
    ]


def test_metrics_of_an_own_model_are_left_to_the_run() -> None:
    text = changed(
        "model: printed, cells: egfet, supply_v: 0.6, inferences_per_s: 5", "model: 'own.py:Model', x: 1"
    )
    assert parse_spec(text).hardware["egfet"].model == "own.py:Model"


def test_an_impossible_option_of_a_model_is_placed_at_its_key() -> None:
    [problem] = problems_of(changed("supply_v: 0.6", "supply_v: 60"))
    assert problem.startswith("spec.yaml:10:51: hardware.egfet.supply_v: ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1,", "spec.yaml:1:7: not YAML: expected the node content, but found '<stream end>'"),
        ("a: b: c", "spec.yaml:1:5: not YAML: mapping values are not allowed here"),
        ("a: 'x", "spec.yaml:1:6: not YAML: found unexpected end of stream"),
        ('a: "\\U00110000"', "spec.yaml:1:1: not YAML: chr() arg not in range(0x110000)"),
        ('a: "\\ud800"', "spec.yaml:1:4: not text: half a surrogate pair is not allowed"),
        ("a: 1\nb: \x00", "spec.yaml:2:4: not text: character '\\x00' is not allowed"),
        ("a: !!python/name:os.system x", "spec.yaml:1:4: tags (!name) are not used; write the value alone"),
        ("a: &x 1\nb: *x", "spec.yaml:2:4: aliases (*name) are not used; write the value out"),
        ("? [1, 2]\n: 3", "spec.yaml:1:3: a key must be a word, not a mapping or list"),
        ("a: 1\n---\nb: 1", "spec.yaml:2:1: a spec is one YAML document, not several"),
        ("- a", "spec.yaml:1:1: must be a mapping of keys such as version, task and data"),
        ("", "spec.yaml:1:1: must be a mapping of keys such as version, task and data"),
    ],
)
def test_text_that_is_no_spec_is_one_problem(text: str, problem: str) -> None:
    assert problems_of(text) == [problem]


def test_overrides_replace_and_add() -> None:
    overrides = (
        "search.minutes=1",
        "space.0.approximate_mlp.hidden=3..4",
        "limits.egfet.power_mw.max=400 uW",
        "limits.accuracy={min: 80 %}",
        "objectives.egfet.power_mw=min",
        "data={bundled: wdbc}",
    )
    spec = parse_spec(SPEC, overrides=overrides)
    assert spec.search.minutes == 1
    assert spec.space[0].options["hidden"] == "3..4"
    assert spec.limits["egfet.power_mw"].max == 0.4
    assert spec.limits["accuracy"].min == 0.8
    assert spec.objectives["egfet.power_mw"] == "min"
    assert spec.data.source == "bundled"


def test_an_override_without_a_value_takes_a_key_out() -> None:
    assert parse_spec(SPEC, overrides=("search.evaluations=",)).search.evaluations is None


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("search.minuts=1", "--set search.minuts=1: unknown key 'minuts'; did you mean 'minutes'?"),
        ("search.minutes=soon", "--set search.minutes=soon: must be a number, not 'soon'"),
        ("search", "--set search: must be a dotted path, `=` and a value, such as search.minutes=1"),
        ("=1", "--set =1: must be a dotted path, `=` and a value, such as search.minutes=1"),
        ("name.x=1", "--set name.x=1: name is a single value; nothing can be set below it"),
        ("name.x.y=1", "--set name.x.y=1: name is a single value; nothing can be set below it"),
        ("space.1=x", "--set space.1=x: space is a list; its entries are 0 to 0, not '1'"),
        ("space.x.y=1", "--set space.x.y=1: space is a list; its entries are 0 to 0, not 'x'"),
        ("data={a: 1", "--set data={a: 1: not YAML: expected ',' or '}', but got '<stream end>'"),
        ("emit={c: {}, c: {}}", "--set emit={c: {}, c: {}}: duplicate key 'c'"),
        (
            "limits.egfet.power_mw.max=1 s",
            "--set limits.egfet.power_mw.max=1 s: the unit must be one of W, mW, uW, µW, nW, not 's'",
        ),
    ],
)
def test_a_wrong_override_is_said_as_it_was_given(override: str, problem: str) -> None:
    assert problems_of(SPEC, override) == [problem]


def test_options_without_a_value_are_left_out() -> None:
    spec = parse_spec(changed("supply_v: 0.6", "supply_v:").replace("hidden: 2..8", "hidden:"))
    assert "supply_v" not in spec.hardware["egfet"].options
    assert "hidden" not in spec.space[0].options


def test_metrics_are_checked_even_where_options_are_wrong() -> None:
    text = changed("supply_v", "suply_v").replace("egfet.area_cm2", "area_cm2")
    assert problems_of(text) == [
        "spec.yaml:10:41: hardware.egfet: unknown key 'suply_v' for model printed; did you mean 'supply_v'?",
        "spec.yaml:11:29: objectives.area_cm2: unknown metric 'area_cm2'; did you mean 'egfet.area_cm2'?",
    ]


def test_a_path_that_can_not_be_is_one_problem() -> None:
    with pytest.raises(SpecError, match="can't be read: embedded null byte"):
        read_spec("a\0b")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert str(caught.value) == f"{path}: can't be read: No such file or directory"


def test_text_in_another_encoding_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(SPEC.encode() + "name: größe\n".encode("latin-1"))
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert str(caught.value) == f"{path}:15:9: not UTF-8 text: byte 0xf6; save the file as UTF-8"


def bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for above, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{above}'] * 9)}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (bomb(), ":2:8: aliases (*name) are not used; write the value out"),
        ("a: " + "[" * 30_000, ":1:4: nested deeper than 12 levels"),
        ("{a: " * 10_000, ":1:49: nested deeper than 12 levels"),
        ("- " * 20_000, ":1:25: nested deeper than 12 levels"),
        ("a: [" + "1, " * 20_000, ":1:2996: more than 1000 values; a spec has a few dozen"),
        ("x" * (MAX_BYTES + 1), ": is larger than 64 KiB; a spec is a few KiB of YAML"),
    ],
    ids=["bomb", "lists", "mappings", "dashes", "values", "bytes"],
)
def test_a_hostile_file_is_one_clear_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert str(caught.value) == f"{path}{problem}"


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(SpecError, match="is larger than 64 KiB"):
        read_spec(path)


def test_binary_junk_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert len(caught.value.problems) == 1
