"""The text of a tensor network: constants, functions, and the two that the user calls."""

import re
from dataclasses import dataclass

from codegen.c.argmax import argmax_loop
from codegen.c.kernels import Form
from codegen.c.render import render
from codegen.c.tensor.calls import COPY, Caller, describe
from codegen.c.tensor.patches import PatchText, patch_text
from codegen.c.tensor.places import ARENA, INPUT, Places
from codegen.c.tensor.sharing import SharedText
from codegen.c.text import EmitError
from codegen.cores import Core
from codegen.ir import ClassOutput, Network, Schedule, TensorNet
from codegen.ir.operators import activations_read
from codegen.plan import operator_graph, plan_network

BYTE_TYPES = {"int8": "int8_t", "uint8": "uint8_t"}


@dataclass(frozen=True, slots=True)
class TensorText:
    """text: everything from the first constant to `P_predict`. arena_bytes: of the plan."""

    text: str
    arena_bytes: int


def tensor_text(
    network: Network, net: TensorNet, prefix: str, *, core: Core, schedule: Schedule, form: Form
) -> TensorText:
    """The C of a tensor network as its plan on the core runs it.

    Raises EmitError for what has no C form, and PlanError where the schedule does not fit the graph.
    """
    plan = plan_network(net.graph, schedule, core)
    places = Places(plan, net, prefix)
    caller = Caller(net, places, core, form, SharedText())
    n_stage = 0 if plan.patches is None else plan.patches.n_operators
    stage = PatchText("", [])
    if plan.patches is not None:
        stage = patch_text(caller, plan.patches, plan.order[:n_stage])
    lines = stage.calls
    for number in plan.order[n_stage:]:
        statements = _whole(caller, number)
        lines += [describe(number, net.graph), *statements] if statements else []
    own = f"{prefix.upper()}_OWN_FUNCTION"
    ending = _ending(network, net, places)
    text = "\n".join([stage.functions, *lines, *ending])
    values: dict[str, object] = {
        "prefix": prefix,
        "upper": prefix.upper(),
        "classes": isinstance(network.interface.output, ClassOutput),
        "constants": places.constants(),
        "prototypes": [
            *(f"{prefix.upper()}_ROUTINE {prototype};" for prototype in caller.shared.routines),
            *(f"{own} {prototype};" for prototype in caller.shared.prototypes),
        ],
        "functions": caller.shared.text.rstrip("\n"),
        "patches": stage.functions,
        "lines": lines,
        "ending": ending,
        "copies": render(
            "tensor/copy_rows.c.j2", name=f"{prefix}_{COPY}", routine=f"{prefix.upper()}_ROUTINE "
        )
        if f"{COPY}(" in text
        else "",
        "arena": ARENA,
        "input": INPUT,
        "uses_input": _uses(INPUT, [*lines, *ending]),
        "uses_arena": _uses(ARENA, [*lines, *ending]),
        "arena_bytes": plan.arena_bytes,
    }
    return TensorText(render("tensor/predict.c.j2", **values).rstrip("\n"), plan.arena_bytes)


def output_bytes(net: TensorNet) -> str:
    """The C type of an output's item. Raises EmitError for a type that is no byte."""
    tensor = net.graph.tensors[net.graph.outputs[0]]
    if tensor.dtype not in BYTE_TYPES:
        raise EmitError(f"tensor network: the output must be int8 or uint8, not {tensor.dtype}")
    return BYTE_TYPES[tensor.dtype]


def _uses(name: str, lines: list[str]) -> bool:
    return any(re.search(rf"\b{name}\b", line) for line in lines)


def _whole(caller: Caller, number: int) -> list[str]:
    """Statements of an operator that runs on whole tensors."""
    operator, places = caller.net.graph.operators[number], caller.places
    sources = [places.tensor(tensor) for tensor in activations_read(operator)]
    alone = operator_graph(caller.net.graph, number)
    return caller.run(number, alone, sources, places.tensor(operator.output), places.scratch(number))


def _ending(network: Network, net: TensorNet, places: Places) -> list[str]:
    """From the output tensor to the answer."""
    kind, place = output_bytes(net), places.tensor(net.graph.outputs[0])
    if not isinstance(network.interface.output, ClassOutput):
        return [f"memcpy(y, {place}, {network.interface.n_outputs});"]
    read = place if kind == "int8_t" else f"(const {kind} *)({place})"
    block = [line.removeprefix("    ") for line in argmax_loop(network.interface.n_outputs)]
    return [f"const {kind} *const y = {read};", *block]
