"""The family of decision trees that are annealed at a price of area. docs/spaces.md explains it."""

from searchspaces.decision_tree.anneal import TreeFit, anneal_tree, fit_leaves
from searchspaces.decision_tree.costs import TreeCosts
from searchspaces.decision_tree.options import (
    FAMILY,
    DecisionTreeOptions,
    parse_options,
    read_options,
    tree_jobs,
)

__all__ = [
    "FAMILY",
    "DecisionTreeOptions",
    "TreeCosts",
    "TreeFit",
    "anneal_tree",
    "fit_leaves",
    "parse_options",
    "read_options",
    "tree_jobs",
]
