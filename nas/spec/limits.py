"""The section limits."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator, model_validator

from nas.spec.fields import Section
from nas.spec.units import parse_quantity


class BadQuantity(str):
    """A limit that could not be read; says why where the limit is checked."""


def _number_or_why(value: object) -> object:
    if isinstance(value, BadQuantity):
        raise ValueError(str(value))
    return value


def in_units_of_metrics(limits: object) -> object:
    """A mapping of limits with its quantities as numbers in the units of their metrics."""
    if not isinstance(limits, Mapping):
        return limits
    return {metric: _converted(metric, limit) for metric, limit in limits.items()}


def _converted(metric: str, limit: object) -> object:
    if not isinstance(limit, Mapping):
        return limit
    return {
        end: _quantity(metric, value) if isinstance(value, str) else value for end, value in limit.items()
    }


def _quantity(metric: str, text: str) -> float | str:
    try:
        return parse_quantity(text, metric)
    except ValueError as error:
        return BadQuantity(error)


LimitEnd = Annotated[float, BeforeValidator(_number_or_why)]


class LimitSpec(Section):
    """The range a metric must stay in, in the metric's unit."""

    min: LimitEnd | None = None
    """The least that is accepted, a number or one with a unit, such as 80 %."""
    max: LimitEnd | None = None
    """The most that is accepted, a number or one with a unit, such as 8 KiB."""

    @model_validator(mode="before")
    @classmethod
    def _no_bare_number(cls, given: object) -> object:
        if isinstance(given, str | int | float):
            raise ValueError(f"must say which end it is: {{max: {given}}} or {{min: {given}}}")
        return given

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("at least one of min and max must be given")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min <= max must hold, but got {self.min:g} and {self.max:g}")
        return self
