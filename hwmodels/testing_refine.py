"""The rules of the conformance kit for metrics that a tool measures; see `hwmodels.testing`."""

from hwmodels.model import Cost, HardwareModel, Metric, RefinedHardwareModel
from hwmodels.testing_rules import (
    Check,
    Priced,
    Trial,
    difference,
    known_of,
    not_finite,
    wrong_items,
    wrong_metrics,
)


def _proxies(trial: Trial) -> str:
    """Each proxy is a metric that `price` gives, of the same kind."""
    metrics = {metric.name: metric for metric in trial.model.metrics}
    refined = [metric for metric in metrics.values() if metric.proxy]
    if isinstance(trial.model, RefinedHardwareModel) and not refined:
        return "the model has refine, but none of its metrics names a proxy"
    if refined and not isinstance(trial.model, RefinedHardwareModel):
        return f"{refined[0].name} names a proxy, so the model must have refine"
    if refined and trial.model.cost_class != "free":
        return "a model whose metrics name proxies must have the cost_class 'free'"
    return next((broken for metric in refined if (broken := _wrong_proxy(metric, metrics))), "")


def _wrong_proxy(metric: Metric, metrics: dict[str, Metric]) -> str:
    proxy = metrics.get(metric.proxy)
    if proxy is None or proxy.proxy:
        return f"{metric.name}: its proxy must be a metric that price gives, not {metric.proxy!r}"
    if (metric.unit, metric.direction, metric.needs) != (proxy.unit, proxy.direction, proxy.needs):
        return f"{metric.name}: its proxy {proxy.name} must have the same unit, direction and needs"
    return ""


def _refined(trial: Trial) -> str:
    """`refine` gives the metrics with a proxy and no others, twice the same, as sound as prices are."""
    model = trial.model
    if not isinstance(model, RefinedHardwareModel):
        return ""
    for one in trial.priced:
        cost = model.refine(one.design, one.workload)
        broken = _wrong_cost(cost, model, one) or difference(cost, model.refine(one.design, one.workload))
        if broken:
            return f"{one.name}: {broken}"
    return ""


def _wrong_cost(cost: Cost, model: HardwareModel, one: Priced) -> str:
    refined = [metric for metric in model.metrics if metric.proxy]
    return wrong_metrics(cost, refined, known_of(one)) or not_finite(cost) or wrong_items(cost)


REFINE_CHECKS: tuple[tuple[str, Check], ...] = (("proxies", _proxies), ("refined", _refined))
"""The rules after those of `testing_rules.CHECKS`."""
