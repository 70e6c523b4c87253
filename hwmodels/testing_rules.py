"""The rules of the conformance kit, one function each; see `hwmodels.testing`."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeAlias

import numpy as np

from codegen.ir import BespokeMlp, Design, Layer, MlpBatch, Network, Neuron
from hwmodels.model import (
    BatchHardwareModel,
    BoundedHardwareModel,
    Cost,
    CostItem,
    HardwareModel,
    Metric,
    Source,
    Workload,
)
from hwmodels.testing_designs import NamedDesign, random_batch, samples_for

UNITS: Mapping[str, str] = {
    "cm2": "cm2",
    "mm2": "mm2",
    "um2": "um2",
    "mW": "mw",
    "uW": "uw",
    "s": "s",
    "ms": "ms",
    "us": "us",
    "J": "j",
    "mJ": "mj",
    "uJ": "uj",
    "nJ": "nj",
    "V": "v",
    "Hz": "hz",
    "MHz": "mhz",
    "bytes": "bytes",
    "bits": "bits",
    "EUR": "eur",
    "USD": "usd",
    "g": "g",
    "1": "",
}
"""Known units, and how a metric's name ends for each; a count or ratio has the unit "1"."""

RELATIVE_TOLERANCE = 1e-9
"""For sums and for batch against single: float64 in another order."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A design that was accepted, with its first price."""

    name: str
    design: Design
    workload: Workload
    cost: Cost


@dataclass(slots=True)
class Trial:
    """A model under test. untouched: a copy that has not been asked anything yet."""

    model: HardwareModel
    untouched: HardwareModel
    asked: tuple[NamedDesign, ...]
    seed: int
    refused: dict[str, str]
    priced: list[Priced]
    price_errors: list[str]
    accept_errors: list[str]


Check: TypeAlias = Callable[[Trial], str]
"""Gives "" where the rule is kept, else what breaks it."""


def _accepts(trial: Trial) -> str:
    if trial.accept_errors:
        return trial.accept_errors[0]
    for name, reason in trial.refused.items():
        if not isinstance(reason, str) or not reason.strip():
            return f"{name}: accepts must give None or a reason in words, not {reason!r}"
    if len(trial.refused) == len(trial.asked):
        name, reason = next(iter(trial.refused.items()))
        return f"no design is accepted; the first, {name}, because: {reason}"
    return ""


def _names(trial: Trial) -> str:
    names = [metric.name for metric in trial.model.metrics]
    for name in names:
        if names.count(name) > 1:
            return f"metric names must be unique, but {name!r} is there {names.count(name)} times"
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            return f"a metric's name must be lower_snake, such as 'area_cm2', not {name!r}"
    return ""


def _units(trial: Trial) -> str:
    for metric in trial.model.metrics:
        if metric.unit not in UNITS:
            return f"{metric.name}: unit must be one of {', '.join(UNITS)}, not {metric.unit!r}"
        ending = UNITS[metric.unit]
        if ending and metric.name != ending and not metric.name.endswith(f"_{ending}"):
            return f"{metric.name}: the name of a metric in {metric.unit} must end with _{ending}"
    return ""


def _bounds(trial: Trial) -> str:
    """Each bound is a number on a metric that there is."""
    if not isinstance(trial.model, BoundedHardwareModel):
        return ""
    names = [metric.name for metric in trial.model.metrics]
    for name, bound in trial.model.bounds.items():
        if name not in names:
            return f"bounds name {name!r}, which is not among the model's metrics"
        if not math.isfinite(bound) or bound < 0:
            return f"{name}: the bound must be finite and not negative, not {bound}"
    return ""


def _prices(trial: Trial) -> str:
    """Accepted designs have a price, with exactly the metrics whose needs are met."""
    if trial.price_errors:
        return trial.price_errors[0]
    for one in trial.priced:
        broken = wrong_metrics(one.cost, [m for m in trial.model.metrics if not m.proxy], known_of(one))
        if broken:
            return f"{one.name}: {broken}"
    return ""


def known_of(one: Priced) -> set[str]:
    """Which needs a design and its workload meet."""
    if not isinstance(one.design.content, Network):
        return {"structure"}
    return {"structure", "network"} | ({"samples"} if one.workload.samples is not None else set())


def wrong_metrics(cost: Cost, metrics: Sequence[Metric], known: set[str]) -> str:
    """What a cost lacks of the metrics whose needs are known, or has beside them."""
    for metric in metrics:
        expected, given = metric.needs in known, metric.name in cost.metrics
        if expected != given:
            how = "is missing" if expected else "can't be known"
            return f"{metric.name} {how}; it needs {metric.needs}"
    extra = sorted(set(cost.metrics) - {metric.name for metric in metrics})
    return f"{extra[0]} is not among the model's metrics" if extra else ""


def _finite(trial: Trial) -> str:
    for one in trial.priced:
        broken = not_finite(one.cost)
        if broken:
            return f"{one.name}: {broken}"
    return ""


def not_finite(cost: Cost) -> str:
    """A figure that is negative or not finite."""
    for name, value in cost.metrics.items():
        if not math.isfinite(value) or value < 0:
            return f"{name} must be finite and not negative, not {value}"
    return ""


def _deterministic(trial: Trial) -> str:
    for one in trial.priced:
        broken = difference(one.cost, trial.model.price(one.design, one.workload))
        if broken:
            return f"{one.name}: asked twice, {broken}"
    return ""


def _order(trial: Trial) -> str:
    """A copy that is asked in the opposite order agrees."""
    if _deterministic(trial):
        return ""
    for one in reversed(trial.priced):
        broken = difference(one.cost, trial.untouched.price(one.design, one.workload))
        if broken:
            return f"{one.name}: asked in another order, {broken}"
    return ""


def _inputs_unchanged(trial: Trial) -> str:
    for one in trial.priced:
        content, samples = one.design.content, one.workload.samples
        if samples is None or not isinstance(content, Network):
            continue
        if not np.array_equal(samples, samples_for(content.interface, trial.seed)):
            return f"{one.name}: price wrote into the workload's samples"
    if isinstance(trial.model, BatchHardwareModel):
        batch, interface = random_batch(np.random.default_rng(trial.seed), 6)
        trial.model.price_batch(batch, interface, Workload())
        if not _same_batch(batch, random_batch(np.random.default_rng(trial.seed), 6)[0]):
            return "price_batch wrote into the arrays of the population"
    return ""


def _same_batch(left: MlpBatch, right: MlpBatch) -> bool:
    pairs = zip(left.layers, right.layers, strict=True)
    return all(
        np.array_equal(a.masks, b.masks)
        and np.array_equal(a.weights, b.weights)
        and np.array_equal(a.biases, b.biases)
        for a, b in pairs
    )


def _breakdown(trial: Trial) -> str:
    for one in trial.priced:
        broken = wrong_items(one.cost)
        if broken:
            return f"{one.name}: {broken}"
    return ""


def wrong_items(cost: Cost) -> str:
    """Items that do not add up to their metric."""
    totals: dict[str, float] = {}
    for item in cost.items:
        totals[item.metric] = totals.get(item.metric, 0.0) + item.amount
    for name, total in totals.items():
        if name not in cost.metrics:
            return f"items name {name!r}, which the cost does not have"
        whole = cost.metrics[name]
        if not _close(total, whole):
            return f"the items of {name} add up to {total:.9g}, not to {whole:.9g}"
    return ""


def _batch(trial: Trial) -> str:
    """Each row of a population has the price of its network."""
    model = trial.model
    if not isinstance(model, BatchHardwareModel):
        return ""
    from codegen.ir.batch import network_of  # numba is loaded for models of populations only

    batch, interface = random_batch(np.random.default_rng(trial.seed), 6)
    priced = model.price_batch(batch, interface, Workload())
    for row in range(batch.n_networks):
        single = model.price(Design(network_of(batch, row, interface)), Workload()).metrics
        if set(single) != set(priced):
            return f"price_batch gives {sorted(priced)}, price gives {sorted(single)}"
        for name, value in single.items():
            if len(priced[name]) != batch.n_networks:
                return f"price_batch: {name} must have {batch.n_networks} entries, not {len(priced[name])}"
            if not _close(float(priced[name][row]), value):
                return (
                    f"network {row}: {name} is {priced[name][row]:.9g} in price_batch, {value:.9g} in price"
                )
    return ""


def _monotone(trial: Trial) -> str:
    """Without one of its terms, a network is not dearer in any metric that is declared monotone."""
    names = [metric.name for metric in trial.model.metrics if metric.monotone]
    for one in trial.priced:
        content = one.design.content
        if not names or not isinstance(content, Network) or not isinstance(content.body, BespokeMlp):
            continue
        for where, smaller in _without_a_term(content.body):
            design = Design(Network(content.interface, smaller))
            if trial.model.accepts(design) is not None:
                continue
            cost = trial.model.price(design, one.workload)
            for name in names:
                before, after = one.cost.metrics.get(name, math.inf), cost.metrics.get(name, 0.0)
                if after > before + abs(before) * RELATIVE_TOLERANCE:
                    return f"{one.name}: without {where}, {name} rises from {before:.9g} to {after:.9g}"
    return ""


def _without_a_term(mlp: BespokeMlp) -> list[tuple[str, BespokeMlp]]:
    """Every network that lacks one term of `mlp`, and which term it is."""
    found = []
    for depth, layer in enumerate(mlp.layers):
        for position, neuron in enumerate(layer.neurons):
            for index in range(len(neuron.terms)):
                rest = Neuron(neuron.bias, neuron.terms[:index] + neuron.terms[index + 1 :])
                neurons = (*layer.neurons[:position], rest, *layer.neurons[position + 1 :])
                layers = (*mlp.layers[:depth], Layer(neurons, layer.clip), *mlp.layers[depth + 1 :])
                found.append((f"layer {depth}/neuron {position}/term {index}", replace(mlp, layers=layers)))
    return found


def _json(trial: Trial) -> str:
    """A cost can be written down and read back."""
    for one in trial.priced:
        back = _from_json(json.dumps(asdict(replace(one.cost, metrics=dict(one.cost.metrics)))))
        broken = difference(one.cost, back)
        if broken:
            return f"{one.name}: after JSON, {broken}"
    return ""


def _from_json(text: str) -> Cost:
    tree = json.loads(text)
    items = tuple(CostItem(**item) for item in tree["items"])
    return Cost(tree["metrics"], items, tuple(Source(**source) for source in tree["sources"]))


def _close(left: float, right: float) -> bool:
    return math.isclose(left, right, rel_tol=RELATIVE_TOLERANCE) or repr(left) == repr(right)


def difference(first: Cost, second: Cost) -> str:
    """How two costs differ; NaN equals NaN, so that one fault fails one check."""
    for name in sorted(set(first.metrics) | set(second.metrics)):
        before, after = first.metrics.get(name), second.metrics.get(name)
        if repr(before) != repr(after):
            return f"{name} is {before}, then {after}"
    if repr(first.items) != repr(second.items):
        return "the items differ"
    return "" if repr(first.sources) == repr(second.sources) else "the sources differ"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("metric names", _names),
    ("units", _units),
    ("bounds", _bounds),
    ("accepts", _accepts),
    ("prices", _prices),
    ("finite", _finite),
    ("deterministic", _deterministic),
    ("order of calls", _order),
    ("inputs unchanged", _inputs_unchanged),
    ("breakdown", _breakdown),
    ("batch equals single", _batch),
    ("monotone", _monotone),
    ("JSON round trip", _json),
)
"""The rules after "protocol", in the order of the results."""
