"""The price of chains of fully connected layers on the shared routine: what codegen.plan says of them."""

from codegen.c.dense import program_layers
from codegen.c.dense.layers import stored_bits
from codegen.c.program import MlpProgram, mlp_program
from codegen.ir import BespokeMlp, ClassOutput, Interface, Network, TensorGraph, TensorNet
from codegen.plan.dense import DensePlan, plan_chain, plan_dense
from codegen.plan.dense_costs import SHIFT_RULE, DenseTraits, chain_traits

def dense_design(network: Network) -> tuple[DensePlan, DenseTraits] | str:
    """Of a network that the routine takes, or why it takes it not."""
    is_class = isinstance(network.interface.output, ClassOutput)
    if isinstance(network.body, TensorNet):
        return chain_design(network.body.graph, is_class=is_class)
    if isinstance(network.body, BespokeMlp):
        return program_design(mlp_program(network), network.interface)
    return "the network is no multilayer perceptron"


def chain_design(graph: TensorGraph, *, is_class: bool = True) -> tuple[DensePlan, DenseTraits] | str:
    """Of a graph, trained or not."""
    plan = plan_chain(graph)
    if plan is None:
        return "the graph is no chain of int8 fully connected layers"
    return plan, chain_traits(graph, is_class=is_class)


def program_design(program: MlpProgram, interface: Interface) -> tuple[DensePlan, DenseTraits] | str:
    """Of a bespoke MLP, or why the routine does not take it."""
    layers = program_layers(program)
    if isinstance(layers, str):
        return layers
    plan = plan_dense((interface.n_features, *(layer.n_out for layer in layers)), sums=True)
    is_class = isinstance(interface.output, ClassOutput)
    return plan, DenseTraits(False, SHIFT_RULE, True, stored_bits(layers) is not None, is_class)
