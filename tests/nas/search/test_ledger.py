"""Numbers are given once and taken back once."""

import numpy as np
import pytest

from nas.search.ledger import Ledger, in_order, total_violation
from nas.search.protocol import SearchError, SearchProblem, Told
from tests.nas.search.problems import integers

PROBLEM = SearchProblem(integers(2), 2, 1)


def told(numbers: list[int], failed: list[int] | None = None) -> Told:
    n = len(numbers)
    objectives = np.column_stack((numbers, numbers)).astype(float)
    failed_mask = np.isin(numbers, failed or [])
    return Told(np.array(numbers), objectives, np.zeros((n, 1)), failed_mask)


def ledger_of(n: int) -> Ledger:
    ledger = Ledger(PROBLEM)
    ledger.issue(np.column_stack((np.arange(n), np.arange(n))).astype(np.int32))
    return ledger


def test_results_come_back_in_the_order_of_numbers_without_failures() -> None:
    ledger = ledger_of(6)
    results, failed = ledger.settle(told([4, 0, 3, 1], failed=[3]))
    assert results.numbers.tolist() == [0, 1, 4]
    assert results.rows[:, 0].tolist() == results.objectives[:, 0].tolist() == [0, 1, 4]
    assert failed.tolist() == [3]
    assert ledger.pending_rows[:, 0].tolist() == [2, 5]


def test_several_tells_join_in_order() -> None:
    ledger = ledger_of(4)
    both = in_order([ledger.settle(told([3, 1]))[0], ledger.settle(told([2, 0]))[0]])
    assert both.numbers.tolist() == both.rows[:, 0].tolist() == [0, 1, 2, 3]


def test_strangers_and_repetitions_are_refused_and_settle_nothing() -> None:
    ledger = ledger_of(3)
    with pytest.raises(SearchError, match=r"told once, but 7 was never asked \(3 asked so far"):
        ledger.settle(told([0, 7]))
    with pytest.raises(SearchError, match="-1 was never asked"):
        ledger.settle(told([-1]))
    with pytest.raises(SearchError, match="1 was told before"):
        ledger.settle(told([1, 1]))
    ledger.settle(told([1]))
    with pytest.raises(SearchError, match="1 was told before"):
        ledger.settle(told([1]))
    assert ledger.pending_rows[:, 0].tolist() == [0, 2]


def test_figures_are_checked() -> None:
    ledger = ledger_of(2)
    good = told([0, 1])
    with pytest.raises(SearchError, match=r"objectives must have shape \(2, 2\), but got \(2, 3\)"):
        ledger.settle(Told(good.numbers, np.zeros((2, 3)), good.violations, good.failed))
    with pytest.raises(SearchError, match=r"violations must have shape \(2, 1\), but got \(2, 0\)"):
        ledger.settle(Told(good.numbers, good.objectives, np.zeros((2, 0)), good.failed))
    with pytest.raises(SearchError, match=r"failed must have shape \(2,\), but got \(1,\)"):
        ledger.settle(Told(good.numbers, good.objectives, good.violations, good.failed[:1]))
    good.objectives[1, 0] = np.nan
    with pytest.raises(SearchError, match="must not be NaN, but those of number 1 are; tell it as failed"):
        ledger.settle(good)


def test_nan_of_a_failed_evaluation_is_fine() -> None:
    ledger = ledger_of(2)
    given = told([0, 1], failed=[1])
    given.objectives[1] = np.nan
    assert ledger.settle(given)[0].numbers.tolist() == [0]


def test_a_missing_figure_without_a_broken_limit_is_the_worst_excess() -> None:
    ledger = ledger_of(3)
    given = told([0, 1, 2])
    given.objectives[1:] = np.inf
    given.violations[2] = 0.25
    assert total_violation(ledger.settle(given)[0]).tolist() == [0.0, np.inf, 0.25]


def test_what_is_asked_does_not_change_with_the_callers_copy() -> None:
    ledger = Ledger(PROBLEM)
    asked = ledger.issue(np.zeros((1, 2), dtype=np.int32))
    asked.rows[:] = 9
    assert ledger.pending_rows.tolist() == [[0, 0]]
