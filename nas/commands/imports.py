"""import: a model of another tool as a network file, with a table of what is in it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import typer

from codegen.ir import Network, TensorGraph, TensorNet
from codegen.ir.counts import count as count_structure
from codegen.ir.counts import operator_macs
from codegen.ir.operators import Operator, activations_read, tensors_read
from codegen.ir.passes import simplify
from codegen.ir.serialize import TAGS, content_hash, write_network
from codegen.tflite import Answer, read_tflite
from nas.commands.output import JsonLike, print_json
from nas.errors import RunError
from nas.report.figures import count

HEADINGS = ("operator", "output", "MACs", "parameters")


def import_tflite(
    path: Path, out: Path | None, *, values: bool, classes: bool, as_is: bool, json: bool
) -> None:
    """Writes the network file and prints its operators. Raises TfliteError for what can't be imported."""
    if values and classes:
        raise RunError("import: --values and --classes exclude each other; give one of them, or none")
    answer: Answer = "values" if values else "classes" if classes else "auto"
    original = read_tflite(path, answer=answer)
    assert isinstance(original.body, TensorNet)
    network = original if as_is else replace(original, body=simplify(original.body))
    target = Path(f"{path.stem}.json") if out is None else out
    write_network(network, target)
    if json:
        print_json(_summary(network, target))
        return
    for line in _lines(path, original, network):
        typer.echo(line)
    typer.echo(f"wrote {target}")


def _lines(path: Path, original: Network, network: Network) -> Iterator[str]:
    before, after, graph = count_structure(original), count_structure(network), _graph(network)
    yield f"{path}: {_shape(graph, graph.inputs[0])} in, {network.interface.n_outputs} {_answer(network)} out"
    rows = [HEADINGS, *(_row(operator, graph) for operator in graph.operators)]
    rows.append(("together", "", count(after.macs), count(after.parameters)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for name, shape, macs, parameters in rows:
        left = f"  {name:<{widths[0]}}  {shape:<{widths[1]}}"
        yield f"{left}  {macs:>{widths[2]}}  {parameters:>{widths[3]}}".rstrip()
    n_before = len(_graph(original).operators)
    if (n_before, before.macs) != (len(graph.operators), after.macs):
        yield f"simplified, with the same answers: {n_before} operators and {count(before.macs)} MACs before"


def _summary(network: Network, target: Path) -> dict[str, JsonLike]:
    graph, totals = _graph(network), count_structure(network)
    operators: list[JsonLike] = [
        {
            "operator": TAGS[type(operator)],
            "output": list(graph.tensors[operator.output].shape),
            "macs": operator_macs(operator, graph),
            "parameters": _parameters(operator, graph),
        }
        for operator in graph.operators
    ]
    return {
        "file": str(target),
        "content_hash": content_hash(network),
        "n_features": network.interface.n_features,
        "answer": _answer(network),
        "n_outputs": network.interface.n_outputs,
        "macs": totals.macs,
        "parameters": totals.parameters,
        "operators": operators,
    }


def _row(operator: Operator, graph: TensorGraph) -> tuple[str, str, str, str]:
    macs, parameters = operator_macs(operator, graph), _parameters(operator, graph)
    name = TAGS[type(operator)]
    return (
        name,
        _shape(graph, operator.output),
        count(macs) if macs else "",
        count(parameters) if parameters else "",
    )


def _parameters(operator: Operator, graph: TensorGraph) -> int:
    weights = set(tensors_read(operator)) - set(activations_read(operator))
    return sum(graph.tensors[number].n_items for number in weights)


def _shape(graph: TensorGraph, number: int) -> str:
    return " x ".join(map(str, graph.tensors[number].shape)) or "1"


def _answer(network: Network) -> str:
    return TAGS[type(network.interface.output)]


def _graph(network: Network) -> TensorGraph:
    assert isinstance(network.body, TensorNet)
    return network.body.graph
