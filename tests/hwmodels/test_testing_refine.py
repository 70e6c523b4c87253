"""The kit's rules for metrics that a tool measures: each broken in its way, and only that rule fails."""

from dataclasses import replace

import pytest

from codegen.ir import Design
from hwmodels.model import Cost, CostItem, Metric, RefinedHardwareModel, RefineError, Workload
from hwmodels.testing import check_model
from hwmodels.testing_refine import REFINE_CHECKS
from tests.hwmodels.test_testing import Single, Terms

TERMS = Metric("terms", "1", "min", "network")
MEASURED = replace(TERMS, name="measured_terms", proxy="terms")


class Measured(Single):
    """A good model: measures the terms by weighing them."""

    metrics = (TERMS, MEASURED)

    def refine(self, design: Design, workload: Workload) -> Cost:
        terms = self.price(design, workload).metrics["terms"]
        return Cost({"measured_terms": terms}, (CostItem("all", "measured_terms", terms),))


def failures(model: object) -> dict[str, str]:
    return {result.name: result.detail for result in check_model(model) if not result.passed}  # type: ignore[arg-type]


def test_a_good_refined_model_passes_every_rule() -> None:
    assert isinstance(Measured(), RefinedHardwareModel)
    assert failures(Measured()) == {}
    assert [r.name for r in check_model(Measured())][-2:] == [name for name, _ in REFINE_CHECKS]


def test_a_model_without_refine_is_no_refined_one() -> None:
    assert not isinstance(Terms(), RefinedHardwareModel)


@pytest.mark.parametrize(
    ("metrics", "detail"),
    [
        ((TERMS, replace(MEASURED, proxy="area")), "must be a metric that price gives, not 'area'"),
        ((TERMS, replace(MEASURED, proxy="measured_terms")), "not 'measured_terms'"),
        ((TERMS, replace(MEASURED, direction="max")), "terms must have the same unit, direction and needs"),
    ],
)
def test_a_wrong_proxy_is_named(metrics: tuple[Metric, ...], detail: str) -> None:
    class Wrong(Measured):
        pass

    Wrong.metrics = metrics
    found = failures(Wrong())
    assert set(found) == {"proxies"}
    assert found["proxies"].startswith("measured_terms: its proxy")
    assert found["proxies"].endswith(detail)


def test_a_metric_with_a_proxy_needs_refine() -> None:
    class Lacks(Single):
        metrics = (TERMS, MEASURED)

    assert failures(Lacks()) == {"proxies": "measured_terms names a proxy, so the model must have refine"}


def test_refine_without_a_proxied_metric_is_named() -> None:
    class Idle(Measured):
        metrics = (TERMS,)

        def refine(self, design: Design, workload: Workload) -> Cost:
            return Cost({})

    assert failures(Idle()) == {"proxies": "the model has refine, but none of its metrics names a proxy"}


def test_a_model_that_takes_seconds_has_no_use_for_proxies() -> None:
    class Slow(Measured):
        cost_class = "seconds"

    text = "a model whose metrics name proxies must have the cost_class 'free'"
    assert failures(Slow()) == {"proxies": text}


def test_price_must_not_give_a_refined_metric() -> None:
    class Eager(Measured):
        def price(self, design: Design, workload: Workload) -> Cost:
            cost = super().price(design, workload)
            return replace(cost, metrics={**cost.metrics, "measured_terms": 1.0})

    assert failures(Eager())["prices"].endswith("measured_terms is not among the model's metrics")


@pytest.mark.parametrize(
    ("cost", "detail"),
    [
        (Cost({}), "measured_terms is missing; it needs network"),
        (Cost({"measured_terms": 1.0, "terms": 1.0}), "terms is not among the model's metrics"),
        (Cost({"measured_terms": float("nan")}), "measured_terms must be finite and not negative, not nan"),
        (
            Cost({"measured_terms": 3.0}, (CostItem("all", "measured_terms", 1.0),)),
            "the items of measured_terms add up to 1, not to 3",
        ),
    ],
)
def test_what_refine_gives_wrong_is_named(cost: Cost, detail: str) -> None:
    class Wrong(Measured):
        def refine(self, design: Design, workload: Workload) -> Cost:
            return cost

    first = "a bespoke MLP for 2 classes, without samples"
    assert failures(Wrong()) == {"refined": f"{first}: {detail}"}


def test_refine_must_answer_twice_the_same() -> None:
    class Drifts(Measured):
        def refine(self, design: Design, workload: Workload) -> Cost:
            self.calls += 1
            return Cost({"measured_terms": float(self.calls)})

    assert failures(Drifts())["refined"].endswith("measured_terms is 1.0, then 2.0")


def test_a_tool_that_is_missing_breaks_the_rule_in_words() -> None:
    class Bare(Measured):
        def refine(self, design: Design, workload: Workload) -> Cost:
            raise RefineError("terms: no balance is installed; buy one")

    assert failures(Bare()) == {
        "refined": "raised RefineError: terms: no balance is installed; buy one",
    }
