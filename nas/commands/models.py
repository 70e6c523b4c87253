"""models: which hardware models there are, and whether one keeps the contract."""

import json as json_text
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from pydantic import JsonValue
from rich.table import Table
from rich.text import Text

import hwmodels.catalog
import hwmodels.testing
from hwmodels.model import Metric
from nas.commands.failures import NOT_GOOD
from nas.commands.output import print_json, result_console
from nas.errors import RunError
from nas.plugins import make_hardware_model
from nas.report.as_json import plain_json
from nas.spec import HardwareSpec


def list_models(*, json: bool) -> None:
    """Every model that a spec can name, with its origin, its health and its metrics."""
    entries = hwmodels.catalog.list_models()
    if json:
        print_json([plain_json(asdict(entry)) for entry in entries])
        return
    table = _table("name", "origin", "health", "metrics")
    for entry in entries:
        healthy = entry.health == hwmodels.catalog.HEALTHY
        table.add_row(
            Text(entry.name),
            Text(entry.origin),
            Text(entry.health, style="green" if healthy else "red"),
            Text(", ".join(_with_proxy(metric) for metric in entry.metrics)),
        )
    result_console().print(table)


def _with_proxy(metric: Metric) -> str:
    return f"{metric.name} (proxy {metric.proxy})" if metric.proxy else metric.name


def check_model(reference: str, options: Sequence[str], *, json: bool) -> None:
    """Runs the conformance kit on a model; exit code 1 where a rule is broken.

    The model's code runs without --allow-code, since it is named by the user and not by a spec.
    """
    hardware = HardwareSpec(model=reference, options=dict(map(_option, options)))
    model = make_hardware_model(hardware, where="models check", base=Path.cwd(), allow_code=True)
    results = hwmodels.testing.check_model(model)
    if json:
        print_json([plain_json(asdict(result)) for result in results])
    else:
        table = _table("rule", "", "detail")
        for result in results:
            passed = Text("passed", style="green") if result.passed else Text("broken", style="red")
            table.add_row(Text(result.name), passed, Text(result.detail))
        result_console().print(table)
    if not all(result.passed for result in results):
        raise typer.Exit(NOT_GOOD)


def _option(text: str) -> tuple[str, JsonValue]:
    """A number, true or false as such; anything else is text."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise RunError(f"--set must be KEY=VALUE, such as board=stm32f446re, not {text!r}")
    try:
        parsed: JsonValue = json_text.loads(value)
    except ValueError:
        return key, value
    return key, parsed


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for name in columns:
        table.add_column(name)
    return table
