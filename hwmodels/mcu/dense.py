"""The price of chains of fully connected layers on the shared routine: what codegen.plan says of them."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from codegen.c.forms import shared_design
from codegen.c.program import MlpProgram, mlp_program
from codegen.cores import Core
from codegen.ir import BespokeMlp, ClassOutput, Interface, Network, TensorGraph, TensorNet
from codegen.ir.counts import operator_macs
from codegen.ir.operators import FullyConnected
from codegen.plan import Placement, Plan, timeline
from codegen.plan.dense import ITEM_BYTES, DensePlan, plan_chain
from codegen.plan.dense_costs import (
    WORD_BYTES,
    DenseTraits,
    amount,
    chain_traits,
    code_terms,
    constant_bytes,
    dense_layer_terms,
    layer_constant_bytes,
    load_rates,
    module_terms,
)
from hwmodels.mcu.counts import feature_bytes, input_counts
from hwmodels.mcu.tensor import LayerCost, TensorCost
from hwmodels.model import CostItem


def dense_design(network: Network) -> tuple[DensePlan, DenseTraits] | str:
    """Of a network that the routine takes, or why it takes it not."""
    is_class = isinstance(network.interface.output, ClassOutput)
    found: tuple[DensePlan, DenseTraits] | None = None
    if isinstance(network.body, TensorNet):
        plan = plan_chain(network.body.graph)
        found = None if plan is None else (plan, chain_traits(network.body.graph, is_class=is_class))
    elif isinstance(network.body, BespokeMlp):
        found = shared_design(mlp_program(network), is_class=is_class)
    if found is None:
        return "the shared routine does not take this network"
    return found[0], with_inputs(found[1], network.interface)


def with_inputs(traits: DenseTraits, interface: Interface) -> DenseTraits:
    """The traits with what features cost, which a graph does not tell."""
    counts = input_counts(interface)
    return replace(
        traits,
        subtracts=counts["input_low"] > 0,
        input_columns=counts["input_column"],
        input_halves=counts["input_half"],
        input_bytes=feature_bytes(interface),
    )


ROUTINE = "shared_routine"
"""The kernel of each layer of a chain that runs on the routine."""


def mlp_items(program: MlpProgram, interface: Interface, core: Core) -> tuple[CostItem, ...]:
    """Shares of a bespoke MLP on the shared routine, which must take it."""
    found = shared_design(program, is_class=isinstance(interface.output, ClassOutput))
    rates = load_rates("shared_sums", core.name)
    assert found is not None
    assert rates is not None
    plan, traits = found[0], with_inputs(found[1], interface)
    is_dsp = "dsp" in core.features
    tables = constant_bytes(plan, traits, is_dsp=is_dsp)
    items = [
        CostItem("tables", "flash_bytes", float(tables)),
        CostItem("routine", "flash_bytes", amount(code_terms(plan, traits), rates.code_bytes)),
        CostItem("arrays", "ram_bytes", float(plan.arena_bytes)),
        CostItem("frames", "ram_bytes", float(rates.frame_bytes)),
        CostItem("module", "instructions", amount(module_terms(plan, traits), rates.instructions)),
    ]
    for layer in range(plan.n_layers):
        instructions = amount(dense_layer_terms(plan, traits, layer, is_dsp=is_dsp), rates.instructions)
        items.append(CostItem(f"layer {layer}", "instructions", instructions))
    return tuple(items)


def chain_cost(
    graph: TensorGraph, plan: DensePlan, core: Core, interface: Interface | None = None
) -> TensorCost | str:
    """What a chain costs layer by layer, or why it has no price. The routine's code is the module's.

    interface: None before training, where features are taken to be alike and the answer to be a class.
    """
    rates, traits = load_rates("shared_tensors", core.name), chain_traits(graph)
    if interface is not None:
        is_class = isinstance(interface.output, ClassOutput)
        traits = with_inputs(chain_traits(graph, is_class=is_class), interface)
    if rates is None:
        return f"chains of layers are not measured on core {core.name!r}"
    memory = _memory(graph, plan)
    is_dsp = "dsp" in core.features
    layers, at = [], 0
    for number, operator in enumerate(graph.operators):
        instructions, constants = 0.0, 0
        if isinstance(operator, FullyConnected):
            instructions = amount(dense_layer_terms(plan, traits, at, is_dsp=is_dsp), rates.instructions)
            constants = layer_constant_bytes(plan, traits, at, is_dsp=is_dsp)
            at += 1
        kind, name = type(operator).__name__, graph.tensors[operator.output].name
        macs = memory.macs[number]
        layers.append(LayerCost(number, kind, name, ROUTINE, macs, instructions, 0.0, constants, 0))
    return TensorCost(
        tuple(layers),
        amount(module_terms(plan, traits), rates.instructions),
        amount(code_terms(plan, traits), rates.code_bytes) + WORD_BYTES + traits.input_bytes,
        0,
        plan.arena_bytes,
        rates.frame_bytes,
        memory,
        timeline(memory, graph),
    )


def _memory(graph: TensorGraph, plan: DensePlan) -> Plan:
    """Both buffers over time: the copy of the inputs as scratch of the first layer, then its outputs."""
    steps = [step for step, one in enumerate(graph.operators) if isinstance(one, FullyConnected)]
    starts = (0, ITEM_BYTES * plan.buffer_items(0))
    places = [Placement("scratch", steps[0], 0, ITEM_BYTES * plan.row_items(0), 0, steps[0])]
    for layer, (first, last) in enumerate(itertools.pairwise([*steps, len(graph.operators) - 1])):
        is_last = layer == plan.n_layers - 1
        items = 2 * plan.n_pairs(layer) if is_last else plan.row_items(layer + 1)
        outputs = {graph.operators[step].output for step in range(first, last + is_last)}
        places += [
            Placement("tensor", tensor, starts[(layer + 1) % 2], ITEM_BYTES * items, first, last)
            for tensor in sorted(outputs)
        ]
    live = tuple(_live_bytes(places, step) for step in range(len(graph.operators)))
    macs = tuple(operator_macs(one, graph) for one in graph.operators)
    order = tuple(range(len(graph.operators)))
    least = max(live)
    return Plan(order, tuple(places), plan.arena_bytes, least, least == plan.arena_bytes, live, 4, None, macs)


def _live_bytes(places: Sequence[Placement], step: int) -> int:
    """Reshapes have the place of what they reshape, which counts once."""
    return sum(
        {one.offset_bytes: one.n_bytes for one in places if one.first_step <= step <= one.last_step}.values()
    )
