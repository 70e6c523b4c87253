"""Which designs of the front win."""

import pytest

from codegen.ir import ClassOutput, DecisionTree, Feature, Interface, Network
from hwmodels.model import Workload
from nas.evaluate import Priced
from nas.finish import Finalist, final_front, front_entry
from nas.objectives import Goals, Objective
from nas.spec.roles import known_roles
from nas.winners import choose

GOALS = Goals((Objective("accuracy", "max"), Objective("area", "min")), ())


def finalist(accuracy: float, area: float, *, n_validated: int = 478, power: float = 0.0) -> Finalist:
    """A design with these figures; its network plays no part in the choice."""
    network = Network(
        Interface((Feature("x", 0.0, 1.0, 2),), ClassOutput(("a", "b"))), DecisionTree((), (0,))
    )
    entry = front_entry("tree", network, {"accuracy": accuracy, "area": area, "power": power})
    return Finalist(entry, network, Priced({}, {}, {}), False, Workload(), (), n_validated)


FRONT = [finalist(0.95, 4.0), finalist(0.945, 2.0), finalist(0.941, 1.0), finalist(0.939, 0.5)]


def chosen(front: list[Finalist], *roles: str, goals: Goals = GOALS) -> list[tuple[float, float]]:
    return [
        (item.entry.metrics["accuracy"], item.entry.metrics["area"])
        for _, item in choose(front, goals, roles)
    ]


def test_the_best_and_the_smallest_are_the_ends_of_the_front() -> None:
    assert chosen(FRONT, "best_accuracy", "best_area") == [(0.95, 4.0), (0.939, 0.5)]


def test_the_smallest_design_within_one_standard_error_of_the_best_wins() -> None:
    """sqrt(.95 * .05 / 478) is .00997, so .941 is within it and .939 is not."""
    assert chosen(FRONT, "one_standard_error") == [(0.941, 1.0)]


@pytest.mark.parametrize(("n_validated", "area"), [(100, 0.5), (1000, 2.0), (100_000, 4.0)])
def test_more_validation_rows_tell_smaller_differences_apart(n_validated: int, area: float) -> None:
    front = [finalist(0.95, 4.0, n_validated=n_validated), *FRONT[1:]]
    [(_, found)] = chosen(front, "one_standard_error")
    assert found == area


def test_a_design_without_errors_has_none_beside_it() -> None:
    assert chosen([finalist(1.0, 4.0), *FRONT], "one_standard_error") == [(1.0, 4.0)]


def test_of_equally_accurate_designs_the_one_that_is_better_otherwise_wins() -> None:
    goals = Goals((*GOALS.objectives, Objective("power", "min")), ())
    front = [finalist(0.95, 4.0, power=1.0), finalist(0.95, 3.0, power=2.0), finalist(0.9, 3.0, power=0.5)]
    assert chosen(front, "best_accuracy", "one_standard_error", goals=goals) == [(0.95, 3.0), (0.95, 3.0)]


def test_an_empty_front_has_no_winners() -> None:
    assert choose([], GOALS, ["knee", "one_standard_error"]) == []


def test_every_role_that_a_spec_may_name_can_be_chosen() -> None:
    roles = known_roles(["accuracy", "area"])
    assert roles == ["knee", "best_accuracy", "best_area", "one_standard_error"]
    assert [role for role, _ in choose(FRONT, GOALS, roles)] == roles


def test_a_standard_error_needs_an_objective_that_is_a_share() -> None:
    assert known_roles(["r2", "area"]) == ["knee", "best_r2", "best_area"]


def test_a_dominated_design_is_no_candidate() -> None:
    dominated = finalist(0.94, 3.0)
    assert dominated not in final_front([*FRONT, dominated], GOALS)
