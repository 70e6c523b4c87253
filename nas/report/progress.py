"""Live progress of a search on the error stream: a small table on a terminal, else a line now and then."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nas.report.figures import count, duration, figure

_SECONDS_PER_FRAME = 0.1
_SECONDS_PER_LINE = 5.0


@dataclass(frozen=True, slots=True)
class ProgressFacts:
    """The state of a run in a few figures.

    phase: a word such as "search" or "proof", with detail after it. evaluations: done so far; seconds:
    spent so far; either budget may be None. best: best value so far of each objective, in the order to
    show. hypervolume: of the front, None where unknown. seconds_each: measured, from the end of one
    evaluation to that of the next with all workers busy; None where seconds over evaluations say it.
    """

    phase: str
    evaluations: int = 0
    seconds: float = 0.0
    budget_evaluations: int | None = None
    budget_seconds: float | None = None
    rejected: int = 0
    front_size: int = 0
    best: Mapping[str, float] = field(default_factory=dict)
    hypervolume: float | None = None
    detail: str = ""
    seconds_each: float | None = None

    @property
    def per_second(self) -> float:
        if self.seconds_each:
            return 1 / self.seconds_each
        return self.evaluations / self.seconds if self.seconds > 0 else 0.0

    @property
    def done(self) -> float | None:
        """Share of the budget used, 0 to 1, of the budget that ends first; None without a budget."""
        shares = []
        if self.budget_evaluations:
            shares.append(self.evaluations / self.budget_evaluations)
        if self.budget_seconds:
            shares.append(self.seconds / self.budget_seconds)
        return min(max(shares), 1.0) if shares else None

    @property
    def seconds_left(self) -> float | None:
        """Forecast by what evaluations cost, else by the share done so far; None while nothing is known."""
        if self.seconds_each is None:
            done = self.done
            return self.seconds * (1 - done) / done if done else None
        left = []
        if self.budget_evaluations:
            left.append((self.budget_evaluations - self.evaluations) * self.seconds_each)
        if self.budget_seconds:
            left.append(max(0.0, self.budget_seconds - self.seconds))
        return min(left) if left else None

    @property
    def pace(self) -> str:
        """How fast it goes: "5,000/s", or "12 s each"."""
        rate = self.per_second
        return f"{count(round(rate))}/s" if rate >= 1 or not rate else f"{duration(1 / rate)} each"


class Progress:
    """Shows `ProgressFacts` as they come; a context manager, so that the terminal is always given back.

    console: where to; the caller makes it on the error stream. clock: seconds, for tests.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._live = (
            Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        )
        self._shown_at = float("-inf")
        self._phase = ""

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, facts: ProgressFacts) -> None:
        """Cheap to call at any rate: what comes too soon after the last is not shown."""
        now = self._clock()
        pause = _SECONDS_PER_LINE if self._live is None else _SECONDS_PER_FRAME
        if facts.phase == self._phase and now - self._shown_at < pause:
            return
        self._shown_at, self._phase = now, facts.phase
        if self._live is None:
            self._console.print(progress_line(facts), markup=False, highlight=False, soft_wrap=True)
        else:
            self._live.update(progress_table(facts), refresh=True)


def progress_line(facts: ProgressFacts) -> str:
    """One line of plain text."""
    parts = [f"{facts.phase} {facts.detail}".strip()]
    if facts.evaluations:
        parts.append(f"{count(facts.evaluations)} evaluations, {facts.pace}")
    if facts.best:
        parts.append("best " + ", ".join(f"{name} {figure(value)}" for name, value in facts.best.items()))
    if facts.hypervolume is not None:
        parts.append(f"hypervolume {figure(facts.hypervolume)}")
    if facts.seconds_left is not None:
        parts.append(f"{duration(facts.seconds_left)} left")
    return " | ".join(parts)


def progress_table(facts: ProgressFacts) -> RenderableType:
    """The same for a terminal."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    if facts.done is not None:
        table.add_row("budget", ProgressBar(total=1.0, completed=facts.done, width=40))
    for name, text in _rows(facts):
        table.add_row(Text(name), Text(text))
    return Group(Text(f"{facts.phase} {facts.detail}".strip(), style="bold"), table)


def _rows(facts: ProgressFacts) -> list[tuple[str, str]]:
    rows = []
    if facts.evaluations:
        text = f"{count(facts.evaluations)}, {facts.pace}"
        rows.append(("evaluations", text + (f", {count(facts.rejected)} rejected" if facts.rejected else "")))
    rows += [(f"best {name}", figure(value)) for name, value in facts.best.items()]
    if facts.front_size:
        rows.append(("front", f"{count(facts.front_size)} designs"))
    if facts.hypervolume is not None:
        rows.append(("hypervolume", figure(facts.hypervolume)))
    left = "" if facts.seconds_left is None else f", {duration(facts.seconds_left)} left"
    rows.append(("time", duration(facts.seconds) + left))
    return rows
