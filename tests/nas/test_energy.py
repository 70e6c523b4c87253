"""How the energy of a search is known."""

from pathlib import Path

import pytest

from nas.energy import PowerMeter, RaplCounter, power_meter, rapl_counters
from nas.errors import RunError
from nas.spec.model import SearchSpec
from nas.stage import Budget, Clock


def zone(root: Path, name: str, energy_uj: int, range_uj: int = 1000) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
    return folder


def test_each_processor_package_has_a_counter_and_its_parts_have_none(tmp_path: Path) -> None:
    for name in ("intel-rapl:0", "intel-rapl:0:0", "intel-rapl:1", "dtpm"):
        zone(tmp_path, name, 5)
    assert [counter.path.parent.name for counter in rapl_counters(tmp_path)] == [
        "intel-rapl:0",
        "intel-rapl:1",
    ]


def test_a_counter_that_starts_anew_goes_on_counting(tmp_path: Path) -> None:
    counter = RaplCounter.open(zone(tmp_path, "intel-rapl:0", 900))
    for reading, total in ((950, 50), (30, 130), (30, 130), (40, 140)):
        (tmp_path / "intel-rapl:0" / "energy_uj").write_text(str(reading))
        assert counter.read_uj() == total


def test_without_a_counter_the_power_of_the_spec_counts() -> None:
    meter = power_meter(SearchSpec(joules=100, power_w=20), ())
    assert meter is not None
    assert (meter.mean_w, meter.source) == (20, "at an assumed 20 W")
    clock = Clock(before=3.0, meter=meter)
    assert clock.joules >= 3.0 * 20
    assert clock.seconds_within(Budget(10, 1000.0, 100.0)) == pytest.approx(5)


def test_counters_go_before_the_power_of_the_spec(tmp_path: Path) -> None:
    counters = (RaplCounter.open(zone(tmp_path, "intel-rapl:0", 0, 10**12)),)
    meter = power_meter(SearchSpec(joules=100, power_w=20), counters)
    assert meter is not None
    meter.start -= 10
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text(str(50 * 10**6))
    assert 0 < meter.mean_w <= 5
    assert meter.source == "by the processor"


def test_no_budget_of_energy_needs_no_meter() -> None:
    assert power_meter(SearchSpec(minutes=1), ()) is None
    assert Clock(before=5.0).joules == 0


def test_a_budget_of_energy_without_a_known_power_is_an_error_that_says_what_to_add() -> None:
    text = "search.joules: the power of the machine must be known, but {}; add search.power_w"
    with pytest.raises(RunError) as caught:
        power_meter(SearchSpec(joules=100), ())
    assert str(caught.value) == text.format("the processor's counter can't be read here")
    with pytest.raises(RunError) as caught:
        power_meter(SearchSpec(joules=100, workers="dask://host:8786"))
    assert str(caught.value) == text.format("the workers are other machines")


def test_a_spent_budget_of_energy_is_said() -> None:
    assert Budget(10, 100.0, 5000.0).spent(1, 1.0, 5000.0) == "the budget of 5,000 joules is spent"
    assert PowerMeter(3.0).mean_w == 3.0
