"""What stages share: budgets, and why nothing was found."""

import math

import numpy as np

from nas.objectives import Goals, Limit, Objective
from nas.stage import Budget, Excess

GOALS = Goals((Objective("area", "min"),), (Limit("power", None, 2.0), Limit("accuracy", 0.9, None)))


def noted(power: list[float], accuracy: list[float]) -> Excess:
    """What is known after candidates of which as many were scored as there are accuracies."""
    excess = Excess.of(GOALS)
    prices = {"power": np.array(power)}
    violations = GOALS.violations(prices)
    figures = {}
    if accuracy:
        figures = {"power": np.array(power[: len(accuracy)]), "accuracy": np.array(accuracy)}
        violations[: len(accuracy)] = GOALS.violations(figures)
    excess.note(GOALS, prices, figures, violations)
    return excess


def test_a_budget_names_what_is_spent() -> None:
    budget = Budget(evaluations=1000, seconds=120)
    assert budget.spent(999, 119) is None
    assert budget.spent(1000, 0) == "the budget of 1,000 evaluations is spent"
    assert budget.spent(0, 120) == "the budget of 2 minutes is spent"


def test_the_limit_that_bites_is_named_with_how_much_is_missing() -> None:
    assert noted([3.0, 2.5], []).reason(GOALS) == (
        "no design keeps the limit on accuracy: none came far enough to know it"
    )
    assert noted([1.0, 3.0], [0.45]).reason(GOALS) == (
        "no design keeps the limit on accuracy: the nearest one misses it by 50.0%"
    )


def test_limits_that_are_kept_one_by_one_are_named_together() -> None:
    excess = noted([1.0, 1.0], [0.5])
    excess.note(
        GOALS,
        {"power": np.array([4.0])},
        {"power": np.array([4.0]), "accuracy": np.array([0.95])},
        np.array([[1.0, 0.0]]),
    )
    assert excess.reason(GOALS) == (
        "each limit is kept by some design, but no design keeps all of them at once (power, accuracy)"
    )


def test_coming_nearer_to_the_limits_starts_the_count_again() -> None:
    excess = Excess.of(GOALS)
    for power, since in ((4.0, 0), (4.0, 1), (3.0, 0), (5.0, 1)):
        prices = {"power": np.array([power])}
        excess.note(GOALS, prices, {}, GOALS.violations(prices))
        assert excess.since_better == since
    assert excess.total == 0.5


def test_without_limits_nothing_is_counted() -> None:
    goals = Goals((Objective("area", "min"),), ())
    excess = Excess.of(goals)
    excess.note(goals, {"area": np.array([1.0])}, {}, np.zeros((1, 0)))
    assert math.isinf(excess.total)
    assert excess.reason(goals) == "no design could be evaluated"
