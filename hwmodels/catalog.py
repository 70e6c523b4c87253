"""Which hardware models there are: those that come with silkscreen, and installed plug-ins."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from hwmodels.model import HardwareModel, Metric

GROUP = "silkscreen.hwmodels"
"""The entry points that name model classes."""
BUILT_IN: tuple[tuple[str, str], ...] = (
    ("printed", "hwmodels.printed:PrintedModel"),
    ("mcu", "hwmodels.mcu:McuModel"),
    ("adder_count", "hwmodels.adder_count:AdderCountModel"),
)
HEALTHY = "ok"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that a spec can name.

    origin: "built in", or the distribution that brings it, with its version. health: "ok", or why it
    can't be used. metrics: what it gives with its default options; empty where it is not healthy, or needs
    an option.
    """

    name: str
    origin: str
    health: str
    metrics: tuple[Metric, ...]


def list_models() -> tuple[ModelEntry, ...]:
    """All models by name, built-in ones first. Never raises: a broken plug-in is listed with its error.

    Imports every plug-in, so it runs their code.
    """
    own = [_entry(name, "built in", _loader(target)) for name, target in BUILT_IN]
    taken = {name for name, _ in BUILT_IN}
    found = [_installed(point, taken) for point in entry_points(group=GROUP) if not _is_own(point)]
    return (*own, *sorted(found, key=lambda entry: entry.name))


def _is_own(point: EntryPoint) -> bool:
    return (point.name, point.value) in BUILT_IN


def _installed(point: EntryPoint, taken: set[str]) -> ModelEntry:
    origin = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown distribution"
    if point.name in taken:
        return ModelEntry(point.name, origin, f"{point.name!r} is the name of a built-in model", ())
    return _entry(point.name, origin, point.load)


def _loader(target: str) -> Callable[[], object]:
    module, _, name = target.partition(":")
    return lambda: getattr(import_module(module), name)


def _entry(name: str, origin: str, load: Callable[[], object]) -> ModelEntry:
    try:
        make = load()
        if not callable(make):
            return ModelEntry(name, origin, f"must name a class, not a {type(make).__name__}", ())
        if _needs_options(make):
            return ModelEntry(name, origin, HEALTHY, ())
        model = make()
        if not isinstance(model, HardwareModel):
            return ModelEntry(
                name, origin, "lacks a member of HardwareModel; see docs/hardware-models.md", ()
            )
        return ModelEntry(name, origin, HEALTHY, tuple(model.metrics))
    except Exception as error:
        return ModelEntry(name, origin, f"{type(error).__name__}: {error}", ())


def _needs_options(make: Callable[..., object]) -> bool:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(make).parameters.values()
    return any(p.kind in kinds and p.default is inspect.Parameter.empty for p in parameters)
