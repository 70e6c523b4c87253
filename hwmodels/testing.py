"""The conformance kit: what every hardware model must keep, checked on any model.

`check_model(model)` prices small designs of every kind and reports one result for each rule. Authors of
models call it in their tests; `silkscreen models check` shows it.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.ir import Design, Network
from hwmodels.model import Cost, HardwareModel, Workload
from hwmodels.testing_designs import NamedDesign, designs, samples_for
from hwmodels.testing_refine import REFINE_CHECKS
from hwmodels.testing_rules import CHECKS, Check, Priced, Trial


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One rule. detail: what was seen where it is broken, or what was checked."""

    name: str
    passed: bool
    detail: str


def check_model(
    model: HardwareModel, networks: Sequence[Network] | None = None, seed: int = 0
) -> tuple[CheckResult, ...]:
    """Checks a model against the rules of docs/hardware-models.md.

    networks: to price instead of the kit's own designs, one of each kind. seed: of what the kit makes up.
    Never raises for what a model does; how fast it is, is not measured.
    """
    broken = _protocol(model)
    first = CheckResult("protocol", not broken, broken or "has all members, with values of their types")
    if broken:
        return (first,)
    trial = _try(model, networks, seed)
    return (first, *(_run(name, check, trial) for name, check in (*CHECKS, *REFINE_CHECKS)))


def _run(name: str, check: Check, trial: Trial) -> CheckResult:
    try:
        broken = check(trial)
    except Exception as error:
        broken = f"raised {_words(error)}"
    return CheckResult(name, not broken, broken or f"on {len(trial.priced)} prices")


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _protocol(model: object) -> str:
    """What is missing before anything can be asked."""
    try:
        if not isinstance(model, HardwareModel):
            return "must have metrics, cost_class, accepts and price; see docs/hardware-models.md"
        cost_class, metrics = model.cost_class, model.metrics
    except Exception as error:
        return f"metrics or cost_class raised {_words(error)}"
    if cost_class not in ("free", "seconds"):
        return f"cost_class must be 'free' or 'seconds', not {cost_class!r}"
    if not (isinstance(metrics, tuple) and metrics):
        return f"metrics must be a tuple that is not empty, not {metrics!r}"
    return ""


def _try(model: HardwareModel, networks: Sequence[Network] | None, seed: int) -> Trial:
    """Asks the model once about every design, with samples and without."""
    asked = designs(seed)
    if networks is not None:
        asked = tuple(NamedDesign(f"network {n}", Design(network)) for n, network in enumerate(networks))
    trial = Trial(model, _copy(model), asked, seed, {}, [], [], [])
    for one in asked:
        try:
            reason = model.accepts(one.design)
        except Exception as error:
            trial.accept_errors.append(f"{one.name}: accepts raised {_words(error)}")
            continue
        if reason is None:
            _price_both_ways(trial, one)
        else:
            trial.refused[one.name] = reason
    return trial


def _copy(model: HardwareModel) -> HardwareModel:
    try:
        return copy.deepcopy(model)
    except Exception:
        return model


def _price_both_ways(trial: Trial, one: NamedDesign) -> None:
    workloads = [("without samples", Workload())]
    if isinstance(one.design.content, Network):
        samples = samples_for(one.design.content.interface, trial.seed)
        workloads.append(("with samples", Workload(samples)))
    for how, workload in workloads:
        name = f"{one.name}, {how}"
        try:
            cost: object = trial.model.price(one.design, workload)
        except Exception as error:
            trial.price_errors.append(f"{name}: price raised {_words(error)}")
            continue
        if isinstance(cost, Cost):
            trial.priced.append(Priced(name, one.design, workload, cost))
        else:
            trial.price_errors.append(f"{name}: price must give a Cost, not a {type(cost).__name__}")
