"""What an axis stage refuses before it trains anything, and what it says about its searcher."""

import numpy as np
import pytest

from nas.algorithms import choose_algorithm, make_searcher
from nas.axis_filter import axis_filter, canonical_rows, decision_events, refusal
from nas.axis_search import AxisProblem
from nas.problem import axis_space, build_problem
from nas.records import Event
from nas.search.protocol import Told
from nas.specfile import parse_spec

SPEC = """
version: 1
name: filtered
task: classification
data: {bundled: iris}
space:
  - approximate_mlp: {detail: axes, hidden: [0..6], input_bits: 2..4, pressure: 0..0.5}
objectives: {accuracy: max, macs: min}
"""


def axes_of(text: str) -> AxisProblem:
    problem = build_problem(parse_spec(text), allow_code=False)
    space = axis_space(problem, problem.stages[0])
    return AxisProblem("axes", space, problem.dataset, problem.goals, problem.models, 1)


def test_a_structure_below_a_minimum_is_refused_by_how_much_it_misses_it() -> None:
    axes = axes_of(SPEC + "limits: {macs: {min: 28}}\n")
    found = axis_filter(axes, 100)
    assert found.problem.screen is not None
    rows = axes.space.sample(np.random.default_rng(0), 30)
    free = found.problem.screen(rows)
    for row, margin in zip(rows, free.margins[:, 0], strict=True):
        hidden = axes.space.recipe(row).hidden
        macs = 7 * hidden[0] if hidden else 12
        assert np.isnan(margin) if macs >= 28 else margin == pytest.approx((28 - macs) / 28)


def test_a_maximum_is_known_only_after_training() -> None:
    assert axis_filter(axes_of(SPEC + "limits: {macs: {max: 28}}\n"), 100).problem.screen is None


def test_rows_that_train_alike_are_the_same_row() -> None:
    axes = axes_of(SPEC)
    names = [variable.name for variable in axes.space.domain.variables]
    row = axes.space.sample(np.random.default_rng(0), 1)
    row[0, names.index("hidden0")] = 0
    other = row.copy()
    other[0, names.index("activation_shift")] = 5
    row[0, names.index("activation_shift")] = 2
    assert np.array_equal(canonical_rows(axes, row), canonical_rows(axes, other))


def test_a_minimum_that_no_structure_reaches_ends_the_stage_with_the_reason() -> None:
    axes = axes_of(SPEC + "limits: {macs: {min: 84}}\n")
    problem = build_problem(parse_spec(SPEC), allow_code=False)
    searcher = make_searcher(
        "auto", axes.space.domain, axes.goals, problem.spec.search, 1, None, filter=axis_filter(axes, 100)
    )
    assert len(searcher.ask(1).rows) == 0
    reason = refusal(searcher, axes.goals)
    assert reason is not None
    assert reason.endswith("none keeps the limit on macs: the nearest misses it by 50.0%")


def test_auto_is_the_choice_for_what_is_trained_and_says_what_it_did() -> None:
    axes = axes_of(SPEC)
    problem = build_problem(parse_spec(SPEC), allow_code=False)
    choice = choose_algorithm(problem.spec.search, problem.stages[0])
    assert choice.algorithm == "auto"
    searcher = make_searcher(
        choice.algorithm,
        axes.space.domain,
        axes.goals,
        problem.spec.search,
        1,
        None,
        filter=axis_filter(axes, 50),
    )
    asked = searcher.ask(1)
    searcher.tell(Told(asked.numbers, np.zeros((1, 2)), np.zeros((1, 0)), np.zeros(1, np.bool_)))
    [event] = decision_events(searcher, "axes", [])
    assert event.kind == "decision"
    assert event.text == "axes: Gaussian processes of 4 variables for 600 evaluations; then evolution"
    assert event.facts == {"stage": "axes", "candidate": 0}
    assert decision_events(searcher, "axes", [event]) == []
    assert decision_events(searcher, "other", [Event("note", "", 0.0, {})]) != []
