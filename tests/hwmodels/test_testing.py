"""Every rule of the kit passes on a good model and is the only one that a model broken in its way fails."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from codegen.ir import BespokeMlp, Design, Interface, MlpBatch, Network
from codegen.ir.batch import network_of
from hwmodels.model import Cost, CostClass, CostItem, FloatVector, Metric, Source, Workload
from hwmodels.printed import PrintedModel
from hwmodels.testing import check_model
from hwmodels.testing_refine import REFINE_CHECKS
from hwmodels.testing_rules import CHECKS


class Terms:
    """A good model: counts the terms of a bespoke MLP."""

    def __init__(self) -> None:
        self.calls = 0

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Metric("terms", "1", "min", "network", monotone=True),)

    @property
    def cost_class(self) -> CostClass:
        return "free"

    def accepts(self, design: Design) -> str | None:
        is_mlp = isinstance(design.content, Network) and isinstance(design.content.body, BespokeMlp)
        return None if is_mlp else "only bespoke MLPs have terms"

    def price(self, design: Design, workload: Workload) -> Cost:
        assert isinstance(design.content, Network)
        assert isinstance(design.content.body, BespokeMlp)
        counts = [sum(len(neuron.terms) for neuron in layer.neurons) for layer in design.content.body.layers]
        items = tuple(CostItem(f"layer {n}", "terms", float(count)) for n, count in enumerate(counts))
        return Cost({"terms": float(sum(counts))}, items, (Source("a term", 1.0, "1", "definition"),))

    def price_batch(
        self, batch: MlpBatch, interface: Interface, workload: Workload
    ) -> Mapping[str, FloatVector]:
        networks = [network_of(batch, row, interface) for row in range(batch.n_networks)]
        return {"terms": np.array([self.price(Design(n), workload).metrics["terms"] for n in networks])}

    def scaled(self, cost: Cost, factor: float) -> Cost:
        items = tuple(replace(item, amount=item.amount * factor) for item in cost.items)
        return Cost({name: value * factor for name, value in cost.metrics.items()}, items, cost.sources)


class Single(Terms):
    """Without `price_batch`."""

    price_batch = None  # type: ignore[assignment]


def failures(model: object) -> dict[str, str]:
    return {result.name: result.detail for result in check_model(model) if not result.passed}  # type: ignore[arg-type]


def test_a_good_model_passes_every_rule() -> None:
    results = check_model(Terms())
    assert [result.name for result in results] == [
        "protocol",
        *(name for name, _ in (*CHECKS, *REFINE_CHECKS)),
    ]
    assert [result for result in results if not result.passed] == []


def test_the_printed_model_passes_every_rule_with_any_seed() -> None:
    for seed in range(3):
        assert [r for r in check_model(PrintedModel(supply_v=0.7), seed=seed) if not r.passed] == []


def test_given_networks_are_priced_instead_of_the_kits_own() -> None:
    class Refuses(Terms):
        def accepts(self, design: Design) -> str | None:
            return "never"

    from hwmodels.testing_designs import designs

    tree = next(one.design.content for one in designs(0) if one.name == "a decision tree")
    assert isinstance(tree, Network)
    found = {r.name: r.detail for r in check_model(Refuses(), [tree])}
    assert found["accepts"] == "no design is accepted; the first, network 0, because: never"


def test_something_that_is_no_model_fails_the_protocol_only() -> None:
    assert failures(object()) == {
        "protocol": "must have metrics, cost_class, accepts and price; see docs/hardware-models.md"
    }


def test_a_cost_class_that_does_not_exist_is_named() -> None:
    class Hours(Terms):
        cost_class = "hours"  # type: ignore[assignment]

    assert failures(Hours()) == {"protocol": "cost_class must be 'free' or 'seconds', not 'hours'"}


def test_metrics_that_raise_are_reported() -> None:
    class Raises(Terms):
        @property
        def metrics(self) -> tuple[Metric, ...]:
            raise KeyError("area")

    assert failures(Raises()) == {"protocol": "metrics or cost_class raised KeyError: 'area'"}


@pytest.mark.parametrize(
    ("metrics", "rule", "detail"),
    [
        ((Metric("Terms", "1", "min", "network"),), "metric names", "such as 'area_cm2', not 'Terms'"),
        ((Metric("terms", "1", "min", "network"),) * 2, "metric names", "'terms' is there 2 times"),
        ((Metric("terms", "acre", "min", "network"),), "units", "not 'acre'"),
        ((Metric("terms", "cm2", "min", "network"),), "units", "in cm2 must end with _cm2"),
    ],
)  # fmt: skip
def test_a_badly_named_metric_fails_its_rule(metrics: tuple[Metric, ...], rule: str, detail: str) -> None:
    class Named(Single):
        @property
        def metrics(self) -> tuple[Metric, ...]:
            return metrics

        def price(self, design: Design, workload: Workload) -> Cost:
            (terms,) = super().price(design, workload).metrics.values()
            return Cost({metrics[0].name: terms})

    found = failures(Named())
    assert set(found) == {rule}
    assert detail in found[rule]


@pytest.mark.parametrize(
    ("bounds", "detail"),
    [
        ({"volts": 1.0}, "bounds name 'volts', which is not among the model's metrics"),
        ({"terms": float("nan")}, "terms: the bound must be finite and not negative, not nan"),
    ],
)
def test_a_bound_is_a_number_on_a_metric_of_the_model(bounds: dict[str, float], detail: str) -> None:
    class Bounded(Single):
        @property
        def bounds(self) -> Mapping[str, float]:
            return bounds

    assert failures(Bounded()) == {"bounds": detail}


def test_accepts_that_raises_names_the_design() -> None:
    class Surprised(Single):
        def accepts(self, design: Design) -> str | None:
            if not isinstance(design.content, Network):
                raise AttributeError("body")
            return super().accepts(design)

    assert failures(Surprised()) == {"accepts": "a tensor graph: accepts raised AttributeError: body"}


def test_an_empty_reason_is_no_reason() -> None:
    class Silent(Single):
        def accepts(self, design: Design) -> str | None:
            return super().accepts(design) and ""

    found = failures(Silent())
    assert found == {"accepts": "a decision tree: accepts must give None or a reason in words, not ''"}


def test_an_accepted_design_must_have_a_price() -> None:
    class Boastful(Single):
        def accepts(self, design: Design) -> str | None:
            return None

    found = failures(Boastful())
    assert set(found) == {"prices"}
    assert found["prices"].startswith("a decision tree, without samples: price raised AssertionError")


def test_a_price_must_be_a_cost() -> None:
    class Number(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            return 1.0  # type: ignore[return-value]

    assert failures(Number())["prices"].endswith("price must give a Cost, not a float")


@pytest.mark.parametrize(
    ("needs", "detail"),
    [("structure", "is missing; it needs structure"), ("samples", "can't be known; it needs samples")],
)
def test_metrics_are_given_exactly_where_their_needs_are_met(needs: str, detail: str) -> None:
    class Needs(Single):
        @property
        def metrics(self) -> tuple[Metric, ...]:
            return (*super().metrics, Metric("inputs", "1", "min", needs))  # type: ignore[arg-type]

        def price(self, design: Design, workload: Workload) -> Cost:
            cost = super().price(design, workload)
            given = {} if needs == "structure" else {"inputs": 1.0}
            return Cost({**cost.metrics, **given}, cost.items)

    found = failures(Needs())
    assert set(found) == {"prices"}
    assert found["prices"].endswith(f"inputs {detail}")


def test_a_metric_that_is_not_declared_is_named() -> None:
    class Extra(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            return Cost({**super().price(design, workload).metrics, "weight_g": 1.0})

    assert failures(Extra())["prices"].endswith("weight_g is not among the model's metrics")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_a_figure_must_be_finite_and_not_negative(value: float) -> None:
    class Odd(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            return Cost({"terms": value})

    found = failures(Odd())
    assert set(found) == {"finite"}
    assert found["finite"].endswith(f"terms must be finite and not negative, not {value}")


def test_a_model_that_counts_its_calls_is_not_deterministic() -> None:
    class Drifts(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            self.calls += 1
            return self.scaled(super().price(design, workload), 1000.0 - self.calls)

    found = failures(Drifts())
    assert "asked twice, terms is" in found.pop("deterministic")
    assert set(found) <= {"monotone"}  # prices that fall from call to call may hide or break it


def test_a_model_that_remembers_its_first_design_depends_on_the_order() -> None:
    class Anchored(Single):
        first: float | None = None

        def price(self, design: Design, workload: Workload) -> Cost:
            cost = super().price(design, workload)
            self.first = self.first or cost.metrics["terms"]
            return self.scaled(cost, 1 + self.first)

    found = failures(Anchored())
    assert set(found) == {"order of calls"}
    assert "asked in another order, terms is" in found["order of calls"]


def test_a_model_that_writes_into_the_samples_is_caught() -> None:
    class Scribbles(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            if workload.samples is not None:
                workload.samples[0, 0] = 99
            return super().price(design, workload)

    found = failures(Scribbles())
    assert set(found) == {"inputs unchanged"}
    assert found["inputs unchanged"].endswith("price wrote into the workload's samples")


def test_a_model_that_writes_into_a_population_is_caught() -> None:
    class Scribbles(Terms):
        def price_batch(
            self, batch: MlpBatch, interface: Interface, workload: Workload
        ) -> Mapping[str, FloatVector]:
            found = super().price_batch(batch, interface, workload)
            batch.layers[0].biases[0, 0] += 1
            return found

    assert failures(Scribbles()) == {
        "inputs unchanged": "price_batch wrote into the arrays of the population"
    }


def test_items_must_add_up() -> None:
    class Forgets(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            cost = super().price(design, workload)
            return Cost({"terms": cost.metrics["terms"] + 1}, cost.items)

    found = failures(Forgets())
    assert set(found) == {"breakdown"}
    assert "the items of terms add up to" in found["breakdown"]


def test_items_belong_to_a_metric() -> None:
    class Strays(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            return Cost(super().price(design, workload).metrics, (CostItem("all", "area", 1.0),))

    assert failures(Strays())["breakdown"].endswith("items name 'area', which the cost does not have")


def test_a_batch_must_equal_single_prices() -> None:
    class Differs(Terms):
        def price_batch(
            self, batch: MlpBatch, interface: Interface, workload: Workload
        ) -> Mapping[str, FloatVector]:
            return {"terms": super().price_batch(batch, interface, workload)["terms"] + (np.arange(6) == 4)}

    found = failures(Differs())
    assert set(found) == {"batch equals single"}
    assert found["batch equals single"].startswith("network 4: terms is ")


def test_a_batch_gives_the_metrics_of_the_price() -> None:
    class Lacks(Terms):
        def price_batch(
            self, batch: MlpBatch, interface: Interface, workload: Workload
        ) -> Mapping[str, FloatVector]:
            return {}

    assert failures(Lacks()) == {"batch equals single": "price_batch gives [], price gives ['terms']"}


def test_a_metric_declared_monotone_must_be() -> None:
    class Inverse(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            return Cost({"terms": 100.0 - super().price(design, workload).metrics["terms"]})

    found = failures(Inverse())
    assert set(found) == {"monotone"}
    assert "without layer 0/neuron 0/term 0, terms rises from" in found["monotone"]


def test_a_cost_must_survive_json() -> None:
    class Numpy(Single):
        def price(self, design: Design, workload: Workload) -> Cost:
            return Cost({"terms": np.float32(super().price(design, workload).metrics["terms"])})  # type: ignore[dict-item]

    found = failures(Numpy())
    assert set(found) == {"JSON round trip"}
    assert found["JSON round trip"] == "raised TypeError: Object of type float32 is not JSON serializable"
