"""Who evaluates, within which limits, and when a search stops: parts of the section search."""

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from nas.spec.fields import WHOLE, Section, Text
from nas.spec.units import parse_quantity

MAX_PROCESSES = 1024
LEAST_MEMORY_BYTES = 2**28
_SCHEDULER = re.compile(r"dask://[A-Za-z0-9.\-\[\]:]*[A-Za-z0-9.\-\]]:\d{1,5}", re.ASCII)


def _workers(value: object) -> object:
    if isinstance(value, str) and _SCHEDULER.fullmatch(value):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_PROCESSES:
        return value
    raise ValueError(
        f"must be a number of processes, 1 to {MAX_PROCESSES}, or a Dask scheduler such as dask://host:8786, "
        f"not {str(value).lower() if isinstance(value, bool) else repr(value)}"
    )


def _in_unit_of(name: str) -> BeforeValidator:
    """Reads text such as `2 GiB` as a number in the unit that ends a name."""

    def read(value: object) -> object:
        value = parse_quantity(value, name) if isinstance(value, str) else value
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return BeforeValidator(read)


def _enough_memory(value: int) -> int:
    if value < LEAST_MEMORY_BYTES:
        raise ValueError(f"must be at least {LEAST_MEMORY_BYTES // 2**20} MiB, not {value} bytes")
    return value


def _named_target(value: dict[str, float]) -> dict[str, float]:
    if not value:
        raise ValueError("must name at least one objective")
    return value


_WORKERS_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": MAX_PROCESSES},
        {"type": "string", "pattern": "^dask://.+:[0-9]+$", "examples": ["dask://host:8786"]},
    ]
}
_QUANTITY_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "examples": ["2 GiB", "90 s"]}]}

WorkersField: TypeAlias = Annotated[int | str, BeforeValidator(_workers), WithJsonSchema(_WORKERS_SCHEMA)]


class PerEvaluationSpec(Section):
    """What one evaluation may use; one that uses more is tried once more and then counts as failed."""

    memory_bytes: (
        Annotated[
            int,
            _in_unit_of("memory_bytes"),
            AfterValidator(_enough_memory),
            WithJsonSchema(_QUANTITY_SCHEMA),
        ]
        | None
    ) = None
    """Of its process, a number or one with a unit, such as 2 GiB."""
    timeout_s: (
        Annotated[float, _in_unit_of("timeout_s"), Field(gt=0), WithJsonSchema(_QUANTITY_SCHEMA)] | None
    ) = None
    """Seconds that it may take."""
    resources: dict[Text, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """What it takes of a Dask worker while it runs, such as {GPU: 1}."""


class StallSpec(Section):
    """A search that gets no further."""

    evaluations: Annotated[int, Field(ge=1, le=10**12), WHOLE]
    """Over so many evaluations"""
    gain: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """the hypervolume of the front must grow by this share, or the search stops."""


class StopSpec(Section):
    """When a search ends before its budget is spent."""

    stall: StallSpec | None = None
    """When the front gets no better."""
    target: Annotated[dict[str, float], AfterValidator(_named_target)] | None = None
    """When one design that keeps all limits is at least as good as this in each objective named."""
