"""Metrics that a tool measures in seconds, and the free metrics that stand for them in a search."""

from collections.abc import Mapping

from hwmodels.model import HardwareModel, RefinedHardwareModel
from nas.archive import Archive
from nas.errors import RunError
from searchspaces.space import AxisValue

_FACT_PREFIX = "proxy of "


def proxies_of(models: Mapping[str, HardwareModel]) -> dict[str, str]:
    """The proxy of each metric that has one, both by full name. Raises RunError for one that can't be."""
    proxies: dict[str, str] = {}
    for alias, model in models.items():
        free = {metric.name for metric in model.metrics if not metric.proxy}
        for metric in model.metrics:
            if not metric.proxy:
                continue
            if metric.proxy not in free or not isinstance(model, RefinedHardwareModel):
                raise RunError(
                    f"hardware.{alias}: {metric.name} names the proxy {metric.proxy!r}, so the model must "
                    "give that metric and have refine; see docs/hardware-models.md"
                )
            proxies[f"{alias}.{metric.name}"] = f"{alias}.{metric.proxy}"
    return proxies


def proxy_facts(proxies: Mapping[str, str]) -> dict[str, AxisValue]:
    """What the "start" event keeps of the proxies, for a report that must not load the models."""
    return {f"{_FACT_PREFIX}{metric}": proxy for metric, proxy in proxies.items()}


def noted_proxies(archive: Archive) -> dict[str, str]:
    """The proxies that a run noted when it began."""
    facts = next((event.facts for event in archive.events() if event.kind == "start"), {})
    return {
        name.removeprefix(_FACT_PREFIX): str(proxy)
        for name, proxy in facts.items()
        if name.startswith(_FACT_PREFIX)
    }
