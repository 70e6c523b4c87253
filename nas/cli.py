"""The command line: parses, calls, and renders. What a command does is in `nas.commands`.

Nothing heavy is imported here or at the top of it, so that `--help` answers at once; plain help instead
of typer's colored one for the same reason.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

Spec = Annotated[Path, typer.Argument(metavar="SPEC", help="YAML file.", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Import the files and modules that the spec names.")
]
RequireProof = Annotated[
    bool, typer.Option("--require-proof", help="Fail where a proof can't be made for want of a tool.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override, such as search.minutes=1; repeatable."),
]
ModelOptions = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Option of the model, such as supply_v=0.6; repeatable."),
]

app = typer.Typer(
    name="silkscreen",
    help="Find the neural network that fits a printed circuit or a microcontroller.",
    epilog="Start with: silkscreen init, then silkscreen run wdbc.yaml",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
models_app = typer.Typer(help="List and check hardware models.", rich_markup_mode=None)
app.add_typer(models_app, name="models")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 fine, 1 found but not good, 2 bad input, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        app([argument for argument in given if argument != "--debug"], prog_name="silkscreen")
    except Exception as error:
        if debug:
            raise
        from nas.commands.failures import explain

        text, code = explain(error)
        typer.echo(text, err=True)
        sys.exit(code)


@app.callback()
def options(
    # Declared for the help only: `main` takes it out of the arguments, wherever it stands.
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
) -> None:
    """Find the neural network that fits a printed circuit or a microcontroller."""


@app.command()
def init(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the run and the file.")] = "wdbc",
) -> None:
    """Write a commented spec to start from."""
    from nas.commands.specs import write_starter

    write_starter(name)


@app.command()
def validate(spec: Spec, overrides: Overrides = None, json: Json = False) -> None:
    """Check a spec and print everything that is wrong with it."""
    from nas.commands.specs import validate_spec

    validate_spec(spec, overrides or (), json=json)


@app.command()
def estimate(
    target: Annotated[
        Path,
        typer.Argument(
            metavar="SPEC|DESIGN.v|NETWORK", help="Spec, Verilog circuit, or network (.tflite, .json)."
        ),
    ],
    overrides: Overrides = None,
    board: Annotated[
        str, typer.Option(help="Microcontroller of the network: a name or a .yaml file.")
    ] = "stm32f446re",
    objective: Annotated[
        Literal["balanced", "instructions", "flash"],
        typer.Option(help="What the form of the network's C is chosen for."),
    ] = "balanced",
    cells: Annotated[str, typer.Option(help="Cell library of the circuit: a name or a file.")] = "egfet",
    supply: Annotated[
        float | None,
        typer.Option(metavar="VOLT", help="Supply of the circuit; else the library's."),
    ] = None,
    top: Annotated[str | None, typer.Option(metavar="MODULE", help="Top module of the circuit.")] = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Forecast a search, or price your own circuit or network."""
    from nas.commands.estimates import estimate_circuit, estimate_spec
    from nas.commands.network_estimates import SUFFIXES, estimate_network

    if target.suffix in SUFFIXES:
        estimate_network(target, board=board, objective=objective, json=json)
    elif target.suffix in (".v", ".sv"):
        estimate_circuit(target, cells=cells, supply_v=supply, top=top, json=json)
    else:
        estimate_spec(target, overrides or (), allow_code=allow_code, json=json)


@app.command("import")
def import_model(
    model: Annotated[Path, typer.Argument(metavar="MODEL.tflite", help="int8 model.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Network file; MODEL.json where not given.")
    ] = None,
    values: Annotated[bool, typer.Option("--values", help="Answer with all outputs.")] = False,
    classes: Annotated[bool, typer.Option("--classes", help="Answer with the largest output.")] = False,
    as_is: Annotated[bool, typer.Option("--as-is", help="Keep every operator and channel.")] = False,
    json: Json = False,
) -> None:
    """Make a network file of a TensorFlow Lite model."""
    from nas.commands.imports import import_tflite

    import_tflite(model, out, values=values, classes=classes, as_is=as_is, json=json)


@app.command()
def run(
    spec: Spec,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Run folder; runs/NAME where not given.")
    ] = None,
    overrides: Overrides = None,
    allow_code: AllowCode = False,
    require_proof: RequireProof = False,
    json: Json = False,
) -> None:
    """Search, then export, prove and report the winners."""
    from nas.commands.runs import start_run

    start_run(spec, out, overrides or (), allow_code=allow_code, require_proof=require_proof, json=json)


@app.command()
def resume(
    folder: RunFolder, allow_code: AllowCode = False, require_proof: RequireProof = False, json: Json = False
) -> None:
    """Go on with a run that was interrupted or killed."""
    from nas.commands.runs import resume_run

    resume_run(folder, allow_code=allow_code, require_proof=require_proof, json=json)


@app.command()
def status(folder: RunFolder, json: Json = False) -> None:
    """Show how far a run is, also while it goes on."""
    from nas.commands.runs import show_status

    show_status(folder, json=json)


@app.command()
def mirror(
    folder: RunFolder,
    storage: Annotated[
        str,
        typer.Option(metavar="URL", help="Optuna storage, such as sqlite:///runs.db.", show_default=False),
    ],
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the run ends.")] = False,
) -> None:
    """Copy a run to an Optuna storage, for optuna-dashboard."""
    from nas.commands.runs import mirror_run

    mirror_run(folder, storage, follow=follow)


@app.command()
def report(
    folder: RunFolder,
    json: Json = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the HTML page here.")] = None,
) -> None:
    """Show winners, costs, limits, proofs and front."""
    from nas.commands.runs import show_report

    show_report(folder, json=json, html=html)


@app.command()
def export(
    target: Annotated[
        Path, typer.Argument(metavar="RUN|FILE", help="Run folder, or a network file.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to.", show_default=False)],
    winner: Annotated[
        str | None, typer.Argument(metavar="[WINNER]", help="Of a run: role, or id of a design of the front.")
    ] = None,
    layout: Annotated[
        Literal["cmake", "arduino", "platformio", "plain"] | None,
        typer.Option(help="Of a file: layout of the C; cmake where not given."),
    ] = None,
    board: Annotated[
        str | None, typer.Option(metavar="BOARD", help="Of a file: board that its C is planned for.")
    ] = None,
    patches: Annotated[
        str | None,
        typer.Option(
            metavar="OPERATORS:ROWSxCOLUMNS",
            help="Of a file: its first operators run patch by patch.",
        ),
    ] = None,
    objective: Annotated[
        Literal["balanced", "instructions", "flash"] | None,
        typer.Option(help="Of a file: what the form of the C is chosen for; balanced where not given."),
    ] = None,
    require_proof: RequireProof = False,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Write Verilog and C of a design, and prove them."""
    from nas.commands.exports import FileOptions, check_target, export_design, export_network_file

    options = FileOptions(layout, board, patches, objective)
    check_target(target, winner, options)
    if winner is None:
        export_network_file(target, out, options, require_proof=require_proof, json=json)
    else:
        export_design(target, winner, out, require_proof=require_proof, allow_code=allow_code, json=json)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="EXPORT", help="Folder of an export.")],
    require_proof: RequireProof = False,
    json: Json = False,
) -> None:
    """Prove an export again, from its files as they are now."""
    from nas.commands.exports import verify_export

    verify_export(folder, require_proof=require_proof, json=json)


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, json: Json = False) -> None:
    """List and check hardware models."""
    if context.invoked_subcommand is None:
        models_list(json=json)


@models_app.command("list")
def models_list(json: Json = False) -> None:
    """List the hardware models with their origin and health."""
    from nas.commands.models import list_models

    list_models(json=json)


@models_app.command("check")
def models_check(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name, module:object or file.py:object.")],
    options: ModelOptions = None,
    json: Json = False,
) -> None:
    """Run the conformance kit on a model."""
    from nas.commands.models import check_model

    check_model(model, options or (), json=json)


@models_app.command("calibrate")
def models_calibrate(
    printout: Annotated[
        Path, typer.Argument(metavar="PRINTOUT", help="What self-tests printed.", show_default=False)
    ],
    board: Annotated[
        str, typer.Option(metavar="BOARD", help="Board that it was printed on.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; BOARD_measured.yaml where not given.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What it was measured on: part, clock, compiler.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a board file with the cycles that self-tests counted on the board."""
    from nas.commands.calibration import calibrate_board

    calibrate_board(printout, board=board, out=out, measured_on=on, json=json)


@app.command()
def schema() -> None:
    """Print the JSON schema of the spec."""
    from nas.commands.specs import print_schema

    print_schema()


@app.command()
def doctor(json: Json = False) -> None:
    """Check Python, packages, tools, disk and memory."""
    from nas.commands.doctor import examine

    examine(json=json)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("silkscreen"))


if __name__ == "__main__":
    main()
