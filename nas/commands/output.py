"""Where results and remarks go: results to standard output, everything else to the error stream."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import typer
from rich.console import Console

JsonLike: TypeAlias = bool | int | float | str | Sequence["JsonLike"] | Mapping[str, "JsonLike"] | None


def result_console() -> Console:
    """For tables on standard output; wide enough for them where it is not a terminal."""
    console = Console(markup=False, highlight=False)
    return console if console.is_terminal else Console(markup=False, highlight=False, width=140)


def remark_console() -> Console:
    """For progress and notes on the error stream."""
    return Console(stderr=True, markup=False, highlight=False)


def print_json(value: JsonLike) -> None:
    """Indented JSON on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_remark(text: str) -> None:
    """A line on the error stream."""
    typer.echo(text, err=True)
