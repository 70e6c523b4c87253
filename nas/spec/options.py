"""Options that search spaces and hardware models read themselves: their problems, at their keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError

from hwmodels.model import HardwareModelError, Metric, WithholdingHardwareModel
from nas.families import READERS
from nas.plugins import (
    BUILT_IN,
    HWMODELS_GROUP,
    PluginError,
    is_code,
    list_plugins,
    make_hardware_model,
    option_types,
    resolve,
)
from nas.spec.model import HardwareSpec, SpaceSpec
from nas.spec.names import did_you_mean, nearest, one_of
from nas.spec.problems import Problem
from nas.spec.shape import problem_at, shown, unknown_key
from nas.spec.tree import Node


@dataclass(frozen=True, slots=True)
class HardwareCheck:
    """problems: with the hardware. metrics: of each alias; None where only running its code would tell.
    withheld: full names of metrics that a model can't give with its options, and why."""

    problems: tuple[Problem, ...]
    metrics: Mapping[str, tuple[Metric, ...] | None]
    withheld: Mapping[str, str]


def space_problems(root: Node, space: JsonValue) -> list[Problem]:
    """What the families find wrong with their options."""
    problems: list[Problem] = []
    for index, entry in enumerate(space if isinstance(space, list) else []):
        try:
            section = SpaceSpec.model_validate(entry)
        except ValidationError:
            continue
        for found in READERS[section.family](section.options)[1]:
            report = unknown_key if found.text.startswith("unknown key") else problem_at
            problems.append(report(root, ("space", index, section.family, found.key), found.text))
    return problems


def check_hardware(root: Node, hardware: JsonValue, base: Path) -> HardwareCheck:
    """Makes the built-in models from their options; code that the spec names is not imported."""
    problems: list[Problem] = []
    metrics: dict[str, tuple[Metric, ...] | None] = {}
    withheld: dict[str, str] = {}
    for alias, entry in hardware.items() if isinstance(hardware, dict) else ():
        metrics[alias] = None
        try:
            section = HardwareSpec.model_validate(entry)
        except ValidationError:
            continue
        if is_code(section.model):
            continue
        if section.model not in BUILT_IN[HWMODELS_GROUP]:
            problems += _unless_installed(root, alias, section.model)
            continue
        try:
            model = make_hardware_model(section, base=base, allow_code=False)
            metrics[alias] = tuple(model.metrics)
            if isinstance(model, WithholdingHardwareModel):
                withheld |= {f"{alias}.{name}": why for name, why in model.withheld.items()}
        except (HardwareModelError, PluginError) as error:
            metrics[alias] = _default_metrics(section.model)
            key = _named_key(str(error), section.options)
            problems += _keyword_problems(root, alias, section) or [
                problem_at(root, ("hardware", alias, key), str(error))
            ]
    return HardwareCheck(tuple(problems), metrics, withheld)


def _unless_installed(root: Node, alias: str, name: str) -> list[Problem]:
    known = [plugin.name for plugin in list_plugins(HWMODELS_GROUP)]
    if name in known:
        return []
    text = (
        f"must be {one_of(known)}, or a model of your own as module:object or file.py:object, "
        f"not {name!r}{did_you_mean(name, known)}"
    )
    return [problem_at(root, ("hardware", alias, "model"), text)]


def _default_metrics(model: str) -> tuple[Metric, ...] | None:
    """Stands in where the options are wrong, so that metrics can be checked all the same."""
    try:
        return tuple(make_hardware_model(HardwareSpec(model=model), base=Path(), allow_code=False).metrics)
    except (HardwareModelError, PluginError):
        return None


def _keyword_problems(root: Node, alias: str, section: HardwareSpec) -> list[Problem]:
    """Unknown options, and values of the wrong type, by the signature of the model."""
    make = resolve(section.model, HWMODELS_GROUP, base=Path(), allow_code=False)
    types = option_types(make) or {}
    names = ("model", *types)
    problems: list[Problem] = []
    for name, value in section.options.items():
        path = ("hardware", alias, name)
        if name not in types:
            hint = nearest(name, names, "keys")
            problems.append(unknown_key(root, path, f"unknown key {name!r} for model {section.model}{hint}"))
        elif (kind := _kind_missed(value, types[name])) is not None:
            problems.append(problem_at(root, path, f"must be {kind}, not {shown(value)}"))
    return problems


def _kind_missed(value: JsonValue, annotation: object) -> str | None:
    """What a value of a plain type should have been, or None where it is, or the type is not plain."""
    if annotation is bool:
        return None if isinstance(value, bool) else "true or false"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is float:
        return None if is_number else "a number"
    if annotation is int:
        return None if is_number and isinstance(value, int) else "a whole number"
    if annotation is str:
        return None if isinstance(value, str) else "text"
    return None


def _named_key(text: str, options: Mapping[str, JsonValue]) -> str:
    """The option that an error names first, or else `model`."""
    words = re.findall(r"\w+", text)
    return next((word for word in words if word in options), "model")
