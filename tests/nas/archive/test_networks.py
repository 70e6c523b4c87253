"""Networks in the run folder, by content hash."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from codegen.ir.interface import ClassOutput, Feature, Interface
from codegen.ir.network import DecisionTree, Network
from codegen.ir.serialize import content_hash
from nas.archive import Archive, ArchiveError
from tests.nas.archive.records import HEADER
from tests.networks import networks


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    with Archive.create(tmp_path, HEADER) as archive:
        yield archive


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(network=networks())
def test_a_network_comes_back_by_its_hash_and_storing_it_twice_changes_nothing(
    archive: Archive, network: Network
) -> None:
    id = archive.put_network(network)
    assert id == content_hash(network) == archive.put_network(network)
    assert archive.network(id) == network
    assert (archive.folder / "networks" / f"{id}.json").is_file()


def store(archive: Archive, *ids: str) -> Path:
    """Files of these names, whose content does not matter."""
    folder = archive.folder / "networks"
    folder.mkdir()
    for id in ids:
        (folder / f"{id}.json").write_text("{}")
    return folder


def test_a_unique_beginning_is_enough(archive: Archive) -> None:
    store(archive, "abc1" + "0" * 60, "abd2" + "0" * 60)
    assert archive.network_id("abd") == "abd2" + "0" * 60


def test_an_ambiguous_beginning_lists_what_it_may_mean(archive: Archive) -> None:
    folder = store(archive, "abc1" + "0" * 60, "abd2" + "0" * 60)
    with pytest.raises(ArchiveError) as caught:
        archive.network("ab")
    assert str(caught.value) == (
        f"{folder}: 2 networks begin with 'ab': abc10000, abd20000; give more digits"
    )


def test_an_unknown_network_is_named(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="networks: no network begins with 'abc'"):
        archive.network("abc")


@pytest.mark.parametrize("id", ["", "../secret", "*", "ABC", "a" * 65])
def test_an_id_is_digits_only(archive: Archive, id: str) -> None:
    with pytest.raises(ArchiveError, match=r"a network id must be up to 64 digits of 0-9 and a-f, not"):
        archive.network(id)


def test_a_file_under_the_name_of_another_network_is_damage(archive: Archive) -> None:
    interface = Interface((Feature("x", 0.0, 1.0, 2),), ClassOutput(("no", "yes")))
    id = archive.put_network(Network(interface, DecisionTree((), (0,))))
    path = archive.folder / "networks" / f"{id}.json"
    other = path.with_name("b" * 64 + ".json")
    path.rename(other)
    with pytest.raises(ArchiveError) as caught:
        archive.network("b")
    assert str(caught.value) == (
        f"{other}: damaged: the content is not that of its name; restore it from a copy"
    )


def test_a_file_that_is_no_network_is_damage(archive: Archive) -> None:
    store(archive, "a" * 64)
    with pytest.raises(ArchiveError, match="the network can't be read: "):
        archive.network("a" * 64)
