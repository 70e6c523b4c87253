"""Live progress: a table on a terminal, else a line now and then."""

from io import StringIO

import pytest
from rich.console import Console

from nas.report.progress import Progress, ProgressFacts, progress_line, progress_table

FACTS = ProgressFacts(
    phase="search",
    detail="approximate_mlp",
    evaluations=50_000,
    seconds=10.0,
    budget_evaluations=200_000,
    budget_seconds=300.0,
    rejected=1200,
    front_size=17,
    best={"accuracy": 0.9154, "egfet.area_cm2": 3.195},
    hypervolume=12.5,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_line_says_everything() -> None:
    assert progress_line(FACTS) == (
        "search approximate_mlp | 50,000 evaluations, 5,000/s | best accuracy 0.9154, egfet.area_cm2 3.195 | "
        "hypervolume 12.50 | 30 s left"
    )


def test_the_line_of_a_phase_without_figures_is_its_words() -> None:
    assert progress_line(ProgressFacts("proving", detail="the C of cardio")) == "proving the C of cardio"


def test_the_table_says_everything() -> None:
    console = Console(file=StringIO(), width=100)
    console.print(progress_table(FACTS))
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert lines[0] == "search approximate_mlp"
    assert lines[1].startswith("budget               ━━━━━━━━━━")
    assert lines[2:] == [
        "evaluations          50,000, 5,000/s, 1,200 rejected",
        "best accuracy        0.9154",
        "best egfet.area_cm2  3.195",
        "front                17 designs",
        "hypervolume          12.50",
        "time                 10 s, 30 s left",
    ]


@pytest.mark.parametrize(
    ("evaluations", "seconds", "left"), [(50_000, 10.0, 30.0), (100, 150.0, 150.0), (200_000, 1.0, 0.0)]
)
def test_the_budget_that_ends_first_gives_the_time_left(
    evaluations: int, seconds: float, left: float
) -> None:
    facts = ProgressFacts("search", evaluations, seconds, budget_evaluations=200_000, budget_seconds=300.0)
    assert facts.seconds_left == pytest.approx(left)


@pytest.mark.parametrize(
    ("evaluations", "seconds", "left"),
    [(40, 100.0, 120.0), (40, 250.0, 50.0), (100, 10.0, 0.0), (40, 400.0, 0.0)],
)
def test_the_measured_cost_of_an_evaluation_gives_the_time_left(
    evaluations: int, seconds: float, left: float
) -> None:
    facts = ProgressFacts("search", evaluations, seconds, 100, 300.0, seconds_each=2.0)
    assert facts.seconds_left == pytest.approx(left)
    assert facts.pace == "2.0 s each"


def test_without_a_budget_nothing_is_forecast() -> None:
    assert ProgressFacts("search", 10, 1.0).seconds_left is None
    assert ProgressFacts("search").per_second == 0


def test_plain_lines_come_at_most_every_five_seconds_and_at_each_new_phase() -> None:
    console, clock = Console(file=StringIO(), width=60), Clock()
    with Progress(console, clock=clock) as progress:
        for now in (0.0, 1.0, 4.9, 5.1, 6.0):
            clock.now = now
            progress.update(ProgressFacts("search", evaluations=int(now * 10), seconds=now))
        progress.update(ProgressFacts("proving", detail="[bold]"))
    assert console.file.getvalue().splitlines() == [
        "search",
        "search | 51 evaluations, 10/s",
        "proving [bold]",
    ]


def test_a_terminal_shows_the_table_and_is_given_back() -> None:
    console = Console(file=StringIO(), width=80, force_terminal=True)
    with Progress(console) as progress:
        progress.update(FACTS)
    text = console.file.getvalue()
    assert "50,000" in text
    assert text.rstrip().endswith("\x1b[2K")
