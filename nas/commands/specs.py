"""init, validate and schema: everything about a spec that needs no data and no search."""

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import typer

from nas.commands.failures import BAD_INPUT
from nas.commands.output import JsonLike, print_json, print_remark
from nas.errors import RunError
from nas.spec import SpecError
from nas.spec.model import NAME_PATTERN
from nas.spec.schema import spec_schema
from nas.specfile import read_spec

SCHEMA_FILE = "silkscreen.schema.json"


def write_starter(name: str) -> None:
    """Writes NAME.yaml and the schema beside it into the working folder. Raises RunError."""
    if re.fullmatch(NAME_PATTERN, name, re.ASCII) is None:
        raise RunError(
            f"init: the name must be 1 to 64 letters, digits, spaces, `_`, `.` or `-`, a letter or digit "
            f"first, not {name!r}"
        )
    path = Path(f"{name}.yaml")
    text = (files("nas.commands") / "starter.yaml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text.replace("NAME", name))
    except FileExistsError:
        raise RunError(f"{path}: the file is there already; choose another name") from None
    Path(SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
    typer.echo(f"{path} is written. Next: silkscreen run {_quoted(path)}")


def _quoted(path: Path) -> str:
    text = str(path)
    return f"'{text}'" if " " in text else text


def validate_spec(path: Path, overrides: Sequence[str], *, json: bool) -> None:
    """Prints that the spec is fine, or every problem, and then ends with exit code 2."""
    try:
        spec = read_spec(path, overrides)
    except SpecError as error:
        print_remark(str(error))
        if json:
            problems: list[JsonLike] = [
                {"file": p.file, "line": p.line, "column": p.column, "path": p.path, "text": p.text}
                for p in error.problems
            ]
            print_json({"ok": False, "problems": problems})
        raise typer.Exit(BAD_INPUT) from None
    if json:
        print_json({"ok": True, "problems": [], "spec": spec.model_dump(mode="json")})
    else:
        typer.echo(f"{path}: no problems found")


def print_schema() -> None:
    """The JSON schema on standard output."""
    typer.echo(schema_text(), nl=False)


def schema_text() -> str:
    """The JSON schema of the spec, indented, with a newline at the end."""
    import json

    return json.dumps(spec_schema(), indent=2, ensure_ascii=False) + "\n"
