"""The search of one axis space: candidates are asked for, evaluated by workers, written down and told.

What is asked for depends on the seed and on what was told before alone, never on which evaluation ended
first, so a resumed stage asks for the same candidates and takes their evaluations from the archive.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nas.axis_search import AxisProblem, AxisTask, Key, Trained, values_key
from nas.errors import RunError
from nas.objectives import FloatArray
from nas.pareto import pareto_mask
from nas.records import Evaluation, Status
from nas.report.progress import ProgressFacts
from nas.search.protocol import Searcher, Told
from nas.search.screening import ScreenedSearch
from nas.stage import Budget, Clock, Excess, Sitting
from nas.stopping import Stopping
from nas.workers import Outcome, Workers
from searchspaces.space import AxisValue, Rows

PATIENCE_EVALUATIONS = 60
"""Trained candidates that come no nearer to the limits after which a stage without a design gives up."""
N_NEWEST = 50
"""Evaluations whose cost forecasts that of the others."""
COLLECT_SECONDS = 0.5
"""How often a stage looks up from waiting, to show its progress and to see whether it is to stop."""


def window_for(searcher: Searcher, n_workers: int) -> int:
    """How many candidates may be asked for and not yet told.

    A searcher that likes generations has one under way and waits for its end. Any other one is half as
    many ahead again as there are workers, so that these need not wait for the slowest of them.
    """
    if searcher.batch_size > 1:
        return searcher.batch_size
    return n_workers + n_workers // 2


@dataclass(slots=True, eq=False)
class _Slot:
    """A set of values that is evaluated once, however often it is asked for. number: when it first was."""

    number: int
    row: Rows
    values: Mapping[str, AxisValue]
    done: Evaluation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Pending:
    """Asked for and not told."""

    number: int
    slot: _Slot

    @property
    def settled(self) -> bool:
        return self.slot.done is not None


@dataclass(slots=True, eq=False)
class AxisSearch:
    """The state of an axis search. known: what was evaluated before, so that a resumed run replays it.

    earlier: evaluations of earlier runs, which cost nothing. window: see `window_for`; it must be the same
    when a run is resumed. slots: all sets of values that were asked for. pending: in the order of their
    numbers. waiting: for a worker. charged: evaluations that were asked for, each once; of these, evaluations
    were begun or replayed, and told were told. front: of what was told.
    """

    problem: AxisProblem
    searcher: Searcher
    workers: Workers[AxisTask, Trained]
    budget: Budget
    clock: Clock
    sitting: Sitting
    known: Mapping[int, Evaluation]
    earlier: Mapping[Key, Evaluation] = field(default_factory=dict)
    window: int = 1
    stopping: Stopping = field(default_factory=Stopping)
    slots: dict[Key, _Slot] = field(default_factory=dict, init=False)
    pending: deque[_Pending] = field(default_factory=deque, init=False)
    waiting: deque[_Slot] = field(default_factory=deque, init=False)
    under_way: dict[int, _Slot] = field(default_factory=dict, init=False)
    newest_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=N_NEWEST), init=False)
    front: FloatArray = field(init=False)
    excess: Excess = field(init=False)
    asked: int = field(default=0, init=False)
    charged: int = field(default=0, init=False)
    evaluations: int = field(default=0, init=False)
    told: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.excess = Excess.of(self.problem.goals)
        self.front = np.empty((0, len(self.problem.goals.objectives)))

    def run(self) -> str:
        """Goes on until a budget is spent, nothing is left or nothing helps; says which.

        All that was asked for is still evaluated then, so that it does not matter how far the workers were;
        only a budget of time or energy drops what no worker has begun. Raises RunInterrupted when the user
        asked to stop; what is under way is dropped.
        """
        reason: str | None = None
        while reason is None or self.waiting or self.under_way:
            reason = reason or self._tell()
            while reason is None and self._has_room:
                reason = self._ask()
            reason = self._submit() or reason
            if self.under_way:
                self._collect()
        return reason if self.feasible else f"{reason}; {self._why_none()}"

    @property
    def rejected(self) -> int:
        """Candidates that were refused before they were trained."""
        return self.searcher.n_rejected if isinstance(self.searcher, ScreenedSearch) else 0

    @property
    def feasible(self) -> list[Evaluation]:
        """The evaluated candidates that keep all limits."""
        return [done for done in self._done if done.status == "ok"]

    @property
    def _done(self) -> list[Evaluation]:
        return [slot.done for slot in self.slots.values() if slot.done is not None]

    @property
    def _by_generation(self) -> bool:
        return self.searcher.batch_size > 1

    @property
    def _has_room(self) -> bool:
        return not self.pending if self._by_generation else len(self.pending) < self.window

    def _ask(self) -> str | None:
        """Asks once; gives why there is nothing left to ask for, or None."""
        n = min(self.window, self.budget.evaluations) if self._by_generation else 1
        asked = self.searcher.ask(n)
        if not len(asked.rows):
            return "every design of the space was tried"
        for number, row in zip(asked.numbers.tolist(), asked.rows, strict=True):
            self.asked += 1
            slot = self._slot(row, number)
            if slot.number == number and slot.done is None:
                if self.charged == self.budget.evaluations:
                    return self.budget.spent(self.charged, 0.0)
                self._evaluate_or_replay(slot)
            self.pending.append(_Pending(number, slot))
        return None

    def _slot(self, row: Rows, number: int) -> _Slot:
        values = dict(self.problem.space.values(row))
        key = values_key(values)
        if key not in self.slots:
            self.slots[key] = _Slot(number, row, values, self.earlier.get(key))
        return self.slots[key]

    def _evaluate_or_replay(self, slot: _Slot) -> None:
        self.charged += 1
        slot.done = self.known.get(slot.number)
        if slot.done is None:
            self.waiting.append(slot)
        else:
            self._check_same(slot, slot.done)
            self.evaluations += 1

    def _check_same(self, slot: _Slot, done: Evaluation) -> None:
        if dict(done.values) != slot.values:
            raise RunError(
                f"candidate {slot.number} was {dict(done.values)} when the run began, but the searcher now "
                f"asks for {slot.values}: resume with the versions that the run began with, or start it anew"
            )

    def _submit(self) -> str | None:
        """Gives the workers what they have room for; or says that time or energy is spent and drops it."""
        room = self.workers.capacity + self.workers.capacity // 4
        while self.waiting and len(self.under_way) < room:
            spent = self.budget.spent(0, self.clock.seconds, self.clock.joules)
            if spent is not None and self.evaluations:
                self.waiting.clear()
                return spent
            slot = self.waiting.popleft()
            self.evaluations += 1
            self.under_way[slot.number] = slot
            self.workers.submit(slot.number, AxisTask(slot.number, slot.row))
        return None

    def _collect(self) -> None:
        self.sitting.check()
        for outcome in self.workers.collect(COLLECT_SECONDS):
            slot = self.under_way.pop(outcome.key)
            slot.done = self._evaluation(slot, outcome)
            self.sitting.archive.append(slot.done)
            self.newest_seconds.append(outcome.seconds)
        self.sitting.show(self._progress())

    def _evaluation(self, slot: _Slot, outcome: Outcome[Trained]) -> Evaluation:
        trained = outcome.result or Trained(error=outcome.error)
        ids = tuple(self.sitting.archive.put_network(network) for network in trained.networks)
        return Evaluation(
            number=slot.number,
            family=self.problem.name,
            values=slot.values,
            fidelity=self.problem.fidelity,
            status="failed" if trained.error else self._status(trained.metrics),
            metrics=trained.metrics,
            network=ids[-1] if ids else None,
            seconds=outcome.seconds,
            error=trained.error,
            folds=ids[:-1],
        )

    def _status(self, metrics: Mapping[str, float]) -> Status:
        figures = {name: np.array([value]) for name, value in metrics.items()}
        return "infeasible" if self.problem.goals.violations(figures).any() else "ok"

    def _tell(self) -> str | None:
        """Tells what is due; gives why the search is to stop, or None.

        A generation is told as a whole. Otherwise the eldest is told when the window is full, and not
        before, though it may long have ended: who asks next must not know more than in any other run.
        """
        reason: str | None = None
        while reason is None and self.pending and not self._has_room:
            due = list(self.pending) if self._by_generation else [self.pending[0]]
            if not all(each.settled for each in due):
                return None
            for _ in due:
                self.pending.popleft()
            reason = self._tell_these(due)
        return reason

    def _tell_these(self, due: list[_Pending]) -> str | None:
        goals, n = self.problem.goals, len(due)
        objectives = np.full((n, len(goals.objectives)), np.inf)
        margins, failed = np.zeros((n, len(goals.limits))), np.zeros(n, np.bool_)
        for index, each in enumerate(due):
            assert each.slot.done is not None
            done = each.slot.done
            self.told += each.number == each.slot.number
            failed[index] = done.status == "failed"
            if not failed[index]:
                figures = {name: np.array([value]) for name, value in done.metrics.items()}
                objectives[index] = goals.minimized(figures)[0]
                margins[index] = goals.margins(figures)[0]
                self.excess.note(goals, figures, {}, goals.violations(figures))
        numbers = np.array([each.number for each in due], np.int64)
        self.searcher.tell(Told(numbers, objectives, margins, failed))
        kept = np.isfinite(objectives).all(axis=1) & (margins <= 0).all(axis=1) & ~failed
        return self._enough(objectives[kept])

    def _enough(self, points: FloatArray) -> str | None:
        """Why to stop, after designs that keep all limits, (n, n_objectives), were told; or None."""
        if len(points):
            joined = np.concatenate([self.front, points])
            self.front = joined[pareto_mask(joined)]
        reason = self.stopping.reached(points) or self.stopping.stalled(self.front, self.told)
        if reason is not None or len(self.front):
            return reason
        if self.excess.since_better >= PATIENCE_EVALUATIONS:
            return f"{self.asked:,} candidates were asked for"
        return None

    def _why_none(self) -> str:
        """Why no candidate is feasible: what most failed of, or the limit that bites."""
        errors = Counter(done.error for done in self._done if done.status == "failed")
        if errors and sum(errors.values()) == len(self._done):
            return f"every candidate failed, most with: {errors.most_common(1)[0][0]}"
        return self.excess.reason(self.problem.goals)

    def _progress(self) -> ProgressFacts:
        best = {}
        for goal, column in zip(self.problem.goals.objectives, self.front.T, strict=True):
            if len(column):
                best[goal.metric] = float(column.min() if goal.direction == "min" else -column.min())
        return ProgressFacts(
            phase="search",
            detail=self.problem.name,
            evaluations=self.evaluations - len(self.under_way),
            seconds=self.clock.seconds,
            budget_evaluations=self.budget.evaluations,
            budget_seconds=self.clock.seconds_within(self.budget),
            seconds_each=self._seconds_each(),
            rejected=self.rejected,
            best=best,
        )

    def _seconds_each(self) -> float | None:
        """Of the newest evaluations, with all workers busy; None before the first."""
        return float(np.mean(self.newest_seconds)) / self.workers.capacity if self.newest_seconds else None
