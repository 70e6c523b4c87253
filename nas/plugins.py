"""From the name of a plug-in to the object: built in, installed, a module's, or a file's.

    "printed"            built in, or an installed entry point of the group
    "module:object"      an importable module's; only where code is allowed
    "file.py:object"     a file's, relative to the spec's folder; only where code is allowed

Nothing but what is named is imported, and every failure is a PluginError.
"""

import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import cast

from hwmodels import catalog
from hwmodels.model import HardwareModel, HardwareModelError
from nas.search.protocol import Searcher, SearcherFactory, SearchProblem
from nas.spec.model import HardwareSpec, SearchSpec
from nas.spec.names import did_you_mean
from searchspaces.space import Domain, Variable

HWMODELS_GROUP = catalog.GROUP
SEARCHERS_GROUP = "silkscreen.searchers"

BUILT_IN: Mapping[str, Mapping[str, str]] = {HWMODELS_GROUP: dict(catalog.BUILT_IN)}
"""Group -> name -> where it is."""


class PluginError(ValueError):
    """A plug-in can't be had. The text says where it was named, what failed, and what to do."""


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What is known of a plug-in without importing it.

    origin: "built in", or the distribution that brings it.
    """

    name: str
    reference: str
    origin: str


def list_plugins(group: str) -> tuple[PluginInfo, ...]:
    """The built-in and installed plug-ins of a group, sorted by name; a built-in name can't be taken."""
    found = {
        point.name: PluginInfo(point.name, point.value, _distribution(point))
        for point in entry_points(group=group)
    }
    found |= {name: PluginInfo(name, target, "built in") for name, target in BUILT_IN.get(group, {}).items()}
    return tuple(found[name] for name in sorted(found))


def is_code(reference: str) -> bool:
    """Whether a reference names a module or a file rather than something installed."""
    return ":" in reference


def resolve(
    reference: str, group: str, *, base: Path, allow_code: bool, where: str = ""
) -> Callable[..., object]:
    """The object that `reference` names; something that can be called.

    group: of entry points, such as "silkscreen.hwmodels". base: the folder that files are relative to.
    where: what named it, such as "hardware.egfet"; errors begin with it. Raises PluginError.
    """
    named = _named(reference, where)
    target = reference
    if not is_code(reference):
        target = _installed(reference, group, named)
    elif not allow_code:
        raise PluginError(f"{named} is code of your own; pass --allow-code to let it run")
    place, _, attribute = target.rpartition(":")
    module = _load_file(base / place, named) if place.endswith(".py") else _load_module(place, named)
    found = _attribute(module, attribute, named)
    if not callable(found):
        raise PluginError(f"{named} must be a class or function, not {type(found).__name__}")
    return found


def make_hardware_model(
    hardware: HardwareSpec, *, base: Path, allow_code: bool, where: str = ""
) -> HardwareModel:
    """The hardware model of a section of the spec, made from its options.

    where: the section, such as "hardware.egfet"; errors begin with it. Raises PluginError for a plug-in
    that fails or makes something else, HardwareModelError for options that it refuses.
    """
    make = resolve(hardware.model, HWMODELS_GROUP, base=base, allow_code=allow_code, where=where)
    named = _named(hardware.model, where)
    options = {name: _beside(base, value) for name, value in hardware.options.items()}
    _check_options(make, options, where, hardware.model)
    try:
        model = make(**options)
    except HardwareModelError as error:
        raise HardwareModelError(f"{where}: {error}" if where else str(error)) from error
    except Exception as error:
        raise PluginError(f"{named} failed when it was made: {_reason(error)}") from error
    if not isinstance(model, HardwareModel):
        raise PluginError(
            f"{named} must make a HardwareModel (with metrics, cost_class, accepts and price), "
            f"but made a {type(model).__name__}; see docs/hardware-models.md"
        )
    return model


def make_own_searcher(search: SearchSpec, *, base: Path, allow_code: bool) -> SearcherFactory | None:
    """The factory that a spec names as module:object or file.py:object; None for a built-in algorithm.

    Raises PluginError for code that fails or is not allowed, and for what makes no searcher of a small
    problem.
    """
    if not is_code(search.algorithm):
        return None
    where = "search.algorithm"
    factory = cast(
        SearcherFactory,
        resolve(search.algorithm, SEARCHERS_GROUP, base=base, allow_code=allow_code, where=where),
    )
    named = _named(search.algorithm, where)
    small = SearchProblem(Domain((Variable("tried", "int", 0, 1),)), n_objectives=1)
    try:
        made = factory(small, seed=0, initial=None, population=None)
    except Exception as error:
        raise PluginError(f"{named} failed when it was made: {_reason(error)}") from error
    if not isinstance(made, Searcher):
        raise PluginError(
            f"{named} must make a Searcher (with batch_size, ask, tell, snapshot and restore), "
            f"but made a {type(made).__name__}; see docs/search.md"
        )
    return factory


def option_types(make: Callable[..., object]) -> Mapping[str, object] | None:
    """Keyword arguments of a plug-in with their annotations, or None where it takes any or does not tell.

    The None of an option that may be left out is not part of its annotation.
    """
    try:
        parameters = inspect.signature(make, eval_str=True).parameters.values()
    except Exception:
        return None
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {each.name: _without_none(each.annotation) for each in parameters if each.kind in named}


def _without_none(annotation: object) -> object:
    if not isinstance(annotation, UnionType):
        return annotation
    rest = [kind for kind in annotation.__args__ if kind is not NoneType]
    return rest[0] if len(rest) == 1 else annotation


def _check_options(make: Callable[..., object], options: Mapping[str, object], where: str, name: str) -> None:
    known = option_types(make)
    for option in options:
        if known is not None and option not in known:
            hint = did_you_mean(option, known) or f"; it takes {', '.join(known) or 'none'}"
            named = f"{where}: {name}" if where else name
            raise HardwareModelError(f"{named} has no option {option!r}{hint}")


def _named(reference: str, where: str) -> str:
    return f"{where}: plug-in {reference!r}" if where else f"plug-in {reference!r}"


def _beside(base: Path, value: object) -> object:
    """A relative path of a data file beside the spec as an absolute one; any other value unchanged."""
    if isinstance(value, str) and Path(value).suffix in (".json", ".yaml", ".yml", ".lib"):
        return str(base / value)
    return value


def _installed(name: str, group: str, named: str) -> str:
    if name in BUILT_IN.get(group, {}):
        return BUILT_IN[group][name]
    known = {plugin.name: plugin.reference for plugin in list_plugins(group)}
    if name not in known:
        raise PluginError(
            f"{named} is not installed; name one of {', '.join(known) or 'none'}, or code of your own as "
            f"module:object or file.py:object{did_you_mean(name, known)}"
        )
    return known[name]


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "installed"


def _load_module(name: str, named: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise PluginError(f"{named} can't be imported: {_reason(error)}") from error


def _load_file(path: Path, named: str) -> ModuleType:
    try:
        path = path.resolve()
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        raise PluginError(f"{named}: there is no file {path}")
    name = f"silkscreen_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{named}: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginError(f"{named} can't be imported: {_reason(error)}") from error
    return module


def _attribute(module: ModuleType, dotted: str, named: str) -> object:
    found: object = module
    for part in dotted.split("."):
        try:
            found = getattr(found, part)
        except Exception:
            hint = did_you_mean(part, [name for name in dir(found) if not name.startswith("_")])
            raise PluginError(f"{named}: {module.__name__} has no {dotted!r}{hint}") from None
    return found


def _reason(error: BaseException) -> str:
    """The error in one line, with the place in the plug-in where it came up."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if frame.filename != __file__ and "<frozen" not in frame.filename]
    place = f" ({Path(theirs[-1].filename).name}, line {theirs[-1].lineno})" if theirs else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{place}"
