"""How long a search would take, by what evaluations cost now."""

import math
from pathlib import Path

import pytest

from nas.forecast import estimate
from nas.specfile import read_spec
from tests.e2e.specs import AXES, JOBS, write_spec


def test_the_time_of_trees_is_that_of_one_and_that_of_netlists_is_not_known(tmp_path: Path) -> None:
    trees, gates = estimate(read_spec(write_spec(tmp_path, JOBS), ["search.workers=2"])).stages
    assert (trees.limited_by, trees.n_workers) == ("jobs", 2)
    assert 0 < trees.seconds < math.inf
    assert math.isnan(gates.seconds)


@pytest.mark.parametrize(
    ("overrides", "limited_by", "seconds"),
    [
        (("search.evaluations=1000000", "search.minutes=1"), "minutes", 60.0),
        (("search.evaluations=1000000", "search.joules=3000", "search.power_w=100"), "joules", 30.0),
    ],
)
def test_the_budget_that_ends_first_is_named(
    tmp_path: Path, overrides: tuple[str, ...], limited_by: str, seconds: float
) -> None:
    [stage] = estimate(read_spec(write_spec(tmp_path, AXES), overrides)).stages
    assert (stage.limited_by, stage.seconds) == (limited_by, seconds)


def test_more_workers_take_less_time(tmp_path: Path) -> None:
    [stage] = estimate(read_spec(write_spec(tmp_path, AXES), ["search.workers=4"])).stages
    assert stage.n_workers == 4
    assert stage.seconds == pytest.approx(3 / stage.evaluations_per_second / 4)
