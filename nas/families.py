"""The families of networks that a spec can name, and how each reads its options.

Imports no kernels, so that a spec is validated at once.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from searchspaces import approximate_mlp
from searchspaces.approximate_mlp import options as mlp_options
from searchspaces.convnet import options as convnet_options
from searchspaces.decision_tree import options as tree_options
from searchspaces.gate_netlist import options as gate_options
from searchspaces.parse import OptionProblem

FamilyOptions: TypeAlias = (
    approximate_mlp.ApproximateMlpOptions
    | tree_options.DecisionTreeOptions
    | gate_options.GateNetlistOptions
    | convnet_options.ConvnetOptions
)


Read: TypeAlias = Callable[[Mapping[str, object]], tuple[FamilyOptions, tuple[OptionProblem, ...]]]

READERS: Mapping[str, Read] = {
    "approximate_mlp": mlp_options.read_options,
    "decision_tree": tree_options.read_options,
    "gate_netlist": gate_options.read_options,
    "convnet": convnet_options.read_options,
}
PARSERS: Mapping[str, Callable[[Mapping[str, object]], FamilyOptions]] = {
    "approximate_mlp": mlp_options.parse_options,
    "decision_tree": tree_options.parse_options,
    "gate_netlist": gate_options.parse_options,
    "convnet": convnet_options.parse_options,
}
OPTION_NAMES: Mapping[str, tuple[str, ...]] = {
    "approximate_mlp": tuple(mlp_options.PARSERS),
    "decision_tree": tuple(tree_options.PARSERS),
    "gate_netlist": tuple(gate_options.PARSERS),
    "convnet": tuple(convnet_options.PARSERS),
}
