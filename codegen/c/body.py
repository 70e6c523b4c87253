"""Which C a network becomes: one choice by its body, and for an MLP one by its size."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from codegen.c.dense import DenseText, dense_text, program_layers, tensor_layers
from codegen.c.forms import choose_form
from codegen.c.inputs import has_one_base, inputs_text
from codegen.c.kernels import Form as KernelForm
from codegen.c.mlp import straight_mlp
from codegen.c.netlist import netlist_lines
from codegen.c.program import MlpProgram, mlp_program
from codegen.c.table import table_mlp
from codegen.c.tensor import output_bytes, tensor_text
from codegen.c.text import EmitError, integer_type, value_type
from codegen.c.tree import tree_lines
from codegen.cores import Core
from codegen.ir import BespokeMlp, DecisionTree, GateNetlist, Interface, Network, Schedule, TensorNet
from codegen.plan.dense import DensePlan, plan_chain, plan_dense
from codegen.plan.dense_choice import choose_chain

Form: TypeAlias = Literal["auto", "straight", "table", "portable", "acle", "asm", "shared"]
FORMS: dict[str, tuple[Form, ...]] = {
    "BespokeMlp": ("auto", "straight", "table", "shared"),
    "TensorNet": ("auto", "portable", "acle", "asm", "shared"),
}
"""Forms by the type of the body; bodies that are not named here have one."""
DEFAULT_SCHEDULE = Schedule()


@dataclass(frozen=True, slots=True)
class ModuleBody:
    """The network's own part of the module: `P_predict` and what it needs.

    input_type, value_type: what `P_input_t` and `P_value_t` stand for. rows32: `P_predict32` exists.
    arena_bytes: of a tensor network, for which `P_predict_in` exists; None for any other. optimization: the
    compiler's level. inputs: the text of `P_quantize` and what it needs, None for the general one of the
    template. from_raw: `P_predict_raw` exists.
    """

    text: str
    title: str
    input_type: str
    value_type: str
    rows32: bool = False
    arena_bytes: int | None = None
    optimization: str = "-Os"
    inputs: str | None = None
    from_raw: bool = False


def module_body(
    network: Network, prefix: str, form: Form = "auto", *, core: Core, schedule: Schedule = DEFAULT_SCHEDULE
) -> ModuleBody:
    """core, schedule: of a tensor network. Raises EmitError for a form that the body doesn't have, for
    operators without a C form, and for numbers that no C integer holds; PlanError for a schedule that does
    not fit the network."""
    forms = FORMS.get(type(network.body).__name__, get_args(Form))
    if form not in forms:
        raise EmitError(f"form must be one of {', '.join(forms)}, not {form!r}")
    interface, kind, values = network.interface, input_type(network.interface), output_type(network)
    match network.body:
        case BespokeMlp():
            return _mlp_body(network, prefix, form, core, schedule)
        case DecisionTree() as tree:
            lines, title = tree_lines(tree, interface, prefix), f"decision tree, {len(tree.nodes)} nodes"
            return ModuleBody(_text(lines), title, kind, values, inputs=inputs_text(interface, prefix))
        case GateNetlist() as netlist:
            lines, title = netlist_lines(netlist, interface, prefix), f"{len(netlist.gates)} gates"
            inputs = inputs_text(interface, prefix) if has_one_base(interface) else None
            return ModuleBody(_text(lines), title, kind, values, rows32=True, inputs=inputs)
        case TensorNet() as net:
            return _tensor_body(network, net, prefix, form, core, schedule)


def _text(lines: list[str]) -> str:
    return "\n".join(lines).rstrip("\n")


def _mlp_body(network: Network, prefix: str, form: Form, core: Core, schedule: Schedule) -> ModuleBody:
    program, interface = mlp_program(network), network.interface
    kind = input_type(interface)
    chosen = choose_form(program, core, schedule.objective) if form == "auto" else form
    if chosen == "shared":
        return _shared_mlp(network, program, prefix, core)
    if chosen == "table":
        lines = table_mlp(program, interface, prefix, kind)
    else:
        lines = straight_mlp(program, interface, prefix)
    widths = "-".join(str(n) for n in (interface.n_features, *(len(layer.sums) for layer in program.layers)))
    style = "tables" if chosen == "table" else "straight-line code"
    title = f"multilayer perceptron {widths}, as {style}"
    inputs = inputs_text(interface, prefix)
    return ModuleBody(_text(lines), title, kind, output_type(network), inputs=inputs)


def _shared_mlp(network: Network, program: MlpProgram, prefix: str, core: Core) -> ModuleBody:
    """Raises EmitError where the shared routine can't run the network."""
    interface, layers = network.interface, program_layers(program)
    if isinstance(layers, str):
        raise EmitError(f"form 'shared': {layers}; take another form")
    plan = plan_dense((interface.n_features, *(layer.n_out for layer in layers)), sums=True)
    found = dense_text(layers, plan, interface, prefix, core=core, argmax=program.argmax, in_arena=False)
    kinds = input_type(interface), output_type(network)
    return ModuleBody(
        found.body, _shared_title(plan, found, core), *kinds, inputs=found.inputs, from_raw=True
    )


def _shared_tensor(network: Network, net: TensorNet, prefix: str, core: Core) -> ModuleBody:
    """Raises EmitError where the graph is no chain of fully connected layers."""
    plan = plan_chain(net.graph)
    if plan is None:
        raise EmitError(
            "form 'shared': the graph must be a chain of int8 fully connected layers; take another form"
        )
    found = dense_text(tensor_layers(net), plan, network.interface, prefix, core=core, in_arena=True)
    return ModuleBody(
        found.body,
        _shared_title(plan, found, core),
        input_type(network.interface),
        output_type(network),
        arena_bytes=plan.arena_bytes,
        optimization=optimization(network),
        inputs=found.inputs,
        from_raw=True,
    )


def _shared_title(plan: DensePlan, found: DenseText, core: Core) -> str:
    widths = "-".join(map(str, plan.widths))
    return f"multilayer perceptron {widths}, one routine{f' for {core.name}' if found.assembled else ''}"


def _tensor_body(
    network: Network, net: TensorNet, prefix: str, form: Form, core: Core, schedule: Schedule
) -> ModuleBody:
    chain = choose_chain(net.graph, schedule, core) if form == "auto" else None
    if form == "shared" or chain is not None:
        return _shared_tensor(network, net, prefix, core)
    kernels: KernelForm = "portable" if form == "portable" else "acle" if form == "acle" else "asm"
    found = tensor_text(network, net, prefix, core=core, schedule=schedule, form=kernels)
    title = f"tensor network, {len(net.graph.operators)} operators, for {core.name}"
    return ModuleBody(
        found.text,
        title,
        input_type(network.interface),
        output_type(network),
        arena_bytes=found.arena_bytes,
        optimization=optimization(network),
    )


def input_type(interface: Interface) -> str:
    """The smallest C type that holds the codes of all features."""
    return integer_type(
        min(feature.code_lo for feature in interface.features),
        max(feature.code_hi for feature in interface.features),
    )


def output_type(network: Network) -> str:
    """The C type of an output: int32_t where it is wide enough, else int64_t; of a tensor network a byte."""
    match network.body:
        case BespokeMlp():
            return "int64_t" if mlp_program(network).layers[-1].wide else "int32_t"
        case DecisionTree() as tree:
            return value_type(min(tree.leaves), max(tree.leaves))
        case GateNetlist() as netlist:
            return "int32_t" if max(len(group) for group in netlist.outputs) <= 32 else "int64_t"
        case TensorNet() as net:
            return output_bytes(net)


def optimization(network: Network) -> str:
    """The compiler's level that a module is made for: kernels gain from "-O2", straight code does not."""
    return "-O2" if isinstance(network.body, TensorNet) else "-Os"
