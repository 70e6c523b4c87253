"""Passes over tensor networks: each gives a cheaper network that computes the same integers.

`simplify` runs all of them. Whatever is not exact is not here.
"""

from codegen.ir.graph import TensorNet
from codegen.ir.passes.activations import fuse_activations
from codegen.ir.passes.channels import remove_channels
from codegen.ir.passes.constants import fold_constants
from codegen.ir.passes.padding import fuse_padding
from codegen.ir.passes.reshapes import drop_reshapes

PASSES = (fold_constants, drop_reshapes, fuse_padding, fuse_activations, remove_channels)

__all__ = [
    "PASSES",
    "drop_reshapes",
    "fold_constants",
    "fuse_activations",
    "fuse_padding",
    "remove_channels",
    "simplify",
]


def simplify(net: TensorNet) -> TensorNet:
    """The network after all passes, again and again until none changes it. It computes the same integers."""
    while True:
        before = net
        for improve in PASSES:
            net = improve(net)
        if net == before:
            return net
