"""A network is synthesized once: what was kept is taken, unless anything that decides the result differs."""

from dataclasses import replace
from pathlib import Path

import pytest

from codegen.cells import CellLibrary, load_cells
from codegen.ir import Network
from codegen.synthesis import FAST, THOROUGH, Mapping, SynthesisCache, synthesize_cached, synthesize_network
from codegen.synthesis import cache as cache_module
from codegen.synthesis.cache import CACHE_VARIABLE, cache_folder, cache_key
from tests.codegen.c.golden_networks import small_mlp, small_tree

EGFET = load_cells("egfet")
KEY = "0" * 64


@pytest.fixture(scope="module", autouse=True)
def _needs_abc(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("requires_tool")("berkeley-abc", "yosys")


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    made = synthesize_network(small_tree(), EGFET, recipes=FAST)
    return Mapping(made.netlist, made.recipe, made.tool)


@pytest.fixture
def _no_synthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("synthesized again")

    monkeypatch.setattr(cache_module, "synthesize_network", refuse)


def test_another_process_finds_what_was_synthesized(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    made = synthesize_cached(small_tree(), EGFET, recipes=FAST, kept=SynthesisCache(tmp_path))
    request.getfixturevalue("_no_synthesis")
    assert synthesize_cached(small_tree(), EGFET, recipes=FAST, kept=SynthesisCache(tmp_path)) == made
    with pytest.raises(AssertionError, match="synthesized again"):
        synthesize_cached(small_mlp(), EGFET, recipes=FAST, kept=SynthesisCache(tmp_path))


def test_without_a_folder_a_network_is_kept_in_memory(request: pytest.FixtureRequest) -> None:
    kept = SynthesisCache(None)
    made = synthesize_cached(small_tree(), EGFET, recipes=FAST, kept=kept)
    request.getfixturevalue("_no_synthesis")
    assert synthesize_cached(small_tree(), EGFET, recipes=FAST, kept=kept) == made


def test_the_key_depends_on_all_that_decides_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = EGFET.cells
    dearer: CellLibrary = replace(EGFET, cells=(replace(first, area_um2=2 * first.area_um2), *others))
    base = cache_key(small_tree(), EGFET, FAST)
    different = [
        cache_key(small_mlp(), EGFET, FAST),
        cache_key(small_tree(), dearer, FAST),
        cache_key(small_tree(), EGFET, THOROUGH),
        cache_key(small_tree(), EGFET, FAST, "module m; endmodule"),
    ]
    monkeypatch.setattr(cache_module, "mapping_tool", lambda: "ABC 2")
    different.append(cache_key(small_tree(), EGFET, FAST))
    monkeypatch.undo()
    monkeypatch.setattr(cache_module, "_flow_hash", lambda: "another lowering")
    different.append(cache_key(small_tree(), EGFET, FAST))
    monkeypatch.undo()
    assert cache_key(small_tree(), EGFET, FAST) == base
    assert len({base, *different}) == 1 + len(different)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("nand", "xnor", 1),
        lambda text: text.replace('"', "\u00e4", 1),
        lambda text: "0" + text[1:] if text[0] != "0" else "1" + text[1:],
    ],
)
def test_a_damaged_entry_is_passed_over_and_rewritten(damage, tmp_path: Path, mapping: Mapping) -> None:
    SynthesisCache(tmp_path).put(KEY, small_tree(), mapping)
    path = tmp_path / f"{KEY}.json"
    path.write_text(damage(path.read_text()))
    assert SynthesisCache(tmp_path).get(KEY, small_tree()) is None
    SynthesisCache(tmp_path).put(KEY, small_tree(), mapping)
    assert SynthesisCache(tmp_path).get(KEY, small_tree()) == mapping


def test_an_entry_of_another_network_is_passed_over(tmp_path: Path, mapping: Mapping) -> None:
    SynthesisCache(tmp_path).put(KEY, small_tree(), mapping)
    tree = small_tree()
    features = (replace(tree.interface.features[0], name="other"), *tree.interface.features[1:])
    other: Network = replace(tree, interface=replace(tree.interface, features=features))
    assert SynthesisCache(tmp_path).get(KEY, other) is None


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path, mapping: Mapping) -> None:
    (tmp_path / "file").write_text("")
    kept = SynthesisCache(tmp_path / "file")
    kept.put(KEY, small_tree(), mapping)
    assert kept.get(KEY, small_tree()) == mapping
    assert SynthesisCache(tmp_path / "file").get(KEY, small_tree()) is None


def test_the_entries_not_used_for_longest_make_room(tmp_path: Path, mapping: Mapping) -> None:
    kept = SynthesisCache(tmp_path)
    kept.put("first", small_tree(), mapping)
    size = (tmp_path / "first.json").stat().st_size
    small = SynthesisCache(tmp_path, max_bytes=4 * size)
    for number, key in enumerate(("first", "second", "third", "fourth")):
        small.put(key, small_tree(), mapping)
        cache_module.os.utime(tmp_path / f"{key}.json", (number, number))
    assert SynthesisCache(tmp_path).get("first", small_tree()) == mapping  # used just now
    small.put("fifth", small_tree(), mapping)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["fifth", "first", "fourth"]


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, "off")
    assert cache_folder() is None
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/silkscreen/synthesis")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "silkscreen" / "synthesis"
