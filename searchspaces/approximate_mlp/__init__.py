"""The family of approximate multilayer perceptrons, in both details. docs/spaces.md explains it."""

from searchspaces.approximate_mlp.axes import ApproximateMlpAxes, MlpRecipe, mlp_graph
from searchspaces.approximate_mlp.genes import ApproximateMlpGenes
from searchspaces.approximate_mlp.layout import bias_bound
from searchspaces.approximate_mlp.masks import MaskGenes
from searchspaces.approximate_mlp.options import (
    FAMILY,
    ApproximateMlpOptions,
    WeightForm,
    parse_options,
    read_options,
)
from searchspaces.approximate_mlp.tournament import max_dropped_bits, reduced_argmax

__all__ = [
    "FAMILY",
    "ApproximateMlpAxes",
    "ApproximateMlpGenes",
    "ApproximateMlpOptions",
    "MaskGenes",
    "MlpRecipe",
    "WeightForm",
    "bias_bound",
    "max_dropped_bits",
    "mlp_graph",
    "parse_options",
    "read_options",
    "reduced_argmax",
]
