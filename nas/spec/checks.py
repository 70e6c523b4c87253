"""What must hold between the sections of a spec: names of metrics, and contradictions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError

from hwmodels.model import Direction
from nas.data.dataset import Task
from nas.spec.metrics import SHARE_METRICS, STRUCTURE_METRICS, TASK_METRICS
from nas.spec.model import Spec
from nas.spec.names import did_you_mean, nearest, one_of
from nas.spec.options import HardwareCheck, check_hardware, space_problems
from nas.spec.problems import Problem
from nas.spec.roles import known_roles
from nas.spec.shape import problem_at
from nas.spec.train import TrainSpec
from nas.spec.tree import KeyPath, Node

STAND_IN: Mapping[str, JsonValue] = {
    "version": 1,
    "name": "stand-in",
    "task": "classification",
    "data": {"bundled": "iris"},
    "space": ["approximate_mlp"],
    "objectives": {"macs": "min"},
}
"""Takes the place of required sections that are wrong in themselves, so that the others can be checked."""

REGRESSION_SETS = frozenset({"diabetes"})
SOURCES_WITH_TEST = ("npz", "images", "call")
SOURCES_WITH_SHAPE = ("npz", "images", "call")

Finding = tuple[KeyPath, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A spec as far as its sections are right. spec: the others hold stand-ins. sound: those that do not."""

    spec: Spec
    sound: frozenset[str]

    def has(self, *sections: str) -> bool:
        return self.sound.issuperset(sections)


@dataclass(frozen=True, slots=True)
class KnownMetrics:
    """directions: of each metric known by its full name. aliases: of the hardware.

    open_aliases: of hardware whose metrics only running its code would tell. withheld: metrics that the
    hardware can't give with its options, and why.
    """

    directions: Mapping[str, Direction | None]
    aliases: tuple[str, ...]
    open_aliases: frozenset[str]
    withheld: Mapping[str, str]


def draft_of(values: Mapping[str, JsonValue], error: ValidationError) -> Draft:
    """What is left of a spec without the sections that `error` names."""
    wrong = {str(detail["loc"][0]) for detail in error.errors(include_url=False) if detail["loc"]}
    right = {name: value for name, value in values.items() if name in Spec.model_fields and name not in wrong}
    kept = {name: value for name, value in right.items() if value is not None}
    return Draft(Spec.model_validate({**STAND_IN, **kept}), frozenset(set(Spec.model_fields) - wrong))


def check_sections(root: Node, values: Mapping[str, JsonValue], draft: Draft, base: Path) -> list[Problem]:
    """Every problem between the sections, and within the options of spaces and hardware."""
    hardware = check_hardware(root, values.get("hardware"), base)
    known = _known_metrics(draft, hardware)
    problems = [*space_problems(root, values.get("space")), *hardware.problems]
    for section in ("objectives", "limits"):
        goals = values.get(section)
        for metric in goals if isinstance(goals, dict) else ():
            text = _metric_problem(metric, known, draft)
            if text:
                problems.append(problem_at(root, (section, metric), text, key=True))
    for check in _CHECKS:
        problems += [problem_at(root, path, text) for path, text in check(draft, known)]
    return problems


def _known_metrics(draft: Draft, check: HardwareCheck) -> KnownMetrics:
    hardware = check.metrics
    tasks: tuple[Task, ...] = (draft.spec.task,) if draft.has("task") else tuple(TASK_METRICS)
    directions: dict[str, Direction | None] = {}
    for task in tasks:
        directions |= dict.fromkeys(TASK_METRICS[task], "max")
    directions |= dict.fromkeys(STRUCTURE_METRICS)
    for alias, metrics in hardware.items():
        directions |= {f"{alias}.{metric.name}": metric.direction for metric in metrics or ()}
    unknown = frozenset(alias for alias, metrics in hardware.items() if metrics is None)
    return KnownMetrics(directions, tuple(hardware), unknown, check.withheld)


def _metric_problem(metric: str, known: KnownMetrics, draft: Draft) -> str | None:
    """Why a metric can't be named, or None."""
    alias, dot, _ = metric.partition(".")
    if metric in known.directions or (dot and alias in known.open_aliases):
        return None
    if metric in known.withheld:
        return f"{metric} can't be given: {known.withheld[metric]}"
    if not dot and (metric == "test" or metric.startswith("test_")):
        return (
            f"{metric!r} can't be named: the test part is read once, for the report; "
            "accuracy and the like are measured on the validation part"
        )
    for task, metrics in TASK_METRICS.items():
        if metric in metrics:
            return f"{metric} is a metric of task {task}, not of {draft.spec.task}"
    near = did_you_mean(metric, known.directions)
    if dot and alias not in known.aliases:
        hint = did_you_mean(alias, known.aliases) or near or nearest(alias, known.aliases, "aliases")
        return f"no hardware is called {alias!r}{hint}"
    names = [name for name in known.directions if not dot or name.startswith(f"{alias}.")]
    return f"unknown metric {metric!r}{near or nearest(metric, names, 'metrics')}"


def _split_fits(draft: Draft, known: KnownMetrics) -> Iterator[Finding]:
    spec = draft.spec
    if draft.has("task", "split") and spec.task == "regression" and spec.split.stratified:
        yield ("split", "stratified"), "only classes can be stratified, but the task is a regression"
    if (
        draft.has("data", "split")
        and spec.split.test == "given"
        and spec.data.source not in SOURCES_WITH_TEST
    ):
        brings = one_of(SOURCES_WITH_TEST)
        yield ("split", "test"), f"given needs data from {brings}; {spec.data.source} brings no test part"


def _data_fits(draft: Draft, known: KnownMetrics) -> Iterator[Finding]:
    name = draft.spec.data.bundled
    if draft.has("task", "data") and name is not None:
        task: Task = "regression" if name in REGRESSION_SETS else "classification"
        if task != draft.spec.task:
            yield ("data", "bundled"), f"{name} is for {task}, but the task is {draft.spec.task}"


def _objectives_fit(draft: Draft, known: KnownMetrics) -> Iterator[Finding]:
    for metric, direction in draft.spec.objectives.items() if draft.has("objectives") else ():
        better = known.directions.get(metric)
        if better is not None and better != direction:
            words = "larger" if better == "max" else "smaller"
            yield ("objectives", metric), f"must be {better}, not {direction}: {words} is better"
        limit = draft.spec.limits.get(metric)
        if draft.has("limits") and limit is not None and limit.min is not None and limit.min == limit.max:
            text = f"{metric} is an objective; with min equal to max nothing is left to search"
            yield ("limits", metric), text


def _limits_fit(draft: Draft, known: KnownMetrics) -> Iterator[Finding]:
    for metric, limit in draft.spec.limits.items() if draft.has("limits") else ():
        for end, value in (("min", limit.min), ("max", limit.max)):
            if value is None or metric not in known.directions:
                continue
            if metric in SHARE_METRICS and not 0 <= value <= 1:
                hint = f"; did you mean {value:g} %?" if 1 < value <= 100 else ""
                yield ("limits", metric, end), f"{metric} lies in 0..1, but got {value:g}{hint}"
            elif metric == "r2" and value > 1:
                yield ("limits", metric, end), f"r2 is at most 1, but got {value:g}"
            elif metric != "r2" and value < 0:
                yield ("limits", metric, end), f"{metric} is never below 0, but got {value:g}"


def _convnets_fit(draft: Draft, known: KnownMetrics) -> Iterator[Finding]:
    spec, families = draft.spec, [entry.family for entry in draft.spec.space]
    if draft.has("space", "train") and "convnet" not in families and spec.train != TrainSpec():
        yield ("train",), "goes with the family convnet alone; the other families have options of their own"
    if "convnet" not in families or not draft.has("space"):
        return
    index = families.index("convnet")
    if draft.has("task") and spec.task != "classification":
        yield ("space", index), f"convnet learns classes, but the task is {spec.task}"
    if draft.has("data") and spec.data.source not in SOURCES_WITH_SHAPE:
        sources = one_of(SOURCES_WITH_SHAPE)
        yield ("space", index), f"convnet needs images or signals, from {sources}, not {spec.data.source}"
    if draft.has("emit") and spec.emit.verilog is not None:
        yield ("emit",), "convnet has no Verilog; name c alone, such as emit: {c: {layout: cmake}}"


def _winners_fit(draft: Draft, known: KnownMetrics) -> Iterator[Finding]:
    if not draft.has("objectives", "emit"):
        return
    roles = known_roles(draft.spec.objectives)
    winners = draft.spec.emit.winners
    for index, winner in enumerate(winners):
        if winner not in roles:
            text = f"must be {one_of(roles)}, not {winner!r}{did_you_mean(winner, roles)}"
            yield ("emit", "winners", index), text
        elif winner in winners[:index]:
            yield ("emit", "winners", index), f"{winner} is named twice"


def _target_fits(draft: Draft, known: KnownMetrics) -> Iterator[Finding]:
    if not draft.has("objectives", "search") or draft.spec.search.stop is None:
        return
    for metric in draft.spec.search.stop.target or ():
        if metric not in draft.spec.objectives:
            text = f"must be an objective: {one_of(tuple(draft.spec.objectives))}"
            yield ("search", "stop", "target", metric), text


def _reference_points_fit(draft: Draft, known: KnownMetrics) -> Iterator[Finding]:
    if not draft.has("objectives", "search"):
        return
    objectives = tuple(draft.spec.objectives)
    for index, point in enumerate(draft.spec.search.reference_points or ()):
        if set(point) != set(objectives):
            text = f"must have a value for each objective ({', '.join(objectives)}) and no other"
            yield ("search", "reference_points", index), f"{text}, but has {', '.join(point) or 'none'}"


_CHECKS: tuple[Callable[[Draft, KnownMetrics], Iterator[Finding]], ...] = (
    _split_fits,
    _data_fits,
    _objectives_fit,
    _reference_points_fit,
    _limits_fit,
    _convnets_fit,
    _winners_fit,
    _target_fits,
)
